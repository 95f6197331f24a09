#include "services/sampler.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/thread.h"
#include "domain/advice.h"
#include "domain/disk.h"
#include "io/cgroup.h"
#include "io/history.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/kernel_limits.h"
#include "services/sampler_series.h"
#include "services/settings.h"
#include "services/watch.h"
#include "services/world.h"

#define FLUSH_MS 60000
#define HOST_EVERY 5 /* ticks between two readings of the NAS */
#define DISK_EVERY 60
#define PEAK_EVERY 300
#define DAY_MS (24 * 3600 * 1000)

/* One service as this thread follows it. */
struct track {
	char stack[32], service[32];
	int entity;
	int pid; /* of the open cgroup; 0 = none */
	struct cgroup *cg;
	struct limits own;	    /* wanted, and */
	struct neighbour neighbour; /* what may be instead of it */
	bool no_weight;
	struct limits wanted; /* which of those, by the last reading */
	int mode;	      /* of the neighbour; -1 = none */
	unsigned differs;     /* what differed from it in the last reading */
	bool alive, has_last;
	struct usage last;
	/* read from the world at each tick */
	int64_t block, behind, peers, chain_bytes;
	double blocks_per_s;
	struct usage now;
	bool read;
};

struct sampler {
	struct app *app;
	pthread_t thread;
	atomic_bool stop;
	struct gate gate;
	int ids[N_SERIES];
	int host_entity;
	struct track *tracks;
	size_t n_tracks;
	int64_t tick;
	msec flushed_at;
	int64_t last_cpu_ns;
	msec last_cpu_at;
	double our_load; /* of the last minute */
	msec our_load_at;
	double iowait; /* percent of the time between two readings of the NAS; -1 = not known */
	bool flush_now;
};

static struct track *track_of(struct sampler *s, const char *stack, const char *service)
{
	autofree char *name = NULL;

	for (size_t i = 0; i < s->n_tracks; i++)
		if (!strcmp(s->tracks[i].stack, stack) && !strcmp(s->tracks[i].service, service))
			return &s->tracks[i];
	s->tracks = xrealloc(s->tracks, (s->n_tracks + 1) * sizeof(*s->tracks));
	s->tracks[s->n_tracks] = (struct track){0};
	snprintf(s->tracks[s->n_tracks].stack, 32, "%s", stack);
	snprintf(s->tracks[s->n_tracks].service, 32, "%s", service);
	name = xasprintf("%s/%s", stack, service);
	s->tracks[s->n_tracks].entity = history_entity(s->app->history, name);
	return &s->tracks[s->n_tracks++];
}

/* What to read in this tick, out of the world. */
static void take_stock(struct sampler *s)
{
	struct world *w = s->app->world;

	for (size_t i = 0; i < s->n_tracks; i++)
		s->tracks[i].alive = false;
	world_lock(w);
	for (size_t i = 0; i < w->n_services; i++) {
		struct service_facts *f = &w->services[i];
		const struct stack *st = world_stack(w, f->stack);
		const struct service *svc = st ? stack_service(st, f->service) : NULL;
		struct track *t = track_of(s, f->stack, f->service);

		t->alive = container_alive(&f->container);
		if (!t->alive || t->pid != f->container.pid) {
			cgroup_close(take(t->cg));
			t->pid = t->alive ? f->container.pid : 0;
			t->has_last = false;
		}
		if (svc) {
			t->own = svc->limits;
			t->neighbour = svc->neighbour;
		}
		t->no_weight = f->neighbour.no_weight;
		t->block = f->has_sync ? f->sync.current : -1;
		t->behind = f->has_sync ? f->sync.behind : -1;
		t->peers = f->has_sync ? f->sync.peers : -1;
		t->blocks_per_s = f->has_sync ? f->sync.blocks_per_s : -1;
		t->chain_bytes = f->chain_bytes;
	}
	world_unlock(w);
}

static void read_track(struct sampler *s, struct track *t)
{
	t->read = false;
	if (!t->alive)
		return;
	if (!t->cg && cgroup_open(s->app->config.cgroup_root, s->app->config.proc_root, t->pid,
			      &t->cg, NULL))
		return;
	if (kernel_read(s->app, t->cg, &t->now, NULL)) {
		cgroup_close(take(t->cg));
		return;
	}
	t->read = true;
}

static double per_second(int64_t now, int64_t last, msec ms)
{
	return now < 0 || last < 0 || now < last || ms <= 0
		       ? -1
		       : (double)(now - last) * 1000 / (double)ms;
}

/* Drift is what two readings in a row show, and no job is about to change: a reading may fall
 * between the kernel's new limit and the wanted one. */
static unsigned lasting_drift(struct sampler *s, struct track *t, const struct limits *kernel)
{
	bool busy = jobs_of_stack(s->app->jobs, t->stack) != 0;
	unsigned now = busy ? 0 : drift_of(&t->wanted, kernel), before = t->differs;

	t->differs = now;
	return now & before;
}

/* Once a second, with the world's lock. */
static void look_for_stall(struct sampler *s, struct service_facts *f)
{
	const struct host *h = &s->app->world->host;
	struct stall_facts facts = {.at = f->usage.at,
		.sync = f->sync,
		.throttled = f->throttled_percent,
		.disk = h->pressure_io < 0 ? s->iowait : h->pressure_io,
		.io = f->read_per_s < 0 ? -1 : f->read_per_s + f->write_per_s,
		.need = pressure_need(&f->usage),
		.room = pressure_room(&f->usage),
		.crashes = f->crashes,
		.oom_at = f->oom_at};

	if (f->has_sync)
		stall_look(&f->stall, &facts);
}

static void publish(struct sampler *s, struct track *t)
{
	struct world *w = s->app->world;
	struct service_facts *f;
	msec ms = t->now.at - t->last.at;
	bool oom = false, poke = false, touch = false;
	char id[65] = "";
	struct limits kernel = kernel_limits(&t->own, &t->neighbour, &t->now,
		t->now.blkio_weight > 0 && !t->no_weight, &t->mode, &t->wanted);
	unsigned limits_drift = t->read ? lasting_drift(s, t, &kernel) : 0;

	world_lock(w);
	f = world_service(w, t->stack, t->service);
	if (f && t->read && f->container.pid == t->pid) {
		unsigned drift = (f->drift & DRIFT_CONTAINER) | limits_drift;

		f->usage = t->now;
		f->has_usage = true;
		f->kernel = kernel;
		touch = f->neighbour.has != t->mode;
		f->neighbour.has = t->mode;
		poke = drift != f->drift;
		f->drift = drift;
		if (!t->has_last) {
			pressure_forget(&f->pressure);
			stall_forget(&f->stall);
		}
		poke |= pressure_sample(
			&f->pressure, t->now.at, pressure_need(&t->now), pressure_room(&t->now));
		f->cpu_percent = f->throttled_percent = f->read_per_s = f->write_per_s = -1;
		if (t->has_last) {
			double cpu = per_second(t->now.cpu_ns, t->last.cpu_ns, ms);
			int64_t periods = t->now.periods - t->last.periods;

			f->cpu_percent = cpu < 0 ? -1 : cpu / 1e7;
			f->read_per_s = per_second(t->now.read_bytes, t->last.read_bytes, ms);
			f->write_per_s = per_second(t->now.write_bytes, t->last.write_bytes, ms);
			if (periods > 0)
				f->throttled_percent = 100.0 *
						       (double)(t->now.throttled_periods -
								t->last.throttled_periods) /
						       (double)periods;
			else if (t->now.periods >= 0)
				f->throttled_percent = 0;
			oom = t->last.oom_kills >= 0 && t->now.oom_kills > t->last.oom_kills;
			snprintf(id, sizeof(id), "%s", f->container.id);
		}
		look_for_stall(s, f);
	}
	world_unlock(w);
	if (oom) {
		s->flush_now = true;
		watch_oom(s->app->watch, t->stack, t->service, id, t->pid, t->now.memory_limit);
	}
	if (touch)
		bus_touch(s->app->bus);
	if (poke)
		watch_poke(s->app->watch);
}

static void put(struct sampler *s, int entity, enum series id, msec at, double value)
{
	if (!(value < 0))
		history_put(s->app->history, entity, s->ids[id], at, value);
}

static void remember_memory(struct sampler *s, const struct track *t, msec at)
{
	if (!t->now.pids)
		return; /* what is left of a group after its last process is no need of it */
	put(s, t->entity, NEEDED, at, (double)t->now.anon);
	put(s, t->entity, CACHE, at, (double)t->now.cache);
	put(s, t->entity, WORKING_SET, at, (double)t->now.working_set);
	put(s, t->entity, LIMIT, at, t->now.memory_limit > 0 ? (double)t->now.memory_limit : -1);
	put(s, t->entity, SWAP, at, (double)t->now.swap);
}

static void remember(struct sampler *s, struct track *t, msec at)
{
	struct service_facts *f;
	double cpu = -1, throttled = -1, rd = -1, wr = -1;
	int64_t volume_free = -1, relay_bytes = -1;

	world_lock(s->app->world);
	f = world_service(s->app->world, t->stack, t->service);
	if (f && t->read) {
		cpu = f->cpu_percent;
		throttled = f->throttled_percent;
		rd = f->read_per_s;
		wr = f->write_per_s;
	}
	if (f && f->has_relay)
		relay_bytes = f->relay.bytes_per_min;
	if (s->app->world->volume.total)
		volume_free = s->app->world->volume.free;
	world_unlock(s->app->world);
	if (t->read) {
		remember_memory(s, t, at);
		put(s, t->entity, OOM_KILLS, at, (double)t->now.oom_kills);
		put(s, t->entity, PIDS, at, (double)t->now.pids);
		put(s, t->entity, CPU, at, cpu);
		put(s, t->entity, THROTTLED, at, throttled);
		put(s, t->entity, DISK_READ, at, rd);
		put(s, t->entity, DISK_WRITE, at, wr);
	}
	put(s, t->entity, RELAY_BYTES, at, (double)relay_bytes);
	if (!t->alive || strcmp(t->service, "node"))
		return;
	put(s, t->entity, BLOCK, at, (double)t->block);
	put(s, t->entity, BEHIND, at, (double)t->behind);
	put(s, t->entity, BLOCKS_PER_S, at, t->blocks_per_s);
	put(s, t->entity, PEERS, at, (double)t->peers);
	if (s->tick % DISK_EVERY == 0) {
		put(s, t->entity, CHAIN_SIZE, at, (double)t->chain_bytes);
		put(s, t->entity, VOLUME_FREE, at, (double)volume_free);
	}
}

/* The load that is not of the containers here: what they use is smoothed as the kernel smooths. */
static void others_load(struct sampler *s, const struct host *h, msec at)
{
	struct world *w = s->app->world;
	double cores = 0;

	for (size_t i = 0; i < w->n_services; i++)
		if (container_alive(&w->services[i].container) && w->services[i].cpu_percent > 0)
			cores += w->services[i].cpu_percent / 100;
	s->our_load = s->our_load_at && at > s->our_load_at
			      ? neighbour_smooth(s->our_load, cores, at - s->our_load_at)
			      : cores;
	s->our_load_at = at;
	w->others_load = h->load1 > s->our_load ? h->load1 - s->our_load : 0;
}

/* One processor that waits all the time is a disk that holds something up all the time. */
static double iowait_percent(const struct host *last, const struct host *now)
{
	if (!last->at || last->iowait_ms < 0 || now->iowait_ms < last->iowait_ms ||
		now->at <= last->at)
		return -1;
	return fmin(
		100.0 * (double)(now->iowait_ms - last->iowait_ms) / (double)(now->at - last->at),
		100);
}

static void read_host(struct sampler *s, msec at)
{
	struct host h;
	struct volume v = {0};
	int64_t rss = -1, cpu = -1;
	struct world *w = s->app->world;

	if (host_read(s->app->config.proc_root, &h, NULL))
		return;
	host_volume(s->app->config.data_root, &v, NULL);
	host_self(&rss, &cpu, NULL);
	world_lock(w);
	others_load(s, &h, at);
	s->iowait = iowait_percent(&w->host, &h);
	w->host = h;
	w->volume = v;
	w->rss = rss;
	if (s->last_cpu_at)
		w->cpu_percent = per_second(cpu, s->last_cpu_ns, at - s->last_cpu_at) / 1e7;
	w->self_at = at;
	if (s->tick % DISK_EVERY == 0)
		w->disk_bytes = store_disk_bytes(s->app->store);
	world_unlock(w);
	s->last_cpu_ns = cpu;
	s->last_cpu_at = at;
	put(s, s->host_entity, HOST_MEMORY, at, (double)h.memory_available);
	put(s, s->host_entity, HOST_LOAD, at, h.load1);
	put(s, s->host_entity, HOST_PRESSURE_CPU, at, h.pressure_cpu);
	put(s, s->host_entity, HOST_PRESSURE_IO, at, h.pressure_io);
	put(s, s->host_entity, HOST_PRESSURE_MEMORY, at, h.pressure_memory);
}

static void find_peaks(struct sampler *s, msec at)
{
	for (size_t i = 0; i < s->n_tracks; i++) {
		struct track *t = &s->tracks[i];
		autofree char *name = xasprintf("%s/%s", t->stack, t->service);
		struct service_facts *f;
		double peak;

		if (history_peak(s->app->history, name, "memory_needed", at - DAY_MS, at + 1000,
			    &peak, NULL))
			continue;
		world_lock(s->app->world);
		f = world_service(s->app->world, t->stack, t->service);
		if (f)
			f->peak_24h = isnan(peak) ? -1 : (int64_t)peak;
		world_unlock(s->app->world);
	}
}

static double growth_since(struct sampler *s, const char *entity, msec from, msec to)
{
	static const char *const name[] = {"chain_size"};
	autohistoryview struct history_view v = {0};

	if (history_query(s->app->history, entity, name, 1, from, to, 56, &v, NULL))
		return -1;
	return disk_growth(v.t, v.bands[0].mean, v.n);
}

/* How fast each chain grows: over a week, or over the last day if that was faster. */
static void find_growth(struct sampler *s, msec at)
{
	for (size_t i = 0; i < s->n_tracks; i++) {
		struct track *t = &s->tracks[i];
		autofree char *name = xasprintf("%s/%s", t->stack, t->service);
		struct service_facts *f;
		double week, day;

		if (strcmp(t->service, "node"))
			continue;
		week = growth_since(s, name, at - 7 * (msec)DAY_MS, at);
		day = growth_since(s, name, at - DAY_MS, at);
		world_lock(s->app->world);
		f = world_service(s->app->world, t->stack, t->service);
		if (f)
			f->growth = day > week ? day : week;
		world_unlock(s->app->world);
	}
}

static void keep_as_set(struct sampler *s)
{
	uint32_t seconds[HISTORY_KEEPS];

	settings_history_keep(s->app->store, clock_wall(), seconds);
	history_keep(s->app->history, seconds);
}

static void flush(struct sampler *s, bool now_on_disk)
{
	autofree char *aside = NULL;
	struct err e = {0};

	keep_as_set(s);
	if (history_flush(s->app->history, now_on_disk, &e))
		log_warn("history: %s", e.message);
	s->flushed_at = clock_mono();
	s->flush_now = false;
	aside = history_take_set_aside(s->app->history);
	if (aside)
		bus_say(s->app->bus, "station", NULL, NULL, "station", "history.reset", NULL,
			"The history file was damaged and set aside as %s.", aside);
}

static void tick(struct sampler *s)
{
	msec at = clock_wall();

	take_stock(s);
	for (size_t i = 0; i < s->n_tracks; i++)
		read_track(s, &s->tracks[i]);
	for (size_t i = 0; i < s->n_tracks; i++) {
		struct track *t = &s->tracks[i];

		publish(s, t);
		remember(s, t, at);
		t->last = t->now;
		t->has_last = t->read;
	}
	if (s->tick % HOST_EVERY == 0)
		read_host(s, at);
	if (s->tick % PEAK_EVERY == 5)
		find_peaks(s, at);
	if (s->tick % PEAK_EVERY == 10)
		find_growth(s, at);
	if (s->flush_now || clock_mono() - s->flushed_at >= FLUSH_MS)
		flush(s, s->flush_now);
	bus_live(s->app->bus);
	s->tick++;
}

static void *run(void *arg)
{
	struct sampler *s = arg;
	msec next = clock_mono();

	s->flushed_at = next;
	while (!s->stop) {
		msec left;

		tick(s);
		next += 1000;
		if (next <
			clock_mono()) /* the machine slept, or was too busy: no burst to catch up */
			next = clock_mono();
		gate_lock(&s->gate);
		while (!s->stop && (left = next - clock_mono()) > 0)
			gate_wait(&s->gate, left);
		gate_unlock(&s->gate);
	}
	flush(s, true);
	return NULL;
}

int sampler_start(struct app *app, struct sampler **ret, struct err *e)
{
	struct sampler *s = xcalloc(1, sizeof(*s));

	s->app = app;
	s->iowait = -1;
	gate_init(&s->gate);
	for (int i = 0; i < N_SERIES; i++)
		s->ids[i] = history_series(app->history, sampler_series[i].name);
	s->host_entity = history_entity(app->history, "host");
	keep_as_set(s);
	if (thread_start(&s->thread, "sampler", run, s, e)) {
		gate_destroy(&s->gate);
		free(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void sampler_stop(struct sampler *s)
{
	if (!s)
		return;
	s->stop = true;
	gate_wake(&s->gate);
	pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->n_tracks; i++)
		cgroup_close(s->tracks[i].cg);
	free(s->tracks);
	gate_destroy(&s->gate);
	free(s);
}
