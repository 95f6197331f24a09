#include "domain/neighbour.h"

#include <math.h>

#define HOUR_MS (3600 * 1000)
#define HURRIES_MAX 10
#define CALM_PART 0.75
#define NORMAL_SHARES 1024
#define NORMAL_WEIGHT 500

bool neighbour_on(const struct neighbour *n)
{
	return n->busy.on || n->quiet.on;
}

bool neighbour_equal(const struct neighbour *a, const struct neighbour *b)
{
	return a->busy.on == b->busy.on && a->busy.load_milli == b->busy.load_milli &&
	       a->busy.io_percent == b->busy.io_percent && a->busy.for_s == b->busy.for_s &&
	       share_equal(&a->busy.share, &b->busy.share) && a->quiet.on == b->quiet.on &&
	       a->quiet.from == b->quiet.from && a->quiet.to == b->quiet.to &&
	       share_equal(&a->quiet.share, &b->quiet.share);
}

/* normal: what 0 stands for; 0 = as much as there is. */
static int64_t less(int64_t now, int64_t at_most, int64_t normal)
{
	int64_t is = now ? now : normal;

	return at_most && (!is || at_most < is) ? at_most : now;
}

struct limits neighbour_limits(
	const struct limits *own, const struct neighbour *n, unsigned mode, bool weighs)
{
	const struct share *q = &n->quiet.share, *b = &n->busy.share;
	struct limits l = *own;

	if (n->quiet.on && mode & NEIGHBOUR_QUIET)
		limits_set_share(&l, &(struct share){q->cpu_millis ? q->cpu_millis : l.cpu_millis,
					     q->cpu_shares ? q->cpu_shares : l.cpu_shares,
					     q->blkio_weight ? q->blkio_weight : l.blkio_weight});
	if (n->busy.on && mode & NEIGHBOUR_BUSY)
		limits_set_share(&l, &(struct share){less(l.cpu_millis, b->cpu_millis, 0),
					     less(l.cpu_shares, b->cpu_shares, NORMAL_SHARES),
					     less(l.blkio_weight, b->blkio_weight, NORMAL_WEIGHT)});
	if (!weighs)
		l.blkio_weight = own->blkio_weight;
	return l;
}

static bool in_quiet_hours(const struct neighbour *n, int minute)
{
	int from = n->quiet.from, to = n->quiet.to;

	if (!n->quiet.on)
		return false;
	return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/* Whether a figure is at this part of its threshold or above; one that is not known is not. */
static bool reaches(const struct neighbour *n, const struct neighbour_now *now, double part)
{
	return (n->busy.load_milli &&
		       now->load_per_core * 1000 >= part * (double)n->busy.load_milli) ||
	       (n->busy.io_percent && now->io_percent >= part * (double)n->busy.io_percent);
}

static msec calm_for(const struct neighbour_state *s)
{
	msec first = s->of.busy.for_s * INT64_C(2000), wait = first << s->hurries;

	return wait <= HOUR_MS ? wait : first > HOUR_MS ? first : HOUR_MS;
}

static void begin_busy(struct neighbour_state *s, msec now)
{
	bool again = s->calmed_at && now - s->calmed_at < HOUR_MS;

	s->busy = true;
	s->hurries = !again ? 0 : s->hurries < HURRIES_MAX ? s->hurries + 1 : HURRIES_MAX;
}

static void follow_load(struct neighbour_state *s, const struct neighbour_now *now)
{
	msec t = now->mono;

	if (!reaches(&s->of, now, 1))
		s->over_since = 0;
	else if (!s->over_since)
		s->over_since = t;
	if (reaches(&s->of, now, CALM_PART))
		s->under_since = 0;
	else if (!s->under_since)
		s->under_since = t;
	if (!s->busy && s->over_since && t - s->over_since >= s->of.busy.for_s * INT64_C(1000)) {
		begin_busy(s, t);
	} else if (s->busy && s->under_since && t - s->under_since >= calm_for(s)) {
		s->busy = false;
		s->calmed_at = t;
	}
}

/* Other bounds: all begins anew. At the start of this program a service may have less already: then
 * the NAS was busy, and calm has to show first. */
static void begin(struct neighbour_state *s, const struct neighbour *wish)
{
	struct neighbour_state fresh = {.of = *wish,
		.begun = true,
		.busy = !s->begun && wish->busy.on && s->has > 0 && s->has & NEIGHBOUR_BUSY,
		.has = s->has,
		.no_weight = s->no_weight,
		.tried_at = s->tried_at,
		.pause = s->pause,
		.at = s->at};

	*s = fresh;
}

unsigned neighbour_ask(
	struct neighbour_state *s, const struct neighbour *wish, const struct neighbour_now *now)
{
	if (!s->begun || !neighbour_equal(&s->of, wish))
		begin(s, wish);
	if (wish->busy.on)
		follow_load(s, now);
	s->asked = (s->busy ? NEIGHBOUR_BUSY : 0) |
		   (in_quiet_hours(wish, now->minute) ? NEIGHBOUR_QUIET : 0);
	return s->asked;
}

double neighbour_smooth(double before, double now, msec ms)
{
	double keep = exp(-(double)ms / 60000);

	return before * keep + now * (1 - keep);
}
