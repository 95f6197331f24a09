/* domain/neighbour: steps back when the NAS is busy and not for a moment, comes back when it is
 * calm and not to and fro, follows the clock on the wall through daylight saving, and no clock that
 * is set moves its deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/neighbour.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600

static const struct neighbour wish = {
	.busy = {.on = true,
		.load_milli = 800,
		.io_percent = 40,
		.for_s = 60,
		.share = {.cpu_millis = 500}},
};

struct run {
	struct neighbour_state s;
	struct neighbour n;
	struct neighbour_now now;
	int changes;
};

static struct run begin(void)
{
	return (struct run){.n = wish, .now = {.mono = 1000, .io_percent = -1}};
}

/* Two seconds at a time, as the keeper looks. */
static void go(struct run *r, double load, double io, int seconds)
{
	for (int s = 0; s < seconds; s += 2) {
		unsigned before = r->s.asked;

		r->now.mono += 2000;
		r->now.load_per_core = load;
		r->now.io_percent = io;
		r->changes += neighbour_ask(&r->s, &r->n, &r->now) != before;
	}
}

static bool busy(const struct run *r)
{
	return r->s.asked & NEIGHBOUR_BUSY;
}

/* Seconds of this until it is (not) busy, at most. */
static int until(struct run *r, bool is, double load, int most)
{
	int s = 0;

	for (; s < most && busy(r) != is; s += 2)
		go(r, load, -1, 2);
	return s;
}

static void off_never_asks(void **state)
{
	struct run r = begin();

	(void)state;
	r.n = (struct neighbour){0};
	go(&r, 50, 100, HOUR);
	assert_int_equal(r.s.asked, 0);
	assert_false(neighbour_on(&r.n));
}

static void busy_is_a_minute_of_it(void **state)
{
	struct run r = begin();

	(void)state;
	for (int i = 0; i < 30; i++) { /* short bursts */
		go(&r, 3, -1, 50);
		go(&r, 0.1, -1, 10);
	}
	assert_false(busy(&r));
	assert_in_range(until(&r, true, 0.8, 200), 58, 64);
	r = begin();
	go(&r, 0.79, 39, HOUR);
	assert_false(busy(&r));
	go(&r, 0, 40, 64); /* by the disk alone */
	assert_true(busy(&r));
}

static void calm_is_three_quarters_for_two_minutes(void **state)
{
	struct run r = begin();

	(void)state;
	go(&r, 2, -1, 70);
	go(&r, 0.61, -1, HOUR); /* neither busy nor calm */
	assert_true(busy(&r));
	go(&r, 0.1, 31, HOUR);
	assert_true(busy(&r));
	go(&r, 0.1, 0, 110);
	go(&r, 0.7, 0, 2);
	assert_true(busy(&r));
	assert_in_range(until(&r, false, 0.59, 200), 118, 124);
}

/* What makes itself busy steps back, calms down, comes back, and so on: less and less often. */
static void no_flicker(void **state)
{
	struct run r = begin();

	(void)state;
	for (int s = 0; s < 24 * HOUR; s += 2)
		go(&r, busy(&r) ? 0.1 : 2, -1, 2);
	assert_in_range(r.changes, 20, 64);
	r.changes = 0;
	for (int s = 0; s < 24 * HOUR; s += 2)
		go(&r, busy(&r) ? 0.1 : 2, -1, 2);
	assert_in_range(r.changes, 40, 48); /* an hour each */
	go(&r, 0.1, -1, 3 * HOUR);	    /* long calm: all is forgotten */
	go(&r, 2, -1, 70);
	assert_in_range(until(&r, false, 0, 4000), 118, 124);
}

static void a_threshold_at_the_edge_does_not_flicker(void **state)
{
	struct run r = begin();

	(void)state;
	for (int i = 0; i < 8 * HOUR / 10; i++)
		go(&r, i % 2 ? 0.82 : 0.78, -1, 10);
	assert_false(busy(&r));
	go(&r, 1, -1, 64);
	for (int i = 0; i < 8 * HOUR / 10; i++)
		go(&r, i % 2 ? 0.62 : 0.58, -1, 10);
	assert_true(busy(&r));
	assert_int_equal(r.changes, 1);
}

static void what_is_not_known_does_not_count(void **state)
{
	struct run r = begin();

	(void)state;
	go(&r, -1, -1, HOUR);
	assert_false(busy(&r));
	r.n.busy.load_milli = 0; /* the disk alone, on a kernel that does not tell */
	go(&r, 90, -1, HOUR);
	assert_false(busy(&r));
}

static void other_bounds_begin_anew(void **state)
{
	struct run r = begin();

	(void)state;
	go(&r, 2, -1, 70);
	r.s.has = NEIGHBOUR_BUSY;
	r.n.busy.load_milli = 5000;
	go(&r, 2, -1, 2);
	assert_false(busy(&r));
	r.n.busy.on = false;
	go(&r, 90, -1, HOUR);
	assert_false(busy(&r));
}

/* The program was restarted while the service had its lesser share. */
static void a_restart_goes_on(void **state)
{
	struct run r = begin();

	(void)state;
	r.s.has = NEIGHBOUR_BUSY;
	go(&r, 0.1, -1, 100);
	assert_true(busy(&r));
	go(&r, 0.1, -1, 24);
	assert_false(busy(&r));
	r = begin();
	r.s.has = NEIGHBOUR_QUIET;
	go(&r, 0.1, -1, 2);
	assert_int_equal(r.s.asked, 0);
}

/* ---- the clock ---- */

static int minute(int h, int m)
{
	return h * 60 + m;
}

static unsigned quiet_at(int from, int to, int at)
{
	struct run r = begin();

	r.n = (struct neighbour){
		.quiet = {.on = true, .from = from, .to = to, .share = {.cpu_millis = 4000}}};
	r.now.minute = at;
	return neighbour_ask(&r.s, &r.n, &r.now);
}

static void quiet_hours_may_go_over_midnight(void **state)
{
	static const struct {
		int from, to, at;
		unsigned asked;
	} all[] = {
		{60, 420, 59, 0},
		{60, 420, 60, NEIGHBOUR_QUIET},
		{60, 420, 419, NEIGHBOUR_QUIET},
		{60, 420, 420, 0},
		{1380, 420, 1379, 0},
		{1380, 420, 1380, NEIGHBOUR_QUIET},
		{1380, 420, 0, NEIGHBOUR_QUIET},
		{1380, 420, 419, NEIGHBOUR_QUIET},
		{1380, 420, 420, 0},
		{1380, 0, 1439, NEIGHBOUR_QUIET},
		{1380, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		assert_int_equal(quiet_at(all[i].from, all[i].to, all[i].at), all[i].asked);
}

/* Seconds of quiet between two moments, and how often it begins. */
static int quiet_between(msec from, msec to, int begin_m, int end_m, int *ret_times)
{
	struct run r = begin();
	unsigned before = 0;
	int quiet = 0;

	*ret_times = 0;
	r.n = (struct neighbour){.quiet = {.on = true, .from = begin_m, .to = end_m}};
	for (msec t = from; t < to; t += 2000) {
		unsigned asked;

		r.now.mono += 2000;
		r.now.minute = clock_local_minute(t);
		asked = neighbour_ask(&r.s, &r.n, &r.now);
		quiet += asked ? 2 : 0;
		*ret_times += asked && !before;
		before = asked;
	}
	return quiet;
}

/* Central Europe 2026: 29 March 01:00 UTC an hour is left out, 25 October 01:00 UTC one comes twice
 */
#define SPRING INT64_C(1774742400000)
#define AUTUMN INT64_C(1792886400000)

static void daylight_saving(void **state)
{
	msec hours = INT64_C(3600000);
	int times;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	assert_int_equal(clock_local_minute(SPRING), minute(1, 0)); /* 00:00 UTC */
	assert_int_equal(clock_local_minute(SPRING + hours), minute(3, 0));
	assert_int_equal(clock_local_minute(AUTUMN), minute(2, 0));
	assert_int_equal(clock_local_minute(AUTUMN + hours), minute(2, 0));
	/* an ordinary night: 01:00-07:00 are six hours; one with an hour less, one with an hour
	 * more */
	assert_int_equal(
		quiet_between(SPRING - 48 * hours, SPRING - 24 * hours, 60, 420, &times), 6 * HOUR);
	assert_int_equal(
		quiet_between(SPRING - 6 * hours, SPRING + 18 * hours, 60, 420, &times), 5 * HOUR);
	assert_int_equal(times, 1);
	assert_int_equal(
		quiet_between(AUTUMN - 6 * hours, AUTUMN + 18 * hours, 60, 420, &times), 7 * HOUR);
	assert_int_equal(times, 1);
	/* begins in the hour that is left out: when the clock is beyond it */
	assert_int_equal(
		quiet_between(SPRING - 6 * hours, SPRING + 18 * hours, 150, 420, &times), 4 * HOUR);
	assert_int_equal(
		quiet_between(SPRING - 6 * hours, SPRING + 18 * hours, 135, 165, &times), 0);
	/* half of the hour that comes twice: twice */
	assert_int_equal(quiet_between(AUTUMN - 6 * hours, AUTUMN + 18 * hours, 135, 165, &times),
		2 * 30 * MINUTE);
	assert_int_equal(times, 2);
	setenv("TZ", "UTC", 1);
	assert_int_equal(clock_local_minute(SPRING), 0);
}

static void a_clock_that_is_set(void **state)
{
	struct run r = begin();

	(void)state;
	r.n.quiet.on = true;
	r.n.quiet.from = minute(23, 0);
	r.n.quiet.to = minute(7, 0);
	r.now.minute = minute(12, 0);
	go(&r, 2, -1, 40);
	r.now.minute = minute(2, 0); /* the owner set it right */
	go(&r, 2, -1, 2);
	assert_int_equal(r.s.asked, NEIGHBOUR_QUIET);
	r.now.minute = minute(12, 0);
	go(&r, 2, -1, 10);
	assert_int_equal(r.s.asked, 0);
	go(&r, 2, -1, 12); /* and its minute of load went on */
	assert_int_equal(r.s.asked, NEIGHBOUR_BUSY);
}

/* ---- shares ---- */

static void shares_of_the_modes(void **state)
{
	struct limits own = {.memory = 1 << 30, .swap = 5, .cpu_millis = 2000}, l;
	struct neighbour n = {
		.busy = {.on = true,
			.share = {.cpu_millis = 500, .cpu_shares = 256, .blkio_weight = 100}},
		.quiet = {.on = true, .share = {.cpu_millis = 4000, .blkio_weight = 50}},
	};

	(void)state;
	l = neighbour_limits(&own, &n, 0, true);
	assert_memory_equal(&l, &own, sizeof(l));
	l = neighbour_limits(&own, &n, NEIGHBOUR_BUSY, true);
	assert_int_equal(l.cpu_millis, 500);
	assert_int_equal(l.cpu_shares, 256);
	assert_int_equal(l.blkio_weight, 100);
	assert_int_equal(l.memory, own.memory);
	assert_int_equal(l.swap, 5);
	l = neighbour_limits(&own, &n, NEIGHBOUR_QUIET, true);
	assert_int_equal(l.cpu_millis, 4000);
	assert_int_equal(l.cpu_shares, 0);
	assert_int_equal(l.blkio_weight, 50);
	l = neighbour_limits(&own, &n, NEIGHBOUR_BUSY | NEIGHBOUR_QUIET, true);
	assert_int_equal(l.cpu_millis, 500);
	assert_int_equal(l.blkio_weight, 50); /* busy only takes away */
	l = neighbour_limits(&own, &n, NEIGHBOUR_BUSY, false);
	assert_int_equal(l.blkio_weight, 0); /* what the kernel cannot do is not asked for */
	assert_int_equal(l.cpu_millis, 500);
	n.busy.share = (struct share){3000, 4096, 900};
	l = neighbour_limits(&own, &n, NEIGHBOUR_BUSY, true);
	assert_memory_equal(&l, &own, sizeof(l)); /* more than it has: no more */
	n.busy.on = n.quiet.on = false;
	l = neighbour_limits(&own, &n, NEIGHBOUR_BUSY | NEIGHBOUR_QUIET, true);
	assert_memory_equal(&l, &own, sizeof(l));
}

/* The load of a minute, and what a container used, smoothed alike: their difference is of others.
 */
static void our_part_of_the_load(void **state)
{
	double ours = 0;

	(void)state;
	for (int s = 0; s < 60; s += 5)
		ours = neighbour_smooth(ours, 2, 5000);
	assert_true(fabs(ours - 2 * (1 - exp(-1))) < 0.001);
	assert_true(fabs(neighbour_smooth(ours, 2, HOUR * 1000) - 2) < 0.001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_never_asks),
		cmocka_unit_test(busy_is_a_minute_of_it),
		cmocka_unit_test(calm_is_three_quarters_for_two_minutes),
		cmocka_unit_test(no_flicker),
		cmocka_unit_test(a_threshold_at_the_edge_does_not_flicker),
		cmocka_unit_test(what_is_not_known_does_not_count),
		cmocka_unit_test(other_bounds_begin_anew),
		cmocka_unit_test(a_restart_goes_on),
		cmocka_unit_test(quiet_hours_may_go_over_midnight),
		cmocka_unit_test(daylight_saving),
		cmocka_unit_test(a_clock_that_is_set),
		cmocka_unit_test(shares_of_the_modes),
		cmocka_unit_test(our_part_of_the_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
