/*
 * recipe_fields: how the tables of recipe_parse*.c are written, and the forms that texts must have.
 * They and shared/recipes/schema.json say the same. For the recipe room only.
 */
#ifndef DOMAIN_RECIPE_FIELDS_H
#define DOMAIN_RECIPE_FIELDS_H

#include "domain/recipe_priv.h"

#include <limits.h>
#include <stddef.h>

#define NAME "^[a-z][a-z0-9_-]{0,30}$"
#define KEY "^[a-z][a-z0-9_]{0,30}$"
#define SECRET "^[A-Z][A-Z0-9_]{0,30}$"
#define GENERATION "^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$"
#define REPOSITORY "^([*]|[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*)$"
#define FOLDER "^(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$"
/* of a file's name alone: "*.sst" */
#define NAME_GLOB "^[A-Za-z0-9_*-][A-Za-z0-9_.*-]*$"
#define DATA_FOLDER "^(/[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$"
#define GLOB "^[A-Za-z0-9_*-][A-Za-z0-9_.*-]*(/[A-Za-z0-9_*-][A-Za-z0-9_.*-]*)*$"
#define FILE_NAME "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"
#define METHOD "^[a-z][A-Za-z0-9]*_[A-Za-z0-9]+$"
#define ENV_NAME "^[A-Za-z_][A-Za-z0-9_]*[*]?$"
#define PLAIN_ARGUMENT "^([^{}]|[{]data_path[}]|[{]cache_mb[}])+$"
#define OPTION_ARGUMENT "^([^{}]|[{]data_path[}]|[{]cache_mb[}]|[{]value[}])+$"

#define AT(T, m) .offset = offsetof(T, m)
#define TEXT(T, k, m, most, form)                                                                  \
	{                                                                                          \
		.key = k, .kind = FIELD_TEXT, AT(T, m), .max = most, .pattern = form               \
	}
#define TEXT1(T, k, m, most, form)                                                                 \
	{                                                                                          \
		.key = k, .kind = FIELD_TEXT, .required = true, AT(T, m), .max = most,             \
		.pattern = form                                                                    \
	}
#define NUMBER(T, k, m, lo, hi)                                                                    \
	{                                                                                          \
		.key = k, .kind = FIELD_INT, AT(T, m), .min = lo, .max = hi                        \
	}
#define SMALL(T, k, m, lo, hi)                                                                     \
	{                                                                                          \
		.key = k, .kind = FIELD_INT32, AT(T, m), .min = lo, .max = hi                      \
	}
#define SMALL1(T, k, m, lo, hi)                                                                    \
	{                                                                                          \
		.key = k, .kind = FIELD_INT32, .required = true, AT(T, m), .min = lo, .max = hi    \
	}
#define BOOL(T, k, m)                                                                              \
	{                                                                                          \
		.key = k, .kind = FIELD_BOOL, AT(T, m)                                             \
	}
#define STRINGS(T, k, m, lo, hi, form)                                                             \
	{                                                                                          \
		.key = k, .kind = FIELD_STRINGS, AT(T, m), .min = lo, .max = hi, .pattern = form   \
	}
#define ARRAY(T, k, m, lo, hi, fn, E)                                                              \
	{                                                                                          \
		.key = k, .kind = FIELD_ARRAY, .required = (lo) > 0, AT(T, m), .min = lo,          \
		.max = hi, .read = fn, .size = sizeof(E), .offset_n = offsetof(T, n_##m)           \
	}
#define CUSTOM(k, need, fn)                                                                        \
	{                                                                                          \
		.key = k, .kind = FIELD_CUSTOM, .required = need, .read = fn                       \
	}
#define RANGE(T)                                                                                   \
	{.key = "from", .kind = FIELD_VERSION, AT(T, range.from)},                                 \
	{                                                                                          \
		.key = "before", .kind = FIELD_VERSION, AT(T, range.before)                        \
	}
#define FIELDS(n, table, out) read_fields(n, table, COUNT(table), out)

#define RANGE_ALWAYS ((struct recipe_range){.before = {INT_MAX, 0, 0}})

/* Index in names (from first on); -1 = another word, already refused. */
int read_word(const struct node *n, const char *const *names, size_t count, size_t first);
/* Ranges speak of whole generations, so that everything of one generation is alike. */
int check_range(const struct node *n, const struct recipe_range *range);
/* The cache's size needs its rule, the data folder its path. */
int check_templates(const struct node *n, const struct recipe_strings *args);

/* Elements of the lists "args", "options" and "networks". */
int read_rule(const struct node *n, void *out);
int read_option(const struct node *n, void *out);
int read_network(const struct node *n, void *out);
/* The member "found". */
int read_found(const struct node *n, void *out);

#endif
