/* The chain's folder; symlinks and full disks included. */
#include "unit/chain_stage.h"

static void test_names(void **state)
{
	static const char *const bad[] = {"", "/", "/node", "..", ".", "a/..", "../a", "a/../b",
		"a//b", "a/", "./a", "a/./b"};
	static const char *const good[] = {
		"node", "a/b", "..a", "a..", ".a", "a/...", "relay/app.json"};
	char long_name[400];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(chain_rel_ok(bad[i]));
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(chain_rel_ok(good[i]));
	memset(long_name, 'a', sizeof(long_name));
	long_name[399] = '\0';
	assert_false(chain_rel_ok(long_name));
	long_name[200] = '/';
	assert_true(chain_rel_ok(long_name));
}

static void test_every_call_refuses_a_way_out(void **state)
{
	bool made;
	int uid, gid;
	int64_t size;
	char *text;
	size_t len;

	(void)state;
	make();
	assert_code(chain_make(top, "../x", -1, -1, &made, e), "path.outside");
	assert_code(chain_make("relative", "node", -1, -1, &made, e), "path.outside");
	assert_code(chain_make("/tmp/../etc", "node", -1, -1, &made, e), "path.outside");
	assert_code(chain_owner(top, "..", &uid, &gid, e), "path.outside");
	assert_code(chain_chown(top, "/etc", 0, 0, e), "path.outside");
	assert_code(chain_size(top, "node/..", &size, e), "path.outside");
	assert_code(chain_write(top, "../f", "x", 1, 0600, -1, -1, e), "path.outside");
	assert_code(chain_read(top, "../../etc/passwd", &text, &len, e), "path.outside");
	assert_code(chain_unlink(top, "../f", e), "path.outside");
	assert_code(chain_set_aside(top, "..", ID, NULL, NULL, 0, e), "path.outside");
	assert_code(chain_set_aside(top, "a/b", ID, NULL, NULL, 0, e), "path.outside");
	assert_code(chain_set_aside(top, "kept", ID, NULL, NULL, 0, e), "path.outside");
	assert_code(chain_set_aside(top, "node", "../x", NULL, NULL, 0, e), "path.outside");
	assert_code(chain_set_aside(top, "node", "", NULL, NULL, 0, e), "path.outside");
	assert_code(chain_set_aside(top, "node", "1234567890123456789012345678901234567890", NULL,
			    NULL, 0, e),
		"path.outside");
	assert_code(chain_put_back(top, "node", "A", NULL, NULL, e), "path.outside");
	assert_code(chain_put_back(top, "node", ID, "x/y", NULL, e), "path.outside");
	chain_unmake(top, "../parity/node");
	assert_true(exists("node"));
}

static void test_symlinks_are_refused(void **state)
{
	char elsewhere[128];
	bool made;
	int uid, gid;
	int64_t size;
	char *text;
	size_t len;

	(void)state;
	make();
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", base);
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	assert_int_equal(symlink(elsewhere, in("link")), 0);
	assert_int_equal(symlink("/etc/passwd", in("file")), 0);
	assert_code(chain_make(top, "link", -1, -1, &made, e), "path.outside");
	assert_code(chain_make(in("link"), "node", -1, -1, &made, e), "path.outside");
	assert_code(chain_make(in("link/deep"), "node", -1, -1, &made, e), "path.outside");
	assert_code(chain_owner(top, "link", &uid, &gid, e), "path.outside");
	assert_code(chain_chown(top, "link", 0, 0, e), "path.outside");
	assert_code(chain_size(top, "link", &size, e), "path.outside");
	assert_code(chain_write(top, "link/f", "x", 1, 0600, -1, -1, e), "path.outside");
	assert_code(chain_read(top, "file", &text, &len, e), "path.outside");
	assert_code(chain_unlink(top, "file", e), "path.outside");
	assert_code(chain_set_aside(top, "link", ID, NULL, NULL, 0, e), "path.outside");
	assert_false(exists("link/f"));
	/* writing over a link replaces the link, not its target */
	assert_ok(chain_write(top, "file", "x", 1, 0600, -1, -1, e));
	assert_true(has("file", "x"));
	/* kept/ as a link */
	assert_int_equal(symlink(elsewhere, in("kept")), 0);
	assert_code(chain_set_aside(top, "node", ID, NULL, NULL, 0, e), "path.outside");
	assert_true(exists("node"));
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "path.outside");
	{
		struct kept_list l;

		assert_code(chain_kept(top, &l, e), "path.outside");
	}
}

static void test_make(void **state)
{
	struct stat st;
	bool made = false;
	int uid = -1, gid = -1;

	(void)state;
	assert_ok(chain_make(top, "node", (int)getuid(), (int)getgid(), &made, e));
	assert_true(made);
	assert_ok(chain_owner(top, "node", &uid, &gid, e));
	assert_int_equal(uid, getuid());
	assert_int_equal(gid, getgid());
	assert_int_equal(stat(in("node"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	put("node/a", "1");
	assert_ok(chain_make(top, "node", -1, -1, &made, e));
	assert_false(made);
	assert_true(has("node/a", "1"));
	chain_unmake(top, "node"); /* not empty: stays */
	assert_true(has("node/a", "1"));
	assert_ok(chain_unlink(top, "node/a", e));
	chain_unmake(top, "node");
	assert_false(exists(""));
	chain_unmake(top, "node");
	assert_code(chain_owner(top, "node", &uid, &gid, e), "chain.missing");
	assert_ok(chain_make(in("deep/down"), "node", -1, -1, &made, e));
	assert_true(exists("deep/down/node"));
	put("plain", "");
	assert_code(chain_make(top, "plain", -1, -1, &made, e), "path.not_folder");
	assert_code(chain_make(in("plain"), "node", -1, -1, &made, e), "path.not_folder");
	assert_code(chain_make("/proc/nowhere", "node", -1, -1, &made, e), "chain.missing");
	assert_true(chain_magic_is_network(0x6969));
	assert_true(chain_magic_is_network((int)0xff534d42));
	assert_false(chain_magic_is_network(0xef53));
}

static void test_owner(void **state)
{
	struct stat st;
	char outside[128];
	bool made;
	int uid, gid;

	(void)state;
	if (getuid() != 0)
		skip(); /* only root gives files away */
	make();
	put("node/a/b/c", "1");
	snprintf(outside, sizeof(outside), "%s/outside", base);
	assert_int_equal(mkdir(outside, 0755), 0);
	assert_int_equal(symlink(outside, in("node/a/link")), 0);
	assert_ok(chain_make(top, "node", 1000, 1000, &made, e)); /* has contents: owner stays */
	assert_ok(chain_owner(top, "node", &uid, &gid, e));
	assert_int_equal(uid, 0);
	assert_ok(chain_chown(top, "node", 1000, 1001, e));
	assert_int_equal(stat(in("node/a/b/c"), &st), 0);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 1001);
	assert_int_equal(lstat(in("node/a/link"), &st), 0);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(stat(outside, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_ok(chain_owner(top, "node", &uid, &gid, e));
	assert_int_equal(uid, 1000);
	assert_int_equal(gid, 1001);
	assert_ok(chain_make(top, "other", 1000, 1000, &made, e));
	assert_ok(chain_owner(top, "other", &uid, &gid, e));
	assert_int_equal(uid, 1000);
	assert_int_equal(stat(top, &st), 0);
	assert_int_equal(st.st_uid, 0); /* DIR stays ours */
	assert_ok(chain_write(top, "relay/app.json", "{}", 2, 0640, 1000, 1000, e));
	assert_int_equal(stat(in("relay/app.json"), &st), 0);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_code(chain_chown(top, "nowhere", 0, 0, e), "chain.missing");
}

static void test_size(void **state)
{
	autofree char *big = xcalloc(1, 300000);
	int64_t size = -1, before;
	char deep[MAX_DEPTH * 2 + 16] = "node";

	(void)state;
	assert_ok(chain_size(top, "node", &size, e));
	assert_int_equal(size, 0);
	make();
	assert_ok(chain_size(top, "node", &before, e));
	assert_ok(chain_write(top, "node/a/big", big, 300000, 0600, -1, -1, e));
	assert_int_equal(symlink("/usr", in("node/link")), 0);
	assert_ok(chain_size(top, "node", &size, e));
	assert_true(size - before >= 300000 && size - before < 400000);
	for (int i = 0; i < MAX_DEPTH + 2; i++)
		strncat(deep, "/a", sizeof(deep) - strlen(deep) - 1);
	{
		bool made;

		assert_ok(chain_make(in("deep"), deep, -1, -1, &made, e));
	}
	assert_code(chain_size(in("deep"), "node", &size, e), "disk.failed");
	/* the teardown has the same limit */
	assert_int_equal(rename(in("deep/node/a/a/a/a/a/a/a/a"), in("deep/half")), 0);
}

static void test_db_version(void **state)
{
	static const char *const globs[] = {
		"chains/*/db/*/*/db_version", "*/v5.3-sec-*/db_version"};
	static const char *const wild[] = {"../*", "*"};

	(void)state;
	assert_int_equal(chain_db_version(top, "node", globs, 2), -1);
	make_chain();
	assert_int_equal(chain_db_version(top, "node", globs, 2), 13);
	put("node/906a34e69aec8c0d/v5.3-sec-archive/db_version", "16\n");
	assert_int_equal(chain_db_version(top, "node", globs, 1), 13);
	assert_int_equal(chain_db_version(top, "node", globs, 2), 16);
	put("node/906a34e69aec8c0d/v5.3-sec-archive/db_version", "junk");
	assert_int_equal(chain_db_version(top, "node", globs, 2), 13);
	put("node/906a34e69aec8c0d/v5.3-sec-archive/db_version", "-4");
	put("node/906a34e69aec8c0d/v5.3-sec-x/db_version", "99999999999999999999");
	assert_int_equal(chain_db_version(top, "node", globs, 2), 13);
	/* neither a link nor a pipe is read */
	put("sixty", "60");
	assert_int_equal(symlink(in("sixty"), in("node/sixty")), 0);
	assert_int_equal(mkfifo(in("node/fifo"), 0600), 0);
	assert_int_equal(chain_db_version(top, "node", wild, 2), -1);
	put("node/.61", "61");
	assert_int_equal(chain_db_version(top, "node", wild, 2), -1); /* hidden */
	put("node/62", "62");
	assert_int_equal(chain_db_version(top, "node", wild, 2), 62);
}

static void test_files(void **state)
{
	autofree char *big = xcalloc(1, SMALL_FILE + 1);
	autofree char *text = NULL;
	struct stat st;
	size_t len = 0;

	(void)state;
	make();
	put("README.txt", "hello");
	put("README.txt", "hello again");
	assert_true(has("README.txt", "hello again"));
	assert_false(exists(".README.txt.tmp"));
	assert_int_equal(symlink("/etc/passwd", in(".s.tmp")), 0); /* left in the way */
	put("s", "new");
	assert_true(has("s", "new"));
	assert_ok(chain_write(top, "relay/app.json", "a\0b", 3, 0600, -1, -1, e));
	assert_int_equal(stat(in("relay/app.json"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(chain_read(top, "relay/app.json", &text, &len, e));
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 4);
	assert_code(chain_read(top, "none", &text, &len, e), "chain.missing");
	assert_code(chain_read(top, "none/none", &text, &len, e), "chain.missing");
	assert_code(chain_read(top, "README.txt/x", &text, &len, e), "path.not_folder");
	assert_code(chain_read(top, "node", &text, &len, e), "path.outside");
	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	assert_code(chain_read(top, "fifo", &text, &len, e), "path.outside");
	assert_ok(chain_write(top, "big", big, SMALL_FILE, 0600, -1, -1, e));
	free(take(text));
	assert_ok(chain_read(top, "big", &text, &len, e));
	assert_int_equal(len, SMALL_FILE);
	assert_ok(chain_write(top, "big", big, SMALL_FILE + 1, 0600, -1, -1, e));
	assert_code(chain_read(top, "big", &text, &len, e), "chain.too_large");
	assert_code(chain_unlink(top, "big", e), "chain.too_large");
	assert_code(chain_write(top, "node", "x", 1, 0600, -1, -1, e), "disk.failed");
	assert_false(exists(".node.tmp"));
	assert_ok(chain_unlink(top, "README.txt", e));
	assert_false(exists("README.txt"));
	assert_ok(chain_unlink(top, "README.txt", e));
	assert_ok(chain_unlink(top, "none/none", e));
	assert_code(chain_unlink(top, "node", e), "path.outside");
	put("kept/x/kept.json", "{}");
	assert_code(chain_unlink(top, "kept/x/kept.json", e), "path.outside");
	assert_true(exists("kept/x/kept.json"));
}

static void test_full_and_read_only(void **state)
{
	struct err e = {0};

	(void)state;
	errno = ENOSPC;
	chain_errno(&e, "x");
	assert_string_equal(e.code, "disk.full");
	errno = EDQUOT;
	chain_errno(&e, "x");
	assert_string_equal(e.code, "disk.full");
	errno = EROFS;
	chain_errno(&e, "x");
	assert_string_equal(e.code, "disk.read_only");
	errno = EIO;
	chain_errno(&e, "x");
	assert_string_equal(e.code, "disk.failed");
}

/* On a small file system of its own; needs the right to mount. */
static void test_real_full_disk(void **state)
{
	autofree char *big = xcalloc(1, SMALL_FILE);
	autofree char *old = xcalloc(1, 40001);
	struct err full = {0};
	bool made;

	(void)state;
	if (mount("tmpfs", base, "tmpfs", MS_NOSUID, "size=256k") < 0)
		skip();
	memset(old, 'k', 40000);
	make_chain();
	assert_ok(chain_write(top, "node/keys/ethereum/a", old, 40000, 0600, -1, -1, e));
	for (int i = 0; !full.code[0] && i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "fill%d", i);
		chain_write(top, name, big, 20000, 0600, -1, -1, &full);
	}
	assert_string_equal(full.code, "disk.full");
	assert_code(chain_write(top, "node/keys/ethereum/a", big, SMALL_FILE, 0600, -1, -1, e),
		"disk.full");
	assert_true(has("node/keys/ethereum/a", old)); /* the old contents, whole */
	assert_code(set_aside(e), "disk.full");
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept"));
	assert_int_equal(mount(NULL, base, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_code(chain_write(top, "x", "x", 1, 0600, -1, -1, e), "disk.read_only");
	assert_code(set_aside(e), "disk.read_only");
	assert_code(chain_make(top, "new", -1, -1, &made, e), "disk.read_only");
	assert_int_equal(umount(base), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_every_call_refuses_a_way_out),
		TEST(test_symlinks_are_refused),
		TEST(test_make),
		TEST(test_owner),
		TEST(test_size),
		TEST(test_db_version),
		TEST(test_files),
		TEST(test_full_and_read_only),
		TEST(test_real_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
