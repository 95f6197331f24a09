/* What io/http.c, http_request.c and http_stream.c share. Nobody else includes this. */
#ifndef IO_HTTP_PRIV_H
#define IO_HTTP_PRIV_H

#include "base/buf.h"
#include "io/http.h"

#include <stdatomic.h>

#include <civetweb.h>

struct http_server {
	struct mg_context *mg;
	struct http_config config;
	int port;
	atomic_bool stopping;
};

struct http_req {
	struct http_server *server;
	struct mg_connection *conn;
	const struct mg_request_info *info;
	char *path;
	struct buf body;
	int status;
	bool head;	/* HEAD: headers only */
	bool broken;	/* not parsed: nothing in info is to be trusted */
	bool body_read; /* nothing of the body is left on the connection */
	bool closing;	/* no further request on this connection */
	bool chunked;	/* of a stream's answer */
	bool gone;	/* the peer, as a stream found out */
	int fd;		/* of a stream; -1 = not known */
};

/* "" or the sentence that says why this request is refused with 400. */
const char *http_req_open(struct http_req *req);
void http_req_close(struct http_req *req);
/* True when there may be body bytes that nobody has read, so that the connection must end. */
bool http_req_unread(const struct http_req *req);
/* Reads a little more of an unread body, so that the answer before it is not lost by a reset. */
void http_req_drain(struct http_req *req);
/* Status line and all headers but Content-Length and Transfer-Encoding. */
void http_head(struct http_req *req, struct buf *b, int status, const char *content_type,
	const struct http_header *headers);

#endif
