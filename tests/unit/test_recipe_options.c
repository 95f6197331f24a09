/* Recipes: which options and variables a version takes, which of them need a new chain, and the
 * cache for a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/json.h"
#include "unit/recipes/each.h"

#include <string.h>

static void test_options(void **state)
{
	static const struct {
		const char *image, *options, *code; /* code NULL: accepted */
	} cases[] = {
		{"parity/parity:v1.6.8", "{}", NULL},
		{"parity/parity:v1.6.8", "{\"pruning\":\"archive\",\"cache\":256,\"warp\":false}",
			NULL},
		{"parity/parity:v1.6.8", "{\"cache\":\"auto\"}", NULL},
		{"parity/parity:v1.6.8", "{\"cache\":16}", NULL},
		{"parity/parity:v1.6.8", "{\"cache\":null}", NULL},
		{"parity/parity:v1.6.8", "{\"cache\":15}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"cache\":16385}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"cache\":\"256\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"cache\":1.5}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"min_peers\":\"auto\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"pruning\":\"light\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"pruning\":7}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"warp\":\"yes\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"purning\":\"fast\"}", "input.option_unknown"},
		{"ethcore/parity:v1.3.5", "{\"warp\":true}", "input.option_unknown"},
		{"ethcore/parity:v1.4.5", "{\"warp\":true}", NULL},
		{"ethcore/parity:v1.4.5", "{\"ancient_blocks\":false}", "input.option_unknown"},
		{"ethcore/parity:v1.4.5", "{\"chain\":\"dev\"}", "input.option_value"},
		{"ethcore/parity:v1.5.0", "{\"chain\":\"dev\"}", NULL},
		{"ethcore/parity:v1.5.0", "{\"chain\":\"ropsten\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"nat\":\"extip:10.0.0.1\"}", NULL},
		{"parity/parity:v1.6.8", "{\"nat\":\"extip:\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"identity\":\"my node\"}", NULL},
		{"parity/parity:v1.6.8", "{\"identity\":\"\"}", NULL},
		{"parity/parity:v2.1.11", "{\"identity\":\"my node\"}", "input.option_value"},
		{"parity/parity:v2.3.0", "{\"identity\":\"my-node\"}", NULL},
		{"parity/parity:v1.6.8", "{\"identity\":\"$(reboot)\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"identity\":\"abcdefghijklmnopqrstuvwxyz1234567\"}",
			"input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"--tracing\",\"on\"]}", NULL},
		{"parity/parity:v1.6.8", "{\"extra_args\":[]}", NULL},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"--author\",\"a b\"]}", NULL},
		{"parity/parity:v2.2.7", "{\"extra_args\":[\"--author\",\"a b\"]}",
			"input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":\"--tracing on\"}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[5]}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"\"]}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"a\\nb\"]}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"--base-path\",\"/x\"]}",
			"input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"--base-path=/x\"]}",
			"input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"-d/x\"]}", "input.option_value"},
		{"parity/parity:v1.6.8", "{\"extra_args\":[\"--db-compaction\",\"hdd\"]}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *o = js(cases[i].options);
		struct err e = {0};
		int bad = recipe_check_options(parity, gen(cases[i].image), o, &e);

		if (!bad != !cases[i].code || (bad && strcmp(e.code, cases[i].code) != 0))
			fail_msg("%s %s: %s %s", cases[i].image, cases[i].options, e.code,
				e.message);
	}
	assert_int_equal(recipe_check_options(parity, NULL, NULL, NULL), 0);
}

/* jansson itself refuses NUL in texts that it parses; a value from elsewhere may hold one. */
static void test_nul_in_options(void **state)
{
	autojson json_t *text = json_pack("{s:s#}", "identity", "a\0b", 3);
	autojson json_t *args = json_pack("{s:[s#]}", "extra_args", "-x\0y", 4);
	struct err e = {0};

	(void)state;
	assert_int_equal(recipe_check_options(parity, NULL, text, &e), -1);
	assert_string_equal(e.code, "input.option_value");
	assert_int_equal(recipe_check_options(parity, NULL, args, &e), -1);
	assert_string_equal(e.code, "input.option_value");
}

static void test_option_messages(void **state)
{
	autojson json_t *warp = js("{\"warp\":true}"), *cache = js("{\"cache\":7}");
	struct err e = {0};

	(void)state;
	recipe_check_options(parity, gen("ethcore/parity:v1.3.5"), warp, &e);
	assert_string_equal(e.message, "Parity 1.3 has no option \"warp\" (Snapshot sync).");
	recipe_check_options(parity, gen("ethcore/parity:v1.3.5"), cache, &e);
	assert_string_equal(e.message,
		"The option \"cache\" (Cache) cannot have this value: a whole "
		"number from 16 to 16384 is expected, or \"auto\".");
	assert_int_equal(recipe_check_options(relay, NULL, NULL, &e), -1);
	assert_string_equal(e.code, "input.option_value");
	assert_string_equal(
		e.message, "The option \"instance_name\" (Name on the page) must be set.");
}

static void test_relay_options(void **state)
{
	static const struct {
		const char *options;
		bool ok;
	} cases[] = {
		{"{\"instance_name\":\"nas-paris\"}", true},
		{"{\"instance_name\":\"Zürich NAS\"}", true},
		{"{\"instance_name\":\"\"}", false},
		{"{\"instance_name\":\"a\\\"b\"}", false},
		{"{\"instance_name\":\"x\",\"server\":\"ws://127.0.0.1:3000\"}", true},
		{"{\"instance_name\":\"x\",\"server\":\"https://ethstats.net\"}", false},
		{"{\"instance_name\":\"x\",\"verbosity\":4}", false},
		{"{\"instance_name\":\"x\",\"contact\":\"\"}", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *o = js(cases[i].options);

		if (cases[i].ok != !recipe_check_options(relay, &relay->generations[0], o, NULL))
			fail_msg("%s", cases[i].options);
	}
}

static void test_resync(void **state)
{
	static const struct {
		const char *before, *after;
		bool resync;
	} cases[] = {
		{"{}", "{}", false},
		{"{}", "{\"pruning\":\"auto\"}", false},
		{"{}", "{\"pruning\":\"archive\"}", true},
		{"{\"pruning\":\"archive\"}", "{\"pruning\":\"archive\",\"cache\":512}", false},
		{"{\"chain\":\"dev\"}", "{\"chain\":\"mainnet\"}", true},
		{"{\"chain\":\"mainnet\"}", "{}", false},
		{"{\"warp\":true}", "{\"warp\":false}", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *a = js(cases[i].before), *b = js(cases[i].after);

		if (recipe_options_resync(parity, a, b) != cases[i].resync)
			fail_msg("%s -> %s", cases[i].before, cases[i].after);
	}
}

static void test_env(void **state)
{
	static const struct {
		const char *env;
		bool ok;
	} cases[] = {
		{"{}", true},
		{"{\"TZ\":\"Europe/Paris\"}", true},
		{"{\"FULL_X\":\"\"}", true},
		{"{\"PATH\":\"/x\"}", false},
		{"{\"LD_PRELOAD\":\"/x\"}", false},
		{"{\"tz\":\"x\"}", false},
		{"{\"TZ\":5}", false},
		{"{\"TZ\":\"a\\nb\"}", false},
		{"{\"FULL_A=B\":\"x\"}", false},
	};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *env = js(cases[i].env);

		if (cases[i].ok != !recipe_check_env(full, env, &e))
			fail_msg("%s", cases[i].env);
	}
	assert_string_equal(e.code, "input.env");
	assert_int_equal(recipe_check_env(full, NULL, NULL), 0);
}

static void test_cache(void **state)
{
	const int64_t mib = 1024 * 1024;

	(void)state;
	assert_int_equal(recipe_cache_mb(parity, 1024 * mib), 170);
	assert_int_equal(recipe_cache_mb(parity, 2048 * mib), 512);
	assert_int_equal(recipe_cache_mb(parity, 256 * mib), 64);
	assert_int_equal(recipe_cache_mb(parity, 704 * mib), 64);
	assert_int_equal(recipe_cache_mb(parity, 707 * mib), 65);
	assert_int_equal(recipe_cache_mb(parity, 64 * 1024 * mib), 2048);
	assert_int_equal(recipe_cache_mb(parity, 0), 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_nul_in_options),
		cmocka_unit_test(test_option_messages),
		cmocka_unit_test(test_relay_options),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
