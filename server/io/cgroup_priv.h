/*
 * cgroup_priv: what the files of the cgroup room share. Nobody else includes this.
 */
#ifndef IO_CGROUP_PRIV_H
#define IO_CGROUP_PRIV_H

#include "io/cgroup.h"

enum ctl { CTL_MEMORY, CTL_CPU, CTL_CPUACCT, CTL_BLKIO, CTL_PIDS, CTL_COUNT };

/* The things we ask the kernel, under the names of either version. */
enum cgroup_file {
	F_USAGE,
	F_STAT,
	F_LIMIT,
	F_SOFT,
	F_PEAK,
	F_OOM,
	F_SWAP,
	F_SWAP_LIMIT,
	F_CPU_USAGE,
	F_QUOTA,
	F_PERIOD,
	F_SHARES,
	F_CPU_STAT,
	F_IO,
	F_WEIGHT,
	F_PIDS,
	F_COUNT,
};

struct cgroup {
	int fd[F_COUNT];	/* -1 = the kernel has no such file */
	int version[CTL_COUNT]; /* of the hierarchy that carries it; 0 = nobody does */
	bool weight_scaled;	/* F_WEIGHT is io.weight (1..10000), not Docker's scale */
};

#define PROC_TEXT 16384 /* of a file below /proc/PID */

/* A whole file as text, cut at size; -1 with errno. */
int cgroup_read_text(const char *path, char *buf, size_t size);

/* The kernel's cgroup v2 weights and Docker's scale, as runc converts them. The second formula is
 * the one of newer runc (1024 shares = weight 100). Shares and weights are in range. */
int64_t cgroup_weight_of_shares(int64_t shares);
int64_t cgroup_weight_of_shares_new(int64_t shares);
int64_t cgroup_shares_of_weight(int64_t weight);
int64_t cgroup_blkio_of_io_weight(int64_t weight);

#endif
