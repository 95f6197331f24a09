/*
 * cgroup: memory, cpu, block I/O and OOM of one container, on cgroup v1 (joined and separate
 * mounts), v2 and hybrid systems (https://docs.kernel.org/admin-guide/cgroup-v1/memory.html,
 * https://docs.kernel.org/admin-guide/cgroup-v2.html).
 *
 * The path is found through /proc/PID/cgroup, never guessed. The descriptors are kept open, so that
 * one reading is a handful of pread calls. A struct cgroup belongs to one thread.
 *
 * Error codes: cgroup.gone (the process or its cgroup no longer exists), cgroup.unreadable.
 */
#ifndef IO_CGROUP_H
#define IO_CGROUP_H

#include "base/model.h"

struct cgroup; /* opaque */

/* root: "/sys/fs/cgroup" or a test's tree; proc: "/proc" or a test's. */
int cgroup_open(const char *root, const char *proc, int pid, struct cgroup **ret, struct err *e);
void cgroup_close(struct cgroup *c);	    /* NULL is allowed */
int cgroup_version(const struct cgroup *c); /* 1 or 2 */
/* Everything the kernel tells; what it does not tell is -1. usage->at is the wall clock. */
int cgroup_read(struct cgroup *c, struct usage *ret, struct err *e);

/* The oldest process in the control groups of a container (its full id), whether the engine knows
 * of it or not; 0 = none. */
int cgroup_first_process(const char *proc, const char *container);
/* The helper of the engine (a containerd-shim) that holds a container; 0 = none. It is in no
 * control group of the container. */
int cgroup_helper(const char *proc, const char *container);

/* The kernel's view in the terms of our limits (0 = none), for comparing with what is wanted.
 * Fields the kernel does not tell take the value of `wanted`, so that they never differ; so do
 * values that differ only by the kernel's rounding (pages, the coarser scale of version 2) and
 * weights left at the kernel's default where none is wanted. swap -1: memory is limited, swap is
 * not. */
struct limits cgroup_limits(const struct usage *u, const struct limits *wanted);

#endif
