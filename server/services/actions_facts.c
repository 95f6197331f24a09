/* Looking at what is there, and checking a wish against the recipes. */
#include "services/actions_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/disk.h"
#include "domain/spec.h"
#include "domain/wanted.h"
#include "io/chain.h"
#include "io/docker.h"
#include "io/host.h"
#include "services/settings.h"
#include "services/watch.h"
#include "services/world.h"

void facts_free(struct facts *f)
{
	container_free(&f->containers[0]);
	container_free(&f->containers[1]);
}

#define BOOT_GRACE_S 300

static bool just_booted(struct app *app)
{
	struct host h;

	return host_read(app->config.proc_root, &h, NULL) == 0 && h.uptime_s < BOOT_GRACE_S;
}

/* As `docker network prune` leaves a stack that is stopped. */
static int look_for_network(
	struct app *app, const struct stack *s, struct plan_actual *a, struct err *e)
{
	autofree char *name = spec_network_name(s);
	const struct container *c = a->container;
	bool there = true;

	if (c->presence == PRESENCE_YES && !container_alive(c) && c->network_mode &&
		!strcmp(c->network_mode, name) &&
		docker_network_exists(app->docker, name, &there, e))
		return -1;
	a->network_gone = !there;
	return 0;
}

static int look_at(struct app *app, const struct stack *s, const struct service *svc,
	struct container *c, struct plan_actual *a, struct err *e)
{
	autofree char *name = spec_container_name(s, svc->name);
	struct service_facts *known;

	if (docker_inspect(app->docker, name, c, e))
		return -1;
	a->service = svc->name;
	a->container = c;
	a->needed = -1;
	a->ours = !strcmp(json_str(c->labels, LABEL_STACK, ""), s->name) &&
		  !strcmp(json_str(c->labels, LABEL_SERVICE, ""), svc->name);
	world_lock(app->world);
	known = world_service(app->world, s->name, svc->name);
	if (known && known->has_usage)
		a->needed = known->usage.held;
	/* Law 7: a container we knew and cannot see so soon after boot is unknown, not gone. */
	if (known && c->presence == PRESENCE_NO && just_booted(app))
		c->presence = PRESENCE_UNKNOWN;
	world_unlock(app->world);
	return look_for_network(app, s, a, e);
}

int facts_look(struct app *app, const struct stack *s, struct facts *ret, struct err *e)
{
	const struct service *node = stack_service(s, "node");
	const struct recipe *r = recipe_find(app->recipes, node->recipe);
	struct volume v;
	struct host h;

	for (size_t i = 0; i < s->n_services; i++) {
		ret->f.n_actual++;
		if (look_at(app, s, &s->services[i], &ret->containers[i], &ret->actual[i], e))
			return -1;
		/* without a container of its own nothing is missing: one of an earlier relay counts
		 */
		if (wish_builtin(app, &s->services[i]) &&
			ret->containers[i].presence == PRESENCE_UNKNOWN)
			ret->containers[i].presence = PRESENCE_NO;
	}
	ret->f.now = clock_wall();
	ret->f.recipes = app->recipes;
	ret->f.actual = ret->actual;
	ret->f.db_version = r ? chain_db_version(s->data_dir, "node", r->db_version_globs.items,
					r->db_version_globs.n)
			      : -1;
	ret->f.disk_free = -1;
	if (host_volume(s->data_dir, &v, NULL) == 0) {
		ret->f.disk_free = v.free;
		ret->f.disk_floor = disk_floor(settings_disk_floor(app->store), v.total);
	}
	ret->f.uid = ret->f.gid = -1;
	chain_owner(s->data_dir, "node", &ret->f.uid, &ret->f.gid, NULL);
	if (host_read(app->config.proc_root, &h, NULL) == 0)
		ret->f.memory_total = h.memory_total;
	return 0;
}

/* ---- wishes ---- */

static int complete_service(struct app *app, struct service *s, struct err *e)
{
	const struct recipe *r = recipe_find(app->recipes, s->recipe);
	const struct recipe_generation *g;
	autoimage struct image_ref ref = {0};
	static const struct limits none;

	if (!r)
		return err_set(e, ERR_INPUT, "recipe.missing",
			"There is no recipe called \"%.40s\".", s->recipe);
	if (r->relay != !strcmp(s->name, "relay"))
		return err_set(e, ERR_INPUT, "input.service", "The recipe %s is not for a %s.",
			r->title, s->name);
	if (r->builtin && ((s->image && *s->image) || s->n_ports || neighbour_on(&s->neighbour) ||
				  !limits_equal(&s->limits, &none)))
		return err_set(e, ERR_INPUT, "service.builtin",
			"%s is a part of this program: it has no image, ports or limits.",
			r->title);
	if (!s->image)
		s->image = xstrdup(r->builtin ? "" : r->offer.items[0]);
	if (!r->builtin && image_ref_parse(s->image, &ref, e))
		return -1;
	g = recipe_generation(r, s->image);
	if (!g)
		return err_set(e, ERR_INPUT, "image.unknown",
			"The image %.200s is not of a version that the recipe %s knows.", s->image,
			r->title);
	if (!s->ports)
		s->ports = recipe_default_ports(r, &s->n_ports);
	return recipe_check_options(r, g, s->options, e) || recipe_check_env(r, s->env, e) ? -1 : 0;
}

bool wish_builtin(struct app *app, const struct service *s)
{
	const struct recipe *r = s ? recipe_find(app->recipes, s->recipe) : NULL;

	return r && r->builtin;
}

int wish_container(struct app *app, const struct service *s, struct err *e)
{
	if (!wish_builtin(app, s))
		return 0;
	return err_set(e, ERR_CONFLICT, "service.builtin",
		"The %s is a part of this program and has no container.", s->name);
}

int wish_complete(struct app *app, struct stack *s, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++)
		if (complete_service(app, &s->services[i], e))
			return -1;
	if (s->network == NET_SHARED && wish_builtin(app, stack_service(s, "relay")))
		return err_set(e, ERR_INPUT, "input.service",
			"A network can be shared only with a relay that has a container.");
	return 0;
}

static bool has_secret(const struct recipe *r, const char *key)
{
	for (size_t i = 0; i < r->n_secrets; i++)
		if (!strcmp(r->secrets[i].key, key))
			return true;
	return false;
}

int wish_secrets(struct app *app, const struct stack *s, const json_t *secrets, struct err *e)
{
	const char *name, *key;
	json_t *keys, *value;

	json_object_foreach ((json_t *)secrets, name, keys) {
		const struct service *svc = stack_service(s, name);
		const struct recipe *r = svc ? recipe_find(app->recipes, svc->recipe) : NULL;

		json_object_foreach (keys, key, value)
			if (!r || !has_secret(r, key))
				return err_set(e, ERR_INPUT, "input.option_unknown",
					"%s has no secret called \"%.60s\".", r ? r->title : name,
					key);
	}
	return 0;
}
