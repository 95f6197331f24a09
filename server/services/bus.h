/*
 * bus: everything that changes is told here. An event is stored first, then every reader is woken:
 * event streams, and whoever waits for a job. Nothing is queued in memory: readers fetch what they
 * missed from the store, so a slow reader costs nothing. Any thread.
 */
#ifndef SERVICES_BUS_H
#define SERVICES_BUS_H

#include "base/model.h"

struct store;
struct bus;

struct bus *bus_new(struct store *store);
void bus_free(struct bus *b);

/* Stores the event, unless it has an id already (owned by the bus from here on, also when storing
 * fails: then it is logged) and wakes the readers. A zero `at` becomes now, a NULL data an empty
 * object. */
void bus_event(struct bus *b, struct event ev);
/* Short form. stack and service may be NULL; data is stolen and may be NULL. */
void bus_say(struct bus *b, const char *type, const char *stack, const char *service,
	const char *actor, const char *code, json_t *data, const char *fmt, ...)
	__attribute__((format(printf, 8, 9)));
/* Something a page shows has changed, though it is no event. */
void bus_touch(struct bus *b);
/* New readings are there. */
void bus_live(struct bus *b);
/* Lets every waiter go; bus_wait answers at once from then on. */
void bus_close(struct bus *b);

/* What a reader has seen. */
struct bus_seen {
	int64_t event;	      /* id of the last event */
	uint64_t state, live; /* versions */
	bool closed;
};
/* Waits until anything is newer than *seen (or ms are over) and writes how things stand now. */
void bus_wait(struct bus *b, struct bus_seen *seen, msec ms);
struct bus_seen bus_now(struct bus *b);

#endif
