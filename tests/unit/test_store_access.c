/* io/store: settings, sessions, tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/store_stage.h"

/* ---- settings, sessions, tokens ---- */

static void settings_are_set_read_and_deleted(void **state)
{
	char *value = (char *)"untouched";

	(void)state;
	OK(store_setting_get(s, "none", &value, &e));
	assert_null(value);
	OK(store_setting_set(s, "k", "one", &e));
	OK(store_setting_set(s, "k", "two'; DROP TABLE setting; --", &e));
	reopen();
	OK(store_setting_get(s, "k", &value, &e));
	assert_string_equal(value, "two'; DROP TABLE setting; --");
	free(value);
	OK(store_setting_set(s, "k", NULL, &e));
	OK(store_setting_get(s, "k", &value, &e));
	assert_null(value);
}

static struct session_row session(const char *id, msec created, msec expires)
{
	struct session_row r = {
		.created_at = created, .last_seen_at = created, .expires_at = expires};

	snprintf(r.id, sizeof(r.id), "%s", id);
	snprintf(r.hash, sizeof(r.hash), "hash-of-%s", id);
	snprintf(r.csrf, sizeof(r.csrf), "csrf-of-%s", id);
	snprintf(r.address, sizeof(r.address), "192.0.2.1");
	snprintf(r.browser, sizeof(r.browser), "a browser");
	return r;
}

static void sessions_live_their_life(void **state)
{
	struct session_row a = session("a", 1000, 5000), b = session("b", 2000, 9000), r, *rows;
	bool found = true;
	size_t n = 0;

	(void)state;
	OK(store_session_find(s, a.hash, &r, &found, &e));
	assert_false(found);
	OK(store_session_add(s, &a, &e));
	OK(store_session_add(s, &b, &e));
	FAILS(store_session_add(s, &b, &e), "state.failed"); /* the same hash never twice */
	reopen();
	OK(store_session_find(s, a.hash, &r, &found, &e));
	assert_true(found);
	assert_string_equal(r.id, "a");
	assert_string_equal(r.csrf, a.csrf);
	assert_string_equal(r.address, a.address);
	assert_string_equal(r.browser, a.browser);
	assert_int_equal(r.created_at, 1000);
	assert_int_equal(r.expires_at, 5000);
	OK(store_session_touch(s, a.hash, 3000, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].id, "a"); /* seen last */
	assert_int_equal(rows[0].last_seen_at, 3000);
	free(rows);
	OK(store_session_delete(s, "a", &found, &e));
	assert_true(found);
	OK(store_session_delete(s, "a", &found, &e));
	assert_false(found);
}

static void a_new_session_sweeps_the_expired_ones(void **state)
{
	struct session_row a = session("a", 1000, 5000), b = session("b", 5000, 9000),
			   c = session("c", 5001, 9000), *rows;
	size_t n;

	(void)state;
	OK(store_session_add(s, &a, &e));
	OK(store_session_add(s, &b, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 2); /* at its last millisecond it is still there */
	free(rows);
	OK(store_session_add(s, &c, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 2);
	free(rows);
	OK(store_session_delete_except(s, "c", &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].id, "c");
	free(rows);
	OK(store_session_delete_except(s, NULL, &e));
	OK(store_sessions(s, &rows, &n, &e));
	assert_int_equal(n, 0);
	free(rows);
}

static void tokens_live_their_life(void **state)
{
	struct token_row t = {.name = "backup",
				 .scope = SCOPE_OPERATE,
				 .hash = "h1",
				 .created_at = 5},
			 u = {.name = "x", .scope = SCOPE_ADMIN, .hash = "h2", .expires_at = 77}, r,
			 *rows;
	bool found;
	size_t n;

	(void)state;
	OK(store_token_add(s, &t, &e));
	OK(store_token_add(s, &u, &e));
	assert_true(t.id > 0 && u.id > t.id);
	OK(store_token_find(s, "h1", &r, &found, &e));
	assert_true(found);
	assert_string_equal(r.name, "backup");
	assert_int_equal(r.scope, SCOPE_OPERATE);
	assert_int_equal(r.created_at, 5);
	assert_int_equal(r.last_used_at, 0);
	OK(store_token_touch(s, t.id, 99, "192.0.2.7", &e));
	OK(store_tokens(s, &rows, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].last_used_at, 99);
	assert_string_equal(rows[0].last_used_from, "192.0.2.7");
	assert_int_equal(rows[1].expires_at, 77);
	free(rows);
	FAILS(store_token_add(s, &(struct token_row){.name = "y", .hash = "h1"}, &e),
		"state.failed");
	OK(store_token_delete(s, t.id, &found, &e));
	assert_true(found);
	OK(store_token_delete(s, t.id, &found, &e));
	assert_false(found);
	OK(store_token_find(s, "h1", &r, &found, &e));
	assert_false(found);
	/* an id is never given twice: an old event cannot point to a new token */
	OK(store_token_delete(s, u.id, &found, &e));
	OK(store_token_add(s, &t, &e));
	assert_true(t.id > u.id);
}

static void a_scope_nobody_knows_allows_nothing(void **state)
{
	struct token_row t = {.name = "x", .scope = SCOPE_ADMIN, .hash = "h"}, r;
	bool found;

	(void)state;
	OK(store_token_add(s, &t, &e));
	sql("UPDATE token SET scope='everything'");
	OK(store_token_find(s, "h", &r, &found, &e));
	assert_int_equal(r.scope, SCOPE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(settings_are_set_read_and_deleted),
		OPEN(sessions_live_their_life),
		OPEN(a_new_session_sweeps_the_expired_ones),
		OPEN(tokens_live_their_life),
		OPEN(a_scope_nobody_knows_allows_nothing),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
