/* The step "watch": a new version on probation. */
#include "services/steps_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/probation.h"
#include "domain/words.h"
#include "io/docker.h"
#include "io/store.h"
#include "services/world.h"

#define LOOK_MS 1000
#define JOURNAL_MS 15000

struct watching {
	struct probation_rule rule;
	struct probation p;
	struct probation_obs o;
	int64_t needed; /* bytes of memory */
	int64_t disk_free, disk_floor;
};

static struct probation_rule rule_of(const struct step_ctx *c)
{
	return (struct probation_rule){
		.seconds = arg_int(c, "seconds", 0),
		.answer_s = arg_int(c, "answer_s", 60),
		.rpc = json_flag(c->step->args, "rpc", false),
		.needs_peers = json_flag(c->step->args, "needs_peers", false),
		.block_time_ms = arg_int(c, "block_time_ms", 0),
	};
}

static void observe(struct step_ctx *c, const struct container *k, struct watching *w)
{
	struct world *world = c->app->world;
	struct service_facts *f;

	w->o = (struct probation_obs){
		.at = clock_mono(),
		.alive = container_alive(k),
		.restarts = k->restart_count,
		.oom = k->oom_killed,
		.head = -1,
		.peers = -1,
	};
	w->needed = w->disk_free = -1;
	world_lock(world);
	f = world_service(world, c->job->plan.stack, arg_str(c, "service"));
	if (f && !strcmp(f->container.id, k->id)) {
		w->o.oom = w->o.oom || f->oom_at > c->step->started_at;
		w->o.answers = f->has_sync && f->sync.phase != SYNC_NO_ANSWER;
		w->o.snapshot = f->has_sync && f->sync.phase == SYNC_SNAPSHOT;
		w->o.head = f->has_sync ? f->sync.current : -1;
		w->o.peers = f->has_sync ? f->sync.peers : -1;
		w->needed = f->has_usage ? f->usage.anon : -1;
		w->disk_free = f->volume_total ? f->volume_free : -1;
		w->disk_floor = f->volume_floor;
	}
	world_unlock(world);
}

static void tell(struct step_ctx *c, const struct watching *w)
{
	const struct probation *p = &w->p;
	char block[WORDS_MAX], more[WORDS_MAX], need[WORDS_MAX];

	step_progress(c, p->watched_ms / 1000, w->rule.seconds, "seconds",
		w->rule.seconds - p->watched_ms / 1000);
	if (p->head < 0)
		step_note(c, "%s", w->o.answers ? "answers; no block yet" : "no answer yet");
	else
		step_note(c, "%s; block %s, %s imported%s%s%s",
			w->o.answers ? "answers" : "does not answer now",
			words_count(p->head, block), words_count(p->head - p->first_head, more),
			w->o.peers == 0 ? " (no peers)" : "", w->needed >= 0 ? "; needs " : "",
			w->needed >= 0 ? words_gib(w->needed, need) : "");
}

static int failed(struct step_ctx *c, const struct watching *w, const struct container *k,
	enum probation_end end, struct err *e)
{
	char last[DOCKER_LAST_WORDS], after[WORDS_MAX];

	words_seconds(w->p.watched_ms / 1000, after);
	switch (end) {
	case PROBATION_OOM:
		return err_set(e, ERR_CONFLICT, "memory.oom",
			"%s was stopped by the kernel after %s: it needed more memory than it may "
			"have.",
			k->name, after);
	case PROBATION_SILENT:
		return err_set(e, ERR_CONFLICT, "rpc.silent",
			"%s runs but has not answered for %lld s.", k->name,
			(long long)w->rule.answer_s);
	case PROBATION_STALLED:
		return err_set(e, ERR_CONFLICT, "sync.stalled",
			"%s has peers, but imported no block for %lld s.", k->name,
			(long long)(w->p.still_ms / 1000));
	default:
		docker_last_words(c->app->docker, k->id, 0, last);
		return err_set(e, ERR_CONFLICT, "service.ended", "%s ended after %s%s%s%s.",
			k->name, after, *last ? ": \"" : "", last, *last ? "\"" : "");
	}
}

/* What was seen is journaled now and then: a restart of this program goes on from there. */
static int journal(struct step_ctx *c, const struct watching *w, msec *last, struct err *e)
{
	if (*last && clock_mono() - *last < JOURNAL_MS)
		return 0;
	*last = clock_mono();
	step_result(c, "seen", probation_json(&w->p));
	return store_step_update(c->app->store, c->job->id, c->step, e);
}

int run_watch(struct step_ctx *c, struct err *e)
{
	struct watching w = {.rule = rule_of(c)};
	msec journaled = 0;
	const char *id;

	if (target(c, &id, e))
		return -1;
	probation_load(&w.p, json_obj(c->step->result, "seen"));
	for (;;) {
		autocontainer struct container k = {0};
		enum probation_end end;
		char left[WORDS_MAX];

		if (inspect(c, id, &k, e))
			return -1;
		step_waiting(c, "probation");
		observe(c, &k, &w);
		end = probation_look(&w.p, &w.rule, &w.o);
		tell(c, &w);
		if (end == PROBATION_PASSED)
			return 0;
		if (end != PROBATION_WATCHING)
			return failed(c, &w, &k, end, e);
		/* the guard can stop the node only when this job is over */
		if (w.disk_free >= 0 && w.disk_free < w.disk_floor)
			return err_set(e, ERR_CONFLICT, "disk.floor",
				"The volume of the chain is nearly full: %s are left.",
				words_gib(w.disk_free, left));
		if (*c->accept) {
			step_note(c, "accepted on request after %lld s",
				(long long)(w.p.watched_ms / 1000));
			return 0;
		}
		if (journal(c, &w, &journaled, e) || step_sleep(c, LOOK_MS, e))
			return -1;
	}
}
