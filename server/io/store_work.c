/* Wanted stacks, jobs with their journal. */
#include "io/store_priv.h"

#include <stdlib.h>
#include <string.h>

#define IDEM_KEPT_MS (INT64_C(30) * 24 * 3600 * 1000)

/* ---- stacks ---- */

void stack_rows_free(struct stack_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_decref(r->items[i]);
	free(r->items);
	*r = (struct stack_rows){0};
}

int store_stacks(struct store *s, struct stack_rows *ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	struct stack_rows rows = {0};
	int rc;

	if (store_stmt(s, &st, e, "SELECT wanted FROM stack ORDER BY name", ""))
		return -1;
	while ((rc = store_row(s, st, e)) > 0) {
		json_t *j = col_json(st, 0);

		if (!j) {
			rc = err_set(e, ERR_INTERNAL, "state.unreadable",
				"A stack in %s/state.db cannot be read.", s->dir);
			break;
		}
		rows.items = xrealloc(rows.items, (rows.n + 1) * sizeof(*rows.items));
		rows.items[rows.n++] = j;
	}
	if (rc < 0)
		stack_rows_free(&rows);
	else
		*ret = rows;
	return rc;
}

int store_stack_put(struct store *s, const char *name, const json_t *wanted, struct err *e)
{
	HOLD(s);
	autofree char *text = json_text(wanted);

	return store_run(s, e,
		"INSERT INTO stack VALUES(?,?) ON CONFLICT DO UPDATE SET wanted=excluded.wanted",
		"ss", name, text);
}

int store_stack_delete(struct store *s, const char *name, struct err *e)
{
	HOLD(s);
	return store_run(s, e, "DELETE FROM stack WHERE name=?", "s", name);
}

/* ---- jobs ---- */

static json_t *plan_to_json(const struct plan *p)
{
	json_t *j = json_object();

	json_put_str(j, "action", p->action);
	json_put_str(j, "stack", p->stack);
	json_put_str(j, "title", p->title);
	json_put_str(j, "undo", p->undo);
	json_put_flag(j, "down", p->down);
	json_put_int(j, "down_expected_s", p->down_expected_s);
	json_put_flag(j, "one_way", p->one_way);
	json_put(j, "warnings", json_incref(p->warnings));
	json_put(j, "data", json_incref(p->data));
	return j;
}

static void plan_from_json(const json_t *j, struct plan *p)
{
	*p = (struct plan){
		.action = xstrdup(json_str(j, "action", "")),
		.stack = xstrdup(json_str(j, "stack", "")),
		.title = xstrdup(json_str(j, "title", "")),
		.undo = xstrdup(json_str(j, "undo", "")),
		.down = json_flag(j, "down", false),
		.down_expected_s = json_int(j, "down_expected_s", -1),
		.one_way = json_flag(j, "one_way", false),
		.warnings = json_incref(json_object_get(j, "warnings")),
		.data = json_incref(json_object_get(j, "data")),
	};
}

static json_t *step_to_json(const struct step *st)
{
	json_t *j = json_object();

	json_put_str(j, "kind", st->kind);
	json_put_str(j, "title", st->title);
	json_put_str(j, "detail", st->detail);
	json_put_str(j, "undo", st->undo);
	json_put_str(j, "docker", st->docker);
	json_put(j, "writes", json_incref(st->writes));
	json_put_flag(j, "down", st->down);
	json_put_int(j, "expected_s", st->expected_s);
	json_put(j, "args", json_incref(st->args));
	return j;
}

static void step_from_json(const json_t *j, struct step *st)
{
	st->kind = xstrdup(json_str(j, "kind", ""));
	st->title = xstrdup(json_str(j, "title", ""));
	st->detail = xstrdup(json_str(j, "detail", ""));
	st->undo = xstrdup(json_str(j, "undo", ""));
	st->docker = xstrdup(json_str(j, "docker", NULL));
	st->writes = json_incref(json_object_get(j, "writes"));
	st->down = json_flag(j, "down", false);
	st->expected_s = json_int(j, "expected_s", -1);
	st->args = json_incref(json_object_get(j, "args"));
}

/* With the lock held; *ret_job 0 = the key is new. */
static int find_key(struct store *s, const char *actor, const char *key, const char *hash,
	int64_t *ret_job, struct err *e)
{
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	*ret_job = 0;
	if (store_stmt(s, &st, e, "SELECT job, hash FROM idem WHERE actor=? AND key=?", "ss", actor,
		    key) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	if (rc && strcmp(col_text(st, 1), hash))
		return err_set(e, ERR_CONFLICT, "job.key_reused",
			"This Idempotency-Key was used before for another request.");
	if (rc)
		*ret_job = sqlite3_column_int64(st, 0);
	return 0;
}

int store_idem_find(struct store *s, const char *actor, const char *key, const char *hash,
	int64_t *ret_job, struct err *e)
{
	HOLD(s);
	return find_key(s, actor, key, hash, ret_job, e);
}

/* 1 = repeated, 0 = new, -1 = error */
static int find_repeated(struct store *s, struct job_request *r, struct err *e)
{
	int64_t job;

	if (!r->idem_key)
		return 0;
	if (find_key(s, r->job->actor, r->idem_key, r->idem_hash, &job, e))
		return -1;
	r->ret_repeated = job != 0;
	if (job)
		r->job->id = job;
	return job != 0;
}

static int refuse_busy(struct store *s, struct job_request *r, struct err *e)
{
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e,
		    "SELECT id, json_extract(plan,'$.title') FROM job"
		    " WHERE stack=? AND open LIMIT 1",
		    "s", r->job->plan.stack))
		return -1;
	rc = store_row(s, st, e);
	if (rc <= 0)
		return rc;
	r->ret_busy = sqlite3_column_int64(st, 0);
	return err_set(
		e, ERR_CONFLICT, "job.running", "Another job is running: %s.", col_text(st, 1));
}

/* With the job or not at all: a secret is never lost between request and run. */
static int insert_secrets(struct store *s, struct job_request *r, struct err *e)
{
	const char *service, *key, *stack = r->job->plan.stack;
	json_t *keys, *value;

	if (store_run(s, e, "DELETE FROM secret_next WHERE stack=?", "s", stack))
		return -1;
	json_object_foreach ((json_t *)r->secrets, service, keys)
		json_object_foreach (keys, key, value)
			if (store_run(s, e, "INSERT INTO secret_next VALUES(?,?,?,?)", "ssss",
				    stack, service, key,
				    json_is_string(value) ? json_string_value(value) : ""))
				return -1;
	return 0;
}

/* A script that repeats itself does so soon: old keys only take room. */
static int insert_key(struct store *s, const struct job_request *r, struct err *e)
{
	const struct job *j = r->job;

	if (store_run(
		    s, e, "DELETE FROM idem WHERE created_at<?", "i", j->created_at - IDEM_KEPT_MS))
		return -1;
	return store_run(s, e, "INSERT INTO idem VALUES(?,?,?,?,?)", "sssii", j->actor, r->idem_key,
		r->idem_hash, j->id, j->created_at);
}

static int insert_job(struct store *s, struct job_request *r, struct err *e)
{
	struct job *j = r->job;
	autojson json_t *plan = plan_to_json(&j->plan);
	autofree char *text = json_text(plan);

	if (store_run(s, e,
		    "INSERT INTO job(stack, state, actor, plan, cancel, waiting, error_kind, "
		    "error_code,"
		    " error_message, created_at, started_at, ended_at, down_ms, open)"
		    " VALUES(?,?,?,?,0,'',0,'','',?,0,0,-1,1)",
		    "ssssi", j->plan.stack, job_state_name(j->state), j->actor, text,
		    j->created_at))
		return -1;
	j->id = sqlite3_last_insert_rowid(s->db);
	for (size_t i = 0; i < j->plan.n_steps; i++) {
		autojson json_t *sj = step_to_json(&j->plan.steps[i]);
		autofree char *st = json_text(sj);

		if (store_run(s, e, "INSERT INTO step VALUES(?,?,?,'pending',0,0,NULL,NULL)", "iis",
			    j->id, (int64_t)j->plan.steps[i].n, st))
			return -1;
	}
	if (r->event)
		json_put_int(r->event->data, "job", j->id);
	if (insert_secrets(s, r, e) || (r->event && store_event_insert(s, r->event, e)))
		return -1;
	return r->idem_key ? insert_key(s, r, e) : 0;
}

int store_job_add(struct store *s, struct job_request *r, struct err *e)
{
	HOLD(s);
	int rc;

	if (store_begin(s, e))
		return -1;
	rc = find_repeated(s, r, e);
	if (rc == 0 && refuse_busy(s, r, e) == 0 && insert_job(s, r, e) == 0)
		return store_commit(s, e);
	store_rollback(s);
	return rc > 0 ? 0 : -1;
}

/* With the lock held. */
static int update_job(struct store *s, const struct job *j, struct err *e)
{
	return store_run(s, e,
		"UPDATE job SET state=?, cancel=?, waiting=?, error_kind=?, error_code=?,"
		" error_message=?, started_at=?, ended_at=?, down_ms=?, open=? WHERE id=?",
		"sisissiiiii", job_state_name(j->state), (int64_t)j->cancel, j->waiting,
		(int64_t)j->error.kind, j->error.code, j->error.message, j->started_at, j->ended_at,
		j->down_ms, (int64_t)!job_ended(j), j->id);
}

int store_step_update(struct store *s, int64_t job, const struct step *st, struct err *e)
{
	HOLD(s);
	autofree char *result = st->result ? json_text(st->result) : NULL;

	return store_run(s, e,
		"UPDATE step SET state=?, started_at=?, ended_at=?, result=?, note=?"
		" WHERE job=? AND n=?",
		"siissii", step_state_name(st->state), st->started_at, st->ended_at, result,
		st->note, job, (int64_t)st->n);
}

static int read_steps(struct store *s, struct job *j, struct err *e)
{
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e,
		    "SELECT n, plan, state, started_at, ended_at, result, note FROM step"
		    " WHERE job=? ORDER BY n",
		    "i", j->id))
		return -1;
	while ((rc = store_row(s, st, e)) > 0) {
		autojson json_t *plan = col_json(st, 1);
		int state = step_state_parse(col_text(st, 2));
		struct step *step;

		j->plan.steps =
			xrealloc(j->plan.steps, (j->plan.n_steps + 1) * sizeof(*j->plan.steps));
		step = &j->plan.steps[j->plan.n_steps++];
		*step = (struct step){
			.n = sqlite3_column_int(st, 0),
			.state = state < 0 ? STEP_PENDING : (enum step_state)state,
			.started_at = sqlite3_column_int64(st, 3),
			.ended_at = sqlite3_column_int64(st, 4),
			.result = col_json(st, 5),
			.note = col_dup(st, 6),
		};
		step_from_json(plan, step);
	}
	return rc;
}

static int read_job(struct store *s, int64_t id, struct job *ret, struct err *e)
{
	autostmt sqlite3_stmt *st = NULL;
	autojson json_t *plan = NULL;
	int rc, state;

	if (store_stmt(s, &st, e,
		    "SELECT state, actor, plan, cancel, waiting, error_kind, error_code,"
		    " error_message, created_at, started_at, ended_at, down_ms FROM job WHERE id=?",
		    "i", id) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	if (!rc)
		return err_set(
			e, ERR_NOT_FOUND, "job.missing", "There is no job %lld.", (long long)id);
	state = job_state_parse(col_text(st, 0));
	*ret = (struct job){
		.id = id,
		.state = state < 0 ? JOB_FAILED : (enum job_state)state,
		.cancel = sqlite3_column_int(st, 3),
		.error.kind = (enum err_kind)sqlite3_column_int(st, 5),
		.created_at = sqlite3_column_int64(st, 8),
		.started_at = sqlite3_column_int64(st, 9),
		.ended_at = sqlite3_column_int64(st, 10),
		.down_ms = sqlite3_column_int64(st, 11),
	};
	COL_COPY(ret->actor, st, 1);
	COL_COPY(ret->waiting, st, 4);
	COL_COPY(ret->error.code, st, 6);
	COL_COPY(ret->error.message, st, 7);
	plan = col_json(st, 2);
	plan_from_json(plan, &ret->plan);
	return read_steps(s, ret, e);
}

int store_job_update(struct store *s, const struct job *j, struct err *e)
{
	HOLD(s);
	return update_job(s, j, e);
}

int store_job_end(struct store *s, const struct job *j, struct event *ev, struct err *e)
{
	HOLD(s);

	if (store_begin(s, e))
		return -1;
	if (update_job(s, j, e) == 0 && store_event_insert(s, ev, e) == 0)
		return store_commit(s, e);
	store_rollback(s);
	return -1;
}

int store_job_get(struct store *s, int64_t id, struct job *ret, struct err *e)
{
	HOLD(s);
	if (read_job(s, id, ret, e) == 0)
		return 0;
	job_free(ret);
	return -1;
}

int store_job_ids(struct store *s, const char *stack, bool open_only, int limit, int64_t **ret,
	size_t *ret_n, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	autofree int64_t *ids = NULL;
	size_t n = 0;
	int rc;

	if (store_stmt(s, &st, e,
		    open_only ? "SELECT id FROM job WHERE open AND (?1 IS NULL OR stack=?1)"
				" ORDER BY id LIMIT ?2"
			      : "SELECT id FROM job WHERE ?1 IS NULL OR stack=?1"
				" ORDER BY id DESC LIMIT ?2",
		    "si", stack, (int64_t)limit))
		return -1;
	while ((rc = store_row(s, st, e)) > 0) {
		ids = xrealloc(ids, (n + 1) * sizeof(*ids));
		ids[n++] = sqlite3_column_int64(st, 0);
	}
	if (rc < 0)
		return -1;
	*ret = take(ids);
	*ret_n = n;
	return 0;
}
