/* metrics: what /metrics says of the world, in the text form of domain/exposition.h. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include "base/buf.h"
#include "services/world.h"

/* With the world's lock held: engine, findings, the NAS, and all services. */
void metrics_world(struct buf *b, const struct world *w);
/* The part of it that is of services: labels stack and service. */
void metrics_services(struct buf *b, const struct world *w);

#endif
