/*
 * bench_history [DAYS [FILE [END [ENTITY ENTITY]]]]: fills a history with synthetic seconds through
 * the real write path (put each second, flush each minute) for 2 services of 12 series, and
 * measures size, write rate and questions. DAYS is 30 unless told, FILE a new one in /tmp that is
 * removed at the end, END the Unix second at which the data ends. The peak is in memory_needed of
 * the first ENTITY, 4711 s after the middle. Ends with 1 when the one-second peak is missing from
 * any view that contains it.
 */
#include "io/history.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400u
#define END 1706659200u /* 31 January 2024 */
#define ENTITIES 2
#define SERIES 12
#define PEAK 1e12
#define REPEATS 21

static const char *entity_names[ENTITIES] = {"home/node", "home/relay"};
static const char *const series_names[SERIES] = {"memory_needed", "memory_cache",
	"memory_working_set", "memory_limit", "swap", "oom_kills", "cpu", "throttled", "disk_read",
	"disk_write", "block", "peers"};

static uint64_t random_state = 42;

static uint32_t rnd(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % below);
}

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Like the real thing: pages that wander, percents that flicker, bursts, steps, steady values. */
static void next_values(double *v)
{
	v[0] += 4096.0 * ((double)rnd(2001) - 1000) + (0.8e9 - v[0]) * 1e-4;
	v[1] += 4096.0 * ((double)rnd(8001) - 4000) + (0.5e9 - v[1]) * 1e-3;
	for (int i = 0; i < 2; i++)
		v[i] = 4096 * floor(fmax(v[i], 0) / 4096);
	v[2] = v[0] + v[1];
	v[3] = 2147483648.0;
	v[4] = 0;
	v[5] = 0;
	v[6] = 40 + rnd(60000) / 1000.0;
	v[7] = rnd(20) ? 0 : rnd(10000) / 100.0;
	v[8] = rnd(4) ? 0 : 512.0 * rnd(20000);
	v[9] = 4096.0 * rnd(3000);
	v[10] += rnd(14) == 0;
	v[11] = rnd(50) ? v[11] : 20 + rnd(10);
}

struct filled {
	double seconds, slowest_flush;
	uint64_t values;
	uint32_t end, peak_at;
};

static struct filled fill(struct history *h, uint32_t days, uint32_t end)
{
	uint32_t start = end - days * DAY;
	double v[ENTITIES][SERIES] = {0};
	int entities[ENTITIES];
	int series[SERIES];
	struct filled f = {.end = end, .peak_at = start + days * DAY / 2 + 4711};
	double begin = seconds_now();

	for (int i = 0; i < ENTITIES; i++)
		entities[i] = history_entity(h, entity_names[i]);
	for (int k = 0; k < SERIES; k++)
		series[k] = history_series(h, series_names[k]);
	for (uint32_t t = start; t < f.end; t++) {
		for (int i = 0; i < ENTITIES; i++) {
			next_values(v[i]);
			for (int k = 0; k < SERIES; k++)
				history_put(h, entities[i], series[k], (msec)t * 1000,
					k == 0 && t == f.peak_at ? PEAK : v[i][k]);
		}
		f.values += ENTITIES * SERIES;
		if (t % 60 != 59)
			continue;
		double flush = seconds_now();
		struct err e = {0};
		if (history_flush(h, false, &e)) {
			fprintf(stderr, "%s: %s\n", e.code, e.message);
			exit(1);
		}
		f.slowest_flush = fmax(f.slowest_flush, seconds_now() - flush);
	}
	f.seconds = seconds_now() - begin;
	return f;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

struct range {
	const char *name;
	uint32_t length;
};

static int ask(struct history *h, const struct range *r, uint32_t from, size_t n_series,
	struct history_view *v, double *ms)
{
	struct err e = {0};
	double begin = seconds_now();
	int rc = history_query(h, entity_names[0], series_names, n_series, (msec)from * 1000,
		(msec)(from + r->length) * 1000, 1000, v, &e);

	*ms = (seconds_now() - begin) * 1000;
	if (rc)
		fprintf(stderr, "%s: %s\n", e.code, e.message);
	return rc;
}

static bool has_peak(const struct history_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->bands[0].max[i] == (double)(float)PEAK)
			return true;
	return false;
}

/* One line of the table. The range ends with the data, or lies around the peak. */
static bool measure(struct history *h, const struct filled *f, const struct range *r, bool at_peak)
{
	static const size_t n_series[] = {1, SERIES};
	double ms[REPEATS];
	struct history_view v;
	uint32_t from = at_peak ? f->peak_at - r->length / 2 : f->end - r->length;
	bool inside = f->peak_at >= from && f->peak_at < from + r->length;
	bool seen = false;

	printf("%-6s %-9s", r->name, at_peak ? "at peak" : "to now");
	for (size_t k = 0; k < COUNT(n_series); k++) {
		double first = 0;
		for (int i = 0; i < REPEATS; i++) {
			if (ask(h, r, from, n_series[k], &v, &ms[i]))
				return false;
			first = i == 0 ? ms[0] : first;
			seen = has_peak(&v);
			if (k == 0 && i == 0)
				printf(" %6lld s %6zu", (long long)v.tier_step / 1000, v.n);
			history_view_free(&v);
		}
		qsort(ms, REPEATS, sizeof(*ms), by_value);
		printf("  %8.2f %8.2f %8.2f", first, ms[REPEATS / 2], ms[REPEATS - 1]);
	}
	printf("  %s\n", seen ? "seen" : inside ? "LOST" : "-");
	return seen || !inside;
}

static void print_size(struct history *h, const char *file, const struct filled *f)
{
	struct rusage use;
	struct stat st;

	getrusage(RUSAGE_SELF, &use);
	if (stat(file, &st))
		return;
	printf("samples put            %14llu (%.0f per second put and flushed, %.1f s)\n",
		(unsigned long long)f->values, (double)f->values / f->seconds, f->seconds);
	printf("slowest flush          %14.1f ms\n", f->slowest_flush * 1000);
	printf("file                   %14.1f MB (with its log %.1f MB)\n",
		(double)st.st_size / 1e6, (double)history_size_bytes(h) / 1e6);
	printf("bytes per sample put   %14.3f\n", (double)st.st_size / (double)f->values);
	printf("largest resident size  %14.1f MB\n", (double)use.ru_maxrss / 1e3);
}

/* Buckets of all tiers that the retention keeps of so many days, times 1 or 3 values each. */
static double stored_values(uint32_t days)
{
	static const struct {
		double step, keep;
	} tiers[] = {{1, 1}, {10, 14}, {60, 180}, {600, 3653}, {7200, 3653}};
	double n = 0;

	for (size_t i = 0; i < COUNT(tiers); i++)
		n += fmin(days, tiers[i].keep) * DAY / tiers[i].step * (i == 0 ? 1 : 3);
	return n * ENTITIES * SERIES;
}

static bool run(const char *file, uint32_t days, uint32_t end)
{
	static const struct range ranges[] = {{"1 h", 3600}, {"6 h", 6 * 3600}, {"24 h", DAY},
		{"7 d", 7 * DAY}, {"30 d", 30 * DAY}, {"1 y", 365 * DAY}, {"10 y", 3650 * DAY}};
	struct history *h = NULL;
	struct err e = {0};
	bool good = true;

	if (history_open(file, &h, &e)) {
		fprintf(stderr, "%s: %s\n", e.code, e.message);
		return false;
	}
	struct filled f = fill(h, days, end);
	printf("%u days of 1 s, %d entities x %d series\n", days, ENTITIES, SERIES);
	print_size(h, file, &f);
	printf("bytes per stored value %14.2f (min, mean, max of each kept bucket; limit 4)\n",
		(double)history_size_bytes(h) / stored_values(days));
	history_close(h);
	if (history_open(file, &h, &e))
		return false;
	printf("\n%-6s %-9s %8s %6s  %26s  %26s  peak\n", "range", "where", "tier", "points",
		"1 series: 1st, p50, max ms", "12 series: 1st, p50, max ms");
	for (size_t i = 0; i < COUNT(ranges); i++) {
		good &= measure(h, &f, &ranges[i], false);
		if (ranges[i].length < days * DAY)
			good &= measure(h, &f, &ranges[i], true);
	}
	history_close(h);
	return good;
}

static bool run_in_passing(uint32_t days)
{
	char folder[] = "/tmp/bench_history.XXXXXX";

	if (mkdtemp(folder) == NULL)
		return false;
	autofree char *file = xasprintf("%s/history.db", folder);
	autofree char *wal = xasprintf("%s-wal", file);
	autofree char *shm = xasprintf("%s-shm", file);
	bool good = run(file, days, END);
	unlink(wal);
	unlink(shm);
	unlink(file);
	rmdir(folder);
	return good;
}

int main(int argc, char **argv)
{
	uint32_t days = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 30;
	uint32_t end = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : END;

	if (days < 1 || days > 3650 || end < days * DAY || argc == 5 || argc > 6) {
		fprintf(stderr,
			"usage: bench_history [DAYS 1..3650 [FILE [END [ENTITY ENTITY]]]]\n");
		return 2;
	}
	for (int i = 4; i < argc; i++)
		entity_names[i - 4] = argv[i];
	return (argc > 2 ? run(argv[2], days, end) : run_in_passing(days)) ? 0 : 1;
}
