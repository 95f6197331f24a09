/* The one way from what is there to what is wanted. */
#include "domain/plan_priv.h"

#include <stdio.h>
#include <string.h>

#include "domain/spec.h"
#include "domain/wanted.h"
#include "domain/words.h"

bool plan_is_node(const struct service *s)
{
	return !strcmp(s->name, "node");
}

bool plan_builtin(const struct build *b, const struct service *s)
{
	const struct recipe *r = recipe_find(b->f->recipes, s->recipe);

	return r && r->builtin;
}

const struct service *plan_old(const struct build *b, const struct service *s)
{
	const struct service *old = b->before ? stack_service(b->before, s->name) : NULL;

	return old && !strcmp(old->recipe, s->recipe) ? old : NULL;
}

const struct recipe *plan_stop_recipe(const struct build *b, const struct service *s, struct err *e)
{
	const struct service *old = b->before ? stack_service(b->before, s->name) : NULL;

	return plan_recipe(b, old ? old : s, e);
}

const struct plan_actual *plan_actual(const struct plan_facts *f, const char *service)
{
	for (size_t i = 0; i < f->n_actual; i++)
		if (!strcmp(f->actual[i].service, service))
			return &f->actual[i];
	return NULL;
}

const struct recipe *plan_recipe(const struct build *b, const struct service *s, struct err *e)
{
	const struct recipe *r = recipe_find(b->f->recipes, s->recipe);

	if (!r)
		err_set(e, ERR_INPUT, "recipe.missing", "There is no recipe called \"%s\".",
			s->recipe);
	return r;
}

const char *plan_title(const struct build *b, const struct service *s)
{
	const struct recipe *r = recipe_find(b->f->recipes, s->recipe);

	return r && !r->relay ? r->title : "the relay";
}

/* Node first on a private network; in a shared namespace its owner, the relay, goes first. */
size_t plan_order(const struct stack *s, size_t i)
{
	return s->network == NET_SHARED && s->n_services == 2 ? 1 - i : i;
}

static bool there(const struct plan_actual *a)
{
	return a && a->container->presence == PRESENCE_YES;
}

static bool alive(const struct plan_actual *a)
{
	return a && container_kept_alive(a->container);
}

/* Made before the settings changed: only a recreate gives it what is wanted. */
static bool outdated(const struct build *b, const struct service *s, const struct plan_actual *a)
{
	struct spec_input in = {.stack = b->after, .service = s, .namespace_of = "relay"};
	char hash[17];

	in.recipe = recipe_find(b->f->recipes, s->recipe);
	in.generation = in.recipe ? recipe_generation(in.recipe, s->image) : NULL;
	if (!in.generation || spec_hash(&in, hash, NULL))
		return false;
	return strcmp(hash, json_str(a->container->labels, LABEL_SPEC, "")) != 0;
}

/* The node joined a namespace whose owner was made anew since: it can never start again. */
static bool orphaned(const struct stack *s, const struct plan_facts *f)
{
	const struct plan_actual *node = plan_actual(f, "node"), *relay = plan_actual(f, "relay");
	char mode[80];

	if (s->network != NET_SHARED || !node || !relay || !node->container->network_mode)
		return false;
	snprintf(mode, sizeof(mode), "container:%s", relay->container->id);
	return strcmp(mode, node->container->network_mode) != 0;
}

/* A container under its name is what an earlier relay left: it goes. */
static enum touch builtin_touch(const struct build *b, const struct plan_actual *a)
{
	if (there(a) && a->ours)
		return RECREATE;
	return b->before && b->before->run ? KEEP : START;
}

enum touch plan_start_touch(const struct build *b, const struct service *s)
{
	const struct plan_actual *a = plan_actual(b->f, s->name);

	if (plan_builtin(b, s))
		return builtin_touch(b, a);
	if (!a || a->container->presence != PRESENCE_YES || !a->ours)
		return RECREATE;
	if (plan_is_node(s) && orphaned(b->after, b->f))
		return RECREATE;
	if (container_kept_alive(a->container))
		return KEEP;
	return a->network_gone || outdated(b, s, a) ? RECREATE : START;
}

enum touch plan_restart_touch(const struct build *b, const struct service *s)
{
	enum touch t = plan_start_touch(b, s);

	return t == KEEP ? RESTART : t;
}

/* In a shared namespace what happens to the relay happens to the node; and who starts the node
 * needs a running relay. */
static void couple(struct build *b)
{
	size_t relay = plan_order(b->after, 0), node = plan_order(b->after, 1);
	const struct service *owner = &b->after->services[relay];
	enum touch t;

	if (b->after->network != NET_SHARED)
		return;
	if (b->touch[node] != KEEP && b->touch[relay] == KEEP &&
		!alive(plan_actual(b->f, owner->name))) {
		b->touch[relay] = plan_start_touch(b, owner);
		b->config[relay] = true;
	}
	if (b->touch[relay] == KEEP)
		return;
	t = b->touch[relay] == RECREATE ? RECREATE
					: plan_restart_touch(b, &b->after->services[node]);
	if (b->touch[node] < t)
		b->touch[node] = t;
}

static bool is_made(const struct build *b, size_t k)
{
	return b->touch[k] == RECREATE && !plan_builtin(b, &b->after->services[k]);
}

static int each_recreated(struct build *b, struct err *e)
{
	for (size_t i = 0; i < b->after->n_services; i++) {
		size_t k = plan_order(b->after, i);
		const struct service *s = &b->after->services[k];

		if (is_made(b, k) && add_create(b, s, b->touch[plan_order(b->after, 0)], e))
			return -1;
	}
	return 0;
}

int plan_provide(struct build *b, struct err *e)
{
	add_check(b);
	for (size_t k = 0; k < b->after->n_services; k++) {
		const struct service *s = &b->after->services[k];
		const struct recipe *r = plan_recipe(b, s, e);

		if (!r)
			return -1;
		if (r->builtin)
			continue;
		if (b->install || (b->before && !plan_old(b, s)))
			add_folder(b, s, recipe_generation(r, s->image));
		if (b->config[k] && r->config.file)
			add_config(b, s, r);
	}
	for (size_t k = 0; k < b->after->n_services; k++)
		if (b->pull[k] && !plan_builtin(b, &b->after->services[k]))
			add_pull(b, &b->after->services[k]);
	return 0;
}

/* Before anything stops: all that can be done while what runs goes on running. */
static int prepare(struct build *b, struct err *e)
{
	bool made = false;

	if (plan_provide(b, e))
		return -1;
	for (size_t k = 0; k < b->after->n_services && !made; k++)
		made = is_made(b, k);
	if (!made)
		return 0;
	add_network(b);
	return each_recreated(b, e);
}

static int stop_all(struct build *b, struct err *e)
{
	for (size_t i = b->after->n_services; i-- > 0;) {
		size_t k = plan_order(b->after, i);
		const struct service *s = &b->after->services[k];
		const struct recipe *r = plan_stop_recipe(b, s, e);
		const struct plan_actual *a = plan_actual(b->f, s->name);

		if (!r)
			return -1;
		if (b->touch[k] >= RESTART && alive(a) && (a->ours || !plan_builtin(b, s)))
			add_stop(b, s, r);
	}
	return 0;
}

/* With the node down: whose folder, and which chain. */
static int change_chain(struct build *b, struct err *e)
{
	const struct service *node = stack_service(b->after, "node");
	const struct recipe *r = plan_recipe(b, node, e);
	const struct recipe_generation *g;

	if (!r)
		return -1;
	g = recipe_generation(r, node->image);
	if (b->copy)
		add_copy(b, r);
	if (b->chain_op != CHAIN_STAYS)
		add_chain(b, r);
	if (b->origin)
		add_take(b);
	/* files that a copy shares with a chain may have changed hands together with that */
	if (g && b->chain_op == CHAIN_BACK && b->f->kept_is_copy)
		add_owner(b, node, g);
	else if (g && b->f->uid >= 0 && b->f->uid != g->uid && b->touch[0] == RECREATE)
		add_owner(b, node, g);
	return 0;
}

static int start_all(struct build *b, struct err *e)
{
	for (size_t i = 0; i < b->after->n_services; i++) {
		size_t k = plan_order(b->after, i);
		const struct service *s = &b->after->services[k];
		const struct recipe *r = plan_recipe(b, s, e);

		if (!r)
			return -1;
		if (b->touch[k] == KEEP || r->builtin)
			continue;
		/* a stopped container, or one somebody else changed, starts with what is wanted */
		if (b->touch[k] != RECREATE &&
			!limits_equal(&s->limits, &plan_actual(b->f, s->name)->container->limits))
			add_limits(b, s, plan_actual(b->f, s->name));
		add_start(b, s, r, b->touch[k]);
	}
	/* names after the start: exchanging them costs no downtime */
	for (size_t k = 0; k < b->after->n_services; k++)
		if (is_made(b, k))
			add_swap(b, &b->after->services[k]);
	for (size_t i = 0; i < b->after->n_services; i++) {
		size_t k = plan_order(b->after, i);
		const struct service *s = &b->after->services[k];

		if (b->touch[k] != KEEP && !plan_builtin(b, s))
			add_verify(b, s, plan_recipe(b, s, e), b->touch[k]);
	}
	if (b->watch_s > 0)
		add_watch(b, plan_recipe(b, stack_service(b->after, "node"), e));
	return 0;
}

/* A node that starts on a volume that is nearly full would break its database. */
static int enough_room(const struct build *b, struct err *e)
{
	char left[WORDS_MAX], floor[WORDS_MAX];

	if (b->touch[0] == KEEP || b->f->disk_floor <= 0 || b->f->disk_free < 0 ||
		b->f->disk_free >= b->f->disk_floor)
		return 0;
	return err_set(e, ERR_CONFLICT, "disk.floor",
		"%s are left on the volume of the chain; below %s no node is started.",
		words_gib(b->f->disk_free, left), words_gib(b->f->disk_floor, floor));
}

int plan_transition(struct build *b, struct err *e)
{
	couple(b);
	if (enough_room(b, e) || prepare(b, e) || stop_all(b, e) || change_chain(b, e) ||
		start_all(b, e))
		return -1;
	add_commit(b, "the settings of this stack, kept outside the containers");
	for (size_t k = 0; k < b->after->n_services; k++) {
		const struct service *s = &b->after->services[k];
		const struct plan_actual *a = plan_actual(b->f, s->name);

		if (b->touch[k] == RECREATE && there(a) && a->ours)
			add_discard(b, s);
		if (b->touch[k] != KEEP && plan_builtin(b, s))
			add_report(b, s);
	}
	return 0;
}
