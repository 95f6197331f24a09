/* Handlers: what others made: compose files in and out, containers to take over. */
#include "api/act.h"
#include "api/handlers.h"
#include "api/reply.h"

void api_import_compose(struct api_call *call)
{
	act(call, (struct action){.name = "import", .body = call->body},
		json_flag(call->body, "dry_run", false));
}

void api_export_compose(struct api_call *call)
{
	json_t *files, *j;
	struct err e = {0};

	if (action_export(call->app, call_param(call, "stack"), &files, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	json_put(j, "files", files);
	reply_json(call, 200, j);
}

void api_list_found(struct api_call *call)
{
	json_t *list, *j;
	struct err e = {0};

	if (action_found(call->app, &list, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	json_put(j, "found", list);
	reply_json(call, 200, j);
}

void api_adopt_containers(struct api_call *call)
{
	act(call, (struct action){.name = "adopt", .body = call->body},
		json_flag(call->body, "dry_run", false));
}

void api_go_back(struct api_call *call)
{
	act_on_stack(call, "goback");
}

void api_let_go(struct api_call *call)
{
	act_on_stack(call, "letgo");
}
