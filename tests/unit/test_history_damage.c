/* io/history: damaged files and full disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/history_stage.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---- damage ---- */

static void overwrite(off_t at, const void *bytes, size_t n)
{
	autoclose int fd = open(file, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
}

static void must_be_set_aside(struct history *h)
{
	autofree char *name = history_take_set_aside(h);
	struct stat st;

	assert_non_null(name);
	assert_memory_equal(name, file, strlen(file));
	assert_int_equal(name[strlen(file)], '.');
	assert_int_equal(stat(name, &st), 0);
	assert_null(history_take_set_aside(h));
}

static void assert_works(struct history *h)
{
	run_for(h, T0 + 5 * DAY, 120);
	struct history_view v = must_ask(h, "x/node", "a", T0 + 5 * DAY, T0 + 5 * DAY + 120, 1000);
	assert_int_equal(known(&v), 120);
	history_view_free(&v);
}

static void bad_files_are_set_aside_at_open(void **state)
{
	(void)state;
	static const unsigned char newer[] = {0, 0, 0, 99};
	char page[4096];

	memset(page, 0xa5, sizeof(page));
	for (int kind = 0; kind < 6; kind++) {
		struct history *h = must_open();
		run_for(h, T0, 7300);
		history_close(h);
		if (kind == 0)
			overwrite(0, page, sizeof(page)); /* no SQLite file at all */
		else if (kind == 1)
			overwrite(60, newer, sizeof(newer)); /* user_version */
		else if (kind == 2)
			overwrite(68, newer, sizeof(newer)); /* application_id: another's file */
		else if (kind == 3)
			assert_int_equal(truncate(file, 5000), 0);
		else if (kind == 4)
			for (off_t at = 4096; at < 7 * 4096; at += 4096)
				overwrite(at, page, sizeof(page)); /* the roots of the tables */
		else
			overwrite(100, page, 300); /* the schema */
		h = must_open();
		must_be_set_aside(h);
		assert_works(h);
		history_close(h);
		h = must_open();
		assert_null(history_take_set_aside(h));
		history_close(h);
		unlink(file);
	}
	/* All of them are still there, side by side, under six names. */
	autofree char *command =
		xasprintf("test $(ls %s.20* | grep -cv -e -wal -e -shm) = 6", file);
	assert_int_equal(system(command), 0);
}

static void an_empty_file_is_a_new_one(void **state)
{
	(void)state;
	overwrite(0, "", 0);
	struct history *h = must_open();
	assert_null(history_take_set_aside(h));
	assert_works(h);
	history_close(h);
}

/* Good at both ends and in its names, bad where only a long question looks. */
static struct history *open_damaged_inside(void)
{
	struct history *h = must_open();
	char page[4096];
	struct stat st;
	int entity = history_entity(h, "x/node");
	int series = history_series(h, "a");

	memset(page, 0xa5, sizeof(page));
	random_state = 9;
	for (uint32_t t = T0; t < T0 + 6 * 3700; t++) {
		history_put(h, entity, series, (msec)t * 1000, rnd(1u << 30));
		if (t % 3600 == 0)
			must_flush(h);
	}
	must_flush(h);
	history_close(h);
	h = must_open();
	assert_null(history_take_set_aside(h));
	assert_int_equal(stat(file, &st), 0);
	for (off_t at = 8 * 4096; at < st.st_size; at += 4096)
		overwrite(at, page, sizeof(page));
	return h;
}

static void damage_found_by_a_question(void **state)
{
	(void)state;
	static const char *const series[] = {"a"};
	struct history *h = open_damaged_inside();
	struct history_view v;
	struct err e = {0};
	uint32_t now = T0 + 6 * 3700;

	put_run(h, 1, 1, now, 60);
	assert_int_equal(history_query(h, "x/node", series, 1, (msec)T0 * 1000, (msec)now * 1000,
				 20000, &v, &e),
		-1);
	assert_string_equal(e.code, "history.damaged");
	assert_null(history_take_set_aside(h));
	must_flush(h);
	must_be_set_aside(h);
	/* What was in RAM went into the new file. */
	history_close(h);
	h = must_open();
	v = must_ask(h, "x/node", "a", now, now + 60, 1000);
	assert_int_equal(known(&v), 60);
	history_view_free(&v);
	assert_works(h);
	history_close(h);
}

static void damage_found_by_a_flush(void **state)
{
	(void)state;
	struct history *h = open_damaged_inside();
	uint32_t now = T0 + 6 * 3700;

	put_run(h, 1, 1, now, 3700);
	must_flush(h);
	must_be_set_aside(h);
	struct history_view v = must_ask(h, "x/node", "a", now, now + 3700, 4000);
	assert_int_equal(known(&v), 3700);
	history_view_free(&v);
	history_close(h);
}

/* ---- a full disk (a limit of the file's size looks the same to us) ---- */

static void limit_file_size(rlim_t bytes)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void a_full_disk_is_a_state(void **state)
{
	(void)state;
	struct history *h = must_open();
	struct err e = {0};

	signal(SIGXFSZ, SIG_IGN);
	run_for(h, T0, 1200);
	limit_file_size((rlim_t)history_size_bytes(h) / 2);
	for (uint32_t t = 1200; t < 9000; t += 600) {
		put_run(h, 1, 1, T0 + t, 600);
		e = (struct err){0};
		assert_int_equal(history_flush(h, t % 1200 == 0, &e), -1);
		assert_string_equal(e.code, "disk.full");
		assert_int_equal(e.kind, ERR_UNAVAILABLE);
	}
	assert_int_equal(history_pending(h), 9000);
	struct history_view v = must_ask(h, "x/node", "a", T0, T0 + 9000, 10000);
	assert_int_equal(known(&v), 9000);
	history_view_free(&v);
	limit_file_size(RLIM_INFINITY);
	must_flush(h);
	assert_int_equal(history_pending(h), 0);
	assert_null(history_take_set_aside(h));
	history_close(h);
	h = must_open();
	v = must_ask(h, "x/node", "a", T0, T0 + 9000, 10000);
	assert_int_equal(known(&v), 9000);
	history_view_free(&v);
	history_close(h);
	unlink(file);

	limit_file_size(1000);
	assert_int_equal(history_open(file, &h, &e), -1);
	limit_file_size(RLIM_INFINITY);
	assert_string_equal(e.code, "disk.full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_files_are_set_aside_at_open),
		TEST(an_empty_file_is_a_new_one),
		TEST(damage_found_by_a_question),
		TEST(damage_found_by_a_flush),
		TEST(a_full_disk_is_a_state),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
