/*
 * world: what the program knows right now, in RAM: the wanted stacks as the store has them, and for
 * each service its container, last reading, sync and findings. Written by watch (engine,
 * containers), sampler (readings), probe (sync, disk); read by everybody. Readers hold the lock
 * while they look; nobody does I/O with the lock held.
 */
#ifndef SERVICES_WORLD_H
#define SERVICES_WORLD_H

#include "base/model.h"
#include "domain/advice.h"
#include "io/host.h"

#include <pthread.h>

struct store;

struct world {
	pthread_mutex_t lock;
	struct store *store;
	const char *data_root;
	struct stack *stacks; /* wanted */
	size_t n_stacks;
	struct service_facts *services; /* one for each wanted service, in the stacks' order */
	size_t n_services;
	struct engine_facts engine;
	struct host host;
	double others_load;   /* of the last minute, without the containers here; -1 = not known */
	struct volume volume; /* of the data root */
	json_t *findings;     /* array, as domain/advice made it; object verdict beside it */
	json_t *verdict;
	int64_t rss, disk_bytes; /* of this program */
	double cpu_percent;	 /* of this program; -1 = not measured yet */
	msec self_at;
};

/* data_root: where the stacks' folders are; borrowed. */
struct world *world_new(struct store *store, const char *data_root);
void world_free(struct world *w);
/* Reads the wanted stacks again; what is known of services that remain is kept. */
int world_reload(struct world *w, struct err *e);

void world_lock(struct world *w);
void world_unlock(struct world *w);
/* With the lock held; borrowed; NULL when there is none. */
const struct stack *world_stack(const struct world *w, const char *name);
struct service_facts *world_service(struct world *w, const char *stack, const char *service);

/* Copy of one wanted stack; stack.missing. */
int world_copy_stack(struct world *w, const char *name, struct stack *ret, struct err *e);
/* Copies of all, for loops that do I/O; owned by the caller (stack_free each, then free). */
struct stack *world_copy_stacks(struct world *w, size_t *ret_n);

#endif
