/* services/settings: how long readings are kept, and what there can be of it already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/store_stage.h"
#include "services/settings.h"

#define DAY 86400
#define T0 INT64_C(1700000000000)

static uint32_t keep(int which, msec now)
{
	uint32_t seconds[HISTORY_KEEPS];

	settings_history_keep(s, now, seconds);
	return seconds[which];
}

static void days(int64_t a, int64_t b, int64_t c, int64_t d)
{
	int64_t is[HISTORY_KEEPS];

	settings_history_days(s, is);
	assert_int_equal(is[0], a);
	assert_int_equal(is[1], b);
	assert_int_equal(is[2], c);
	assert_int_equal(is[3], d);
}

static void at_first_as_usual(void **state)
{
	(void)state;
	days(1, 14, 180, 3653);
	assert_int_equal(keep(0, T0), DAY);
	assert_int_equal(keep(3, T0), 3653 * DAY);
}

static void more_days_come_one_by_one(void **state)
{
	(void)state;
	OK(settings_set_history_days(s, 0, 3, T0, &e));
	days(3, 14, 180, 3653);
	assert_int_equal(keep(0, T0), DAY);
	assert_int_equal(keep(0, T0 + 3600 * 1000), DAY + 3600);
	assert_int_equal(keep(0, T0 - 3600 * 1000), DAY); /* the clock was set back */
	assert_int_equal(keep(0, T0 + 30 * (msec)DAY * 1000), 3 * DAY);
	/* again, before it had grown */
	OK(settings_set_history_days(s, 0, 10, T0 + (msec)DAY * 1000, &e));
	assert_int_equal(keep(0, T0 + (msec)DAY * 1000), 2 * DAY);
	reopen();
	assert_int_equal(keep(0, T0 + 2 * (msec)DAY * 1000), 3 * DAY);
}

static void fewer_days_count_at_once(void **state)
{
	(void)state;
	OK(settings_set_history_days(s, 3, 365, T0, &e));
	days(1, 14, 180, 365);
	assert_int_equal(keep(3, T0), 365 * DAY);
	/* and what is gone is not there when it is taken back */
	OK(settings_set_history_days(s, 3, 3653, T0 + 1000, &e));
	assert_int_equal(keep(3, T0 + 1000), 365 * DAY);
}

static void the_most_is_a_number_of_seconds(void **state)
{
	(void)state;
	for (int i = 0; i < HISTORY_KEEPS; i++) {
		OK(settings_set_history_days(s, i, settings_history[i].most, 0, &e));
		assert_int_equal(keep(i, INT64_C(4200000000000)), settings_history[i].most * DAY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_first_as_usual, open_store, drop_folder),
		cmocka_unit_test_setup_teardown(more_days_come_one_by_one, open_store, drop_folder),
		cmocka_unit_test_setup_teardown(fewer_days_count_at_once, open_store, drop_folder),
		cmocka_unit_test_setup_teardown(
			the_most_is_a_number_of_seconds, open_store, drop_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
