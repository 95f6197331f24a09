/* Handler: everything in the Prometheus text format, in its naming and base units
 * (https://prometheus.io/docs/practices/naming/). What is not known has no sample. */
#include "api/metrics.h"

#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "domain/exposition.h"

static void add_findings(struct buf *b, const struct world *w)
{
	static const char *const levels[] = {"bad", "warn", "note"};
	static const char name[] = "ethstation_findings";

	exposition_family(b, name, "gauge", "Findings on the overview, by level.");
	for (size_t k = 0; k < COUNT(levels); k++) {
		struct label level = {"level", levels[k]};
		size_t i, n = 0;
		json_t *f;

		json_array_foreach (w->findings, i, f)
			n += !strcmp(json_str(f, "level", ""), levels[k]);
		exposition_sample(b, name, &level, 1, (double)n);
	}
}

static void add_pressure(struct buf *b, const struct host *h)
{
	static const char name[] = "ethstation_host_pressure_ratio";
	const struct {
		const char *resource;
		double percent;
	} of[] = {{"cpu", h->pressure_cpu}, {"io", h->pressure_io}, {"memory", h->pressure_memory}};

	exposition_family(b, name, "gauge",
		"Share of the last 10 s in which something waited for the resource.");
	for (size_t i = 0; h->at && i < COUNT(of); i++)
		exposition_sample(b, name, &(struct label){"resource", of[i].resource}, 1,
			of[i].percent / 100);
}

static void add_host(struct buf *b, const struct world *w)
{
	const struct host *h = &w->host;
	bool known = h->at != 0, has_volume = w->volume.total > 0;

	exposition_single(b, "ethstation_host_memory_bytes", "gauge", "Memory of the NAS.",
		known ? (double)h->memory_total : -1);
	exposition_single(b, "ethstation_host_memory_available_bytes", "gauge",
		"Memory of the NAS that is free or can be freed.",
		known ? (double)h->memory_available : -1);
	exposition_single(b, "ethstation_host_swap_bytes", "gauge", "Swap space of the NAS.",
		known ? (double)h->swap_total : -1);
	exposition_single(b, "ethstation_host_swap_free_bytes", "gauge", "Free of it.",
		known ? (double)h->swap_free : -1);
	exposition_single(b, "ethstation_host_cpus", "gauge", "Processor cores of the NAS.",
		known ? h->cpus : -1);
	exposition_single(b, "ethstation_host_load1", "gauge", "Load of the NAS over a minute.",
		known ? h->load1 : -1);
	add_pressure(b, h);
	exposition_single(b, "ethstation_volume_size_bytes", "gauge",
		"Volume of the data folder, where new chains go.",
		has_volume ? (double)w->volume.total : -1);
	exposition_single(b, "ethstation_volume_free_bytes", "gauge",
		"Free on the volume of the data folder.", has_volume ? (double)w->volume.free : -1);
}

void metrics_world(struct buf *b, const struct world *w)
{
	exposition_single(b, "ethstation_engine_up", "gauge", "Whether the Docker engine answers.",
		w->engine.status == ENGINE_CONNECTED);
	metrics_services(b, w);
	add_findings(b, w);
	add_host(b, w);
	exposition_single(b, "ethstation_state_size_bytes", "gauge",
		"Settings, jobs and events of this program, on disk.",
		w->disk_bytes > 0 ? (double)w->disk_bytes : -1);
}

/* Under the names that every Prometheus client library uses for its own process. */
static void add_process(struct buf *b, const struct app *app)
{
	int64_t rss = -1, cpu_ns = -1;

	host_self(&rss, &cpu_ns, NULL);
	exposition_single(b, "process_resident_memory_bytes", "gauge",
		"Resident memory of this program.", (double)rss);
	exposition_single(b, "process_cpu_seconds_total", "counter", "CPU time of this program.",
		cpu_ns < 0 ? -1 : (double)cpu_ns / 1e9);
	exposition_single(b, "process_start_time_seconds", "gauge",
		"Unix time at which it started.", (double)app->started_at / 1000);
}

void api_get_metrics(struct api_call *call)
{
	static const struct label version = {"version", STATION_VERSION};
	autobuf struct buf b = {0};
	struct world *w = call->app->world;

	exposition_family(&b, "ethstation_info", "gauge", "Version.");
	exposition_sample(&b, "ethstation_info", &version, 1, 1);
	world_lock(w);
	metrics_world(&b, w);
	world_unlock(w);
	add_process(&b, call->app);
	http_reply(call->req, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, b.data, b.len);
}
