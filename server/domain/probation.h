/*
 * probation: whether a new version may stay. Fed with what is seen of the node every few seconds,
 * it says: still watching, passed, or why it failed. Pure; the clock is an argument; what it has
 * seen can be kept as JSON, so that a restart of the program goes on where it was.
 *
 * Only time in which the node was looked at counts: neither a clock that jumps nor a program that
 * was away shortens or fails a probation.
 */
#ifndef DOMAIN_PROBATION_H
#define DOMAIN_PROBATION_H

#include "base/clock.h"
#include "base/json.h"

struct probation_rule {
	int64_t seconds;       /* how long it is watched */
	int64_t answer_s;      /* silence of its RPC that is allowed */
	bool rpc;	       /* it has one */
	bool needs_peers;      /* its head moves only with peers */
	int64_t block_time_ms; /* usual time between blocks; 0 = no such thing */
};

/* What is seen now. */
struct probation_obs {
	msec at; /* monotonic */
	bool alive;
	int restarts; /* by the engine, since it was created */
	bool oom;     /* the kernel killed it, or a part of it, since the watch began */
	bool answers;
	bool snapshot;	     /* restores a snapshot: its head does not move yet */
	int64_t head, peers; /* -1 = not known */
};

struct probation {
	msec last_at; /* monotonic time of the last look; 0 = none in this run */
	int64_t watched_ms;
	int64_t silent_ms, dead_ms; /* until now, without a break */
	int64_t peers_ms;	    /* with peers, in all */
	int64_t still_ms;	    /* since the head moved last, with peers */
	int64_t first_head, head;   /* -1 = not known */
	int restarts;		    /* at the first look; -1 = none yet */
};

enum probation_end {
	PROBATION_WATCHING,
	PROBATION_PASSED,
	PROBATION_CRASHED,
	PROBATION_OOM,
	PROBATION_SILENT,
	PROBATION_STALLED,
};

void probation_init(struct probation *p);
void probation_load(struct probation *p, const json_t *j); /* NULL: as init */
json_t *probation_json(const struct probation *p);	   /* owned by the caller */
enum probation_end probation_look(
	struct probation *p, const struct probation_rule *rule, const struct probation_obs *o);

#endif
