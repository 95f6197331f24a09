/* How long the rest will take, from paces that were given. */
#include "domain/eta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define STEP 2000

struct run {
	struct eta e;
	msec at;
	int64_t value;
};

static void go(struct run *r, int64_t per_s, int seconds)
{
	for (int i = 0; i <= seconds; i += STEP / 1000) {
		eta_add(&r->e, r->at, r->value);
		if (i == seconds)
			break;
		r->at += STEP;
		r->value += per_s * STEP / 1000;
	}
}

static int64_t low, high;

static bool range(const struct run *r, struct eta_way w)
{
	low = high = -7;
	return eta_range(&r->e, &w, &low, &high);
}

static void test_nothing_to_say(void **state)
{
	struct run r = {0};

	(void)state;
	assert_false(range(&r, (struct eta_way){.left = 100}));
	go(&r, 10, 8); /* no whole pace yet */
	assert_false(range(&r, (struct eta_way){.left = 100}));
	go(&r, 10, 2);
	assert_true(range(&r, (struct eta_way){.left = 100}));
	assert_false(range(&r, (struct eta_way){.left = 0}));
	assert_false(range(&r, (struct eta_way){.left = -5}));
	assert_false(range(&r, (struct eta_way){.left = 100, .drain = 10}));
	assert_false(range(&r, (struct eta_way){.left = INT64_MAX}));
	assert_int_equal(low, -7);
	assert_int_equal(high, -7);
	eta_forget(&r.e);
	assert_false(range(&r, (struct eta_way){.left = 100}));
	r = (struct run){0};
	go(&r, 0, 60); /* stands still */
	assert_false(range(&r, (struct eta_way){.left = 100}));
}

static void test_narrows(void **state)
{
	struct run r = {0};
	double before = 1e9;

	(void)state;
	for (int i = 0; i < 6; i++) {
		go(&r, 10, 10);
		assert_true(range(&r, (struct eta_way){.left = 6000}));
		assert_true(low < 600 && high > 600);
		assert_true((double)(high - low) < before);
		before = (double)(high - low);
	}
	assert_true(before < 600 * 0.8);
}

static void test_what_is_left(void **state)
{
	struct run r = {0};
	int64_t plain_low, plain_high;

	(void)state;
	go(&r, 10, 200);
	assert_true(range(&r, (struct eta_way){.left = 1000}));
	plain_low = low;
	plain_high = high;
	assert_true(range(&r, (struct eta_way){.left = 1000, .more = 20}));
	assert_int_equal(low, plain_low);
	assert_int_equal(high, plain_high + 20);
	assert_true(range(&r, (struct eta_way){.left = 1000, .near = 600}));
	assert_in_range(low, plain_low * 4 / 10 - 1, plain_low * 4 / 10 + 1);
	assert_int_equal(high, plain_high);
	assert_true(range(&r, (struct eta_way){.left = 1000, .near = 2000}));
	assert_int_equal(low, 0);
	assert_true(range(&r, (struct eta_way){.left = 1000, .drain = 5})); /* 200 s */
	assert_true(low < 200 && high > 200);
}

static void test_rest_is_no_pace(void **state)
{
	struct run r = {0};
	int64_t before;

	(void)state;
	go(&r, 10, 60);
	range(&r, (struct eta_way){.left = 1000});
	before = high;
	for (int i = 0; i < 30; i++, r.at += STEP)
		eta_rest(&r.e);
	range(&r, (struct eta_way){.left = 1000});
	assert_int_equal(high, before);
	go(&r, 10, 10);
	range(&r, (struct eta_way){.left = 1000});
	assert_true(high <= before);
	go(&r, 0, 60); /* a stand is one */
	range(&r, (struct eta_way){.left = 1000});
	assert_true(high > before * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_to_say),
		cmocka_unit_test(test_narrows),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_rest_is_no_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
