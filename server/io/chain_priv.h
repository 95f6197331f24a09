/*
 * chain_priv: what the files of the chain room share: walking without symlinks, errors, durable
 * small files. Nobody else includes this.
 *
 * A "rel" is a relative path of checked components: not empty, no "." or "..", no component that
 * starts with a slash. Descriptors that are returned belong to the caller.
 */
#ifndef IO_CHAIN_PRIV_H
#define IO_CHAIN_PRIV_H

#include "io/chain.h"

#include <fcntl.h>
#include <sys/stat.h>

#define SMALL_FILE (1024 * 1024) /* bytes */
#define KEPT "kept"
#define TRASH "trash"
#define ABOUT "kept.json"
#define MANIFEST "manifest"
#define MAX_DEPTH 64 /* of the folders below a chain's; a real one has 8 */

/* ENOSPC → disk.full, EROFS → disk.read_only, a symlink → path.outside, …; returns -1. */
int chain_errno(struct err *e, const char *what);
bool chain_rel_ok(const char *rel);
int chain_check_rel(const char *rel, struct err *e);
bool chain_magic_is_network(long magic); /* f_type of statfs(2) */

static inline int chain_dup(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* Opens one component below fd as a readable folder; -1 with errno, ELOOP for a symlink. */
int chain_folder_at(int fd, const char *name);
/* DIR itself, checked component by component from "/"; make: creates what is missing. */
int chain_open_dir(const char *dir, bool make, struct err *e);
/* A folder below fd. A missing one is chain.missing, or is made (0755, ours). */
int chain_open_below(int fd, const char *rel, bool make, struct err *e);
/* DIR/REL as a folder. */
int chain_open(const char *dir, const char *rel, struct err *e);

/* Calls fn for everything below the folder fd, contents before their folder, `name` below `parent`;
 * never follows a symlink; what vanishes meanwhile is left out. Ends when fn returns not 0. */
typedef int (*chain_visit)(
	int parent, const char *name, const struct stat *st, void *arg, struct err *e);
int chain_walk(int fd, chain_visit fn, void *arg, struct err *e);
int chain_is_empty(int fd); /* 1, 0; -1 with errno */

/* Calls fn for each regular file below the folder fd whose path fits the glob, component by
 * component. rel is its path. */
typedef int (*chain_match)(int root, const char *rel, void *arg, struct err *e);
int chain_glob(int root, const char *glob, chain_match fn, void *arg, struct err *e);

/* A regular file, at most SMALL_FILE; *ret is NUL-terminated. */
int chain_slurp(int folder, const char *name, char **ret, size_t *ret_len, struct stat *ret_st,
	struct err *e);
/* Temporary file, owner and mode (-1 = ours), fsync, rename, fsync of the folder. */
int chain_put(int folder, const char *name, const char *text, size_t len, mode_t mode, int uid,
	int gid, struct err *e);

/* ---- kept chains ---- */

bool chain_id_ok(const char *id);
/* One name each, and none of ours. */
int chain_check_names(const char *sub, const char *id, struct err *e);
/* Writes ENTRY/kept.json. */
int chain_write_about(int entry, const char *sub, const json_t *about, struct err *e);
/* Owner and mode of st. */
int chain_like(int fd, const struct stat *st);
/* A chain_visit that removes everything. Only for what this room has built itself and that is not
 * whole yet, and for the trash. */
int chain_unlink_visit(
	int parent, const char *name, const struct stat *st, void *arg, struct err *e);

/* ---- copying ---- */

#define CHAIN_CHUNK (1 << 20)

struct chain_copying {
	const char *const *fixed;
	size_t n;
	chain_tick tick;
	void *ctx;
	FILE *manifest;	     /* NULL: none is written */
	bool resume;	     /* what a run before has copied whole stays */
	int64_t done, total; /* bytes of what is copied, not linked */
	int64_t bytes, files;
	char *chunk;
};
/* Everything below the folder src into the folder dst, which gets its owner, mode and times. path:
 * "" and depth 1 at the top. Needs c->chunk. Each file is on the disk when it returns. */
int chain_copy_folder(
	struct chain_copying *c, int src, int dst, const char *path, int depth, struct err *e);
/* Whether a file of this name is never written again. */
bool chain_is_fixed(const char *name, const char *const *fixed, size_t n);

/* The list of a copy's files: one line each, "l|c SIZE MTIME_NS PATH": linked or copied, and what
 * the chain's file was at that time. */
int chain_manifest_line(FILE *f, bool linked, const struct stat *st, const char *path);
/* Whether the folder `sub` (of the copy, in `entry`) still holds what the manifest says: every file
 * is there, and no linked one was written to since. No manifest: not a copy, 0. chain.damaged. */
int chain_manifest_check(int entry, int sub, struct err *e);
/* Whether `sub` (the chain that the copy was made of) is exactly as it was then. */
bool chain_manifest_same(int entry, int sub);
/* Not part of a copy: LOCK, sockets and pipes. */
bool chain_left_out(const char *name, mode_t mode);

#endif
