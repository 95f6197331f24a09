/*
 * The disk guard: looks at the volume of every chain, and stops a node cleanly before its database
 * meets a full disk. It starts nothing again: that is a person's click, when there is room.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/disk.h"
#include "domain/words.h"
#include "io/host.h"
#include "io/store.h"
#include "services/actions.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/settings.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define RETRY_MS 30000 /* between two tries to stop one stack */

static void publish(struct watch *w, const struct stack *s, const struct volume *v, int64_t floor,
	bool stopped, bool *ret_alive)
{
	struct service_facts *f;

	*ret_alive = false;
	world_lock(w->app->world);
	f = world_service(w->app->world, s->name, "node");
	if (f) {
		f->volume_total = v->total;
		f->volume_free = v->free;
		f->volume_floor = floor;
		f->disk_stopped = stopped;
		*ret_alive = container_alive(&f->container) && f->ours;
	}
	world_unlock(w->app->world);
}

static void stop_it(struct watch *w, const struct stack *s, const struct volume *v)
{
	struct volume named = {.mount = "its volume"};
	char left[WORDS_MAX];
	struct err e = {0};
	int64_t id;

	/* first the note, so that the page says why it stands, whatever happens now */
	if (settings_set_disk_stopped(w->app->store, s->name, true, &e) ||
		action_stop(w->app, s->name, "watchdog", &id, &e)) {
		log_warn("%s could not be stopped for want of space: %s", s->name, e.message);
		return;
	}
	host_volume(s->data_dir, &named, NULL);
	bus_say(w->app->bus, "stack", s->name, "node", "watchdog", "disk.floor", NULL,
		"%s are left on %s: the node is stopped before its database breaks.",
		words_gib(v->free, left), named.mount);
}

static void guard(struct watch *w, const struct stack *s)
{
	static msec tried; /* keeper thread only */
	bool stopped = settings_disk_stopped(w->app->store, s->name), alive;
	struct volume v = {0};
	int64_t floor;

	if (host_space(s->data_dir, &v, NULL))
		return;
	floor = disk_floor(settings_disk_floor(w->app->store), v.total);
	if (stopped && s->run && !jobs_of_stack(w->app->jobs, s->name)) {
		/* a person has started it since, or the stop was taken back */
		if (v.free >= floor)
			settings_set_disk_stopped(w->app->store, s->name, stopped = false, NULL);
	}
	publish(w, s, &v, floor, stopped, &alive);
	if (v.free >= floor || !alive || jobs_of_stack(w->app->jobs, s->name) ||
		(tried && clock_mono() - tried < RETRY_MS && stopped))
		return;
	tried = clock_mono();
	stop_it(w, s, &v);
}

void watch_guard_disks(struct watch *w)
{
	size_t n;
	struct stack *stacks = world_copy_stacks(w->app->world, &n);

	for (size_t i = 0; i < n; i++) {
		guard(w, &stacks[i]);
		stack_free(&stacks[i]);
	}
	free(stacks);
}
