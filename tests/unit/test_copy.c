/* Copies of a chain and the trash, on real file systems: ext4 or whatever /tmp is, xfs with
 * reflinks and a small ext4 that fills up, on loop devices of this test's own. */
#include "io/chain_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "expect.h"
#include "shell.h"

static char top[96], base[64];

static int setup(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-copy-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(top, sizeof(top), "%s/eth", base);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run(false, "umount %s/fs 2>/dev/null", base);
	run(true, "rm -r %s", base);
	return 0;
}

static const char *in(const char *rel)
{
	return path_below(top, rel);
}

static void put(const char *rel, const char *text)
{
	assert_ok(chain_write(top, rel, text, strlen(text), 0640, 3, 4, e));
}

static bool has(const char *rel, const char *text)
{
	autofree char *got = NULL;
	size_t len;

	return !chain_read(top, rel, &got, &len, NULL) && !strcmp(got, text);
}

static struct stat stat_of(const char *rel)
{
	struct stat st = {0};

	lstat(in(rel), &st);
	return st;
}

static bool exists(const char *rel)
{
	struct stat st;

	return !lstat(in(rel), &st);
}

static const char *const fixed[] = {"*.sst", "*.ldb"};
#define ID "20261125-140200-upgrade"
#define FAILED "20261125-140200-upgrade-failed"
#define FIXED fixed, COUNT(fixed)

static void socket_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
}

/* Two table files, what is written in place, a hole, a lock, a link, a socket. */
static void make_chain(void)
{
	bool made;
	int fd;

	assert_ok(chain_make(top, "node", 3, 4, &made, e));
	put("node/db/000004.sst", "first table");
	put("node/db/000005.sst", "second table");
	put("node/db/CURRENT", "MANIFEST-000001");
	put("node/db/LOCK", "");
	put("node/db/a name with blanks", "x");
	fd = open(in("node/sparse.mdb"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	assert_int_equal(pwrite(fd, "middle", 6, 4 << 20), 6);
	close(fd);
	assert_int_equal(symlink("db", in("node/link")), 0);
	socket_at(in("node/jsonrpc.ipc"));
	assert_int_equal(chmod(in("node/db"), 0700), 0);
	assert_int_equal(chown(in("node/db"), 3, 4), 0);
}

static int copy(struct err *e)
{
	autojson json_t *about = json_pack("{s:s, s:s, s:I}", "reason", "upgrade", "image",
		"parity/parity:v1.6.8", "height", (json_int_t)2423871);

	return chain_copy(top, "node", ID, about, FIXED, NULL, NULL, e);
}

static int undo(bool *ret, struct err *e)
{
	autojson json_t *about = json_pack("{s:s, s:I}", "reason", "failed", "at", (json_int_t)5);

	return chain_copy_undo(top, "node", ID, FAILED, about, ret, e);
}

#define COPY "kept/" ID "/node/"

static void links_what_is_fixed_and_copies_the_rest(void **state)
{
	struct kept_list l = {0};
	struct copy_cost cost;
	struct stat a, b;
	char buf[6];
	int fd;

	(void)state;
	make_chain();
	assert_ok(chain_copy_ask(top, "node", FIXED, &cost, e));
	assert_true(cost.links);
	assert_int_equal(cost.files, 6);
	assert_true(cost.fixed > 0 && cost.fixed < cost.bytes && cost.free > 0);
	assert_false(exists(".ask.tmp"));
	assert_ok(copy(e));
	assert_ok(copy(e)); /* asked again: a success, and nothing more */
	assert_int_equal(
		stat_of(COPY "db/000004.sst").st_ino, stat_of("node/db/000004.sst").st_ino);
	assert_int_not_equal(stat_of(COPY "db/CURRENT").st_ino, stat_of("node/db/CURRENT").st_ino);
	assert_true(has(COPY "db/CURRENT", "MANIFEST-000001"));
	assert_true(has(COPY "db/a name with blanks", "x"));
	assert_false(exists(COPY "db/LOCK"));
	assert_false(exists(COPY "jsonrpc.ipc"));
	assert_true(S_ISLNK(stat_of(COPY "link").st_mode));
	a = stat_of("node/db/CURRENT"), b = stat_of(COPY "db/CURRENT");
	assert_memory_equal(&a.st_mtim, &b.st_mtim, sizeof(a.st_mtim));
	assert_true(b.st_uid == 3 && b.st_gid == 4 && (b.st_mode & 0777) == 0640);
	b = stat_of(COPY "db");
	assert_true(b.st_uid == 3 && (b.st_mode & 0777) == 0700);
	b = stat_of(COPY "sparse.mdb");
	assert_int_equal(b.st_size, 8 << 20);
	assert_true(b.st_blocks * 512 < 1 << 20); /* holes stay holes */
	fd = open(in(COPY "sparse.mdb"), O_RDONLY);
	assert_int_equal(pread(fd, buf, 6, 4 << 20), 6);
	assert_memory_equal(buf, "middle", 6);
	close(fd);
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	assert_true(l.items[0].copy);
	assert_false(l.items[0].damaged);
	assert_int_equal(l.items[0].height, 2423871);
	assert_true(l.items[0].bytes > 0);
	kept_list_free(&l);
}

static int64_t extra(const char *a, const char *b)
{
	const char *subs[] = {a, b};
	int64_t n = -1;

	assert_ok(chain_extra(top, subs, b ? 2 : 1, &n, e));
	return n;
}

static void tells_what_it_really_takes(void **state)
{
	static char big[300000];
	int64_t before;

	(void)state;
	make_chain();
	memset(big, 'b', sizeof(big) - 1);
	put("node/db/000006.sst", big);
	assert_ok(copy(e));
	before = extra("kept/" ID, NULL);
	assert_true(before < 200000);
	/* the client compacts: the copy is the only one that still holds the table */
	assert_int_equal(unlink(in("node/db/000006.sst")), 0);
	assert_true(extra("kept/" ID, NULL) >= before + 300000);
	/* two copies hold it: neither alone frees it, both together do */
	assert_int_equal(mkdir(in("kept/b"), 0700), 0);
	assert_int_equal(link(in(COPY "db/000006.sst"), in("kept/b/x.sst")), 0);
	assert_true(extra("kept/" ID, NULL) < 200000);
	assert_true(extra("kept/b", NULL) < 200000);
	assert_true(extra("kept", "trash") >= 300000);
}

static void goes_when_nothing_was_changed(void **state)
{
	bool restored = true;

	(void)state;
	make_chain();
	assert_ok(copy(e));
	put("node/db/LOCK", ""); /* opened and closed again */
	assert_ok(undo(&restored, e));
	assert_false(restored);
	assert_false(exists("kept/" ID));
	assert_true(has("node/db/000004.sst", "first table"));
	assert_ok(undo(&restored, e));
	assert_false(restored);
	assert_false(exists("trash/" FAILED));
}

static void comes_back_when_anything_was(void **state)
{
	bool restored = false;

	(void)state;
	make_chain();
	assert_ok(copy(e));
	assert_int_equal(unlink(in("node/db/000004.sst")), 0);
	put("node/db/000007.sst", "by the new version");
	put("node/db/CURRENT", "MANIFEST-000002");
	assert_ok(undo(&restored, e));
	assert_true(restored);
	assert_true(has("node/db/000004.sst", "first table"));
	assert_true(has("node/db/CURRENT", "MANIFEST-000001"));
	assert_false(exists("node/db/000007.sst"));
	assert_false(exists("kept/" ID));
	assert_true(has("trash/" FAILED "/node/db/000007.sst", "by the new version"));
	restored = false;
	assert_ok(undo(&restored, e)); /* again, after its end */
	assert_true(restored);
}

static void a_copy_that_was_written_to_is_refused(void **state)
{
	struct kept_list l = {0};
	bool restored;
	int fd;

	(void)state;
	make_chain();
	assert_ok(copy(e));
	fd = open(in("node/db/000004.sst"), O_WRONLY);
	assert_int_equal(
		pwrite(fd, "F", 1, 0), 1); /* through the chain's name: one file, two names */
	close(fd);
	assert_ok(chain_kept(top, &l, e));
	assert_true(l.items[0].damaged);
	kept_list_free(&l);
	assert_code(undo(&restored, e), "chain.damaged");
	assert_code(chain_put_back(top, "node", ID, "now", NULL, e), "chain.damaged");
	assert_true(exists("node/db/CURRENT"));
	assert_true(exists("kept/" ID));
}

/* Whatever stands half-made in kept/ is no copy, and goes with the next try. */
static void a_half_made_copy_is_none(void **state)
{
	struct kept_list l = {0};
	bool restored;

	(void)state;
	make_chain();
	put("kept/." ID ".new/node/db/000004.sst", "half");
	put("kept/." ID ".new/kept.json", "{}");
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 0);
	assert_ok(copy(e));
	assert_false(exists("kept/." ID ".new"));
	assert_true(has(COPY "db/000004.sst", "first table"));
	put("kept/.20200101-000000-upgrade.new/node/x", "of a job that is long forgotten");
	assert_int_equal(rename(in("kept/" ID), in("kept/." ID ".new")), 0);
	assert_ok(undo(&restored, e));
	assert_false(restored);
	assert_false(exists("kept/." ID ".new"));
	assert_true(has("node/db/000004.sst", "first table"));
	assert_ok(copy(e));
	assert_false(exists("kept/.20200101-000000-upgrade.new"));
}

static bool stop_at_once(void *ctx, int64_t done, int64_t total)
{
	(void)done, (void)total;
	return ++*(int *)ctx < 3;
}

static void can_be_left(void **state)
{
	int calls = 0;

	(void)state;
	make_chain();
	assert_code(chain_copy(top, "node", ID, NULL, FIXED, stop_at_once, &calls, e),
		"fetch.cancelled");
	assert_false(exists("kept/" ID));
	assert_false(exists("kept/." ID ".new"));
	assert_ok(copy(e));
}

/* ---- other file systems ---- */

static void mount_image(const char *mkfs, const char *size)
{
	run(true, "truncate -s %s %s/img && mkdir %s/fs && %s %s/img >/dev/null 2>&1", size, base,
		base, mkfs, base);
	run(true, "mount -o loop %s/img %s/fs", base, base);
	snprintf(top, sizeof(top), "%s/fs/eth", base);
}

static void clones_where_the_file_system_can(void **state)
{
	static char big[900001];
	struct copy_cost cost;
	bool restored = false;

	(void)state;
	mount_image("mkfs.xfs -q -m reflink=1", "320M");
	make_chain();
	memset(big, 'm', 900000);
	put("node/data.mdb", big);
	assert_ok(chain_copy_ask(top, "node", NULL, 0, &cost, e));
	assert_true(cost.links && cost.reflinks);
	assert_int_equal(cost.fixed, 0);
	assert_ok(chain_copy(top, "node", ID, NULL, NULL, 0, NULL, NULL, e));
	assert_int_not_equal(stat_of(COPY "data.mdb").st_ino, stat_of("node/data.mdb").st_ino);
	assert_true(has(COPY "data.mdb", big));
	sync();
	assert_true(extra("kept/" ID, NULL) < 100000);
	/* the chain's file is written over, block for block: the copy keeps what it had */
	memset(big, 'n', 900000);
	assert_int_equal(unlink(in("node/data.mdb")), 0);
	put("node/data.mdb", big);
	sync();
	/* XFS frees what was unlinked in the background: until then both seem to hold it */
	for (int i = 0; i < 100 && extra("kept/" ID, NULL) <= 850000; i++)
		clock_sleep(100);
	assert_true(extra("kept/" ID, NULL) > 850000);
	assert_ok(undo(&restored, e));
	assert_true(restored);
	memset(big, 'm', 900000);
	assert_true(has("node/data.mdb", big));
}

static void a_full_disk_leaves_the_chain_as_it_was(void **state)
{
	static char big[1000001];
	struct err full = {0};

	(void)state;
	mount_image("mkfs.ext4 -q -F -m 0", "18M");
	make_chain();
	memset(big, 'f', 1000000);
	for (int i = 0; i < 9; i++) {
		autofree char *name = xasprintf("node/data%d", i);

		put(name, big);
	}
	assert_int_equal(copy(&full), -1);
	assert_string_equal(full.code, "disk.full");
	assert_false(exists("kept/" ID));
	assert_false(exists("kept/." ID ".new"));
	assert_true(has("node/data8", big));
	/* links alone need no room */
	for (int i = 0; i < 9; i++) {
		autofree char *name = xasprintf("node/data%d", i);
		autofree char *table = xasprintf("%s.sst", name);

		assert_int_equal(rename(in(name), in(table)), 0);
	}
	assert_ok(copy(e));
}

/* ---- the trash ---- */

static void is_thrown_away_and_taken_out(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make_chain();
	assert_ok(copy(e));
	assert_code(chain_untrash(top, "20200101-000000-x", e), "chain.kept_missing");
	assert_ok(chain_trash(top, ID, 77, e));
	assert_ok(chain_trash(top, ID, 78, e));
	assert_false(exists("kept/" ID));
	assert_ok(chain_trashed(top, &l, e));
	assert_int_equal(l.n, 1);
	assert_int_equal(l.items[0].trashed_at, 77);
	assert_string_equal(l.items[0].reason, "upgrade");
	kept_list_free(&l);
	assert_ok(chain_untrash(top, ID, e));
	assert_ok(chain_untrash(top, ID, e));
	assert_true(has(COPY "db/000004.sst", "first table"));
	assert_code(chain_trash(top, "20200101-000000-x", 1, e), "chain.kept_missing");
	assert_code(chain_trash(top, "../node", 1, e), "path.outside");
	assert_code(chain_delete(top, "../node", NULL, NULL, e), "path.outside");
	assert_code(chain_untrash(top, "..", e), "path.outside");
}

static void is_deleted_with_all_its_names_but_no_other(void **state)
{
	(void)state;
	make_chain();
	assert_ok(copy(e));
	assert_ok(chain_delete(
		top, ID, NULL, NULL, e)); /* not in the trash: nothing there to delete */
	assert_true(exists("kept/" ID));
	assert_ok(chain_trash(top, ID, 1, e));
	assert_ok(chain_delete(top, ID, NULL, NULL, e));
	assert_false(exists("trash/" ID));
	assert_true(has("node/db/000004.sst", "first table"));
	assert_int_equal(stat_of("node/db/000004.sst").st_nlink, 1);
	assert_ok(chain_delete(top, ID, NULL, NULL, e));
}

static void never_leaves_the_trash(void **state)
{
	char out[96];

	(void)state;
	snprintf(out, sizeof(out), "%s/out", base);
	run(true, "mkdir -p %s/deep && echo x > %s/precious && echo y > %s/deep/z", out, out, out);
	make_chain();
	assert_ok(copy(e));
	assert_ok(chain_trash(top, ID, 1, e));
	assert_int_equal(symlink(out, in("trash/" ID "/node/way-out")), 0);
	assert_int_equal(mkdir(in("trash/" ID "/node/mnt"), 0700), 0);
	/* another file system, then the same one bound in: both have to be seen */
	assert_int_equal(mount("tmpfs", in("trash/" ID "/node/mnt"), "tmpfs", 0, "size=64k"), 0);
	assert_code(chain_delete(top, ID, NULL, NULL, e), "path.outside");
	assert_int_equal(umount(in("trash/" ID "/node/mnt")), 0);
	assert_int_equal(mount(out, in("trash/" ID "/node/mnt"), NULL, MS_BIND, NULL), 0);
	assert_code(chain_delete(top, ID, NULL, NULL, e), "path.outside");
	assert_true(exists("trash/" ID "/node/db/000004.sst"));
	assert_int_equal(umount(in("trash/" ID "/node/mnt")), 0);
	assert_ok(chain_delete(top, ID, NULL, NULL, e));
	run(true, "test -f %s/precious && test -f %s/deep/z", out, out);
	/* the trash itself as a link, an entry as a link */
	run(true, "rmdir %s/trash && ln -s %s %s/trash", top, out, top);
	assert_code(chain_delete(top, "deep", NULL, NULL, e), "path.outside");
	run(true, "rm %s/trash && mkdir %s/trash && ln -s %s/deep %s/trash/deep", top, top, out,
		top);
	assert_code(chain_delete(top, "deep", NULL, NULL, e), "path.outside");
	run(true, "test -f %s/precious && test -f %s/deep/z", out, out);
}

static void ten_gigabytes_are_copied_at_once(void **state)
{
	struct timespec a, b;
	double ms;

	(void)state;
	make_chain();
	for (int i = 10; i < 170; i++) {
		autofree char *name = xasprintf("node/db/%06d.sst", i);
		int fd = open(in(name), O_WRONLY | O_CREAT, 0600);

		/* blocks without contents: what is counted are blocks */
		if (posix_fallocate(fd, 0, 64 << 20)) {
			close(fd);
			print_message("no 10 GB are free here: smaller\n");
			break;
		}
		close(fd);
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_ok(copy(e));
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	print_message("copy of %.1f GB in %.0f ms, %.3f %% extra space\n",
		(double)(extra("node", "kept")) / 1e9, ms,
		100.0 * (double)extra("kept/" ID, NULL) / (double)extra("node", "kept"));
	assert_true(extra("kept/" ID, NULL) * 100 <= extra("node", "kept"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(links_what_is_fixed_and_copies_the_rest),
		TEST(tells_what_it_really_takes),
		TEST(goes_when_nothing_was_changed),
		TEST(comes_back_when_anything_was),
		TEST(a_copy_that_was_written_to_is_refused),
		TEST(a_half_made_copy_is_none),
		TEST(can_be_left),
		TEST(clones_where_the_file_system_can),
		TEST(a_full_disk_leaves_the_chain_as_it_was),
		TEST(is_thrown_away_and_taken_out),
		TEST(is_deleted_with_all_its_names_but_no_other),
		TEST(never_leaves_the_trash),
		TEST(ten_gigabytes_are_copied_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
