/*
 * stall: why a node does not get on: what is known of its last minutes → causes, the likeliest
 * first.
 *
 * Fed once a second while the process runs; shares of time are means that forget within a minute. A
 * cause has to hold for ten seconds before it is named and be away for thirty before it is dropped,
 * and the first one stays first until another is clearly stronger: the list does not flicker.
 * Causes are looked for only while the phase is no_peers, stalled or no_answer, and nothing
 * advances.
 *
 * Pure; the clock is an argument (wall clock, ms). A zeroed state is a fresh one. No allocation but
 * in stall_json.
 */
#ifndef DOMAIN_STALL_H
#define DOMAIN_STALL_H

#include "base/json.h"
#include "domain/sync.h"

enum stall_kind {
	STALL_KILLED,	/* "stall.killed": it ended by itself, or was killed, a moment ago */
	STALL_CLOCK,	/* "stall.clock": its newest block is from the future of this NAS */
	STALL_MEMORY,	/* "stall.memory": what it needs leaves no room for the cache */
	STALL_DISK,	/* "stall.disk": programs wait for the disk */
	STALL_CPU,	/* "stall.cpu": the limit of its processor holds it up */
	STALL_SNAPSHOT, /* "stall.snapshot": no piece of the snapshot comes */
	STALL_PEERS,	/* "stall.peers": there are very few */
	STALL_KINDS
};

/* One look; -1 = not known. */
struct stall_facts {
	msec at;
	struct sync_view sync;
	double throttled; /* percent of the periods in which it was held up */
	double disk;	  /* percent of the time in which something waited for the disk */
	double io;	  /* bytes a second that it read and wrote */
	int64_t need;	  /* bytes of memory that cannot be freed */
	int64_t room;	  /* bytes: the limit of it; 0 = none */
	int crashes;	  /* in the last ten minutes */
	msec oom_at;	  /* last kill for memory; 0 = none known */
};

struct stall_mean {
	bool known;
	double value;
};

/* What one cause looked like; only what belongs to it is set. */
struct stall_figures {
	double percent, io; /* memory: of the limit */
	int64_t need, room; /* bytes */
	int64_t ahead_s;    /* clock: how far the newest block is in the future */
	int64_t crashes, peers, chunks_done, chunks_total;
	bool oom;
};

struct stall_cause {
	double strength; /* 0 to 100; 0 = it is no cause */
	struct stall_figures figures;
	msec held_since, seen_at; /* 0 = it does not hold */
	bool named;
};

/* Kept by the caller, looked into by nobody. */
struct stall {
	msec at;
	struct stall_mean throttled, disk, io, full;
	struct stall_cause causes[STALL_KINDS];
	enum stall_kind order[STALL_KINDS]; /* of those that are named */
	int n;
};

void stall_look(struct stall *s, const struct stall_facts *f);
/* Another process: what was seen says nothing about it. */
void stall_forget(struct stall *s);

/* How many are named, and the i-th of them: its code, and its sentence as words. */
int stall_count(const struct stall *s);
const char *stall_code(const struct stall *s, int i);
#define STALL_WORDS_MAX 240
char *stall_words(const struct stall *s, int i, char out[STALL_WORDS_MAX]);
/* The i-th as Cause in api.yaml; owned by the caller. */
json_t *stall_json(const struct stall *s, int i);

#endif
