#include "api/dispatch.h"

#include "api/assets.h"
#include "api/guard.h"
#include "api/reply.h"

#include <string.h>

#define ALLOW_CAP 80

static bool below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(path, prefix, len) && (!path[len] || path[len] == '/');
}

/* The path below the proxy's prefix; *ret_base: the prefix that it had, "" when it had none. */
static const char *without_prefix(const struct app *app, const char *path, const char **ret_base)
{
	const char *base = app->config.base_path;

	*ret_base = base && *base && below(path, base) ? base : "";
	path += strlen(*ret_base);
	return *path ? path : "/";
}

/* Compares part by part and keeps what stands for {name}; the call is the caller's scratch. */
static bool match(const char *pattern, const char *path, struct api_call *call)
{
	call->n_params = 0;
	while (*pattern == '/' && *path == '/') {
		size_t want = strcspn(++pattern, "/"), have = strcspn(++path, "/");

		if (pattern[0] == '{') {
			if (!have || have >= CALL_PARAM_MAX || call->n_params == CALL_PARAMS)
				return false;
			snprintf(call->params[call->n_params].name, sizeof(call->params[0].name),
				"%.*s", (int)want - 2, pattern + 1);
			snprintf(call->params[call->n_params++].value, CALL_PARAM_MAX, "%.*s",
				(int)have, path);
		} else if (want != have || strncmp(pattern, path, want)) {
			return false;
		}
		pattern += want;
		path += have;
	}
	return !*pattern && !*path;
}

static bool same_method(const char *row, const char *asked)
{
	return !strcmp(row, asked) || (!strcmp(asked, "HEAD") && !strcmp(row, "GET"));
}

/* The row of this request; ret_allow: the methods that the path has, when the method is wrong. */
static const struct route *find(const struct route *table, const char *path, const char *method,
	struct api_call *call, char ret_allow[ALLOW_CAP])
{
	size_t len = 0;

	for (const struct route *r = table; r->method; r++) {
		if (!match(r->path, path, call))
			continue;
		if (same_method(r->method, method))
			return r;
		len += (size_t)snprintf(ret_allow + len, ALLOW_CAP - len, "%s%s%s", len ? ", " : "",
			r->method, strcmp(r->method, "GET") ? "" : ", HEAD");
	}
	return NULL;
}

static void refuse_path(struct http_req *req, const char *path, const char *allow)
{
	const struct http_header headers[] = {{"Allow", allow}, {NULL, NULL}};
	struct err e;

	if (*allow) {
		err_set(&e, ERR_INPUT, "api.wrong_method", "%s is not among the methods of %s: %s.",
			http_method(req), path, allow);
		reply_err_raw(req, &e, headers);
		return;
	}
	err_set(&e, ERR_NOT_FOUND, "api.unknown_path", "There is no %s here.", path);
	reply_err_raw(req, &e, NULL);
}

static int read_key(struct api_call *call, struct err *e)
{
	const char *key = http_header(call->req, "Idempotency-Key");

	if (!key || !(call->route->flags & ROUTE_IDEMPOTENT))
		return 0;
	if (!*key || strlen(key) >= CALL_KEY_MAX)
		return err_set(e, ERR_INPUT, "input.idempotency_key",
			"The Idempotency-Key has %zu characters; it needs 1 to %d.", strlen(key),
			CALL_KEY_MAX - 1);
	for (const char *c = key; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
			return err_set(e, ERR_INPUT, "input.idempotency_key",
				"The Idempotency-Key holds other characters than visible ASCII.");
	snprintf(call->idempotency_key, CALL_KEY_MAX, "%s", key);
	return 0;
}

static int read_body(struct api_call *call, const char *path, struct err *e)
{
	const char *method = call->route->method, *text = "";
	autofree char *whole = NULL;
	size_t len = 0;

	if (call->route->flags & ROUTE_UPLOAD) {
		call->body = json_object();
	} else if (!strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH")) {
		if (http_body(call->req, &text, &len, e))
			return -1;
		if (!len)
			call->body = json_object();
		else if (json_parse(text, len, &call->body, e))
			return -1;
		if (!json_is_object(call->body))
			return err_set(
				e, ERR_INPUT, "input.not_object", "The body is no JSON object.");
	}
	whole = xasprintf("%s %s\n%s", method, path, text);
	crypto_sha256_hex(whole, strlen(whole), call->request_hash);
	return 0;
}

static void serve_api(const struct route *table, struct app *app, struct http_req *req,
	const char *path, const char *base)
{
	struct api_call call = {.app = app, .req = req, .base = base};
	char allow[ALLOW_CAP] = "";
	struct err e;

	call.route = find(table, path, http_method(req), &call, allow);
	if (!call.route) {
		refuse_path(req, path, allow);
		return;
	}
	if (guard_caller(&call, &call.who, &e) || read_key(&call, &e) || read_body(&call, path, &e))
		reply_err(&call, &e);
	else
		call.route->handle(&call);
	call_release(&call);
	json_decref(call.body);
}

void dispatch(const struct route *table, struct app *app, struct http_req *req)
{
	const char *base, *path = without_prefix(app, http_path(req), &base);
	bool api = below(path, "/api") || below(path, "/metrics");
	struct err e;

	if (guard_host(app, req, &e)) {
		if (api)
			reply_err_raw(req, &e, NULL);
		else
			reply_err_text(req, &e, NULL);
	} else if (api) {
		serve_api(table, app, req, path, base);
	} else {
		assets_serve(req, path, base);
	}
}
