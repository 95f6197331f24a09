/*
 * http: the web server. io/http*.c are the only files that see CivetWeb.
 *
 * http_start() gives every request to one handler, in one of CivetWeb's worker threads. The handler
 * answers once, with http_reply() or with a stream, before it returns; a request that nobody
 * answered, or that is no proper HTTP, is answered through on_error. A struct http_req lives until
 * the handler returns and belongs to that thread.
 *
 * Every answer carries: X-Content-Type-Options, Referrer-Policy, Content-Security-Policy,
 * Cross-Origin-Opener-Policy, Cross-Origin-Resource-Policy, and Cache-Control: no-store unless the
 * answer has its own. There is no CORS, no document root, no directory listing, no Server header.
 *
 * Error codes: http.port_taken, http.port_denied, http.address (not an address of this machine, or
 * no address at all), http.no_ipv6 (CivetWeb was compiled without it, as Debian's is), http.failed;
 * of a request: input.too_large, input.incomplete.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct http_server; /* opaque */
struct http_req;    /* opaque */

struct http_config {
	/* "0.0.0.0:8787", "127.0.0.1:0", "[::1]:8787"; "[::]:8787" takes IPv4 too */
	const char *listen;
	/* NULL, or the same again with TLS 1.2 or newer; certificate: a PEM file with key and
	 * chain, read once. http.failed where the library has no TLS (Debian's own). */
	const char *tls_listen, *certificate;
	int threads; /* workers; 0 = 24 */
	/* for a whole request to arrive, or a piece of the answer to leave; 0 = 15000 */
	int timeout_ms;
	size_t body_cap; /* bytes; 0 = 64 KiB */
	void (*handle)(void *ctx, struct http_req *req);
	/* what: one sentence. The method, path and headers of such a request may be missing. */
	void (*on_error)(void *ctx, struct http_req *req, int status, const char *what);
	void *ctx;
};

/* Signals stay blocked in all its threads, and SIGCHLD keeps its disposition. SIGPIPE is ignored in
 * the whole process from then on. */
int http_start(const struct http_config *c, struct http_server **ret, struct err *e);
/* Ends streams (http_stream_alive becomes false), waits for the workers. NULL is allowed. */
void http_stop(struct http_server *s);
int http_port(const struct http_server *s); /* that it listens on, also when 0 was asked for */

/* ---- request: everything borrowed from req, unless said otherwise ---- */

const char *http_method(const struct http_req *req); /* "" when the request was no HTTP */
/* Decoded once, slashes collapsed, begins with a slash; no NUL or control character, no "." or ".."
 * segment (those are answered with 400 by this room). "" when the request was no HTTP. */
const char *http_path(const struct http_req *req);
const char *http_header(const struct http_req *req, const char *name); /* NULL when missing */
/* The value of a query parameter, decoded, owned by the caller; NULL when missing or malformed. */
char *http_query(const struct http_req *req, const char *name);
/* The value of a cookie, owned by the caller; NULL when missing. */
char *http_cookie(const struct http_req *req, const char *name);
const char *http_address(const struct http_req *req); /* of the peer, such as 192.168.1.20 */
bool http_is_tls(const struct http_req *req);
/* Reads the body, once; more than the cap: input.too_large; broken off: input.incomplete. The text
 * is NUL-terminated. */
int http_body(struct http_req *req, const char **ret, size_t *ret_len, struct err *e);
/* How long the body is, as the request says; -1 = it does not say, 0 = there is none. */
int64_t http_length(const struct http_req *req);
/* Instead of http_body, for a body of any length that http_length tells: hands it on as it comes,
 * in pieces of at most 64 KiB, each of which may take timeout_ms. on_piece returns non-zero, with e
 * written, to end it. Broken off, or silent, or the server ends: input.incomplete. */
int http_body_pieces(struct http_req *req,
	int (*on_piece)(void *ctx, const char *bytes, size_t len, struct err *e), void *ctx,
	struct err *e);

/* ---- answer ---- */

struct http_header {
	const char *name, *value;
};

/* headers: ends with a NULL name; NULL = none. A control character in a value becomes '?'. Without
 * a content type, or with status 204 or 304, there is no body. To HEAD, none is sent. Written at
 * once; a peer that is gone is no error. */
void http_reply(struct http_req *req, int status, const char *content_type,
	const struct http_header *headers, const void *body, size_t len);
/* That was answered; 0 = nothing yet. */
int http_status(const struct http_req *req);

/* A stream: an answer of unknown length. It occupies its worker. Ask http_stream_alive at least
 * once a second while waiting, otherwise http_stop waits for you. */
void http_stream_begin(struct http_req *req, const char *content_type);
/* Everything or nothing; -1: the peer is gone (or takes nothing for timeout_ms), or the server
 * ends. */
int http_stream_write(struct http_req *req, const void *bytes, size_t len);
/* False as soon as the peer has closed its side, also when nothing is written. */
bool http_stream_alive(struct http_req *req);
/* The proper end; without it the peer sees a broken-off answer. */
void http_stream_end(struct http_req *req);

#endif
