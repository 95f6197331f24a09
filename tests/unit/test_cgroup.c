/* cgroup readings from trees as the kernels of NAS, Debian and today lay them out. */
#include "io/cgroup_priv.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define PID 4242
#define ID "/docker/0123456789abcdef"

static char base[64], root[80], proc[80];

static void put(const char *dir, const char *rel, const char *text)
{
	autofree char *path = xasprintf("%s/%s", dir, rel);
	FILE *f;

	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-cgroup-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(root, sizeof(root), "%s/sys", base);
	snprintf(proc, sizeof(proc), "%s/proc", base);
	return mkdir(root, 0755) | mkdir(proc, 0755);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(base, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static void put_memory_v1(const char *at)
{
	autofree char *dir = xasprintf("%s/%s", root, at);

	put(dir, "memory.usage_in_bytes", "67108864\n");
	put(dir, "memory.stat",
		"cache 1\nrss 2\ntotal_cache 40000000\ntotal_rss 20000000\ntotal_rss_huge 9\n"
		"total_swap 4096\ntotal_inactive_file 30000000\ntotal_active_file 7\n");
	put(dir, "memory.limit_in_bytes", "1073741824\n");
	put(dir, "memory.soft_limit_in_bytes", "9223372036854771712\n");
	put(dir, "memory.max_usage_in_bytes", "70000000\n");
	put(dir, "memory.memsw.limit_in_bytes", "1342177280\n");
	put(dir, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
}

static void put_cpu_v1(const char *at)
{
	autofree char *dir = xasprintf("%s/%s", root, at);

	put(dir, "cpu.cfs_quota_us", "20000\n");
	put(dir, "cpu.cfs_period_us", "100000\n");
	put(dir, "cpu.shares", "512\n");
	put(dir, "cpu.stat", "nr_periods 100\nnr_throttled 7\nthrottled_time 123456\n");
}

static void put_rest_v1(const char *acct)
{
	autofree char *dir = xasprintf("%s/%s", root, acct);

	put(dir, "cpuacct.usage", "987654321\n");
	put(root, "blkio" ID "/blkio.throttle.io_service_bytes",
		"8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 1\n8:0 Total 12288\n"
		"9:1 Read 100\n9:1 Write 200\nTotal 12588\n");
	put(root, "blkio" ID "/blkio.weight", "300\n");
	put(root, "pids" ID "/pids.current", "17\n");
}

static void assert_v1(const struct usage *u)
{
	assert_int_equal(u->usage, 67108864);
	assert_int_equal(u->anon, 20000000);
	assert_int_equal(u->cache, 40000000);
	assert_int_equal(u->working_set, 37108864);
	assert_int_equal(u->swap, 4096);
	assert_int_equal(u->memory_limit, 1073741824);
	assert_int_equal(u->reservation, 0);
	assert_int_equal(u->swap_limit, 1342177280);
	assert_int_equal(u->peak, 70000000);
	assert_int_equal(u->oom_kills, 3);
	assert_int_equal(u->cpu_ns, 987654321);
	assert_int_equal(u->cpu_quota_us, 20000);
	assert_int_equal(u->cpu_period_us, 100000);
	assert_int_equal(u->cpu_shares, 512);
	assert_int_equal(u->periods, 100);
	assert_int_equal(u->throttled_periods, 7);
	assert_int_equal(u->throttled_ns, 123456);
	assert_int_equal(u->read_bytes, 4196);
	assert_int_equal(u->write_bytes, 8392);
	assert_int_equal(u->blkio_weight, 300);
	assert_int_equal(u->pids, 17);
	assert_true(u->at > 0);
}

static void reads_as_v1(void)
{
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	if (cgroup_open(root, proc, PID, &c, &e) < 0)
		fail_msg("%s: %s", e.code, e.message);
	assert_int_equal(cgroup_version(c), 1);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_v1(&u);
	/* the second reading sees the present, on the same descriptors */
	put(root, "pids" ID "/pids.current", "18\n");
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.pids, 18);
	cgroup_close(c);
}

static void put_proc(const char *text)
{
	put(proc, "4242/cgroup", text);
}

static void test_v1_separate(void **state)
{
	(void)state;
	put_proc("9:name=systemd:/x\n8:pids:" ID "\n7:blkio:" ID "\n4:memory:" ID "\n3:cpuset:/\n"
		 "2:cpuacct:" ID "\n1:cpu:" ID "\n0::/\n");
	put_memory_v1("memory" ID);
	put_cpu_v1("cpu" ID);
	put_rest_v1("cpuacct" ID);
	reads_as_v1();
}

static void test_v1_joined(void **state)
{
	(void)state;
	put_proc("5:pids:" ID "\n4:cpu,cpuacct:" ID "\n3:blkio:" ID "\n2:memory:" ID "\n");
	put_memory_v1("memory" ID);
	put_cpu_v1("cpu,cpuacct" ID);
	put_rest_v1("cpu,cpuacct" ID);
	reads_as_v1();
}

/* The mount has the name of one of them, and the line lists them the other way round. */
static void test_v1_joined_single_names(void **state)
{
	(void)state;
	put_proc("5:pids:" ID "\n4:cpuacct,cpu:" ID "\n3:blkio:" ID "\n2:memory:" ID "\n");
	put_memory_v1("memory" ID);
	put_cpu_v1("cpu" ID);
	put_rest_v1("cpu" ID);
	reads_as_v1();
}

static void test_hybrid(void **state)
{
	(void)state;
	put_proc("4:pids:" ID "\n3:blkio:" ID "\n2:memory:" ID "\n1:cpu,cpuacct:" ID "\n"
		 "0::" ID "\n");
	put(root, "unified/cgroup.controllers", "\n");
	put(root, "unified" ID "/cpu.stat", "usage_usec 1\n");
	put(root, "unified" ID "/memory.current", "1\n");
	put_memory_v1("memory" ID);
	put_cpu_v1("cpu,cpuacct" ID);
	put_rest_v1("cpu,cpuacct" ID);
	reads_as_v1();
}

static void test_v1_of_old_nas(void **state)
{
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	(void)state;
	put_proc("2:memory:" ID "\n1:cpu,cpuacct:" ID "\n");
	put(root, "memory" ID "/memory.usage_in_bytes", "1000\n");
	put(root, "memory" ID "/memory.limit_in_bytes", "18446744073709551615\n");
	put(root, "memory" ID "/memory.stat", "total_rss 10\ntotal_inactive_file 5000\n");
	put(root, "memory" ID "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
	put(root, "cpu,cpuacct" ID "/cpuacct.usage", "5\n");
	put(root, "cpu,cpuacct" ID "/cpu.cfs_quota_us", "-1\n");
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.memory_limit, 0);
	assert_int_equal(u.working_set, 1000); /* never negative */
	assert_int_equal(u.cache, -1);
	assert_int_equal(u.swap, -1);
	assert_int_equal(u.swap_limit, -1);
	assert_int_equal(u.reservation, -1);
	assert_int_equal(u.peak, -1);
	assert_int_equal(u.oom_kills, -1);
	assert_int_equal(u.cpu_quota_us, 0);
	assert_int_equal(u.cpu_period_us, -1);
	assert_int_equal(u.cpu_shares, 0);
	assert_int_equal(u.blkio_weight, 0);
	assert_int_equal(u.read_bytes, -1);
	assert_int_equal(u.pids, -1);
	cgroup_close(c);
}

static void put_v2(void)
{
	put_proc("0::/system.slice/docker-1.scope\n");
	put(root, "cgroup.controllers", "cpu io memory pids\n");
#define V2 "system.slice/docker-1.scope/"
	put(root, V2 "memory.current", "67108864\n");
	put(root, V2 "memory.stat",
		"anon 20000000\nfile 40000000\nfile_mapped 3\nshmem 900000\n"
		"slab_reclaimable 100000\nslab_unreclaimable 7\n"
		"inactive_anon 8\ninactive_file 30000000\nanon_thp 9\n");
	put(root, V2 "memory.max", "1073741824\n");
	put(root, V2 "memory.low", "536870912\n");
	put(root, V2 "memory.peak", "70000000\n");
	put(root, V2 "memory.swap.current", "4096\n");
	put(root, V2 "memory.swap.max", "268435456\n");
	put(root, V2 "memory.events",
		"low 0\nhigh 1\nmax 2\noom 4\n"
		"oom_kill 3\noom_group_kill 9\n");
	put(root, V2 "cpu.max", "20000 100000\n");
	put(root, V2 "cpu.weight", "39\n");
	put(root, V2 "cpu.stat",
		"usage_usec 987654\nuser_usec 1\nsystem_usec 2\nnr_periods 100\n"
		"nr_throttled 7\nthrottled_usec 123\n");
	put(root, V2 "io.stat",
		"8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=5 dios=6\n"
		"9:1 rbytes=100 wbytes=200 rios=1 wios=2\n");
	put(root, V2 "io.weight", "default 2930\n8:0 50\n");
	put(root, V2 "pids.current", "17\n");
}

static void test_v2(void **state)
{
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	(void)state;
	put_v2();
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_version(c), 2);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.usage, 67108864);
	assert_int_equal(u.anon, 20000000);
	assert_int_equal(u.cache, 40000000);
	assert_int_equal(u.held, 67108864 - 40000000 + 900000 - 100000);
	assert_int_equal(u.working_set, 37108864);
	assert_int_equal(u.swap, 4096);
	assert_int_equal(u.memory_limit, 1073741824);
	assert_int_equal(u.reservation, 536870912);
	assert_int_equal(u.swap_limit, 1342177280); /* of memory and swap */
	assert_int_equal(u.peak, 70000000);
	assert_int_equal(u.oom_kills, 3);
	assert_int_equal(u.cpu_ns, 987654000);
	assert_int_equal(u.cpu_quota_us, 20000);
	assert_int_equal(u.cpu_period_us, 100000);
	assert_int_equal(cgroup_weight_of_shares(u.cpu_shares), 39);
	assert_int_equal(u.throttled_periods, 7);
	assert_int_equal(u.throttled_ns, 123000);
	assert_int_equal(u.read_bytes, 4196);
	assert_int_equal(u.write_bytes, 8392);
	assert_int_equal(u.blkio_weight, 300);
	assert_int_equal(u.pids, 17);
	put(root, V2 "memory.max", "max\n");
	put(root, V2 "cpu.max", "max 100000\n");
	put(root, V2 "memory.low", "max\n");
	put(root, V2 "io.stat", "");
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.memory_limit, 0);
	assert_int_equal(u.swap_limit, 0);
	assert_int_equal(u.reservation, 0);
	assert_int_equal(u.cpu_quota_us, 0);
	assert_int_equal(u.cpu_period_us, 100000);
	assert_int_equal(u.read_bytes, 0); /* has not touched a disk yet */
	put(root, V2 "memory.max", "1073741824\n");
	put(root, V2 "memory.swap.max", "max\n");
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.swap_limit, 0);
	cgroup_close(c);
	put(root, V2 "io.bfq.weight", "default 250\n"); /* where both exist, this one is Docker's */
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.blkio_weight, 250);
	cgroup_close(c);
}

static void assert_open_fails(const char *code)
{
	struct cgroup *c = NULL;
	struct err e = {0};

	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), -1);
	assert_string_equal(e.code, code);
	assert_true(e.message[0]);
	assert_null(c);
	cgroup_close(c);
}

static void test_open_fails(void **state)
{
	(void)state;
	assert_open_fails("cgroup.gone");
	put_proc("");
	assert_open_fails("cgroup.unreadable");
	put_proc("junk\n:\n::\n1:memory\n");
	assert_open_fails("cgroup.unreadable");
	put_proc("1:memory:" ID "\n0::" ID "\n");
	assert_open_fails("cgroup.unreadable");
	/* out of our root: the process is in another cgroup namespace */
	put(root, "memory/memory.usage_in_bytes", "1\n");
	put_proc("1:memory:/docker/..\n");
	assert_open_fails("cgroup.unreadable");
	put_proc("1:memory:/../memory\n");
	assert_open_fails("cgroup.unreadable");
	put(root, "cgroup.controllers", "memory\n");
	put_proc("0::/docker/1 (deleted)\n");
	assert_open_fails("cgroup.gone");
}

/* An ended process stands in the root cgroup: never take the machine's figures for its own. */
static void test_zombie(void **state)
{
	struct cgroup *c = NULL;
	struct err e = {0};

	(void)state;
	put_proc("1:memory:/\n");
	put(root, "memory/memory.usage_in_bytes", "1\n");
	put(proc, "4242/stat", "4242 (parity) Z) Z 1 1\n");
	assert_open_fails("cgroup.gone");
	put(proc, "4242/stat", "4242 (parity) Z) S 1 1\n");
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	cgroup_close(c);
}

static void test_nothing_to_read(void **state)
{
	struct cgroup *c = NULL;
	struct usage u = {.pids = 77};
	struct err e = {0};

	(void)state;
	put_proc("1:memory:/x\n");
	put(root, "memory/x/memory.usage_in_bytes", "");
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_read(c, &u, &e), -1);
	assert_string_equal(e.code, "cgroup.unreadable");
	assert_int_equal(u.pids, 77);
	cgroup_close(c);
}

/* A file that fails as those of a removed cgroup do: one of an ended process. */
static void test_gone(void **state)
{
	autofree char *link = xasprintf("%s/memory/x/memory.usage_in_bytes", root);
	autofree char *target = NULL;
	struct cgroup *c = NULL;
	struct usage u = {.pids = 77};
	struct err e = {0};
	int pipe_fd[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	if (!child) {
		char byte;

		close(pipe_fd[1]);
		_exit((int)read(pipe_fd[0], &byte, 1));
	}
	close(pipe_fd[0]);
	put_proc("1:memory:/x\n2:pids:/x\n");
	put(root, "memory/x/memory.stat", "total_rss 1\n");
	put(root, "pids/x/pids.current", "1\n");
	target = xasprintf("/proc/%d/stat", (int)child);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.usage, child);
	u.pids = 77;
	close(pipe_fd[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(cgroup_read(c, &u, &e), -1);
	assert_string_equal(e.code, "cgroup.gone");
	assert_int_equal(u.pids, 77);
	cgroup_close(c);
}

/* A real cgroup that is removed under us, where this machine lets us make one. */
static void test_gone_for_real(void **state)
{
	static const char dir[] = "/sys/fs/cgroup/memory/station-unit-test";
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	(void)state;
	if (access("/sys/fs/cgroup/memory/memory.stat", R_OK) < 0 || mkdir(dir, 0755) < 0)
		skip();
	put_proc("1:memory:/station-unit-test\n");
	assert_int_equal(cgroup_open("/sys/fs/cgroup", proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_int_equal(u.memory_limit, 0);
	assert_int_equal(u.anon, 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(cgroup_read(c, &u, &e), -1);
	assert_string_equal(e.code, "cgroup.gone");
	cgroup_close(c);
}

static void test_hostile_numbers(void **state)
{
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	(void)state;
	put_v2();
	put(root, V2 "memory.current", "99999999999999999999999\n");
	put(root, V2 "memory.max", "-5\n");
	put(root, V2 "memory.stat", "anon\nanon \nanon x\nfile 12");
	put(root, V2 "cpu.stat",
		"usage_usec 9223372036854775807\n"
		"throttled_usec 9223372036854775807\n");
	put(root, V2 "cpu.max", "20000");
	put(root, V2 "io.stat",
		"8:0 rbytes=9223372036854775807\n8:1 rbytes=9\n"
		"8:2 rbytes=x wbytes=\n"
		" \n\n8:3 rbytes=77");
	put(root, V2 "io.weight", "default\n");
	assert_int_equal(cgroup_open(root, proc, PID, &c, &e), 0);
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_true(u.usage == INT64_MAX);
	assert_int_equal(u.anon, -1);
	assert_int_equal(u.cache, -1); /* half a line */
	assert_true(u.cpu_ns == INT64_MAX);
	assert_true(u.throttled_ns == INT64_MAX);
	assert_int_equal(u.cpu_period_us, -1);
	assert_true(u.read_bytes == INT64_MAX);
	assert_int_equal(u.write_bytes, 0);
	assert_int_equal(u.blkio_weight, 0);
	cgroup_close(c);
}

static struct usage untold(void)
{
	struct usage u;

	memset(&u, 0xff, sizeof(u));
	u.cpu_shares = u.blkio_weight = 0;
	return u;
}

static void test_limits_untold(void **state)
{
	const struct limits wanted = {1, 2, 3, 4, 5, 6};
	struct usage u = untold();
	struct limits l = cgroup_limits(&u, &wanted);

	(void)state;
	assert_memory_equal(&l, &wanted, sizeof(l));
}

static void test_limits_told(void **state)
{
	const struct limits wanted = {.memory = 1073741824 + 5,
		.reservation = 536870912 + 1,
		.swap = 268435456 + 7,
		.cpu_millis = 200,
		.cpu_shares = 1024,
		.blkio_weight = 300};
	const struct limits none = {0};
	struct usage u = untold();
	struct limits l;

	(void)state;
	u.memory_limit = 1073741824; /* whole pages */
	u.reservation = 536870912;
	u.swap_limit = 1073741824 + 268435456;
	u.cpu_quota_us = 20000;
	u.cpu_period_us = 100000;
	u.cpu_shares = 1024;
	u.blkio_weight = 300;
	l = cgroup_limits(&u, &wanted);
	assert_memory_equal(&l, &wanted, sizeof(l));
	l = cgroup_limits(&u, &none); /* somebody set limits */
	assert_int_equal(l.memory, 1073741824);
	assert_int_equal(l.reservation, 536870912);
	assert_int_equal(l.swap, 268435456);
	assert_int_equal(l.cpu_millis, 200);
	assert_int_equal(l.cpu_shares, 0);
	assert_int_equal(l.blkio_weight, 300);
	u.memory_limit = u.reservation = u.swap_limit = u.cpu_quota_us = 0; /* all lost */
	u.blkio_weight = 500;
	l = cgroup_limits(&u, &wanted);
	assert_int_equal(l.memory, 0);
	assert_int_equal(l.reservation, 0);
	assert_int_equal(l.swap, 0);
	assert_int_equal(l.cpu_millis, 0);
	assert_int_equal(l.blkio_weight, 0);
	u.memory_limit = 1073741824; /* swap alone is unlimited, or grew, or is none */
	assert_int_equal(cgroup_limits(&u, &wanted).swap, -1);
	u.swap_limit = 1073741824 + 536870912;
	assert_int_equal(cgroup_limits(&u, &wanted).swap, 536870912);
	u.swap_limit = 1073741824;
	assert_int_equal(cgroup_limits(&u, &wanted).swap, 0);
	u.cpu_quota_us = 33333;
	assert_int_equal(cgroup_limits(&u, &wanted).cpu_millis, 333);
}

static void test_weights(void **state)
{
	struct usage u = untold();
	struct limits wanted = {0};

	(void)state;
	for (int64_t w = 1; w <= 10000; w++)
		assert_int_equal(cgroup_weight_of_shares(cgroup_shares_of_weight(w)), w);
	assert_int_equal(cgroup_weight_of_shares(2), 1);
	assert_int_equal(cgroup_weight_of_shares(1024), 39);
	assert_int_equal(cgroup_weight_of_shares(262144), 10000);
	assert_int_equal(cgroup_weight_of_shares_new(2), 1);
	assert_int_equal(cgroup_weight_of_shares_new(1024), 100);
	assert_int_equal(cgroup_weight_of_shares_new(262144), 10000);
	for (int64_t b = 10; b <= 1000; b++)
		assert_int_equal(cgroup_blkio_of_io_weight(1 + (b - 10) * 9999 / 990), b);
	/* set on version 2 by either formula, no drift */
	for (wanted.cpu_shares = 2; wanted.cpu_shares <= 262144; wanted.cpu_shares += 97) {
		u.cpu_shares = cgroup_shares_of_weight(cgroup_weight_of_shares(wanted.cpu_shares));
		assert_int_equal(cgroup_limits(&u, &wanted).cpu_shares, wanted.cpu_shares);
		u.cpu_shares =
			cgroup_shares_of_weight(cgroup_weight_of_shares_new(wanted.cpu_shares));
		assert_int_equal(cgroup_limits(&u, &wanted).cpu_shares, wanted.cpu_shares);
	}
	wanted.cpu_shares = 2048; /* lost: back at a default; changed: the new one */
	u.cpu_shares = cgroup_shares_of_weight(100);
	assert_int_equal(cgroup_limits(&u, &wanted).cpu_shares, 0);
	u.cpu_shares = 1024;
	assert_int_equal(cgroup_limits(&u, &wanted).cpu_shares, 0);
	u.cpu_shares = 4096;
	assert_int_equal(cgroup_limits(&u, &wanted).cpu_shares, 4096);
}

/* What an engine leaves on version 2 of limits that were taken away. */
static void test_taken_away(void **state)
{
	struct usage u = untold();
	const struct limits none = {0}, some = {.reservation = 6291456};

	(void)state;
	u.reservation = 6291456;
	u.cpu_shares = cgroup_shares_of_weight(39);
	assert_int_equal(cgroup_limits(&u, &none).reservation, 0);
	assert_int_equal(cgroup_limits(&u, &none).cpu_shares, 0);
	assert_int_equal(cgroup_limits(&u, &some).reservation, 6291456);
	u.reservation = 6291456 * 2;
	assert_int_equal(cgroup_limits(&u, &none).reservation, 6291456 * 2);
}

/* This process's own cgroup, whatever this machine has. */
static void test_this_machine(void **state)
{
	struct cgroup *c = NULL;
	struct usage u;
	struct err e = {0};

	(void)state;
	if (cgroup_open("/sys/fs/cgroup", "/proc", getpid(), &c, &e) < 0)
		skip();
	assert_int_equal(cgroup_read(c, &u, &e), 0);
	assert_true(u.usage > 0 || u.cpu_ns > 0);
	cgroup_close(c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_v1_separate),
		TEST(test_v1_joined),
		TEST(test_v1_joined_single_names),
		TEST(test_hybrid),
		TEST(test_v1_of_old_nas),
		TEST(test_v2),
		TEST(test_open_fails),
		TEST(test_zombie),
		TEST(test_nothing_to_read),
		TEST(test_gone),
		TEST(test_gone_for_real),
		TEST(test_hostile_numbers),
		TEST(test_limits_untold),
		TEST(test_limits_told),
		TEST(test_weights),
		TEST(test_taken_away),
		TEST(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
