#include "services/sampler_series.h"

#include <string.h>

#include "services/sampler.h"

const struct series_name sampler_series[N_SERIES] = {
	[NEEDED] = {"memory_needed", "bytes"},
	[CACHE] = {"memory_cache", "bytes"},
	[WORKING_SET] = {"memory_working_set", "bytes"},
	[LIMIT] = {"memory_limit", "bytes"},
	[SWAP] = {"swap", "bytes"},
	[OOM_KILLS] = {"oom_kills", "count"},
	[CPU] = {"cpu", "percent"},
	[THROTTLED] = {"throttled", "percent"},
	[DISK_READ] = {"disk_read", "bytes/s"},
	[DISK_WRITE] = {"disk_write", "bytes/s"},
	[PIDS] = {"pids", "count"},
	[BLOCK] = {"block", "blocks"},
	[BEHIND] = {"behind", "blocks"},
	[BLOCKS_PER_S] = {"blocks_per_s", "blocks/s"},
	[PEERS] = {"peers", "count"},
	[CHAIN_SIZE] = {"chain_size", "bytes"},
	[VOLUME_FREE] = {"volume_free", "bytes"},
	[RELAY_BYTES] = {"relay_bytes", "bytes/min"},
	[HOST_MEMORY] = {"host_memory_available", "bytes"},
	[HOST_LOAD] = {"host_load", "load"},
	[HOST_PRESSURE_CPU] = {"host_pressure_cpu", "percent"},
	[HOST_PRESSURE_IO] = {"host_pressure_io", "percent"},
	[HOST_PRESSURE_MEMORY] = {"host_pressure_memory", "percent"},
};

const char *sampler_unit(const char *name)
{
	for (int i = 0; i < N_SERIES; i++)
		if (!strcmp(sampler_series[i].name, name))
			return sampler_series[i].unit;
	return NULL;
}
