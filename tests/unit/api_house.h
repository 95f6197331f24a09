/*
 * api_house: a program of handlers, store and owner, asked over real connections. For the tests of
 * api/.
 */
#ifndef TESTS_UNIT_API_HOUSE_H
#define TESTS_UNIT_API_HOUSE_H

#include "api/dispatch.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/embedded.h"
#include "domain/texts.h"
#include "services/bus.h"
#include "unit/raw_http.h"

#define PASSWORD "correct horse battery"

struct house {
	char dir[32];
	struct app app;
	struct err e;
	char cookie[CRYPTO_KEY], csrf[65], token[AUTH_TOKEN], reader[AUTH_TOKEN];
	int port;
};

static struct house *h;

/* ---- handlers and table of this test ---- */

static inline void echo(struct api_call *call)
{
	json_t *j = json_object();

	json_put_str(j, "stack", call_param(call, "stack"));
	json_put_str(j, "service", call_param(call, "service"));
	json_put_str(j, "none", call_param(call, "none"));
	json_put_str(j, "actor", call->who.actor);
	json_put_str(j, "key", call->idempotency_key);
	json_put_str(j, "hash", call->request_hash);
	json_put(j, "body", json_incref(call->body));
	reply_json(call, 200, j);
}

static inline void queries(struct api_call *call)
{
	json_t *j = json_object();
	int64_t n;
	bool flag;
	struct err e;

	if (call_query_int(call, "n", 7, 0, 100, &n, &e) ||
		call_query_flag(call, "flag", false, &flag, &e)) {
		json_decref(j);
		reply_err_with(call, &e, "job", json_string("12"));
		return;
	}
	json_put_int(j, "n", n);
	json_put_flag(j, "flag", flag);
	reply_json(call, 200, j);
}

static inline void stream(struct api_call *call)
{
	struct err e;

	if (reply_stream(call, "text/event-stream", &e)) {
		reply_err(call, &e);
		return;
	}
	reply_line(call, json_pack("{s:s}", "hello", "you"));
	while (http_stream_alive(call->req))
		clock_sleep(5);
}

static inline void may_not_hold(struct api_call *call)
{
	struct err e;

	assert_int_equal(call_hold(call, HOLD_WAIT, &e), -1);
	reply_err(call, &e);
}

#define V1 "/api/v1"

static const struct route table[] = {
	{"GET", V1 "/health", SCOPE_NONE, api_get_health, ROUTE_PUBLIC},
	{"GET", V1 "/openapi.yaml", SCOPE_NONE, api_get_openapi, ROUTE_PUBLIC},
	{"POST", V1 "/setup", SCOPE_NONE, api_setup, ROUTE_PUBLIC},
	{"GET", V1 "/session", SCOPE_READ, api_get_session, 0},
	{"POST", V1 "/session", SCOPE_NONE, api_sign_in, ROUTE_PUBLIC},
	{"DELETE", V1 "/session", SCOPE_READ, api_sign_out, 0},
	{"GET", V1 "/sessions", SCOPE_ADMIN, api_list_sessions, 0},
	{"DELETE", V1 "/sessions/{id}", SCOPE_ADMIN, api_end_session, 0},
	{"PUT", V1 "/password", SCOPE_ADMIN, api_change_password, 0},
	{"GET", V1 "/tokens", SCOPE_ADMIN, api_list_tokens, 0},
	{"POST", V1 "/tokens", SCOPE_ADMIN, api_create_token, 0},
	{"DELETE", V1 "/tokens/{id}", SCOPE_ADMIN, api_delete_token, 0},
	{"GET", V1 "/settings", SCOPE_READ, api_get_settings, 0},
	{"PATCH", V1 "/settings", SCOPE_ADMIN, api_change_settings, 0},
	{"GET", V1 "/stacks/{stack}", SCOPE_READ, echo, 0},
	{"POST", V1 "/stacks/{stack}/start", SCOPE_OPERATE, echo, ROUTE_IDEMPOTENT},
	{"PUT", V1 "/stacks/{stack}/services/{service}/limits", SCOPE_OPERATE, echo, 0},
	{"GET", V1 "/queries", SCOPE_READ, queries, 0},
	{"GET", V1 "/events", SCOPE_READ, stream, ROUTE_STREAM},
	{"GET", V1 "/hold", SCOPE_READ, may_not_hold, 0},
	{"GET", "/metrics", SCOPE_READ, echo, ROUTE_METRICS},
	{0},
};

static inline void handle(void *app, struct http_req *req)
{
	dispatch(table, app, req);
}

/* ---- the house ---- */

static inline int open_house(void **state)
{
	const struct embedded *texts = embedded_find("shared/findings.json");
	struct http_config c = {.listen = "127.0.0.1:0",
		.handle = handle,
		.on_error = reply_http_error,
		.threads = 12};

	(void)state;
	h = xcalloc(1, sizeof(*h));
	snprintf(h->dir, sizeof(h->dir), "/tmp/api-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	assert_non_null(texts);
	assert_int_equal(texts_load(texts->data, texts->len, &h->e), 0);
	assert_int_equal(store_open(h->dir, true, &h->app.store, &h->e), 0);
	assert_int_equal(auth_open(h->app.store, &h->app.auth, &h->e), 0);
	h->app.bus = bus_new(h->app.store);
	h->app.config.base_path = (char *)"/ethstation";
	h->app.config.data_root = (char *)"/share/ethstation";
	h->app.config.qts_root = (char *)"/no-qts";
	c.ctx = &h->app;
	assert_int_equal(http_start(&c, &h->app.http, &h->e), 0);
	h->port = http_port(h->app.http);
	return 0;
}

static inline int close_house(void **state)
{
	autofree char *rm = xasprintf("rm -rf '%s'", h->dir);

	(void)state;
	http_stop(h->app.http);
	bus_free(h->app.bus);
	auth_close(h->app.auth);
	store_close(h->app.store);
	texts_unload();
	assert_int_equal(system(rm), 0);
	free(h);
	return 0;
}

static inline int open_owned_house(void **state)
{
	struct auth_client from = {"127.0.0.1", "test"};
	struct identity who;

	open_house(state);
	assert_int_equal(auth_setup(h->app.auth, auth_setup_code(h->app.auth), PASSWORD, &from,
				 h->cookie, &who, &h->e),
		0);
	snprintf(h->csrf, sizeof(h->csrf), "%s", who.csrf);
	assert_int_equal(auth_cli_token(h->app.store, "boss", SCOPE_ADMIN, h->token, &h->e), 0);
	assert_int_equal(auth_cli_token(h->app.store, "eye", SCOPE_READ, h->reader, &h->e), 0);
	return 0;
}

/* ---- asking ---- */

/* headers: lines that end with \r\n; Host is added unless it is the first. Owned by the caller. */
static inline char *ask(
	const char *method, const char *target, const char *headers, const char *body)
{
	autofree char *text = xasprintf("%s %s HTTP/1.1\r\n%sConnection: close\r\n"
					"Content-Length: %zu\r\n%s\r\n%s",
		method, target, strncmp(headers, "Host:", 5) ? "Host: 127.0.0.1\r\n" : "",
		strlen(body), headers, body);

	return raw_exchange(h->port, text, strlen(text));
}

static inline char *as_token(const char *value)
{
	return xasprintf("Authorization: Bearer %s\r\n", value);
}

static inline char *as_owner(void)
{
	return xasprintf("Cookie: " AUTH_COOKIE "=%s\r\nX-CSRF-Token: %s\r\n", h->cookie, h->csrf);
}

static inline json_t *body_of(const char *answer)
{
	const char *body = raw_body(answer);
	json_t *j = NULL;

	if (json_parse(body, strlen(body), &j, &h->e))
		fail_msg("no JSON: %s", answer);
	return j;
}

/* Expects an error with its status, code, a message and a hint; owned by the caller. */
static inline void refuse(const char *answer, int status, const char *code)
{
	autojson json_t *j = body_of(answer);
	const json_t *error = json_obj(j, "error");

	if (raw_status(answer) != status || strcmp(json_str(error, "code", ""), code))
		fail_msg("wanted %d %s: %s", status, code, answer);
	assert_true(strlen(json_str(error, "message", "")) > 10);
	assert_true(strlen(json_str(error, "hint", "")) > 10);
}

static inline void expect_refusal(const char *method, const char *target, const char *headers,
	const char *body, int status, const char *code)
{
	autofree char *a = ask(method, target, headers, body);

	refuse(a, status, code);
}

static inline json_t *expect_json(
	const char *method, const char *target, const char *headers, const char *body, int status)
{
	autofree char *a = ask(method, target, headers, body);

	if (raw_status(a) != status)
		fail_msg("wanted %d: %s", status, a);
	return body_of(a);
}

static inline void expect_status(
	const char *method, const char *target, const char *headers, const char *body, int status)
{
	autofree char *a = ask(method, target, headers, body);

	if (raw_status(a) != status)
		fail_msg("wanted %d: %s", status, a);
}

static inline void check_host(const char *host, int status)
{
	autofree char *headers = xasprintf("Host: %s\r\n", host);

	if (status == 200)
		expect_status("GET", V1 "/health", headers, "", 200);
	else
		expect_refusal("GET", V1 "/health", headers, "", status, "http.host");
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, open_house, close_house)
#define OWNED(f) cmocka_unit_test_setup_teardown(f, open_owned_house, close_house)

#endif
