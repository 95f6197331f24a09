/*
 * wanted: the wanted state (struct stack) from and to JSON: what the API takes, what the store
 * keeps. Pure. Checks names, shapes and ranges; whether options and images fit the recipe is asked
 * of domain/recipe by the caller.
 *
 * Error codes: input.unknown_field, input.missing, input.type, input.name, input.limit,
 * input.port, input.path, input.service.
 */
#ifndef DOMAIN_WANTED_H
#define DOMAIN_WANTED_H

#include "base/model.h"

/* [a-z0-9][a-z0-9-]{0,30} */
bool wanted_name_ok(const char *name);

/* StackInput of api.yaml → a stack. data_root: the only place for data folders. *ret_secrets:
 * {service: {KEY: value or null}}, owned by the caller, never part of the stack. Images and
 * ports that were left out stay NULL / 0: the caller fills them from the recipe. */
int wanted_parse(const json_t *input, const char *data_root, msec now, struct stack *ret,
	json_t **ret_secrets, struct err *e);
/* StackPatch of api.yaml on a stack. */
int wanted_patch(const struct stack *before, const json_t *patch, msec now, struct stack *ret,
	json_t **ret_secrets, struct err *e);

/* LimitsInput. Left out or null = no limit. */
int limits_parse(const json_t *input, struct limits *ret, struct err *e);
/* Limits of api.yaml; owned by the caller. */
json_t *limits_json(const struct limits *l);
bool limits_equal(const struct limits *a, const struct limits *b);
/* Guard of api.yaml, and back (owned by the caller). */
int guard_parse(const json_t *input, struct guard *ret, struct err *e);
json_t *guard_json(const struct guard *g);
/* Neighbour of api.yaml, and back (owned by the caller). */
int neighbour_parse(const json_t *input, struct neighbour *ret, struct err *e);
json_t *neighbour_json(const struct neighbour *n);

/* Owned by the caller. */
json_t *wanted_json(const struct stack *s);
/* The same as the store keeps it, and back: its folder by its name below the data root, which may
 * be elsewhere after a restart. Owned by the caller. */
json_t *wanted_stored(const json_t *wanted, const char *data_root);
json_t *wanted_placed(const json_t *stored, const char *data_root);
json_t *ports_json(const struct port *ports, size_t n);
/* What wanted_json wrote. */
int wanted_load(const json_t *j, struct stack *ret, struct err *e);

#endif
