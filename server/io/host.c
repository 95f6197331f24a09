/* The NAS itself, by /proc. Its volumes: host_volume.c */
#include "io/host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* What a processor file told: the count above, AVX in the lowest bit. */
#define PACK(cpus, avx) ((cpus) << 1 | (avx))

static int read_file(const char *proc, const char *name, char *buf, size_t size, struct err *e)
{
	autofree char *path = xasprintf("%s/%s", proc, name);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		return err_errno(e, "host.unreadable", "%s", path);
	buf[n] = '\0';
	return 0;
}

/* A line of our text as a short string, without its newline. */
static void first_line(const char *text, char *ret, size_t size)
{
	snprintf(ret, size, "%.*s", (int)strcspn(text, "\n"), text);
}

/* "MemTotal:  16326428 kB" in bytes; -1 = no such line. */
static int64_t meminfo(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *p = text;

	while (p && *p) {
		if (!strncmp(p, key, len) && p[len] == ':')
			return (int64_t)strtoull(p + len + 1, NULL, 10) * 1024;
		p = strchr(p, '\n');
		if (p)
			p++;
	}
	return -1;
}

static int64_t or_zero(int64_t v)
{
	return v < 0 ? 0 : v;
}

static int read_memory(const char *proc, struct host *h, struct err *e)
{
	char text[8192];

	if (read_file(proc, "meminfo", text, sizeof(text), e) < 0)
		return -1;
	h->memory_total = meminfo(text, "MemTotal");
	if (h->memory_total < 0)
		return err_set(
			e, ERR_INTERNAL, "host.unreadable", "%s/meminfo has no MemTotal.", proc);
	h->memory_available = meminfo(text, "MemAvailable");
	if (h->memory_available < 0) /* Linux before 3.14 */
		h->memory_available = or_zero(meminfo(text, "MemFree")) +
				      or_zero(meminfo(text, "Buffers")) +
				      or_zero(meminfo(text, "Cached"));
	h->swap_total = or_zero(meminfo(text, "SwapTotal"));
	h->swap_free = or_zero(meminfo(text, "SwapFree"));
	return 0;
}

static double read_pressure(const char *proc, const char *resource)
{
	autofree char *name = xasprintf("pressure/%s", resource);
	double percent;
	char text[256];

	if (read_file(proc, name, text, sizeof(text), NULL) < 0 ||
		sscanf(text, "some avg10=%lf", &percent) != 1)
		return -1;
	return percent;
}

static int64_t read_iowait(const char *proc)
{
	int64_t ticks;
	char text[256];

	if (read_file(proc, "stat", text, sizeof(text), NULL) < 0 ||
		sscanf(text, "cpu %*d %*d %*d %*d %" SCNd64, &ticks) != 1)
		return -1;
	return ticks * 1000 / sysconf(_SC_CLK_TCK);
}

static bool has_word(const char *line, const char *word)
{
	size_t len = strlen(word);
	const char *p = line;

	while ((p = strstr(p, word))) {
		if (p > line && p[-1] == ' ' && (p[len] == ' ' || p[len] == '\n' || !p[len]))
			return true;
		p += len;
	}
	return false;
}

static int read_processors(const char *proc)
{
	autofree char *path = xasprintf("%s/cpuinfo", proc);
	autofile FILE *f = fopen(path, "re");
	autofree char *line = NULL;
	size_t size = 0;
	int cpus = 0, avx = 0;

	while (f && getline(&line, &size, f) > 0) {
		if (!strncmp(line, "processor\t", 10))
			cpus++;
		else if (!strncmp(line, "flags\t", 6) && has_word(line, "avx"))
			avx = 1;
	}
	return PACK(cpus > 0 ? cpus : (int)sysconf(_SC_NPROCESSORS_ONLN), avx);
}

/* Some kernels sleep 20 ms in opening cpuinfo, and the processors do not change: once is enough. */
static int processors(const char *proc)
{
	static _Atomic int known;

	if (strcmp(proc, "/proc"))
		return read_processors(proc);
	if (!known)
		known = read_processors(proc);
	return known;
}

int host_read(const char *proc, struct host *ret, struct err *e)
{
	struct host h = {.at = clock_wall()};
	struct utsname uts;
	char text[256];
	int packed;

	if (read_memory(proc, &h, e) < 0 || read_file(proc, "loadavg", text, sizeof(text), e) < 0)
		return -1;
	h.load1 = strtod(text, NULL);
	h.pressure_cpu = read_pressure(proc, "cpu");
	h.pressure_io = read_pressure(proc, "io");
	h.pressure_memory = read_pressure(proc, "memory");
	h.iowait_ms = read_iowait(proc);
	if (read_file(proc, "uptime", text, sizeof(text), e) < 0)
		return -1;
	h.uptime_s = strtoll(text, NULL, 10);
	if (read_file(proc, "sys/kernel/hostname", text, sizeof(text), e) < 0)
		return -1;
	first_line(text, h.name, sizeof(h.name));
	if (read_file(proc, "sys/kernel/osrelease", text, sizeof(text), e) < 0)
		return -1;
	first_line(text, h.kernel, sizeof(h.kernel));
	uname(&uts);
	snprintf(h.arch, sizeof(h.arch), "%.31s", uts.machine);
	packed = processors(proc);
	h.cpus = packed >> 1;
	h.avx = packed & 1;
	*ret = h;
	return 0;
}

int host_self(int64_t *ret_rss, int64_t *ret_cpu_ns, struct err *e)
{
	int64_t pages;
	struct timespec t;
	char text[256];

	if (read_file("/proc", "self/statm", text, sizeof(text), e) < 0)
		return -1;
	if (sscanf(text, "%*s %" SCNd64, &pages) != 1)
		return err_set(
			e, ERR_INTERNAL, "host.unreadable", "/proc/self/statm: \"%.40s\"", text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	*ret_rss = pages * sysconf(_SC_PAGESIZE);
	*ret_cpu_ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	return 0;
}

uint64_t host_netns(int pid)
{
	char path[64];
	struct stat st;

	if (pid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}
