/*
 * docker_priv: what the files of the room io/docker share. Nobody else includes it, but for unit
 * tests and fuzzers of its parsers.
 */
#ifndef IO_DOCKER_PRIV_H
#define IO_DOCKER_PRIV_H

#include "io/docker.h"
#include "io/fetch.h"

#include <pthread.h>

/* "No limit" where the engine knows no word for it is a number this large. */
#define DOCKER_HUGE (INT64_C(1) << 60)

struct docker {
	char *socket;
	pthread_mutex_t lock; /* guards the rest */
	int minor;	      /* we speak API 1.minor; 0 = not negotiated */
	int cgroup_version;
	int cpus;
	bool swap_limit;
};

/* What negotiation found, copied for one call. */
struct docker_dialect {
	int minor;
	int cgroup_version;
	int cpus;
	bool swap_limit;
};
/* Negotiates unless that was done since the last disconnection. */
int docker_negotiate(
	struct docker *d, const atomic_bool *cancel, struct docker_dialect *ret, struct err *e);
/* After a disconnection: the next call negotiates. */
void docker_forget(struct docker *d);

struct docker_call {
	const char *method;	       /* NULL = GET */
	const char *path;	       /* behind the version: "/containers/json" */
	const json_t *body;	       /* or NULL */
	const struct docker_body *tar; /* instead of it; for docker_call_once */
	msec total_ms;		       /* as in struct fetch */
	msec silence_ms;
	const atomic_bool *cancel;
	int (*on_data)(void *ctx, const char *data, size_t len);
	void *ctx;
	const char *missing; /* what a 404 means when its text does not say: "image.missing" */
};
/* 0 for an answer of 2xx or 304. ret: zeroed by the caller, owned by it afterwards. */
int docker_call(
	struct docker *d, const struct docker_call *c, struct fetch_answer *ret, struct err *e);
/* One call in API 1.minor, or without a version (minor 0), which every engine answers. */
int docker_attempt(struct docker *d, int minor, const struct docker_call *c,
	struct fetch_answer *ret, struct err *e);
/* The same for a body that cannot be sent twice: no second try. */
int docker_call_once(
	struct docker *d, const struct docker_call *c, struct fetch_answer *ret, struct err *e);
int docker_answer_json(const struct fetch_answer *a, json_t **ret, struct err *e);
/* The same with a JSON answer, owned by the caller. */
int docker_call_json(struct docker *d, const struct docker_call *c, json_t **ret, struct err *e);
/* The same without interest in the answer. */
int docker_call_plain(struct docker *d, const struct docker_call *c, struct err *e);

/* The engine's own words in an answer that is no success: one line, valid UTF-8. */
#define DOCKER_WORDS 320
void docker_words(const struct fetch_answer *a, char out[DOCKER_WORDS]);
void docker_clean(const char *text, char out[DOCKER_WORDS]);

/* Whether it may stand in a URL's path: letters, digits and "_.-" for a container or a network,
 * for an image also ":/@+". Otherwise engine.rejected. */
int docker_check_name(const char *name, struct err *e);
int docker_check_ref(const char *ref, struct err *e);
/* Appends text percent-encoded. */
void docker_escape(struct buf *b, const char *text);

/* RFC 3339 with any fraction and zone → ms; 0 for the year 1 (the engine's "never") and for
 * anything else that is no time since 1970. */
msec docker_time(const char *text);

/* The engine's own answer about a container, owned by the caller; container.missing. */
int docker_inspect_json(struct docker *d, const char *name, json_t **ret, struct err *e);
/* "/NAME" without its slash; borrowed. */
const char *docker_bare_name(const char *name);

/* ---- limits ---- */

/* HostConfig → limits. */
void docker_limits_read(
	const json_t *host, const struct docker_dialect *dialect, struct limits *ret);
/* Body of /containers/ID/update; host: the container's present HostConfig. Owned by the caller. */
json_t *docker_share_body(/* processor and disk weight alone */
	const struct limits *l, const json_t *host, const struct docker_dialect *dialect);
json_t *docker_limits_body(
	const struct limits *l, const json_t *host, const struct docker_dialect *dialect);

/* ---- streams ---- */

/* Cuts a stream into lines; one without an end at max bytes ends it with -1. */
struct docker_lines {
	struct buf part;
	size_t max;
	int (*on_line)(void *ctx, const char *line, size_t len); /* non-zero ends it */
	void *ctx;
};
int docker_lines_feed(struct docker_lines *l, const char *data, size_t len);
void docker_lines_free(struct docker_lines *l);

/* A container's log: frames (8 bytes: stream, 0, 0, 0, length; then the text), or raw on a TTY. */
#define DOCKER_LOG_CUT 8192
struct docker_log_feed {
	bool tty;
	unsigned char head[8];
	size_t head_len;
	uint32_t left; /* bytes of this frame still to come */
	struct docker_log_part {
		char text[DOCKER_LOG_CUT + 48]; /* and the engine's time before it */
		size_t len;
	} part[2]; /* stdout, stderr */
	int (*on_line)(void *ctx, const struct docker_log_line *l);
	void *ctx;
	bool stopped; /* by on_line */
};
/* -1 when on_line wants no more, or when it is no such stream. */
int docker_log_feed(struct docker_log_feed *f, const char *data, size_t len);
/* The last line, when the stream ended without a newline. */
void docker_log_end(struct docker_log_feed *f);

/* One line of /events. -1: no event. 1: on_event wants no more. */
int docker_event_line(const char *line, size_t len,
	int (*on_event)(void *ctx, const struct docker_event *ev), void *ctx);

/* What the engine reports while it loads or builds: lines of JSON. */
struct docker_report {
	struct docker_lines lines;
	void (*on_text)(
		void *ctx, const char *text); /* as it comes: pieces, lines, with newlines */
	void *ctx;
	bool heard, garbage;
	int code;    /* that a command ended with; 0 = it is not about one */
	char id[80]; /* of the image, when it is told: sha256:… */
	char error[DOCKER_WORDS];
};
void docker_report_begin(
	struct docker_report *r, void (*on_text)(void *ctx, const char *text), void *ctx);
/* For on_data. */
int docker_report_feed(void *report, const char *data, size_t len);
void docker_report_free(struct docker_report *r);
/* The call itself failed: image.cut, or `why` as it is. Returns -1. */
int docker_report_failed(const struct docker_report *r, const struct err *why, struct err *e);
/* The code for the engine's words about a load, or about a build; write e, return -1. step: the
 * Dockerfile's line it was at, last: the last lines of its output. */
int docker_load_error(const char *words, struct err *e);
int docker_build_error(
	const struct docker_report *r, const char *step, const char *last, struct err *e);

/* A pull, line by line. */
struct docker_pull_layer {
	char id[16];
	int64_t done, total;
	bool fetched, complete;
};
struct docker_pull_state {
	struct docker_pull_layer *layers;
	size_t n;
	bool began;    /* a layer was seen */
	bool finished; /* the engine said so */
	char error[DOCKER_WORDS];
};
/* 0, or -1 when the line is no JSON object. */
int docker_pull_line(struct docker_pull_state *s, const char *line, size_t len);
void docker_pull_sum(const struct docker_pull_state *s, struct docker_pull_progress *ret);
void docker_pull_free(struct docker_pull_state *s);
/* The code for the engine's words about a pull or a registry; writes e, returns -1. */
int docker_pull_error(const char *words, bool began, struct err *e);

#endif
