/* The ethstats machine: what it says when, through outages at accelerated time, a million messages
 * long. */
#include "unit/ethstats_net.h"

#include <malloc.h>

/* ---- what is said when ---- */

static void a_quiet_minute(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	ethstats_node(&n.s, &healthy, n.now);
	head(&n, 5);
	to_ready(&n);
	assert_said(&n, "hello node-ping block pending stats");
	n.now += 500;
	ticks(&n, 11000);
	assert_said(&n, "");
	ticks(&n, 5000);
	assert_said(&n, "node-ping pending stats");
	head(&n, 5);
	assert_said(&n, ""); /* the same block */
	head(&n, 6);
	assert_said(&n, "block");
	assert_int_equal(n.s.block, 6);
	end(&n);
}

static void heartbeats_of_both_generations(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	to_ready(&n);
	buf_reset(&n.sent);
	hear(&n, "\"primus::ping::1795393845697\"");
	assert_said(&n, "\"primus::pong::1795393845697\"");
	hear(&n, "\"primus::ping::17\\\"95\"");
	hear(&n, "\"primus::pong::1795393845697\"");
	assert_said(&n, "");
	/* a Primus 6 server drops who says nothing for 35 s: node and page may both be silent */
	for (int i = 0; i < 120; i++) {
		int64_t before = n.messages;

		hear(&n, "\"primus::pong::1\"");
		ticks(&n, 15000);
		assert_true(n.messages > before);
	}
	end(&n);
}

static void changes_are_told(void **state)
{
	struct ethstats_node node = healthy;
	struct net n;

	(void)state;
	begin_ready(&n, &node);
	buf_reset(&n.sent);
	node.active = false;
	n.now += 1000;
	ethstats_node(&n.s, &node, n.now);
	assert_said(&n, "stats"); /* a node that is gone is told at once */
	node.active = true;
	n.now += 1000;
	ethstats_node(&n.s, &node, n.now);
	assert_said(&n, "");
	n.now += 5000;
	ethstats_node(&n.s, &node, n.now);
	assert_said(&n, "stats");
	snprintf(node.client, sizeof(node.client), "Parity//v1.7.0");
	ethstats_node(&n.s, &node, n.now);
	assert_said(&n, "hello");
	end(&n);
}

static void a_flickering_node_costs_little(void **state)
{
	struct ethstats_node node = healthy;
	struct net n;

	(void)state;
	begin_ready(&n, &node);
	n.mute = true;
	n.messages = 0;
	for (int i = 0; i < 120; i++) {
		node.syncing = !node.syncing;
		n.now += 500;
		hear(&n, "{}");
		ethstats_node(&n.s, &node, n.now);
	}
	assert_true(n.messages < 25); /* a minute: pings, stats each 5 s */
	assert_int_equal(n.opens, 1);
	end(&n);
}

static void a_node_set_back_to_a_shorter_chain(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	ethstats_node(&n.s, &healthy, n.now);
	head(&n, 1000);
	to_ready(&n);
	buf_reset(&n.sent);
	head(&n, 12);
	assert_said(&n, "block");
	assert_int_equal(n.s.block, 12);
	end(&n);
}

static void syncing_is_told_with_its_numbers(void **state)
{
	struct ethstats_node node = healthy;
	struct net n;
	json_t *stats;

	(void)state;
	node.syncing = true;
	node.starting = 1;
	node.current = 5;
	node.highest = 100;
	begin_ready(&n, &node);
	stats = last(&n, "stats");
	assert_int_equal(
		json_int(json_at(stats, "stats", "syncing", NULL), "highestBlock", 0), 100);
	json_decref(stats);
	end(&n);
}

/* ---- history ---- */

static void history_of_a_fresh_server(void **state)
{
	int64_t want[ETHSTATS_HISTORY];
	struct net n;
	json_t *h;

	(void)state;
	begin_ready(&n, &healthy);
	hear(&n, "{\"emit\":[\"history\",false]}");
	assert_int_equal(ethstats_history_wanted(&n.s, want), 0); /* no block is known yet */
	head(&n, 60);
	assert_int_equal(ethstats_history_wanted(&n.s, want), 50);
	assert_int_equal(want[0], 60);
	assert_int_equal(want[49], 11);
	for (int i = 0; i < 50; i++) {
		autojson json_t *b = i == 7 ? json_null() : block(want[i]);

		ethstats_history_add(&n.s, b);
	}
	ethstats_history_end(&n.s, n.now);
	h = last(&n, "history");
	assert_int_equal(json_array_size(json_arr(h, "history")), 49);
	assert_int_equal(json_int(json_array_get(json_arr(h, "history"), 0), "number", 0), 60);
	assert_int_equal(ethstats_history_wanted(&n.s, want), 0);
	json_decref(h);
	end(&n);
}

static void history_by_list(void **state)
{
	int64_t want[ETHSTATS_HISTORY];
	autobuf struct buf b = {0};
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	to_ready(&n);
	hear(&n, "{\"emit\":[\"history\",{\"max\":9,\"min\":7,\"list\":[7,\"x\",-1,9,8]}]}");
	assert_int_equal(ethstats_history_wanted(&n.s, want), 3);
	assert_int_equal(want[0], 9);
	assert_int_equal(want[2], 7);
	buf_puts(&b, "{\"emit\":[\"history\",{\"list\":[1");
	for (int i = 2; i <= 4000; i++)
		buf_printf(&b, ",%d", i);
	buf_puts(&b, "]}]}");
	hear(&n, b.data);
	assert_int_equal(ethstats_history_wanted(&n.s, want), 50);
	assert_int_equal(want[0], 4000);
	end(&n);
}

/* ---- the connection ---- */

static void wrong_secret(void **state)
{
	struct net n;
	msec begun;

	(void)state;
	begin(&n, "ws://page");
	begun = n.now;
	ethstats_tick(&n.s, n.now);
	ethstats_opened(&n.s, n.now);
	hear(&n, "\"primus::server::close\"");
	assert_string_equal(n.s.code, "relay.secret");
	assert_int_equal(n.closes, 1);
	/* an hour: 1, 2, 4, 8, 10, 10 … minutes between the tries */
	for (; n.now < begun + 3600000; n.now += 500) {
		ethstats_tick(&n.s, n.now);
		if (n.s.state == ETHSTATS_OPENING) {
			ethstats_opened(&n.s, n.now);
			hear(&n, "\"primus::server::close\"");
		}
	}
	assert_in_range(n.opens, 7, 9);
	assert_int_equal(n.s.attempts, n.opens);
	ethstats_hurry(&n.s, n.now);
	ethstats_tick(&n.s, n.now);
	assert_int_equal(n.s.state, ETHSTATS_OPENING);
	ethstats_opened(&n.s, n.now);
	hear(&n, "{\"emit\":[\"ready\"]}");
	assert_string_equal(n.s.code, "");
	end(&n);
}

static void no_ready(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	ethstats_tick(&n.s, n.now);
	ethstats_opened(&n.s, n.now);
	ticks(&n, 10500);
	assert_string_equal(n.s.code, "relay.unready");
	assert_int_equal(n.s.state, ETHSTATS_WAITING);
	end(&n);
}

static void an_outage(void **state)
{
	struct net n;
	msec back, longest = 0, last_try;
	int refused = 0;

	(void)state;
	begin(&n, "ws://page");
	to_ready(&n);
	ticks(&n, 60000);
	lost(&n, "ws.broken");
	last_try = n.now;
	back = n.now + 20 * 60 * 1000;
	while (n.now < back) {
		ethstats_tick(&n.s, n.now);
		if (n.s.state == ETHSTATS_OPENING) {
			if (n.now - last_try > longest)
				longest = n.now - last_try;
			last_try = n.now;
			refused++;
			lost(&n, "ws.refused");
		}
		n.now += 100;
	}
	assert_in_range(refused, 20, 40);
	assert_true(longest <= 60200);
	/* the server is back: at most a minute */
	while (n.s.state != ETHSTATS_OPENING && n.now < back + 120000) {
		ethstats_tick(&n.s, n.now);
		n.now += 100;
	}
	assert_true(n.now - back <= 60200);
	ethstats_opened(&n.s, n.now);
	hear(&n, "{\"emit\":[\"ready\"]}");
	assert_int_equal(n.s.state, ETHSTATS_READY);
	end(&n);
}

/* A thousand restarts of the server, some seconds apart: always back, never in a tight loop, and
 * nothing left behind. */
static void a_thousand_restarts(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	ethstats_node(&n.s, &healthy, n.now);
	n.mute = true;
	for (int i = 0; i < 1000; i++) {
		head(&n, i);
		while (n.s.state != ETHSTATS_OPENING) {
			n.now += 250;
			ethstats_tick(&n.s, n.now);
		}
		ethstats_opened(&n.s, n.now);
		hear(&n, "{\"emit\":[\"ready\"]}");
		assert_int_equal(n.s.block, i);
		n.now += 40000;
		lost(&n, "ws.closed");
		assert_true(n.s.next_at - n.now <= 1000);
	}
	assert_int_equal(n.opens, 1000);
	/* one that throws us out as soon as we are ready gets more and more peace */
	for (int i = 0; i < 8; i++) {
		n.now = n.s.next_at;
		ethstats_tick(&n.s, n.now);
		ethstats_opened(&n.s, n.now);
		hear(&n, "{\"emit\":[\"ready\"]}");
		lost(&n, "ws.closed");
	}
	assert_true(n.s.next_at - n.now >= 45000);
	end(&n);
}

static void a_silent_server_is_left(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	to_ready(&n);
	ticks(&n, 76000);
	assert_int_equal(n.closes, 1);
	assert_string_equal(n.s.code, "relay.unreachable");
	end(&n);
}

static void an_open_that_never_ends(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	ethstats_tick(&n.s, n.now);
	ticks(&n, 15500);
	assert_int_equal(n.closes, 1);
	assert_string_equal(n.s.code, "relay.unreachable");
	end(&n);
}

static void both_schemes_by_turns(void **state)
{
	struct net n;

	(void)state;
	begin(&n, "stats.example:3000");
	for (int i = 0; i < 4; i++) {
		n.now = n.s.next_at;
		ethstats_tick(&n.s, n.now);
		assert_int_equal(n.tls, i % 2 == 0);
		lost(&n, "ws.tls");
		assert_string_equal(n.s.code, "relay.tls");
	}
	n.now = n.s.next_at;
	ethstats_tick(&n.s, n.now);
	lost(&n, "ws.refused");
	n.now = n.s.next_at;
	to_ready(&n); /* over ws */
	assert_false(n.tls);
	n.now += 60000;
	lost(&n, "ws.closed");
	n.now = n.s.next_at;
	ethstats_tick(&n.s, n.now);
	assert_false(n.tls); /* what worked once is tried again */
	end(&n);
}

/* ---- memory ---- */

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* Bytes in use now; under AddressSanitizer only it knows. */
static size_t in_use(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes()
						       : mallinfo2().uordblks;
}

/* A million messages each way leave nothing behind. */
static void memory_stays_flat(void **state)
{
	struct net n;
	size_t before;

	(void)state;
	begin(&n, "ws://page");
	n.mute = true;
	ethstats_node(&n.s, &healthy, n.now);
	to_ready(&n);
	before = in_use();
	assert_true(before > 0);
	for (int i = 0; i < 1000000; i++) {
		n.now += 15;
		hear(&n, i % 7 ? "\"primus::ping::1795393845697\""
			       : "{\"emit\":[\"history\",{\"list\":[1,2]}]}");
		if (i % 7 == 0)
			ethstats_history_end(&n.s, n.now);
		if (i % 50 == 0)
			head(&n, i);
	}
	assert_true(n.messages > 1000000);
	assert_true(in_use() < before + 16384);
	end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_minute),
		cmocka_unit_test(heartbeats_of_both_generations),
		cmocka_unit_test(changes_are_told),
		cmocka_unit_test(a_flickering_node_costs_little),
		cmocka_unit_test(a_node_set_back_to_a_shorter_chain),
		cmocka_unit_test(syncing_is_told_with_its_numbers),
		cmocka_unit_test(history_of_a_fresh_server),
		cmocka_unit_test(history_by_list),
		cmocka_unit_test(wrong_secret),
		cmocka_unit_test(no_ready),
		cmocka_unit_test(an_outage),
		cmocka_unit_test(a_thousand_restarts),
		cmocka_unit_test(a_silent_server_is_left),
		cmocka_unit_test(an_open_that_never_ends),
		cmocka_unit_test(both_schemes_by_turns),
		cmocka_unit_test(memory_stays_flat),
	};

	return cmocka_run_group_tests_name("ethstats", tests, NULL, NULL);
}
