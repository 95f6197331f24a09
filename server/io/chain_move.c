#include "io/chain_move.h"

#include "io/chain_priv.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/thread.h"

#define MOUNTS "/proc/thread-self/mountinfo"

void chain_place_free(struct chain_place *p)
{
	free(p->path);
	*p = (struct chain_place){0};
}

int chain_locate(const char *path, struct chain_place *ret, struct err *e)
{
	autofree char *real = realpath(path, NULL);
	autoclose int fd = -1;
	struct stat st;

	if (!real)
		return chain_errno(e, path);
	fd = chain_open_dir(real, false, e);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return chain_errno(e, real);
	*ret = (struct chain_place){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.uid = (int)st.st_uid,
		.gid = (int)st.st_gid,
		.empty = chain_is_empty(fd) == 1,
	};
	ret->path = take(real);
	return 0;
}

/* ---- mounts ---- */

struct mount {
	char *root, *point; /* what of its file system it shows, and where */
	unsigned major, minor;
};

static void mount_free(struct mount *m)
{
	free(m->root);
	free(m->point);
	*m = (struct mount){0};
}

/* "\040" is a blank. */
static char *unescaped(const char *s)
{
	char *out = xcalloc(strlen(s) + 1, 1), *to = out;

	while (*s) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	return out;
}

/* The rest of path behind folder ("" or "/…"); NULL = it is not below it. */
static const char *behind(const char *path, const char *folder)
{
	size_t n = strcmp(folder, "/") ? strlen(folder) : 0;

	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/') ? path + n : NULL;
}

/* Calls fn for every mount in their order until it returns true. */
static void each_mount(bool (*fn)(struct mount *m, void *arg), void *arg)
{
	autofile FILE *f = fopen(MOUNTS, "re");
	char *line = NULL;
	size_t size = 0;
	bool enough = false;

	while (f && !enough && getline(&line, &size, f) > 0) {
		char root[PATH_MAX], point[PATH_MAX];
		struct mount m = {0};

		if (sscanf(line, "%*u %*u %u:%u %4095s %4095s", &m.major, &m.minor, root, point) !=
			4)
			continue;
		m.root = unescaped(root);
		m.point = unescaped(point);
		enough = fn(&m, arg);
		mount_free(&m);
	}
	free(line);
}

struct seeking {
	const char *path;
	struct mount best;
};

static bool holds(struct mount *m, void *arg)
{
	struct seeking *s = arg;

	/* of two on one point the later one is on top */
	if (!behind(s->path, m->point) ||
		(s->best.point && strlen(m->point) < strlen(s->best.point)))
		return false;
	mount_free(&s->best);
	s->best = *m;
	*m = (struct mount){0};
	return false;
}

static char *join(const char *root, const char *rest)
{
	return xasprintf("%s%s", strcmp(root, "/") ? root : "", rest);
}

/* Where path lies inside its file system: "/data/x" of the device; NULL = not known. */
static char *inside(const char *path, unsigned *major, unsigned *minor)
{
	struct seeking s = {.path = path};
	char *ret = NULL;

	each_mount(holds, &s);
	if (s.best.point)
		ret = join(s.best.root, behind(path, s.best.point));
	*major = s.best.major;
	*minor = s.best.minor;
	mount_free(&s.best);
	return ret;
}

struct sharing {
	const char *a, *b; /* inside the file system */
	unsigned major, minor;
	struct mount found;
};

static bool shows_both(struct mount *m, void *arg)
{
	struct sharing *s = arg;

	if (m->major != s->major || m->minor != s->minor || !behind(s->a, m->root) ||
		!behind(s->b, m->root))
		return false;
	s->found = *m;
	*m = (struct mount){0};
	return true;
}

/* A mount that shows both places, and both as paths below its root, without the first slash. */
struct common {
	char *point, *a, *b;
};

static void common_free(struct common *c)
{
	free(c->point);
	free(c->a);
	free(c->b);
}

static bool find_common(const char *a, const char *b, struct common *ret)
{
	unsigned major, minor, other_major, other_minor;
	autofree char *in_a = inside(a, &major, &minor);
	autofree char *in_b = inside(b, &other_major, &other_minor);
	struct sharing s = {.a = in_a, .b = in_b, .major = major, .minor = minor};

	if (!in_a || !in_b || major != other_major || minor != other_minor)
		return false;
	each_mount(shows_both, &s);
	if (!s.found.point)
		return false;
	*ret = (struct common){
		.point = xstrdup(s.found.point),
		.a = xstrdup(behind(in_a, s.found.root) + 1),
		.b = xstrdup(behind(in_b, s.found.root) + 1),
	};
	mount_free(&s.found);
	return *ret->a && *ret->b;
}

/* The nearest existing parent of a path. */
static char *existing(const char *path)
{
	char *p = xstrdup(path), *slash;
	struct stat st;

	while (lstat(p, &st) < 0 && (slash = strrchr(p, '/')) && slash != p)
		*slash = '\0';
	return p;
}

bool chain_movable(const struct chain_place *p, const char *dir)
{
	autofree char *there = existing(dir);
	cleanup(common_free) struct common c = {0};
	autofree char *real = realpath(there, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0 || st.st_dev != p->dev)
		return false;
	return find_common(p->path, real, &c) || c.point;
}

/* ---- moving ---- */

static bool is_it(int parent, const char *name, uint64_t dev, uint64_t ino)
{
	struct stat st;

	return !fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode) &&
	       st.st_dev == dev && st.st_ino == ino;
}

/* A path as its folder and its last name; both point into `copy`. */
static const char *split(char *copy)
{
	char *slash = strrchr(copy, '/');

	if (!slash)
		return copy;
	*slash = '\0';
	return slash + 1;
}

struct move {
	const char *from, *to; /* for messages */
	int from_fd, to_fd;    /* the folders that hold them */
	const char *from_name, *to_name;
	uint64_t dev, ino;
};

/* 0, 1 = they are on two mounts, -1. */
static int rename_it(const struct move *m, struct err *e)
{
	if (is_it(m->to_fd, m->to_name, m->dev, m->ino))
		return 0;
	if (!is_it(m->from_fd, m->from_name, m->dev, m->ino))
		return err_set(e, ERR_CONFLICT, "chain.missing",
			"The folder %s is no longer what it was.", m->from);
	if (renameat(m->from_fd, m->from_name, m->to_fd, m->to_name) < 0) {
		if (errno == EXDEV)
			return 1;
		if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR || errno == EBUSY)
			return err_set(e, ERR_CONFLICT, "chain.present",
				"There is something in %s already.", m->to);
		return chain_errno(e, m->to);
	}
	if (fsync(m->to_fd) < 0 || fsync(m->from_fd) < 0)
		return chain_errno(e, m->to);
	return 0;
}

static int rename_plain(const char *from, const char *to, uint64_t dev, uint64_t ino, struct err *e)
{
	autofree char *a = xstrdup(from), *b = xstrdup(to);
	struct move m = {.from = from, .to = to, .dev = dev, .ino = ino};
	autoclose int to_fd = -1, from_fd = -1;

	m.from_name = split(a);
	m.to_name = split(b);
	to_fd = m.to_fd = chain_open_dir(b, false, e);
	if (to_fd < 0)
		return -1;
	if (is_it(to_fd, m.to_name, dev, ino))
		return 0;
	from_fd = m.from_fd = chain_open_dir(a, false, e);
	return from_fd < 0 ? -1 : rename_it(&m, e);
}

struct errand {
	const char *from, *to;
	uint64_t dev, ino;
	int rc;
	struct err e;
};

/* Both folders, seen through one mount at `root`. */
static int rename_below(int root, char *a, char *b, const struct errand *t, struct err *e)
{
	struct move m = {.from = t->from, .to = t->to, .dev = t->dev, .ino = t->ino};
	autoclose int from_fd = -1, to_fd = -1;
	int rc;

	m.from_name = split(a);
	m.to_name = split(b);
	from_fd = m.from_fd =
		m.from_name == a ? chain_dup(root) : chain_open_below(root, a, false, e);
	to_fd = m.to_fd = m.to_name == b ? chain_dup(root) : chain_open_below(root, b, false, e);
	if (from_fd < 0 || to_fd < 0)
		return -1;
	rc = rename_it(&m, e);
	return rc > 0 ? err_set(e, ERR_CONFLICT, "chain.other_volume",
				"%s and %s are not on one volume.", t->from, t->to)
		      : rc;
}

static int rename_in_namespace(const struct errand *t, struct err *e)
{
	cleanup(common_free) struct common c = {0};
	autofree char *at = xstrdup(t->to);
	autoclose int root = -1;

	if (!find_common(t->from, t->to, &c))
		return err_set(e, ERR_CONFLICT, "chain.other_volume",
			"%s and %s are not on one volume.", t->from, t->to);
	split(at);
	/* from here on only this thread is concerned, and it ends soon */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount(c.point, at, NULL, MS_BIND, NULL) < 0)
		return err_errno(e, "disk.failed", "one view of %s and %s", t->from, t->to);
	root = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return chain_errno(e, at);
	return rename_below(root, c.a, c.b, t, e);
}

static void *run_errand(void *arg)
{
	struct errand *t = arg;

	t->rc = rename_in_namespace(t, &t->e);
	return NULL;
}

int chain_move(const char *from, const char *to, uint64_t dev, uint64_t ino, struct err *e)
{
	struct errand t = {.from = from, .to = to, .dev = dev, .ino = ino};
	int rc = rename_plain(from, to, dev, ino, e);
	pthread_t thread;

	if (rc <= 0)
		return rc;
	if (thread_start(&thread, "move", run_errand, &t, e))
		return -1;
	pthread_join(thread, NULL);
	if (t.rc && e)
		*e = t.e;
	return t.rc;
}
