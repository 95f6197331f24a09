/*
 * plan_world: a stack with the shipped recipes, what is there of it, and what has to be planned.
 * For the tests of domain/plan.
 */
#ifndef TESTS_UNIT_PLAN_WORLD_H
#define TESTS_UNIT_PLAN_WORLD_H

#include "base/buf.h"
#include "domain/plan.h"
#include "domain/spec.h"
#include "domain/wanted.h"
#include "unit/json.h"
#include "unit/recipes/load.h"

#define GIB (INT64_C(1) << 30)
#define DIR "/share/eth/p"

static struct recipe_set recipes;

static inline int load_all(void **state)
{
	(void)state;
	recipes = recipes_shipped();
	return 0;
}

static inline int free_all(void **state)
{
	(void)state;
	recipe_set_free(&recipes);
	return 0;
}

/* ---- a world ---- */

enum there { UP, DOWN, MISSING, FOREIGN, FOREIGN_DOWN, UNKNOWN, OLD, OLD_DOWN };

struct world {
	struct stack stack, after;
	struct container c[2];
	struct plan_actual a[2];
	struct plan_facts f;
	struct plan plan;
	struct err e;
	char kinds[1000];
};

static inline void set_str(char **where, const char *text)
{
	free(*where);
	*where = xstrdup(text);
}

static inline void put(struct world *w, int k, enum there there)
{
	const struct service *s = &w->stack.services[k];
	struct spec_input in = {.stack = &w->stack,
		.service = s,
		.namespace_of = "relay",
		.recipe = recipe_find(&recipes, s->recipe)};
	bool up = there == UP || there == FOREIGN || there == OLD;
	struct container *c = &w->c[k];
	char hash[17];
	struct err e;

	container_free(c);
	w->a[k] = (struct plan_actual){.service = s->name, .container = c, .needed = -1};
	if (there == MISSING || there == UNKNOWN) {
		c->presence = there == MISSING ? PRESENCE_NO : PRESENCE_UNKNOWN;
		return;
	}
	c->presence = PRESENCE_YES;
	snprintf(c->id, sizeof(c->id), "%s-id-%064d", s->name, 0);
	c->name = xasprintf("p-%s", s->name);
	c->pid = up ? 100 + k : 0;
	c->limits = s->limits;
	c->labels = json_object();
	if (w->stack.network == NET_SHARED && k == 0)
		c->network_mode = xasprintf("container:%s", w->c[1].id);
	if (there == FOREIGN || there == FOREIGN_DOWN)
		return;
	w->a[k].ours = true;
	in.generation = recipe_generation(in.recipe, s->image);
	assert_int_equal(spec_hash(&in, hash, &e), 0);
	json_put_str(c->labels, LABEL_SPEC, there == OLD || there == OLD_DOWN ? "older" : hash);
}

static inline void world(
	struct world *w, enum network_mode network, enum there node, enum there relay)
{
	struct stack *s = &w->stack;

	*w = (struct world){0};
	*s = (struct stack){.name = xstrdup("p"),
		.data_dir = xstrdup(DIR),
		.network = network,
		.run = true,
		.n_services = 2};
	s->services = xcalloc(2, sizeof(*s->services));
	s->services[0] = (struct service){.name = xstrdup("node"),
		.recipe = xstrdup("parity"),
		.image = xstrdup("parity/parity:v1.6.8"),
		.options = json_object(),
		.env = json_object(),
		.limits = {.memory = 2 * GIB}};
	s->services[1] = (struct service){.name = xstrdup("relay"),
		.recipe = xstrdup("ethnetintel"),
		.image = xstrdup("ethnetintel:latest"),
		.options = js("{\"instance_name\":\"nas\"}"),
		.env = json_object(),
		.limits = {.memory = GIB / 4, .cpu_millis = 200}};
	w->f = (struct plan_facts){.now = INT64_C(1700000000000),
		.recipes = &recipes,
		.actual = w->a,
		.n_actual = 2,
		.db_version = -1,
		.memory_total = 16 * GIB};
	put(w, 1, relay);
	put(w, 0, node);
	stack_copy(&w->after, s);
}

static inline void forget(struct world *w)
{
	stack_free(&w->stack);
	stack_free(&w->after);
	container_free(&w->c[0]);
	container_free(&w->c[1]);
	plan_free(&w->plan);
}
#define autoworld cleanup(forget)

/* "check config:relay create:node …" */
static inline const char *kinds(struct world *w)
{
	autobuf struct buf b = {0};

	for (size_t i = 0; i < w->plan.n_steps; i++) {
		const char *service = json_str(w->plan.steps[i].args, "service", NULL);

		assert_int_equal(w->plan.steps[i].n, i + 1);
		assert_non_null(w->plan.steps[i].title);
		buf_printf(&b, "%s%s%s%s", i ? " " : "", w->plan.steps[i].kind, service ? ":" : "",
			service ? service : "");
	}
	snprintf(w->kinds, sizeof(w->kinds), "%s", b.data ? b.data : "");
	return w->kinds;
}

/* No secret, nor a place for one, in anything a plan shows or keeps. */
static inline void no_secret(const struct plan *p)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		autofree char *args = json_text(s->args);

		assert_null(strstr(args, "WS_SECRET"));
		assert_null(strstr(s->docker ? s->docker : "", "WS_SECRET"));
		assert_null(strstr(s->detail, "WS_SECRET"));
	}
}

static inline void planned(struct world *w, int rc, const char *want, bool down)
{
	if (rc)
		fail_msg("%s: %s", w->e.code, w->e.message);
	assert_string_equal(kinds(w), want);
	assert_int_equal(w->plan.down, down);
	no_secret(&w->plan);
}

static inline void refused(struct world *w, int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(w->e.code, code);
	assert_null(w->plan.steps);
	assert_null(w->plan.action);
	assert_null(w->plan.data);
}

static inline const struct step *step(const struct world *w, const char *kind, const char *service)
{
	for (size_t i = 0; i < w->plan.n_steps; i++)
		if (!strcmp(w->plan.steps[i].kind, kind) &&
			!strcmp(json_str(w->plan.steps[i].args, "service", ""), service))
			return &w->plan.steps[i];
	fail_msg("no step %s:%s", kind, service);
	return NULL;
}

static inline int warnings(const struct world *w, const char *code)
{
	size_t i;
	json_t *x;
	int n = 0;

	json_array_foreach (w->plan.warnings, i, x)
		n += !strcmp(json_str(x, "code", ""), code);
	return n;
}

static inline const char *warning(const struct world *w, const char *code)
{
	size_t i;
	json_t *x;

	json_array_foreach (w->plan.warnings, i, x)
		if (!strcmp(json_str(x, "code", ""), code))
			return json_str(x, "message", "");
	fail_msg("no warning %s", code);
	return "";
}

static inline const char *joins(const struct world *w)
{
	return json_string_value(json_at(
		step(w, "create", "node")->args, "config", "HostConfig", "NetworkMode", NULL));
}

#define INSTALL(w) plan_install(&(w)->after, &(w)->f, &(w)->plan, &(w)->e)
#define START_(w) plan_start(&(w)->stack, &(w)->f, &(w)->plan, &(w)->e)
#define STOP_(w) plan_stop(&(w)->stack, &(w)->f, &(w)->plan, &(w)->e)
#define RESTART_(w, only) plan_restart(&(w)->stack, only, &(w)->f, &(w)->plan, &(w)->e)
#define OPTIONS(w, secrets)                                                                        \
	plan_options(&(w)->stack, &(w)->after, secrets, &(w)->f, &(w)->plan, &(w)->e)
#define LIMITS(w, service, restart)                                                                \
	plan_limits(&(w)->stack, &(w)->after, service, restart, &(w)->f, &(w)->plan, &(w)->e)
#define UPGRADE(w, service)                                                                        \
	plan_upgrade(&(w)->stack, &(w)->after, service, &(w)->f, &(w)->plan, &(w)->e)
#define RESYNC(w) plan_resync(&(w)->stack, &(w)->after, &(w)->f, &(w)->plan, &(w)->e)
#define PUT_BACK(w) plan_put_back(&(w)->stack, &(w)->after, "c1", &(w)->f, &(w)->plan, &(w)->e)
#define REMOVE(w) plan_remove(&(w)->stack, &(w)->f, &(w)->plan, &(w)->e)

#endif
