/* The kernel's view in Docker's terms, and the scales between them. */
#include "io/cgroup_priv.h"

#include <math.h>
#include <unistd.h>

#define DEFAULT_SHARES 1024
#define DEFAULT_WEIGHT 100
#define ENGINE_MIN (INT64_C(6) << 20) /* bytes; see io/docker_limits.c */

int64_t cgroup_weight_of_shares(int64_t shares)
{
	return 1 + (shares - 2) * 9999 / 262142;
}

int64_t cgroup_weight_of_shares_new(int64_t shares)
{
	double l = log2((double)shares);

	return (int64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

/* The smallest shares that give this weight, so that there and back is the same. */
int64_t cgroup_shares_of_weight(int64_t weight)
{
	return 2 + ((weight - 1) * 262142 + 9998) / 9999;
}

int64_t cgroup_blkio_of_io_weight(int64_t weight)
{
	return 10 + ((weight - 1) * 990 + 9998) / 9999;
}

/* The kernel keeps whole pages. */
static int64_t bytes(int64_t told, int64_t wanted)
{
	int64_t page = sysconf(_SC_PAGESIZE);

	return told < 0 || told == wanted - wanted % page ? wanted : told;
}

/* On version 2 the engine cannot take a reservation away: its minimum is what is left of one. */
static int64_t reservation(int64_t told, int64_t wanted)
{
	return told == ENGINE_MIN && !wanted ? 0 : bytes(told, wanted);
}

static int64_t swap(const struct usage *u, const struct limits *wanted)
{
	int64_t page = sysconf(_SC_PAGESIZE), beyond, sum = wanted->memory + wanted->swap;

	if (u->swap_limit < 0 || u->memory_limit < 0)
		return wanted->swap;
	if (!u->memory_limit)
		return 0;
	if (!u->swap_limit)
		return -1;
	/* the kernel rounds both limits down, so their distance may be one page off */
	if (u->memory_limit == wanted->memory - wanted->memory % page &&
		(u->swap_limit == sum - sum % page ||
			u->swap_limit - u->memory_limit == wanted->swap - wanted->swap % page))
		return wanted->swap;
	beyond = u->swap_limit - u->memory_limit;
	return beyond > 0 ? beyond : 0;
}

static int64_t cpu_millis(const struct usage *u, const struct limits *wanted)
{
	if (u->cpu_quota_us < 0)
		return wanted->cpu_millis;
	if (!u->cpu_quota_us)
		return 0;
	if (u->cpu_period_us <= 0)
		return wanted->cpu_millis;
	return (u->cpu_quota_us * 1000 + u->cpu_period_us / 2) / u->cpu_period_us;
}

/* Version 2 keeps a coarser number, made by one of two formulas; shares that were taken away leave
 * the default of version 1 by one of them. */
static int64_t cpu_shares(int64_t told, int64_t wanted)
{
	bool dflt = told == DEFAULT_SHARES || told == cgroup_shares_of_weight(DEFAULT_WEIGHT) ||
		    told == cgroup_shares_of_weight(cgroup_weight_of_shares(DEFAULT_SHARES));

	if (told <= 0 || told == wanted)
		return wanted;
	if (wanted >= 2 &&
		(told == cgroup_shares_of_weight(cgroup_weight_of_shares(wanted)) ||
			told == cgroup_shares_of_weight(cgroup_weight_of_shares_new(wanted))))
		return wanted;
	return dflt ? 0 : told;
}

/* Defaults: 500 (CFQ), 100 (BFQ), 100 of 10000 (io.weight). */
static int64_t blkio_weight(int64_t told, int64_t wanted)
{
	if (told <= 0 || told == wanted)
		return wanted;
	if (told == 500 || told == 100 || told == cgroup_blkio_of_io_weight(100))
		return 0;
	return told;
}

struct limits cgroup_limits(const struct usage *u, const struct limits *wanted)
{
	return (struct limits){
		.memory = bytes(u->memory_limit, wanted->memory),
		.reservation = reservation(u->reservation, wanted->reservation),
		.swap = swap(u, wanted),
		.cpu_millis = cpu_millis(u, wanted),
		.cpu_shares = cpu_shares(u->cpu_shares, wanted->cpu_shares),
		.blkio_weight = blkio_weight(u->blkio_weight, wanted->blkio_weight),
	};
}
