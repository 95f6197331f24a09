/* Storms: once a minute each running node is held against its own recorded past. */
#include <stdlib.h>
#include <string.h>

#include "domain/storm.h"
#include "io/history.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define MINUTE_MS 60000

/* What is recorded of the last day, a value a minute; true when it could be read. */
static bool read_past(struct watch *w, const char *stack, msec now, struct history_view *ret)
{
	static const char *const series[] = {"memory_needed", "block", "behind", "peers"};
	autofree char *entity = xasprintf("%s/node", stack);

	return history_query(w->app->history, entity, series, COUNT(series),
		       now - STORM_MINUTES * (msec)MINUTE_MS, now, STORM_MINUTES + 1, ret,
		       NULL) == 0;
}

static void judge_node(struct watch *w, const char *stack, msec started_at, struct storm storm)
{
	msec now = clock_wall() / MINUTE_MS * MINUTE_MS;
	autohistoryview struct history_view v = {0};
	struct service_facts *f;

	if (!read_past(w, stack, now, &v) || v.step != MINUTE_MS)
		return;
	storm_judge(&storm,
		&(struct storm_past){
			v.n, v.bands[0].mean, v.bands[1].max, v.bands[2].mean, v.bands[3].mean},
		now, started_at);
	world_lock(w->app->world);
	f = world_service(w->app->world, stack, "node");
	if (f)
		f->storm = storm;
	world_unlock(w->app->world);
}

void watch_for_storms(struct watch *w)
{
	size_t n;
	struct stack *stacks;

	if (clock_mono() < w->storm_next)
		return;
	w->storm_next = clock_mono() + MINUTE_MS;
	stacks = world_copy_stacks(w->app->world, &n);
	for (size_t i = 0; i < n; i++) {
		struct service_facts *f;
		struct storm storm = {0};
		msec started_at = 0;

		world_lock(w->app->world);
		f = world_service(w->app->world, stacks[i].name, "node");
		if (f && container_alive(&f->container)) {
			storm = f->storm;
			started_at = f->container.started_at;
		}
		world_unlock(w->app->world);
		if (started_at)
			judge_node(w, stacks[i].name, started_at, storm);
		stack_free(&stacks[i]);
	}
	free(stacks);
}
