/*
 * netns: the network namespace of a container's process: sockets in it, and what goes on there.
 *
 * Only the one call that makes a socket is done inside; the socket stays there, the thread comes
 * back (and if it cannot, the program ends: it would answer and ask in the wrong place). Any
 * thread; a struct netns belongs to one.
 */
#ifndef IO_NETNS_H
#define IO_NETNS_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct netns {
	int target, own; /* -1 in both: it is the caller's own, which needs no privilege */
	uint64_t id;	 /* names the namespace while it lives; 0 = not opened */
};
#define NETNS_NONE ((struct netns){.target = -1, .own = -1})

/* Of a process. -1 with errno: EACCES or EPERM, or it is not there any more. */
int netns_open(int pid, struct netns *ret);
void netns_close(struct netns *n);
#define autonetns cleanup(netns_close)
/* As socket(2), always close-on-exec. */
int netns_socket(const struct netns *n, int family, int type, int protocol);

/* The established TCP connections from a namespace to one port. */
struct netns_talk {
	int n;
	/* Of that which sent last; -1 = not told: ms since it sent and received any bytes, and
	 * bytes that the other side has acknowledged since it began. */
	msec sent_ago, heard_ago;
	int64_t sent;
	bool waits; /* some of what it sent is not acknowledged yet */
};
/* Asks the kernel through sock_diag (https://man7.org/linux/man-pages/man7/sock_diag.7.html). -1
 * with errno: this kernel has none, or the process is gone. */
int netns_talk(int pid, int port, struct netns_talk *ret);
/* The same from PROC/PID/net/tcp and tcp6, which every kernel has: only n. */
int netns_talk_listed(const char *proc, int pid, int port, struct netns_talk *ret);

#endif
