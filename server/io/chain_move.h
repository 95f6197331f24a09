/*
 * chain_move: a whole chain folder from one place of a file system to another, by rename: instant,
 * whatever its size.
 *
 * rename(2) refuses to cross mount points even on one file system, and a Docker engine mounts its
 * data root on itself. So when a plain rename ends with EXDEV, a thread with a mount namespace of
 * its own makes one private bind mount of the file system that shows both places, and renames
 * inside it; the mount is gone with the thread.
 *
 * A folder is known by its inode: a move may be asked for again after a crash at any moment and is
 * done once. Paths are full and free of symlinks (chain_locate resolves them). Any thread.
 *
 * Error codes: chain.missing, chain.present (something stands in the way), chain.other_volume,
 * path.outside, path.not_folder, disk.*.
 */
#ifndef IO_CHAIN_MOVE_H
#define IO_CHAIN_MOVE_H

#include "io/chain.h"

struct chain_place {
	char *path; /* full, without symlinks */
	uint64_t dev, ino;
	int uid, gid;
	bool empty;
};
void chain_place_free(struct chain_place *p);
#define autoplace cleanup(chain_place_free)

/* Follows symlinks once and looks at what is there. */
int chain_locate(const char *path, struct chain_place *ret, struct err *e);

/* Whether a folder at `path` could be renamed to a place below `dir` (which need not exist). */
bool chain_movable(const struct chain_place *p, const char *dir);

/* The folder with this inode, from `from` to `to`, which is missing or an empty folder of a parent
 * that exists. Already there = 0. */
int chain_move(const char *from, const char *to, uint64_t dev, uint64_t ino, struct err *e);

#endif
