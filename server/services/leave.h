/*
 * leave: what the removal of the package asks for (`ethstation leave`), after the server was
 * stopped. Chains, settings and containers stay in any case; the owner's setting when_removed says
 * whether the containers run on ("keep", at first) or are stopped cleanly ("stop").
 *
 * A container is never ended by force here: one that is still writing when the patience is over
 * runs on, and that is said.
 *
 * Error codes: those of io/store and io/docker.
 */
#ifndef SERVICES_LEAVE_H
#define SERVICES_LEAVE_H

#include "services/app.h"

#define LEAVE_PATIENCE_S 100 /* App Center waits 150 s for the whole removal */

/* app: with recipes, store and docker. Says on standard output what it did. */
int leave_run(struct app *app, struct err *e);

#endif
