/*
 * actions: from a request (of the API or of the watchdog) to a plan: looks at what is there, checks
 * the wish against the recipe, and lets domain/plan order the steps. The plan is then shown, or
 * given to services/jobs. Any thread.
 *
 * Error codes: stack.missing, stack.exists, service.missing, recipe.*, image.unknown, input.*,
 * chain.kept_missing, chain.damaged, trash.confirm, container.unknown, stack.nothing_to_do,
 * limit.below_use, engine.*.
 */
#ifndef SERVICES_ACTIONS_H
#define SERVICES_ACTIONS_H

#include "services/app.h"

struct action {
	const char *name;    /* install, start, stop, restart, options, limits, upgrade, resync,
				putback, remove, copy, trash, untrash, empty, import, adopt, goback,
				letgo, load, build, pull */
	const char *stack;   /* NULL for install, import, adopt, and images */
	const char *service; /* limits */
	const json_t *body;  /* of the request; NULL = none */
	json_t *ret_secrets; /* {service: {KEY: value|null}} that came with it; owned by the caller
			      */
	json_t *ret_understood; /* import, adopt: {stack, notes, data}; owned by the caller */
};
int action_plan(struct app *app, struct action *a, struct plan *ret, struct err *e);

/* Files of a compose export: array of {name, mode, text}; no secret is in them. Owned by the
 * caller. */
int action_export(struct app *app, const char *stack, json_t **ret, struct err *e);

/* What could be adopted: Found of api.yaml, owned by the caller. Asks the engine about every
 * container. */
int action_found(struct app *app, json_t **ret, struct err *e);

/* The watchdog's. */
int action_start(
	struct app *app, const char *stack, const char *actor, int64_t *ret_id, struct err *e);
int action_stop(
	struct app *app, const char *stack, const char *actor, int64_t *ret_id, struct err *e);
int action_limits(struct app *app, const char *stack, const char *service, const struct limits *l,
	const char *actor, int64_t *ret_id, struct err *e);
int action_restart(struct app *app, const char *stack, const char *service, const char *actor,
	int64_t *ret_id, struct err *e);

/* UpgradeCheck of api.yaml; owned by the caller. Asks the registry: takes seconds. */
int action_upgrade_check(struct app *app, const char *stack, const char *service, const char *image,
	json_t **ret, struct err *e);

#endif
