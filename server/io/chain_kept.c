/*
 * Setting a chain aside and putting it back.
 *
 * Setting aside, each step durable before the next:
 *   1. DIR/.SUB.new is built with copies of the identity files: a full disk stops us here, with
 *      nothing changed;
 *   2. DIR/kept/ID/kept.json is written;
 *   3. DIR/SUB is renamed to DIR/kept/ID/SUB: from here on it is a kept chain;
 *   4. DIR/.SUB.new is renamed to DIR/SUB.
 * Putting back: the place is cleared (the same rename, or copies that are proven copies are
 * removed), DIR/kept/ID/SUB is renamed to DIR/SUB, DIR/.put_back notes the id so that asking again
 * is a success, kept.json and its folder go.
 */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUT_BACK ".put_back"

bool chain_id_ok(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len < sizeof(((struct kept *)NULL)->id) &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz-") == len;
}

/* One name each, and none of ours. */
int chain_check_names(const char *sub, const char *id, struct err *e)
{
	if (chain_check_rel(sub, e) < 0)
		return -1;
	if (strchr(sub, '/') || sub[0] == '.' || !strcmp(sub, KEPT) || !strcmp(sub, ABOUT))
		return err_set(
			e, ERR_FORBIDDEN, "path.outside", "\"%.100s\" is no chain's folder.", sub);
	if (!chain_id_ok(id))
		return err_set(e, ERR_FORBIDDEN, "path.outside",
			"\"%.60s\" is no name of a kept chain.", id);
	return 0;
}

static int open_entry(int top, const char *id, bool make, struct err *e)
{
	char rel[64];

	snprintf(rel, sizeof(rel), KEPT "/%s", id);
	return chain_open_below(top, rel, make, e);
}

int chain_unlink_visit(
	int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	(void)arg;
	if (unlinkat(parent, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
		return chain_errno(e, name);
	return 0;
}

int chain_like(int fd, const struct stat *st)
{
	if (fchown(fd, st->st_uid, st->st_gid) < 0)
		return -1;
	return fchmod(fd, st->st_mode & 0777);
}

/* The folder rel below dst, made like the one below src, component by component. */
static int copy_folders(int src, int dst, const char *rel, struct err *e)
{
	char *slash;
	autofree char *at = xstrdup(rel);

	for (slash = strchr(at, '/');; slash = strchr(slash + 1, '/')) {
		autoclose int from = -1, to = -1;
		struct stat st;

		if (slash)
			*slash = '\0';
		from = chain_open_below(src, at, false, e);
		to = from < 0 ? -1 : chain_open_below(dst, at, true, e);
		if (to < 0)
			return -1;
		if (fstat(from, &st) < 0 || chain_like(to, &st) < 0 || fsync(to) < 0)
			return chain_errno(e, at);
		if (!slash)
			return chain_dup(to);
		*slash = '/';
	}
}

/* arg: the new folder. */
static int copy_identity(int src, const char *rel, void *arg, struct err *e)
{
	const int *dst = arg;
	const char *slash = strrchr(rel, '/'), *name = slash ? slash + 1 : rel;
	autofree char *parent = slash ? xstrndup(rel, (size_t)(slash - rel)) : NULL;
	autofree char *text = NULL;
	autoclose int from = parent ? chain_open_below(src, parent, false, e) : chain_dup(src);
	autoclose int to = -1;
	struct stat st;
	size_t len;

	if (from < 0 || chain_slurp(from, name, &text, &len, &st, e) < 0)
		return -1;
	to = parent ? copy_folders(src, *dst, parent, e) : chain_dup(*dst);
	if (to < 0)
		return -1;
	return chain_put(to, name, text, len, st.st_mode & 0777, (int)st.st_uid, (int)st.st_gid, e);
}

/* Builds TOP/NAME with the owner, mode and identity of src; what an earlier try left there, only
 * copies, goes first. */
static int prepare(
	int top, const char *name, int src, const char *const *identity, size_t n, struct err *e)
{
	autoclose int fd = chain_open_below(top, name, true, e);
	struct stat st;

	if (fd < 0 || chain_walk(fd, chain_unlink_visit, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (chain_glob(src, identity[i], copy_identity, &fd, e) < 0)
			return -1;
	if (fstat(src, &st) < 0 || chain_like(fd, &st) < 0 || fsync(fd) < 0)
		return chain_errno(e, name);
	return 0;
}

/* What prepare() had built of a set-aside that is taken back; only copies. */
static int drop_prepared(int top, const char *sub, struct err *e)
{
	autofree char *name = xasprintf(".%s.new", sub);
	autoclose int fd = chain_folder_at(top, name);

	if (fd < 0)
		return errno == ENOENT ? 0 : chain_errno(e, name);
	if (chain_walk(fd, chain_unlink_visit, NULL, e) < 0)
		return -1;
	return unlinkat(top, name, AT_REMOVEDIR) < 0 ? chain_errno(e, name) : 0;
}

int chain_write_about(int entry, const char *sub, const json_t *about, struct err *e)
{
	autojson json_t *j = json_is_object(about) ? json_deep_copy(about) : json_object();
	autofree char *text = NULL;

	json_put_str(j, "sub", sub);
	text = json_text(j);
	return chain_put(entry, ABOUT, text, strlen(text), 0600, -1, -1, e);
}

/* Steps 2 and 3. */
static int move_aside(int top, const char *sub, const char *id, const json_t *about, struct err *e)
{
	autoclose int entry = open_entry(top, id, true, e);

	if (entry < 0 || chain_write_about(entry, sub, about, e) < 0)
		return -1;
	if (renameat(top, sub, entry, sub) < 0) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			return err_set(e, ERR_CONFLICT, "chain.present",
				"There is another chain in " KEPT "/%s.", id);
		return chain_errno(e, sub);
	}
	if (fsync(entry) < 0 || fsync(top) < 0)
		return chain_errno(e, sub);
	return 0;
}

int chain_set_aside(const char *dir, const char *sub, const char *id, const json_t *about,
	const char *const *identity, size_t n, struct err *e)
{
	autoclose int top = -1, entry = -1, src = -1, place = -1;
	autofree char *fresh = NULL;

	if (chain_check_names(sub, id, e) < 0)
		return -1;
	top = chain_open_dir(dir, false, e);
	if (top < 0)
		return -1;
	place = chain_folder_at(top, sub);
	if (place < 0 && errno != ENOENT)
		return chain_errno(e, sub);
	entry = open_entry(top, id, false, NULL);
	src = entry < 0 ? -1 : chain_folder_at(entry, sub);
	if (src >= 0 && place >= 0 && chain_is_empty(place) != 1)
		return 0;
	if (src < 0 && place < 0)
		return err_set(
			e, ERR_NOT_FOUND, "chain.missing", "There is no %s in %s.", sub, dir);
	fresh = xasprintf(".%s.new", sub);
	if (prepare(top, fresh, src < 0 ? place : src, identity, n, e) < 0)
		return -1;
	if (src < 0 && move_aside(top, sub, id, about, e) < 0)
		return -1;
	if (renameat(top, fresh, top, sub) < 0 || fsync(top) < 0)
		return chain_errno(e, sub);
	return 0;
}

static bool same_file(int a, int b, const char *name)
{
	autofree char *text_a = NULL, *text_b = NULL;
	size_t len_a, len_b;

	return !chain_slurp(a, name, &text_a, &len_a, NULL, NULL) &&
	       !chain_slurp(b, name, &text_b, &len_b, NULL, NULL) && len_a == len_b &&
	       !memcmp(text_a, text_b, len_a);
}

/* Whether everything in the folder is a copy of what original has. */
static bool all_copies(int folder, int original, int depth)
{
	int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *de;

	while (d && (errno = 0, de = readdir(d))) {
		const char *name = de->d_name;
		autoclose int a = -1, b = -1;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		a = chain_folder_at(folder, name);
		b = chain_folder_at(original, name);
		if ((a < 0) != (b < 0) || depth > MAX_DEPTH)
			return false;
		if (a < 0 ? !same_file(folder, original, name) : !all_copies(a, b, depth + 1))
			return false;
	}
	return d && !errno;
}

/* Makes TOP/SUB missing or empty. */
static int clear_place(int top, const char *sub, int original, const char *now_id,
	const json_t *about, struct err *e)
{
	autoclose int place = chain_folder_at(top, sub);

	if (place < 0)
		return errno == ENOENT ? 0 : chain_errno(e, sub);
	if (chain_is_empty(place) == 1)
		return 0;
	if (now_id)
		return move_aside(top, sub, now_id, about, e);
	if (!all_copies(place, original, 1))
		return err_set(e, ERR_CONFLICT, "chain.present",
			"%s has data of its own: set it aside, then put the other chain back.",
			sub);
	return chain_walk(place, chain_unlink_visit, NULL, e);
}

static bool was_put_back(int top, const char *id)
{
	autofree char *text = NULL;
	size_t len;

	return !chain_slurp(top, PUT_BACK, &text, &len, NULL, NULL) && !strcmp(text, id);
}

static int kept_missing(const char *id, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, "chain.kept_missing", "There is no kept chain %s.", id);
}

/* After the rename: the note, then the empty shell in kept/. */
static int finish(int top, int entry, const char *id, struct err *e)
{
	autoclose int kept = chain_open_below(top, KEPT, false, e);

	if (kept < 0 || chain_put(top, PUT_BACK, id, strlen(id), 0600, -1, -1, e) < 0)
		return -1;
	if (unlinkat(entry, MANIFEST, 0) < 0 && errno != ENOENT)
		return chain_errno(e, MANIFEST);
	if (unlinkat(entry, ABOUT, 0) < 0 && errno != ENOENT)
		return chain_errno(e, ABOUT);
	if (unlinkat(kept, id, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		return chain_errno(e, id); /* somebody's own file keeps the folder */
	return fsync(kept) < 0 ? chain_errno(e, KEPT) : 0;
}

int chain_put_back(const char *dir, const char *sub, const char *id, const char *now_id,
	const json_t *about_now, struct err *e)
{
	autoclose int top = -1, entry = -1, original = -1, place = -1;
	struct err why = {0};

	if (chain_check_names(sub, id, e) < 0 || (now_id && chain_check_names(sub, now_id, e) < 0))
		return -1;
	if (now_id && !strcmp(id, now_id))
		return err_set(e, ERR_CONFLICT, "chain.present", "The name %s is taken.", id);
	top = chain_open_dir(dir, false, e);
	if (top < 0 || drop_prepared(top, sub, e) < 0)
		return -1;
	entry = open_entry(top, id, false, &why);
	if (entry < 0 && err_is(&why, "chain.missing"))
		return was_put_back(top, id) ? 0 : kept_missing(id, e);
	if (entry < 0)
		return err_set(e, why.kind, why.code, "%s", why.message);
	original = chain_folder_at(entry, sub);
	if (original < 0 && errno != ENOENT)
		return chain_errno(e, sub);
	if (original >= 0) {
		if (chain_manifest_check(entry, original, e) < 0)
			return -1;
		if (clear_place(top, sub, original, now_id, about_now, e) < 0)
			return -1;
		if (renameat(entry, sub, top, sub) < 0 || fsync(top) < 0 || fsync(entry) < 0)
			return chain_errno(e, sub);
		return finish(top, entry, id, e);
	}
	/* an earlier try got that far, or chain_set_aside never got to its rename */
	place = chain_folder_at(top, sub);
	if (place < 0 || (faccessat(entry, ABOUT, F_OK, 0) < 0 && chain_is_empty(entry) != 1 &&
				 !was_put_back(top, id)))
		return kept_missing(id, e);
	return finish(top, entry, id, e);
}
