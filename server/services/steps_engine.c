/* Steps that talk to the engine: images, networks, containers, limits. */
#include "services/steps_priv.h"

#include <string.h>
#include <stdlib.h>

#include "domain/spec.h"
#include "domain/wanted.h"
#include "io/chain.h"
#include "io/docker.h"
#include "io/store.h"

const char *arg_str(const struct step_ctx *c, const char *key)
{
	return json_str(c->step->args, key, "");
}

int64_t arg_int(const struct step_ctx *c, const char *key, int64_t dflt)
{
	return json_int(c->step->args, key, dflt);
}

int target(struct step_ctx *c, const char **ret_id, struct err *e)
{
	const char *id = json_str(c->step->args, "container", NULL);

	for (size_t i = 0; !id && i < c->job->plan.n_steps; i++) {
		const struct step *s = &c->job->plan.steps[i];

		if (!strcmp(s->kind, "create") &&
			!strcmp(json_str(s->args, "service", ""), arg_str(c, "service")))
			id = json_str(s->result, "id", NULL);
	}
	if (!id)
		return err_set(e, ERR_CONFLICT, "container.missing",
			"There is no container for the service %s.", arg_str(c, "service"));
	*ret_id = id;
	return 0;
}

int inspect(struct step_ctx *c, const char *id, struct container *ret, struct err *e)
{
	if (docker_inspect(c->app->docker, id, ret, e))
		return -1;
	if (ret->presence == PRESENCE_YES)
		return 0;
	return err_set(
		e, ERR_CONFLICT, "container.missing", "The container %.12s no longer exists.", id);
}

/* ---- images ---- */

struct pulling {
	struct step_ctx *c;
	msec since;
	int64_t at_first; /* bytes done when the clock started */
};

static void on_progress(void *ctx, const struct docker_pull_progress *p)
{
	struct pulling *pl = ctx;
	msec spent = clock_mono() - pl->since;
	int64_t eta = -1;

	if (!pl->at_first && p->done)
		pl->at_first = p->done;
	if (p->total > 0 && p->done > pl->at_first && spent > 2000)
		eta = (p->total - p->done) * spent / (p->done - pl->at_first) / 1000;
	step_progress(pl->c, p->done, p->total, "bytes", eta);
}

int run_pull(struct step_ctx *c, struct err *e)
{
	struct pulling pl = {.c = c, .since = clock_mono()};
	const char *image = arg_str(c, "image");
	struct docker_image now = {0};
	struct err why = {0};
	int rc;

	if (docker_pull(c->app->docker, image, c->abort, on_progress, &pl, &why)) {
		/* An image that was carried in by hand (docker load) is in no registry: use it. */
		bool local = json_flag(c->step->args, "local_ok", false) && err_is(&why, "pull.") &&
			     docker_image(c->app->docker, image, &now, NULL) == 0;

		docker_image_free(&now);
		if (!local) {
			*e = why;
			return -1;
		}
		step_note(c, "Not in a registry; using the image that is here already.");
		return 0;
	}
	rc = docker_image(c->app->docker, image, &now, e);
	if (rc == 0) {
		step_result(c, "digest", json_string(now.digest));
		step_note(c, "%s, %.1f MB on disk", *now.digest ? now.digest : now.id,
			(double)now.size / 1e6);
	}
	docker_image_free(&now);
	return rc;
}

/* ---- networks ---- */

int run_network(struct step_ctx *c, struct err *e)
{
	autojson json_t *labels = json_pack("{s:s}", LABEL_STACK, arg_str(c, "stack"));
	bool there;

	if (docker_network_exists(c->app->docker, arg_str(c, "name"), &there, e))
		return -1;
	if (!c->step->result)
		step_result(c, "made", json_boolean(!there));
	return there ? 0 : docker_network_create(c->app->docker, arg_str(c, "name"), labels, e);
}

int undo_network(struct step_ctx *c, struct err *e)
{
	if (!json_flag(c->step->result, "made", false))
		return 0;
	return docker_network_remove(c->app->docker, arg_str(c, "name"), e);
}

int run_network_remove(struct step_ctx *c, struct err *e)
{
	return docker_network_remove(c->app->docker, arg_str(c, "name"), e);
}

/* ---- creating ---- */

static bool made_by_us(const struct container *k, const struct step_ctx *c)
{
	return !strcmp(json_str(k->labels, LABEL_STACK, ""), c->job->plan.stack) &&
	       !strcmp(json_str(k->labels, LABEL_SERVICE, ""), arg_str(c, "service"));
}

/* A container of that name may be left from a run that was interrupted: ours and never started. */
static int clear_name(struct step_ctx *c, const char *name, struct err *e)
{
	autocontainer struct container old = {0};

	if (docker_inspect(c->app->docker, name, &old, e))
		return -1;
	if (old.presence != PRESENCE_YES)
		return 0;
	if (!made_by_us(&old, c) || container_alive(&old) || old.started_at)
		return err_set(e, ERR_CONFLICT, "container.name_taken",
			"There is another container called %s.", name);
	return docker_remove(c->app->docker, old.id, e);
}

/* A limit that the engine took and threw away: told now, before anything stops. */
static int nothing_discarded(const json_t *warnings, struct err *e)
{
	size_t i;
	json_t *w;

	json_array_foreach ((json_t *)warnings, i, w)
		if (json_is_string(w) && strcasestr(json_string_value(w), "discarded"))
			return err_set(e, ERR_CONFLICT, "limit.unsupported",
				"The Docker engine cannot set it here: %.250s",
				json_string_value(w));
	return 0;
}

int run_create(struct step_ctx *c, struct err *e)
{
	autojson json_t *warnings = NULL;
	char id[65] = "";

	if (clear_name(c, arg_str(c, "name"), e) ||
		docker_create(c->app->docker, arg_str(c, "name"),
			json_object_get(c->step->args, "config"), id, &warnings, e))
		return -1;
	step_result(c, "id", json_string(id));
	if (nothing_discarded(warnings, e))
		return -1;
	if (json_array_size(warnings))
		step_note(c, "%.12s; the engine says: %s", id,
			json_string_value(json_array_get(warnings, 0)));
	else
		step_note(c, "%.12s", id);
	return 0;
}

/* A container that the engine can never start: its start was cut short by a crash of the engine,
 * which forgot the process and still finds its traces. Made again from the same settings, with
 * those that this job made after it: one of them may have joined its network namespace. */
int make_anew(struct step_ctx *c, const char *id, struct err *e)
{
	bool from_here = false;

	for (size_t i = 0; i < c->job->plan.n_steps; i++) {
		struct step *s = &c->job->plan.steps[i];
		struct step_ctx made = *c;
		const char *old = json_str(s->result, "id", "");

		if (strcmp(s->kind, "create"))
			continue;
		/* not looked at again: the id belongs to the first of them, and goes with its
		 * result */
		from_here = from_here || !strcmp(old, id);
		made.step = s;
		if (from_here && (docker_remove(c->app->docker, old, e) || run_create(&made, e) ||
					 store_step_update(c->app->store, c->job->id, s, e)))
			return -1;
	}
	return 0;
}

int undo_create(struct step_ctx *c, struct err *e)
{
	const char *id = json_str(c->step->result, "id", NULL);

	/* Interrupted between the engine's answer and the journal: find it by its name. */
	return id ? docker_remove(c->app->docker, id, e) : clear_name(c, arg_str(c, "name"), e);
}

/* ---- names ---- */

/* A container in a crash loop has no network between two tries, and Docker up to 20.10 cannot
 * rename one without ("sandbox not found"): its loop is ended first. Whether it should run at all
 * is for the step that started it to say. */
int name_it(struct step_ctx *c, const char *id, const char *name, struct err *e)
{
	autocontainer struct container k = {0};

	if (docker_inspect(c->app->docker, id, &k, e))
		return -1;
	if (k.presence != PRESENCE_YES || !strcmp(k.name, name))
		return 0;
	if (!strcmp(k.state, "restarting") && stop_softly(c, id, SLOW_STOP_S, "SIGTERM", e))
		return -1;
	return docker_rename(c->app->docker, id, name, e);
}

int run_swap(struct step_ctx *c, struct err *e)
{
	const char *id, *old = json_str(c->step->args, "old", NULL);

	if (target(c, &id, e) || (old && name_it(c, old, arg_str(c, "old_name"), e)))
		return -1;
	return name_it(c, id, arg_str(c, "name"), e);
}

int undo_swap(struct step_ctx *c, struct err *e)
{
	autofree char *next = xasprintf("%s.next", arg_str(c, "name"));
	const char *id, *old = json_str(c->step->args, "old", NULL);

	if (target(c, &id, e) || name_it(c, id, next, e))
		return -1;
	return old ? name_it(c, old, arg_str(c, "name"), e) : 0;
}

/* ---- limits ---- */

static int set_limits(struct step_ctx *c, const char *which, struct limits *ret, struct err *e)
{
	const char *id;

	if (limits_parse(json_object_get(c->step->args, which), ret, e) || target(c, &id, e))
		return -1;
	return docker_update_limits(c->app->docker, id, ret, e);
}

int run_limits(struct step_ctx *c, struct err *e)
{
	struct limits want;
	const char *id;

	if (set_limits(c, "after", &want, e) || target(c, &id, e))
		return -1;
	return limits_read_back(c, id, &want, e);
}

int undo_limits(struct step_ctx *c, struct err *e)
{
	struct limits was;

	return set_limits(c, "before", &was, e);
}

/* ---- removing ---- */

int run_remove(struct step_ctx *c, struct err *e)
{
	return docker_remove(c->app->docker, arg_str(c, "container"), e);
}

/* The same container again, by name, for undo_stop to start. */
int undo_remove(struct step_ctx *c, struct err *e)
{
	autocontainer struct container there = {0};
	char id[65];

	if (docker_inspect(c->app->docker, arg_str(c, "name"), &there, e))
		return -1;
	if (there.presence == PRESENCE_YES)
		return 0;
	return docker_create(c->app->docker, arg_str(c, "name"),
		json_object_get(c->step->args, "config"), id, NULL, e);
}

int run_discard(struct step_ctx *c, struct err *e)
{
	autofree char *rel = xasprintf("%s/%s", arg_str(c, "service"), arg_str(c, "file"));

	if (*arg_str(c, "file") && chain_unlink(arg_str(c, "dir"), rel, e))
		return -1;
	return docker_remove(c->app->docker, arg_str(c, "container"), e);
}
