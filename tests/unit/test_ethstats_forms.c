/* What ethstats servers and nodes write: recorded frames, names, addresses, the page's feed, and
 * noise. */
#include "unit/ethstats_net.h"

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

static void an_address_has_a_port(void **state)
{
	(void)state;
	assert_int_equal(ethstats_port("wss://rpc.ethstats.net", true), 443);
	assert_int_equal(ethstats_port("ws://rpc.ethstats.net/a:7", false), 80);
	assert_int_equal(ethstats_port("ws://127.0.0.1:3000/api", false), 3000);
	assert_int_equal(ethstats_port("stats.example:3001", true), 3001);
	assert_int_equal(ethstats_port("ws://[::1]/api", false), 80);
	assert_int_equal(ethstats_port("ws://[::1]:3000", false), 3000);
	assert_int_equal(ethstats_port("ws://a:99999", false), 80);
	assert_int_equal(ethstats_port("", true), 443);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_server_frame_is_understood),
		cmocka_unit_test(messages_have_the_recorded_shapes),
		cmocka_unit_test(blocks_are_trimmed),
		cmocka_unit_test(quantities),
		cmocka_unit_test(no_block),
		cmocka_unit_test(camel),
		cmocka_unit_test(addresses),
		cmocka_unit_test(an_address_has_a_port),
		cmocka_unit_test(the_page_shows_us),
		cmocka_unit_test(damaged_frames),
		cmocka_unit_test(deep_nesting),
	};

	return cmocka_run_group_tests_name("ethstats_forms", tests, NULL, NULL);
}
