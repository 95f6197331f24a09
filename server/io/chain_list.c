/* The kept chains, and those in the trash, as a list. */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void kept_free(struct kept *k)
{
	free(k->reason);
	free(k->image);
	json_decref(k->options);
	json_decref(k->about);
}

void kept_list_free(struct kept_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		kept_free(&l->items[i]);
	free(l->items);
	*l = (struct kept_list){0};
}

/* A folder in kept/ or trash/ that holds a chain. One whose kept.json is damaged is still a chain.
 */
static bool read_entry(int kept, const char *id, struct kept *ret)
{
	autoclose int entry = chain_id_ok(id) ? chain_folder_at(kept, id) : -1;
	autoclose int chain = -1;
	autofree char *text = NULL;
	autojson json_t *j = NULL;
	const char *sub;
	size_t len;

	if (entry < 0)
		return false;
	if (!chain_slurp(entry, ABOUT, &text, &len, NULL, NULL))
		json_parse(text, len, &j, NULL);
	sub = json_str(j, "sub", "node");
	chain = chain_rel_ok(sub) && !strchr(sub, '/') ? chain_folder_at(entry, sub) : -1;
	if (chain < 0)
		return false;
	*ret = (struct kept){
		.reason = xstrdup(json_str(j, "reason", "unknown")),
		.image = xstrdup(json_str(j, "image", "")),
		.options = json_deep_copy(json_obj(j, "options")),
		.at = json_int(j, "at", -1),
		.trashed_at = json_int(j, "trashed_at", -1),
		.bytes = json_int(j, "bytes", -1),
		.height = json_int(j, "height", -1),
		.db_version = (int)json_int(j, "db_version", -1),
		.copy = !faccessat(entry, MANIFEST, F_OK, AT_SYMLINK_NOFOLLOW),
	};
	ret->damaged = ret->copy && chain_manifest_check(entry, chain, NULL) < 0;
	if (!ret->options)
		ret->options = json_object();
	ret->about = json_is_object(j) ? json_incref(j) : json_object();
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	return true;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(((const struct kept *)b)->id, ((const struct kept *)a)->id);
}

static int list(const char *dir, const char *where, struct kept_list *ret, struct err *e)
{
	struct kept_list l = {0};
	autoclose int top = chain_open_dir(dir, false, e);
	autoclose int kept = top < 0 ? -1 : chain_folder_at(top, where);
	autodir DIR *d = NULL;
	struct dirent *de;

	if (top < 0)
		return -1;
	if (kept < 0 && errno != ENOENT)
		return chain_errno(e, where);
	if (kept >= 0) {
		d = fdopendir(chain_dup(kept));
		if (!d)
			return chain_errno(e, where);
	}
	while (d && (de = readdir(d))) {
		struct kept k;

		if (!read_entry(kept, de->d_name, &k))
			continue;
		l.items = xrealloc(l.items, (l.n + 1) * sizeof(k));
		l.items[l.n++] = k;
	}
	if (l.n)
		qsort(l.items, l.n, sizeof(*l.items), newest_first);
	*ret = l;
	return 0;
}

int chain_kept(const char *dir, struct kept_list *ret, struct err *e)
{
	return list(dir, KEPT, ret, e);
}

int chain_trashed(const char *dir, struct kept_list *ret, struct err *e)
{
	return list(dir, TRASH, ret, e);
}
