/* actions_priv: what the files of the room actions share; nobody else includes it. */
#ifndef SERVICES_ACTIONS_PRIV_H
#define SERVICES_ACTIONS_PRIV_H

#include "domain/plan.h"
#include "io/chain.h"
#include "services/actions.h"

/* What is there for one stack. Declare zeroed; facts_free at the end. */
struct facts {
	struct plan_facts f;
	struct plan_actual actual[2];
	struct container containers[2];
};
void facts_free(struct facts *f);
#define autofacts cleanup(facts_free)
int facts_look(struct app *app, const struct stack *s, struct facts *ret, struct err *e);

/* What a copy of the chain would take, how the body's "copy" wants it, and how long a new version
 * is watched. Walks the chain's folder. input.copy. */
int facts_copy(struct app *app, const struct stack *before, const json_t *body, struct facts *ret,
	struct err *e);

/* The one of that name; chain.kept_missing. */
int kept_find(const struct kept_list *l, const char *id, const struct kept **ret, struct err *e);

/* One request on its way to a plan. */
struct action_ctx {
	struct app *app;
	struct action *a;
	struct stack before; /* as it is wanted now; zeroed for install */
	struct plan *ret;
};
/* actions_keep.c */
int do_copy(struct action_ctx *c, struct err *e);
int do_trash(struct action_ctx *c, struct err *e);
int do_untrash(struct action_ctx *c, struct err *e);
int do_empty(struct action_ctx *c, struct err *e);

/* Fills what a wish left out (image, ports) and holds it against the recipes. */
int wish_complete(struct app *app, struct stack *s, struct err *e);

/* A secret that no recipe knows would be stored and never used. */
int wish_secrets(struct app *app, const struct stack *s, const json_t *secrets, struct err *e);

#endif
