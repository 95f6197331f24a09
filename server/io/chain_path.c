/* Walking below the stack's folder without ever following a symlink. */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

int chain_errno(struct err *e, const char *what)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
		return err_set(e, ERR_UNAVAILABLE, "disk.full", "%s: the disk is full.", what);
	case EROFS:
		return err_set(e, ERR_UNAVAILABLE, "disk.read_only",
			"%s: the file system is read-only.", what);
	case ELOOP:
		return err_set(e, ERR_FORBIDDEN, "path.outside",
			"%s is a symbolic link, or lies behind one.", what);
	case ENOTDIR:
		return err_set(e, ERR_INPUT, "path.not_folder", "%s is not a folder.", what);
	case ENOENT:
		return err_set(e, ERR_NOT_FOUND, "chain.missing", "%s does not exist.", what);
	default:
		return err_errno(e, "disk.failed", "%s", what);
	}
}

/* From one slash to the next. */
static bool component_ok(const char *p, size_t len)
{
	if (!len || len > NAME_MAX)
		return false;
	return !(p[0] == '.' && (len == 1 || (len == 2 && p[1] == '.')));
}

bool chain_rel_ok(const char *rel)
{
	const char *p = rel;

	if (strlen(rel) >= PATH_MAX)
		return false;
	for (;;) {
		size_t len = strcspn(p, "/");

		if (!component_ok(p, len))
			return false;
		if (!p[len])
			return true;
		p += len + 1;
	}
}

int chain_check_rel(const char *rel, struct err *e)
{
	if (chain_rel_ok(rel))
		return 0;
	return err_set(
		e, ERR_FORBIDDEN, "path.outside", "\"%.100s\" is no name below the folder.", rel);
}

bool chain_magic_is_network(long magic)
{
	static const unsigned long magics[] = {
		0x6969,	    /* nfs */
		0x517b,	    /* smb */
		0xff534d42, /* cifs */
		0xfe534d42, /* smb2 and later */
		0x564c,	    /* ncp */
		0x5346414f, /* afs */
		0x01021997, /* 9p */
		0x00c36400, /* ceph */
		0x0bd00bd0, /* lustre */
	};

	/* f_type is an int on some architectures: compare 32 bits */
	for (size_t i = 0; i < COUNT(magics); i++)
		if (((unsigned long)magic & 0xffffffff) == magics[i])
			return true;
	return false;
}

int chain_folder_at(int fd, const char *name)
{
	int ret = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	/* Linux says ENOTDIR for a symlink, too */
	if (ret < 0 && errno == ENOTDIR) {
		bool link = !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode);

		errno = link ? ELOOP : ENOTDIR;
	}
	return ret;
}

/* Walks rel from fd, making what is missing if `make`; whole: its name in messages. */
static int walk_down(int fd, const char *rel, bool make, const char *whole, struct err *e)
{
	char name[NAME_MAX + 1];
	int at = chain_dup(fd), next;

	for (const char *p = rel; at >= 0 && *p;) {
		size_t len = strcspn(p, "/");

		snprintf(name, sizeof(name), "%.*s", (int)len, p);
		next = chain_folder_at(at, name);
		if (next < 0 && errno == ENOENT && make &&
			(!mkdirat(at, name, 0755) || errno == EEXIST)) {
			fsync(at);
			next = chain_folder_at(at, name);
		}
		if (next < 0)
			chain_errno(e, whole);
		close(at);
		at = next;
		if (at < 0)
			return -1;
		p += len + (p[len] == '/');
	}
	return at < 0 ? chain_errno(e, whole) : at;
}

int chain_open_dir(const char *dir, bool make, struct err *e)
{
	autoclose int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir[0] != '/' || !chain_rel_ok(dir + 1))
		return err_set(e, ERR_FORBIDDEN, "path.outside",
			"\"%.100s\" is not the full, plain path of a folder.", dir);
	if (root < 0)
		return chain_errno(e, "/");
	return walk_down(root, dir + 1, make, dir, e);
}

int chain_open_below(int fd, const char *rel, bool make, struct err *e)
{
	if (chain_check_rel(rel, e) < 0)
		return -1;
	return walk_down(fd, rel, make, rel, e);
}

int chain_open(const char *dir, const char *rel, struct err *e)
{
	autoclose int fd = chain_open_dir(dir, false, e);

	return fd < 0 ? -1 : chain_open_below(fd, rel, false, e);
}

static DIR *list(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d && own >= 0)
		close(own);
	return d;
}

static struct dirent *next_entry(DIR *d)
{
	struct dirent *de;

	do {
		errno = 0;
		de = readdir(d);
	} while (de && (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..")));
	return de;
}

int chain_is_empty(int fd)
{
	autodir DIR *d = list(fd);

	if (!d)
		return -1;
	if (next_entry(d))
		return 0;
	return errno ? -1 : 1;
}

static int walk(int fd, int depth, chain_visit fn, void *arg, struct err *e)
{
	autodir DIR *d = list(fd);
	struct dirent *de;
	struct stat st;

	if (!d)
		return chain_errno(e, "folder");
	if (depth > MAX_DEPTH)
		return err_set(e, ERR_INTERNAL, "disk.failed",
			"The folders are nested deeper than %d.", MAX_DEPTH);
	while ((de = next_entry(d))) {
		if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return chain_errno(e, de->d_name);
		}
		if (S_ISDIR(st.st_mode)) {
			autoclose int sub = chain_folder_at(fd, de->d_name);

			if (sub < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
				continue; /* gone, or another thing since */
			if (sub < 0)
				return chain_errno(e, de->d_name);
			if (walk(sub, depth + 1, fn, arg, e) < 0)
				return -1;
		}
		if (fn(fd, de->d_name, &st, arg, e) < 0)
			return -1;
	}
	return errno ? chain_errno(e, "folder") : 0;
}

int chain_walk(int fd, chain_visit fn, void *arg, struct err *e)
{
	return walk(fd, 1, fn, arg, e);
}

struct globbing {
	int root;
	chain_match fn;
	void *arg;
};

static int glob_at(
	const struct globbing *g, int fd, const char *done, const char *rest, struct err *e);

/* One entry that fits the component; rest: the components after it, "" = it is the file. */
static int glob_entry(const struct globbing *g, int fd, const char *done, const char *name,
	const char *rest, struct err *e)
{
	autofree char *rel = xasprintf("%s%s%s", done, *done ? "/" : "", name);
	struct stat st;

	if (*rest) {
		autoclose int sub = chain_folder_at(fd, name);

		return sub < 0 ? 0 : glob_at(g, sub, rel, rest, e);
	}
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return g->fn(g->root, rel, g->arg, e);
}

static int glob_at(
	const struct globbing *g, int fd, const char *done, const char *rest, struct err *e)
{
	size_t len = strcspn(rest, "/");
	autofree char *pattern = xstrndup(rest, len);
	autodir DIR *d = NULL;
	struct dirent *de;

	rest += len + (rest[len] == '/');
	if (!strpbrk(pattern, "*?["))
		return glob_entry(g, fd, done, pattern, rest, e);
	d = list(fd);
	while (d && (de = next_entry(d)))
		if (!fnmatch(pattern, de->d_name, FNM_PERIOD | FNM_NOESCAPE) &&
			glob_entry(g, fd, done, de->d_name, rest, e) < 0)
			return -1;
	return 0;
}

int chain_glob(int root, const char *glob, chain_match fn, void *arg, struct err *e)
{
	struct globbing g = {.root = root, .fn = fn, .arg = arg};

	if (chain_check_rel(glob, e) < 0)
		return -1;
	return glob_at(&g, root, "", glob, e);
}
