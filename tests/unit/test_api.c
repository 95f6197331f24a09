/* The way of a request through dispatch, guard and the access handlers, over real connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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

static void echo(struct api_call *call)
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

static void queries(struct api_call *call)
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

static void stream(struct api_call *call)
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

static void may_not_hold(struct api_call *call)
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

static void handle(void *app, struct http_req *req)
{
	dispatch(table, app, req);
}

/* ---- the house ---- */

static int open_house(void **state)
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

static int close_house(void **state)
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

static int open_owned_house(void **state)
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
static char *ask(const char *method, const char *target, const char *headers, const char *body)
{
	autofree char *text = xasprintf("%s %s HTTP/1.1\r\n%sConnection: close\r\n"
					"Content-Length: %zu\r\n%s\r\n%s",
		method, target, strncmp(headers, "Host:", 5) ? "Host: 127.0.0.1\r\n" : "",
		strlen(body), headers, body);

	return raw_exchange(h->port, text, strlen(text));
}

static char *as_token(const char *value)
{
	return xasprintf("Authorization: Bearer %s\r\n", value);
}

static char *as_owner(void)
{
	return xasprintf("Cookie: " AUTH_COOKIE "=%s\r\nX-CSRF-Token: %s\r\n", h->cookie, h->csrf);
}

static json_t *body_of(const char *answer)
{
	const char *body = raw_body(answer);
	json_t *j = NULL;

	if (json_parse(body, strlen(body), &j, &h->e))
		fail_msg("no JSON: %s", answer);
	return j;
}

/* Expects an error with its status, code, a message and a hint; owned by the caller. */
static void refuse(const char *answer, int status, const char *code)
{
	autojson json_t *j = body_of(answer);
	const json_t *error = json_obj(j, "error");

	if (raw_status(answer) != status || strcmp(json_str(error, "code", ""), code))
		fail_msg("wanted %d %s: %s", status, code, answer);
	assert_true(strlen(json_str(error, "message", "")) > 10);
	assert_true(strlen(json_str(error, "hint", "")) > 10);
}

static void expect_refusal(const char *method, const char *target, const char *headers,
	const char *body, int status, const char *code)
{
	autofree char *a = ask(method, target, headers, body);

	refuse(a, status, code);
}

static json_t *expect_json(
	const char *method, const char *target, const char *headers, const char *body, int status)
{
	autofree char *a = ask(method, target, headers, body);

	if (raw_status(a) != status)
		fail_msg("wanted %d: %s", status, a);
	return body_of(a);
}

static void expect_status(
	const char *method, const char *target, const char *headers, const char *body, int status)
{
	autofree char *a = ask(method, target, headers, body);

	if (raw_status(a) != status)
		fail_msg("wanted %d: %s", status, a);
}

/* ---- before anybody owns it ---- */

static void test_fresh_dashboard(void **state)
{
	autojson json_t *health = expect_json("GET", V1 "/health", "", "", 200);

	(void)state;
	assert_true(json_flag(health, "ok", false));
	assert_false(json_flag(health, "owned", true));
	assert_true(json_int(health, "setup_until_at", 0) > clock_wall());
	assert_true(json_int(health, "now_at", 0) > 0);
	for (const struct route *r = table; r->method; r++)
		if (!(r->flags & ROUTE_PUBLIC))
			expect_refusal(r->method, r->path, "", "", 403, "auth.unowned");
	expect_refusal("POST", V1 "/session", "", "{\"password\":\"x\"}", 403, "auth.unowned");
	expect_status("GET", V1 "/openapi.yaml", "", "", 200);
}

static void test_setup(void **state)
{
	autofree char *good = xasprintf(
		"{\"code\":\"%s\",\"password\":\"" PASSWORD "\"}", auth_setup_code(h->app.auth));
	autofree char *a = NULL, *cookie = NULL;

	(void)state;
	expect_refusal("POST", V1 "/setup", "", "", 400, "input.missing");
	expect_refusal(
		"POST", V1 "/setup", "", "{\"code\":\"x\",\"password\":1}", 400, "input.missing");
	expect_refusal(
		"POST", V1 "/setup", "", "{\"code\":\"x\",\"who\":1}", 400, "input.unknown_field");
	expect_refusal("POST", V1 "/setup", "", "{\"code\":\"x\",\"password\":\"" PASSWORD "\"}",
		403, "auth.setup_code");
	expect_refusal(
		"POST", V1 "/setup", "Origin: http://evil.example\r\n", good, 403, "http.origin");
	a = ask("POST", V1 "/setup", "Origin: http://127.0.0.1\r\n", good);
	assert_int_equal(raw_status(a), 200);
	cookie = raw_header(a, "Set-Cookie");
	assert_memory_equal(cookie, AUTH_COOKIE "=", strlen(AUTH_COOKIE) + 1);
	assert_non_null(strstr(cookie, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=43"));
	assert_null(strstr(cookie, "Secure"));
	autojson json_t *j = body_of(a);
	assert_string_equal(json_str(j, "user", ""), "owner");
	assert_string_equal(json_str(j, "scope", ""), "admin");
	assert_int_equal(strlen(json_str(j, "csrf", "")), 64);
	expect_refusal("POST", V1 "/setup", "", good, 409, "auth.owned");
}

/* ---- who is asking ---- */

static void test_every_route_wants_credentials(void **state)
{
	(void)state;
	for (const struct route *r = table; r->method; r++) {
		autofree char *a = NULL, *how = NULL;

		if (r->flags & ROUTE_PUBLIC)
			continue;
		a = ask(r->method, r->path, "", "");
		refuse(a, 401, "auth.required");
		how = raw_header(a, "WWW-Authenticate");
		assert_string_equal(how, "Bearer");
		expect_refusal(r->method, r->path, "Authorization: Bearer est_nonsense\r\n", "",
			401, "auth.required");
		expect_refusal(r->method, r->path, "Cookie: " AUTH_COOKIE "=nonsense\r\n", "", 401,
			"auth.required");
		expect_refusal(r->method, r->path, "Authorization: Basic b3duZXI6eA==\r\n", "", 401,
			"auth.required");
	}
}

static void test_scopes(void **state)
{
	autofree char *reader = as_token(h->reader);

	(void)state;
	for (const struct route *r = table; r->method; r++)
		if (r->scope > SCOPE_READ) {
			autofree char *a = ask(r->method, r->path, reader, "{}");

			refuse(a, 403, "token.scope");
			assert_non_null(strstr(raw_body(a), "This token may only read. Needed: "));
			assert_non_null(strstr(raw_body(a), scope_name(r->scope)));
		}
	expect_status("GET", V1 "/stacks/main", reader, "", 200);
}

static void test_csrf(void **state)
{
	autofree char *bare = xasprintf("Cookie: " AUTH_COOKIE "=%s\r\n", h->cookie);
	autofree char *wrong = xasprintf("%sX-CSRF-Token: %.63sZ\r\n", bare, h->csrf);
	autofree char *empty = xasprintf("%sX-CSRF-Token: \r\n", bare), *owner = as_owner();
	autofree char *token = as_token(h->token);

	(void)state;
	expect_status("GET", V1 "/stacks/main", bare, "", 200);
	expect_status("HEAD", V1 "/stacks/main", bare, "", 200);
	expect_refusal("POST", V1 "/stacks/main/start", bare, "", 403, "auth.csrf");
	expect_refusal("POST", V1 "/stacks/main/start", wrong, "", 403, "auth.csrf");
	expect_refusal("POST", V1 "/stacks/main/start", empty, "", 403, "auth.csrf");
	expect_refusal("DELETE", V1 "/session", bare, "", 403, "auth.csrf");
	expect_status("POST", V1 "/stacks/main/start", owner, "", 200);
	expect_status("POST", V1 "/stacks/main/start", token, "", 200);
}

static void test_origin(void **state)
{
	static const char *const foreign[] = {"Origin: http://evil.example\r\n", "Origin: null\r\n",
		"Origin: 127.0.0.1\r\n", "Origin: http://127.0.0.1:8080\r\n",
		"Origin: http://127.0.0.1.evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"};
	static const char *const own[] = {"Origin: http://127.0.0.1\r\n",
		"Origin: https://127.0.0.1\r\n", "Sec-Fetch-Site: same-origin\r\n",
		/* through QTS's web server */
		"Origin: https://nas.example:8443\r\nX-Forwarded-Host: nas.example:8443\r\n"};
	autofree char *owner = as_owner(), *token = as_token(h->token);
	autofree char *unknown = xasprintf("%sX-Forwarded-Host: nas.example:8443\r\n", owner);

	(void)state;
	expect_refusal("POST", V1 "/stacks/main/start", unknown, "", 421, "http.host");
	assert_int_equal(
		store_setting_set(h->app.store, "allowed_hosts", "[\"nas.example\"]", &h->e), 0);
	for (size_t i = 0; i < COUNT(foreign); i++) {
		autofree char *headers = xasprintf("%s%s", owner, foreign[i]);
		autofree char *with_token = xasprintf("%s%s", token, foreign[i]);

		expect_refusal("POST", V1 "/stacks/main/start", headers, "", 403, "http.origin");
		expect_refusal("POST", V1 "/session", foreign[i], "{\"password\":\"" PASSWORD "\"}",
			403, "http.origin");
		expect_status("GET", V1 "/stacks/main", headers, "", 200);
		expect_status("POST", V1 "/stacks/main/start", with_token, "", 200);
	}
	for (size_t i = 0; i < COUNT(own); i++) {
		autofree char *headers = xasprintf("%s%s", owner, own[i]);

		expect_status("POST", V1 "/stacks/main/start", headers, "", 200);
	}
}

static void check_host(const char *host, int status)
{
	autofree char *headers = xasprintf("Host: %s\r\n", host);

	if (status == 200)
		expect_status("GET", V1 "/health", headers, "", 200);
	else
		expect_refusal("GET", V1 "/health", headers, "", status, "http.host");
}

static void test_hosts(void **state)
{
	static const char *const good[] = {"127.0.0.1", "192.168.1.9:8787", "localhost",
		"LOCALHOST:1", "[::1]", "[fe80::1]:8787", "localhost."};
	static const char *const bad[] = {"evil.example", "127.0.0.1.evil.example", "",
		"localhost:x", "localhost:", "[::1", "[evil.example]", "::1", "127.0.0.1/", "[]",
		":80", "a b"};
	char own[65] = "";

	(void)state;
	gethostname(own, sizeof(own) - 1);
	autofree char *local = xasprintf("%.*s.local:8787", (int)strcspn(own, "."), own);
	check_host(own, 200);
	check_host(local, 200);
	for (size_t i = 0; i < COUNT(good); i++)
		check_host(good[i], 200);
	for (size_t i = 0; i < COUNT(bad); i++)
		check_host(bad[i], 421);
	assert_int_equal(store_setting_set(h->app.store, "allowed_hosts",
				 "[\"nas.example\",\"Other.Example\"]", &h->e),
		0);
	check_host("NAS.example:8787", 200);
	check_host("other.example", 200);
	check_host("example", 421);
	static const char none[] = "GET " V1 "/health HTTP/1.0\r\n\r\n";
	autofree char *a = raw_exchange(h->port, none, sizeof(none) - 1);
	refuse(a, 421, "http.host");
	/* outside the API a person reads it */
	autofree char *page = ask("GET", "/", "Host: evil.example\r\n", "");
	autofree char *type = raw_header(page, "Content-Type");
	assert_int_equal(raw_status(page), 421);
	assert_string_equal(type, "text/plain; charset=utf-8");
}

/* ---- finding the way ---- */

static void test_paths_and_methods(void **state)
{
	static const char *const unknown[] = {"/api", "/api/v1", "/api/v1/", "/api/v2/health",
		V1 "/healthy", V1 "/health/", V1 "/stacks/", V1 "/stacks/a/b", "/metrics/x",
		V1 "/stacks/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	autofree char *a = ask("PUT", V1 "/session", "", ""), *allow = raw_header(a, "Allow");
	autofree char *b = ask("OPTIONS", V1 "/stacks/main/start", "", "");
	autofree char *post = raw_header(b, "Allow");

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++)
		expect_refusal("GET", unknown[i], "", "", 404, "api.unknown_path");
	refuse(a, 405, "api.wrong_method");
	assert_string_equal(allow, "GET, HEAD, POST, DELETE");
	refuse(b, 405, "api.wrong_method");
	assert_string_equal(post, "POST");
}

static void test_params_and_proxy_prefix(void **state)
{
	static const char *const prefixes[] = {"", "/ethstation", "/ethstation/", "//"};
	autofree char *token = as_token(h->token);

	(void)state;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		autofree char *target =
			xasprintf("%s/api/v1/stacks/main/services/node/limits", prefixes[i]);
		autojson json_t *j = expect_json("PUT", target, token, "{\"limits\":{}}", 200);

		assert_string_equal(json_str(j, "stack", ""), "main");
		assert_string_equal(json_str(j, "service", ""), "node");
		assert_string_equal(json_str(j, "none", "x"), "");
		assert_string_equal(json_str(j, "actor", ""), "token:boss");
		assert_non_null(json_obj(json_obj(j, "body"), "limits"));
	}
	expect_status("GET", "/ethstationx/api/v1/health", "", "", 404);
	autofree char *same = ask("GET", "/ethstation/api/v1/health", "", "");
	assert_int_equal(raw_status(same), 200); /* no redirect */
}

static void test_bodies(void **state)
{
	autofree char *token = as_token(h->token), *huge = xcalloc(1, 70001);

	(void)state;
	memset(huge, ' ', 70000);
	expect_refusal("POST", V1 "/stacks/main/start", token, "{", 400, "json.invalid");
	expect_refusal("POST", V1 "/stacks/main/start", token, "{}{}", 400, "json.invalid");
	expect_refusal(
		"POST", V1 "/stacks/main/start", token, "{\"a\":1,\"a\":2}", 400, "json.invalid");
	expect_refusal("POST", V1 "/stacks/main/start", token, "[]", 400, "input.not_object");
	expect_refusal("POST", V1 "/stacks/main/start", token, huge, 413, "input.too_large");
	autojson json_t *j = expect_json("POST", V1 "/stacks/main/start", token, "", 200);
	assert_true(json_is_object(json_object_get(j, "body")));
	/* the body is not even read from somebody who may not come in */
	expect_refusal("POST", V1 "/stacks/main/start", "", huge, 401, "auth.required");
}

static char *hash_of(const char *target, const char *headers, const char *body)
{
	autojson json_t *j = expect_json("POST", target, headers, body, 200);

	return xstrdup(json_str(j, "hash", ""));
}

static void test_idempotency_key(void **state)
{
	autofree char *token = as_token(h->token), *longest = xcalloc(1, 130);
	autofree char *with = xasprintf("%sIdempotency-Key: abc-1\r\n", token);
	autofree char *bad = xasprintf("%sIdempotency-Key: a b\r\n", token);
	autofree char *empty = xasprintf("%sIdempotency-Key: \r\n", token);
	autofree char *a = hash_of(V1 "/stacks/main/start", token, "{}");
	autofree char *b = hash_of(V1 "/stacks/main/start", token, "{}");
	autofree char *c = hash_of(V1 "/stacks/other/start", token, "{}");
	autofree char *d = hash_of(V1 "/stacks/main/start", token, "{ }");

	(void)state;
	autojson json_t *j = expect_json("POST", V1 "/stacks/main/start", with, "", 200);
	assert_string_equal(json_str(j, "key", ""), "abc-1");
	autojson json_t *get = expect_json("GET", V1 "/stacks/main", with, "", 200);
	assert_string_equal(json_str(get, "key", "x"), ""); /* not for this row */
	expect_refusal("POST", V1 "/stacks/main/start", bad, "", 400, "input.idempotency_key");
	expect_refusal("POST", V1 "/stacks/main/start", empty, "", 400, "input.idempotency_key");
	memset(longest, 'k', 129);
	autofree char *over = xasprintf("%sIdempotency-Key: %s\r\n", token, longest);
	autofree char *fits = xasprintf("%sIdempotency-Key: %s\r\n", token, longest + 1);
	expect_refusal("POST", V1 "/stacks/main/start", over, "", 400, "input.idempotency_key");
	expect_status("POST", V1 "/stacks/main/start", fits, "", 200);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_string_not_equal(a, d);
}

static void test_queries(void **state)
{
	static const char *const bad[] = {"?n=101", "?n=-1", "?n=", "?n=x", "?n=1x",
		"?n=99999999999999999999", "?flag=maybe"};
	autofree char *token = as_token(h->token);

	(void)state;
	autojson json_t *none = expect_json("GET", V1 "/queries", token, "", 200);
	assert_int_equal(json_int(none, "n", 0), 7);
	assert_false(json_flag(none, "flag", true));
	autojson json_t *some = expect_json("GET", V1 "/queries?n=100&flag", token, "", 200);
	assert_int_equal(json_int(some, "n", 0), 100);
	assert_true(json_flag(some, "flag", false));
	for (size_t i = 0; i < COUNT(bad); i++) {
		autofree char *target = xasprintf(V1 "/queries%s", bad[i]);
		autofree char *a = ask("GET", target, token, "");
		autojson json_t *j = body_of(a);

		refuse(a, 400, "input.query");
		assert_string_equal(json_str(json_obj(j, "error"), "job", ""), "12");
	}
}

static void test_broken_http_is_json_too(void **state)
{
	autofree char *a = raw_exchange(h->port, "NONSENSE\r\n\r\n", 12);
	autofree char *b = ask("GET", "/api/../secret", "", "");

	(void)state;
	refuse(a, 400, "http.malformed");
	refuse(b, 400, "http.malformed");
}

static void test_metrics_setting(void **state)
{
	(void)state;
	expect_refusal("GET", "/metrics", "", "", 401, "auth.required");
	assert_int_equal(store_setting_set(h->app.store, "metrics_public", "1", &h->e), 0);
	expect_status("GET", "/metrics", "", "", 200);
	assert_int_equal(store_setting_set(h->app.store, "metrics_public", "0", &h->e), 0);
	expect_refusal("GET", "/metrics", "", "", 401, "auth.required");
}

/* ---- streams ---- */

static int open_stream(const char *token)
{
	autofree char *text = xasprintf(
		"GET " V1 "/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
		token);
	int fd = raw_connect(h->port);
	struct buf b = {0};
	char c;

	raw_send(fd, text, strlen(text));
	while (recv(fd, &c, 1, 0) == 1) {
		buf_add(&b, &c, 1);
		if (strstr(b.data, "{\"hello\":\"you\"}\n"))
			break;
	}
	assert_int_equal(raw_status(b.data), 200);
	buf_free(&b);
	return fd;
}

static void test_eight_streams(void **state)
{
	autofree char *token = as_token(h->token);
	int fds[8], tries = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = open_stream(h->token);
	autofree char *a = ask("GET", V1 "/events", token, "");
	autofree char *later = raw_header(a, "Retry-After");
	refuse(a, 503, "stream.full");
	assert_non_null(later);
	expect_status("GET", V1 "/stacks/main", token, "", 200); /* everything else answers */
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	for (; tries < 1000; tries++) { /* the places are given back */
		autofree char *again = ask("HEAD", V1 "/events", token, "");

		if (raw_status(again) == 200)
			break;
		clock_sleep(5);
	}
	assert_true(tries < 1000);
	expect_refusal("GET", V1 "/hold", token, "", 500, "api.internal");
}

/* ---- access handlers ---- */

static void test_sign_in_and_out(void **state)
{
	autofree char *a = ask("POST", V1 "/session", "", "{\"password\":\"" PASSWORD "\"}");
	autofree char *cookie = raw_header(a, "Set-Cookie"), *value = NULL, *out = NULL,
		      *gone = NULL;
	autojson json_t *j = body_of(a);

	(void)state;
	assert_int_equal(raw_status(a), 200);
	value = xstrndup(cookie, strcspn(cookie, ";"));
	autofree char *headers = xasprintf(
		"Cookie: other=1; %s\r\nX-CSRF-Token: %s\r\n", value, json_str(j, "csrf", ""));
	autojson json_t *me = expect_json("GET", V1 "/session", headers, "", 200);
	assert_true(json_equal(j, me));
	out = ask("DELETE", V1 "/session", headers, "");
	assert_int_equal(raw_status(out), 204);
	gone = raw_header(out, "Set-Cookie");
	assert_memory_equal(gone, AUTH_COOKIE "=; ", strlen(AUTH_COOKIE) + 3);
	assert_non_null(strstr(gone, "Max-Age=0"));
	expect_refusal("GET", V1 "/session", headers, "", 401, "auth.required");
}

static void test_wrong_password_and_lock(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		expect_refusal("POST", V1 "/session", "", "{\"password\":\"wrong\"}", 401,
			"auth.wrong_password");
	autofree char *a = ask("POST", V1 "/session", "", "{\"password\":\"" PASSWORD "\"}");
	autofree char *later = raw_header(a, "Retry-After");
	refuse(a, 429, "auth.locked");
	assert_in_range(atoi(later), 1, 60);
	/* whoever is signed in stays so */
	autofree char *owner = as_owner();
	expect_status("GET", V1 "/session", owner, "", 200);
}

static void test_sessions(void **state)
{
	autofree char *owner = as_owner(), *token = as_token(h->token);
	autofree char *a = ask("POST", V1 "/session", "User-Agent: Second/1.0\r\n",
		"{\"password\":\"" PASSWORD "\"}");
	autojson json_t *j = expect_json("GET", V1 "/sessions", owner, "", 200);
	const json_t *list = json_arr(j, "sessions"), *s;
	autofree char *other = NULL, *target = NULL;
	size_t i;

	(void)state;
	assert_int_equal(raw_status(a), 200);
	assert_int_equal(json_array_size(list), 2);
	json_array_foreach (list, i, s) {
		bool second = !strcmp(json_str(s, "browser", ""), "Second/1.0");

		assert_int_equal(json_flag(s, "current", false), !second);
		assert_string_equal(json_str(s, "address", ""), "127.0.0.1");
		assert_null(json_object_get(s, "hash"));
		assert_null(json_object_get(s, "csrf"));
		if (second)
			other = xstrdup(json_str(s, "id", ""));
	}
	target = xasprintf(V1 "/sessions/%s", other);
	expect_status("DELETE", target, owner, "", 204);
	expect_refusal("DELETE", target, owner, "", 404, "session.missing");
	expect_refusal("DELETE", V1 "/session", token, "", 409, "auth.no_session");
	autojson json_t *me = expect_json("GET", V1 "/session", token, "", 200);
	assert_string_equal(json_str(me, "user", ""), "boss");
	assert_true(json_is_null(json_object_get(me, "csrf")));
	assert_true(json_is_null(json_object_get(me, "expires_at")));
}

static void test_password(void **state)
{
	autofree char *owner = as_owner();

	(void)state;
	expect_refusal("PUT", V1 "/password", owner, "{\"current\":\"x\"}", 400, "input.missing");
	expect_refusal("PUT", V1 "/password", owner,
		"{\"current\":\"" PASSWORD "\",\"password\":\"short\"}", 400, "input.password");
	expect_refusal("PUT", V1 "/password", owner,
		"{\"current\":\"wrong\",\"password\":\"another password\"}", 403,
		"auth.wrong_password");
	expect_status("PUT", V1 "/password", owner,
		"{\"current\":\"" PASSWORD "\",\"password\":\"another password\"}", 204);
	expect_status("GET", V1 "/session", owner, "", 200);
	expect_refusal("POST", V1 "/session", "", "{\"password\":\"" PASSWORD "\"}", 401,
		"auth.wrong_password");
	expect_status("POST", V1 "/session", "", "{\"password\":\"another password\"}", 200);
}

static void test_tokens(void **state)
{
	autofree char *owner = as_owner();
	autojson json_t *made = expect_json("POST", V1 "/tokens", owner,
		"{\"name\":\"grafana\",\"scope\":\"read\",\"expires_at\":null}", 201);
	const char *id = json_str(json_obj(made, "token"), "id", "");
	autofree char *target = xasprintf(V1 "/tokens/%s", id);
	autofree char *headers = as_token(json_str(made, "value", ""));

	(void)state;
	expect_status("GET", V1 "/stacks/main", headers, "", 200);
	autofree char *list = ask("GET", V1 "/tokens", owner, "");
	assert_int_equal(raw_status(list), 200);
	assert_non_null(strstr(list, "\"grafana\""));
	assert_null(strstr(list, json_str(made, "value", "?")));
	assert_null(strstr(list, "hash"));
	expect_refusal("POST", V1 "/tokens", owner, "{\"name\":\"grafana\",\"scope\":\"read\"}",
		409, "token.name_taken");
	expect_refusal("POST", V1 "/tokens", owner, "{\"name\":\"x\",\"scope\":\"root\"}", 400,
		"input.scope");
	expect_refusal("POST", V1 "/tokens", owner, "{\"name\":\"\",\"scope\":\"read\"}", 400,
		"input.token_name");
	expect_refusal("POST", V1 "/tokens", owner,
		"{\"name\":\"x\",\"scope\":\"read\",\"expires_at\":\"soon\"}", 400, "input.expiry");
	expect_refusal("POST", V1 "/tokens", owner,
		"{\"name\":\"x\",\"scope\":\"read\",\"expires_at\":5}", 400, "input.expiry");
	expect_refusal("POST", V1 "/tokens", owner, "{\"name\":\"x\"}", 400, "input.missing");
	expect_status("DELETE", target, owner, "", 204);
	expect_refusal("GET", V1 "/stacks/main", headers, "", 401, "auth.required");
	expect_refusal("DELETE", target, owner, "", 404, "token.missing");
	expect_refusal("DELETE", V1 "/tokens/1x", owner, "", 404, "token.missing");
	expect_refusal(
		"DELETE", V1 "/tokens/99999999999999999999", owner, "", 404, "token.missing");
}

static void test_settings(void **state)
{
	static const char *const bad[] = {"{\"metrics_public\":1}", "{\"nas_name\":null}",
		"{\"session_hours\":0}", "{\"session_hours\":721}", "{\"session_hours\":1.5}",
		"{\"allowed_hosts\":\"a\"}", "{\"allowed_hosts\":[1]}",
		"{\"allowed_hosts\":[\"\"]}", "{\"allowed_hosts\":[\"a b\"]}",
		"{\"allowed_hosts\":[\"*\"]}", "{\"allowed_hosts\":[\"http://a\"]}",
		"{\"nas_name\":"
		"\"0123456789012345678901234567890123456789012345678901234567890123x\"}"};
	autofree char *owner = as_owner();
	autojson json_t *before = expect_json("GET", V1 "/settings", owner, "", 200);

	(void)state;
	assert_false(json_flag(before, "metrics_public", true));
	assert_int_equal(json_int(before, "session_hours", 0), 12);
	assert_string_equal(json_str(before, "data_root", ""), "/share/ethstation");
	assert_int_equal(json_array_size(json_arr(before, "allowed_hosts")), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		expect_refusal("PATCH", V1 "/settings", owner, bad[i], 400, "input.setting");
	expect_refusal(
		"PATCH", V1 "/settings", owner, "{\"data_root\":\"/\"}", 400, "input.read_only");
	expect_refusal(
		"PATCH", V1 "/settings", owner, "{\"nonsense\":1}", 400, "input.unknown_field");
	autojson json_t *still = expect_json("GET", V1 "/settings", owner, "", 200);
	assert_true(json_equal(before, still));
	autojson json_t *after = expect_json("PATCH", V1 "/settings", owner,
		"{\"metrics_public\":true,\"nas_name\":\"Küche\",\"allowed_hosts\":[\"nas."
		"example\"],"
		"\"session_hours\":24}",
		200);
	assert_true(json_flag(after, "metrics_public", false));
	assert_string_equal(json_str(after, "nas_name", ""), "Küche");
	assert_int_equal(json_int(after, "session_hours", 0), 24);
	check_host("nas.example", 200);
	autojson json_t *reset = expect_json(
		"PATCH", V1 "/settings", owner, "{\"nas_name\":\"\",\"allowed_hosts\":[]}", 200);
	assert_string_equal(json_str(reset, "nas_name", ""), json_str(before, "nas_name", "?"));
	check_host("nas.example", 421);
}

static void test_everything_is_an_event(void **state)
{
	autofree char *owner = as_owner();
	autoevents struct event_rows rows = {0};
	bool found = false;

	(void)state;
	expect_status("PATCH", V1 "/settings", owner, "{\"nas_name\":\"Attic\"}", 200);
	assert_int_equal(store_events(h->app.store, -1, 0, NULL, 10, &rows, &h->e), 0);
	for (size_t i = 0; i < rows.n; i++)
		found |= !strcmp(rows.items[i].type, "settings") &&
			 !strcmp(rows.items[i].actor, "owner");
	assert_true(found);
}

/* ---- the dashboard's files ---- */

static void test_assets(void **state)
{
	autofree char *a = ask("GET", "/", "", ""), *type = raw_header(a, "Content-Type");
	bool built =
		embedded_find("web/dist/index.html") || embedded_find("web/dist/index.html.gz");
	autofree char *b = ask("GET", "/nothing/here.js", "", "");
	autofree char *c = ask("POST", "/", "", ""), *allow = raw_header(c, "Allow");

	(void)state;
	assert_int_equal(raw_status(b), 404);
	assert_int_equal(raw_status(c), 405);
	assert_string_equal(allow, "GET, HEAD");
	if (!built) {
		assert_int_equal(raw_status(a), 404);
		assert_string_equal(type, "text/plain; charset=utf-8");
		assert_non_null(strstr(raw_body(a), "web.not_built"));
		return;
	}
	autofree char *tag = raw_header(a, "ETag"), *cache = raw_header(a, "Cache-Control");
	assert_int_equal(raw_status(a), 200);
	assert_string_equal(type, "text/html; charset=utf-8");
	assert_string_equal(cache, "no-cache");
	autofree char *known = xasprintf("If-None-Match: %s\r\n", tag);
	expect_status("GET", "/", known, "", 304);
	/* below the prefix the page has other addresses in it, and so another tag */
	autofree char *below = ask("GET", "/ethstation", "", "");
	autofree char *its_tag = raw_header(below, "ETag");
	assert_int_equal(raw_status(below), 200);
	assert_non_null(strstr(raw_body(below), "=\"/ethstation/assets/"));
	assert_null(strstr(raw_body(below), "=\"./"));
	assert_string_not_equal(its_tag, tag);
	autofree char *its = xasprintf("If-None-Match: %s\r\n", its_tag);
	expect_status("GET", "/ethstation/", its, "", 304);
	expect_status("GET", "/", "If-None-Match: \"other\"\r\n", "", 200);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, open_house, close_house)
#define OWNED(f) cmocka_unit_test_setup_teardown(f, open_owned_house, close_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_fresh_dashboard),
		FRESH(test_setup),
		OWNED(test_every_route_wants_credentials),
		OWNED(test_scopes),
		OWNED(test_csrf),
		OWNED(test_origin),
		OWNED(test_hosts),
		OWNED(test_paths_and_methods),
		OWNED(test_params_and_proxy_prefix),
		OWNED(test_bodies),
		OWNED(test_idempotency_key),
		OWNED(test_queries),
		OWNED(test_broken_http_is_json_too),
		OWNED(test_metrics_setting),
		OWNED(test_eight_streams),
		OWNED(test_sign_in_and_out),
		OWNED(test_wrong_password_and_lock),
		OWNED(test_sessions),
		OWNED(test_password),
		OWNED(test_tokens),
		OWNED(test_settings),
		OWNED(test_everything_is_an_event),
		FRESH(test_assets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
