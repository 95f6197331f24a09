/* domain/sync: which phase a node is in, on sequences as nodes give them. */
#include "unit/sync_run.h"

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
	assert_int_equal(r.v.since, T0 + 10000); /* when the last of them had gone */
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

static void test_imports_on_without_peers(void **state)
{
	struct run r = fresh(&mainnet);
	int64_t block = 1000;
	msec gone;

	(void)state;
	for (int i = 0; i < 10; i++)
		syncing(&r, block++, 5000, 1, 1000);
	gone = r.at;
	for (int i = 0; i < 17; i++) { /* 15 s, and three polls that agree */
		syncing(&r, block++, 5000, 0, 1000);
		assert_int_equal(r.v.phase, SYNC_BLOCKS);
	}
	for (int i = 0; i < 60; i++) {
		syncing(&r, block++, 5000, 0, 1000);
		assert_int_equal(r.v.phase, SYNC_NO_PEERS);
		assert_int_equal(r.v.since, gone);
		assert_true(r.v.advances && r.v.blocks_per_s > 0 && r.v.eta_high_s < 0);
	}
	for (int i = 0; i < 12; i++)
		syncing(&r, block, 5000, 0, 1000);
	assert_false(r.v.advances);
	for (int i = 0; i < 3; i++)
		syncing(&r, block++, 5000, 1, 1000);
	assert_int_equal(r.v.phase, SYNC_BLOCKS);
	for (int i = 0; i < 5; i++) /* each absence is counted on its own */
		syncing(&r, block++, 5000, 0, 1000);
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
		cmocka_unit_test(test_imports_on_without_peers),
		cmocka_unit_test(test_network_halts),
		cmocka_unit_test(test_false_while_importing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
