/*
 * act: an action of services/actions as the answer to a request: its plan for a dry run, otherwise
 * its job. One thread.
 */
#ifndef API_ACT_H
#define API_ACT_H

#include "api/call.h"
#include "services/actions.h"

/* Checks the body's members, honours Idempotency-Key, answers. */
void act(struct api_call *call, struct action a, bool dry_run);
/* An action on the stack of the path. */
void act_on_stack(struct api_call *call, const char *name);

#endif
