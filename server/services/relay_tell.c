/* What a reporter knows, into the world; its beginning, as an event. */
#include "services/relay_priv.h"

#include <string.h>

#include "services/bus.h"
#include "services/world.h"

#define PART_MS (60000 / MINUTE_PARTS)
#define LONG_DOWN_MS 60000

msec relay_wall(msec mono)
{
	return mono ? clock_wall() - (clock_mono() - mono) : 0;
}

int64_t relay_per_minute(struct relay_minute *m, int64_t total)
{
	msec part = clock_mono() / PART_MS;
	int64_t sum = 0;

	if (part - m->at >= MINUTE_PARTS)
		memset(m->parts, 0, sizeof(m->parts));
	else
		for (msec p = m->at + 1; p <= part; p++)
			m->parts[p % MINUTE_PARTS] = 0;
	m->at = part;
	if (total < m->before)
		m->before = 0; /* another connection, counted from its own beginning */
	m->parts[part % MINUTE_PARTS] += total - m->before;
	m->before = total;
	for (int i = 0; i < MINUTE_PARTS; i++)
		sum += m->parts[i];
	return sum;
}

static void describe(struct reporter *r, struct relay_facts *f)
{
	const struct ethstats *s = &r->es;

	*f = (struct relay_facts){.at = clock_wall(),
		.epoch = r->epoch,
		.state = s->state,
		.tries = s->tries,
		.since = relay_wall(s->since),
		.down_since = relay_wall(s->down_at),
		.next_at = s->state == ETHSTATS_WAITING ? relay_wall(s->next_at) : 0,
		.heard_at = relay_wall(s->heard_at),
		.sent_at = relay_wall(s->sent_at),
		.block_at = relay_wall(s->block_at),
		.ended_at = relay_wall(s->ended_at),
		.block = s->block,
		.latency_ms = s->latency_ms,
		.bytes = s->bytes,
		.attempts = s->attempts,
		.bytes_per_min = relay_per_minute(&r->minute, s->bytes),
		.node_active = r->node.facts.active,
		.page = s->state == ETHSTATS_READY ? r->feed.page : PAGE_UNKNOWN,
		.page_misses = r->feed.misses,
		.page_at = relay_wall(r->feed.looked_at),
		.page_block = r->feed.block};
	snprintf(f->id, sizeof(f->id), "%s", s->id);
	snprintf(f->server, sizeof(f->server), "%s", r->server);
	snprintf(f->code, sizeof(f->code), "%s", s->code);
	snprintf(f->reason, sizeof(f->reason), "%s", s->reason);
}

static bool looks_other(const struct relay_facts *a, const struct relay_facts *b)
{
	return a->state != b->state || a->page != b->page || a->epoch != b->epoch ||
	       a->link != b->link || strcmp(a->code, b->code);
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

void relay_publish(struct relay *r, const char *stack, const struct relay_facts *now)
{
	struct world *w = r->app->world;
	struct service_facts *f;
	bool other = false;

	world_lock(w);
	f = world_service(w, stack, "relay");
	if (f) {
		other = !f->has_relay || looks_other(&f->relay, now);
		f->relay = *now;
		f->has_relay = true;
	}
	world_unlock(w);
	if (other)
		bus_touch(r->app->bus);
}

void relay_tell(struct reporter *r)
{
	struct relay_facts now;

	describe(r, &now);
	relay_publish(r->relay, r->stack, &now);
	r->told = now.state;
	tell_ready(r);
}

void relay_untell(struct relay *r, const char *stack)
{
	struct world *w = r->app->world;
	struct service_facts *f;

	world_lock(w);
	f = world_service(w, stack, "relay");
	if (f)
		f->has_relay = false;
	world_unlock(w);
	bus_touch(r->app->bus);
}
