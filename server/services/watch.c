/* Start, stop, and the look at the containers. */
#include "services/watch.h"

#include <stdlib.h>
#include <string.h>

#include "domain/spec.h"
#include "io/docker.h"
#include "io/host.h"
#include "io/kmsg.h"
#include "services/bus.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define KERNEL_LOG "/dev/kmsg"
#define BOOT_GRACE_S 300       /* law 7 */
#define CONNECT_GRACE_MS 15000 /* and so long after the engine came back */

int watch_start(struct app *app, struct watch **ret, struct err *e)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->app = app;
	w->kmsg = kmsg_open(KERNEL_LOG);
	gate_init(&w->gate);
	pthread_mutex_init(&w->refresh_lock, NULL);
	*ret = w;
	if (thread_start(&w->events_thread, "events", watch_events_run, w, e))
		return -1;
	w->events_runs = true;
	if (thread_start(&w->keeper_thread, "keeper", watch_keeper_run, w, e))
		return -1;
	w->keeper_runs = true;
	return 0;
}

void watch_stop(struct watch *w)
{
	if (!w)
		return;
	w->stop = w->cut = true;
	gate_wake(&w->gate);
	if (w->events_runs)
		pthread_join(w->events_thread, NULL);
	if (w->keeper_runs)
		pthread_join(w->keeper_thread, NULL);
	pthread_mutex_destroy(&w->refresh_lock);
	gate_destroy(&w->gate);
	kmsg_close(w->kmsg);
	free(w);
}

void watch_poke(struct watch *w)
{
	if (!w)
		return;
	gate_lock(&w->gate);
	w->poked = w->look = true;
	gate_wake(&w->gate);
	gate_unlock(&w->gate);
}

/* Soon after boot, or after the engine came back, "not found" is no answer to act upon. */
static bool too_early(struct watch *w)
{
	struct host h;

	if (w->connected_anew && clock_mono() - w->connected_at < CONNECT_GRACE_MS)
		return true;
	return host_read(w->app->config.proc_root, &h, NULL) == 0 && h.uptime_s < BOOT_GRACE_S;
}

static bool is_ours(const struct container *c, const struct stack *s, const char *service)
{
	return !strcmp(json_str(c->labels, LABEL_STACK, ""), s->name) &&
	       !strcmp(json_str(c->labels, LABEL_SERVICE, ""), service);
}

static bool is_armed(const struct container *c)
{
	return c->restart_policy && !strcmp(c->restart_policy, "always");
}

/* Nothing to look at; what is known is of an earlier relay. */
static void forget_container(struct world *w, const struct stack *s, const struct service *svc)
{
	struct service_facts *f;

	world_lock(w);
	f = world_service(w, s->name, svc->name);
	if (f) {
		container_free(&f->container);
		f->container = (struct container){0};
		f->ours = f->split = f->has_usage = f->given_up = false;
		f->drift = 0;
	}
	world_unlock(w);
}

/* The container by its name, into the world. */
static int look_at(struct watch *w, const struct stack *s, const struct service *svc, struct err *e)
{
	const struct recipe *r = recipe_find(w->app->recipes, svc->recipe);
	autofree char *name = spec_container_name(s, svc->name);
	struct container c = {0};
	struct service_facts *f;

	if (r && r->builtin) {
		forget_container(w->app->world, s, svc);
		return 0;
	}
	if (docker_inspect(w->app->docker, name, &c, e))
		return -1;
	if (c.presence == PRESENCE_NO && too_early(w))
		c.presence = PRESENCE_UNKNOWN;
	world_lock(w->app->world);
	f = world_service(w->app->world, s->name, svc->name);
	if (f) {
		struct container old = f->container;

		f->container = c;
		c = old;
		f->ours = is_ours(&f->container, s, svc->name);
		f->drift &= ~(unsigned)DRIFT_CONTAINER;
		if (f->container.presence == PRESENCE_YES && !f->ours)
			f->drift |= DRIFT_CONTAINER;
		if (strcmp(c.id, f->container.id) || c.started_at != f->container.started_at) {
			f->has_usage = f->has_sync = false;
			f->head_at = 0;
		}
		/* a Start job arms it again; a start that was under way when we gave up does not */
		if (container_alive(&f->container) && is_armed(&f->container))
			f->given_up = false;
	}
	world_unlock(w->app->world);
	container_free(&c);
	return 0;
}

/* 0 = not known: a process that ended since the look has no namespace, and proves nothing. */
static bool differ(uint64_t a, uint64_t b)
{
	return a && b && a != b;
}

/* A relay that somebody else put in the place of ours is his: a finding, and nothing to repair. */
static void look_at_namespaces(struct world *w, const struct stack *s)
{
	struct service_facts *node, *relay;

	world_lock(w);
	node = world_service(w, s->name, "node");
	relay = world_service(w, s->name, "relay");
	if (node)
		node->split =
			s->network == NET_SHARED && relay && relay->ours &&
			container_alive(&node->container) && container_alive(&relay->container) &&
			differ(host_netns(node->container.pid), host_netns(relay->container.pid));
	world_unlock(w);
}

static void forget_all(struct world *w)
{
	world_lock(w);
	for (size_t i = 0; i < w->n_services; i++)
		w->services[i].container.presence = PRESENCE_UNKNOWN;
	world_unlock(w);
}

int watch_refresh(struct watch *w, struct err *e)
{
	size_t n;
	struct stack *stacks = world_copy_stacks(w->app->world, &n);
	int rc = 0;

	pthread_mutex_lock(&w->refresh_lock);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; rc == 0 && k < stacks[i].n_services; k++)
			rc = look_at(w, &stacks[i], &stacks[i].services[k], e);
		look_at_namespaces(w->app->world, &stacks[i]);
	}
	if (rc)
		forget_all(w->app->world);
	pthread_mutex_unlock(&w->refresh_lock);
	for (size_t i = 0; i < n; i++)
		stack_free(&stacks[i]);
	free(stacks);
	bus_touch(w->app->bus);
	return rc;
}
