/*
 * fetch_stage: what the tests of io/fetch share: answers, and what a failed call must be like.
 */
#ifndef TESTS_UNIT_FETCH_STAGE_H
#define TESTS_UNIT_FETCH_STAGE_H

#include "io/fetch.h"
#include "unit/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OK(body, len)                                                                              \
	"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: " len "\r\n\r\n" body
#define ROUTES(...) ((const struct fake_route[]){__VA_ARGS__})
#define ONE(...) ROUTES({__VA_ARGS__}), 1

static struct err why;

static inline void assert_fails(const struct fetch *f, const char *code)
{
	autoanswer struct fetch_answer a = {0};

	why = (struct err){0};
	assert_int_equal(fetch_run(f, &a, &why), -1);
	assert_string_equal(why.code, code);
	assert_int_not_equal(why.kind, ERR_NONE);
	assert_true(strlen(why.message) > 10);
}

#endif
