/* A journal that something else wrote to: the plan of a job, and behind the first NUL that of its
 * step, as they lie in state.db. */
#include "fuzz/fuzz.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "io/store.h"

static struct store *store;
static sqlite3 *db;
static char dir[] = "/tmp/fuzz-journal-XXXXXX";

static void leave(void)
{
	char cmd[64];

	sqlite3_close(db);
	store_close(store);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	if (system(cmd))
		abort();
}

static void must(int rc, int want)
{
	if (rc != want)
		abort();
}

static void open_both(void)
{
	char path[64];

	if (!mkdtemp(dir) || store_open(dir, false, &store, NULL))
		abort();
	snprintf(path, sizeof(path), "%s/state.db", dir);
	must(sqlite3_open(path, &db), SQLITE_OK);
	must(sqlite3_exec(db,
		     "PRAGMA synchronous = OFF;"
		     "INSERT INTO job VALUES(1, 'eth', 'running', 'fuzz', '', 0, '', 0, '', '', 1, "
		     "1, 0, 0, 1);"
		     "INSERT INTO step VALUES(1, 1, '', 'running', 1, 0, '', '');",
		     NULL, NULL, NULL),
		SQLITE_OK);
	atexit(leave);
}

static void put(const char *sql, const char *text, size_t len)
{
	sqlite3_stmt *st;

	must(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	sqlite3_bind_text(st, 1, text, (int)len, SQLITE_STATIC);
	must(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *nul = memchr(text, 0, size);
	size_t first = nul ? (size_t)(nul - text) : size;
	struct job job = {0};

	if (!store)
		open_both();
	put("UPDATE job SET plan = ?1", text, first);
	put("UPDATE step SET plan = ?1, result = ?1", nul ? nul + 1 : text,
		nul ? size - first - 1 : size);
	if (store_job_get(store, 1, &job, NULL) == 0)
		job_free(&job);
	return 0;
}
