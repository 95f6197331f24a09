/* domain/wanted: what the API takes, what the store keeps; every error code, and hostile input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/wanted.h"
#include "unit/json.h"

#include <stdlib.h>
#include <string.h>

#define ROOT "/share/eth"

static struct err e;

static int parse(const char *text, struct stack *s, json_t **secrets)
{
	autojson json_t *in = js(text);

	e = (struct err){0};
	return wanted_parse(in, ROOT, 1000, s, secrets, &e);
}

static void good(const char *text, struct stack *s)
{
	autojson json_t *secrets = NULL;

	if (parse(text, s, &secrets))
		fail_msg("%s: %s %s", text, e.code, e.message);
}

static void bad(const char *text, const char *code)
{
	struct stack s = {0};
	json_t *secrets = NULL;

	if (parse(text, &s, &secrets) == 0)
		fail_msg("taken: %s", text);
	if (strcmp(e.code, code))
		fail_msg("%s: %s instead of %s (%s)", text, e.code, code, e.message);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_null(s.name);
	assert_null(secrets);
}

/* A stack whose node has these members more, and one with these members more itself. */
#define NODE(more)                                                                                 \
	"{\"name\":\"p\",\"services\":[{\"name\":\"node\",\"recipe\":\"parity\"" more "}]}"
#define STACK(more)                                                                                \
	"{\"name\":\"p\",\"services\":[{\"name\":\"node\",\"recipe\":\"parity\"}]" more "}"
#define RELAY "{\"name\":\"relay\",\"recipe\":\"ethnetintel\"}"
#define BOTH(network)                                                                              \
	"{\"name\":\"p\",\"network\":\"" network "\",\"services\":[" RELAY                         \
	",{\"name\":\"node\",\"recipe\":\"parity\"}]}"

static void the_smallest_stack_has_defaults(void **state)
{
	autostack struct stack s = {0};

	(void)state;
	good(NODE(""), &s);
	assert_string_equal(s.name, "p");
	assert_string_equal(s.data_dir, ROOT "/p");
	assert_int_equal(s.network, NET_PRIVATE);
	assert_true(s.run);
	assert_int_equal(s.created_at, 1000);
	assert_int_equal(s.updated_at, 1000);
	assert_null(s.services[0].image); /* the recipe's */
	assert_null(s.services[0].ports);
	assert_int_equal(json_object_size(s.services[0].options), 0);
}

static void the_node_comes_first(void **state)
{
	autostack struct stack s = {0};

	(void)state;
	good(BOTH("shared"), &s);
	assert_int_equal(s.n_services, 2);
	assert_string_equal(s.services[0].name, "node");
	assert_string_equal(s.services[1].recipe, "ethnetintel");
	assert_int_equal(s.network, NET_SHARED);
}

static void names_are_small_and_short(void **state)
{
	static const char *const ok[] = {"a", "0", "a-b", "abcdefghijklmnopqrstuvwxyz01234"};
	static const char *const no[] = {"", "-a", "A", "a_b", "a.b", "a/b", "..", "a b",
		"\xc3\xa9", "abcdefghijklmnopqrstuvwxyz012345", "a\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(ok); i++)
		assert_true(wanted_name_ok(ok[i]));
	for (size_t i = 0; i < COUNT(no); i++)
		assert_false(wanted_name_ok(no[i]));
	bad("{\"name\":\"P\",\"services\":[]}", "input.name");
	bad("{\"name\":7,\"services\":[]}", "input.name");
	bad("{\"services\":[]}", "input.name");
}

static void shapes_are_checked(void **state)
{
	(void)state;
	bad("[]", "input.type");
	bad(STACK(",\"x\":1"), "input.unknown_field");
	bad(NODE(",\"x\":1"), "input.unknown_field");
	bad("{\"name\":\"p\"}", "input.missing");
	bad("{\"name\":\"p\",\"services\":{}}", "input.missing");
	bad("{\"name\":\"p\",\"services\":[1,2,3]}", "input.missing");
	bad("{\"name\":\"p\",\"services\":[]}", "input.service");
	bad("{\"name\":\"p\",\"services\":[1]}", "input.service");
	bad("{\"name\":\"p\",\"services\":[" RELAY "]}", "input.service");
	bad("{\"name\":\"p\",\"services\":[" RELAY "," RELAY "]}", "input.service");
	bad("{\"name\":\"p\",\"services\":[{\"name\":\"node\"}]}", "input.missing");
	bad("{\"name\":\"p\",\"services\":[{\"name\":\"node\",\"recipe\":\"\"}]}", "input.type");
	bad("{\"name\":\"p\",\"services\":[{\"name\":\"other\",\"recipe\":\"parity\"}]}",
		"input.service");
	bad(NODE(",\"image\":5"), "input.type");
	bad(NODE(",\"image\":\"\""), "input.type");
	bad(NODE(",\"options\":[]"), "input.type");
	bad(NODE(",\"env\":{\"A\":1}"), "input.type");
	bad(NODE(",\"env\":{\"A=B\":\"x\"}"), "input.type");
	bad(NODE(",\"env\":{\"\":\"x\"}"), "input.type");
	bad(NODE(",\"secrets\":{\"A\":{}}"), "input.type");
	bad(STACK(",\"network\":\"host\""), "input.type");
	bad(STACK(",\"network\":null"), "input.type");
	bad(STACK(",\"network\":\"shared\""), "input.service"); /* with whom? */
}

static void sizes_are_bounded(void **state)
{
	autofree char *text = xcalloc(1, 10000), *value = xcalloc(1, 4098);

	(void)state;
	memset(value, 'v', 4097);
	snprintf(text, 10000, NODE(",\"secrets\":{\"A\":\"%s\"}"), value);
	bad(text, "input.type");
	snprintf(text, 10000, NODE(",\"env\":{\"%s\":\"x\"}"), value + 4097 - 101);
	bad(text, "input.type");
	snprintf(text, 10000, NODE(",\"image\":\"%s\""), value + 4097 - 256);
	bad(text, "input.type");
	snprintf(text, 10000, STACK(",\"data_dir\":\"" ROOT "/%s\""), value + 4097 - 1024);
	bad(text, "input.path");
}

static void data_folders_stay_below_the_root(void **state)
{
	static const char *const no[] = {"", "/", ROOT, ROOT "/", "/share", "/share/ethx/p", "/etc",
		"share/eth/p", ROOT "/../x", ROOT "/p/..", ROOT "/p/.", ROOT "/./p", ROOT "//p",
		ROOT "/p/", ROOT "/a:b", ROOT "/..", ROOT "/p/../../etc", ROOT "/a\\nb",
		ROOT "/\\u007f"};
	static const char *const ok[] = {
		ROOT "/p", ROOT "/a/b", ROOT "/..p", ROOT "/p..", ROOT "/.p"};
	char text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		snprintf(text, sizeof(text), STACK(",\"data_dir\":\"%s\""), no[i]);
		bad(text, "input.path");
	}
	for (size_t i = 0; i < COUNT(ok); i++) {
		autostack struct stack s = {0};

		snprintf(text, sizeof(text), STACK(",\"data_dir\":\"%s\""), ok[i]);
		good(text, &s);
		assert_string_equal(s.data_dir, ok[i]);
	}
	bad(STACK(",\"data_dir\":5"), "input.type"); /* not silently the default */
	bad(STACK(",\"data_dir\":null"), "input.type");
}

/* ---- limits ---- */

static int limits(const char *text, struct limits *l)
{
	autojson json_t *j = js(text);

	e = (struct err){0};
	return limits_parse(j, l, &e);
}

static void limits_have_ranges(void **state)
{
	static const struct {
		const char *text, *code;
	} no[] = {
		{"[]", "input.type"},
		{"{\"x\":1}", "input.unknown_field"},
		{"{\"memory_bytes\":1.5}", "input.type"},
		{"{\"memory_bytes\":\"1\"}", "input.type"},
		{"{\"memory_bytes\":0}", "input.limit"},
		{"{\"memory_bytes\":-1}", "input.limit"},
		{"{\"memory_bytes\":6291455}", "input.limit"},
		{"{\"memory_bytes\":9223372036854775807}", "input.limit"},
		{"{\"memory_reservation_bytes\":6291455}", "input.limit"},
		{"{\"memory_bytes\":6291456,\"memory_reservation_bytes\":6291457}", "input.limit"},
		{"{\"swap_bytes\":1}", "input.limit"},
		{"{\"swap_bytes\":-1}", "input.limit"},
		{"{\"cpus\":true}", "input.type"},
		{"{\"cpus\":0}", "input.limit"},
		{"{\"cpus\":0.009}", "input.limit"},
		{"{\"cpus\":1025}", "input.limit"},
		{"{\"cpus\":-1e300}", "input.limit"},
		{"{\"cpu_shares\":1}", "input.limit"},
		{"{\"cpu_shares\":262145}", "input.limit"},
		{"{\"blkio_weight\":9}", "input.limit"},
		{"{\"blkio_weight\":1001}", "input.limit"},
	};
	struct limits l = {.memory = 42};

	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		assert_int_equal(limits(no[i].text, &l), -1);
		if (strcmp(e.code, no[i].code))
			fail_msg("%s: %s", no[i].text, e.code);
		assert_int_equal(l.memory, 42); /* untouched */
	}
}

static void limits_go_there_and_back(void **state)
{
	static const char *const all[] = {
		"{\"memory_bytes\":6291456,\"memory_reservation_bytes\":6291456,\"swap_bytes\":1,"
		"\"cpus\":0.01,\"cpu_shares\":2,\"blkio_weight\":10}",
		"{\"memory_bytes\":1125899906842624,\"cpus\":1024,\"cpu_shares\":262144,\"blkio_"
		"weight\":1000}",
		"{\"cpus\":1.5}",
		"{\"memory_reservation_bytes\":6291456}",
		"{}",
		"{\"memory_bytes\":null,\"cpus\":null,\"swap_bytes\":0}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct limits a, b;
		autojson json_t *j = NULL;

		assert_int_equal(limits(all[i], &a), 0);
		j = limits_json(&a);
		assert_int_equal(json_object_size(j), 6);
		assert_int_equal(limits_parse(j, &b, &e), 0);
		assert_true(limits_equal(&a, &b));
	}
	assert_int_equal(limits("{\"cpus\":0.2}", &(struct limits){0}), 0);
}

static void each_limit_counts_in_a_comparison(void **state)
{
	static const struct limits one[] = {{.memory = 1}, {.reservation = 1}, {.swap = 1},
		{.cpu_millis = 1}, {.cpu_shares = 1}, {.blkio_weight = 1}};
	struct limits none = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(one); i++) {
		assert_false(limits_equal(&one[i], &none));
		assert_true(limits_equal(&one[i], &one[i]));
	}
}

/* ---- ports ---- */

#define PORT(more) "{\"container\":30303,\"host\":30303,\"protocol\":\"tcp\"" more "}"

static void a_guard_has_a_bound_or_none(void **state)
{
	static const char *const no[] = {"[]", "{}", "{\"act\":\"kill\"}", "{\"act\":1}",
		"{\"act\":\"raise\"}", "{\"act\":\"raise\",\"up_to_bytes\":null}",
		"{\"act\":\"raise\",\"up_to_bytes\":5}",
		"{\"act\":\"off\",\"up_to_bytes\":8388608}", "{\"act\":\"warn\",\"more\":1}"};
	static const char *const yes[] = {"{\"act\":\"off\",\"up_to_bytes\":null}",
		"{\"act\":\"warn\",\"up_to_bytes\":null}",
		"{\"act\":\"restart\",\"up_to_bytes\":null}",
		"{\"act\":\"raise\",\"up_to_bytes\":8388608}"};
	struct guard g = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		autojson json_t *j = js(no[i]);

		e = (struct err){0};
		assert_int_equal(guard_parse(j, &g, &e), -1);
		assert_int_equal(strncmp(e.code, "input.", 6), 0);
	}
	for (size_t i = 0; i < COUNT(yes); i++) {
		autojson json_t *j = js(yes[i]), *back = NULL;

		assert_int_equal(guard_parse(j, &g, &e), 0);
		back = guard_json(&g);
		assert_true(json_equal(j, back));
	}
}

static void a_guard_is_kept(void **state)
{
	autostack struct stack s = {0}, back = {0};
	autojson json_t *kept = NULL;

	(void)state;
	good(NODE(",\"guard\":{\"act\":\"raise\",\"up_to_bytes\":8388608}"), &s);
	kept = wanted_json(&s);
	assert_int_equal(wanted_load(kept, &back, &e), 0);
	assert_int_equal(back.services[0].guard.act, GUARD_RAISE);
	assert_int_equal(back.services[0].guard.up_to, 8388608);
}

#define BUSY(more) "{\"busy\":{" more "},\"quiet\":null}"
#define QUIET(more) "{\"busy\":null,\"quiet\":{" more "}}"

static void a_neighbour_has_a_reason_and_a_share(void **state)
{
	static const char *const no[] = {"[]", "{\"more\":1}", "{\"busy\":1}", "{\"quiet\":[]}",
		BUSY(""), BUSY("\"load_per_core\":1"), BUSY("\"cpus\":1"),
		BUSY("\"load_per_core\":0,\"cpus\":1"), BUSY("\"load_per_core\":\"1\",\"cpus\":1"),
		BUSY("\"load_per_core\":1,\"cpus\":0"),
		BUSY("\"io_pressure_percent\":101,\"cpus\":1"),
		BUSY("\"io_pressure_percent\":0.5,\"cpus\":1"),
		BUSY("\"load_per_core\":1,\"cpus\":1,\"for_s\":4"),
		BUSY("\"load_per_core\":1,\"cpus\":1,\"for_s\":3601"),
		BUSY("\"load_per_core\":1,\"cpus\":1,\"memory_bytes\":1"),
		BUSY("\"load_per_core\":1,\"blkio_weight\":9"), QUIET(""), QUIET("\"cpus\":1"),
		QUIET("\"from\":\"01:00\",\"to\":\"07:00\""),
		QUIET("\"from\":\"01:00\",\"to\":\"01:00\",\"cpus\":1"),
		QUIET("\"from\":\"1:00\",\"to\":\"07:00\",\"cpus\":1"),
		QUIET("\"from\":\"24:00\",\"to\":\"07:00\",\"cpus\":1"),
		QUIET("\"from\":\"01:60\",\"to\":\"07:00\",\"cpus\":1"),
		QUIET("\"from\":\"01:000\",\"to\":\"07:00\",\"cpus\":1"),
		QUIET("\"from\":\"-1:00\",\"to\":\"07:00\",\"cpus\":1"),
		QUIET("\"from\":60,\"to\":\"07:00\",\"cpus\":1")};
	static const char *const yes[] = {"{\"busy\":null,\"quiet\":null}",
		BUSY("\"load_per_core\":0.75,\"io_pressure_percent\":null,\"for_s\":60,"
		     "\"cpus\":0.5,\"cpu_shares\":null,\"blkio_weight\":null"),
		BUSY("\"load_per_core\":null,\"io_pressure_percent\":30,\"for_s\":5,"
		     "\"cpus\":null,\"cpu_shares\":256,\"blkio_weight\":100"),
		QUIET("\"from\":\"23:05\",\"to\":\"07:00\",\"cpus\":2.0,\"cpu_shares\":2048,"
		      "\"blkio_weight\":1000")};
	struct neighbour n = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		autojson json_t *j = js(no[i]);

		e = (struct err){0};
		assert_int_equal(neighbour_parse(j, &n, &e), -1);
		assert_int_equal(strncmp(e.code, "input.", 6), 0);
	}
	for (size_t i = 0; i < COUNT(yes); i++) {
		autojson json_t *j = js(yes[i]), *back = NULL;

		assert_int_equal(neighbour_parse(j, &n, &e), 0);
		back = neighbour_json(&n);
		assert_true(json_equal(j, back));
	}
	assert_int_equal(n.quiet.from, 23 * 60 + 5);
}

static void a_neighbour_is_kept(void **state)
{
	autostack struct stack s = {0}, back = {0}, copy = {0};
	autojson json_t *kept = NULL;

	(void)state;
	good(NODE(",\"neighbour\":{\"busy\":{\"load_per_core\":0.8,\"cpus\":0.5}}"), &s);
	kept = wanted_json(&s);
	assert_int_equal(wanted_load(kept, &back, &e), 0);
	stack_copy(&copy, &back);
	assert_true(copy.services[0].neighbour.busy.on);
	assert_int_equal(copy.services[0].neighbour.busy.for_s, 60);
	assert_int_equal(copy.services[0].neighbour.busy.load_milli, 800);
	assert_int_equal(copy.services[0].neighbour.busy.share.cpu_millis, 500);
	assert_false(copy.services[0].neighbour.quiet.on);
}

static void ports_are_checked(void **state)
{
	static const char *const no[] = {
		"{\"container\":0,\"host\":1,\"protocol\":\"tcp\"}",
		"{\"container\":1,\"host\":65536,\"protocol\":\"tcp\"}",
		"{\"container\":1,\"host\":-1,\"protocol\":\"tcp\"}",
		"{\"container\":\"1\",\"host\":1,\"protocol\":\"tcp\"}",
		"{\"container\":1,\"host\":1,\"protocol\":\"sctp\"}",
		"{\"container\":1,\"host\":1}",
		PORT(",\"host_ip\":\"nas.local\""),
		PORT(",\"host_ip\":\":::\""),
		PORT(",\"host_ip\":\"1.2.3.4:80\""),
		PORT(",\"host_ip\":\"1.2.3\""),
		PORT("") "," PORT(""),
		PORT("") "," PORT(",\"host_ip\":\"127.0.0.1\""),
	};
	char text[500];
	autostack struct stack s = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		snprintf(text, sizeof(text), NODE(",\"ports\":[%s]"), no[i]);
		bad(text, "input.port");
	}
	bad(NODE(",\"ports\":{}"), "input.type");
	bad(NODE(",\"ports\":[1]"), "input.type");
	bad(NODE(",\"ports\":[{\"x\":1}]"), "input.unknown_field");
	bad(NODE(",\"ports\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"), "input.type");
	good(NODE(",\"ports\":[" PORT(",\"host_ip\":\"127.0.0.1\"") "," PORT(
		     ",\"host_ip\":\"::1\"") ",{\"container\":30303,\"host\":30303,\"protocol\":"
					     "\"udp\"}]"),
		&s);
	assert_int_equal(s.services[0].n_ports, 3);
	assert_string_equal(s.services[0].ports[1].host_ip, "::1");
}

static void no_ports_at_all_is_a_choice_that_lasts(void **state)
{
	autostack struct stack s = {0}, loaded = {0}, copy = {0};
	autojson json_t *j = NULL;

	(void)state;
	good(NODE(",\"image\":\"parity/parity:v1.6.8\",\"ports\":[]"), &s);
	j = wanted_json(&s);
	assert_int_equal(wanted_load(j, &loaded, &e), 0);
	stack_copy(&copy, &loaded);
	assert_non_null(copy.services[0].ports); /* NULL would mean: the recipe's */
	assert_int_equal(copy.services[0].n_ports, 0);
}

/* ---- secrets, patch, store ---- */

static void secrets_never_enter_the_stack(void **state)
{
	autostack struct stack s = {0};
	autojson json_t *secrets = NULL, *kept = NULL;
	autofree char *text = NULL;

	(void)state;
	assert_int_equal(
		parse(NODE(",\"secrets\":{\"K\":\"hunter2\",\"L\":null}"), &s, &secrets), 0);
	assert_string_equal(json_str(json_obj(secrets, "node"), "K", ""), "hunter2");
	assert_true(json_is_null(json_at(secrets, "node", "L", NULL)));
	kept = wanted_json(&s);
	text = json_text(kept);
	assert_null(strstr(text, "hunter2"));
	assert_null(strstr(text, "secrets"));
}

static int patch(
	const struct stack *before, const char *text, struct stack *after, json_t **secrets)
{
	autojson json_t *in = js(text);

	e = (struct err){0};
	return wanted_patch(before, in, 2000, after, secrets, &e);
}

static void a_patch_merges(void **state)
{
	autostack struct stack s = {0}, t = {0};
	autojson json_t *secrets = NULL;

	(void)state;
	good(NODE(",\"options\":{\"a\":1,\"b\":2},\"env\":{\"TZ\":\"UTC\"},\"limits\":{\"cpus\":"
		  "2}"),
		&s);
	assert_int_equal(
		patch(&s,
			"{\"network\":\"shared\",\"services\":[{\"name\":\"node\",\"options\":"
			"{\"a\":null,\"c\":[3]},\"env\":{\"TZ\":null}}," RELAY "]}",
			&t, &secrets),
		0);
	assert_null(json_object_get(t.services[0].options, "a"));
	assert_int_equal(json_int(t.services[0].options, "b", 0), 2);
	assert_int_equal(json_array_size(json_arr(t.services[0].options, "c")), 1);
	assert_int_equal(json_object_size(t.services[0].env), 0);
	assert_int_equal(t.services[0].limits.cpu_millis, 2000); /* not named: stays */
	assert_int_equal(t.n_services, 2);
	assert_int_equal(t.network, NET_SHARED);
	assert_int_equal(t.created_at, 1000);
	assert_int_equal(t.updated_at, 2000);
	assert_int_equal(json_int(s.services[0].options, "a", 0), 1); /* before is as it was */
	assert_int_equal(s.n_services, 1);
}

static void a_patch_is_checked_like_an_install(void **state)
{
	static const struct {
		const char *text, *code;
	} no[] = {
		{"[]", "input.type"},
		{"{\"name\":\"q\"}", "input.unknown_field"},
		{"{\"data_dir\":\"/x\"}", "input.unknown_field"},
		{"{\"services\":{}}", "input.type"},
		{"{\"services\":[1]}", "input.service"},
		{"{\"services\":[{\"name\":\"node\",\"image\":\"x\"}]}", "input.service"},
		{"{\"services\":[{\"name\":\"node\",\"recipe\":\"x\"}]}", "input.service"},
		{"{\"services\":[{\"name\":\"relay\"}]}", "input.missing"},
		{"{\"services\":[{\"name\":\"node\",\"limits\":null}]}", "input.type"},
		{"{\"services\":[{\"name\":\"node\",\"limits\":{\"cpus\":0}}]}", "input.limit"},
		{"{\"services\":[{\"name\":\"node\",\"ports\":[" PORT("") "," PORT("") "]}]}",
			"input.port"},
		{"{\"services\":[{\"name\":\"node\",\"y\":0}]}", "input.unknown_field"},
		{"{\"network\":\"shared\"}", "input.service"},
	};
	autostack struct stack s = {0};

	(void)state;
	good(NODE(""), &s);
	for (size_t i = 0; i < COUNT(no); i++) {
		struct stack t = {0};
		json_t *secrets = NULL;

		assert_int_equal(patch(&s, no[i].text, &t, &secrets), -1);
		if (strcmp(e.code, no[i].code))
			fail_msg("%s: %s", no[i].text, e.code);
		assert_null(t.name);
		assert_null(secrets);
	}
}

static void what_is_kept_comes_back(void **state)
{
	autostack struct stack s = {0}, t = {0};
	autojson json_t *a = NULL, *b = NULL;

	(void)state;
	good("{\"name\":\"p\",\"data_dir\":\"" ROOT
	     "/deep/p\",\"network\":\"shared\",\"services\":["
	     "{\"name\":\"node\",\"recipe\":\"parity\",\"image\":\"parity/"
	     "parity:v1.6.8\",\"options\":"
	     "{\"pruning\":\"fast\",\"extra_args\":[\"-x\"]},\"env\":{\"TZ\":\"UTC\"},\"limits\":"
	     "{\"memory_bytes\":1073741824,\"cpus\":0.2},\"ports\":[" PORT(
		     ",\"host_ip\":\"::1\"") "]},"
					     "{\"name\":\"relay\",\"recipe\":\"ethnetintel\","
					     "\"image\":\"ethnetintel:latest\"}]}",
		&s);
	s.run = false;
	a = wanted_json(&s);
	assert_int_equal(wanted_load(a, &t, &e), 0);
	b = wanted_json(&t);
	assert_true(json_equal(a, b));
	assert_false(t.run);
	assert_int_equal(t.services[0].limits.cpu_millis, 200);
}

static void a_damaged_row_is_refused(void **state)
{
	static const char *const no[] = {"{}", "[]", "{\"name\":\"p\"}",
		"{\"name\":\"P\",\"data_dir\":\"/x\"}", "{\"name\":\"p\",\"data_dir\":\"x\"}",
		"{\"name\":\"p\",\"data_dir\":\"/x\",\"services\":[]}", /* nobody expects no node */
		"{\"name\":\"p\",\"data_dir\":\"/x\",\"services\":[" RELAY "]}",
		"{\"name\":\"p\",\"data_dir\":\"/x\",\"services\":[{}]}",
		"{\"name\":\"p\",\"data_dir\":\"/x\",\"network\":7,\"services\":[]}"};

	(void)state;
	for (size_t i = 0; i < COUNT(no); i++) {
		autojson json_t *j = js(no[i]);
		struct stack s = {0};

		if (wanted_load(j, &s, &e) == 0)
			fail_msg("taken: %s", no[i]);
		assert_null(s.name);
	}
}

static void the_folder_is_kept_below_the_data_root(void **state)
{
	static const char *const kept[][2] = {
		{"/share/one/data/eth", "eth"},
		{"/share/one/data/a/b", "a/b"},
		{"/share/one/database/eth", "/share/one/database/eth"},
		{"/share/one/data", "/share/one/data"},
		{"/elsewhere/eth", "/elsewhere/eth"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(kept); i++) {
		autojson json_t *wanted =
			json_pack("{s:s,s:s}", "name", "eth", "data_dir", kept[i][0]);
		autojson json_t *stored = wanted_stored(wanted, "/share/one/data");
		autojson json_t *back = wanted_placed(stored, "/share/one/data");

		assert_string_equal(json_str(stored, "data_dir", ""), kept[i][1]);
		assert_true(json_equal(back, wanted));
	}
	{
		autojson json_t *stored = json_pack("{s:s}", "data_dir", "eth");
		autojson json_t *moved = wanted_placed(stored, "/share/two/data");

		assert_string_equal(json_str(moved, "data_dir", ""), "/share/two/data/eth");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_stack_has_defaults),
		cmocka_unit_test(the_node_comes_first),
		cmocka_unit_test(names_are_small_and_short),
		cmocka_unit_test(shapes_are_checked),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(data_folders_stay_below_the_root),
		cmocka_unit_test(limits_have_ranges),
		cmocka_unit_test(limits_go_there_and_back),
		cmocka_unit_test(each_limit_counts_in_a_comparison),
		cmocka_unit_test(a_guard_has_a_bound_or_none),
		cmocka_unit_test(a_guard_is_kept),
		cmocka_unit_test(a_neighbour_has_a_reason_and_a_share),
		cmocka_unit_test(a_neighbour_is_kept),
		cmocka_unit_test(ports_are_checked),
		cmocka_unit_test(no_ports_at_all_is_a_choice_that_lasts),
		cmocka_unit_test(secrets_never_enter_the_stack),
		cmocka_unit_test(a_patch_merges),
		cmocka_unit_test(a_patch_is_checked_like_an_install),
		cmocka_unit_test(what_is_kept_comes_back),
		cmocka_unit_test(the_folder_is_kept_below_the_data_root),
		cmocka_unit_test(a_damaged_row_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
