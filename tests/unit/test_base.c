/* base/: the error value, the string builder, strict JSON; and domain/words, which only formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "domain/words.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- err ---- */

static void err_set_fills_and_returns_minus_one(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, ERR_INPUT, "input.name", "%s has %d", "x", 3), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.code, "input.name");
	assert_string_equal(e.message, "x has 3");
	assert_int_equal(err_set(NULL, ERR_INPUT, "a.b", "nobody listens"), -1);
}

static void err_cuts_what_is_too_long(void **state)
{
	char code[100], text[1000];
	struct err e;

	(void)state;
	memset(code, 'c', sizeof(code));
	memset(text, 't', sizeof(text));
	code[99] = text[999] = '\0';
	err_set(&e, ERR_LIMIT, code, "%s", text);
	assert_int_equal(strlen(e.code), sizeof(e.code) - 1);
	assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
	errno = ENOENT;
	assert_int_equal(err_errno(&e, "a.b", "%s", text), -1);
	assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
}

static void err_errno_appends_the_reason(void **state)
{
	struct err e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&e, "disk.failed", "The file %s", "f"), -1);
	assert_int_equal(e.kind, ERR_INTERNAL);
	assert_string_equal(e.message, "The file f: No such file or directory");
	assert_int_equal(err_errno(NULL, "a.b", "nobody listens"), -1);
}

static void err_is_compares_codes_and_families(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_UNAVAILABLE, "engine.absent", "x");
	assert_true(err_is(&e, "engine.absent"));
	assert_true(err_is(&e, "engine."));
	assert_false(err_is(&e, "engine"));
	assert_false(err_is(&e, "engine.abs"));
	assert_false(err_is(&e, "engine.absent.now"));
	assert_false(err_is(&e, "engin."));
	assert_false(err_is(&e, ""));
}

static void every_kind_has_its_http_status(void **state)
{
	static const struct {
		enum err_kind kind;
		int status;
	} all[] = {{ERR_INPUT, 400}, {ERR_AUTH, 401}, {ERR_FORBIDDEN, 403}, {ERR_NOT_FOUND, 404},
		{ERR_CONFLICT, 409}, {ERR_LIMIT, 429}, {ERR_UNAVAILABLE, 503}, {ERR_INTERNAL, 500},
		{ERR_NONE, 500}};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		assert_int_equal(
			err_http_status(&(struct err){.kind = all[i].kind}), all[i].status);
}

/* ---- buf ---- */

static void buf_grows_and_stays_a_string(void **state)
{
	autobuf struct buf b = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d,", i);
	buf_add(&b, "a\0b", 3);
	buf_puts(&b, "");
	assert_false(b.overflow);
	assert_int_equal(b.len, 4003);
	assert_memory_equal(b.data + 3996, "999,a\0b", 8);
}

static void buf_takes_exactly_its_cap(void **state)
{
	autobuf struct buf b = {.cap = 10};

	(void)state;
	buf_puts(&b, "0123456789");
	assert_false(b.overflow);
	assert_int_equal(b.len, 10);
	buf_add(&b, "", 0);
	assert_false(b.overflow);
	buf_puts(&b, "x");
	assert_true(b.overflow);
	assert_string_equal(b.data, "0123456789");
}

static void buf_after_an_overflow_takes_nothing_more(void **state)
{
	autobuf struct buf b = {.cap = 10};

	(void)state;
	buf_puts(&b, "12345");
	buf_printf(&b, "%s", "678901");
	assert_true(b.overflow);
	buf_puts(&b, "6"); /* would fit, but a hole in the text is worse than its end */
	assert_string_equal(b.data, "12345");
	buf_reset(&b);
	assert_false(b.overflow);
	assert_string_equal(b.data, "");
	buf_puts(&b, "abc");
	assert_string_equal(b.data, "abc");
}

static void buf_refuses_sizes_that_would_wrap(void **state)
{
	autobuf struct buf b = {0};

	(void)state;
	buf_puts(&b, "x");
	buf_add(&b, "y", SIZE_MAX);
	assert_true(b.overflow);
	assert_int_equal(b.len, 1);
	buf_reset(&b);
	buf_puts(&b, "x");
	buf_add(&b, "y", BUF_DEFAULT_CAP);
	assert_true(b.overflow);
}

static void buf_take_gives_the_string_away(void **state)
{
	struct buf b = {.cap = 5};
	autofree char *none = buf_take(&b);
	autofree char *some = NULL;

	(void)state;
	assert_string_equal(none, "");
	buf_puts(&b, "hello");
	some = buf_take(&b);
	assert_string_equal(some, "hello");
	assert_null(b.data);
	assert_int_equal(b.cap, 5);
}

/* ---- json ---- */

static void parse_bad(const char *text, size_t len)
{
	json_t *j = NULL;
	struct err e = {0};

	assert_int_equal(json_parse(text, len, &j, &e), -1);
	assert_string_equal(e.code, "json.invalid");
	assert_int_equal(e.kind, ERR_INPUT);
	assert_null(j);
}

static void json_parse_is_strict(void **state)
{
	static const char *const bad[] = {"", " ", "{", "{} {}", "{}x", "{\"a\":1,\"a\":2}", "1",
		"\"text\"", "null", "[1,]", "{a:1}", "[NaN]", "[99999999999999999999]",
		"[\"\xff\"]", "[\"\xc3\"]", "[\"\\u0000\"]", "[\"\\ud800\"]", "[1] // no",
		"\xef\xbb\xbf{}"};
	autojson json_t *ok = NULL;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		parse_bad(bad[i], strlen(bad[i]));
	parse_bad("{}\0", 3);
	parse_bad("{\"a\0b\":1}", 9);
	assert_int_equal(json_parse("{\"a\":[1,2]} trailing", 11, &ok, &e), 0); /* len counts */
	assert_int_equal(json_array_size(json_arr(ok, "a")), 2);
}

static void json_parse_survives_deep_nesting(void **state)
{
	autofree char *deep = xcalloc(100001, 1);

	(void)state;
	memset(deep, '[', 100000);
	parse_bad(deep, 100000);
}

static void json_getters_give_the_default_for_wrong_types(void **state)
{
	static const char text[] =
		"{\"s\":\"x\",\"i\":7,\"r\":1.5,\"t\":true,\"n\":null,\"o\":{},\"l\":[]}";
	autojson json_t *j = NULL;
	struct err e;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	assert_string_equal(json_str(j, "s", "d"), "x");
	assert_string_equal(json_str(j, "i", "d"), "d");
	assert_null(json_str(j, "none", NULL));
	assert_int_equal(json_int(j, "i", -1), 7);
	assert_int_equal(json_int(j, "r", -1), -1);
	assert_int_equal(json_int(j, "s", -1), -1);
	assert_float_equal(json_num(j, "i", -1), 7, 0);
	assert_float_equal(json_num(j, "r", -1), 1.5, 0);
	assert_float_equal(json_num(j, "t", -1), -1, 0);
	assert_true(json_flag(j, "t", false));
	assert_true(json_flag(j, "n", true));
	assert_false(json_flag(j, "i", false));
	assert_non_null(json_obj(j, "o"));
	assert_null(json_obj(j, "l"));
	assert_non_null(json_arr(j, "l"));
	assert_null(json_arr(j, "o"));
	assert_string_equal(json_str(NULL, "s", "d"), "d");
}

static void json_at_walks_a_path(void **state)
{
	static const char text[] = "{\"a\":{\"b\":{\"c\":5}},\"l\":[1]}";
	autojson json_t *j = NULL;
	struct err e;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &j, &e), 0);
	assert_int_equal(json_integer_value(json_at(j, "a", "b", "c", NULL)), 5);
	assert_ptr_equal(json_at(j, NULL), j);
	assert_null(json_at(j, "a", "x", "c", NULL));
	assert_null(json_at(j, "l", "0", NULL));
	assert_null(json_at(NULL, "a", NULL));
}

static void json_setters_never_lose_a_member(void **state)
{
	autojson json_t *j = json_object();
	autofree char *text = NULL;
	autofree char *none = json_text(NULL);

	(void)state;
	json_put_str(j, "a", NULL);
	json_put_str(j, "b", "\xff\xfe");
	json_put_num(j, "c", NAN);
	json_put_num(j, "d", INFINITY);
	json_put(j, "e", NULL);
	json_put_known(j, "f", -1);
	json_put_known(j, "g", 0);
	json_put_limit(j, "h", 0);
	json_put_limit(j, "i", 1);
	json_put_flag(j, "k", true);
	json_put_int(j, "l", INT64_MIN);
	text = json_text(j);
	assert_string_equal(text, "{\"a\":null,\"b\":\"(not "
				  "UTF-8)\",\"c\":null,\"d\":null,\"e\":null,\"f\":null,\"g\":0,"
				  "\"h\":null,\"i\":1,\"k\":true,\"l\":-9223372036854775808}");
	assert_string_equal(none, "null");
}

static void json_only_names_the_unknown_member(void **state)
{
	autojson json_t *j = json_object();
	struct err e = {0};
	char key[200];

	(void)state;
	json_put_int(j, "a", 1);
	json_put_int(j, "b", 1);
	assert_int_equal(json_only(j, &e, "a", "b", "c", NULL), 0);
	assert_int_equal(e.kind, ERR_NONE);
	assert_int_equal(json_only(j, &e, "a", NULL), -1);
	assert_string_equal(e.code, "input.unknown_field");
	assert_non_null(strstr(e.message, "\"b\""));
	assert_int_equal(json_only(j, &e, NULL), -1);
	memset(key, 'k', sizeof(key));
	key[199] = '\0';
	json_put_int(j, key, 1);
	assert_int_equal(json_only(j, &e, "a", "b", NULL), -1);
	assert_in_range(strlen(e.message), 60, 120); /* a hostile name does not fill the message */
	assert_int_equal(json_only(NULL, &e, NULL), 0);
}

/* ---- words ---- */

#define SP "\xc2\xa0"
#define TH "\xe2\x80\xaf"
#define TO "\xe2\x80\x93"

static void words_count_parts_thousands(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	assert_string_equal(words_count(0, out), "0");
	assert_string_equal(words_count(999, out), "999");
	assert_string_equal(words_count(1000, out), "1" TH "000");
	assert_string_equal(words_count(2423899, out), "2" TH "423" TH "899");
	assert_string_equal(words_count(-123456, out), "-123" TH "456");
	assert_string_equal(words_count(INT64_MAX, out),
		"9" TH "223" TH "372" TH "036" TH "854" TH "775" TH "807");
	assert_string_equal(words_count(INT64_MIN, out),
		"-9" TH "223" TH "372" TH "036" TH "854" TH "775" TH "808");
}

static void words_gib_takes_the_fitting_unit(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	assert_string_equal(words_gib(0, out), "0" SP "MiB");
	assert_string_equal(words_gib(256ll << 20, out), "256" SP "MiB");
	assert_string_equal(words_gib(1ll << 30, out), "1.0" SP "GiB");
	assert_string_equal(words_gib(3ll << 29, out), "1.5" SP "GiB");
	assert_string_equal(words_gib(1ll << 40, out), "1.0" SP "TiB");
	assert_non_null(strstr(words_gib(INT64_MAX, out), "TiB"));
}

static void words_seconds_take_the_largest_unit_of_two(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	assert_string_equal(words_seconds(0, out), "0" SP "seconds");
	assert_string_equal(words_seconds(1, out), "1" SP "second");
	assert_string_equal(words_seconds(119, out), "119" SP "seconds");
	assert_string_equal(words_seconds(120, out), "2" SP "min");
	assert_string_equal(words_seconds(7199, out), "119" SP "min");
	assert_string_equal(words_seconds(7200, out), "2" SP "h");
	assert_string_equal(words_seconds(172799, out), "47" SP "h");
	assert_string_equal(words_seconds(172800, out), "2" SP "days");
	assert_non_null(strstr(words_seconds(INT64_MAX, out), "days"));
}

static void words_range_rounds_outwards(void **state)
{
	char out[WORDS_MAX];

	(void)state;
	assert_string_equal(words_range(2 * 3600, 3 * 3600, out), "2" TO "3" SP "h");
	assert_string_equal(words_range(2 * 3600 + 5, 3 * 3600 + 5, out), "2" TO "4" SP "h");
	assert_string_equal(words_range(10, 3 * 3600, out), "up to 3" SP "h");
	assert_string_equal(words_range(30, 30, out), "30" SP "s");
	assert_string_equal(words_range(0, 0, out), "up to 0" SP "s");
	assert_string_equal(words_range(7200, 7200, out), "2" SP "h");
	assert_non_null(strstr(words_range(0, INT64_MAX, out), "days"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_fills_and_returns_minus_one),
		cmocka_unit_test(err_cuts_what_is_too_long),
		cmocka_unit_test(err_errno_appends_the_reason),
		cmocka_unit_test(err_is_compares_codes_and_families),
		cmocka_unit_test(every_kind_has_its_http_status),
		cmocka_unit_test(buf_grows_and_stays_a_string),
		cmocka_unit_test(buf_takes_exactly_its_cap),
		cmocka_unit_test(buf_after_an_overflow_takes_nothing_more),
		cmocka_unit_test(buf_refuses_sizes_that_would_wrap),
		cmocka_unit_test(buf_take_gives_the_string_away),
		cmocka_unit_test(json_parse_is_strict),
		cmocka_unit_test(json_parse_survives_deep_nesting),
		cmocka_unit_test(json_getters_give_the_default_for_wrong_types),
		cmocka_unit_test(json_at_walks_a_path),
		cmocka_unit_test(json_setters_never_lose_a_member),
		cmocka_unit_test(json_only_names_the_unknown_member),
		cmocka_unit_test(words_count_parts_thousands),
		cmocka_unit_test(words_gib_takes_the_fitting_unit),
		cmocka_unit_test(words_seconds_take_the_largest_unit_of_two),
		cmocka_unit_test(words_range_rounds_outwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
