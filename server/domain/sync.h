/*
 * sync: heights over time → phase, percent, rate, ETA range, and why it does not advance.
 *
 * Pure: the caller polls the node, gives one observation a poll (every 1 to 15 s, in order of time)
 * and keeps the state. No allocation; a zeroed state is a fresh one. One thread for one state.
 *
 * What it is careful about:
 *   - eth_syncing = false alone is never "synced": that needs three such polls in a row, peers (if
 *     the recipe needs any), and a young head; with a very young one, and no more than eight blocks
 *     to go, it is synced while it says that it syncs, too;
 *   - a node flips its answer for seconds while it imports ordinary blocks: a phase changes when
 *     three polls agree, or two that are six seconds apart, except from unknown, starting and no
 *     answer, and on hard facts (no answer for 15 s, no advance for 60 s); synced needs three;
 *   - a node without peers goes on with what it had fetched: it has no peers when it does not
 *     advance, and after 15 s even if it does, for nothing is known of the rest of its way;
 *   - a highest block below the current one, or beyond any real chain, is ignored;
 *   - a gap in the observations, a clock that jumps, a snapshot that ends: rates start anew; a
 *     chain that became much shorter is another chain: everything starts anew.
 */
#ifndef DOMAIN_SYNC_H
#define DOMAIN_SYNC_H

#include "base/clock.h"
#include "domain/eta.h"

#include <stdbool.h>

enum sync_phase {
	SYNC_UNKNOWN,	  /* "unknown": not enough is known yet */
	SYNC_NO_ANSWER,	  /* "no_answer": nothing useful for 15 s */
	SYNC_STARTING,	  /* "starting": its RPC does not listen yet, or it has not begun to sync */
	SYNC_NO_PEERS,	  /* "no_peers"; it may still import what it had fetched */
	SYNC_SNAPSHOT,	  /* "snapshot": warp; percent and ETA are of its chunks */
	SYNC_BLOCKS,	  /* "syncing" */
	SYNC_CATCHING_UP, /* "catching_up": was synced, is a little behind (300 blocks or 5 %) */
	SYNC_STALLED,	  /* "stalled": should advance and has not for 60 s */
	SYNC_SYNCED,	  /* "synced" */
};
const char *sync_phase_name(enum sync_phase p);

/* Why a poll gave no answer. */
enum sync_fault {
	SYNC_FAULT_REFUSED, /* nobody listens */
	SYNC_FAULT_SILENT,  /* no answer in time */
	SYNC_FAULT_NO_PEER, /* an error that says "no peer available" */
	SYNC_FAULT_OTHER,   /* any other error, or no JSON-RPC */
};

/* One poll; -1 = not told. */
struct sync_obs {
	msec at; /* wall clock */
	bool answered;
	enum sync_fault fault;		    /* when not answered */
	bool syncing;			    /* eth_syncing was an object */
	int64_t current, highest, starting; /* blocks; see sync_observe */
	int64_t warp_done, warp_total;	    /* chunks */
	int64_t gap_first, gap_last;	    /* old blocks still missing after a snapshot */
	int64_t peers;
	msec head_time; /* timestamp of the latest block, ms */
};

/* A poll in which nothing was told yet. */
static inline struct sync_obs sync_nothing_told(msec at)
{
	return (struct sync_obs){.at = at,
		.current = -1,
		.highest = -1,
		.starting = -1,
		.warp_done = -1,
		.warp_total = -1,
		.gap_first = -1,
		.gap_last = -1,
		.peers = -1,
		.head_time = -1};
}

/* What the recipe and its network say. */
struct sync_rule {
	int64_t block_time_ms; /* 0 = blocks come when there is something to put in */
	bool needs_peers;
};

#define SYNC_POINTS 128 /* of the rate window: 60 s, at most two a second */

struct sync_point {
	msec at;
	int64_t value;
};

/* Kept by the caller, looked into by nobody. */
struct sync_state {
	bool begun;
	enum sync_phase phase;
	msec since;
	enum sync_phase candidate; /* what the last polls say, and how many of them */
	int candidate_polls;
	msec candidate_since;
	msec first_at, last_at; /* polls; first: since the start or the last reset */
	msec answered_at;	/* last answer; 0 = none since first_at */
	bool was_synced;
	int64_t peers; /* last told; -1 = not within PEERS_MS */
	msec peers_at;
	msec alone_since;	 /* of peers = 0; 0 = it has some, or does not tell */
	int64_t current, target; /* last told; the target only while it is believable */
	int64_t told;		 /* the last believable one; -1 = none since it was synced */
	msec told_at;		 /* when that became another one */
	msec head_time;		 /* of the newest block, last told */
	bool chunks;		 /* value counts snapshot chunks, not blocks */
	int64_t chunks_total;
	int64_t value, best; /* what is counted now; the highest so far */
	msec best_at;
	bool advanced; /* in the last poll that told a value */
	struct sync_point points[SYNC_POINTS];
	int n_points, next_point;
	struct eta eta;
};

struct sync_view {
	msec at;
	enum sync_phase phase;
	msec since;	     /* when this phase began; of no_peers: when the last one went */
	double percent;	     /* -1 = unknown; 100 only when synced, else at most 99.9 */
	double blocks_per_s; /* over the last 60 s; -1 = unknown */
	bool advances;	     /* a block came in the last 10 s */
	int64_t eta_low_s, eta_high_s;	 /* -1 = unknown or nothing to wait for */
	int64_t current, target, behind; /* blocks; -1 = unknown; see sync_observe */
	int64_t peers, head_age_s;	 /* -1 = unknown */
	int64_t head_ahead_s; /* how far the head is in the future of this clock; -1 = unknown */
	int64_t chunks_done, chunks_total; /* of the snapshot that it takes; total 0 = none */
	double ancient_percent;		   /* old blocks after a snapshot; -1 = none missing */
	const char *reason; /* sync.no_peers, sync.stalled, sync.no_answer; NULL when it advances */
};

/* Takes one poll in and says what is known after it. While eth_syncing is false, o->current is what
 * eth_blockNumber says. The target is the highest block that the node told, and as many more as
 * must have come since, if blocks come as the rule says. */
void sync_observe(struct sync_state *s, const struct sync_rule *rule, const struct sync_obs *o,
	struct sync_view *ret);

/* The node was started (again): it is starting until it says something else. */
void sync_started(struct sync_state *s, msec at);

#endif
