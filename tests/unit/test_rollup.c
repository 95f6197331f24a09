/* base/rollup: buckets, the packed form, plans and pouring. */
#include "base/rollup.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"

static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % below);
}

static void table_of_tiers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROLLUP_TIERS; i++) {
		const struct rollup_tier *r = &rollup_tiers[i];
		assert_true(r->points <= ROLLUP_POINTS_MAX);
		assert_true((uint64_t)r->step * r->points < UINT32_MAX);
		if (i == 0)
			continue;
		assert_int_equal(r->step % r[-1].step, 0);
		assert_true(r->step > r[-1].step);
		assert_true(r->keep >= r[-1].keep);
	}
	assert_int_equal(rollup_tiers[0].step, 1);
	assert_int_equal(rollup_tiers[0].keep, 86400);
	assert_int_equal(rollup_tiers[1].keep, 14 * 86400);
	assert_int_equal(rollup_tiers[2].keep, 180 * 86400);
	assert_true(rollup_tiers[ROLLUP_TIERS - 1].keep >= 10u * 365 * 86400);
}

static void buckets_add_and_merge(void **state)
{
	(void)state;
	struct rollup_bucket gap = {0};
	struct rollup_bucket a = {0};
	struct rollup_bucket b = {0};

	rollup_add(&a, 5);
	rollup_add(&a, -3);
	rollup_add(&b, 7);
	rollup_merge(&b, &gap);
	assert_int_equal(b.count, 1);
	rollup_merge(&gap, &a);
	assert_int_equal(gap.count, 2);
	assert_true(gap.min == -3 && gap.max == 5 && gap.sum == 2);
	rollup_merge(&a, &b);
	assert_int_equal(a.count, 3);
	assert_true(a.min == -3 && a.max == 7 && a.sum == 9);
	/* A first negative sample must not be measured against the zero of an empty bucket. */
	struct rollup_bucket c = {0};
	rollup_add(&c, -1);
	assert_true(c.max == -1);
	/* Nothing of a gap counts, whatever it holds. */
	struct rollup_bucket junk = {NAN, NAN, 0, NAN};
	rollup_add(&junk, 2);
	assert_true(junk.min == 2 && junk.max == 2 && junk.sum == 2 && junk.count == 1);
}

/* A chunk that is read back, with gaps in it, goes on like one that never was written. */
static void gaps_can_be_filled_after_reading(void **state)
{
	(void)state;
	autofree struct rollup_bucket *b = xcalloc(ROLLUP_POINTS_MAX, sizeof(*b));

	for (unsigned tier = 0; tier < ROLLUP_TIERS; tier++) {
		autobuf struct buf bytes = {0};
		memset(b, 0, ROLLUP_POINTS_MAX * sizeof(*b));
		rollup_add(&b[7], 3);
		rollup_pack(tier, b, &bytes);
		assert_int_equal(rollup_unpack(tier, bytes.data, bytes.len, b), 0);
		for (size_t i = 0; i < rollup_tiers[tier].points; i++) {
			rollup_add(&b[i], 5);
			assert_true(b[i].sum == (i == 7 ? 8 : 5));
		}
	}
}

enum shape { STEADY, WHOLE, PAGES, NOISE, WILD, EMPTY, SHAPES };

static float shaped(enum shape shape)
{
	static const float wild[] = {0, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-44f, -1, 1};

	switch (shape) {
	case WHOLE:
		return (float)rnd(50);
	case PAGES:
		return (float)(4096 * (200000 + (double)rnd(900)));
	case NOISE:
		return (float)(rnd(1u << 30) * 1e-3);
	case WILD:
		return wild[rnd(COUNT(wild))];
	default:
		return 1073741824;
	}
}

static void fill(struct rollup_bucket *b, unsigned tier, enum shape shape, uint32_t gaps)
{
	for (size_t i = 0; i < rollup_tiers[tier].points; i++) {
		b[i] = (struct rollup_bucket){0};
		if (shape == EMPTY || (gaps && (i / 50) % gaps == 0))
			continue;
		uint32_t n = tier == 0 ? 1 : 1 + rnd(rollup_tiers[tier].step);
		for (uint32_t k = 0; k < n && k < 20; k++)
			rollup_add(&b[i], shaped(shape));
	}
}

static void assert_same(const struct rollup_bucket *a, const struct rollup_bucket *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(a[i].count, b[i].count);
		if (a[i].count == 0)
			continue;
		assert_memory_equal(&a[i].min, &b[i].min, sizeof(float));
		assert_memory_equal(&a[i].max, &b[i].max, sizeof(float));
		double mean = a[i].sum / a[i].count;
		double slack = fabs(mean) * 6e-8 + FLT_MIN;
		assert_true(fabs(b[i].sum / b[i].count - mean) <= slack);
	}
}

static size_t packed_size(unsigned tier, const struct rollup_bucket *in)
{
	autofree struct rollup_bucket *out = xcalloc(ROLLUP_POINTS_MAX, sizeof(*out));
	autobuf struct buf bytes = {0};

	memset(out, 0xff, ROLLUP_POINTS_MAX * sizeof(*out));
	rollup_pack(tier, in, &bytes);
	/* A copy of exactly that size, so that the sanitizer sees every byte read beyond it. */
	autofree char *exact = xcalloc(1, bytes.len);
	memcpy(exact, bytes.data, bytes.len);
	assert_int_equal(rollup_unpack(tier, exact, bytes.len, out), 0);
	assert_same(in, out, rollup_tiers[tier].points);
	return bytes.len;
}

static void packed_is_lossless_and_small(void **state)
{
	(void)state;
	autofree struct rollup_bucket *b = xcalloc(ROLLUP_POINTS_MAX, sizeof(*b));

	random_state = 1;
	for (unsigned tier = 0; tier < ROLLUP_TIERS; tier++) {
		size_t points = rollup_tiers[tier].points;
		size_t planes = tier == 0 ? 1 : 4;
		for (enum shape shape = STEADY; shape < SHAPES; shape++)
			for (uint32_t gaps = 0; gaps < 4; gaps++) {
				fill(b, tier, shape, gaps);
				size_t len = packed_size(tier, b);
				assert_true(len <= 3 + planes * (1 + 4 * points));
				if (shape == EMPTY)
					assert_int_equal(len, 3 + planes);
			}
	}
	fill(b, 0, STEADY, 0);
	assert_true(packed_size(0, b) < 16);
	fill(b, 0, WHOLE, 0);
	assert_true(packed_size(0, b) < 2 * 7200);
	fill(b, 0, PAGES, 0);
	assert_true(packed_size(0, b) < 3 * 7200);
}

static void unpack_refuses_nonsense(void **state)
{
	(void)state;
	autofree struct rollup_bucket *b = xcalloc(ROLLUP_POINTS_MAX, sizeof(*b));
	autobuf struct buf bytes = {0};
	static const unsigned char bad[][12] = {
		{2, 0, 0, 1},				  /* format */
		{1, 0xff, 0xff, 1},			  /* more points than a chunk has */
		{1, 1, 0, 34, 2},			  /* shift of 33 */
		{1, 1, 0, 0, 1, 2, 3},			  /* a raw plane cut off */
		{1, 2, 0, 1, 0, 9},			  /* a run past the end */
		{1, 1, 0, 1, 0x80},			  /* a varint cut off */
		{1, 1, 0, 1, 255, 255, 255, 255, 255, 1}, /* a varint that never ends */
		{1, 1, 0, 1, 255, 255, 255, 255, 0x7f},	  /* and one above 32 bits */
		{1, 1, 0, 1, 2, 77},			  /* something after the end */
	};
	static const size_t lens[] = {4, 4, 5, 7, 6, 5, 10, 9, 6};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(rollup_unpack(0, bad[i], lens[i], b), -1);
	for (size_t len = 0; len < 3; len++)
		assert_int_equal(rollup_unpack(0, "\1\0", len, b), -1);

	/* Every cut of a good one is refused; every flipped byte is survived. */
	random_state = 2;
	fill(b, 2, PAGES, 3);
	for (size_t i = 200; i < 4320; i++)
		b[i].count = 0;
	rollup_pack(2, b, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		autofree char *cut = xcalloc(1, len + 1);
		memcpy(cut, bytes.data, len);
		assert_int_equal(rollup_unpack(2, cut, len, b), -1);
	}
	for (size_t i = 0; i < 3000; i++) {
		autofree char *flipped = xcalloc(1, bytes.len);
		memcpy(flipped, bytes.data, bytes.len);
		flipped[rnd((uint32_t)bytes.len)] ^= (char)(1 + rnd(255));
		rollup_unpack(2, flipped, bytes.len, b);
	}
}

static uint32_t keep[ROLLUP_TIERS];

static int keep_as_usual(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROLLUP_TIERS; i++)
		keep[i] = rollup_tiers[i].keep;
	return 0;
}

static void plan_picks_the_tier(void **state)
{
	(void)state;
	const uint32_t now = 1800000000;
	static const struct {
		uint32_t back, length, points, step;
	} cases[] = {
		{3600, 3600, 1000, 1}, {86400, 600, 1000, 1}, /* the edge of what is kept */
		{86401, 600, 1000, 10},			      /* just beyond it */
		{86400, 86400, 1000, 60}, {6 * 3600, 6 * 3600, 1000, 10},
		{7 * 86400, 7 * 86400, 1000, 600}, {14 * 86400, 3600, 1000, 10},
		{14 * 86400 + 1, 3600, 1000, 60}, {30 * 86400, 30 * 86400, 1000, 600},
		{180 * 86400 + 1, 3600, 1000, 600}, {365 * 86400, 365 * 86400, 1000, 7200},
		{3650u * 86400, 3650u * 86400, 1000, 7200},
		{1799999999, 60, 1000, 7200}, /* older than anything */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t from = now - cases[i].back;
		struct rollup_grid g =
			rollup_plan(keep, from, from + cases[i].length, now, cases[i].points);
		assert_int_equal(rollup_tiers[g.tier].step, cases[i].step);
	}
	/* A clock that was set back: what is "kept" lies in the future, and is there. */
	assert_int_equal(rollup_plan(keep, now, now + 60, 1000, 100).tier, 0);
	/* Kept longer than usual: the finer one is there. */
	keep[0] = 10 * 86400;
	assert_int_equal(
		rollup_plan(keep, now - 9 * 86400, now - 9 * 86400 + 60, now, 100).tier, 0);
}

static void plan_covers_the_range(void **state)
{
	(void)state;
	random_state = 3;
	for (int i = 0; i < 200000; i++) {
		uint32_t length = 1 + rnd(1u << (1 + rnd(31)));
		uint32_t from = rnd(2) ? rnd(2000000000) : rnd(5000);
		if (from > ROLLUP_TIME_MAX - length)
			from = 0;
		uint32_t max = 2 + rnd(2000);
		struct rollup_grid g = rollup_plan(keep, from, from + length, 1800000000, max);
		assert_true(g.n >= 1 && g.n <= max);
		assert_int_equal(g.start % g.step, 0);
		assert_int_equal(g.step % rollup_tiers[g.tier].step, 0);
		assert_true(g.start <= from && from - g.start < g.step);
		uint64_t end = (uint64_t)g.start + (uint64_t)g.step * g.n;
		assert_true(end >= from + length && end - g.step < from + length);
	}
}

static void pour_equals_merging_one_by_one(void **state)
{
	(void)state;
	autofree struct rollup_bucket *b = xcalloc(ROLLUP_POINTS_MAX, sizeof(*b));

	random_state = 4;
	for (int i = 0; i < 300; i++) {
		unsigned tier = rnd(ROLLUP_TIERS);
		const struct rollup_tier *r = &rollup_tiers[tier];
		uint32_t span = r->step * r->points;
		uint32_t start = span * (1 + rnd(3));
		uint32_t step = r->step * (1 + rnd(rnd(2) ? 5 : 9000));
		struct rollup_grid g = {.tier = tier, .step = step, .n = 1 + rnd(50)};
		uint32_t lowest = start > g.n * step ? start - g.n * step : 0;
		g.start = lowest + rnd(start + span - lowest + step);
		g.start -= g.start % step;
		fill(b, tier, NOISE, rnd(4));
		struct rollup_bucket got[50] = {0};
		struct rollup_bucket want[50] = {0};
		rollup_pour(&g, got, start, b);
		for (uint32_t k = 0; k < r->points; k++) {
			uint32_t t = start + k * r->step;
			if (t >= g.start && (t - g.start) / step < g.n)
				rollup_merge(&want[(t - g.start) / step], &b[k]);
		}
		assert_same(want, got, g.n);
	}
	struct rollup_grid g = {.tier = 0, .start = 100, .step = 10, .n = 2};
	struct rollup_bucket cells[2] = {0};
	rollup_drop(&g, cells, 99, 1);
	rollup_drop(&g, cells, 120, 1);
	assert_int_equal(cells[0].count + cells[1].count, 0);
	rollup_drop(&g, cells, 100, 1);
	rollup_drop(&g, cells, 119, 2);
	assert_true(cells[0].max == 1 && cells[1].max == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_tiers),
		cmocka_unit_test(buckets_add_and_merge),
		cmocka_unit_test(gaps_can_be_filled_after_reading),
		cmocka_unit_test(packed_is_lossless_and_small),
		cmocka_unit_test(unpack_refuses_nonsense),
		cmocka_unit_test_setup(plan_picks_the_tier, keep_as_usual),
		cmocka_unit_test_setup(plan_covers_the_range, keep_as_usual),
		cmocka_unit_test(pour_equals_merging_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
