/*
 * recipe_reverse: a recipe's tables read backwards: the command line or the configuration file of a
 * container that somebody else made → the recipe's options and what is left over.
 *
 * Nothing is dropped in silence: what has no place in the options is in `left` with the reason, and
 * what the recipe passes with another value is in `changed`. Arguments that an option or the recipe
 * itself gives again are understood and not told. Pure; any thread.
 */
#ifndef DOMAIN_RECIPE_REVERSE_H
#define DOMAIN_RECIPE_REVERSE_H

#include "domain/recipe.h"

struct reversed {
	json_t *options; /* object; a value that equals the default is left out */
	json_t *secrets; /* object key → text, from a configuration file */
	json_t *left;	 /* array of {what, why} */
	json_t *changed; /* array of {what, why} */
	char *data_path; /* the folder its arguments name; NULL = they name none */
};
void reversed_init(struct reversed *r);
void reversed_free(struct reversed *r);
#define autoreversed cleanup(reversed_free)

/* words: the arguments behind the program's name. data_path: where its data lies when no argument
 * says so. memory: its limit in bytes, for what "auto" of the cache means. Adds to *ret. */
void recipe_reverse_args(const struct recipe *r, const struct recipe_generation *g, bool shared,
	const json_t *words, const char *data_path, int64_t memory, struct reversed *ret);

/* file: the parsed configuration file. Adds to *ret. */
void recipe_reverse_config(const struct recipe *r, const json_t *file, struct reversed *ret);

/* True when the arguments of these versions include this one as the name of the data folder. */
bool recipe_is_data_arg(
	const struct recipe *r, const struct recipe_generation *g, const char *word);

#endif
