/*
 * host_priv: the pure parts of the host room, for its tests. Nobody else includes this.
 */
#ifndef IO_HOST_PRIV_H
#define IO_HOST_PRIV_H

#include "io/host.h"

/* The entry of a mountinfo text (proc_pid_mountinfo(5)) that carries the absolute, resolved path:
 * the longest mount point, of equal ones the last. Fills mount, fs and network. */
bool host_find_mount(const char *mountinfo, const char *path, struct volume *ret);
bool host_fs_is_network(const char *fs);

#endif
