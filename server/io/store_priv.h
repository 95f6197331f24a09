/* store_priv: what the files of the room io/store share; nobody else includes it. */
#ifndef IO_STORE_PRIV_H
#define IO_STORE_PRIV_H

#include "io/store.h"

#include <pthread.h>
#include <sqlite3.h>

struct store {
	sqlite3 *db;
	pthread_mutex_t lock; /* every call holds it: one connection, one user at a time */
	int lock_fd;	      /* DIR/lock, or -1 */
	char *dir;
};

void stmt_free(sqlite3_stmt **st);
#define autostmt cleanup(stmt_free)
void store_unlock(struct store **s);
#define autounlock cleanup(store_unlock)
/* Declares a guard that holds the lock until the end of the scope. */
#define HOLD(s)                                                                                    \
	__attribute__((unused)) autounlock struct store *held_ = (s);                              \
	pthread_mutex_lock(&(s)->lock)

/* Turns the connection's last failure into an error; returns -1. */
int store_fail(struct store *s, struct err *e);
/* Prepares and binds: fmt has one letter a parameter: s text or NULL, i int64_t. */
int store_stmt(
	struct store *s, sqlite3_stmt **ret, struct err *e, const char *sql, const char *fmt, ...);
/* Prepares, binds, runs to the end. */
int store_run(struct store *s, struct err *e, const char *sql, const char *fmt, ...);
/* Gives the reserve up; false when there is none. */
bool store_spend_reserve(struct store *s);
/* Gives it up when hardly anything is free: a transaction must not fail in its middle. */
void store_make_room(struct store *s);
/* Steps: 1 = a row, 0 = no more, -1 = error. */
int store_row(struct store *s, sqlite3_stmt *st, struct err *e);

const char *col_text(sqlite3_stmt *st, int i); /* "" for NULL; borrowed until the next step */
char *col_dup(sqlite3_stmt *st, int i);	       /* NULL for NULL; owned */
json_t *col_json(sqlite3_stmt *st, int i);     /* NULL for NULL or no JSON; owned */
#define COL_COPY(to, st, i) snprintf((to), sizeof(to), "%s", col_text((st), (i)))

/* Inside HOLD. */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
int store_event_insert(struct store *s, struct event *ev, struct err *e);

#endif
