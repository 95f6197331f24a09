#include "io/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int failed(struct err *e, const char *what)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(e, ERR_UNAVAILABLE, "disk.full", "%.150s: the disk is full.", what);
	if (errno == EROFS)
		return err_set(e, ERR_UNAVAILABLE, "disk.read_only",
			"%.150s: the file system is read-only.", what);
	return err_errno(e, "disk.failed", "%.150s", what);
}

/* -1 with errno; a symlink in its place is refused. */
static int open_dir(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int spool_begin(const char *dir, const char *name, struct spool *ret, struct err *e)
{
	autoclose int at = -1;
	int fd;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return failed(e, dir);
	at = open_dir(dir);
	if (at < 0)
		return failed(e, dir);
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(e, name);
	*ret = (struct spool){.fd = fd, .dir = xstrdup(dir), .name = xstrdup(name)};
	return 0;
}

int spool_add(struct spool *s, const void *bytes, size_t len, struct err *e)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(s->fd, at, len);

		if (n <= 0)
			return failed(e, "The file that is uploaded");
		at += n;
		len -= (size_t)n;
		s->len += n;
	}
	return 0;
}

static void forget(struct spool *s)
{
	close_fd(&s->fd);
	free(s->dir);
	free(s->name);
	*s = (struct spool)SPOOL_CLOSED;
}

int spool_end(struct spool *s, struct err *e)
{
	if (fsync(s->fd))
		return failed(e, "The file that is uploaded");
	forget(s);
	return 0;
}

void spool_drop(struct spool *s)
{
	if (s->fd < 0)
		return;
	spool_remove(s->dir, s->name, NULL);
	forget(s);
}

int spool_open(const char *dir, const char *name, int *ret_fd, int64_t *ret_len, struct err *e)
{
	autoclose int at = open_dir(dir);
	autoclose int fd =
		at < 0 ? -1 : openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFLICT, "spool.missing",
			"The file that was uploaded is no longer there.");
	*ret_fd = fd;
	*ret_len = st.st_size;
	fd = -1;
	return 0;
}

int spool_remove(const char *dir, const char *name, struct err *e)
{
	autoclose int at = open_dir(dir);

	if (at < 0)
		return errno == ENOENT ? 0 : failed(e, dir);
	return unlinkat(at, name, 0) && errno != ENOENT ? failed(e, name) : 0;
}

size_t spool_sweep(const char *dir, bool (*keep)(void *ctx, const char *name), void *ctx)
{
	int fd = open_dir(dir);
	autodir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	size_t n = 0;

	if (!d && fd >= 0)
		close(fd);
	while (d && (de = readdir(d)))
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, "..") && !keep(ctx, de->d_name))
			n += !unlinkat(dirfd(d), de->d_name, 0);
	return n;
}
