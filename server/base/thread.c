#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

struct start {
	char name[16];
	void *(*fn)(void *);
	void *arg;
};

static void *run(void *p)
{
	struct start s = *(struct start *)p;

	free(p);
	pthread_setname_np(pthread_self(), s.name);
	return s.fn(s.arg);
}

int thread_start(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg, struct err *e)
{
	struct start *s = xcalloc(1, sizeof(*s));
	sigset_t all, before;
	int rc;

	strncpy(s->name, name, sizeof(s->name) - 1);
	s->fn = fn;
	s->arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(ret, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		return 0;
	free(s);
	errno = rc;
	return err_errno(e, "system.thread", "A thread could not be started");
}

void gate_init(struct gate *g)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->cond, &attr);
	pthread_condattr_destroy(&attr);
}

void gate_destroy(struct gate *g)
{
	pthread_cond_destroy(&g->cond);
	pthread_mutex_destroy(&g->lock);
}

void gate_lock(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
}

void gate_unlock(struct gate *g)
{
	pthread_mutex_unlock(&g->lock);
}

bool gate_wait(struct gate *g, msec ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_cond_timedwait(&g->cond, &g->lock, &until) == 0;
}

void gate_wake(struct gate *g)
{
	pthread_cond_broadcast(&g->cond);
}
