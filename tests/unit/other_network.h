/*
 * other_network: a process in a network of its own that has only a loopback, for cmocka tests of
 * what enters other networks. For root.
 */
#ifndef TESTS_UNIT_OTHER_NETWORK_H
#define TESTS_UNIT_OTHER_NETWORK_H

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct other_network {
	pid_t pid;
	int port; /* that `serve` told */
	int ready[2], end[2];
};

static void other_network_live(struct other_network *o, int (*serve)(void))
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = unshare(CLONE_NEWNET) ? -1 : socket(AF_INET, SOCK_DGRAM, 0), port;
	char c;

	close(o->end[1]);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) || (port = serve()) < 0 ||
		write(o->ready[1], &port, sizeof(port)) != sizeof(port))
		_exit(1);
	_exit(read(o->end[0], &c, 1) < 0);
}

/* serve: called there; the port of what it left open, or -1. */
static void other_network_begin(struct other_network *o, int (*serve)(void))
{
	assert_int_equal(pipe2(o->ready, O_CLOEXEC) | pipe2(o->end, O_CLOEXEC), 0);
	o->pid = fork();
	if (!o->pid)
		other_network_live(o, serve);
	close(o->ready[1]);
	close(o->end[0]);
	assert_int_equal(read(o->ready[0], &o->port, sizeof(o->port)), sizeof(o->port));
}

static void other_network_end(struct other_network *o)
{
	close(o->ready[0]);
	close(o->end[1]);
	assert_int_equal(waitpid(o->pid, NULL, 0), o->pid);
}

#endif
