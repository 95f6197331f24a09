/*
 * A chain from elsewhere on the NAS into the folder of a stack, by copying.
 *
 * It is built as DIR/.SUB.new, with every file on the disk before the next one, and gets its name
 * when all of it is there: what was begun is taken up again after any interruption, and nobody
 * takes the half of a chain for a chain.
 */
#include "io/chain_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	int64_t *total = arg;

	(void)parent, (void)e;
	if (S_ISREG(st->st_mode) && !chain_left_out(name, st->st_mode))
		*total += st->st_size;
	return 0;
}

/* Every byte that was there is here. */
static int compare(int from, int to, const char *path, struct err *e)
{
	int64_t had = 0, has = 0;

	if (chain_walk(from, count, &had, e) < 0 || chain_walk(to, count, &has, e) < 0)
		return -1;
	if (had == has)
		return 0;
	return err_set(e, ERR_CONFLICT, "adopt.incomplete", "%s has %lld bytes, and its copy %lld.",
		path, (long long)had, (long long)has);
}

/* A run before came to its end, and was cut off before that was written down. */
static bool is_done(int src, int top, const char *tmp, const char *sub)
{
	autoclose int begun = chain_folder_at(top, tmp);
	autoclose int there = begun >= 0 ? -1 : chain_folder_at(top, sub);

	return there >= 0 && !chain_is_empty(there) && !compare(src, there, sub, NULL);
}

static int copy_all(int src, const char *from, int top, const char *tmp, chain_tick fn, void *ctx,
	struct err *e)
{
	autofree char *chunk = xcalloc(1, CHAIN_CHUNK);
	struct chain_copying c = {.tick = fn, .ctx = ctx, .resume = true, .chunk = chunk};
	autoclose int dst = chain_open_below(top, tmp, true, e);

	if (dst < 0 || chain_walk(src, count, &c.total, e) < 0)
		return -1;
	return chain_copy_folder(&c, src, dst, "", 1, e) < 0 ? -1 : compare(src, dst, from, e);
}

int chain_bring(
	const char *from, const char *dir, const char *sub, chain_tick fn, void *ctx, struct err *e)
{
	autofree char *tmp = xasprintf(".%s.new", sub);
	autoclose int top = chain_open_dir(dir, false, e);
	autoclose int src = top < 0 ? -1 : chain_open_dir(from, false, e);

	if (src < 0 || chain_check_rel(sub, e) < 0)
		return -1;
	if (is_done(src, top, tmp, sub))
		return 0;
	if (copy_all(src, from, top, tmp, fn, ctx, e) < 0)
		return -1;
	/* an empty folder that was made for it gives way; anything else does not */
	if (renameat(top, tmp, top, sub) < 0)
		return errno == ENOTEMPTY || errno == EEXIST
			       ? err_set(e, ERR_CONFLICT, "chain.present",
					 "There is something in %s/%s already.", dir, sub)
			       : chain_errno(e, sub);
	return fsync(top) < 0 ? chain_errno(e, dir) : 0;
}

int chain_bring_undo(const char *dir, const char *sub, struct err *e)
{
	autofree char *tmp = xasprintf(".%s.new", sub);
	autoclose int top = chain_open_dir(dir, false, e);
	autoclose int fd = top < 0 ? -1 : chain_folder_at(top, tmp);

	if (top < 0 || fd < 0)
		return top < 0 || errno == ENOENT ? 0 : chain_errno(e, tmp);
	if (chain_walk(fd, chain_unlink_visit, NULL, e) < 0)
		return -1;
	if (unlinkat(top, tmp, AT_REMOVEDIR) < 0 || fsync(top) < 0)
		return chain_errno(e, tmp);
	return 0;
}
