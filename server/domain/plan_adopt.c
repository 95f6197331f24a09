#include "domain/plan_adopt.h"

#include <stdio.h>
#include <string.h>

#include "domain/plan_priv.h"
#include "domain/spec.h"
#include "domain/words.h"

/* ---- taking over ---- */

static const char *place_word(const char *kind)
{
	if (!strcmp(kind, "layer"))
		return "the old container's own layer";
	return !strcmp(kind, "volume") ? "the old container's volume" : "its present folder";
}

static void add_move_in(struct build *b, const struct plan_origin *o)
{
	struct step *s = plan_add(b->p, "move_in");
	autofree char *to = xasprintf("%s/node", b->after->data_dir);

	s->title = xstrdup("Move the chain into its folder");
	s->detail = xasprintf("from %s (%s), by renaming: instant, whatever its size",
		place_word(o->kind), o->from);
	s->undo = xstrdup("renamed back");
	s->docker = xasprintf("mv %s %s", o->from, to);
	json_put_str(s->args, "from", o->from);
	json_put_flag(s->args, "leave_empty", !strcmp(o->kind, "volume"));
	plan_write(s, "%s", o->from);
	plan_write(s, "%s", to);
	s->down = true;
}

static void add_copy_in(struct build *b, const struct plan_origin *o)
{
	struct step *s = plan_add(b->p, "copy_in");
	autofree char *to = xasprintf("%s/node", b->after->data_dir), *id = NULL;
	char size[WORDS_MAX], when[20];

	plan_stamp(b->f->now, when);
	id = xasprintf("%s-adopt", when);
	s->title = xstrdup("Copy the chain into its folder");
	s->detail =
		xasprintf("%s from %s (%s), which is on another volume; every byte is counted, and "
			  "the old one stays",
			o->bytes >= 0 ? words_gib(o->bytes, size) : "all of it",
			place_word(o->kind), o->from);
	s->undo = xstrdup("an unfinished copy is removed, a finished one is kept aside");
	s->docker = xasprintf("cp -a %s %s", o->from, to);
	json_put_str(s->args, "from", o->from);
	json_put_str(s->args, "chain", id);
	json_put_int(s->args, "at", b->f->now);
	plan_write(s, "%s", to);
	s->down = true;
}

void add_take(struct build *b)
{
	struct step *s;

	if (!strcmp(b->origin->way, "copy"))
		add_copy_in(b, b->origin);
	else
		add_move_in(b, b->origin);
	s = &b->p->steps[b->p->n_steps - 1];
	json_put_str(s->args, "dir", b->after->data_dir);
	json_put_str(s->args, "sub", "node");
}

static json_t *old_container(
	const struct build *b, const struct service *s, const struct container *c)
{
	autofree char *kept_as = plan_kept_name(b, c->name, false);
	json_t *j = json_object();

	json_put_str(j, "service", s->name);
	json_put_str(j, "container", c->id);
	json_put_str(j, "name", c->name);
	json_put_str(j, "kept_as", kept_as);
	json_put_str(j, "policy", c->restart_policy ? c->restart_policy : "no");
	json_put_flag(j, "ran", container_kept_alive(c));
	return j;
}

static json_t *record(const struct build *b, const struct stack *after)
{
	json_t *j = json_object(), *list = json_array(), *chain = NULL;
	const struct plan_origin *o = b->origin;

	for (size_t i = 0; i < after->n_services; i++) {
		const struct plan_actual *a = plan_actual(b->f, after->services[i].name);

		if (a && a->container->presence == PRESENCE_YES && !a->ours)
			json_array_append_new(
				list, old_container(b, &after->services[i], a->container));
	}
	if (o) {
		chain = json_object();
		json_put_str(chain, "way", o->way);
		json_put_str(chain, "kind", o->kind);
		json_put_str(chain, "from", o->from);
		json_put_str(chain, "path", o->path);
	}
	json_put_int(j, "at", b->f->now);
	json_put(j, "containers", list);
	json_put(j, "chain", chain);
	return j;
}

int plan_take(const struct stack *wanted, const char *action, bool pull,
	const struct plan_origin *origin, const struct plan_facts *f, struct plan *ret,
	struct err *e)
{
	autostack struct stack after = {0};
	struct build b = {.p = ret, .after = &after, .f = f, .install = true, .origin = origin};
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	stack_copy(&after, wanted);
	after.adopted = record(&b, &after);
	if (!origin && !json_array_size(json_arr(after.adopted, "containers"))) {
		json_decref(after.adopted);
		after.adopted = NULL;
	}
	snprintf(title, sizeof(title), "%s %s", strcmp(action, "adopt") ? "Import" : "Adopt",
		after.name);
	plan_begin(&b, action, title,
		after.adopted
			? "Go back: the old containers run again, with the chain where it was."
			: "Remove: the containers go, the folder stays.");
	for (size_t k = 0; k < after.n_services; k++) {
		b.touch[k] = RECREATE;
		b.pull[k] = pull;
		b.config[k] = true;
	}
	return plan_finish(&b, plan_build_all(&b, e));
}

/* ---- and back ---- */

static void add_move_out(struct build *b, const json_t *chain)
{
	struct step *s = plan_add(b->p, "move_out");
	const char *to = json_str(chain, "from", "");
	autofree char *from = xasprintf("%s/node", b->before->data_dir);

	s->title = xstrdup("Move the chain back to where it was");
	s->detail =
		xasprintf("to %s (%s), by renaming", place_word(json_str(chain, "kind", "")), to);
	s->undo = xstrdup("renamed back");
	s->docker = xasprintf("mv %s %s", from, to);
	s->down = true;
	json_put_str(s->args, "to", to);
	json_put_str(s->args, "dir", b->before->data_dir);
	json_put_str(s->args, "sub", "node");
	plan_write(s, "%s", from);
	plan_write(s, "%s", to);
}

static void add_rename(struct build *b, const json_t *old)
{
	struct step *s = plan_add(b->p, "rename");
	const char *name = json_str(old, "name", ""), *was = json_str(old, "kept_as", "");

	s->title = xasprintf("Give the old container its name %s", name);
	s->detail = xasprintf("it is called %s now", was);
	s->undo = xstrdup("named as now");
	s->docker = xasprintf("docker rename %s %s", was, name);
	json_put_str(s->args, "service", json_str(old, "service", ""));
	json_put_str(s->args, "container", json_str(old, "container", ""));
	json_put_str(s->args, "name", name);
	json_put_str(s->args, "was", was);
}

static void add_wake(struct build *b, const json_t *old, const struct recipe *r)
{
	struct step *s = plan_add(b->p, "wake");
	const char *name = json_str(old, "name", "");

	s->title = xasprintf("Start the old container %s", name);
	s->detail = xasprintf(
		"as it was, with its restart policy \"%s\"", json_str(old, "policy", "no"));
	s->undo = xstrdup("stopped again");
	s->docker = xasprintf("docker start %s", name);
	s->down = true;
	json_put_str(s->args, "service", json_str(old, "service", ""));
	json_put_str(s->args, "container", json_str(old, "container", ""));
	json_put_str(s->args, "policy", json_str(old, "policy", "no"));
	json_put_int(s->args, "timeout_s", r->stop_timeout_s);
	json_put_str(s->args, "signal", r->stop_signal);
	json_put_flag(s->args, "kill", r->stop_kill);
}

/* Ours stop and go, the last started first. */
static int take_ours_away(struct build *b, struct err *e)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = b->before->n_services; i-- > 0;) {
			const struct service *s = &b->before->services[plan_order(b->before, i)];
			const struct plan_actual *a = plan_actual(b->f, s->name);
			const struct recipe *r = plan_recipe(b, s, e);

			if (!r)
				return -1;
			if (!a || a->container->presence != PRESENCE_YES || !a->ours)
				continue;
			if (pass == 0 && container_kept_alive(a->container))
				add_stop(b, s, r);
			if (pass == 1 && plan_add_remove(b, s, a, e))
				return -1;
		}
	return 0;
}

/* The old containers by the order in which ours start: who owns a network goes first. */
static int give_back(struct build *b, struct err *e)
{
	const json_t *list = json_arr(b->before->adopted, "containers");

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < b->before->n_services; i++) {
			const struct service *s = &b->before->services[plan_order(b->before, i)];
			const struct recipe *r = plan_recipe(b, s, e);
			json_t *old;
			size_t k;

			if (!r)
				return -1;
			json_array_foreach ((json_t *)list, k, old) {
				if (strcmp(json_str(old, "service", ""), s->name))
					continue;
				if (pass == 0)
					add_rename(b, old);
				else if (json_flag(old, "ran", false))
					add_wake(b, old, r);
			}
		}
	return 0;
}

static int must_be_adopted(const struct stack *s, struct err *e)
{
	if (s->adopted)
		return 0;
	return err_set(e, ERR_CONFLICT, "adopt.none",
		"The stack %s was not taken over from anything, or that was let go.", s->name);
}

int plan_go_back(
	const struct stack *before, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = before, .after = before, .f = f};
	const json_t *chain = json_obj(before->adopted, "chain");
	char title[80];

	if (must_be_adopted(before, e) || plan_must_be_known(f, e))
		return -1;
	snprintf(title, sizeof(title), "Go back to what %s was", before->name);
	plan_begin(&b, "goback", title, "Adopt it again.");
	json_put(ret->data, "after", NULL);
	if (chain && !strcmp(json_str(chain, "way", ""), "copy"))
		plan_warn(ret, "adopt.copied",
			"The old container has the chain as it was when it was copied; what came "
			"since stays in %s/node.",
			before->data_dir);
	if (take_ours_away(&b, e))
		return plan_finish(&b, -1);
	if (chain && !strcmp(json_str(chain, "way", ""), "rename"))
		add_move_out(&b, chain);
	if (give_back(&b, e))
		return plan_finish(&b, -1);
	add_commit(&b, "the stack is taken off the list; its folder keeps ethstation.json");
	plan_add_network_remove(&b);
	return 0;
}

static void add_let_go(struct build *b, const json_t *old)
{
	struct step *s = plan_add(b->p, "discard");

	s->title = xasprintf("Remove the old container %s", json_str(old, "kept_as", ""));
	s->detail = xstrdup("only the container: its image and its volumes stay");
	s->undo = xstrdup("");
	s->docker = xasprintf("docker rm %s", json_str(old, "kept_as", ""));
	json_put_str(s->args, "service", json_str(old, "service", ""));
	json_put_str(s->args, "container", json_str(old, "container", ""));
}

int plan_let_go(const struct stack *before, const char *alive, const struct plan_facts *f,
	struct plan *ret, struct err *e)
{
	autostack struct stack after = {0};
	struct build b = {.p = ret, .before = before, .after = &after, .f = f};
	const json_t *list = json_arr(before->adopted, "containers");
	bool holds_chain = !strcmp(json_str(json_obj(before->adopted, "chain"), "way", ""), "copy");
	char title[80];
	json_t *old;
	size_t i;

	if (must_be_adopted(before, e))
		return -1;
	if (alive)
		return err_set(
			e, ERR_CONFLICT, "adopt.running", "The old container %s runs.", alive);
	stack_copy(&after, before);
	json_decref(after.adopted);
	after.adopted = NULL;
	snprintf(title, sizeof(title), "Let go of what %s was", before->name);
	plan_begin(&b, "letgo", title, "Nothing: the way back ends here.");
	add_commit(&b, "there is no going back to the old containers afterwards");
	json_array_foreach ((json_t *)list, i, old) {
		/* law 2: a chain goes only by the trash, and this one lies in a container */
		if (holds_chain && !strcmp(json_str(old, "service", ""), "node"))
			plan_warn(ret, "adopt.holds_chain",
				"The old container %s still holds its copy of the chain; it is not "
				"removed. Remove it in Container Station when you are sure.",
				json_str(old, "kept_as", ""));
		else
			add_let_go(&b, old);
	}
	return 0;
}
