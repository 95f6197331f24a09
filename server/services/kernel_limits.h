/*
 * kernel_limits: what a reading of the kernel says, held against the limits that may be there: the
 * owner's own, or those of a good neighbour. Any thread.
 */
#ifndef SERVICES_KERNEL_LIMITS_H
#define SERVICES_KERNEL_LIMITS_H

#include "services/app.h"

struct cgroup; /* io/cgroup.h */

/* One reading, to be held against limits. Where the engine cannot limit swap, what the kernel has
 * for it is nobody's limit and counts as not told: on cgroup v2 an engine in the root group finds
 * no memory.swap.max there and says that it cannot (moby, pkg/sysinfo, getSwapLimitV2), but the
 * files of its containers say "max". Errors as cgroup_read. */
int kernel_read(struct app *app, struct cgroup *c, struct usage *ret, struct err *e);

/* The kernel's limits in our terms (see cgroup_limits). *ret_mode: mode of the neighbour whose
 * share they have; -1 = somebody else's. *ret_wanted: the limits of that mode; with -1 the owner's.
 * weighs: whether this kernel can weigh disk access. */
struct limits kernel_limits(const struct limits *own, const struct neighbour *n,
	const struct usage *u, bool weighs, int *ret_mode, struct limits *ret_wanted);

#endif
