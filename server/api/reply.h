/*
 * reply: the answers of the API: JSON, errors {"error":{"code","message","hint"}}, nothing, text,
 * streams. The hint of an error comes from shared/findings.json by its code.
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/call.h"
#include "base/buf.h"

/* body is stolen. */
void reply_json(struct api_call *call, int status, json_t *body);
/* JSON that was written by hand, where a tree of values would be too slow. */
void reply_json_text(struct api_call *call, int status, const struct buf *text);
void reply_empty(struct api_call *call); /* 204 */
/* Status by the error's kind or code. Waiting times (auth.locked, stream.full) and 401 get their
 * headers. Errors of our own are logged. */
void reply_err(struct api_call *call, const struct err *e);
/* The same with one more member in "error", such as "job"; value is stolen. */
void reply_err_with(struct api_call *call, const struct err *e, const char *key, json_t *value);

/* For requests that never became a call. headers as in http_reply. */
void reply_err_raw(struct http_req *req, const struct err *e, const struct http_header *headers);
/* As plain text, for a person's browser outside the API. */
void reply_err_text(struct http_req *req, const struct err *e, const struct http_header *headers);
/* For http_config.on_error: what is no proper HTTP, as our JSON. */
void reply_http_error(void *app, struct http_req *req, int status, const char *what);
int reply_status(const struct err *e);

/* Takes a place (call_hold) and begins a stream; on failure nothing is answered yet. */
int reply_stream(struct api_call *call, const char *content_type, struct err *e);
/* Whether the stream's reader is still there, and still may read: a stream outlives its request, so
 * the credentials are looked at again every few seconds. */
bool reply_goes_on(struct api_call *call);
/* One line of application/x-ndjson; line is stolen; -1: the peer is gone. */
int reply_line(struct api_call *call, json_t *line);

#endif
