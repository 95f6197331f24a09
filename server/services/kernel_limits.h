/*
 * kernel_limits: what a reading of the kernel says, held against the limits that may be there: the
 * owner's own, or those of a good neighbour. Any thread.
 */
#ifndef SERVICES_KERNEL_LIMITS_H
#define SERVICES_KERNEL_LIMITS_H

#include "base/model.h"

/* The kernel's limits in our terms (see cgroup_limits). *ret_mode: mode of the neighbour whose
 * share they have; -1 = somebody else's. *ret_wanted: the limits of that mode; with -1 the owner's.
 * weighs: whether this kernel can weigh disk access. */
struct limits kernel_limits(const struct limits *own, const struct neighbour *n,
	const struct usage *u, bool weighs, int *ret_mode, struct limits *ret_wanted);

#endif
