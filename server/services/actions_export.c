/* A stack → the files with which docker-compose makes the same containers. */
#include <stdlib.h>

#include "domain/compose.h"
#include "domain/spec.h"
#include "services/actions_priv.h"
#include "services/world.h"

struct exporting {
	struct compose_service services[2];
	json_t *configs[2];
	char *names[2], *files[2];
};

static void exporting_free(struct exporting *x)
{
	for (size_t i = 0; i < COUNT(x->services); i++) {
		json_decref(x->configs[i]);
		free(x->names[i]);
		free(x->files[i]);
	}
}

static int export_service(struct app *app, const struct stack *s, const struct service *svc,
	size_t i, struct exporting *x, struct err *e)
{
	const struct recipe *r = recipe_find(app->recipes, svc->recipe);
	struct spec_input in = {s, svc, r, r ? recipe_generation(r, svc->image) : NULL, "relay"};

	if (!r)
		return err_set(e, ERR_INPUT, "recipe.missing",
			"There is no recipe called \"%.40s\".", svc->recipe);
	if (!in.generation)
		return err_set(e, ERR_INPUT, "image.unknown",
			"The image %.200s is not of a version that the recipe %s knows.",
			svc->image, r->title);
	if (spec_container(&in, &x->configs[i], e) ||
		spec_config_file(r, svc, s->network, NULL, &x->files[i], e))
		return -1;
	x->names[i] = spec_container_name(s, svc->name);
	x->services[i] = (struct compose_service){svc, r, x->configs[i], x->names[i], x->files[i]};
	return 0;
}

int action_export(struct app *app, const char *stack, json_t **ret, struct err *e)
{
	autostack struct stack s = {0};
	cleanup(exporting_free) struct exporting x = {0};
	const struct service *builtin = NULL;
	size_t n = 0;

	if (world_copy_stack(app->world, stack, &s, e))
		return -1;
	for (size_t i = 0; i < s.n_services; i++)
		if (wish_builtin(app, &s.services[i]))
			builtin = &s.services[i];
		else if (export_service(app, &s, &s.services[i], n++, &x, e))
			return -1;
	*ret = compose_write(&s, x.services, n, builtin);
	return 0;
}
