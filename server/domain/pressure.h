/*
 * pressure: a container whose need of memory runs towards its limit: how long until the kernel
 * would end it, and what may be done before.
 *
 * Fed once a second with what it needs (anonymous memory and swap) and its limit. Growth is the
 * median of the differences over half a window (Theil's incomplete method: one odd reading, or a
 * few, do not move it): over a minute, if the lowest readings grow as well (what a collector of
 * garbage takes back is no growth), and over ten seconds, if they go clearly beyond all before. A
 * level rises when several readings in a row say so, and falls only after a minute of calm.
 *
 * Pure; the clock is an argument (wall clock, ms). A zeroed state is a fresh one. No allocation.
 */
#ifndef DOMAIN_PRESSURE_H
#define DOMAIN_PRESSURE_H

#include "base/model.h"

#define PRESSURE_SAMPLES 60
#define PRESSURE_RESTARTS_MAX 3 /* in an hour */

enum pressure_level {
	PRESSURE_CALM,
	PRESSURE_WARN, /* at this pace the limit is reached within five minutes */
	PRESSURE_ACT,  /* within 45 seconds */
};

struct pressure {
	int64_t need[PRESSURE_SAMPLES]; /* bytes, a ring */
	int n, next;
	msec at;       /* of the last */
	int64_t limit; /* bytes; 0 = none */
	enum pressure_level level;
	msec since;	    /* of the level */
	int votes[3];	    /* readings in a row that ask for at least this level */
	msec calm_since;    /* 0 = it is not calm */
	double bytes_per_s; /* -1 = not known, or not growing */
	double left_s;	    /* until the limit; -1 = not known, or never at this pace */
	/* what was done; outlives the container */
	msec acted_at;
	msec restarts[PRESSURE_RESTARTS_MAX];
};

/* What the kernel counts before it ends a process, and against what (0 = no limit): memory that it
 * cannot free, with swap when that is counted and allowed. */
int64_t pressure_need(const struct usage *u);
int64_t pressure_room(const struct usage *u);

/* One reading; true when the level is another one now. */
bool pressure_sample(struct pressure *p, msec now, int64_t need, int64_t limit);
/* Another process: its readings begin anew. What was done stays known. */
void pressure_forget(struct pressure *p);

/* What to do now: nothing (GUARD_WARN), GUARD_RAISE with a new limit, or GUARD_RESTART. available:
 * memory of the NAS that is free, bytes; a raise leaves a fifth of it. */
struct pressure_deed {
	enum guard_act act;
	int64_t limit;
};
struct pressure_deed pressure_decide(
	const struct pressure *p, const struct guard *g, int64_t available, msec now);
/* It was done. */
void pressure_done(struct pressure *p, enum guard_act act, msec now);

#endif
