/* io/docker: containers, networks, limits. */
#include "unit/docker_routes.h"

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
		"\"MemoryReservation\":6291456,\"CpuQuota\":-1,\"BlkioWeight\":100}");
	/* shares that were never given stay the kernel's own */
	assert_body(&none, "{\"CpuShares\":512}", 2,
		"{\"Memory\":4611686018427387904,\"MemorySwap\":9223372036854771712,"
		"\"CpuQuota\":-1,\"CpuShares\":1024}");
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

static void test_update_share(void **state)
{
	static const char quota[] = "{\"CpuPeriod\":100000,\"CpuQuota\":50000,\"CpuShares\":1024}";
	autoengine struct engine g;
	struct share s = {.cpu_millis = 500};

	(void)state;
	answers(&g, "GET /v1.41/containers/x/json", "200 OK", inspected);
	add_route(&g, "POST /v1.41/containers/x/update", "200 OK", "{\"Warnings\":null}");
	fake_routes(&g.s, g.routes, g.n);
	assert_int_equal(docker_update_share(g.d, "x", &s, &why), 0);
	assert_true(fake_saw(&g.s, quota));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(test_update_share),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
