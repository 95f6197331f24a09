/* Handler: the chain in use, the kept ones, and the trash. */
#include "api/handlers.h"
#include "api/reply.h"
#include "domain/recipe.h"
#include "io/chain.h"
#include "services/world.h"

static json_t *kept_json(const struct stack *s, const char *where, const struct kept *k)
{
	autofree char *rel = xasprintf("%s/%s", where, k->id);
	const char *subs[] = {rel};
	int64_t extra = -1;
	json_t *j = json_object();

	int64_t bytes = k->bytes;

	chain_extra(s->data_dir, subs, 1, &extra, NULL);
	if (bytes < 0)
		chain_size(s->data_dir, rel, &bytes, NULL);
	json_put_str(j, "id", k->id);
	json_put_str(j, "kind", k->copy ? "copy" : "aside");
	json_put_str(j, "reason", k->reason ? k->reason : "");
	json_put_str(j, "image", k->image && *k->image ? k->image : NULL);
	json_put(j, "options", k->options ? json_deep_copy(k->options) : json_object());
	json_put_int(j, "at", k->at);
	json_put_known(j, "trashed_at", k->trashed_at);
	json_put_known(j, "bytes", bytes);
	json_put_known(j, "extra_bytes", extra);
	json_put_known(j, "height", k->height);
	json_put_known(j, "db_version", k->db_version);
	json_put_flag(j, "damaged", k->damaged);
	return j;
}

static json_t *list_json(const struct stack *s, const char *where, const struct kept_list *l)
{
	json_t *j = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(j, kept_json(s, where, &l->items[i]));
	return j;
}

static json_t *current_json(struct app *app, const struct stack *s)
{
	const struct recipe *r = recipe_find(app->recipes, stack_service(s, "node")->recipe);
	int db = r ? chain_db_version(
			     s->data_dir, "node", r->db_version_globs.items, r->db_version_globs.n)
		   : -1;
	json_t *j = json_object();
	int64_t bytes = -1;

	chain_size(s->data_dir, "node", &bytes, NULL);
	json_put_known(j, "bytes", bytes);
	json_put_known(j, "db_version", db);
	json_put_int(j, "at", clock_wall());
	return j;
}

void api_list_chains(struct api_call *call)
{
	autostack struct stack s = {0};
	struct kept_list kept = {0}, trash = {0};
	struct err e = {0};
	json_t *j;

	if (world_copy_stack(call->app->world, call_param(call, "stack"), &s, &e) ||
		chain_kept(s.data_dir, &kept, &e) || chain_trashed(s.data_dir, &trash, &e)) {
		reply_err(call, &e);
	} else {
		j = json_object();
		json_put(j, "current", current_json(call->app, &s));
		json_put(j, "kept", list_json(&s, "kept", &kept));
		json_put(j, "trash", list_json(&s, "trash", &trash));
		reply_json(call, 200, j);
	}
	kept_list_free(&kept);
	kept_list_free(&trash);
}
