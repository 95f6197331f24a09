/* The files of a copy, one by one: linked, cloned, or copied; each on the disk before the next. */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool chain_is_fixed(const char *name, const char *const *fixed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(fixed[i], name, FNM_PERIOD | FNM_NOESCAPE))
			return true;
	return false;
}

static int tick(struct chain_copying *c, int64_t more, struct err *e)
{
	c->done += more;
	if (!c->tick || c->tick(c->ctx, c->done, c->total))
		return 0;
	return err_set(e, ERR_CONFLICT, "fetch.cancelled", "Interrupted.");
}

/* One stretch of data; holes stay holes. */
static int copy_range(struct chain_copying *c, int from, int to, off_t at, off_t end, struct err *e)
{
	while (at < end) {
		size_t want = end - at < CHAIN_CHUNK ? (size_t)(end - at) : CHAIN_CHUNK;
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

static int copy_data(
	struct chain_copying *c, int from, int to, const struct stat *st, struct err *e)
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
	struct chain_copying *c, int src, int dst, const char *name, struct stat *st, struct err *e)
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

/* Copied whole by the run before: the time of the original is the last thing that a copy gets. What
 * is there and is not whole goes. */
static bool is_there(int dst, const char *name, const struct stat *st)
{
	struct stat now;

	if (fstatat(dst, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (now.st_size == st->st_size && now.st_mtim.tv_sec == st->st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == st->st_mtim.tv_nsec &&
		(now.st_mode & S_IFMT) == (st->st_mode & S_IFMT))
		return true;
	unlinkat(dst, name, 0);
	return false;
}

static int copy_one(struct chain_copying *c, int src, int dst, const char *name, const char *path,
	struct stat *st, struct err *e)
{
	bool linked = S_ISREG(st->st_mode) && chain_is_fixed(name, c->fixed, c->n);
	bool there = c->resume && is_there(dst, name, st);

	if (strchr(path, '\n'))
		return err_set(e, ERR_FORBIDDEN, "path.outside",
			"A file's name has a line break in it: no database makes such files.");
	if (linked && linkat(src, name, dst, name, 0) < 0) {
		/* of another file system, or with too many links already: a copy is as good */
		if (errno != EXDEV && errno != EMLINK && errno != EPERM)
			return chain_errno(e, name);
		linked = false;
	}
	if (there)
		c->done += st->st_size;
	else if (S_ISLNK(st->st_mode) ? copy_symlink(src, dst, name, st, e) < 0
				      : !linked && copy_file(c, src, dst, name, st, e) < 0)
		return -1;
	c->files++;
	c->bytes += (int64_t)st->st_blocks * 512;
	if (c->manifest && chain_manifest_line(c->manifest, linked, st, path) < 0)
		return chain_errno(e, MANIFEST);
	return tick(c, 0, e);
}

static int copy_sub(struct chain_copying *c, int src, int dst, const char *name, const char *path,
	int depth, struct err *e)
{
	autoclose int from = chain_folder_at(src, name), to = -1;

	if (from < 0 || (mkdirat(dst, name, 0700) < 0 && !(c->resume && errno == EEXIST)) ||
		(to = chain_folder_at(dst, name)) < 0)
		return chain_errno(e, name);
	return chain_copy_folder(c, from, to, path, depth + 1, e);
}

int chain_copy_folder(
	struct chain_copying *c, int src, int dst, const char *path, int depth, struct err *e)
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
