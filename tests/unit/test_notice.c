/* domain/notice: once while it lasts, not for a blink, not too many, and not again after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/notice.h"

#include <stdlib.h>

#define MINUTE 60000
#define HOUR (60 * MINUTE)
#define T0 INT64_C(1000000000000)

/* A look at one finding that is there since `since` (0 = it is not there). */
static bool look(struct notices *n, const char *key, msec since, msec now)
{
	bool due;

	notices_begin(n);
	due = since && notices_due(n, key, since, now);
	notices_end(n, now);
	return due;
}

static void once_while_it_lasts(void **state)
{
	struct notices n = {0};

	(void)state;
	assert_false(look(&n, "a", T0, T0));
	assert_false(look(&n, "a", T0, T0 + NOTICE_AFTER_MS - 1));
	assert_true(look(&n, "a", T0, T0 + NOTICE_AFTER_MS));
	assert_false(look(&n, "a", T0, T0 + 30 * HOUR));
	/* away for a moment: the same again */
	assert_false(look(&n, "a", 0, T0 + 30 * HOUR + MINUTE));
	assert_false(look(&n, "a", T0 + 30 * HOUR + 2 * MINUTE, T0 + 30 * HOUR + 5 * MINUTE));
	/* away for an hour: new */
	assert_false(look(&n, "a", 0, T0 + 31 * HOUR));
	assert_false(look(&n, "a", 0, T0 + 32 * HOUR));
	assert_true(look(&n, "a", T0 + 33 * HOUR, T0 + 33 * HOUR + MINUTE));
	/* others do not mind */
	assert_true(look(&n, "b", T0, T0 + 34 * HOUR));
}

static void at_most_so_many_an_hour(void **state)
{
	struct notices n = {0};
	bool last = true;

	(void)state;
	for (int i = 0; i < NOTICE_HOUR; i++) {
		assert_true(notices_room(&n, T0 + i * MINUTE, &last));
		assert_int_equal(last, i == NOTICE_HOUR - 1);
	}
	assert_false(notices_room(&n, T0 + 59 * MINUTE, &last));
	assert_true(notices_room(&n, T0 + 60 * MINUTE, &last));
	assert_false(notices_room(&n, T0 + 60 * MINUTE, &last));
	/* a clock that was set back shuts nobody up */
	assert_true(notices_room(&n, T0 - 9 * HOUR, &last));
}

static void a_restart_tells_nothing_twice(void **state)
{
	struct notices n = {0}, after = {0};
	autojson json_t *kept = NULL;

	(void)state;
	assert_true(look(&n, "a", T0, T0 + MINUTE));
	kept = notices_json(&n);
	notices_load(&after, kept);
	/* the first look of a program that just started sees nothing yet */
	assert_false(look(&after, "a", 0, T0 + 2 * MINUTE));
	assert_false(look(&after, "a", T0 + 2 * MINUTE, T0 + 9 * MINUTE));
	notices_load(&(struct notices){0}, NULL);
}

static void too_many_kinds(void **state)
{
	struct notices n = {0};
	char key[300];

	(void)state;
	notices_begin(&n);
	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "%0200d", i);
		notices_due(&n, key, T0, T0 + MINUTE);
		snprintf(key, sizeof(key), "%d", i);
		assert_true(notices_due(&n, key, T0, T0 + MINUTE));
	}
	notices_end(&n, T0 + MINUTE);
	assert_int_equal(n.n, COUNT(n.known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_while_it_lasts),
		cmocka_unit_test(at_most_so_many_an_hour),
		cmocka_unit_test(a_restart_tells_nothing_twice),
		cmocka_unit_test(too_many_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
