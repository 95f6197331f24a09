/* watch_priv: what the files of the room watch share; nobody else includes it. */
#ifndef SERVICES_WATCH_PRIV_H
#define SERVICES_WATCH_PRIV_H

#include "base/thread.h"
#include "services/watch.h"

#include <stdatomic.h>

#define NEWS_MAX 256

/* An engine event, kept until the keeper has dealt with it. */
struct news {
	msec at;
	char id[65], name[128], action[32];
	int exit_code;
};

struct watch {
	struct app *app;
	pthread_t events_thread, keeper_thread;
	bool events_runs, keeper_runs;
	atomic_bool stop;
	atomic_bool
		cut; /* leave the stream of events: to stop, or to see whether the engine answers */
	struct gate gate;
	struct news news[NEWS_MAX]; /* with the gate held */
	size_t n_news;
	bool poked, look, connected_anew;
	msec connected_at;	      /* monotonic; 0 = not connected */
	pthread_mutex_t refresh_lock; /* one look at the engine at a time */
	struct crash {
		char stack[32], service[32];
		msec at;
	} crashes[64]; /* the last ones, a ring; keeper thread only */
	size_t n_crashes;
	char killed[65];   /* container that was last sent a signal: its end is no crash; keeper
			      thread only */
	char disarmed[65]; /* whose restart policy was taken here, no one's limits; likewise */
};

/* watch_events.c */
void *watch_events_run(void *watch);
/* watch_disk.c; keeper thread. */
void watch_guard_disks(struct watch *w);
/* watch_pressure.c; keeper thread. */
void watch_guard_memory(struct watch *w);
void watch_recall_raises(struct watch *w); /* once, after the start */
/* watch_keeper.c */
void *watch_keeper_run(void *watch);
/* watch_news.c: what an engine event means; keeper thread. */
void watch_take_news(struct watch *w, const struct news *n);
int watch_crashes(const struct watch *w, const char *stack, const char *service, msec now);
void watch_forget_crashes(struct watch *w, const char *stack, const char *service);

#endif
