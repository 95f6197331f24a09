/* The folder itself: making, measuring, owning. */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static int refuse_network(int fd, const char *dir, struct err *e)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return chain_errno(e, dir);
	if (chain_magic_is_network((long)fs.f_type))
		return err_set(e, ERR_INPUT, "path.network",
			"%s lies on a network file system: no place for a chain.", dir);
	return 0;
}

static int give(int fd, int uid, int gid)
{
	if (uid < 0 && gid < 0)
		return 0;
	return fchown(fd, (uid_t)uid, (gid_t)gid);
}

int chain_make(const char *dir, const char *sub, int uid, int gid, bool *ret_made, struct err *e)
{
	autoclose int top = -1, fd = -1;
	bool made;

	if (chain_check_rel(sub, e) < 0)
		return -1;
	top = chain_open_dir(dir, true, e);
	if (top < 0 || refuse_network(top, dir, e) < 0)
		return -1;
	fd = chain_open_below(top, sub, false, NULL);
	made = fd < 0 && errno == ENOENT;
	if (fd < 0)
		fd = chain_open_below(top, sub, true, e);
	if (fd < 0)
		return -1;
	if (chain_is_empty(fd) == 1 && give(fd, uid, gid) < 0)
		return chain_errno(e, sub);
	if (fsync(fd) < 0 || fsync(top) < 0)
		return chain_errno(e, dir);
	*ret_made = made;
	return 0;
}

void chain_unmake(const char *dir, const char *sub)
{
	const char *slash = strrchr(dir, '/');
	autofree char *parent = slash && slash != dir ? xstrndup(dir, (size_t)(slash - dir)) : NULL;
	autoclose int top = chain_open_dir(dir, false, NULL);
	autoclose int above = parent ? chain_open_dir(parent, false, NULL) : -1;

	if (top >= 0 && chain_rel_ok(sub))
		unlinkat(top, sub, AT_REMOVEDIR);
	if (top >= 0 && above >= 0)
		unlinkat(above, slash + 1, AT_REMOVEDIR);
}

int chain_owner(const char *dir, const char *sub, int *ret_uid, int *ret_gid, struct err *e)
{
	autoclose int fd = chain_open(dir, sub, e);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return chain_errno(e, sub);
	*ret_uid = (int)st.st_uid;
	*ret_gid = (int)st.st_gid;
	return 0;
}

struct owner {
	uid_t uid;
	gid_t gid;
};

static int own(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	const struct owner *o = arg;

	if (st->st_uid == o->uid && st->st_gid == o->gid)
		return 0;
	if (fchownat(parent, name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		return chain_errno(e, name);
	return 0;
}

int chain_chown(const char *dir, const char *sub, int uid, int gid, struct err *e)
{
	struct owner o = {.uid = (uid_t)uid, .gid = (gid_t)gid};
	autoclose int fd = chain_open(dir, sub, e);

	if (fd < 0 || chain_walk(fd, own, &o, e) < 0)
		return -1;
	/* the top last: its owner says that everything below is done (chain_owner) */
	if (fchown(fd, o.uid, o.gid) < 0 || syncfs(fd) < 0)
		return chain_errno(e, sub);
	return 0;
}

static int add_blocks(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	int64_t *sum = arg;

	(void)parent, (void)name, (void)e;
	*sum += (int64_t)st->st_blocks * 512;
	return 0;
}

int chain_size(const char *dir, const char *sub, int64_t *ret, struct err *e)
{
	struct err why = {0};
	int64_t sum = 0;
	autoclose int fd = chain_open(dir, sub, &why);
	struct stat st;

	if (fd < 0 && err_is(&why, "chain.missing")) {
		*ret = 0;
		return 0;
	}
	if (fd < 0) {
		if (e)
			*e = why;
		return -1;
	}
	if (fstat(fd, &st) < 0)
		return chain_errno(e, sub);
	if (chain_walk(fd, add_blocks, &sum, e) < 0)
		return -1;
	*ret = sum + (int64_t)st.st_blocks * 512;
	return 0;
}
