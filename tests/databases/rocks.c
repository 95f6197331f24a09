/*
 * rocks write|check DIR N SEED: a RocksDB like a node's, with table files that are compacted.
 *
 * write puts N values that follow from SEED, in several table files, deletes what a smaller N
 * leaves over, and compacts all of it. check compares every value and the number of them.
 */
#include <rocksdb/c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE 400

static void must(char *err)
{
	if (!err)
		return;
	fprintf(stderr, "%s\n", err);
	exit(1);
}

/* xorshift: noise that does not compress away */
static void value(uint64_t seed, uint64_t n, char *out)
{
	uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15u ^ (n + 1) * 0xbf58476d1ce4e5b9u;

	for (int i = 0; i < VALUE; i += 8) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		memcpy(out + i, &x, 8);
	}
}

static void write_all(rocksdb_t *db, uint64_t n, uint64_t seed)
{
	rocksdb_writeoptions_t *wo = rocksdb_writeoptions_create();
	char key[32], v[VALUE], *err = NULL;

	for (uint64_t i = 0; i < n; i++) {
		int len = snprintf(key, sizeof(key), "k%012llu", (unsigned long long)i);

		value(seed, i, v);
		rocksdb_put(db, wo, key, (size_t)len, v, VALUE, &err);
		must(err);
	}
	rocksdb_compact_range(db, NULL, 0, NULL, 0);
	/* and some that stay in the log: a copy has to hold those, too */
	for (uint64_t i = 0; i < n / 10; i++) {
		int len = snprintf(key, sizeof(key), "k%012llu", (unsigned long long)i);

		value(seed, i, v);
		rocksdb_put(db, wo, key, (size_t)len, v, VALUE, &err);
		must(err);
	}
	rocksdb_writeoptions_destroy(wo);
}

static int check_all(rocksdb_t *db, uint64_t n, uint64_t seed)
{
	rocksdb_readoptions_t *ro = rocksdb_readoptions_create();
	rocksdb_iterator_t *it;
	uint64_t seen = 0;
	char v[VALUE];

	rocksdb_readoptions_set_verify_checksums(ro, 1);
	it = rocksdb_create_iterator(db, ro);
	for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it);
		rocksdb_iter_next(it), seen++) {
		size_t len;
		const char *got = rocksdb_iter_value(it, &len);

		value(seed, seen, v);
		if (len != VALUE || memcmp(got, v, VALUE)) {
			fprintf(stderr, "value %llu differs\n", (unsigned long long)seen);
			return 1;
		}
	}
	rocksdb_iter_destroy(it);
	printf("%llu values\n", (unsigned long long)seen);
	return seen != n;
}

int main(int argc, char **argv)
{
	rocksdb_options_t *o = rocksdb_options_create();
	char *err = NULL;
	rocksdb_t *db;
	int rc = 0;

	if (argc != 5)
		return 2;
	rocksdb_options_set_create_if_missing(o, 1);
	rocksdb_options_set_write_buffer_size(o, 1 << 20);
	rocksdb_options_set_target_file_size_base(o, 1 << 20);
	rocksdb_options_set_compression(o, rocksdb_no_compression);
	db = rocksdb_open(o, argv[2], &err);
	must(err);
	if (!strcmp(argv[1], "write"))
		write_all(db, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	else
		rc = check_all(db, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	rocksdb_close(db);
	rocksdb_options_destroy(o);
	return rc;
}
