/* Handler: everything in the Prometheus text format, in its naming and base units
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, .../practices/naming/). What is
 * not known has no sample. */
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "base/buf.h"
#include "services/world.h"

/* A value of one service; -1 = not known. */
typedef double (*getter)(const struct service_facts *f);

static double needed(const struct service_facts *f)
{
	return (double)f->usage.anon;
}

static double cache(const struct service_facts *f)
{
	return (double)f->usage.cache;
}

static double working_set(const struct service_facts *f)
{
	return (double)f->usage.working_set;
}

static double limit(const struct service_facts *f)
{
	return f->usage.memory_limit > 0 ? (double)f->usage.memory_limit : -1;
}

static double swap(const struct service_facts *f)
{
	return (double)f->usage.swap;
}

static double oom_kills(const struct service_facts *f)
{
	return (double)f->usage.oom_kills;
}

static double cpu(const struct service_facts *f)
{
	return f->usage.cpu_ns < 0 ? -1 : (double)f->usage.cpu_ns / 1e9;
}

static double throttled(const struct service_facts *f)
{
	return f->usage.throttled_ns < 0 ? -1 : (double)f->usage.throttled_ns / 1e9;
}

static double bytes_read(const struct service_facts *f)
{
	return (double)f->usage.read_bytes;
}

static double bytes_written(const struct service_facts *f)
{
	return (double)f->usage.write_bytes;
}

static double cores(const struct service_facts *f)
{
	return f->usage.cpu_quota_us > 0 && f->usage.cpu_period_us > 0
		       ? (double)f->usage.cpu_quota_us / (double)f->usage.cpu_period_us
		       : -1;
}

static double pids(const struct service_facts *f)
{
	return (double)f->usage.pids;
}

static double up(const struct service_facts *f)
{
	return f->container.presence == PRESENCE_UNKNOWN ? -1 : container_alive(&f->container);
}

static double chain(const struct service_facts *f)
{
	return (double)f->chain_bytes;
}

static double kept(const struct service_facts *f)
{
	return (double)f->kept_bytes;
}

static double target(const struct service_facts *f)
{
	return f->has_sync ? (double)f->sync.target : -1;
}

static double pace(const struct service_facts *f)
{
	return f->has_sync ? f->sync.blocks_per_s : -1;
}

static double head_age(const struct service_facts *f)
{
	return f->has_sync ? (double)f->sync.head_age_s : -1;
}

static double progress(const struct service_facts *f)
{
	return f->has_sync && f->sync.percent >= 0 ? f->sync.percent / 100 : -1;
}

static double block(const struct service_facts *f)
{
	return f->has_sync ? (double)f->sync.current : -1;
}

static double behind(const struct service_facts *f)
{
	return f->has_sync ? (double)f->sync.behind : -1;
}

static double peers(const struct service_facts *f)
{
	return f->has_sync ? (double)f->sync.peers : -1;
}

static double relay_ready(const struct service_facts *f)
{
	if (!f->has_relay || (f->relay.container && f->relay.link == LINK_UNKNOWN))
		return -1;
	return f->relay.state == ETHSTATS_READY;
}

static double relay_block(const struct service_facts *f)
{
	return f->has_relay ? (double)f->relay.block : -1;
}

static double relay_bytes(const struct service_facts *f)
{
	return f->has_relay ? (double)f->relay.bytes : -1;
}

static const struct {
	const char *name, *type, *help;
	getter get;
	bool usage; /* needs a reading of the cgroup */
} of_services[] = {
	{"ethstation_service_up", "gauge", "Whether the container runs.", up, false},
	{"ethstation_memory_needed_bytes", "gauge", "Anonymous memory.", needed, true},
	{"ethstation_memory_cache_bytes", "gauge", "Page cache.", cache, true},
	{"ethstation_memory_working_set_bytes", "gauge", "As docker stats shows it.", working_set,
		true},
	{"ethstation_memory_limit_bytes", "gauge", "Limit that the kernel enforces.", limit, true},
	{"ethstation_memory_swap_bytes", "gauge", "Swap.", swap, true},
	{"ethstation_oom_kills_total", "counter", "Processes ended for memory.", oom_kills, true},
	{"ethstation_cpu_seconds_total", "counter", "CPU time.", cpu, true},
	{"ethstation_cpu_throttled_seconds_total", "counter", "Time held back by the limit.",
		throttled, true},
	{"ethstation_cpu_limit_cores", "gauge", "Cores that the kernel allows.", cores, true},
	{"ethstation_disk_read_bytes_total", "counter", "Bytes read.", bytes_read, true},
	{"ethstation_disk_written_bytes_total", "counter", "Bytes written.", bytes_written, true},
	{"ethstation_processes", "gauge", "Processes and threads in the container.", pids, true},
	{"ethstation_chain_size_bytes", "gauge", "Chain on disk.", chain, false},
	{"ethstation_chain_kept_bytes", "gauge", "Chains set aside, on disk.", kept, false},
	{"ethstation_head_block", "gauge", "Newest block.", block, false},
	{"ethstation_target_block", "gauge", "Highest block that its peers know.", target, false},
	{"ethstation_blocks_behind", "gauge", "Blocks behind the network.", behind, false},
	{"ethstation_blocks_per_second", "gauge", "Blocks imported, over a minute.", pace, false},
	{"ethstation_head_age_seconds", "gauge", "Age of the newest block.", head_age, false},
	{"ethstation_sync_progress_ratio", "gauge", "How far the sync is, 0 to 1.", progress,
		false},
	{"ethstation_peers", "gauge", "Peers.", peers, false},
	{"ethstation_relay_ready", "gauge",
		"Whether the ethstats server takes our messages; with a container, has a "
		"connection.",
		relay_ready, false},
	{"ethstation_relay_block", "gauge", "Last block sent to it.", relay_block, false},
	{"ethstation_relay_sent_bytes_total", "counter", "Sent to it.", relay_bytes, false},
};

static void family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void alone(struct buf *b, const char *name, const char *type, const char *help, double v)
{
	family(b, name, type, help);
	if (v >= 0)
		buf_printf(b, "%s %.17g\n", name, v);
}

static void add_service_family(struct buf *b, const struct world *w, size_t m)
{
	family(b, of_services[m].name, of_services[m].type, of_services[m].help);
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];
		bool known = !of_services[m].usage || f->has_usage;
		double v = known ? of_services[m].get(f) : -1;

		if (v >= 0)
			buf_printf(b, "%s{stack=\"%s\",service=\"%s\"} %.17g\n",
				of_services[m].name, f->stack, f->service, v);
	}
}

/* One sample for each phase, 1 for the present one: a state set. */
static void add_phases(struct buf *b, const struct world *w)
{
	static const char name[] = "ethstation_sync_phase";

	family(b, name, "gauge", "1 for the phase that the sync is in.");
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];

		for (int p = SYNC_UNKNOWN; f->has_sync && p <= SYNC_SYNCED; p++)
			buf_printf(b, "%s{stack=\"%s\",service=\"%s\",phase=\"%s\"} %d\n", name,
				f->stack, f->service, sync_phase_name((enum sync_phase)p),
				f->sync.phase == (enum sync_phase)p);
	}
}

static void add_findings(struct buf *b, const struct world *w)
{
	static const char *const levels[] = {"bad", "warn", "note"};

	family(b, "ethstation_findings", "gauge", "Findings on the overview, by level.");
	for (size_t k = 0; k < COUNT(levels); k++) {
		size_t i, n = 0;
		json_t *f;

		json_array_foreach (w->findings, i, f)
			n += !strcmp(json_str(f, "level", ""), levels[k]);
		buf_printf(b, "ethstation_findings{level=\"%s\"} %zu\n", levels[k], n);
	}
}

static void add_host(struct buf *b, const struct world *w)
{
	const struct {
		const char *resource;
		double percent;
	} pressure[] = {{"cpu", w->host.pressure_cpu}, {"io", w->host.pressure_io},
		{"memory", w->host.pressure_memory}};

	alone(b, "ethstation_host_memory_bytes", "gauge", "Memory of the NAS.",
		(double)w->host.memory_total);
	alone(b, "ethstation_host_memory_available_bytes", "gauge",
		"Memory of the NAS that is free or can be freed.",
		(double)w->host.memory_available);
	alone(b, "ethstation_host_load1", "gauge", "Load of the NAS over a minute.", w->host.load1);
	family(b, "ethstation_host_pressure_ratio", "gauge",
		"Share of the last 10 s in which something waited for the resource.");
	for (size_t i = 0; i < COUNT(pressure); i++)
		if (pressure[i].percent >= 0)
			buf_printf(b, "ethstation_host_pressure_ratio{resource=\"%s\"} %.17g\n",
				pressure[i].resource, pressure[i].percent / 100);
	alone(b, "ethstation_volume_size_bytes", "gauge", "Volume of the chain.",
		(double)w->volume.total);
	alone(b, "ethstation_volume_free_bytes", "gauge", "Free on the volume of the chain.",
		w->volume.total ? (double)w->volume.free : -1);
}

/* Under the names that every Prometheus client library uses for its own process. */
static void add_process(struct buf *b, const struct app *app)
{
	int64_t rss = -1, cpu_ns = -1;

	host_self(&rss, &cpu_ns, NULL);
	alone(b, "process_resident_memory_bytes", "gauge", "Resident memory of this program.",
		(double)rss);
	alone(b, "process_cpu_seconds_total", "counter", "CPU time of this program.",
		cpu_ns < 0 ? -1 : (double)cpu_ns / 1e9);
	alone(b, "process_start_time_seconds", "gauge", "Unix time at which it started.",
		(double)app->started_at / 1000);
}

void api_get_metrics(struct api_call *call)
{
	autobuf struct buf b = {0};
	struct world *w = call->app->world;

	world_lock(w);
	family(&b, "ethstation_info", "gauge", "Version.");
	buf_printf(&b, "ethstation_info{version=\"%s\"} 1\n", STATION_VERSION);
	alone(&b, "ethstation_engine_up", "gauge", "Whether the Docker engine answers.",
		w->engine.status == ENGINE_CONNECTED);
	for (size_t m = 0; m < COUNT(of_services); m++)
		add_service_family(&b, w, m);
	add_phases(&b, w);
	add_findings(&b, w);
	add_host(&b, w);
	world_unlock(w);
	add_process(&b, call->app);
	http_reply(call->req, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, b.data, b.len);
}
