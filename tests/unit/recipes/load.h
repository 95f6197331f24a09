/* Recipe files for unit tests. */
#ifndef UNIT_RECIPES_LOAD_H
#define UNIT_RECIPES_LOAD_H

#include "domain/recipe.h"

#include <stdio.h>
#include <stdlib.h>

static inline char *file_text(const char *path, size_t *ret_len)
{
	autofile FILE *f = fopen(path, "r");
	char *text = xcalloc(1, 256 * 1024);

	if (f)
		*ret_len = fread(text, 1, 256 * 1024 - 1, f);
	else
		abort();
	return text;
}

static inline int recipe_file(const char *path, struct recipe **ret, struct err *e)
{
	size_t len = 0;
	autofree char *text = file_text(path, &len);

	return recipe_parse(text, len, ret, e);
}

/* One of the shipped recipes, or of the test's: "shared/recipes/parity.json". */
static inline struct recipe *recipe_load(const char *name)
{
	autofree char *path = xasprintf("%s/%s", ROOT_DIR, name);
	struct recipe *r = NULL;
	struct err e = {0};

	if (recipe_file(path, &r, &e)) {
		fprintf(stderr, "%s: %s\n", name, e.message);
		abort();
	}
	return r;
}

#endif
