/* The handlers of owner, sessions, tokens and settings, over real connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/api_house.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_fresh_dashboard),
		FRESH(test_setup),
		OWNED(test_sign_in_and_out),
		OWNED(test_wrong_password_and_lock),
		OWNED(test_sessions),
		OWNED(test_password),
		OWNED(test_tokens),
		OWNED(test_settings),
		OWNED(test_everything_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
