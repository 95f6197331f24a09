#include "services/leave.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/recipe.h"
#include "domain/spec.h"
#include "io/docker.h"
#include "io/store.h"

#define LOOK_MS 500

static bool keeps_running(struct app *app)
{
	autofree char *value = NULL;

	return store_setting_get(app->store, "when_removed", &value, NULL) || !value ||
	       strcmp(value, "stop");
}

static bool is_alive(struct app *app, const char *id)
{
	autocontainer struct container k = {0};

	return docker_inspect(app->docker, id, &k, NULL) || container_alive(&k);
}

/* Between two crashes nothing runs, but the engine is about to start it again. */
static bool is_up(const struct docker_listed *c)
{
	return !strcmp(c->state, "running") || !strcmp(c->state, "restarting");
}

/* Without the disarming the engine would start it again. */
static void ask_to_stop(struct app *app, const struct docker_listed *c)
{
	const struct recipe *r = recipe_find(app->recipes, json_str(c->labels, LABEL_RECIPE, ""));
	struct err e;

	if (docker_update_restart(app->docker, c->id, "no", &e) ||
		docker_signal(app->docker, c->id, r ? r->stop_signal : "SIGTERM", &e))
		printf("%s could not be stopped: %s\n", c->name, e.message);
}

static void wait_for_end(struct app *app, const struct docker_listed *c, msec until)
{
	while (is_alive(app, c->id)) {
		if (clock_mono() >= until) {
			printf("%s is still writing and runs on.\n", c->name);
			return;
		}
		clock_sleep(LOOK_MS);
	}
	printf("%s is stopped.\n", c->name);
}

int leave_run(struct app *app, struct err *e)
{
	msec until = clock_mono() + LEAVE_PATIENCE_S * 1000;
	struct docker_list list = {0};
	struct docker_version version;

	if (keeps_running(app)) {
		puts("The containers run on.");
		return 0;
	}
	if (docker_ping(app->docker, &version, e) || docker_ps(app->docker, LABEL_STACK, &list, e))
		return -1;
	for (size_t i = 0; i < list.n; i++)
		if (is_up(&list.items[i]))
			ask_to_stop(app, &list.items[i]);
	for (size_t i = 0; i < list.n; i++)
		if (is_up(&list.items[i]))
			wait_for_end(app, &list.items[i], until);
	docker_list_free(&list);
	return 0;
}
