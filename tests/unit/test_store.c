/* io/store on real files in a folder of its own: the ladder, rows, the journal, two writers at
 * once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "io/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct store *s;
static struct err e;

static int make_folder(void **state)
{
	(void)state;
	e = (struct err){0};
	s = NULL;
	snprintf(folder, sizeof(folder), "/tmp/test_store.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	autofree char *command = xasprintf("rm -rf '%s'", folder);

	(void)state;
	store_close(s);
	return system(command);
}

static int open_store(void **state)
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

static void reopen(void)
{
	store_close(s);
	s = NULL;
	OK(store_open(folder, true, &s, &e));
}

/* Another program's hand on the file. */
static void sql(const char *text)
{
	autofree char *path = xasprintf("%s/state.db", folder);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static int64_t sql_int(const char *text)
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

static json_t *js(const char *text)
{
	json_t *j = NULL;

	OK(json_parse(text, strlen(text), &j, &e));
	return j;
}

/* ---- opening ---- */

static void a_fresh_store_climbs_the_ladder(void **state)
{
	autofree char *deep = xasprintf("%s/a/b", folder);
	autofree char *file = xasprintf("%s/state.db", deep);
	struct stat st;

	(void)state;
	OK(store_open(deep, true, &s, &e));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(store_disk_bytes(s) > 0);
	assert_int_equal(store_last_event_id(s), 0);
}

static void the_version_is_written_once_and_kept(void **state)
{
	(void)state;
	assert_true(sql_int("PRAGMA user_version") >= 1);
	assert_int_equal(sql_int("PRAGMA application_id"), 0x45535431);
	OK(store_setting_set(s, "k", "v", &e));
	reopen();
	reopen();
	assert_int_equal(sql_int("SELECT count(*) FROM setting"), 1);
}

static void a_newer_file_is_refused_and_left_as_it_is(void **state)
{
	(void)state;
	store_close(s);
	s = NULL;
	sql("PRAGMA user_version=9999");
	FAILS(store_open(folder, true, &s, &e), "state.too_new");
	assert_null(s);
	assert_int_equal(sql_int("PRAGMA user_version"), 9999);
	sql("PRAGMA user_version=-1");
	FAILS(store_open(folder, true, &s, &e), "state.unreadable");
}

static void a_foreign_file_is_refused_and_left_as_it_is(void **state)
{
	(void)state;
	sql("CREATE TABLE theirs(x)"); /* version 0, as most programs leave it */
	FAILS(store_open(folder, true, &s, &e), "state.unreadable");
	assert_null(s);
	assert_int_equal(sql_int("SELECT count(*) FROM sqlite_master"), 1);
	assert_int_equal(sql_int("PRAGMA application_id"), 0);
	sql("PRAGMA user_version=1");
	FAILS(store_open(folder, true, &s, &e), "state.unreadable");
	assert_int_equal(sql_int("SELECT count(*) FROM sqlite_master"), 1);
}

static void write_file(const char *name, const char *text, size_t len, long at)
{
	autofree char *path = xasprintf("%s/%s", folder, name);
	autofile FILE *f = fopen(path, at < 0 ? "w" : "r+");

	assert_non_null(f);
	if (at > 0)
		fseek(f, at, SEEK_SET);
	assert_int_equal(fwrite(text, 1, len, f), len);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	autofree char *noise = xcalloc(1, 20000);
	autofree char *path = xasprintf("%s/state.db", folder);
	struct stat st;

	(void)state;
	memset(noise, 'x', 20000);
	write_file("state.db", noise, 20000, -1);
	FAILS(store_open(folder, true, &s, &e), "state.unreadable");
	assert_null(s);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 20000);
}

static void a_damaged_page_is_named_when_it_is_met(void **state)
{
	autofree char *noise = xcalloc(1, 4096);
	char *value = NULL;

	(void)state;
	for (int i = 0; i < 200; i++) {
		autofree char *key = xasprintf("key-%d", i);

		OK(store_setting_set(
			s, key, "a value of some length, to fill more than a page", &e));
	}
	store_close(s);
	s = NULL;
	sql("PRAGMA wal_checkpoint(TRUNCATE)");
	memset(noise, 0xee, 4096);
	for (long page = 1; page < sql_int("PRAGMA page_count"); page++)
		write_file("state.db", noise, 4096, page * 4096);
	if (store_open(folder, true, &s, &e) == 0)
		FAILS(store_setting_get(s, "key-150", &value, &e), "state.unreadable");
	assert_string_equal(e.code, "state.unreadable");
}

static void a_symlink_in_its_place_is_not_followed(void **state)
{
	autofree char *path = xasprintf("%s/state.db", folder);
	autofree char *victim = xasprintf("%s/victim", folder);

	(void)state;
	assert_int_equal(symlink(victim, path), 0);
	FAILS(store_open(folder, true, &s, &e), "state.failed");
	assert_int_equal(access(victim, F_OK), -1);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
	autofree char *below = xasprintf("%s/file/state", folder);

	(void)state;
	write_file("file", "x", 1, -1);
	FAILS(store_open(below, true, &s, &e), "state.failed");
}

static void a_second_instance_is_refused(void **state)
{
	struct store *other = NULL;
	char *value = NULL;

	(void)state;
	FAILS(store_open(folder, true, &other, &e), "state.locked");
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_null(other);
	/* a command line tool beside it is not */
	OK(store_open(folder, false, &other, &e));
	OK(store_setting_set(other, "from", "the side", &e));
	OK(store_setting_get(s, "from", &value, &e));
	assert_string_equal(value, "the side");
	free(value);
	store_close(other);
	/* and a refused one took nothing with it */
	FAILS(store_open(folder, true, &other, &e), "state.locked");
	store_close(s);
	s = NULL;
	OK(store_open(folder, true, &s, &e));
	store_close(NULL);
}

struct opener {
	pthread_t thread;
	pthread_barrier_t *go;
	struct store *store;
	struct err e;
	int rc;
};

static void *open_at_once(void *arg)
{
	struct opener *o = arg;

	pthread_barrier_wait(o->go);
	o->rc = store_open(folder, false, &o->store, &o->e);
	return NULL;
}

static void two_programs_may_make_the_file_at_once(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		autofree char *command = xasprintf("rm -f '%s'/state.db*", folder);
		struct opener all[4] = {0};
		pthread_barrier_t go;

		assert_int_equal(system(command), 0);
		pthread_barrier_init(&go, NULL, COUNT(all));
		for (size_t i = 0; i < COUNT(all); i++) {
			all[i].go = &go;
			assert_int_equal(
				pthread_create(&all[i].thread, NULL, open_at_once, &all[i]), 0);
		}
		for (size_t i = 0; i < COUNT(all); i++)
			pthread_join(all[i].thread, NULL);
		for (size_t i = 0; i < COUNT(all); i++)
			store_close(all[i].store);
		pthread_barrier_destroy(&go);
		for (size_t i = 0; i < COUNT(all); i++)
			if (all[i].rc)
				fail_msg(
					"round %d: %s: %s", round, all[i].e.code, all[i].e.message);
	}
}

/* ---- settings, sessions, tokens ---- */

static void settings_are_set_read_and_deleted(void **state)
{
	char *value = (char *)"untouched";

	(void)state;
	OK(store_setting_get(s, "none", &value, &e));
	assert_null(value);
	OK(store_setting_set(s, "k", "one", &e));
	OK(store_setting_set(s, "k", "two'; DROP TABLE setting; --", &e));
	reopen();
	OK(store_setting_get(s, "k", &value, &e));
	assert_string_equal(value, "two'; DROP TABLE setting; --");
	free(value);
	OK(store_setting_set(s, "k", NULL, &e));
	OK(store_setting_get(s, "k", &value, &e));
	assert_null(value);
}

static struct session_row session(const char *id, msec created, msec expires)
{
	struct session_row r = {
		.created_at = created, .last_seen_at = created, .expires_at = expires};

	snprintf(r.id, sizeof(r.id), "%s", id);
	snprintf(r.hash, sizeof(r.hash), "hash-of-%s", id);
	snprintf(r.csrf, sizeof(r.csrf), "csrf-of-%s", id);
	snprintf(r.address, sizeof(r.address), "192.0.2.1");
	snprintf(r.browser, sizeof(r.browser), "a browser");
	return r;
}

static void sessions_live_their_life(void **state)
{
	struct session_row a = session("a", 1000, 5000), b = session("b", 2000, 9000), r, *rows;
	bool found = true;
	size_t n = 0;

	(void)state;
	OK(store_session_find(s, a.hash, &r, &found, &e));
	assert_false(found);
	OK(store_session_add(s, &a, &e));
	OK(store_session_add(s, &b, &e));
	FAILS(store_session_add(s, &b, &e), "state.failed"); /* the same hash never twice */
	reopen();
	OK(store_session_find(s, a.hash, &r, &found, &e));
	assert_true(found);
	assert_string_equal(r.id, "a");
	assert_string_equal(r.csrf, a.csrf);
	assert_string_equal(r.address, a.address);
	assert_string_equal(r.browser, a.browser);
	assert_int_equal(r.created_at, 1000);
	assert_int_equal(r.expires_at, 5000);
	OK(store_session_touch(s, a.hash, 3000, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].id, "a"); /* seen last */
	assert_int_equal(rows[0].last_seen_at, 3000);
	free(rows);
	OK(store_session_delete(s, "a", &found, &e));
	assert_true(found);
	OK(store_session_delete(s, "a", &found, &e));
	assert_false(found);
}

static void a_new_session_sweeps_the_expired_ones(void **state)
{
	struct session_row a = session("a", 1000, 5000), b = session("b", 5000, 9000),
			   c = session("c", 5001, 9000), *rows;
	size_t n;

	(void)state;
	OK(store_session_add(s, &a, &e));
	OK(store_session_add(s, &b, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 2); /* at its last millisecond it is still there */
	free(rows);
	OK(store_session_add(s, &c, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 2);
	free(rows);
	OK(store_session_delete_except(s, "c", &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].id, "c");
	free(rows);
	OK(store_session_delete_except(s, NULL, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 0);
	free(rows);
}

static void tokens_live_their_life(void **state)
{
	struct token_row t = {.name = "backup",
				 .scope = SCOPE_OPERATE,
				 .hash = "h1",
				 .created_at = 5},
			 u = {.name = "x", .scope = SCOPE_ADMIN, .hash = "h2", .expires_at = 77}, r,
			 *rows;
	bool found;
	size_t n;

	(void)state;
	OK(store_token_add(s, &t, &e));
	OK(store_token_add(s, &u, &e));
	assert_true(t.id > 0 && u.id > t.id);
	OK(store_token_find(s, "h1", &r, &found, &e));
	assert_true(found);
	assert_string_equal(r.name, "backup");
	assert_int_equal(r.scope, SCOPE_OPERATE);
	assert_int_equal(r.created_at, 5);
	assert_int_equal(r.last_used_at, 0);
	OK(store_token_touch(s, t.id, 99, "192.0.2.7", &e));
	OK(store_tokens(s, &rows, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].last_used_at, 99);
	assert_string_equal(rows[0].last_used_from, "192.0.2.7");
	assert_int_equal(rows[1].expires_at, 77);
	free(rows);
	FAILS(store_token_add(s, &(struct token_row){.name = "y", .hash = "h1"}, &e),
		"state.failed");
	OK(store_token_delete(s, t.id, &found, &e));
	assert_true(found);
	OK(store_token_delete(s, t.id, &found, &e));
	assert_false(found);
	OK(store_token_find(s, "h1", &r, &found, &e));
	assert_false(found);
	/* an id is never given twice: an old event cannot point to a new token */
	OK(store_token_delete(s, u.id, &found, &e));
	OK(store_token_add(s, &t, &e));
	assert_true(t.id > u.id);
}

static void a_scope_nobody_knows_allows_nothing(void **state)
{
	struct token_row t = {.name = "x", .scope = SCOPE_ADMIN, .hash = "h"}, r;
	bool found;

	(void)state;
	OK(store_token_add(s, &t, &e));
	sql("UPDATE token SET scope='everything'");
	OK(store_token_find(s, "h", &r, &found, &e));
	assert_int_equal(r.scope, SCOPE_NONE);
}

/* ---- stacks ---- */

static void stacks_are_kept_by_name(void **state)
{
	autojson json_t *a = js("{\"name\":\"b\",\"x\":1}"), *b = js("{\"name\":\"a\"}"),
			*c = js("{\"name\":\"b\",\"x\":2}");
	struct stack_rows rows = {0};

	(void)state;
	OK(store_stacks(s, &rows, &e));
	assert_int_equal(rows.n, 0);
	OK(store_stack_put(s, "b", a, &e));
	OK(store_stack_put(s, "a", b, &e));
	OK(store_stack_put(s, "b", c, &e));
	reopen();
	OK(store_stacks(s, &rows, &e));
	assert_int_equal(rows.n, 2);
	assert_true(json_equal(rows.items[0], b));
	assert_true(json_equal(rows.items[1], c));
	stack_rows_free(&rows);
	OK(store_stack_delete(s, "b", &e));
	OK(store_stacks(s, &rows, &e));
	assert_int_equal(rows.n, 1);
	stack_rows_free(&rows);
}

static void a_damaged_stack_is_no_half_list(void **state)
{
	autojson json_t *a = js("{\"name\":\"a\"}");
	struct stack_rows rows = {0};

	(void)state;
	OK(store_stack_put(s, "a", a, &e));
	OK(store_stack_put(s, "b", a, &e));
	sql("UPDATE stack SET wanted='{' WHERE name='b'");
	FAILS(store_stacks(s, &rows, &e), "state.unreadable");
	assert_int_equal(rows.n, 0);
	assert_null(rows.items);
}

/* ---- jobs ---- */

static void make_job(struct job *j, const char *stack)
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

static int64_t add_job(const char *stack)
{
	autojob struct job j = {0};
	struct job_request r = {.job = &j};

	make_job(&j, stack);
	OK(store_job_add(s, &r, &e));
	return j.id;
}

static void same_step(const struct step *a, const struct step *b)
{
	assert_int_equal(a->n, b->n);
	assert_string_equal(a->kind, b->kind);
	assert_string_equal(a->title, b->title);
	assert_string_equal(a->detail ? a->detail : "", b->detail ? b->detail : "");
	assert_string_equal(a->undo ? a->undo : "", b->undo ? b->undo : "");
	assert_string_equal(a->docker ? a->docker : "NULL", b->docker ? b->docker : "NULL");
	assert_true(json_equal(a->writes, b->writes));
	assert_true(json_equal(a->args, b->args));
	assert_int_equal(a->down, b->down);
	assert_int_equal(a->expected_s, b->expected_s);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->started_at, b->started_at);
	assert_int_equal(a->ended_at, b->ended_at);
	assert_true(json_equal(a->result, b->result) || (!a->result && !b->result));
	assert_string_equal(a->note ? a->note : "NULL", b->note ? b->note : "NULL");
}

static void same_job(const struct job *a)
{
	autojob struct job b = {0};

	OK(store_job_get(s, a->id, &b, &e));
	assert_int_equal(b.id, a->id);
	assert_int_equal(b.state, a->state);
	assert_string_equal(b.actor, a->actor);
	assert_int_equal(b.cancel, a->cancel);
	assert_string_equal(b.waiting, a->waiting);
	assert_int_equal(b.error.kind, a->error.kind);
	assert_string_equal(b.error.code, a->error.code);
	assert_string_equal(b.error.message, a->error.message);
	assert_int_equal(b.created_at, a->created_at);
	assert_int_equal(b.started_at, a->started_at);
	assert_int_equal(b.ended_at, a->ended_at);
	assert_int_equal(b.down_ms, a->down_ms);
	assert_string_equal(b.plan.action, a->plan.action);
	assert_string_equal(b.plan.stack, a->plan.stack);
	assert_string_equal(b.plan.title, a->plan.title);
	assert_string_equal(b.plan.undo, a->plan.undo);
	assert_int_equal(b.plan.down, a->plan.down);
	assert_int_equal(b.plan.down_expected_s, a->plan.down_expected_s);
	assert_int_equal(b.plan.one_way, a->plan.one_way);
	assert_true(json_equal(b.plan.warnings, a->plan.warnings));
	assert_true(json_equal(b.plan.data, a->plan.data));
	assert_int_equal(b.plan.n_steps, a->plan.n_steps);
	for (size_t i = 0; i < b.plan.n_steps; i++)
		same_step(&b.plan.steps[i], &a->plan.steps[i]);
}

static void a_job_and_its_journal_survive_a_restart(void **state)
{
	autojob struct job j = {0};
	struct job_request r = {.job = &j};
	struct step *st;

	(void)state;
	make_job(&j, "x");
	OK(store_job_add(s, &r, &e));
	assert_true(j.id > 0);
	assert_false(r.ret_repeated);
	reopen();
	same_job(&j);
	st = &j.plan.steps[0];
	st->state = STEP_RUNNING;
	st->started_at = 1100;
	OK(store_step_update(s, j.id, st, &e));
	st->state = STEP_DONE;
	st->ended_at = 1200;
	st->result = js("{\"id\":\"abc\",\"made\":true}");
	st->note = xstrdup("12 MB");
	OK(store_step_update(s, j.id, st, &e));
	j.plan.steps[1].state = STEP_FAILED;
	OK(store_step_update(s, j.id, &j.plan.steps[1], &e));
	j.state = JOB_ROLLING_BACK;
	j.cancel = true;
	j.started_at = 1050;
	j.down_ms = 300;
	snprintf(j.waiting, sizeof(j.waiting), "stop.slow");
	err_set(&j.error, ERR_CONFLICT, "service.ended", "it said \"no\"");
	OK(store_job_update(s, &j, &e));
	reopen();
	same_job(&j);
}

static void every_state_comes_back_as_it_was(void **state)
{
	autojob struct job j = {0};
	struct job_request r = {.job = &j};

	(void)state;
	make_job(&j, "x");
	OK(store_job_add(s, &r, &e));
	for (int k = JOB_QUEUED; k <= JOB_ROLLED_BACK; k++) {
		j.state = (enum job_state)k;
		OK(store_job_update(s, &j, &e));
		same_job(&j);
	}
	for (int k = STEP_PENDING; k <= STEP_SKIPPED; k++) {
		j.plan.steps[0].state = (enum step_state)k;
		OK(store_step_update(s, j.id, &j.plan.steps[0], &e));
		same_job(&j);
	}
}

static void a_busy_stack_takes_no_second_job(void **state)
{
	autojob struct job j = {0}, k = {0};
	struct job_request r = {.job = &j}, q = {.job = &k};
	int64_t first = add_job("x");

	(void)state;
	make_job(&j, "x");
	FAILS(store_job_add(s, &r, &e), "job.running");
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_equal(r.ret_busy, first);
	assert_int_equal(sql_int("SELECT count(*) FROM job"), 1);
	assert_int_equal(sql_int("SELECT count(*) FROM step"), 2);
	make_job(&k, "another"); /* each stack on its own */
	OK(store_job_add(s, &q, &e));
	{
		autojob struct job done = {0};

		OK(store_job_get(s, first, &done, &e));
		done.state = JOB_FAILED;
		OK(store_job_update(s, &done, &e));
	}
	OK(store_job_add(s, &r, &e));
}

static void a_missing_job_has_its_code(void **state)
{
	struct job j = {0};

	(void)state;
	FAILS(store_job_get(s, 4711, &j, &e), "job.missing");
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_null(j.plan.steps);
}

static void job_ids_are_listed_newest_or_oldest_first(void **state)
{
	autofree int64_t *all = NULL, *open = NULL, *of = NULL, *few = NULL;
	int64_t a = add_job("a"), b = add_job("b"), c = add_job("c");
	autojob struct job j = {0};
	size_t n;

	(void)state;
	OK(store_job_get(s, b, &j, &e));
	j.state = JOB_DONE;
	OK(store_job_update(s, &j, &e));
	OK(store_job_ids(s, NULL, false, 10, &all, &n, &e));
	assert_int_equal(n, 3);
	assert_true(all[0] == c && all[1] == b && all[2] == a);
	OK(store_job_ids(s, NULL, true, 10, &open, &n, &e));
	assert_int_equal(n, 2);
	assert_true(open[0] == a && open[1] == c);
	OK(store_job_ids(s, "b", false, 10, &of, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(of[0], b);
	OK(store_job_ids(s, NULL, false, 1, &few, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(few[0], c);
}

/* ---- idempotency ---- */

static int keyed(const char *stack, const char *actor, const char *key, const char *hash,
	struct job_request *r, struct job *j)
{
	make_job(j, stack);
	snprintf(j->actor, sizeof(j->actor), "%s", actor);
	*r = (struct job_request){.job = j, .idem_key = key, .idem_hash = hash};
	return store_job_add(s, r, &e);
}

static void a_repeated_request_gives_the_first_job(void **state)
{
	autojob struct job a = {0}, b = {0}, c = {0}, d = {0};
	struct job_request r;
	int64_t job = -1;

	(void)state;
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, 0);
	OK(keyed("x", "owner", "k", "h", &r, &a));
	assert_false(r.ret_repeated);
	reopen();
	/* while it runs: the same, not "busy" */
	OK(keyed("x", "owner", "k", "h", &r, &b));
	assert_true(r.ret_repeated);
	assert_int_equal(b.id, a.id);
	assert_int_equal(sql_int("SELECT count(*) FROM job"), 1);
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, a.id);
	FAILS(store_idem_find(s, "owner", "k", "other", &job, &e), "job.key_reused");
	FAILS(keyed("y", "owner", "k", "other", &r, &c), "job.key_reused");
	assert_int_equal(e.kind, ERR_CONFLICT);
	/* somebody else's key is another key */
	OK(keyed("z", "token:t", "k", "other", &r, &d));
	assert_false(r.ret_repeated);
	assert_true(d.id != a.id);
}

static void a_key_is_forgotten_after_a_month(void **state)
{
	autojob struct job a = {0}, b = {0};
	struct job_request r;
	int64_t job = -1;

	(void)state;
	OK(keyed("x", "owner", "k", "h", &r, &a));
	sql("UPDATE idem SET created_at = created_at - 31 * 86400000");
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, a.id);
	OK(keyed("y", "owner", "k2", "h", &r, &b));
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, 0);
}

static void a_refused_request_does_not_use_its_key_up(void **state)
{
	autojob struct job a = {0};
	struct job_request r;
	int64_t job;

	(void)state;
	add_job("x");
	FAILS(keyed("x", "owner", "k", "h", &r, &a), "job.running");
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, 0);
}

/* ---- secrets ---- */

static void is_secret(const char *key, const char *want, const char *next)
{
	autofree char *value = NULL, *waiting = NULL;

	OK(store_secret_get(s, "x", "relay", key, &value, &e));
	assert_string_equal(value ? value : "(none)", want);
	OK(store_secret_next(s, "x", "relay", key, &waiting, &e));
	assert_string_equal(waiting ? waiting : "(none)", next);
}

static void secrets_are_set_and_deleted(void **state)
{
	autojson json_t *times = NULL, *values = NULL;

	(void)state;
	is_secret("K", "(none)", "(none)");
	OK(store_secret_set(s, "x", "relay", "K", "one", 10, &e));
	OK(store_secret_set(s, "x", "relay", "K", "two", 20, &e));
	OK(store_secret_set(s, "x", "relay", "L", "three", 30, &e));
	OK(store_secret_set(s, "y", "relay", "K", "theirs", 40, &e));
	reopen();
	is_secret("K", "two", "two");
	OK(store_secret_times(s, "x", "relay", &times, &e));
	assert_int_equal(json_object_size(times), 2);
	assert_int_equal(json_int(times, "K", 0), 20);
	OK(store_secret_values(s, &values, &e));
	assert_int_equal(json_array_size(values), 3);
	OK(store_secret_set(s, "x", "relay", "K", "", 50, &e));
	OK(store_secret_set(s, "x", "relay", "L", NULL, 50, &e));
	is_secret("K", "(none)", "(none)");
	is_secret("L", "(none)", "(none)");
	OK(store_stack_delete(s, "y", &e)); /* secrets stay */
	json_drop(&values);
	values = NULL;
	OK(store_secret_values(s, &values, &e));
	assert_int_equal(json_array_size(values), 1);
}

static void job_with_secrets(const char *text)
{
	autojson json_t *secrets = js(text);
	autojob struct job j = {0};
	struct job_request r = {.job = &j, .secrets = secrets};

	make_job(&j, "x");
	OK(store_job_add(s, &r, &e));
	j.state = JOB_DONE;
	OK(store_job_update(s, &j, &e));
}

static void waiting_secrets_replace_the_present_ones(void **state)
{
	autojson json_t *values = NULL, *times = NULL;

	(void)state;
	OK(store_secret_set(s, "x", "relay", "K", "old", 1, &e));
	OK(store_secret_set(s, "x", "relay", "GONE", "old", 1, &e));
	OK(store_secret_set(s, "x", "relay", "STAYS", "same", 1, &e));
	job_with_secrets("{\"relay\":{\"K\":\"new\",\"GONE\":null,\"FIRST\":\"first\"}}");
	reopen();
	is_secret("K", "old", "new");
	is_secret("GONE", "old", "");
	is_secret("FIRST", "(none)", "first");
	is_secret("STAYS", "same", "same");
	OK(store_secret_values(s, &values, &e)); /* waiting ones are masked too */
	assert_int_equal(json_array_size(values), 4);
	OK(store_secrets_settle(s, "another", true, 5, &e));
	is_secret("K", "old", "new");
	OK(store_secrets_settle(s, "x", true, 5, &e));
	is_secret("K", "new", "new");
	is_secret("GONE", "(none)", "(none)");
	is_secret("FIRST", "first", "first");
	is_secret("STAYS", "same", "same");
	OK(store_secret_times(s, "x", "relay", &times, &e));
	assert_int_equal(json_int(times, "K", 0), 5);
	assert_int_equal(json_int(times, "STAYS", 0), 1);
	OK(store_secrets_settle(s, "x", true, 6, &e)); /* nothing waits: nothing done */
	is_secret("K", "new", "new");
}

static void waiting_secrets_are_forgotten_after_a_rollback(void **state)
{
	(void)state;
	OK(store_secret_set(s, "x", "relay", "K", "old", 1, &e));
	job_with_secrets("{\"relay\":{\"K\":\"new\"}}");
	OK(store_secrets_settle(s, "x", false, 5, &e));
	is_secret("K", "old", "old");
	/* what an earlier job left waiting does not come in with a later one */
	job_with_secrets("{\"relay\":{\"K\":\"new\"}}");
	job_with_secrets("{\"relay\":{\"L\":\"l\"}}");
	OK(store_secrets_settle(s, "x", true, 6, &e));
	is_secret("K", "old", "old");
	is_secret("L", "l", "l");
}

static void a_refused_job_leaves_waiting_secrets_alone(void **state)
{
	autojson json_t *secrets = js("{\"relay\":{\"K\":\"third\"}}");
	autojob struct job j = {0};
	struct job_request r = {.job = &j, .secrets = secrets};

	(void)state;
	job_with_secrets("{\"relay\":{\"K\":\"second\"}}");
	add_job("y");
	make_job(&j, "y");
	FAILS(store_job_add(s, &r, &e), "job.running");
	is_secret("K", "(none)", "second");
	assert_int_equal(sql_int("SELECT count(*) FROM secret_next"), 1);
}

/* ---- events ---- */

static int64_t say(const char *stack, const char *message)
{
	autoevent struct event ev = {.at = 5,
		.type = xstrdup("stack"),
		.stack = xstrdup(stack),
		.actor = xstrdup("owner"),
		.message = xstrdup(message),
		.data = js("{\"a\":[1]}")};

	OK(store_event_add(s, &ev, &e));
	return ev.id;
}

static void ids_are(int64_t after, int64_t before, const char *stack, int limit, const char *want)
{
	autoevents struct event_rows rows = {0};
	char got[200] = "";

	OK(store_events(s, after, before, stack, limit, &rows, &e));
	for (size_t i = 0; i < rows.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			rows.items[i].message);
	assert_string_equal(got, want);
}

static void events_are_read_in_both_directions(void **state)
{
	int64_t id[7];

	(void)state;
	for (int i = 1; i <= 6; i++) {
		char text[8];

		snprintf(text, sizeof(text), "%d", i);
		id[i] = say(i == 4 ? NULL : i % 2 ? "a" : "b", text);
		assert_true(i == 1 || id[i] == id[i - 1] + 1);
	}
	assert_int_equal(store_last_event_id(s), id[6]);
	ids_are(-1, 0, NULL, 10, "6 5 4 3 2 1");
	ids_are(-1, 0, NULL, 2, "6 5");
	ids_are(-1, id[3], NULL, 10, "2 1");
	ids_are(-1, id[1], NULL, 10, "");
	ids_are(0, 0, NULL, 10, "1 2 3 4 5 6");
	ids_are(id[4], 0, NULL, 10, "5 6");
	ids_are(id[1], 0, NULL, 2, "2 3");
	ids_are(id[6], 0, NULL, 10, "");
	ids_are(-1, 0, "a", 10, "5 3 1");
	ids_are(id[1], 0, "b", 10, "2 6");
	ids_are(-1, 0, "none", 10, "");
	ids_are(INT64_MAX, 0, NULL, 10, "");
}

static void an_event_comes_back_whole(void **state)
{
	autoevent struct event ev = {.at = 42,
		.type = xstrdup("oom"),
		.stack = xstrdup("x"),
		.service = xstrdup("node"),
		.actor = xstrdup("kernel"),
		.code = xstrdup("memory.oom"),
		.message = xstrdup("m"),
		.data = js("{\"a\":{\"b\":1}}")};
	autoevents struct event_rows rows = {0};
	const struct event *r;

	(void)state;
	OK(store_event_add(s, &ev, &e));
	say(NULL, "second");
	reopen();
	OK(store_events(s, 0, 0, NULL, 10, &rows, &e));
	r = &rows.items[0];
	assert_int_equal(r->id, ev.id);
	assert_int_equal(r->at, 42);
	assert_string_equal(r->type, "oom");
	assert_string_equal(r->stack, "x");
	assert_string_equal(r->service, "node");
	assert_string_equal(r->actor, "kernel");
	assert_string_equal(r->code, "memory.oom");
	assert_true(json_equal(r->data, ev.data));
	assert_null(rows.items[1].stack);
	assert_null(rows.items[1].service);
	assert_null(rows.items[1].code);
}

/* ---- several at once ---- */

#define EACH 60

struct writer {
	pthread_t thread;
	struct store *store;
	struct err e;
	int failed;
};

static void *write_events(void *arg)
{
	struct writer *w = arg;

	for (int i = 0; i < EACH; i++) {
		autoevent struct event ev = {.at = i,
			.type = xstrdup("stack"),
			.actor = xstrdup("o"),
			.message = xstrdup("m"),
			.data = json_object()};
		autofree char *value = NULL;

		w->failed |= store_event_add(w->store, &ev, &w->e);
		w->failed |= store_setting_set(w->store, "k", "v", &w->e);
		w->failed |= store_setting_get(w->store, "k", &value, &w->e);
	}
	return NULL;
}

static void write_at_once(struct store *one, struct store *two)
{
	struct writer w[2] = {{.store = one}, {.store = two}};
	autoevents struct event_rows rows = {0};

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, write_events, &w[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	for (int i = 0; i < 2; i++)
		if (w[i].failed)
			fail_msg("%s: %s", w[i].e.code, w[i].e.message);
	OK(store_events(s, 0, 0, NULL, 1000, &rows, &e));
	assert_int_equal(rows.n, 2 * EACH);
	for (size_t i = 0; i < rows.n; i++)
		assert_int_equal(rows.items[i].id, (int64_t)i + 1);
}

static void two_threads_write_at_once(void **state)
{
	(void)state;
	write_at_once(s, s);
}

static void two_programs_write_at_once(void **state)
{
	struct store *other;

	(void)state;
	OK(store_open(folder, false, &other, &e));
	write_at_once(s, other);
	store_close(other);
}

static void *submit(void *arg)
{
	struct writer *w = arg;
	autojob struct job j = {0};
	struct job_request r = {.job = &j};

	make_job(&j, "x");
	w->failed = store_job_add(w->store, &r, &w->e);
	return NULL;
}

static void of_two_jobs_at_once_one_is_refused(void **state)
{
	struct store *other;
	struct writer w[2] = {{0}};

	(void)state;
	OK(store_open(folder, false, &other, &e));
	w[0].store = s;
	w[1].store = other;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, submit, &w[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	store_close(other);
	assert_int_equal(w[0].failed + w[1].failed, -1);
	assert_string_equal(w[w[0].failed ? 0 : 1].e.code, "job.running");
}

static void quiet(void)
{
	log_set_level(LOG_ERROR);
}

#define FRESH(t) cmocka_unit_test_setup_teardown(t, make_folder, drop_folder)
#define OPEN(t) cmocka_unit_test_setup_teardown(t, open_store, drop_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_fresh_store_climbs_the_ladder),
		OPEN(the_version_is_written_once_and_kept),
		OPEN(a_newer_file_is_refused_and_left_as_it_is),
		FRESH(a_foreign_file_is_refused_and_left_as_it_is),
		FRESH(a_file_that_is_no_database_is_refused),
		OPEN(a_damaged_page_is_named_when_it_is_met),
		FRESH(a_symlink_in_its_place_is_not_followed),
		FRESH(a_folder_that_cannot_be_made_is_an_error),
		OPEN(a_second_instance_is_refused),
		FRESH(two_programs_may_make_the_file_at_once),
		OPEN(settings_are_set_read_and_deleted),
		OPEN(sessions_live_their_life),
		OPEN(a_new_session_sweeps_the_expired_ones),
		OPEN(tokens_live_their_life),
		OPEN(a_scope_nobody_knows_allows_nothing),
		OPEN(stacks_are_kept_by_name),
		OPEN(a_damaged_stack_is_no_half_list),
		OPEN(a_job_and_its_journal_survive_a_restart),
		OPEN(every_state_comes_back_as_it_was),
		OPEN(a_busy_stack_takes_no_second_job),
		OPEN(a_missing_job_has_its_code),
		OPEN(job_ids_are_listed_newest_or_oldest_first),
		OPEN(a_repeated_request_gives_the_first_job),
		OPEN(a_key_is_forgotten_after_a_month),
		OPEN(a_refused_request_does_not_use_its_key_up),
		OPEN(secrets_are_set_and_deleted),
		OPEN(waiting_secrets_replace_the_present_ones),
		OPEN(waiting_secrets_are_forgotten_after_a_rollback),
		OPEN(a_refused_job_leaves_waiting_secrets_alone),
		OPEN(events_are_read_in_both_directions),
		OPEN(an_event_comes_back_whole),
		OPEN(two_threads_write_at_once),
		OPEN(two_programs_write_at_once),
		OPEN(of_two_jobs_at_once_one_is_refused),
	};

	quiet();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
