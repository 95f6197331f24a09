/*
 * recipe_priv: the strict reader under recipe_parse.c. A struct of a recipe is described by a table
 * of fields; read_fields() fills it and refuses whatever the table does not allow, so that no
 * member of a recipe file is ever ignored. For the recipe room only.
 */
#ifndef DOMAIN_RECIPE_PRIV_H
#define DOMAIN_RECIPE_PRIV_H

#include "domain/recipe.h"

/* Where in the file we are; lives on the stack, so a path costs nothing until it is told. */
struct node {
	const struct node *up;
	const char *key; /* NULL = an element of an array */
	size_t index;
	const json_t *value;
	struct recipe *recipe;
	struct err *e;
};

enum field_kind {
	FIELD_TEXT,    /* const char *: 1..max characters, no control characters */
	FIELD_INT,     /* int64_t, min..max */
	FIELD_INT32,   /* int, min..max */
	FIELD_BOOL,    /* bool */
	FIELD_VERSION, /* struct recipe_version */
	FIELD_STRINGS, /* struct recipe_strings: min..max texts */
	FIELD_JSON,    /* const json_t *: anything */
	FIELD_ARRAY,   /* T *, and size_t at offset_n: min..max objects read by `read` */
	FIELD_CUSTOM,  /* read by `read`, which gets the whole struct */
};

struct field {
	const char *key;
	enum field_kind kind;
	bool required;
	size_t offset;
	int64_t min, max;
	const char *pattern; /* TEXT, STRINGS: POSIX extended, as in the schema; NULL = any text */
	int (*read)(const struct node *n, void *out);
	size_t size, offset_n; /* ARRAY */
};

/* recipe.invalid with the path of n in front; returns -1. */
int read_bad(const struct node *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* n must be an object with these members and no others. Members that are missing leave `out` as it
 * is: set defaults before. */
int read_fields(const struct node *n, const struct field *fields, size_t n_fields, void *out);
/* Zeroed memory that lives as long as the recipe. */
void *read_alloc(const struct node *n, size_t count, size_t size);
/* The element i of an array, the member key of an object. */
struct node read_element(const struct node *n, size_t i);
struct node read_member(const struct node *n, const char *key);

/* The last look at a recipe that was read: its members against each other. */
int recipe_check(const struct node *root);

/* pattern: POSIX extended regular expression; one that does not compile matches nothing. */
bool text_matches(const char *text, const char *pattern);
/* "1", "1.6" or "1.6.8", nothing else. */
bool recipe_version_parse(const char *text, struct recipe_version *ret);
extern const char *const recipe_type_names[]; /* by enum recipe_type */
/* The value fits the option for this generation (NULL = any); `why` says what is expected. */
bool option_value_fits(const struct recipe *r, const struct recipe_option *o,
	const struct recipe_generation *g, const json_t *value, char *why, size_t size);

#endif
