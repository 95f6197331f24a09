#include "io/rpc.h"
#include "io/fetch.h"
#include "unit/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct err why;

/* One call to a node that answers with this body. */
static int call(const char *status, const char *body, json_t **ret)
{
	autofree char *raw = xasprintf(
		"HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	const struct fake_route route = {.raw = raw, .piece = 3};
	cleanup(fake_stop) struct fake s;
	autojson json_t *params = json_pack("[s, b]", "latest", 0);
	autofree char *host = NULL;
	int rc;

	fake_start_tcp(&s, &route, 1);
	why = (struct err){0};
	rc = rpc_call(
		&(struct rpc){.pid = getpid(), .port = s.port}, "eth_test", params, ret, &why);
	host = xasprintf("\r\nHost: localhost:%d\r\n", s.port);
	assert_true(fake_saw(&s, "POST / HTTP/1.1\r\n"));
	assert_true(fake_saw(&s, host));
	assert_true(fake_saw(&s, "\r\nContent-Type: application/json\r\n"));
	assert_true(fake_saw(&s, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_test\",\"params\":"
				 "[\"latest\",false]}"));
	return rc;
}

static void test_result(void **state)
{
	static const struct {
		const char *body, *result;
	} cases[] = {
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x2dc6c0\"}", "\"0x2dc6c0\""},
		{"{\"result\":null}", "null"},
		{"{\"result\":false,\"error\":null}", "false"},
		{" {\"result\":{\"a\":[1]}}\n", "{\"a\":[1]}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *j = NULL;
		autofree char *text = NULL;

		assert_int_equal(call("200 OK", cases[i].body, &j), 0);
		text = json_text(j);
		assert_string_equal(text, cases[i].result);
		assert_int_equal(why.kind, ERR_NONE);
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *status, *body, *code, *text;
	} cases[] = {
		{"200 OK", "{\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}",
			"rpc.no_method", "eth_test"},
		{"503 Busy", "{\"error\":{\"code\":-32066,\"message\":\"no peers\"}}", "rpc.error",
			"-32066: no peers"},
		{"200 OK", "{\"error\":{}}", "rpc.error", "error 0"},
		{"200 OK", "{\"jsonrpc\":\"2.0\",\"id\":1}", "rpc.broken", "HTTP 200"},
		{"200 OK", "[]", "rpc.broken", "no JSON-RPC"},
		{"200 OK", "\"0x1\"", "rpc.broken", "no JSON-RPC"},
		{"200 OK", "", "rpc.broken", "0 bytes"},
		{"403 Forbidden", "<html>host check</html>", "rpc.broken", "HTTP 403"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *j = NULL;

		assert_int_equal(call(cases[i].status, cases[i].body, &j), -1);
		assert_null(j);
		assert_string_equal(why.code, cases[i].code);
		assert_non_null(strstr(why.message, cases[i].text));
	}
}

static void fails(const struct rpc *r, const char *code)
{
	json_t *j = NULL;

	why = (struct err){0};
	assert_int_equal(rpc_call(r, "eth_test", NULL, &j, &why), -1);
	assert_null(j);
	assert_string_equal(why.code, code);
}

static void test_no_answer(void **state)
{
	static const struct fake_route routes[] = {{.raw = "HTTP/1.1 200 OK\r\n", .hold = true}};
	static const struct fake_route half[] = {
		{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"}};
	cleanup(fake_stop) struct fake s;
	int pid = getpid();

	(void)state;
	fake_start_tcp(&s, routes, 1);
	fails(&(struct rpc){.pid = pid, .port = s.port, .timeout_ms = 50}, "rpc.silent");
	assert_non_null(strstr(why.message, "0.1 s"));
	assert_true(fake_saw(&s, "\"params\":[]"));
	fake_routes(&s, half, 1);
	fails(&(struct rpc){.pid = pid, .port = s.port}, "rpc.broken");
	fails(&(struct rpc){.pid = pid, .port = 1}, "rpc.refused");
	fails(&(struct rpc){.pid = 0x7ffffff0, .port = s.port}, "rpc.refused");
}

/* A stopped container has pid 0, which must not mean our own network. */
static void test_no_process(void **state)
{
	static const struct fake_route routes[] = {{.raw = "HTTP/1.1 200 OK\r\n\r\n"}};
	cleanup(fake_stop) struct fake s;

	(void)state;
	fake_start_tcp(&s, routes, 1);
	fails(&(struct rpc){.pid = 0, .port = s.port}, "rpc.refused");
	fails(&(struct rpc){.pid = -1, .port = s.port}, "rpc.refused");
	assert_int_equal(s.n_conns, 0);
}

static int64_t quantity(const char *text)
{
	autojson json_t *v = json_string(text);

	return rpc_quantity(v);
}

static void test_quantity(void **state)
{
	static const char *const bad[] = {"", "0x", "1f", "0X1f", "0x1g", "0x 1", "-0x1", "0x-1",
		"0x8000000000000000", "0xffffffffffffffffff", "latest"};
	autojson json_t *n = json_integer(17);
	autojson json_t *t = json_true();

	(void)state;
	assert_int_equal(quantity("0x1f"), 31);
	assert_int_equal(quantity("0x0"), 0);
	assert_int_equal(quantity("0xAb"), 171);
	assert_true(quantity("0x7fffffffffffffff") == INT64_MAX);
	assert_true(quantity("0x00000000000000000000000001") == 1);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(quantity(bad[i]), -1);
	assert_int_equal(rpc_quantity(n), 17);
	assert_int_equal(rpc_quantity(t), -1);
	assert_int_equal(rpc_quantity(NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_quantity),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
