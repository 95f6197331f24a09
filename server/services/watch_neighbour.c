/*
 * Good neighbour: gives each service the share of processor and disk that domain/neighbour asks
 * for, by a live update of its container and nothing else: no job, no restart, and the owner's
 * limits stay what is wanted. Every change is an event.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "domain/neighbour.h"
#include "io/docker.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define CHANGES_MAX 16	   /* in one turn; the next is two seconds away */
#define PAUSE_MS 5000	   /* after an act: readings of before it may still come in */
#define RETRY_MS 60000	   /* after one that failed */
#define SHARE_WORDS_MAX 80 /* bytes of "0.50 CPUs, 256 CPU shares, disk weight 100" */

/* One service that gets another share. */
struct change {
	char stack[32], service[32], id[65];
	unsigned from, to; /* modes */
	struct share was, will;
};

static struct neighbour_now how_it_stands(const struct world *w)
{
	return (struct neighbour_now){
		.mono = clock_mono(),
		.minute = clock_local_minute(clock_wall()),
		.load_per_core = w->host.cpus > 0 && w->others_load >= 0
					 ? w->others_load / w->host.cpus
					 : -1,
		.io_percent = w->host.at ? w->host.pressure_io : -1,
	};
}

static bool may_change(const struct stack *s, const struct service_facts *f, msec now)
{
	const struct neighbour_state *n = &f->neighbour;

	return s->run && f->ours && container_alive(&f->container) && (int)n->asked != n->has &&
	       (!n->tried_at || now - n->tried_at >= n->pause);
}

static bool wants_change(struct world *w, const struct stack *s, const struct service *svc,
	const struct neighbour_now *now, struct change *ret)
{
	struct service_facts *f = world_service(w, s->name, svc->name);
	struct limits was, will;
	bool weighs;

	if (!f || !f->has_usage || f->neighbour.has < 0)
		return false;
	ret->to = neighbour_ask(&f->neighbour, &svc->neighbour, now);
	ret->from = (unsigned)f->neighbour.has;
	weighs = f->usage.blkio_weight > 0 && !f->neighbour.no_weight;
	was = neighbour_limits(&svc->limits, &svc->neighbour, ret->from, weighs);
	will = neighbour_limits(&svc->limits, &svc->neighbour, ret->to, weighs);
	ret->was = limits_share(&was);
	ret->will = limits_share(&will);
	if (!may_change(s, f, now->mono) || share_equal(&ret->was, &ret->will))
		return false;
	snprintf(ret->stack, sizeof(ret->stack), "%s", s->name);
	snprintf(ret->service, sizeof(ret->service), "%s", svc->name);
	snprintf(ret->id, sizeof(ret->id), "%s", f->container.id);
	return true;
}

static size_t find_changes(struct watch *w, struct change list[CHANGES_MAX])
{
	struct world *world = w->app->world;
	struct neighbour_now now;
	size_t n = 0;

	world_lock(world);
	now = how_it_stands(world);
	for (size_t i = 0; i < world->n_stacks; i++)
		for (size_t k = 0; k < world->stacks[i].n_services && n < CHANGES_MAX; k++)
			n += wants_change(world, &world->stacks[i], &world->stacks[i].services[k],
				&now, &list[n]);
	world_unlock(world);
	return n;
}

/* What came of it. no_weight: this engine cannot weigh disk access. */
static void tried(struct watch *w, const struct change *c, bool done, bool no_weight)
{
	struct service_facts *f;

	world_lock(w->app->world);
	f = world_service(w->app->world, c->stack, c->service);
	if (f) {
		f->neighbour.tried_at = clock_mono();
		f->neighbour.pause = done ? PAUSE_MS : RETRY_MS;
		f->neighbour.no_weight |= no_weight;
		if (done) {
			f->neighbour.has = (int)c->to;
			f->neighbour.at = clock_wall();
		}
	}
	world_unlock(w->app->world);
}

/* What it gets now of what changed. */
static void share_words(const struct change *c, char out[SHARE_WORDS_MAX])
{
	const struct share *was = &c->was, *will = &c->will;
	int n = 0;

	out[0] = '\0';
	if (was->cpu_millis != will->cpu_millis && will->cpu_millis)
		n += snprintf(out, SHARE_WORDS_MAX, "%.2f CPUs", (double)will->cpu_millis / 1000);
	else if (was->cpu_millis != will->cpu_millis)
		n += snprintf(out, SHARE_WORDS_MAX, "all CPUs");
	if (was->cpu_shares != will->cpu_shares)
		n += snprintf(out + n, (size_t)(SHARE_WORDS_MAX - n), "%s%lld CPU shares",
			n ? ", " : "", (long long)(will->cpu_shares ? will->cpu_shares : 1024));
	if (was->blkio_weight != will->blkio_weight)
		snprintf(out + n, (size_t)(SHARE_WORDS_MAX - n), "%sdisk weight %lld",
			n ? ", " : "", (long long)(will->blkio_weight ? will->blkio_weight : 500));
}

static void tell(struct watch *w, const struct change *c)
{
	bool busy = c->to & NEIGHBOUR_BUSY, quiet = c->to & NEIGHBOUR_QUIET;
	const char *code = busy ? "neighbour.busy" : quiet ? "neighbour.quiet" : "neighbour.own";
	char gets[SHARE_WORDS_MAX];
	const char *why;

	if (busy)
		why = "The NAS is busy with other work";
	else if (c->from & NEIGHBOUR_BUSY)
		why = "The NAS is calm again";
	else
		why = quiet ? "The quiet hours have begun" : "The quiet hours are over";
	share_words(c, gets);
	bus_say(w->app->bus, "limits", c->stack, c->service, "watchdog", code,
		json_pack("{s:b,s:b,s:f,s:I,s:I}", "busy", busy, "quiet", quiet, "cpus",
			(double)c->will.cpu_millis / 1000, "cpu_shares",
			(json_int_t)c->will.cpu_shares, "blkio_weight",
			(json_int_t)c->will.blkio_weight),
		"%s: %s has %s now.", why, c->service, gets);
}

/* Without the weight when the engine throws that away: the rest is set all the same. */
static int set_share(struct watch *w, struct change *c, bool *ret_no_weight, struct err *e)
{
	int rc = docker_update_share(w->app->docker, c->id, &c->will, e);

	*ret_no_weight = rc && err_is(e, "limit.unsupported") && c->will.blkio_weight;
	if (!*ret_no_weight)
		return rc;
	c->will.blkio_weight = c->was.blkio_weight;
	return 0;
}

/* What the engine took and the kernel has not is told by the next readings, as drift. */
static void change(struct watch *w, struct change *c)
{
	struct err e = {0};
	bool no_weight, done;

	if (jobs_of_stack(w->app->jobs, c->stack))
		return;
	done = set_share(w, c, &no_weight, &e) == 0;
	tried(w, c, done, no_weight);
	if (*e.message)
		log_warn("The share of %s of %s: %s", c->service, c->stack, e.message);
	if (done && !share_equal(&c->was, &c->will))
		tell(w, c);
}

void watch_be_neighbour(struct watch *w)
{
	struct change list[CHANGES_MAX];
	size_t n = find_changes(w, list);

	for (size_t i = 0; i < n; i++)
		change(w, &list[i]);
}
