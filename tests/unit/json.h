/*
 * json: JSON that a test writes down as text; owned by the caller. For cmocka tests.
 */
#ifndef TESTS_UNIT_JSON_H
#define TESTS_UNIT_JSON_H

#include <string.h>

#include "base/json.h"

static inline json_t *js(const char *text)
{
	json_t *j = NULL;
	struct err e;

	if (json_parse(text, strlen(text), &j, &e))
		fail_msg("%s: %s", text, e.message);
	return j;
}

#endif
