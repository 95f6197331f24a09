/* The page's own feed: whether a name is there, and how old its block is. */
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

static void end_look(struct relay_feed *f)
{
	ws_free(f->ws);
	f->ws = NULL;
	free(f->id);
	f->id = NULL;
}

void relay_feed_free(struct relay_feed *f)
{
	end_look(f);
	*f = RELAY_FEED_NEW;
}

static void on_text(void *ctx, const char *text, size_t len)
{
	struct relay_feed *f = ctx;
	struct ethstats_seen seen;

	if (f->done)
		return;
	ethstats_look(text, len, f->id, &seen);
	if (!seen.feed)
		return;
	f->seen = seen;
	f->bytes = len;
	f->done = true;
}

void relay_feed_begin(struct relay_feed *f, struct ws_hub *hub, const struct relay_look *l)
{
	autofree char *url = ethstats_url(l->server, l->tls, true);
	struct ws_config c = {.url = url,
		.origin = "http://localhost",
		.ca_file = l->ca_file,
		.netns_pid = l->netns_pid,
		.max_bytes = MAX_BYTES,
		.on_text = on_text,
		.ctx = f};

	f->id = xstrdup(l->id);
	f->ws = ws_open(hub, &c);
	f->asked = f->done = false;
	f->begun = clock_mono();
}

/* Often on a small page; on a large one so that it costs a kilobyte a second. */
static msec pause_of(const struct relay_feed *f, msec every)
{
	msec ms = (msec)f->bytes * 1000 / BYTES_PER_S;

	return ms < every ? every : ms > EVERY_MAX_MS ? EVERY_MAX_MS : ms;
}

void relay_feed_rest(struct relay_feed *f, msec every, bool curious)
{
	msec at = f->looked_at + (curious ? RETRY_MS : pause_of(f, every));

	if (f->looked_at)
		f->next_at = at;
}

/* No list of nodes came. Whoever does not speak our protocol, or not with us, is there. */
static enum relay_reach not_seen(const struct relay_feed *f, enum ws_state s, const struct err *why)
{
	if (f->asked)
		return REACH_NO_FEED;
	return s == WS_ENDED && (err_is(why, "ws.http") || err_is(why, "ws.tls")) ? REACH_NO_FEED
										  : REACH_AWAY;
}

bool relay_feed_go_on(struct relay_feed *f)
{
	struct err why = {0};
	enum ws_state s = ws_run(f->ws, &why);

	if (s == WS_OPEN && !f->asked) {
		f->asked = true;
		ws_send(f->ws, hello, sizeof(hello) - 1);
		s = ws_run(f->ws, &why);
	}
	if (!f->done && s != WS_ENDED && clock_mono() - f->begun <= LOOK_MS)
		return false;
	f->reach = f->done ? REACH_SEEN : not_seen(f, s, &why);
	f->looked_at = clock_mono();
	end_look(f);
	return true;
}

void relay_feed_judge(struct relay_feed *f, int64_t block)
{
	bool fresh = f->seen.block >= 0 && block - f->seen.block <= BEHIND_OK;

	if (f->reach != REACH_SEEN || (f->seen.listed && block < 0))
		f->page = PAGE_UNKNOWN;
	else if (!f->seen.listed)
		f->page = PAGE_UNLISTED;
	else
		f->page = fresh ? PAGE_FRESH : PAGE_STALE;
	f->misses = f->page == PAGE_UNLISTED || f->page == PAGE_STALE ? f->misses + 1 : 0;
	f->block = f->reach == REACH_SEEN && f->seen.listed ? f->seen.block : -1;
}

/* ---- the built-in relay's ---- */

char *relay_ca_file(const struct reporter *r)
{
	const char *name = json_str(r->options, "ca_file", NULL);

	return name ? xasprintf("%s/%s", r->data_dir, name) : NULL;
}

static void begin(struct reporter *r)
{
	autofree char *ca = relay_ca_file(r);
	struct relay_look l = {
		.server = r->server, .tls = r->es.tls, .id = r->es.id, .ca_file = ca};

	relay_feed_begin(&r->feed, r->relay->hub, &l);
}

void relay_feed_turn(struct reporter *r)
{
	struct relay_feed *f = &r->feed;
	msec now = clock_mono();
	bool sent = r->es.state == ETHSTATS_READY && r->es.block >= 0 &&
		    now - r->es.since >= AFTER_BLOCK_MS;

	if (f->ws && relay_feed_go_on(f)) {
		relay_feed_judge(f, r->es.block);
		/* one miss may be chance: look again before it is told */
		relay_feed_rest(f, EVERY_MS, f->misses == 1);
	} else if (!f->ws && sent && now >= f->next_at) {
		begin(r);
	}
}
