/*
 * view: the present state as JSON, in the shapes of api.yaml. The whole State is built at most once
 * for each change of the world or tick of the clock, and then shared by every reader.
 */
#ifndef API_VIEW_H
#define API_VIEW_H

#include "services/app.h"

/* Owned by the caller. */
json_t *view_engine(struct app *app);
json_t *view_host(struct app *app);
int view_stack(struct app *app, const char *name, json_t **ret, struct err *e); /* stack.missing */
json_t *view_stacks(struct app *app);
json_t *view_event(const struct event *ev);
/* The readings of all services: the `live` message of the event stream. */
json_t *view_live(struct app *app);

/* State as text, owned by the caller. */
char *view_state(struct app *app, size_t *ret_len);

#endif
