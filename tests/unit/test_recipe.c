/* Recipes: what is read, what is refused, and what the dashboard is told of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/recipes/each.h"

#include <dirent.h>
#include <string.h>

static int refuse_all(const char *folder)
{
	autofree char *dir = xasprintf("%s/unit/recipes/%s", TESTS_DIR, folder);
	autodir DIR *d = opendir(dir);
	struct dirent *entry;
	int n = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		autofree char *path = xasprintf("%s/%s", dir, entry->d_name);
		struct recipe *r = NULL;
		struct err e = {0};

		if (entry->d_name[0] == '.')
			continue;
		if (!recipe_file(path, &r, &e))
			fail_msg("%s was accepted", entry->d_name);
		assert_null(r);
		assert_string_equal(e.code, "recipe.invalid");
		n++;
	}
	return n;
}

static void test_bad_recipes(void **state)
{
	(void)state;
	assert_true(refuse_all("bad") >= 90);
	assert_true(refuse_all("bad_meaning") >= 30);
}

/* The files must be refused for what their name says, not for a slip in the file. */
static void test_paths_in_messages(void **state)
{
	static const struct {
		const char *file, *begins;
	} cases[] = {
		{"bad/unknown_member", "entrypoint: is not known"},
		{"bad/unknown_in_generation", "generations[0].entrypoint: is not known"},
		{"bad/missing_stop", "stop: is missing"},
		{"bad/generation_uid_negative", "generations[0].uid: must be from 0 to 65535"},
		{"bad/args_not_text", "args[0].args[1]: must be a text"},
		{"bad/option_int_no_min", "options[2].min: is missing"},
		{"bad/option_min_on_flag", "options[4].min: does not belong"},
		{"bad/stop_signal_kill", "stop.signal: does not have the form"},
		{"bad/title_long", "title: must have 1 to 60 characters"},
		{"bad/title_control", "title: must not contain control"},
		{"bad/not_an_object", "(the whole recipe): must be an object"},
		{"bad_meaning/range_empty", "args[1]: the range of versions is empty"},
		{"bad_meaning/range_inside_generation", "args[1]: \"from\" and \"before\""},
		{"bad_meaning/generations_unsorted", "generations[0]: does not come before"},
		{"bad_meaning/generations_overlap", "generations[0]: reaches into the next"},
		{"bad_meaning/offer_unknown", "offer[0]: no generation has this image"},
		{"bad_meaning/option_default_no_choice", "options[5]: the default does not fit"},
		{"bad_meaning/option_pattern_broken", "options[1]: \"pattern\" is no regular"},
		{"bad_meaning/config_secret_unknown", "config.content.token: is no placeholder"},
		{"bad_meaning/cache_placeholder_without_rule", "args[0]: {cache_mb} needs"},
		{"bad_meaning/twice_the_same_member", "Not valid JSON: line "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *path =
			xasprintf("%s/unit/recipes/%s.json", TESTS_DIR, cases[i].file);
		struct recipe *r = NULL;
		struct err e = {0};

		assert_int_equal(recipe_file(path, &r, &e), -1);
		if (strncmp(e.message, cases[i].begins, strlen(cases[i].begins)) != 0)
			fail_msg("%s: %s", cases[i].file, e.message);
	}
}

static void test_full(void **state)
{
	const struct recipe_generation *g = full->generations;

	(void)state;
	assert_string_equal(full->id, "full");
	assert_false(full->relay);
	assert_int_equal(full->n_repositories, 2);
	assert_int_equal(full->n_generations, 2);
	assert_int_equal(g[0].db_version, 4);
	assert_int_equal(g[0].db_reads_from, 2);
	assert_string_equal(g[0].user, "0:0");
	assert_true(g[0].args_unquoted);
	assert_int_equal(g[1].gid, 1001);
	assert_string_equal(full->data_path, "/var/lib/full");
	assert_int_equal(full->n_networks, 2);
	assert_int_equal(full->networks[0].block_time_ms, 12000);
	assert_string_equal(full->networks[1].status, "historic");
	assert_int_equal(full->rpc.port, 9545);
	assert_string_equal(full->rpc.gap, "full_gap");
	assert_int_equal(full->rpc.gap_range.from.major, 2);
	assert_string_equal(full->stop_signal, "SIGINT");
	assert_true(full->stop_kill);
	assert_int_equal(full->stop_timeout_s, 60);
	assert_int_equal(full->answer_s, 30);
	assert_int_equal(full->limits.memory, 1024ll << 20);
	assert_int_equal(full->limits.swap, 256ll << 20);
	assert_int_equal(full->warn_memory, 256ll << 20);
	assert_int_equal(full->log_files, 2);
	assert_int_equal(full->identity_globs.n, 2);
	assert_string_equal(full->config.mount, "/etc/full/full.json");
	assert_string_equal(full->secrets[0].key, "TOKEN");
}

static void test_minimal(void **state)
{
	autorecipe struct recipe *r = recipe_load("tests/unit/recipes/good/minimal.json");
	size_t n = 9;
	autofree struct port *ports = recipe_default_ports(r, &n);

	(void)state;
	assert_string_equal(r->stop_signal, "SIGTERM");
	assert_null(r->data_path);
	assert_null(r->config.file);
	assert_int_equal(r->rpc.port, 0);
	assert_int_equal(n, 0);
	assert_int_equal(recipe_cache_mb(r, 1ll << 30), 0);
	assert_null(recipe_network(r, NULL));
	assert_int_equal(r->generations[0].db_version, -1);
}

static void test_set(void **state)
{
	static const char *const names[] = {"parity", "ethnetintel", "ethereumjs", "parity"};
	struct recipe_text texts[4];
	char *kept[4];
	struct recipe_set set = {0};
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 4; i++) {
		autofree char *path = xasprintf("%s/shared/recipes/%s.json", ROOT_DIR, names[i]);

		texts[i].name = names[i];
		kept[i] = file_text(path, &texts[i].len);
		texts[i].text = kept[i];
	}
	assert_int_equal(recipe_set_load(texts, 3, &set, &e), 0);
	assert_int_equal(set.n, 3);
	assert_string_equal(recipe_find(&set, "ethnetintel")->id, "ethnetintel");
	assert_true(recipe_find(&set, "ethnetintel")->relay);
	assert_null(recipe_find(&set, "geth"));
	recipe_set_free(&set);
	assert_int_equal(recipe_set_load(texts, 4, &set, &e), -1);
	assert_string_equal(e.code, "recipe.invalid");
	assert_string_equal(e.message, "parity: id: \"parity\" is the id of another recipe");
	for (int i = 0; i < 4; i++)
		free(kept[i]);
}

static void test_ports(void **state)
{
	size_t n = 0;
	autofree struct port *p = recipe_default_ports(parity, &n);

	(void)state;
	assert_int_equal(n, 2);
	assert_int_equal(p[0].container, 30303);
	assert_int_equal(p[0].host, 30303);
	assert_string_equal(p[0].protocol, "tcp");
	assert_string_equal(p[1].protocol, "udp");
	assert_string_equal(p[1].host_ip, "");
}

static void test_json(void **state)
{
	autojson json_t *j = recipe_json(parity), *r = recipe_json(relay);

	(void)state;
	assert_string_equal(json_str(j, "role", ""), "node");
	assert_string_equal(json_str(r, "role", ""), "relay");
	assert_string_equal(json_string_value(json_array_get(json_arr(j, "images"), 0)),
		"openethereum/openethereum:v3.3.5");
	assert_int_equal(json_array_size(json_arr(j, "generations")), parity->n_generations);
	assert_int_equal(json_array_size(json_arr(j, "options")), parity->n_options);
	assert_int_equal(json_int(json_obj(j, "limits"), "memory_bytes", 0), 2048ll << 20);
	assert_true(json_is_null(json_object_get(json_obj(j, "limits"), "cpus")));
	assert_true(json_num(json_obj(r, "limits"), "cpus", 0) == 0.2);
	assert_int_equal(json_int(json_array_get(json_arr(j, "ports"), 1), "host", 0), 30303);
	assert_string_equal(
		json_str(json_array_get(json_arr(r, "secrets"), 0), "key", ""), "WS_SECRET");
	assert_int_equal(json_array_size(json_arr(j, "secrets")), 0);
	assert_null(json_object_get(r, "config"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_recipes),
		cmocka_unit_test(test_paths_in_messages),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
