/* history: the connections, the ladder of schema versions, setting a bad file aside, errors. */
#include "io/history_priv.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID 0x45534831 /* "ESH1" */
#define BUSY_MS 2000

/* The ladder: rung n takes user_version n to n + 1. Never change a rung that was released. */
static const struct rung {
	const char *what;
	const char *sql;
} ladder[] = {
	{"names by number, chunks of packed buckets, the tail of samples not yet in chunks",
		"CREATE TABLE entity(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
		"CREATE TABLE series(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
		"CREATE TABLE chunk(entity INT, series INT, tier INT, start INT, data BLOB NOT "
		"NULL,"
		" PRIMARY KEY(entity, series, tier, start)) WITHOUT ROWID;"
		"CREATE TABLE tail(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
		"CREATE TABLE clock(id INTEGER PRIMARY KEY, now INT NOT NULL);"},
};

void history_stmt_free(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

static int last_errno(sqlite3 *db, int which_file)
{
	sqlite3_file *f = NULL;
	int number = 0;

	sqlite3_file_control(db, "main", which_file, &f);
	if (f != NULL && f->pMethods != NULL)
		f->pMethods->xFileControl(f, SQLITE_FCNTL_LAST_ERRNO, &number);
	return number;
}

/* A quota or a file size limit that is reached is a full disk to us; SQLite calls only ENOSPC so.
 */
static bool is_full(sqlite3 *db, int code)
{
	static const int files[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};

	if (code == SQLITE_FULL)
		return true;
	for (size_t i = 0; code == SQLITE_IOERR && i < COUNT(files); i++) {
		int number = last_errno(db, files[i]);
		if (number == ENOSPC || number == EDQUOT || number == EFBIG)
			return true;
	}
	return false;
}

int history_db_error(sqlite3 *db, const char *doing, struct err *e)
{
	int code = sqlite3_errcode(db) & 0xff;
	const char *words = sqlite3_errmsg(db);

	if (is_full(db, code))
		return err_set(e, ERR_UNAVAILABLE, "disk.full",
			"The history could not be %s: the volume is full.", doing);
	/* Our SQL is constant, so SQLite can only call it wrong when the tables are not ours. */
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR)
		return err_set(e, ERR_UNAVAILABLE, "history.damaged",
			"The history file is damaged: %s.", words);
	if (code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_READONLY)
		return err_set(e, ERR_UNAVAILABLE, "history.open",
			"The history file could not be opened for writing: %s.", words);
	return err_set(
		e, ERR_UNAVAILABLE, "history.io", "The history could not be %s: %s.", doing, words);
}

int history_db_exec(sqlite3 *db, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return history_db_error(db, "written", e);
	return 0;
}

int history_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	if (sqlite3_prepare_v2(db, sql, -1, ret, NULL) != SQLITE_OK)
		return history_db_error(db, "read", e);
	return 0;
}

int history_db_run(sqlite3 *db, sqlite3_stmt *s, struct err *e)
{
	int rc = 0;

	if (sqlite3_step(s) != SQLITE_DONE)
		rc = history_db_error(db, "written", e);
	sqlite3_reset(s);
	return rc;
}

static int get_number(sqlite3 *db, const char *sql, int64_t *ret, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;

	if (history_db_prepare(db, sql, &s, e))
		return -1;
	if (sqlite3_step(s) != SQLITE_ROW)
		return history_db_error(db, "read", e);
	*ret = sqlite3_column_int64(s, 0);
	return 0;
}

static int climb(sqlite3 *db, size_t from, struct err *e)
{
	for (size_t i = from; i < COUNT(ladder); i++) {
		autofree char *sql = xasprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d;"
					       "PRAGMA user_version = %zu; COMMIT;",
			ladder[i].sql, APPLICATION_ID, i + 1);
		log_debug("history: schema version %zu: %s", i + 1, ladder[i].what);
		if (history_db_exec(db, sql, e))
			return -1;
	}
	return 0;
}

/* Whose file is it, and how old? */
static int bring_up(sqlite3 *db, struct err *e)
{
	int64_t owner;
	int64_t version;
	int64_t tables;

	if (get_number(db, "PRAGMA application_id", &owner, e) ||
		get_number(db, "PRAGMA user_version", &version, e) ||
		get_number(db, "SELECT count(*) FROM sqlite_schema", &tables, e))
		return -1;
	if (tables > 0 && owner != APPLICATION_ID)
		return err_set(e, ERR_UNAVAILABLE, "history.damaged",
			"The history file belongs to another program (application id %lld).",
			(long long)owner);
	if (version < 0 || version > (int64_t)COUNT(ladder))
		return err_set(e, ERR_UNAVAILABLE, "history.damaged",
			"The history file was written by a newer version (%lld).",
			(long long)version);
	return climb(db, (size_t)version, e);
}

static int open_one(const struct history *h, sqlite3 **ret, struct err *e)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc = sqlite3_open_v2(h->path, ret, flags, NULL);

	if (rc != SQLITE_OK)
		return err_set(e, ERR_UNAVAILABLE, "history.open",
			"The history file could not be opened: %s.", sqlite3_errstr(rc));
	sqlite3_busy_timeout(*ret, BUSY_MS);
	sqlite3_wal_autocheckpoint(*ret, 0);
	return history_db_exec(*ret, "PRAGMA cache_size = -1024", e);
}

static int set_wal(sqlite3 *db, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;

	if (history_db_prepare(db, "PRAGMA journal_mode = WAL", &s, e))
		return -1;
	if (sqlite3_step(s) != SQLITE_ROW)
		return history_db_error(db, "opened", e);
	if (sqlite3_stricmp((const char *)sqlite3_column_text(s, 0), "wal") != 0)
		return err_set(e, ERR_UNAVAILABLE, "history.open",
			"The history's folder does not allow a write-ahead log.");
	return 0;
}

/* So that nobody else may read it. Closed before SQLite opens it: closing any descriptor of a file
 * drops the process's locks on it. */
static int make_file(const char *path, struct err *e)
{
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool full = fd < 0 && (errno == ENOSPC || errno == EDQUOT);

	if (fd < 0)
		err_errno(e, full ? "disk.full" : "history.open",
			"The history file could not be opened");
	return fd < 0 ? -1 : 0;
}

int history_db_connect(struct history *h, struct err *e)
{
	if (make_file(h->path, e))
		return -1;
	if (open_one(h, &h->writer, e) || set_wal(h->writer, e) || bring_up(h->writer, e) ||
		history_db_exec(h->writer,
			"PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304", e) ||
		open_one(h, &h->reader, e) ||
		history_db_exec(h->reader, "PRAGMA query_only = 1", e)) {
		history_db_disconnect(h);
		return -1;
	}
	return 0;
}

void history_db_disconnect(struct history *h)
{
	sqlite3_close(h->reader);
	sqlite3_close(h->writer);
	h->reader = h->writer = NULL;
}

/* PATH.YYYY-MM-DD, or with -2, -3, … the first that is free. */
static char *free_name(const char *path)
{
	time_t now = (time_t)(clock_wall() / 1000);
	struct tm tm;
	char day[16];

	gmtime_r(&now, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	char *name = xasprintf("%s.%s", path, day);
	for (int i = 2; access(name, F_OK) == 0; i++) {
		free(name);
		name = xasprintf("%s.%s-%d", path, day, i);
	}
	return name;
}

int history_db_set_aside(struct history *h, struct err *e)
{
	static const char *const ends[] = {"-wal", "-shm", ""};

	history_db_disconnect(h);
	autofree char *name = free_name(h->path);
	for (size_t i = 0; i < COUNT(ends); i++) {
		autofree char *from = xasprintf("%s%s", h->path, ends[i]);
		autofree char *to = xasprintf("%s%s", name, ends[i]);
		if (rename(from, to) && errno != ENOENT)
			return err_errno(
				e, "history.open", "The damaged history could not be set aside");
	}
	log_warn("history: the file was set aside as %s, a new one starts", name);
	HOLD(ram);
	free(h->set_aside);
	h->set_aside = take(name);
	h->damaged = false;
	return 0;
}
