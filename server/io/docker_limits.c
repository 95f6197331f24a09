/*
 * Limits in the engine's words. What lifts a limit that is set, measured on dockerd 20.10.24 with
 * runc 1.1.5 on cgroup v1, by reading the container's cgroup files after each update:
 *
 *   Memory            0 = no change; -1 refused ("Minimum memory limit allowed is 6MB"). The
 *                     kernel's own number for "none", 2^63-4096, lifts it, and lasts over a restart
 *   MemorySwap        0 = no change; -1 is taken but never reaches the kernel, so that a Memory
 *                     above the old sum is refused. The same number lifts it
 *   MemoryReservation 0 = no change; -1 lifts it (v1)
 *   CpuQuota          0 = no change; -1 lifts it
 *   NanoCpus          0 = no change; -1 refused. Once set, CpuPeriod and CpuQuota are refused (and
 *                     the other way round): all processors of the machine is the nearest to "none"
 *   CpuShares         0 = no change; 1024 is the kernel's default
 *
 *   BlkioWeight       0 = no change; 500 is CFQ's default (not measured: without CFQ the engine
 *                     discards a weight with a warning)
 *
 * On cgroup v2, measured with the same and kernel 6.1 (tests/v2): runc sends MemorySwap - Memory as
 * the swap limit, so that equal numbers forbid swap; 2^62 and the number above lift both. A
 * reservation of -1 becomes memory.low = max, the opposite of none: the engine's minimum of 6 MiB
 * is the nearest. 1024 shares become a weight of 39, not the kernel's 100, which only a container
 * has that was never given any: those are left alone. BlkioWeight is io.bfq.weight as it is
 * (default 100); where that file is missing it is scaled to io.weight, which has no effect unless
 * somebody set up io.cost.qos.
 */
#include "io/docker_priv.h"

#define UNLIMITED INT64_C(9223372036854771712) /* 2^63 - 4096: what v1 reports for "none" */
#define UNLIMITED_V2 (INT64_C(1) << 62)
#define RESERVATION_MIN (INT64_C(6) << 20)
#define PERIOD_US 100000
#define DEFAULT_SHARES 1024
#define DEFAULT_WEIGHT 500
#define DEFAULT_WEIGHT_V2 100

static int64_t default_weight(const struct docker_dialect *dialect)
{
	return dialect->cgroup_version == 2 ? DEFAULT_WEIGHT_V2 : DEFAULT_WEIGHT;
}

static int64_t bytes_or_none(int64_t n)
{
	return n <= 0 || n >= DOCKER_HUGE ? 0 : n;
}

/* Swap beyond memory; -1 = without limit. */
static int64_t swap_of(int64_t memory, int64_t sum, bool swap_limit)
{
	if (!memory)
		return 0;
	if (sum < 0 || sum >= DOCKER_HUGE)
		return swap_limit ? -1 : 0; /* a kernel that cannot limit swap always says -1 */
	if (!sum)
		return memory; /* the engine's default: as much swap as memory */
	return sum > memory ? sum - memory : 0;
}

static int64_t cpu_of(const json_t *host, int cpus)
{
	int64_t nano = json_int(host, "NanoCpus", 0);
	int64_t quota = json_int(host, "CpuQuota", 0);
	int64_t period = json_int(host, "CpuPeriod", 0);

	if (nano > 0)
		return cpus > 0 && nano >= cpus * INT64_C(1000000000) ? 0 : nano / 1000000;
	if (quota <= 0 || quota > DOCKER_HUGE / 1000)
		return 0;
	if (period <= 0)
		period = PERIOD_US;
	return (quota * 1000 + period / 2) / period;
}

void docker_limits_read(
	const json_t *host, const struct docker_dialect *dialect, struct limits *ret)
{
	*ret = (struct limits){
		.memory = bytes_or_none(json_int(host, "Memory", 0)),
		.reservation = bytes_or_none(json_int(host, "MemoryReservation", 0)),
		.cpu_millis = cpu_of(host, dialect->cpus),
		.cpu_shares = json_int(host, "CpuShares", 0),
		.blkio_weight = json_int(host, "BlkioWeight", 0),
	};
	ret->swap = swap_of(ret->memory, json_int(host, "MemorySwap", 0), dialect->swap_limit);
	if (ret->reservation == RESERVATION_MIN)
		ret->reservation = 0;
	if (ret->cpu_shares == DEFAULT_SHARES)
		ret->cpu_shares = 0;
	if (ret->blkio_weight == default_weight(dialect))
		ret->blkio_weight = 0;
}

static void put_memory(json_t *body, const struct limits *l, bool v2)
{
	if (l->memory > 0) {
		json_put_int(body, "Memory", l->memory);
		json_put_int(body, "MemorySwap", l->swap < 0 ? UNLIMITED : l->memory + l->swap);
		return;
	}
	json_put_int(body, "Memory", v2 ? UNLIMITED_V2 : UNLIMITED);
	json_put_int(body, "MemorySwap", UNLIMITED);
}

static void put_reservation(json_t *body, const struct limits *l, const json_t *host, bool v2)
{
	if (l->reservation > 0)
		json_put_int(body, "MemoryReservation", l->reservation);
	else if (json_int(host, "MemoryReservation", 0) > 0)
		json_put_int(body, "MemoryReservation", v2 ? RESERVATION_MIN : -1);
}

static void put_cpu(json_t *body, const struct limits *l, const json_t *host, int cpus)
{
	int64_t nano = l->cpu_millis > 0 ? l->cpu_millis * 1000000 : cpus * INT64_C(1000000000);

	if (json_int(host, "NanoCpus", 0) > 0) {
		json_put_int(body, "NanoCpus", nano);
	} else if (l->cpu_millis > 0) {
		json_put_int(body, "CpuPeriod", PERIOD_US);
		json_put_int(body, "CpuQuota", l->cpu_millis * (PERIOD_US / 1000));
	} else {
		json_put_int(body, "CpuQuota", -1);
	}
}

static void put_share(
	json_t *body, const struct limits *l, const json_t *host, const struct docker_dialect *d)
{
	put_cpu(body, l, host, d->cpus);
	if (l->cpu_shares > 0)
		json_put_int(body, "CpuShares", l->cpu_shares);
	else if (d->cgroup_version != 2 || json_int(host, "CpuShares", 0) > 0)
		json_put_int(body, "CpuShares", DEFAULT_SHARES);
	if (l->blkio_weight > 0)
		json_put_int(body, "BlkioWeight", l->blkio_weight);
	else if (json_int(host, "BlkioWeight", 0) > 0)
		json_put_int(body, "BlkioWeight", default_weight(d));
}

json_t *docker_share_body(
	const struct limits *l, const json_t *host, const struct docker_dialect *dialect)
{
	json_t *body = json_object();

	put_share(body, l, host, dialect);
	return body;
}

json_t *docker_limits_body(
	const struct limits *l, const json_t *host, const struct docker_dialect *dialect)
{
	json_t *body = json_object();
	bool v2 = dialect->cgroup_version == 2;

	put_memory(body, l, v2);
	put_reservation(body, l, host, v2);
	put_share(body, l, host, dialect);
	return body;
}
