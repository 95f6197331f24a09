/* What kept chains really take: blocks that nothing else holds. */
#include "io/chain_priv.h"

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#define EXTENTS 64

/* A file of several names: counted when all of them were met. */
struct inode {
	ino_t ino;
	int64_t bytes;
	nlink_t links;
};

struct counting {
	struct inode *items;
	size_t n, room;
	int64_t bytes;
	bool reflinks;
};

/* Bytes that share their blocks with another file, FIEMAP_EXTENT_SHARED in linux/fiemap.h. */
static int64_t shared_bytes(int parent, const char *name)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	} u = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_extent_count = EXTENTS}};
	autoclose int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int64_t sum = 0;

	while (fd >= 0 && !ioctl(fd, FS_IOC_FIEMAP, &u.map) && u.map.fm_mapped_extents) {
		const struct fiemap_extent *x = NULL;

		for (unsigned i = 0; i < u.map.fm_mapped_extents; i++) {
			x = &u.map.fm_extents[i];
			if (x->fe_flags & FIEMAP_EXTENT_SHARED)
				sum += (int64_t)x->fe_length;
		}
		if (x->fe_flags & FIEMAP_EXTENT_LAST)
			break;
		u.map.fm_start = x->fe_logical + x->fe_length;
	}
	return sum;
}

static int visit(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	struct counting *c = arg;
	int64_t bytes = (int64_t)st->st_blocks * 512;

	(void)e;
	if (S_ISDIR(st->st_mode))
		return 0;
	if (c->reflinks && S_ISREG(st->st_mode))
		bytes -= shared_bytes(parent, name);
	if (bytes <= 0)
		return 0;
	if (st->st_nlink == 1) {
		c->bytes += bytes;
		return 0;
	}
	if (c->n == c->room) {
		c->room = c->room ? c->room * 2 : 256;
		c->items = xrealloc(c->items, c->room * sizeof(*c->items));
	}
	c->items[c->n++] = (struct inode){st->st_ino, bytes, st->st_nlink};
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	ino_t x = ((const struct inode *)a)->ino, y = ((const struct inode *)b)->ino;

	return x < y ? -1 : x > y;
}

static void add_complete(struct counting *c)
{
	if (c->n)
		qsort(c->items, c->n, sizeof(*c->items), by_inode);
	for (size_t i = 0, k; i < c->n; i = k) {
		for (k = i; k < c->n && c->items[k].ino == c->items[i].ino; k++)
			;
		if (k - i >= c->items[i].links)
			c->bytes += c->items[i].bytes;
	}
}

int chain_extra(const char *dir, const char *const *subs, size_t n, int64_t *ret, struct err *e)
{
	struct counting c = {0};
	struct statfs fs;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct err why = {0};
		autoclose int fd = chain_open(dir, subs[i], &why);

		if (fd < 0 && err_is(&why, "chain.missing"))
			continue;
		if (fd < 0)
			rc = err_set(e, why.kind, why.code, "%s", why.message);
		/* only there can blocks be shared: others need not be asked file by file */
		else if (!fstatfs(fd, &fs))
			c.reflinks = fs.f_type == 0x9123683e /* btrfs */ ||
				     fs.f_type == 0x58465342 /* xfs */;
		if (rc == 0)
			rc = chain_walk(fd, visit, &c, e);
	}
	if (rc == 0) {
		add_complete(&c);
		*ret = c.bytes;
	}
	free(c.items);
	return rc;
}
