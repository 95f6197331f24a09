/*
 * thread: named threads with all signals blocked, and a flag that wakes sleepers.
 *
 * Signals are blocked in every thread and read by main alone (house rule 8), so no system call in
 * any room is ever interrupted by one.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/clock.h"
#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>

/* Starts fn(arg) in a thread called name (at most 15 characters). */
int thread_start(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg, struct err *e);

/* A lock with a condition on the monotonic clock. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t cond;
};
void gate_init(struct gate *g);
void gate_destroy(struct gate *g);
void gate_lock(struct gate *g);
void gate_unlock(struct gate *g);
/* Waits with the lock held until gate_wake() or for ms; true when woken, false on time-out. */
bool gate_wait(struct gate *g, msec ms);
/* Wakes every waiter; the lock may be held or not. */
void gate_wake(struct gate *g);

#endif
