/* domain/storm: an attack of the kind of September 2016 is told within minutes and with its
 * figures; ordinary days, a sync, a restart, a gap, a lost line and a slow network are not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/storm.h"

#include <math.h>
#include <stdlib.h>

#define MINUTE 60000
#define MIB 1048576.0
#define T0 INT64_C(1474500000000) /* 22 September 2016 */
#define LONG 6000

/* A node's life, minute by minute. */
struct life {
	double need[LONG], block[LONG], behind[LONG], peers[LONG];
	size_t n;
	struct storm s;
	msec started_at;
	size_t first_on, times;
	unsigned seed;
};

/* What a minute brings. */
struct weather {
	double block_s, mib, peers, behind;
};
static const struct weather fair = {15, 0, 25, 0}, attack = {45, 30, 8, 40};

static struct life *life(void **state)
{
	struct life *l = *state;

	*l = (struct life){.seed = 7, .first_on = LONG};
	return l;
}

static int make(void **state)
{
	*state = calloc(1, sizeof(struct life));
	return *state ? 0 : -1;
}

static int drop(void **state)
{
	free(*state);
	return 0;
}

/* 0 … 1, the same on every machine */
static double chance(struct life *l)
{
	l->seed = l->seed * 1103515245u + 12345u;
	return (double)(l->seed >> 16 & 0x7fff) / 32767.0;
}

/* Blocks of a minute: each second has its chance. */
static double blocks_of(struct life *l, double block_s)
{
	double n = 0;

	if (block_s < 1)
		return 60 / block_s;
	for (int s = 0; s < 60; s++)
		n += chance(l) < 1 / block_s;
	return n;
}

static msec now_of(const struct life *l)
{
	return T0 + (msec)l->n * MINUTE;
}

static bool judge(struct life *l)
{
	size_t from = l->n > STORM_MINUTES ? l->n - STORM_MINUTES : 0;
	struct storm_past p = {
		l->n - from, l->need + from, l->block + from, l->behind + from, l->peers + from};
	bool before = l->s.on;

	if (storm_judge(&l->s, &p, now_of(l), l->started_at) && !before) {
		l->times++;
		if (l->first_on == LONG)
			l->first_on = l->n;
	}
	return l->s.on;
}

static void pass(struct life *l, struct weather w, int minutes)
{
	for (int m = 0; m < minutes; m++) {
		size_t i = l->n++;
		double wave = (chance(l) - 0.5) * 4; /* garbage that comes and goes: ±2 MiB */

		l->need[i] = (i && !isnan(l->need[i - 1]) ? l->need[i - 1] : 900 * MIB) +
			     (w.mib + wave) * MIB;
		if (w.mib <= 0)
			l->need[i] += (900 * MIB - l->need[i]) * 0.2; /* back to its level */
		l->block[i] = (i && !isnan(l->block[i - 1]) ? l->block[i - 1] : 2300000) +
			      blocks_of(l, w.block_s);
		l->behind[i] = w.behind;
		l->peers[i] = w.peers + floor(chance(l) * 3) - 1;
		judge(l);
	}
}

static void gap(struct life *l, int minutes)
{
	for (int m = 0; m < minutes; m++) {
		size_t i = l->n++;

		l->need[i] = l->block[i] = l->behind[i] = l->peers[i] = NAN;
	}
}

static void an_attack(void **state)
{
	struct life *l = life(state);
	const struct storm_sign *s = l->s.sign;

	pass(l, fair, 6 * 60);
	assert_int_equal(l->times, 0);
	pass(l, attack, 30);
	assert_true(l->s.on);
	assert_in_range(l->first_on, 6 * 60 + 5, 6 * 60 + 12);
	assert_in_range(l->s.since, T0 + 6 * 60 * MINUTE, T0 + (6 * 60 + 10) * MINUTE);
	assert_true(s[STORM_BLOCKS].usual > 12 && s[STORM_BLOCKS].usual < 18);
	assert_true(s[STORM_BLOCKS].now > 25);
	assert_true(s[STORM_MEMORY].now > 25 * MIB && s[STORM_MEMORY].usual < 2 * MIB);
	assert_true(s[STORM_PEERS].usual >= 24 && s[STORM_PEERS].now < 11);
	pass(l, fair, 25);
	assert_false(l->s.on);
	assert_int_equal(l->times, 1);
}

/* What is usual stays what was before it, however long it lasts; memory may stop growing. */
static void a_long_one(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 120);
	pass(l, attack, 20);
	pass(l, (struct weather){60, 0.001, 6, 900},
		20 * 60); /* too far behind to be at the head */
	assert_true(l->s.on);
	assert_true(l->s.sign[STORM_BLOCKS].usual < 18);
	pass(l, fair, 30);
	assert_false(l->s.on);
	assert_int_equal(l->times, 1);
}

static void too_little_is_known(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 50);
	pass(l, attack, 20);
	assert_int_equal(l->times, 0);
}

static void ordinary_weeks(void **state)
{
	for (unsigned seed = 1; seed <= 4; seed++) {
		struct life *l = life(state);

		l->seed = seed;
		pass(l, fair, LONG - 1);
		assert_int_equal(l->times, 0);
	}
}

/* Ever heavier blocks, ever more memory, peers that come and go: not at the head. */
static void a_sync(void **state)
{
	struct life *l = life(state);

	for (int i = 0; i < 20; i++)
		pass(l, (struct weather){0.02 + i * 0.05, 12, i % 2 ? 25 : 9, 2e6 - 1e5 * i}, 60);
	pass(l, fair, 120);
	assert_int_equal(l->times, 0);
	pass(l, attack, 15); /* and what comes after it is told */
	assert_int_equal(l->times, 1);
}

static void a_restart(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 5 * 60);
	for (int i = 0; i < 3; i++) {
		l->started_at = now_of(l);
		l->need[l->n - 1] = 100 * MIB;
		pass(l, (struct weather){120, 40, 3, 20}, 12); /* caches fill, peers come */
		pass(l, (struct weather){2, 10, 20, 10}, 10);
		pass(l, fair, 60);
	}
	assert_int_equal(l->times, 0);
}

/* The NAS slept, or this program was away. */
static void a_gap(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 4 * 60);
	gap(l, 90);
	pass(l, (struct weather){60, 25, 6, 30}, 10);
	pass(l, fair, 4 * 60);
	assert_int_equal(l->times, 0);
	pass(l, attack, 15);
	assert_int_equal(l->times, 1);
	gap(l, 20); /* nothing says that it goes on */
	pass(l, fair, 12);
	assert_false(l->s.on);
}

static void one_or_two_are_no_storm(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 3 * 60);
	pass(l, (struct weather){45, 0, 8, 20}, 60); /* a slow line */
	pass(l, fair, 60);
	pass(l, (struct weather){400, 0, 0, 40}, 20); /* none */
	pass(l, fair, 60);
	pass(l, (struct weather){15, 30, 25, 0}, 40); /* memory alone: that is the guard's */
	pass(l, fair, 60);
	pass(l, (struct weather){45, 30, 25, 5}, 30); /* heavy blocks, and everybody stays */
	pass(l, fair, 60);
	assert_int_equal(l->times, 0);
}

/* A private chain with two nodes: one that leaves is half of them. */
static void few_peers(void **state)
{
	struct life *l = life(state);

	pass(l, (struct weather){5, 0, 2, 0}, 4 * 60);
	pass(l, (struct weather){60, 30, 0, 40}, 30);
	assert_int_equal(l->times, 0);
}

static void a_restart_in_the_storm(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 4 * 60);
	pass(l, attack, 15);
	assert_true(l->s.on);
	l->started_at = now_of(l); /* the kernel ended it */
	gap(l, 2);
	pass(l, (struct weather){45, 30, 8, 60}, 45);
	assert_true(l->s.on);
	assert_int_equal(l->times, 1);
}

static void a_clock_that_is_set(void **state)
{
	struct life *l = life(state);

	pass(l, fair, 4 * 60);
	pass(l, attack, 15);
	assert_true(l->s.on);
	l->s.since += 3 * 3600 * INT64_C(1000); /* set back */
	l->started_at = now_of(l) + 2 * 3600 * INT64_C(1000);
	pass(l, fair, 30);
	assert_false(l->s.on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attack),
		cmocka_unit_test(a_long_one),
		cmocka_unit_test(too_little_is_known),
		cmocka_unit_test(ordinary_weeks),
		cmocka_unit_test(a_sync),
		cmocka_unit_test(a_restart),
		cmocka_unit_test(a_gap),
		cmocka_unit_test(one_or_two_are_no_storm),
		cmocka_unit_test(few_peers),
		cmocka_unit_test(a_restart_in_the_storm),
		cmocka_unit_test(a_clock_that_is_set),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
