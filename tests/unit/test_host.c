/* The NAS, from trees of our own and from this machine's. */
#include "io/host_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <cmocka.h>

static char tree[64];
static const char *const files[] = {"meminfo", "loadavg", "uptime", "cpuinfo",
	"sys/kernel/hostname", "sys/kernel/osrelease", "pressure/io", "pressure/memory", "stat"};

static void put(const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", tree, name);
	autofile FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static void drop(const char *name)
{
	autofree char *path = xasprintf("%s/%s", tree, name);

	unlink(path);
}

static int setup(void **state)
{
	autofree char *sys = NULL, *kernel = NULL, *pressure = NULL;

	(void)state;
	snprintf(tree, sizeof(tree), "/tmp/test-host-XXXXXX");
	if (!mkdtemp(tree))
		return -1;
	sys = xasprintf("%s/sys", tree);
	kernel = xasprintf("%s/sys/kernel", tree);
	pressure = xasprintf("%s/pressure", tree);
	mkdir(pressure, 0755);
	mkdir(sys, 0755);
	mkdir(kernel, 0755);
	put("meminfo", "MemTotal:        8053004 kB\nMemFree:          100000 kB\n"
		       "MemAvailable:    3000000 kB\nBuffers:           20000 kB\n"
		       "Cached:          2000000 kB\nSwapCached:            0 kB\n"
		       "SwapTotal:       4194300 kB\nSwapFree:        4000000 kB\n");
	put("loadavg", "1.52 0.90 0.70 2/612 12345\n");
	put("uptime", "864123.45 1000000.00\n");
	put("pressure/io", "some avg10=12.25 avg60=1.49 avg300=1.32 total=39470202\n"
			   "full avg10=2.14 avg60=0.72 avg300=0.24 total=12159717\n");
	put("stat",
		"cpu  181902 41 90112 7110401 5250 0 310 0 0 0\ncpu0 90000 0 0 0 9 0 0 0 0 0\n");
	put("pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	put("cpuinfo", "processor\t: 0\nflags\t\t: fpu sse4_2 avx2 avxx avx f16c\n\n"
		       "processor\t: 1\nflags\t\t: fpu sse4_2 avx2 avxx avx f16c\n\n");
	put("sys/kernel/hostname", "NAS1B2C3D\n");
	put("sys/kernel/osrelease", "5.10.60-qnap\n");
	return 0;
}

static int teardown(void **state)
{
	autofree char *sys = xasprintf("%s/sys", tree);
	autofree char *kernel = xasprintf("%s/sys/kernel", tree);
	autofree char *pressure = xasprintf("%s/pressure", tree);

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		drop(files[i]);
	rmdir(pressure);
	rmdir(kernel);
	rmdir(sys);
	return rmdir(tree);
}

static void test_read(void **state)
{
	struct host h;
	struct err e = {0};

	(void)state;
	assert_int_equal(host_read(tree, &h, &e), 0);
	assert_string_equal(h.name, "NAS1B2C3D");
	assert_string_equal(h.kernel, "5.10.60-qnap");
	assert_true(h.arch[0]);
	assert_int_equal(h.cpus, 2);
	assert_true(h.avx);
	assert_int_equal(h.memory_total, 8053004LL * 1024);
	assert_int_equal(h.memory_available, 3000000LL * 1024);
	assert_int_equal(h.swap_total, 4194300LL * 1024);
	assert_int_equal(h.swap_free, 4000000LL * 1024);
	assert_true(h.load1 > 1.519 && h.load1 < 1.521);
	assert_true(h.pressure_io > 12.24 && h.pressure_io < 12.26);
	assert_true(h.pressure_memory == 0);
	assert_true(h.pressure_cpu == -1); /* not told */
	assert_int_equal(h.iowait_ms, 5250 * 1000 / sysconf(_SC_CLK_TCK));
	assert_int_equal(h.uptime_s, 864123);
	assert_true(h.at > 0);
}

static void test_old_and_small_machines(void **state)
{
	struct host h;
	struct err e = {0};

	(void)state;
	put("meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\n");
	put("cpuinfo", "processor\t: 0\nflags\t\t: fpu sse4_2 avx2 xavx\n");
	put("stat", "intr 4\n");
	assert_int_equal(host_read(tree, &h, &e), 0);
	assert_int_equal(h.iowait_ms, -1);
	assert_int_equal(h.memory_available, 420 * 1024);
	assert_int_equal(h.swap_total, 0);
	assert_int_equal(h.cpus, 1);
	assert_false(h.avx); /* avx2 alone is another word */
	put("cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\nprocessor\t: 1\nprocessor\t: 2\n"
		       "processor\t: 3\n");
	assert_int_equal(host_read(tree, &h, &e), 0);
	assert_int_equal(h.cpus, 4);
	assert_false(h.avx);
	put("sys/kernel/hostname",
		"a-name-that-is-much-longer-than-the-sixty-four-characters-that-fit-in-here\n");
	drop("cpuinfo");
	assert_int_equal(host_read(tree, &h, &e), 0);
	assert_int_equal(strlen(h.name), 64);
	assert_true(h.cpus >= 1);
}

static void test_unreadable(void **state)
{
	static const char *const needed[] = {
		"meminfo", "loadavg", "uptime", "sys/kernel/hostname", "sys/kernel/osrelease"};
	struct host h = {.cpus = 77};

	for (size_t i = 0; i < COUNT(needed); i++) {
		struct err e = {0};

		drop(needed[i]);
		assert_int_equal(host_read(tree, &h, &e), -1);
		assert_string_equal(e.code, "host.unreadable");
		assert_non_null(strstr(e.message, needed[i]));
		teardown(state);
		setup(state);
	}
	put("meminfo", "junk\n");
	assert_int_equal(host_read(tree, &h, NULL), -1);
	assert_int_equal(h.cpus, 77);
}

static void test_this_machine(void **state)
{
	struct host h, again;
	struct err e = {0};

	(void)state;
	assert_int_equal(host_read("/proc", &h, &e), 0);
	assert_int_equal(host_read("/proc", &again, &e), 0);
	assert_int_equal(h.cpus, again.cpus);
	assert_true(h.cpus >= 1);
	assert_true(h.memory_available > 0 && h.memory_available <= h.memory_total);
	assert_true(h.swap_free <= h.swap_total);
	assert_true(h.kernel[0] && h.name[0]);
}

static const char mountinfo[] =
	"20 1 259:1 / / rw,relatime - ext4 /dev/root rw\n"
	"21 20 0:20 / /proc rw - proc proc rw\n"
	"30 20 253:0 / /share/CACHEDEV1_DATA rw shared:4 master:2 - ext4 /dev/mapper/c rw\n"
	"31 20 0:44 / /share/My\\040Film\\134s rw - cifs //nas/x rw\n"
	"32 20 0:45 / /mnt/n rw - tmpfs tmpfs rw\n"
	"33 32 0:46 / /mnt/n rw - nfs4 10.0.0.1:/x rw\n"
	"34 20 0:47 / /share/CACHEDEV1_DATA_2 rw - zfs p/x rw\n"
	"35 20 0:48 / \n"
	"\n"
	"junk\n";

static void assert_mount(const char *path, const char *mount, const char *fs, bool network)
{
	struct volume v;

	assert_true(host_find_mount(mountinfo, path, &v));
	assert_string_equal(v.mount, mount);
	assert_string_equal(v.fs, fs);
	assert_int_equal(v.network, network);
}

static void test_mounts(void **state)
{
	struct volume v;

	(void)state;
	assert_mount("/", "/", "ext4", false);
	assert_mount("/share", "/", "ext4", false);
	assert_mount("/share/CACHEDEV1_DATA", "/share/CACHEDEV1_DATA", "ext4", false);
	assert_mount("/share/CACHEDEV1_DATA/eth/parity", "/share/CACHEDEV1_DATA", "ext4", false);
	assert_mount("/share/CACHEDEV1_DATA_2/x", "/share/CACHEDEV1_DATA_2", "zfs", false);
	assert_mount("/share/My Film\\s/a", "/share/My Film\\s", "cifs", true);
	assert_mount("/mnt/n/x", "/mnt/n", "nfs4", true); /* the upper one of two */
	assert_false(host_find_mount("", "/", &v));
	assert_false(host_find_mount("1 2 3", "/", &v));
	assert_true(host_fs_is_network("fuse.sshfs"));
	assert_false(host_fs_is_network("nfsd"));
	assert_false(host_fs_is_network("fuseblk"));
	assert_false(host_fs_is_network("btrfs"));
}

static void test_volume(void **state)
{
	autofree char *below = xasprintf("%s/not/yet/there", tree);
	autofree char *through = xasprintf("%s/uptime/x", tree);
	struct volume v, w;
	struct statvfs st;
	struct err e = {0};

	(void)state;
	assert_int_equal(host_volume(tree, &v, &e), 0);
	assert_int_equal(statvfs(tree, &st), 0);
	assert_int_equal(v.total, (int64_t)st.f_blocks * (int64_t)st.f_frsize);
	assert_true(v.free > 0 && v.free <= v.total);
	assert_false(v.read_only);
	assert_int_equal(host_volume(below, &w, &e), 0);
	assert_string_equal(v.mount, w.mount);
	assert_string_equal(v.fs, w.fs);
	assert_int_equal(host_volume(through, &w, &e), 0);
	assert_string_equal(v.mount, w.mount);
	assert_int_equal(host_volume("/proc/self", &w, &e), 0);
	assert_string_equal(w.mount, "/proc");
	assert_string_equal(w.fs, "proc");
	assert_int_equal(host_volume("/no-such-folder-here", &w, &e), 0);
	assert_string_equal(w.mount, "/");
	assert_int_equal(host_volume("tmp", &w, &e), -1);
	assert_string_equal(e.code, "host.unreadable");
	assert_int_equal(host_volume("", &w, &e), -1);
}

static void test_self(void **state)
{
	int64_t rss = 0, cpu = -1, later = -1;
	struct err e = {0};
	volatile int spin = 0;

	(void)state;
	assert_int_equal(host_self(&rss, &cpu, &e), 0);
	assert_true(rss > 100000 && rss % 4096 == 0);
	while (spin < 1000000)
		spin++;
	assert_int_equal(host_self(&rss, &later, &e), 0);
	assert_true(later > cpu && cpu > 0);
}

static void test_netns(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	assert_true(host_netns(getpid()) == st.st_ino && st.st_ino != 0);
	assert_true(host_netns(0) == 0);
	assert_true(host_netns(-1) == 0);
	assert_true(host_netns(0x7fffffff) == 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_old_and_small_machines),
		TEST(test_unreadable),
		TEST(test_this_machine),
		TEST(test_mounts),
		TEST(test_volume),
		TEST(test_self),
		TEST(test_netns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
