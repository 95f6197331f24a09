/* What a reporter knows, into the world; its beginning, as an event. */
#include "services/relay_priv.h"

#include <string.h>

#include "services/bus.h"
#include "services/world.h"

#define PART_MS (60000 / MINUTE_PARTS)
#define LONG_DOWN_MS 60000

/* Monotonic to wall clock; 0 stays "never". */
static msec wall(msec mono)
{
	return mono ? clock_wall() - (clock_mono() - mono) : 0;
}

static int64_t per_minute(struct reporter *r)
{
	msec part = clock_mono() / PART_MS;
	int64_t sum = 0;

	if (part - r->minute_at >= MINUTE_PARTS)
		memset(r->minute, 0, sizeof(r->minute));
	else
		for (msec p = r->minute_at + 1; p <= part; p++)
			r->minute[p % MINUTE_PARTS] = 0;
	r->minute_at = part;
	r->minute[part % MINUTE_PARTS] += r->es.bytes - r->bytes_before;
	r->bytes_before = r->es.bytes;
	for (int i = 0; i < MINUTE_PARTS; i++)
		sum += r->minute[i];
	return sum;
}

static void describe(struct reporter *r, struct relay_facts *f)
{
	const struct ethstats *s = &r->es;

	*f = (struct relay_facts){.at = clock_wall(),
		.epoch = r->epoch,
		.state = s->state,
		.tries = s->tries,
		.since = wall(s->since),
		.down_since = wall(s->down_at),
		.next_at = s->state == ETHSTATS_WAITING ? wall(s->next_at) : 0,
		.heard_at = wall(s->heard_at),
		.sent_at = wall(s->sent_at),
		.block_at = wall(s->block_at),
		.ended_at = wall(s->ended_at),
		.block = s->block,
		.latency_ms = s->latency_ms,
		.bytes = s->bytes,
		.bytes_per_min = per_minute(r),
		.node_active = r->node.facts.active,
		.page = s->state == ETHSTATS_READY ? r->feed.page : PAGE_UNKNOWN,
		.page_misses = r->feed.misses,
		.page_at = wall(r->feed.looked_at),
		.page_block = r->feed.block};
	snprintf(f->id, sizeof(f->id), "%s", s->id);
	snprintf(f->server, sizeof(f->server), "%s", r->server);
	snprintf(f->code, sizeof(f->code), "%s", s->code);
	snprintf(f->reason, sizeof(f->reason), "%s", s->reason);
}

static bool looks_other(const struct relay_facts *a, const struct relay_facts *b)
{
	return a->state != b->state || a->page != b->page || a->epoch != b->epoch ||
	       strcmp(a->code, b->code);
}

/* Kept for ever, so not told again and again of a connection that comes and goes. */
static void tell_ready(struct reporter *r)
{
	struct ethstats *s = &r->es;

	if (s->state != ETHSTATS_READY) {
		if (s->state == ETHSTATS_WAITING && clock_mono() - s->down_at > LONG_DOWN_MS)
			r->was_ready = false;
		return;
	}
	if (r->was_ready)
		return;
	r->was_ready = true;
	bus_say(r->relay->app->bus, "service", r->stack, "relay", "station", "relay.ready", NULL,
		"%s takes the messages of \"%s\".", r->server, s->id);
}

void relay_tell(struct reporter *r)
{
	struct world *w = r->relay->app->world;
	struct service_facts *f;
	struct relay_facts now;
	bool other = false;

	describe(r, &now);
	world_lock(w);
	f = world_service(w, r->stack, "relay");
	if (f) {
		other = !f->has_relay || looks_other(&f->relay, &now);
		f->relay = now;
		f->has_relay = true;
	}
	world_unlock(w);
	r->told = now.state;
	tell_ready(r);
	if (other)
		bus_touch(r->relay->app->bus);
}

void relay_untell(struct reporter *r)
{
	struct world *w = r->relay->app->world;
	struct service_facts *f;

	world_lock(w);
	f = world_service(w, r->stack, "relay");
	if (f)
		f->has_relay = false;
	world_unlock(w);
	bus_touch(r->relay->app->bus);
}
