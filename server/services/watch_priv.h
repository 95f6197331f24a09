/* watch_priv: what the files of the room watch share; nobody else includes it. */
#ifndef SERVICES_WATCH_PRIV_H
#define SERVICES_WATCH_PRIV_H

#include "base/thread.h"
#include "domain/incident.h"
#include "services/watch.h"

#include <stdatomic.h>

#define NEWS_MAX 256
#define SIGNS_MAX 16
#define KILLS_MAX 16

/* An engine event, kept until the keeper has dealt with it. */
struct news {
	msec at;
	char id[65], name[128], action[32];
	int exit_code;
};

/* What is known so far of an end or a kill; the witnesses of one arrive within a second or so. */
struct sign {
	char stack[32], service[32], container[65];
	msec at;
	msec due; /* monotonic: when all that will come has come */
	unsigned witnesses;
	int64_t limit; /* bytes; 0 = none */
	int pid;       /* of the main process */
	bool ended;
	msec ended_at;
	int exit_code;
	msec again_at; /* started again; 0 = not yet */
};

struct kmsg;

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
	struct sign signs[SIGNS_MAX]; /* with the gate held */
	size_t n_signs;
	struct kmsg *kmsg; /* NULL = not to be had; keeper thread only, like the next two */
	struct heard {
		struct kernel_kill kill;
		msec at; /* monotonic: when it was read */
	} heard[KILLS_MAX];
	size_t n_heard;
	msec connected_at;	      /* monotonic; 0 = not connected */
	pthread_mutex_t refresh_lock; /* one look at the engine at a time */
	struct crash {
		char stack[32], service[32];
		msec at;
	} crashes[64]; /* the last ones, a ring; keeper thread only */
	size_t n_crashes;
	msec storm_next;   /* monotonic: when to look for storms again; keeper thread only */
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
/* watch_storm.c; keeper thread. */
void watch_for_storms(struct watch *w);
/* watch_neighbour.c; keeper thread. */
void watch_be_neighbour(struct watch *w);
/* watch_keeper.c */
void *watch_keeper_run(void *watch);
/* watch_news.c: what an engine event means; keeper thread. */
void watch_take_news(struct watch *w, const struct news *n);
int watch_crashes(const struct watch *w, const char *stack, const char *service, msec now);
void watch_forget_crashes(struct watch *w, const char *stack, const char *service);
/* watch_incident.c: from the first sign to the card. */
void watch_sign(struct watch *w, const struct sign *s); /* any thread */
/* It ended; joins what was signed of it before. alone: no job and nobody at the engine asked for
 * it, so that its end alone is an incident. */
void watch_sign_end(struct watch *w, const struct sign *s, bool alone);
/* The rest: keeper thread. */
msec watch_signs_wait(struct watch *w, msec at_most); /* until the next is due */
void watch_close_signs(struct watch *w);
void watch_started_again(struct watch *w, const char *stack, const char *service, msec at);
void watch_recall_incidents(struct watch *w); /* once, after the start */
/* watch_gather.c: what is kept beside the facts, an object owned by the caller; fills in the
 * figures of *i. until: the last moment of its log; 0 = without, the engine would not answer. */
json_t *watch_gather(struct watch *w, struct incident *i, msec until);

#endif
