/* From a container to its processes, without asking the engine. */
#include "io/cgroup_priv.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* Its id stands in the path, whoever drives the control groups: /docker/ID, /…/docker-ID.scope. */
static bool belongs(const char *proc, const char *pid, const char *container)
{
	char path[4096], text[PROC_TEXT];

	snprintf(path, sizeof(path), "%s/%s/cgroup", proc, pid);
	return cgroup_read_text(path, text, sizeof(text)) >= 0 && strstr(text, container);
}

int cgroup_first_process(const char *proc, const char *container)
{
	DIR *dir = opendir(proc);
	struct dirent *d;
	int first = 0;

	while (dir && (d = readdir(dir))) {
		int pid = atoi(d->d_name);

		if (pid > 0 && (!first || pid < first) && belongs(proc, d->d_name, container))
			first = pid;
	}
	if (dir)
		closedir(dir);
	return first;
}
