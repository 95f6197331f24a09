/*
 * history, inside: shared by history*.c only.
 *
 * How it works. Samples wait in RAM, per series, until they are consolidated: once an hour (or when
 * they are many) each is added to its bucket of every tier, in the chunks of the file. Until then
 * each flush appends the new ones to the table tail, as they are; opening the file reads the tail
 * back into RAM. So RAM after a restart is what it was, each chunk is rewritten once an hour only,
 * and a minute's flush writes a few pages. Consolidation writes chunks and empties the tail in one
 * transaction. A query pours the chunks and the samples in RAM into one grid.
 *
 * Locks, taken in this order: write (the writer's connection; put, flush), read (the reader's
 * connection; queries), ram (everything else; never held over more than one small statement, or a
 * commit). What is in RAM changes only with both write and ram held, so either is enough to
 * read it, and a flush needs no copy. A query begins its read transaction and reads RAM under ram,
 * and consolidation commits and empties RAM under ram: no sample is seen twice or not at all.
 */
#ifndef IO_HISTORY_PRIV_H
#define IO_HISTORY_PRIV_H

#include "base/rollup.h"
#include "io/history.h"

#include <pthread.h>
#include <sqlite3.h>

struct sample {
	uint32_t t; /* Unix seconds */
	float v;
};

/* What one series of one entity has in RAM, in the order it came. */
struct track {
	struct sample *samples;
	size_t n, size;
	size_t flushed; /* the first so many are in the tail */
};

/* Names and their numbers: number = index + 1, in RAM and in the file. */
struct names {
	char **name;
	size_t n;
	size_t written; /* the first so many are in the file */
};

struct entity {
	struct track *tracks; /* by series number - 1 */
	size_t n;
};

struct history {
	char *path;
	pthread_mutex_t write, read, ram;

	sqlite3 *writer; /* under write; NULL while there is no file */
	sqlite3 *reader; /* under read; NULL while there is no file */

	/* under write and ram */
	struct names entities, series;
	struct entity *entity; /* by entity number - 1 */
	size_t pending;	       /* samples of all tracks */
	uint64_t thinned;
	uint32_t now;		     /* second of the latest put; 0 = none ever */
	uint32_t first;		     /* second of the first put since the last consolidation */
	uint32_t settled;	     /* no deletion before this second */
	uint32_t keep[ROLLUP_TIERS]; /* seconds */

	/* under ram */
	bool damaged; /* a query found out */
	char *set_aside;
};

void history_lock(pthread_mutex_t *m);
void history_unlock(pthread_mutex_t **m);
/* Holds a lock to the end of the block. */
#define HOLD(m)                                                                                    \
	cleanup(history_unlock) pthread_mutex_t *held_##m = &h->m;                                 \
	history_lock(held_##m)

void history_stmt_free(sqlite3_stmt **s);
#define autostmt cleanup(history_stmt_free)

/* history_db.c: connections, schema, errors. */

/* Opens both connections and brings the schema up. history.damaged: the file must be set aside. */
int history_db_connect(struct history *h, struct err *e);
void history_db_disconnect(struct history *h);
/* Disconnects and renames the file; sets h->set_aside. */
int history_db_set_aside(struct history *h, struct err *e);
/* The error of the connection's last call, by its code. */
int history_db_error(sqlite3 *db, const char *doing, struct err *e);
int history_db_exec(sqlite3 *db, const char *sql, struct err *e);
int history_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct err *e);
/* Steps a statement that gives no row, and resets it. */
int history_db_run(sqlite3 *db, sqlite3_stmt *s, struct err *e);

/* history.c: RAM. All under ram. */

void history_ram_clear(struct history *h);
int history_names_find(const struct names *list, const char *name); /* its number; 0 = none */
int history_names_add(struct names *list, const char *name);	    /* its number */
int history_entity_add(struct history *h, const char *name);	    /* its number */
/* NULL unless both numbers exist. */
struct track *history_track(struct history *h, int entity, int series);
void history_track_add(struct history *h, struct track *track, uint32_t t, float v);

/* history_write.c. */

/* Fills empty RAM from the file: names, now, tail. history.damaged when it makes no sense. */
int history_load(struct history *h, struct err *e);

#endif
