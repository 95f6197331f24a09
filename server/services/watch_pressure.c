/*
 * The pressure guard: acts, if the owner allowed it, before the kernel ends a process for memory:
 * by a job like any other, told as an event. What it may do and when is domain/pressure's word.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/pressure.h"
#include "domain/words.h"
#include "services/actions.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/settings.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define DANGERS_MAX 16 /* in one turn; the next is two seconds away */

/* One service in danger, and what is to be done. */
struct danger {
	char stack[32], service[32];
	struct limits limits; /* wanted */
	struct pressure_deed deed;
	double left_s;
};

static bool in_danger(
	struct watch *w, const struct stack *s, const struct service *svc, struct danger *ret)
{
	struct service_facts *f = world_service(w->app->world, s->name, svc->name);

	if (!f || !s->run || !f->ours || !container_alive(&f->container) || !svc->limits.memory)
		return false;
	ret->deed = pressure_decide(
		&f->pressure, &svc->guard, w->app->world->host.memory_available, clock_wall());
	if (ret->deed.act == GUARD_WARN)
		return false;
	snprintf(ret->stack, sizeof(ret->stack), "%s", s->name);
	snprintf(ret->service, sizeof(ret->service), "%s", svc->name);
	ret->limits = svc->limits;
	ret->left_s = f->pressure.left_s;
	return true;
}

static size_t find_dangers(struct watch *w, struct danger list[DANGERS_MAX])
{
	struct world *world = w->app->world;
	size_t n = 0;

	world_lock(world);
	for (size_t i = 0; i < world->n_stacks; i++)
		for (size_t k = 0; k < world->stacks[i].n_services && n < DANGERS_MAX; k++)
			n += in_danger(
				w, &world->stacks[i], &world->stacks[i].services[k], &list[n]);
	world_unlock(world);
	return n;
}

static void done(struct watch *w, const struct danger *d, const struct raised *raised)
{
	struct service_facts *f;

	world_lock(w->app->world);
	f = world_service(w->app->world, d->stack, d->service);
	if (f) {
		pressure_done(&f->pressure, d->deed.act, clock_wall());
		if (raised)
			f->raised = *raised;
	}
	world_unlock(w->app->world);
}

static int raise_limit(struct watch *w, const struct danger *d, struct err *e)
{
	struct raised raised = {.at = clock_wall(), .from = d->limits.memory, .to = d->deed.limit};
	struct limits limits = d->limits;
	char from[WORDS_MAX], to[WORDS_MAX], left[WORDS_MAX];
	int64_t id;

	limits.memory = raised.to;
	if (action_limits(w->app, d->stack, d->service, &limits, "watchdog", &id, e))
		return -1;
	done(w, d, &raised);
	bus_say(w->app->bus, "limits", d->stack, d->service, "watchdog", "memory.raised",
		json_pack("{s:I,s:I}", "from_bytes", (json_int_t)raised.from, "to_bytes",
			(json_int_t)raised.to),
		"The limit of %s would have been reached in %s: it is raised from %s to %s.",
		d->service, words_seconds((int64_t)d->left_s, left), words_gib(raised.from, from),
		words_gib(raised.to, to));
	return settings_set_raised(w->app->store, d->stack, d->service, &raised, e);
}

static int restart(struct watch *w, const struct danger *d, struct err *e)
{
	char left[WORDS_MAX];
	int64_t id;

	if (action_restart(w->app, d->stack, d->service, "watchdog", &id, e))
		return -1;
	done(w, d, NULL);
	bus_say(w->app->bus, "service", d->stack, d->service, "watchdog", "memory.restarted", NULL,
		"The limit of %s would have been reached in %s: it is restarted cleanly before "
		"that.",
		d->service, words_seconds((int64_t)d->left_s, left));
	return 0;
}

/* What was raised before this program was started, once for each service. */
static void recall(struct watch *w, const struct stack *s, const struct service *svc)
{
	struct raised raised = settings_raised(w->app->store, s->name, svc->name);
	struct service_facts *f;

	world_lock(w->app->world);
	f = world_service(w->app->world, s->name, svc->name);
	if (f && !f->raised.at)
		f->raised = raised;
	world_unlock(w->app->world);
}

void watch_recall_raises(struct watch *w)
{
	size_t n;
	struct stack *stacks = world_copy_stacks(w->app->world, &n);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < stacks[i].n_services; k++)
			recall(w, &stacks[i], &stacks[i].services[k]);
		stack_free(&stacks[i]);
	}
	free(stacks);
}

static void act(struct watch *w, const struct danger *d)
{
	struct err e = {0};

	if (jobs_of_stack(w->app->jobs, d->stack))
		return;
	if (d->deed.act == GUARD_RAISE ? raise_limit(w, d, &e) : restart(w, d, &e))
		log_warn("%s of %s could not be guarded from its memory limit: %s", d->service,
			d->stack, e.message);
}

void watch_guard_memory(struct watch *w)
{
	struct danger list[DANGERS_MAX];
	size_t n = find_dangers(w, list);

	for (size_t i = 0; i < n; i++)
		act(w, &list[i]);
}
