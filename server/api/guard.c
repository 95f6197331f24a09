#include "api/guard.h"

#include "api/peer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST_MAX 254  /* bytes of a host name with its NUL */
#define STILL_MS 5000 /* how long a stream's credentials are believed */

/* ---- host ---- */

/* "Name:port", "[::1]:port" → the name alone; false when it is neither. */
static bool split_host(const char *host, char ret[HOST_MAX])
{
	const char *start = host, *end, *rest;
	size_t len;

	if (host[0] == '[') {
		start = host + 1;
		end = strchr(start, ']');
		rest = end ? end + 1 : NULL;
	} else {
		end = host + strcspn(host, ":");
		rest = end;
	}
	if (!end || end == start || (size_t)(end - start) >= HOST_MAX)
		return false;
	if (*rest &&
		(*rest != ':' || !rest[1] || strspn(rest + 1, "0123456789") != strlen(rest + 1)))
		return false;
	len = (size_t)(end - start);
	memcpy(ret, start, len);
	ret[len] = '\0';
	if (host[0] != '[' && len > 1 && ret[len - 1] == '.')
		ret[len - 1] = '\0';
	return true;
}

static bool is_address(const char *name, bool brackets)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(brackets ? AF_INET6 : AF_INET, name, address) == 1;
}

static bool is_own_name(const char *name)
{
	char own[65] = "", local[72];

	if (gethostname(own, sizeof(own) - 1) || !*own)
		return false;
	snprintf(local, sizeof(local), "%.*s.local", (int)strcspn(own, "."), own);
	return !strcasecmp(name, own) || !strcasecmp(name, local) ||
	       (strlen(name) == strcspn(own, ".") && !strncasecmp(name, own, strlen(name)));
}

static bool is_allowed_name(struct app *app, const char *name)
{
	autofree char *text = NULL;
	autojson json_t *list = NULL;
	const json_t *entry;
	size_t i;

	if (store_setting_get(app->store, "allowed_hosts", &text, NULL) || !text ||
		json_parse(text, strlen(text), &list, NULL))
		return false;
	json_array_foreach (list, i, entry)
		if (json_is_string(entry) && !strcasecmp(json_string_value(entry), name))
			return true;
	return false;
}

bool guard_is_host_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < HOST_MAX && name[0] != '-' && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       len;
}

static int check_host(struct app *app, const char *host, struct err *e)
{
	char name[HOST_MAX];

	if (!host || !split_host(host, name))
		return err_set(e, ERR_FORBIDDEN, "http.host",
			"The request does not say which host it is for.");
	if (is_address(name, host[0] == '[') || !strcasecmp(name, "localhost") ||
		is_own_name(name) || is_allowed_name(app, name))
		return 0;
	return err_set(e, ERR_FORBIDDEN, "http.host",
		"This dashboard does not answer under the name \"%.100s\".", name);
}

int guard_host(struct app *app, const struct http_req *req, struct err *e)
{
	const char *asked = peer_host(req);

	if (check_host(app, http_header(req, "Host"), e))
		return -1;
	return asked ? check_host(app, asked, e) : 0;
}

/* ---- origin ---- */

static bool changes(const struct http_req *req)
{
	return strcmp(http_method(req), "GET") && strcmp(http_method(req), "HEAD");
}

/* A proxy of this NAS that asks by a loopback name and says nothing about the host that it was
 * asked for: then the page's own name is all there is to judge, and it has to be one that is
 * answered. SameSite and the session's CSRF value still stand between another page and any change.
 */
static bool is_hidden_host(const struct api_call *call, const char *host, const char *origin_host)
{
	char name[HOST_MAX];

	return *call->base && peer_is_local(call->req) && !peer_host(call->req) &&
	       split_host(host, name) &&
	       (!strncmp(name, "127.", 4) || !strcasecmp(name, "localhost")) &&
	       !check_host(call->app, origin_host, NULL);
}

static int check_origin(const struct api_call *call, struct err *e)
{
	const struct http_req *req = call->req;
	const char *origin = http_header(req, "Origin");
	const char *site = http_header(req, "Sec-Fetch-Site");
	const char *host = http_header(req, "Host");
	const char *forwarded = peer_host(req);
	const char *name = origin ? strstr(origin, "://") : NULL;

	if (site && !strcasecmp(site, "cross-site"))
		return err_set(e, ERR_FORBIDDEN, "http.origin",
			"The request comes from a page of another site.");
	if (!origin)
		return 0;
	if (name &&
		(!strcasecmp(name + 3, host) || (forwarded && !strcasecmp(name + 3, forwarded)) ||
			is_hidden_host(call, host, name + 3)))
		return 0;
	return err_set(e, ERR_FORBIDDEN, "http.origin",
		"The request comes from a page of %.100s, not of this dashboard.", origin);
}

/* ---- credentials ---- */

static bool is_public(struct app *app, const struct route *route)
{
	autofree char *value = NULL;

	if (route->flags & ROUTE_PUBLIC)
		return true;
	return route->flags & ROUTE_METRICS &&
	       !store_setting_get(app->store, "metrics_public", &value, NULL) && value &&
	       !strcmp(value, "1");
}

/* NULL unless the request has "Authorization: Bearer VALUE". */
static const char *bearer(const struct http_req *req)
{
	const char *value = http_header(req, "Authorization");

	if (!value || strncasecmp(value, "Bearer ", 7))
		return NULL;
	return value + 7 + strspn(value + 7, " ");
}

static int identify(
	struct app *app, const struct http_req *req, struct identity *ret, struct err *e)
{
	const char *token = bearer(req);
	autofree char *cookie =
		token ? NULL : http_cookie(req, peer_is_tls(req) ? AUTH_COOKIE_TLS : AUTH_COOKIE);
	char address[PEER_ADDRESS];

	peer_address(req, address);
	if (token)
		return auth_by_token(app->auth, token, address, ret, e);
	if (cookie)
		return auth_by_cookie(app->auth, cookie, ret, e);
	return err_set(e, ERR_AUTH, "auth.required", "Nobody is signed in with this request.");
}

static int check_csrf(const struct http_req *req, const struct identity *who, struct err *e)
{
	const char *given = http_header(req, "X-CSRF-Token");

	if (!*who->session || !changes(req) || (given && crypto_equal(given, who->csrf)))
		return 0;
	return err_set(e, ERR_FORBIDDEN, "auth.csrf",
		"The request does not carry the CSRF value of its session.");
}

static int check_scope(const struct identity *who, const struct route *route, struct err *e)
{
	static const char *const may[] = {
		"do nothing", "read", "read and operate", "do everything"};

	if (who->scope >= route->scope)
		return 0;
	return err_set(e, ERR_FORBIDDEN, "token.scope", "This token may only %s. Needed: %s.",
		may[who->scope], scope_name(route->scope));
}

int guard_caller(const struct api_call *call, struct identity *ret, struct err *e)
{
	const struct http_req *req = call->req;
	const struct route *route = call->route;
	struct app *app = call->app;
	bool open = is_public(app, route);
	struct identity who = {0};
	struct err why;

	if (changes(req) && !bearer(req) && check_origin(call, e))
		return -1;
	if (open) {
		*ret = who;
		return 0;
	}
	if (identify(app, req, &who, &why)) {
		if (why.kind == ERR_AUTH && !auth_owned(app->auth))
			return err_set(e, ERR_FORBIDDEN, "auth.unowned",
				"Nobody owns this dashboard yet; until then it answers only to "
				"setup.");
		*e = why;
		return -1;
	}
	if (check_csrf(req, &who, e) || check_scope(&who, route, e))
		return -1;
	*ret = who;
	return 0;
}

bool guard_still(struct api_call *call)
{
	msec now = clock_mono();
	struct identity who;

	if (now - call->checked_at < STILL_MS)
		return true;
	call->checked_at = now;
	return !identify(call->app, call->req, &who, NULL) && who.scope >= call->route->scope;
}
