/* The page's own feed: whether our name is there, and how old its block is. */
#include "services/relay_priv.h"

#include <stdlib.h>
#include <string.h>

#define AFTER_BLOCK_MS 3000 /* the page has to show it first */
#define LOOK_MS 10000	    /* one look at most */
#define EVERY_MS 60000
#define RETRY_MS 10000
#define EVERY_MAX_MS (30 * 60 * 1000)
#define BYTES_PER_S 1000 /* of a page that sends much, on average */
#define MAX_BYTES (4u * 1024 * 1024)
#define BEHIND_OK 2 /* blocks: one may have been on its way */

static const char hello[] = "{\"emit\":[\"ready\"]}";

char *relay_ca_file(const struct reporter *r)
{
	const char *name = json_str(r->options, "ca_file", NULL);

	return name ? xasprintf("%s/%s", r->data_dir, name) : NULL;
}

void relay_feed_free(struct relay_feed *f)
{
	ws_free(f->ws);
	f->ws = NULL;
}

static void on_text(void *ctx, const char *text, size_t len)
{
	struct reporter *r = ctx;
	struct relay_feed *f = &r->feed;
	struct ethstats_seen seen;

	if (f->done)
		return;
	ethstats_look(text, len, r->es.id, &seen);
	if (!seen.feed)
		return;
	f->seen = seen;
	f->bytes = len;
	f->done = true;
}

static void begin(struct reporter *r)
{
	autofree char *url = ethstats_url(r->server, r->es.tls, true);
	autofree char *ca = relay_ca_file(r);
	struct ws_config c = {.url = url,
		.origin = "http://localhost",
		.ca_file = ca,
		.max_bytes = MAX_BYTES,
		.on_text = on_text,
		.ctx = r};

	r->feed.ws = ws_open(r->relay->hub, &c);
	r->feed.asked = r->feed.done = false;
	r->feed.begun = clock_mono();
}

/* Often on a small page; on a large one so that it costs a kilobyte a second. */
static msec pause_of(const struct relay_feed *f)
{
	msec ms = (msec)f->bytes * 1000 / BYTES_PER_S;

	if (f->misses == 1)
		return RETRY_MS; /* one miss may be chance: look again before it is told */
	return ms < EVERY_MS ? EVERY_MS : ms > EVERY_MAX_MS ? EVERY_MAX_MS : ms;
}

static void judge(struct reporter *r, bool reached)
{
	struct relay_feed *f = &r->feed;
	bool fresh = f->seen.block >= 0 && r->es.block - f->seen.block <= BEHIND_OK;

	f->page = !reached	    ? PAGE_UNKNOWN
		  : !f->seen.listed ? PAGE_UNLISTED
		  : fresh	    ? PAGE_FRESH
				    : PAGE_STALE;
	f->misses = f->page == PAGE_UNLISTED || f->page == PAGE_STALE ? f->misses + 1 : 0;
	f->block = f->seen.listed ? f->seen.block : -1;
	f->looked_at = clock_mono();
	f->next_at = f->looked_at + pause_of(f);
	relay_feed_free(f);
}

static void go_on(struct reporter *r)
{
	struct relay_feed *f = &r->feed;
	struct err why;
	enum ws_state s = ws_run(f->ws, &why);

	if (s == WS_OPEN && !f->asked) {
		f->asked = true;
		ws_send(f->ws, hello, sizeof(hello) - 1);
		s = ws_run(f->ws, &why);
	}
	if (f->done)
		judge(r, true);
	else if (s == WS_ENDED || clock_mono() - f->begun > LOOK_MS)
		judge(r, false);
}

void relay_feed_turn(struct reporter *r)
{
	struct relay_feed *f = &r->feed;
	msec now = clock_mono();
	bool sent = r->es.state == ETHSTATS_READY && r->es.block >= 0 &&
		    now - r->es.since >= AFTER_BLOCK_MS;

	if (f->ws)
		go_on(r);
	else if (sent && now >= f->next_at)
		begin(r);
}
