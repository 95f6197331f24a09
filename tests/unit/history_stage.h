/*
 * history_stage: a history file in a folder of its own, and runs of samples. For the tests of
 * io/history.
 */
#ifndef TESTS_UNIT_HISTORY_STAGE_H
#define TESTS_UNIT_HISTORY_STAGE_H

#include "base/log.h"
#include "base/mem.h"
#include "io/history.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define T0 1700000000u /* no multiple of any step, on purpose */
#define DAY 86400u

static char folder[64];
static char file[80];

static inline int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_history.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/history.db", folder);
	return 0;
}

static inline int drop_folder(void **state)
{
	(void)state;
	autofree char *command = xasprintf("rm -rf '%s'", folder);
	return system(command);
}

static uint64_t random_state;

static inline uint32_t rnd(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % below);
}

static inline struct history *must_open(void)
{
	struct history *h = NULL;
	struct err e = {0};

	if (history_open(file, &h, &e))
		fail_msg("%s: %s", e.code, e.message);
	return h;
}

static inline void must_flush(struct history *h)
{
	struct err e = {0};

	if (history_flush(h, false, &e))
		fail_msg("%s: %s", e.code, e.message);
}

static inline struct history_view must_ask(struct history *h, const char *entity,
	const char *series, uint32_t from, uint32_t to, uint32_t points)
{
	struct history_view v;
	struct err e = {0};

	if (history_query(
		    h, entity, &series, 1, (msec)from * 1000, (msec)to * 1000, points, &v, &e))
		fail_msg("%s: %s", e.code, e.message);
	return v;
}

static inline double must_peak(struct history *h, const char *entity, uint32_t from, uint32_t to)
{
	double peak;
	struct err e = {0};

	if (history_peak(h, entity, "a", (msec)from * 1000, (msec)to * 1000, &peak, &e))
		fail_msg("%s: %s", e.code, e.message);
	return peak;
}

static inline size_t known(const struct history_view *v)
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

static inline void put_run(
	struct history *h, int entity, int series, uint32_t from, uint32_t seconds)
{
	for (uint32_t t = from; t < from + seconds; t++)
		history_put(h, entity, series, (msec)t * 1000, t % 600);
}

/* Flushes each minute, as the sampler does. */
static inline void run_for(struct history *h, uint32_t from, uint32_t seconds)
{
	int entity = history_entity(h, "x/node");
	int series = history_series(h, "a");

	for (uint32_t t = 0; t < seconds; t += 60) {
		put_run(h, entity, series, from + t, seconds - t < 60 ? seconds - t : 60);
		must_flush(h);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)

#endif
