/*
 * watch: keeps what is and what should be together. One thread follows the engine's events and
 * reconnects for ever; the other (the keeper) looks at the containers when something happened,
 * works out verdict and findings, starts what should run after the engine or the NAS came back,
 * ends crash loops, and repairs a split network namespace by a restart in order.
 *
 * It never makes a container anew by itself: that is a person's click (law 7).
 */
#ifndef SERVICES_WATCH_H
#define SERVICES_WATCH_H

#include "domain/incident.h"
#include "services/app.h"

struct watch;

int watch_start(struct app *app, struct watch **ret, struct err *e);
void watch_stop(struct watch *w); /* NULL is allowed */

/* Look again soon: something outside the engine's events has changed (a reading, a job). Any
 * thread. */
void watch_poke(struct watch *w);
/* Look at the containers right now, in the caller's thread; what the engine says afterwards is in
 * the world. Answers engine.* when it cannot. */
int watch_refresh(struct watch *w, struct err *e);
/* A kill for memory was seen in the kernel's counters of a container with this main process. limit:
 * bytes, 0 = none. Any thread. */
void watch_oom(struct watch *w, const char *stack, const char *service, const char *container,
	int pid, int64_t limit);
/* Its owner knows of it: it is no finding any more. Fills in seen_at. Any thread. */
int watch_seen(struct watch *w, struct incident *i, struct err *e);

#endif
