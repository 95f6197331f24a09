/* chain_stage: a small Parity tree below a temporary folder, for the tests of io/chain. */
#ifndef UNIT_CHAIN_STAGE_H
#define UNIT_CHAIN_STAGE_H

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

static inline int setup(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/test-chain-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(top, sizeof(top), "%s/parity", base);
	return 0;
}

static inline int wipe(
	int parent, const char *name, const struct stat *st, void *arg, struct err *e)
{
	(void)arg, (void)e;
	return unlinkat(parent, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0);
}

static inline int teardown(void **state)
{
	autoclose int fd = chain_open_dir(base, false, NULL);

	(void)state;
	if (fd < 0 || chain_walk(fd, wipe, NULL, NULL) < 0)
		return -1;
	return rmdir(base);
}

static inline const char *in(const char *rel)
{
	static char path[4][512];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", top, rel);
	return path[i];
}

static inline void put(const char *rel, const char *text)
{
	struct err e = {0};

	if (chain_write(top, rel, text, strlen(text), 0644, -1, -1, &e) < 0)
		fail_msg("%s: %s", rel, e.message);
}

static inline bool has(const char *rel, const char *text)
{
	autofree char *got = NULL;
	size_t len;

	return !chain_read(top, rel, &got, &len, NULL) && len == strlen(text) && !strcmp(got, text);
}

static inline bool exists(const char *rel)
{
	struct stat st;

	return !lstat(in(rel), &st);
}

static inline void make(void)
{
	struct err e = {0};
	bool made = false;

	if (chain_make(top, "node", -1, -1, &made, &e) < 0)
		fail_msg("%s", e.message);
	assert_true(made);
}

/* A small Parity tree. */
static inline void make_chain(void)
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

static inline int set_aside(struct err *e)
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

#endif
