/* tar_priv: what the files of the room tar share; nobody else includes it. */
#ifndef IO_TAR_PRIV_H
#define IO_TAR_PRIV_H

#include "base/buf.h"
#include "io/tar.h"

#define TAR_BLOCK 512

struct tar_entry {
	char *rel;  /* below the folder */
	char *link; /* where a symlink points, else NULL */
	mode_t mode;
	int64_t size, mtime; /* bytes, of a regular file; seconds */
};

/* Appends what stands before its contents: one header, or three with a pax header. */
void tar_head(const struct tar_entry *entry, struct buf *b);

#endif
