/* view_priv: what the files of the room view share; nobody else includes it. */
#ifndef API_VIEW_PRIV_H
#define API_VIEW_PRIV_H

#include "api/view.h"
#include "domain/advice.h"

/* With the world's lock held; NULL (JSON null) when there is no reading. */
json_t *view_usage(const struct service_facts *f);
json_t *view_sync(const struct service_facts *f);
json_t *view_relay(const struct service_facts *f);

#endif
