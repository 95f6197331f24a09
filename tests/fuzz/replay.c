/*
 * replay: runs a fuzz target over its seeds without libFuzzer: each as it is, cut off after a
 * length, and with one byte changed. The places are the same at every run.
 */
#include "fuzz/fuzz.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/mem.h"

#ifndef REPLAY_INPUTS
#define REPLAY_INPUTS 1500 /* of one target, over all seeds */
#endif

static uint8_t *read_seed(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = xcalloc(1, 1 << 20);

	assert_non_null(f);
	*ret_n = fread(data, 1, 1 << 20, f);
	fclose(f);
	return data;
}

/* A copy of exactly that size, so that a byte too far is noticed. */
static void run_one(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static void run_seed(uint8_t *data, size_t n, size_t inputs)
{
	static const uint8_t others[] = {0, '"', '{', '[', '-', '9', '\\', 0xff, '\n', '}'};

	run_one(data, n);
	for (size_t i = 0; i < inputs && n; i++) {
		size_t at = (i * 2654435761u) % n;
		uint8_t was = data[at];

		if (i % 3 == 0) {
			run_one(data, at);
			continue;
		}
		data[at] = others[i % sizeof(others)];
		run_one(data, n);
		data[at] = was;
	}
}

static void survives(void **state)
{
	glob_t seeds;

	(void)state;
	assert_int_equal(glob(SEEDS "/*", 0, NULL, &seeds), 0);
	for (size_t i = 0; i < seeds.gl_pathc; i++) {
		size_t n;
		uint8_t *data = read_seed(seeds.gl_pathv[i], &n);

		run_seed(data, n, REPLAY_INPUTS / seeds.gl_pathc);
		free(data);
	}
	globfree(&seeds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(survives)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
