/* Recipes: what is read, what is refused, and every question that is asked of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/json.h"
#include "unit/recipes/each.h"

#include <dirent.h>
#include <string.h>

static const struct recipe_generation *gen(const char *image)
{
	const struct recipe_generation *g = recipe_generation(parity, image);

	if (!g)
		fail_msg("no generation for %s", image);
	return g;
}

/* ---- reading ---- */

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

/* ---- versions and images ---- */

static void test_tags(void **state)
{
	static const struct {
		const char *tag;
		int major, minor, patch; /* major -1: no version */
	} cases[] = {
		{"v1.6.8", 1, 6, 8},
		{"1.6.8", 1, 6, 8},
		{"v2.5.13-stable", 2, 5, 13},
		{"v2.7.2-beta", 2, 7, 2},
		{"1", 1, 0, 0},
		{"1.5", 1, 5, 0},
		{"multiarch-v26.7.0", 26, 7, 0},
		{"v1.17.5_amd64", 1, 17, 5},
		{"latest", -1, 0, 0},
		{"stable", -1, 0, 0},
		{"nightly", -1, 0, 0},
		{"v", -1, 0, 0},
		{"1.6.x", -1, 0, 0},
		{"6d281adab3fc", -1, 0, 0},
		{"1.2.3.4", -1, 0, 0},
		{"v99999999999999999999", -1, 0, 0},
		{"", -1, 0, 0},
		{"1.", -1, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct recipe_version v = {7, 7, 7};
		bool found = recipe_version_of_tag(cases[i].tag, &v);

		if (found != (cases[i].major >= 0))
			fail_msg("%s: %d", cases[i].tag, found);
		assert_int_equal(v.major, found ? cases[i].major : 7);
		assert_int_equal(v.minor, found ? cases[i].minor : 7);
		assert_int_equal(v.patch, found ? cases[i].patch : 7);
	}
}

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_image_refs(void **state)
{
	static const struct {
		const char *text, *registry, *repository, *tag, *digest;
	} good[] = {
		{"ethnetintel", NULL, "ethnetintel", "latest", NULL},
		{"parity/parity:v1.6.8", NULL, "parity/parity", "v1.6.8", NULL},
		{"127.0.0.1:5000/parity/parity:v1.6.8", "127.0.0.1:5000", "parity/parity", "v1.6.8",
			NULL},
		{"localhost/x/y", "localhost", "x/y", "latest", NULL},
		{"ghcr.io/a/b:1@" DIGEST, "ghcr.io", "a/b", "1", DIGEST},
		{"a/b@" DIGEST, NULL, "a/b", NULL, DIGEST},
	};
	static const char *const bad[] = {"", ":", "a:", "/a", "a//b", "A/b", "a b", "a@sha256:12",
		"a:b:c", "a:b/c", "-a", "a/-b", "a@", "host.x:port/a", "a\nb", "../a", "a:tag$(id)",
		"a:.1", "a:-1", "a:b\n", "a@sha512:0123", "a@" DIGEST "0",
		"a@sha256:" /* capitals */
		"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		autoimage struct image_ref r = {0};
		struct err e = {0};

		if (image_ref_parse(good[i].text, &r, &e))
			fail_msg("%s: %s", good[i].text, e.message);
		assert_string_equal(r.repository, good[i].repository);
		assert_string_equal(
			r.registry ? r.registry : "-", good[i].registry ? good[i].registry : "-");
		assert_string_equal(r.tag ? r.tag : "-", good[i].tag ? good[i].tag : "-");
		assert_string_equal(
			r.digest ? r.digest : "-", good[i].digest ? good[i].digest : "-");
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct image_ref r;
		struct err e = {0};

		if (!image_ref_parse(bad[i], &r, &e))
			fail_msg("\"%s\" was accepted", bad[i]);
		assert_string_equal(e.code, "input.image");
	}
}

static void test_long_image_ref(void **state)
{
	struct image_ref r;
	struct err e = {0};
	char text[400];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[256] = '\0';
	assert_int_equal(image_ref_parse(text, &r, &e), -1);
	assert_string_equal(e.code, "input.image");
	text[255] = '\0';
	assert_int_equal(image_ref_parse(text, &r, &e), 0);
	image_ref_free(&r);
	text[1] = ':'; /* a tag has at most 128 characters */
	text[2 + 129] = '\0';
	assert_int_equal(image_ref_parse(text, &r, &e), -1);
	text[2 + 128] = '\0';
	assert_int_equal(image_ref_parse(text, &r, &e), 0);
	image_ref_free(&r);
}

static void test_generations_by_image(void **state)
{
	static const struct {
		const char *image, *generation; /* NULL: not known */
		int uid;
	} cases[] = {
		{"ethcore/parity:v1.3.5", "1.3", 0},
		{"ethcore/parity:v1.4.10", "1.4", 0},
		{"ethcore/parity:v1.5.12", "1.5", 0},
		{"ethcore/parity:stable", "1.4", 0},
		{"ethcore/parity", "1.5", 0},
		{"parity/parity:v1.6.8", "1.6", 0},
		{"parity/parity:v1.7.0", "1.7", 0},
		{"parity/parity:v1.10.9", "1.7", 0},
		{"parity/parity:v1.11.11", "1.11", 0},
		{"parity/parity:v2.0.9", "2.0", 0},
		{"parity/parity:v2.1.11", "2.1", 0},
		{"parity/parity:v2.2.7", "2.2", 1000},
		{"parity/parity:v2.3.0", "2.2", 1000},
		{"parity/parity:v2.4.9", "2.4", 1000},
		{"parity/parity:v2.5.13-stable", "2.4", 1000},
		{"parity/parity:v2.6.4-beta", "2.6", 1000},
		{"parity/parity:v2.7.2-stable", "2.7", 1000},
		{"parity/parity:stable", "2.7", 1000},
		{"openethereum/openethereum:v3.0.1", "3.0", 1000},
		{"openethereum/openethereum:v3.1.0", "3.1", 1000},
		{"openethereum/openethereum:v3.3.5", "3.1", 1000},
		{"openethereum/openethereum:latest", "3.1", 1000},
		{"127.0.0.1:5000/parity/parity:v1.6.8", "1.6", 0},
		{"docker.io/parity/parity:v1.6.8", "1.6", 0},
		{"nas.local/mirror/parity/parity:v1.6.8", "1.6", 0},
		{"parity/parity:v1.6.8@" DIGEST, "1.6", 0},
		{"parity/parity:nightly", NULL, 0},
		{"parity/parity@" DIGEST, NULL, 0},
		{"ethcore/parity:v1.2.3", NULL, 0},
		{"openethereum/openethereum:v3.4.0", NULL, 0},
		{"mirror/parity/parity:v1.6.8", NULL, 0},
		{"notparity/parity:v1.6.8", NULL, 0},
		{"ethereum/client-go:v1.10.0", NULL, 0},
		{"Parity/parity", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct recipe_generation *g = recipe_generation(parity, cases[i].image);

		if (!g != !cases[i].generation || (g && strcmp(g->id, cases[i].generation) != 0))
			fail_msg("%s: %s", cases[i].image, g ? g->id : "(none)");
		if (g && g->uid != cases[i].uid)
			fail_msg("%s: uid %d", cases[i].image, g->uid);
	}
}

static void test_assumed(void **state)
{
	struct recipe_version v;
	bool assumed = false;

	(void)state;
	assert_true(recipe_version(parity, "ethcore/parity:latest", &v, &assumed));
	assert_true(assumed);
	assert_true(recipe_version(parity, "parity/parity:v2.5.13-stable", &v, &assumed));
	assert_false(assumed);
	assert_int_equal(v.patch, 13);
	/* the relay is built by its user, under any name */
	assert_non_null(recipe_generation(relay, "ethnetintel:latest"));
	assert_non_null(recipe_generation(relay, "127.0.0.1:5000/me/my-relay:test"));
	assert_null(recipe_generation(relay, "not an image"));
	assert_non_null(recipe_generation(demo, "ethstation/demo-node:1"));
	assert_null(recipe_generation(demo, "ethstation/demo-node:2"));
	/* a recipe may name a registry */
	assert_string_equal(recipe_generation(full, "ghcr.io/example/full:v2.1.0")->id, "2");
	assert_string_equal(recipe_generation(full, "ghcr.io/example/full:edge")->id, "1");
	assert_null(recipe_generation(full, "example/full:v1.9.0")); /* between generations */
}

/* ---- database ---- */

static void test_db_steps(void **state)
{
	static const struct {
		const char *from, *to;
		int actual;
		enum db_step step;
	} cases[] = {
		{"ethcore/parity:v1.3.5", "ethcore/parity:v1.3.9", -1, DB_SAME},
		{"ethcore/parity:v1.3.5", "ethcore/parity:v1.5.0", -1, DB_SAME},
		{"ethcore/parity:v1.3.5", "parity/parity:v1.6.8", -1, DB_ONE_WAY},
		{"parity/parity:v1.6.8", "ethcore/parity:v1.3.5", -1, DB_REFUSED},
		{"parity/parity:v1.6.8", "parity/parity:v2.5.13-stable", -1, DB_ONE_WAY},
		{"parity/parity:v2.0.9", "parity/parity:v2.5.13-stable", -1, DB_SAME},
		{"parity/parity:v2.5.13-stable", "parity/parity:v2.6.4-beta", -1, DB_UNKNOWN},
		{"parity/parity:v2.6.4-beta", "parity/parity:v2.6.5-beta", -1, DB_SAME},
		{"parity/parity:v2.6.4-beta", "parity/parity:v2.7.2-stable", -1, DB_UNKNOWN},
		{"parity/parity:v2.5.13-stable", "openethereum/openethereum:v3.0.1", -1,
			DB_ONE_WAY},
		{"parity/parity:v2.5.13-stable", "openethereum/openethereum:v3.3.5", -1,
			DB_REFUSED},
		{"openethereum/openethereum:v3.0.1", "openethereum/openethereum:v3.3.5", -1,
			DB_REFUSED},
		{"openethereum/openethereum:v3.1.0", "openethereum/openethereum:v3.3.5", -1,
			DB_SAME},
		/* what is found in the folder counts more than what the image would write */
		{"parity/parity:v2.7.2-stable", "parity/parity:v2.5.13-stable", 13, DB_SAME},
		{"parity/parity:v2.5.13-stable", "parity/parity:v2.7.2-stable", 14, DB_SAME},
		{"parity/parity:v2.6.4-beta", "parity/parity:v2.7.2-stable", 14, DB_SAME},
		{"parity/parity:v1.6.8", "parity/parity:v2.7.2-stable", 9, DB_REFUSED},
		{"parity/parity:v1.6.8", "parity/parity:v1.6.8", 16, DB_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum db_step s =
			recipe_db_step(gen(cases[i].from), cases[i].actual, gen(cases[i].to));

		if (s != cases[i].step)
			fail_msg("%s -> %s (%d): %s", cases[i].from, cases[i].to, cases[i].actual,
				db_step_name(s));
	}
	assert_int_equal(recipe_db_step(NULL, -1, gen("parity/parity:v1.6.8")), DB_UNKNOWN);
	assert_int_equal(recipe_db_step(NULL, 10, gen("parity/parity:v1.6.8")), DB_ONE_WAY);
	assert_int_equal(recipe_db_step(&demo->generations[0], -1, &demo->generations[0]), DB_SAME);
	assert_string_equal(db_step_name(DB_ONE_WAY), "one_way");
	assert_string_equal(db_step_name(DB_UNKNOWN), "unknown");
}

static void test_stops(void **state)
{
	static const struct {
		const char *image;
		int64_t block;
	} cases[] = {
		{"ethcore/parity:v1.3.5", 2463000},
		{"ethcore/parity:v1.3.9", 2675000},
		{"ethcore/parity:v1.3.15", 4370000},
		{"ethcore/parity:v1.4.4", 4370000},
		{"parity/parity:v1.7.13", 4370000},
		{"parity/parity:v1.8.0", 7280000},
		{"parity/parity:v2.2.7", 7280000},
		{"parity/parity:v2.2.10", 9069000},
		{"parity/parity:v2.5.9", 9069000},
		{"parity/parity:v2.5.11", 9200000},
		{"parity/parity:v2.5.13-stable", 12244000},
		{"openethereum/openethereum:v3.1.1", 12244000},
		{"openethereum/openethereum:v3.2.6", 12965000},
		{"openethereum/openethereum:v3.3.5", 15050000},
	};
	autojson json_t *dev = js("{\"chain\":\"dev\"}");

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct recipe_version v;

		assert_true(recipe_version(parity, cases[i].image, &v, NULL));
		assert_int_equal(
			recipe_network_stop(recipe_network(parity, NULL), v), cases[i].block);
	}
	assert_string_equal(recipe_network(parity, NULL)->value, "mainnet");
	assert_true(recipe_network(parity, NULL)->needs_peers);
	assert_string_equal(recipe_network(parity, dev)->status, "local");
	assert_false(recipe_network(parity, dev)->needs_peers);
	assert_int_equal(
		recipe_network_stop(recipe_network(parity, dev), (struct recipe_version){1, 6, 0}),
		-1);
	assert_int_equal(recipe_network(demo, NULL)->block_time_ms, 1000);
}

/* ---- options ---- */

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

/* ---- the rest ---- */

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
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_image_refs),
		cmocka_unit_test(test_long_image_ref),
		cmocka_unit_test(test_generations_by_image),
		cmocka_unit_test(test_assumed),
		cmocka_unit_test(test_db_steps),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_nul_in_options),
		cmocka_unit_test(test_option_messages),
		cmocka_unit_test(test_relay_options),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
