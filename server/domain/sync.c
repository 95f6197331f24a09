#include "domain/sync.h"

#include <math.h>
#include <stddef.h>

#define AGREE 3		 /* polls */
#define AGREE_MS 6000	 /* between two polls of a busy machine that agree */
#define PEERS_MS 20000	 /* what was told of peers holds while it is not told */
#define ALONE_MS 15000	 /* without peers, while it imports what it had fetched */
#define SILENCE_MS 15000 /* until no answer is a fact */
#define ADVANCE_MS 10000 /* since a block, and it still gets on */
#define START_MS 120000	 /* a node that does not listen yet is starting, so long */
#define STALL_MS 60000
#define WINDOW_MS 60000	      /* of the rate */
#define GAP_MS 60000	      /* between polls: too long to draw a line across */
#define SPACING_MS 500	      /* of the points */
#define RATE_SPAN_MS 3000     /* the least to call something a rate */
#define REORG_BLOCKS 128      /* shorter by more than this is another chain */
#define BELIEVABLE 1000000000 /* blocks; some client reports a hash as its highest block */
#define NEAR_BLOCKS 300
#define HEAD_BLOCKS 8	  /* a node at the head may be so many behind for a moment */
#define HEAD_MIN_MS 10000 /* and its newest block so old, where blocks come faster */
#define TOLD_OLD_MS 10000 /* a highest block that was told once and not again */
#define ROUND_S 20	  /* until a client that has that block sets out for the rest */
#define CEILING 99.9

static const char *const names[] = {
	[SYNC_UNKNOWN] = "unknown",
	[SYNC_NO_ANSWER] = "no_answer",
	[SYNC_STARTING] = "starting",
	[SYNC_NO_PEERS] = "no_peers",
	[SYNC_SNAPSHOT] = "snapshot",
	[SYNC_BLOCKS] = "syncing",
	[SYNC_CATCHING_UP] = "catching_up",
	[SYNC_STALLED] = "stalled",
	[SYNC_SYNCED] = "synced",
};

const char *sync_phase_name(enum sync_phase p)
{
	return names[p];
}

static void forget_rates(struct sync_state *s, msec at)
{
	s->n_points = s->next_point = 0;
	eta_forget(&s->eta);
	s->best = -1;
	s->best_at = at;
	s->advanced = false;
}

static void begin(struct sync_state *s, msec at, enum sync_phase phase)
{
	*s = (struct sync_state){.begun = true,
		.phase = phase,
		.since = at,
		.candidate = phase,
		.candidate_since = at,
		.first_at = at,
		.last_at = at,
		.peers = -1,
		.current = -1,
		.target = -1,
		.told = -1,
		.head_time = -1,
		.value = -1};
	forget_rates(s, at);
}

void sync_started(struct sync_state *s, msec at)
{
	bool was_synced = s->was_synced;

	begin(s, at, SYNC_STARTING);
	s->was_synced = was_synced;
}

static void add_point(struct sync_state *s, msec at, int64_t value)
{
	int last = (s->next_point + SYNC_POINTS - 1) % SYNC_POINTS;
	int before = (s->next_point + SYNC_POINTS - 2) % SYNC_POINTS;

	/* polls closer than the spacing move the last point instead of filling the ring */
	if (s->n_points > 1 && at - s->points[before].at < SPACING_MS) {
		s->points[last] = (struct sync_point){at, value};
		return;
	}
	s->points[s->next_point] = (struct sync_point){at, value};
	s->next_point = (s->next_point + 1) % SYNC_POINTS;
	if (s->n_points < SYNC_POINTS)
		s->n_points++;
}

/* Blocks per second (chunks, in a snapshot) over the window; -1 = too little is known. */
static double rate(const struct sync_state *s, msec now)
{
	const struct sync_point *newest = NULL, *oldest = NULL;

	for (int i = 1; i <= s->n_points; i++) {
		const struct sync_point *p =
			&s->points[(s->next_point + SYNC_POINTS - i) % SYNC_POINTS];

		if (now - p->at > WINDOW_MS)
			break;
		if (!newest)
			newest = p;
		oldest = p;
	}
	if (!newest || newest->at - oldest->at < RATE_SPAN_MS)
		return -1;
	if (newest->value <= oldest->value)
		return 0;
	return (double)(newest->value - oldest->value) * 1000.0 / (double)(newest->at - oldest->at);
}

static int64_t at_least(int64_t value, int64_t least)
{
	return value < least ? least : value;
}

static msec head_limit(const struct sync_rule *rule)
{
	return at_least(rule->block_time_ms * 10, 60000);
}

static bool snapshot(const struct sync_obs *o)
{
	return o->syncing && o->warp_total > 0 && o->warp_done >= 0 && o->warp_done < o->warp_total;
}

/* A chain that lost more than a reorganisation can explain is another chain. */
static bool other_chain(const struct sync_state *s, const struct sync_obs *o)
{
	return o->answered && o->current >= 0 && s->current >= 0 &&
	       (o->current < s->current - REORG_BLOCKS || (!o->current && s->current > 0));
}

static void take_target(struct sync_state *s, const struct sync_obs *o)
{
	if (o->syncing && o->highest > 0 && o->highest <= BELIEVABLE && o->highest >= s->current) {
		if (o->highest != s->told)
			s->told_at = o->at;
		s->target = s->told = o->highest;
	} else if (o->syncing || s->target < s->current || s->phase == SYNC_SYNCED) {
		s->target = -1;
	}
}

static void take_peers(struct sync_state *s, const struct sync_obs *o)
{
	if (o->peers >= 0) {
		s->peers = o->peers;
		s->peers_at = o->at;
	} else if (o->at - s->peers_at > PEERS_MS) {
		s->peers = -1;
	}
	if (s->peers)
		s->alone_since = 0;
	else if (!s->alone_since)
		s->alone_since = o->at;
}

/* Heights of an answer into the state. */
static void take_progress(struct sync_state *s, const struct sync_obs *o)
{
	bool chunks = snapshot(o);
	int64_t value = chunks ? o->warp_done : o->current;

	s->answered_at = o->at;
	take_peers(s, o);
	if (o->current >= 0)
		s->current = o->current;
	if (o->head_time >= 0)
		s->head_time = o->head_time;
	take_target(s, o);
	/* from 0 to somewhere in one poll: a snapshot was put in place, that is no rate */
	if (chunks != s->chunks || (!s->value && value > 10000))
		forget_rates(s, o->at);
	s->chunks = chunks;
	s->chunks_total = chunks ? o->warp_total : 0;
	s->advanced = false;
	if (value < 0)
		return;
	s->advanced = s->best >= 0 && value > s->best;
	if (value > s->best) {
		s->best = value;
		s->best_at = o->at;
	}
	s->value = value;
	add_point(s, o->at, value);
	/* until the first blocks come nothing is known of their pace; and a client that rests where
	 * it wanted to be has none */
	if (s->advanced || (s->eta.open && (chunks || s->told < 0 || value < s->told)))
		eta_add(&s->eta, o->at, value);
	else
		eta_rest(&s->eta);
}

static enum sync_phase judge_silence(const struct sync_state *s, const struct sync_obs *o)
{
	msec waiting = o->at - s->first_at;

	if (o->fault == SYNC_FAULT_NO_PEER)
		return SYNC_NO_PEERS;
	if (s->answered_at || s->phase == SYNC_NO_ANSWER)
		return SYNC_NO_ANSWER;
	if (waiting > (o->fault == SYNC_FAULT_REFUSED ? START_MS : SILENCE_MS))
		return SYNC_NO_ANSWER;
	return SYNC_STARTING;
}

/* A node that is not at the head and has a way to it. */
static enum sync_phase judge_behind(const struct sync_state *s)
{
	int64_t behind = s->target - s->current;

	if (s->was_synced && s->target >= 0 && (behind <= NEAR_BLOCKS || behind < s->target / 20))
		return SYNC_CATCHING_UP;
	if (s->was_synced && s->target < 0)
		return SYNC_CATCHING_UP;
	return SYNC_BLOCKS;
}

static bool stuck(const struct sync_state *s, const struct sync_obs *o)
{
	return s->best >= 0 && o->at - s->best_at >= STALL_MS;
}

/* A client may say that it syncs while it only follows the head: its queue is longer than three
 * blocks for a moment, or it takes each block a little late. */
static bool follows_head(const struct sync_state *s, const struct sync_rule *rule,
	const struct sync_obs *o, bool fresh)
{
	if (!fresh || snapshot(o) || s->target < 0 || s->target - s->current > HEAD_BLOCKS)
		return false;
	return s->phase == SYNC_SYNCED ||
	       o->at - o->head_time < at_least(rule->block_time_ms * HEAD_BLOCKS, HEAD_MIN_MS);
}

static enum sync_phase judge_syncing(const struct sync_state *s, const struct sync_rule *rule,
	const struct sync_obs *o, bool fresh, bool peerless)
{
	if (!peerless && follows_head(s, rule, o, fresh))
		return SYNC_SYNCED;
	if (peerless && (!s->advanced || o->at - s->alone_since >= ALONE_MS))
		return SYNC_NO_PEERS;
	if (stuck(s, o))
		return SYNC_STALLED;
	return snapshot(o) ? SYNC_SNAPSHOT : judge_behind(s);
}

/* What this answer, with what is known, looks like. */
static enum sync_phase judge_answer(
	const struct sync_state *s, const struct sync_rule *rule, const struct sync_obs *o)
{
	bool fresh = o->head_time >= 0 && o->at - o->head_time < head_limit(rule);
	bool peerless = rule->needs_peers && !s->peers;

	if (o->syncing)
		return judge_syncing(s, rule, o, fresh, peerless);
	if (peerless)
		return SYNC_NO_PEERS;
	if (fresh || (!rule->block_time_ms && !rule->needs_peers))
		return SYNC_SYNCED;
	if (o->head_time < 0 || s->best < 0)
		return SYNC_UNKNOWN;
	/* it says that it is done, and its head is old */
	if (stuck(s, o))
		return SYNC_STALLED;
	if (s->advanced)
		return judge_behind(s);
	if (s->phase == SYNC_BLOCKS || s->phase == SYNC_CATCHING_UP || s->phase == SYNC_STALLED)
		return s->phase;
	return SYNC_STARTING;
}

/* Whether what the polls say may become the phase now. */
static bool accept(const struct sync_state *s, const struct sync_obs *o)
{
	bool from_nothing =
		s->phase == SYNC_UNKNOWN || s->phase == SYNC_STARTING || s->phase == SYNC_NO_ANSWER;

	switch (s->candidate) {
	case SYNC_SYNCED:
		return s->candidate_polls >= AGREE;
	case SYNC_NO_ANSWER:
		return !s->answered_at || o->at - s->answered_at > SILENCE_MS;
	case SYNC_STALLED:
		return true;
	default:
		return from_nothing || s->candidate_polls >= AGREE ||
		       (s->candidate_polls > 1 && o->at - s->candidate_since >= AGREE_MS);
	}
}

static void turn(struct sync_state *s, const struct sync_obs *o, enum sync_phase looks)
{
	if (looks != s->candidate || !s->candidate_polls) {
		s->candidate = looks;
		s->candidate_polls = 0;
		s->candidate_since = o->at;
	}
	if (s->candidate_polls < AGREE)
		s->candidate_polls++;
	if (looks == s->phase || !accept(s, o))
		return;
	s->phase = looks;
	s->since = looks == SYNC_NO_PEERS && s->alone_since ? s->alone_since : s->candidate_since;
	if (looks == SYNC_SYNCED) {
		s->was_synced = true;
		s->target = s->told = -1;
	}
	if (looks == SYNC_NO_ANSWER)
		forget_rates(s, o->at);
}

static double percent_of(int64_t part, int64_t whole)
{
	if (whole <= 0 || part < 0)
		return -1;
	return fmin(100.0 * (double)part / (double)whole, CEILING);
}

/* It may have to set out anew for what has come since. */
static bool told_long_ago(const struct sync_state *s, const struct sync_rule *rule, msec now)
{
	return s->told >= 0 && rule->block_time_ms > 0 &&
	       now - s->told_at >= at_least(rule->block_time_ms * 10, TOLD_OLD_MS);
}

/* The head as the clock has it; -1 when it tells nothing. A chain whose blocks come as its recipe
 * says has moved on since the highest was told; and after the newest block here there are no more
 * than fit into the time since. */
static int64_t head_by_clock(
	const struct sync_state *s, const struct sync_rule *rule, const struct sync_obs *o)
{
	int64_t head, behind;

	if (s->told < 0 || !rule->block_time_ms)
		return -1;
	head = s->told + (o->at - s->told_at) / rule->block_time_ms;
	if (head < s->current)
		return -1;
	if (s->head_time < 0 || o->at < s->head_time)
		return head;
	behind = (o->at - s->head_time) / rule->block_time_ms;
	return behind < head - s->current ? s->current + behind : head;
}

static struct eta_way way_to_head(
	const struct sync_state *s, const struct sync_rule *rule, const struct sync_view *v)
{
	struct eta_way w = {.left = v->behind};

	if (rule->block_time_ms > 0) {
		w.drain = 1000.0 / (double)rule->block_time_ms;
		w.near = (double)(head_limit(rule) / rule->block_time_ms);
		w.more = told_long_ago(s, rule, v->at) ? ROUND_S : 0;
	}
	return w;
}

static void fill_progress(const struct sync_state *s, const struct sync_rule *rule,
	const struct sync_obs *o, struct sync_view *v)
{
	struct eta_way way;

	if (s->phase == SYNC_SNAPSHOT && s->chunks) {
		v->percent = percent_of(o->warp_done, o->warp_total);
		if (!o->answered)
			return;
		way = (struct eta_way){.left = o->warp_total - o->warp_done};
		eta_range(&s->eta, &way, &v->eta_low_s, &v->eta_high_s);
		return;
	}
	v->blocks_per_s = s->chunks ? -1 : rate(s, o->at);
	v->advances = v->blocks_per_s > 0 && o->at - s->best_at < ADVANCE_MS;
	if (s->phase == SYNC_SYNCED) {
		v->percent = 100;
		return;
	}
	v->percent = percent_of(s->current, v->target);
	way = way_to_head(s, rule, v);
	if (!s->chunks && (s->phase == SYNC_BLOCKS || s->phase == SYNC_CATCHING_UP))
		eta_range(&s->eta, &way, &v->eta_low_s, &v->eta_high_s);
}

static void fill(const struct sync_state *s, const struct sync_rule *rule, const struct sync_obs *o,
	struct sync_view *v)
{
	*v = (struct sync_view){.at = o->at,
		.phase = s->phase,
		.since = s->since,
		.percent = -1,
		.blocks_per_s = -1,
		.eta_low_s = -1,
		.eta_high_s = -1,
		.current = s->current,
		.target = s->target,
		.behind = -1,
		.peers = -1,
		.head_age_s = -1,
		.head_ahead_s = -1,
		.chunks_done = s->value,
		.chunks_total = s->chunks_total,
		.ancient_percent = -1};
	if (s->phase == SYNC_SYNCED)
		v->target = at_least(s->target, s->current);
	else if (s->current >= 0)
		v->target = at_least(s->target, head_by_clock(s, rule, o));
	if (v->target >= 0 && v->current >= 0)
		v->behind = v->target - v->current;
	if (o->answered) {
		v->peers = o->peers;
		v->ancient_percent = percent_of(o->gap_first, o->gap_last);
		if (o->head_time >= 0) {
			v->head_age_s = o->at > o->head_time ? (o->at - o->head_time) / 1000 : 0;
			v->head_ahead_s = o->at < o->head_time ? (o->head_time - o->at) / 1000 : 0;
		}
	}
	if (s->phase == SYNC_NO_PEERS)
		v->reason = "sync.no_peers";
	else if (s->phase == SYNC_STALLED)
		v->reason = "sync.stalled";
	else if (s->phase == SYNC_NO_ANSWER)
		v->reason = "sync.no_answer";
	if (s->phase != SYNC_NO_ANSWER && s->phase != SYNC_STARTING && s->phase != SYNC_UNKNOWN)
		fill_progress(s, rule, o, v);
}

void sync_observe(struct sync_state *s, const struct sync_rule *rule, const struct sync_obs *o,
	struct sync_view *ret)
{
	if (!s->begun || other_chain(s, o))
		begin(s, o->at, SYNC_UNKNOWN);
	if (o->at < s->last_at || o->at - s->last_at > GAP_MS) {
		forget_rates(s, o->at);
		s->first_at = o->at;
		/* the silence before was ours, not the node's */
		if (s->answered_at)
			s->answered_at = o->at;
		if (s->since > o->at)
			s->since = o->at;
		s->candidate_polls = 0;
		s->peers = -1;
		s->alone_since = 0;
		s->told_at = o->at;
	}
	s->last_at = o->at;
	if (o->answered)
		take_progress(s, o);
	else if (o->fault == SYNC_FAULT_NO_PEER)
		s->answered_at = o->at;
	turn(s, o, o->answered ? judge_answer(s, rule, o) : judge_silence(s, o));
	fill(s, rule, o, ret);
}
