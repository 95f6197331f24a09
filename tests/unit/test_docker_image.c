/* io/docker: images, here and in a registry. */
#include "unit/docker_routes.h"

static void test_image(void **state)
{
	static const struct {
		const char *ref, *digest;
	} cases[] = {
		{"repo/a:1", "sha256:aa"},
		{"docker.io/repo/a", "sha256:aa"},
		{"127.0.0.1:5000/b:tag", "sha256:bb"},
		{"alpine", "sha256:cc"},
		{"library/alpine:3", "sha256:cc"},
		{"alpine@sha256:cc", "sha256:cc"},
		{"other", "sha256:aa"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *line = xasprintf("GET /v1.41/images/%s/json ", cases[i].ref);
		autoengine struct engine g;
		struct docker_image img;

		answers(&g, line, "200 OK",
			"{\"Id\":\"sha256:1\",\"RepoDigests\":[\"bad\",\"repo/a@sha256:aa\","
			"\"127.0.0.1:5000/b@sha256:bb\",\"alpine@sha256:cc\"],\"Size\":44760,"
			"\"Architecture\":\"amd64\",\"Created\":\"2026-11-23T11:37:47Z\","
			"\"Config\":{\"User\":\"1000\"}}");
		assert_int_equal(docker_image(g.d, cases[i].ref, &img, &why), 0);
		assert_string_equal(img.digest, cases[i].digest);
		assert_string_equal(img.arch, "amd64");
		assert_int_equal(img.size, 44760);
		assert_string_equal(json_str(img.config, "User", ""), "1000");
		docker_image_free(&img);
	}
}

static void test_image_missing(void **state)
{
	autoengine struct engine g;
	struct docker_image img;

	(void)state;
	answers(&g, "/images/x/json", "404 N", "nothing");
	assert_code(docker_image(g.d, "x", &img, &why), "image.missing");
}

static void test_remote_digest(void **state)
{
	autoengine struct engine g;
	autojson json_t *platforms = NULL;
	autofree char *text = NULL;
	char digest[80];

	(void)state;
	answers(&g, "GET /v1.41/distribution/r/x:1/json", "200 OK",
		"{\"Descriptor\":{\"digest\":\"sha256:aa\"},\"Platforms\":[{\"os\":\"linux\","
		"\"architecture\":\"arm64\"}]}");
	assert_int_equal(docker_remote_digest(g.d, "r/x:1", digest, &platforms, &why), 0);
	assert_string_equal(digest, "sha256:aa");
	text = json_text(platforms);
	assert_string_equal(text, "[\"linux/arm64\"]");
	assert_int_equal(docker_remote_digest(g.d, "r/x:1", digest, NULL, &why), 0);
}

static void test_remote_digest_errors(void **state)
{
	static const struct {
		const char *version, *status, *body, *code;
	} cases[] = {
		{NULL, "500 E",
			"{\"message\":\"Get \\\"http://r/v2/\\\": dial tcp 127.0.0.1:5000: "
			"connect: "
			"connection refused\"}",
			"pull.offline"},
		{NULL, "404 N", "{\"message\":\"manifest unknown: manifest unknown\"}",
			"pull.missing"},
		{NULL, "401 U", "{\"message\":\"unauthorized: authentication required\"}",
			"pull.denied"},
		{NULL, "429 T", "{\"message\":\"toomanyrequests: You have reached\"}",
			"pull.rate_limit"},
		{NULL, "200 OK", "{}", "engine.broken"},
		{"{\"ApiVersion\":\"1.29\"}", "200 OK", "{}", "engine.old"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autoengine struct engine g;
		char digest[80];

		engine_start(&g, cases[i].version, NULL);
		add_route(&g, "/distribution/x/json", cases[i].status, cases[i].body);
		fake_routes(&g.s, g.routes, g.n);
		assert_code(docker_remote_digest(g.d, "x", digest, NULL, &why), cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_image_missing),
		cmocka_unit_test(test_remote_digest),
		cmocka_unit_test(test_remote_digest_errors),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
