#include "services/auth_priv.h"

#include <stdlib.h>
#include <string.h>

#define PASSWORD_MIN 10 /* characters */
#define PASSWORD_MAX 256
#define SESSIONS_MAX 50 /* the longest unused gives way */
#define TOUCH_MS 60000	/* how often a last use is written */
#define QNAP_MS ((msec)AUTH_QNAP_MINUTES * 60 * 1000)

const char *identity_user(const struct identity *who)
{
	const char *colon = strchr(who->actor, ':');

	return colon ? colon + 1 : who->actor;
}

int auth_open(struct store *store, struct auth **ret, struct err *e)
{
	struct auth *a = xcalloc(1, sizeof(*a));
	autofree char *hash = NULL;

	if (store_setting_get(store, AUTH_PASSWORD, &hash, e) ||
		(!hash && auth_setup_open(store, a->code, e))) {
		free(a);
		return -1;
	}
	a->store = store;
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->setup_lock, NULL);
	sem_init(&a->hashing, 0, 2);
	*ret = a;
	return 0;
}

void auth_close(struct auth *a)
{
	if (!a)
		return;
	sem_destroy(&a->hashing);
	pthread_mutex_destroy(&a->setup_lock);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* ---- sessions ---- */

static void copy_browser(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; from && *from && n < size - 1; from++)
		if ((unsigned char)*from >= 0x20 && (unsigned char)*from < 0x7f)
			to[n++] = *from;
	to[n] = '\0';
}

static msec session_ms(struct store *s)
{
	autofree char *hours = NULL;
	long n = 0;

	if (!store_setting_get(s, "session_hours", &hours, NULL) && hours)
		n = strtol(hours, NULL, 10);
	return (msec)(n > 0 ? n : AUTH_SESSION_HOURS) * 3600 * 1000;
}

static int drop_oldest(struct store *s, struct err *e)
{
	autofree struct session_row *rows = NULL;
	size_t n = 0;
	bool found;

	if (store_sessions(s, &rows, &n, e))
		return -1;
	while (n >= SESSIONS_MAX)
		if (store_session_delete(s, rows[--n].id, &found, e))
			return -1;
	return 0;
}

static void identify(const struct session_row *row, struct identity *ret)
{
	*ret = (struct identity){.scope = SCOPE_ADMIN, .expires_at = row->expires_at};
	if (*row->qnap_user)
		snprintf(ret->actor, sizeof(ret->actor), "qnap:%s", row->qnap_user);
	else
		snprintf(ret->actor, sizeof(ret->actor), "owner");
	snprintf(ret->session, sizeof(ret->session), "%s", row->id);
	snprintf(ret->csrf, sizeof(ret->csrf), "%s", row->csrf);
}

static msec least(msec a, msec b)
{
	return a < b ? a : b;
}

int auth_session_begin(struct auth *a, const char *qnap_user, const struct auth_client *from,
	char ret_cookie[CRYPTO_KEY], struct identity *ret, struct err *e)
{
	struct session_row row = {.created_at = clock_wall()};
	char cookie[CRYPTO_KEY];

	crypto_random_key(cookie);
	crypto_sha256_hex(cookie, strlen(cookie), row.hash);
	crypto_random_hex(row.id, 16);
	crypto_random_hex(row.csrf, 32);
	row.last_seen_at = row.created_at;
	row.expires_at = row.created_at +
			 (*qnap_user ? least(session_ms(a->store), QNAP_MS) : session_ms(a->store));
	snprintf(row.qnap_user, sizeof(row.qnap_user), "%s", qnap_user);
	snprintf(row.address, sizeof(row.address), "%s", from->address);
	copy_browser(from->browser, row.browser, sizeof(row.browser));
	if (drop_oldest(a->store, e) || store_session_add(a->store, &row, e))
		return -1;
	identify(&row, ret);
	memcpy(ret_cookie, cookie, sizeof(cookie));
	return 0;
}

static bool due(msec last, msec now)
{
	return now - last >= TOUCH_MS || now < last;
}

int auth_by_cookie(struct auth *a, const char *cookie, struct identity *ret, struct err *e)
{
	struct session_row row;
	char hash[SHA256_HEX];
	msec now = clock_wall();
	bool found = false;

	crypto_sha256_hex(cookie, strlen(cookie), hash);
	if (store_session_find(a->store, hash, &row, &found, e))
		return -1;
	if (!found)
		return err_set(e, ERR_AUTH, "auth.required", "You are not signed in.");
	if (row.expires_at <= now)
		return err_set(e, ERR_AUTH, "auth.required", "You were signed out after %lld h.",
			(long long)((row.expires_at - row.created_at) / 3600000));
	if (due(row.last_seen_at, now)) /* a full disk must not shut the owner out */
		store_session_touch(a->store, hash, now, NULL);
	identify(&row, ret);
	return 0;
}

/* ---- passwords ---- */

int auth_check_password(const char *password, struct err *e)
{
	size_t chars = 0;

	for (const char *p = password; *p; p++)
		chars += ((unsigned char)*p & 0xc0) != 0x80; /* UTF-8: all but continuation bytes */
	if (chars < PASSWORD_MIN || chars > PASSWORD_MAX)
		return err_set(e, ERR_INPUT, "input.password",
			"The password has %zu characters; it needs %d to %d.", chars, PASSWORD_MIN,
			PASSWORD_MAX);
	return 0;
}

int auth_set_password(struct auth *a, const char *password, struct err *e)
{
	autofree char *hash = NULL;
	int rc;

	sem_wait(&a->hashing);
	rc = crypto_password_hash(password, &hash, e);
	sem_post(&a->hashing);
	return rc ? -1 : store_setting_set(a->store, AUTH_PASSWORD, hash, e);
}

static int verify(struct auth *a, const char *password, bool *ret_right, struct err *e)
{
	autofree char *hash = NULL;
	int rc;

	if (store_setting_get(a->store, AUTH_PASSWORD, &hash, e))
		return -1;
	if (!hash)
		return err_set(e, ERR_FORBIDDEN, "auth.unowned", "Nobody owns this dashboard yet.");
	sem_wait(&a->hashing);
	rc = crypto_password_verify(password, hash, ret_right, e);
	sem_post(&a->hashing);
	return rc;
}

/* A try that counts: the sender waits after too many wrong ones. */
static int try_password(struct auth *a, const char *password, const char *address,
	enum err_kind kind, struct err *e)
{
	bool right = false;
	msec wait;
	int wrong, rc;

	pthread_mutex_lock(&a->lock);
	wait = throttle_try(&a->throttle, address, clock_mono());
	wrong = throttle_wrong(&a->throttle, address);
	pthread_mutex_unlock(&a->lock);
	if (wait)
		return err_set(e, ERR_LIMIT, "auth.locked",
			"Too many wrong passwords. Try again in %lld s.",
			(long long)(wait + 999) / 1000);
	rc = verify(a, password, &right, e);
	pthread_mutex_lock(&a->lock);
	if (rc)
		throttle_void(&a->throttle, address);
	else if (right)
		throttle_right(&a->throttle, address);
	pthread_mutex_unlock(&a->lock);
	if (rc || right)
		return rc;
	return err_set(e, kind, "auth.wrong_password", "Wrong password, %d in a row.", wrong);
}

int auth_wait_s(struct auth *a, const char *address)
{
	msec wait;

	pthread_mutex_lock(&a->lock);
	wait = throttle_wait(&a->throttle, address, clock_mono());
	pthread_mutex_unlock(&a->lock);
	return (int)((wait + 999) / 1000);
}

int auth_sign_in(struct auth *a, const char *password, const struct auth_client *from,
	char ret_cookie[CRYPTO_KEY], struct identity *ret, struct err *e)
{
	if (try_password(a, password, from->address, ERR_AUTH, e))
		return -1;
	return auth_session_begin(a, "", from, ret_cookie, ret, e);
}

int auth_change_password(struct auth *a, const struct identity *who, const char *current,
	const char *password, const char *address, struct err *e)
{
	if (auth_check_password(password, e) ||
		try_password(a, current, address, ERR_FORBIDDEN, e) ||
		auth_set_password(a, password, e))
		return -1;
	return store_session_delete_except(a->store, *who->session ? who->session : NULL, e);
}

/* ---- tokens ---- */

int auth_by_token(
	struct auth *a, const char *value, const char *address, struct identity *ret, struct err *e)
{
	struct token_row row;
	char hash[SHA256_HEX];
	msec now = clock_wall();
	bool found = false;

	crypto_sha256_hex(value, strlen(value), hash);
	if (store_token_find(a->store, hash, &row, &found, e))
		return -1;
	if (!found || row.scope == SCOPE_NONE)
		return err_set(e, ERR_AUTH, "auth.required", "This token is not known.");
	if (row.expires_at && row.expires_at <= now)
		return err_set(
			e, ERR_AUTH, "token.expired", "The token \"%s\" has expired.", row.name);
	if (due(row.last_used_at, now))
		store_token_touch(a->store, row.id, now, address, NULL);
	*ret = (struct identity){.scope = row.scope, .expires_at = row.expires_at};
	snprintf(ret->actor, sizeof(ret->actor), "token:%s", row.name);
	return 0;
}
