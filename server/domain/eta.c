#include "domain/eta.h"

#include <math.h>

#define PACE_MS 10000
#define MEMORY_MIN_S 40.0
#define MEMORY_MAX_S 150.0
#define TOO_LONG_S (10.0 * 365 * 86400)

void eta_forget(struct eta *e)
{
	*e = (struct eta){0};
}

void eta_rest(struct eta *e)
{
	e->open = false;
}

void eta_add(struct eta *e, msec at, int64_t value)
{
	if (e->open && at - e->from_at < PACE_MS)
		return;
	if (e->open) {
		e->paces[e->next] =
			(double)(value - e->from_value) * 1000.0 / (double)(at - e->from_at);
		e->next = (e->next + 1) % ETA_PACES;
		if (e->n < ETA_PACES)
			e->n++;
	}
	e->open = true;
	e->from_at = at;
	e->from_value = value;
}

/* How a pace of the last minutes counts: less the older it is. The further the end, the further
 * back is looked: what comes is like what was in about as long a time. */
static double memory_s(const struct eta *e, int64_t left)
{
	double sum = 0;

	for (int i = 0; i < e->n; i++)
		sum += e->paces[i];
	if (sum <= 0)
		return MEMORY_MIN_S;
	return fmin(fmax((double)left * e->n / sum / 8, MEMORY_MIN_S), MEMORY_MAX_S);
}

/* The mean of the paces, and how much they differ, as a share of it. */
static double expect(const struct eta *e, int64_t left, double *ret_spread)
{
	double memory = memory_s(e, left), weights = 0, mean = 0, var = 0;

	for (int i = 0; i < e->n; i++) {
		double pace = e->paces[(e->next + ETA_PACES - 1 - i) % ETA_PACES];
		double weight = exp(-i * PACE_MS / 1000.0 / memory);
		double off = pace - mean;

		/* West's weighted form of Welford's sums */
		weights += weight;
		mean += off * weight / weights;
		var += weight * off * (pace - mean);
	}
	*ret_spread = mean > 0 ? sqrt(var / weights) / mean : 0;
	return mean;
}

bool eta_range(const struct eta *e, const struct eta_way *w, int64_t *ret_low, int64_t *ret_high)
{
	double pace, spread, fast, slow;

	if (!e->n || w->left <= 0)
		return false;
	pace = expect(e, w->left, &spread);
	if (pace <= w->drain || (double)w->left / (pace - w->drain) > TOO_LONG_S)
		return false;
	/* it rather gains speed than loses it */
	fast = pace * (1.15 + 1.5 / e->n + 0.5 * spread);
	slow = pace / (1.15 + 0.5 / e->n + 0.5 * spread);
	*ret_low = (int64_t)floor(fmax((double)w->left - w->near, 0) / fast);
	*ret_high = (int64_t)ceil((double)w->left / fmax(slow - w->drain, slow / 4) + w->more);
	return true;
}
