/*
 * eta: how far something is, again and again → how long the rest will take, as a range.
 *
 * The range holds the real end, and narrows: it is wide after a few paces, and when they differ.
 * How often the end lies outside is measured by tests/bench/eta.mjs, on syncs of a real node.
 *
 * Pure: the clock is an argument (ms). No allocation; a zeroed state is a fresh one.
 */
#ifndef DOMAIN_ETA_H
#define DOMAIN_ETA_H

#include "base/clock.h"

#include <stdbool.h>

#define ETA_PACES 30 /* 10 s each: the last five minutes */

/* Kept by the caller, looked into by nobody. */
struct eta {
	bool open; /* a pace is being measured, from here on */
	msec from_at;
	int64_t from_value;
	double paces[ETA_PACES]; /* per second */
	int n, next;
};

/* What is left. */
struct eta_way {
	int64_t left; /* of what is counted */
	double drain; /* per second by which the end moves away */
	double near;  /* so many before the end it may be over */
	double more;  /* seconds that may come on top */
};

void eta_forget(struct eta *e);
/* Nothing is measured until the next eta_add: it does not try to get on. */
void eta_rest(struct eta *e);
void eta_add(struct eta *e, msec at, int64_t value);

/* Seconds: false = nothing can be said (no pace yet, nothing left, as slow as the end moves away,
 * beyond ten years), and both are left alone. */
bool eta_range(const struct eta *e, const struct eta_way *w, int64_t *ret_low, int64_t *ret_high);

#endif
