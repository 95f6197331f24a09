/* io/history: one test a promise of its header; a model of plain samples checks every answer. */
#include "io/history.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

#define T0 1700000000u /* no multiple of any step, on purpose */
#define DAY 86400u

static char folder[64];
static char file[80];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_history.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/history.db", folder);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	autofree char *command = xasprintf("rm -rf '%s'", folder);
	return system(command);
}

static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % below);
}

static struct history *must_open(void)
{
	struct history *h = NULL;
	struct err e = {0};

	if (history_open(file, &h, &e))
		fail_msg("%s: %s", e.code, e.message);
	return h;
}

static void must_flush(struct history *h)
{
	struct err e = {0};

	if (history_flush(h, false, &e))
		fail_msg("%s: %s", e.code, e.message);
}

static struct history_view must_ask(struct history *h, const char *entity, const char *series,
	uint32_t from, uint32_t to, uint32_t points)
{
	struct history_view v;
	struct err e = {0};

	if (history_query(
		    h, entity, &series, 1, (msec)from * 1000, (msec)to * 1000, points, &v, &e))
		fail_msg("%s: %s", e.code, e.message);
	return v;
}

static double must_peak(struct history *h, const char *entity, uint32_t from, uint32_t to)
{
	double peak;
	struct err e = {0};

	if (history_peak(h, entity, "a", (msec)from * 1000, (msec)to * 1000, &peak, &e))
		fail_msg("%s: %s", e.code, e.message);
	return peak;
}

static size_t known(const struct history_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		bool gap = isnan(v->bands[0].mean[i]);
		assert_int_equal(gap, isnan(v->bands[0].min[i]));
		assert_int_equal(gap, isnan(v->bands[0].max[i]));
		n += !gap;
	}
	return n;
}

static void put_run(struct history *h, int entity, int series, uint32_t from, uint32_t seconds)
{
	for (uint32_t t = from; t < from + seconds; t++)
		history_put(h, entity, series, (msec)t * 1000, t % 600);
}

/* Flushes each minute, as the sampler does. */
static void run_for(struct history *h, uint32_t from, uint32_t seconds)
{
	int entity = history_entity(h, "x/node");
	int series = history_series(h, "a");

	for (uint32_t t = 0; t < seconds; t += 60) {
		put_run(h, entity, series, from + t, seconds - t < 60 ? seconds - t : 60);
		must_flush(h);
	}
}

/* ---- the model ---- */

struct fact {
	uint32_t t;
	float v;
};
struct model {
	struct fact *facts;
	size_t n, flushed;
};
#define MODEL_MAX 60000
#define MODELS 4
static const char *const model_entity[MODELS] = {"x/node", "x/node", "host", "host"};
static const char *const model_series[MODELS] = {"a", "b", "a", "b"};

struct world {
	struct history *h;
	struct model models[MODELS];
	uint32_t now, newest;
};

static void world_open(struct world *w)
{
	w->h = must_open();
	assert_null(history_take_set_aside(w->h));
}

static void world_put(struct world *w)
{
	for (int i = 0; i < MODELS; i++) {
		struct model *m = &w->models[i];
		if (m->n == MODEL_MAX || (i > 0 && rnd(3) == 0))
			continue;
		float v = rnd(500) ? (float)((double)rnd(20000) - 500) : 1e9f + (float)rnd(1000000);
		m->facts[m->n++] = (struct fact){w->now, v};
		history_put(w->h, history_entity(w->h, model_entity[i]),
			history_series(w->h, model_series[i]), (msec)w->now * 1000 + rnd(1000),
			(double)v);
	}
	if (w->now > w->newest)
		w->newest = w->now;
}

static void world_flush(struct world *w)
{
	struct err e = {0};

	if (history_flush(w->h, rnd(10) == 0, &e))
		fail_msg("%s: %s", e.code, e.message);
	for (int i = 0; i < MODELS; i++)
		w->models[i].flushed = w->models[i].n;
}

/* Closing does not flush, so this is also what a crash leaves. */
static void world_restart(struct world *w)
{
	history_close(w->h);
	world_open(w);
	for (int i = 0; i < MODELS; i++)
		w->models[i].n = w->models[i].flushed;
}

struct truth {
	double min, max, sum;
	size_t n;
};

static void check_view(const struct model *m, const struct history_view *v)
{
	autofree struct truth *truth = xcalloc(v->n, sizeof(*truth));
	const struct history_band *band = &v->bands[0];

	for (size_t i = 0; i < m->n; i++) {
		msec t = (msec)m->facts[i].t * 1000 - v->t[0];
		if (t < 0 || t / v->step >= (msec)v->n)
			continue;
		struct truth *c = &truth[t / v->step];
		double x = (double)m->facts[i].v;
		c->min = c->n && c->min < x ? c->min : x;
		c->max = c->n && c->max > x ? c->max : x;
		c->sum += x;
		c->n++;
	}
	for (size_t i = 0; i < v->n; i++) {
		assert_int_equal(truth[i].n == 0, isnan(band->max[i]));
		if (truth[i].n == 0)
			continue;
		assert_true(band->max[i] == truth[i].max);
		if (v->tier_step == 1000)
			continue; /* of two samples of one second only the larger is promised */
		double slack = 1e-6 * fmax(fabs(truth[i].max), fabs(truth[i].min));
		assert_true(band->min[i] == truth[i].min);
		assert_true(fabs(band->mean[i] - truth[i].sum / (double)truth[i].n) <= slack);
	}
}

static void check_peak(
	struct world *w, const struct model *m, const char *entity, uint32_t from, uint32_t to)
{
	double peak = must_peak(w->h, entity, from, to);

	for (size_t i = 0; i < m->n; i++)
		if (m->facts[i].t >= from && m->facts[i].t < to)
			assert_true(peak >= (double)m->facts[i].v);
}

static void world_check(struct world *w, int times)
{
	for (int k = 0; k < times; k++) {
		int i = (int)rnd(MODELS);
		uint32_t length = 2 + rnd(1u << (4 + rnd(17)));
		uint32_t from = w->newest + 500 - rnd(w->newest - T0 + 1000);
		/* A clock that went back asks for seconds that were rightly deleted before. */
		if (from + DAY < w->newest + 1 && from + DAY + 20000 > w->newest)
			from -= 20000;
		struct history_view v = must_ask(
			w->h, model_entity[i], model_series[i], from, from + length, 2 + rnd(300));
		check_view(&w->models[i], &v);
		history_view_free(&v);
		if (i % 2 == 0)
			check_peak(w, &w->models[i], model_entity[i], from, from + length);
	}
}

static void any_order_of_anything(uint64_t seed, bool jumps)
{
	struct world w = {.now = T0, .newest = T0};

	random_state = seed;
	for (int i = 0; i < MODELS; i++)
		w.models[i].facts = xcalloc(MODEL_MAX, sizeof(struct fact));
	world_open(&w);
	for (int step = 0; step < 400; step++) {
		switch (rnd(jumps ? 8 : 6)) {
		case 0:
			w.now += rnd(5000); /* a gap */
			break;
		case 1:
			world_restart(&w);
			break;
		case 2:
			world_check(&w, 3);
			break;
		case 6:
			w.now += rnd(12) ? rnd(7200) : rnd(2 * DAY);
			break;
		case 7:
			w.now -= w.now - T0 > 20000 ? rnd(9000) : 0;
			break;
		default:
			for (uint32_t n = 1 + rnd(300); n > 0; n--, w.now++)
				world_put(&w);
			if (rnd(4))
				world_flush(&w);
		}
	}
	assert_true(w.models[0].n > 10000);
	world_check(&w, 300);
	world_flush(&w);
	world_restart(&w);
	world_check(&w, 300);
	history_close(w.h);
	for (int i = 0; i < MODELS; i++)
		free(w.models[i].facts);
	unlink(file);
}

static void every_answer_equals_the_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		any_order_of_anything(seed, false);
}

static void also_when_the_clock_jumps(void **state)
{
	(void)state;
	for (uint64_t seed = 11; seed <= 14; seed++)
		any_order_of_anything(seed, true);
}

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file),
		TEST(names_are_kept),
		TEST(what_is_not_known_is_a_gap),
		TEST(several_series_share_one_grid),
		TEST(bad_questions),
		TEST(a_folder_that_is_not_there),
		TEST(every_answer_equals_the_model),
		TEST(also_when_the_clock_jumps),
		TEST(a_peak_of_one_second_is_seen_from_afar),
		TEST(old_chunks_go_but_not_at_a_jump),
		TEST(killed_at_any_moment),
		TEST(bad_files_are_set_aside_at_open),
		TEST(an_empty_file_is_a_new_one),
		TEST(damage_found_by_a_question),
		TEST(damage_found_by_a_flush),
		TEST(a_full_disk_is_a_state),
		TEST(memory_is_bounded_and_peaks_stay),
		TEST(a_flush_with_nothing_new_writes_nothing),
		TEST(no_sample_is_missed_or_counted_twice_in_a_race),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
