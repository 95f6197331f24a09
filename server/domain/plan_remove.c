/* Taking a stack off the list. */
#include <stdio.h>
#include <string.h>

#include "domain/plan_priv.h"
#include "domain/spec.h"

int plan_add_remove(
	struct build *b, const struct service *s, const struct plan_actual *a, struct err *e)
{
	autofree char *title = xasprintf("Remove the container of %s", plan_title(b, s));
	autofree char *name = spec_container_name(b->before, s->name);
	autofree char *relay = spec_container_name(b->before, "relay");
	json_t *config = plan_config(b, b->before, s, relay, e);
	struct step *st;

	if (!config)
		return -1;
	st = plan_add(b->p, "remove");
	st->title = take(title);
	st->detail = xstrdup("only the container: image, chain and settings file stay");
	st->undo = xstrdup("made again from the settings");
	st->docker = xasprintf("docker rm %s", name);
	json_put_str(st->args, "service", s->name);
	json_put_str(st->args, "container", a->container->id);
	json_put_str(st->args, "name", name);
	json_put(st->args, "config", config);
	return 0;
}

void plan_add_network_remove(struct build *b)
{
	autofree char *network = spec_network_name(b->before);
	struct step *st = plan_add(b->p, "network_remove");

	st->title = xstrdup("Remove the private network");
	st->detail = xstrdup("");
	st->undo = xstrdup("");
	st->docker = xasprintf("docker network rm %s", network);
	json_put_str(st->args, "name", network);
}

/* No step writes to the chain's folder: it is named only for the way back, which starts or makes a
 * container with it. */
int plan_remove(
	const struct stack *before, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = before, .after = before, .f = f};
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	snprintf(title, sizeof(title), "Remove %s", before->name);
	plan_begin(&b, "remove", title, "Install again with the same name: it finds its folder.");
	json_put(ret->data, "after", NULL);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = before->n_services; i-- > 0;) {
			const struct service *s = &before->services[plan_order(before, i)];
			const struct plan_actual *a = plan_actual(f, s->name);
			const struct recipe *r = plan_recipe(&b, s, e);

			if (!r)
				return plan_finish(&b, -1);
			if (!a || a->container->presence != PRESENCE_YES || !a->ours)
				continue;
			if (pass == 0 && container_kept_alive(a->container))
				add_stop(&b, s, r);
			if (pass == 1 && r->builtin)
				add_discard(&b, s);
			else if (pass == 1 && plan_add_remove(&b, s, a, e))
				return plan_finish(&b, -1);
		}
	add_commit(&b, "the stack is taken off the list; its folder keeps ethstation.json");
	plan_add_network_remove(&b);
	return 0;
}
