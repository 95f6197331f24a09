/* Handler: Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "base/buf.h"
#include "services/world.h"

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

static const struct {
	const char *name, *type, *help;
	getter get;
	bool usage; /* needs a reading of the cgroup */
} metrics[] = {
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
	{"ethstation_disk_read_bytes_total", "counter", "Bytes read.", bytes_read, true},
	{"ethstation_disk_written_bytes_total", "counter", "Bytes written.", bytes_written, true},
	{"ethstation_head_block", "gauge", "Newest block.", block, false},
	{"ethstation_blocks_behind", "gauge", "Blocks behind the network.", behind, false},
	{"ethstation_peers", "gauge", "Peers.", peers, false},
};

static void add_metric(struct buf *b, const struct world *w, size_t m)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", metrics[m].name, metrics[m].help,
		metrics[m].name, metrics[m].type);
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];
		double v = !metrics[m].usage || f->has_usage ? metrics[m].get(f) : -1;

		if (v >= 0)
			buf_printf(b, "%s{stack=\"%s\",service=\"%s\"} %.17g\n", metrics[m].name,
				f->stack, f->service, v);
	}
}

void api_get_metrics(struct api_call *call)
{
	autobuf struct buf b = {0};
	struct world *w = call->app->world;

	world_lock(w);
	buf_printf(&b,
		"# HELP ethstation_info Version.\n# TYPE ethstation_info gauge\n"
		"ethstation_info{version=\"%s\"} 1\n"
		"# HELP ethstation_engine_up Whether the Docker engine answers.\n"
		"# TYPE ethstation_engine_up gauge\nethstation_engine_up %d\n",
		STATION_VERSION, w->engine.status == ENGINE_CONNECTED);
	for (size_t i = 0; i < COUNT(metrics); i++)
		add_metric(&b, w, i);
	world_unlock(w);
	http_reply(call->req, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, b.data, b.len);
}
