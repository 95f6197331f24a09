/*
 * chain: the data folder of a stack on disk. Makes it, measures it, sets a chain aside by rename
 * and puts it back, keeps copies of it, changes its owner, writes the small files beside it. Chain
 * data is deleted in one place only: chain_delete, of what lies in the trash.
 *
 *   DIR/                 the stack's folder (stack.data_dir)
 *   DIR/README.txt       what this is and how to come back, for whoever finds it
 *   DIR/node/            the node's data, mounted as /data in the container
 *   DIR/relay/app.json   the relay's configuration (0600: it holds the secret)
 *   DIR/kept/ID/         a chain that was set aside, or a copy: node/, kept.json, and for a copy
 *                        its manifest
 *   DIR/trash/ID/        the same, thrown away: until somebody empties the trash
 *
 * Every path is built from the stack's folder and a checked name, and every component is opened
 * without following symlinks. Any thread; two calls on one folder at a time are the caller's
 * mistake (one job per stack).
 *
 * A DIR that goes through a symlink is refused as well: the caller resolves the data root once.
 *
 * Error codes: path.outside (a name that leaves DIR, or a symlink on the way), path.not_folder,
 * path.network, disk.full, disk.read_only, disk.failed, chain.missing, chain.kept_missing,
 * chain.present (something stands in the way), chain.too_large (a small file is none),
 * chain.damaged (a file of a copy was changed), adopt.incomplete (a copy from elsewhere),
 * fetch.cancelled (a chain_tick said so).
 */
#ifndef IO_CHAIN_H
#define IO_CHAIN_H

#include "base/model.h"

/* DIR (ours, and its missing parents) and DIR/SUB with the given owner, -1 = ours (the folder of a
 * node must belong to the uid in its image). Existing folders keep their contents; one that has any
 * keeps its owner too, because chain_chown is what changes that for all of it. *ret_made: whether
 * SUB was made now. */
int chain_make(const char *dir, const char *sub, int uid, int gid, bool *ret_made, struct err *e);
/* Removes DIR/SUB and DIR when they are empty; anything in them stays, silently. */
void chain_unmake(const char *dir, const char *sub);

/* Owner of DIR/SUB itself. */
int chain_owner(const char *dir, const char *sub, int *ret_uid, int *ret_gid, struct err *e);
/* Changes owner of everything below DIR/SUB (never follows symlinks). */
int chain_chown(const char *dir, const char *sub, int uid, int gid, struct err *e);

/* Allocated bytes below DIR/SUB, a file of several names once for each; 0 when it does not exist.
 * Slow: walks the tree. */
int chain_size(const char *dir, const char *sub, int64_t *ret, struct err *e);

/* The highest number in the files that match the patterns (globs below DIR/SUB, such as
 * "chains/<star>/db/<star>/<star>/db_version"); -1 when there is none. */
int chain_db_version(const char *dir, const char *sub, const char *const *globs, size_t n);

/* A chain that was set aside, or a copy. */
struct kept {
	char id[40];	 /* 20261123-141502-resync */
	char *reason;	 /* resync, put_back, upgrade, options, asked, … */
	char *image;	 /* that it last ran with; "" = not known */
	json_t *options; /* the node's options then */
	msec at;
	msec trashed_at; /* -1 = it never was in the trash */
	int64_t bytes;	 /* allocated, the whole; -1 = not measured */
	int64_t height;	 /* block; -1 = not known */
	int db_version;	 /* -1 = not known */
	bool copy;
	bool damaged;  /* a copy that is not what it was */
	json_t *about; /* all of the above as it is kept; {} when it cannot be read */
};
struct kept_list {
	struct kept *items; /* newest first, by id; what is no kept chain is left out */
	size_t n;
};
void kept_list_free(struct kept_list *l);
int chain_kept(const char *dir, struct kept_list *ret, struct err *e);
int chain_trashed(const char *dir, struct kept_list *ret, struct err *e);
/* Bytes that would be free if these folders (below DIR) were gone: blocks that no other file holds.
 * Slow: walks the trees. */
int chain_extra(const char *dir, const char *const *subs, size_t n, int64_t *ret, struct err *e);

/* DIR/SUB → DIR/kept/ID/SUB by rename, with kept.json; then an empty DIR/SUB with the same owner
 * and mode, into which the identity files (globs below SUB, at most 1 MiB each) are copied. An ID
 * is of [0-9a-z-], at most 39 characters. about: {reason, image, options, at, bytes}, as in struct
 * kept. Re-runnable: an ID that is already set aside is a success. Whenever the power goes, the
 * chain is either still in its place or a kept chain that chain_kept lists. */
int chain_set_aside(const char *dir, const char *sub, const char *id, const json_t *about,
	const char *const *identity, size_t n, struct err *e);
/* The undo: DIR/kept/ID/SUB back in its place. What stands there now is set aside first under
 * `now_id` (pass NULL to discard only files that chain_set_aside itself had put there: it fails
 * with chain.present when there is anything else). Re-runnable, also after its end. It is the undo
 * of a chain_set_aside that stopped half-way, too; chain.kept_missing then says that nothing had
 * moved. */
int chain_put_back(const char *dir, const char *sub, const char *id, const char *now_id,
	const json_t *about_now, struct err *e);

/* ---- copies ---- */

/* What a copy would take. Asks the file system by a try, with a small file in DIR that goes again.
 */
struct copy_cost {
	bool links, reflinks; /* what the file system can */
	int64_t files, bytes; /* of the chain; 0 when there is none */
	int64_t fixed;	      /* of these bytes: in files that are never written again */
	int64_t free;	      /* bytes on the volume */
};
/* fixed: patterns (fnmatch(3)) of the names of files that the client never writes again once they
 * have their contents. */
int chain_copy_ask(const char *dir, const char *sub, const char *const *fixed, size_t n,
	struct copy_cost *ret, struct err *e);

/* Called between pieces of work, with bytes; false = stop now, which fails with fetch.cancelled and
 * leaves what can be taken up again. */
typedef bool (*chain_tick)(void *ctx, int64_t done, int64_t total);

/* DIR/kept/ID as a copy of DIR/SUB, of which nobody may write a file meanwhile: `fixed` files are
 * linked, the others cloned where the file system can, else copied; LOCK, sockets and pipes are
 * left out. Everything is on the disk when it returns. about as in chain_set_aside, bytes are
 * filled in. Re-runnable: an ID that is there is a success. Whenever the power goes there is a
 * whole copy or none. */
int chain_copy(const char *dir, const char *sub, const char *id, const json_t *about,
	const char *const *fixed, size_t n, chain_tick fn, void *ctx, struct err *e);
/* The undo. If DIR/SUB still is exactly what was copied, the copy goes. Otherwise the copy takes
 * its place, and what stands there goes to the trash as now_id. Re-runnable; no copy at all is a
 * success. chain.damaged: the copy is kept and nothing else was done. */
int chain_copy_undo(const char *dir, const char *sub, const char *id, const char *now_id,
	const json_t *about_now, bool *ret_restored, struct err *e);

/* ---- from elsewhere ---- */

/* The folder `from` (a full path without symlinks, which nobody writes to meanwhile) as DIR/SUB, by
 * copying; owners, modes and times stay, LOCK, sockets and pipes are left out. Taken up again when
 * it was interrupted. adopt.incomplete: the bytes of the copy do not agree. */
int chain_bring(const char *from, const char *dir, const char *sub, chain_tick fn, void *ctx,
	struct err *e);
/* Removes what is not whole; a whole one stays in its place. Nothing there = 0. */
int chain_bring_undo(const char *dir, const char *sub, struct err *e);

/* ---- the trash ---- */

/* DIR/kept/ID → DIR/trash/ID, and back. Re-runnable. */
int chain_trash(const char *dir, const char *id, msec at, struct err *e);
int chain_untrash(const char *dir, const char *id, struct err *e);
/* Deletes DIR/trash/ID for good. Looks at all of it first: anything that is mounted there, or lies
 * on another file system, or a symlink on the way: path.outside, and nothing is deleted.
 * Re-runnable; one that is gone is a success. */
int chain_delete(const char *dir, const char *id, chain_tick fn, void *ctx, struct err *e);

/* Writes DIR/REL (such as relay/app.json) atomically (temporary file, fsync, rename, fsync of the
 * folder) with mode and owner (-1 = ours). Missing folders on the way to REL are made (ours,
 * 0755). */
int chain_write(const char *dir, const char *rel, const char *text, size_t len, int mode, int uid,
	int gid, struct err *e);
/* Reads DIR/REL, at most 1 MiB; owned by the caller; chain.missing when it is not there. */
int chain_read(const char *dir, const char *rel, char **ret, size_t *ret_len, struct err *e);
/* Removes a small file (at most 1 MiB, never below kept/); missing = 0. */
int chain_unlink(const char *dir, const char *rel, struct err *e);

#endif
