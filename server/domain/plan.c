/* The actions: each says what is touched, then lets the transition order the steps. */
#include "domain/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/plan_priv.h"
#include "domain/spec.h"
#include "domain/wanted.h"
#include "domain/words.h"

#define GIB (1024.0 * 1024 * 1024)
#define COPY_KEPT " A copy of the chain as it is now is kept to go back to."

void plan_warn(struct plan *p, const char *code, const char *fmt, ...)
{
	json_t *w = json_object();
	char text[500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_put_str(w, "code", code);
	json_put_str(w, "message", text);
	json_array_append_new(p->warnings, w);
}

void plan_begin(struct build *b, const char *action, const char *title, const char *undo)
{
	const struct stack *any = b->after ? b->after : b->before;

	*b->p = (struct plan){
		.action = xstrdup(action),
		.stack = xstrdup(any->name),
		.title = xstrdup(title),
		.undo = xstrdup(undo),
		.down_expected_s = -1,
		.warnings = json_array(),
		.data = json_object(),
	};
	json_put(b->p->data, "before", b->before ? wanted_json(b->before) : NULL);
	json_put(b->p->data, "after", b->after ? wanted_json(b->after) : NULL);
}

int plan_finish(struct build *b, int rc)
{
	if (rc)
		plan_free(b->p);
	return rc;
}

int plan_must_be_known(const struct plan_facts *f, struct err *e)
{
	for (size_t i = 0; i < f->n_actual; i++)
		if (f->actual[i].container->presence == PRESENCE_UNKNOWN)
			return err_set(e, ERR_UNAVAILABLE, "container.unknown",
				"The engine does not show its containers yet.");
	return 0;
}

static int must_have(const struct stack *s, const char *service, size_t *ret_i, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++)
		if (!strcmp(s->services[i].name, service)) {
			*ret_i = i;
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, "service.missing",
		"The stack %s has no service called %s.", s->name, service);
}

/* ---- warnings that tell the truth before anything runs ---- */

static void warn_memory(struct build *b, const struct service *s, const struct recipe *r)
{
	if (r->warn_memory && s->limits.memory && s->limits.memory < r->warn_memory)
		plan_warn(b->p, "limit.small",
			"%s usually needs more than %.1f GiB; with less it may be stopped by the "
			"kernel.",
			r->title, (double)r->warn_memory / GIB);
	if (b->f->memory_total > 0 && s->limits.memory > b->f->memory_total)
		plan_warn(b->p, "limit.above_host",
			"The limit of %.1f GiB is more than the %.1f GiB this NAS has.",
			(double)s->limits.memory / GIB, (double)b->f->memory_total / GIB);
}

static void warn_network(struct build *b, const struct service *s, const struct recipe *r)
{
	const struct recipe_network *n = recipe_network(r, s->options);
	struct recipe_version v;
	int64_t stop;

	if (!n || !recipe_version(r, s->image, &v, NULL))
		return;
	stop = recipe_network_stop(n, v);
	if (stop >= 0)
		plan_warn(b->p, "chain.historic",
			"This version can follow %s only up to block %lld; it cannot reach today's "
			"head.",
			n->title, (long long)stop);
}

static void warn_image(struct build *b, const struct service *s, const struct recipe *r)
{
	struct recipe_version v;
	bool assumed = false;

	if (!recipe_version(r, s->image, &v, &assumed))
		plan_warn(b->p, "image.unknown",
			"The image %s is not of a version that this recipe knows.", s->image);
	else if (assumed && !r->relay)
		plan_warn(b->p, "image.assumed",
			"The tag of %s names no version; %d.%d is assumed for its arguments.",
			s->image, v.major, v.minor);
}

static void warn_database(struct build *b, const struct service *s, const struct recipe *r)
{
	const struct service *old = b->before ? stack_service(b->before, s->name) : NULL;
	const struct recipe_generation *to = recipe_generation(r, s->image);
	const struct recipe_generation *from = old ? recipe_generation(r, old->image) : NULL;

	if (b->chain_op != CHAIN_STAYS || !to || (!from && b->f->db_version < 0))
		return;
	switch (recipe_db_step(from, b->f->db_version, to)) {
	case DB_ONE_WAY:
		b->p->one_way = true;
		plan_warn(b->p, "db.one_way",
			"%s %s changes the database so that an older version cannot read it again."
			"%s",
			r->title, to->title, b->copy ? COPY_KEPT : "");
		break;
	case DB_REFUSED:
		plan_warn(b->p, "db.refused",
			"%s %s will most likely refuse this database (format %d). If it does, the "
			"old"
			" version comes back by itself; a resync with it works.",
			r->title, to->title,
			b->f->db_version >= 0 ? b->f->db_version : from->db_version);
		break;
	case DB_UNKNOWN:
		b->p->one_way = true;
		plan_warn(b->p, "db.one_way",
			"It is not known whether an older version can read the database again after"
			" %s %s: take the step as one-way.%s",
			r->title, to->title, b->copy ? COPY_KEPT : "");
		break;
	case DB_SAME:
		break;
	}
}

static int warn_all(struct build *b, struct err *e)
{
	for (size_t k = 0; k < b->after->n_services; k++) {
		const struct service *s = &b->after->services[k];
		const struct recipe *r = plan_recipe(b, s, e);

		if (!r)
			return -1;
		if (b->touch[k] != RECREATE || r->builtin)
			continue;
		warn_image(b, s, r);
		warn_memory(b, s, r);
		if (!r->relay) {
			warn_network(b, s, r);
			warn_database(b, s, r);
		}
	}
	return 0;
}

int plan_build_all(struct build *b, struct err *e)
{
	if (warn_all(b, e))
		return -1;
	return plan_transition(b, e);
}

/* ---- install, start, stop, restart ---- */

int plan_install(
	const struct stack *after, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .after = after, .f = f, .install = true};
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	snprintf(title, sizeof(title), "Install %s", after->name);
	plan_begin(&b, "install", title, "Remove: the containers go, the folder stays.");
	for (size_t k = 0; k < after->n_services; k++) {
		b.touch[k] = RECREATE;
		b.pull[k] = b.config[k] = true;
	}
	return plan_finish(&b, plan_build_all(&b, e));
}

static bool nothing(const struct build *b)
{
	for (size_t k = 0; k < b->after->n_services; k++)
		if (b->touch[k] != KEEP)
			return false;
	return true;
}

int plan_start(const struct stack *s, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	autostack struct stack after = {0};
	struct build b = {.p = ret, .before = s, .after = &after, .f = f};
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	stack_copy(&after, s);
	after.run = true;
	for (size_t k = 0; k < after.n_services; k++) {
		b.touch[k] = plan_start_touch(&b, &after.services[k]);
		b.config[k] = b.touch[k] != KEEP;
	}
	if (nothing(&b) && s->run)
		return err_set(
			e, ERR_CONFLICT, "stack.nothing_to_do", "%s is running already.", s->name);
	snprintf(title, sizeof(title), "Start %s", s->name);
	plan_begin(&b, "start", title, "Stop.");
	return plan_finish(&b, plan_build_all(&b, e));
}

int plan_stop(const struct stack *s, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	autostack struct stack after = {0};
	struct build b = {.p = ret, .before = s, .after = &after, .f = f};
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	stack_copy(&after, s);
	after.run = false;
	snprintf(title, sizeof(title), "Stop %s", s->name);
	plan_begin(&b, "stop", title, "Start.");
	for (size_t i = after.n_services; i-- > 0;) {
		const struct service *svc = &after.services[plan_order(&after, i)];
		const struct plan_actual *a = plan_actual(f, svc->name);
		const struct recipe *r = plan_recipe(&b, svc, e);

		if (!r)
			return plan_finish(&b, -1);
		if (a && container_kept_alive(a->container) && (a->ours || !r->builtin))
			add_stop(&b, svc, r);
	}
	add_commit(&b, "stays stopped, also after a restart of the NAS");
	return 0;
}

int plan_restart(const struct stack *s, const char *only, const struct plan_facts *f,
	struct plan *ret, struct err *e)
{
	autostack struct stack after = {0};
	struct build b = {.p = ret, .before = s, .after = &after, .f = f};
	char title[80];
	size_t i;

	if (plan_must_be_known(f, e) || (only && must_have(s, only, &i, e)))
		return -1;
	stack_copy(&after, s);
	after.run = true;
	for (size_t k = 0; k < after.n_services; k++) {
		if (only && strcmp(only, after.services[k].name))
			continue;
		b.touch[k] = plan_restart_touch(&b, &after.services[k]);
		b.config[k] = true;
	}
	snprintf(
		title, sizeof(title), "Restart %s%s%s", s->name, only ? " " : "", only ? only : "");
	plan_begin(&b, "restart", title, "Nothing to take back.");
	return plan_finish(&b, plan_build_all(&b, e));
}

/* ---- options ---- */

static bool service_changed(const struct service *a, const struct service *b)
{
	autojson json_t *pa = ports_json(a->ports, a->n_ports),
			*pb = ports_json(b->ports, b->n_ports);

	return strcmp(a->recipe, b->recipe) || strcmp(a->image, b->image) ||
	       !json_equal(a->options, b->options) || !json_equal(a->env, b->env) ||
	       !json_equal(pa, pb) || !limits_equal(&a->limits, &b->limits);
}

/* A stopped stack stays stopped: its containers are made anew at the next start. What that start
 * needs is brought here, so that a start downloads nothing. */
static int only_settings(struct build *b, struct err *e)
{
	if (plan_provide(b, e))
		return -1;
	add_commit(b, "the stack is stopped; the containers are made anew at its next start");
	return 0;
}

/* What the node is given may do something to its database. */
static bool node_risk(const struct build *b, const struct recipe *r, const struct service *old,
	const struct service *new)
{
	return b->touch[0] == RECREATE && (recipe_options_risky(r, old->options, new->options) ||
						  !json_equal(old->env, new->env));
}

int plan_options(const struct stack *before, const struct stack *after, bool secrets,
	const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = before, .after = after, .f = f};
	const struct service *node = stack_service(after, "node");
	const struct service *node_before = stack_service(before, "node");
	const struct recipe *r;
	char title[80];

	if (plan_must_be_known(f, e) || !(r = plan_recipe(&b, node, e)))
		return -1;
	for (size_t k = 0; k < after->n_services; k++) {
		const struct service *s = &after->services[k];
		const struct service *old = stack_service(before, s->name);
		const struct recipe *sr = plan_recipe(&b, s, e);

		if (!sr)
			return -1;
		if (!old || service_changed(old, s) || before->network != after->network)
			b.touch[k] = RECREATE;
		else if (secrets && sr->n_secrets)
			b.touch[k] = plan_restart_touch(&b, s);
		b.config[k] = b.touch[k] != KEEP;
		b.pull[k] = !plan_old(&b, s) || strcmp(old->image, s->image) != 0;
	}
	if (nothing(&b))
		return err_set(e, ERR_CONFLICT, "stack.nothing_to_do",
			"These are the settings that %s has already.", after->name);
	if (before->run && recipe_options_resync(r, node_before->options, node->options))
		b.chain_op = CHAIN_ASIDE;
	snprintf(title, sizeof(title), "Change %s", after->name);
	plan_begin(&b, "options", title,
		"Change the settings back; a chain set aside can be put back.");
	if (b.chain_op == CHAIN_ASIDE)
		plan_warn(ret, "chain.resync",
			"This opens another database: the chain is set aside and the sync starts "
			"anew.");
	else if (before->run && node_risk(&b, r, node_before, node) &&
		 plan_decide_copy(&b, "options", false, e))
		return plan_finish(&b, -1);
	if (b.touch[0] == RECREATE)
		b.watch_s = f->probation_s;
	return plan_finish(&b, before->run ? plan_build_all(&b, e) : only_settings(&b, e));
}

/* ---- limits ---- */

static bool can_live(const struct plan_actual *a)
{
	return a && a->ours && a->container->presence == PRESENCE_YES;
}

int plan_limits(const struct stack *before, const struct stack *after, const char *service,
	bool restart, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = before, .after = after, .f = f};
	const struct plan_actual *a = plan_actual(f, service);
	const struct service *s;
	char title[80], need[WORDS_MAX], limit[WORDS_MAX];
	const struct recipe *r;
	size_t k;

	if (plan_must_be_known(f, e) || must_have(after, service, &k, e))
		return -1;
	s = &after->services[k];
	if (!(r = plan_recipe(&b, s, e)))
		return -1;
	if (!restart && a && a->needed >= 0 && s->limits.memory && s->limits.memory <= a->needed)
		return err_set(e, ERR_CONFLICT, "limit.below_use",
			"%s needs %s right now; a limit of %s would end it at once.", r->title,
			words_gib(a->needed, need), words_gib(s->limits.memory, limit));
	snprintf(title, sizeof(title), "Limits of %s %s", after->name, service);
	plan_begin(&b, "limits", title, "Set the limits as they were.");
	if (!restart && can_live(a)) {
		warn_memory(&b, s, r);
		add_limits(&b, s, a);
		add_commit(&b, "given again at every restart, upgrade and recreate");
		return 0;
	}
	if (!before->run) {
		warn_memory(&b, s, r);
		return plan_finish(&b, only_settings(&b, e));
	}
	b.touch[k] = RECREATE;
	return plan_finish(&b, plan_build_all(&b, e));
}

/* ---- upgrade, resync, put back ---- */

static bool older(
	const struct recipe *r, const struct stack *before, const struct stack *after, size_t k)
{
	const struct service *old = stack_service(before, after->services[k].name);
	struct recipe_version from, to;

	return old && recipe_version(r, old->image, &from, NULL) &&
	       recipe_version(r, after->services[k].image, &to, NULL) &&
	       recipe_version_compare(to, from) < 0;
}

int plan_upgrade(const struct stack *before, const struct stack *after, const char *service,
	const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = before, .after = after, .f = f};
	const struct recipe *r;
	char title[120];
	size_t k;

	if (plan_must_be_known(f, e) || must_have(after, service, &k, e) ||
		!(r = plan_recipe(&b, &after->services[k], e)))
		return -1;
	b.touch[k] = RECREATE;
	b.pull[k] = true;
	snprintf(title, sizeof(title), "Upgrade %s to %.80s", r->title, after->services[k].image);
	plan_begin(&b, "upgrade", title,
		"The old image stays on the NAS: upgrade to it again. If the new version does not "
		"answer,"
		" the old container comes back by itself.");
	if (plan_is_node(&after->services[k]) &&
		plan_decide_copy(
			&b, older(r, before, after, k) ? "downgrade" : "upgrade", false, e))
		return plan_finish(&b, -1);
	if (b.copy) {
		free(ret->undo);
		ret->undo =
			xstrdup("Go back, on the Upgrades page, to the old image and the old "
				"chain as long as its copy is kept. If the new version fails, both "
				"come back by themselves.");
	}
	if (plan_is_node(&after->services[k]))
		b.watch_s = f->probation_s;
	return plan_finish(&b, plan_build_all(&b, e));
}

/* For actions that need the node down in between. */
static enum touch node_touch(
	const struct build *b, const struct service *old, const struct service *new)
{
	return service_changed(old, new) ? RECREATE : plan_restart_touch(b, new);
}

int plan_resync(const struct stack *before, const struct stack *after, const struct plan_facts *f,
	struct plan *ret, struct err *e)
{
	struct build b = {
		.p = ret, .before = before, .after = after, .f = f, .chain_op = CHAIN_ASIDE};
	const struct service *old = stack_service(before, "node"),
			     *new = stack_service(after, "node");
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	b.touch[0] = node_touch(&b, old, new);
	b.pull[0] = strcmp(old->image, new->image) != 0;
	snprintf(title, sizeof(title), "Resync %s", after->name);
	plan_begin(&b, "resync", title, "Put the old chain back, on the Chain page, at any time.");
	return plan_finish(&b, plan_build_all(&b, e));
}

int plan_put_back(const struct stack *before, const struct stack *after, const char *chain,
	const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret,
		.before = before,
		.after = after,
		.f = f,
		.chain_op = CHAIN_BACK,
		.chain = chain};
	const struct service *old = stack_service(before, "node"),
			     *new = stack_service(after, "node");
	char title[120];

	if (plan_must_be_known(f, e))
		return -1;
	b.touch[0] = node_touch(&b, old, new);
	b.pull[0] = strcmp(old->image, new->image) != 0;
	snprintf(title, sizeof(title), "Put the chain %.40s back", chain);
	plan_begin(&b, "putback", title, "Put the other chain back again.");
	return plan_finish(&b, plan_build_all(&b, e));
}
