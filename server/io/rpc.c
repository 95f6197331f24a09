#include "io/rpc.h"

#include <stdlib.h>
#include <string.h>

#include "io/fetch.h"

#define DEFAULT_TIMEOUT 3000
#define MAX_ANSWER (4u * 1024 * 1024)

static int no_answer(const struct err *why, int port, msec timeout, struct err *e)
{
	if (err_is(why, "fetch.timeout"))
		return err_set(e, ERR_UNAVAILABLE, "rpc.silent",
			"The node did not answer on port %d within %.1f s.", port,
			(double)timeout / 1000);
	if (err_is(why, "fetch.refused"))
		return err_set(e, ERR_UNAVAILABLE, "rpc.refused",
			"The node does not listen on port %d yet.", port);
	return err_set(e, ERR_UNAVAILABLE, "rpc.broken", "No answer from the node on port %d: %s",
		port, why->message);
}

static int told_error(const json_t *error, const char *method, struct err *e)
{
	int64_t number = json_int(error, "code", 0);
	const char *text = json_str(error, "message", "no text");

	if (number == -32601)
		return err_set(e, ERR_UNAVAILABLE, "rpc.no_method",
			"The node does not know the method %s.", method);
	return err_set(e, ERR_UNAVAILABLE, "rpc.error",
		"The node answered %s with error %lld: %.200s", method, (long long)number, text);
}

static int read_answer(
	const struct fetch_answer *a, const char *method, json_t **ret, struct err *e)
{
	autojson json_t *j = NULL;
	const json_t *error;
	json_t *result;

	if (a->body.len && !json_parse(a->body.data, a->body.len, &j, NULL)) {
		error = json_object_get(j, "error");
		result = json_object_get(j, "result");
		if (json_is_object(error))
			return told_error(error, method, e);
		if (result) {
			*ret = json_incref(result);
			return 0;
		}
	}
	return err_set(e, ERR_UNAVAILABLE, "rpc.broken",
		"What answers on the node's port is no JSON-RPC (HTTP %d, %zu bytes).", a->status,
		a->body.len);
}

static char *request_text(const char *method, const json_t *params)
{
	autojson json_t *q = json_object();

	json_put_str(q, "jsonrpc", "2.0");
	json_put_int(q, "id", 1);
	json_put_str(q, "method", method);
	json_put(q, "params", params ? json_deep_copy(params) : json_array());
	return json_text(q);
}

int rpc_call(
	const struct rpc *r, const char *method, const json_t *params, json_t **ret, struct err *e)
{
	autoanswer struct fetch_answer a = {0};
	autofree char *body = request_text(method, params);
	char url[48], host[48];
	const char *const headers[] = {"Content-Type: application/json", host, NULL};
	struct fetch f = {
		.method = "POST",
		.url = url,
		.netns_pid = r->pid,
		.netns_keep = r->keep,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.total_ms = r->timeout_ms ? r->timeout_ms : DEFAULT_TIMEOUT,
		.max_bytes = MAX_ANSWER,
	};
	struct err why;

	/* pid 0 would mean our own network, where somebody else may listen on that port */
	if (r->pid <= 0)
		return err_set(e, ERR_UNAVAILABLE, "rpc.refused", "The node is not running.");
	f.connect_ms = f.total_ms;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", r->port);
	snprintf(host, sizeof(host), "Host: localhost:%d", r->port);
	if (fetch_run(&f, &a, &why))
		return no_answer(&why, r->port, f.total_ms, e);
	return read_answer(&a, method, ret, e);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int64_t rpc_quantity(const json_t *v)
{
	const char *s = json_string_value(v);
	uint64_t n = 0;

	if (json_is_integer(v))
		return json_integer_value(v);
	if (!s || strncmp(s, "0x", 2) || !s[2])
		return -1;
	for (s += 2; *s; s++) {
		int digit = hex_digit(*s);

		if (digit < 0 || n > (uint64_t)INT64_MAX >> 4)
			return -1;
		n = n << 4 | (uint64_t)digit;
	}
	return (int64_t)n;
}
