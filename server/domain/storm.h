/*
 * storm: a node at the head of its chain whose block time, memory and peers leave together what is
 * usual for it: what an attack on the network looks like from inside (September 2016: blocks made
 * to cost memory and disk).
 *
 * Looks at the recorded past, one value a minute. Usual is the median of windows of five minutes of
 * the last day, at least an hour of them, and their spread the median absolute deviation (MAD):
 * half of a day may be odd without moving either. All three have to be out in three windows in a
 * row; it is over after ten minutes in which at most one was. What is no storm: a sync (the node is
 * not at the head), the half hour after a start (caches fill, peers come), and what follows a gap.
 *
 * Pure; the clock is an argument (wall clock, ms). A zeroed state is a fresh one. No allocation.
 */
#ifndef DOMAIN_STORM_H
#define DOMAIN_STORM_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

#define STORM_MINUTES 1440 /* of the past, at most */

/* One value a minute, oldest first; NAN = not known. The last one is of the minute before now. */
struct storm_past {
	size_t n;
	const double *need;   /* bytes */
	const double *block;  /* height */
	const double *behind; /* blocks */
	const double *peers;
};

enum storm_what { STORM_BLOCKS, STORM_MEMORY, STORM_PEERS, STORM_SIGNS };

struct storm_sign {
	double now, usual; /* seconds for a block; bytes a minute; peers */
	bool out;
};

struct storm {
	bool on;
	msec since;			     /* first window that was out, while on */
	msec calm_since;		     /* 0 = it is not */
	struct storm_sign sign[STORM_SIGNS]; /* while on: as last known */
};

/* Once a minute. started_at: of the node's process. True while there is a storm. */
bool storm_judge(struct storm *s, const struct storm_past *past, msec now, msec started_at);

#endif
