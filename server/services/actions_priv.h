/* actions_priv: what the files of the room actions share; nobody else includes it. */
#ifndef SERVICES_ACTIONS_PRIV_H
#define SERVICES_ACTIONS_PRIV_H

#include "domain/plan.h"
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

/* Fills what a wish left out (image, ports) and holds it against the recipes. */
int wish_complete(struct app *app, struct stack *s, struct err *e);

/* A secret that no recipe knows would be stored and never used. */
int wish_secrets(struct app *app, const struct stack *s, const json_t *secrets, struct err *e);

#endif
