/* io/tar against GNU tar, io/spool, and domain/ignore. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "domain/ignore.h"
#include "io/spool.h"
#include "io/tar.h"
#include "unit/expect.h"
#include "unit/shell.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NAME50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define DEEP NAME50 "/" NAME50 "/" NAME50

static char dir[32];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/tar-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	run(true, "rm -rf %s", dir);
	return 0;
}

static int pack_open(const char *folder, enum tar_wish (*wish)(void *, const char *, bool),
	int64_t max_bytes, size_t max_entries, struct tar_pack **ret, struct err *e)
{
	struct tar_order o = {
		.folder = folder, .wish = wish, .max_bytes = max_bytes, .max_entries = max_entries};

	return tar_open(&o, ret, e);
}

/* Writes the whole pack to a file, `piece` bytes at a time; its length is what was said. */
static void pack_to(struct tar_pack *p, const char *path, size_t piece)
{
	autofree char *bytes = xcalloc(1, piece);
	autofile FILE *f = fopen(path, "w");
	int64_t total = 0;
	ssize_t n;

	while ((n = tar_read(p, bytes, piece)) > 0) {
		total += n;
		assert_int_equal(fwrite(bytes, 1, (size_t)n, f), n);
	}
	assert_int_equal(n, 0);
	assert_int_equal(total, tar_size(p));
	assert_int_equal(total % 512, 0);
	assert_int_equal(tar_error(p)->kind, ERR_NONE);
}

static void a_folder(void)
{
	run(true,
		"mkdir -p %s/in/sub && cd %s/in && echo FROM scratch >Dockerfile && : >empty"
		" && printf '#!/bin/sh\\n' >sub/run.sh && chmod 755 sub/run.sh"
		" && head -c 512 /dev/urandom >sub/block && head -c 100001 /dev/urandom >sub/odd"
		" && ln -s ../Dockerfile sub/link && ln -s /etc/passwd sub/out && mkfifo sub/pipe",
		dir, dir);
	run(true, "cd %s/in/sub && mkdir -p " DEEP " && echo deep >" DEEP "/" NAME50, dir);
	run(true, "cd %s/in && ln -s " DEEP "/x long", dir);
}

static void gnu_tar_reads_what_is_packed(void **state)
{
	(void)state;
	a_folder();
	for (size_t piece = 1; piece <= 100000; piece = piece * 7 + 3) {
		autotar struct tar_pack *p = NULL;

		assert_ok(pack_open(path_below(dir, "in"), NULL, 1 << 20, 100, &p, e));
		pack_to(p, path_below(dir, "out.tar"), piece);
	}
	run(true,
		"mkdir %s/out && tar -xf %s/out.tar -C %s/out && rm %s/in/sub/pipe"
		" && diff -r --no-dereference %s/in %s/out && test -x %s/out/sub/run.sh"
		" && test \"$(readlink %s/out/sub/out)\" = /etc/passwd",
		dir, dir, dir, dir, dir, dir, dir, dir);
	run(true, "tar -tvf %s/out.tar | awk '$2 != \"0/0\" { exit 1 }'", dir);
}

static enum tar_wish no_sub(void *ctx, const char *rel, bool is_dir)
{
	(void)ctx;
	return strcmp(rel, "sub") ? TAR_TAKE : is_dir ? TAR_LEAVE_ALL : TAR_LEAVE;
}

static void leaves_out_what_is_not_wished(void **state)
{
	autotar struct tar_pack *p = NULL;

	(void)state;
	a_folder();
	assert_ok(pack_open(path_below(dir, "in"), no_sub, 1 << 20, 100, &p, e));
	assert_int_equal(tar_entries(p), 3);
	pack_to(p, path_below(dir, "out.tar"), 4096);
	run(true, "test \"$(tar -tf %s/out.tar | sort | tr '\\n' ' ')\" = 'Dockerfile empty long '",
		dir);
}

static void an_empty_folder_is_an_empty_tar(void **state)
{
	autotar struct tar_pack *p = NULL;

	(void)state;
	assert_ok(pack_open(dir, NULL, 1 << 20, 100, &p, e));
	pack_to(p, "/tmp/tar-empty.tar", 100);
	run(true, "tar -tf /tmp/tar-empty.tar && rm /tmp/tar-empty.tar");
}

static void refuses_what_it_cannot_take(void **state)
{
	autotar struct tar_pack *p = NULL;

	(void)state;
	a_folder();
	assert_code(pack_open(path_below(dir, "in"), NULL, 100000, 100, &p, e), "tar.too_large");
	assert_code(pack_open(path_below(dir, "in"), NULL, 1 << 20, 5, &p, e), "tar.too_large");
	assert_code(pack_open(path_below(dir, "none"), NULL, 1 << 20, 5, &p, e), "tar.unreadable");
	assert_code(pack_open("relative", NULL, 1 << 20, 5, &p, e), "tar.unreadable");
	run(true, "ln -s in %s/way", dir);
	assert_code(pack_open(path_below(dir, "way"), NULL, 1 << 20, 100, &p, e), "tar.unreadable");
	assert_code(
		pack_open(path_below(dir, "way/sub"), NULL, 1 << 20, 100, &p, e), "tar.unreadable");
}

/* What was a file when it was looked at is a link elsewhere when it is read. */
static void notices_what_changes_meanwhile(void **state)
{
	static const char *const changes[] = {
		"truncate -s 10 %s/in/sub/odd",
		"rm %s/in/sub/odd",
		"cd %s/in/sub && rm odd && ln -s /etc/services odd",
		"cd %s/in && mv sub was && mkdir else && head -c 100001 /dev/zero >else/odd"
		" && ln -s else sub",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		autotar struct tar_pack *p = NULL;
		char bytes[8192];
		ssize_t n;

		a_folder();
		assert_ok(pack_open(path_below(dir, "in"), NULL, 1 << 20, 100, &p, e));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		run(true, changes[i], dir);
#pragma GCC diagnostic pop
		while ((n = tar_read(p, bytes, sizeof(bytes))) > 0)
			;
		assert_int_equal(n, -1);
		assert_string_equal(tar_error(p)->code, "tar.changed");
		run(true, "rm -rf %s/in", dir);
	}
}

static void knows_a_tar_by_its_beginning(void **state)
{
	static const char *const makes[] = {"tar -cf", "tar -czf", "tar -cjf", "tar -cJf"};
	char bytes[TAR_BEGIN];

	(void)state;
	a_folder();
	for (size_t i = 0; i < COUNT(makes); i++) {
		autofile FILE *f = NULL;

		run(true, "%s %s/x.tar -C %s/in .", makes[i], dir, dir);
		f = fopen(path_below(dir, "x.tar"), "r");
		assert_int_equal(fread(bytes, 1, sizeof(bytes), f), sizeof(bytes));
		assert_true(tar_begins(bytes, sizeof(bytes)));
	}
	memset(bytes, 0, sizeof(bytes));
	assert_false(tar_begins(bytes, sizeof(bytes)));
	assert_false(tar_begins("{\"a\":1}", 7));
	assert_false(tar_begins("", 0));
	memcpy(bytes, "PK\3\4", 4);
	assert_false(tar_begins(bytes, sizeof(bytes)));
}

/* ---- ignore ---- */

static bool out(const char *rules, const char *rel)
{
	autoignore struct ignore i = {0};
	struct err e;

	assert_int_equal(ignore_parse(rules, &i, &e), 0);
	return ignore_leaves_out(&i, rel);
}

static void ignores_as_docker_does(void **state)
{
	(void)state;
	assert_false(out("", "a"));
	assert_false(out("# a\n\n  \n", "a"));
	assert_true(out("a", "a"));
	assert_true(out("/a/", "a"));
	assert_true(out("a", "a/b/c"));
	assert_false(out("a", "b/a"));
	assert_false(out("a", "ab"));
	assert_true(out("*.log", "x.log"));
	assert_false(out("*.log", "sub/x.log"));
	assert_true(out("*/*.log", "sub/x.log"));
	assert_true(out("**/*.log", "x.log"));
	assert_true(out("**/*.log", "a/b/c/x.log"));
	assert_true(out("a/**/z", "a/z"));
	assert_true(out("a/**/z", "a/b/c/z/y"));
	assert_false(out("a/**/z", "b/a/z"));
	assert_true(out("?x[0-9]", "ax7"));
	assert_false(out("?x[0-9]", "axe"));
	assert_true(out("*", ".git"));
	assert_true(out("**", "any/thing"));
	assert_true(out("./a/./b\r\n", "a/b"));
	/* the last line that fits counts */
	assert_false(out("*\n!keep", "keep"));
	assert_false(out("*\n!keep", "keep/x"));
	assert_true(out("*\n!keep\nkeep/x", "keep/x"));
	assert_true(out("!a\na", "a"));
	assert_false(out("node_modules\n!node_modules/.bin\n", "node_modules/.bin/tool"));
}

static void ignores_in_bounded_time(void **state)
{
	autofree char *many = xcalloc(1, 4000);
	autoignore struct ignore i = {0};
	char path[200] = "a", rule[200] = "**/a";

	(void)state;
	for (int k = 0; k < 40; k++) {
		strcat(path, "/a");
		strcat(rule, "/**");
	}
	strcat(rule, "/b");
	assert_false(out(rule, path));
	for (int k = 0; k < 1001; k++)
		strcat(many, "a\n");
	assert_code(ignore_parse(many, &i, e), "ignore.too_large");
}

/* ---- spool ---- */

static bool keep_two(void *ctx, const char *name)
{
	(void)ctx;
	return !strcmp(name, "two");
}

static void spools_and_sweeps(void **state)
{
	autofree char *sub = xasprintf("%s/up", dir);
	autospool struct spool one = SPOOL_CLOSED, two = SPOOL_CLOSED;
	autoclose int fd = -1;
	int64_t len;

	(void)state;
	assert_int_equal(spool_sweep(sub, keep_two, NULL), 0);
	assert_ok(spool_begin(sub, "one", &one, e));
	assert_code(spool_begin(sub, "one", &two, e), "disk.failed");
	assert_ok(spool_add(&one, "abc", 3, e));
	assert_ok(spool_add(&one, "defg", 4, e));
	run(true, "test $(stat -c %%a %s/up) = 700 && test $(stat -c %%a %s/up/one) = 600", dir,
		dir);
	spool_drop(&one);
	assert_code(spool_open(sub, "one", &fd, &len, e), "spool.missing");
	assert_ok(spool_begin(sub, "two", &two, e));
	assert_ok(spool_add(&two, "abc", 3, e));
	assert_ok(spool_end(&two, e));
	assert_ok(spool_open(sub, "two", &fd, &len, e));
	assert_int_equal(len, 3);
	run(true, "touch %s/up/three && ln -s /etc/passwd %s/up/four", dir, dir);
	close(fd);
	fd = -1;
	assert_code(spool_open(sub, "four", &fd, &len, e), "spool.missing");
	assert_int_equal(spool_sweep(sub, keep_two, NULL), 2);
	assert_ok(spool_remove(sub, "two", e));
	assert_ok(spool_remove(sub, "two", e));
	run(true, "test -z \"$(ls -A %s/up)\" && rmdir %s/up && ln -s . %s/up", dir, dir, dir);
	assert_code(spool_begin(sub, "one", &one, e), "disk.failed");
}

static void a_full_disk_is_said(void **state)
{
	autofree char *sub = xasprintf("%s/small", dir);
	autospool struct spool s = SPOOL_CLOSED;
	static char bytes[65536];
	struct err e = {0};
	int rc = 0;

	(void)state;
	run(true, "mkdir %s && mount -t tmpfs -o size=256k,mode=700 none %s", sub, sub);
	assert_int_equal(spool_begin(sub, "one", &s, &e), 0);
	for (int i = 0; i < 8 && !rc; i++)
		rc = spool_add(&s, bytes, sizeof(bytes), &e);
	spool_drop(&s);
	run(true, "test -z \"$(ls -A %s)\"", sub);
	run(true, "umount %s", sub);
	assert_int_equal(rc, -1);
	assert_string_equal(e.code, "disk.full");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(gnu_tar_reads_what_is_packed),
		TEST(leaves_out_what_is_not_wished),
		TEST(an_empty_folder_is_an_empty_tar),
		TEST(refuses_what_it_cannot_take),
		TEST(notices_what_changes_meanwhile),
		TEST(knows_a_tar_by_its_beginning),
		TEST(ignores_as_docker_does),
		TEST(ignores_in_bounded_time),
		TEST(spools_and_sweeps),
		TEST(a_full_disk_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
