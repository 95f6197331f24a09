/* What import and adopt share: from what was understood to a stack and the place of its chain. */
#include "services/actions_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/note.h"
#include "domain/spec.h"
#include "domain/understand.h"
#include "domain/wanted.h"
#include "io/chain.h"
#include "io/chain_move.h"
#include "services/world.h"

/* ---- free for a new stack ---- */

static bool inside(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int containers_are_free(const struct stack *s, const struct stack *after, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++)
		for (size_t k = 0; k < after->n_services; k++) {
			autofree char *a = spec_container_name(s, s->services[i].name);
			autofree char *b = spec_container_name(after, after->services[k].name);

			if (!strcmp(a, b))
				return err_set(e, ERR_CONFLICT, "container.name_taken",
					"The container %s belongs to the stack %s.", a, s->name);
		}
	return 0;
}

/* Two stacks on one folder would be two nodes on one chain. */
int stack_is_free(struct app *app, const struct stack *after, struct err *e)
{
	int rc = 0;

	world_lock(app->world);
	for (size_t i = 0; rc == 0 && i < app->world->n_stacks; i++) {
		const struct stack *s = &app->world->stacks[i];

		if (!strcmp(s->name, after->name))
			rc = err_set(e, ERR_CONFLICT, "stack.exists",
				"There is a stack called %s already.", after->name);
		else if (inside(after->data_dir, s->data_dir) ||
			 inside(s->data_dir, after->data_dir))
			rc = err_set(e, ERR_CONFLICT, "stack.data_dir",
				"The folder %s belongs to the stack %s.", s->data_dir, s->name);
		else
			rc = containers_are_free(s, after, e);
	}
	world_unlock(app->world);
	return rc;
}

/* ---- where the chain lies ---- */

void origin_free(struct origin *o)
{
	free(o->from);
	*o = (struct origin){0};
}

/* A folder of another stack, or one that holds all of them, is not taken. */
static int not_of_a_stack(struct app *app, const char *path, struct err *e)
{
	int rc = 0;

	if (inside(app->config.data_root, path))
		rc = err_set(e, ERR_CONFLICT, "stack.data_dir",
			"The folder %s holds the folders of all stacks.", path);
	world_lock(app->world);
	for (size_t i = 0; rc == 0 && i < app->world->n_stacks; i++)
		if (inside(path, app->world->stacks[i].data_dir) ||
			inside(app->world->stacks[i].data_dir, path))
			rc = err_set(e, ERR_CONFLICT, "stack.data_dir",
				"The folder %s belongs to the stack %s.", path,
				app->world->stacks[i].name);
	world_unlock(app->world);
	return rc;
}

static int db_version(const char *path, const struct recipe *r)
{
	const char *slash = strrchr(path, '/');
	autofree char *dir = slash > path ? xstrndup(path, (size_t)(slash - path)) : NULL;

	return dir ? chain_db_version(
			     dir, slash + 1, r->db_version_globs.items, r->db_version_globs.n)
		   : -1;
}

/* A folder that does not look like a chain is never moved: a wrong line in a file would take away
 * anything else. */
int origin_look(struct app *app, const json_t *data, const struct recipe *r, const char *data_dir,
	struct origin *ret, struct err *e)
{
	const char *source = json_str(data, "source", "");
	autoplace struct chain_place p = {0};
	struct err why = {0};

	*ret = (struct origin){.o = {.kind = json_str(data, "kind", ""),
				       .path = json_str(data, "path", ""),
				       .way = "rename",
				       .bytes = -1,
				       .uid = -1,
				       .gid = -1},
		.db_version = -1};
	if (source[0] != '/' || chain_locate(source, &p, &why))
		return why.kind && !err_is(&why, "chain.missing") ? (*e = why, -1) : 0;
	ret->db_version = db_version(p.path, r);
	if (p.empty || (r->db_version_globs.n && ret->db_version < 0))
		return 0;
	if (not_of_a_stack(app, p.path, e))
		return -1;
	ret->there = true;
	ret->from = take(p.path);
	p.path = xstrdup(ret->from);
	ret->o.from = ret->from;
	ret->o.uid = p.uid;
	ret->o.gid = p.gid;
	if (!chain_movable(&p, data_dir))
		ret->o.way = "copy";
	return 0;
}

int folder_must_be_free(const char *dir, struct err *e)
{
	autofree char *path = xasprintf("%s/node", dir);
	autoplace struct chain_place p = {0};

	if (chain_locate(path, &p, NULL) || p.empty)
		return 0;
	return err_set(e, ERR_CONFLICT, "chain.present", "There is something in %s already.", path);
}

/* ---- the wish ---- */

void take_note(struct understood *u, const char *kind, const char *service, const char *what,
	const char *fmt, ...)
{
	struct note_place at = {.service = json_str(u->keys, service, service)};
	va_list ap;

	va_start(ap, fmt);
	note_add(u->notes, kind, at, what, fmt, ap);
	va_end(ap);
}

void take_config(struct understood *u, const struct recipe *r, const char *service,
	const char *text, size_t len)
{
	autojson json_t *file = NULL;
	struct err why;

	if (json_parse(text, len, &file, &why))
		take_note(u, "left_out", service, r->config.file, "%s is not understood: %s",
			r->config.file, why.message);
	else
		understand_config(u, r, service, file);
}

bool take_config_below(struct understood *u, const struct recipe *r, const char *service,
	const char *folder, const char *rel)
{
	autofree char *real = realpath(folder, NULL), *text = NULL;
	size_t len;

	if (!real || !*rel || chain_read(real, rel, &text, &len, NULL))
		return false;
	take_config(u, r, service, text, len);
	return true;
}

void take_no_config(struct understood *u, const char *service, const char *file, const char *where)
{
	take_note(u, "left_out", service, file,
		"%s cannot be read here: what it says, its secret too, has to be given by hand.",
		where);
}

static void override(json_t *stack, const json_t *body, const char *key)
{
	if (json_object_get(body, key))
		json_object_set(stack, key, json_object_get(body, key));
}

/* The patch's secrets go over those that were found. */
static void add_secrets(json_t *secrets, const json_t *more)
{
	const char *service;
	json_t *keys;

	json_object_foreach ((json_t *)more, service, keys) {
		if (json_object_get(secrets, service))
			json_object_update(json_object_get(secrets, service), keys);
		else
			json_object_set(secrets, service, keys);
	}
}

static json_t *without_secrets(const json_t *stack)
{
	json_t *copy = json_deep_copy(stack), *s;
	size_t i;

	json_array_foreach (json_arr(copy, "services"), i, s)
		json_object_del(s, "secrets");
	return copy;
}

int take_wish(struct action_ctx *c, struct understood *u, struct stack *ret, struct err *e)
{
	const json_t *services = json_object_get(c->a->body, "services");
	autojson json_t *patch = json_object(), *more = NULL;
	autostack struct stack s = {0};
	size_t i;
	json_t *made;

	json_array_foreach (json_arr(u->stack, "services"), i, made) {
		const struct recipe *r = recipe_find(c->app->recipes, json_str(made, "recipe", ""));

		if (r)
			understand_required(u, r, json_str(made, "name", ""));
	}
	override(u->stack, c->a->body, "name");
	override(u->stack, c->a->body, "data_dir");
	if (wanted_parse(
		    u->stack, c->app->config.data_root, clock_wall(), &s, &c->a->ret_secrets, e))
		return -1;
	if (services) {
		json_object_set(patch, "services", (json_t *)services);
		if (wanted_patch(&s, patch, clock_wall(), ret, &more, e))
			return -1;
		add_secrets(c->a->ret_secrets, more);
	} else {
		stack_copy(ret, &s);
	}
	c->a->ret_understood = json_object();
	json_put(c->a->ret_understood, "stack", without_secrets(u->stack));
	json_put(c->a->ret_understood, "notes", json_incref(u->notes));
	json_put(c->a->ret_understood, "data", json_deep_copy(json_obj(u->data, "node")));
	return 0;
}
