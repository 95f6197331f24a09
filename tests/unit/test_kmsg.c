/* io/kmsg: what the kernel's log says of a kill, by its age. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/kmsg.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID "8f3b0d7c6a5e4f3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b"

static char path[] = "/tmp/kmsg-XXXXXX";
static struct kmsg *k;

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/kmsg-XXXXXX");
	close(mkstemp(path));
	k = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmsg_close(k);
	unlink(path);
	return 0;
}

static void log_it(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static size_t kills(struct kernel_kill ret[4])
{
	return kmsg_kills(k, ret, 4);
}

/* Recorded on 6.18: a limit of its own. */
#define OWN                                                                                        \
	"4,102000,19762730389,-;parity invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0\n"  \
	"6,102030,19762730600,-;memory: usage 65536kB, limit 65536kB, failcnt 157\n"               \
	"6,102031,19762730610,-;memory+swap: usage 65536kB, limit 9007199254740988kB, failcnt 0\n" \
	"6,102038,19762730725,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=" ID   \
	",mems_allowed=0,oom_memcg=/docker/" ID ",task_memcg=/docker/" ID                          \
	",task=parity,pid=31254,uid=0\n"                                                           \
	"3,102039,19762730751,-;Memory cgroup out of memory: Killed process 31254 (parity) "       \
	"total-vm:221368kB, anon-rss:65152kB, file-rss:6624kB, shmem-rss:0kB, UID:0 "              \
	"pgtables:200kB oom_score_adj:0\n"

static void of_its_own_limit(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	k = kmsg_open(path);
	log_it(OWN);
	assert_int_equal(kills(r), 1);
	assert_int_equal(r[0].pid, 31254);
	assert_string_equal(r[0].name, "parity");
	assert_int_equal(r[0].limit, 65536 * 1024);
	assert_string_equal(r[0].container, ID);
	assert_string_equal(r[0].limit_of, ID);
	assert_false(r[0].whole_machine);
	assert_int_equal(r[0].anon, 65152 * 1024);
	assert_int_equal(kills(r), 0); /* once */
}

/* Recorded on 6.18: the limit of a group above it. */
static void of_a_group_above(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	k = kmsg_open(path);
	log_it("6,1,1,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
	       "mems_allowed=0,oom_memcg=/oomt,task_memcg=/oomt/" ID ",task=python3,pid=7,uid=0\n"
	       "3,2,1,-;Memory cgroup out of memory: Killed process 7 (python3) "
	       "total-vm:221368kB, anon-rss:65152kB\n");
	assert_int_equal(kills(r), 1);
	assert_string_equal(r[0].container, ID);
	assert_string_equal(r[0].limit_of, "");
	assert_false(r[0].whole_machine);
}

/* As mm/oom_kill.c of 5.10 writes it; with systemd's names. */
static void of_the_whole_machine(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	k = kmsg_open(path);
	log_it("6,1,1,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=" ID
	       ",mems_allowed=0,global_oom,task_memcg=/system.slice/docker-" ID
	       ".scope,task=parity,pid=9,uid=0\n"
	       "3,2,1,-;Out of memory: Killed process 9 (parity) total-vm:9kB, anon-rss:8kB\n");
	assert_int_equal(kills(r), 1);
	assert_string_equal(r[0].container, ID);
	assert_true(r[0].whole_machine);
}

/* As mm/memcontrol.c and mm/oom_kill.c of 4.14 write it. */
static void of_an_old_kernel(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	k = kmsg_open(path);
	log_it("6,1,1,-;Task in /docker/" ID " killed as a result of limit of /docker/" ID "\n"
	       "6,1,2,-;memory: usage 8kB, limit 8kB, failcnt 3\n"
	       "3,2,1,-;Memory cgroup out of memory: Kill process 12 (a b) score 9 or sacrifice "
	       "child\n"
	       "3,3,1,-;Killed process 12 (a b) total-vm:4kB, anon-rss:3kB, file-rss:0kB\n"
	       "3,4,1,-;Out of memory: Kill process 13 (parity) score 900 or sacrifice child\n"
	       "3,5,1,-;Killed process 13 (parity) total-vm:4kB, anon-rss:3kB, file-rss:0kB\n");
	assert_int_equal(kills(r), 2);
	assert_string_equal(r[0].name, "a b");
	assert_string_equal(r[0].limit_of, ID);
	assert_int_equal(r[0].limit, 8192);
	assert_false(r[0].whole_machine);
	assert_int_equal(r[1].pid, 13);
	assert_int_equal(r[1].limit, 0);
	assert_string_equal(r[1].container, "");
	assert_true(r[1].whole_machine);
}

static void what_was_before_is_not_told(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	log_it(OWN);
	k = kmsg_open(path);
	assert_int_equal(kills(r), 0);
	log_it("6,1,1,-;eth0: link up\n");
	assert_int_equal(kills(r), 0);
}

static void of_many_the_last_are_told(void **state)
{
	struct kernel_kill r[4];
	char line[80];

	(void)state;
	k = kmsg_open(path);
	for (int i = 1; i <= 6; i++) {
		snprintf(line, sizeof(line), "3,1,1,-;Killed process %d (x) anon-rss:1kB\n", i);
		log_it(line);
	}
	assert_int_equal(kills(r), 4);
	assert_int_equal(r[0].pid, 3);
	assert_int_equal(r[3].pid, 6);
}

static void nonsense_is_harmless(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	k = kmsg_open(path);
	log_it("3,1,1,-;Killed process \n3,1,1,-;Killed process 5\noom-kill:constraint=\n"
	       "oom-kill:constraint=,task_memcg=/docker/" ID ID "\n"
	       "Killed process 99999999999999999999 (very long name that does not fit anywhere)\n");
	assert_int_equal(kills(r), 3);
	assert_string_equal(r[1].name, "?");
	assert_int_equal(strlen(r[2].name), 31);
}

static void without_the_right_there_is_none(void **state)
{
	struct kernel_kill r[4];

	(void)state;
	k = kmsg_open("/tmp/there/is/no/such/file");
	assert_null(k);
	assert_int_equal(kills(r), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(of_its_own_limit),
		T(of_a_group_above),
		T(of_the_whole_machine),
		T(of_an_old_kernel),
		T(what_was_before_is_not_told),
		T(of_many_the_last_are_told),
		T(nonsense_is_harmless),
		T(without_the_right_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
