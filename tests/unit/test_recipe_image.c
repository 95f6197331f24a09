/* Recipes: which version an image has, which generation that is, what it does to a database, and
 * where its chain stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/json.h"
#include "unit/recipes/each.h"

#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_image_refs),
		cmocka_unit_test(test_long_image_ref),
		cmocka_unit_test(test_generations_by_image),
		cmocka_unit_test(test_assumed),
		cmocka_unit_test(test_db_steps),
		cmocka_unit_test(test_stops),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
