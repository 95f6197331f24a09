/*
 * auth: who is asking, and what may they do. The owner's password, browser sessions, API tokens,
 * and the one-time code that makes somebody the owner.
 *
 * Nobody owns a fresh dashboard. auth_open() then makes a setup code, good for 15 minutes and 5
 * tries; whoever types it with a password becomes the owner. Everything lives in the store, hashed,
 * and is read anew for each request, because `ethstation reset-password` and `token create` write
 * the same file from another process. Tokens are made by the owner or by the NAS's administrator,
 * so they work whether or not the dashboard has an owner.
 *
 * A wrong password makes its sender wait (domain/throttle); at most two passwords are hashed at
 * once, each takes 16 MiB. Any thread.
 *
 * On a QNAP NAS the owner may let its administrators in with the sign-in that they have in QTS (the
 * setting qnap_sign_in, off at first). The browser sends QTS's cookies; QTS itself is asked about
 * them and must say that it knows them, that the user is an administrator, and the same user name
 * as the cookie (when there is one). Such a session is short, because QTS cannot tell us when it
 * ends there.
 *
 * Error codes: auth.required, auth.unowned, auth.owned, auth.setup_closed, auth.setup_code,
 * auth.wrong_password, auth.locked, auth.qnap_off, auth.qnap_none, auth.qnap_refused,
 * auth.qnap_not_admin, auth.qnap_locked, token.expired, token.name_taken, token.too_many,
 * input.password, input.token_name, input.scope, input.expiry; and those of io/store, io/crypto
 * and io/qnap.
 */
#ifndef SERVICES_AUTH_H
#define SERVICES_AUTH_H

#include "base/model.h"
#include "io/crypto.h"
#include "io/qnap.h"
#include "io/store.h"

struct auth; /* opaque */

#define AUTH_COOKIE "ethstation_session"
/* On an encrypted connection. A name of its own, because a browser lets no plain page of this host
 * replace a Secure cookie: signing in over http would silently fail after one sign-in over https.
 */
#define AUTH_COOKIE_TLS "__Host-ethstation_session"
#define AUTH_TOKEN 48	      /* bytes of a token's value with its NUL: "est_" and 43 characters */
#define AUTH_SESSION_HOURS 12 /* unless the setting session_hours says otherwise */
#define AUTH_QNAP_MINUTES 60  /* of a session begun with QTS's cookies, at most */

struct identity {
	enum scope scope;
	char actor[ACTOR_MAX]; /* "owner", "token:NAME", "qnap:USER" */
	char session[33];      /* public id; "" for a token */
	char csrf[65];	       /* "" for a token */
	msec expires_at;       /* 0 = never */
};
/* The actor without "token:" or "qnap:". */
const char *identity_user(const struct identity *who);

/* Who signs in, from where. */
struct auth_client {
	const char *address;
	const char *browser; /* User-Agent; NULL is allowed */
};

int auth_open(struct store *store, struct auth **ret, struct err *e);
void auth_close(struct auth *a); /* NULL is allowed */
/* The code that auth_open made, for log and console: "K7QF-2M9X"; "" when there was an owner. */
const char *auth_setup_code(const struct auth *a);
/* A store that does not answer counts as owned: nothing opens because something is broken. */
bool auth_owned(struct auth *a);
/* Until when the setup code is good; 0 = setup is closed. */
msec auth_setup_until(struct auth *a);

/* Both: ret_cookie is the value of the cookie, which is stored nowhere. */
int auth_setup(struct auth *a, const char *code, const char *password,
	const struct auth_client *from, char ret_cookie[CRYPTO_KEY], struct identity *ret,
	struct err *e);
int auth_sign_in(struct auth *a, const char *password, const struct auth_client *from,
	char ret_cookie[CRYPTO_KEY], struct identity *ret, struct err *e);
/* root: of QTS's files (io/qnap.h). */
int auth_qnap_sign_in(struct auth *a, const char *root, const struct qnap_cookies *cookies,
	const struct auth_client *from, char ret_cookie[CRYPTO_KEY], struct identity *ret,
	struct err *e);
/* The setting is on, and this is a QNAP NAS. */
bool auth_qnap_on(struct auth *a, const char *root);
/* Switches the setting; off ends every session that was begun so. */
int auth_qnap_switch(struct auth *a, bool on, struct err *e);
/* Seconds that auth.locked, or auth.qnap_locked, asks this address to wait; 0 = none. */
int auth_wait_s(struct auth *a, const char *address);
int auth_qnap_wait_s(struct auth *a, const char *address);
/* The session's end is fixed when it begins; its last use is written at most once a minute. */
int auth_by_cookie(struct auth *a, const char *cookie, struct identity *ret, struct err *e);
int auth_by_token(struct auth *a, const char *value, const char *address, struct identity *ret,
	struct err *e);
/* Ends every session but the one of `who`. */
int auth_change_password(struct auth *a, const struct identity *who, const char *current,
	const char *password, const char *address, struct err *e);

/* expires_at 0 = never. ret_value is stored nowhere. */
int auth_token_create(struct store *s, const char *name, enum scope scope, msec expires_at,
	struct token_row *ret, char ret_value[AUTH_TOKEN], struct err *e);

/* ---- for the command line, on a store that another process may be serving ---- */

/* Forgets password and sessions (not tokens) and opens setup with a new code. */
int auth_cli_reset(struct store *s, char ret_code[CRYPTO_CODE], struct err *e);
int auth_cli_token(struct store *s, const char *name, enum scope scope, char ret_value[AUTH_TOKEN],
	struct err *e);

#endif
