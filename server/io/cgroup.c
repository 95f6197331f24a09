/* Finding and opening the files of one container's cgroup. */
#include "io/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const ctl_names[CTL_COUNT] = {"memory", "cpu", "cpuacct", "blkio", "pids"};
/* In version 2 cpuacct is part of cpu, blkio is io; one folder has them all. */

struct source {
	enum ctl ctl;
	const char *v1[2]; /* the first that exists */
	const char *v2[2];
};

static const struct source sources[F_COUNT] = {
	[F_USAGE] = {CTL_MEMORY, {"memory.usage_in_bytes"}, {"memory.current"}},
	[F_STAT] = {CTL_MEMORY, {"memory.stat"}, {"memory.stat"}},
	[F_LIMIT] = {CTL_MEMORY, {"memory.limit_in_bytes"}, {"memory.max"}},
	[F_SOFT] = {CTL_MEMORY, {"memory.soft_limit_in_bytes"}, {"memory.low"}},
	[F_PEAK] = {CTL_MEMORY, {"memory.max_usage_in_bytes"}, {"memory.peak"}},
	[F_OOM] = {CTL_MEMORY, {"memory.oom_control"}, {"memory.events"}},
	[F_SWAP] = {CTL_MEMORY, {NULL}, {"memory.swap.current"}},
	[F_SWAP_LIMIT] = {CTL_MEMORY, {"memory.memsw.limit_in_bytes"}, {"memory.swap.max"}},
	[F_CPU_USAGE] = {CTL_CPUACCT, {"cpuacct.usage"}, {NULL}},
	[F_QUOTA] = {CTL_CPU, {"cpu.cfs_quota_us"}, {"cpu.max"}},
	[F_PERIOD] = {CTL_CPU, {"cpu.cfs_period_us"}, {NULL}},
	[F_SHARES] = {CTL_CPU, {"cpu.shares"}, {"cpu.weight"}},
	[F_CPU_STAT] = {CTL_CPU, {"cpu.stat"}, {"cpu.stat"}},
	[F_IO] = {CTL_BLKIO,
		{"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"},
		{"io.stat"}},
	[F_WEIGHT] = {CTL_BLKIO, {"blkio.weight", "blkio.bfq.weight"},
		{"io.bfq.weight", "io.weight"}},
	[F_PIDS] = {CTL_PIDS, {"pids.current"}, {"pids.current"}},
};

/* One line of /proc/PID/cgroup: ID:LIST:PATH. */
struct line {
	char list[128];
	char path[3072];
};

int cgroup_read_text(const char *path, char *buf, size_t size)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) != 0) {
		if (n < 0)
			return -1;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return 0;
}

static bool list_has(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *p = list;

	while (p) {
		if (!strncmp(p, name, len) && (p[len] == ',' || !p[len]))
			return true;
		p = strchr(p, ',');
		if (p)
			p++;
	}
	return false;
}

/* The path is the kernel's word, but it leaves our root when we are in a cgroup namespace. */
static bool path_stays_inside(const char *path)
{
	const char *p = path;

	while ((p = strstr(p, "/.."))) {
		if (p[3] == '/' || !p[3])
			return false;
		p += 3;
	}
	return path[0] == '/';
}

/* The line of a version 1 controller, or of version 2 (name NULL). */
static bool find_line(const char *text, const char *name, struct line *ret)
{
	const char *p = text;

	while (*p) {
		size_t len = strcspn(p, "\n");
		const char *list = memchr(p, ':', len);
		const char *path =
			list ? memchr(list + 1, ':', len - (size_t)(list + 1 - p)) : NULL;

		if (path) {
			snprintf(ret->list, sizeof(ret->list), "%.*s", (int)(path - list - 1),
				list + 1);
			snprintf(ret->path, sizeof(ret->path), "%.*s",
				(int)(len - (size_t)(path + 1 - p)), path + 1);
			if (name ? list_has(ret->list, name) : !ret->list[0])
				return path_stays_inside(ret->path);
		}
		p += len + (p[len] == '\n');
	}
	return false;
}

static int open_folder(const char *root, const char *mount, size_t mount_len, const char *path)
{
	char full[4096];
	int n = snprintf(full, sizeof(full), "%s/%.*s%s", root, (int)mount_len, mount, path);

	if (n < 0 || (size_t)n >= sizeof(full))
		return -1;
	return open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The mount of joined controllers carries the joined name, the single ones, or both. */
static int open_v1(const char *root, const char *text, const char *name)
{
	struct line l;
	const char *p;
	int fd;

	if (!find_line(text, name, &l))
		return -1;
	fd = open_folder(root, l.list, strlen(l.list), l.path);
	if (fd < 0)
		fd = open_folder(root, name, strlen(name), l.path);
	for (p = l.list; fd < 0 && *p; p += strcspn(p, ","), p += *p == ',')
		fd = open_folder(root, p, strcspn(p, ","), l.path);
	return fd;
}

static bool is_v2(const char *root, const char *mount)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%scgroup.controllers", root, mount);
	return access(path, F_OK) == 0;
}

static int open_v2(const char *root, const char *text)
{
	struct line l;

	if (!find_line(text, NULL, &l))
		return -1;
	if (is_v2(root, ""))
		return open_folder(root, "", 0, l.path);
	if (is_v2(root, "unified/"))
		return open_folder(root, "unified", 7, l.path);
	return -1;
}

static int open_files(struct cgroup *c, enum ctl ctl, int folder)
{
	int n = 0;

	for (int f = 0; f < F_COUNT; f++) {
		const struct source *s = &sources[f];
		const char *const *names = c->version[ctl] == 2 ? s->v2 : s->v1;

		if (s->ctl != ctl)
			continue;
		for (int i = 0; i < 2 && names[i] && c->fd[f] < 0; i++) {
			c->fd[f] = openat(folder, names[i], O_RDONLY | O_CLOEXEC);
			if (c->fd[f] >= 0 && f == F_WEIGHT)
				c->weight_scaled = !strcmp(names[i], "io.weight");
		}
		n += c->fd[f] >= 0;
	}
	return n;
}

static int open_controllers(struct cgroup *c, const char *root, const char *text)
{
	bool pure_v2 = is_v2(root, "");
	int n = 0;

	for (int ctl = 0; ctl < CTL_COUNT; ctl++) {
		autoclose int folder = pure_v2 ? -1 : open_v1(root, text, ctl_names[ctl]);

		c->version[ctl] = folder >= 0 ? 1 : 2;
		if (folder < 0)
			folder = open_v2(root, text);
		if (folder < 0)
			c->version[ctl] = 0;
		else
			n += open_files(c, ctl, folder);
	}
	return n;
}

/* The kernel moves an ended process that nobody has waited for to the root cgroup: what such a
 * process tells is not about its container. */
static bool process_over(const char *proc, int pid)
{
	char path[4096], text[1024];
	const char *p;

	snprintf(path, sizeof(path), "%s/%d/stat", proc, pid);
	if (cgroup_read_text(path, text, sizeof(text)) < 0) {
		snprintf(path, sizeof(path), "%s/%d/cgroup", proc, pid);
		return access(path, F_OK) < 0;
	}
	p = strrchr(text, ')');
	return p && p[1] == ' ' && (p[2] == 'Z' || p[2] == 'X');
}

int cgroup_open(const char *root, const char *proc, int pid, struct cgroup **ret, struct err *e)
{
	char path[4096], text[PROC_TEXT];
	struct cgroup *c;
	int n;

	snprintf(path, sizeof(path), "%s/%d/cgroup", proc, pid);
	if (cgroup_read_text(path, text, sizeof(text)) < 0) {
		if (errno == ENOENT || errno == ESRCH)
			return err_set(
				e, ERR_NOT_FOUND, "cgroup.gone", "Process %d has ended.", pid);
		return err_errno(e, "cgroup.unreadable", "%s", path);
	}
	c = xcalloc(1, sizeof(*c));
	memset(c->fd, 0xff, sizeof(c->fd));
	n = open_controllers(c, root, text);
	if (n > 0 && !process_over(proc, pid)) {
		*ret = c;
		return 0;
	}
	cgroup_close(c);
	if (process_over(proc, pid) || strstr(text, " (deleted)"))
		return err_set(e, ERR_NOT_FOUND, "cgroup.gone", "Process %d has ended.", pid);
	return err_set(e, ERR_INTERNAL, "cgroup.unreadable",
		"The control groups of process %d are not below %s.", pid, root);
}

void cgroup_close(struct cgroup *c)
{
	if (!c)
		return;
	for (int f = 0; f < F_COUNT; f++)
		close_fd(&c->fd[f]);
	free_ptr(&c);
}

int cgroup_version(const struct cgroup *c)
{
	for (int ctl = 0; ctl < CTL_COUNT; ctl++)
		if (c->version[ctl])
			return c->version[ctl];
	return 1;
}
