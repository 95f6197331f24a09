/* Who may do what: setup, sign-in, sessions, password, tokens; and the two public files. */
#include "api/handlers.h"
#include "api/peer.h"
#include "api/reply.h"
#include "base/embedded.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_time(json_t *obj, const char *key, msec at)
{
	json_put_limit(obj, key, at); /* 0 = never: null */
}

void api_get_health(struct api_call *call)
{
	json_t *j = json_object();

	json_put_flag(j, "ok", true);
	json_put_flag(j, "owned", auth_owned(call->app->auth));
	put_time(j, "setup_until_at", auth_setup_until(call->app->auth));
	json_put_flag(j, "qnap_sign_in", auth_qnap_on(call->app->auth, call->app->config.qts_root));
	json_put_str(j, "version", STATION_VERSION);
	json_put_int(j, "now_at", clock_wall());
	reply_json(call, 200, j);
}

void api_get_openapi(struct api_call *call)
{
	const struct embedded *f = embedded_find("shared/api.yaml");
	struct err e;

	if (f) {
		http_reply(call->req, 200, "application/yaml", NULL, f->data, f->len);
		return;
	}
	err_set(&e, ERR_INTERNAL, "api.internal", "This program was built without its API file.");
	reply_err(call, &e);
}

/* ---- signing in and out ---- */

/* A required text of the body, of whatever length; input.missing. */
static int body_text(const struct api_call *call, const char *key, const char **ret, struct err *e)
{
	*ret = json_str(call->body, key, NULL);
	if (*ret)
		return 0;
	return err_set(
		e, ERR_INPUT, "input.missing", "The field \"%s\" is missing or no text.", key);
}

static json_t *session_json(const struct identity *who)
{
	json_t *j = json_object();

	json_put_str(j, "user", identity_user(who));
	json_put_str(j, "scope", scope_name(who->scope));
	json_put_str(j, "csrf", *who->csrf ? who->csrf : NULL);
	put_time(j, "expires_at", who->expires_at);
	return j;
}

static void reply_with_cookie(
	struct api_call *call, int status, const char *value, msec max_age, json_t *body)
{
	autojson json_t *owned = body;
	autofree char *text = owned ? json_text(owned) : NULL;
	bool tls = peer_is_tls(call->req);
	autofree char *cookie = xasprintf("%s=%s; Path=/; HttpOnly; SameSite=Strict; "
					  "Max-Age=%" PRId64 "%s",
		tls ? AUTH_COOKIE_TLS : AUTH_COOKIE, value, max_age / 1000, tls ? "; Secure" : "");
	const struct http_header headers[] = {{"Set-Cookie", cookie}, {NULL, NULL}};

	http_reply(call->req, status, text ? "application/json" : NULL, headers, text,
		text ? strlen(text) : 0);
}

/* address: PEER_ADDRESS bytes that outlive what is returned. */
static struct auth_client client_of(const struct api_call *call, char *address)
{
	peer_address(call->req, address);
	return (struct auth_client){address, http_header(call->req, "User-Agent")};
}

static void signed_in(struct api_call *call, const char *cookie)
{
	reply_with_cookie(
		call, 200, cookie, call->who.expires_at - clock_wall(), session_json(&call->who));
}

void api_setup(struct api_call *call)
{
	char address[PEER_ADDRESS];
	struct auth_client from = client_of(call, address);
	const char *code, *password;
	char cookie[CRYPTO_KEY];
	struct err e;

	if (json_only(call->body, &e, "code", "password", NULL) ||
		body_text(call, "code", &code, &e) || body_text(call, "password", &password, &e) ||
		auth_setup(call->app->auth, code, password, &from, cookie, &call->who, &e)) {
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.owned", "The dashboard has an owner now, from %s.",
		from.address);
	signed_in(call, cookie);
}

static int by_password(struct api_call *call, const struct auth_client *from,
	char cookie[CRYPTO_KEY], struct err *e)
{
	const char *password;

	if (json_only(call->body, e, "password", NULL) || body_text(call, "password", &password, e))
		return -1;
	return auth_sign_in(call->app->auth, password, from, cookie, &call->who, e);
}

static int by_qnap(struct api_call *call, const struct auth_client *from, char cookie[CRYPTO_KEY],
	struct err *e)
{
	autofree char *user = http_cookie(call->req, "NAS_USER");
	autofree char *token = http_cookie(call->req, "qtoken");
	autofree char *sid = http_cookie(call->req, "NAS_SID");
	const struct qnap_cookies cookies = {user, token, sid};

	if (json_only(call->body, e, "qnap", NULL))
		return -1;
	if (!json_flag(call->body, "qnap", false))
		return err_set(e, ERR_INPUT, "input.type", "The field \"qnap\" can only be true.");
	return auth_qnap_sign_in(
		call->app->auth, call->app->config.qts_root, &cookies, from, cookie, &call->who, e);
}

void api_sign_in(struct api_call *call)
{
	char address[PEER_ADDRESS];
	struct auth_client from = client_of(call, address);
	char cookie[CRYPTO_KEY];
	struct err e;

	if (json_object_get(call->body, "qnap") ? by_qnap(call, &from, cookie, &e)
						: by_password(call, &from, cookie, &e)) {
		if (err_is(&e, "auth.wrong_password"))
			call_say(call, "access", e.code, "Wrong password from %s.", from.address);
		else if (err_is(&e, "auth.qnap_refused") || err_is(&e, "auth.qnap_not_admin"))
			call_say(call, "access", e.code, "QTS refused a sign-in from %s.",
				from.address);
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.signed_in", "Signed in from %s.", from.address);
	signed_in(call, cookie);
}

void api_get_session(struct api_call *call)
{
	reply_json(call, 200, session_json(&call->who));
}

void api_sign_out(struct api_call *call)
{
	bool found;
	struct err e;

	if (!*call->who.session) {
		err_set(&e, ERR_CONFLICT, "auth.no_session", "A token has no session to end.");
		reply_err(call, &e);
		return;
	}
	if (store_session_delete(call->app->store, call->who.session, &found, &e)) {
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.signed_out", "Signed out.");
	reply_with_cookie(call, 204, "", 0, NULL);
}

/* ---- sessions ---- */

void api_list_sessions(struct api_call *call)
{
	autofree struct session_row *rows = NULL;
	json_t *list, *j;
	msec now = clock_wall();
	size_t n = 0;
	struct err e;

	if (store_sessions(call->app->store, &rows, &n, &e)) {
		reply_err(call, &e);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		if (rows[i].expires_at <= now)
			continue;
		j = json_object();
		json_put_str(j, "id", rows[i].id);
		json_put_int(j, "created_at", rows[i].created_at);
		json_put_int(j, "last_seen_at", rows[i].last_seen_at);
		json_put_int(j, "expires_at", rows[i].expires_at);
		json_put_str(j, "address", rows[i].address);
		json_put_str(j, "browser", rows[i].browser);
		json_put_flag(j, "current", !strcmp(rows[i].id, call->who.session));
		json_array_append_new(list, j);
	}
	j = json_object();
	json_put(j, "sessions", list);
	reply_json(call, 200, j);
}

void api_end_session(struct api_call *call)
{
	bool found = false;
	struct err e;

	if (store_session_delete(call->app->store, call_param(call, "id"), &found, &e)) {
		reply_err(call, &e);
		return;
	}
	if (!found) {
		err_set(&e, ERR_NOT_FOUND, "session.missing", "There is no such session.");
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.session_ended", "Another browser was signed out.");
	reply_empty(call);
}

void api_change_password(struct api_call *call)
{
	const char *current, *password;
	char address[PEER_ADDRESS];
	struct err e;

	peer_address(call->req, address);
	if (json_only(call->body, &e, "current", "password", NULL) ||
		body_text(call, "current", &current, &e) ||
		body_text(call, "password", &password, &e) ||
		auth_change_password(call->app->auth, &call->who, current, password, address, &e)) {
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.password_changed",
		"The password was changed; every other browser was signed out.");
	reply_empty(call);
}

/* ---- tokens ---- */

static json_t *token_json(const struct token_row *t)
{
	json_t *j = json_object();
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, t->id);
	json_put_str(j, "id", id);
	json_put_str(j, "name", t->name);
	json_put_str(j, "scope", scope_name(t->scope));
	json_put_int(j, "created_at", t->created_at);
	put_time(j, "expires_at", t->expires_at);
	put_time(j, "last_used_at", t->last_used_at);
	json_put_str(j, "last_used_from", *t->last_used_from ? t->last_used_from : NULL);
	return j;
}

void api_list_tokens(struct api_call *call)
{
	autofree struct token_row *rows = NULL;
	json_t *list, *j;
	size_t n = 0;
	struct err e;

	if (store_tokens(call->app->store, &rows, &n, &e)) {
		reply_err(call, &e);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, token_json(&rows[i]));
	j = json_object();
	json_put(j, "tokens", list);
	reply_json(call, 200, j);
}

static int read_token(struct api_call *call, const char **name, enum scope *scope, msec *expires_at,
	struct err *e)
{
	const json_t *expires = json_object_get(call->body, "expires_at");
	const char *text;
	int n;

	if (json_only(call->body, e, "name", "scope", "expires_at", NULL) ||
		body_text(call, "name", name, e) || body_text(call, "scope", &text, e))
		return -1;
	n = scope_parse(text);
	if (expires && !json_is_null(expires) &&
		(!json_is_integer(expires) || json_integer_value(expires) <= 0))
		return err_set(e, ERR_INPUT, "input.expiry", "expires_at is no time in Unix ms.");
	*scope = n < 0 ? SCOPE_NONE : (enum scope)n;
	*expires_at = json_int(call->body, "expires_at", 0);
	return 0;
}

void api_create_token(struct api_call *call)
{
	char value[AUTH_TOKEN];
	struct token_row row;
	enum scope scope = SCOPE_NONE;
	msec expires_at = 0;
	const char *name;
	json_t *j;
	struct err e;

	if (read_token(call, &name, &scope, &expires_at, &e) ||
		auth_token_create(call->app->store, name, scope, expires_at, &row, value, &e)) {
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.token_made", "Token \"%s\" was made; it may %s.", row.name,
		scope_name(scope));
	j = json_object();
	json_put(j, "token", token_json(&row));
	json_put_str(j, "value", value);
	reply_json(call, 201, j);
}

void api_delete_token(struct api_call *call)
{
	const char *text = call_param(call, "id");
	bool found = false;
	struct err e;

	if (strspn(text, "0123456789") == strlen(text) && strlen(text) < 19 &&
		store_token_delete(call->app->store, strtoll(text, NULL, 10), &found, &e)) {
		reply_err(call, &e);
		return;
	}
	if (!found) {
		err_set(&e, ERR_NOT_FOUND, "token.missing", "There is no token %s.", text);
		reply_err(call, &e);
		return;
	}
	call_say(call, "access", "access.token_revoked", "Token %s was revoked.", text);
	reply_empty(call);
}
