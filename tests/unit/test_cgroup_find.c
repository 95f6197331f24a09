/* Who belongs to a container: its processes by their control groups, its helper by its words. */
#include "io/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "shell.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static char proc[64];

static int setup(void **state)
{
	(void)state;
	snprintf(proc, sizeof(proc), "/tmp/test-cgroup-find-XXXXXX");
	return mkdtemp(proc) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	run(true, "rm -r %s", proc);
	return 0;
}

/* A process; | stands for the end of a word of its command line. */
static void put(int pid, const char *cgroup, const char *words)
{
	run(true, "mkdir %s/%d", proc, pid);
	run(true, "echo '%s' >%s/%d/cgroup", cgroup, proc, pid);
	run(true, "printf '%s' | tr '|' '\\0' >%s/%d/cmdline", words, proc, pid);
}

static void test_processes(void **state)
{
	(void)state;
	put(7, "4:memory:/docker/" OTHER, "parity|");
	run(true, "mkdir %s/8 %s/sys", proc, proc); /* one that has just ended, and no process */
	assert_int_equal(cgroup_first_process(proc, ID), 0);
	put(31, "4:memory:/docker/" ID, "parity|");
	put(30, "0::/system.slice/docker-" ID ".scope", "sh|");
	assert_int_equal(cgroup_first_process(proc, ID), 30);
	assert_int_equal(cgroup_first_process("/nowhere", ID), 0);
}

static void test_helper(void **state)
{
	(void)state;
	put(10, "0::/docker/" ID, "parity|--name|" ID "|");
	put(11, "0::/", "containerd-shim-runc-v2|-id|" OTHER "|");
	put(12, "0::/", "containerd-shim|/run/not" ID "|");
	put(13, "0::/", "sh|-c|containerd-shim -id " ID "|");
	put(14, "0::/", "");
	assert_int_equal(cgroup_helper(proc, ID), 0);
	put(20, "0::/", "/usr/bin/containerd-shim-runc-v2|-namespace|moby|-id|" ID "|-address|/s|");
	assert_int_equal(cgroup_helper(proc, ID), 20);
}

static void test_helper_of_old_engines(void **state)
{
	(void)state;
	put(22, "0::/", "docker-containerd-shim|" ID "|/run/x|docker-runc|");
	assert_int_equal(cgroup_helper(proc, ID), 22);
	put(21, "0::/", "containerd-shim|-workdir|/var/lib/moby/" ID "|-address|/s|");
	assert_int_equal(cgroup_helper(proc, ID), 21);
}

/* A command line that is longer than what is read of it ends where the reading ends. */
static void test_long_words(void **state)
{
	(void)state;
	run(true, "mkdir %s/5", proc);
	run(true,
		"{ printf 'containerd-shim\\0'; head -c 40000 /dev/zero | tr '\\0' x; } "
		">%s/5/cmdline",
		proc);
	assert_int_equal(cgroup_helper(proc, ID), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_processes),
		TEST(test_helper),
		TEST(test_helper_of_old_engines),
		TEST(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
