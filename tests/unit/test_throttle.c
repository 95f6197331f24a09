#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/throttle.h"

#include <stdio.h>

static void test_five_then_wait(void **state)
{
	struct throttle t = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(throttle_try(&t, "192.168.1.2", 1000), 0);
	assert_int_equal(throttle_wrong(&t, "192.168.1.2"), 5);
	assert_int_equal(throttle_try(&t, "192.168.1.2", 1000), 60000);
	assert_int_equal(throttle_try(&t, "192.168.1.2", 60999), 1);
	assert_int_equal(throttle_wait(&t, "192.168.1.2", 60999), 1);
	/* a refused try counts for nothing, and others are not concerned */
	assert_int_equal(throttle_wrong(&t, "192.168.1.2"), 5);
	assert_int_equal(throttle_try(&t, "192.168.1.3", 1000), 0);
}

static void test_waits_double_up_to_15_minutes(void **state)
{
	static const msec expected[] = {60000, 120000, 240000, 480000, 900000, 900000, 900000};
	struct throttle t = {0};
	msec now = 5;

	(void)state;
	for (int i = 0; i < 4; i++)
		throttle_try(&t, "10.0.0.1", now);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		assert_int_equal(throttle_try(&t, "10.0.0.1", now), 0);
		assert_int_equal(throttle_try(&t, "10.0.0.1", now), expected[i]);
		now += expected[i];
	}
}

static void test_right_clears(void **state)
{
	struct throttle t = {0};

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 5; i++)
			assert_int_equal(throttle_try(&t, "10.0.0.1", 0), 0);
		throttle_right(&t, "10.0.0.1"); /* the fifth was right */
		assert_int_equal(throttle_wrong(&t, "10.0.0.1"), 0);
	}
}

static void test_void_takes_back(void **state)
{
	struct throttle t = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(throttle_try(&t, "10.0.0.1", 0), 0);
		throttle_void(&t, "10.0.0.1");
	}
	assert_int_equal(throttle_wrong(&t, "10.0.0.1"), 0);
}

static void test_many_addresses_lock_everybody(void **state)
{
	struct throttle t = {0};
	char address[46];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(address, sizeof(address), "10.0.1.%d", i);
		assert_int_equal(throttle_try(&t, address, 0), 0);
	}
	assert_int_equal(throttle_try(&t, "10.9.9.9", 0), 60000);
	assert_int_equal(throttle_try(&t, "10.9.9.9", 60000), 0);
}

static void test_ipv6_counts_by_network(void **state)
{
	struct throttle t = {0};
	char address[46];

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(address, sizeof(address), "2001:db8:1:2::%d", i + 1);
		assert_int_equal(throttle_try(&t, address, 0), 0);
	}
	assert_int_equal(throttle_try(&t, "2001:db8:1:2:ffff::1", 0), 60000);
	assert_int_equal(throttle_try(&t, "2001:db8:1:3::1", 0), 0);
}

static void test_the_oldest_gives_way(void **state)
{
	struct throttle t = {0};
	char address[46];

	(void)state;
	for (int i = 0; i < 5; i++)
		throttle_try(&t, "10.0.0.1", 0);
	for (int i = 0; i < 64; i++) {
		snprintf(address, sizeof(address), "10.1.0.%d", i);
		t.all.wrong = 0; /* this test is about the table only */
		assert_int_equal(throttle_try(&t, address, 100 + i), 0);
	}
	assert_int_equal(throttle_wrong(&t, "10.0.0.1"), 0);
	assert_int_equal(throttle_wrong(&t, "10.1.0.0"), 1);
	assert_int_equal(throttle_wrong(&t, "10.1.0.63"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_five_then_wait),
		cmocka_unit_test(test_waits_double_up_to_15_minutes),
		cmocka_unit_test(test_right_clears),
		cmocka_unit_test(test_void_takes_back),
		cmocka_unit_test(test_many_addresses_lock_everybody),
		cmocka_unit_test(test_ipv6_counts_by_network),
		cmocka_unit_test(test_the_oldest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
