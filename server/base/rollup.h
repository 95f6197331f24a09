/*
 * rollup: samples → tiers of buckets, the packed form of a chunk of buckets, and the plan of a
 * chart.
 *
 * Pure: no I/O, no clock, no state; any thread. Times are Unix seconds (UTC, 0..ROLLUP_TIME_MAX),
 * so daylight saving does not exist here. A bucket covers [t, t + step) with t a multiple of step.
 * Buckets only ever take more samples in (add, merge): both are commutative, so samples may come in
 * any order, twice, and from several sources, and no peak is ever lost. A bucket without samples is
 * a gap, never a zero.
 */
#ifndef BASE_ROLLUP_H
#define BASE_ROLLUP_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define ROLLUP_TIME_MAX 4294000000 /* January 2106; room below 2^32 for the end of any bucket */

/* One resolution. points buckets make a chunk, the unit that is stored and read. */
struct rollup_tier {
	uint32_t step;	 /* seconds of one bucket; a multiple of the finer tier's */
	uint32_t points; /* buckets of one chunk, at most ROLLUP_POINTS_MAX */
	uint32_t keep;	 /* seconds a bucket is kept at least, unless its owner says otherwise */
};

/* The one table of tiers, from fine to coarse. Tier 0 holds the samples themselves. The last tier
 * keeps nothing longer than the one before: it lets years be drawn without reading all of it. */
#define ROLLUP_TIERS 5
#define ROLLUP_POINTS_MAX 7200
extern const struct rollup_tier rollup_tiers[ROLLUP_TIERS];

/* count 0 = gap; min, max and sum then mean nothing. Zeroed memory is a gap. */
struct rollup_bucket {
	float min, max;
	uint32_t count; /* samples */
	double sum;
};

void rollup_add(struct rollup_bucket *b, float v);
void rollup_merge(struct rollup_bucket *to, const struct rollup_bucket *from);
/* Start of the chunk of a tier that holds second t. */
uint32_t rollup_chunk_start(unsigned tier, uint32_t t);

/* Appends the packed form of a chunk (rollup_tiers[tier].points buckets) to out. Lossless for min,
 * max and count; the mean is rounded to float32. At most 4 bytes a value (a count is one) and 7 a
 * chunk. Of tier 0 one value a bucket is kept: max, so that the larger of two samples of one second
 * stays. */
void rollup_pack(unsigned tier, const struct rollup_bucket *b, struct buf *out);
/* The way back: writes all points of b. -1 when the bytes are no chunk of that tier (b is then
 * undefined); never reads outside data. */
int rollup_unpack(unsigned tier, const void *data, size_t len, struct rollup_bucket *b);

/* A chart's time grid: n buckets of step seconds from start, filled from one tier. */
struct rollup_grid {
	unsigned tier;
	uint32_t start, step; /* seconds; start is a multiple of step, step of the tier's */
	uint32_t n;	      /* at least 1 */
};

/* The finest tier that still keeps `from` at time `now`, when each is kept for so many seconds, and
 * has at most max_points *
 * ROLLUP_OVERSAMPLE buckets in [from, to) (else the coarsest), and its neighbours merged down to at
 * most max_points. The first and last bucket are whole: they may reach outside of [from, to).
 * Needs from < to and max_points >= 2. */
#define ROLLUP_OVERSAMPLE 5
struct rollup_grid rollup_plan(const uint32_t keep[ROLLUP_TIERS], uint32_t from, uint32_t to,
	uint32_t now, uint32_t max_points);

/* Merges the chunk of g->tier that begins at start (points of b) into cells (g->n of them). */
void rollup_pour(const struct rollup_grid *g, struct rollup_bucket *cells, uint32_t start,
	const struct rollup_bucket *b);
/* Adds one sample, if it lies on the grid. */
void rollup_drop(const struct rollup_grid *g, struct rollup_bucket *cells, uint32_t t, float v);

#endif
