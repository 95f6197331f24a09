/*
 * neighbour: good neighbour: which share of processor and disk a service gets now, by how busy the
 * NAS is with other work and by the clock, within what its owner set.
 *
 * Busy begins when a figure has been at its threshold or above for the set time, and ends when all
 * have been below three quarters of theirs for twice that time. A service that makes the NAS busy
 * by itself would go to and fro: each time it is busy again within an hour of an end, the next end
 * takes twice as long, up to an hour. Quiet hours are what the clock on the wall says: in the night
 * that has an hour twice they come twice, and an hour that is left out they leave out.
 *
 * Pressure on the processor (PSI) does not count: what waits for a quota waits for the processor,
 * and the act would keep up its own reason.
 *
 * What a service has now is read from the kernel, and not remembered: whatever happened to this
 * program, to the container or to a job, one of the shares it may have is there, or somebody
 * else's.
 *
 * Pure; times are arguments: the monotonic clock for durations, so that a wall clock that is set
 * moves no deadline, and a minute of the day. No allocation.
 */
#ifndef DOMAIN_NEIGHBOUR_H
#define DOMAIN_NEIGHBOUR_H

#include "base/model.h"

#define NEIGHBOUR_BUSY 1
#define NEIGHBOUR_QUIET 2
#define NEIGHBOUR_MODES 4 /* none, busy, quiet, both */
#define NEIGHBOUR_FOR_MAX_S 3600

/* A zeroed state is a fresh one, but for `has`: -1. */
struct neighbour_state {
	struct neighbour of; /* what it was asked for */
	bool begun, busy;
	unsigned asked; /* mode that should be */
	int has;	/* mode whose share the kernel has; -1 = none of them, or not known */
	bool no_weight; /* the engine cannot weigh its disk access */
	msec over_since, under_since; /* monotonic; 0 = it is not */
	msec calmed_at;		      /* monotonic; 0 = never */
	int hurries;		      /* how often it was busy again within an hour */
	msec tried_at;		      /* monotonic: last act; 0 = never */
	msec pause;		      /* before the next one, ms */
	msec at;		      /* wall clock of the last act that was done; 0 = none known */
};

/* How things stand on the NAS. */
struct neighbour_now {
	msec mono;
	int minute;	      /* of the day, local */
	double load_per_core; /* of other work; -1 = not known */
	double io_percent;    /* -1 = not known */
};

bool neighbour_on(const struct neighbour *n);
bool neighbour_equal(const struct neighbour *a, const struct neighbour *b);
/* The limits in a mode. weighs: whether this kernel can weigh disk access. */
struct limits neighbour_limits(
	const struct limits *own, const struct neighbour *n, unsigned mode, bool weighs);

/* Which mode should be: state.asked, returned as well. */
unsigned neighbour_ask(
	struct neighbour_state *s, const struct neighbour *wish, const struct neighbour_now *now);

/* Load of a minute, as the kernel smooths it: what it was, what is measured now, ms since. */
double neighbour_smooth(double before, double now, msec ms);

#endif
