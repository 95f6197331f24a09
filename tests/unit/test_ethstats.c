/* The ethstats machine: against recorded frames, through outages at accelerated time, and on noise.
 */
#include "domain/ethstats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <malloc.h>
#include <cmocka.h>

/* ---- a network that only remembers ---- */

struct net {
	struct ethstats s;
	struct buf sent; /* one message a line */
	int opens, closes;
	bool open, tls;
	msec now;
	bool mute; /* count only */
	int64_t messages;
};

static void on_open(void *ctx, bool tls)
{
	struct net *n = ctx;

	assert_false(n->open);
	n->opens++;
	n->tls = tls;
	n->open = true;
}

static void on_send(void *ctx, const char *text, size_t len)
{
	struct net *n = ctx;

	assert_true(n->open);
	assert_int_equal(strlen(text), len);
	n->messages++;
	if (n->mute)
		return;
	buf_add(&n->sent, text, len);
	buf_puts(&n->sent, "\n");
}

static void on_close(void *ctx)
{
	struct net *n = ctx;

	n->closes++;
	n->open = false;
}

static const struct ethstats_node healthy = {.active = true,
	.starting = -1,
	.current = -1,
	.highest = -1,
	.peers = 7,
	.pending = 3,
	.gas_price = 1448795319,
	.client = "Parity//v1.6.8",
	.net = "1",
	.protocol = "63"};

static void begin(struct net *n, const char *server)
{
	struct ethstats_io io = {on_open, on_send, on_close, n};
	struct ethstats_who who = {.id = "rigNode",
		.name = "rig-node",
		.contact = "rig@example.org",
		.secret = "rigsecret",
		.os_version = "4.2.8",
		.port = 30303};
	bool either, tls;

	memset(n, 0, sizeof(*n));
	n->now = 1000000;
	ethstats_address(server, &either, &tls);
	ethstats_init(&n->s, &io, &who, either, tls, 12345, n->now);
}

static void end(struct net *n)
{
	ethstats_free(&n->s);
	buf_free(&n->sent);
}

static void hear(struct net *n, const char *text)
{
	ethstats_text(&n->s, text, strlen(text), n->now);
}

static void lost(struct net *n, const char *code)
{
	struct err why = {.kind = ERR_UNAVAILABLE};

	snprintf(why.code, sizeof(why.code), "%s", code);
	snprintf(why.message, sizeof(why.message), "It is not there.");
	n->open = false;
	ethstats_closed(&n->s, &why, n->now);
}

static void ticks(struct net *n, msec ms)
{
	for (msec until = n->now + ms; n->now < until; n->now += 500)
		ethstats_tick(&n->s, n->now);
}

static void to_ready(struct net *n)
{
	ethstats_tick(&n->s, n->now);
	assert_int_equal(n->s.state, ETHSTATS_OPENING);
	ethstats_opened(&n->s, n->now);
	hear(n, "{\"emit\":[\"ready\"]}");
	assert_int_equal(n->s.state, ETHSTATS_READY);
}

static json_t *block(int64_t number)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:[]}",
		"number", json_sprintf("0x%llx", (long long)number), "hash",
		json_sprintf("0x%064llx", (long long)number + 0x1000), "parentHash", "0x01",
		"timestamp", "0x5836e2d8", "miner", "0x02", "gasUsed", "0x5208", "gasLimit",
		"0x1c9c380", "difficulty", "0x4c4b40", "transactions", "0x03", "transactionsRoot",
		"0x04", "stateRoot", "0x05", "uncles");
}

static void head(struct net *n, int64_t number)
{
	autojson json_t *b = block(number);

	ethstats_head(&n->s, b, n->now);
}

/* The names of the messages since the last look: "hello block stats" */
static void assert_said(struct net *n, const char *names)
{
	autobuf struct buf got = {0};

	buf_puts(&got, "");
	for (char *line = n->sent.data, *e; line && (e = strchr(line, '\n')); line = e + 1) {
		const char *at = strstr(line, "{\"emit\":[\"");

		*e = '\0';
		if (got.len)
			buf_puts(&got, " ");
		if (at)
			buf_printf(&got, "%.*s", (int)strcspn(at + 10, "\""), at + 10);
		else
			buf_puts(&got, line);
	}
	buf_reset(&n->sent);
	assert_string_equal(got.data ? got.data : "", names);
}

static json_t *last(struct net *n, const char *name)
{
	autofree char *mark = xasprintf("{\"emit\":[\"%s\",", name);
	json_t *j = NULL, *arg;

	for (char *line = n->sent.data, *e; line && (e = strchr(line, '\n')); line = e + 1)
		if (!strncmp(line, mark, strlen(mark))) {
			json_decref(j);
			assert_int_equal(json_parse(line, (size_t)(e - line), &j, NULL), 0);
		}
	assert_non_null(j);
	arg = json_incref(json_array_get(json_arr(j, "emit"), 1));
	json_decref(j);
	return arg;
}

/* ---- the recorded frames ---- */

struct frame {
	char section;
	bool server; /* S>C */
	bool text;
	char *payload;
};

static struct frame *frames(size_t *ret_n)
{
	autofile FILE *f = fopen(TESTS_DIR "/ethstats/frames.txt", "r");
	struct frame *list = NULL;
	size_t size = 0, n = 0;
	char section = ' ';
	autofree char *line = NULL;

	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		const char *dir =
			strstr(line, "S>C ") ? strstr(line, "S>C ") : strstr(line, "C>S ");
		const char *len = strstr(line, " len=");

		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "=== ", 4))
			section = line[4];
		if (!dir || !len)
			continue;
		list = xrealloc(list, (n + 1) * sizeof(*list));
		list[n++] = (struct frame){.section = section,
			.server = *dir == 'S',
			.text = !strncmp(dir + 4, "TEXT", 4),
			.payload = xstrdup(strchr(len + 5, ' ') ? strchr(len + 5, ' ') + 1 : "")};
	}
	*ret_n = n;
	return list;
}

static void frames_free(struct frame *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].payload);
	free(list);
}

/* First recorded message of that name in that section. */
static json_t *recorded(const struct frame *list, size_t n, char section, const char *name)
{
	autofree char *mark = xasprintf("{\"emit\":[\"%s\",", name);

	for (size_t i = 0; i < n; i++) {
		json_t *j, *arg;

		if (list[i].section != section || list[i].server ||
			strncmp(list[i].payload, mark, strlen(mark)))
			continue;
		assert_int_equal(json_parse(list[i].payload, strlen(list[i].payload), &j, NULL), 0);
		arg = json_incref(json_array_get(json_arr(j, "emit"), 1));
		json_decref(j);
		return arg;
	}
	fail_msg("no recorded %s in %c", name, section);
	return NULL;
}

static void every_server_frame_is_understood(void **state)
{
	size_t n, seen = 0;
	struct frame *list = frames(&n);
	struct net net;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!list[i].server || !list[i].text || list[i].section == 'C')
			continue;
		begin(&net, "ws://page");
		to_ready(&net);
		hear(&net, list[i].payload);
		assert_int_equal(net.s.ignored, 0);
		seen++;
		end(&net);
	}
	assert_true(seen > 20);
	frames_free(list, n);
}

/* The same members of the same kinds; extra: what the recording has and we leave out. */
static void same_shape(const json_t *ours, const json_t *theirs, const char *extra)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)theirs, key, v) {
		const json_t *o = json_object_get(ours, key);

		if (strstr(extra, key))
			continue;
		if (!o)
			fail_msg("we do not send \"%s\"", key);
		if (json_is_boolean(v))
			assert_true(json_is_boolean(o));
		else
			assert_int_equal(json_typeof(o), json_typeof(v));
		if (json_is_object(v))
			same_shape(o, v, extra);
	}
}

static void messages_have_the_recorded_shapes(void **state)
{
	static const char *const names[] = {"hello", "block", "pending", "stats", "latency"};
	size_t n;
	struct frame *list = frames(&n);
	struct net net;

	(void)state;
	begin(&net, "ws://page");
	ethstats_node(&net.s, &healthy, net.now);
	head(&net, 77);
	to_ready(&net);
	net.now += 4;
	hear(&net, "{\"emit\":[\"node-pong\",{\"clientTime\":1000000,\"serverTime\":5}]}");
	for (size_t i = 0; i < COUNT(names); i++) {
		autojson json_t *ours = last(&net, names[i]);
		/* F is geth's manner, A the old relay's */
		autojson json_t *geth = recorded(list, n, 'F', names[i]);

		same_shape(ours, geth, !strcmp(names[i], "stats") ? "gasPrice" : "latency");
		assert_string_equal(json_str(ours, "id", ""), "rigNode");
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		autojson json_t *ours = last(&net, names[i]), *theirs = NULL;

		if (strcmp(names[i], "stats") && strcmp(names[i], "latency"))
			continue;
		theirs = recorded(list, n, 'A', names[i]);
		same_shape(ours, theirs, "");
	}
	frames_free(list, n);
	end(&net);
}

/* A block as the old relay sent it, made into ours, is what a geth-like client sent. */
static void blocks_are_trimmed(void **state)
{
	size_t n;
	struct frame *list = frames(&n);
	autojson json_t *relay = recorded(list, n, 'A', "block");
	autojson json_t *geth = recorded(list, n, 'F', "block");
	autojson json_t *ours = ethstats_block(json_obj(relay, "block"));

	(void)state;
	same_shape(ours, json_obj(geth, "block"), "");
	assert_int_equal(json_object_size(ours), json_object_size(json_obj(geth, "block")));
	frames_free(list, n);
}

static void quantities(void **state)
{
	static const struct {
		const char *hex, *decimal;
	} cases[] = {{"0x0", "0"}, {"0x1f", "31"}, {"0x4c4b40", "5000000"},
		{"0xfffffffffffffffffffffffffffffffe", "340282366920938463463374607431768211454"},
		{"0x1000000000000000000000000000000000",
			"5444517870735015415413993718908291383296"},
		{"junk", "0"}, {"0x", "0"}, {"0xzz", "0"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autojson json_t *b = block(1);
		autojson json_t *out = NULL;

		json_put_str(b, "totalDifficulty", cases[i].hex);
		out = ethstats_block(b);
		assert_string_equal(json_str(out, "totalDifficulty", ""), cases[i].decimal);
		assert_string_equal(json_str(out, "difficulty", ""), "5000000");
		assert_int_equal(json_int(out, "gasUsed", 0), 21000);
	}
}

static void no_block(void **state)
{
	static const char *const texts[] = {"{}", "[]", "{\"number\":null,\"hash\":\"0x1\"}",
		"{\"number\":\"0x1\"}", "{\"number\":\"0xfffffffffffffffffff\",\"hash\":\"0x1\"}"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		json_t *j;

		assert_int_equal(json_parse(texts[i], strlen(texts[i]), &j, NULL), 0);
		assert_null(ethstats_block(j));
		json_decref(j);
	}
	assert_null(ethstats_block(NULL));
}

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
	begin(&n, "ws://page");
	ethstats_node(&n.s, &node, n.now);
	to_ready(&n);
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
	begin(&n, "ws://page");
	ethstats_node(&n.s, &node, n.now);
	to_ready(&n);
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
	begin(&n, "ws://page");
	ethstats_node(&n.s, &node, n.now);
	to_ready(&n);
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
	begin(&n, "ws://page");
	ethstats_node(&n.s, &healthy, n.now);
	to_ready(&n);
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

/* ---- names and addresses ---- */

static void camel(void **state)
{
	/* as lodash 4 answers */
	static const char *const names[][2] = {{"rig-node", "rigNode"}, {"My NAS", "myNas"},
		{"NAS-Paris-2", "nasParis2"}, {"ParityNAS01", "parityNas01"},
		{"XMLHttp node", "xmlHttpNode"}, {"1st node", "1stNode"}, {"node 22nd", "node22nd"},
		{"node13th", "node13Th"}, {"11st", "11st"}, {"don't stop", "dontStop"},
		{"__a__b", "aB"}, {"ABC1", "abc1"}, {"ab1c", "ab1C"}, {"A", "a"}, {"Ab1", "ab1"},
		{"my node 1", "myNode1"}, {"NAS", "nas"}, {"2ndNode", "2ndNode"}, {"1ST", "1st"},
		{"x1stY", "x1stY"}, {"\xc3\xa9t\xc3\xa9 nas", "eteNas"},
		{"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"}, {"a.b.c", "aBC"},
		{"Geth/v1", "gethV1"}, {"22NDx", "22ndX"}, {"113TH A", "113ThA"}, {"4thx", "4Thx"},
		{"1stA", "1stA"}, {"---", "---"}};
	char id[ETHSTATS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		ethstats_camel(names[i][0], id);
		assert_string_equal(id, names[i][1]);
	}
}

static void addresses(void **state)
{
	static const struct {
		const char *server, *api, *feed;
		bool either, tls;
	} cases[] = {
		{"wss://rpc.ethstats.net", "https://rpc.ethstats.net/api",
			"https://rpc.ethstats.net/primus", false, true},
		{"ws://127.0.0.1:3000/", "http://127.0.0.1:3000/api",
			"http://127.0.0.1:3000/primus", false, false},
		{"stats.example:3000", "https://stats.example:3000/api",
			"https://stats.example:3000/primus", true, true},
		{"ws://a/stats/api", "http://a/stats/api", "http://a/stats/primus", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *api = ethstats_url(cases[i].server, cases[i].tls, false);
		autofree char *feed = ethstats_url(cases[i].server, cases[i].tls, true);
		bool either, tls;

		ethstats_address(cases[i].server, &either, &tls);
		assert_int_equal(either, cases[i].either);
		assert_int_equal(tls, cases[i].tls);
		assert_string_equal(api, cases[i].api);
		assert_string_equal(feed, cases[i].feed);
	}
}

/* ---- the page's feed ---- */

static void the_page_shows_us(void **state)
{
	size_t n;
	struct frame *list = frames(&n);
	struct ethstats_seen seen;
	bool found = false;

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (list[i].section == 'C' && list[i].server &&
			strstr(list[i].payload, "[\"init\"")) {
			size_t len = strlen(list[i].payload);

			found = true;
			ethstats_look(list[i].payload, len, "rigNode", &seen);
			assert_true(seen.feed && seen.listed && seen.active);
			assert_true(seen.block > 0);
			ethstats_look(list[i].payload, len, "anotherNode", &seen);
			assert_true(seen.feed && !seen.listed);
			ethstats_look(list[i].payload, len / 3, "rigNode", &seen);
			assert_false(seen.listed); /* cut short */
		}
	assert_true(found);
	ethstats_look("{\"action\":\"stats\"}", 18, "rigNode", &seen);
	assert_false(seen.feed);
	frames_free(list, n);
}

/* ---- noise ---- */

static uint32_t rnd(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

/* Recorded frames with bytes changed, cut, doubled: nothing breaks, and a good frame still works.
 */
static void damaged_frames(void **state)
{
	size_t n;
	struct frame *list = frames(&n);
	uint32_t seed = 7;
	struct ethstats_seen seen;
	struct net net;

	(void)state;
	begin(&net, "ws://page");
	ethstats_node(&net.s, &healthy, net.now);
	to_ready(&net);
	net.mute = true;
	for (int round = 0; round < 20000; round++) {
		const struct frame *f = &list[rnd(&seed) % n];
		size_t len = strlen(f->payload);
		autofree char *text = xstrndup(f->payload, len);

		for (uint32_t k = rnd(&seed) % 4; len && k; k--)
			text[rnd(&seed) % len] = (char)rnd(&seed);
		if (len && rnd(&seed) % 3 == 0)
			len = rnd(&seed) % len;
		ethstats_text(&net.s, text, len, net.now);
		ethstats_look(text, len, "rigNode", &seen);
		if (net.s.state != ETHSTATS_READY) { /* "primus::server::close" came through */
			net.now = net.s.next_at;
			to_ready(&net);
		}
		ethstats_history_end(&net.s, net.now);
	}
	assert_true(net.s.ignored > 1000);
	net.mute = false;
	buf_reset(&net.sent);
	hear(&net, "\"primus::ping::42\"");
	assert_said(&net, "\"primus::pong::42\"");
	frames_free(list, n);
	end(&net);
}

static void deep_nesting(void **state)
{
	autobuf struct buf b = {0};
	struct ethstats_seen seen;
	struct net n;

	(void)state;
	begin(&n, "ws://page");
	to_ready(&n);
	buf_puts(&b, "{\"emit\":[\"init\",{\"nodes\":[{\"id\":\"rigNode\",\"x\":");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "[");
	ethstats_text(&n.s, b.data, b.len, n.now);
	ethstats_look(b.data, b.len, "rigNode", &seen);
	assert_false(seen.listed);
	assert_int_equal(n.s.ignored, 1);
	end(&n);
}

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
		cmocka_unit_test(every_server_frame_is_understood),
		cmocka_unit_test(messages_have_the_recorded_shapes),
		cmocka_unit_test(blocks_are_trimmed),
		cmocka_unit_test(quantities),
		cmocka_unit_test(no_block),
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
		cmocka_unit_test(camel),
		cmocka_unit_test(addresses),
		cmocka_unit_test(the_page_shows_us),
		cmocka_unit_test(damaged_frames),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(memory_stays_flat),
	};

	return cmocka_run_group_tests_name("ethstats", tests, NULL, NULL);
}
