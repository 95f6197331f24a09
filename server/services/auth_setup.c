/* Taking ownership, making tokens, and what the command line does. */
#include "services/auth_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SETUP_MS (15 * 60 * 1000)
#define SETUP_TRIES 5
#define TOKENS_MAX 100
#define TOKEN_NAME_MAX 60 /* bytes */

/* ---- setup ---- */

static int set_number(struct store *s, const char *key, int64_t n, struct err *e)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, n);
	return store_setting_set(s, key, text, e);
}

static int get_number(struct store *s, const char *key, int64_t *ret, struct err *e)
{
	autofree char *text = NULL;

	if (store_setting_get(s, key, &text, e))
		return -1;
	*ret = text ? strtoll(text, NULL, 10) : 0;
	return 0;
}

int auth_setup_open(struct store *s, char ret_code[CRYPTO_CODE], struct err *e)
{
	char code[CRYPTO_CODE], hash[SHA256_HEX];

	crypto_random_code(code);
	crypto_sha256_hex(code, strlen(code), hash);
	if (store_setting_set(s, AUTH_TRIES, NULL, e) ||
		set_number(s, AUTH_UNTIL, clock_wall() + SETUP_MS, e) ||
		store_setting_set(s, AUTH_CODE, hash, e))
		return -1;
	memcpy(ret_code, code, sizeof(code));
	return 0;
}

static int setup_close(struct store *s, struct err *e)
{
	if (store_setting_set(s, AUTH_CODE, NULL, e) || store_setting_set(s, AUTH_UNTIL, NULL, e))
		return -1;
	return store_setting_set(s, AUTH_TRIES, NULL, e);
}

const char *auth_setup_code(const struct auth *a)
{
	return a->code;
}

bool auth_owned(struct auth *a)
{
	autofree char *hash = NULL;

	return store_setting_get(a->store, AUTH_PASSWORD, &hash, NULL) || hash;
}

msec auth_setup_until(struct auth *a)
{
	autofree char *hash = NULL;
	int64_t until = 0;

	if (auth_owned(a) || store_setting_get(a->store, AUTH_CODE, &hash, NULL) || !hash ||
		get_number(a->store, AUTH_UNTIL, &until, NULL))
		return 0;
	return until > clock_wall() ? until : 0;
}

/* One of five tries; the fifth wrong one closes setup. */
static int try_code(struct auth *a, const char *typed, struct err *e)
{
	autofree char *wanted = NULL;
	char code[CRYPTO_CODE], hash[SHA256_HEX] = "";
	int64_t tries;

	if (!auth_setup_until(a))
		return err_set(e, ERR_FORBIDDEN, "auth.setup_closed",
			"The setup code is no longer good: 15 minutes or 5 tries are over.");
	if (store_setting_get(a->store, AUTH_CODE, &wanted, e) ||
		get_number(a->store, AUTH_TRIES, &tries, e))
		return -1;
	if (crypto_code_normal(typed, code))
		crypto_sha256_hex(code, strlen(code), hash);
	if (wanted && crypto_equal(hash, wanted))
		return 0;
	if (++tries >= SETUP_TRIES) {
		if (setup_close(a->store, e))
			return -1;
		return err_set(e, ERR_FORBIDDEN, "auth.setup_closed",
			"That was the fifth wrong setup code; it is void now.");
	}
	if (set_number(a->store, AUTH_TRIES, tries, e))
		return -1;
	return err_set(e, ERR_FORBIDDEN, "auth.setup_code", "Wrong setup code; %d tries are left.",
		(int)(SETUP_TRIES - tries));
}

static int take_ownership(struct auth *a, const char *code, const char *password, struct err *e)
{
	if (auth_owned(a))
		return err_set(
			e, ERR_CONFLICT, "auth.owned", "This dashboard has an owner already.");
	if (auth_check_password(password, e) || try_code(a, code, e) ||
		auth_set_password(a, password, e))
		return -1;
	return setup_close(a->store, e);
}

int auth_setup(struct auth *a, const char *code, const char *password,
	const struct auth_client *from, char ret_cookie[CRYPTO_KEY], struct identity *ret,
	struct err *e)
{
	int rc;

	pthread_mutex_lock(&a->setup_lock);
	rc = take_ownership(a, code, password, e);
	pthread_mutex_unlock(&a->setup_lock);
	return rc ? -1 : auth_session_begin(a, "", from, ret_cookie, ret, e);
}

int auth_cli_reset(struct store *s, char ret_code[CRYPTO_CODE], struct err *e)
{
	/* the code first: a failure half way must not leave the door without a key */
	if (auth_setup_open(s, ret_code, e) || store_session_delete_except(s, NULL, e))
		return -1;
	return store_setting_set(s, AUTH_PASSWORD, NULL, e);
}

/* ---- tokens ---- */

static int check_name(const char *name, struct err *e)
{
	size_t len = strlen(name);

	if (!len || len > TOKEN_NAME_MAX)
		return err_set(e, ERR_INPUT, "input.token_name",
			"The name has %zu bytes; it needs 1 to %d.", len, TOKEN_NAME_MAX);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(e, ERR_INPUT, "input.token_name",
				"The name holds a control character.");
	return 0;
}

static int check_new(struct store *s, const char *name, struct err *e)
{
	autofree struct token_row *rows = NULL;
	size_t n = 0;

	if (store_tokens(s, &rows, &n, e))
		return -1;
	if (n >= TOKENS_MAX)
		return err_set(e, ERR_CONFLICT, "token.too_many",
			"There are %zu tokens; no more are kept.", n);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].name, name))
			return err_set(e, ERR_CONFLICT, "token.name_taken",
				"There is a token named \"%s\" already.", name);
	return 0;
}

int auth_token_create(struct store *s, const char *name, enum scope scope, msec expires_at,
	struct token_row *ret, char ret_value[AUTH_TOKEN], struct err *e)
{
	struct token_row row = {
		.scope = scope, .created_at = clock_wall(), .expires_at = expires_at};
	char key[CRYPTO_KEY], value[AUTH_TOKEN];

	if (check_name(name, e))
		return -1;
	if (scope < SCOPE_READ || scope > SCOPE_ADMIN)
		return err_set(
			e, ERR_INPUT, "input.scope", "The scope is one of read, operate, admin.");
	if (expires_at < 0 || (expires_at && expires_at <= row.created_at))
		return err_set(e, ERR_INPUT, "input.expiry", "The expiry lies in the past.");
	if (check_new(s, name, e))
		return -1;
	crypto_random_key(key);
	snprintf(value, sizeof(value), "est_%s", key);
	crypto_sha256_hex(value, strlen(value), row.hash);
	snprintf(row.name, sizeof(row.name), "%s", name);
	if (store_token_add(s, &row, e))
		return -1;
	*ret = row;
	memcpy(ret_value, value, sizeof(value));
	return 0;
}

int auth_cli_token(struct store *s, const char *name, enum scope scope, char ret_value[AUTH_TOKEN],
	struct err *e)
{
	struct token_row row;

	return auth_token_create(s, name, scope, 0, &row, ret_value, e);
}
