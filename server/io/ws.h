/*
 * ws: WebSocket connections (RFC 6455) as a client. TCP and TLS are libcurl's, framing, masking
 * and control frames libwslay's; the upgrade in between is done here. With io/fetch the only room
 * that sees libcurl.
 *
 * All connections of a hub belong to the one thread that calls ws_hub_wait(); nothing blocks but
 * that call. Certificates and the host's name in them are always checked. Text messages only; a
 * message above the cap ends the connection (1009), and so does a peer that does not read: at most
 * 1 MiB waits to be sent.
 *
 * Error codes: ws.refused, ws.dns, ws.timeout, ws.tls (no trusted connection), ws.http (the answer
 * is no upgrade), ws.broken (cut off, or not WebSocket), ws.closed (by the peer, with its code and
 * reason), ws.too_large, ws.stuck (the peer does not read), ws.address.
 */
#ifndef IO_WS_H
#define IO_WS_H

#include "base/clock.h"
#include "base/err.h"

#include <stddef.h>

struct ws_hub;
struct ws;

struct ws_hub *ws_hub_new(void);
/* After all its connections. NULL is allowed. */
void ws_hub_free(struct ws_hub *h);
/* Until one of its connections has something to do (then call ws_run on all), somebody wakes it,
 * or ms are over. */
void ws_hub_wait(struct ws_hub *h, msec ms);
/* Any thread. */
void ws_hub_wake(struct ws_hub *h);

struct ws_config {
	const char *url;     /* http:// or https://, as the upgrade is an HTTP request */
	const char *origin;  /* header, or NULL */
	const char *ca_file; /* PEM: trust these instead of the system's, or NULL */
	int netns_pid;	     /* > 0: connect from the network namespace of this process */
	size_t max_bytes;    /* of one message received; 0 = 64 KiB */
	void (*on_text)(
		void *ctx, const char *text, size_t len); /* called by ws_run; NUL follows */
	void *ctx;
};

/* Begins to connect. Owned by the caller until ws_free; strings are copied. */
struct ws *ws_open(struct ws_hub *h, const struct ws_config *c);

enum ws_state { WS_CONNECTING, WS_OPEN, WS_ENDED };
/* Receives and sends what can be without waiting. WS_ENDED: *e says why; only ws_free is left to
 * do. on_text may call ws_send, never ws_free. */
enum ws_state ws_run(struct ws *w, struct err *e);
/* Queues a text for the next ws_run; does nothing while it is not open. */
void ws_send(struct ws *w, const char *text, size_t len);
/* Says goodbye (1000) if it is open, without waiting for the answer; frees. NULL is allowed. */
void ws_free(struct ws *w);

#endif
