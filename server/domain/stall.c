#include "domain/stall.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "domain/texts.h"
#include "domain/words.h"

#define FORGET_MS 30000 /* of the means: after a minute 14 % of what was is left */
#define GAP_MS 60000	/* between looks: what was seen before says nothing any more */
#define NAME_MS 10000
#define DROP_MS 30000
#define LEAD 10 /* the first one stays the first until another is this much stronger */
#define KILLED_MS (10 * 60 * 1000)
/* Blocks of a network come from the past; a whole stall later the newest one all the more so. */
#define AHEAD_S 5
#define FULL_PERCENT 90
#define DISK_PERCENT 40
#define THROTTLED_PERCENT 50
#define FEW_PEERS 2

static const char *const codes[STALL_KINDS] = {
	[STALL_KILLED] = "stall.killed",
	[STALL_CLOCK] = "stall.clock",
	[STALL_MEMORY] = "stall.memory",
	[STALL_DISK] = "stall.disk",
	[STALL_CPU] = "stall.cpu",
	[STALL_SNAPSHOT] = "stall.snapshot",
	[STALL_PEERS] = "stall.peers",
};

/* ---- what was seen ---- */

static void mean_add(struct stall_mean *m, double value, msec dt)
{
	if (value < 0)
		return;
	if (!m->known)
		m->value = value;
	else
		m->value += (value - m->value) * (1 - exp(-(double)dt / FORGET_MS));
	m->known = true;
}

static double full_percent(const struct stall_facts *f)
{
	return f->need < 0 || f->room <= 0 ? -1 : 100.0 * (double)f->need / (double)f->room;
}

static void blend(struct stall *s, const struct stall_facts *f)
{
	msec dt = f->at - s->at;

	mean_add(&s->throttled, f->throttled, dt);
	mean_add(&s->disk, f->disk, dt);
	mean_add(&s->io, f->io, dt);
	mean_add(&s->full, full_percent(f), dt);
	s->at = f->at;
}

/* ---- what it may be ---- */

/* The strength that a share of time has as a cause, from a threshold on. */
static double share(const struct stall_mean *m, double least)
{
	return m->known && m->value >= least ? fmin(m->value, 100) : 0;
}

static double killed(const struct stall_facts *f, struct stall_figures *x)
{
	x->oom = f->oom_at && f->at - f->oom_at < KILLED_MS;
	x->crashes = f->crashes > 0 ? f->crashes : x->oom;
	return x->crashes ? 100 : 0;
}

static double clock_off(const struct stall_facts *f, struct stall_figures *x)
{
	x->ahead_s = f->sync.head_ahead_s;
	return x->ahead_s >= AHEAD_S ? 95 : 0;
}

static double no_chunks(const struct stall_facts *f, struct stall_figures *x)
{
	x->chunks_done = f->sync.chunks_done;
	x->chunks_total = f->sync.chunks_total;
	return f->sync.phase == SYNC_STALLED && f->sync.chunks_total > 0 ? 60 : 0;
}

static double few_peers(const struct stall_facts *f, struct stall_figures *x)
{
	x->peers = f->sync.peers;
	if (f->sync.phase != SYNC_STALLED || x->peers < 0 || x->peers > FEW_PEERS)
		return 0;
	return 50 - 10 * (double)x->peers;
}

/* How strong a cause it is now, and what it looks like. */
static double weigh(const struct stall *s, const struct stall_facts *f, enum stall_kind kind,
	struct stall_figures *x)
{
	switch (kind) {
	case STALL_KILLED:
		return killed(f, x);
	case STALL_CLOCK:
		return clock_off(f, x);
	case STALL_MEMORY:
		*x = (struct stall_figures){
			.percent = s->full.value, .need = f->need, .room = f->room};
		return share(&s->full, FULL_PERCENT);
	case STALL_DISK:
		*x = (struct stall_figures){
			.percent = s->disk.value, .io = s->io.known ? s->io.value : -1};
		return share(&s->disk, DISK_PERCENT);
	case STALL_CPU:
		x->percent = s->throttled.value;
		return share(&s->throttled, THROTTLED_PERCENT);
	case STALL_SNAPSHOT:
		return no_chunks(f, x);
	case STALL_PEERS:
		return few_peers(f, x);
	case STALL_KINDS:
		break;
	}
	return 0;
}

static bool gets_on(const struct sync_view *v)
{
	if (v->phase == SYNC_NO_PEERS)
		return v->advances;
	return v->phase != SYNC_STALLED && v->phase != SYNC_NO_ANSWER;
}

static void hold(
	struct stall_cause *c, double strength, const struct stall_figures *figures, msec now)
{
	if (strength > 0) {
		c->strength = strength;
		c->figures = *figures;
		if (!c->held_since)
			c->held_since = now;
		c->seen_at = now;
		c->named |= now - c->held_since >= NAME_MS;
	} else if (!c->named || now - c->seen_at >= DROP_MS) {
		*c = (struct stall_cause){0};
	}
}

static double rank(const struct stall *s, enum stall_kind kind, int led)
{
	return s->causes[kind].strength + ((int)kind == led ? LEAD : 0);
}

/* Those that are named, the strongest first. */
static void order(struct stall *s)
{
	int led = s->n ? (int)s->order[0] : -1, n = 0;

	for (int k = 0; k < STALL_KINDS; k++) {
		int i;

		if (!s->causes[k].named)
			continue;
		for (i = n++; i > 0 && rank(s, s->order[i - 1], led) < rank(s, k, led); i--)
			s->order[i] = s->order[i - 1];
		s->order[i] = k;
	}
	s->n = n;
}

void stall_forget(struct stall *s)
{
	*s = (struct stall){0};
}

void stall_look(struct stall *s, const struct stall_facts *f)
{
	if (f->at < s->at || f->at - s->at > GAP_MS)
		stall_forget(s);
	blend(s, f);
	if (gets_on(&f->sync)) {
		memset(s->causes, 0, sizeof(s->causes));
		s->n = 0;
		return;
	}
	for (int k = 0; k < STALL_KINDS; k++) {
		struct stall_figures figures = {0};
		double strength = weigh(s, f, k, &figures);

		hold(&s->causes[k], strength, &figures, f->at);
	}
	order(s);
}

/* ---- in words ---- */

int stall_count(const struct stall *s)
{
	return s->n;
}

const char *stall_code(const struct stall *s, int i)
{
	return codes[s->order[i]];
}

static void killed_words(const struct stall_figures *x, char *out)
{
	if (x->crashes == 1)
		snprintf(out, STALL_WORDS_MAX, "It %s in the last 10 minutes and began anew.",
			x->oom ? "was killed for memory" : "ended by itself");
	else
		snprintf(out, STALL_WORDS_MAX,
			"It ended by itself %lld times in the last 10 minutes%s.",
			(long long)x->crashes, x->oom ? ", for memory at last" : "");
}

static void memory_words(const struct stall_figures *x, char *out)
{
	char need[WORDS_MAX], room[WORDS_MAX];

	snprintf(out, STALL_WORDS_MAX,
		"It needs %s of its limit of %s: hardly any memory is left to cache its chain.",
		words_gib(x->need, need), words_gib(x->room, room));
}

static void disk_words(const struct stall_figures *x, char *out)
{
	char io[WORDS_MAX];

	snprintf(out, STALL_WORDS_MAX,
		"Programs waited for the disk %.0f\xc2\xa0%% of the last minute; it moves %s a "
		"second "
		"itself.",
		x->percent, x->io < 0 ? "an unknown amount" : words_gib((int64_t)x->io, io));
}

char *stall_words(const struct stall *s, int i, char out[STALL_WORDS_MAX])
{
	const struct stall_figures *x = &s->causes[s->order[i]].figures;
	char age[WORDS_MAX];

	switch (s->order[i]) {
	case STALL_KILLED:
		killed_words(x, out);
		break;
	case STALL_CLOCK:
		snprintf(out, STALL_WORDS_MAX,
			"Its newest block is %s ahead of the clock of the NAS, which must be slow.",
			words_seconds(x->ahead_s, age));
		break;
	case STALL_MEMORY:
		memory_words(x, out);
		break;
	case STALL_DISK:
		disk_words(x, out);
		break;
	case STALL_CPU:
		snprintf(out, STALL_WORDS_MAX,
			"The limit of its processor held it up in %.0f\xc2\xa0%% of the last "
			"minute.",
			x->percent);
		break;
	case STALL_SNAPSHOT:
		snprintf(out, STALL_WORDS_MAX,
			"It has %lld of %lld pieces of the snapshot and no peer sends another.",
			(long long)x->chunks_done, (long long)x->chunks_total);
		break;
	case STALL_PEERS:
		snprintf(out, STALL_WORDS_MAX, "It has only %lld peer%s.", (long long)x->peers,
			x->peers == 1 ? "" : "s");
		break;
	case STALL_KINDS:
		out[0] = '\0';
	}
	return out;
}

static json_t *figures_json(enum stall_kind kind, const struct stall_figures *x)
{
	json_t *j = json_object();

	if (kind == STALL_KILLED) {
		json_put_int(j, "crashes", x->crashes);
		json_put_flag(j, "oom", x->oom);
	} else if (kind == STALL_CLOCK) {
		json_put_int(j, "ahead_s", x->ahead_s);
	} else if (kind == STALL_SNAPSHOT) {
		json_put_int(j, "chunks_done", x->chunks_done);
		json_put_int(j, "chunks_total", x->chunks_total);
	} else if (kind == STALL_PEERS) {
		json_put_int(j, "peers", x->peers);
	} else {
		json_put(j, "percent", json_real(x->percent));
	}
	if (kind == STALL_MEMORY) {
		json_put_int(j, "needed_bytes", x->need);
		json_put_int(j, "limit_bytes", x->room);
	}
	if (kind == STALL_DISK)
		json_put(j, "bytes_per_s", x->io < 0 ? NULL : json_real(x->io));
	return j;
}

json_t *stall_json(const struct stall *s, int i)
{
	enum stall_kind kind = s->order[i];
	char text[STALL_WORDS_MAX];
	json_t *j = json_object();

	json_put_str(j, "code", codes[kind]);
	json_put_str(j, "message", stall_words(s, i, text));
	json_put_str(j, "hint", texts_hint(codes[kind]));
	json_put(j, "figures", figures_json(kind, &s->causes[kind].figures));
	return j;
}
