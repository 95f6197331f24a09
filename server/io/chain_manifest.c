/* The manifest of a copy: what each file was when the copy was made. */
#include "io/chain_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line {
	bool linked;
	int64_t size, mtime;
	const char *path;
};

static int64_t mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

bool chain_left_out(const char *name, mode_t mode)
{
	/* the lock of RocksDB and LevelDB is made anew by whoever opens the database */
	return !strcmp(name, "LOCK") || S_ISSOCK(mode) || S_ISFIFO(mode);
}

int chain_manifest_line(FILE *f, bool linked, const struct stat *st, const char *path)
{
	return fprintf(f, "%c %" PRId64 " %" PRId64 " %s\n", linked ? 'l' : 'c',
		       (int64_t)st->st_size, mtime_ns(st), path) < 0
		       ? -1
		       : 0;
}

static bool parse(char *text, struct line *ret)
{
	char how, *nl = strchr(text, '\n');
	int at = 0;

	if (!nl ||
		sscanf(text, "%c %" SCNd64 " %" SCNd64 " %n", &how, &ret->size, &ret->mtime, &at) !=
			3 ||
		!at)
		return false;
	*nl = '\0';
	ret->linked = how == 'l';
	ret->path = text + at;
	return chain_rel_ok(ret->path);
}

/* A file below fd without following a symlink on the way. */
static int stat_below(int fd, const char *path, struct stat *st)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	autoclose int folder = parent ? chain_open_below(fd, parent, false, NULL) : chain_dup(fd);

	return folder < 0 ? -1 : fstatat(folder, slash ? slash + 1 : path, st, AT_SYMLINK_NOFOLLOW);
}

/* Calls fn for each line until it returns false; false also for a manifest that cannot be read. */
static bool each_line(int entry, bool (*fn)(const struct line *l, void *arg), void *arg)
{
	int fd = openat(entry, MANIFEST, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	autofile FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	autofree char *text = NULL;
	size_t size = 0;
	bool ok = f != NULL;
	struct line l;

	while (ok && getline(&text, &size, f) > 0)
		ok = parse(text, &l) && fn(&l, arg);
	return ok && !ferror(f);
}

struct checking {
	int sub;
	int64_t files;
	char bad[200];
};

/* Size and time tell: whoever writes into a file changes its time. */
static bool check_line(const struct line *l, void *arg)
{
	struct checking *c = arg;
	struct stat st;

	c->files++;
	if (!stat_below(c->sub, l->path, &st) && st.st_size == l->size && mtime_ns(&st) == l->mtime)
		return true;
	snprintf(c->bad, sizeof(c->bad), "%s", l->path);
	return false;
}

int chain_manifest_check(int entry, int sub, struct err *e)
{
	struct checking c = {.sub = sub};

	if (faccessat(entry, MANIFEST, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	if (each_line(entry, check_line, &c))
		return 0;
	return err_set(e, ERR_CONFLICT, "chain.damaged",
		"The copy is not what it was when it was made: %s.",
		c.bad[0] ? c.bad : "its list of files cannot be read");
}

static int count(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	int64_t *n = arg;

	(void)parent, (void)e;
	*n += !S_ISDIR(st->st_mode) && !chain_left_out(name, st->st_mode);
	return 0;
}

bool chain_manifest_same(int entry, int sub)
{
	struct checking c = {.sub = sub};
	int64_t files = 0;

	return each_line(entry, check_line, &c) && !chain_walk(sub, count, &files, NULL) &&
	       files == c.files;
}
