/*
 * probe: one thread that asks the nodes how they are: JSON-RPC through their network namespaces,
 * sync progress by the recipe's rule; and now and then the size of the chain on disk. Every 2 s
 * while a node syncs, every 5 s at the head.
 */
#ifndef SERVICES_PROBE_H
#define SERVICES_PROBE_H

#include "services/app.h"

struct probe;

int probe_start(struct app *app, struct probe **ret, struct err *e);
void probe_stop(struct probe *p); /* NULL is allowed */

#endif
