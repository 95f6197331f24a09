/*
 * plain_table: what a history is without tiers: one row a second in a plain SQLite table, asked
 * with GROUP BY. The first series of bench_history, the same values.
 *
 *	fill DAYS FILE END     prints the file's size in bytes
 *	ask DAYS FILE END      one line for each range: name, ms (middle of some), whether the peak
 *	                       of one second was among the answers
 */
#include "synthetic.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define POINTS 1000
#define REPEATS_MAX 5

static double ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void must(sqlite3 *db, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "plain_table: %s\n", sqlite3_errmsg(db));
	exit(1);
}

/* How it is filled is not measured, so in large transactions. */
static void fill(sqlite3 *db, const struct span *s)
{
	double v[ENTITIES][SERIES] = {0};
	sqlite3_stmt *st;

	must(db, sqlite3_exec(db,
			 "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
			 "CREATE TABLE sample(at INTEGER PRIMARY KEY, value REAL); BEGIN",
			 NULL, NULL, NULL));
	must(db, sqlite3_prepare_v2(db, "INSERT INTO sample VALUES(?,?)", -1, &st, NULL));
	for (uint32_t t = s->start; t < s->end; t++) {
		for (int i = 0; i < ENTITIES; i++)
			next_values(v[i]);
		sqlite3_bind_int64(st, 1, t);
		sqlite3_bind_double(st, 2, value_at(s, t, 0, 0, v[0][0]));
		must(db, sqlite3_step(st));
		sqlite3_reset(st);
		if (t % DAY == 0)
			must(db, sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL));
	}
	sqlite3_finalize(st);
	must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
}

static double ask(sqlite3 *db, const struct span *s, uint32_t length, int *ret_peak)
{
	double begin = ms_now();
	sqlite3_stmt *st;
	int rc;

	must(db, sqlite3_prepare_v2(db,
			 "SELECT at/?1, min(value), avg(value), max(value) FROM sample"
			 " WHERE at>=?2 GROUP BY at/?1",
			 -1, &st, NULL));
	sqlite3_bind_int64(st, 1, length > POINTS ? length / POINTS : 1);
	sqlite3_bind_int64(st, 2, (int64_t)s->end - length);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*ret_peak |= sqlite3_column_double(st, 3) == PEAK;
	must(db, rc);
	sqlite3_finalize(st);
	return ms_now() - begin;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void ask_all(sqlite3 *db, const struct span *s)
{
	static const struct {
		const char *name;
		uint32_t length;
		int repeats;
	} ranges[] = {{"1h", 3600, 5}, {"6h", 6 * 3600, 5}, {"24h", DAY, 5}, {"7d", 7 * DAY, 3},
		{"30d", 30 * DAY, 3}, {"1y", 365 * DAY, 1}, {"10y", 3650 * DAY, 1}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		double ms[REPEATS_MAX];
		int peak = 0;

		for (int k = 0; k < ranges[i].repeats; k++)
			ms[k] = ask(db, s, ranges[i].length, &peak);
		qsort(ms, (size_t)ranges[i].repeats, sizeof(*ms), by_value);
		printf("%s %.2f %s\n", ranges[i].name, ms[ranges[i].repeats / 2],
			peak ? "seen" : "-");
	}
}

int main(int argc, char **argv)
{
	struct stat size;
	struct span s;
	sqlite3 *db;

	if (argc != 5)
		return 2;
	s = span_of(argv + 2);
	must(NULL, sqlite3_open(s.file, &db));
	if (!strcmp(argv[1], "fill"))
		fill(db, &s);
	else
		ask_all(db, &s);
	sqlite3_close(db);
	if (!strcmp(argv[1], "fill") && !stat(s.file, &size))
		printf("bytes %lld\n", (long long)size.st_size);
	return 0;
}
