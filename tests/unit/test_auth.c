#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "services/auth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD "correct horse battery"
#define MINUTE 60000
#define HOUR (60 * MINUTE)

static const struct auth_client BROWSER = {"192.168.1.20", "Mozilla/5.0 \x01\xff(test)"};

struct house {
	char dir[32];
	struct store *store;
	struct auth *auth;
	char cookie[CRYPTO_KEY];
	struct identity who;
	struct err e;
};

static int open_house(void **state)
{
	struct house *h = xcalloc(1, sizeof(*h));

	snprintf(h->dir, sizeof(h->dir), "/tmp/auth-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	assert_int_equal(store_open(h->dir, true, &h->store, &h->e), 0);
	assert_int_equal(auth_open(h->store, &h->auth, &h->e), 0);
	*state = h;
	return 0;
}

static int close_house(void **state)
{
	struct house *h = *state;
	autofree char *rm = xasprintf("rm -rf '%s'", h->dir);

	clock_shift_wall(0);
	auth_close(h->auth);
	store_close(h->store);
	assert_int_equal(system(rm), 0);
	free(h);
	return 0;
}

static void own(struct house *h)
{
	assert_int_equal(auth_setup(h->auth, auth_setup_code(h->auth), PASSWORD, &BROWSER,
				 h->cookie, &h->who, &h->e),
		0);
}

static int setup(struct house *h, const char *code, const char *password)
{
	h->e = (struct err){0};
	return auth_setup(h->auth, code, password, &BROWSER, h->cookie, &h->who, &h->e);
}

static int sign_in(struct house *h, const char *password, const char *address)
{
	struct auth_client from = {address, NULL};

	h->e = (struct err){0};
	return auth_sign_in(h->auth, password, &from, h->cookie, &h->who, &h->e);
}

static void assert_err(struct house *h, int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(h->e.code, code);
}

/* ---- setup ---- */

static void test_taking_ownership(void **state)
{
	struct house *h = *state;
	char lower[CRYPTO_CODE];
	msec left;

	assert_false(auth_owned(h->auth));
	left = auth_setup_until(h->auth) - clock_wall();
	assert_true(left > 14 * MINUTE && left <= 15 * MINUTE);
	snprintf(lower, sizeof(lower), "%s", auth_setup_code(h->auth));
	for (char *c = lower; *c; c++)
		*c = *c == '-' ? ' ' : *c | 32;
	assert_int_equal(setup(h, lower, PASSWORD), 0);
	assert_true(auth_owned(h->auth));
	assert_int_equal(auth_setup_until(h->auth), 0);
	assert_string_equal(h->who.actor, "owner");
	assert_string_equal(identity_user(&h->who), "owner");
	assert_int_equal(h->who.scope, SCOPE_ADMIN);
	assert_int_equal(strlen(h->who.csrf), 64);
	assert_err(h, setup(h, lower, PASSWORD), "auth.owned");
}

static void test_secrets_are_stored_hashed(void **state)
{
	struct house *h = *state;
	autofree char *code = NULL, *password = NULL;
	struct session_row row;
	char hash[SHA256_HEX];
	bool found;

	assert_int_equal(store_setting_get(h->store, "setup_code_hash", &code, &h->e), 0);
	assert_string_not_equal(code, auth_setup_code(h->auth));
	own(h);
	assert_int_equal(store_setting_get(h->store, "password_hash", &password, &h->e), 0);
	assert_null(strstr(password, PASSWORD));
	crypto_sha256_hex(h->cookie, strlen(h->cookie), hash);
	assert_int_equal(store_session_find(h->store, hash, &row, &found, &h->e), 0);
	assert_true(found);
	assert_string_equal(row.browser, "Mozilla/5.0 (test)");
	assert_string_equal(row.address, "192.168.1.20");
}

static void test_five_wrong_codes_close_setup(void **state)
{
	struct house *h = *state;

	for (int i = 0; i < 4; i++)
		assert_err(h, setup(h, i % 2 ? "ZZZZ-ZZZZ" : "", PASSWORD), "auth.setup_code");
	assert_non_null(strstr(h->e.message, "1 tries"));
	/* a poor password is said at once and costs no try */
	assert_err(h, setup(h, "ZZZZ-ZZZZ", "short"), "input.password");
	assert_err(h, setup(h, "ZZZZ-ZZZZ", PASSWORD), "auth.setup_closed");
	assert_err(h, setup(h, auth_setup_code(h->auth), PASSWORD), "auth.setup_closed");
	assert_int_equal(auth_setup_until(h->auth), 0);
	assert_false(auth_owned(h->auth));
}

static void test_code_ends_after_15_minutes(void **state)
{
	struct house *h = *state;

	clock_shift_wall(15 * MINUTE + 1000);
	assert_int_equal(auth_setup_until(h->auth), 0);
	assert_err(h, setup(h, auth_setup_code(h->auth), PASSWORD), "auth.setup_closed");
	/* starting again opens it again, with another code */
	char before[CRYPTO_CODE];
	memcpy(before, auth_setup_code(h->auth), sizeof(before));
	auth_close(h->auth);
	assert_int_equal(auth_open(h->store, &h->auth, &h->e), 0);
	assert_string_not_equal(before, auth_setup_code(h->auth));
	assert_err(h, setup(h, before, PASSWORD), "auth.setup_code");
	own(h);
}

static void test_password_rules(void **state)
{
	struct house *h = *state;
	autofree char *longest = xcalloc(1, 258);
	const char *code = auth_setup_code(h->auth);

	memset(longest, 'a', 257);
	assert_err(h, setup(h, code, "123456789"), "input.password");
	assert_err(h, setup(h, code, longest), "input.password");
	/* nine letters of two bytes each are nine characters */
	assert_err(h, setup(h, code, "äääääääää"), "input.password");
	longest[256] = '\0';
	assert_int_equal(setup(h, code, longest), 0);
	assert_int_equal(sign_in(h, longest, "10.0.0.1"), 0);
}

static void test_no_new_code_when_owned(void **state)
{
	struct house *h = *state;

	own(h);
	auth_close(h->auth);
	assert_int_equal(auth_open(h->store, &h->auth, &h->e), 0);
	assert_string_equal(auth_setup_code(h->auth), "");
	assert_int_equal(auth_setup_until(h->auth), 0);
	assert_err(h, setup(h, "", PASSWORD), "auth.owned");
}

/* ---- sessions ---- */

static void test_session_lives_12_hours(void **state)
{
	struct house *h = *state;
	struct identity who;

	own(h);
	assert_int_equal(auth_by_cookie(h->auth, h->cookie, &who, &h->e), 0);
	assert_string_equal(who.session, h->who.session);
	assert_string_equal(who.csrf, h->who.csrf);
	clock_shift_wall(12 * HOUR - MINUTE);
	assert_int_equal(auth_by_cookie(h->auth, h->cookie, &who, &h->e), 0);
	clock_shift_wall(12 * HOUR + MINUTE);
	assert_err(h, auth_by_cookie(h->auth, h->cookie, &who, &h->e), "auth.required");
	assert_non_null(strstr(h->e.message, "12 h"));
	assert_err(h, auth_by_cookie(h->auth, "", &who, &h->e), "auth.required");
	assert_err(h, auth_by_cookie(h->auth, "nonsense", &who, &h->e), "auth.required");
}

static void test_session_hours_are_a_setting(void **state)
{
	struct house *h = *state;

	assert_int_equal(store_setting_set(h->store, "session_hours", "1", &h->e), 0);
	own(h);
	assert_true(h->who.expires_at <= clock_wall() + HOUR);
	assert_true(h->who.expires_at > clock_wall() + HOUR - MINUTE);
}

static msec last_seen(struct house *h)
{
	autofree struct session_row *rows = NULL;
	size_t n;

	assert_int_equal(store_sessions(h->store, &rows, &n, &h->e), 0);
	assert_int_equal(n, 1);
	return rows[0].last_seen_at;
}

static void test_last_use_is_written_once_a_minute(void **state)
{
	struct house *h = *state;
	struct identity who;
	msec first;

	own(h);
	first = last_seen(h);
	clock_shift_wall(MINUTE / 2);
	assert_int_equal(auth_by_cookie(h->auth, h->cookie, &who, &h->e), 0);
	assert_int_equal(last_seen(h), first);
	clock_shift_wall(2 * MINUTE);
	assert_int_equal(auth_by_cookie(h->auth, h->cookie, &who, &h->e), 0);
	assert_true(last_seen(h) >= first + MINUTE);
}

static void test_sessions_are_limited(void **state)
{
	struct house *h = *state;
	autofree struct session_row *rows = NULL;
	struct identity who;
	char first[CRYPTO_KEY];
	size_t n;

	own(h);
	memcpy(first, h->cookie, sizeof(first));
	for (int i = 0; i < 50; i++) {
		struct session_row row = {.created_at = clock_wall() + i + 1};

		row.last_seen_at = row.created_at;
		row.expires_at = row.created_at + HOUR;
		crypto_random_hex(row.id, 16);
		crypto_random_hex(row.hash, 32);
		assert_int_equal(store_session_add(h->store, &row, &h->e), 0);
	}
	assert_int_equal(sign_in(h, PASSWORD, "10.0.0.1"), 0);
	assert_int_equal(store_sessions(h->store, &rows, &n, &h->e), 0);
	assert_int_equal(n, 50);
	assert_err(h, auth_by_cookie(h->auth, first, &who, &h->e), "auth.required");
	assert_int_equal(auth_by_cookie(h->auth, h->cookie, &who, &h->e), 0);
}

/* ---- passwords ---- */

static void test_wrong_passwords_must_wait(void **state)
{
	struct house *h = *state;

	own(h);
	for (int i = 1; i <= 5; i++) {
		assert_err(h, sign_in(h, "wrong password", "10.0.0.1"), "auth.wrong_password");
		assert_int_equal(h->e.kind, ERR_AUTH);
	}
	assert_err(h, sign_in(h, PASSWORD, "10.0.0.1"), "auth.locked");
	assert_int_equal(h->e.kind, ERR_LIMIT);
	assert_non_null(strstr(h->e.message, " s."));
	assert_in_range(auth_wait_s(h->auth, "10.0.0.1"), 1, 60);
	assert_int_equal(auth_wait_s(h->auth, "10.0.0.2"), 0);
	assert_int_equal(sign_in(h, PASSWORD, "10.0.0.2"), 0);
}

static void test_right_password_forgives(void **state)
{
	struct house *h = *state;

	own(h);
	for (int i = 0; i < 4; i++)
		assert_err(h, sign_in(h, "wrong password", "10.0.0.1"), "auth.wrong_password");
	assert_int_equal(sign_in(h, PASSWORD, "10.0.0.1"), 0);
	assert_err(h, sign_in(h, "wrong password", "10.0.0.1"), "auth.wrong_password");
	assert_non_null(strstr(h->e.message, "1 in a row"));
}

static void *guess(void *arg)
{
	struct house *h = arg;
	struct auth_client from = {"10.0.0.9", NULL};
	char cookie[CRYPTO_KEY];
	struct identity who;
	struct err e;

	auth_sign_in(h->auth, "wrong password", &from, cookie, &who, &e);
	return err_is(&e, "auth.wrong_password") ? h : NULL;
}

static void test_guessing_at_once_gains_nothing(void **state)
{
	struct house *h = *state;
	pthread_t threads[16];
	int tried = 0;

	own(h);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess, h), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *ret;

		pthread_join(threads[i], &ret);
		tried += ret != NULL;
	}
	assert_int_equal(tried, 5);
}

static void test_sign_in_without_owner(void **state)
{
	struct house *h = *state;

	for (int i = 0; i < 7; i++)
		assert_err(h, sign_in(h, PASSWORD, "10.0.0.1"), "auth.unowned");
}

static void test_changing_the_password(void **state)
{
	struct house *h = *state;
	char other[CRYPTO_KEY], mine[CRYPTO_KEY];
	struct identity who, me;

	own(h);
	memcpy(other, h->cookie, sizeof(other));
	assert_int_equal(sign_in(h, PASSWORD, "10.0.0.1"), 0);
	memcpy(mine, h->cookie, sizeof(mine));
	me = h->who;
	assert_err(h,
		auth_change_password(
			h->auth, &me, "wrong password", "another password", "10.0.0.1", &h->e),
		"auth.wrong_password");
	assert_int_equal(h->e.kind, ERR_FORBIDDEN);
	assert_err(h, auth_change_password(h->auth, &me, PASSWORD, "short", "10.0.0.1", &h->e),
		"input.password");
	assert_int_equal(auth_by_cookie(h->auth, other, &who, &h->e), 0);
	assert_int_equal(
		auth_change_password(h->auth, &me, PASSWORD, "another password", "10.0.0.1", &h->e),
		0);
	assert_int_equal(auth_by_cookie(h->auth, mine, &who, &h->e), 0);
	assert_err(h, auth_by_cookie(h->auth, other, &who, &h->e), "auth.required");
	assert_err(h, sign_in(h, PASSWORD, "10.0.0.1"), "auth.wrong_password");
	assert_int_equal(sign_in(h, "another password", "10.0.0.1"), 0);
}

/* ---- tokens ---- */

static void test_tokens(void **state)
{
	struct house *h = *state;
	char value[AUTH_TOKEN];
	struct token_row row;
	struct identity who;
	bool found;

	assert_int_equal(auth_token_create(h->store, "grafana", SCOPE_READ, clock_wall() + HOUR,
				 &row, value, &h->e),
		0);
	assert_int_equal(strlen(value), 47);
	assert_memory_equal(value, "est_", 4);
	/* works though nobody owns the dashboard */
	assert_int_equal(auth_by_token(h->auth, value, "10.0.0.1", &who, &h->e), 0);
	assert_string_equal(who.actor, "token:grafana");
	assert_string_equal(identity_user(&who), "grafana");
	assert_int_equal(who.scope, SCOPE_READ);
	assert_string_equal(who.session, "");
	assert_err(h, auth_by_token(h->auth, "", "10.0.0.1", &who, &h->e), "auth.required");
	assert_err(h, auth_by_token(h->auth, row.hash, "10.0.0.1", &who, &h->e), "auth.required");
	clock_shift_wall(HOUR + MINUTE);
	assert_err(h, auth_by_token(h->auth, value, "10.0.0.1", &who, &h->e), "token.expired");
	clock_shift_wall(0);
	assert_int_equal(store_token_delete(h->store, row.id, &found, &h->e), 0);
	assert_err(h, auth_by_token(h->auth, value, "10.0.0.1", &who, &h->e), "auth.required");
}

static void test_token_use_is_written_once_a_minute(void **state)
{
	struct house *h = *state;
	autofree struct token_row *rows = NULL;
	char value[AUTH_TOKEN];
	struct identity who;
	size_t n;

	assert_int_equal(auth_cli_token(h->store, "script", SCOPE_ADMIN, value, &h->e), 0);
	assert_int_equal(auth_by_token(h->auth, value, "10.0.0.1", &who, &h->e), 0);
	assert_int_equal(auth_by_token(h->auth, value, "10.0.0.2", &who, &h->e), 0);
	assert_int_equal(store_tokens(h->store, &rows, &n, &h->e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].last_used_from, "10.0.0.1");
	assert_int_equal(rows[0].expires_at, 0);
	free(take(rows));
	clock_shift_wall(2 * MINUTE);
	assert_int_equal(auth_by_token(h->auth, value, "10.0.0.2", &who, &h->e), 0);
	assert_int_equal(store_tokens(h->store, &rows, &n, &h->e), 0);
	assert_string_equal(rows[0].last_used_from, "10.0.0.2");
}

static void test_token_rules(void **state)
{
	struct house *h = *state;
	char value[AUTH_TOKEN], name[70];
	struct token_row row;

	assert_err(h, auth_cli_token(h->store, "", SCOPE_READ, value, &h->e), "input.token_name");
	memset(name, 'n', 61);
	name[61] = '\0';
	assert_err(h, auth_cli_token(h->store, name, SCOPE_READ, value, &h->e), "input.token_name");
	assert_err(
		h, auth_cli_token(h->store, "a\nb", SCOPE_READ, value, &h->e), "input.token_name");
	assert_err(h, auth_cli_token(h->store, "a", SCOPE_NONE, value, &h->e), "input.scope");
	assert_err(h,
		auth_token_create(h->store, "a", SCOPE_READ, clock_wall() - 1, &row, value, &h->e),
		"input.expiry");
	name[60] = '\0';
	assert_int_equal(auth_cli_token(h->store, name, SCOPE_READ, value, &h->e), 0);
	assert_err(h, auth_cli_token(h->store, name, SCOPE_READ, value, &h->e), "token.name_taken");
	for (int i = 1; i < 100; i++) {
		snprintf(name, sizeof(name), "token %d", i);
		assert_int_equal(auth_cli_token(h->store, name, SCOPE_READ, value, &h->e), 0);
	}
	assert_err(h, auth_cli_token(h->store, "last", SCOPE_READ, value, &h->e), "token.too_many");
}

/* ---- command line ---- */

static void test_reset_opens_the_door_again(void **state)
{
	struct house *h = *state;
	char code[CRYPTO_CODE], token[AUTH_TOKEN], cookie[CRYPTO_KEY];
	struct identity who;

	own(h);
	memcpy(cookie, h->cookie, sizeof(cookie));
	assert_int_equal(auth_cli_token(h->store, "script", SCOPE_READ, token, &h->e), 0);
	assert_int_equal(auth_cli_reset(h->store, code, &h->e), 0);
	/* the running program notices, without being told */
	assert_false(auth_owned(h->auth));
	assert_true(auth_setup_until(h->auth) > clock_wall());
	assert_err(h, auth_by_cookie(h->auth, cookie, &who, &h->e), "auth.required");
	assert_err(h, sign_in(h, PASSWORD, "10.0.0.1"), "auth.unowned");
	assert_int_equal(auth_by_token(h->auth, token, "10.0.0.1", &who, &h->e), 0);
	assert_int_equal(setup(h, code, "another password"), 0);
	assert_int_equal(sign_in(h, "another password", "10.0.0.1"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_house, close_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_taking_ownership),
		TEST(test_secrets_are_stored_hashed),
		TEST(test_five_wrong_codes_close_setup),
		TEST(test_code_ends_after_15_minutes),
		TEST(test_password_rules),
		TEST(test_no_new_code_when_owned),
		TEST(test_session_lives_12_hours),
		TEST(test_session_hours_are_a_setting),
		TEST(test_last_use_is_written_once_a_minute),
		TEST(test_sessions_are_limited),
		TEST(test_wrong_passwords_must_wait),
		TEST(test_right_password_forgives),
		TEST(test_guessing_at_once_gains_nothing),
		TEST(test_sign_in_without_owner),
		TEST(test_changing_the_password),
		TEST(test_tokens),
		TEST(test_token_use_is_written_once_a_minute),
		TEST(test_token_rules),
		TEST(test_reset_opens_the_door_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
