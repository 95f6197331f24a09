/* The estimator, on sequences as nodes give them. */
#include "domain/sync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define T0 INT64_C(1479909600000)

static const struct sync_rule mainnet = {.block_time_ms = 13000, .needs_peers = true};
static const struct sync_rule dev = {.block_time_ms = 0, .needs_peers = false};

struct run {
	struct sync_state s;
	struct sync_view v;
	const struct sync_rule *rule;
	msec at;
};

static struct run fresh(const struct sync_rule *rule)
{
	return (struct run){.rule = rule, .at = T0};
}

static struct sync_obs blank(const struct run *r)
{
	return (struct sync_obs){.at = r->at,
		.answered = true,
		.current = -1,
		.highest = -1,
		.starting = -1,
		.warp_done = -1,
		.warp_total = -1,
		.gap_first = -1,
		.gap_last = -1,
		.peers = 25,
		.head_time = -1};
}

static void give(struct run *r, const struct sync_obs *o, msec step)
{
	sync_observe(&r->s, r->rule, o, &r->v);
	assert_true(r->v.percent <= 99.9 || r->v.phase == SYNC_SYNCED);
	assert_true(r->v.eta_low_s <= r->v.eta_high_s);
	assert_true(r->v.since <= r->v.at);
	r->at += step;
}

static void syncing(struct run *r, int64_t current, int64_t highest, int64_t peers, msec step)
{
	struct sync_obs o = blank(r);

	o.syncing = true;
	o.current = current;
	o.highest = highest;
	o.peers = peers;
	give(r, &o, step);
}

static void answers_false(struct run *r, int64_t current, msec head_age, int64_t peers, msec step)
{
	struct sync_obs o = blank(r);

	o.current = current;
	o.peers = peers;
	o.head_time = head_age < 0 ? -1 : r->at - head_age;
	give(r, &o, step);
}

static void fails(struct run *r, enum sync_fault fault, msec step)
{
	struct sync_obs o = blank(r);

	o.answered = false;
	o.fault = fault;
	o.peers = -1;
	give(r, &o, step);
}

/* n polls of a node that imports `speed` blocks a poll. */
static int64_t import(struct run *r, int64_t from, int64_t highest, int64_t speed, int n, msec step)
{
	for (int i = 0; i < n; i++, from += speed)
		syncing(r, from, highest, 25, step);
	return from;
}

static struct run synced(void)
{
	struct run r = fresh(&mainnet);

	for (int i = 0; i < 3; i++)
		answers_false(&r, 4000000, 5000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	return r;
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(sync_phase_name(SYNC_UNKNOWN), "unknown");
	assert_string_equal(sync_phase_name(SYNC_NO_ANSWER), "no_answer");
	assert_string_equal(sync_phase_name(SYNC_STARTING), "starting");
	assert_string_equal(sync_phase_name(SYNC_NO_PEERS), "no_peers");
	assert_string_equal(sync_phase_name(SYNC_SNAPSHOT), "snapshot");
	assert_string_equal(sync_phase_name(SYNC_BLOCKS), "syncing");
	assert_string_equal(sync_phase_name(SYNC_CATCHING_UP), "catching_up");
	assert_string_equal(sync_phase_name(SYNC_STALLED), "stalled");
	assert_string_equal(sync_phase_name(SYNC_SYNCED), "synced");
}

static void test_first_start(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	for (int i = 0; i < 100; i++) {
		fails(&r, SYNC_FAULT_REFUSED, 1000);
		assert_int_equal(r.v.phase, SYNC_STARTING);
	}
	assert_null(r.v.reason);
	assert_int_equal(r.v.since, T0);
	/* Parity before its first peer: false at block 0, head of 2015 */
	answers_false(&r, 0, INT64_C(50000000000), 0, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS);
	assert_string_equal(r.v.reason, "sync.no_peers");
	answers_false(&r, 0, INT64_C(50000000000), 3, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS); /* one poll is not enough */
	answers_false(&r, 0, INT64_C(50000000000), 3, 1000);
	answers_false(&r, 0, INT64_C(50000000000), 3, 1000);
	assert_int_equal(r.v.phase, SYNC_STARTING); /* never "synced" */
	import(&r, 0, 2500000, 50, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	import(&r, 50, 2500000, 50, 70, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.blocks_per_s > 49 && r.v.blocks_per_s < 51);
	assert_int_equal(r.v.current, 3500);
	assert_int_equal(r.v.target, 2500005); /* it was told 70 s ago */
	assert_int_equal(r.v.behind, 2496505);
	assert_true(r.v.percent > 0.139 && r.v.percent < 0.141);
	assert_null(r.v.reason);
}

static void test_refused_for_too_long(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	for (int i = 0; i <= 120; i++)
		fails(&r, SYNC_FAULT_REFUSED, 1000);
	assert_int_equal(r.v.phase, SYNC_STARTING);
	fails(&r, SYNC_FAULT_REFUSED, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_ANSWER);
	assert_string_equal(r.v.reason, "sync.no_answer");
	sync_started(&r.s, r.at);
	fails(&r, SYNC_FAULT_REFUSED, 1000);
	assert_int_equal(r.v.phase, SYNC_STARTING);
}

static void test_silent_is_no_answer_sooner(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	for (int i = 0; i <= 15; i++)
		fails(&r, SYNC_FAULT_SILENT, 1000);
	assert_int_equal(r.v.phase, SYNC_STARTING);
	fails(&r, SYNC_FAULT_SILENT, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_ANSWER);
}

static void test_no_answer_is_a_fact_after_15_s(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	import(&r, 1000, 5000000, 10, 5, 1000);
	for (int i = 0; i < 15; i++) {
		fails(&r, SYNC_FAULT_SILENT, 1000);
		assert_int_equal(r.v.phase, SYNC_BLOCKS);
	}
	fails(&r, SYNC_FAULT_SILENT, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_ANSWER);
	assert_int_equal(r.v.since, T0 + 5000); /* the first failing poll */
	assert_int_equal(r.v.current, 1040);
	assert_true(r.v.percent == -1 && r.v.blocks_per_s == -1 && r.v.eta_low_s == -1);
	/* the first answer ends it */
	syncing(&r, 1050, 5000000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.blocks_per_s == -1);
}

static void test_error_no_peer(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	for (int i = 0; i < 60; i++) {
		fails(&r, SYNC_FAULT_NO_PEER, 1000);
		assert_int_equal(r.v.phase, SYNC_NO_PEERS);
	}
	assert_string_equal(r.v.reason, "sync.no_peers");
	assert_int_equal(r.v.since, T0);
	for (int i = 0; i < 15; i++)
		fails(&r, SYNC_FAULT_OTHER, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS); /* that error was an answer */
	fails(&r, SYNC_FAULT_OTHER, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_ANSWER);
}

static void test_false_alone_is_never_synced(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	for (int i = 0; i < 300; i++) { /* no peers, young head */
		answers_false(&r, 100, 1000, 0, 1000);
		assert_int_equal(r.v.phase, SYNC_NO_PEERS);
	}
	r = fresh(&mainnet); /* peers, old head that stands still */
	for (int i = 0; i < 60; i++) {
		answers_false(&r, 100, 130000, 25, 1000);
		assert_int_equal(r.v.phase, SYNC_STARTING);
	}
	answers_false(&r, 100, 130000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_STALLED);
	assert_string_equal(r.v.reason, "sync.stalled");
	assert_true(r.v.percent == -1);
	r = fresh(&mainnet); /* head not told */
	for (int i = 0; i < 10; i++)
		answers_false(&r, 100, -1, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_UNKNOWN);
}

static void test_synced_needs_three_polls(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	answers_false(&r, 100, 129999, 25, 1000);
	answers_false(&r, 100, 129999, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_UNKNOWN);
	assert_true(r.v.percent == -1);
	syncing(&r, 100, 101, 25, 1000);
	answers_false(&r, 100, 129999, -1, 1000); /* peers not told: fine */
	answers_false(&r, 100, 129999, -1, 1000);
	assert_int_not_equal(r.v.phase, SYNC_SYNCED);
	answers_false(&r, 100, 129999, -1, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	assert_true(r.v.percent == 100);
	assert_int_equal(r.v.behind, 0);
	assert_int_equal(r.v.target, 100);
	assert_int_equal(r.v.head_age_s, 129);
	assert_int_equal(r.v.peers, -1);
	assert_int_equal(r.v.since, T0 + 3000);
	assert_int_equal(r.v.eta_low_s, -1);
}

static void test_head_age_limit(void **state)
{
	const struct sync_rule quick = {.block_time_ms = 1000, .needs_peers = true};
	struct run r = fresh(&quick);

	(void)state;
	for (int i = 0; i < 3; i++)
		answers_false(&r, 100, 59999, 1, 1000); /* at least a minute */
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	r = fresh(&quick);
	for (int i = 0; i < 3; i++)
		answers_false(&r, 100, 60000, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_STARTING);
	r = fresh(&mainnet);
	for (int i = 0; i < 3; i++)
		answers_false(&r, 100, -5000, 1, 1000); /* -1: not told */
	assert_int_equal(r.v.phase, SYNC_UNKNOWN);
}

/* A busy machine asks seldom, and not every question is answered. */
static void test_slow_polls_agree_sooner(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block;

	(void)state;
	block = import(&r, 1000, 5000000, 10, 10, 1000);
	syncing(&r, block, 5000000, 0, 9000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS); /* it still advances: what it had asked for */
	syncing(&r, block, 5000000, 0, 9000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	syncing(&r, block, 5000000, 0, 9000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS);
	assert_int_equal(r.v.since, T0 + 19000);
}

static void test_peers_that_are_not_told(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block;

	(void)state;
	block = import(&r, 1000, 5000000, 10, 10, 1000);
	syncing(&r, block, 5000000, 0, 2000);
	for (int i = 0; i < 4; i++) /* none a moment ago: nothing says that this has changed */
		syncing(&r, block, 5000000, -1, 2000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS);
	assert_int_equal(r.v.peers, -1);
	for (int i = 0; i < 12; i++) /* it may have met some meanwhile */
		syncing(&r, block, 5000000, -1, 2000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
}

static void test_head_of_the_future(void **state)
{
	struct run r = fresh(&mainnet);
	struct sync_obs o = blank(&r);

	(void)state;
	give(&r, &o, 1000);
	assert_int_equal(r.v.head_ahead_s, -1);
	o = blank(&r);
	o.head_time = r.at + 90500;
	give(&r, &o, 1000);
	assert_int_equal(r.v.head_ahead_s, 90);
	assert_int_equal(r.v.head_age_s, 0);
	answers_false(&r, 100, 7000, 25, 1000);
	assert_int_equal(r.v.head_ahead_s, 0);
	assert_int_equal(r.v.head_age_s, 7);
}

static void test_dev_chain(void **state)
{
	struct run r = fresh(&dev);

	(void)state;
	for (int i = 0; i < 3; i++)
		answers_false(&r, 0, INT64_C(86400000), 0, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	for (int i = 0; i < 200; i++)
		answers_false(&r, 0, INT64_C(86400000), 0, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED); /* nothing to put into a block: no stall */
}

static void test_flicker_of_a_synced_node(void **state)
{
	struct run r = synced();
	int64_t head = 4000000;

	(void)state;
	for (int i = 0; i < 40; i++) { /* an object for seconds, again and again */
		struct sync_obs o = blank(&r);

		o.current = head;
		o.head_time = r.at - 4000;
		o.syncing = i % 5 != 0;
		o.highest = head + 4;
		give(&r, &o, 1000);
		assert_int_equal(r.v.phase, SYNC_SYNCED);
		head += i % 13 == 0;
	}
	syncing(&r, head, head + 900000, 25, 1000); /* two polls of nonsense */
	syncing(&r, head, head + 900000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	answers_false(&r, head, 4000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	answers_false(&r, head, 4000, 25, 1000);
	assert_int_equal(r.v.behind, 0); /* the nonsense is forgotten */
	assert_int_equal(r.v.since, T0);
}

/* It follows the head a few blocks late, and calls that syncing for good. */
static void test_follows_the_head(void **state)
{
	const struct sync_rule quick = {.block_time_ms = 1000, .needs_peers = true};
	struct run r = fresh(&quick);
	struct sync_obs o;

	(void)state;
	for (int i = 0; i < 6; i++) {
		o = blank(&r);
		o.syncing = true;
		o.current = 1000 + 2 * i;
		o.highest = o.current + 4;
		o.head_time = r.at - (i < 3 ? 10000 : 5000); /* too old, then young */
		give(&r, &o, 2000);
		assert_int_equal(r.v.phase, i < 5 ? SYNC_BLOCKS : SYNC_SYNCED);
	}
	assert_true(r.v.percent == 100);
	r = fresh(&quick); /* young, but it knows of many more */
	for (int i = 0; i < 6; i++) {
		o.at = r.at;
		o.highest = o.current + 9;
		o.head_time = r.at - 1000;
		give(&r, &o, 2000);
	}
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
}

static void test_catching_up(void **state)
{
	struct run r = synced();

	(void)state;
	import(&r, 4000000, 4000400, 1, 2, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	import(&r, 4000002, 4000400, 1, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_CATCHING_UP);
	assert_true(r.v.percent == 99.9);
	r = synced(); /* far behind is syncing again */
	import(&r, 4000000, 4300000, 1, 3, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	r = fresh(&mainnet); /* never synced: no catching up */
	import(&r, 4000000, 4000010, 1, 3, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	sync_started(&r.s, r.at);
	import(&r, 4000003, 4000010, 1, 3, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	r = synced(); /* a restart does not forget that it was */
	sync_started(&r.s, r.at);
	fails(&r, SYNC_FAULT_REFUSED, 1000);
	assert_int_equal(r.v.phase, SYNC_STARTING);
	import(&r, 4000000, 4000010, 1, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_CATCHING_UP);
}

static void test_stalled(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	import(&r, 2421000, 2675000, 1, 10, 1000);
	for (int i = 0; i < 59; i++) {
		syncing(&r, 2421009, 2675000, 25, 1000);
		assert_int_equal(r.v.phase, SYNC_BLOCKS);
	}
	syncing(&r, 2421009, 2675000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_STALLED);
	assert_string_equal(r.v.reason, "sync.stalled");
	assert_int_equal(r.v.eta_low_s, -1);
	import(&r, 2421010, 2675000, 1, 2, 1000);
	assert_int_equal(r.v.phase, SYNC_STALLED);
	import(&r, 2421012, 2675000, 1, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_null(r.v.reason);
}

static void test_loses_its_peers(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block = 1000;

	(void)state;
	for (int i = 0; i < 10; i++) /* the queue still gives blocks */
		syncing(&r, block++, 5000, 0, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	syncing(&r, block, 5000, 0, 1000);
	for (int i = 0; i < 3; i++)
		syncing(&r, block, 5000, 0, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS);
	for (int i = 0; i < 100; i++)
		syncing(&r, block, 5000, 0, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS); /* the better word than stalled */
	assert_int_equal(r.v.peers, 0);
	r = synced();
	answers_false(&r, 4000000, 4000, 0, 1000);
	answers_false(&r, 4000000, 4000, 0, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	answers_false(&r, 4000000, 4000, 0, 1000);
	assert_int_equal(r.v.phase, SYNC_NO_PEERS);
}

static void test_highest_that_cannot_be(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	import(&r, 1000, 1, 10, 5, 1000); /* fell back to the start block */
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.percent == -1);
	assert_int_equal(r.v.target, -1);
	assert_int_equal(r.v.behind, -1);
	syncing(&r, 1050, INT64_C(0x1f3c000000000000), 25, 1000); /* half a hash */
	assert_int_equal(r.v.target, -1);
	syncing(&r, 1060, INT64_MAX, 25, 1000);
	assert_int_equal(r.v.target, -1);
	syncing(&r, 1070, 1070, 25, 1000); /* indexing at the end is not done */
	assert_true(r.v.percent == 99.9);
	syncing(&r, 0, 0, 25, 1000);
	assert_true(r.v.percent == -1);
}

static void test_snapshot(void **state)
{
	struct run r = fresh(&mainnet);
	struct sync_obs o;

	(void)state;
	for (int i = 0; i < 60; i++) {
		o = blank(&r);
		o.syncing = true;
		o.current = 0;
		o.highest = 8138496;
		o.warp_total = 5000;
		o.warp_done = 1250 + 10 * i;
		give(&r, &o, 1000);
		assert_int_equal(r.v.phase, SYNC_SNAPSHOT);
	}
	assert_int_equal(r.v.chunks_done, 1840);
	assert_int_equal(r.v.chunks_total, 5000);
	assert_true(r.v.percent > 36.7 && r.v.percent < 36.9);
	assert_true(r.v.blocks_per_s == -1);
	assert_true(r.v.eta_low_s > 150 && r.v.eta_low_s < 316);
	assert_true(r.v.eta_high_s > 316 && r.v.eta_high_s < 650);
	for (int i = 0; i < 60; i++) { /* chunks stop */
		o.at = r.at;
		give(&r, &o, 1000);
	}
	assert_int_equal(r.v.phase, SYNC_STALLED);
	assert_int_equal(r.v.chunks_total, 5000);
	/* done: the height jumps from 0 to 8 million; that is no rate */
	for (int i = 0; i < 10; i++) {
		o = blank(&r);
		o.syncing = true;
		o.current = 8130000 + 5 * i;
		o.highest = 8138496;
		o.gap_first = 6 + i;
		o.gap_last = 8130000;
		give(&r, &o, 1000);
	}
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_int_equal(r.v.chunks_total, 0);
	assert_true(r.v.blocks_per_s > 4.9 && r.v.blocks_per_s < 5.1);
	assert_true(r.v.ancient_percent > 0 && r.v.ancient_percent < 1);
	assert_true(r.v.percent == 99.9 || r.v.percent > 99.8);
}

static void test_eta_narrows(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block = 100000, first_width, last_width;
	double left;

	(void)state;
	block = import(&r, block, 1000000, 20, 12, 1000);
	assert_true(r.v.eta_low_s > 0);
	first_width = r.v.eta_high_s - r.v.eta_low_s;
	for (int i = 0; i < 290; i++, block += 18 + (i * 7) % 5)
		syncing(&r, block, 1000000, 25, 1000);
	last_width = r.v.eta_high_s - r.v.eta_low_s;
	assert_true(last_width > 0 && last_width * 3 < first_width);
	left = (double)r.v.behind / 20.0;
	assert_true((double)r.v.eta_low_s <= left * 1.02 && (double)r.v.eta_high_s >= left * 0.98);
}

/* It becomes faster and slower by turns: the range holds both. */
static void test_eta_of_changing_speed(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block = 0;
	double steady;

	(void)state;
	import(&r, 0, 1000000, 20, 120, 1000);
	steady = (double)r.v.eta_high_s / (double)r.v.eta_low_s;
	r = fresh(&mainnet);
	for (int i = 0; i < 6; i++)
		block = import(&r, block, 1000000, i % 2 ? 32 : 8, 20, 1000);
	assert_true((double)r.v.eta_high_s / (double)r.v.eta_low_s > steady * 1.2);
	assert_true(r.v.eta_low_s < 1000000 / 28 && r.v.eta_high_s > 1000000 / 14);
	/* what it did minutes ago does not count when the end is near */
	import(&r, block, block + 15000, 50, 200, 1000);
	assert_true(r.v.eta_low_s < 100 && r.v.eta_high_s > 100 && r.v.eta_high_s < 200);
}

/* A client that tells its highest block once: the head moves on with the clock. */
static void test_target_of_long_ago(void **state)
{
	const struct sync_rule quick = {.block_time_ms = 1000, .needs_peers = true};
	struct run r = fresh(&quick);
	struct sync_obs o;
	int64_t block;

	(void)state;
	block = import(&r, 0, 2400, 8, 1, 1000);
	assert_int_equal(r.v.target, 2400);
	block = import(&r, block, 2400, 8, 200, 1000);
	assert_int_equal(r.v.target, 2400 + 200);
	assert_int_equal(r.v.behind, 1000);
	assert_true(r.v.percent > 61.5 && r.v.percent < 61.6);
	/* 125 s at eight a second, while the head moves on; and it may pause where it wanted to */
	assert_true(r.v.eta_low_s < 1000 / 8 && r.v.eta_high_s > 1000 / 7 + 20);
	/* its newest block is of 100 s ago: no more than that is missing */
	block = 2400;
	for (int i = 0; i < 3; i++) {
		o = blank(&r);
		o.syncing = true;
		o.current = block;
		o.highest = 2400;
		o.head_time = r.at - 100000;
		give(&r, &o, 1000);
	}
	assert_int_equal(r.v.behind, 100);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.eta_high_s > 20);
	answers_false(&r, block, 103000, 25, 1000); /* says that it is done, and takes the rest */
	answers_false(&r, block + 10, 90000, 25, 1000);
	assert_int_equal(r.v.target, block + 100);
	assert_true(r.v.percent > 96 && r.v.percent < 97);
	fails(&r, SYNC_FAULT_SILENT, 1000); /* what was told holds meanwhile */
	assert_int_equal(r.v.target, block + 101);
	for (int i = 0; i < 3; i++)
		answers_false(&r, block + 110, 1000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	assert_int_equal(r.v.target, block + 110);
	r = fresh(&quick); /* more blocks than the clock allows: then it tells nothing */
	import(&r, 0, 2400, 8, 2, 1000);
	answers_false(&r, 2500, 70000, 25, 1000);
	assert_int_equal(r.v.target, -1);
	assert_int_equal(r.v.behind, -1);
	assert_true(r.v.percent == -1);
}

/* Where blocks come when there is something to put in, the clock tells nothing. */
static void test_target_of_a_chain_without_a_beat(void **state)
{
	const struct sync_rule idle = {.block_time_ms = 0, .needs_peers = true};
	struct run r = fresh(&idle);

	(void)state;
	import(&r, 0, 2400, 8, 200, 1000);
	assert_int_equal(r.v.target, 2400);
	assert_true(r.v.eta_low_s < 101 && r.v.eta_high_s > 101);
}

static void test_eta_of_a_moving_head(void **state)
{
	const struct sync_rule quick = {.block_time_ms = 1000, .needs_peers = true};
	struct run r = fresh(&quick);

	(void)state;
	import(&r, 1000, 100000, 1, 120, 1000); /* as fast as the head: never there */
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.blocks_per_s > 0.9 && r.v.blocks_per_s < 1.1);
	assert_int_equal(r.v.eta_low_s, -1);
	assert_int_equal(r.v.eta_high_s, -1);
}

static void test_rate_follows_the_last_minute(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block;

	(void)state;
	block = import(&r, 1000, 5000000, 100, 2, 1000);
	assert_true(r.v.blocks_per_s == -1); /* one second is no rate */
	block = import(&r, block, 5000000, 100, 100, 1000);
	assert_true(r.v.blocks_per_s > 99 && r.v.blocks_per_s < 101);
	block = import(&r, block, 5000000, 10, 61, 1000);
	assert_true(r.v.blocks_per_s > 9.9 && r.v.blocks_per_s < 12);
	import(&r, block, 5000000, 1, 1200, 50); /* polls far too often: the ring holds a minute */
	assert_true(r.v.blocks_per_s > 14 && r.v.blocks_per_s < 21);
}

static void test_gap_and_clock(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	import(&r, 1000, 5000000, 10, 30, 1000);
	r.at += INT64_C(3600000); /* asleep: the block is the same, that is no stall */
	syncing(&r, 1290, 5000000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.blocks_per_s == -1);
	r.at += INT64_C(3600000);
	fails(&r, SYNC_FAULT_SILENT, 1000); /* nor is it a silence of the node */
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	import(&r, 1300, 5000000, 10, 10, 1000);
	assert_true(r.v.blocks_per_s > 9 && r.v.blocks_per_s < 11);
	r.at -= INT64_C(86400000); /* the clock is set back a day */
	syncing(&r, 1410, 5000000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.blocks_per_s == -1);
	import(&r, 1420, 5000000, 10, 10, 1000);
	assert_true(r.v.blocks_per_s > 9 && r.v.blocks_per_s < 11);
}

static void test_shorter_chain(void **state)
{
	struct run r = synced();

	(void)state;
	answers_false(&r, 3999990, 4000, 25, 1000); /* a reorganisation */
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	import(&r, 0, 4000000, 10, 1, 1000); /* a resync */
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_int_equal(r.v.since, r.v.at);
	import(&r, 10, 4000000, 10, 10, 1000);
	assert_true(r.v.blocks_per_s > 9 && r.v.blocks_per_s < 11);
	import(&r, 3999995, 4000000, 1, 3, 1000); /* was synced, but that was another chain */
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
}

static void test_network_halts(void **state)
{
	struct run r = synced();

	(void)state;
	for (int i = 0; i < 124; i++) {
		answers_false(&r, 4000000, r.at - T0 + 5000, 25, 1000);
		if (i < 120)
			assert_int_equal(r.v.phase, SYNC_SYNCED);
	}
	assert_int_equal(r.v.phase, SYNC_STALLED);
	for (int i = 0; i < 3; i++)
		answers_false(&r, 4000001, 1000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
}

/* Some clients say false all the way. */
static void test_false_while_importing(void **state)
{
	struct run r = fresh(&mainnet);

	(void)state;
	for (int i = 0; i < 20; i++)
		answers_false(&r, 1000 + 60 * i, INT64_C(2592000000), 1, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	assert_true(r.v.percent == -1);
	assert_true(r.v.blocks_per_s > 59 && r.v.blocks_per_s < 61);
	for (int i = 0; i < 3; i++)
		answers_false(&r, 2200, 100, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
}

static void test_hostile_numbers(void **state)
{
	static const int64_t odd[] = {-1, 0, 1, INT64_MAX, INT64_MAX - 1, 1000000000, 7};
	struct run r = fresh(&mainnet);

	(void)state;
	srand(7);
	for (int i = 0; i < 20000; i++) {
		struct sync_obs o = blank(&r);

		o.answered = rand() % 8;
		o.fault = (enum sync_fault)(rand() % 4);
		o.syncing = rand() % 2;
		o.current = odd[rand() % 7];
		o.highest = odd[rand() % 7];
		o.warp_done = odd[rand() % 7];
		o.warp_total = odd[rand() % 7];
		o.gap_first = odd[rand() % 7];
		o.gap_last = odd[rand() % 7];
		o.peers = odd[rand() % 7];
		o.head_time = odd[rand() % 7];
		give(&r, &o, rand() % 3000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_first_start),
		cmocka_unit_test(test_refused_for_too_long),
		cmocka_unit_test(test_silent_is_no_answer_sooner),
		cmocka_unit_test(test_no_answer_is_a_fact_after_15_s),
		cmocka_unit_test(test_error_no_peer),
		cmocka_unit_test(test_false_alone_is_never_synced),
		cmocka_unit_test(test_synced_needs_three_polls),
		cmocka_unit_test(test_head_age_limit),
		cmocka_unit_test(test_slow_polls_agree_sooner),
		cmocka_unit_test(test_peers_that_are_not_told),
		cmocka_unit_test(test_head_of_the_future),
		cmocka_unit_test(test_dev_chain),
		cmocka_unit_test(test_flicker_of_a_synced_node),
		cmocka_unit_test(test_follows_the_head),
		cmocka_unit_test(test_catching_up),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_loses_its_peers),
		cmocka_unit_test(test_highest_that_cannot_be),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_eta_narrows),
		cmocka_unit_test(test_eta_of_changing_speed),
		cmocka_unit_test(test_target_of_long_ago),
		cmocka_unit_test(test_target_of_a_chain_without_a_beat),
		cmocka_unit_test(test_eta_of_a_moving_head),
		cmocka_unit_test(test_rate_follows_the_last_minute),
		cmocka_unit_test(test_gap_and_clock),
		cmocka_unit_test(test_shorter_chain),
		cmocka_unit_test(test_network_halts),
		cmocka_unit_test(test_false_while_importing),
		cmocka_unit_test(test_hostile_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
