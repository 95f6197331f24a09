/* Signing in with the sign-in that a browser has in QTS. */
#include "services/auth_priv.h"

#include <string.h>

#define KNOWN_MS 60000 /* so long QTS's answer is good */
#define COOKIE_MAX 256 /* bytes of a cookie that is worth asking about */

bool auth_qnap_on(struct auth *a, const char *root)
{
	autofree char *value = NULL;

	return !store_setting_get(a->store, AUTH_QNAP, &value, NULL) && value &&
	       !strcmp(value, "1") && qnap_here(root);
}

int auth_qnap_switch(struct auth *a, bool on, struct err *e)
{
	if (store_setting_set(a->store, AUTH_QNAP, on ? "1" : NULL, e))
		return -1;
	return on ? 0 : store_session_delete_qnap(a->store, e);
}

int auth_qnap_wait_s(struct auth *a, const char *address)
{
	msec wait;

	pthread_mutex_lock(&a->lock);
	wait = throttle_wait(&a->qnap_throttle, address, clock_mono());
	pthread_mutex_unlock(&a->lock);
	return (int)((wait + 999) / 1000);
}

/* ---- what QTS said a moment ago ---- */

static void key_of(const struct qnap_cookies *c, char ret[SHA256_HEX])
{
	autofree char *all =
		xasprintf("%s\n%s\n%s", c->user, c->token ? c->token : "", c->token ? "" : c->sid);

	crypto_sha256_hex(all, strlen(all), ret);
}

static bool recall(struct auth *a, const char *key, struct qnap_person *ret)
{
	bool found = false;

	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < COUNT(a->qnap_known) && !found; i++)
		if (a->qnap_known[i].until > clock_mono() &&
			crypto_equal(a->qnap_known[i].key, key)) {
			*ret = a->qnap_known[i].person;
			found = true;
		}
	pthread_mutex_unlock(&a->lock);
	return found;
}

static void remember(struct auth *a, const char *key, const struct qnap_person *p)
{
	struct qnap_known *oldest = a->qnap_known;

	pthread_mutex_lock(&a->lock);
	for (size_t i = 1; i < COUNT(a->qnap_known); i++)
		if (a->qnap_known[i].until < oldest->until)
			oldest = &a->qnap_known[i];
	*oldest = (struct qnap_known){.until = clock_mono() + KNOWN_MS, .person = *p};
	snprintf(oldest->key, sizeof(oldest->key), "%s", key);
	pthread_mutex_unlock(&a->lock);
}

/* ---- the question ---- */

static bool plausible(const char *value)
{
	return value && *value && strlen(value) < COOKIE_MAX;
}

/* Without a user's name there is nobody whom QTS could be asked about. A browser that has both, the
 * token and the sid, is asked for by the token. */
static int choose(const struct qnap_cookies *all, struct qnap_cookies *ret, struct err *e)
{
	*ret = (struct qnap_cookies){.user = all->user};
	if (plausible(all->token))
		ret->token = all->token;
	else if (plausible(all->sid))
		ret->sid = all->sid;
	if (plausible(ret->user) && (ret->token || ret->sid))
		return 0;
	return err_set(e, ERR_AUTH, "auth.qnap_none",
		"This browser is not signed in to QTS on this address.");
}

/* The reply names a user also when it refuses, so that passed comes first; and a reply about
 * somebody else than the cookie names is no proof of either. */
static int judge(const struct qnap_person *p, const struct qnap_cookies *c, struct err *e)
{
	if (!p->passed || !*p->user || !crypto_equal(p->user, c->user))
		return err_set(e, ERR_AUTH, "auth.qnap_refused",
			"QTS does not know this sign-in, or not any more.");
	if (!p->admin)
		return err_set(e, ERR_FORBIDDEN, "auth.qnap_not_admin",
			"The QTS user \"%s\" is no administrator.", p->user);
	return 0;
}

/* One of the few questions that an address may have answered with no. */
static int ask(struct auth *a, const char *root, const struct qnap_cookies *c, const char *key,
	const char *address, struct qnap_person *ret, struct err *e)
{
	msec wait;
	int rc;

	pthread_mutex_lock(&a->lock);
	wait = throttle_try(&a->qnap_throttle, address, clock_mono());
	pthread_mutex_unlock(&a->lock);
	if (wait)
		return err_set(e, ERR_LIMIT, "auth.qnap_locked",
			"QTS refused too many sign-ins. Try again in %lld s.",
			(long long)(wait + 999) / 1000);
	rc = qnap_who(root, c, address, ret, e);
	pthread_mutex_lock(&a->lock);
	if (rc)
		throttle_void(&a->qnap_throttle, address);
	else if (judge(ret, c, NULL) == 0)
		throttle_right(&a->qnap_throttle, address);
	pthread_mutex_unlock(&a->lock);
	if (rc == 0)
		remember(a, key, ret);
	return rc;
}

int auth_qnap_sign_in(struct auth *a, const char *root, const struct qnap_cookies *cookies,
	const struct auth_client *from, char ret_cookie[CRYPTO_KEY], struct identity *ret,
	struct err *e)
{
	struct qnap_cookies c;
	struct qnap_person p;
	char key[SHA256_HEX];

	if (!auth_owned(a))
		return err_set(e, ERR_FORBIDDEN, "auth.unowned", "Nobody owns this dashboard yet.");
	if (!auth_qnap_on(a, root))
		return err_set(e, ERR_FORBIDDEN, "auth.qnap_off",
			"Signing in with QNAP is not switched on here.");
	if (choose(cookies, &c, e))
		return -1;
	key_of(&c, key);
	if ((!recall(a, key, &p) && ask(a, root, &c, key, from->address, &p, e)) ||
		judge(&p, &c, e))
		return -1;
	return auth_session_begin(a, p.user, from, ret_cookie, ret, e);
}
