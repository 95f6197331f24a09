/*
 * plan_adopt: plans that take over what somebody else made, and give it back.
 *
 * A stack that was taken over remembers it in stack.adopted:
 *   at          when
 *   containers  array of {service, container, name, kept_as, policy, ran}: the old containers,
 * which stay stopped under the name kept_as until the person lets them go chain       {way, kind,
 * from, path} or null: where the chain lay. way: rename (it was moved out and is moved back when
 * the person goes back) or copy (the old one is still there)
 *
 * Pure; any thread. Error codes: those of plan.h, adopt.none (the stack was not taken over),
 * adopt.running (an old container runs).
 */
#ifndef DOMAIN_PLAN_ADOPT_H
#define DOMAIN_PLAN_ADOPT_H

#include "domain/plan.h"

/* A chain that lies somewhere else. */
struct plan_origin {
	const char *kind; /* bind, volume, layer */
	const char *way;  /* rename, copy */
	const char *from; /* full path on the NAS */
	const char *path; /* in the container */
	int64_t bytes;	  /* -1 = not known */
	int uid, gid;	  /* its owner; -1 = not known */
};

/* Like an install, with the chain of `origin` (NULL: none) and with the containers that have the
 * names of ours taken over. action: import or adopt; pull: the images may have to be downloaded. */
int plan_take(const struct stack *after, const char *action, bool pull,
	const struct plan_origin *origin, const struct plan_facts *f, struct plan *ret,
	struct err *e);

/* Everything as it was before: our containers go, the chain goes back, the old ones run again. */
int plan_go_back(
	const struct stack *before, const struct plan_facts *f, struct plan *ret, struct err *e);

/* The old containers go for good, unless one still holds a chain. alive: name of an old container
 * that runs, or NULL. */
int plan_let_go(const struct stack *before, const char *alive, const struct plan_facts *f,
	struct plan *ret, struct err *e);

#endif
