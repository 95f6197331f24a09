/* The step of the built-in relay. */
#include "services/steps_priv.h"

#include <string.h>

#include "domain/advice.h"
#include "services/relay.h"
#include "services/world.h"

#define WORD_MS 15000 /* a refused secret is known by then */

static bool facts_of_relay(struct step_ctx *c, struct relay_facts *ret)
{
	struct world *w = c->app->world;
	struct service_facts *f;
	bool there;

	world_lock(w);
	f = world_service(w, c->job->plan.stack, arg_str(c, "service"));
	there = f && f->has_relay;
	if (there)
		*ret = f->relay;
	world_unlock(w);
	return there;
}

/* What it says never fails the job: the settings are kept, and it goes on trying by itself. */
int run_report(struct step_ctx *c, struct err *e)
{
	struct relay_facts now = {0};
	unsigned before;
	msec since = clock_mono();

	facts_of_relay(c, &now);
	before = now.epoch;
	relay_again(c->app->relay, c->job->plan.stack);
	while (clock_mono() - since < WORD_MS) {
		if (step_sleep(c, 100, e))
			return -1;
		if (!facts_of_relay(c, &now) || now.epoch <= before)
			continue;
		if (now.state == ETHSTATS_READY) {
			step_note(c, "%s takes the messages of \"%s\".", now.server, now.id);
			return 0;
		}
		if (now.tries) {
			step_note(c, "%s It is tried again by itself.", now.reason);
			return 0;
		}
	}
	step_note(c, "The server has not answered yet; it is tried again by itself.");
	return 0;
}
