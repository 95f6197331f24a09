/*
 * kmsg: which processes the kernel ended for want of memory, and on whose account: its own log.
 *
 * /dev/kmsg gives one record a read, "priority,sequence,microseconds,flags;text"
 * (https://docs.kernel.org/admin-guide/abi-testing.html, dev-kmsg). Of a kill it says
 *   since 5.0: "oom-kill:constraint=…,oom_memcg=/docker/ID,task_memcg=/docker/ID,task=NAME,pid=N",
 *              with "global_oom" in the place of oom_memcg when the whole machine was out of
 * memory; before:    "Task in /docker/ID killed as a result of limit of /docker/ID" (only for a
 * limit); both:      "memory: usage …kB, limit …kB, failcnt N" of the limit that was reached
 * (mm/memcontrol.c), before the one and after the other; "Killed process N (NAME) total-vm:…,
 * anon-rss:…kB, …" (mm/oom_kill.c).
 *
 * One thread at a time. Only what is logged after kmsg_open() is told, each kill once.
 */
#ifndef IO_KMSG_H
#define IO_KMSG_H

#include "base/model.h"

struct kmsg;

/* path: /dev/kmsg, or a file with such records. NULL when it cannot be read (no such right): then
 * other evidence has to do. Closed by kmsg_close(), which takes NULL too. */
struct kmsg *kmsg_open(const char *path);
void kmsg_close(struct kmsg *k);

/* The kills since the last call, at most max (older ones are dropped); how many. */
size_t kmsg_kills(struct kmsg *k, struct kernel_kill *ret, size_t max);

#endif
