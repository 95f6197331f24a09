/*
 * dispatch: from a request to its handler: proxy prefix, host, table row, guard, body. Answers
 * everything that goes wrong on the way.
 *
 * QTS's web server hands on /ethstation/REST as /ethstation//REST: the prefix (config.base_path) is
 * dropped, never redirected (io/http has collapsed the slashes).
 *
 * Error codes: api.unknown_path, api.wrong_method (405 with Allow), input.not_object, json.invalid,
 * input.idempotency_key, api.internal, and those of the guard and of http_body.
 */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "api/call.h"

/* The table ends with a NULL method. Paths outside /api and /metrics are the dashboard's. */
void dispatch(const struct route *table, struct app *app, struct http_req *req);

#endif
