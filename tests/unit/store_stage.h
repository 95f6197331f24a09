/*
 * store_stage: a store in a folder of its own, and another program's hand on its file. For the
 * tests of io/store.
 */
#ifndef TESTS_UNIT_STORE_STAGE_H
#define TESTS_UNIT_STORE_STAGE_H

#include "base/log.h"
#include "io/store.h"
#include "unit/json.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct store *s;
static struct err e;

static inline int make_folder(void **state)
{
	(void)state;
	e = (struct err){0};
	s = NULL;
	snprintf(folder, sizeof(folder), "/tmp/test_store.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static inline int drop_folder(void **state)
{
	autofree char *command = xasprintf("rm -rf '%s'", folder);

	(void)state;
	store_close(s);
	return system(command);
}

static inline int open_store(void **state)
{
	return make_folder(state) || store_open(folder, true, &s, &e);
}

#define OK(call)                                                                                   \
	do {                                                                                       \
		if (call)                                                                          \
			fail_msg("%s: %s", e.code, e.message);                                     \
	} while (0)

#define FAILS(call, want)                                                                          \
	do {                                                                                       \
		e = (struct err){0};                                                               \
		assert_int_equal((call), -1);                                                      \
		assert_string_equal(e.code, want);                                                 \
	} while (0)

static inline void reopen(void)
{
	store_close(s);
	s = NULL;
	OK(store_open(folder, true, &s, &e));
}

/* Another program's hand on the file. */
static inline void sql(const char *text)
{
	autofree char *path = xasprintf("%s/state.db", folder);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static inline int64_t sql_int(const char *text)
{
	autofree char *path = xasprintf("%s/state.db", folder);
	sqlite3_stmt *st;
	sqlite3 *db;
	int64_t n;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static inline void make_job(struct job *j, const char *stack)
{
	struct step *st;

	*j = (struct job){.state = JOB_QUEUED, .created_at = 1000, .down_ms = -1};
	snprintf(j->actor, sizeof(j->actor), "owner");
	j->plan = (struct plan){
		.action = xstrdup("upgrade"),
		.stack = xstrdup(stack),
		.title = xstrdup("Upgrade it \xe2\x86\x92 \"now\""),
		.undo = xstrdup("u"),
		.down = true,
		.down_expected_s = 12,
		.one_way = true,
		.warnings = js("[{\"code\":\"db.one_way\",\"message\":\"m\"}]"),
		.data = js("{\"before\":null,\"after\":{\"name\":\"x\"}}"),
	};
	st = plan_add(&j->plan, "pull");
	st->title = xstrdup("Download");
	st->detail = xstrdup("parity/parity:v1.6.8");
	st->undo = xstrdup("");
	st->docker = xstrdup("docker pull x");
	st->down = true;
	st->expected_s = 60;
	json_array_append_new(st->writes, json_string("/data/x"));
	json_put_str(st->args, "image", "x");
	st = plan_add(&j->plan, "stop");
	st->title = xstrdup("Stop");
}

#define FRESH(t) cmocka_unit_test_setup_teardown(t, make_folder, drop_folder)
#define OPEN(t) cmocka_unit_test_setup_teardown(t, open_store, drop_folder)

#endif
