/* io/history: one test a promise of its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/history_stage.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/thread.h"

/* ---- one promise each ---- */

static void a_new_file(void **state)
{
	(void)state;
	struct history *h = must_open();
	struct stat st;
	struct history_view v = must_ask(h, "nobody", "a", T0, T0 + 3600, 100);

	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(history_size_bytes(h) > 0);
	assert_null(history_take_set_aside(h));
	assert_true(v.n >= 50 && v.n <= 100);
	assert_int_equal(known(&v), 0);
	for (size_t i = 0; i < v.n; i++)
		assert_int_equal(v.t[i], v.t[0] + (msec)i * v.step);
	assert_true(v.t[0] <= (msec)T0 * 1000 && v.t[0] % v.step == 0);
	history_view_free(&v);
	assert_true(isnan(must_peak(h, "nobody", T0, T0 + 10)));
	must_flush(h);
	history_close(h);
	history_close(NULL);
}

static void names_are_kept(void **state)
{
	(void)state;
	char longest[HISTORY_NAME_MAX + 20];
	struct history *h = must_open();

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	int one = history_entity(h, "one");
	int cut = history_entity(h, longest);
	assert_int_not_equal(one, cut);
	assert_int_equal(history_entity(h, "one"), one);
	assert_int_equal(history_entity(h, longest), cut);
	must_flush(h);
	history_close(h);
	h = must_open();
	assert_int_equal(history_entity(h, longest), cut);
	assert_int_equal(history_entity(h, "one"), one);
	assert_int_equal(history_series(h, "one"), 1);
	history_close(h);
}

static void what_is_not_known_is_a_gap(void **state)
{
	(void)state;
	struct history *h = must_open();
	int entity = history_entity(h, "x/node");
	int series = history_series(h, "a");

	history_put(h, entity, series, (msec)T0 * 1000, NAN);
	history_put(h, entity, series, (msec)T0 * 1000, INFINITY);
	history_put(h, entity, series, (msec)T0 * 1000, -1e300);
	history_put(h, entity, series, -1, 1);
	history_put(h, entity, series, INT64_MAX, 1);
	history_put(h, 0, series, (msec)T0 * 1000, 1);
	history_put(h, entity, series + 1, (msec)T0 * 1000, 1);
	history_put(h, -1, -1, (msec)T0 * 1000, 1);
	assert_int_equal(history_pending(h), 0);
	history_put(h, entity, series, (msec)T0 * 1000 + 999, 0);
	history_put(h, entity, series, (msec)T0 * 1000 + 2000, -7);
	struct history_view v = must_ask(h, "x/node", "a", T0, T0 + 4, 100);
	assert_int_equal(v.n, 4);
	assert_true(v.bands[0].mean[0] == 0 && isnan(v.bands[0].mean[1]));
	assert_true(v.bands[0].max[2] == -7 && isnan(v.bands[0].max[3]));
	history_view_free(&v);
	history_close(h);
}

static void several_series_share_one_grid(void **state)
{
	(void)state;
	static const char *const series[] = {"b", "none", "a"};
	struct history *h = must_open();
	struct history_view v;
	struct err e = {0};
	int entity = history_entity(h, "x/node");

	put_run(h, entity, history_series(h, "a"), T0, 100);
	history_put(h, entity, history_series(h, "b"), (msec)(T0 + 50) * 1000, 42);
	assert_int_equal(history_query(h, "x/node", series, 3, (msec)T0 * 1000,
				 (msec)(T0 + 100) * 1000, 100, &v, &e),
		0);
	assert_int_equal(v.n_bands, 3);
	assert_int_equal(v.n, 100);
	assert_true(v.bands[0].max[50] == 42 && isnan(v.bands[0].max[49]));
	assert_true(isnan(v.bands[1].max[50]));
	assert_true(v.bands[2].max[50] == (T0 + 50) % 600);
	history_view_free(&v);
	history_close(h);
}

static void bad_questions(void **state)
{
	(void)state;
	static const char *many[HISTORY_SERIES_MAX + 1];
	static const struct {
		msec from, to;
		uint32_t points;
		size_t n;
		const char *code;
	} cases[] = {
		{5000, 5000, 100, 1, "history.range"},
		{6000, 5000, 100, 1, "history.range"},
		{-9000, 0, 100, 1, "history.range"},
		{INT64_MAX - 1, INT64_MAX, 100, 1, "history.range"},
		{0, 5000, 1, 1, "history.range"},
		{0, 5000, HISTORY_POINTS_MAX + 1, 1, "history.range"},
		{0, 5000, 100, 0, "history.series"},
		{0, 5000, 100, HISTORY_SERIES_MAX + 1, "history.series"},
	};
	struct history *h = must_open();

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = "a";
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct history_view v;
		struct err e = {0};
		assert_int_equal(history_query(h, "x", many, cases[i].n, cases[i].from, cases[i].to,
					 cases[i].points, &v, &e),
			-1);
		assert_string_equal(e.code, cases[i].code);
		assert_int_equal(e.kind, ERR_INPUT);
	}
	/* The widest there is. */
	struct history_view v;
	struct err e = {0};
	assert_int_equal(history_query(h, "x", many, HISTORY_SERIES_MAX, INT64_MIN, INT64_MAX,
				 HISTORY_POINTS_MAX, &v, &e),
		0);
	assert_true(v.n <= HISTORY_POINTS_MAX && v.n > HISTORY_POINTS_MAX / 2);
	history_view_free(&v);
	double peak;
	assert_int_equal(history_peak(h, "x", "a", INT64_MIN, INT64_MAX, &peak, &e), 0);
	assert_int_equal(history_peak(h, "x", "a", 7, 7, &peak, &e), -1);
	assert_string_equal(e.code, "history.range");
	history_close(h);
}

static void a_folder_that_is_not_there(void **state)
{
	(void)state;
	struct history *h = NULL;
	struct err e = {0};
	autofree char *nowhere = xasprintf("%s/none/history.db", folder);

	assert_int_equal(history_open(nowhere, &h, &e), -1);
	assert_string_equal(e.code, "history.open");
	assert_int_equal(history_open(folder, &h, &e), -1);
	assert_string_equal(e.code, "history.open");
	assert_null(h);
}

/* One second in the middle of a month, at every distance from which it can be looked at. */
static void a_peak_of_one_second_is_seen_from_afar(void **state)
{
	(void)state;
	static const uint32_t days[] = {1, 7, 30, 180, 365, 3650};
	const uint32_t peak_at = T0 + 15 * DAY + 4711;
	struct history *h = must_open();
	int entity = history_entity(h, "x/node");
	int series = history_series(h, "a");

	for (uint32_t t = T0; t < T0 + 30 * DAY; t += 20) {
		history_put(h, entity, series, (msec)t * 1000, 100);
		if (t <= peak_at && peak_at < t + 20)
			history_put(h, entity, series, (msec)peak_at * 1000, 777);
		if (t % 1800 < 20)
			must_flush(h);
	}
	for (size_t i = 0; i < COUNT(days); i++) {
		uint32_t to = days[i] < 30 ? peak_at + days[i] * DAY / 2 : T0 + 30 * DAY;
		struct history_view v = must_ask(h, "x/node", "a", to - days[i] * DAY, to, 1000);
		size_t seen = 0;
		for (size_t k = 0; k < v.n; k++)
			seen += v.bands[0].max[k] == 777;
		assert_int_equal(seen, 1);
		assert_true(must_peak(h, "x/node", to - days[i] * DAY, to) == 777);
		history_view_free(&v);
	}
	assert_true(must_peak(h, "x/node", T0, peak_at - 7200) == 100);
	history_close(h);
}

static void old_chunks_go_but_not_at_a_jump(void **state)
{
	(void)state;
	struct history *h = must_open();
	struct history_view v;

	run_for(h, T0, 7500);
	/* Two days later, the clock just jumped: nothing may go. */
	run_for(h, T0 + 2 * DAY, 600);
	run_for(h, T0 + 2 * DAY + 7200, 60);
	/* "Now" goes back, so the question is put to the 1 s tier again. */
	run_for(h, T0 + 12000, 1);
	v = must_ask(h, "x/node", "a", T0, T0 + 1000, 400);
	assert_int_equal(v.tier_step, 1000);
	assert_int_equal(known(&v), v.n);
	history_view_free(&v);
	/* Two hours without a jump: what is older than a day goes. */
	run_for(h, T0 + 2 * DAY + 10000, 7500);
	run_for(h, T0 + 12000, 1);
	v = must_ask(h, "x/node", "a", T0, T0 + 1000, 400);
	assert_int_equal(v.tier_step, 1000);
	assert_int_equal(known(&v), 0);
	history_view_free(&v);
	/* The 10 s tier has it all still. */
	v = must_ask(h, "x/node", "a", T0, T0 + 7000, 400);
	assert_int_equal(v.tier_step, 10000);
	assert_int_equal(known(&v), v.n);
	history_view_free(&v);
	history_close(h);
}

static void kept_as_long_as_was_said(void **state)
{
	static const uint32_t longer[HISTORY_KEEPS] = {3 * DAY, 14 * DAY, 180 * DAY, 3653 * DAY},
			      usual[HISTORY_KEEPS] = {DAY, 14 * DAY, 180 * DAY, 3653 * DAY};
	struct history *h = must_open();
	struct history_view v;

	(void)state;
	history_keep(h, longer);
	run_for(h, T0, 7500);
	run_for(h, T0 + 2 * DAY, 3 * 7200);
	v = must_ask(h, "x/node", "a", T0, T0 + 1000, 400);
	assert_int_equal(v.tier_step, 1000);
	assert_int_equal(known(&v), v.n);
	history_view_free(&v);
	history_keep(h, usual);
	v = must_ask(h, "x/node", "a", T0, T0 + 1000, 400);
	assert_int_equal(v.tier_step, 10000);
	assert_int_equal(known(&v), v.n);
	history_view_free(&v);
	/* it goes with the next flushes, and does not come back */
	run_for(h, T0 + 2 * DAY + 3 * 7200, 7500);
	history_keep(h, longer);
	v = must_ask(h, "x/node", "a", T0, T0 + 1000, 400);
	assert_int_equal(v.tier_step, 1000);
	assert_int_equal(known(&v), 0);
	history_view_free(&v);
	history_close(h);
}

/* A process that ends without closing, with its log not yet in the file. */
static void killed_at_any_moment(void **state)
{
	(void)state;
	for (uint32_t seconds = 1000; seconds < 12000; seconds += 1009) {
		pid_t child = fork();
		assert_int_not_equal(child, -1);
		if (child == 0) {
			struct history *h = must_open();
			run_for(h, T0, seconds);
			put_run(h, 1, 1, T0 + seconds, 30);
			_exit(0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		struct history *h = must_open();
		struct history_view v = must_ask(h, "x/node", "a", T0, T0 + seconds + 30, 15000);
		assert_int_equal(v.step, 1000);
		assert_int_equal(known(&v), seconds);
		history_view_free(&v);
		assert_null(history_take_set_aside(h));
		history_close(h);
		unlink(file);
	}
}

static void memory_is_bounded_and_peaks_stay(void **state)
{
	(void)state;
	struct history *h = must_open();
	int entity = history_entity(h, "x/node");
	int series = history_series(h, "a");
	const uint32_t n = 3 * HISTORY_PENDING_MAX / 2;

	for (uint32_t i = 0; i < n; i++) {
		history_put(h, entity, series, (msec)(T0 + i) * 1000, i == 4712 ? 9999 : i % 7);
		if (i % 1000 == 0)
			assert_true(history_pending(h) <= HISTORY_PENDING_MAX);
	}
	assert_true(history_thinned(h) > 0);
	assert_int_equal(history_thinned(h) + history_pending(h), n);
	must_flush(h);
	assert_int_equal(history_pending(h), 0);
	assert_true(must_peak(h, "x/node", T0, T0 + n) == 9999);
	history_close(h);
}

static void a_flush_with_nothing_new_writes_nothing(void **state)
{
	(void)state;
	struct history *h = must_open();
	struct err e = {0};

	run_for(h, T0, 120);
	int64_t before = history_size_bytes(h);
	for (int i = 0; i < 50; i++)
		must_flush(h);
	assert_int_equal(history_size_bytes(h), before);
	assert_int_equal(history_flush(h, true, &e), 0);
	history_close(h);
}

/* ---- questions while the sampler writes ---- */

struct race {
	struct history *h;
	atomic_uint upto; /* all seconds before it were put */
	atomic_bool done;
	atomic_uint asked;
};

static double ramp_mean(uint32_t from, uint32_t seconds)
{
	double sum = 0;

	for (uint32_t i = 0; i < seconds; i++)
		sum += (from + i) % 600;
	return sum / seconds;
}

static bool ask_in_race(struct race *r, uint32_t length, uint32_t points)
{
	const char *series = "a";
	struct history_view v;
	struct err e = {0};
	bool good = true;
	uint32_t upto = atomic_load(&r->upto);
	uint32_t from = upto > T0 + length ? upto - length : T0;

	if (upto <= from)
		return true;
	if (history_query(r->h, "x/node", &series, 1, (msec)from * 1000, (msec)upto * 1000, points,
		    &v, &e))
		return false;
	for (size_t i = 0; i < v.n; i++) {
		uint32_t t = (uint32_t)(v.t[i] / 1000);
		uint32_t step = (uint32_t)(v.step / 1000);
		if (t < T0 || t + step > upto)
			continue;
		good &= fabs(v.bands[0].mean[i] - ramp_mean(t, step)) < 0.01;
	}
	history_view_free(&v);
	return good;
}

static void *racer(void *arg)
{
	static const uint32_t lengths[] = {300, 3000, 30000, 200000};
	struct race *r = arg;
	bool good = true;

	while (good && !atomic_load(&r->done)) {
		unsigned turn = atomic_fetch_add(&r->asked, 1);
		good = ask_in_race(r, lengths[turn % COUNT(lengths)], 50);
	}
	return good ? NULL : r;
}

static void no_sample_is_missed_or_counted_twice_in_a_race(void **state)
{
	(void)state;
	struct race r = {.h = must_open()};
	pthread_t threads[3];
	struct err e = {0};
	int entity = history_entity(r.h, "x/node");
	int series = history_series(r.h, "a");

	atomic_store(&r.upto, T0);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(thread_start(&threads[i], "racer", racer, &r, &e), 0);
	for (uint32_t t = T0; t < T0 + 60000; t += 60) {
		put_run(r.h, entity, series, t, 60);
		atomic_store(&r.upto, t + 60);
		must_flush(r.h);
	}
	while (atomic_load(&r.asked) < 50)
		clock_sleep(1);
	atomic_store(&r.done, true);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *bad;
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	history_close(r.h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file),
		TEST(names_are_kept),
		TEST(what_is_not_known_is_a_gap),
		TEST(several_series_share_one_grid),
		TEST(bad_questions),
		TEST(a_folder_that_is_not_there),
		TEST(a_peak_of_one_second_is_seen_from_afar),
		TEST(old_chunks_go_but_not_at_a_jump),
		TEST(kept_as_long_as_was_said),
		TEST(killed_at_any_moment),
		TEST(memory_is_bounded_and_peaks_stay),
		TEST(a_flush_with_nothing_new_writes_nothing),
		TEST(no_sample_is_missed_or_counted_twice_in_a_race),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
