/* Containers on this engine that are not ours and look like a node or a relay. */
#include "services/actions_found.h"

#include <string.h>

#include "domain/spec.h"
#include "domain/wanted.h"
#include "io/docker.h"
#include "services/actions_priv.h"
#include "services/world.h"

int found_look(struct app *app, const char *name, json_t **ret, struct err *e)
{
	autocontainer struct container c = {0};
	autojson json_t *seen = NULL;
	const char *stack;

	if (docker_details(app->docker, name, &seen, e) ||
		docker_inspect(app->docker, json_str(seen, "id", name), &c, e))
		return -1;
	stack = json_str(json_obj(seen, "labels"), LABEL_STACK, NULL);
	json_put_str(seen, "key", json_str(seen, "name", ""));
	json_put_str(seen, "container_name", json_str(seen, "name", ""));
	if (stack)
		json_put_str(seen, "stack", stack);
	json_put(seen, "limits", limits_json(&c.limits));
	*ret = take(seen);
	return 0;
}

/* ---- what its relay is told ---- */

static bool take_mounted(
	struct understood *u, const struct recipe *r, const char *service, const char *source)
{
	const char *slash = strrchr(source, '/');
	autofree char *folder = slash > source ? xstrndup(source, (size_t)(slash - source)) : NULL;

	return folder && take_config_below(u, r, service, folder, slash + 1);
}

void found_config(
	struct understood *u, const struct recipe *r, const char *service, const json_t *seen)
{
	const json_t *place = json_obj(u->config, service);
	const char *source = json_str(place, "source", NULL);
	const char *layer = json_str(seen, "layer", NULL);
	bool taken = false;

	if (!r->config.file)
		return;
	if (place)
		taken = take_mounted(u, r, service, source);
	else if (layer)
		taken = take_config_below(u, r, service, layer, r->config.mount + 1);
	if (!taken)
		take_no_config(u, service, r->config.file, place ? source : r->config.mount);
}

/* ---- those that could be taken over ---- */

/* A container of a stack, or one that a stack was taken over from. */
static bool is_known(struct app *app, const struct docker_listed *c)
{
	bool known = false;

	world_lock(app->world);
	for (size_t i = 0; !known && i < app->world->n_stacks; i++) {
		const struct stack *s = &app->world->stacks[i];
		json_t *old;
		size_t k;

		for (size_t n = 0; !known && n < s->n_services; n++) {
			autofree char *name = spec_container_name(s, s->services[n].name);

			known = !strcmp(name, c->name);
		}
		json_array_foreach (json_arr(s->adopted, "containers"), k, old)
			known = known || !strcmp(json_str(old, "container", ""), c->id);
	}
	world_unlock(app->world);
	return known;
}

static int look_at_all(struct app *app, json_t *nodes, json_t *relays, struct err *e)
{
	struct docker_list list = {0};

	if (docker_ps(app->docker, NULL, &list, e))
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		autojson json_t *seen = NULL;
		const struct recipe *r;

		/* one that goes away meanwhile is not there to be taken over */
		if (is_known(app, &list.items[i]) || found_look(app, list.items[i].id, &seen, NULL))
			continue;
		r = understand_recipe(app->recipes, seen);
		if (r)
			json_array_append(r->relay ? relays : nodes, seen);
	}
	docker_list_free(&list);
	return 0;
}

/* The relay in the node's network; or the only one there is, for the only node. */
static const json_t *relay_of(const json_t *node, const json_t *relays, bool only)
{
	size_t i;
	json_t *relay;

	json_array_foreach ((json_t *)relays, i, relay)
		if (understand_share(node, relay))
			return relay;
	return only && json_array_size(relays) == 1 ? json_array_get(relays, 0) : NULL;
}

static json_t *container_json(const json_t *seen)
{
	json_t *j = json_object();

	json_put_str(j, "id", json_str(seen, "id", ""));
	json_put_str(j, "name", json_str(seen, "name", ""));
	json_put_str(j, "image", json_str(seen, "image", ""));
	json_put_str(j, "state", json_str(seen, "state", ""));
	json_put_int(j, "created_at", json_int(seen, "created_at", 0));
	return j;
}

static json_t *group_json(struct app *app, const json_t *node, const json_t *relay)
{
	autounderstood struct understood u = {0};
	autojson json_t *seen = json_array();
	json_t *j = json_object(), *containers = json_array(), *why = NULL;
	struct err e = {0};

	for (int k = 0; k < 2; k++)
		if (k ? relay : node) {
			json_array_append(seen, (json_t *)(k ? relay : node));
			json_array_append_new(containers, container_json(k ? relay : node));
		}
	json_put(j, "containers", containers);
	if (understand(app->recipes, seen, NULL, NULL, app->config.data_root, &u, &e)) {
		why = json_object();
		json_put_str(why, "code", e.code);
		json_put_str(why, "message", e.message);
	}
	json_put(j, "data", json_deep_copy(json_obj(u.data, "node")));
	json_put_str(j, "name", u.stack ? json_str(u.stack, "name", "") : NULL);
	json_put(j, "error", why);
	return j;
}

int action_found(struct app *app, json_t **ret, struct err *e)
{
	autojson json_t *nodes = json_array(), *relays = json_array();
	json_t *list, *node;
	size_t i;

	if (look_at_all(app, nodes, relays, e))
		return -1;
	list = json_array();
	json_array_foreach (nodes, i, node)
		json_array_append_new(list,
			group_json(app, node, relay_of(node, relays, json_array_size(nodes) == 1)));
	*ret = list;
	return 0;
}
