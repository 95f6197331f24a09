/* Comparing what runs with what a registry has, without pulling. */
#include <stdlib.h>
#include <string.h>

#include "domain/spec.h"
#include "io/chain.h"
#include "io/docker.h"
#include "services/actions_priv.h"
#include "services/world.h"

static void warn(json_t *list, const struct err *e)
{
	json_array_append_new(
		list, json_pack("{s:s, s:s}", "code", e->code, "message", e->message));
}

static void put_digest(json_t *j, const char *key, const char *digest)
{
	json_put_str(j, key, *digest ? digest : NULL);
}

static void compare(
	struct app *app, const struct service *s, const char *image, json_t *j, json_t *warnings)
{
	struct docker_image here = {0};
	char remote[80] = "";
	struct err e = {0};
	bool known = docker_image(app->docker, s->image, &here, &e) == 0;

	if (docker_remote_digest(app->docker, image, remote, NULL, &e))
		warn(warnings, &e);
	put_digest(j, "current_digest", here.digest);
	put_digest(j, "available_digest", remote);
	if (known && *here.digest && *remote)
		json_put_flag(j, "newer", strcmp(here.digest, remote) != 0);
	else
		json_put(j, "newer", NULL);
	docker_image_free(&here);
}

int action_upgrade_check(struct app *app, const char *stack, const char *service, const char *image,
	json_t **ret, struct err *e)
{
	autostack struct stack s = {0};
	const struct recipe_generation *to, *from;
	json_t *j, *warnings;
	const struct recipe *r;
	struct service *svc;
	int db;

	if (world_copy_stack(app->world, stack, &s, e))
		return -1;
	svc = stack_service(&s, service);
	if (!svc || !(r = recipe_find(app->recipes, svc->recipe)))
		return err_set(e, ERR_NOT_FOUND, "service.missing",
			"The stack %s has no service called %.40s.", stack, service);
	if (wish_container(app, svc, e))
		return -1;
	if (!image)
		image = svc->image;
	to = recipe_generation(r, image);
	from = recipe_generation(r, svc->image);
	db = chain_db_version(s.data_dir, "node", r->db_version_globs.items, r->db_version_globs.n);
	j = json_object();
	warnings = json_array();
	json_put_str(j, "service", service);
	json_put_str(j, "image", image);
	json_put_str(j, "current_image", svc->image);
	compare(app, svc, image, j, warnings);
	json_put_flag(j, "supported", to);
	json_put_str(j, "db_step", to ? db_step_name(recipe_db_step(from, db, to)) : "unknown");
	json_put_str(j, "generation", to ? to->title : NULL);
	json_put(j, "warnings", warnings);
	json_put_int(j, "at", clock_wall());
	*ret = j;
	return 0;
}
