#include "services/images.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "domain/disk.h"
#include "domain/ignore.h"
#include "domain/recipe.h"
#include "domain/understand.h"
#include "domain/words.h"
#include "io/chain.h"
#include "io/crypto.h"
#include "io/docker.h"
#include "io/host.h"
#include "io/qnap.h"
#include "io/store.h"
#include "services/settings.h"
#include "services/world.h"

#define ENTRIES_MAX 50000 /* files of a folder that is built from */

/* ---- uploaded files ---- */

char *images_dir(const struct app *app)
{
	return xasprintf("%s/.uploads", app->config.data_root);
}

static bool wants(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->plan.n_steps; i++)
		if (!strcmp(json_str(job->plan.steps[i].args, "file", ""), name))
			return true;
	return false;
}

static bool is_wanted(void *ctx, const char *name)
{
	struct app *app = ctx;
	autofree int64_t *ids = NULL;
	bool found = false;
	size_t n = 0;

	/* not known: kept until the next start */
	if (store_job_ids(app->store, NULL, true, 1000, &ids, &n, NULL))
		return true;
	for (size_t i = 0; i < n && !found; i++) {
		autojob struct job job = {0};

		found = store_job_get(app->store, ids[i], &job, NULL) || wants(&job, name);
	}
	return found;
}

void images_sweep(struct app *app)
{
	autofree char *dir = images_dir(app);
	size_t n = spool_sweep(dir, is_wanted, app);

	if (n)
		log_info("%zu uploaded files that nobody waits for were removed", n);
}

int images_room(struct app *app, const char *path, int64_t bytes, struct err *e)
{
	char free_words[WORDS_MAX], need_words[WORDS_MAX];
	struct volume v, chains;
	int64_t floor = 0;

	if (host_volume(path, &v, e))
		return -1;
	if (host_volume(app->config.data_root, &chains, NULL) == 0 &&
		!strcmp(v.mount, chains.mount))
		floor = disk_floor(settings_disk_floor(app->store), v.total);
	if (v.free - bytes >= floor)
		return 0;
	return err_set(e, ERR_CONFLICT, "image.space",
		"The volume %.100s has %s free, and %s are needed%s.", v.mount,
		words_gib(v.free, free_words), words_gib(bytes + floor, need_words),
		floor ? " so that the node can go on" : "");
}

int images_expect(struct app *app, int64_t size, struct err *e)
{
	char words[WORDS_MAX];

	if (size > IMAGES_FILE_MAX)
		return err_set(e, ERR_LIMIT, "image.too_large",
			"The file has %s; at most %lld GiB are taken.", words_gib(size, words),
			(long long)(IMAGES_FILE_MAX >> 30));
	return images_room(app, app->config.data_root, size, e);
}

int images_begin(struct app *app, int64_t size, struct spool *ret, struct err *e)
{
	autofree char *dir = images_dir(app), *name = NULL;
	char random[17];

	if (images_expect(app, size, e))
		return -1;
	crypto_random_hex(random, 8);
	name = xasprintf("%s.tar", random);
	return spool_begin(dir, name, ret, e);
}

/* ---- folders that are built from ---- */

/* One is the other, or lies in it. */
static bool overlaps(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b), n = x < y ? x : y;

	return !strncmp(a, b, n) && (x == y || (x < y ? b : a)[n] == '/');
}

static bool is_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	return !strncmp(path, root, n) && path[n] == '/' && path[n + 1];
}

/* What this program keeps: secrets, keys and chains have no place in an image. */
static bool is_kept(struct app *app, const char *path)
{
	autofree char *uploads = images_dir(app);
	char state[PATH_MAX];
	bool kept;

	if (!realpath(app->config.state_dir, state) || overlaps(path, state) ||
		overlaps(path, uploads) || !strcmp(path, app->config.data_root))
		return true;
	world_lock(app->world);
	kept = false;
	for (size_t i = 0; i < app->world->n_stacks; i++)
		kept |= overlaps(path, app->world->stacks[i].data_dir);
	world_unlock(app->world);
	return kept;
}

/* A shared folder of a QNAP NAS: /share/Public is a link to /share/CACHEDEV1_DATA/Public. What
 * begins with a dot there belongs to QTS and its apps. */
static bool is_share(struct app *app, const char *path)
{
	autofree char *share = qnap_path(app->config.qts_root, "/share");
	char real[PATH_MAX];

	return qnap_here(app->config.qts_root) && realpath(share, real) && is_below(path, real) &&
	       !strstr(path, "/.");
}

int images_folder(struct app *app, const char *folder, char **ret, struct err *e)
{
	char real[PATH_MAX], dockerfile[PATH_MAX + 16];

	if (folder[0] != '/' || strlen(folder) >= PATH_MAX)
		return err_set(e, ERR_INPUT, "input.path",
			"The field \"folder\" must be a full path on the NAS.");
	if (!realpath(folder, real))
		return err_set(
			e, ERR_NOT_FOUND, "path.missing", "There is no folder %.200s.", folder);
	if ((!is_below(real, app->config.data_root) && !is_share(app, real)) || is_kept(app, real))
		return err_set(
			e, ERR_FORBIDDEN, "image.folder", "Nothing is built from %.200s.", real);
	snprintf(dockerfile, sizeof(dockerfile), "%s/Dockerfile", real);
	if (access(dockerfile, F_OK))
		return err_set(e, ERR_CONFLICT, "image.no_dockerfile",
			"There is no file called Dockerfile in %.200s.", real);
	*ret = xstrdup(real);
	return 0;
}

/* The builder needs both files, whatever they say of themselves. */
static enum tar_wish wish(void *ctx, const char *rel, bool is_dir)
{
	const struct ignore *ignore = ctx;

	if (!strcmp(rel, "Dockerfile") || !strcmp(rel, ".dockerignore") ||
		!ignore_leaves_out(ignore, rel))
		return TAR_TAKE;
	return is_dir && !ignore->exceptions ? TAR_LEAVE_ALL : TAR_LEAVE;
}

int images_pack(const char *folder, struct tar_pack **ret, struct err *e)
{
	autoignore struct ignore ignore = {0};
	struct tar_order order = {.folder = folder,
		.wish = wish,
		.ctx = &ignore,
		.max_bytes = IMAGES_FOLDER_MAX,
		.max_entries = ENTRIES_MAX};
	autofree char *text = NULL;
	struct err why = {0};
	size_t len;

	if (chain_read(folder, ".dockerignore", &text, &len, &why) &&
		!err_is(&why, "chain.missing"))
		return err_set(e, why.kind, why.code, "%s", why.message);
	if (text && ignore_parse(text, &ignore, e))
		return -1;
	return tar_open(&order, ret, e);
}

/* ---- what is here ---- */

/* How well it fits: 0 not at all, 1 its repository may be any, 2 it is named. */
static int fit(const struct recipe *r, const char *image)
{
	if (r->builtin || !recipe_generation(r, image))
		return 0;
	return understand_image(r, image) ? 2 : 1;
}

static json_t *entry(const json_t *image)
{
	json_t *j = json_object();

	json_put_str(j, "name", json_str(image, "name", ""));
	json_put_str(j, "id", json_str(image, "id", ""));
	json_put_int(j, "size_bytes", json_int(image, "size", 0));
	json_put_int(j, "created_at", json_int(image, "created_at", 0));
	json_put(j, "recipes", json_array());
	json_put(j, "named", json_array());
	return j;
}

int images_list(struct app *app, const char *recipe, json_t **ret, struct err *e)
{
	autojson json_t *list = NULL;
	const json_t *image;
	size_t i;

	if (recipe && !recipe_find(app->recipes, recipe))
		return err_set(e, ERR_INPUT, "recipe.missing",
			"There is no recipe called \"%.40s\".", recipe);
	if (docker_images(app->docker, &list, e))
		return -1;
	*ret = json_array();
	json_array_foreach (list, i, image) {
		json_t *one = entry(image);

		for (size_t k = 0; k < app->recipes->n; k++) {
			const struct recipe *r = app->recipes->items[k];
			int how = recipe && strcmp(recipe, r->id)
					  ? 0
					  : fit(r, json_str(image, "name", ""));

			if (how)
				json_array_append_new(json_arr(one, "recipes"), json_string(r->id));
			if (how > 1)
				json_array_append_new(json_arr(one, "named"), json_string(r->id));
		}
		if (json_array_size(json_arr(one, "recipes")))
			json_array_append_new(*ret, one);
		else
			json_decref(one);
	}
	return 0;
}
