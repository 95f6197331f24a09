/* domain/sync: how far it is, how fast and how long still, whatever a node tells. */
#include "unit/sync_run.h"

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
		cmocka_unit_test(test_hostile_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
