/* A chain that is taken over: moved in by renaming, also out of a mount of its own, or copied in
 * from another volume, cut off anywhere and taken up again. */
#include "io/chain_move.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "expect.h"
#include "shell.h"

static char base[64], top[96], old[96];

/* BASE/old: a chain that somebody made; BASE/eth: the folder of a stack. */
static int setup(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-take-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(top, sizeof(top), "%s/eth", base);
	snprintf(old, sizeof(old), "%s/old", base);
	run(true,
		"mkdir -p %s %s/db && head -c 3000000 /dev/urandom >%s/db/000004.sst && "
		"head -c 500 /dev/urandom >%s/db/000005.sst && echo key >%s/db/CURRENT && "
		"touch %s/db/LOCK && chown -R 3:4 %s",
		top, old, old, old, old, old, old);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run(false, "umount %s/fs 2>/dev/null; umount %s/own 2>/dev/null", base, base);
	run(true, "rm -r %s", base);
	return 0;
}

static const char *in(const char *rel)
{
	return path_below(base, rel);
}

static bool exists(const char *rel)
{
	return !access(in(rel), F_OK);
}

static void is_the_same_chain(const char *rel)
{
	struct stat st;

	run(true, "cmp %s/db/000004.sst %s/db/000004.sst", old, in(rel));
	run(true, "cmp %s/db/CURRENT %s/db/CURRENT", old, in(rel));
	assert_int_equal(stat(in("eth/node/db/000004.sst"), &st), 0);
	assert_int_equal(st.st_uid, 3);
	assert_int_equal(st.st_gid, 4);
}

/* ---- by copying ---- */

static int bring(chain_tick fn, void *ctx, struct err *e)
{
	return chain_bring(old, top, "node", fn, ctx, e);
}

static void copies_all_but_the_lock(void **state)
{
	(void)state;
	assert_ok(bring(NULL, NULL, e));
	is_the_same_chain("eth/node");
	assert_false(exists("eth/node/db/LOCK"));
	assert_false(exists("eth/.node.new"));
	assert_true(exists("old/db/000004.sst"));
	/* asked again after a crash before it was written down: done already */
	assert_ok(bring(NULL, NULL, e));
	is_the_same_chain("eth/node");
}

/* Says no as soon as the first whole file and a part of the next have come over. */
static bool no_more(void *ctx, int64_t done, int64_t total)
{
	int64_t *at = ctx;

	assert_int_equal(total, 3000000 + 500 + 4);
	assert_true(done <= total);
	return done < *at;
}

static void takes_up_what_was_cut_off(void **state)
{
	int64_t at = 1500000;
	struct stat before, after;

	(void)state;
	assert_code(bring(no_more, &at, e), "fetch.cancelled");
	assert_true(exists("eth/.node.new"));
	assert_false(exists("eth/node"));
	run(true, "cp -p %s/db/CURRENT %s/eth/.node.new/db/CURRENT", old, base);
	assert_int_equal(stat(in("eth/.node.new/db/CURRENT"), &before), 0);
	assert_ok(bring(NULL, NULL, e));
	is_the_same_chain("eth/node");
	assert_int_equal(stat(in("eth/node/db/CURRENT"), &after), 0);
	assert_int_equal(
		before.st_ino, after.st_ino); /* what was there already is not copied again */
}

static bool somebody_writes(void *ctx, int64_t done, int64_t total)
{
	(void)ctx, (void)done, (void)total;
	run(true, "echo more >>%s/db/000005.sst; echo more >>%s/db/CURRENT", old, old);
	return true;
}

static void counts_the_bytes(void **state)
{
	(void)state;
	assert_code(bring(somebody_writes, NULL, e), "adopt.incomplete");
	assert_false(exists("eth/node"));
	assert_ok(chain_bring_undo(top, "node", e));
	assert_false(exists("eth/.node.new"));
	assert_ok(chain_bring_undo(top, "node", e));
}

static void overwrites_nothing(void **state)
{
	(void)state;
	run(true, "mkdir %s/eth/node && echo precious >%s/eth/node/file", base, base);
	assert_code(bring(NULL, NULL, e), "chain.present");
	run(true, "grep -q precious %s/eth/node/file", base);
	assert_ok(chain_bring_undo(top, "node", e));
	run(true, "grep -q precious %s/eth/node/file", base);
}

static void says_when_there_is_nothing(void **state)
{
	(void)state;
	assert_code(chain_bring(in("nowhere"), top, "node", NULL, NULL, e), "chain.missing");
	assert_code(chain_bring(old, top, "../node", NULL, NULL, e), "path.outside");
}

/* ---- by renaming ---- */

static void move_and_back(const char *from, const char *to)
{
	autoplace struct chain_place p = {0}, moved = {0};

	assert_ok(chain_locate(from, &p, e));
	assert_false(p.empty);
	assert_int_equal(p.uid, 3);
	assert_true(chain_movable(&p, top));
	assert_ok(chain_move(p.path, to, p.dev, p.ino, e));
	assert_code(chain_locate(from, &moved, e), "chain.missing");
	assert_ok(chain_move(p.path, to, p.dev, p.ino, e)); /* again: done already */
	assert_ok(chain_locate(to, &moved, e));
	assert_true(moved.ino == p.ino && moved.dev == p.dev);
	assert_ok(chain_move(to, p.path, p.dev, p.ino, e));
	assert_true(exists("old/db/CURRENT"));
}

static void moves_a_folder(void **state)
{
	(void)state;
	move_and_back(old, in("eth/node"));
	run(true, "mkdir %s/eth/node", base); /* an empty folder gives way */
	move_and_back(old, in("eth/node"));
}

/* As a Docker engine does with its data root: a plain rename says EXDEV there. */
static void moves_out_of_a_mount_of_the_same_file_system(void **state)
{
	(void)state;
	run(true, "mount --bind %s %s", old, old);
	run(true, "mkdir %s/db/inner && mv %s/db/CURRENT %s/db/inner", old, old, old);
	{
		autoplace struct chain_place p = {0};
		autofree char *from = xasprintf("%s/db", old);
		autofree char *to = xstrdup(in("eth/node"));

		assert_int_equal(rename(from, to), -1); /* what it is for */
		assert_ok(chain_locate(from, &p, e));
		assert_true(chain_movable(&p, top));
		assert_ok(chain_move(p.path, to, p.dev, p.ino, e));
		assert_true(exists("eth/node/000004.sst"));
		assert_ok(chain_move(to, p.path, p.dev, p.ino, e));
	}
	assert_true(exists("old/db/000004.sst"));
	run(true, "umount %s", old);
}

static void moves_nothing_onto_something(void **state)
{
	autoplace struct chain_place p = {0};

	(void)state;
	run(true, "mkdir %s/eth/node && echo precious >%s/eth/node/file", base, base);
	assert_ok(chain_locate(old, &p, e));
	assert_code(chain_move(p.path, in("eth/node"), p.dev, p.ino, e), "chain.present");
	run(true, "grep -q precious %s/eth/node/file", base);
	assert_true(exists("old/db/CURRENT"));
	/* a folder that took the chain's place is not the chain */
	run(true, "mv %s %s/away && mkdir %s && rm -r %s/eth/node", old, base, old, base);
	assert_code(chain_move(p.path, in("eth/node"), p.dev, p.ino, e), "chain.missing");
}

static void tells_another_volume(void **state)
{
	autoplace struct chain_place p = {0};

	(void)state;
	run(true,
		"truncate -s 16M %s/img && mkdir %s/fs && mkfs.ext4 -q -F %s/img && "
		"mount -o loop %s/img %s/fs && cp -a %s %s/fs/old",
		base, base, base, base, base, old, base);
	assert_ok(chain_locate(in("fs/old"), &p, e));
	assert_false(chain_movable(&p, top));
	assert_code(chain_move(p.path, in("eth/node"), p.dev, p.ino, e), "chain.other_volume");
	assert_true(exists("fs/old/db/CURRENT"));
	assert_ok(chain_bring(p.path, top, "node", NULL, NULL, e));
	is_the_same_chain("eth/node");
}

static void follows_a_link_once(void **state)
{
	autoplace struct chain_place p = {0};

	(void)state;
	assert_int_equal(symlink(old, in("share")), 0);
	assert_ok(chain_locate(in("share"), &p, e));
	assert_string_equal(p.path, old);
	assert_code(chain_locate(in("nowhere"), &p, e), "chain.missing");
	assert_code(chain_locate(in("old/db/CURRENT"), &p, e), "path.not_folder");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(copies_all_but_the_lock),
		TEST(takes_up_what_was_cut_off),
		TEST(counts_the_bytes),
		TEST(overwrites_nothing),
		TEST(says_when_there_is_nothing),
		TEST(moves_a_folder),
		TEST(moves_out_of_a_mount_of_the_same_file_system),
		TEST(moves_nothing_onto_something),
		TEST(tells_another_volume),
		TEST(follows_a_link_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
