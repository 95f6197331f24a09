/* Steps on copies of the chain and on the trash. */
#include "services/steps_priv.h"

#include <stdlib.h>
#include <string.h>

#include "io/chain.h"
#include "io/store.h"

/* Bytes to the page; leaves at the next piece of work when the job is to be left. */
bool step_on_bytes(void *ctx, int64_t done, int64_t total)
{
	struct step_ctx *c = ctx;

	if (total > 0)
		step_progress(c, done < total ? done : total, total, "bytes", -1);
	return !*c->abort;
}

/* ---- copy ---- */

static int remember_owner(struct step_ctx *c, struct err *e)
{
	int uid, gid;

	if (json_object_get(c->step->result, "uid"))
		return 0;
	if (chain_owner(arg_str(c, "dir"), arg_str(c, "sub"), &uid, &gid, e))
		return -1;
	step_result(c, "uid", json_integer(uid));
	step_result(c, "gid", json_integer(gid));
	return store_step_update(c->app->store, c->job->id, c->step, e);
}

static void note_copy(struct step_ctx *c)
{
	autofree char *rel = xasprintf("kept/%s", arg_str(c, "chain"));
	const char *subs[] = {rel};
	int64_t extra;

	if (chain_extra(arg_str(c, "dir"), subs, 1, &extra, NULL) == 0)
		step_note(c, "kept as %s; it takes %.1f MiB", arg_str(c, "chain"),
			(double)extra / (1 << 20));
}

int run_copy(struct step_ctx *c, struct err *e)
{
	autofree char *folder = xasprintf("%s/%s", arg_str(c, "dir"), arg_str(c, "sub"));
	size_t n;
	autofree const char **fixed = globs_of(json_arr(c->step->args, "fixed"), &n);

	/* a copy of files that somebody writes would be of no moment at all */
	if (folder_is_free(c, "", folder, e) || remember_owner(c, e) ||
		chain_copy(arg_str(c, "dir"), arg_str(c, "sub"), arg_str(c, "chain"),
			json_obj(c->step->args, "about"), fixed, n, step_on_bytes, c, e))
		return -1;
	note_copy(c);
	return 0;
}

/* What the failed version has made of the chain goes to the trash, not away. */
static json_t *about_failed(const struct step_ctx *c)
{
	const json_t *after = json_obj(c->job->plan.data, "after");
	const json_t *node = json_array_get(json_arr(after, "services"), 0);
	json_t *j = json_object();

	json_put_str(j, "reason", "failed");
	json_put_str(j, "image", json_str(node, "image", NULL));
	json_put(j, "options", json_deep_copy(json_obj(node, "options")));
	json_put_int(j, "at", clock_wall());
	return j;
}

int undo_copy(struct step_ctx *c, struct err *e)
{
	const char *dir = arg_str(c, "dir"), *sub = arg_str(c, "sub"), *id = arg_str(c, "chain");
	autofree char *failed = xasprintf("%s-failed", id);
	autojson json_t *about = about_failed(c);
	bool restored = false;

	if (chain_copy_undo(dir, sub, id, failed, about, &restored, e)) {
		/* no way back through a copy that somebody wrote to: the chain stays, the copy too
		 */
		if (!err_is(e, "chain.damaged"))
			return -1;
		step_note(c, "%s The chain stays as it is.", e->message);
		return 0;
	}
	if (!restored)
		return 0;
	step_note(c, "the chain of before is back; what the failed version made of it is in the "
		     "trash");
	/* files that the copy shared with the chain changed hands together with it */
	return chain_chown(dir, sub, (int)json_int(c->step->result, "uid", 0),
		(int)json_int(c->step->result, "gid", 0), e);
}

/* ---- trash ---- */

int run_trash(struct step_ctx *c, struct err *e)
{
	return chain_trash(arg_str(c, "dir"), arg_str(c, "chain"), arg_int(c, "at", -1), e);
}

int run_untrash(struct step_ctx *c, struct err *e)
{
	return chain_untrash(arg_str(c, "dir"), arg_str(c, "chain"), e);
}

/* One that never was there has not moved. */
static int unless_missing(int rc, const struct err *e)
{
	return rc && err_is(e, "chain.kept_missing") ? 0 : rc;
}

int undo_trash(struct step_ctx *c, struct err *e)
{
	return unless_missing(run_untrash(c, e), e);
}

int undo_untrash(struct step_ctx *c, struct err *e)
{
	return unless_missing(run_trash(c, e), e);
}

int run_delete(struct step_ctx *c, struct err *e)
{
	return chain_delete(arg_str(c, "dir"), arg_str(c, "chain"), step_on_bytes, c, e);
}
