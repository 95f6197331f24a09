/* Taking over what somebody made by hand, going back to it, and letting it go. */
#include <stdlib.h>
#include <string.h>

#include "domain/understand.h"
#include "domain/words.h"
#include "io/docker.h"
#include "services/actions_found.h"
#include "services/actions_priv.h"
#include "services/world.h"

/* ---- adopt ---- */

static int look_at(struct action_ctx *c, json_t *seen, struct err *e)
{
	const json_t *names = json_arr(c->a->body, "containers");
	json_t *name;
	size_t i;

	if (!json_array_size(names) || json_array_size(names) > 2)
		return err_set(e, ERR_INPUT, "input.missing",
			"The field \"containers\" must name one or two containers.");
	json_array_foreach ((json_t *)names, i, name) {
		json_t *one = NULL;

		if (!json_is_string(name))
			return err_set(e, ERR_INPUT, "input.type",
				"The field \"containers\" must be a list of names.");
		if (found_look(c->app, json_string_value(name), &one, e))
			return -1;
		json_array_append_new(seen, one);
	}
	return 0;
}

static const json_t *seen_as(const json_t *seen, const struct understood *u, const char *service)
{
	json_t *one;
	size_t i;

	json_array_foreach ((json_t *)seen, i, one)
		if (!strcmp(json_str(one, "key", ""), json_str(u->keys, service, "")))
			return one;
	return NULL;
}

/* Its tag may name another image by now than the one it was made from. */
static void note_image(
	struct action_ctx *c, struct understood *u, const char *service, const json_t *seen)
{
	struct docker_image image = {0};
	const char *name = json_str(seen, "image", "");

	if (docker_image(c->app->docker, name, &image, NULL) == 0 &&
		strcmp(image.id, json_str(seen, "image_id", "")))
		take_note(u, "changed", service, name,
			"%s names a newer image now than the one it was made from; the newer one "
			"is run.",
			name);
	docker_image_free(&image);
}

static int understand_all(struct action_ctx *c, struct understood *u, struct err *e)
{
	autojson json_t *seen = json_array();
	json_t *s;
	size_t i;

	if (look_at(c, seen, e) ||
		understand(c->app->recipes, seen, NULL, json_str(c->a->body, "name", NULL),
			c->app->config.data_root, u, e))
		return -1;
	json_array_foreach (json_arr(u->stack, "services"), i, s) {
		const char *service = json_str(s, "name", "");
		const struct recipe *r = recipe_find(c->app->recipes, json_str(s, "recipe", ""));
		const json_t *one = seen_as(seen, u, service);

		if (!r || !one)
			continue;
		found_config(u, r, service, one);
		note_image(c, u, service, one);
	}
	return 0;
}

static void note_chain(struct understood *u, const json_t *data, const struct origin *o)
{
	const char *source = json_str(data, "source", "");

	if (!data)
		return;
	if (o->there)
		take_note(u, "changed", "node", "chain",
			"The chain lies in the stack's folder from now on, outside of every "
			"container.");
	else
		take_note(u, "assumed", "node", "chain",
			"There is no chain in %s: the node begins with an empty one.",
			*source ? source : json_str(data, "path", ""));
}

/* Of a layer that no path leads to, nothing can be told or moved: starting with an empty chain
 * would look like a loss. */
static int can_be_reached(const json_t *data, struct err *e)
{
	if (!data || strcmp(json_str(data, "kind", ""), "layer") || *json_str(data, "source", ""))
		return 0;
	return err_set(e, ERR_CONFLICT, "adopt.unseen",
		"The chain lies in %s inside the container, where this engine keeps no folder that "
		"can be reached.",
		json_str(data, "path", ""));
}

static int room_for_copy(struct origin *o, const struct plan_facts *f, struct err *e)
{
	char need[WORDS_MAX], left[WORDS_MAX];
	autofree char *dir = xstrdup(o->from);
	char *slash = strrchr(dir, '/');

	if (strcmp(o->o.way, "copy") || slash == dir)
		return 0;
	*slash = '\0';
	if (chain_size(dir, slash + 1, &o->o.bytes, e))
		return -1;
	if (f->disk_free < 0 || o->o.bytes + f->disk_floor <= f->disk_free)
		return 0;
	return err_set(e, ERR_CONFLICT, "adopt.no_room",
		"The chain has %s and has to be copied to another volume, where %s are free.",
		words_gib(o->o.bytes, need), words_gib(f->disk_free, left));
}

static int look_at_chain(struct action_ctx *c, const json_t *data, const struct stack *after,
	struct facts *facts, struct origin *o, struct err *e)
{
	const struct recipe *r = recipe_find(c->app->recipes, stack_service(after, "node")->recipe);

	if (!data)
		return 0; /* it lies in a folder of ours already */
	if (can_be_reached(data, e) || origin_look(c->app, data, r, after->data_dir, o, e))
		return -1;
	if (!o->there)
		return 0;
	facts->f.db_version = o->db_version;
	facts->f.uid = o->o.uid;
	facts->f.gid = o->o.gid;
	return folder_must_be_free(after->data_dir, e) || room_for_copy(o, &facts->f, e) ? -1 : 0;
}

int do_adopt(struct action_ctx *c, struct err *e)
{
	autounderstood struct understood u = {0};
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	autoorigin struct origin o = {0};
	const json_t *data;

	if (json_only(
		    c->a->body, e, "containers", "name", "data_dir", "services", "dry_run", NULL) ||
		understand_all(c, &u, e) || take_wish(c, &u, &after, e) ||
		stack_is_free(c->app, &after, e) || wish_complete(c->app, &after, e) ||
		wish_secrets(c->app, &after, c->a->ret_secrets, e) ||
		facts_look(c->app, &after, &facts, e))
		return -1;
	data = json_obj(u.data, "node");
	if (look_at_chain(c, data, &after, &facts, &o, e))
		return -1;
	note_chain(&u, data, &o);
	return plan_take(&after, "adopt", false, o.there ? &o.o : NULL, &facts.f, c->ret, e);
}

/* ---- and back ---- */

/* Every old container is still there; *ret_alive: one that runs. */
static int look_at_old(struct action_ctx *c, bool must_exist, char **ret_alive, struct err *e)
{
	json_t *old;
	size_t i;

	json_array_foreach (json_arr(c->before.adopted, "containers"), i, old) {
		autocontainer struct container k = {0};

		if (docker_inspect(c->app->docker, json_str(old, "container", ""), &k, e))
			return -1;
		if (k.presence != PRESENCE_YES && must_exist)
			return err_set(e, ERR_CONFLICT, "adopt.gone",
				"The old container %s is not there any more.",
				json_str(old, "kept_as", ""));
		if (k.presence == PRESENCE_YES && container_alive(&k) && !*ret_alive)
			*ret_alive = xstrdup(k.name);
	}
	return 0;
}

int do_goback(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};
	autofree char *alive = NULL;

	if (look_at_old(c, true, &alive, e) || facts_look(c->app, &c->before, &facts, e))
		return -1;
	return plan_go_back(&c->before, &facts.f, c->ret, e);
}

int do_letgo(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};
	autofree char *alive = NULL;

	if (look_at_old(c, false, &alive, e) || facts_look(c->app, &c->before, &facts, e))
		return -1;
	return plan_let_go(&c->before, alive, &facts.f, c->ret, e);
}
