/* sampler_series: what is recorded: the names of the series, and their units. Constant. */
#ifndef SERVICES_SAMPLER_SERIES_H
#define SERVICES_SAMPLER_SERIES_H

enum series {
	NEEDED,
	CACHE,
	WORKING_SET,
	LIMIT,
	SWAP,
	OOM_KILLS,
	CPU,
	THROTTLED,
	DISK_READ,
	DISK_WRITE,
	PIDS,
	BLOCK,
	BEHIND,
	BLOCKS_PER_S,
	PEERS,
	CHAIN_SIZE,
	VOLUME_FREE,
	RELAY_BYTES,
	HOST_MEMORY,
	HOST_LOAD,
	HOST_PRESSURE_CPU,
	HOST_PRESSURE_IO,
	HOST_PRESSURE_MEMORY,
	N_SERIES
};

extern const struct series_name {
	const char *name, *unit;
} sampler_series[N_SERIES];

#endif
