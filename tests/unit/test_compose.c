/* compose: a table of files. Each folder below tests/unit/compose holds the files that a person
 * gives and expected.json: {stack, notes, data, config}, or {error, message}. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/buf.h"
#include "domain/compose_priv.h"
#include "domain/spec.h"
#include "domain/understand.h"
#include "domain/wanted.h"
#include "unit/recipes/load.h"

#define CASES ROOT_DIR "/tests/unit/compose"
#define DATA_ROOT "/data/stations"

static struct recipe_set recipes;

static int load_recipes(void **state)
{
	(void)state;
	recipes = recipes_shipped();
	return 0;
}

static int free_recipes(void **state)
{
	(void)state;
	recipe_set_free(&recipes);
	return 0;
}

static int visible(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

/* ---- the table ---- */

struct given {
	struct compose_file files[COMPOSE_FILES];
	size_t n;
	json_t *expected;
};

static void given_free(struct given *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free((char *)g->files[i].name);
		free((char *)g->files[i].text);
	}
	json_decref(g->expected);
}

static void give(const char *name, struct given *ret)
{
	autofree char *folder = xasprintf("%s/%s", CASES, name);
	struct dirent **list;
	int n = scandir(folder, &list, visible, alphasort);

	assert_true(n > 0);
	*ret = (struct given){0};
	for (int i = 0; i < n; i++) {
		autofree char *path = xasprintf("%s/%s", folder, list[i]->d_name);
		size_t len = 0;
		char *text = file_text(path, &len);
		struct err e;

		if (!strcmp(list[i]->d_name, "expected.json")) {
			assert_int_equal(json_parse(text, len, &ret->expected, &e), 0);
			free(text);
		} else {
			ret->files[ret->n++] =
				(struct compose_file){xstrdup(list[i]->d_name), text, len};
		}
		free(list[i]);
	}
	free(list);
}

/* What came of it, in the form of expected.json; owned by the caller. */
static json_t *outcome(const struct given *g)
{
	autocompose struct compose_read read = {0};
	autounderstood struct understood u = {0};
	json_t *j = json_object(), *lines = json_array(), *n;
	struct err e = {0};
	size_t i;

	if (compose_read(g->files, g->n, NULL, &read, &e) ||
		understand(&recipes, read.seen, read.notes, read.name, DATA_ROOT, &u, &e)) {
		json_put_str(j, "error", e.code);
		json_put_str(j, "message", e.message);
		json_decref(lines);
		return j;
	}
	/* one line a note, so that a person can read the table */
	json_array_foreach (u.notes, i, n) {
		autofree char *line = xasprintf("%s %s:%lld %s: %s", json_str(n, "kind", "?"),
			json_str(n, "file", "?"), (long long)json_int(n, "line", 0),
			json_str(n, "what", "?"), json_str(n, "message", "?"));

		json_array_append_new(lines, json_string(line));
	}
	json_put_str(j, "project", read.name);
	json_put(j, "stack", json_incref(u.stack));
	json_put(j, "data", json_incref(u.data));
	json_put(j, "config", json_incref(u.config));
	json_put(j, "notes", lines);
	return j;
}

static void test_table(void **state)
{
	struct dirent **list;
	int n = scandir(CASES, &list, visible, alphasort), failed = 0;

	(void)state;
	assert_true(n >= 20);
	for (int i = 0; i < n; i++) {
		struct given g;
		autojson json_t *is = NULL;

		give(list[i]->d_name, &g);
		is = outcome(&g);
		if (!json_equal(is, g.expected)) {
			autofree char *text = json_dumps(is, JSON_INDENT(1));

			print_error("== %s\n%s\n", list[i]->d_name, text);
			failed++;
		}
		given_free(&g);
		free(list[i]);
	}
	free(list);
	assert_int_equal(failed, 0);
}

/* Every understood stack must be one that the program takes. */
static void test_stacks_are_valid(void **state)
{
	struct dirent **list;
	int n = scandir(CASES, &list, visible, alphasort), valid = 0;

	(void)state;
	for (int i = 0; i < n; i++) {
		autostack struct stack s = {0};
		autojson json_t *secrets = NULL;
		struct given g;
		struct err e = {0};

		give(list[i]->d_name, &g);
		if (json_obj(g.expected, "stack")) {
			if (wanted_parse(
				    json_obj(g.expected, "stack"), DATA_ROOT, 1, &s, &secrets, &e))
				fail_msg("%s: %s", list[i]->d_name, e.message);
			valid++;
		}
		given_free(&g);
		free(list[i]);
	}
	free(list);
	assert_true(valid >= 10);
}

/* ---- the small languages ---- */

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{"1024", 1024},
		{"1k", 1024},
		{"1kb", 1024},
		{"1KiB", 1024},
		{"1.5g", 1610612736},
		{"2 GB", 2147483648},
		{"10b", 10},
		{"0", 0},
		{"", -1},
		{"x", -1},
		{"-1", -1},
		{"1x", -1},
		{"1gg", -1},
		{"1e30", -1},
		{"inf", -1},
		{"nan", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (compose_size(cases[i].text) != cases[i].bytes)
			fail_msg("\"%s\": %lld", cases[i].text,
				(long long)compose_size(cases[i].text));
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} cases[] = {
		{"5m", 300},
		{"1h2m3s", 3723},
		{"90", 90},
		{"1500ms", 2},
		{"1m30s", 90},
		{"", -1},
		{"m", -1},
		{"5x", -1},
		{"-5s", -1},
		{"1e300h", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (compose_seconds(cases[i].text) != cases[i].s)
			fail_msg("\"%s\": %lld", cases[i].text,
				(long long)compose_seconds(cases[i].text));
}

static void test_words(void **state)
{
	static const struct {
		const char *text, *words; /* NULL = a quote is open */
	} cases[] = {
		{"a b  c", "[\"a\",\"b\",\"c\"]"},
		{"", "[]"},
		{"--id 'my node' \"x \\\"y\\\"\" a\\ b ''",
			"[\"--id\",\"my node\",\"x \\\"y\\\"\",\"a b\",\"\"]"},
		{"a'b'\"c\"d", "[\"abcd\"]"},
		{"'open", NULL},
		{"\"open", NULL},
		{"'a\\b'", "[\"a\\\\b\"]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *words = json_array();
		autofree char *text = NULL;
		int rc = compose_words(cases[i].text, words);

		text = json_text(words);
		assert_int_equal(rc, cases[i].words ? 0 : -1);
		if (cases[i].words)
			assert_string_equal(text, cases[i].words);
	}
}

/* A deep nest, and one value that a few variables blow up. */
static void test_limits_of_input(void **state)
{
	autobuf struct buf deep = {0}, wide = {0}, env = {0};
	autocompose struct compose_read read = {0};
	struct compose_file files[COMPOSE_FILES + 1];
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_puts(&deep, "[");
	files[0] = (struct compose_file){"a.yml", deep.data, deep.len};
	assert_int_equal(compose_read(files, 1, NULL, &read, &e), -1);
	buf_reset(&deep);
	for (int i = 0; i < 200; i++)
		buf_puts(&deep, "[");
	for (int i = 0; i < 200; i++)
		buf_puts(&deep, "]");
	files[0] = (struct compose_file){"a.yml", deep.data, deep.len};
	assert_int_equal(compose_read(files, 1, NULL, &read, &e), -1);
	assert_string_equal(e.code, "compose.too_large");

	buf_puts(&env, "A=");
	for (int i = 0; i < 20000; i++)
		buf_puts(&env, "x");
	buf_puts(&wide, "services: {n: {image: a, command: [");
	for (int i = 0; i < 1000; i++)
		buf_puts(&wide, "$A, ");
	buf_puts(&wide, "]}}");
	files[0] = (struct compose_file){"a.yml", wide.data, wide.len};
	files[1] = (struct compose_file){".env", env.data, env.len};
	assert_int_equal(compose_read(files, 2, NULL, &read, &e), -1);
	assert_string_equal(e.code, "compose.too_large");

	for (size_t i = 0; i < COUNT(files); i++)
		files[i] = (struct compose_file){"a.yml", "a: 1", 4};
	assert_int_equal(compose_read(files, COUNT(files), NULL, &read, &e), -1);
	assert_string_equal(e.code, "compose.too_large");
	files[0] = (struct compose_file){"notes.txt", "a: 1", 4};
	assert_int_equal(compose_read(files, 1, NULL, &read, &e), -1);
	assert_string_equal(e.code, "compose.invalid");
}

static void test_folder(void **state)
{
	static const char text[] = "services: {n: {image: a, volumes: [\"./d:/d\", \".:/e\", "
				   "\"../x:/x\", \"~/y:/y\"]}}";
	struct compose_file file = {"a.yml", text, sizeof(text) - 1};
	autocompose struct compose_read read = {0};
	const json_t *mounts;
	struct err e = {0};

	(void)state;
	assert_int_equal(compose_read(&file, 1, "/share/eth", &read, &e), 0);
	mounts = json_arr(json_array_get(read.seen, 0), "mounts");
	assert_int_equal(json_array_size(mounts), 2);
	assert_string_equal(json_str(json_array_get(mounts, 0), "source", ""), "/share/eth/d");
	assert_string_equal(json_str(json_array_get(mounts, 1), "source", ""), "/share/eth");
	assert_int_equal(json_array_size(read.notes), 2);
}

/* ---- the relay's configuration file ---- */

static void test_config(void **state)
{
	static const char app[] =
		"[{\"name\":\"node-app\",\"script\":\"app.js\",\"cwd\":\"/"
		"x\",\"env\":{\"NODE_ENV\":"
		"\"production\",\"RPC_HOST\":\"localhost\",\"RPC_PORT\":\"8545\",\"LISTENING_"
		"PORT\":"
		"\"30304\",\"INSTANCE_NAME\":\"My NAS\",\"CONTACT_DETAILS\":\"\",\"WS_SERVER\":"
		"\"wss://rpc.ethstats.net\",\"WS_SECRET\":\"hush\",\"VERBOSITY\":7}},{}]";
	autounderstood struct understood u = {0};
	autojson json_t *file = NULL;
	struct given g;
	autocompose struct compose_read read = {0};
	json_t *relay;
	struct err e = {0};

	(void)state;
	give("seed_v1_pair", &g);
	assert_int_equal(compose_read(g.files, g.n, NULL, &read, &e), 0);
	assert_int_equal(understand(&recipes, read.seen, NULL, read.name, DATA_ROOT, &u, &e), 0);
	assert_int_equal(json_parse(app, sizeof(app) - 1, &file, &e), 0);
	understand_config(&u, recipes.items[1], "relay", file);
	understand_required(&u, recipes.items[1], "relay");
	relay = understood_service(&u, "relay");
	assert_string_equal(json_str(json_obj(relay, "options"), "instance_name", ""), "My NAS");
	assert_int_equal(json_int(json_obj(relay, "options"), "listening_port", 0), 30304);
	assert_null(json_object_get(json_obj(relay, "options"), "server")); /* the default */
	assert_string_equal(json_str(json_obj(relay, "secrets"), "WS_SECRET", ""), "hush");
	/* cwd, VERBOSITY 7, and a second program */
	assert_int_equal(json_array_size(u.notes), 3);
	for (size_t i = 0; i < 3; i++)
		assert_null(strstr(json_str(json_array_get(u.notes, i), "message", ""), "hush"));
	given_free(&g);
}

static void test_required(void **state)
{
	autounderstood struct understood u = {0};
	autocompose struct compose_read read = {0};
	struct given g;
	struct err e = {0};

	(void)state;
	give("seed_v2", &g);
	assert_int_equal(compose_read(g.files, g.n, NULL, &read, &e), 0);
	assert_int_equal(understand(&recipes, read.seen, NULL, read.name, DATA_ROOT, &u, &e), 0);
	understand_required(&u, recipes.items[1], "relay");
	assert_string_equal(
		json_str(json_obj(understood_service(&u, "relay"), "options"), "instance_name", ""),
		"parity");
	given_free(&g);
}

/* ---- there and back ---- */

static const char wish[] =
	"{\"name\":\"eth\",\"data_dir\":\"" DATA_ROOT "/eth\",\"network\":\"%s\",\"services\":["
	"{\"name\":\"node\",\"recipe\":\"parity\",\"image\":\"parity/parity:v1.6.8\","
	"\"container_name\":\"my_$node\",\"options\":{\"pruning\":\"archive\",\"identity\":\"a "
	"$b 'c\",\"extra_args\":[\"--tracing\",\"on\"]},\"env\":{\"TZ\":\"Europe/Oslo\"},"
	"\"limits\":{\"memory_bytes\":1610612736,\"swap_bytes\":0,\"cpus\":1.25,\"cpu_shares\":512,"
	"\"memory_reservation_bytes\":1073741824,\"blkio_weight\":300},\"ports\":[{\"container\":"
	"30303,\"host\":30304,\"protocol\":\"udp\",\"host_ip\":\"::1\"}]},"
	"{\"name\":\"relay\",\"recipe\":\"ethnetintel\",\"image\":\"ethnetintel:latest\",\"ports\":"
	"[],"
	"\"options\":{\"instance_name\":\"nas\"},\"limits\":{\"memory_bytes\":268435456,\"cpus\":0."
	"2}}]}";

static json_t *write_out(const struct stack *s)
{
	struct compose_service services[2];
	json_t *configs[2], *files;
	autofree char *file = NULL;
	char *names[2];
	struct err e = {0};

	for (size_t i = 0; i < 2; i++) {
		const struct recipe *r = recipe_find(&recipes, s->services[i].recipe);
		struct spec_input in = {
			s, &s->services[i], r, recipe_generation(r, s->services[i].image), "relay"};

		if (spec_container(&in, &configs[i], &e))
			fail_msg("%s", e.message);
		names[i] = spec_container_name(s, s->services[i].name);
		services[i] =
			(struct compose_service){&s->services[i], r, configs[i], names[i], NULL};
	}
	assert_int_equal(
		spec_config_file(recipes.items[1], &s->services[1], s->network, NULL, &file, &e),
		0);
	services[1].file = file;
	files = compose_write(s, services, 2, NULL);
	for (size_t i = 0; i < 2; i++) {
		json_decref(configs[i]);
		free(names[i]);
	}
	return files;
}

static void there_and_back(const char *network, bool with_env)
{
	autofree char *text = xasprintf(wish, network);
	autostack struct stack s = {0}, back = {0};
	autojson json_t *input = NULL, *secrets = NULL, *files = NULL, *secrets2 = NULL;
	autojson json_t *a = NULL, *b = NULL;
	autocompose struct compose_read read = {0};
	autounderstood struct understood u = {0};
	struct compose_file given[2];
	struct err e = {0};
	size_t n = 0, i;
	json_t *f, *options;

	/* a name as Docker takes it: the "$" is for the arguments only */
	*strchr(strstr(text, "my_"), '$') = '_';
	assert_int_equal(json_parse(text, strlen(text), &input, &e), 0);
	if (wanted_parse(input, DATA_ROOT, 1, &s, &secrets, &e))
		fail_msg("%s", e.message);
	/* "$" and "'" pass no check of an option, but any text must survive */
	options = s.services[0].options;
	json_object_del(options, "identity");
	json_array_append_new(json_arr(options, "extra_args"), json_string("--note=a $b 'c: #d"));
	files = write_out(&s);
	json_array_foreach (files, i, f) {
		const char *name = json_str(f, "name", "");

		if (!strcmp(name, "docker-compose.yml") || (with_env && !strcmp(name, ".env")))
			given[n++] = (struct compose_file){
				name, json_str(f, "text", ""), strlen(json_str(f, "text", ""))};
	}
	assert_int_equal(json_array_size(files), 4);
	if (compose_read(given, n, NULL, &read, &e) ||
		understand(&recipes, read.seen, read.notes, read.name, DATA_ROOT, &u, &e))
		fail_msg("%s\n%s", e.message, given[0].text);
	if (json_array_size(u.notes)) {
		autofree char *notes = json_text(u.notes);

		fail_msg("%s\n%s", notes, given[0].text);
	}
	understand_required(&u, recipes.items[1], "relay");
	if (wanted_parse(u.stack, DATA_ROOT, 1, &back, &secrets2, &e))
		fail_msg("%s", e.message);
	/* the relay's name is in its configuration file, not here */
	json_object_set_new(back.services[1].options, "instance_name", json_string("nas"));
	/* who shares a network publishes by its owner */
	if (s.network == NET_SHARED) {
		struct port *ports = back.services[0].ports;

		back.services[0].ports = back.services[1].ports;
		back.services[1].ports = ports;
		back.services[0].n_ports = 1;
		back.services[1].n_ports = 0;
	}
	a = wanted_json(&s);
	b = wanted_json(&back);
	if (!json_equal(a, b)) {
		autofree char *is = json_dumps(b, JSON_INDENT(1));
		autofree char *want = json_dumps(a, JSON_INDENT(1));

		fail_msg("%s\nis not\n%s\n%s", is, want, given[0].text);
	}
}

static void test_there_and_back(void **state)
{
	(void)state;
	there_and_back("private", true);
	there_and_back("private", false);
	there_and_back("shared", true);
}

static void test_secret_stays(void **state)
{
	autofree char *text = xasprintf(wish, "private");
	autostack struct stack s = {0};
	autojson json_t *input = NULL, *secrets = NULL, *files = NULL;
	autofree char *all = NULL;
	struct err e = {0};

	(void)state;
	*strchr(strstr(text, "my_"), '$') = '_';
	assert_int_equal(json_parse(text, strlen(text), &input, &e), 0);
	assert_int_equal(wanted_parse(input, DATA_ROOT, 1, &s, &secrets, &e), 0);
	json_object_del(s.services[0].options, "identity");
	files = write_out(&s);
	all = json_text(files);
	assert_non_null(strstr(all, "WS_SECRET\\\": \\\"\\\""));
	assert_non_null(strstr(all, "\"mode\":\"0600\""));
}

/* A relay without a container stands beside the services, and is found again. */
static void test_builtin_relay(void **state)
{
	autojson json_t *options = json_pack("{s:s, s:s, s:i}", "instance_name", "My NAS: \"1\"",
		"server", "wss://page", "listening_port", 30304);
	struct service relay = {.name = "relay", .recipe = "ethstats", .options = options};
	struct stack s = {.name = "home", .data_dir = "/share/data/home"};
	autojson json_t *config =
		json_pack("{s:s, s:{}}", "Image", "parity/parity:v1.6.8", "HostConfig");
	struct service node = {.name = "node", .recipe = "parity", .image = "parity/parity:v1.6.8"};
	struct compose_service one = {&node, recipes.items[0], config, "home-node", NULL};
	autojson json_t *files = compose_write(&s, &one, 1, &relay);
	const char *text = json_str(json_array_get(files, 0), "text", "");
	struct compose_file given = {"docker-compose.yml", text, strlen(text)};
	autocompose struct compose_read read = {0};
	struct err e = {0};

	(void)state;
	if (compose_read(&given, 1, NULL, &read, &e))
		fail_msg("%s\n%s", e.message, text);
	assert_string_equal(json_str(read.relay, "recipe", ""), "ethstats");
	assert_true(json_equal(json_obj(read.relay, "options"), options));
	assert_int_equal(json_array_size(read.notes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_stacks_are_valid),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_limits_of_input),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_builtin_relay),
		cmocka_unit_test(test_secret_stays),
	};

	return cmocka_run_group_tests_name("compose", tests, load_recipes, free_recipes);
}
