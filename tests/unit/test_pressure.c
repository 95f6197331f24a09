/* domain/pressure: growth towards the limit is told in time, noise and saw-teeth are not, and what
 * may be done stays within what the owner allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/pressure.h"

#include <stdlib.h>

#define MIB (INT64_C(1) << 20)
#define T0 INT64_C(1500000000000)
#define LIMIT (1000 * MIB)

struct run {
	struct pressure p;
	msec now;
	unsigned seed;
};

static void begin(struct run *r)
{
	*r = (struct run){.now = T0, .seed = 7};
}

static void feed(struct run *r, int64_t mib)
{
	r->now += 1000;
	pressure_sample(&r->p, r->now, mib * MIB, LIMIT);
}

/* -1 … 1, the same on every machine */
static double noise(struct run *r)
{
	r->seed = r->seed * 1103515245u + 12345u;
	return (double)(r->seed >> 16 & 0x7fff) / 16383.5 - 1;
}

/* Grows from `from` to the limit at `rate` MiB/s with ±`odd` MiB of noise; says at how many seconds
 * before its end each level came, -1 = never. */
static void grow(struct run *r, double from, double rate, double odd, int ret[3])
{
	int end = (int)((1000 - from) / rate);

	ret[PRESSURE_WARN] = ret[PRESSURE_ACT] = -1;
	for (int s = 0; s < end; s++) {
		feed(r, (int64_t)(from + rate * s + odd * noise(r)));
		for (int l = PRESSURE_WARN; l <= PRESSURE_ACT; l++)
			if ((int)r->p.level >= l && ret[l] < 0)
				ret[l] = end - s;
	}
}

static void growth_is_told_in_time(void **state)
{
	static const struct {
		double rate, odd;
	} cases[] = {{1, 0}, {1, 5}, {2.5, 10}, {5, 0}, {5, 20}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct run r;
		int before[3];

		begin(&r);
		for (int s = 0; s < 60; s++)
			feed(&r, 400);
		grow(&r, 400, cases[i].rate, cases[i].odd, before);
		assert_in_range(before[PRESSURE_WARN], 45, 310);
		assert_in_range(before[PRESSURE_ACT], 20, 60);
	}
}

/* 40 MiB/s into 1000 MiB: ten seconds from where anything may be said. */
static void an_attack_in_seconds(void **state)
{
	struct run r;
	int before[3];

	(void)state;
	begin(&r);
	for (int s = 0; s < 60; s++)
		feed(&r, 300);
	grow(&r, 300, 40, 0, before);
	assert_in_range(before[PRESSURE_ACT], 3, 8);
}

static void the_time_left_is_right(void **state)
{
	struct run r;

	(void)state;
	begin(&r);
	for (int s = 0; s < 100; s++)
		feed(&r, 700 + s);
	assert_in_range((int64_t)(r.p.bytes_per_s + 0.5), MIB, MIB);
	assert_in_range((int64_t)(r.p.left_s + 0.5), 201, 201);
}

static void stays_calm(struct run *r)
{
	assert_int_equal(r->p.level, PRESSURE_CALM);
}

static void what_is_no_growth(void **state)
{
	struct run r;

	(void)state;
	begin(&r);
	for (int s = 0; s < 600; s++, stays_calm(&r)) /* high, and still */
		feed(&r, 970);
	begin(&r);
	for (int s = 0; s < 600; s++, stays_calm(&r)) /* noise */
		feed(&r, 900 + (int64_t)(30 * noise(&r)));
	begin(&r);
	for (int s = 0; s < 600; s++, stays_calm(&r)) /* a collector of garbage */
		feed(&r, 850 + s % 20 * 5);
	begin(&r);
	for (int s = 0; s < 600; s++, stays_calm(&r)) /* odd readings */
		feed(&r, s % 13 == 5 ? 999 : 700);
	begin(&r);
	for (int s = 0; s < 300; s++, stays_calm(&r)) /* caches that fill after the start */
		feed(&r, s < 50 ? 11 * s : 550);
	begin(&r);
	for (int s = 0; s < 600; s++, stays_calm(&r)) { /* no limit */
		r.now += 1000;
		pressure_sample(&r.p, r.now, s * MIB, 0);
	}
}

static void it_calms_down_after_a_minute(void **state)
{
	struct run r;
	int before[3], s;

	(void)state;
	begin(&r);
	grow(&r, 700, 2, 0, before);
	assert_int_equal(r.p.level, PRESSURE_ACT);
	for (s = 0; s < 300 && r.p.level != PRESSURE_CALM; s++)
		feed(&r, 800);
	assert_in_range(s, 60, 130);
}

static void another_limit_or_process_begins_anew(void **state)
{
	struct run r;
	int before[3];

	(void)state;
	begin(&r);
	grow(&r, 700, 2, 0, before);
	r.now += 1000;
	assert_true(pressure_sample(&r.p, r.now, 999 * MIB, 4 * LIMIT));
	stays_calm(&r);
	begin(&r);
	grow(&r, 700, 2, 0, before);
	r.now += 60000; /* a gap: the NAS slept */
	feed(&r, 990);
	stays_calm(&r);
	begin(&r);
	grow(&r, 700, 2, 0, before);
	r.now -= 3600000; /* the clock was set */
	feed(&r, 990);
	stays_calm(&r);
}

/* ---- acts ---- */

static struct run in_danger(void)
{
	struct run r;
	int before[3];

	begin(&r);
	grow(&r, 700, 2, 0, before);
	assert_int_equal(r.p.level, PRESSURE_ACT);
	return r;
}

static struct pressure_deed decide(
	const struct run *r, enum guard_act act, int64_t up_to, int64_t available)
{
	struct guard g = {act, up_to * MIB};

	return pressure_decide(&r->p, &g, available * MIB, r->now);
}

static void only_what_is_allowed(void **state)
{
	struct run r = in_danger(), calm;

	(void)state;
	assert_int_equal(decide(&r, GUARD_WARN, 9000, 9000).act, GUARD_WARN);
	assert_int_equal(decide(&r, GUARD_OFF, 9000, 9000).act, GUARD_WARN);
	assert_int_equal(decide(&r, GUARD_RAISE, 9000, 9000).act, GUARD_RAISE);
	assert_int_equal(decide(&r, GUARD_RESTART, 0, 0).act, GUARD_RESTART);
	begin(&calm);
	feed(&calm, 900);
	assert_int_equal(decide(&calm, GUARD_RAISE, 9000, 9000).act, GUARD_WARN);
	assert_int_equal(decide(&calm, GUARD_RESTART, 0, 0).act, GUARD_WARN);
}

static void a_raise_stays_within_its_bounds(void **state)
{
	struct run r = in_danger();

	(void)state;
	assert_int_equal(decide(&r, GUARD_RAISE, 9000, 9000).limit, 1250 * MIB);
	assert_int_equal(decide(&r, GUARD_RAISE, 1100, 9000).limit, 1100 * MIB);
	assert_in_range(decide(&r, GUARD_RAISE, 9000, 100).limit, 1070 * MIB, 1080 * MIB);
	assert_int_equal(decide(&r, GUARD_RAISE, 1000, 9000).act, GUARD_WARN); /* reached */
	assert_int_equal(decide(&r, GUARD_RAISE, 900, 9000).act, GUARD_WARN);
	assert_int_equal(decide(&r, GUARD_RAISE, 9000, 5).act, GUARD_WARN); /* the NAS is full */
}

static void not_twice_at_once(void **state)
{
	struct run r = in_danger();

	(void)state;
	pressure_done(&r.p, GUARD_RAISE, r.now);
	assert_int_equal(decide(&r, GUARD_RAISE, 9000, 9000).act, GUARD_WARN);
	r.now += 15000;
	assert_int_equal(decide(&r, GUARD_RAISE, 9000, 9000).act, GUARD_WARN); /* read long ago */
	r.p.at = r.now;
	assert_int_equal(decide(&r, GUARD_RAISE, 9000, 9000).act, GUARD_RAISE);
}

/* One that grows again after each restart is not restarted for ever. */
static void restarts_are_few(void **state)
{
	struct run r = in_danger();
	int n = 0;

	(void)state;
	for (int s = 0; s < 2 * 3600; s++) {
		r.p.at = r.now += 1000;
		if (decide(&r, GUARD_RESTART, 0, 0).act != GUARD_RESTART)
			continue;
		pressure_done(&r.p, GUARD_RESTART, r.now);
		n++;
	}
	assert_int_equal(n, 6);
	pressure_forget(&r.p);
	assert_int_equal(r.p.level, PRESSURE_CALM);
	assert_true(r.p.restarts[0] && r.p.acted_at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth_is_told_in_time),
		cmocka_unit_test(an_attack_in_seconds),
		cmocka_unit_test(the_time_left_is_right),
		cmocka_unit_test(what_is_no_growth),
		cmocka_unit_test(it_calms_down_after_a_minute),
		cmocka_unit_test(another_limit_or_process_begins_anew),
		cmocka_unit_test(only_what_is_allowed),
		cmocka_unit_test(a_raise_stays_within_its_bounds),
		cmocka_unit_test(not_twice_at_once),
		cmocka_unit_test(restarts_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
