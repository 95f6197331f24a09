/*
 * bench_sample [SECONDS]: what reading control groups costs. Makes 100 control groups with a
 * process each (version 1 or 2, as this machine has them) and measures, as "name value" lines:
 *
 *	files         that io/cgroup reads of one container
 *	bare_us       a pread of each of them, kept open, nothing parsed: the floor
 *	read_us       cgroup_read()
 *	reopened_us   open, read and close of each
 *	few_us        a pread of the three that nobody can do without: usage, memory.stat, cpu time
 *	bare_percent  of a core: the floor, of all 100 containers each second, for SECONDS (20)
 *	one_percent   of a core: the real sampler with one container, likewise; every fifth second
 *	              it looks at the host too
 *	many_percent  of a core: the same with all 100
 *
 * The microseconds are medians, taken by turns, so that a busy machine disturbs all alike; the
 * percents are the processor time of the process. Needs root; leaves no group behind.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/wanted.h"
#include "io/cgroup.h"
#include "io/history.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/sampler.h"
#include "services/world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"
#define CONTAINERS 100
#define TURNS 5000
#define FILES_MAX 32
#define MEMORY (8 << 20)
#define LIMIT "268435456"

/* "" is the folder of version 2. */
static const char *const controllers[] = {"", "/memory", "/cpu", "/cpuacct", "/blkio", "/pids"};
static pid_t pids[CONTAINERS];
static pid_t maker;

static void fail(const char *doing, const char *what)
{
	fprintf(stderr, "bench_sample: %s %s: %s\n", doing, what, strerror(errno));
	exit(1);
}

static void must(int rc, const struct err *e)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_sample: %s: %s\n", e->code, e->message);
	exit(1);
}

static uint64_t ns_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- control groups ---- */

static char *folder(const char *controller, int container)
{
	return container < 0
		       ? xasprintf(ROOT "%s/ethstation-bench.%d", controller, maker)
		       : xasprintf(ROOT "%s/ethstation-bench.%d/%d", controller, maker, container);
}

/* Which controllers there are decides the machine; a file that is not there is not written. */
static void put(const char *dir, const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		fail("writing", path);
}

static bool have(const char *controller)
{
	autofree char *path = xasprintf(ROOT "%s/cgroup.procs", controller);

	return access(path, F_OK) == 0;
}

static void enter_groups(int container)
{
	autofree char *pid = xasprintf("%d", getpid());

	for (size_t i = 0; i < COUNT(controllers); i++) {
		autofree char *dir = folder(controllers[i], container);

		if (!have(controllers[i]))
			continue;
		if (mkdir(dir, 0755))
			fail("making", dir);
		put(dir, "memory.limit_in_bytes", LIMIT);
		put(dir, "memory.memsw.limit_in_bytes", LIMIT);
		put(dir, "memory.max", LIMIT);
		put(dir, "memory.swap.max", "0");
		put(dir, "cpu.cfs_quota_us", "100000");
		put(dir, "cpu.max", "100000 100000");
		put(dir, "cgroup.procs", pid);
	}
}

/* What runs in a container: some memory, and now and then a little work. */
static void live(void)
{
	char *memory = malloc(MEMORY);

	for (size_t i = 0; memory;) {
		for (int k = 0; k < 64; k++, i += 4096)
			memory[i % MEMORY] = 1;
		clock_sleep(500);
	}
	exit(1);
}

static void make_containers(void)
{
	maker = getpid();
	for (size_t i = 0; i < COUNT(controllers); i++) {
		autofree char *dir = folder(controllers[i], -1);

		if (!have(controllers[i]))
			continue;
		if (mkdir(dir, 0755))
			fail("making", dir);
		put(dir, "cgroup.subtree_control", "+memory +cpu +io +pids");
	}
	for (int i = 0; i < CONTAINERS; i++) {
		int ready[2];
		char byte;

		if (pipe(ready) || (pids[i] = fork()) < 0)
			fail("starting", "a process");
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			enter_groups(i);
			close(ready[0]);
			close(ready[1]);
			live();
		}
		close(ready[1]);
		if (read(ready[0], &byte, 1) < 0)
			fail("waiting for", "a process");
		close(ready[0]);
	}
}

static void remove_containers(void)
{
	if (getpid() != maker)
		return;
	for (int i = 0; i < CONTAINERS && pids[i] > 0; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		continue;
	for (size_t k = 0; k < COUNT(controllers); k++)
		for (int i = CONTAINERS - 1; i >= -1; i--) {
			autofree char *dir = folder(controllers[k], i);

			/* the kernel lets go of a group a moment after its last process */
			for (int n = 0; rmdir(dir) && errno == EBUSY && n < 100; n++)
				clock_sleep(10);
		}
}

/* ---- one reading ---- */

struct files {
	char *path[FILES_MAX];
	int fd[FILES_MAX];
	size_t n;
};

/* The files that the struct cgroup of container 0 keeps open, as the kernel tells. */
static struct files files_kept_open(void)
{
	struct files f = {0};

	for (int fd = 3; fd < 256 && f.n < FILES_MAX; fd++) {
		autofree char *link = xasprintf("/proc/self/fd/%d", fd);
		char path[512];
		ssize_t len = readlink(link, path, sizeof(path) - 1);

		if (len <= 0)
			continue;
		path[len] = '\0';
		if (!strncmp(path, ROOT "/", sizeof(ROOT)))
			f.path[f.n++] = xstrdup(path);
	}
	return f;
}

/* The same files of another container, opened. */
static struct files open_files(const struct files *first, int container)
{
	struct files f = {.n = first->n};

	for (size_t i = 0; i < f.n; i++) {
		const char *name = strrchr(first->path[i], '/');
		size_t folder_len = (size_t)(name - first->path[i]) - 1;

		f.path[i] = xasprintf("%.*s%d%s", (int)folder_len, first->path[i], container, name);
		f.fd[i] = open(f.path[i], O_RDONLY | O_CLOEXEC);
		if (f.fd[i] < 0)
			fail("opening", f.path[i]);
	}
	return f;
}

static void close_files(struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		close(f->fd[i]);
		free(f->path[i]);
	}
}

static bool needed(const char *path)
{
	static const char *const names[] = {"memory.usage_in_bytes", "memory.current",
		"memory.stat", "cpuacct.usage", "cpu.stat"};
	const char *name = strrchr(path, '/') + 1;
	bool old = strstr(path, "/cpu/") != NULL; /* version 1 has its cpu time elsewhere */

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return !(old && !strcmp(name, "cpu.stat"));
	return false;
}

static char text[16384];

static void read_bare(const struct files *f, bool only_needed)
{
	for (size_t i = 0; i < f->n; i++)
		if ((!only_needed || needed(f->path[i])) &&
			pread(f->fd[i], text, sizeof(text), 0) < 0)
			fail("reading", f->path[i]);
}

static void read_reopened(const struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		autoclose int fd = open(f->path[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, text, sizeof(text)) < 0)
			fail("reading", f->path[i]);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Returns the files of the first container, as paths only. */
static struct files measure_one(void)
{
	enum { BARE, READ, REOPENED, FEW, WAYS };
	static const char *const names[WAYS] = {"bare_us", "read_us", "reopened_us", "few_us"};
	static uint64_t ns[WAYS][TURNS];
	struct cgroup *c;
	struct usage u;
	struct err e = {0};

	must(cgroup_open(ROOT, "/proc", pids[0], &c, &e), &e);
	struct files first = files_kept_open(), f = open_files(&first, 0);
	for (int turn = 0; turn < TURNS; turn++)
		for (int way = 0; way < WAYS; way++) {
			uint64_t begin = ns_of(CLOCK_MONOTONIC);

			if (way == READ)
				must(cgroup_read(c, &u, &e), &e);
			else if (way == REOPENED)
				read_reopened(&f);
			else
				read_bare(&f, way == FEW);
			ns[way][turn] = ns_of(CLOCK_MONOTONIC) - begin;
		}
	printf("files %zu\n", f.n);
	for (int way = 0; way < WAYS; way++) {
		qsort(ns[way], TURNS, sizeof(**ns), by_value);
		printf("%s %.3f\n", names[way], (double)ns[way][TURNS / 2] / 1000);
	}
	close_files(&f);
	cgroup_close(c);
	return first;
}

/* Share of a core that a pread of every file of every container takes, each second. */
static double bare_percent(const struct files *first, int seconds)
{
	struct files f[CONTAINERS];

	for (int i = 0; i < CONTAINERS; i++)
		f[i] = open_files(first, i);
	uint64_t ran = ns_of(CLOCK_PROCESS_CPUTIME_ID), begin = ns_of(CLOCK_MONOTONIC);
	for (int s = 0; s < seconds; s++) {
		for (int i = 0; i < CONTAINERS; i++)
			read_bare(&f[i], false);
		clock_sleep(1000);
	}
	double percent = 100.0 * (double)(ns_of(CLOCK_PROCESS_CPUTIME_ID) - ran) /
			 (double)(ns_of(CLOCK_MONOTONIC) - begin);
	for (int i = 0; i < CONTAINERS; i++)
		close_files(&f[i]);
	return percent;
}

/* ---- the sampler ---- */

static void want_stack(struct app *app, int number)
{
	struct service svc = {.name = (char *)"node",
		.recipe = (char *)"parity",
		.image = (char *)"parity/parity:v1.6.8",
		.options = json_object(),
		.env = json_object(),
		.limits = {.memory = atoll(LIMIT), .cpu_millis = 1000}};
	autofree char *name = xasprintf("stack-%d", number);
	struct stack s = {.name = name, .data_dir = (char *)"x", .services = &svc, .n_services = 1};
	struct err e = {0};
	autojson json_t *wanted = wanted_json(&s);

	must(store_stack_put(app->store, name, wanted, &e), &e);
	json_decref(svc.options);
	json_decref(svc.env);
}

/* A world in which the engine told of so many running containers. */
static void open_world(struct app *app, const char *dir, int containers)
{
	autofree char *file = xasprintf("%s/history.db", dir);
	struct err e = {0};

	must(store_open(dir, true, &app->store, &e) || history_open(file, &app->history, &e), &e);
	app->bus = bus_new(app->store);
	app->world = world_new(app->store, app->config.data_root);
	app->jobs = jobs_new(app);
	for (int i = 0; i < containers; i++)
		want_stack(app, i);
	must(world_reload(app->world, &e), &e);
	for (size_t i = 0; i < app->world->n_services; i++) {
		app->world->services[i].container.presence = PRESENCE_YES;
		app->world->services[i].container.pid = pids[i];
	}
}

static void close_world(struct app *app)
{
	jobs_free(app->jobs);
	world_free(app->world);
	bus_free(app->bus);
	history_close(app->history);
	store_close(app->store);
}

static double sampler_percent(int containers, int seconds)
{
	char dir[] = "/tmp/bench_sample.XXXXXX";
	struct app app = {.config = {.data_root = (char *)"/tmp",
				  .cgroup_root = (char *)ROOT,
				  .proc_root = (char *)"/proc"}};
	struct err e = {0};

	if (!mkdtemp(dir))
		fail("making", dir);
	open_world(&app, dir, containers);
	must(sampler_start(&app, &app.sampler, &e), &e);
	clock_sleep(3000); /* opens what it reads */
	uint64_t ran = ns_of(CLOCK_PROCESS_CPUTIME_ID), begin = ns_of(CLOCK_MONOTONIC);
	clock_sleep(seconds * 1000);
	ran = ns_of(CLOCK_PROCESS_CPUTIME_ID) - ran;
	begin = ns_of(CLOCK_MONOTONIC) - begin;
	for (size_t i = 0; i < app.world->n_services; i++)
		if (!app.world->services[i].has_usage || app.world->services[i].drift)
			fail("sampling", "left a container unread or adrift");
	sampler_stop(app.sampler);
	close_world(&app);
	autofree char *rm = xasprintf("rm -rf '%s'", dir);
	if (system(rm))
		fail("removing", dir);
	return 100.0 * (double)ran / (double)begin;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 20;

	if (seconds < 1 || argc > 2) {
		fprintf(stderr, "usage: bench_sample [SECONDS]\n");
		return 2;
	}
	log_set_level(LOG_WARN);
	atexit(remove_containers);
	make_containers();
	struct files first = measure_one();
	printf("bare_percent %.4f\n", bare_percent(&first, seconds));
	for (size_t i = 0; i < first.n; i++)
		free(first.path[i]);
	printf("one_percent %.4f\n", sampler_percent(1, seconds));
	printf("many_percent %.4f\n", sampler_percent(CONTAINERS, seconds));
	printf("containers %d\n", CONTAINERS);
	return 0;
}
