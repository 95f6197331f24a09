/* Jobs as everybody else sees them: submit, cancel, force, wait, show. Running is in jobs_run.c. */
#include "services/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/advice.h"
#include "domain/texts.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/jobs_priv.h"
#include "services/watch.h"

struct jobs *jobs_new(struct app *app)
{
	struct jobs *j = xcalloc(1, sizeof(*j));

	j->app = app;
	gate_init(&j->gate);
	return j;
}

/* What the events of a job carry. */
static json_t *id_json(int64_t id)
{
	return json_pack("{s:I}", "job", (json_int_t)id);
}

const char *job_stack(const struct job *job)
{
	return *job->plan.stack ? job->plan.stack : NULL;
}

struct event job_event(const struct job *job, const char *code, json_t *data, const char *text)
{
	json_put_int(data, "job", job->id);
	return (struct event){.at = clock_wall(),
		.type = xstrdup("job"),
		.stack = xstrdup(job_stack(job)),
		.actor = xstrdup(job->actor),
		.code = xstrdup(code),
		.message = xasprintf("%s: %s", job->plan.title, text),
		.data = data};
}

static void *run_thread(void *arg)
{
	struct runner *r = arg;
	struct jobs *j = r->jobs;

	job_run(r);
	gate_lock(&j->gate);
	for (struct runner **p = &j->runners; *p; p = &(*p)->next)
		if (*p == r) {
			*p = r->next;
			break;
		}
	gate_wake(&j->gate);
	gate_unlock(&j->gate);
	watch_poke(j->app->watch);
	bus_touch(j->app->bus);
	job_free(&r->job);
	buf_free(&r->output);
	free(r);
	gate_lock(&j->gate);
	j->threads--;
	gate_wake(&j->gate);
	gate_unlock(&j->gate);
	return NULL;
}

/* Takes the job over; with the lock held. While the program stops it stays in the journal. */
static void start_runner(struct jobs *j, struct job *job)
{
	struct runner *r;
	struct err e = {0};
	pthread_t thread;
	char name[16];

	if (j->stopping)
		return;
	r = xcalloc(1, sizeof(*r));
	r->jobs = j;
	r->job = *job;
	r->cancel = job->cancel;
	*job = (struct job){0};
	r->next = j->runners;
	j->runners = r;
	snprintf(name, sizeof(name), "job-%lld", (long long)r->job.id);
	if (thread_start(&thread, name, run_thread, r, &e)) {
		log_error("job %lld: %s It goes on at the next start.", (long long)r->job.id,
			e.message);
		j->runners = r->next;
		job_free(&r->job);
		free(r);
		return;
	}
	j->threads++;
	pthread_detach(thread);
}

void jobs_resume(struct jobs *j)
{
	autofree int64_t *ids = NULL;
	struct err e = {0};
	size_t n = 0;

	if (store_job_ids(j->app->store, NULL, true, 1000, &ids, &n, &e))
		log_error("open jobs could not be read: %s", e.message);
	gate_lock(&j->gate);
	for (size_t i = 0; i < n; i++) {
		autojob struct job job = {0};

		if (store_job_get(j->app->store, ids[i], &job, &e)) {
			log_error("job %lld could not be read: %s", (long long)ids[i], e.message);
			continue;
		}
		bus_say(j->app->bus, "job", job_stack(&job), NULL, "station", "job.resumed",
			id_json(job.id), "%s: going on after a restart of this program.",
			job.plan.title);
		start_runner(j, &job);
	}
	gate_unlock(&j->gate);
}

void jobs_stop(struct jobs *j)
{
	if (!j)
		return;
	gate_lock(&j->gate);
	j->stopping = true;
	for (struct runner *r = j->runners; r; r = r->next)
		r->abort = true;
	gate_wake(&j->gate);
	while (j->threads)
		gate_wait(&j->gate, 1000);
	gate_unlock(&j->gate);
}

void jobs_free(struct jobs *j)
{
	if (!j)
		return;
	gate_destroy(&j->gate);
	free(j);
}

int jobs_submit(struct jobs *j, struct job_order *o, struct err *e)
{
	autojob struct job job = {
		.plan = *o->plan,
		.state = JOB_QUEUED,
		.created_at = clock_wall(),
		.down_ms = -1,
	};
	autoevent struct event asked = {0};
	struct job_request req = {.job = &job,
		.event = &asked,
		.idem_key = o->idem_key,
		.idem_hash = o->idem_hash,
		.secrets = o->secrets};

	*o->plan = (struct plan){0};
	snprintf(job.actor, sizeof(job.actor), "%s", o->actor);
	asked = job_event(&job, "job.queued", json_object(), "asked for.");
	if (store_job_add(j->app->store, &req, e)) {
		o->ret_busy = req.ret_busy;
		return -1;
	}
	o->ret_id = job.id;
	if (req.ret_repeated)
		return 0;
	bus_event(j->app->bus, asked);
	asked = (struct event){0};
	gate_lock(&j->gate);
	start_runner(j, &job);
	gate_unlock(&j->gate);
	return 0;
}

static struct runner *find(struct jobs *j, int64_t id)
{
	struct runner *r = j->runners;

	while (r && r->job.id != id)
		r = r->next;
	return r;
}

static int not_running(struct jobs *j, int64_t id, struct err *e)
{
	autojob struct job job = {0};

	if (store_job_get(j->app->store, id, &job, e))
		return -1;
	return err_set(e, ERR_CONFLICT, "job.ended", "%s has already ended.", job.plan.title);
}

int jobs_cancel(struct jobs *j, int64_t id, const char *actor, struct err *e)
{
	struct runner *r;
	int rc = 0;

	gate_lock(&j->gate);
	r = find(j, id);
	if (r && r->final)
		rc = err_set(e, ERR_CONFLICT, "job.too_late",
			"Everything is done already; only cleaning up is left.");
	else if (r) {
		r->cancel = true;
		r->job.cancel = true;
		if (r->job.state != JOB_ROLLING_BACK)
			r->abort = true;
		rc = store_job_update(j->app->store, &r->job, e);
		bus_say(j->app->bus, "job", job_stack(&r->job), NULL, actor, "job.cancelled",
			id_json(id), "%s: asked to stop and go back.", r->job.plan.title);
	}
	gate_wake(&j->gate);
	gate_unlock(&j->gate);
	return r ? rc : not_running(j, id, e);
}

int jobs_force(struct jobs *j, int64_t id, const char *actor, struct err *e)
{
	struct runner *r;
	int rc = 0;

	gate_lock(&j->gate);
	r = find(j, id);
	if (r && strcmp(r->job.waiting, "stop.slow"))
		rc = err_set(e, ERR_CONFLICT, "job.not_waiting",
			"The job is not waiting for a container to stop.");
	else if (r) {
		r->force = true;
		bus_say(j->app->bus, "job", job_stack(&r->job), NULL, actor, "job.forced",
			id_json(id), "%s: asked to end the process that does not stop.",
			r->job.plan.title);
	}
	gate_unlock(&j->gate);
	return r ? rc : not_running(j, id, e);
}

int jobs_accept(struct jobs *j, int64_t id, const char *actor, struct err *e)
{
	struct runner *r;
	int rc = 0;

	gate_lock(&j->gate);
	r = find(j, id);
	if (r && strcmp(r->job.waiting, "probation"))
		rc = err_set(e, ERR_CONFLICT, "job.not_waiting",
			"The job is not watching a new version now.");
	else if (r) {
		r->accept = true;
		bus_say(j->app->bus, "job", job_stack(&r->job), NULL, actor, "job.accepted",
			id_json(id), "%s: accepted before the watch was over.", r->job.plan.title);
	}
	gate_unlock(&j->gate);
	return r ? rc : not_running(j, id, e);
}

void jobs_wait(struct jobs *j, int64_t id, msec ms)
{
	msec until = clock_mono() + ms, left;

	gate_lock(&j->gate);
	while (!j->stopping && find(j, id) && (left = until - clock_mono()) > 0)
		gate_wait(&j->gate, left);
	gate_unlock(&j->gate);
}

int64_t jobs_of_stack(struct jobs *j, const char *stack)
{
	int64_t id = 0;

	gate_lock(&j->gate);
	for (struct runner *r = j->runners; r; r = r->next)
		if (!strcmp(r->job.plan.stack, stack))
			id = r->job.id;
	gate_unlock(&j->gate);
	return id;
}

static void running_facts(const struct runner *r, struct job_facts *f)
{
	f->running = r->job.id;
	snprintf(f->title, sizeof(f->title), "%s", r->job.plan.title);
	snprintf(f->waiting, sizeof(f->waiting), "%s", r->job.waiting);
	if (r->at)
		snprintf(f->step, sizeof(f->step), "%s%s",
			r->job.state == JOB_ROLLING_BACK ? "taking back: " : "",
			r->job.plan.steps[r->at - 1].title);
}

static void ended_facts(const struct job *job, struct job_facts *f)
{
	f->ended_at = job->ended_at;
	f->rolled_back = job->state == JOB_ROLLED_BACK;
	f->ended_badly = job_ended(job) && job->state != JOB_DONE &&
			 !err_is(&job->error, "job.cancelled") &&
			 clock_wall() - job->ended_at < 24 * 3600 * 1000;
	snprintf(f->ended_title, sizeof(f->ended_title), "%s", job->plan.title);
	snprintf(f->ended_error, sizeof(f->ended_error), "%s", job->error.message);
}

void jobs_facts(struct jobs *j, const char *stack, struct job_facts *ret)
{
	autojob struct job last = {0};
	autofree int64_t *ids = NULL;
	size_t n = 0;

	*ret = (struct job_facts){0};
	snprintf(ret->stack, sizeof(ret->stack), "%s", stack);
	gate_lock(&j->gate);
	for (struct runner *r = j->runners; r; r = r->next)
		if (!strcmp(r->job.plan.stack, stack))
			running_facts(r, ret);
	gate_unlock(&j->gate);
	if (!ret->running && store_job_ids(j->app->store, stack, false, 1, &ids, &n, NULL) == 0 &&
		n && store_job_get(j->app->store, ids[0], &last, NULL) == 0)
		ended_facts(&last, ret);
}

size_t jobs_running(struct jobs *j, struct job_facts *ret, size_t max)
{
	size_t n = 0;

	gate_lock(&j->gate);
	for (struct runner *r = j->runners; r && n < max; r = r->next, n++) {
		ret[n] = (struct job_facts){0};
		snprintf(ret[n].stack, sizeof(ret[n].stack), "%s", r->job.plan.stack);
		running_facts(r, &ret[n]);
	}
	gate_unlock(&j->gate);
	return n;
}

/* ---- as JSON ---- */

static json_t *time_json(msec t)
{
	return t ? json_integer(t) : json_null();
}

static json_t *step_json(const struct step *s)
{
	json_t *j = json_object();

	json_put_int(j, "n", s->n);
	json_put_str(j, "kind", s->kind);
	json_put_str(j, "title", s->title);
	json_put_str(j, "detail", s->detail ? s->detail : "");
	json_put_str(j, "undo", s->undo ? s->undo : "");
	json_put(j, "writes", json_deep_copy(s->writes));
	json_put_str(j, "docker", s->docker);
	json_put_flag(j, "down", s->down);
	json_put_known(j, "expected_s", s->expected_s);
	json_put_str(j, "state", step_state_name(s->state));
	json_put(j, "started_at", time_json(s->started_at));
	json_put(j, "ended_at", time_json(s->ended_at));
	json_put(j, "progress", NULL);
	json_put_str(j, "note", s->note);
	return j;
}

static json_t *steps_json(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_steps; i++)
		json_array_append_new(list, step_json(&p->steps[i]));
	return list;
}

json_t *jobs_plan_json(const struct plan *p)
{
	json_t *j = json_object();

	json_put_str(j, "action", p->action);
	json_put_str(j, "stack", p->stack);
	json_put_str(j, "title", p->title);
	json_put_flag(j, "down", p->down);
	json_put_known(j, "down_expected_s", p->down_expected_s);
	json_put_flag(j, "one_way", p->one_way);
	json_put(j, "warnings", p->warnings ? json_deep_copy(p->warnings) : json_array());
	json_put_str(j, "undo", p->undo ? p->undo : "");
	json_put(j, "steps", steps_json(p));
	return j;
}

static json_t *error_json(const struct err *e)
{
	json_t *j;

	if (e->kind == ERR_NONE)
		return NULL;
	j = json_object();
	json_put_str(j, "code", e->code);
	json_put_str(j, "message", e->message);
	json_put_str(j, "hint", texts_hint(e->code));
	return j;
}

/* The log of a version that failed, or of a build, was kept: its step says so. */
static bool has_log(const struct plan *p)
{
	for (size_t i = 0; i < p->n_steps; i++)
		if (json_flag(p->steps[i].result, "log", false))
			return true;
	return false;
}

static json_t *job_json(const struct job *job)
{
	json_t *j = json_object();
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)job->id);
	json_put_str(j, "id", id);
	json_put_str(j, "stack", job->plan.stack);
	json_put_str(j, "action", job->plan.action);
	json_put_str(j, "title", job->plan.title);
	json_put_str(j, "state", job_state_name(job->state));
	json_put_str(j, "actor", job->actor);
	json_put_int(j, "created_at", job->created_at);
	json_put(j, "started_at", time_json(job->started_at));
	json_put(j, "ended_at", time_json(job->ended_at));
	json_put_known(j, "down_ms", job->down_ms);
	json_put_str(j, "waiting", *job->waiting ? job->waiting : NULL);
	json_put(j, "error", error_json(&job->error));
	json_put_flag(j, "log", has_log(&job->plan));
	json_put(j, "steps", steps_json(&job->plan));
	return j;
}

static void add_progress(json_t *job, const struct runner *r)
{
	json_t *step, *p;

	if (!r->progress.unit || !r->at)
		return;
	step = json_array_get(json_object_get(job, "steps"), (size_t)r->at - 1);
	p = json_object();
	json_put_int(p, "done", r->progress.done);
	json_put_int(p, "total", r->progress.total);
	json_put_str(p, "unit", r->progress.unit);
	json_put_known(p, "eta_s", r->progress.eta_s);
	json_put(step, "progress", p);
}

int jobs_json(struct jobs *j, int64_t id, json_t **ret, struct err *e)
{
	autojob struct job stored = {0};
	struct runner *r;

	gate_lock(&j->gate);
	r = find(j, id);
	if (r) {
		*ret = job_json(&r->job);
		add_progress(*ret, r);
	}
	gate_unlock(&j->gate);
	if (r)
		return 0;
	if (store_job_get(j->app->store, id, &stored, e))
		return -1;
	*ret = job_json(&stored);
	return 0;
}
