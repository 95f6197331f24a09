/*
 * plan: (wanted before, wanted after, what is there) → ordered steps, each with its way back. Pure:
 * the same plan is shown by a dry run and run by a job.
 *
 * Two services depend on each other in one case only: in a shared network namespace the relay owns
 * it, so the node is created, started, restarted and recreated after the relay, always in one plan.
 *
 * Error codes: service.missing, container.unknown (the engine does not show its containers yet),
 * disk.floor, stack.nothing_to_do, recipe.missing, limit.below_use, chain.missing, chain.no_links,
 * disk.too_small, trash.nothing, and those of recipe and spec.
 */
#ifndef DOMAIN_PLAN_H
#define DOMAIN_PLAN_H

#include "domain/recipe.h"

/* What is there, for one service. */
struct plan_actual {
	const char *service;
	const struct container *container;
	bool ours;	   /* made by this program for this service (its labels say so) */
	bool network_gone; /* it is down, and its network was removed: it can never start again */
	int64_t needed;	   /* bytes of memory that cannot be taken from it now; -1 = not known */
};

/* What a copy of the node's chain would take; all zero: there is no chain. */
enum copy_wish {
	COPY_AUTO,  /* when it costs little */
	COPY_WHOLE, /* also when every byte has to be copied */
	COPY_NEVER,
};
struct plan_copy {
	enum copy_wish wish;
	bool links, reflinks; /* what the file system can */
	int64_t bytes, fixed; /* of the chain, and of that in files that can be linked */
	int64_t free;	      /* on its volume */
	int64_t height;	      /* its block; -1 = not known */
};

struct plan_facts {
	msec now;
	const struct recipe_set *recipes;
	const struct plan_actual *actual;
	size_t n_actual;
	int db_version;	      /* found in the node's folder; -1 = none */
	int uid, gid;	      /* owner of the node's folder; -1 = it is not there yet */
	int64_t memory_total; /* of the NAS, bytes */
	struct plan_copy copy;
	bool kept_is_copy;	       /* the chain that is put back */
	const json_t *kept_about;      /* and what is kept of it */
	int64_t disk_free, disk_floor; /* bytes on the chain's volume; floor 0 = no guard */
	int64_t probation_s;	       /* how long a new version is watched; 0 = not at all */
};

int plan_install(
	const struct stack *after, const struct plan_facts *f, struct plan *ret, struct err *e);
int plan_start(const struct stack *s, const struct plan_facts *f, struct plan *ret, struct err *e);
int plan_stop(const struct stack *s, const struct plan_facts *f, struct plan *ret, struct err *e);
/* only: name of one service, or NULL for all. */
int plan_restart(const struct stack *s, const char *only, const struct plan_facts *f,
	struct plan *ret, struct err *e);
/* Other options, environment, ports, network, or a service more. secrets: the patch brings some. */
int plan_options(const struct stack *before, const struct stack *after, bool secrets,
	const struct plan_facts *f, struct plan *ret, struct err *e);
/* Limits of one service, live; with `restart` by recreating it. */
int plan_limits(const struct stack *before, const struct stack *after, const char *service,
	bool restart, const struct plan_facts *f, struct plan *ret, struct err *e);
/* Another image of one service, or the same reference pulled anew. */
int plan_upgrade(const struct stack *before, const struct stack *after, const char *service,
	const struct plan_facts *f, struct plan *ret, struct err *e);
int plan_resync(const struct stack *before, const struct stack *after, const struct plan_facts *f,
	struct plan *ret, struct err *e);
/* chain: id of the kept one; after: with the image and options it ran with. */
int plan_put_back(const struct stack *before, const struct stack *after, const char *chain,
	const struct plan_facts *f, struct plan *ret, struct err *e);
/* A copy of the chain now. */
int plan_copy(const struct stack *s, const struct plan_facts *f, struct plan *ret, struct err *e);
/* A kept chain: into the trash, and out of it. */
int plan_trash(const struct stack *s, const char *chain, const struct plan_facts *f,
	struct plan *ret, struct err *e);
int plan_untrash(const struct stack *s, const char *chain, const struct plan_facts *f,
	struct plan *ret, struct err *e);
/* Chains in the trash, for good. */
struct plan_trashed {
	const char *id;
	int64_t bytes; /* that become free */
};
int plan_empty(const struct stack *s, const struct plan_trashed *list, size_t n,
	const struct plan_facts *f, struct plan *ret, struct err *e);
int plan_remove(
	const struct stack *before, const struct plan_facts *f, struct plan *ret, struct err *e);

#endif
