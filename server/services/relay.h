/*
 * relay: the built-in ethstats client. One thread follows the wanted state, holds one connection
 * for each running stack whose relay is built in, and asks the nodes through their containers'
 * network namespaces. It never gives up; what it knows is in the world (struct relay_facts), where
 * findings and pages read it.
 *
 * Beside it, at most once a minute, it looks at the page's own feed: only that shows whether the
 * node is really seen there.
 *
 * The same thread watches the relays that have a container, by that feed and by their connection to
 * its server, both seen from inside of their network namespace. One that no longer relays is
 * restarted by a job like any other (domain/relay_watch.h).
 */
#ifndef SERVICES_RELAY_H
#define SERVICES_RELAY_H

#include "services/app.h"

struct relay;

int relay_start(struct app *app, struct relay **ret, struct err *e);
void relay_stop(struct relay *r); /* NULL is allowed */

/* Reads settings and secret again and begins anew: there is another secret, or somebody is
 * impatient. Its facts then show a higher epoch. For a relay with a container: restarts that the
 * watchdog made are forgotten. Any thread; NULL is allowed. */
void relay_again(struct relay *r, const char *stack);

#endif
