/* Handler: a container's log as lines of JSON, secrets masked, control characters taken out. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "domain/mask.h"
#include "domain/spec.h"
#include "io/docker.h"
#include "services/world.h"

struct tail {
	struct api_call *call;
	json_t *secrets; /* array of texts */
};

static int on_line(void *ctx, const struct docker_log_line *l)
{
	struct tail *t = ctx;

	if (!reply_goes_on(t->call))
		return -1;
	if (!l)
		return 0;
	return reply_line(t->call, mask_log_line(t->secrets, l->at, l->is_stderr, l->text));
}

static int find(struct api_call *call, char **ret_name, struct err *e)
{
	autostack struct stack s = {0};

	if (world_copy_stack(call->app->world, call_param(call, "stack"), &s, e))
		return -1;
	if (!stack_service(&s, call_param(call, "service")))
		return err_set(e, ERR_NOT_FOUND, "service.missing",
			"The stack %s has no service called %s.", s.name,
			call_param(call, "service"));
	*ret_name = spec_container_name(&s, call_param(call, "service"));
	return 0;
}

static void follow(struct tail *t, const char *name, int tail)
{
	msec since = 0;

	while (reply_goes_on(t->call)) {
		struct err e = {0};

		if (docker_logs(t->call->app->docker, name, since ? 0 : tail, since, true, on_line,
			    t, &e))
			break;
		since = clock_wall();
		if (reply_goes_on(t->call))
			clock_sleep(500); /* it ended; it may start again */
	}
}

void api_get_logs(struct api_call *call)
{
	struct tail t = {.call = call};
	autofree char *name = NULL;
	autojson json_t *secrets = NULL;
	autocontainer struct container c = {0};
	struct err e = {0};
	int64_t tail;
	bool stay;

	if (call_query_int(call, "tail", 200, 0, 10000, &tail, &e) ||
		call_query_flag(call, "follow", false, &stay, &e) || find(call, &name, &e) ||
		store_secret_values(call->app->store, &secrets, &e) ||
		docker_inspect(call->app->docker, name, &c, &e) ||
		(c.presence != PRESENCE_YES &&
			err_set(&e, ERR_NOT_FOUND, "container.missing",
				"There is no container %s, so there is no log.", name)) ||
		reply_stream(call, "application/x-ndjson", &e)) {
		reply_err(call, &e);
		return;
	}
	t.secrets = secrets;
	if (stay)
		follow(&t, name, (int)tail);
	else
		docker_logs(call->app->docker, name, (int)tail, 0, false, on_line, &t, NULL);
	http_stream_end(call->req);
}
