#include "api/reply.h"

#include "api/guard.h"
#include "api/peer.h"
#include "base/log.h"
#include "domain/texts.h"

#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

void reply_json(struct api_call *call, int status, json_t *body)
{
	autojson json_t *owned = body;
	autofree char *text = json_text(owned);

	http_reply(call->req, status, JSON_TYPE, NULL, text, strlen(text));
}

void reply_json_text(struct api_call *call, int status, const struct buf *text)
{
	http_reply(call->req, status, JSON_TYPE, NULL, text->data, text->len);
}

void reply_empty(struct api_call *call)
{
	http_reply(call->req, 204, NULL, NULL, NULL, 0);
}

int reply_status(const struct err *e)
{
	static const struct {
		const char *code;
		int status;
	} own[] = {
		{"input.too_large", 413},
		{"image.too_large", 413},
		{"input.media_type", 415},
		{"input.length", 411},
		{"http.host", 421},
		{"api.wrong_method", 405},
	};

	for (size_t i = 0; i < COUNT(own); i++)
		if (err_is(e, own[i].code))
			return own[i].status;
	return err_http_status(e);
}

static json_t *error_json(const struct err *e)
{
	json_t *j = json_object();

	json_put_str(j, "code", e->code);
	json_put_str(j, "message", e->message);
	json_put_str(j, "hint", texts_hint(e->code));
	return j;
}

/* error is stolen. */
static void send_error(
	struct http_req *req, int status, const struct http_header *headers, json_t *error)
{
	autojson json_t *body = json_object();
	autofree char *text = NULL;

	json_put(body, "error", error);
	text = json_text(body);
	http_reply(req, status, JSON_TYPE, headers, text, strlen(text));
}

static void log_own(const struct http_req *req, const struct err *e)
{
	if (e->kind == ERR_INTERNAL)
		log_error("%s %s: %s: %s", http_method(req), http_path(req), e->code, e->message);
}

void reply_err_with(struct api_call *call, const struct err *e, const char *key, json_t *value)
{
	struct http_header headers[3] = {{0}};
	json_t *error = error_json(e);
	int n = 0, status = reply_status(e);
	char wait[16], address[PEER_ADDRESS];

	log_own(call->req, e);
	if (key)
		json_put(error, key, value);
	if (err_is(e, "auth.locked") || err_is(e, "auth.qnap_locked")) {
		peer_address(call->req, address);
		snprintf(wait, sizeof(wait), "%d",
			err_is(e, "auth.locked") ? auth_wait_s(call->app->auth, address)
						 : auth_qnap_wait_s(call->app->auth, address));
		headers[n++] = (struct http_header){"Retry-After", wait};
	} else if (status == 503) {
		headers[n++] = (struct http_header){"Retry-After", "10"};
	}
	if (status == 401)
		headers[n++] = (struct http_header){"WWW-Authenticate", "Bearer"};
	send_error(call->req, status, headers, error);
}

void reply_err(struct api_call *call, const struct err *e)
{
	reply_err_with(call, e, NULL, NULL);
}

void reply_err_raw(struct http_req *req, const struct err *e, const struct http_header *headers)
{
	log_own(req, e);
	send_error(req, reply_status(e), headers, error_json(e));
}

void reply_err_text(struct http_req *req, const struct err *e, const struct http_header *headers)
{
	const char *hint = texts_hint(e->code);
	autofree char *text =
		xasprintf("%s%s%s\n%s\n", e->message, *hint ? "\n" : "", hint, e->code);

	log_own(req, e);
	http_reply(req, reply_status(e), "text/plain; charset=utf-8", headers, text, strlen(text));
}

void reply_http_error(void *app, struct http_req *req, int status, const char *what)
{
	struct err e;

	(void)app;
	err_set(&e, status >= 500 ? ERR_INTERNAL : ERR_INPUT,
		status == 413	? "input.too_large"
		: status >= 500 ? "api.internal"
				: "http.malformed",
		"%s", what);
	log_own(req, &e);
	send_error(req, status, NULL, error_json(&e));
}

int reply_stream(struct api_call *call, const char *content_type, struct err *e)
{
	if (call_hold(call, HOLD_STREAM, e))
		return -1;
	http_stream_begin(call->req, content_type);
	return 0;
}

bool reply_goes_on(struct api_call *call)
{
	return http_stream_alive(call->req) && guard_still(call);
}

int reply_line(struct api_call *call, json_t *line)
{
	autojson json_t *owned = line;
	autofree char *text = json_text(owned);
	autofree char *with_newline = xasprintf("%s\n", text);

	return http_stream_write(call->req, with_newline, strlen(with_newline));
}
