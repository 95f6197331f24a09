/*
 * The trash: DIR/trash/ID, moved there from DIR/kept/ID by rename, and back. Here, and nowhere else
 * in this program, chain data is deleted.
 *
 * Deleting looks at everything before it removes anything: what it walks is opened one component
 * after the other without following symlinks, and must lie on the file system and the mount of the
 * trash itself. A symlink in a chain is removed as what it is; where it points nothing is touched.
 */
#include "io/chain_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int entry_missing(const char *id, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, "chain.kept_missing", "There is no kept chain %s.", id);
}

static int check_id(const char *id, struct err *e)
{
	if (chain_id_ok(id))
		return 0;
	return err_set(
		e, ERR_FORBIDDEN, "path.outside", "\"%.60s\" is no name of a kept chain.", id);
}

/* FROM/ID → TO/ID; one that is there already is a success. */
static int move(int top, const char *from, const char *to, const char *id, struct err *e)
{
	autoclose int there = -1, a = chain_folder_at(top, from), b = -1;

	if (a < 0 && errno != ENOENT)
		return chain_errno(e, from);
	b = chain_open_below(top, to, true, e);
	if (b < 0)
		return -1;
	there = chain_folder_at(b, id);
	if (a < 0 || (faccessat(a, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT))
		return there >= 0 ? 0 : entry_missing(id, e);
	if (there >= 0)
		return err_set(
			e, ERR_CONFLICT, "chain.present", "There is another %s in %s.", id, to);
	if (renameat(a, id, b, id) < 0 || fsync(a) < 0 || fsync(b) < 0)
		return chain_errno(e, id);
	return 0;
}

/* When it was thrown away, in its kept.json; a damaged one is replaced by that alone. */
static int note_time(int top, const char *id, msec at, struct err *e)
{
	char rel[64];
	autofree char *text = NULL, *next = NULL;
	autojson json_t *about = NULL;
	autoclose int entry = -1;
	struct err why = {0};
	size_t len;

	snprintf(rel, sizeof(rel), KEPT "/%s", id);
	entry = chain_open_below(top, rel, false, &why);
	if (entry < 0)
		return err_is(&why, "chain.missing")
			       ? 0
			       : err_set(e, why.kind, why.code, "%s", why.message);
	if (!chain_slurp(entry, ABOUT, &text, &len, NULL, NULL))
		json_parse(text, len, &about, NULL);
	if (!json_is_object(about)) {
		json_drop(&about);
		about = json_object();
	}
	json_put_int(about, "trashed_at", at);
	next = json_text(about);
	return chain_put(entry, ABOUT, next, strlen(next), 0600, -1, -1, e);
}

int chain_trash(const char *dir, const char *id, msec at, struct err *e)
{
	autoclose int top = -1;

	if (check_id(id, e) < 0)
		return -1;
	top = chain_open_dir(dir, false, e);
	if (top < 0 || note_time(top, id, at, e) < 0)
		return -1;
	return move(top, KEPT, TRASH, id, e);
}

int chain_untrash(const char *dir, const char *id, struct err *e)
{
	autoclose int top = -1;

	if (check_id(id, e) < 0)
		return -1;
	top = chain_open_dir(dir, false, e);
	return top < 0 ? -1 : move(top, TRASH, KEPT, id, e);
}

/* ---- deleting ---- */

/* The kernel's number of the mount that an open folder lies on; two mounts of one file system have
 * one st_dev, but two of these. -1 = it cannot be told. proc_pid_fdinfo(5), since Linux 3.15. */
static int64_t mount_of(int fd)
{
	char path[64], line[128];
	autofile FILE *f = NULL;
	long long id = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "mnt_id: %lld", &id) == 1)
			break;
	return id;
}

struct looking {
	dev_t dev;
	int64_t mount;
	int64_t bytes;
};

static int not_ours(const char *name, struct err *e)
{
	return err_set(e, ERR_FORBIDDEN, "path.outside",
		"%s is a mount point or lies on another file system: nothing was deleted.", name);
}

static int look(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	struct looking *l = arg;
	autoclose int fd = -1;

	if (st->st_dev != l->dev)
		return not_ours(name, e);
	/* the last name of a file frees its blocks */
	if (!S_ISDIR(st->st_mode)) {
		l->bytes += st->st_nlink == 1 ? (int64_t)st->st_blocks * 512 : 0;
		return 0;
	}
	fd = chain_folder_at(parent, name);
	if (fd < 0)
		return chain_errno(e, name);
	return mount_of(fd) == l->mount ? 0 : not_ours(name, e);
}

struct deleting {
	struct looking was;
	chain_tick tick;
	void *ctx;
	int64_t done;
};

static int delete_one(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	struct deleting *d = arg;

	if (st->st_dev != d->was.dev)
		return not_ours(name, e);
	if (chain_unlink_visit(parent, name, st, NULL, e) < 0)
		return -1;
	if (!S_ISDIR(st->st_mode) && st->st_nlink == 1)
		d->done += (int64_t)st->st_blocks * 512;
	if (d->tick && !d->tick(d->ctx, d->done, d->was.bytes))
		return err_set(e, ERR_CONFLICT, "fetch.cancelled", "Interrupted.");
	return 0;
}

static int open_trash(int top, const char *id, int *ret_trash, struct err *e)
{
	autoclose int trash = chain_folder_at(top, TRASH);
	int fd = trash < 0 ? -1 : chain_folder_at(trash, id);

	if (fd >= 0) {
		*ret_trash = chain_dup(trash);
		return fd;
	}
	return errno == ENOENT ? entry_missing(id, e) : chain_errno(e, id);
}

int chain_delete(const char *dir, const char *id, chain_tick fn, void *ctx, struct err *e)
{
	struct deleting d = {.tick = fn, .ctx = ctx};
	autoclose int top = -1, trash = -1, fd = -1;
	struct err why = {0};
	struct stat st;

	if (check_id(id, e) < 0)
		return -1;
	top = chain_open_dir(dir, false, e);
	if (top < 0)
		return -1;
	fd = open_trash(top, id, &trash, &why);
	if (fd < 0)
		return err_is(&why, "chain.kept_missing")
			       ? 0
			       : err_set(e, why.kind, why.code, "%s", why.message);
	if (fstat(trash, &st) < 0)
		return chain_errno(e, TRASH);
	d.was.dev = st.st_dev;
	d.was.mount = mount_of(trash);
	if (fstat(fd, &st) < 0)
		return chain_errno(e, id);
	if (st.st_dev != d.was.dev || mount_of(fd) != d.was.mount || mount_of(top) != d.was.mount)
		return not_ours(id, e);
	if (chain_walk(fd, look, &d.was, e) < 0 || chain_walk(fd, delete_one, &d, e) < 0)
		return -1;
	if (unlinkat(trash, id, AT_REMOVEDIR) < 0 || fsync(trash) < 0)
		return chain_errno(e, id);
	return 0;
}
