/* The chain's folder, on trees below a temporary folder; symlinks and crashes included. */
#include "io/chain_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cmocka.h>
#include "expect.h"

static char top[64]; /* the stack's folder of this test */
static char base[64];

static int setup(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-chain-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(top, sizeof(top), "%s/parity", base);
	return 0;
}

static int wipe(int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	(void)arg, (void)e;
	return unlinkat(parent, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0);
}

static int teardown(void **state)
{
	autoclose int fd = chain_open_dir(base, false, NULL);

	(void)state;
	if (fd < 0 || chain_walk(fd, wipe, NULL, NULL) < 0)
		return -1;
	return rmdir(base);
}

static const char *in(const char *rel)
{
	static char path[4][512];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", top, rel);
	return path[i];
}

static void put(const char *rel, const char *text)
{
	struct err e = {0};

	if (chain_write(top, rel, text, strlen(text), 0644, -1, -1, &e) < 0)
		fail_msg("%s: %s", rel, e.message);
}

static bool has(const char *rel, const char *text)
{
	autofree char *got = NULL;
	size_t len;

	return !chain_read(top, rel, &got, &len, NULL) && len == strlen(text) && !strcmp(got, text);
}

static bool exists(const char *rel)
{
	struct stat st;

	return !lstat(in(rel), &st);
}

static void make(void)
{
	struct err e = {0};
	bool made = false;

	if (chain_make(top, "node", -1, -1, &made, &e) < 0)
		fail_msg("%s", e.message);
	assert_true(made);
}

/* A small Parity tree. */
static void make_chain(void)
{
	make();
	put("node/chains/ethereum/db/906a34e69aec8c0d/overlayrecent/db_version", "13");
	put("node/chains/ethereum/db/906a34e69aec8c0d/overlayrecent/db/000001.sst", "blocks");
	put("node/chains/ethereum/network/key", "enode");
	put("node/keys/ethereum/a.json", "{}");
	assert_int_equal(chmod(in("node/chains/ethereum/network/key"), 0600), 0);
	assert_int_equal(chmod(in("node/chains/ethereum/network"), 0700), 0);
	assert_int_equal(chmod(in("node"), 0750), 0);
}

static const char *const identity[] = {"chains/*/network/key", "keys/*/*", "none/*"};
#define SST "chains/ethereum/db/906a34e69aec8c0d/overlayrecent/db/000001.sst"
#define ID "20261123-141502-resync"
#define ID2 "20261124-080000-put-back"

static int set_aside(struct err *e)
{
	autojson json_t *about = json_object();
	autojson json_t *options = json_object();

	json_put_str(about, "reason", "resync");
	json_put_str(about, "image", "parity/parity:v1.6.8");
	json_put_int(about, "at", 1795443302000);
	json_put_int(about, "bytes", 4096);
	json_put_str(options, "pruning", "archive");
	json_put(about, "options", json_incref(options));
	return chain_set_aside(top, "node", ID, about, identity, COUNT(identity), e);
}

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

static void assert_aside(void)
{
	struct stat st;

	assert_true(has("kept/" ID "/node/" SST, "blocks"));
	assert_false(exists("node/chains/ethereum/db"));
	assert_true(has("node/chains/ethereum/network/key", "enode"));
	assert_true(has("node/keys/ethereum/a.json", "{}"));
	assert_false(exists(".node.new"));
	assert_int_equal(stat(in("node"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(stat(in("node/chains/ethereum/network"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(in("node/chains/ethereum/network/key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_set_aside_and_back(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make_chain();
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 0);
	assert_ok(set_aside(e));
	assert_aside();
	assert_ok(set_aside(e)); /* again: a success that changes nothing */
	assert_aside();
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	assert_string_equal(l.items[0].id, ID);
	assert_string_equal(l.items[0].reason, "resync");
	assert_string_equal(l.items[0].image, "parity/parity:v1.6.8");
	assert_string_equal(json_str(l.items[0].options, "pruning", ""), "archive");
	assert_string_equal(json_str(l.items[0].about, "image", ""), "parity/parity:v1.6.8");
	assert_int_equal(l.items[0].at, 1795443302000);
	assert_int_equal(l.items[0].bytes, 4096);
	kept_list_free(&l);
	/* nothing but our copies stands there: they may go, also those of a try that met a full
	 * disk */
	put(".node.new/chains/ethereum/network/key", "enode");
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept/" ID));
	assert_false(exists(".node.new"));
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e)); /* again */
	assert_true(has("node/" SST, "blocks"));
	assert_code(chain_put_back(top, "node", ID2, NULL, NULL, e), "chain.kept_missing");
}

static void test_put_back_never_loses_the_present_chain(void **state)
{
	autojson json_t *about = json_object();
	struct kept_list l = {0};

	(void)state;
	make_chain();
	assert_ok(set_aside(e));
	put("node/chains/ethereum/network/key", "ENODE"); /* same length, other bytes */
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "chain.present");
	put("node/chains/ethereum/network/key", "enode");
	put("node/new-block", "2");
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "chain.present");
	assert_true(has("node/new-block", "2"));
	assert_true(has("node/keys/ethereum/a.json", "{}"));
	assert_code(chain_put_back(top, "node", ID, ID, NULL, e), "chain.present");
	json_put_str(about, "reason", "put_back");
	assert_ok(chain_put_back(top, "node", ID, ID2, about, e));
	assert_true(has("node/" SST, "blocks"));
	assert_true(has("kept/" ID2 "/node/new-block", "2"));
	assert_ok(chain_put_back(top, "node", ID, ID2, about, e)); /* again: not aside again */
	assert_true(has("node/" SST, "blocks"));
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	assert_string_equal(l.items[0].id, ID2);
	assert_string_equal(l.items[0].reason, "put_back");
	assert_int_equal(l.items[0].bytes, -1);
	kept_list_free(&l);
	/* and the other way round */
	assert_ok(chain_put_back(top, "node", ID2, ID, about, e));
	assert_true(has("node/new-block", "2"));
	assert_true(has("kept/" ID "/node/" SST, "blocks"));
}

/* The states that a power cut can leave, each made by hand. */
static void test_cut_off_set_aside(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make_chain();
	put(".node.new/stale/key", "of another try");
	assert_ok(set_aside(e));
	assert_aside();
	assert_false(exists("node/stale"));
	/* between the two renames */
	assert_int_equal(rename(in("node"), in(".node.new")), 0);
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 1);
	kept_list_free(&l);
	assert_ok(set_aside(e));
	assert_aside();
	/* the same, and the engine made an empty folder there */
	assert_int_equal(rename(in("node"), in(".node.new")), 0);
	assert_int_equal(mkdir(in("node"), 0755), 0);
	assert_ok(set_aside(e));
	assert_aside();
	/* its undo from there */
	assert_int_equal(rename(in("node"), in(".node.new")), 0);
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	/* before the first rename: kept.json is there, the chain is not */
	put("kept/" ID "/kept.json", "{}");
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 0);
	assert_ok(chain_put_back(top, "node", ID, NULL, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept/" ID));
	put("kept/" ID "/kept.json", "{}");
	assert_ok(set_aside(e));
	assert_aside();
}

static void test_cut_off_put_back(void **state)
{
	(void)state;
	make_chain();
	assert_ok(set_aside(e));
	put("node/new-block", "2");
	/* the present chain is aside, the other not yet back */
	put("kept/" ID2 "/kept.json", "{\"sub\":\"node\"}");
	assert_int_equal(rename(in("node"), in("kept/" ID2 "/node")), 0);
	assert_ok(chain_put_back(top, "node", ID, ID2, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_true(has("kept/" ID2 "/node/new-block", "2"));
	/* renamed, but the note and the clearing up were lost */
	put("kept/" ID "/kept.json", "{}");
	assert_ok(chain_unlink(top, ".put_back", e));
	assert_ok(chain_put_back(top, "node", ID, ID2, NULL, e));
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept/" ID));
	/* both names full: nothing is overwritten */
	assert_ok(set_aside(e));
	put("node/third", "3");
	assert_code(chain_put_back(top, "node", ID, ID2, NULL, e), "chain.present");
	assert_true(has("node/third", "3"));
	assert_true(has("kept/" ID2 "/node/new-block", "2"));
	assert_true(has("kept/" ID "/node/" SST, "blocks"));
}

static void test_set_aside_refuses(void **state)
{
	autofree char *big = xcalloc(1, SMALL_FILE + 1);

	(void)state;
	make();
	assert_code(chain_set_aside(top, "relay", ID, NULL, NULL, 0, e), "chain.missing");
	assert_false(exists("kept"));
	put("plain", "");
	assert_code(chain_set_aside(top, "plain", ID, NULL, NULL, 0, e), "path.not_folder");
	/* something huge under an identity's name stops it before anything has moved */
	put("node/" SST, "blocks");
	assert_ok(chain_write(top, "node/keys/ethereum/a", big, SMALL_FILE + 1, 0600, -1, -1, e));
	assert_code(set_aside(e), "chain.too_large");
	assert_true(has("node/" SST, "blocks"));
	assert_false(exists("kept"));
	assert_code(chain_put_back(in("none"), "node", ID, NULL, NULL, e), "chain.missing");
	put("kept/" ID "/somebody's", "");
	assert_code(chain_put_back(top, "node", ID, NULL, NULL, e), "chain.kept_missing");
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

static void test_kept_tolerates_junk(void **state)
{
	struct kept_list l = {0};

	(void)state;
	make();
	put("kept/file", "junk");
	put("kept/20260101-000000-a/kept.json", "{\"reason\":\"resync\"}"); /* no chain */
	put("kept/Bad Name/node/x", "");
	put("kept/20260102-000000-b/node/x", "");
	put("kept/20260102-000000-b/kept.json", "{not json");
	put("kept/20260103-000000-c/node/x", ""); /* no kept.json at all */
	put("kept/20260104-000000-d/kept.json", "{\"sub\":\"../..\",\"reason\":4}");
	put("kept/20260105-000000-e/data/x", "");
	put("kept/20260105-000000-e/kept.json", "{\"sub\":\"data\",\"options\":[]}");
	assert_int_equal(symlink("/usr", in("kept/20260106-000000-f")), 0);
	assert_ok(chain_kept(top, &l, e));
	assert_int_equal(l.n, 3);
	assert_string_equal(l.items[0].id, "20260105-000000-e");
	assert_true(json_is_object(l.items[0].options));
	assert_string_equal(l.items[1].id, "20260103-000000-c");
	assert_string_equal(l.items[1].reason, "unknown");
	assert_string_equal(l.items[2].id, "20260102-000000-b");
	assert_int_equal(l.items[2].at, -1);
	kept_list_free(&l);
	assert_code(chain_kept(in("none"), &l, e), "chain.missing");
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
		TEST(test_set_aside_and_back),
		TEST(test_put_back_never_loses_the_present_chain),
		TEST(test_cut_off_set_aside),
		TEST(test_cut_off_put_back),
		TEST(test_set_aside_refuses),
		TEST(test_real_full_disk),
		TEST(test_kept_tolerates_junk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
