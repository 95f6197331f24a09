/*
 * guard: may this request come in? Host, origin, credentials, CSRF, scope; in this order.
 *
 * Host: an IP address, localhost, the NAS's own name (also with .local), or one of the setting
 * allowed_hosts; anything else may be a foreign page that had its name pointed at us. The same
 * holds for the host that a proxy of this NAS was asked for (api/peer). Origin: a change that comes
 * from a browser must come from our own page. A cookie needs the session's CSRF value with every
 * change; a token (Authorization: Bearer) needs neither.
 *
 * Error codes: http.host, http.origin, auth.required, auth.unowned, auth.csrf, token.scope, and
 * those of auth_by_cookie and auth_by_token.
 */
#ifndef API_GUARD_H
#define API_GUARD_H

#include "api/call.h"

int guard_host(struct app *app, const struct http_req *req, struct err *e);
/* ret->scope is SCOPE_NONE when a public route is called without credentials. */
int guard_caller(const struct api_call *call, struct identity *ret, struct err *e);

/* For streams: whether the caller's credentials still hold. A session that ended or a token that
 * was taken back counts after 5 s at most. */
bool guard_still(struct api_call *call);

/* A host name as the setting allowed_hosts takes it. */
bool guard_is_host_name(const char *name);

#endif
