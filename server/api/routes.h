/*
 * routes: the whole API as one table. shared/api.yaml says the same in more words; a test holds the
 * two together.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/call.h"

/* Ends with a NULL method. */
extern const struct route api_routes[];

/* For http_config.handle; app is a struct app. */
void routes_handle(void *app, struct http_req *req);

#endif
