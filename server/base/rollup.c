#include "base/rollup.h"

#include <stdbool.h>

#define DAY 86400u

/* Chunks are long enough that the half-filled last page of each is a small part of it. */
const struct rollup_tier rollup_tiers[ROLLUP_TIERS] = {
	{1, 7200, DAY},
	{10, 4320, 14 * DAY},
	{60, 4320, 180 * DAY},
	{600, 4320, 3653 * DAY},
	{7200, 1080, 3653 * DAY},
};

void rollup_add(struct rollup_bucket *b, float v)
{
	if (b->count == 0) {
		*b = (struct rollup_bucket){v, v, 1, (double)v};
		return;
	}
	if (v < b->min)
		b->min = v;
	if (v > b->max)
		b->max = v;
	b->sum += (double)v;
	b->count++;
}

void rollup_merge(struct rollup_bucket *to, const struct rollup_bucket *from)
{
	if (from->count == 0)
		return;
	if (to->count == 0) {
		*to = *from;
		return;
	}
	if (from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->sum += from->sum;
	to->count += from->count;
}

uint32_t rollup_chunk_start(unsigned tier, uint32_t t)
{
	return t - t % (rollup_tiers[tier].step * rollup_tiers[tier].points);
}

static struct rollup_grid grid_of(unsigned tier, uint32_t step, uint32_t from, uint32_t to)
{
	uint32_t start = from - from % step;
	uint32_t n = (uint32_t)(((uint64_t)to - start + step - 1) / step);
	return (struct rollup_grid){.tier = tier, .start = start, .step = step, .n = n};
}

struct rollup_grid rollup_plan(const uint32_t keep[ROLLUP_TIERS], uint32_t from, uint32_t to,
	uint32_t now, uint32_t max_points)
{
	unsigned tier = 0;
	for (; tier < ROLLUP_TIERS - 1; tier++) {
		const struct rollup_tier *r = &rollup_tiers[tier];
		bool kept = (uint64_t)from + keep[tier] >= now;
		if (kept && (to - from) / r->step <= (uint64_t)max_points * ROLLUP_OVERSAMPLE)
			break;
	}
	uint64_t unit = rollup_tiers[tier].step;
	uint64_t merged = ((to - from) + unit * max_points - 1) / (unit * max_points);
	struct rollup_grid g = grid_of(tier, (uint32_t)(unit * merged), from, to);
	/* Aligning the start can cost one bucket more than the range needs. */
	while (g.n > max_points)
		g = grid_of(tier, (uint32_t)(unit * ++merged), from, to);
	return g;
}

void rollup_pour(const struct rollup_grid *g, struct rollup_bucket *cells, uint32_t start,
	const struct rollup_bucket *b)
{
	uint32_t unit = rollup_tiers[g->tier].step;
	uint64_t end = (uint64_t)g->start + (uint64_t)g->step * g->n;
	uint64_t last = (uint64_t)start + (uint64_t)unit * rollup_tiers[g->tier].points;
	uint64_t t = start > g->start ? start : g->start;
	if (last > end)
		last = end;
	if (t >= last)
		return;
	b += (t - start) / unit;
	struct rollup_bucket *cell = cells + (t - g->start) / g->step;
	uint64_t next = g->start + ((t - g->start) / g->step + 1) * g->step;
	for (; t < last; t += unit) {
		if (t >= next) {
			cell++;
			next += g->step;
		}
		rollup_merge(cell, b++);
	}
}

void rollup_drop(const struct rollup_grid *g, struct rollup_bucket *cells, uint32_t t, float v)
{
	if (t >= g->start && (t - g->start) / g->step < g->n)
		rollup_add(&cells[(t - g->start) / g->step], v);
}
