/* Steps on the data folder and the store: check, folder, owner, config, set aside, put back,
 * commit. */
#include "services/steps_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/recipe.h"
#include "domain/spec.h"
#include "domain/wanted.h"
#include "io/chain.h"
#include "io/docker.h"
#include "io/host.h"
#include "io/store.h"
#include "services/world.h"

/* ---- check ---- */

static int check_volume(struct step_ctx *c, struct err *e)
{
	int64_t need = arg_int(c, "need_bytes", 0);
	struct volume v;

	if (host_volume(arg_str(c, "dir"), &v, e))
		return -1;
	if (v.network)
		return err_set(e, ERR_CONFLICT, "path.network",
			"The folder %s is on a network share (%s); the chain database needs a local"
			" disk.",
			arg_str(c, "dir"), v.fs);
	if (v.read_only)
		return err_set(
			e, ERR_CONFLICT, "disk.read_only", "The volume %s is read-only.", v.mount);
	if (v.free < need)
		return err_set(e, ERR_CONFLICT, "disk.too_small",
			"The volume %s has %.1f GiB free; at least %.1f GiB are needed to begin.",
			v.mount, (double)v.free / (1 << 30), (double)need / (1 << 30));
	step_note(c, "%.1f GiB free on %s (%s)", (double)v.free / (1 << 30), v.mount, v.fs);
	return 0;
}

int run_check(struct step_ctx *c, struct err *e)
{
	struct docker_version v;

	if (docker_ping(c->app->docker, &v, e))
		return -1;
	return *arg_str(c, "dir") ? check_volume(c, e) : 0;
}

/* ---- folder and owner ---- */

int run_folder(struct step_ctx *c, struct err *e)
{
	bool made = false;

	if (chain_make(arg_str(c, "dir"), arg_str(c, "sub"), (int)arg_int(c, "uid", 0),
		    (int)arg_int(c, "gid", 0), &made, e))
		return -1;
	if (!c->step->result) {
		step_result(c, "made", json_boolean(made));
		if (!made)
			step_note(c, "there already; its contents stay");
	}
	return 0;
}

int undo_folder(struct step_ctx *c, struct err *e)
{
	(void)e;
	/* a run that was cut short may have made it: only empty folders go, so try in any case */
	chain_unmake(arg_str(c, "dir"), arg_str(c, "sub"));
	return 0;
}

int run_owner(struct step_ctx *c, struct err *e)
{
	const char *dir = arg_str(c, "dir"), *sub = arg_str(c, "sub");
	int uid, gid;

	if (!c->step->result) {
		if (chain_owner(dir, sub, &uid, &gid, e))
			return -1;
		step_result(c, "uid", json_integer(uid));
		step_result(c, "gid", json_integer(gid));
		/* known before the first file changes hands: the way back needs it */
		if (store_step_update(c->app->store, c->job->id, c->step, e))
			return -1;
	}
	return chain_chown(dir, sub, (int)arg_int(c, "uid", 0), (int)arg_int(c, "gid", 0), e);
}

int undo_owner(struct step_ctx *c, struct err *e)
{
	if (!c->step->result)
		return 0;
	return chain_chown(arg_str(c, "dir"), arg_str(c, "sub"),
		(int)json_int(c->step->result, "uid", 0), (int)json_int(c->step->result, "gid", 0),
		e);
}

/* ---- the relay's configuration file ---- */

static int secrets_of(struct step_ctx *c, const struct recipe *r, const char *service, bool next,
	json_t *into, struct err *e)
{
	for (size_t i = 0; i < r->n_secrets; i++) {
		autofree char *value = NULL;
		const char *stack = c->job->plan.stack, *key = r->secrets[i].key;

		if (next ? store_secret_next(c->app->store, stack, service, key, &value, e)
			 : store_secret_get(c->app->store, stack, service, key, &value, e))
			return -1;
		if (value && *value)
			json_put_str(into, key, value);
	}
	return 0;
}

/* Writes the file as the given wanted state says; an absent state or service: no file. */
static int write_config(struct step_ctx *c, const char *which, bool next, struct err *e)
{
	const json_t *wanted = json_obj(c->job->plan.data, which);
	const char *name = arg_str(c, "service");
	autojson json_t *secrets = json_object();
	autostack struct stack s = {0};
	autofree char *rel = NULL, *text = NULL;
	const struct service *svc = NULL;
	const struct recipe_generation *g;
	const struct recipe *r;

	if (wanted && wanted_load(wanted, &s, e))
		return -1;
	if (wanted)
		svc = stack_service(&s, name);
	r = svc ? recipe_find(c->app->recipes, svc->recipe) : NULL;
	if (!r || !r->config.file)
		return 0;
	rel = xasprintf("%s/%s", name, r->config.file);
	if (secrets_of(c, r, name, next, secrets, e) ||
		spec_config_file(r, svc, s.network, secrets, &text, e))
		return -1;
	/* it holds the secret: only the user in the image may read it */
	g = recipe_generation(r, svc->image);
	return chain_write(
		s.data_dir, rel, text, strlen(text), 0600, g ? g->uid : 0, g ? g->gid : 0, e);
}

int run_config(struct step_ctx *c, struct err *e)
{
	return write_config(c, "after", true, e);
}

int undo_config(struct step_ctx *c, struct err *e)
{
	autofree char *rel = xasprintf("%s/%s", arg_str(c, "service"), arg_str(c, "file"));

	if (store_secrets_settle(c->app->store, c->job->plan.stack, false, 0, e))
		return -1;
	if (json_flag(c->step->args, "new", false))
		return chain_unlink(arg_str(c, "dir"), rel, e);
	return write_config(c, "before", false, e);
}

/* ---- chains ---- */

const char **globs_of(const json_t *list, size_t *ret_n)
{
	const char **globs = xcalloc(json_array_size(list), sizeof(*globs));

	*ret_n = json_array_size(list);
	for (size_t i = 0; i < *ret_n; i++)
		globs[i] = json_string_value(json_array_get(list, i));
	return globs;
}

int run_set_aside(struct step_ctx *c, struct err *e)
{
	size_t n;
	autofree const char **globs = globs_of(json_arr(c->step->args, "identity"), &n);

	return chain_set_aside(arg_str(c, "dir"), arg_str(c, "sub"), arg_str(c, "chain"),
		json_obj(c->step->args, "about"), globs, n, e);
}

/* A run that was cut short before its first rename left everything in place: nothing to undo. */
static int unless_unmoved(int rc, const struct err *e)
{
	return rc && err_is(e, "chain.kept_missing") ? 0 : rc;
}

int undo_set_aside(struct step_ctx *c, struct err *e)
{
	autofree char *failed = xasprintf("%s-failed", arg_str(c, "chain"));

	/* The new start may have written blocks already: they are kept too, nothing is deleted. */
	return unless_unmoved(
		chain_put_back(arg_str(c, "dir"), arg_str(c, "sub"), arg_str(c, "chain"), failed,
			json_obj(c->step->args, "about_failed"), e),
		e);
}

int run_put_back(struct step_ctx *c, struct err *e)
{
	return chain_put_back(arg_str(c, "dir"), arg_str(c, "sub"), arg_str(c, "chain"),
		arg_str(c, "now_chain"), json_obj(c->step->args, "about_now"), e);
}

int undo_put_back(struct step_ctx *c, struct err *e)
{
	return unless_unmoved(
		chain_put_back(arg_str(c, "dir"), arg_str(c, "sub"), arg_str(c, "now_chain"),
			arg_str(c, "chain"), json_obj(c->step->args, "about"), e),
		e);
}

/* ---- commit ---- */

static const char readme[] =
	"This folder belongs to the stack \"%s\" of Ethereum Station.\n\n"
	"node/            the chain: the database of your Ethereum node\n"
	"kept/            chains that were set aside, and copies; \"Put back\" on the Chain page "
	"uses them\n"
	"trash/           chains that were thrown away, until somebody empties the trash\n"
	"relay/           the configuration of the ethstats relay (it holds a secret)\n"
	"ethstation.json  the settings of this stack, without secrets\n\n"
	"Nothing in here is ever deleted by itself. To come back after a removal: install "
	"Ethereum\n"
	"Station, choose Install, give the stack the same name and this folder; it finds the "
	"chain.\n";

/* So that the folder explains itself to whoever finds it. A failure is no reason to fail the job.
 */
static void leave_a_note(const char *dir, const char *name, const json_t *wanted)
{
	autofree char *text = xasprintf(readme, name);
	autofree char *settings = json_dumps(wanted, JSON_INDENT(2));

	chain_write(dir, "README.txt", text, strlen(text), 0644, 0, 0, NULL);
	chain_write(dir, "ethstation.json", settings, strlen(settings), 0600, 0, 0, NULL);
}

int run_commit(struct step_ctx *c, struct err *e)
{
	const json_t *after = json_obj(c->job->plan.data, "after");
	const char *stack = c->job->plan.stack;

	if (store_secrets_settle(c->app->store, stack, true, clock_wall(), e))
		return -1;
	if (after) {
		autojson json_t *stored = wanted_stored(after, c->app->config.data_root);

		if (store_stack_put(c->app->store, stack, stored, e))
			return -1;
		leave_a_note(json_str(after, "data_dir", "/"), stack, stored);
	} else if (store_stack_delete(c->app->store, stack, e)) {
		return -1;
	}
	return world_reload(c->app->world, e);
}
