/*
 * spool: files that arrive in pieces and are gone again soon. One folder of them, ours alone
 * (0700), with plain names. Any thread; one thread at a time for one file.
 *
 * Error codes: disk.full, disk.read_only, disk.failed, spool.missing.
 */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct spool {
	int fd; /* -1 = not open */
	char *dir, *name;
	int64_t len; /* bytes written */
};
#define SPOOL_CLOSED                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* A new, empty file; the folder is made when it is missing. *ret: declared SPOOL_CLOSED. */
int spool_begin(const char *dir, const char *name, struct spool *ret, struct err *e);
int spool_add(struct spool *s, const void *bytes, size_t len, struct err *e);
/* Onto the disk, and kept. */
int spool_end(struct spool *s, struct err *e);
/* What was not ended is removed. */
void spool_drop(struct spool *s);
#define autospool cleanup(spool_drop)

/* For reading: its descriptor, owned by the caller, and its length; spool.missing. */
int spool_open(const char *dir, const char *name, int *ret_fd, int64_t *ret_len, struct err *e);
/* Missing = 0. */
int spool_remove(const char *dir, const char *name, struct err *e);
/* Removes every file that `keep` does not want; how many. */
size_t spool_sweep(const char *dir, bool (*keep)(void *ctx, const char *name), void *ctx);

#endif
