/* Actions on copies of the chain and on the trash. */
#include <stdlib.h>
#include <string.h>

#include "io/store.h"
#include "services/actions_priv.h"
#include "services/settings.h"
#include "services/world.h"

static int wish_of(const json_t *body, enum copy_wish *ret, struct err *e)
{
	static const char *const names[] = {
		[COPY_AUTO] = "auto", [COPY_WHOLE] = "whole", [COPY_NEVER] = "none"};
	const char *wish = json_str(body, "copy", names[COPY_AUTO]);

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i], wish)) {
			*ret = (enum copy_wish)i;
			return 0;
		}
	return err_set(e, ERR_INPUT, "input.copy",
		"The field \"copy\" is \"auto\", \"whole\" or \"none\".");
}

static int64_t height_of(struct app *app, const char *stack)
{
	struct service_facts *f;
	int64_t height;

	world_lock(app->world);
	f = world_service(app->world, stack, "node");
	height = f && f->has_sync ? f->sync.current : -1;
	world_unlock(app->world);
	return height;
}

int facts_copy(struct app *app, const struct stack *before, const json_t *body, struct facts *ret,
	struct err *e)
{
	const struct service *node = stack_service(before, "node");
	const struct recipe *r = recipe_find(app->recipes, node->recipe);
	struct copy_cost cost = {0};

	if (wish_of(body, &ret->f.copy.wish, e) ||
		(r && chain_copy_ask(before->data_dir, "node", r->fixed_globs.items,
			      r->fixed_globs.n, &cost, e)))
		return -1;
	ret->f.copy.links = cost.links;
	ret->f.copy.reflinks = cost.reflinks;
	ret->f.copy.bytes = cost.bytes;
	ret->f.copy.fixed = cost.fixed;
	ret->f.copy.free = cost.free;
	ret->f.copy.height = height_of(app, before->name);
	ret->f.probation_s = settings_probation_s(app->store);
	return 0;
}

int do_copy(struct action_ctx *c, struct err *e)
{
	autofacts struct facts facts = {0};

	if (json_only(c->a->body, e, "copy", "dry_run", NULL) ||
		facts_look(c->app, &c->before, &facts, e) ||
		facts_copy(c->app, &c->before, c->a->body, &facts, e))
		return -1;
	return plan_copy(&c->before, &facts.f, c->ret, e);
}

int kept_find(const struct kept_list *l, const char *id, const struct kept **ret, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->items[i].id, id)) {
			*ret = &l->items[i];
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, "chain.kept_missing", "There is no kept chain %.40s.", id);
}

/* Nothing of the engine is needed to move a chain that no container has open. */
static struct plan_facts no_facts(const struct action_ctx *c)
{
	return (struct plan_facts){.now = clock_wall(), .recipes = c->app->recipes};
}

static int move(struct action_ctx *c, int (*list)(const char *, struct kept_list *, struct err *),
	int (*plan)(const struct stack *, const char *, const struct plan_facts *, struct plan *,
		struct err *),
	struct err *e)
{
	const char *chain = json_str(c->a->body, "chain", "");
	struct plan_facts f = no_facts(c);
	struct kept_list l = {0};
	const struct kept *found;
	int rc;

	if (json_only(c->a->body, e, "chain", "dry_run", NULL) || list(c->before.data_dir, &l, e))
		return -1;
	rc = kept_find(&l, chain, &found, e) ? -1 : plan(&c->before, chain, &f, c->ret, e);
	kept_list_free(&l);
	return rc;
}

int do_trash(struct action_ctx *c, struct err *e)
{
	return move(c, chain_kept, plan_trash, e);
}

int do_untrash(struct action_ctx *c, struct err *e)
{
	return move(c, chain_trashed, plan_untrash, e);
}

/* What a person has to type: the name of the chain, or of the stack for all that is in its trash.
 */
static int confirmed(const struct action_ctx *c, const char *chain, struct err *e)
{
	const char *want = chain ? chain : c->before.name;

	if (json_flag(c->a->body, "dry_run", false) ||
		!strcmp(json_str(c->a->body, "confirm", ""), want))
		return 0;
	return err_set(e, ERR_INPUT, "trash.confirm",
		"To delete for good, \"confirm\" must be \"%.40s\".", want);
}

static int64_t frees(const struct action_ctx *c, const char *id)
{
	autofree char *rel = xasprintf("trash/%s", id);
	const char *subs[] = {rel};
	int64_t bytes = 0;

	chain_extra(c->before.data_dir, subs, 1, &bytes, NULL);
	return bytes;
}

int do_empty(struct action_ctx *c, struct err *e)
{
	const char *chain = json_str(c->a->body, "chain", NULL);
	autofree struct plan_trashed *gone = NULL;
	struct plan_facts f = no_facts(c);
	struct kept_list l = {0};
	const struct kept *found;
	size_t n = 0;
	int rc;

	if (json_only(c->a->body, e, "chain", "confirm", "dry_run", NULL) ||
		chain_trashed(c->before.data_dir, &l, e))
		return -1;
	gone = xcalloc(l.n + 1, sizeof(*gone));
	for (size_t i = 0; i < l.n; i++)
		if (!chain || !strcmp(chain, l.items[i].id))
			gone[n++] = (struct plan_trashed){l.items[i].id, frees(c, l.items[i].id)};
	rc = chain && kept_find(&l, chain, &found, e) ? -1 : confirmed(c, chain, e);
	if (rc == 0)
		rc = plan_empty(&c->before, gone, n, &f, c->ret, e);
	kept_list_free(&l);
	return rc;
}
