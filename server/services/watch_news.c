/* What an engine event means for a service of ours. */
#include <string.h>

#include "domain/advice.h"
#include "io/docker.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define CRASH_WINDOW_MS (10 * 60 * 1000)

struct who {
	char stack[32], service[32], id[65];
	bool run; /* wanted state */
	int pid;
	int64_t limit;
};

/* The kernel's word counts. A container that has just been started again can have been read before
 * the engine gave its new control group the limit: then what the engine keeps for it does. */
static int64_t limit_of(const struct service_facts *f)
{
	return f->has_usage && f->usage.memory_limit > 0 ? f->usage.memory_limit
							 : f->container.limits.memory;
}

/* By name: a container that was made anew has another id. */
static bool whose(struct watch *w, const struct news *n, struct who *ret)
{
	struct world *world = w->app->world;
	bool found = false;

	world_lock(world);
	for (size_t i = 0; i < world->n_services && !found; i++) {
		struct service_facts *f = &world->services[i];
		char name[80];

		snprintf(name, sizeof(name), "%s-%s", f->stack, f->service);
		if (strcmp(n->id, f->container.id) && strcmp(n->name, name))
			continue;
		found = true;
		*ret = (struct who){.run = world_stack(world, f->stack)->run,
			.pid = f->container.pid,
			.limit = limit_of(f)};
		snprintf(ret->stack, sizeof(ret->stack), "%s", f->stack);
		snprintf(ret->service, sizeof(ret->service), "%s", f->service);
		snprintf(ret->id, sizeof(ret->id), "%s", n->id);
	}
	world_unlock(world);
	return found;
}

/* A sign of it for the jobs that watch, at once; the words come with the card. */
static void note_oom(struct watch *w, const char *stack, const char *service)
{
	struct service_facts *f;

	world_lock(w->app->world);
	f = world_service(w->app->world, stack, service);
	if (f)
		f->oom_at = clock_wall();
	world_unlock(w->app->world);
}

void watch_oom(struct watch *w, const char *stack, const char *service, const char *container,
	int pid, int64_t limit)
{
	struct sign s = {
		.at = clock_wall(), .witnesses = WITNESS_COUNTER, .limit = limit, .pid = pid};

	snprintf(s.stack, sizeof(s.stack), "%s", stack);
	snprintf(s.service, sizeof(s.service), "%s", service);
	snprintf(s.container, sizeof(s.container), "%s", container);
	note_oom(w, stack, service);
	watch_sign(w, &s);
}

static struct sign sign_of(const struct news *n, const struct who *who)
{
	struct sign s = {.at = n->at, .limit = who->limit, .pid = who->pid};

	snprintf(s.stack, sizeof(s.stack), "%s", who->stack);
	snprintf(s.service, sizeof(s.service), "%s", who->service);
	snprintf(s.container, sizeof(s.container), "%s", n->id);
	return s;
}

static void engine_says_oom(struct watch *w, const struct news *n, const struct who *who)
{
	struct sign s = sign_of(n, who);

	s.witnesses = WITNESS_ENGINE_EVENT;
	note_oom(w, who->stack, who->service);
	watch_sign(w, &s);
}

static void engine_says_ended(
	struct watch *w, const struct news *n, const struct who *who, bool job)
{
	struct sign s = sign_of(n, who);

	s.ended = true;
	s.ended_at = n->at;
	s.exit_code = n->exit_code;
	watch_sign_end(w, &s, !job && strcmp(w->killed, n->id));
}

int watch_crashes(const struct watch *w, const char *stack, const char *service, msec now)
{
	int n = 0;

	for (size_t i = 0; i < COUNT(w->crashes); i++)
		if (w->crashes[i].at && now - w->crashes[i].at < CRASH_WINDOW_MS &&
			!strcmp(w->crashes[i].stack, stack) &&
			!strcmp(w->crashes[i].service, service))
			n++;
	return n;
}

void watch_forget_crashes(struct watch *w, const char *stack, const char *service)
{
	for (size_t i = 0; i < COUNT(w->crashes); i++)
		if (!strcmp(w->crashes[i].stack, stack) && !strcmp(w->crashes[i].service, service))
			w->crashes[i].at = 0;
}

static void count_crash(struct watch *w, const struct who *who)
{
	struct crash *c = &w->crashes[w->n_crashes++ % COUNT(w->crashes)];

	*c = (struct crash){.at = clock_wall()};
	snprintf(c->stack, sizeof(c->stack), "%s", who->stack);
	snprintf(c->service, sizeof(c->service), "%s", who->service);
}

/* It ended and no job of ours asked for it. */
static void ended_alone(struct watch *w, const struct news *n, const struct who *who)
{
	struct service_facts *f;
	char last[DOCKER_LAST_WORDS];

	docker_last_words(w->app->docker, n->id, n->at, last);
	if (strcmp(w->killed, n->id))
		count_crash(w, who);
	world_lock(w->app->world);
	f = world_service(w->app->world, who->stack, who->service);
	if (f)
		snprintf(f->last_words, sizeof(f->last_words), "%s", last);
	world_unlock(w->app->world);
	bus_say(w->app->bus, "service", who->stack, who->service, "engine", "service.ended",
		json_pack("{s:i}", "exit_code", n->exit_code), "%s ended with code %d%s%s%s.",
		who->service, n->exit_code, *last ? ": \"" : "", last, *last ? "\"" : "");
}

/* The last change of a job can be told when the job is over; and who gives up disarms. */
static bool changed_by_us(struct watch *w, const struct news *n, const struct who *who)
{
	bool disarmed = !strcmp(w->disarmed, n->id);
	struct job_facts last;

	if (disarmed)
		w->disarmed[0] = '\0';
	jobs_facts(w->app->jobs, who->stack, &last);
	return disarmed || n->at <= last.ended_at;
}

void watch_take_news(struct watch *w, const struct news *n)
{
	struct who who;
	bool job;

	if (!whose(w, n, &who))
		return;
	job = jobs_of_stack(w->app->jobs, who.stack) != 0;
	if (!strcmp(n->action, "kill"))
		snprintf(w->killed, sizeof(w->killed), "%s", n->id);
	else if (!strcmp(n->action, "start"))
		w->killed[0] = '\0';
	if (!strcmp(n->action, "oom"))
		engine_says_oom(w, n, &who);
	if (!strcmp(n->action, "die"))
		engine_says_ended(w, n, &who, job);
	if (!strcmp(n->action, "start"))
		watch_started_again(w, who.stack, who.service, n->at);
	if (job)
		return; /* the job tells what it does */
	if (!strcmp(n->action, "die"))
		ended_alone(w, n, &who);
	else if (!strcmp(n->action, "start"))
		bus_say(w->app->bus, "service", who.stack, who.service, "engine", "service.started",
			NULL, "%s was started.", who.service);
	else if (!strcmp(n->action, "update") && !changed_by_us(w, n, &who))
		bus_say(w->app->bus, "limits", who.stack, who.service, "engine", "limit.changed",
			NULL, "Somebody changed the limits of %s outside this app.", who.service);
	else if (!strcmp(n->action, "destroy"))
		bus_say(w->app->bus, "service", who.stack, who.service, "engine",
			"container.missing", NULL,
			"The container of %s was removed outside this app.", who.service);
}
