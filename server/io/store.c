/* Opening, the ladder of schema versions, and the small helpers that the other files share. */
#include "io/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/host.h"

#define APPLICATION_ID 0x45535431 /* "EST1" */
#define BUSY_MS 5000		  /* for another program to let go of the file */

/* The ladder: rung n takes user_version n to n + 1. Never change a rung that was released. */
static const struct rung {
	const char *what;
	const char *sql;
} ladder[] = {
	{"the first tables",
		"CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
		"CREATE TABLE session(hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, csrf TEXT "
		"NOT NULL,"
		" created_at INT NOT NULL, last_seen_at INT NOT NULL, expires_at INT NOT NULL,"
		" address TEXT NOT NULL, browser TEXT NOT NULL) WITHOUT ROWID;"
		"CREATE TABLE token(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,"
		" scope TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_at INT NOT NULL,"
		" expires_at INT NOT NULL, last_used_at INT NOT NULL, last_used_from TEXT NOT "
		"NULL);"
		"CREATE TABLE stack(name TEXT PRIMARY KEY, wanted TEXT NOT NULL) WITHOUT ROWID;"
		"CREATE TABLE secret(stack TEXT, service TEXT, key TEXT, value TEXT NOT NULL,"
		" set_at INT NOT NULL, PRIMARY KEY(stack, service, key)) WITHOUT ROWID;"
		"CREATE TABLE secret_next(stack TEXT, service TEXT, key TEXT, value TEXT NOT NULL,"
		" PRIMARY KEY(stack, service, key)) WITHOUT ROWID;"
		"CREATE TABLE job(id INTEGER PRIMARY KEY AUTOINCREMENT, stack TEXT NOT NULL,"
		" state TEXT NOT NULL, actor TEXT NOT NULL, plan TEXT NOT NULL, cancel INT NOT "
		"NULL,"
		" waiting TEXT NOT NULL, error_kind INT NOT NULL, error_code TEXT NOT NULL,"
		" error_message TEXT NOT NULL, created_at INT NOT NULL, started_at INT NOT NULL,"
		" ended_at INT NOT NULL, down_ms INT NOT NULL, open INT NOT NULL);"
		"CREATE INDEX job_open ON job(stack) WHERE open;"
		"CREATE INDEX job_stack ON job(stack, id);"
		"CREATE TABLE step(job INT, n INT, plan TEXT NOT NULL, state TEXT NOT NULL,"
		" started_at INT NOT NULL, ended_at INT NOT NULL, result TEXT, note TEXT,"
		" PRIMARY KEY(job, n)) WITHOUT ROWID;"
		"CREATE TABLE idem(actor TEXT, key TEXT, hash TEXT NOT NULL, job INT NOT NULL,"
		" created_at INT NOT NULL, PRIMARY KEY(actor, key)) WITHOUT ROWID;"
		"CREATE TABLE event(id INTEGER PRIMARY KEY AUTOINCREMENT, at INT NOT NULL,"
		" type TEXT NOT NULL, stack TEXT, service TEXT, actor TEXT NOT NULL, code TEXT,"
		" message TEXT NOT NULL, data TEXT NOT NULL);"
		"CREATE INDEX event_stack ON event(stack, id);"},
	{"sessions of QTS users",
		"ALTER TABLE session ADD COLUMN qnap_user TEXT NOT NULL DEFAULT '';"},
	{"incidents",
		"CREATE TABLE incident(id INTEGER PRIMARY KEY AUTOINCREMENT, stack TEXT NOT NULL,"
		" facts TEXT NOT NULL, detail TEXT NOT NULL);"
		"CREATE INDEX incident_stack ON incident(stack, id);"},
};

void stmt_free(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}

void store_unlock(struct store **s)
{
	pthread_mutex_unlock(&(*s)->lock);
}

int store_fail(struct store *s, struct err *e)
{
	const char *words = sqlite3_errmsg(s->db);

	switch (sqlite3_errcode(s->db) & 0xff) {
	case SQLITE_FULL:
		return err_set(e, ERR_UNAVAILABLE, "disk.full",
			"The settings could not be written: the volume is full.");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_INTERNAL, "state.unreadable",
			"The settings file %s/state.db is damaged: %s.", s->dir, words);
	default:
		return err_set(e, ERR_INTERNAL, "state.failed",
			"The settings file %s/state.db could not be used: %s.", s->dir, words);
	}
}

static int bind_all(sqlite3_stmt *st, const char *fmt, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; rc == SQLITE_OK && *fmt; i++, fmt++) {
		if (*fmt == 's')
			rc = sqlite3_bind_text(
				st, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		else
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
	}
	return rc;
}

static int prepare(struct store *s, sqlite3_stmt **ret, struct err *e, const char *sql,
	const char *fmt, va_list ap)
{
	if (sqlite3_prepare_v2(s->db, sql, -1, ret, NULL) != SQLITE_OK ||
		bind_all(*ret, fmt, ap) != SQLITE_OK)
		return store_fail(s, e);
	return 0;
}

int store_stmt(
	struct store *s, sqlite3_stmt **ret, struct err *e, const char *sql, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = prepare(s, ret, e, sql, fmt, ap);
	va_end(ap);
	return rc;
}

int store_run(struct store *s, struct err *e, const char *sql, const char *fmt, ...)
{
	autostmt sqlite3_stmt *st = NULL;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = prepare(s, &st, e, sql, fmt, ap);
	va_end(ap);
	if (rc)
		return -1;
	while ((rc = store_row(s, st, e)) > 0)
		;
	return rc;
}

/* On a full volume once more with the reserve, unless SQLite took the whole transaction back (which
 * store_begin sees to beforehand). */
static int step(struct store *s, sqlite3_stmt *st)
{
	int alone = sqlite3_get_autocommit(s->db);
	int rc = sqlite3_step(st);

	if ((rc & 0xff) != SQLITE_FULL || !store_spend_reserve(s) ||
		alone != sqlite3_get_autocommit(s->db))
		return rc;
	sqlite3_reset(st);
	return sqlite3_step(st);
}

int store_row(struct store *s, sqlite3_stmt *st, struct err *e)
{
	switch (step(s, st)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return store_fail(s, e);
	}
}

const char *col_text(sqlite3_stmt *st, int i)
{
	const char *t = (const char *)sqlite3_column_text(st, i);

	return t ? t : "";
}

char *col_dup(sqlite3_stmt *st, int i)
{
	return xstrdup((const char *)sqlite3_column_text(st, i));
}

json_t *col_json(sqlite3_stmt *st, int i)
{
	const char *t = (const char *)sqlite3_column_text(st, i);
	json_t *j = NULL;

	if (t)
		json_parse(t, strlen(t), &j, NULL);
	return j;
}

int store_begin(struct store *s, struct err *e)
{
	store_make_room(s);
	return store_run(s, e, "BEGIN IMMEDIATE", "");
}

int store_commit(struct store *s, struct err *e)
{
	if (store_run(s, e, "COMMIT", "") == 0)
		return 0;
	store_rollback(s);
	return -1;
}

void store_rollback(struct store *s)
{
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static int make_dir(const char *dir, struct err *e)
{
	char *path = xstrdup(dir);
	autofree char *owned = path;

	for (char *p = path + 1;; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return err_errno(
				e, "state.failed", "The folder %s could not be made", path);
		*p = c;
		if (!c)
			return 0;
	}
}

static int take_lock(struct store *s, struct err *e)
{
	autofree char *path = xasprintf("%s/lock", s->dir);

	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return err_errno(e, "state.failed", "The file %s could not be opened", path);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return err_set(e, ERR_CONFLICT, "state.locked",
			"Another ethstation already serves the state in %s.", s->dir);
	return 0;
}

static int ask_int(struct store *s, const char *sql, int64_t *ret, struct err *e)
{
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e, sql, "") || (rc = store_row(s, st, e)) < 0)
		return -1;
	*ret = rc ? sqlite3_column_int64(st, 0) : 0;
	return 0;
}

/* All three of one moment: another process may be filling the file right now. */
static int look_at_file(
	struct store *s, int64_t *ret_version, int64_t *ret_app, int64_t *ret_tables, struct err *e)
{
	int rc;

	if (store_run(s, e, "SAVEPOINT look", ""))
		return -1;
	rc = ask_int(s, "SELECT count(*) FROM sqlite_master", ret_tables, e) ||
	     ask_int(s, "PRAGMA user_version", ret_version, e) ||
	     ask_int(s, "PRAGMA application_id", ret_app, e);
	sqlite3_exec(s->db, "RELEASE look", NULL, NULL, NULL);
	return rc ? -1 : 0;
}

/* Whose file it is, and how far up the ladder. An empty one is ours to fill. */
static int identify(struct store *s, int64_t *ret_version, struct err *e)
{
	int64_t version, app, tables;

	if (look_at_file(s, &version, &app, &tables, e))
		return -1;
	if (version < 0 || (app != APPLICATION_ID && (app || version || tables)))
		return err_set(e, ERR_INTERNAL, "state.unreadable",
			"%s/state.db belongs to another program.", s->dir);
	if (version > (int64_t)COUNT(ladder))
		return err_set(e, ERR_CONFLICT, "state.too_new",
			"%s/state.db was written by a newer version of Ethereum Station.", s->dir);
	*ret_version = version;
	return 0;
}

static int climb_from(struct store *s, int64_t version, struct err *e)
{
	for (; version < (int64_t)COUNT(ladder); version++) {
		autofree char *sql =
			xasprintf("PRAGMA application_id=%d; %s PRAGMA user_version=%d;",
				APPLICATION_ID, ladder[version].sql, (int)version + 1);

		log_info("state.db: step %d: %s", (int)version + 1, ladder[version].what);
		if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
			return store_fail(s, e);
	}
	return 0;
}

/* Looks again with the write lock: another process may have climbed meanwhile. */
static int climb(struct store *s, struct err *e)
{
	int64_t version;

	if (identify(s, &version, e))
		return -1;
	if (version == (int64_t)COUNT(ladder))
		return 0;
	if (store_begin(s, e))
		return -1;
	if (identify(s, &version, e) == 0 && climb_from(s, version, e) == 0)
		return store_commit(s, e);
	store_rollback(s);
	return -1;
}

/* Going over to WAL wants the file for a moment alone, and SQLite does not wait for that by itself
 * when another program does the same. */
static int set_modes(struct store *s, struct err *e)
{
	msec until = clock_mono() + BUSY_MS;
	int rc;

	while ((rc = sqlite3_exec(s->db,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			"PRAGMA cache_size=-512; PRAGMA wal_autocheckpoint=256;",
			NULL, NULL, NULL)) != SQLITE_OK) {
		if ((rc & 0xff) != SQLITE_BUSY || clock_mono() > until)
			return store_fail(s, e);
		clock_sleep(20);
	}
	return 0;
}

static int open_db(struct store *s, struct err *e)
{
	autofree char *path = xasprintf("%s/state.db", s->dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int64_t version;

	if (fd < 0)
		return err_errno(e, "state.failed", "The file %s could not be opened", path);
	close(fd); /* only to be sure of its mode before SQLite makes files like it */
	if (sqlite3_open_v2(path, &s->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL))
		return store_fail(s, e);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	/* before the first write: somebody else's file is left as it is */
	if (identify(s, &version, e) || set_modes(s, e))
		return -1;
	return climb(s, e);
}

static int refuse_network(const char *dir, struct err *e)
{
	struct volume v;

	if (host_volume(dir, &v, e))
		return -1;
	if (v.network)
		return err_set(e, ERR_INPUT, "path.network",
			"The folder %s is on a network share (%s); databases need a local disk.",
			dir, v.fs);
	return 0;
}

int store_open(const char *dir, bool exclusive, struct store **ret, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));

	s->lock_fd = -1;
	s->dir = xstrdup(dir);
	pthread_mutex_init(&s->lock, NULL);
	if (make_dir(dir, e) || refuse_network(dir, e) || (exclusive && take_lock(s, e)) ||
		open_db(s, e)) {
		store_close(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	close_fd(&s->lock_fd);
	pthread_mutex_destroy(&s->lock);
	free(s->dir);
	free(s);
}

int64_t store_disk_bytes(const struct store *s)
{
	autodir DIR *d = opendir(s->dir);
	struct dirent *f;
	struct stat st;
	int64_t sum = 0;

	while (d && (f = readdir(d)))
		if (fstatat(dirfd(d), f->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			sum += (int64_t)st.st_blocks * 512;
	return sum;
}
