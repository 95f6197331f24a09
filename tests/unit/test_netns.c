/* Connections as the kernel tells them: here, in another namespace, and from its lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/host.h"
#include "io/netns.h"
#include "unit/other_network.h"

/* A connection on the loopback; its ends and what they are connected to. */
struct pair {
	int listener, out, in, port;
};

static int connect_pair(struct pair *p, int family)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *a = family == AF_INET ? (void *)&four : (void *)&six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);

	p->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->out = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || bind(p->listener, a, len) || listen(p->listener, 4) ||
		getsockname(p->listener, a, &len) || connect(p->out, a, len))
		return -1;
	p->port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	p->in = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	return p->in < 0 ? -1 : 0;
}

static void close_pair(struct pair *p)
{
	close(p->out);
	close(p->in);
	close(p->listener);
}

static void tells_of_a_connection(int family)
{
	struct netns_talk t;
	struct pair p;
	char buf[100] = {0};

	if (connect_pair(&p, family))
		skip(); /* a machine without IPv6 */
	assert_int_equal(write(p.out, buf, 100), 100);
	assert_int_equal(write(p.in, buf, 10), 10);
	assert_int_equal(read(p.in, buf, 100), 100);
	assert_int_equal(read(p.out, buf, 100), 10);
	usleep(300000);
	assert_int_equal(write(p.in, buf, 10), 10);
	assert_int_equal(read(p.out, buf, 100), 10);
	assert_int_equal(netns_talk(getpid(), p.port, &t), 0);
	assert_int_equal(t.n, 1);
	assert_true(t.sent >= 100 && t.sent <= 101); /* the first is the handshake */
	assert_true(t.sent_ago >= 250);
	assert_false(t.waits);
	assert_true(t.heard_ago >= 0 && t.heard_ago < t.sent_ago);
	assert_int_equal(netns_talk_listed("/proc", getpid(), p.port, &t), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.sent_ago, -1);
	close_pair(&p);
	assert_int_equal(netns_talk(getpid(), p.port, &t), 0);
	assert_int_equal(t.n, 0); /* what is closing is none, nor is a listener */
	assert_int_equal(t.sent_ago, -1);
	assert_int_equal(netns_talk_listed("/proc", getpid(), p.port, &t), 0);
	assert_int_equal(t.n, 0);
}

static void test_ipv4(void **state)
{
	(void)state;
	tells_of_a_connection(AF_INET);
}

static void test_ipv6(void **state)
{
	(void)state;
	tells_of_a_connection(AF_INET6);
}

/* Of several the one that sent last. */
static void test_many(void **state)
{
	struct pair p;
	struct netns_talk t;
	int more[40];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)state;
	assert_int_equal(connect_pair(&p, AF_INET), 0);
	assert_int_equal(listen(p.listener, 64), 0);
	a.sin_port = htons((uint16_t)p.port);
	for (int i = 0; i < 40; i++) {
		more[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(more[i], (void *)&a, sizeof(a)), 0);
	}
	usleep(200000); /* it counts in ticks */
	assert_int_equal(write(more[20], "hello", 5), 5);
	assert_int_equal(netns_talk(getpid(), p.port, &t), 0);
	assert_int_equal(t.n, 41);
	assert_true(t.sent >= 5 && t.sent_ago >= 0);
	for (int i = 0; i < 40; i++)
		close(more[i]);
	close_pair(&p);
}

static int talk_inside(void)
{
	struct pair p;

	return connect_pair(&p, AF_INET) || write(p.out, "x", 1) != 1 ? -1 : p.port;
}

static void test_other_namespace(void **state)
{
	uint64_t home = host_netns(getpid());
	struct other_network o;
	struct netns_talk t;

	(void)state;
	if (geteuid())
		skip(); /* entering another network is for root */
	other_network_begin(&o, talk_inside);
	assert_int_equal(netns_talk(getpid(), o.port, &t), 0);
	assert_int_equal(t.n, 0); /* not in ours */
	assert_int_equal(netns_talk(o.pid, o.port, &t), 0);
	assert_int_equal(t.n, 1);
	assert_true(t.sent_ago >= 0);
	assert_int_equal(host_netns(getpid()), home); /* and we are back */
	assert_int_equal(netns_talk_listed("/proc", o.pid, o.port, &t), 0);
	assert_int_equal(t.n, 1);
	other_network_end(&o);
	assert_int_equal(netns_talk(o.pid, o.port, &t), -1);
	assert_int_equal(netns_talk_listed("/proc", o.pid, o.port, &t), -1);
}

/* A kernel's lists, as they are: an address each, state 0A listens, 06 waits, 01 is established. */
static void test_lists(void **state)
{
	static const char four[] = "  sl  local_address rem_address   st tx_queue rx_queue tr "
				   "tm->when retrnsmt   uid\n"
				   "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 "
				   "00:00000000 00000000     0\n"
				   "   1: 020011AC:9CB5 0100A8C0:0BB8 01 00000000:00000000 "
				   "00:00000000 00000000     0\n"
				   "   2: 020011AC:9CB6 0100A8C0:0BB8 06 00000000:00000000 "
				   "00:00000000 00000000     0\n"
				   "  10: 020011AC:0BB8 0100A8C0:9CB7 01 00000000:00000000 "
				   "00:00000000 00000000     0\n"
				   "rubbish\n";
	static const char six[] = "  sl  local_address                         remote_address      "
				  "                  st\n"
				  "   0: 00000000000000000000000001000000:8CA0 "
				  "0000000000000000FFFF00000100A8C0:0BB8 01 00000000:00000000\n";
	char dir[] = "/tmp/netns-XXXXXX";
	autofree char *cmd = NULL, *file4 = NULL, *file6 = NULL;
	struct netns_talk t;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	cmd = xasprintf("mkdir -p %s/7/net", dir);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(netns_talk_listed(dir, 7, 3000, &t), -1);
	file4 = xasprintf("%s/7/net/tcp", dir);
	file6 = xasprintf("%s/7/net/tcp6", dir);
	f = fopen(file4, "we");
	assert_non_null(f);
	fputs(four, f);
	fclose(f);
	assert_int_equal(netns_talk_listed(dir, 7, 3000, &t), 0);
	assert_int_equal(t.n, 1);
	f = fopen(file6, "we");
	assert_non_null(f);
	fputs(six, f);
	fclose(f);
	assert_int_equal(netns_talk_listed(dir, 7, 3000, &t), 0);
	assert_int_equal(t.n, 2);
	assert_int_equal(netns_talk_listed(dir, 7, 3001, &t), 0);
	assert_int_equal(t.n, 0);
	free(cmd);
	cmd = xasprintf("rm -r %s", dir);
	assert_int_equal(system(cmd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_other_namespace),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
