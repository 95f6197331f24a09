/* A compose file → a new stack, or changes of the one it was exported from. */
#include "services/actions_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/compose.h"
#include "domain/spec.h"
#include "domain/understand.h"
#include "domain/wanted.h"
#include "io/chain.h"
#include "io/docker.h"
#include "io/store.h"
#include "services/world.h"

/* ---- the files ---- */

static int read_files(const json_t *body, struct compose_file *files, size_t *ret_n, struct err *e)
{
	const json_t *list = json_object_get(body, "files");
	size_t i;
	json_t *f;

	if (!json_is_array(list) || !json_array_size(list))
		return err_set(e, ERR_INPUT, "input.missing",
			"The field \"files\" must be a list of files, each with name and text.");
	if (json_array_size(list) > COMPOSE_FILES)
		return err_set(e, ERR_INPUT, "compose.too_large", "At most %d files are read.",
			COMPOSE_FILES);
	json_array_foreach (list, i, f) {
		const char *name = json_str(f, "name", NULL), *text = json_str(f, "text", NULL);

		if (json_only(f, e, "name", "text", NULL))
			return -1;
		if (!name || !text || !*name || strlen(name) > 255)
			return err_set(e, ERR_INPUT, "input.type",
				"Each of \"files\" needs a name and a text.");
		files[i] = (struct compose_file){name, text, strlen(text)};
	}
	*ret_n = json_array_size(list);
	return 0;
}

/* A configuration file that came along, or lies where the compose file says. */
static void read_config(struct understood *u, const struct recipe *r, const char *service,
	const struct compose_file *files, size_t n)
{
	const json_t *place = json_obj(u->config, service);
	const char *source = json_str(place, "source", ""), *name = strrchr(source, '/');
	autofree char *real = NULL;
	char *slash;

	if (!r->config.file || !name)
		return;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(files[i].name, name + 1)) {
			take_config(u, r, service, files[i].text, files[i].len);
			return;
		}
	real = strcmp(json_str(place, "kind", ""), "bind") ? NULL : realpath(source, NULL);
	slash = real ? strrchr(real, '/') : NULL;
	if (slash && slash != real) {
		*slash = '\0';
		if (take_config_below(u, r, service, real, slash + 1))
			return;
	}
	take_no_config(u, service, name + 1, source);
}

/* The relay of an export that has no container; a container that is one goes before it. */
static void take_builtin(struct understood *u, const json_t *relay)
{
	json_t *services = json_object_get(u->stack, "services"), *j = NULL;

	if (!relay || json_array_size(services) > 1)
		return;
	j = json_deep_copy(relay);
	json_put_str(j, "name", "relay");
	json_array_append_new(services, j);
}

static int understand_files(struct action_ctx *c, struct understood *ret, struct err *e)
{
	struct compose_file files[COMPOSE_FILES];
	autocompose struct compose_read read = {0};
	const char *folder = json_str(c->a->body, "folder", NULL);
	size_t n = 0, i;
	json_t *s;

	if (folder && (*folder != '/' || strstr(folder, "/../")))
		return err_set(e, ERR_INPUT, "input.path",
			"The field \"folder\" must be a full path on the NAS.");
	if (read_files(c->a->body, files, &n, e) || compose_read(files, n, folder, &read, e) ||
		understand(c->app->recipes, read.seen, read.notes,
			json_str(c->a->body, "name", read.name), c->app->config.data_root, ret, e))
		return -1;
	take_builtin(ret, read.relay);
	json_array_foreach (json_arr(ret->stack, "services"), i, s) {
		const struct recipe *r = recipe_find(c->app->recipes, json_str(s, "recipe", ""));

		if (r)
			read_config(ret, r, json_str(s, "name", ""), files, n);
	}
	return 0;
}

/* ---- the chain it speaks of ---- */

static const struct recipe *node_recipe(struct action_ctx *c, const struct stack *s)
{
	return recipe_find(c->app->recipes, stack_service(s, "node")->recipe);
}

static void note_chain(struct understood *u, const json_t *data, struct origin *o)
{
	const char *kind = json_str(data, "kind", ""), *source = json_str(data, "source", "");

	if (!data)
		return;
	if (!strcmp(kind, "volume"))
		take_note(u, "changed", "node", source,
			"The chain lies in %s/node from now on. What is in the volume %s stays "
			"there: adopt its container to take it over.",
			"the stack's folder", source);
	else if (strcmp(kind, "bind"))
		take_note(u, "changed", "node", "volumes",
			"The chain lies outside of the container, in the stack's folder.");
	else if (!o->there)
		take_note(u, "changed", "node", source,
			"There is no chain in %s on this NAS: the node begins with an empty one in "
			"the stack's folder.",
			source);
	else if (!strcmp(o->o.way, "copy"))
		take_note(u, "left_out", "node", source,
			"%s is on another volume than the folders of this app; it stays there, and "
			"the node begins with an empty chain. Adopt its container to copy it.",
			source);
	else
		take_note(u, "changed", "node", source,
			"%s is moved into the stack's folder, by renaming.", source);
	if (!strcmp(o->o.way, "copy"))
		o->there = false;
}

static int import_new(
	struct action_ctx *c, struct understood *u, struct stack *after, struct err *e)
{
	const json_t *data = json_obj(u->data, "node");
	autofacts struct facts facts = {0};
	autoorigin struct origin o = {0};

	if (stack_is_free(c->app, after, e) || wish_complete(c->app, after, e) ||
		wish_secrets(c->app, after, c->a->ret_secrets, e) ||
		facts_look(c->app, after, &facts, e) ||
		origin_look(c->app, data, node_recipe(c, after), after->data_dir, &o, e))
		return -1;
	note_chain(u, data, &o);
	if (o.there && folder_must_be_free(after->data_dir, e))
		return -1;
	if (o.there) {
		facts.f.db_version = o.db_version;
		facts.f.uid = o.o.uid;
		facts.f.gid = o.o.gid;
	}
	return plan_take(after, "import", true, o.there ? &o.o : NULL, &facts.f, c->ret, e);
}

/* ---- one that is there ---- */

static bool same_container(struct action_ctx *c, const struct stack *before,
	const struct stack *after, const struct service *a, const struct service *b)
{
	const struct recipe *r = recipe_find(c->app->recipes, a->recipe);
	struct spec_input one = {before, a, r, r ? recipe_generation(r, a->image) : NULL, "relay"};
	struct spec_input two = {after, b, r, r ? recipe_generation(r, b->image) : NULL, "relay"};
	char x[17], y[17];

	if (r && r->builtin)
		return false; /* no container tells whether two wishes mean the same */
	return one.generation && two.generation && !strcmp(a->recipe, b->recipe) &&
	       !spec_hash(&one, x, NULL) && !spec_hash(&two, y, NULL) && !strcmp(x, y);
}

/* The same container can be wished for in several ways: an option left at its default or set to
 * it, a port on either service of a shared network. What means the same stays as it was wished. */
static void keep_wishes(struct action_ctx *c, const struct stack *before, struct stack *after)
{
	bool same[2] = {false, false};

	for (size_t i = 0; i < after->n_services; i++) {
		const struct service *old = stack_service(before, after->services[i].name);

		same[i] = old && same_container(c, before, after, old, &after->services[i]);
	}
	for (size_t i = 0; i < after->n_services; i++) {
		struct service *s = &after->services[i];
		const struct service *old = stack_service(before, s->name);
		bool owner_same = after->network != NET_SHARED || same[after->n_services - 1];
		struct limits limits = s->limits;
		struct stack whole = {0};

		if (old)
			s->guard = old->guard; /* no compose file has that */
		if (!same[i] || !owner_same)
			continue;
		stack_copy(&whole, before);
		service_free(s);
		*s = *stack_service(&whole, old->name);
		*stack_service(&whole, old->name) = (struct service){0};
		stack_free(&whole);
		s->limits = limits;
	}
}

/* The secrets that are stored already are no change. */
static int drop_known_secrets(struct action_ctx *c, const char *stack, struct err *e)
{
	const char *service, *key;
	json_t *keys, *value;
	void *next;

	json_object_foreach (c->a->ret_secrets, service, keys)
		json_object_foreach_safe(keys, next, key, value)
		{
			autofree char *known = NULL;

			if (store_secret_get(c->app->store, stack, service, key, &known, e))
				return -1;
			if (known && json_is_string(value) &&
				!strcmp(known, json_string_value(value)))
				json_object_del(keys, key);
		}
	return 0;
}

static bool any_secret(const json_t *secrets)
{
	const char *service;
	json_t *keys;

	json_object_foreach ((json_t *)secrets, service, keys)
		if (json_object_size(keys))
			return true;
	return false;
}

static int import_changes(
	struct action_ctx *c, struct understood *u, struct stack *after, struct err *e)
{
	autofacts struct facts facts = {0};

	if (strcmp(c->before.data_dir, after->data_dir) || json_obj(u->data, "node"))
		return err_set(e, ERR_CONFLICT, "stack.exists",
			"There is a stack called %s already, with its chain in %s.", after->name,
			c->before.data_dir);
	if (c->before.n_services != after->n_services)
		return err_set(e, ERR_CONFLICT, "stack.exists",
			"There is a stack called %s already, with other services.", after->name);
	after->run = c->before.run;
	after->created_at = c->before.created_at;
	after->adopted = json_deep_copy(c->before.adopted);
	if (wish_complete(c->app, after, e) || wish_secrets(c->app, after, c->a->ret_secrets, e) ||
		drop_known_secrets(c, after->name, e))
		return -1;
	for (size_t i = 0; i < after->n_services; i++) {
		struct service *s = &after->services[i];
		const struct service *old = stack_service(&c->before, s->name);

		free(s->container);
		s->container = xstrdup(old ? old->container : NULL);
	}
	keep_wishes(c, &c->before, after);
	if (facts_look(c->app, after, &facts, e))
		return -1;
	return plan_options(&c->before, after, any_secret(c->a->ret_secrets), &facts.f, c->ret, e);
}

int do_import(struct action_ctx *c, struct err *e)
{
	autounderstood struct understood u = {0};
	autostack struct stack after = {0};

	if (json_only(c->a->body, e, "files", "folder", "name", "data_dir", "services", "dry_run",
		    NULL) ||
		understand_files(c, &u, e) || take_wish(c, &u, &after, e))
		return -1;
	if (world_copy_stack(c->app->world, after.name, &c->before, NULL) == 0)
		return import_changes(c, &u, &after, e);
	return import_new(c, &u, &after, e);
}
