/* The kernel's log: its records, and what they say of one kill. */
#include "io/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define RECORD_MAX 8192 /* what one read gives at most */
#define ID_LEN 64

struct kmsg {
	int fd;
	struct kernel_kill open; /* its first lines were read, its last one was not */
};

struct kmsg *kmsg_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct kmsg *k;

	if (fd < 0)
		return NULL;
	lseek(fd, 0, SEEK_END);
	k = xcalloc(1, sizeof(*k));
	k->fd = fd;
	return k;
}

void kmsg_close(struct kmsg *k)
{
	if (!k)
		return;
	close(k->fd);
	free(k);
}

/* The container in a control group's path: /docker/ID, /system.slice/docker-ID.scope. */
static void container_of(const char *path, char ret[ID_LEN + 1])
{
	size_t n = 0;

	ret[0] = '\0';
	for (; *path && *path != ',' && *path != ' '; path++) {
		n = strchr("0123456789abcdef", *path) ? n + 1 : 0;
		if (n == ID_LEN) {
			snprintf(ret, ID_LEN + 1, "%.*s", ID_LEN, path - ID_LEN + 1);
			return;
		}
	}
}

static void member(const char *text, const char *name, char ret[ID_LEN + 1])
{
	const char *at = strstr(text, name);

	if (at)
		container_of(at + strlen(name), ret);
}

/* "Killed process 31254 (python3) total-vm:221368kB, anon-rss:65152kB, …" */
static bool last_line(struct kernel_kill *k, const char *text)
{
	const char *at = strstr(text, "Killed process "), *anon = strstr(text, "anon-rss:");
	char *end;

	if (!at)
		return false;
	k->pid = (int)strtol(at + strlen("Killed process "), &end, 10);
	if (sscanf(end, " (%31[^)])", k->name) != 1)
		snprintf(k->name, sizeof(k->name), "?");
	k->anon = anon ? strtoll(anon + strlen("anon-rss:"), NULL, 10) * 1024 : -1;
	k->whole_machine = !*k->limit_of && !strstr(text, "Memory cgroup out of memory");
	return true;
}

/* True when the record ends what is said of a kill. */
static bool read_record(struct kernel_kill *k, const char *text)
{
	const char *limit = strstr(text, ";memory: usage ");

	if (strstr(text, "invoked oom-killer: ")) {
		*k = (struct kernel_kill){0};
	} else if (limit) {
		if (sscanf(limit, ";memory: usage %*dkB, limit %" SCNd64, &k->limit) == 1)
			k->limit *= 1024;
	} else if (strstr(text, "oom-kill:constraint=")) {
		*k = (struct kernel_kill){.limit = k->limit};
		member(text, "task_memcg=", k->container);
		member(text, "oom_memcg=", k->limit_of);
	} else if (strstr(text, "killed as a result of limit of ")) {
		*k = (struct kernel_kill){0};
		member(text, "Task in ", k->container);
		member(text, "limit of ", k->limit_of);
	}
	return last_line(k, text);
}

static void keep(struct kernel_kill *ret, size_t max, size_t *n, const struct kernel_kill *k)
{
	if (*n == max) {
		memmove(ret, ret + 1, (max - 1) * sizeof(*ret));
		(*n)--;
	}
	ret[(*n)++] = *k;
}

/* A file gives several records at once, the device one. */
static void read_records(struct kmsg *k, char *text, struct kernel_kill *ret, size_t max, size_t *n)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!read_record(&k->open, line))
			continue;
		keep(ret, max, n, &k->open);
		k->open = (struct kernel_kill){0};
	}
}

size_t kmsg_kills(struct kmsg *k, struct kernel_kill *ret, size_t max)
{
	char text[RECORD_MAX + 1];
	size_t n = 0;
	ssize_t got;

	while (k && ((got = read(k->fd, text, RECORD_MAX)) > 0 || (got < 0 && errno == EPIPE))) {
		if (got < 0)
			continue; /* the ring went over what was not read; the next read is behind
				     it */
		text[got] = '\0';
		read_records(k, text, ret, max, &n);
	}
	return n;
}
