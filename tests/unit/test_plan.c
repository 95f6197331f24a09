/* domain/plan with the shipped recipes: for each action the exact steps, their order and their
 * words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "domain/plan.h"
#include "domain/spec.h"
#include "domain/wanted.h"
#include "unit/recipes/load.h"

#include <string.h>

#define GIB (INT64_C(1) << 30)
#define DIR "/share/eth/p"

static struct recipe_set recipes;

static int load_all(void **state)
{
	static const char *const names[] = {"ethereumjs", "ethnetintel", "parity"};
	struct recipe_text texts[3];
	struct err e;
	int rc;

	(void)state;
	for (int i = 0; i < 3; i++) {
		autofree char *path = xasprintf("%s/shared/recipes/%s.json", ROOT_DIR, names[i]);

		texts[i] = (struct recipe_text){.name = names[i]};
		texts[i].text = file_text(path, &texts[i].len);
	}
	rc = recipe_set_load(texts, 3, &recipes, &e);
	for (int i = 0; i < 3; i++)
		free((char *)texts[i].text);
	return rc;
}

static int free_all(void **state)
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

static json_t *js(const char *text)
{
	json_t *j = NULL;
	struct err e;

	if (json_parse(text, strlen(text), &j, &e))
		fail_msg("%s: %s", text, e.message);
	return j;
}

static void set_str(char **where, const char *text)
{
	free(*where);
	*where = xstrdup(text);
}

static void put(struct world *w, int k, enum there there)
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

static void world(struct world *w, enum network_mode network, enum there node, enum there relay)
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

static void forget(struct world *w)
{
	stack_free(&w->stack);
	stack_free(&w->after);
	container_free(&w->c[0]);
	container_free(&w->c[1]);
	plan_free(&w->plan);
}
#define autoworld cleanup(forget)

/* "check config:relay create:node …" */
static const char *kinds(struct world *w)
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
static void no_secret(const struct plan *p)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		autofree char *args = json_text(s->args);

		assert_null(strstr(args, "WS_SECRET"));
		assert_null(strstr(s->docker ? s->docker : "", "WS_SECRET"));
		assert_null(strstr(s->detail, "WS_SECRET"));
	}
}

static void planned(struct world *w, int rc, const char *want, bool down)
{
	if (rc)
		fail_msg("%s: %s", w->e.code, w->e.message);
	assert_string_equal(kinds(w), want);
	assert_int_equal(w->plan.down, down);
	no_secret(&w->plan);
}

static void refused(struct world *w, int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(w->e.code, code);
	assert_null(w->plan.steps);
	assert_null(w->plan.action);
	assert_null(w->plan.data);
}

static const struct step *step(const struct world *w, const char *kind, const char *service)
{
	for (size_t i = 0; i < w->plan.n_steps; i++)
		if (!strcmp(w->plan.steps[i].kind, kind) &&
			!strcmp(json_str(w->plan.steps[i].args, "service", ""), service))
			return &w->plan.steps[i];
	fail_msg("no step %s:%s", kind, service);
	return NULL;
}

static int warnings(const struct world *w, const char *code)
{
	size_t i;
	json_t *x;
	int n = 0;

	json_array_foreach (w->plan.warnings, i, x)
		n += !strcmp(json_str(x, "code", ""), code);
	return n;
}

static const char *warning(const struct world *w, const char *code)
{
	size_t i;
	json_t *x;

	json_array_foreach (w->plan.warnings, i, x)
		if (!strcmp(json_str(x, "code", ""), code))
			return json_str(x, "message", "");
	fail_msg("no warning %s", code);
	return "";
}

static const char *joins(const struct world *w)
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

/* ---- what is not known ---- */

static void nothing_is_planned_while_containers_are_unknown(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		autoworld struct world w;
		int rc[10] = {0};

		world(&w, i % 2 ? NET_SHARED : NET_PRIVATE, i < 5 ? UNKNOWN : UP,
			i < 5 ? UP : UNKNOWN);
		set_str(&w.after.services[0].image, "parity/parity:v2.5.13-stable");
		rc[0] = INSTALL(&w);
		rc[1] = START_(&w);
		rc[2] = STOP_(&w);
		rc[3] = RESTART_(&w, NULL);
		rc[4] = OPTIONS(&w, true);
		rc[5] = LIMITS(&w, "node", true);
		rc[6] = UPGRADE(&w, "node");
		rc[7] = RESYNC(&w);
		rc[8] = PUT_BACK(&w);
		rc[9] = REMOVE(&w);
		for (int k = 0; k < 10; k++)
			refused(&w, rc[k], "container.unknown");
		assert_int_equal(w.e.kind, ERR_UNAVAILABLE);
	}
}

static void what_is_missing_has_its_code(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	refused(&w, RESTART_(&w, "nobody"), "service.missing");
	refused(&w, LIMITS(&w, "nobody", false), "service.missing");
	refused(&w, UPGRADE(&w, "nobody"), "service.missing");
	set_str(&w.after.services[0].image, "somebody/else:v9");
	refused(&w, UPGRADE(&w, "node"), "image.unknown");
	refused(&w, INSTALL(&w), "image.unknown");
	set_str(&w.after.services[0].recipe, "gone");
	refused(&w, UPGRADE(&w, "node"), "recipe.missing");
	refused(&w, INSTALL(&w), "recipe.missing");
	refused(&w, OPTIONS(&w, false), "recipe.missing");
	set_str(&w.stack.services[1].recipe, "gone");
	refused(&w, STOP_(&w), "recipe.missing");
	refused(&w, REMOVE(&w), "recipe.missing");
}

/* ---- install ---- */

#define INSTALL_HEAD "check folder:node folder:relay config:relay pull:node pull:relay network "

static void install_private(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, MISSING, MISSING);
	w.f.uid = w.f.gid = -1;
	planned(&w, INSTALL(&w),
		INSTALL_HEAD "create:node create:relay start:node start:relay swap:node swap:relay"
			     " verify:node verify:relay commit",
		false);
	assert_true(json_is_null(json_object_get(w.plan.data, "before")));
	assert_string_equal(json_str(json_obj(w.plan.data, "after"), "name", ""), "p");
	assert_string_equal(joins(&w), "ethstation-p");
	s = step(&w, "swap", "node");
	assert_null(json_object_get(s->args, "old"));
	s = step(&w, "create", "relay");
	assert_string_equal(json_str(s->args, "name", ""), "p-relay.next");
	assert_true(json_int(w.plan.steps[0].args, "need_bytes", 0) > 0);
	/* what is made is found by the job: no step knows an id beforehand */
	assert_null(json_object_get(step(&w, "start", "node")->args, "container"));
	assert_null(json_object_get(step(&w, "verify", "node")->args, "container"));
	assert_int_equal(json_int(step(&w, "verify", "node")->args, "rpc_port", 0), 8545);
}

static void install_shared(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, MISSING, MISSING);
	w.f.uid = w.f.gid = -1;
	planned(&w, INSTALL(&w),
		INSTALL_HEAD "create:relay create:node start:relay start:node swap:node swap:relay"
			     " verify:relay verify:node commit",
		false);
	assert_string_equal(joins(&w), "container:p-relay.next");
	assert_string_equal(
		json_str(step(&w, "verify", "node")->args, "shared_with", ""), "p-relay");
	assert_null(json_object_get(step(&w, "verify", "relay")->args, "shared_with"));
}

static void install_keeps_a_foreign_container_and_a_found_folder(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, FOREIGN_DOWN, MISSING);
	w.f.uid = 1000;
	w.f.db_version = 10;
	planned(&w, INSTALL(&w),
		INSTALL_HEAD "create:node create:relay owner:node start:node start:relay swap:node"
			     " swap:relay verify:node verify:relay commit",
		false);
	s = step(&w, "swap", "node");
	assert_string_equal(json_str(s->args, "old", ""), w.c[0].id);
	assert_string_equal(json_str(s->args, "old_name", ""), "p-node-before-20231114-221320");
	assert_int_equal(warnings(&w, "db.one_way"), 1); /* 10 was found, 1.6 writes 11 */
	assert_true(w.plan.one_way);
	s = step(&w, "owner", "node");
	assert_int_equal(json_int(s->args, "uid", -1), 0);
	assert_non_null(strstr(s->docker, "chown -R 0:0 " DIR "/node"));
}

static void install_tells_the_truth_beforehand(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, MISSING, MISSING);
	w.after.services[0].limits.memory = GIB / 2;
	assert_int_equal(INSTALL(&w), 0);
	assert_int_equal(warnings(&w, "limit.small"), 1);
	assert_int_equal(warnings(&w, "chain.historic"), 1);
	assert_non_null(strstr(warning(&w, "chain.historic"), "4370000"));
	assert_int_equal(warnings(&w, "limit.above_host"), 0);
	assert_int_equal(warnings(&w, "image.assumed"), 0);
	plan_free(&w.plan);
	w.after.services[0].limits.memory = 32 * GIB;
	set_str(&w.after.services[0].image, "parity/parity:stable");
	json_put_str(w.after.services[0].options, "chain", "dev");
	assert_int_equal(INSTALL(&w), 0);
	assert_int_equal(warnings(&w, "limit.small"), 0);
	assert_int_equal(warnings(&w, "limit.above_host"), 1);
	assert_int_equal(warnings(&w, "image.assumed"), 1);
	assert_int_equal(warnings(&w, "chain.historic"), 0);
}

/* ---- start ---- */

static void start_does_what_each_container_needs(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, DOWN, DOWN, false,
			"check config:relay start:node start:relay verify:node verify:relay "
			"commit"},
		{NET_SHARED, DOWN, DOWN, false,
			"check config:relay start:relay start:node verify:relay verify:node "
			"commit"},
		{NET_PRIVATE, DOWN, UP, false, "check start:node verify:node commit"},
		{NET_SHARED, DOWN, UP, false, "check start:node verify:node commit"},
		{NET_PRIVATE, UP, DOWN, false,
			"check config:relay start:relay verify:relay commit"},
		{NET_SHARED, UP, DOWN, true,
			"check config:relay stop:node start:relay start:node verify:relay "
			"verify:node commit"},
		{NET_PRIVATE, MISSING, UP, false,
			"check network create:node start:node swap:node verify:node commit"},
		{NET_PRIVATE, OLD_DOWN, UP, false,
			"check network create:node start:node swap:node verify:node commit "
			"discard:node"},
		{NET_SHARED, OLD_DOWN, UP, false,
			"check network create:node start:node swap:node verify:node commit "
			"discard:node"},
		{NET_SHARED, DOWN, MISSING, false,
			"check config:relay network create:relay create:node start:relay start:node"
			" swap:node swap:relay verify:relay verify:node commit discard:node"},
		{NET_SHARED, UP, OLD_DOWN, true,
			"check config:relay network create:relay create:node stop:node start:relay"
			" start:node swap:node swap:relay verify:relay verify:node commit "
			"discard:node"
			" discard:relay"},
		{NET_PRIVATE, FOREIGN, UP, true,
			"check network create:node stop:node start:node swap:node verify:node "
			"commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, START_(&w), all[i].want, all[i].down);
	}
}

static void start_of_what_runs_is_refused_or_only_noted(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, OLD); /* an outdated one that runs is left running */
	refused(&w, START_(&w), "stack.nothing_to_do");
	w.stack.run = false;
	planned(&w, START_(&w), "check commit", false);
	assert_true(json_flag(json_obj(w.plan.data, "after"), "run", false));
	assert_false(json_flag(json_obj(w.plan.data, "before"), "run", true));
}

static void a_node_without_its_namespace_is_made_anew(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, DOWN, UP);
	set_str(&w.c[0].network_mode, "container:0123");
	planned(&w, START_(&w),
		"check network create:node start:node swap:node verify:node commit discard:node",
		false);
	assert_string_equal(joins(&w), "container:p-relay"); /* the relay stays as it is */
	plan_free(&w.plan);
	planned(&w, RESYNC(&w),
		"check network create:node set_aside start:node swap:node verify:node commit"
		" discard:node",
		false);
}

static void a_start_gives_the_wanted_limits(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, UP);
	w.c[0].limits.memory = GIB;
	planned(&w, START_(&w), "check limits:node start:node verify:node commit", false);
	s = step(&w, "limits", "node");
	assert_int_equal(json_int(json_obj(s->args, "after"), "memory_bytes", 0), 2 * GIB);
	assert_int_equal(json_int(json_obj(s->args, "before"), "memory_bytes", 0), GIB);
	plan_free(&w.plan);
	put(&w, 0, UP);
	w.c[0].limits.memory = GIB;
	planned(&w, RESTART_(&w, "node"),
		"check stop:node limits:node start:node verify:node commit", true);
}

/* ---- stop ---- */

static void stop_stops_what_runs_in_reverse_order(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, UP, UP, true, "stop:relay stop:node commit"},
		{NET_SHARED, UP, UP, true, "stop:node stop:relay commit"},
		{NET_PRIVATE, UP, DOWN, true, "stop:node commit"},
		{NET_PRIVATE, DOWN, UP, false, "stop:relay commit"},
		{NET_PRIVATE, DOWN, MISSING, false, "commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, STOP_(&w), all[i].want, all[i].down);
		assert_false(json_flag(json_obj(w.plan.data, "after"), "run", true));
	}
}

static void a_stop_never_kills_the_node(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	assert_int_equal(STOP_(&w), 0);
	s = step(&w, "stop", "node");
	assert_int_equal(json_int(s->args, "timeout_s", 0), 300);
	assert_false(json_flag(s->args, "kill", true));
	assert_string_equal(json_str(s->args, "container", ""), w.c[0].id);
	assert_true(json_flag(step(&w, "stop", "relay")->args, "kill", false));
}

/* ---- restart ---- */

static void restart_takes_the_pair_in_order(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		const char *only;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, UP, UP, NULL, true,
			"check config:relay stop:relay stop:node start:node start:relay verify:node"
			" verify:relay commit"},
		{NET_SHARED, UP, UP, NULL, true,
			"check config:relay stop:node stop:relay start:relay start:node "
			"verify:relay"
			" verify:node commit"},
		{NET_PRIVATE, UP, UP, "relay", false,
			"check config:relay stop:relay start:relay verify:relay commit"},
		{NET_SHARED, UP, UP, "relay", true,
			"check config:relay stop:node stop:relay start:relay start:node "
			"verify:relay"
			" verify:node commit"},
		{NET_SHARED, UP, UP, "node", true, "check stop:node start:node verify:node commit"},
		{NET_SHARED, UP, DOWN, "node", true,
			"check config:relay stop:node start:relay start:node verify:relay "
			"verify:node"
			" commit"},
		{NET_SHARED, MISSING, UP, "relay", false,
			"check config:relay network create:node stop:relay start:relay start:node"
			" swap:node verify:relay verify:node commit"},
		{NET_PRIVATE, DOWN, DOWN, "node", false, "check start:node verify:node commit"},
		{NET_PRIVATE, FOREIGN, UP, "node", true,
			"check network create:node stop:node start:node swap:node verify:node "
			"commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, RESTART_(&w, all[i].only), all[i].want, all[i].down);
	}
}

/* ---- options ---- */

static void options_make_the_changed_service_anew(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	refused(&w, OPTIONS(&w, false), "stack.nothing_to_do");
	json_put_int(w.after.services[0].options, "max_peers", 10);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node start:node swap:node verify:node commit"
		" discard:node",
		true);
	assert_int_equal(json_int(json_at(w.plan.data, "after", "services", NULL), "none", 0), 0);
	plan_free(&w.plan);
	json_object_clear(w.after.services[0].options);
	json_put_str(w.after.services[1].options, "instance_name", "other");
	planned(&w, OPTIONS(&w, false),
		"check config:relay network create:relay stop:relay start:relay swap:relay"
		" verify:relay commit discard:relay",
		false);
}

static void a_relay_made_anew_takes_the_node_along_in_a_shared_namespace(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, UP, UP);
	json_put_str(w.after.services[1].options, "instance_name", "other");
	planned(&w, OPTIONS(&w, false),
		"check config:relay network create:relay create:node stop:node stop:relay "
		"start:relay"
		" start:node swap:node swap:relay verify:relay verify:node commit discard:node"
		" discard:relay",
		true);
	assert_string_equal(joins(&w), "container:p-relay.next");
	plan_free(&w.plan);
	json_put_str(w.after.services[1].options, "instance_name", "nas");
	json_put_int(w.after.services[0].options, "max_peers", 10);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node start:node swap:node verify:node commit"
		" discard:node",
		true);
	assert_string_equal(joins(&w), "container:p-relay");
}

static void a_new_secret_restarts_only_who_reads_it(void **state)
{
	static const struct {
		enum there relay;
		const char *want;
	} all[] = {
		{UP, "check config:relay stop:relay start:relay verify:relay commit"},
		{DOWN, "check config:relay start:relay verify:relay commit"},
		{MISSING, "check config:relay network create:relay start:relay swap:relay "
			  "verify:relay commit"},
		{FOREIGN,
			"check config:relay network create:relay stop:relay start:relay swap:relay"
			" verify:relay commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, NET_PRIVATE, UP, all[i].relay);
		planned(&w, OPTIONS(&w, true), all[i].want, false);
	}
}

static void options_that_open_another_database_set_the_chain_aside(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	json_put_str(w.after.services[0].options, "pruning", "archive");
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node set_aside start:node swap:node verify:node"
		" commit discard:node",
		true);
	assert_int_equal(warnings(&w, "chain.resync"), 1);
	s = step(&w, "set_aside", "");
	assert_string_equal(json_str(s->args, "chain", ""), "20231114-221320-resync");
	assert_string_equal(
		json_str(json_obj(s->args, "about"), "image", ""), "parity/parity:v1.6.8");
	assert_true(json_array_size(json_arr(s->args, "identity")) > 0);
}

static void another_network_makes_both_anew(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	w.after.network = NET_SHARED;
	planned(&w, OPTIONS(&w, false),
		"check config:relay network create:relay create:node stop:node stop:relay "
		"start:relay"
		" start:node swap:node swap:relay verify:relay verify:node commit discard:node"
		" discard:relay",
		true);
	assert_string_equal(joins(&w), "container:p-relay.next");
}

static void a_service_more_brings_folder_and_image(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, MISSING);
	service_free(&w.stack.services[1]);
	w.stack.n_services = 1;
	w.a[1].service = "relay";
	planned(&w, OPTIONS(&w, false),
		"check folder:relay config:relay pull:relay network create:relay start:relay"
		" swap:relay verify:relay commit",
		false);
	assert_true(json_flag(step(&w, "config", "relay")->args, "new", false));
	plan_free(&w.plan);
	w.stack.run = false; /* stopped: nothing starts, but the next start finds all it needs */
	planned(&w, OPTIONS(&w, false), "check folder:relay config:relay pull:relay commit", false);
}

static void options_of_a_stopped_stack_are_only_kept(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, DOWN);
	w.stack.run = w.after.run = false;
	json_put_int(w.after.services[0].options, "max_peers", 10);
	planned(&w, OPTIONS(&w, false), "check commit", false);
}

/* ---- limits ---- */

static void limits_are_set_live(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_SHARED, UP, UP);
	w.a[0].needed = GIB;
	w.after.services[0].limits =
		(struct limits){.memory = GIB + 1, .swap = 5, .cpu_millis = 1500};
	planned(&w, LIMITS(&w, "node", false), "limits:node commit", false);
	s = step(&w, "limits", "node");
	assert_string_equal(json_str(s->args, "container", ""), w.c[0].id);
	assert_string_equal(s->docker,
		"docker update --memory 1073741825 --memory-swap 1073741830 --memory-reservation 0"
		" --cpu-period 100000 --cpu-quota 150000 --cpu-shares 1024 --blkio-weight 0 "
		"p-node");
	plan_free(&w.plan);
	w.after.services[0].limits = (struct limits){0};
	planned(&w, LIMITS(&w, "node", false), "limits:node commit", false);
	assert_non_null(strstr(step(&w, "limits", "node")->docker, "--memory -1 --memory-swap -1"));
}

static void limits_below_use_are_refused_with_an_offer(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	w.a[0].needed = GIB;
	w.after.services[0].limits.memory = GIB;
	refused(&w, LIMITS(&w, "node", false), "limit.below_use");
	assert_int_equal(w.e.kind, ERR_CONFLICT);
	planned(&w, LIMITS(&w, "node", true),
		"check network create:node stop:node start:node swap:node verify:node commit"
		" discard:node",
		true);
}

static void limits_warn_once(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	w.after.services[0].limits.memory = GIB / 2;
	assert_int_equal(LIMITS(&w, "node", false), 0);
	assert_int_equal(warnings(&w, "limit.small"), 1);
	plan_free(&w.plan);
	assert_int_equal(LIMITS(&w, "node", true), 0);
	assert_int_equal(warnings(&w, "limit.small"), 1);
	plan_free(&w.plan);
	w.stack.run = w.after.run = false;
	put(&w, 0, DOWN);
	planned(&w, LIMITS(&w, "node", true), "check commit", false);
	assert_int_equal(warnings(&w, "limit.small"), 1);
}

static void limits_of_what_is_not_ours_need_a_recreate(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, UP, FOREIGN);
	w.after.services[1].limits.memory = GIB;
	planned(&w, LIMITS(&w, "relay", false),
		"check network create:relay create:node stop:node stop:relay start:relay start:node"
		" swap:node swap:relay verify:relay verify:node commit discard:node",
		true);
}

/* ---- upgrade ---- */

static void upgrade_pulls_and_creates_while_the_old_one_runs(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	set_str(&w.after.services[0].image, "parity/parity:v2.5.13-stable");
	planned(&w, UPGRADE(&w, "node"),
		"check pull:node network create:node stop:node owner:node start:node swap:node"
		" verify:node commit discard:node",
		true);
	assert_true(w.plan.one_way);
	assert_int_equal(warnings(&w, "db.one_way"), 1);
	s = step(&w, "owner", "node");
	assert_int_equal(json_int(s->args, "uid", -1), 1000);
	assert_true(s->down);
	assert_false(step(&w, "pull", "node")->down);
	assert_false(step(&w, "create", "node")->down);
	assert_string_equal(
		json_str(step(&w, "discard", "node")->args, "container", ""), w.c[0].id);
	plan_free(&w.plan);
	w.f.uid = w.f.gid = 1000;
	planned(&w, UPGRADE(&w, "node"),
		"check pull:node network create:node stop:node start:node swap:node verify:node "
		"commit"
		" discard:node",
		true);
}

static void upgrade_says_what_becomes_of_the_database(void **state)
{
	static const struct {
		const char *image;
		int db;
		bool one_way;
		const char *code, *says;
	} all[] = {
		{"parity/parity:v1.7.0", -1, false, NULL, NULL},
		{"parity/parity:v1.6.10", 11, false, NULL, NULL},
		{"parity/parity:v1.11.0", 11, true, "db.one_way", "1.11"},
		{"parity/parity:v2.6.0", 11, true, "db.one_way", "not known"},
		{"openethereum/openethereum:v3.3.5", 11, false, "db.refused", "format 11"},
		{"openethereum/openethereum:v3.3.5", -1, false, "db.refused", "format 11"},
		{"parity/parity:v1.5.0", 11, false, "db.refused", "format 11"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, NET_PRIVATE, UP, UP);
		w.f.db_version = all[i].db;
		set_str(&w.after.services[0].image, all[i].image);
		assert_int_equal(UPGRADE(&w, "node"), 0);
		assert_int_equal(w.plan.one_way, all[i].one_way);
		if (all[i].code)
			assert_non_null(strstr(warning(&w, all[i].code), all[i].says));
		else
			assert_int_equal(
				warnings(&w, "db.one_way") + warnings(&w, "db.refused"), 0);
	}
}

static void upgrade_in_a_shared_namespace_keeps_the_pair_together(void **state)
{
	static const struct {
		enum there node, relay;
		const char *service, *want;
	} all[] = {
		{UP, UP, "node",
			"check pull:node network create:node stop:node start:node swap:node "
			"verify:node"
			" commit discard:node"},
		{UP, UP, "relay",
			"check pull:relay network create:relay create:node stop:node stop:relay"
			" start:relay start:node swap:node swap:relay verify:relay verify:node "
			"commit"
			" discard:node discard:relay"},
		{UP, DOWN, "node",
			"check config:relay pull:node network create:node stop:node start:relay"
			" start:node swap:node verify:relay verify:node commit discard:node"},
		{UP, MISSING, "node",
			"check config:relay pull:node network create:relay create:node stop:node"
			" start:relay start:node swap:node swap:relay verify:relay verify:node "
			"commit"
			" discard:node"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, NET_SHARED, all[i].node, all[i].relay);
		planned(&w, UPGRADE(&w, all[i].service), all[i].want, true);
		assert_string_equal(joins(&w), strstr(all[i].want, "create:relay")
						       ? "container:p-relay.next"
						       : "container:p-relay");
	}
}

/* ---- resync, put back ---- */

static void resync_renames_with_the_node_down(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	planned(&w, RESYNC(&w), "check stop:node set_aside start:node verify:node commit", true);
	assert_true(step(&w, "set_aside", "")->down);
	assert_false(w.plan.one_way);
	plan_free(&w.plan);
	json_put_str(w.after.services[0].options, "pruning", "fast");
	planned(&w, RESYNC(&w),
		"check network create:node stop:node set_aside start:node swap:node verify:node "
		"commit"
		" discard:node",
		true);
	plan_free(&w.plan);
	json_object_clear(w.after.services[0].options);
	put(&w, 0, DOWN);
	planned(&w, RESYNC(&w), "check set_aside start:node verify:node commit", false);
	plan_free(&w.plan);
	put(&w, 0, MISSING);
	planned(&w, RESYNC(&w),
		"check network create:node set_aside start:node swap:node verify:node commit",
		false);
}

static void put_back_exchanges_the_chains(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_SHARED, UP, UP);
	planned(&w, PUT_BACK(&w), "check stop:node put_back start:node verify:node commit", true);
	s = step(&w, "put_back", "");
	assert_string_equal(json_str(s->args, "chain", ""), "c1");
	assert_string_equal(json_str(s->args, "now_chain", ""), "20231114-221320-putback");
	plan_free(&w.plan);
	set_str(&w.after.services[0].image, "parity/parity:v1.7.0");
	planned(&w, PUT_BACK(&w),
		"check pull:node network create:node stop:node put_back start:node swap:node"
		" verify:node commit discard:node",
		true);
	assert_int_equal(json_array_size(w.plan.warnings), 1); /* historic; nothing of databases */
}

/* ---- remove ---- */

static void remove_touches_containers_only(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, UP, UP, true,
			"stop:relay stop:node remove:relay remove:node commit network_remove"},
		{NET_SHARED, UP, UP, true,
			"stop:node stop:relay remove:node remove:relay commit network_remove"},
		{NET_PRIVATE, DOWN, MISSING, false, "remove:node commit network_remove"},
		{NET_PRIVATE, FOREIGN, UP, false, "stop:relay remove:relay commit network_remove"},
		{NET_PRIVATE, MISSING, MISSING, false, "commit network_remove"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, REMOVE(&w), all[i].want, all[i].down);
		assert_true(json_is_null(json_object_get(w.plan.data, "after")));
		for (size_t k = 0; k < w.plan.n_steps; k++) {
			autofree char *writes = json_text(w.plan.steps[k].writes);

			assert_null(strstr(writes, DIR "/node"));
			assert_null(
				strstr(w.plan.steps[k].docker ? w.plan.steps[k].docker : "", DIR));
			assert_null(
				strstr(w.plan.steps[k].docker ? w.plan.steps[k].docker : "", "-v"));
		}
	}
}

/* ---- every plan ---- */

static void a_foreign_container_is_renamed_but_never_removed(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		autoworld struct world w;
		int rc = -1;

		world(&w, i % 2 ? NET_SHARED : NET_PRIVATE, FOREIGN, FOREIGN);
		rc = i < 2 ? UPGRADE(&w, "node") : REMOVE(&w);
		assert_int_equal(rc, 0);
		for (size_t k = 0; k < w.plan.n_steps; k++) {
			assert_string_not_equal(w.plan.steps[k].kind, "discard");
			assert_string_not_equal(w.plan.steps[k].kind, "remove");
		}
	}
}

/* ---- copies, the watch, the trash ---- */

/* 11 GiB, of which 10.9 can be linked. */
static void with_chain(struct world *w)
{
	w->f.uid = w->f.gid = 0;
	w->f.db_version = 11;
	w->f.probation_s = 600;
	w->f.copy = (struct plan_copy){.links = true,
		.bytes = 11 * GIB,
		.fixed = 11 * GIB - GIB / 10,
		.free = 38 * GIB,
		.height = 2423871};
}

static void an_upgrade_keeps_a_copy_and_is_watched(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	with_chain(&w);
	set_str(&w.after.services[0].image, "parity/parity:v2.7.2-stable");
	planned(&w, UPGRADE(&w, "node"),
		"check pull:node network create:node stop:node copy owner:node start:node "
		"swap:node "
		"verify:node watch:node commit discard:node",
		true);
	assert_non_null(strstr(warning(&w, "db.one_way"), "A copy of the chain as it is now"));
	s = step(&w, "copy", "");
	assert_true(s->down);
	assert_non_null(strstr(s->detail, "hard links of 11.0"));
	assert_string_equal(
		s->docker, "cp -al " DIR "/node " DIR "/kept/20231114-221320-upgrade/node");
	assert_int_equal(json_int(json_obj(s->args, "about"), "height", -1), 2423871);
	assert_int_equal(json_int(json_obj(s->args, "about"), "db_version", -1), 11);
	assert_string_equal(
		json_str(json_obj(s->args, "about"), "image", ""), "parity/parity:v1.6.8");
	assert_int_equal(json_array_size(json_arr(s->args, "fixed")), 1);
	s = step(&w, "watch", "node");
	assert_int_equal(s->expected_s, 600);
	assert_true(json_flag(s->args, "needs_peers", false));
	assert_int_equal(json_int(s->args, "block_time_ms", 0), 14000);
	assert_non_null(strstr(w.plan.undo, "old chain"));
}

static void what_it_takes_decides(void **state)
{
	static const struct {
		bool links, reflinks;
		int64_t bytes, free;
		enum copy_wish wish;
		const char *warn, *refuse, *docker;
	} all[] = {
		{false, false, 11 * GIB, 38 * GIB, COPY_AUTO, "chain.no_links", NULL, NULL},
		{false, false, 11 * GIB, 38 * GIB, COPY_WHOLE, NULL, NULL, "cp -a " DIR},
		{false, false, GIB / 2, 38 * GIB, COPY_AUTO, NULL, NULL, "cp -a " DIR}, /* cheap */
		{false, true, 11 * GIB, 38 * GIB, COPY_AUTO, NULL, NULL,
			"cp -a --reflink=always " DIR},
		{true, false, 11 * GIB, GIB / 8, COPY_AUTO, "chain.no_room", NULL, NULL},
		{true, false, 11 * GIB, GIB / 8, COPY_WHOLE, NULL, "disk.too_small", NULL},
		{true, false, 11 * GIB, 38 * GIB, COPY_NEVER, NULL, NULL, NULL},
		{true, false, 0, 38 * GIB, COPY_AUTO, NULL, NULL, NULL}, /* no chain yet */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;
		int rc;

		world(&w, NET_PRIVATE, UP, UP);
		with_chain(&w);
		w.f.copy.links = all[i].links;
		w.f.copy.reflinks = all[i].reflinks;
		w.f.copy.bytes = all[i].bytes;
		w.f.copy.fixed = all[i].bytes ? all[i].bytes - GIB / 10 : 0;
		w.f.copy.free = all[i].free;
		w.f.copy.wish = all[i].wish;
		set_str(&w.after.services[0].image, "parity/parity:v1.7.0");
		rc = UPGRADE(&w, "node");
		if (all[i].refuse) {
			refused(&w, rc, all[i].refuse);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(strstr(kinds(&w), " copy ") != NULL, all[i].docker != NULL);
		if (all[i].docker)
			assert_memory_equal(
				step(&w, "copy", "")->docker, all[i].docker, strlen(all[i].docker));
		if (all[i].warn)
			assert_non_null(strstr(warning(&w, all[i].warn), "None is kept."));
	}
}

static void only_options_that_may_touch_the_database_keep_a_copy(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	with_chain(&w);
	json_put_int(w.after.services[0].options, "max_peers", 30);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node start:node swap:node verify:node watch:node "
		"commit discard:node",
		true);
	plan_free(&w.plan);
	json_put_flag(w.after.services[0].options, "warp", false);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node copy start:node swap:node verify:node "
		"watch:node commit discard:node",
		true);
	assert_non_null(strstr(step(&w, "copy", "")->docker, "-options/node"));
	plan_free(&w.plan);
	/* what opens another database sets the whole chain aside: a copy would add nothing */
	json_put_str(w.after.services[0].options, "pruning", "archive");
	assert_int_equal(OPTIONS(&w, false), 0);
	assert_null(strstr(kinds(&w), " copy "));
	assert_non_null(strstr(kinds(&w), " set_aside "));
	plan_free(&w.plan);
	assert_int_equal(RESYNC(&w), 0);
	assert_null(strstr(kinds(&w), " copy "));
	plan_free(&w.plan);
	set_str(&w.after.services[0].image, "parity/parity:v1.6.0");
	assert_int_equal(UPGRADE(&w, "node"), 0);
	assert_non_null(strstr(step(&w, "copy", "")->docker, "-downgrade/node"));
	plan_free(&w.plan);
	assert_int_equal(UPGRADE(&w, "relay"), 0);
	assert_null(strstr(kinds(&w), " copy "));
}

static void a_copy_is_kept_when_asked(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	refused(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e), "chain.missing");
	with_chain(&w);
	planned(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e),
		"check stop:node copy start:node verify:node commit", true);
	plan_free(&w.plan);
	w.stack.run = false;
	planned(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e), "check copy", false);
	plan_free(&w.plan);
	w.f.copy.links = false;
	refused(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e), "chain.no_links");
}

static void a_copy_that_is_put_back_gets_its_owner(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	with_chain(&w);
	w.f.kept_is_copy = true;
	assert_int_equal(PUT_BACK(&w), 0);
	assert_non_null(strstr(kinds(&w), " put_back owner:node "));
}

static void no_node_starts_below_the_floor(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, DOWN);
	w.f.disk_floor = 10 * GIB;
	w.f.disk_free = 5 * GIB;
	refused(&w, START_(&w), "disk.floor");
	refused(&w, RESTART_(&w, NULL), "disk.floor");
	w.f.disk_free = 10 * GIB;
	assert_int_equal(START_(&w), 0);
	plan_free(&w.plan);
	w.f.disk_floor = 0;
	w.f.disk_free = 0;
	assert_int_equal(START_(&w), 0);
	plan_free(&w.plan);
	w.f.disk_floor = 10 * GIB;
	assert_int_equal(STOP_(&w), 0);
}

static void the_trash(void **state)
{
	const struct plan_trashed gone[] = {{"20231101-000000-resync", 6 * GIB}, {"b", GIB}};
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	planned(&w, plan_trash(&w.stack, "c1", &w.f, &w.plan, &w.e), "trash", false);
	assert_string_equal(w.plan.steps[0].docker, "mv " DIR "/kept/c1 " DIR "/trash/c1");
	plan_free(&w.plan);
	planned(&w, plan_untrash(&w.stack, "c1", &w.f, &w.plan, &w.e), "untrash", false);
	plan_free(&w.plan);
	refused(&w, plan_empty(&w.stack, gone, 0, &w.f, &w.plan, &w.e), "trash.nothing");
	planned(&w, plan_empty(&w.stack, gone, 2, &w.f, &w.plan, &w.e), "delete delete", false);
	assert_non_null(strstr(warning(&w, "trash.for_good"), "2 chains in " DIR "/trash"));
	assert_non_null(strstr(warning(&w, "trash.for_good"), "7.0"));
	assert_string_equal(w.plan.steps[0].undo, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upgrade_keeps_a_copy_and_is_watched),
		cmocka_unit_test(what_it_takes_decides),
		cmocka_unit_test(only_options_that_may_touch_the_database_keep_a_copy),
		cmocka_unit_test(a_copy_is_kept_when_asked),
		cmocka_unit_test(a_copy_that_is_put_back_gets_its_owner),
		cmocka_unit_test(no_node_starts_below_the_floor),
		cmocka_unit_test(the_trash),
		cmocka_unit_test(nothing_is_planned_while_containers_are_unknown),
		cmocka_unit_test(what_is_missing_has_its_code),
		cmocka_unit_test(install_private),
		cmocka_unit_test(install_shared),
		cmocka_unit_test(install_keeps_a_foreign_container_and_a_found_folder),
		cmocka_unit_test(install_tells_the_truth_beforehand),
		cmocka_unit_test(start_does_what_each_container_needs),
		cmocka_unit_test(start_of_what_runs_is_refused_or_only_noted),
		cmocka_unit_test(a_node_without_its_namespace_is_made_anew),
		cmocka_unit_test(a_start_gives_the_wanted_limits),
		cmocka_unit_test(stop_stops_what_runs_in_reverse_order),
		cmocka_unit_test(a_stop_never_kills_the_node),
		cmocka_unit_test(restart_takes_the_pair_in_order),
		cmocka_unit_test(options_make_the_changed_service_anew),
		cmocka_unit_test(a_relay_made_anew_takes_the_node_along_in_a_shared_namespace),
		cmocka_unit_test(a_new_secret_restarts_only_who_reads_it),
		cmocka_unit_test(options_that_open_another_database_set_the_chain_aside),
		cmocka_unit_test(another_network_makes_both_anew),
		cmocka_unit_test(a_service_more_brings_folder_and_image),
		cmocka_unit_test(options_of_a_stopped_stack_are_only_kept),
		cmocka_unit_test(limits_are_set_live),
		cmocka_unit_test(limits_below_use_are_refused_with_an_offer),
		cmocka_unit_test(limits_warn_once),
		cmocka_unit_test(limits_of_what_is_not_ours_need_a_recreate),
		cmocka_unit_test(upgrade_pulls_and_creates_while_the_old_one_runs),
		cmocka_unit_test(upgrade_says_what_becomes_of_the_database),
		cmocka_unit_test(upgrade_in_a_shared_namespace_keeps_the_pair_together),
		cmocka_unit_test(resync_renames_with_the_node_down),
		cmocka_unit_test(put_back_exchanges_the_chains),
		cmocka_unit_test(remove_touches_containers_only),
		cmocka_unit_test(a_foreign_container_is_renamed_but_never_removed),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
