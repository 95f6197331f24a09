/* The keeper: looks, judges, and brings back what should run. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/plan.h"
#include "io/docker.h"
#include "io/store.h"
#include "services/actions.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define LOOK_EVERY_MS 10000 /* events may be lost; drift must be seen within 15 s */
#define JUDGE_EVERY_MS 2000
#define CRASHES_TO_GIVE_UP 5
#define REPAIR_PAUSE_MS 60000 /* between two automatic repairs of one stack */

#define INSTALLS_MAX 8 /* jobs of stacks that do not exist yet */

static struct job_facts *collect_jobs(struct watch *w, size_t *ret_n)
{
	size_t n;
	struct stack *stacks = world_copy_stacks(w->app->world, &n);
	struct job_facts *jobs = xcalloc(n + INSTALLS_MAX, sizeof(*jobs));

	for (size_t i = 0; i < n; i++) {
		jobs_facts(w->app->jobs, stacks[i].name, &jobs[i]);
		stack_free(&stacks[i]);
	}
	free(stacks);
	*ret_n = n + jobs_running(w->app->jobs, jobs + n, INSTALLS_MAX);
	return jobs;
}

static const json_t *same_finding(const json_t *list, const json_t *f)
{
	size_t i;
	json_t *o;

	json_array_foreach ((json_t *)list, i, o)
		if (!strcmp(json_str(o, "code", ""), json_str(f, "code", "")) &&
			!strcmp(json_str(o, "stack", ""), json_str(f, "stack", "")) &&
			!strcmp(json_str(o, "service", ""), json_str(f, "service", "")))
			return o;
	return NULL;
}

/* A job tells its end itself, and a kill is told with all that is known of it. */
static bool tells_itself(const json_t *f)
{
	const char *code = json_str(f, "code", "");

	return !strncmp(code, "job.", 4) ||
	       (json_int(f, "incident", 0) > 0 && !strncmp(code, "memory.", 7));
}

/* Every finding that came or went is an event. */
static void tell_changes(struct watch *w, const json_t *old, const json_t *new)
{
	size_t i;
	json_t *f;

	json_array_foreach ((json_t *)new, i, f)
		if (!same_finding(old, f) && !tells_itself(f))
			bus_say(w->app->bus, "finding", json_str(f, "stack", NULL),
				json_str(f, "service", NULL), "watchdog", json_str(f, "code", NULL),
				json_incref(f), "%s", json_str(f, "message", ""));
	json_array_foreach ((json_t *)old, i, f)
		if (!same_finding(new, f) && !tells_itself(f))
			bus_say(w->app->bus, "finding", json_str(f, "stack", NULL),
				json_str(f, "service", NULL), "watchdog", "finding.over",
				json_incref(f), "Over: %s", json_str(f, "message", ""));
}

static void judge(struct watch *w)
{
	struct world *world = w->app->world;
	size_t n_jobs;
	autofree struct job_facts *jobs = collect_jobs(w, &n_jobs);
	autojson json_t *old = NULL, *new = NULL;
	struct advice_input in = {
		.now = clock_wall(), .recipes = w->app->recipes, .jobs = jobs, .n_jobs = n_jobs};
	json_t *verdict;
	bool changed;

	world_lock(world);
	in.engine = &world->engine;
	in.stacks = world->stacks;
	in.n_stacks = world->n_stacks;
	in.services = world->services;
	in.n_services = world->n_services;
	in.volume_free = world->volume.total ? world->volume.free : -1;
	in.before = world->findings;
	advise(&in, &verdict, &new);
	/* copies, not shared references: every thread has values of its own */
	old = world->findings;
	changed = !json_equal(old, new) ||
		  strcmp(json_str(world->verdict, "word", ""), json_str(verdict, "word", ""));
	json_decref(world->verdict);
	world->verdict = verdict;
	world->findings = json_deep_copy(new);
	world_unlock(world);
	tell_changes(w, old, new);
	if (changed)
		bus_touch(w->app->bus);
}

/* ---- bringing back ---- */

struct repair {
	char stack[32];
	bool start, restart;
};

static void wants_repair(
	const struct world *world, const struct stack *s, bool anew, struct repair *r)
{
	for (size_t k = 0; s->run && k < s->n_services; k++) {
		const struct service_facts *f =
			world_service((struct world *)world, s->name, s->services[k].name);
		bool there = f && f->container.presence == PRESENCE_YES && f->ours;

		/* Only after the engine or this program came back: what a person stopped in between
		 * is a finding, not ours to start. */
		if (anew && there && !container_alive(&f->container) && !f->given_up)
			r->start = true;
		if (there && f->split)
			r->restart = true;
	}
}

static void repair_stack(struct watch *w, const struct repair *r)
{
	struct err e = {0};
	int64_t id;

	if (jobs_of_stack(w->app->jobs, r->stack))
		return;
	if (r->start ? action_start(w->app, r->stack, "watchdog", &id, &e)
		     : action_restart(w->app, r->stack, NULL, "watchdog", &id, &e))
		log_warn("%s could not be brought back: %s", r->stack, e.message);
}

static void repair_all(struct watch *w, bool anew)
{
	static msec last; /* keeper thread only */
	struct repair list[64];
	size_t n = 0;

	if (!anew && clock_mono() - last < REPAIR_PAUSE_MS)
		return;
	world_lock(w->app->world);
	for (size_t i = 0; i < w->app->world->n_stacks && n < COUNT(list); i++) {
		struct repair r = {0};

		snprintf(r.stack, sizeof(r.stack), "%s", w->app->world->stacks[i].name);
		wants_repair(w->app->world, &w->app->world->stacks[i], anew, &r);
		if (r.start || r.restart)
			list[n++] = r;
	}
	world_unlock(w->app->world);
	if (n)
		last = clock_mono();
	for (size_t i = 0; i < n; i++)
		repair_stack(w, &list[i]);
}

/* ---- crash loops ---- */

static void give_up(struct watch *w, const char *stack, const char *service, const char *id)
{
	struct service_facts *f;
	struct err e = {0};

	snprintf(w->disarmed, sizeof(w->disarmed), "%s", id);
	if (docker_update_restart(w->app->docker, id, "no", &e) ||
		docker_signal(w->app->docker, id, "SIGTERM", &e))
		log_warn("%s of %s could not be stopped: %s", service, stack, e.message);
	world_lock(w->app->world);
	f = world_service(w->app->world, stack, service);
	if (f)
		f->given_up = true;
	world_unlock(w->app->world);
	bus_say(w->app->bus, "service", stack, service, "watchdog", "node.crash_loop", NULL,
		"%s crashed %d times in ten minutes; it is not started again by itself.", service,
		CRASHES_TO_GIVE_UP);
	watch_forget_crashes(w, stack, service);
}

static void end_crash_loops(struct watch *w)
{
	struct world *world = w->app->world;
	char stack[32] = "", service[32], id[65];

	world_lock(world);
	for (size_t i = 0; i < world->n_services; i++) {
		struct service_facts *f = &world->services[i];

		if (f->given_up) /* the finding goes on telling how many they were */
			continue;
		f->crashes = watch_crashes(w, f->stack, f->service, clock_wall());
		if (f->crashes < CRASHES_TO_GIVE_UP)
			continue;
		snprintf(stack, sizeof(stack), "%s", f->stack);
		snprintf(service, sizeof(service), "%s", f->service);
		snprintf(id, sizeof(id), "%s", f->container.id);
	}
	world_unlock(world);
	if (*stack && !jobs_of_stack(w->app->jobs, stack))
		give_up(w, stack, service, id);
}

/* ---- the loop ---- */

struct turn {
	struct news news[NEWS_MAX];
	size_t n;
	bool look, anew;
};

static void wait_for_turn(struct watch *w, struct turn *t)
{
	gate_lock(&w->gate);
	if (!w->stop && !w->poked && !w->look && !w->n_news)
		gate_wait(&w->gate, watch_signs_wait(w, JUDGE_EVERY_MS));
	memcpy(t->news, w->news, w->n_news * sizeof(*t->news));
	t->n = w->n_news;
	t->look = w->look;
	t->anew = w->connected_anew;
	w->n_news = 0;
	w->look = w->poked = false;
	gate_unlock(&w->gate);
}

static bool connected(struct watch *w)
{
	bool yes;

	world_lock(w->app->world);
	yes = w->app->world->engine.status == ENGINE_CONNECTED;
	world_unlock(w->app->world);
	return yes;
}

/* The first look after the engine came back: once it worked, "anew" is over. */
static void came_back(struct watch *w)
{
	repair_all(w, true);
	gate_lock(&w->gate);
	w->connected_anew = false;
	gate_unlock(&w->gate);
}

/* A hanging engine leaves its stream of events open: the other thread has to ask whether it lives.
 */
static void no_look(struct watch *w, const struct err *why)
{
	log_debug("containers could not be read: %s", why->message);
	if (err_is(why, "engine.slow"))
		w->cut = true;
}

void *watch_keeper_run(void *arg)
{
	struct watch *w = arg;
	struct turn *t = xcalloc(1, sizeof(*t));
	msec looked = -LOOK_EVERY_MS;

	watch_recall_raises(w);
	watch_recall_incidents(w);
	while (!w->stop) {
		struct err e = {0};

		wait_for_turn(w, t);
		if (connected(w) && (t->look || clock_mono() - looked >= LOOK_EVERY_MS)) {
			looked = clock_mono();
			for (size_t i = 0; i < t->n; i++)
				watch_take_news(w, &t->news[i]);
			if (watch_refresh(w, &e))
				no_look(w, &e);
			else if (t->anew)
				came_back(w);
			else
				repair_all(w, false);
			end_crash_loops(w);
		}
		watch_close_signs(w);
		watch_guard_disks(w);
		watch_guard_memory(w);
		watch_for_storms(w);
		if (connected(w))
			watch_be_neighbour(w);
		judge(w);
		store_reserve(w->app->store);
	}
	free(t);
	return NULL;
}
