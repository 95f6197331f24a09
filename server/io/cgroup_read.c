/* One reading of a cgroup: a pread for each file that exists, and no allocation. */
#include "io/cgroup_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUF_SIZE 16384 /* io.stat of more than a hundred devices */
#define NO_LIMIT (INT64_C(1) << 62)

struct reading {
	const struct cgroup *c;
	bool gone;
	int got; /* files that answered */
	size_t len;
	char buf[BUF_SIZE];
};

/* A key of a flat-keyed file and where its value goes. */
struct want {
	const char *key;
	size_t len;
	int64_t *value;
};
#define WANT(k, v)                                                                                 \
	{                                                                                          \
		(k), sizeof(k) - 1, (v)                                                            \
	}

static bool slurp(struct reading *r, enum cgroup_file f)
{
	ssize_t n;

	if (r->c->fd[f] < 0)
		return false;
	n = pread(r->c->fd[f], r->buf, sizeof(r->buf) - 1, 0);
	if (n < 0) {
		/* what a kept-open file of a removed cgroup answers */
		if (errno == ENODEV || errno == ESRCH)
			r->gone = true;
		return false;
	}
	r->len = (size_t)n;
	r->buf[n] = '\0';
	r->got += n > 0;
	return n > 0;
}

/* Decimal, or "max"; stops at the largest number. *end: behind it. -1 with *end = s: no number. */
static int64_t parse(const char *s, const char **end)
{
	bool negative = *s == '-';
	const char *p = s + negative;
	int64_t v = 0;

	*end = s;
	if (!strncmp(s, "max", 3)) {
		*end = s + 3;
		return INT64_MAX;
	}
	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *p - '0', &v))
			v = INT64_MAX;
	*end = p;
	return negative ? -v : v;
}

/* Sums and products that stop at the largest number. */
static void add(int64_t *sum, int64_t v)
{
	if (v > 0 && __builtin_add_overflow(*sum, v, sum))
		*sum = INT64_MAX;
}

/* What is not known takes nothing away, and of what is not known nothing is taken. */
static int64_t less(int64_t from, int64_t v)
{
	return from < 0 || v < 0 ? from : from > v ? from - v : 0;
}

static int64_t ns_of_us(int64_t us)
{
	int64_t ns;

	if (us < 0)
		return -1;
	return __builtin_mul_overflow(us, 1000, &ns) ? INT64_MAX : ns;
}

static int64_t number(struct reading *r, enum cgroup_file f)
{
	const char *end;

	return slurp(r, f) ? parse(r->buf, &end) : -1;
}

/* Like number, in the model's words: 0 = none. */
static int64_t limit(struct reading *r, enum cgroup_file f)
{
	int64_t v = number(r, f);

	return v >= NO_LIMIT ? 0 : v;
}

static void keyed(struct reading *r, enum cgroup_file f, const struct want *wants, size_t n)
{
	const char *p, *nl, *end;

	if (!slurp(r, f))
		return;
	for (p = r->buf; (nl = memchr(p, '\n', r->len - (size_t)(p - r->buf))); p = nl + 1)
		for (size_t i = 0; i < n; i++)
			if ((size_t)(nl - p) > wants[i].len && p[wants[i].len] == ' ' &&
				!memcmp(p, wants[i].key, wants[i].len)) {
				*wants[i].value = parse(p + wants[i].len + 1, &end);
				break;
			}
}

static void read_memory_v1(struct reading *r, struct usage *u, int64_t *inactive)
{
	const struct want wants[] = {
		WANT("total_rss", &u->anon),
		WANT("total_cache", &u->cache),
		WANT("total_inactive_file", inactive),
		WANT("total_swap", &u->swap),
	};

	keyed(r, F_STAT, wants, COUNT(wants));
	u->swap_limit = limit(r, F_SWAP_LIMIT);
}

static void read_memory_v2(struct reading *r, struct usage *u, int64_t *inactive)
{
	int64_t swap_only, shared = 0, slab = 0;
	const struct want wants[] = {
		WANT("anon", &u->anon),
		WANT("file", &u->cache),
		WANT("inactive_file", inactive),
		WANT("shmem", &shared), /* counted as file, but cannot be freed */
		WANT("slab_reclaimable", &slab),
	};

	keyed(r, F_STAT, wants, COUNT(wants));
	u->held = less(less(u->usage, u->cache), slab);
	if (u->held >= 0)
		add(&u->held, shared);
	u->swap = number(r, F_SWAP);
	swap_only = number(r, F_SWAP_LIMIT);
	/* this kernel limits swap by itself, the model's limit is the sum */
	if (swap_only >= 0)
		u->swap_limit = u->memory_limit > 0 && swap_only < NO_LIMIT
					? u->memory_limit + swap_only
					: 0;
}

static void read_memory(struct reading *r, struct usage *u)
{
	const struct want oom = WANT("oom_kill", &u->oom_kills);
	int64_t inactive = -1;

	u->usage = number(r, F_USAGE);
	u->memory_limit = limit(r, F_LIMIT);
	u->reservation = limit(r, F_SOFT);
	u->peak = number(r, F_PEAK);
	keyed(r, F_OOM, &oom, 1);
	if (r->c->version[CTL_MEMORY] == 2)
		read_memory_v2(r, u, &inactive);
	else
		read_memory_v1(r, u, &inactive);
	if (u->held < u->anon)
		u->held = u->anon;
	/* the figure of docker stats */
	u->working_set = u->usage;
	if (inactive >= 0 && u->usage > inactive)
		u->working_set -= inactive;
}

static void read_cpu_v2(struct reading *r, struct usage *u)
{
	int64_t used = -1, throttled = -1;
	const struct want wants[] = {
		WANT("usage_usec", &used),
		WANT("nr_periods", &u->periods),
		WANT("nr_throttled", &u->throttled_periods),
		WANT("throttled_usec", &throttled),
	};
	const char *end;

	keyed(r, F_CPU_STAT, wants, COUNT(wants));
	u->throttled_ns = ns_of_us(throttled);
	if (u->cpu_ns < 0)
		u->cpu_ns = ns_of_us(used);
	if (slurp(r, F_QUOTA)) {
		u->cpu_quota_us = parse(r->buf, &end);
		if (u->cpu_quota_us >= NO_LIMIT)
			u->cpu_quota_us = 0;
		u->cpu_period_us = *end == ' ' ? parse(end + 1, &end) : -1;
	}
	u->cpu_shares = number(r, F_SHARES);
	u->cpu_shares = u->cpu_shares < 1 ? 0 : cgroup_shares_of_weight(u->cpu_shares);
}

static void read_cpu_v1(struct reading *r, struct usage *u)
{
	const struct want wants[] = {
		WANT("nr_periods", &u->periods),
		WANT("nr_throttled", &u->throttled_periods),
		WANT("throttled_time", &u->throttled_ns),
	};
	const char *end;

	keyed(r, F_CPU_STAT, wants, COUNT(wants));
	if (slurp(r, F_QUOTA)) {
		u->cpu_quota_us = parse(r->buf, &end);
		if (u->cpu_quota_us < 0 && end != r->buf)
			u->cpu_quota_us = 0; /* this kernel's word for none is -1 */
	}
	u->cpu_period_us = number(r, F_PERIOD);
	u->cpu_shares = number(r, F_SHARES);
	if (u->cpu_shares < 0)
		u->cpu_shares = 0;
}

/* Lines "8:0 Read 4096": the sum over devices, as docker stats has it. */
static void io_line_v1(const char *p, const char *nl, struct usage *u)
{
	const char *op = memchr(p, ' ', (size_t)(nl - p)), *end;

	if (!op || nl - op < 3)
		return;
	if (!strncmp(op, " Read ", 6))
		add(&u->read_bytes, parse(op + 6, &end));
	else if (!strncmp(op, " Write ", 7))
		add(&u->write_bytes, parse(op + 7, &end));
}

/* Lines "8:0 rbytes=4096 wbytes=0 rios=1 …". */
static void io_line_v2(const char *p, const char *nl, struct usage *u)
{
	const char *end;

	while ((p = memchr(p, ' ', (size_t)(nl - p)))) {
		p++;
		if (!strncmp(p, "rbytes=", 7))
			add(&u->read_bytes, parse(p + 7, &end));
		else if (!strncmp(p, "wbytes=", 7))
			add(&u->write_bytes, parse(p + 7, &end));
	}
}

static void read_io(struct reading *r, struct usage *u)
{
	bool v2 = r->c->version[CTL_BLKIO] == 2;
	const char *p, *nl, *end;

	if (r->c->fd[F_IO] >= 0) {
		/* a container that has not touched a disk yet: an empty file */
		u->read_bytes = u->write_bytes = 0;
		if (slurp(r, F_IO))
			for (p = r->buf; (nl = strchr(p, '\n')); p = nl + 1)
				(v2 ? io_line_v2 : io_line_v1)(p, nl, u);
	}
	if (slurp(r, F_WEIGHT)) {
		int64_t w = parse(r->buf + (strncmp(r->buf, "default ", 8) ? 0 : 8), &end);

		if (w > 0)
			u->blkio_weight = r->c->weight_scaled ? cgroup_blkio_of_io_weight(w) : w;
	}
}

int cgroup_read(struct cgroup *c, struct usage *ret, struct err *e)
{
	struct reading r;
	struct usage u;

	r.c = c;
	r.gone = false;
	r.got = 0;
	memset(&u, 0xff, sizeof(u)); /* every field -1 */
	u.cpu_shares = u.blkio_weight = 0;
	u.at = clock_wall();
	read_memory(&r, &u);
	u.cpu_ns = number(&r, F_CPU_USAGE);
	if (c->version[CTL_CPU] == 2)
		read_cpu_v2(&r, &u);
	else
		read_cpu_v1(&r, &u);
	read_io(&r, &u);
	u.pids = number(&r, F_PIDS);
	if (r.gone)
		return err_set(
			e, ERR_NOT_FOUND, "cgroup.gone", "The container's control group is gone.");
	if (!r.got)
		return err_set(e, ERR_INTERNAL, "cgroup.unreadable",
			"None of the files of the container's control group can be read.");
	*ret = u;
	return 0;
}
