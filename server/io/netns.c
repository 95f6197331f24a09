#include "io/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

int netns_open(int pid, struct netns *ret)
{
	autoclose int target = -1, own = -1;
	struct stat a, b;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	target = open(path, O_RDONLY | O_CLOEXEC);
	/* /proc/self would be the main thread's */
	snprintf(path, sizeof(path), "/proc/self/task/%ld/ns/net", syscall(SYS_gettid));
	if (target >= 0)
		own = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || fstat(target, &a) || fstat(own, &b))
		return -1;
	*ret = NETNS_NONE;
	ret->id = a.st_ino;
	if (a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return 0;
	ret->target = target;
	ret->own = own;
	target = own = -1;
	return 0;
}

void netns_close(struct netns *n)
{
	close_fd(&n->target);
	close_fd(&n->own);
}

int netns_socket(const struct netns *n, int family, int type, int protocol)
{
	int fd;

	if (n->target >= 0 && setns(n->target, CLONE_NEWNET))
		return -1;
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (n->target >= 0 && setns(n->own, CLONE_NEWNET))
		abort();
	return fd;
}
