/*
 * Copies of a chain: hard links of what its client never writes again, copies of the rest.
 *
 * A copy is built as DIR/kept/.ID.new with everything in it (SUB, kept.json, the manifest), made
 * durable, and renamed to DIR/kept/ID when it is whole: before that nobody takes it for a copy.
 */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ASK_A ".ask.tmp"
#define ASK_B ".ask2.tmp"

/* ---- asking what the file system can ---- */

static void ask_file_system(int top, struct copy_cost *ret)
{
	autoclose int a = -1, b = -1;

	unlinkat(top, ASK_A, 0);
	unlinkat(top, ASK_B, 0);
	a = openat(top, ASK_A, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (a < 0)
		return;
	ret->links = !linkat(top, ASK_A, top, ASK_B, 0) && !unlinkat(top, ASK_B, 0);
	b = openat(top, ASK_B, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ret->reflinks = b >= 0 && write(a, "ask", 3) == 3 && !ioctl(b, FICLONE, a);
	unlinkat(top, ASK_A, 0);
	unlinkat(top, ASK_B, 0);
}

struct measuring {
	const char *const *fixed;
	size_t n;
	struct copy_cost *cost;
};

static int measure(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	const struct measuring *m = arg;
	int64_t bytes = (int64_t)st->st_blocks * 512;

	(void)parent, (void)e;
	if (S_ISDIR(st->st_mode) || chain_left_out(name, st->st_mode))
		return 0;
	m->cost->files++;
	m->cost->bytes += bytes;
	if (S_ISREG(st->st_mode) && chain_is_fixed(name, m->fixed, m->n))
		m->cost->fixed += bytes;
	return 0;
}

int chain_copy_ask(const char *dir, const char *sub, const char *const *fixed, size_t n,
	struct copy_cost *ret, struct err *e)
{
	struct copy_cost cost = {0};
	struct measuring m = {fixed, n, &cost};
	struct err why = {0};
	autoclose int top = chain_open_dir(dir, false, &why);
	autoclose int fd = top < 0 ? -1 : chain_open_below(top, sub, false, &why);
	struct statvfs fs;

	if (fd < 0 && err_is(&why, "chain.missing")) {
		*ret = cost;
		return 0;
	}
	if (fd < 0)
		return err_set(e, why.kind, why.code, "%s", why.message);
	if (chain_walk(fd, measure, &m, e) < 0)
		return -1;
	if (fstatvfs(fd, &fs) < 0)
		return chain_errno(e, sub);
	cost.free = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	ask_file_system(top, &cost);
	*ret = cost;
	return 0;
}

/* ---- one copy ---- */

/* ENTRY/SUB, ENTRY/manifest and ENTRY/kept.json, all on the disk. */
static int build(struct chain_copying *c, int src, int entry, const char *sub, const json_t *about,
	struct err *e)
{
	int fd =
		openat(entry, MANIFEST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	autofile FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	autojson json_t *j = json_is_object(about) ? json_deep_copy(about) : json_object();
	autofree char *chunk = xcalloc(1, CHAIN_CHUNK);
	autoclose int dst = -1;

	if (!f || mkdirat(entry, sub, 0700) < 0 || (dst = chain_folder_at(entry, sub)) < 0)
		return chain_errno(e, sub);
	c->manifest = f;
	c->chunk = chunk;
	if (chain_copy_folder(c, src, dst, "", 1, e) < 0)
		return -1;
	if (fflush(f) || fsync(fd) < 0)
		return chain_errno(e, MANIFEST);
	json_put_int(j, "bytes", c->bytes);
	json_put_int(j, "files", c->files);
	return chain_write_about(entry, sub, j, e);
}

/* A copy that is not whole: only links and copies of our making. */
static int clear_unfinished(int kept, const char *name, struct err *e)
{
	autoclose int fd = chain_folder_at(kept, name);

	if (fd < 0)
		return errno == ENOENT ? 0 : chain_errno(e, name);
	if (chain_walk(fd, chain_unlink_visit, NULL, e) < 0)
		return -1;
	if (unlinkat(kept, name, AT_REMOVEDIR) < 0)
		return chain_errno(e, name);
	return fsync(kept) < 0 ? chain_errno(e, KEPT) : 0;
}

/* What jobs that nobody took up again left half-made. */
static int clear_all_unfinished(int kept, struct err *e)
{
	int own = openat(kept, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *de;

	if (!d)
		return chain_errno(e, KEPT);
	while ((de = readdir(d))) {
		size_t len = strlen(de->d_name);
		autofree char *id = len > 5 ? xstrndup(de->d_name + 1, len - 5) : NULL;

		if (id && de->d_name[0] == '.' && !strcmp(de->d_name + len - 4, ".new") &&
			chain_id_ok(id) && clear_unfinished(kept, de->d_name, e) < 0)
			return -1;
	}
	return 0;
}

static int make_copy(struct chain_copying *c, int top, int kept, const char *sub, const char *id,
	const json_t *about, struct err *e)
{
	autofree char *name = xasprintf(".%s.new", id);
	autoclose int src = chain_open_below(top, sub, false, e), entry = -1;

	if (src < 0 || clear_all_unfinished(kept, e) < 0)
		return -1;
	entry = chain_open_below(kept, name, true, e);
	if (entry < 0)
		return -1;
	if (build(c, src, entry, sub, about, e) < 0) {
		clear_unfinished(kept, name, NULL);
		return -1;
	}
	if (renameat(kept, name, kept, id) < 0 || fsync(kept) < 0)
		return chain_errno(e, id);
	return 0;
}

int chain_copy(const char *dir, const char *sub, const char *id, const json_t *about,
	const char *const *fixed, size_t n, chain_tick fn, void *ctx, struct err *e)
{
	struct chain_copying c = {.fixed = fixed, .n = n, .tick = fn, .ctx = ctx};
	struct copy_cost cost;
	autoclose int top = -1, kept = -1, there = -1;

	if (chain_check_names(sub, id, e) < 0 || chain_copy_ask(dir, sub, fixed, n, &cost, e) < 0)
		return -1;
	c.total = cost.bytes - cost.fixed;
	top = chain_open_dir(dir, false, e);
	kept = top < 0 ? -1 : chain_open_below(top, KEPT, true, e);
	if (kept < 0)
		return -1;
	there = chain_folder_at(kept, id);
	return there >= 0 ? 0 : make_copy(&c, top, kept, sub, id, about, e);
}

/* ---- the way back ---- */

/* The copy is not needed: first it loses its name, so that half of it is never taken for a copy. */
static int unmake(int kept, const char *id, struct err *e)
{
	autofree char *name = xasprintf(".%s.new", id);

	if (renameat(kept, id, kept, name) < 0 || fsync(kept) < 0)
		return chain_errno(e, id);
	return clear_unfinished(kept, name, e);
}

int chain_copy_undo(const char *dir, const char *sub, const char *id, const char *now_id,
	const json_t *about_now, bool *ret_restored, struct err *e)
{
	autofree char *name = xasprintf(".%s.new", id);
	autoclose int top = -1, kept = -1, entry = -1, place = -1;
	struct err why = {0};

	if (chain_check_names(sub, id, e) < 0)
		return -1;
	top = chain_open_dir(dir, false, e);
	if (top < 0)
		return -1;
	kept = chain_folder_at(top, KEPT);
	if (kept >= 0 && clear_unfinished(kept, name, e) < 0)
		return -1;
	entry = kept < 0 ? -1 : chain_folder_at(kept, id);
	place = chain_folder_at(top, sub);
	if (entry >= 0 && place >= 0 && chain_manifest_same(entry, place)) {
		*ret_restored = false;
		return unmake(kept, id, e);
	}
	if (chain_put_back(dir, sub, id, now_id, about_now, &why) < 0) {
		*ret_restored = false;
		/* it never came to a copy, or it was removed already */
		return err_is(&why, "chain.kept_missing")
			       ? 0
			       : err_set(e, why.kind, why.code, "%s", why.message);
	}
	*ret_restored = true;
	/* an empty place was not worth keeping */
	if (chain_trash(dir, now_id, json_int(about_now, "at", -1), &why) < 0 &&
		!err_is(&why, "chain.kept_missing"))
		return err_set(e, why.kind, why.code, "%s", why.message);
	return 0;
}
