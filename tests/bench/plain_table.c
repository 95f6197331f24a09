/*
 * plain_table DAYS: what a history is without tiers: one row a second in a plain SQLite table,
 * asked with GROUP BY. One entity, one series. Prints size and times; for comparison with
 * bench_history.
 */
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400
#define END 1706659200 /* 31 January 2024 */

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

static void fill(sqlite3 *db, int days)
{
	sqlite3_stmt *st;
	double value = 8e8;

	must(db, sqlite3_exec(db,
			 "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
			 "CREATE TABLE sample(at INTEGER PRIMARY KEY, value REAL)",
			 NULL, NULL, NULL));
	must(db, sqlite3_prepare_v2(db, "INSERT INTO sample VALUES(?,?)", -1, &st, NULL));
	for (int t = END - days * DAY; t < END; t++) {
		if (t % 60 == 0)
			must(db, sqlite3_exec(db, "BEGIN", NULL, NULL, NULL));
		value += 4096.0 * (random() % 2001 - 1000);
		sqlite3_bind_int(st, 1, t);
		sqlite3_bind_double(st, 2, value);
		must(db, sqlite3_step(st));
		sqlite3_reset(st);
		if (t % 60 == 59)
			must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	}
	sqlite3_finalize(st);
}

static double ask(sqlite3 *db, int length)
{
	sqlite3_stmt *st;
	double begin = ms_now();
	int rc;

	must(db, sqlite3_prepare_v2(db,
			 "SELECT at/?1, min(value), avg(value), max(value) FROM sample"
			 " WHERE at>=?2 GROUP BY at/?1",
			 -1, &st, NULL));
	sqlite3_bind_int(st, 1, length > 1000 ? length / 1000 : 1);
	sqlite3_bind_int(st, 2, END - length);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		sqlite3_column_double(st, 3);
	must(db, rc);
	sqlite3_finalize(st);
	return ms_now() - begin;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int length;
	} ranges[] = {{"1h", 3600}, {"24h", DAY}, {"7d", 7 * DAY}, {"30d", 30 * DAY}};
	char folder[] = "/tmp/plain_table.XXXXXX";
	int days = argc > 1 ? atoi(argv[1]) : 30;
	struct stat size;
	sqlite3 *db;

	if (days < 1 || !mkdtemp(folder) || chdir(folder))
		return 2;
	must(NULL, sqlite3_open("plain.db", &db));
	fill(db, days);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		double ms[3];

		for (int k = 0; k < 3; k++)
			ms[k] = ask(db, ranges[i].length);
		qsort(ms, 3, sizeof(*ms), by_value);
		printf("%s %.1f\n", ranges[i].name, ms[1]);
	}
	sqlite3_close(db);
	printf("bytes %lld\n", stat("plain.db", &size) ? -1 : (long long)size.st_size);
	return unlink("plain.db") || rmdir(folder);
}
