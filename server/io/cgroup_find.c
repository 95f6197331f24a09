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

/* containerd-shim, docker-containerd-shim, …: "-id ID", the id alone, or the end of its folder. */
static bool is_helper(const char *proc, const char *pid, const char *container)
{
	char path[4096], text[PROC_TEXT] = ""; /* the words of a command line, each ends with a 0 */
	size_t n = strlen(container);

	snprintf(path, sizeof(path), "%s/%s/cmdline", proc, pid);
	if (cgroup_read_text(path, text, sizeof(text)) || !strstr(text, "containerd-shim"))
		return false;
	for (const char *word = text; word < text + sizeof(text) && *word;
		word += strlen(word) + 1) {
		size_t len = strlen(word);
		const char *end = word + len - (len < n ? len : n);

		if (!strcmp(end, container) && (end == word || end[-1] == '/'))
			return true;
	}
	return false;
}

static int first_of(const char *proc, const char *container,
	bool (*is)(const char *proc, const char *pid, const char *container))
{
	DIR *dir = opendir(proc);
	struct dirent *d;
	int first = 0;

	while (dir && (d = readdir(dir))) {
		int pid = atoi(d->d_name);

		if (pid > 0 && (!first || pid < first) && is(proc, d->d_name, container))
			first = pid;
	}
	if (dir)
		closedir(dir);
	return first;
}

int cgroup_first_process(const char *proc, const char *container)
{
	return first_of(proc, container, belongs);
}

int cgroup_helper(const char *proc, const char *container)
{
	return first_of(proc, container, is_helper);
}
