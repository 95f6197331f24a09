/* A recipe file. What is accepted has to be one that everything else can use. */
#include "fuzz/fuzz.h"

#include "domain/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recipe_text text = {"fuzz.json", (const char *)data, size};
	struct recipe_set set = {0};

	if (recipe_set_load(&text, 1, &set, NULL))
		return 0;
	for (size_t i = 0; i < set.n; i++)
		json_decref(recipe_json(set.items[i]));
	recipe_set_free(&set);
	return 0;
}
