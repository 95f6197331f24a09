/*
 * expect: a call of ours must succeed, or fail with one stable code and a message. For cmocka tests
 * with struct err; the call names its error as `e`.
 */
#ifndef TESTS_UNIT_EXPECT_H
#define TESTS_UNIT_EXPECT_H

#include "base/err.h"

#define assert_code(call, what)                                                                    \
	do {                                                                                       \
		struct err e_ = {0};                                                               \
		struct err *e = &e_;                                                               \
		assert_int_equal((call), -1);                                                      \
		assert_string_equal(e_.code, what);                                                \
		assert_true(e_.message[0]);                                                        \
	} while (0)

#define assert_ok(call)                                                                            \
	do {                                                                                       \
		struct err e_ = {0};                                                               \
		struct err *e = &e_;                                                               \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", e_.code, e_.message);                                   \
	} while (0)

#endif
