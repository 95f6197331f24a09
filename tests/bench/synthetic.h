/*
 * synthetic: the same seconds for everybody who is measured: values of 2 services x 12 series, as
 * the real ones move. Always the same ones for the same number of days.
 */
#ifndef BENCH_SYNTHETIC_H
#define BENCH_SYNTHETIC_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define DAY 86400u
#define ENTITIES 2
#define SERIES 12
#define PEAK 1e12

static const char *const series_names[SERIES] = {"memory_needed", "memory_cache",
	"memory_working_set", "memory_limit", "swap", "oom_kills", "cpu", "throttled", "disk_read",
	"disk_write", "block", "peers"};

static uint64_t random_state = 42;

static inline uint32_t rnd(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % below);
}

/* Like the real thing: pages that wander, percents that flicker, bursts, steps, steady values. */
static inline void next_values(double *v)
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

/* What a command is about: DAYS FILE END ENTITY… */
struct span {
	uint32_t days, start, end, peak_at;
	const char *file;
	char **entity; /* ENTITIES, or the one that is asked for */
};

static inline double value_at(const struct span *s, uint32_t t, int entity, int series, double v)
{
	return t == s->peak_at && !entity && !series ? PEAK : v;
}

static inline struct span span_of(char **words)
{
	struct span s = {.days = (uint32_t)strtoul(words[0], NULL, 10),
		.end = (uint32_t)strtoul(words[2], NULL, 10),
		.file = words[1],
		.entity = words + 3};

	s.start = s.end - s.days * DAY;
	s.peak_at = s.start + s.days * DAY / 2 + 4711;
	return s;
}

#endif
