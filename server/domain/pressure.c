#include "domain/pressure.h"

#include <stdlib.h>
#include <string.h>

#define GAP_MS 5000 /* between two readings: more, or backwards, and they begin anew */
#define LEAST 20    /* readings before anything is said: a start is growth, too */
#define SHORT 10
#define WARN_S 300
#define ACT_S 45
#define CALM_MS 60000
#define PAUSE_MS 15000 /* between two acts: the first has to show its effect */
#define RESTART_PAUSE_MS (10 * 60 * 1000)
#define HOUR_MS (3600 * 1000)
#define STEP_LEAST (INT64_C(32) << 20)
#define STEP_USEFUL (INT64_C(8) << 20)

/* Share of the limit below which growth is how a client fills its caches. */
static const double floor_of[] = {[PRESSURE_WARN] = 0.6, [PRESSURE_ACT] = 0.75};
static const int votes_for[] = {[PRESSURE_WARN] = 10, [PRESSURE_ACT] = 3};

/* The i-th last; 0 is the newest. */
static int64_t ago(const struct pressure *p, int i)
{
	return p->need[(p->next - 1 - i + 2 * PRESSURE_SAMPLES) % PRESSURE_SAMPLES];
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Bytes a second over the last n readings. */
static double slope(const struct pressure *p, int n)
{
	double found[PRESSURE_SAMPLES / 2];
	int half = n / 2;

	for (int i = 0; i < half; i++)
		found[i] = (double)(ago(p, i) - ago(p, i + half)) / half;
	qsort(found, (size_t)half, sizeof(*found), ascending);
	return half % 2 ? found[half / 2] : (found[half / 2 - 1] + found[half / 2]) / 2;
}

/* The lowest (sign 1) or the highest (-1) of some readings. */
static int64_t extreme(const struct pressure *p, int from, int to, int sign)
{
	int64_t found = ago(p, from);

	for (int i = from + 1; i < to; i++)
		if (sign * ago(p, i) < sign * found)
			found = ago(p, i);
	return found;
}

/* Over the whole minute. What falls back to where it was does not grow: its troughs count, too. */
static double steady_growth(const struct pressure *p)
{
	int half = PRESSURE_SAMPLES / 2;
	double pace, troughs;

	if (p->n < PRESSURE_SAMPLES)
		return 0;
	pace = slope(p, PRESSURE_SAMPLES);
	troughs = (double)(extreme(p, 0, half, 1) - extreme(p, half, PRESSURE_SAMPLES, 1)) / half;
	return troughs < pace ? troughs : pace;
}

/* Over the last seconds, when they went clearly beyond all before. */
static double sudden_growth(const struct pressure *p)
{
	if (p->n < LEAST || ago(p, 0) - extreme(p, SHORT, p->n, -1) < p->limit / 50)
		return 0;
	return slope(p, SHORT);
}

static void estimate(struct pressure *p)
{
	double pace, sudden;

	p->bytes_per_s = p->left_s = -1;
	if (!p->limit || (double)ago(p, 0) < floor_of[PRESSURE_WARN] * (double)p->limit)
		return;
	pace = steady_growth(p);
	sudden = sudden_growth(p);
	if (sudden > pace)
		pace = sudden;
	if (pace <= 0)
		return;
	p->bytes_per_s = pace;
	p->left_s = ago(p, 0) < p->limit ? (double)(p->limit - ago(p, 0)) / pace : 0;
}

static enum pressure_level asked_for(const struct pressure *p)
{
	double share = p->limit ? (double)ago(p, 0) / (double)p->limit : 0;

	if (p->left_s < 0 || p->left_s > WARN_S || share < floor_of[PRESSURE_WARN])
		return PRESSURE_CALM;
	return p->left_s <= ACT_S && share >= floor_of[PRESSURE_ACT] ? PRESSURE_ACT : PRESSURE_WARN;
}

static void vote(struct pressure *p, enum pressure_level asked)
{
	enum pressure_level level = p->level;

	for (int l = PRESSURE_WARN; l <= PRESSURE_ACT; l++) {
		p->votes[l] = (int)asked >= l ? p->votes[l] + 1 : 0;
		if (p->votes[l] >= votes_for[l] && (int)level < l)
			level = (enum pressure_level)l;
	}
	if (asked >= level)
		p->calm_since = 0;
	else if (!p->calm_since)
		p->calm_since = p->at;
	else if (p->at - p->calm_since >= CALM_MS)
		level = asked;
	if (level == p->level)
		return;
	p->level = level;
	p->since = p->at;
	p->calm_since = 0;
}

void pressure_forget(struct pressure *p)
{
	struct pressure fresh = {.acted_at = p->acted_at, .bytes_per_s = -1, .left_s = -1};

	memcpy(fresh.restarts, p->restarts, sizeof(fresh.restarts));
	*p = fresh;
}

bool pressure_sample(struct pressure *p, msec now, int64_t need, int64_t limit)
{
	enum pressure_level before = p->level;

	if (p->n && (now < p->at || now - p->at > GAP_MS))
		pressure_forget(p);
	if (limit != p->limit) { /* what was said was said of another one */
		memset(p->votes, 0, sizeof(p->votes));
		p->level = PRESSURE_CALM;
		p->since = now;
		p->calm_since = 0;
	}
	p->at = now;
	p->limit = limit;
	p->need[p->next] = need;
	p->next = (p->next + 1) % PRESSURE_SAMPLES;
	if (p->n < PRESSURE_SAMPLES)
		p->n++;
	estimate(p);
	vote(p, asked_for(p));
	return p->level != before;
}

/* ---- acts ---- */

/* A quarter more, within the owner's bound and what the NAS has; 0 = no raise that would help. */
static int64_t raised(const struct pressure *p, const struct guard *g, int64_t available)
{
	int64_t step = p->limit / 4 > STEP_LEAST ? p->limit / 4 : STEP_LEAST;
	int64_t to = p->limit + step, host = ago(p, 0) + available / 5 * 4;

	if (to > g->up_to)
		to = g->up_to;
	if (to > host)
		to = host;
	return to - p->limit >= STEP_USEFUL ? to : 0;
}

static bool may_restart(const struct pressure *p, msec now)
{
	int in_hour = 0;

	for (int i = 0; i < PRESSURE_RESTARTS_MAX; i++) {
		if (!p->restarts[i])
			continue;
		if (now - p->restarts[i] < RESTART_PAUSE_MS)
			return false;
		in_hour += now - p->restarts[i] < HOUR_MS;
	}
	return in_hour < PRESSURE_RESTARTS_MAX;
}

struct pressure_deed pressure_decide(
	const struct pressure *p, const struct guard *g, int64_t available, msec now)
{
	struct pressure_deed deed = {.act = GUARD_WARN};

	if (p->level != PRESSURE_ACT || now - p->at > GAP_MS ||
		(p->acted_at && now - p->acted_at < PAUSE_MS))
		return deed;
	if (g->act == GUARD_RAISE && (deed.limit = raised(p, g, available)) > 0)
		deed.act = GUARD_RAISE;
	else if (g->act == GUARD_RESTART && may_restart(p, now))
		deed.act = GUARD_RESTART;
	return deed;
}

void pressure_done(struct pressure *p, enum guard_act act, msec now)
{
	int oldest = 0;

	p->acted_at = now;
	if (act != GUARD_RESTART)
		return;
	for (int i = 1; i < PRESSURE_RESTARTS_MAX; i++)
		if (p->restarts[i] < p->restarts[oldest])
			oldest = i;
	p->restarts[oldest] = now;
}

/* ---- readings ---- */

int64_t pressure_need(const struct usage *u)
{
	return u->anon + (u->swap_limit > u->memory_limit && u->swap > 0 ? u->swap : 0);
}

int64_t pressure_room(const struct usage *u)
{
	if (u->memory_limit <= 0 || u->anon < 0)
		return 0;
	return u->swap_limit > u->memory_limit ? u->swap_limit : u->memory_limit;
}
