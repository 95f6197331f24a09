/*
 * The reserve: a file of ours beside state.db that holds some megabytes. When the volume is full
 * and a change cannot be written, it goes, so that a job can be journaled to its end, and a person
 * can sign in and clean up; it comes back when there is room again.
 */
#include "io/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"

#define RESERVE_BYTES (INT64_C(64) << 20)
#define TRANSACTION_BYTES (INT64_C(512) << 10) /* more than one ever writes */
#define RESERVE_LEAST (INT64_C(1) << 20)
#define RESERVE_SHARE 8 /* of what is free: on a small volume it takes no more than this part */

/* What it may take now. */
static off_t affordable(const char *dir)
{
	struct statvfs fs;
	int64_t part;

	if (statvfs(dir, &fs) < 0)
		return 0;
	part = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize / RESERVE_SHARE;
	return part < RESERVE_LEAST ? 0 : part < RESERVE_BYTES ? part : RESERVE_BYTES;
}

void store_reserve(struct store *s)
{
	HOLD(s);
	autofree char *path = xasprintf("%s/reserve", s->dir);
	autofree char *next = xasprintf("%s/reserve.new", s->dir);
	off_t size;
	int fd, rc;

	if (!access(path, F_OK) || !(size = affordable(s->dir)))
		return;
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	rc = posix_fallocate(fd, 0, size);
	close(fd);
	if (rc || rename(next, path))
		unlink(next);
}

bool store_spend_reserve(struct store *s)
{
	autofree char *path = xasprintf("%s/reserve", s->dir);

	if (unlink(path))
		return false;
	log_warn("the volume of %s is full: the reserve was spent to write on", s->dir);
	return true;
}

void store_make_room(struct store *s)
{
	struct statvfs fs;

	if (!statvfs(s->dir, &fs) &&
		(int64_t)fs.f_bavail * (int64_t)fs.f_frsize < TRANSACTION_BYTES)
		store_spend_reserve(s);
}
