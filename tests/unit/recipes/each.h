/*
 * each: the shipped recipes and one of the tests' that uses every member, one by one.
 */
#ifndef UNIT_RECIPES_EACH_H
#define UNIT_RECIPES_EACH_H

#include "unit/recipes/load.h"

static struct recipe *parity, *full, *relay, *demo;

/* The generation of an image of Parity's; the test fails when there is none. */
static inline const struct recipe_generation *gen(const char *image)
{
	const struct recipe_generation *g = recipe_generation(parity, image);

	if (!g)
		fail_msg("no generation for %s", image);
	return g;
}

static int load_all(void **state)
{
	(void)state;
	parity = recipe_load("shared/recipes/parity.json");
	relay = recipe_load("shared/recipes/ethnetintel.json");
	demo = recipe_load("shared/recipes/ethereumjs.json");
	full = recipe_load("tests/unit/recipes/good/full.json");
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	recipe_free(parity);
	recipe_free(relay);
	recipe_free(demo);
	recipe_free(full);
	return 0;
}

#endif
