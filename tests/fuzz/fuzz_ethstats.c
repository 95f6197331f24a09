/* An ethstats server that says anything: one message a line. Each is also taken for what a page
 * sends its browsers, and for a block that a node gave. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "domain/ethstats.h"

struct net {
	bool open;
	size_t sent;
};

static void on_open(void *ctx, bool tls)
{
	((struct net *)ctx)->open = true;
	(void)tls;
}

static void on_send(void *ctx, const char *text, size_t len)
{
	((struct net *)ctx)->sent += strnlen(text, len);
}

static void on_close(void *ctx)
{
	((struct net *)ctx)->open = false;
}

static void take_line(
	struct ethstats *s, const struct net *n, const char *line, size_t len, msec now)
{
	autojson json_t *block = NULL;
	struct ethstats_seen seen;

	ethstats_tick(s, now);
	if (n->open)
		ethstats_opened(s, now);
	ethstats_text(s, line, len, now);
	ethstats_look(line, len, "rigNode", &seen);
	if (json_parse(line, len, &block, NULL) == 0) {
		ethstats_head(s, block, now);
		ethstats_history_add(s, block);
	}
	ethstats_history_end(s, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net net = {0};
	struct ethstats_io io = {on_open, on_send, on_close, &net};
	struct ethstats_who who = {
		.id = "rigNode", .name = "rig-node", .secret = "s", .port = 30303};
	struct ethstats s;
	autofree char *text = xcalloc(size + 1, 1);
	msec now = 1000;

	memcpy(text, data, size);
	ethstats_init(&s, &io, &who, true, true, 1, now);
	for (char *line = text, *end; line; line = end ? end + 1 : NULL, now += 7000) {
		size_t len;

		end = memchr(line, '\n', size - (size_t)(line - text));
		len = end ? (size_t)(end - line) : size - (size_t)(line - text);
		if (end)
			*end = '\0'; /* io/ws gives a text with a NUL behind it, too */
		take_line(&s, &net, line, len, now);
	}
	ethstats_free(&s);
	return 0;
}
