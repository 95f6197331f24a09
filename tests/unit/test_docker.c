/* The short calls of io/docker: ping and versions, errors, containers, limits, images. */
#include "io/docker_priv.h"
#include "unit/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct err why;

/* An engine with /version and /info, one more route (matching `line`), and a client for it. */
struct engine {
	struct fake s;
	struct docker *d;
	struct fake_route routes[4];
	char *texts[4];
	size_t n;
};

static void add_route(struct engine *g, const char *match, const char *status, const char *body)
{
	g->texts[g->n] = xasprintf(
		"HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	g->routes[g->n] = (struct fake_route){.match = match, .raw = g->texts[g->n], .keep = true};
	g->n++;
}

static void engine_start(struct engine *g, const char *version, const char *info)
{
	autofree char *endpoint = NULL;

	*g = (struct engine){0};
	fake_start_unix(&g->s, NULL, 0);
	endpoint = xasprintf("unix://%s", g->s.path);
	g->d = docker_new(endpoint);
	add_route(g, "GET /version", "200 OK",
		version ? version
			: "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1."
			  "12\","
			  "\"Os\":\"linux\",\"Arch\":\"amd64\",\"KernelVersion\":\"5.10.60-"
			  "qnap\"}");
	add_route(g, "GET /info", "200 OK",
		info ? info
		     : "{\"ID\":\"AB:CD\",\"Driver\":\"overlay2\",\"DockerRootDir\":\"/"
		       "d\",\"NCPU\":4,"
		       "\"CgroupVersion\":\"1\",\"SwapLimit\":true,\"MemoryLimit\":true,"
		       "\"CpuCfsQuota\":true,\"CPUShares\":true,"
		       "\"SystemTime\":\"2026-11-23T11:37:46.7860306Z\"}");
	fake_routes(&g->s, g->routes, g->n);
}

static void engine_stop(struct engine *g)
{
	docker_free(g->d);
	fake_stop(&g->s);
	for (size_t i = 0; i < g->n; i++)
		free(g->texts[i]);
}

static void answers(struct engine *g, const char *match, const char *status, const char *body)
{
	engine_start(g, NULL, NULL);
	add_route(g, match, status, body);
	fake_routes(&g->s, g->routes, g->n);
}

#define autoengine cleanup(engine_stop)

static void assert_code(int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(why.code, code);
	assert_int_not_equal(why.kind, ERR_NONE);
	assert_true(why.message[0]);
	why = (struct err){0};
}

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

/* ---- containers ---- */

static const char inspected[] =
	"{\"Id\":\"" ID "\",\"Created\":\"2026-11-23T11:41:58.947600665Z\",\"Name\":\"/node\","
	"\"RestartCount\":3,\"Image\":\"sha256:aa\",\"State\":{\"Status\":\"running\",\"Pid\":77,"
	"\"ExitCode\":137,\"OOMKilled\":true,\"StartedAt\":\"2026-11-23T11:41:59.424144238Z\","
	"\"FinishedAt\":\"0001-01-01T00:00:00Z\"},\"HostConfig\":{\"NetworkMode\":\"default\","
	"\"RestartPolicy\":{\"Name\":\"always\"},\"Memory\":1073741824,\"MemorySwap\":1610612736,"
	"\"CpuPeriod\":100000,\"CpuQuota\":20000,\"CpuShares\":512},"
	"\"Config\":{\"Image\":\"parity/parity:v1.3.10\",\"Cmd\":[\"--chain\",\"dev\"],"
	"\"Labels\":{\"a\":\"b\"}},\"Mounts\":[{\"Type\":\"bind\"}],"
	"\"NetworkSettings\":{\"IPAddress\":\"\",\"Networks\":{\"x\":{\"IPAddress\":\"\"},"
	"\"y\":{\"IPAddress\":\"172.17.0.2\"}}}}";

static void test_inspect(void **state)
{
	autoengine struct engine g;
	autocontainer struct container c = {0};

	(void)state;
	answers(&g, "GET /v1.41/containers/node/json", "200 OK", inspected);
	assert_int_equal(docker_inspect(g.d, "node", &c, &why), 0);
	assert_int_equal(c.presence, PRESENCE_YES);
	assert_string_equal(c.id, ID);
	assert_string_equal(c.name, "node");
	assert_string_equal(c.state, "running");
	assert_string_equal(c.image, "parity/parity:v1.3.10");
	assert_string_equal(c.image_id, "sha256:aa");
	assert_string_equal(c.network_mode, "bridge");
	assert_string_equal(c.restart_policy, "always");
	assert_string_equal(c.ip, "172.17.0.2");
	assert_string_equal(json_str(c.labels, "a", ""), "b");
	assert_int_equal(json_array_size(c.mounts), 1);
	assert_int_equal(json_array_size(c.args), 2);
	assert_int_equal(c.pid, 77);
	assert_int_equal(c.exit_code, 137);
	assert_int_equal(c.restart_count, 3);
	assert_true(c.oom_killed);
	assert_true(c.created_at == INT64_C(1795434118947));
	assert_true(c.started_at == INT64_C(1795434119424));
	assert_true(c.finished_at == 0);
	assert_true(c.limits.memory == 1073741824 && c.limits.swap == 536870912);
	assert_int_equal(c.limits.cpu_millis, 200);
	assert_int_equal(c.limits.cpu_shares, 512);
}

static void test_inspect_missing(void **state)
{
	autoengine struct engine g;
	struct container c = {.presence = PRESENCE_UNKNOWN};

	(void)state;
	answers(&g, "/containers/none/json", "404 E", "{\"message\":\"No such container: none\"}");
	assert_int_equal(docker_inspect(g.d, "none", &c, &why), 0);
	assert_int_equal(c.presence, PRESENCE_NO);
}

static void test_inspect_bare(void **state)
{
	autoengine struct engine g;
	autocontainer struct container c = {0};

	(void)state;
	answers(&g, "/containers/x/json", "200 OK",
		"{\"State\":{},\"HostConfig\":{\"NetworkMode\":\"container:abc\"},"
		"\"Config\":{\"Labels\":null,\"Cmd\":null},\"Mounts\":null}");
	assert_int_equal(docker_inspect(g.d, "x", &c, &why), 0);
	assert_string_equal(c.state, "unknown");
	assert_string_equal(c.network_mode, "container:abc");
	assert_string_equal(c.restart_policy, "no");
	assert_null(c.ip);
	assert_true(json_is_object(c.labels) && json_is_array(c.mounts) && json_is_array(c.args));
}

static void test_inspect_not_understood(void **state)
{
	static const char *const bodies[] = {"[]", "{}", "{\"State\":1}", "{", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		autoengine struct engine g;
		struct container c;

		answers(&g, "/containers/x/json", "200 OK", bodies[i]);
		assert_code(docker_inspect(g.d, "x", &c, &why), "engine.broken");
	}
}

static void test_ps(void **state)
{
	autoengine struct engine g;
	struct docker_list l;

	(void)state;
	answers(&g,
		"GET /v1.41/containers/json?all=1&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D",
		"200 OK",
		"[{\"Id\":\"" ID "\",\"Names\":[\"/other/alias\",\"/node\"],\"Image\":\"i:1\","
		"\"State\":\"exited\",\"Labels\":{\"a\":\"b\"},\"Mounts\":[]},{},7]");
	assert_int_equal(docker_ps(g.d, "a=b", &l, &why), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.items[0].name, "node");
	assert_string_equal(l.items[0].state, "exited");
	assert_string_equal(l.items[1].name, "");
	assert_true(json_is_object(l.items[2].labels));
	docker_list_free(&l);
}

static void test_create(void **state)
{
	autoengine struct engine g;
	autojson json_t *config = json_pack("{s:s}", "Image", "i:1");
	autojson json_t *warnings = NULL;
	char id[65];

	(void)state;
	answers(&g, "POST /v1.41/containers/create?name=node ", "201 Created",
		"{\"Id\":\"" ID "\",\"Warnings\":[\"w\"]}");
	assert_int_equal(docker_create(g.d, "node", config, id, &warnings, &why), 0);
	assert_string_equal(id, ID);
	assert_int_equal(json_array_size(warnings), 1);
	assert_true(fake_saw(&g.s, "{\"Image\":\"i:1\"}"));
	assert_true(fake_saw(&g.s, "Content-Type: application/json\r\n"));
	assert_int_equal(docker_create(g.d, "node", config, id, NULL, &why), 0);
}

static void test_create_without_id(void **state)
{
	autoengine struct engine g;
	char id[65] = "before";

	(void)state;
	answers(&g, "/create", "201 Created", "{\"Id\":\"" ID ID "\"}");
	assert_code(docker_create(g.d, "x", NULL, id, NULL, &why), "engine.broken");
	assert_string_equal(id, "before");
}

static void test_what_is_done_is_fine(void **state)
{
	static const char not_running[] =
		"{\"message\":\"Cannot kill container: x: Container x is not running\"}";
	autoengine struct engine a, b, c, d, f;

	(void)state;
	answers(&a, "/containers/x/start", "304 Not Modified", "");
	assert_int_equal(docker_start(a.d, "x", &why), 0);
	answers(&b, "POST /v1.41/containers/x/kill?signal=SIGTERM", "409 Conflict", not_running);
	assert_int_equal(docker_signal(b.d, "x", "SIGTERM", &why), 0);
	answers(&c, "DELETE /v1.41/containers/x?v=0&force=0", "404 N",
		"{\"message\":\"No such container: x\"}");
	assert_int_equal(docker_remove(c.d, "x", &why), 0);
	answers(&d, "POST /v1.41/networks/create", "409 C",
		"{\"message\":\"network with name n already exists\"}");
	assert_int_equal(docker_network_create(d.d, "n", NULL, &why), 0);
	answers(&f, "DELETE /v1.41/networks/n", "404 N", "{\"message\":\"network n not found\"}");
	assert_int_equal(docker_network_remove(f.d, "n", &why), 0);
	assert_int_equal(why.kind, ERR_NONE); /* on success it stays untouched */
}

static void test_update_restart(void **state)
{
	autoengine struct engine g;

	(void)state;
	answers(&g, "POST /v1.41/containers/x/update", "200 OK", "{\"Warnings\":null}");
	assert_int_equal(docker_update_restart(g.d, "x", "always", &why), 0);
	assert_true(fake_saw(&g.s, "{\"RestartPolicy\":{\"Name\":\"always\"}}"));
}

static void test_networks(void **state)
{
	autoengine struct engine g;
	autojson json_t *labels = json_pack("{s:s}", "k", "v");
	bool there = true;

	(void)state;
	answers(&g, "/networks/", "200 OK", "{\"Name\":\"abc\",\"Id\":\"a1f\"}");
	assert_int_equal(docker_network_exists(g.d, "abc", &there, &why), 0);
	assert_true(there);
	assert_int_equal(docker_network_exists(g.d, "a1", &there, &why), 0); /* part of an id */
	assert_false(there);
	assert_int_equal(docker_network_create(g.d, "abc", labels, &why), 0);
	assert_true(fake_saw(
		&g.s, "{\"Name\":\"abc\",\"CheckDuplicate\":true,\"Labels\":{\"k\":\"v\"}}"));
}

static void test_no_network(void **state)
{
	autoengine struct engine g, h;
	bool there = true;

	(void)state;
	answers(&g, "/networks/n", "404 N", "{\"message\":\"network n not found\"}");
	assert_int_equal(docker_network_exists(g.d, "n", &there, &why), 0);
	assert_false(there);
	answers(&h, "/networks/n", "403 F", "{\"message\":\"n has active endpoints\"}");
	assert_code(docker_network_remove(h.d, "n", &why), "engine.rejected");
	assert_code(docker_network_exists(h.d, "n", &there, &why), "engine.rejected");
}

/* ---- limits ---- */

static void assert_body(
	const struct limits *l, const char *host_text, int cgroup, const char *expected)
{
	autojson json_t *host = NULL;
	autojson json_t *body = NULL;
	autofree char *text = NULL;
	struct docker_dialect dialect = {.cgroup_version = cgroup, .cpus = 4, .swap_limit = true};
	struct limits back;

	assert_int_equal(json_parse(host_text, strlen(host_text), &host, NULL), 0);
	body = docker_limits_body(l, host, &dialect);
	text = json_text(body);
	assert_string_equal(text, expected);
	/* what was set is read back the same */
	json_object_update_missing(body, host);
	docker_limits_read(body, &dialect, &back);
	assert_memory_equal(&back, l, sizeof(back));
}

static void test_limits_body(void **state)
{
	static const char set[] = "{\"Memory\":1,\"MemoryReservation\":1,\"BlkioWeight\":10}";
	struct limits none = {0};
	struct limits all = {.memory = 1000000000,
		.swap = 500000000,
		.reservation = 800000000,
		.cpu_millis = 1500,
		.cpu_shares = 512,
		.blkio_weight = 300};
	struct limits some = {.memory = 1000000000, .cpu_millis = 250};

	(void)state;
	assert_body(&all, "{}", 1,
		"{\"Memory\":1000000000,\"MemorySwap\":1500000000,\"MemoryReservation\":800000000,"
		"\"CpuPeriod\":100000,\"CpuQuota\":150000,\"CpuShares\":512,\"BlkioWeight\":300}");
	assert_body(&some, "{}", 1,
		"{\"Memory\":1000000000,\"MemorySwap\":1000000000,\"CpuPeriod\":100000,"
		"\"CpuQuota\":25000,\"CpuShares\":1024}");
	assert_body(&none, set, 1,
		"{\"Memory\":9223372036854771712,\"MemorySwap\":9223372036854771712,"
		"\"MemoryReservation\":-1,\"CpuQuota\":-1,\"CpuShares\":1024,\"BlkioWeight\":500}");
	assert_body(&none, set, 2,
		"{\"Memory\":4611686018427387904,\"MemorySwap\":9223372036854771712,"
		"\"MemoryReservation\":6291456,\"CpuQuota\":-1,\"CpuShares\":1024,"
		"\"BlkioWeight\":500}");
	/* somebody used --cpus, after which the engine takes nothing else */
	assert_body(&some, "{\"NanoCpus\":1}", 1,
		"{\"Memory\":1000000000,\"MemorySwap\":1000000000,\"NanoCpus\":250000000,"
		"\"CpuShares\":1024}");
	assert_body(&none, "{\"NanoCpus\":1}", 1,
		"{\"Memory\":9223372036854771712,\"MemorySwap\":9223372036854771712,"
		"\"NanoCpus\":4000000000,\"CpuShares\":1024}");
}

static struct limits read_limits(const char *text, bool swap_limit)
{
	autojson json_t *host = NULL;
	struct docker_dialect dialect = {.cgroup_version = 1, .cpus = 4, .swap_limit = swap_limit};
	struct limits l;

	assert_int_equal(json_parse(text, strlen(text), &host, NULL), 0);
	docker_limits_read(host, &dialect, &l);
	return l;
}

static void test_limits_read(void **state)
{
	(void)state;
	assert_int_equal(read_limits("{\"Memory\":100,\"MemorySwap\":0}", true).swap, 100);
	assert_int_equal(read_limits("{\"Memory\":100,\"MemorySwap\":100}", true).swap, 0);
	assert_int_equal(read_limits("{\"Memory\":100,\"MemorySwap\":50}", true).swap, 0);
	assert_int_equal(read_limits("{\"Memory\":100,\"MemorySwap\":-1}", true).swap, -1);
	assert_int_equal(read_limits("{\"Memory\":100,\"MemorySwap\":-1}", false).swap, 0);
	assert_int_equal(read_limits("{\"Memory\":0,\"MemorySwap\":-1}", true).swap, 0);
	assert_int_equal(read_limits("{\"Memory\":-5}", true).memory, 0);
	assert_int_equal(read_limits("{\"CpuQuota\":50000}", true).cpu_millis, 500);
	assert_int_equal(
		read_limits("{\"CpuQuota\":33333,\"CpuPeriod\":50000}", true).cpu_millis, 667);
	assert_int_equal(read_limits("{\"CpuQuota\":-1}", true).cpu_millis, 0);
	assert_int_equal(read_limits("{\"CpuQuota\":9223372036854775807}", true).cpu_millis, 0);
	assert_int_equal(
		read_limits("{\"NanoCpus\":250000000,\"CpuQuota\":-1}", true).cpu_millis, 250);
	assert_int_equal(read_limits("{\"NanoCpus\":4000000000}", true).cpu_millis, 0);
	assert_int_equal(read_limits("{\"Memory\":\"x\",\"CpuShares\":null}", true).memory, 0);
}

static void test_update_limits(void **state)
{
	static const char warning[] =
		"{\"Warnings\":[\"Your kernel does not support Block I/O weight "
		"or the cgroup is not mounted. Weight discarded.\"]}";
	autoengine struct engine g;
	struct limits l = {.memory = 67108864};

	(void)state;
	answers(&g, "GET /v1.41/containers/x/json", "200 OK", inspected);
	add_route(&g, "POST /v1.41/containers/x/update", "200 OK", warning);
	fake_routes(&g.s, g.routes, g.n);
	assert_int_equal(docker_update_limits(g.d, "x", &l, &why), 0);
	assert_true(fake_saw(&g.s, "{\"Memory\":67108864,\"MemorySwap\":67108864,"));
	l.blkio_weight = 500; /* only then the warning is about something wanted */
	assert_code(docker_update_limits(g.d, "x", &l, &why), "limit.unsupported");
}

/* ---- images ---- */

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
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_inspect_missing),
		cmocka_unit_test(test_inspect_bare),
		cmocka_unit_test(test_inspect_not_understood),
		cmocka_unit_test(test_ps),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_without_id),
		cmocka_unit_test(test_what_is_done_is_fine),
		cmocka_unit_test(test_update_restart),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_no_network),
		cmocka_unit_test(test_limits_body),
		cmocka_unit_test(test_limits_read),
		cmocka_unit_test(test_update_limits),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_image_missing),
		cmocka_unit_test(test_remote_digest),
		cmocka_unit_test(test_remote_digest_errors),
		cmocka_unit_test(test_time),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
