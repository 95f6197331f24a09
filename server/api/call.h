/*
 * call: one API request on its way through the house, and the table row it matched.
 *
 * A handler is `void api_NAME(struct api_call *call)`. When it runs, the guard has let the caller
 * in, the body is parsed, and it answers exactly once (api/reply.h). Everything in the call is
 * borrowed and lives until the handler returns. One thread.
 *
 * Error codes: input.query, input.idempotency_key, stream.full.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include "base/json.h"
#include "io/http.h"
#include "services/app.h"
#include "services/auth.h"

#define CALL_PARAMS 4
#define CALL_PARAM_MAX 65 /* bytes of a path part with its NUL */
#define CALL_KEY_MAX 129  /* bytes of an Idempotency-Key with its NUL */

enum {
	ROUTE_PUBLIC = 1,     /* answers without credentials */
	ROUTE_STREAM = 2,     /* may keep its worker: call_hold is allowed */
	ROUTE_IDEMPOTENT = 4, /* honours Idempotency-Key */
	ROUTE_METRICS = 8,    /* public when the setting metrics_public is on */
	ROUTE_UPLOAD = 16,    /* its body is no JSON, and is read by the handler */
};

struct api_call;

struct route {
	const char *method;
	const char *path; /* with {name} parts */
	enum scope scope; /* at least; SCOPE_NONE for public ones */
	void (*handle)(struct api_call *call);
	unsigned flags;
};

enum hold { HOLD_NONE, HOLD_STREAM, HOLD_WAIT, HOLD_UPLOAD };

struct api_call {
	struct app *app;
	struct http_req *req;
	const char *base; /* the proxy's prefix that the path had; "" = none */
	const struct route *route;
	struct identity who; /* scope SCOPE_NONE when nobody is signed in (public routes) */
	msec checked_at;     /* monotonic: when a stream's credentials were last looked at */
	struct {
		char name[16], value[CALL_PARAM_MAX];
	} params[CALL_PARAMS];
	int n_params;
	json_t *body; /* object; empty when none was sent; NULL for GET and DELETE */
	/* "" when none was sent; the hash is of method, path and body, so that a key that comes
	 * with another request is noticed */
	char idempotency_key[CALL_KEY_MAX];
	char request_hash[SHA256_HEX];
	enum hold hold;
};

/* The part of the path that stands for {name}; "" when the row has none. */
const char *call_param(const struct api_call *call, const char *name);
/* A query parameter as a number within bounds, or dflt when it is missing; input.query. */
int call_query_int(const struct api_call *call, const char *name, int64_t dflt, int64_t min,
	int64_t max, int64_t *ret, struct err *e);
/* true, 1 or an empty value; false or 0; dflt when it is missing; input.query. */
int call_query_flag(
	const struct api_call *call, const char *name, bool dflt, bool *ret, struct err *e);

/* Before keeping the worker for long: at most 8 streams, 8 waiting requests and one upload at a
 * time, the next one gets stream.full (answered with Retry-After). Given back when the handler
 * returns. */
int call_hold(struct api_call *call, enum hold what, struct err *e);
void call_release(struct api_call *call); /* for api/dispatch */

/* Stores and streams an event of the caller: type "access" or "settings". */
void call_say(struct api_call *call, const char *type, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* An event of type "settings" about one service. */
void call_say_of(struct api_call *call, const char *stack, const char *service, const char *code,
	const char *text);

#endif
