/* Handlers: jobs. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "io/store.h"
#include "services/evidence.h"
#include "services/jobs.h"

static int job_id(struct api_call *call, int64_t *ret, struct err *e)
{
	const char *text = call_param(call, "id");
	char *end;
	long long id = strtoll(text, &end, 10);

	if (*end || !*text || id <= 0)
		return err_set(e, ERR_NOT_FOUND, "job.missing", "There is no job \"%.40s\".", text);
	*ret = id;
	return 0;
}

static void reply_job(struct api_call *call, int status, int64_t id)
{
	json_t *job, *j;
	struct err e = {0};

	if (jobs_json(call->app->jobs, id, &job, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	json_put(j, "job", job);
	reply_json(call, status, j);
}

void api_list_jobs(struct api_call *call)
{
	autofree char *stack = http_query(call->req, "stack");
	autofree int64_t *ids = NULL;
	json_t *j, *list;
	struct err e = {0};
	int64_t limit;
	size_t n;

	if (call_query_int(call, "limit", 50, 1, 200, &limit, &e) ||
		store_job_ids(call->app->store, stack, false, (int)limit, &ids, &n, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *job;

		if (jobs_json(call->app->jobs, ids[i], &job, NULL) == 0)
			json_array_append_new(list, job);
	}
	json_put(j, "jobs", list);
	reply_json(call, 200, j);
}

void api_get_job(struct api_call *call)
{
	struct err e = {0};
	int64_t id, wait;

	if (job_id(call, &id, &e) || call_query_int(call, "wait", 0, 0, 60, &wait, &e) ||
		(wait && call_hold(call, HOLD_WAIT, &e))) {
		reply_err(call, &e);
		return;
	}
	if (wait)
		jobs_wait(call->app->jobs, id, wait * 1000);
	reply_job(call, 200, id);
}

static void change(
	struct api_call *call, int (*fn)(struct jobs *, int64_t, const char *, struct err *))
{
	struct err e = {0};
	int64_t id;

	if (job_id(call, &id, &e) || fn(call->app->jobs, id, call->who.actor, &e))
		reply_err(call, &e);
	else
		reply_job(call, 202, id);
}

void api_cancel_job(struct api_call *call)
{
	change(call, jobs_cancel);
}

void api_force_job(struct api_call *call)
{
	change(call, jobs_force);
}

void api_accept_job(struct api_call *call)
{
	change(call, jobs_accept);
}

/* While it runs, what there is by now. */
static int read_log(struct app *app, int64_t id, char **ret, size_t *ret_len, struct err *e)
{
	*ret = jobs_output(app->jobs, id);
	if (!*ret)
		return evidence_read(app, id, ret, ret_len, e);
	*ret_len = strlen(*ret);
	return 0;
}

void api_get_job_log(struct api_call *call)
{
	autofree char *text = NULL;
	struct err e = {0};
	size_t len;
	int64_t id;

	if (job_id(call, &id, &e) || read_log(call->app, id, &text, &len, &e))
		reply_err(call, &e);
	else
		http_reply(call->req, 200, "text/plain; charset=utf-8", NULL, text, len);
}
