/* Who talks to a port from inside a namespace, and when it last did. */
#include "io/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"

#define ESTABLISHED 1 /* in the kernel's numbers of TCP states */

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 diag;
};

static int ask(int fd, int family, int port)
{
	struct question q = {.head = {.nlmsg_len = sizeof(q),
				     .nlmsg_type = SOCK_DIAG_BY_FAMILY,
				     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.diag = {.sdiag_family = (uint8_t)family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.idiag_states = 1 << ESTABLISHED,
			.id.idiag_dport = htons((uint16_t)port)}};

	return send(fd, &q, sizeof(q), 0) == sizeof(q) ? 0 : -1;
}

/* An older kernel's tcp_info ends earlier. */
#define TOLD(len, field)                                                                           \
	((len) >= offsetof(struct tcp_info, field) + sizeof(((struct tcp_info *)0)->field))

static void take_info(const void *data, size_t len, struct netns_talk *ret)
{
	struct tcp_info i = {0};

	memcpy(&i, data, len < sizeof(i) ? len : sizeof(i));
	if (!TOLD(len, tcpi_last_data_recv) ||
		(ret->sent_ago >= 0 && ret->sent_ago <= (msec)i.tcpi_last_data_sent))
		return;
	ret->sent_ago = i.tcpi_last_data_sent;
	ret->heard_ago = i.tcpi_last_data_recv;
	ret->waits = i.tcpi_unacked > 0;
	ret->sent = TOLD(len, tcpi_bytes_acked) ? (int64_t)i.tcpi_bytes_acked : -1;
}

static void take_connection(const struct nlmsghdr *m, int port, struct netns_talk *ret)
{
	const struct inet_diag_msg *d = NLMSG_DATA(m);
	unsigned left = m->nlmsg_len - NLMSG_LENGTH(sizeof(*d));

	if (m->nlmsg_len < NLMSG_LENGTH(sizeof(*d)) || ntohs(d->id.idiag_dport) != port)
		return;
	ret->n++;
	for (const struct rtattr *a = (const struct rtattr *)(d + 1); RTA_OK(a, left);
		a = RTA_NEXT(a, left))
		if (a->rta_type == INET_DIAG_INFO)
			take_info(RTA_DATA(a), RTA_PAYLOAD(a), ret);
}

/* 1 at the end of the list, 0 when more of it comes, -1 with errno. */
static int take_part(int fd, int port, struct netns_talk *ret)
{
	_Alignas(struct nlmsghdr) char part[32 * 1024];
	ssize_t n = recv(fd, part, sizeof(part), 0);
	unsigned left = n > 0 ? (unsigned)n : 0;

	if (n <= 0)
		return -1;
	for (const struct nlmsghdr *m = (const struct nlmsghdr *)part; NLMSG_OK(m, left);
		m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_type == NLMSG_DONE)
			return 1;
		if (m->nlmsg_type == NLMSG_ERROR) {
			errno = EOPNOTSUPP;
			return -1;
		}
		if (m->nlmsg_type == SOCK_DIAG_BY_FAMILY)
			take_connection(m, port, ret);
	}
	return 0;
}

static int list(int fd, int family, int port, struct netns_talk *ret)
{
	int end = ask(fd, family, port);

	while (!end)
		end = take_part(fd, port, ret);
	return end > 0 ? 0 : -1;
}

int netns_talk(int pid, int port, struct netns_talk *ret)
{
	struct timeval patience = {.tv_sec = 1}; /* the kernel answers at once, or never */
	struct netns_talk t = {.sent_ago = -1, .heard_ago = -1, .sent = -1};
	autonetns struct netns ns = NETNS_NONE;
	autoclose int fd = -1;

	if (netns_open(pid, &ns))
		return -1;
	fd = netns_socket(&ns, AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
		list(fd, AF_INET, port, &t))
		return -1;
	list(fd, AF_INET6, port, &t); /* a kernel without IPv6 has no such connections */
	*ret = t;
	return 0;
}

/* Lines of "sl local:port remote:port state …", in hex; see proc_net_tcp of the kernel's
 * documentation. */
static int count_listed(const char *path, int port)
{
	autofile FILE *f = fopen(path, "re");
	char line[512];
	int n = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		unsigned remote, state;

		n += sscanf(line, " %*d: %*[0-9A-Fa-f]:%*x %*[0-9A-Fa-f]:%x %x", &remote, &state) ==
			     2 &&
		     remote == (unsigned)port && state == ESTABLISHED;
	}
	return n;
}

int netns_talk_listed(const char *proc, int pid, int port, struct netns_talk *ret)
{
	autofree char *four = xasprintf("%s/%d/net/tcp", proc, pid);
	autofree char *six = xasprintf("%s/%d/net/tcp6", proc, pid);
	int n = count_listed(four, port), n6 = count_listed(six, port);

	if (n < 0)
		return -1;
	*ret = (struct netns_talk){
		.n = n + (n6 > 0 ? n6 : 0), .sent_ago = -1, .heard_ago = -1, .sent = -1};
	return 0;
}
