/* Handlers: state, host, recipes. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/view.h"
#include "domain/recipe.h"
#include "domain/spec.h"
#include "io/docker.h"

void api_get_state(struct api_call *call)
{
	size_t len;
	autofree char *text = view_state(call->app, &len);

	http_reply(call->req, 200, "application/json", NULL, text, len);
}

/* Containers whose image belongs to the lineage of a recipe, or that carry our labels. */
static bool looks_like_ours(const struct recipe_set *recipes, const struct docker_listed *l)
{
	struct recipe_version v;

	if (json_str(l->labels, LABEL_STACK, NULL))
		return true;
	for (size_t i = 0; i < recipes->n; i++) {
		const struct recipe *r = recipes->items[i];

		/* a recipe for any repository would claim every container of the NAS */
		if (!r->builtin && strcmp(r->repositories[0].repository, "*") &&
			recipe_version(r, l->image, &v, NULL))
			return true;
		if (r->relay && strstr(l->image, r->id))
			return true;
	}
	return false;
}

static json_t *containers_json(struct app *app)
{
	struct docker_list list = {0};
	json_t *all = json_array();

	if (docker_ps(app->docker, NULL, &list, NULL))
		return all;
	for (size_t i = 0; i < list.n; i++) {
		const struct docker_listed *l = &list.items[i];
		json_t *j;

		if (!looks_like_ours(app->recipes, l))
			continue;
		j = json_object();
		json_put_str(j, "id", l->id);
		json_put_str(j, "name", l->name);
		json_put_str(j, "image", l->image);
		json_put_str(j, "state", l->state);
		json_put_str(j, "stack", json_str(l->labels, LABEL_STACK, NULL));
		json_array_append_new(all, j);
	}
	docker_list_free(&list);
	return all;
}

void api_get_host(struct api_call *call)
{
	json_t *j = json_object();

	json_put(j, "host", view_host(call->app));
	json_put(j, "engine", view_engine(call->app));
	json_put(j, "containers", containers_json(call->app));
	reply_json(call, 200, j);
}

void api_list_recipes(struct api_call *call)
{
	json_t *j = json_object(), *list = json_array();

	for (size_t i = 0; i < call->app->recipes->n; i++)
		json_array_append_new(list, recipe_json(call->app->recipes->items[i]));
	json_put(j, "recipes", list);
	reply_json(call, 200, j);
}
