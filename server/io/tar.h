/*
 * tar: a folder as a tar, made while it is read; and whether bytes are the beginning of one.
 *
 * A pack is looked through once when it is opened, which tells how long it will be, and made piece
 * by piece afterwards: never the whole of it in memory. Regular files, folders and symlinks (as
 * links) go in, owned by root; sockets, pipes and devices are left out. No symlink is ever
 * followed. Names that ustar has no room for go into pax headers (POSIX.1-2017, pax,
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html). One thread.
 *
 * Error codes: tar.too_large, tar.unreadable, tar.changed (a file became another one meanwhile).
 */
#ifndef IO_TAR_H
#define IO_TAR_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct tar_pack; /* opaque */

enum tar_wish { TAR_TAKE, TAR_LEAVE, TAR_LEAVE_ALL /* and what is below it */ };

struct tar_order {
	const char *folder; /* a full path without symlinks */
	/* About each entry, by its path below the folder; NULL = everything. */
	enum tar_wish (*wish)(void *ctx, const char *rel, bool is_dir);
	void *ctx;
	int64_t max_bytes;
	size_t max_entries;
};
int tar_open(const struct tar_order *o, struct tar_pack **ret, struct err *e);
void tar_close(struct tar_pack *p); /* NULL is allowed */
void tar_drop(struct tar_pack **p);
#define autotar cleanup(tar_drop)

int64_t tar_size(const struct tar_pack *p); /* bytes that it will have */
size_t tar_entries(const struct tar_pack *p);
/* The next at most len bytes; 0 = that was all; -1 = tar_error says why. pack: a struct tar_pack,
 * so that struct docker_body takes it. */
ssize_t tar_read(void *pack, char *to, size_t len);
/* Kind ERR_NONE while all is well. */
const struct err *tar_error(const struct tar_pack *p);

#define TAR_BEGIN 512 /* bytes that are enough to know */
/* A tar, or one that is compressed (gzip, bzip2, xz, zstd), by its first bytes. */
bool tar_begins(const void *bytes, size_t len);

#endif
