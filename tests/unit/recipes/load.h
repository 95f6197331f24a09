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

/* All that are shipped; recipe_set_free() ends them. */
static inline struct recipe_set recipes_shipped(void)
{
	static const char *const names[] = {"ethereumjs", "ethnetintel", "parity"};
	struct recipe_text texts[3];
	struct recipe_set set = {0};
	struct err e = {0};

	for (int i = 0; i < 3; i++) {
		autofree char *path = xasprintf("%s/shared/recipes/%s.json", ROOT_DIR, names[i]);

		texts[i] = (struct recipe_text){.name = names[i]};
		texts[i].text = file_text(path, &texts[i].len);
	}
	if (recipe_set_load(texts, 3, &set, &e)) {
		fprintf(stderr, "%s\n", e.message);
		abort();
	}
	for (int i = 0; i < 3; i++)
		free((char *)texts[i].text);
	return set;
}

#endif
