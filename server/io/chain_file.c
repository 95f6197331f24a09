/* Small files in the stack's folder: durable writes, bounded reads. */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(int fd, const char *text, size_t len, mode_t mode, int uid, int gid)
{
	if (write_all(fd, text, len) < 0)
		return -1;
	if ((uid >= 0 || gid >= 0) && fchown(fd, (uid_t)uid, (gid_t)gid) < 0)
		return -1;
	/* after the owner: changing that clears bits */
	if (fchmod(fd, mode) < 0)
		return -1;
	return fsync(fd);
}

int chain_put(int folder, const char *name, const char *text, size_t len, mode_t mode, int uid,
	int gid, struct err *e)
{
	autofree char *tmp = xasprintf(".%.200s.tmp", name);
	autoclose int fd = -1;

	if (unlinkat(folder, tmp, 0) < 0 && errno != ENOENT)
		return chain_errno(e, tmp);
	fd = openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return chain_errno(e, name);
	if (fill(fd, text, len, mode, uid, gid) < 0 || renameat(folder, tmp, folder, name) < 0) {
		chain_errno(e, name);
		unlinkat(folder, tmp, 0);
		return -1;
	}
	return fsync(folder) < 0 ? chain_errno(e, name) : 0;
}

/* Opens a regular file; never waits at a pipe that somebody put there. */
static int open_small(int folder, const char *name, struct stat *st, struct err *e)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return chain_errno(e, name);
	if (fstat(fd, st) < 0)
		chain_errno(e, name);
	else if (!S_ISREG(st->st_mode))
		err_set(e, ERR_FORBIDDEN, "path.outside", "%s is not a file.", name);
	else if (st->st_size > SMALL_FILE)
		err_set(e, ERR_LIMIT, "chain.too_large", "%s has %lld bytes; at most %d are read.",
			name, (long long)st->st_size, SMALL_FILE);
	else
		return fd;
	close(fd);
	return -1;
}

int chain_slurp(int folder, const char *name, char **ret, size_t *ret_len, struct stat *ret_st,
	struct err *e)
{
	autofree char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;
	autoclose int fd = open_small(folder, name, &st, e);

	if (fd < 0)
		return -1;
	text = xcalloc(1, (size_t)st.st_size + 1);
	while (len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len))) {
		if (n < 0)
			return chain_errno(e, name);
		len += (size_t)n;
	}
	if (ret_st)
		*ret_st = st;
	*ret_len = len;
	*ret = take(text);
	return 0;
}

/* The folder that holds rel, below DIR; *ret_name: its last component, within rel. */
static int open_parent(
	const char *dir, const char *rel, bool make, const char **ret_name, struct err *e)
{
	const char *slash = strrchr(rel, '/');
	autofree char *parent = slash ? xstrndup(rel, (size_t)(slash - rel)) : NULL;
	autoclose int fd = -1;

	if (chain_check_rel(rel, e) < 0)
		return -1;
	*ret_name = slash ? slash + 1 : rel;
	fd = chain_open_dir(dir, false, e);
	if (fd < 0)
		return -1;
	return parent ? chain_open_below(fd, parent, make, e) : chain_dup(fd);
}

int chain_write(const char *dir, const char *rel, const char *text, size_t len, int mode, int uid,
	int gid, struct err *e)
{
	const char *name;
	autoclose int folder = open_parent(dir, rel, true, &name, e);

	return folder < 0 ? -1 : chain_put(folder, name, text, len, (mode_t)mode, uid, gid, e);
}

int chain_read(const char *dir, const char *rel, char **ret, size_t *ret_len, struct err *e)
{
	const char *name;
	autoclose int folder = open_parent(dir, rel, false, &name, e);

	return folder < 0 ? -1 : chain_slurp(folder, name, ret, ret_len, NULL, e);
}

int chain_unlink(const char *dir, const char *rel, struct err *e)
{
	struct err why = {0};
	struct stat st;
	const char *name;
	autoclose int folder = open_parent(dir, rel, false, &name, &why);

	if (folder >= 0 && !strncmp(rel, "kept/", 5))
		return err_set(
			e, ERR_FORBIDDEN, "path.outside", "%s belongs to a kept chain.", rel);
	if (folder >= 0 && !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (!S_ISREG(st.st_mode))
			return err_set(e, ERR_FORBIDDEN, "path.outside", "%s is not a file.", rel);
		if (st.st_size > SMALL_FILE)
			return err_set(e, ERR_LIMIT, "chain.too_large",
				"%s has %lld bytes: it is not a small file.", rel,
				(long long)st.st_size);
		if (!unlinkat(folder, name, 0))
			return fsync(folder) < 0 ? chain_errno(e, rel) : 0;
	}
	if (folder >= 0)
		chain_errno(&why, rel);
	if (err_is(&why, "chain.missing"))
		return 0;
	if (e)
		*e = why;
	return -1;
}

/* The number in a small text file, such as db_version; -1 = no number. */
static int take_version(int root, const char *rel, void *arg, struct err *e)
{
	autofree char *text = NULL;
	const char *slash = strrchr(rel, '/');
	autofree char *parent = slash ? xstrndup(rel, (size_t)(slash - rel)) : NULL;
	autoclose int folder = parent ? chain_open_below(root, parent, false, e) : chain_dup(root);
	int *highest = arg;
	size_t len;
	char *end;
	long v;

	if (folder < 0 || chain_slurp(folder, slash ? slash + 1 : rel, &text, &len, NULL, e) < 0)
		return 0;
	v = strtol(text, &end, 10);
	if (end != text && v >= 0 && v < 1000000 && v > *highest)
		*highest = (int)v;
	return 0;
}

int chain_db_version(const char *dir, const char *sub, const char *const *globs, size_t n)
{
	struct err e;
	autoclose int root = chain_open(dir, sub, &e);
	int highest = -1;

	for (size_t i = 0; root >= 0 && i < n; i++)
		chain_glob(root, globs[i], take_version, &highest, &e);
	return highest;
}
