/* io/store on real files: opening, the ladder of versions, damage; and events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/store_stage.h"

#include <pthread.h>

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

static void said(const struct event_rows *rows, const char *want)
{
	char got[400] = "";

	for (size_t i = 0; i < rows->n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			rows->items[i].message);
	assert_string_equal(got, want);
}

static void ids_are(int64_t after, int64_t before, const char *stack, int limit, const char *want)
{
	autoevents struct event_rows rows = {0};

	OK(store_events(s, after, before, stack, limit, &rows, &e));
	said(&rows, want);
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

static void happened(msec at, const char *type, const char *stack, const char *data)
{
	char text[24];
	autoevent struct event ev = {.at = at,
		.type = xstrdup(type),
		.stack = xstrdup(stack),
		.actor = xstrdup("owner"),
		.data = js(data)};

	snprintf(text, sizeof(text), "%s@%lld", type, (long long)at);
	ev.message = xstrdup(text);
	OK(store_event_add(s, &ev, &e));
}

static void between(msec from, msec to, const char *stack, int limit, const char *want)
{
	autoevents struct event_rows rows = {0};

	OK(store_events_between(s, from, to, stack, limit, &rows, &e));
	said(&rows, want);
}

static void marks(msec from, msec to, const char *stack, int parts, const char *want)
{
	autoevents struct event_rows rows = {0};

	OK(store_event_marks(s, from, to, stack, parts, &rows, &e));
	said(&rows, want);
}

static void events_of_a_time_are_found_however_many_came_later(void **state)
{
	static const char end[] = "{\"job\":1,\"action\":\"restart\"}";

	(void)state;
	happened(100, "job", "a", "{\"job\":1}"); /* asked for, no end */
	happened(110, "limits", "a", "{}");
	happened(120, "oom", "a", "{\"incident\":1}");
	happened(130, "job", "a", end);
	happened(200, "stack", "a", "{}");
	happened(210, "job", "a", end);
	happened(211, "job", "a", "{\"job\":2,\"action\":\"limits\"}");
	happened(212, "job", "a", end);
	happened(300, "oom", "b", "{\"incident\":2}");
	for (int i = 0; i < 600; i++)
		say("a", "later");
	between(100, 200, "a", 10, "stack@200 job@130 oom@120 limits@110 job@100");
	between(101, 199, "a", 2, "job@130 oom@120");
	between(100, 400, NULL, 2, "oom@300 job@212");
	between(301, 400, NULL, 10, "");
	marks(100, 299, "a", 2, "job@211 oom@120"); /* the weightiest of each half */
	marks(100, 399, NULL, 3, "oom@300 job@211 oom@120");
	marks(100, 199, "a", 100, "job@130 oom@120 limits@110");
	marks(140, 140, "a", 60, "");
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
		OPEN(events_are_read_in_both_directions),
		OPEN(events_of_a_time_are_found_however_many_came_later),
		OPEN(an_event_comes_back_whole),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
