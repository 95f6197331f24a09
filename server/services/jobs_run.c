/* Running one job: forward step by step, or back. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "io/host.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/jobs_priv.h"
#include "services/steps.h"

#define ENGINE_PATIENCE_MS (10 * 60 * 1000)
#define ERROR_PATIENCE_MS (60 * 1000) /* with an engine that answers, but fails */
#define END_PAUSE_MS 1000	      /* between two tries to write that a job has ended */
#define BOOT_GRACE_S                                                                               \
	300 /* law 7: so long after boot the engine may not see all its containers yet */

/* What is saved are plain values: a copy taken under the lock will do, and the disk is waited for
 * without it. */
static void job_save(struct runner *r)
{
	struct err e = {0};
	struct job now;

	gate_lock(&r->jobs->gate);
	now = r->job;
	gate_unlock(&r->jobs->gate);
	if (store_job_update(r->jobs->app->store, &now, &e))
		log_error("job %lld: %s", (long long)now.id, e.message);
}

/* Journals the step and tells the pages. */
static int step_save(struct runner *r, struct step *s, struct err *e)
{
	int rc = store_step_update(r->jobs->app->store, r->job.id, s, e);

	bus_touch(r->jobs->app->bus);
	return rc;
}

static void set_job_state(struct runner *r, enum job_state state)
{
	gate_lock(&r->jobs->gate);
	r->job.state = state;
	gate_unlock(&r->jobs->gate);
	job_save(r);
}

static void set_step_state(struct runner *r, struct step *s, enum step_state state)
{
	gate_lock(&r->jobs->gate);
	s->state = state;
	r->at = s->n;
	r->progress.unit = NULL;
	if (state == STEP_RUNNING && !s->started_at)
		s->started_at = clock_wall();
	if (state == STEP_DONE || state == STEP_FAILED || state == STEP_UNDONE)
		s->ended_at = clock_wall();
	gate_unlock(&r->jobs->gate);
}

void step_progress(struct step_ctx *c, int64_t done, int64_t total, const char *unit, int64_t eta_s)
{
	struct runner *r = c->runner;
	msec now = clock_mono();
	bool tell;

	gate_lock(&r->jobs->gate);
	r->progress.done = done;
	r->progress.total = total;
	r->progress.unit = unit;
	r->progress.eta_s = eta_s;
	tell = now - r->shown_at >= 400;
	if (tell)
		r->shown_at = now;
	gate_unlock(&r->jobs->gate);
	if (tell)
		bus_touch(r->jobs->app->bus);
}

void step_waiting(struct step_ctx *c, const char *what)
{
	struct runner *r = c->runner;

	if (!strcmp(r->job.waiting, what))
		return;
	gate_lock(&r->jobs->gate);
	snprintf(r->job.waiting, sizeof(r->job.waiting), "%s", what);
	gate_unlock(&r->jobs->gate);
	job_save(r);
	bus_touch(r->jobs->app->bus);
}

void step_down_ms(struct step_ctx *c, int64_t ms)
{
	struct runner *r = c->runner;

	gate_lock(&r->jobs->gate);
	r->job.down_ms = ms;
	gate_unlock(&r->jobs->gate);
}

void step_result(struct step_ctx *c, const char *key, json_t *value)
{
	struct runner *r = c->runner;

	gate_lock(&r->jobs->gate);
	if (!c->step->result)
		c->step->result = json_object();
	json_put(c->step->result, key, value);
	gate_unlock(&r->jobs->gate);
}

void step_note(struct step_ctx *c, const char *fmt, ...)
{
	struct runner *r = c->runner;
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	gate_lock(&r->jobs->gate);
	free(c->step->note);
	c->step->note = xstrdup(text);
	gate_unlock(&r->jobs->gate);
}

static bool booted_lately(struct runner *r)
{
	struct host h;

	return host_read(r->jobs->app->config.proc_root, &h, NULL) == 0 &&
	       h.uptime_s < BOOT_GRACE_S;
}

/* What to wait for when time heals the error, or NULL: the engine is away, or does not see its
 * containers yet after boot. On the way back also a disk that takes nothing, and an engine that
 * cannot start what it has lost, or fails for a while: there is no other way left, and half of one
 * would be worse than a node that waits. */
static const char *worth_waiting(struct step_ctx *c, const struct err *e)
{
	if (err_is(e, "engine.absent") || err_is(e, "engine.slow") || err_is(e, "engine.broken") ||
		err_is(e, "engine.denied") ||
		(err_is(e, "container.missing") && booted_lately(c->runner)))
		return "engine.absent";
	if (c->undoing && (err_is(e, "disk.full") || err_is(e, "disk.read_only") ||
				  err_is(e, "container.lost") || err_is(e, "engine.error")))
		return e->code;
	return NULL;
}

static bool out_of_patience(const struct step_ctx *c, const struct err *e, msec waited)
{
	if (c->undoing)
		return err_is(e, "engine.error") && waited > ERROR_PATIENCE_MS;
	return waited > ENGINE_PATIENCE_MS;
}

static void wait_a_little(struct runner *r, msec ms)
{
	msec until = clock_mono() + ms, left;

	gate_lock(&r->jobs->gate);
	while (!r->abort && !r->jobs->stopping && (left = until - clock_mono()) > 0)
		gate_wait(&r->jobs->gate, left);
	gate_unlock(&r->jobs->gate);
}

/* Runs or undoes one step, waiting where that helps. */
static int with_patience(
	struct step_ctx *c, int (*fn)(struct step_ctx *, struct err *), struct err *e)
{
	struct runner *r = c->runner;
	msec since = clock_mono();
	msec pause = 500;

	while (fn(c, e)) {
		const char *what = worth_waiting(c, e);

		if (!what || out_of_patience(c, e, clock_mono() - since) || r->jobs->stopping ||
			(!c->undoing && r->cancel))
			return -1;
		step_waiting(c, what);
		wait_a_little(r, pause);
		pause = pause < 5000 ? pause * 2 : 5000;
	}
	step_waiting(c, "");
	return 0;
}

static struct step_ctx context(struct runner *r, struct step *s, bool undoing)
{
	return (struct step_ctx){.app = r->jobs->app,
		.job = &r->job,
		.step = s,
		.undoing = undoing,
		.abort = &r->abort,
		.force = &r->force,
		.accept = &r->accept,
		.runner = r};
}

static int run_step(struct runner *r, struct step *s, const struct step_kind *kind, struct err *e)
{
	struct step_ctx c = context(r, s, false);

	set_step_state(r, s, STEP_RUNNING);
	if (step_save(r, s, e) || with_patience(&c, kind->run, e))
		return -1;
	set_step_state(r, s, STEP_DONE);
	return step_save(r, s, e);
}

static void set_error(struct runner *r, const struct err *e)
{
	gate_lock(&r->jobs->gate);
	r->job.error = *e;
	gate_unlock(&r->jobs->gate);
}

static void step_failed(struct runner *r, struct step *s, const struct err *why)
{
	struct err e = {0};

	set_step_state(r, s, STEP_FAILED);
	gate_lock(&r->jobs->gate);
	free(s->note);
	s->note = xstrdup(why->message);
	gate_unlock(&r->jobs->gate);
	set_error(r, why);
	step_save(r, s, &e);
}

/* 0 = all done; -1 = a step failed (job.error) or the program stops (error kind ERR_NONE). */
static int forward(struct runner *r)
{
	for (size_t i = 0; i < r->job.plan.n_steps; i++) {
		struct step *s = &r->job.plan.steps[i];
		const struct step_kind *kind = step_kind_find(s->kind);
		struct err e = {0};

		if (s->state == STEP_DONE) {
			r->final = r->final || (kind && kind->final);
			continue;
		}
		if (r->jobs->stopping)
			return -1;
		if (!kind)
			err_set(&e, ERR_INTERNAL, "job.unknown_step",
				"This version does not know the step \"%s\".", s->kind);
		else if (r->cancel && !r->final)
			err_set(&e, ERR_CONFLICT, "job.cancelled", "Stopped on request.");
		else if (run_step(r, s, kind, &e) == 0) {
			r->final = r->final || kind->final;
			continue;
		}
		if (r->jobs->stopping)
			return -1;
		if (r->cancel && err_is(&e, "fetch.cancelled"))
			err_set(&e, ERR_CONFLICT, "job.cancelled", "Stopped on request.");
		step_failed(r, s, &e);
		if (!r->final)
			return -1;
		/* What comes after the commit is tidying: its failure is told, nothing is undone.
		 */
		log_warn("job %lld: %s", (long long)r->job.id, e.message);
		set_error(r, &(struct err){0});
	}
	return 0;
}

static int undo_step(struct runner *r, struct step *s)
{
	const struct step_kind *kind = step_kind_find(s->kind);
	struct step_ctx c = context(r, s, true);
	/* the step that failed goes on saying so, though it is taken back like the others */
	enum step_state end = s->state == STEP_FAILED ? STEP_FAILED : STEP_UNDONE;
	struct err e = {0};

	if (s->state == STEP_PENDING || s->state == STEP_UNDONE || s->state == STEP_SKIPPED)
		return 0;
	if (kind && kind->undo) {
		if (end != STEP_FAILED)
			set_step_state(r, s, STEP_UNDOING);
		step_save(r, s, &e);
		if (with_patience(&c, kind->undo, &e)) {
			if (r->jobs->stopping)
				return -1;
			log_error("job %lld: step %d could not be undone: %s", (long long)r->job.id,
				s->n, e.message);
			step_note(&c, "Could not be taken back: %s", e.message);
			set_step_state(r, s, STEP_FAILED);
			step_save(r, s, &e);
			return 1;
		}
	}
	set_step_state(r, s, end);
	step_save(r, s, &e);
	return 0;
}

/* 0 = everything is as before, 1 = not everything, -1 = the program stops. */
static int back(struct runner *r)
{
	int worst = 0;

	r->abort = r->jobs->stopping;
	if (r->job.state != JOB_ROLLING_BACK)
		set_job_state(r, JOB_ROLLING_BACK);
	for (size_t i = r->job.plan.n_steps; i-- > 0;) {
		int rc = r->jobs->stopping ? -1 : undo_step(r, &r->job.plan.steps[i]);

		if (rc < 0)
			return -1;
		worst |= rc;
	}
	return worst;
}

static struct event end_event(const struct job *job)
{
	const char *code = job->state == JOB_DONE	   ? "job.done"
			   : job->state == JOB_ROLLED_BACK ? "job.rolled_back"
							   : "job.failed";
	autobuf struct buf text = {0};
	json_t *data = json_object();

	json_put_str(data, "action", job->plan.action);
	json_put_known(data, "down_ms", job->down_ms);
	if (job->state == JOB_DONE)
		buf_puts(&text, "done.");
	else if (job->state == JOB_ROLLED_BACK)
		buf_printf(&text, "%s Everything is as before.", job->error.message);
	else
		buf_printf(&text, "%s Not everything could be taken back.", job->error.message);
	if (job->error.kind) {
		json_put_str(data, "error_code", job->error.code);
		json_put_str(data, "error", job->error.message);
	}
	return job_event(job, code, data, text.data);
}

/* The end and its event are one write: told once, whatever happens in between. Where it cannot be
 * written, the job stays open until it can. */
static void end_job(struct runner *r, enum job_state state)
{
	struct event ev;
	struct err e = {0};
	struct job now;

	gate_lock(&r->jobs->gate);
	r->job.state = state;
	r->job.ended_at = clock_wall();
	now = r->job;
	gate_unlock(&r->jobs->gate);
	ev = end_event(&now);
	for (int i = 0; store_job_end(r->jobs->app->store, &now, &ev, &e); i++) {
		if (i == 0)
			log_error("job %lld: %s", (long long)now.id, e.message);
		if (r->jobs->stopping) {
			event_free(&ev);
			return;
		}
		clock_sleep(END_PAUSE_MS);
	}
	bus_event(r->jobs->app->bus, ev);
}

void job_run(struct runner *r)
{
	int rc = 0;

	if (r->job.state == JOB_QUEUED) {
		gate_lock(&r->jobs->gate);
		r->job.started_at = clock_wall();
		gate_unlock(&r->jobs->gate);
		set_job_state(r, JOB_RUNNING);
	}
	if (r->job.state == JOB_RUNNING) {
		rc = forward(r);
		if (rc == 0) {
			end_job(r, JOB_DONE);
			return;
		}
	}
	if (r->jobs->stopping)
		return;
	rc = back(r);
	if (rc >= 0)
		end_job(r, rc ? JOB_FAILED : JOB_ROLLED_BACK);
}
