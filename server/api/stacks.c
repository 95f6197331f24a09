/* Handlers: stacks. Every change is an action: planned, then shown or given to the jobs. */
#include <stdlib.h>
#include <string.h>

#include "api/act.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/view.h"
#include "services/jobs.h"

void api_list_stacks(struct api_call *call)
{
	json_t *j = json_object();

	json_put(j, "stacks", view_stacks(call->app));
	reply_json(call, 200, j);
}

void api_get_stack(struct api_call *call)
{
	json_t *stack, *j;
	struct err e = {0};

	if (view_stack(call->app, call_param(call, "stack"), &stack, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	json_put(j, "stack", stack);
	reply_json(call, 200, j);
}

/* ---- changes ---- */

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

static void reply_plan(struct api_call *call, const struct plan *p, const struct action *a)
{
	json_t *j = json_object();

	json_put(j, "plan", jobs_plan_json(p));
	if (a->ret_understood)
		json_put(j, "understood", json_incref(a->ret_understood));
	reply_json(call, 200, j);
}

static void submit(struct api_call *call, struct action *a, struct plan *plan)
{
	struct job_order o = {
		.plan = plan,
		.actor = call->who.actor,
		.idem_key = *call->idempotency_key ? call->idempotency_key : NULL,
		.idem_hash = call->request_hash,
		.secrets = a->ret_secrets,
	};
	struct err e = {0};
	char id[24];

	if (jobs_submit(call->app->jobs, &o, &e) == 0) {
		reply_job(call, 202, o.ret_id);
		return;
	}
	snprintf(id, sizeof(id), "%lld", (long long)o.ret_busy);
	if (o.ret_busy)
		reply_err_with(call, &e, "job", json_string(id));
	else
		reply_err(call, &e);
}

static bool is_flag(const json_t *v)
{
	return json_is_boolean(v);
}

static bool is_text(const json_t *v)
{
	return json_is_string(v);
}

static bool is_list(const json_t *v)
{
	return json_is_array(v);
}

/* A repeated request must find its job even when the plan would now be refused ("exists"). */
static bool repeated(struct api_call *call)
{
	struct err e = {0};
	int64_t id = 0;

	if (!*call->idempotency_key)
		return false;
	if (store_idem_find(call->app->store, call->who.actor, call->idempotency_key,
		    call->request_hash, &id, &e)) {
		reply_err(call, &e);
		return true;
	}
	if (id)
		reply_job(call, 202, id);
	return id != 0;
}

/* What a member of a request's body is, wherever it stands: of another kind it would be taken for
 * missing, and a dry_run that is no boolean would be done for real. */
static const struct {
	const char *key;
	bool (*is)(const json_t *v);
	const char *what;
} members[] = {
	{"dry_run", is_flag, "true or false"},
	{"restart", is_flag, "true or false"},
	{"name", is_text, "a text"},
	{"data_dir", is_text, "a text"},
	{"folder", is_text, "a text"},
	{"services", is_list, "a list"},
	{"containers", is_list, "a list"},
	{"service", is_text, "a text"},
	{"image", is_text, "a text"},
	{"chain", is_text, "a text"},
	{"copy", is_text, "a text"},
	{"confirm", is_text, "a text"},
	{"url", is_text, "a text"},
	{"tag", is_text, "a text"},
	{"no_cache", is_flag, "true or false"},
};

static int check_members(const struct api_call *call, const struct action *a, struct err *e)
{
	for (size_t i = 0; i < COUNT(members); i++) {
		const json_t *v = json_object_get(call->body, members[i].key);

		if (v && !members[i].is(v))
			return err_set(e, ERR_INPUT, "input.type", "The field \"%s\" must be %s.",
				members[i].key, members[i].what);
	}
	if (!strcmp(a->name, "start") || !strcmp(a->name, "stop") || !strcmp(a->name, "goback") ||
		!strcmp(a->name, "letgo"))
		return json_only(call->body, e, "dry_run", NULL);
	if (!strcmp(a->name, "restart"))
		return json_only(call->body, e, "service", "dry_run", NULL);
	if ((!strcmp(a->name, "putback") || !strcmp(a->name, "trash") ||
		    !strcmp(a->name, "untrash")) &&
		!json_object_get(call->body, "chain"))
		return err_set(e, ERR_INPUT, "input.missing", "The field \"chain\" is missing.");
	return 0;
}

/* A job in the way is said before a plan that is made from a state in between. */
static bool busy(struct api_call *call, const struct action *a)
{
	int64_t id = a->stack ? jobs_of_stack(call->app->jobs, a->stack) : 0;
	struct err e = {0};
	char text[24];

	if (!id)
		return false;
	snprintf(text, sizeof(text), "%lld", (long long)id);
	err_set(&e, ERR_CONFLICT, "job.running", "Another job of %s is running.", a->stack);
	reply_err_with(call, &e, "job", json_string(text));
	return true;
}

void act(struct api_call *call, struct action a, bool dry_run)
{
	autoplan struct plan plan = {0};
	autojson json_t *secrets = NULL, *understood = NULL;
	struct err e = {0};

	if (check_members(call, &a, &e)) {
		reply_err(call, &e);
		return;
	}
	if (!dry_run && (repeated(call) || busy(call, &a)))
		return;
	if (action_plan(call->app, &a, &plan, &e))
		reply_err(call, &e);
	else if (dry_run)
		reply_plan(call, &plan, &a);
	else
		submit(call, &a, &plan);
	secrets = a.ret_secrets;
	understood = a.ret_understood;
}

void act_on_stack(struct api_call *call, const char *name)
{
	act(call,
		(struct action){
			.name = name, .stack = call_param(call, "stack"), .body = call->body},
		json_flag(call->body, "dry_run", false));
}

void api_install_stack(struct api_call *call)
{
	act(call, (struct action){.name = "install", .body = call->body},
		json_flag(call->body, "dry_run", false));
}

void api_change_stack(struct api_call *call)
{
	act_on_stack(call, "options");
}

void api_remove_stack(struct api_call *call)
{
	struct err e = {0};
	bool dry_run;

	if (call_query_flag(call, "dry_run", false, &dry_run, &e))
		reply_err(call, &e);
	else
		act(call, (struct action){.name = "remove", .stack = call_param(call, "stack")},
			dry_run);
}

void api_start_stack(struct api_call *call)
{
	act_on_stack(call, "start");
}

void api_stop_stack(struct api_call *call)
{
	act_on_stack(call, "stop");
}

void api_restart_stack(struct api_call *call)
{
	act_on_stack(call, "restart");
}

void api_upgrade_stack(struct api_call *call)
{
	act_on_stack(call, "upgrade");
}

void api_resync_stack(struct api_call *call)
{
	act_on_stack(call, "resync");
}

void api_put_back_chain(struct api_call *call)
{
	act_on_stack(call, "putback");
}

void api_copy_chain(struct api_call *call)
{
	act_on_stack(call, "copy");
}

void api_trash_chain(struct api_call *call)
{
	act_on_stack(call, "trash");
}

void api_untrash_chain(struct api_call *call)
{
	act_on_stack(call, "untrash");
}

void api_empty_trash(struct api_call *call)
{
	act_on_stack(call, "empty");
}

void api_set_limits(struct api_call *call)
{
	act(call,
		(struct action){.name = "limits",
			.stack = call_param(call, "stack"),
			.service = call_param(call, "service"),
			.body = call->body},
		json_flag(call->body, "dry_run", false));
}

void api_check_upgrade(struct api_call *call)
{
	autofree char *service = http_query(call->req, "service");
	autofree char *image = http_query(call->req, "image");
	struct err e = {0};
	json_t *j;

	if (action_upgrade_check(call->app, call_param(call, "stack"), service ? service : "node",
		    image, &j, &e))
		reply_err(call, &e);
	else
		reply_json(call, 200, j);
}
