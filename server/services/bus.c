#include "services/bus.h"

#include <stdlib.h>
#include <stdarg.h>

#include "base/log.h"
#include "base/thread.h"
#include "io/store.h"

struct bus {
	struct store *store;
	struct gate gate;
	struct bus_seen now;
};

struct bus *bus_new(struct store *store)
{
	struct bus *b = xcalloc(1, sizeof(*b));

	b->store = store;
	gate_init(&b->gate);
	b->now.event = store_last_event_id(store);
	return b;
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	gate_destroy(&b->gate);
	free(b);
}

void bus_event(struct bus *b, struct event ev)
{
	struct err e = {0};

	if (!ev.at)
		ev.at = clock_wall();
	if (!ev.data)
		ev.data = json_object();
	log_info("%s%s%s: %s [%s]", ev.type, ev.stack ? " " : "", ev.stack ? ev.stack : "",
		ev.message, ev.actor);
	if (!ev.id && store_event_add(b->store, &ev, &e))
		log_error("an event could not be stored: %s", e.message);
	gate_lock(&b->gate);
	if (ev.id > b->now.event)
		b->now.event = ev.id;
	b->now.state++;
	gate_wake(&b->gate);
	gate_unlock(&b->gate);
	event_free(&ev);
}

void bus_say(struct bus *b, const char *type, const char *stack, const char *service,
	const char *actor, const char *code, json_t *data, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bus_event(b, (struct event){.type = xstrdup(type),
			     .stack = xstrdup(stack),
			     .service = xstrdup(service),
			     .actor = xstrdup(actor),
			     .code = xstrdup(code),
			     .message = xstrdup(text),
			     .data = data});
}

void bus_touch(struct bus *b)
{
	gate_lock(&b->gate);
	b->now.state++;
	gate_wake(&b->gate);
	gate_unlock(&b->gate);
}

void bus_live(struct bus *b)
{
	gate_lock(&b->gate);
	b->now.live++;
	gate_wake(&b->gate);
	gate_unlock(&b->gate);
}

void bus_close(struct bus *b)
{
	gate_lock(&b->gate);
	b->now.closed = true;
	gate_wake(&b->gate);
	gate_unlock(&b->gate);
}

static bool newer(const struct bus_seen *now, const struct bus_seen *seen)
{
	return now->closed || now->event > seen->event || now->state != seen->state ||
	       now->live != seen->live;
}

void bus_wait(struct bus *b, struct bus_seen *seen, msec ms)
{
	msec until = clock_mono() + ms, left;

	gate_lock(&b->gate);
	while (!newer(&b->now, seen) && (left = until - clock_mono()) > 0)
		gate_wait(&b->gate, left);
	*seen = b->now;
	gate_unlock(&b->gate);
}

struct bus_seen bus_now(struct bus *b)
{
	struct bus_seen now;

	gate_lock(&b->gate);
	now = b->now;
	gate_unlock(&b->gate);
	return now;
}
