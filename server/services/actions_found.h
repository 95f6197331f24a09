/*
 * actions_found: what hand-made containers tell of themselves. For the files of the room actions.
 * Any thread. Error codes: engine.*, container.missing.
 */
#ifndef SERVICES_ACTIONS_FOUND_H
#define SERVICES_ACTIONS_FOUND_H

#include "domain/understand.h"
#include "services/app.h"

/* A container by name or id → a "seen" container of domain/understand; owned by the caller. */
int found_look(struct app *app, const char *name, json_t **ret, struct err *e);

/* The configuration file that it mounts, or has in its own layer, into what was understood; one
 * that cannot be read becomes a note. */
void found_config(
	struct understood *u, const struct recipe *r, const char *service, const json_t *seen);

#endif
