/* io/fetch: calls into the networks of other processes, as containers have them. */
#include "unit/fetch_stage.h"

#include "unit/other_network.h"

static void test_namespace(void **state)
{
	cleanup(fake_stop) struct fake s;
	autofree char *url = NULL;
	struct fetch f = {0};

	(void)state;
	fake_start_tcp(&s, ONE(.raw = OK("hello", "5"), .keep = true));
	f.url = url = xasprintf("http://127.0.0.1:%d/", s.port);
	f.netns_pid = getpid(); /* our own: needs no privilege */
	for (int i = 0; i < 2; i++) {
		autoanswer struct fetch_answer a = {0};

		assert_int_equal(fetch_run(&f, &a, &why), 0);
	}
	assert_int_equal(s.n_conns, 2); /* never a kept connection */
	f.netns_pid = 0x7ffffff0;
	assert_fails(&f, "fetch.refused");
}

/* A process in a network of its own, with a server on its loopback that keeps connections. Ends
 * with the pipe. The port is the same in all of them. */
static int serve_in(const struct fake_route *route)
{
	static struct fake s;

	fake_start_tcp_at(&s, 8545, route, 1);
	return s.port;
}

static int serve_inside(void)
{
	static const struct fake_route route = {.raw = OK("inside", "6"), .keep = true};

	return serve_in(&route);
}

static int serve_elsewhere(void)
{
	static const struct fake_route route = {.raw = OK("elsewhere", "9"), .keep = true};

	return serve_in(&route);
}

static void test_other_namespace(void **state)
{
	autoanswer struct fetch_answer a = {0};
	autofree char *url = NULL;
	struct other_network o;
	struct fetch f = {0};

	(void)state;
	if (geteuid())
		skip(); /* entering another network is for root */
	other_network_begin(&o, serve_inside);
	f.url = url = xasprintf("http://127.0.0.1:%d/", o.port);
	assert_fails(&f, "fetch.refused"); /* not in ours */
	f.netns_pid = o.pid;
	assert_int_equal(fetch_run(&f, &a, &why), 0);
	assert_string_equal(a.body.data, "inside");
	f.netns_pid = 0;
	assert_fails(&f, "fetch.refused"); /* and we are back */
	f.netns_pid = o.pid;
	if (seteuid(65534))
		fail();
	assert_fails(&f, "fetch.denied");
	if (seteuid(0))
		fail();
	other_network_end(&o);
}

static void asked(const struct other_network *o, const char *answer)
{
	autoanswer struct fetch_answer a = {0};
	struct fetch f = {.method = "POST",
		.url = "http://127.0.0.1:8545/",
		.netns_pid = o->pid,
		.netns_keep = true};

	assert_int_equal(fetch_run(&f, &a, &why), 0);
	assert_string_equal(a.body.data, answer);
}

/* A connection that is kept in one network is never used for another one. */
static void test_two_namespaces(void **state)
{
	struct other_network one, two;

	(void)state;
	if (geteuid())
		skip(); /* entering another network is for root */
	other_network_begin(&one, serve_inside);
	other_network_begin(&two, serve_elsewhere);
	for (int i = 0; i < 3; i++) {
		asked(&one, "inside");
		asked(&two, "elsewhere");
	}
	other_network_end(&two); /* first: it has inherited the pipe of the other */
	other_network_end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_other_namespace),
		cmocka_unit_test(test_two_namespaces),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
