/* io/docker: ping and versions, errors of the engine, times. */
#include "unit/docker_routes.h"

/* ---- ping and versions ---- */

static void test_ping(void **state)
{
	autoengine struct engine g;
	struct docker_version v;

	(void)state;
	engine_start(&g, NULL, NULL);
	assert_int_equal(docker_ping(g.d, &v, &why), 0);
	assert_string_equal(v.engine, "20.10.24");
	assert_string_equal(v.api, "1.41");
	assert_string_equal(v.arch, "amd64");
	assert_string_equal(v.kernel, "5.10.60-qnap");
	assert_string_equal(v.storage_driver, "overlay2");
	assert_string_equal(v.root_dir, "/d");
	assert_string_equal(v.id, "AB:CD");
	assert_int_equal(v.cgroup_version, 1);
	assert_true(
		v.swap_limit && v.memory_limit && v.cpu_quota && v.cpu_shares && v.blkio_weight);
	assert_true(v.system_time_ms == INT64_C(1795433866786));
}

static void test_versions(void **state)
{
	static const struct {
		const char *version, *api;
	} cases[] = {
		{"{\"ApiVersion\":\"1.23\"}", "1.23"},
		{"{\"ApiVersion\":\"1.46\"}", "1.46"},
		{"{\"ApiVersion\":\"1.47\",\"MinAPIVersion\":\"1.24\"}", "1.46"},
		{"{\"ApiVersion\":\"1.60\",\"MinAPIVersion\":\"1.50\"}", "1.50"},
		{"{\"ApiVersion\":\"1.22\",\"Version\":\"1.10.3\"}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autoengine struct engine g;
		struct docker_version v;

		engine_start(&g, cases[i].version, NULL);
		if (!cases[i].api) {
			assert_code(docker_ping(g.d, &v, &why), "engine.old");
			continue;
		}
		assert_int_equal(docker_ping(g.d, &v, &why), 0);
		assert_string_equal(v.api, cases[i].api);
	}
}

static void test_no_engine_there(void **state)
{
	static const char *const versions[] = {"{}", "[]", "hello", "", "{\"ApiVersion\":41}",
		"{\"ApiVersion\":\"1.x\"}", "{\"ApiVersion\":\"2.0\"}"};

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		autoengine struct engine g;
		struct docker_version v;

		engine_start(&g, versions[i], NULL);
		assert_code(docker_ping(g.d, &v, &why), "engine.broken");
	}
}

static void test_poor_info(void **state)
{
	autoengine struct engine g;
	struct docker_version v;

	(void)state;
	engine_start(&g, "{\"ApiVersion\":\"1.23\"}",
		"{\"CgroupVersion\":\"2\",\"Warnings\":[1,\"WARNING: No blkio weight support\"]}");
	assert_int_equal(docker_ping(g.d, &v, &why), 0);
	assert_int_equal(v.cgroup_version, 2);
	assert_false(v.swap_limit || v.memory_limit || v.blkio_weight);
	assert_int_equal(v.system_time_ms, 0);
}

static void test_absent(void **state)
{
	struct docker *d = docker_new("unix:///nonexistent/docker.sock");
	struct docker_version v;

	(void)state;
	assert_int_equal(docker_ping(d, &v, &why), -1);
	assert_non_null(strstr(why.message, "/nonexistent/docker.sock"));
	assert_code(-1, "engine.absent");
	assert_code(docker_start(d, "a", &why), "engine.absent");
	docker_free(d);
}

static void test_negotiates_again(void **state)
{
	static const char ended[] = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n[";
	autoengine struct engine g;
	struct docker_list l;

	(void)state;
	engine_start(&g, NULL, NULL);
	g.routes[2] = (struct fake_route){.match = "v1.41/containers", .raw = ended};
	fake_routes(&g.s, g.routes, 3);
	assert_code(docker_ps(g.d, NULL, &l, &why), "engine.broken");
	/* it comes back as another one */
	free(g.texts[0]);
	g.n = 0;
	add_route(&g, "GET /version", "200 OK", "{\"ApiVersion\":\"1.24\"}");
	g.n = 2;
	add_route(&g, "GET /v1.24/containers/json", "200 OK", "[]");
	fake_routes(&g.s, g.routes, 3);
	assert_int_equal(docker_ps(g.d, NULL, &l, &why), 0);
	assert_int_equal(l.n, 0);
	docker_list_free(&l);
}

static void test_exchanged_engine(void **state)
{
	autoengine struct engine g;
	struct docker_list l;

	(void)state;
	answers(&g, "/v1.41/", "400 Bad Request",
		"{\"message\":\"client version 1.41 is too old. Minimum supported API version is "
		"1.44\"}");
	assert_code(docker_ps(g.d, NULL, &l, &why), "engine.old");
	assert_int_equal(g.s.n_requests, 6); /* asked for the version again, and once more */
}

/* ---- errors of the engine ---- */

static void test_error_codes(void **state)
{
	static const struct {
		const char *status, *body, *code;
	} cases[] = {
		{"500 E", "{\"message\":\"boom\"}", "engine.error"},
		{"503 E", "", "engine.error"},
		{"400 E", "{\"message\":\"bad\"}", "engine.rejected"},
		{"409 E", "{\"message\":\"You cannot remove a running container x.\"}",
			"engine.rejected"},
		{"404 E", "{\"message\":\"No such container: x\"}", "container.missing"},
		{"404 E", "no such container: x\n", "container.missing"}, /* API 1.23 */
		{"404 E", "{\"message\":\"network nonet not found\"}", "network.missing"},
		{"404 E", "{\"message\":\"No such image: x:1\"}", "image.missing"},
		{"404 E", "page not found", "container.missing"},
		{"500 E",
			"{\"message\":\"Error starting userland proxy: listen tcp4 0.0.0.0:5998: "
			"bind: "
			"address already in use\"}",
			"port.taken"},
		{"500 E",
			"{\"message\":\"Bind for 0.0.0.0:5999 failed: port is already allocated\"}",
			"port.taken"},
		{"409 E",
			"{\"message\":\"Conflict. The container name \\\"/aa\\\" is already in use "
			"by "
			"container \\\"0\\\".\"}",
			"container.name_taken"},
		{"500 E",
			"{\"message\":\"runc: unable to set memory limit to 8388608 (current "
			"usage: "
			"21299200)\"}",
			"limit.below_use"},
		{"500 E", "{\"message\":\"task 2d64: already exists\"}", "container.lost"},
		{"500 E",
			"{\"message\":\"failed to start shim: mkdir /run/2d64: file exists: "
			"unknown\"}",
			"container.lost"},
		{"500 E", "{\"message\":\"id already in use\"}", "container.lost"},
		{"302 E", "", "engine.broken"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autoengine struct engine g;

		answers(&g, "POST /v1.41/containers/x/start", cases[i].status, cases[i].body);
		assert_code(docker_start(g.d, "x", &why), cases[i].code);
	}
}

static void test_words(void **state)
{
	char out[DOCKER_WORDS], longtext[DOCKER_WORDS + 50];

	(void)state;
	docker_clean("a\nb\x01"
		     "c \n",
		out);
	assert_string_equal(out, "a b c");
	/* a character of two bytes on the edge goes as a whole */
	memset(longtext, 'a', sizeof(longtext));
	longtext[DOCKER_WORDS - 2] = '\xc3';
	longtext[DOCKER_WORDS - 1] = '\xa9';
	longtext[sizeof(longtext) - 1] = '\0';
	docker_clean(longtext, out);
	assert_int_equal(strlen(out), DOCKER_WORDS - 2);
	assert_int_equal(out[DOCKER_WORDS - 3], 'a');
}

static void test_slow(void **state)
{
	static const struct fake_route silent[] = {{.raw = "", .hold = true}};
	cleanup(fake_stop) struct fake s;
	struct docker *d;
	autoanswer struct fetch_answer a = {0};
	struct docker_call c = {.path = "/version", .total_ms = 30};

	(void)state;
	fake_start_unix(&s, silent, 1);
	d = docker_new(s.path);
	assert_code(docker_attempt(d, 0, &c, &a, &why), "engine.slow");
	docker_free(d);
}

static void test_hostile_names(void **state)
{
	static const char *const names[] = {"", ".", "../x", "a/b", "a?b", "a b", "a%2fb", "a\n"};
	struct docker *d = docker_new("unix:///nonexistent/s");
	struct docker_image i;
	struct container c;

	(void)state;
	for (size_t k = 0; k < COUNT(names); k++) {
		assert_code(docker_start(d, names[k], &why), "engine.rejected");
		assert_code(docker_rename(d, "x", names[k], &why), "engine.rejected");
	}
	assert_code(docker_image(d, "a/../../b", &i, &why), "engine.rejected");
	assert_code(docker_image(d, "/a", &i, &why), "engine.rejected");
	assert_code(docker_image(d, "a//b", &i, &why), "engine.rejected");
	assert_code(docker_signal(d, "x", "9&x", &why), "engine.rejected");
	assert_code(docker_inspect(d, "x", &c, &why), "engine.absent");
	docker_free(d);
}

static void test_time(void **state)
{
	(void)state;
	assert_true(docker_time("1970-01-01T00:00:01Z") == 1000);
	assert_true(docker_time("2026-11-23T11:41:58.947600665Z") == INT64_C(1795434118947));
	assert_true(docker_time("2026-11-23T12:41:58.9+01:00") == INT64_C(1795434118900));
	assert_true(docker_time("2026-11-23T10:11:58-01:30") == INT64_C(1795434118000));
	assert_true(docker_time("0001-01-01T00:00:00Z") == 0);
	assert_true(docker_time("2026-11-23T11:41:58") == 0);
	assert_true(docker_time("2026-11-23T11:41:58+x") == 0);
	assert_true(docker_time("soon") == 0);
	assert_true(docker_time("") == 0);
	assert_true(docker_time(NULL) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_no_engine_there),
		cmocka_unit_test(test_poor_info),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_negotiates_again),
		cmocka_unit_test(test_exchanged_engine),
		cmocka_unit_test(test_error_codes),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_time),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
