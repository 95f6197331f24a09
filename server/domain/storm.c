#include "domain/storm.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW 5 /* minutes */
#define VOTES 3	 /* windows in a row */
#define LAG 10	 /* the last minutes are no part of what is usual: a storm may have begun in them */
#define LEAST 60 /* windows: an hour of record */
#define UNBROKEN 15
#define MINUTE_MS 60000
#define CALM_MS (10 * MINUTE_MS)
#define START_MS (30 * MINUTE_MS)
#define HEAD_BLOCKS 300 /* as in domain/sync: a little behind */
#define SIGMA 1.4826	/* MAD of a normal distribution → standard deviation */

/* How far from usual is out: in deviations, and in parts of what is usual at least. */
static const struct {
	double deviations, part;
} bounds[] = {
	[STORM_BLOCKS] = {4, 0.5},
	[STORM_MEMORY] = {4, 0.01}, /* of what it needs, each minute */
	[STORM_PEERS] = {3, 0.25},
};
#define PEERS_LEAST 4 /* with fewer, one that leaves is a quarter */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), ascending);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* The window that ends with minute i, or false when it is not whole. */
static bool window(const struct storm_past *p, size_t i, bool at_head, double ret[STORM_SIGNS])
{
	double peers[WINDOW], blocks;

	if (i < WINDOW)
		return false;
	for (size_t k = i - WINDOW; k <= i; k++)
		if (isnan(p->need[k]) || isnan(p->block[k]) || isnan(p->peers[k]) ||
			(at_head && !(p->behind[k] <= HEAD_BLOCKS)))
			return false;
	for (size_t k = 0; k < WINDOW; k++)
		peers[k] = p->peers[i - k];
	blocks = p->block[i] - p->block[i - WINDOW];
	if (blocks < 0) /* another chain */
		return false;
	ret[STORM_BLOCKS] = WINDOW * 60 / (blocks > 0.5 ? blocks : 0.5);
	ret[STORM_MEMORY] = (p->need[i] - p->need[i - WINDOW]) / WINDOW;
	ret[STORM_PEERS] = median(peers, WINDOW);
	return true;
}

struct usual {
	double median[STORM_SIGNS], mad[STORM_SIGNS];
};

/* Of the windows before minute `end`; false when there are too few. */
static bool usual_until(const struct storm_past *p, size_t end, struct usual *ret)
{
	double found[STORM_SIGNS][STORM_MINUTES], one[STORM_SIGNS];
	size_t n = 0;

	for (size_t i = 0; i < end && n < STORM_MINUTES; i++) {
		if (!window(p, i, true, one))
			continue;
		for (int k = 0; k < STORM_SIGNS; k++)
			found[k][n] = one[k];
		n++;
	}
	if (n < LEAST)
		return false;
	for (int k = 0; k < STORM_SIGNS; k++) {
		ret->median[k] = median(found[k], n);
		for (size_t i = 0; i < n; i++)
			found[k][i] = fabs(found[k][i] - ret->median[k]);
		ret->mad[k] = median(found[k], n);
	}
	return ret->median[STORM_PEERS] >= PEERS_LEAST;
}

static bool is_out(int what, double now, const struct usual *u, double need)
{
	double spread = bounds[what].deviations * SIGMA * u->mad[what];
	double least = bounds[what].part * (what == STORM_MEMORY ? need : u->median[what]);
	double bound = spread > least ? spread : least;

	return what == STORM_PEERS ? now < u->median[what] - bound : now > u->median[what] + bound;
}

/* How many signs are out in the window that ends with minute i; -1 = not known. */
static int count_out(const struct storm_past *p, size_t i, bool at_head, const struct usual *u,
	struct storm_sign sign[STORM_SIGNS])
{
	double now[STORM_SIGNS];
	int n = 0;

	if (!window(p, i, at_head, now))
		return -1;
	for (int k = 0; k < STORM_SIGNS; k++) {
		sign[k] =
			(struct storm_sign){now[k], u->median[k], is_out(k, now[k], u, p->need[i])};
		n += sign[k].out;
	}
	return n;
}

static bool unbroken(const struct storm_past *p)
{
	for (size_t i = p->n - UNBROKEN; i < p->n; i++)
		if (isnan(p->need[i]) || isnan(p->block[i]) || isnan(p->peers[i]))
			return false;
	return true;
}

static void may_begin(struct storm *s, const struct storm_past *p, const struct usual *u, msec now)
{
	struct storm_sign sign[STORM_SIGNS];
	int out = 0;

	if (!unbroken(p))
		return;
	while (out < LAG && count_out(p, p->n - 1 - (size_t)out, true, u, sign) == STORM_SIGNS)
		out++;
	if (out < VOTES)
		return;
	count_out(p, p->n - 1, true, u, s->sign);
	s->on = true;
	s->since = now - out * (msec)MINUTE_MS;
	s->calm_since = 0;
}

/* Without readings there is nothing that says it goes on. */
static void may_end(struct storm *s, const struct storm_past *p, const struct usual *u, msec now)
{
	struct storm_sign sign[STORM_SIGNS];
	int out = count_out(p, p->n - 1, false, u, sign);

	for (int k = 0; out >= 0 && k < STORM_SIGNS; k++)
		s->sign[k] = sign[k];
	if (out > 1)
		s->calm_since = 0;
	else if (!s->calm_since || s->calm_since > now)
		s->calm_since = now;
	else if (now - s->calm_since >= CALM_MS)
		*s = (struct storm){0};
}

bool storm_judge(struct storm *s, const struct storm_past *past, msec now, msec started_at)
{
	size_t ago = s->on && now > s->since ? (size_t)((now - s->since) / MINUTE_MS) : 0;
	struct usual u;

	if (now >= started_at && now - started_at < START_MS)
		return s->on; /* it may have been ended by the storm */
	if (past->n <= LAG + ago + UNBROKEN || !usual_until(past, past->n - LAG - ago, &u))
		*s = (struct storm){0};
	else if (s->on)
		may_end(s, past, &u, now);
	else
		may_begin(s, past, &u, now);
	return s->on;
}
