/* A compose file and, behind the first NUL, its .env: read, understood, and made a stack of. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "domain/compose.h"
#include "domain/understand.h"
#include "domain/wanted.h"
#include "unit/recipes/load.h"

static struct recipe_set recipes;

static void understand_it(const struct compose_read *read)
{
	autounderstood struct understood u = {0};
	autostack struct stack s = {0};
	autojson json_t *secrets = NULL;

	if (understand(&recipes, read->seen, read->notes, read->name, "/share/data", &u, NULL) == 0)
		(void)!wanted_parse(u.stack, "/share/data", 0, &s, &secrets, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *nul = memchr(text, 0, size);
	size_t first = nul ? (size_t)(nul - text) : size;
	struct compose_file files[2] = {{"docker-compose.yml", text, first}};
	autocompose struct compose_read read = {0};

	if (!recipes.n)
		recipes = recipes_shipped();
	if (nul)
		files[1] = (struct compose_file){".env", nul + 1, size - first - 1};
	if (compose_read(files, nul ? 2 : 1, "/share/compose", &read, NULL) == 0)
		understand_it(&read);
	return 0;
}
