/*
 * bench_history: synthetic seconds of 2 services x 12 series, and questions about them.
 *
 *	fill DAYS FILE END ENTITY ENTITY   puts them through the real write path: each second put,
 *	                                   each minute flushed, END the Unix second after the last
 *	ask DAYS FILE END ENTITY           every range, warm, one line each
 *	cold DAYS FILE END ENTITY RANGE    opens the file and asks once, for caches that were
 *emptied text DAYS FOLDER END ENTITY ENTITY the same seconds as OpenMetrics, a file a day
 *
 * The peak of one second is in memory_needed of the first ENTITY, 4711 s after the middle of the
 * span. Prints "name value" lines (fill, cold) or the columns of ask_one(). ask ends with 1 when
 * the peak is missing from a view that contains it.
 */
#include "io/history.h"

#include "base/mem.h"
#include "base/rollup.h"
#include "synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPEATS 21
#define POINTS 1000

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double seconds_now(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

static void must(int rc, const struct err *e)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_history: %s: %s\n", e->code, e->message);
	exit(1);
}

static struct history *opened(const char *file)
{
	struct history *h = NULL;
	struct err e = {0};

	must(history_open(file, &h, &e), &e);
	return h;
}

/* ---- fill ---- */

static double resident_mb(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)(pages * sysconf(_SC_PAGESIZE)) / 1e6;
}

/* Buckets of all tiers that the retention keeps of so many days, times 1 or 3 values each. */
static double stored_values(uint32_t days)
{
	double n = 0;

	for (size_t i = 0; i < ROLLUP_TIERS; i++) {
		const struct rollup_tier *r = &rollup_tiers[i];
		n += fmin((double)days * DAY, r->keep) / r->step * (i == 0 ? 1 : 3);
	}
	return n * ENTITIES * SERIES;
}

static void fill(const struct span *s)
{
	double v[ENTITIES][SERIES] = {0}, begin = seconds_now(), slowest = 0, rss = 0, eve = 0;
	struct history *h = opened(s->file);
	int entities[ENTITIES], series[SERIES];
	struct err e = {0};

	for (int i = 0; i < ENTITIES; i++)
		entities[i] = history_entity(h, s->entity[i]);
	for (int k = 0; k < SERIES; k++)
		series[k] = history_series(h, series_names[k]);
	for (uint32_t t = s->start; t < s->end; t++) {
		for (int i = 0; i < ENTITIES; i++) {
			next_values(v[i]);
			for (int k = 0; k < SERIES; k++)
				history_put(h, entities[i], series[k], (msec)t * 1000,
					value_at(s, t, i, k, v[i][k]));
		}
		if ((t - s->start) % 60 == 59) {
			double flush = seconds_now();
			must(history_flush(h, false, &e), &e);
			slowest = fmax(slowest, seconds_now() - flush);
		}
		if (t - s->start == DAY)
			rss = resident_mb();
		if (s->end - t == DAY)
			eve = resident_mb();
	}
	printf("wall_s %.1f\ncpu_s %.1f\nslowest_flush_ms %.1f\n", seconds_now() - begin,
		seconds_of(CLOCK_PROCESS_CPUTIME_ID), slowest * 1000);
	printf("rss_first_day_mb %.2f\nrss_eve_mb %.3f\nrss_last_day_mb %.3f\n", rss, eve,
		resident_mb());
	history_close(h);
}

/* ---- text ---- */

static void text(const struct span *s)
{
	double v[ENTITIES][SERIES] = {0};
	FILE *f = NULL;

	for (uint32_t t = s->start; t < s->end; t++) {
		if ((t - s->start) % DAY == 0) {
			autofree char *path =
				xasprintf("%s/day-%03u.om", s->file, (t - s->start) / DAY);
			f = fopen(path, "we");
			if (!f)
				exit(1);
		}
		for (int i = 0; i < ENTITIES; i++) {
			next_values(v[i]);
			for (int k = 0; k < SERIES; k++)
				fprintf(f, "%s{service=\"%s\"} %.9g %u\n", series_names[k],
					s->entity[i], value_at(s, t, i, k, v[i][k]), t);
		}
		if ((t - s->start) % DAY == DAY - 1 && (fputs("# EOF\n", f) < 0 || fclose(f)))
			exit(1);
	}
}

/* ---- ask ---- */

static const struct range {
	const char *name;
	uint32_t length;
} ranges[] = {{"1h", 3600}, {"6h", 6 * 3600}, {"24h", DAY}, {"7d", 7 * DAY}, {"30d", 30 * DAY},
	{"1y", 365 * DAY}, {"10y", 3650 * DAY}};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void query(struct history *h, const struct span *s, uint32_t from, uint32_t length,
	size_t n_series, struct history_view *v)
{
	struct err e = {0};

	must(history_query(h, s->entity[0], series_names, n_series, (msec)from * 1000,
		     (msec)(from + length) * 1000, POINTS, v, &e),
		&e);
}

static bool has_peak(const struct history_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->bands[0].max[i] == (double)(float)PEAK)
			return true;
	return false;
}

/* range, where, number of series, step of the tier in s, points; ms by the clock: first, middle,
 * longest; ms of processor, middle; whether the peak was seen, is not in the range, or is lost. */
static bool ask_one(struct history *h, const struct span *s, const struct range *r, bool at_peak,
	size_t n_series)
{
	uint32_t from = at_peak ? s->peak_at - r->length / 2 : s->end - r->length;
	bool inside = s->peak_at >= from && s->peak_at < from + r->length, seen = true;
	double ms[REPEATS], cpu[REPEATS], first = 0;
	struct history_view v;

	for (int i = 0; i < REPEATS; i++) {
		double begin = seconds_now(), ran = seconds_of(CLOCK_THREAD_CPUTIME_ID);
		query(h, s, from, r->length, n_series, &v);
		cpu[i] = (seconds_of(CLOCK_THREAD_CPUTIME_ID) - ran) * 1000;
		ms[i] = (seconds_now() - begin) * 1000;
		first = i == 0 ? ms[0] : first;
		seen = has_peak(&v);
		if (i == 0)
			printf("%s %s %zu %lld %zu", r->name, at_peak ? "peak" : "now", n_series,
				(long long)v.tier_step / 1000, v.n);
		history_view_free(&v);
	}
	qsort(ms, REPEATS, sizeof(*ms), by_value);
	qsort(cpu, REPEATS, sizeof(*cpu), by_value);
	printf(" %.3f %.3f %.3f %.3f %s\n", first, ms[REPEATS / 2], ms[REPEATS - 1],
		cpu[REPEATS / 2],
		seen	 ? "seen"
		: inside ? "LOST"
			 : "-");
	return seen || !inside;
}

static bool ask(const struct span *s)
{
	struct history *h = opened(s->file);
	bool good = true;

	for (size_t i = 0; i < COUNT(ranges); i++)
		for (int at_peak = 0; at_peak < 2; at_peak++)
			for (size_t n = 1; n <= SERIES; n += SERIES - 1)
				if (!at_peak || ranges[i].length < s->days * DAY)
					good &= ask_one(h, s, &ranges[i], at_peak, n);
	history_close(h);
	return good;
}

static void cold(const struct span *s, const char *name)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		struct history_view v;

		if (strcmp(ranges[i].name, name))
			continue;
		double begin = seconds_now();
		struct history *h = opened(s->file);
		double open = seconds_now();
		query(h, s, s->end - ranges[i].length, ranges[i].length, SERIES, &v);
		printf("open_ms %.3f\nask_ms %.3f\n", (open - begin) * 1000,
			(seconds_now() - open) * 1000);
		history_view_free(&v);
		history_close(h);
	}
}

int main(int argc, char **argv)
{
	const char *command = argc > 5 ? argv[1] : "";
	struct span s = argc > 5 ? span_of(argv + 2) : (struct span){0};

	if (!strcmp(command, "fill") && argc == 7) {
		fill(&s);
		printf("values_put %.0f\nvalues_kept %.0f\n",
			(double)s.days * DAY * ENTITIES * SERIES, stored_values(s.days));
	} else if (!strcmp(command, "text") && argc == 7) {
		text(&s);
	} else if (!strcmp(command, "ask")) {
		return ask(&s) ? 0 : 1;
	} else if (!strcmp(command, "cold") && argc == 7) {
		cold(&s, argv[6]);
	} else {
		fprintf(stderr, "usage: bench_history fill|text DAYS FILE END ENTITY ENTITY\n"
				"       bench_history ask DAYS FILE END ENTITY\n"
				"       bench_history cold DAYS FILE END ENTITY RANGE\n");
		return 2;
	}
	return 0;
}
