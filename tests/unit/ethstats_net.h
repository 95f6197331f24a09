/* ethstats_net: the machine of domain/ethstats on a network that only remembers, and the recorded
 * frames. */
#ifndef UNIT_ETHSTATS_NET_H
#define UNIT_ETHSTATS_NET_H

#include "domain/ethstats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static inline void on_open(void *ctx, bool tls)
{
	struct net *n = ctx;

	assert_false(n->open);
	n->opens++;
	n->tls = tls;
	n->open = true;
}

static inline void on_send(void *ctx, const char *text, size_t len)
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

static inline void on_close(void *ctx)
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

static inline void begin(struct net *n, const char *server)
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

static inline void end(struct net *n)
{
	ethstats_free(&n->s);
	buf_free(&n->sent);
}

static inline void hear(struct net *n, const char *text)
{
	ethstats_text(&n->s, text, strlen(text), n->now);
}

static inline void lost(struct net *n, const char *code)
{
	struct err why = {.kind = ERR_UNAVAILABLE};

	snprintf(why.code, sizeof(why.code), "%s", code);
	snprintf(why.message, sizeof(why.message), "It is not there.");
	n->open = false;
	ethstats_closed(&n->s, &why, n->now);
}

static inline void ticks(struct net *n, msec ms)
{
	for (msec until = n->now + ms; n->now < until; n->now += 500)
		ethstats_tick(&n->s, n->now);
}

static inline void to_ready(struct net *n)
{
	ethstats_tick(&n->s, n->now);
	assert_int_equal(n->s.state, ETHSTATS_OPENING);
	ethstats_opened(&n->s, n->now);
	hear(n, "{\"emit\":[\"ready\"]}");
	assert_int_equal(n->s.state, ETHSTATS_READY);
}

/* A page that knows a node from the start. */
static inline void begin_ready(struct net *n, const struct ethstats_node *node)
{
	begin(n, "ws://page");
	ethstats_node(&n->s, node, n->now);
	to_ready(n);
}

static inline json_t *block(int64_t number)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:[]}",
		"number", json_sprintf("0x%llx", (long long)number), "hash",
		json_sprintf("0x%064llx", (long long)number + 0x1000), "parentHash", "0x01",
		"timestamp", "0x5836e2d8", "miner", "0x02", "gasUsed", "0x5208", "gasLimit",
		"0x1c9c380", "difficulty", "0x4c4b40", "transactions", "0x03", "transactionsRoot",
		"0x04", "stateRoot", "0x05", "uncles");
}

static inline void head(struct net *n, int64_t number)
{
	autojson json_t *b = block(number);

	ethstats_head(&n->s, b, n->now);
}

/* The names of the messages since the last look: "hello block stats" */
static inline void assert_said(struct net *n, const char *names)
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

static inline json_t *last(struct net *n, const char *name)
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

static inline struct frame *frames(size_t *ret_n)
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

static inline void frames_free(struct frame *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].payload);
	free(list);
}

/* First recorded message of that name in that section. */
static inline json_t *recorded(const struct frame *list, size_t n, char section, const char *name)
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

#endif
