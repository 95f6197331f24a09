/* One function for each action. */
#include "services/actions.h"

#include <stdlib.h>
#include <string.h>

#include "domain/wanted.h"
#include "io/chain.h"
#include "services/actions_priv.h"
#include "services/jobs.h"
#include "services/world.h"

static int do_install(struct action_ctx *c, struct err *e)
{
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	autojson json_t *body = NULL;

	if (wish_body(c, &body, e) || wanted_parse(body, c->app->config.data_root, clock_wall(),
					      &after, &c->a->ret_secrets, e))
		return -1;
	if (stack_is_free(c->app, &after, e) || wish_complete(c->app, &after, e) ||
		wish_secrets(c->app, &after, c->a->ret_secrets, e) ||
		facts_look(c->app, &after, &facts, e))
		return -1;
	return plan_install(&after, &facts.f, c->ret, e);
}

static int do_start(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};

	if (facts_look(c->app, &c->before, &facts, e))
		return -1;
	return plan_start(&c->before, &facts.f, c->ret, e);
}

static int do_stop(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};

	if (facts_look(c->app, &c->before, &facts, e))
		return -1;
	return plan_stop(&c->before, &facts.f, c->ret, e);
}

static int do_restart(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};
	const char *only = json_str(c->a->body, "service", NULL);

	if (facts_look(c->app, &c->before, &facts, e))
		return -1;
	return plan_restart(&c->before, only, &facts.f, c->ret, e);
}

static int do_remove(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};

	if (facts_look(c->app, &c->before, &facts, e))
		return -1;
	return plan_remove(&c->before, &facts.f, c->ret, e);
}

/* Options of the old relay that the new one does not know. */
static void forget_options(struct app *app, const struct service *old, struct service *new)
{
	const struct recipe *r = recipe_find(app->recipes, new->recipe);
	const char *key;
	json_t *value;
	void *next;

	if (!r || !strcmp(old->recipe, new->recipe))
		return;
	json_object_foreach_safe(new->options, next, key,
		value) if (!recipe_option(r, key) && json_object_get(old->options, key))
		json_object_del(new->options, key);
}

/* What follows from another relay in the place of this one. */
static void follow_relay(struct action_ctx *c, struct stack *after)
{
	struct service *old = stack_service(&c->before, "relay"),
		       *new = stack_service(after, "relay");

	if (old && new)
		forget_options(c->app, old, new);
	if (wish_builtin(c->app, new) && !json_object_get(c->a->body, "network"))
		after->network = NET_PRIVATE;
}

static int do_options(struct action_ctx *c, struct err *e)
{
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	autojson json_t *body = NULL;

	if (wish_body(c, &body, e) ||
		wanted_patch(&c->before, body, clock_wall(), &after, &c->a->ret_secrets, e))
		return -1;
	follow_relay(c, &after);
	if (wish_complete(c->app, &after, e) ||
		wish_secrets(c->app, &after, c->a->ret_secrets, e) ||
		facts_look(c->app, &after, &facts, e) ||
		facts_copy(c->app, &c->before, c->a->body, &facts, e))
		return -1;
	return plan_options(
		&c->before, &after, json_object_size(c->a->ret_secrets) > 0, &facts.f, c->ret, e);
}

/* More processors than there are would be refused in the middle of a night. */
static int has_cpus(struct app *app, const struct neighbour *n, struct err *e)
{
	int64_t most;

	world_lock(app->world);
	most = app->world->host.cpus;
	world_unlock(app->world);
	if (!most || (n->busy.share.cpu_millis <= most * 1000 &&
			     n->quiet.share.cpu_millis <= most * 1000))
		return 0;
	return err_set(e, ERR_INPUT, "input.limit",
		"The field \"cpus\" of a neighbour must not be above %lld: the NAS has no more.",
		(long long)most);
}

static int do_limits(struct action_ctx *c, struct err *e)
{
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	const json_t *limits = json_object_get(c->a->body, "limits");
	const json_t *guard = json_object_get(c->a->body, "guard");
	const json_t *neighbour = json_object_get(c->a->body, "neighbour");
	struct service *s;

	if (json_only(c->a->body, e, "limits", "guard", "neighbour", "restart", "dry_run", NULL))
		return -1;
	stack_copy(&after, &c->before);
	s = stack_service(&after, c->a->service);
	if (!s)
		return err_set(e, ERR_NOT_FOUND, "service.missing",
			"The stack %s has no service called %.40s.", after.name, c->a->service);
	if (wish_container(c->app, s, e))
		return -1;
	if (!limits)
		return err_set(e, ERR_INPUT, "input.missing", "The field \"limits\" is missing.");
	if (limits_parse(limits, &s->limits, e) || (guard && guard_parse(guard, &s->guard, e)) ||
		(neighbour && neighbour_parse(neighbour, &s->neighbour, e)) ||
		has_cpus(c->app, &s->neighbour, e) || facts_look(c->app, &after, &facts, e))
		return -1;
	return plan_limits(&c->before, &after, c->a->service,
		json_flag(c->a->body, "restart", false), &facts.f, c->ret, e);
}

static void set_image(struct service *s, const char *image)
{
	free(s->image);
	s->image = xstrdup(image);
}

static int do_upgrade(struct action_ctx *c, struct err *e)
{
	const char *service = json_str(c->a->body, "service", "node");
	const char *image = json_str(c->a->body, "image", NULL);
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	struct service *s;

	if (json_only(c->a->body, e, "service", "image", "copy", "dry_run", NULL))
		return -1;
	stack_copy(&after, &c->before);
	after.run = true;
	s = stack_service(&after, service);
	if (!s)
		return err_set(e, ERR_NOT_FOUND, "service.missing",
			"The stack %s has no service called %.40s.", after.name, service);
	if (wish_container(c->app, s, e))
		return -1;
	if (image)
		set_image(s, image);
	if (wish_complete(c->app, &after, e) || facts_look(c->app, &after, &facts, e) ||
		facts_copy(c->app, &c->before, c->a->body, &facts, e))
		return -1;
	return plan_upgrade(&c->before, &after, service, &facts.f, c->ret, e);
}

/* null removes a key, as in a patch. */
static void merge_options(json_t *into, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)from, key, value) {
		if (json_is_null(value))
			json_object_del(into, key);
		else
			json_object_set(into, key, value);
	}
}

static int do_resync(struct action_ctx *c, struct err *e)
{
	const json_t *options = json_object_get(c->a->body, "options");
	const char *image = json_str(c->a->body, "image", NULL);
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	struct service *node;

	if (json_only(c->a->body, e, "options", "image", "dry_run", NULL))
		return -1;
	if (options && !json_is_object(options))
		return err_set(
			e, ERR_INPUT, "input.type", "The field \"options\" must be an object.");
	stack_copy(&after, &c->before);
	after.run = true;
	node = stack_service(&after, "node");
	if (image)
		set_image(node, image);
	merge_options(node->options, options);
	if (wish_complete(c->app, &after, e) || facts_look(c->app, &after, &facts, e))
		return -1;
	return plan_resync(&c->before, &after, &facts.f, c->ret, e);
}

/* The kept chain wants the image and the options it last ran with; where they are not known, the
 * present ones are tried. */
static int as_kept(const struct kept *kept, struct service *node, struct err *e)
{
	if (kept->damaged)
		return err_set(e, ERR_CONFLICT, "chain.damaged",
			"The copy %s is not what it was when it was made.", kept->id);
	if (!*kept->image)
		return 0;
	set_image(node, kept->image);
	json_decref(node->options);
	node->options = json_deep_copy(kept->options);
	return 0;
}

static int put_back(
	struct action_ctx *c, const char *chain, const struct kept_list *list, struct err *e)
{
	autostack struct stack after = {0};
	autofacts struct facts facts = {0};
	const struct kept *kept;

	stack_copy(&after, &c->before);
	after.run = true;
	if (kept_find(list, chain, &kept, e) || as_kept(kept, stack_service(&after, "node"), e) ||
		wish_complete(c->app, &after, e) || facts_look(c->app, &after, &facts, e))
		return -1;
	facts.f.kept_is_copy = kept->copy;
	facts.f.kept_about = kept->about;
	return plan_put_back(&c->before, &after, chain, &facts.f, c->ret, e);
}

static int do_putback(struct action_ctx *c, struct err *e)
{
	struct kept_list list = {0};
	int rc;

	if (json_only(c->a->body, e, "chain", "dry_run", NULL) ||
		chain_kept(c->before.data_dir, &list, e))
		return -1;
	rc = put_back(c, json_str(c->a->body, "chain", ""), &list, e);
	kept_list_free(&list);
	return rc;
}

static const struct {
	const char *name;
	int (*plan)(struct action_ctx *c, struct err *e);
} actions[] = {
	{"install", do_install},
	{"start", do_start},
	{"stop", do_stop},
	{"restart", do_restart},
	{"options", do_options},
	{"limits", do_limits},
	{"upgrade", do_upgrade},
	{"resync", do_resync},
	{"putback", do_putback},
	{"remove", do_remove},
	{"copy", do_copy},
	{"trash", do_trash},
	{"untrash", do_untrash},
	{"empty", do_empty},
	{"import", do_import},
	{"adopt", do_adopt},
	{"goback", do_goback},
	{"letgo", do_letgo},
	{"load", do_load},
	{"build", do_build},
	{"pull", do_pull},
};

int action_plan(struct app *app, struct action *a, struct plan *ret, struct err *e)
{
	struct action_ctx c = {.app = app, .a = a, .ret = ret};
	int rc;

	if (a->stack && world_copy_stack(app->world, a->stack, &c.before, e))
		return -1;
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (strcmp(actions[i].name, a->name))
			continue;
		rc = actions[i].plan(&c, e);
		stack_free(&c.before);
		return rc;
	}
	stack_free(&c.before);
	return err_set(e, ERR_INTERNAL, "api.internal", "There is no action %s.", a->name);
}

static int submit(
	struct app *app, struct action *a, const char *actor, int64_t *ret_id, struct err *e)
{
	autoplan struct plan plan = {0};
	struct job_order order = {.plan = &plan, .actor = actor};

	if (action_plan(app, a, &plan, e) || jobs_submit(app->jobs, &order, e))
		return -1;
	*ret_id = order.ret_id;
	return 0;
}

int action_start(
	struct app *app, const char *stack, const char *actor, int64_t *ret_id, struct err *e)
{
	struct action a = {.name = "start", .stack = stack};

	return submit(app, &a, actor, ret_id, e);
}

int action_stop(
	struct app *app, const char *stack, const char *actor, int64_t *ret_id, struct err *e)
{
	struct action a = {.name = "stop", .stack = stack};

	return submit(app, &a, actor, ret_id, e);
}

int action_limits(struct app *app, const char *stack, const char *service, const struct limits *l,
	const char *actor, int64_t *ret_id, struct err *e)
{
	autojson json_t *body = json_object();
	struct action a = {.name = "limits", .stack = stack, .service = service, .body = body};

	json_put(body, "limits", limits_json(l));
	return submit(app, &a, actor, ret_id, e);
}

int action_restart(struct app *app, const char *stack, const char *service, const char *actor,
	int64_t *ret_id, struct err *e)
{
	autojson json_t *body = json_object();
	struct action a = {.name = "restart", .stack = stack, .body = body};

	if (service)
		json_put_str(body, "service", service);
	return submit(app, &a, actor, ret_id, e);
}
