/*
 * fetch: one HTTP call over TCP, a unix socket, or inside another network namespace. The only
 * file that sees libcurl.
 *
 * Blocking, with a deadline, a size cap and cancellation; the answer is either collected or handed
 * on piece by piece. Any thread; nothing is shared between calls but a small cache of connections
 * per thread is allowed.
 *
 * Error codes: fetch.refused (nobody listens, or no such socket), fetch.denied (no permission for
 * the socket), fetch.timeout, fetch.broken (the peer broke off in the middle), fetch.too_large,
 * fetch.cancelled, fetch.dns, fetch.tls, fetch.failed (anything else). An HTTP status of 400 or
 * more is not an error here.
 */
#ifndef IO_FETCH_H
#define IO_FETCH_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#include <stdatomic.h>
#include <sys/types.h>

struct fetch {
	const char *method;	 /* NULL = GET */
	const char *url;	 /* http://localhost/path when unix_socket is set */
	const char *unix_socket; /* path, or NULL for TCP */
	int netns_pid;		 /* > 0: open the socket in the network namespace of this process */
	bool any_certificate;	 /* https to https://127.0.0.1 only: whoever answers is believed */
	/* Keep its connection for this thread's next call to the same port in the same namespace;
	 * for http://127.0.0.1:PORT/ only, and requests that may be sent twice: a kept connection
	 * that turns out dead is replaced and the request asked again. */
	bool netns_keep;
	const char *const *headers; /* NULL-terminated "Name: value" list, or NULL */
	const void *body;	    /* or NULL */
	size_t body_len;
	/* Instead of `body`, one that is made while it is sent: body_len bytes in pieces of at most
	 * len; -1 = it cannot be made, which ends the call with fetch.cancelled. Never sent twice.
	 */
	ssize_t (*read_body)(void *ctx, char *to, size_t len);
	void *body_ctx;
	msec connect_ms; /* time to connect; 0 = 3000 */
	msec total_ms;	 /* deadline of the whole call; 0 = 10000; -1 = none (streams) */
	/* streams: give up when nothing came, and nothing of read_body left, for so long; 0 = never
	 */
	msec silence_ms;
	size_t max_bytes; /* cap of a collected answer; 0 = 8 MiB */
	/* Checked at least every 0.2 s, every 0.5 s once a stream was silent for 2 s; NULL = cannot
	 * be cancelled. */
	const atomic_bool *cancel;
	/* Streams: called for each piece of a 2xx answer's body, and with len 0 every 0.5 s while
	 * nothing has come for 2 s (only without a deadline); a non-zero return ends the call with
	 * fetch.cancelled. NULL = collect. Answers outside 2xx are always collected. */
	int (*on_data)(void *ctx, const char *data, size_t len);
	void *ctx;
};

struct fetch_answer {
	int status;	    /* HTTP status */
	struct buf body;    /* collected bytes */
	char *content_type; /* or NULL */
	char *redirect;	    /* where a 3xx leads, as a whole URL, or NULL; never followed */
};
void fetch_answer_free(struct fetch_answer *a);
#define autoanswer cleanup(fetch_answer_free)

/* Once, in main, before any thread. */
void fetch_init(void);

/* ret: zeroed by the caller, owned by it afterwards (also after a failure). */
int fetch_run(const struct fetch *f, struct fetch_answer *ret, struct err *e);

#endif
