/*
 * docker: the Engine API calls we need, as typed functions; nothing else knows its URLs, versions
 * or JSON. Works with API 1.23 (Docker 1.11, Container Station of 2016) to 1.46 (Docker 27, QTS
 * 5.2), see https://docs.docker.com/reference/api/engine/version-history/.
 *
 * A struct docker is an endpoint, not a connection: calls may come from any thread at once. The
 * version is negotiated by docker_ping(): min(1.46, the engine's), and again after every
 * disconnection (an engine may be upgraded under us).
 *
 * Error codes: engine.absent (no socket, or nobody listens), engine.denied (no permission),
 * engine.slow (no answer within the deadline), engine.broken (broke off in the middle, or an
 * answer that is no JSON), engine.error (the engine answered 500; its words are in the message),
 * engine.old (API below 1.23), container.missing, container.name_taken, image.missing,
 * network.missing, engine.rejected (any other 4xx, or a name that no engine takes), port.taken
 * ("address already in use"), container.lost (see docker_start), limit.below_use (cgroup v1 refuses
 * a limit below use), limit.unsupported (see docker_update_limits), pull.* (see docker_pull),
 * fetch.cancelled (by the caller's flag).
 */
#ifndef IO_DOCKER_H
#define IO_DOCKER_H

#include "base/model.h"

#include <stdatomic.h>

struct docker; /* opaque */

/* endpoint: "unix:///path". Never fails: whether somebody answers is known by docker_ping. */
struct docker *docker_new(const char *endpoint);
void docker_free(struct docker *d);

struct docker_version {
	char engine[32];       /* "20.10.24+dfsg1" */
	char api[16];	       /* the version we speak, "1.41" */
	char os[16], arch[16]; /* "linux", "amd64" */
	char kernel[64];
	char storage_driver[32];
	char root_dir[256]; /* the engine's data root */
	int cgroup_version; /* 1 or 2 */
	/* What the kernel can. Of blkio_weight the engine speaks only when a weight is set: true
	 * here may still end in limit.unsupported. */
	bool swap_limit, memory_limit, cpu_quota, cpu_shares, blkio_weight;
	char id[64]; /* of the engine */
	int64_t system_time_ms;
};
/* /version and /info; negotiates. */
int docker_ping(struct docker *d, struct docker_version *ret, struct err *e);

/* ---- containers ---- */

/* By name or id. A missing container is no error: ret->presence = PRESENCE_NO. The network mode
 * "default" is told as "bridge". Limits: what docker_update_limits writes for "none" is read back
 * as 0, also 1024 shares and a weight of 500 (the defaults); swap -1 = memory is limited, swap is
 * not (0 when the kernel cannot limit swap). */
int docker_inspect(struct docker *d, const char *name, struct container *ret, struct err *e);

/* What somebody gave a container when it was made, beyond what its image says, as an object owned
 * by the caller: id, name, image (as it was named), image_id, state, created_at, labels user,
 * stop_signal, stop_grace_s (none: as the image), restart, no_new_privileges entrypoint, command
 * arrays of words; null: as the image says env                   object, without what the image
 * sets ports                 array of {container, host, protocol, host_ip} mounts array of {kind:
 * bind|volume, source: a folder on the NAS, target, read_only} network, networks     its mode;
 * names of networks that somebody made log                   {driver, options} layer the folder on
 * the NAS with the files of its own; none: not known Missing: container.missing. */
int docker_details(struct docker *d, const char *name, json_t **ret, struct err *e);

struct docker_listed {
	char id[65];
	char *name; /* without the leading slash */
	char *image;
	char *state;
	json_t *labels, *mounts; /* as in /containers/json */
};
struct docker_list {
	struct docker_listed *items;
	size_t n;
};
void docker_list_free(struct docker_list *l);
/* All containers, stopped ones too; label: "key" or "key=value" or NULL. */
int docker_ps(struct docker *d, const char *label, struct docker_list *ret, struct err *e);

/* config: the exact body of POST /containers/create. ret_id: 65 bytes. Warnings of the engine are
 * put into ret_warnings (a JSON array, owned by the caller) unless NULL. */
int docker_create(struct docker *d, const char *name, const json_t *config, char *ret_id,
	json_t **ret_warnings, struct err *e);
/* Already started = 0. container.lost: a process of it, or what is left of one, is there that the
 * engine knows nothing of; it was killed while it started the container. */
int docker_start(struct docker *d, const char *id, struct err *e);
int docker_signal(
	struct docker *d, const char *id, const char *signal, struct err *e); /* not running = 0 */
/* The engine's own stop: also ends its tries to start one that crashes over and over. It sends the
 * container's signal, and SIGKILL after timeout_s. Not running = 0. */
int docker_stop(struct docker *d, const char *id, int64_t timeout_s, struct err *e);
int docker_rename(struct docker *d, const char *id, const char *name, struct err *e);
/* Removes a stopped container, never its volumes; missing = 0. A running one: engine.rejected. */
int docker_remove(struct docker *d, const char *id, struct err *e);
/* Live update of limits: Memory and MemorySwap always together; 0 = unlimited (io/docker_limits.c
 * says how). The kernel rounds memory down to whole pages. limit.unsupported: the kernel cannot set
 * one of those wanted; the others are set. limit.below_use may leave a new MemorySwap behind. */
int docker_update_limits(struct docker *d, const char *id, const struct limits *l, struct err *e);
/* Live update of processor and disk weight alone; memory stays as it is. Errors as above. */
int docker_update_share(struct docker *d, const char *id, const struct share *s, struct err *e);
/* Restart policy: "no" or "always". */
int docker_update_restart(struct docker *d, const char *id, const char *policy, struct err *e);

/* Log of a container, demultiplexed: on_line gets one line without its newline. since_ms 0 = all.
 * tail: at most so many of the last lines, -1 = all. follow: returns when the container ends.
 * on_line gets NULL every 0.5 s while nothing comes, so that a reader who left is noticed; it ends
 * the call (which is no error) by returning non-zero. It may call the engine. */
struct docker_log_line {
	msec at; /* the engine's time of the line */
	bool is_stderr;
	const char *text; /* NUL-terminated, cut at 8 KiB, bytes as they came */
	size_t len;
};
int docker_logs(struct docker *d, const char *id, int tail, msec since, bool follow,
	int (*on_line)(void *ctx, const struct docker_log_line *l), void *ctx, struct err *e);

/* The last line a container wrote that is not empty, without a full stop at its end; "" when there
 * is none or it cannot be had. For the sentence that says why it ended. until: the time of the
 * engine's event of that end, as it may have been started again since; not its finished_at, which
 * is before the engine has read the last lines. 0 = up to now. */
#define DOCKER_LAST_WORDS 200
void docker_last_words(struct docker *d, const char *id, msec until, char ret[DOCKER_LAST_WORDS]);

/* ---- images ---- */

struct docker_image {
	char id[80];	 /* sha256:… */
	char digest[80]; /* sha256:… of the repository's manifest; "" when it was built here */
	char arch[16];
	int64_t size; /* bytes on disk */
	msec created_at;
	json_t *config; /* Config: Entrypoint, User, ExposedPorts, StopSignal */
};
void docker_image_free(struct docker_image *i);
/* Missing: image.missing. */
int docker_image(struct docker *d, const char *ref, struct docker_image *ret, struct err *e);
/* The registry's present digest of ref, without pulling (/distribution, API 1.30 and later;
 * older: engine.old). Codes as in docker_pull. Platforms it has in ret_platforms ("linux/amd64",
 * JSON array, owned by the caller), unless NULL. */
int docker_remote_digest(struct docker *d, const char *ref, char ret_digest[80],
	json_t **ret_platforms, struct err *e);

struct docker_pull_progress {
	int64_t done, total; /* bytes over all layers; both only grow; total 0 = not known yet */
	int layers, layers_done;
	const char *phase; /* "downloading", "extracting" */
};
/* Pulls ref; progress at most 5 times a second. Codes: pull.offline (registry down, DNS),
 * pull.missing (no such tag), pull.denied, pull.rate_limit, pull.space (disk full),
 * pull.broken (broke off in the middle, silent for three minutes, or an error in the stream; the
 * engine itself tries again for more than a minute before it says so), image.schema1 (format too
 * old for this engine), image.arch (no image for this processor), fetch.cancelled. */
int docker_pull(struct docker *d, const char *ref, const atomic_bool *cancel,
	void (*progress)(void *ctx, const struct docker_pull_progress *p), void *ctx,
	struct err *e);

/* Every tag of every image that is here: array of {name, id, size, created_at}, newest first, owned
 * by the caller. */
int docker_images(struct docker *d, json_t **ret, struct err *e);

/* A tar that is made, or read, while it is sent; read as in struct fetch. */
struct docker_body {
	ssize_t (*read)(void *ctx, char *to, size_t len);
	void *ctx;
	int64_t size; /* bytes */
};
/* What `docker save` wrote, also compressed. ret_names: the images that it held, an array of
 * references owned by the caller. Codes: image.broken (no tar, or not all of it), image.not_saved
 * (a tar of something else), image.no_name (loaded, but nothing names it), image.compressed (in a
 * way that this engine cannot read), image.arch, image.space, image.load (anything else that the
 * engine says), image.cut (the engine went away, or said nothing for half an hour),
 * fetch.cancelled. */
int docker_load(struct docker *d, const struct docker_body *tar, const atomic_bool *cancel,
	json_t **ret_names, struct err *e);

struct docker_build {
	const char *tag;
	const struct docker_body *folder; /* a tar of it */
	const char *remote;		  /* or an address that the engine fetches it from */
	bool no_cache;
};
/* Builds by the Dockerfile in it, with the builder that every engine has had. on_text gets what the
 * engine tells, as it comes. Codes: image.no_dockerfile, image.dockerfile (not understood),
 * image.buildkit (asks for what only the newer builder has), image.run (a command failed; its last
 * lines are in the message), image.copy (COPY or ADD found nothing), image.fetch (the address),
 * image.no_git, image.network (of the engine), image.space, image.arch, image.build (anything
 * else), image.cut, fetch.cancelled, and for the image it begins from those of docker_pull. */
int docker_build(struct docker *d, const struct docker_build *b, const atomic_bool *cancel,
	void (*on_text)(void *ctx, const char *text), void *ctx, struct err *e);

/* ---- networks ---- */

/* Exists already = 0. labels: object or NULL. */
int docker_network_create(struct docker *d, const char *name, const json_t *labels, struct err *e);
int docker_network_exists(struct docker *d, const char *name, bool *ret, struct err *e);
int docker_network_remove(struct docker *d, const char *name, struct err *e); /* missing = 0 */

/* ---- events ---- */

struct docker_event {
	msec at;
	const char *type;   /* container */
	const char *action; /* start, die, oom, kill, stop, update, rename, destroy, create, … */
	const char *id;	    /* of the container */
	const char *name;
	int exit_code;	    /* die; otherwise -1 */
	const char *signal; /* kill; otherwise NULL */
	const json_t *attributes;
};
/* Follows the engine's events about containers from `since` on until it breaks (engine.*), cancel
 * (fetch.cancelled), or on_event returns non-zero (then 0 is returned). on_event may call the
 * engine. */
int docker_events(struct docker *d, msec since, const atomic_bool *cancel,
	int (*on_event)(void *ctx, const struct docker_event *ev), void *ctx, struct err *e);

#endif
