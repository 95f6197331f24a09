/* domain/mask: no secret and no control sequence of a log comes through, and everything else does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "domain/mask.h"

#define M "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

static void lines(void **state)
{
	static const struct {
		const char *line, *shown;
	} known[] = {
		{"", ""},
		{"nothing to hide", "nothing to hide"},
		{"pass=hunter22 twice=hunter22", "pass=" M " twice=" M},
		{"hunter2", "hunter2"},
		/* one secret begins with another: the whole of the longer one goes */
		{"open sesame-and-more;", "open " M "-and-more;"},
		{"open sesame-street;", "open " M ";"},
		{"a cat is no secret", "a cat is no secret"},
		{"\x1b[1;32mgreen\x1b[0m\x1b(B", "green(B"},
		{"cut short \x1b[3", "cut short "},
		{"tab\there\rand\x07 bell", "tab\there"
					    "and bell"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	};
	autojson json_t *secrets =
		json_pack("[ssss]", "hunter22", "sesame", "sesame-street", "cat");

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		autofree char *shown = mask_line(secrets, known[i].line);

		assert_string_equal(shown, known[i].shown);
	}
}

static void a_line_of_a_log(void **state)
{
	autojson json_t *secrets = json_pack("[s]", "hunter22");
	autojson json_t *j = mask_log_line(secrets, 1700000000123, true, "key hunter22");

	(void)state;
	assert_int_equal(json_int(j, "at", 0), 1700000000123);
	assert_string_equal(json_str(j, "stream", ""), "stderr");
	assert_string_equal(json_str(j, "text", ""), "key " M);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(a_line_of_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
