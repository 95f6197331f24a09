/*
 * Copies of a chain: hard links of what its client never writes again, copies of the rest.
 *
 * A copy is built as DIR/kept/.ID.new with everything in it (SUB, kept.json, the manifest), made
 * durable, and renamed to DIR/kept/ID when it is whole: before that nobody takes it for a copy.
 */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHUNK (1 << 20)
#define ASK_A ".ask.tmp"
#define ASK_B ".ask2.tmp"

static bool is_fixed(const char *name, const char *const *fixed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(fixed[i], name, FNM_PERIOD | FNM_NOESCAPE))
			return true;
	return false;
}

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
	if (S_ISREG(st->st_mode) && is_fixed(name, m->fixed, m->n))
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

/* ---- copying ---- */

struct copying {
	const char *const *fixed;
	size_t n;
	chain_tick tick;
	void *ctx;
	FILE *manifest;
	int64_t done, total; /* bytes of what is copied, not linked */
	int64_t bytes, files;
	char *chunk;
};

static int tick(struct copying *c, int64_t more, struct err *e)
{
	c->done += more;
	if (!c->tick || c->tick(c->ctx, c->done, c->total))
		return 0;
	return err_set(e, ERR_CONFLICT, "fetch.cancelled", "Interrupted.");
}

/* One stretch of data; holes stay holes. */
static int copy_range(struct copying *c, int from, int to, off_t at, off_t end, struct err *e)
{
	while (at < end) {
		size_t want = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		ssize_t n = pread(from, c->chunk, want, at);

		for (ssize_t put = 0; put < n;) {
			ssize_t w = pwrite(to, c->chunk + put, (size_t)(n - put), at + put);

			if (w < 0)
				return chain_errno(e, "copy");
			put += w;
		}
		if (n < 0)
			return chain_errno(e, "copy");
		if (!n)
			return 0;
		at += n;
		if (tick(c, n, e))
			return -1;
	}
	return 0;
}

static int copy_data(struct copying *c, int from, int to, const struct stat *st, struct err *e)
{
	off_t at = 0, end;

	if (!ioctl(to, FICLONE, from))
		return 0;
	while (at < st->st_size) {
		at = lseek(from, at, SEEK_DATA);
		if (at < 0 && errno == ENXIO)
			break; /* only a hole is left */
		end = at < 0 ? -1 : lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return chain_errno(e, "copy");
		if (copy_range(c, from, to, at, end, e))
			return -1;
		at = end;
	}
	return ftruncate(to, st->st_size) < 0 ? chain_errno(e, "copy") : 0;
}

static int copy_file(
	struct copying *c, int src, int dst, const char *name, struct stat *st, struct err *e)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
	autoclose int from = openat(src, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	autoclose int to = -1;

	if (from < 0)
		return chain_errno(e, name);
	to = openat(dst, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return chain_errno(e, name);
	if (copy_data(c, from, to, st, e) < 0)
		return -1;
	if (chain_like(to, st) < 0 || futimens(to, times) < 0 || fsync(to) < 0)
		return chain_errno(e, name);
	return 0;
}

static int copy_symlink(int src, int dst, const char *name, const struct stat *st, struct err *e)
{
	char to[4096];
	ssize_t len = readlinkat(src, name, to, sizeof(to) - 1);

	if (len < 0)
		return chain_errno(e, name);
	to[len] = '\0';
	if (symlinkat(to, dst, name) < 0 ||
		fchownat(dst, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		utimensat(dst, name, (const struct timespec[]){st->st_mtim, st->st_mtim},
			AT_SYMLINK_NOFOLLOW) < 0)
		return chain_errno(e, name);
	return 0;
}

static int copy_one(struct copying *c, int src, int dst, const char *name, const char *path,
	struct stat *st, struct err *e)
{
	bool linked = S_ISREG(st->st_mode) && is_fixed(name, c->fixed, c->n);

	if (strchr(path, '\n'))
		return err_set(e, ERR_FORBIDDEN, "path.outside",
			"A file's name has a line break in it: no database makes such files.");
	if (linked && linkat(src, name, dst, name, 0) < 0) {
		/* of another file system, or with too many links already: a copy is as good */
		if (errno != EXDEV && errno != EMLINK && errno != EPERM)
			return chain_errno(e, name);
		linked = false;
	}
	if (S_ISLNK(st->st_mode) ? copy_symlink(src, dst, name, st, e) < 0
				 : !linked && copy_file(c, src, dst, name, st, e) < 0)
		return -1;
	c->files++;
	c->bytes += (int64_t)st->st_blocks * 512;
	if (chain_manifest_line(c->manifest, linked, st, path) < 0)
		return chain_errno(e, MANIFEST);
	return tick(c, 0, e);
}

static int copy_folder(
	struct copying *c, int src, int dst, const char *path, int depth, struct err *e);

static int copy_sub(struct copying *c, int src, int dst, const char *name, const char *path,
	int depth, struct err *e)
{
	autoclose int from = chain_folder_at(src, name), to = -1;

	if (from < 0 || mkdirat(dst, name, 0700) < 0 || (to = chain_folder_at(dst, name)) < 0)
		return chain_errno(e, name);
	return copy_folder(c, from, to, path, depth + 1, e);
}

static int copy_folder(
	struct copying *c, int src, int dst, const char *path, int depth, struct err *e)
{
	int own = openat(src, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *de;
	struct stat st;

	if (!d)
		return chain_errno(e, path);
	if (depth > MAX_DEPTH)
		return err_set(e, ERR_INTERNAL, "disk.failed",
			"The folders are nested deeper than %d.", MAX_DEPTH);
	while ((errno = 0, de = readdir(d))) {
		autofree char *at = xasprintf("%s%s%s", path, *path ? "/" : "", de->d_name);

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (fstatat(src, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return chain_errno(e, at);
		if (chain_left_out(de->d_name, st.st_mode))
			continue;
		if (S_ISDIR(st.st_mode) ? copy_sub(c, src, dst, de->d_name, at, depth, e) < 0
					: copy_one(c, src, dst, de->d_name, at, &st, e) < 0)
			return -1;
	}
	if (errno || fstat(src, &st) < 0 || chain_like(dst, &st) < 0 || fsync(dst) < 0)
		return chain_errno(e, path);
	return 0;
}

/* ENTRY/SUB, ENTRY/manifest and ENTRY/kept.json, all on the disk. */
static int build(
	struct copying *c, int src, int entry, const char *sub, const json_t *about, struct err *e)
{
	int fd =
		openat(entry, MANIFEST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	autofile FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	autojson json_t *j = json_is_object(about) ? json_deep_copy(about) : json_object();
	autofree char *chunk = xcalloc(1, CHUNK);
	autoclose int dst = -1;

	if (!f || mkdirat(entry, sub, 0700) < 0 || (dst = chain_folder_at(entry, sub)) < 0)
		return chain_errno(e, sub);
	c->manifest = f;
	c->chunk = chunk;
	if (copy_folder(c, src, dst, "", 1, e) < 0)
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

static int make_copy(struct copying *c, int top, int kept, const char *sub, const char *id,
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
	struct copying c = {.fixed = fixed, .n = n, .tick = fn, .ctx = ctx};
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
