/* The way of a request through dispatch and guard, streams, and the files of the page, over real
 * connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/api_house.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		FRESH(test_assets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
