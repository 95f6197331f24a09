/*
 * host: this NAS: memory, load, kernel, processor, time since boot, file systems, own process.
 *
 * Reads /proc and statvfs; paths are parameters so that tests use trees of their own. Any thread.
 *
 * Error codes: host.unreadable.
 */
#ifndef IO_HOST_H
#define IO_HOST_H

#include "base/model.h"

struct host {
	msec at;
	char name[65]; /* host name */
	char arch[32]; /* x86_64, aarch64 */
	char kernel[65];
	int cpus;
	bool avx; /* the processor has AVX (some images need it); false on aarch64 */
	int64_t memory_total, memory_available, swap_total, swap_free; /* bytes */
	double load1;
	/* Share of the last 10 s in which something waited for it, in percent; -1 = this kernel
	 * does not tell (before 4.20). https://docs.kernel.org/accounting/psi.html, "some" */
	double pressure_cpu, pressure_io, pressure_memory;
	/* Counter: time in which processors had nothing to do but wait for a disk, all of them
	 * added; -1 = not told. https://docs.kernel.org/filesystems/proc.html, "iowait" */
	int64_t iowait_ms;
	int64_t uptime_s; /* since boot */
};
int host_read(const char *proc, struct host *ret, struct err *e);

struct volume {
	char mount[256];     /* mount point */
	char fs[32];	     /* ext4, btrfs, zfs, tmpfs, nfs4, cifs, … */
	int64_t total, free; /* bytes; free = available to us */
	bool network;	     /* a network file system: no place for databases */
	bool read_only;
};
/* path need not exist: its nearest existing parent counts. */
int host_volume(const char *path, struct volume *ret, struct err *e);
/* Only total, free and read_only, for who looks each second: which mount it is costs a read of all
 * of them, and a NAS with containers has many. */
int host_space(const char *path, struct volume *v, struct err *e);

/* This program: resident bytes, CPU ns since it started. */
int host_self(int64_t *ret_rss, int64_t *ret_cpu_ns, struct err *e);

/* Inode of a process's network namespace; 0 when it cannot be told. */
uint64_t host_netns(int pid);

#endif
