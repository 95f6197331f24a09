/* The whole State, and the parts that are not about a stack. */
#include "api/view.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/view_priv.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/jobs.h"
#include "services/world.h"

static const char *const engine_words[] = {"connecting", "connected", "lost"};

static void put_text(json_t *j, const char *key, const char *text)
{
	json_put_str(j, key, *text ? text : NULL);
}

json_t *view_engine(struct app *app)
{
	json_t *j = json_object();
	struct engine_facts e;
	bool up;

	world_lock(app->world);
	e = app->world->engine;
	world_unlock(app->world);
	up = e.status == ENGINE_CONNECTED;
	json_put_str(j, "status", engine_words[e.status]);
	put_text(j, "code", e.status == ENGINE_LOST ? e.code : "");
	put_text(j, "message", e.status == ENGINE_LOST ? e.message : "");
	json_put_str(j, "endpoint", app->config.docker);
	put_text(j, "version", e.version);
	put_text(j, "api_version", e.api);
	json_put(j, "cgroup_version", e.cgroup_version ? json_integer(e.cgroup_version) : NULL);
	json_put(j, "swap_limit", up ? json_boolean(e.swap_limit) : NULL);
	put_text(j, "storage_driver", e.storage);
	put_text(j, "root_dir", e.root);
	json_put_int(j, "since_at", e.since);
	return j;
}

static json_t *volume_json(const struct app *app, const struct volume *v)
{
	json_t *j = json_object();

	json_put_str(j, "path", app->config.data_root);
	json_put_str(j, "mount", v->mount);
	json_put_str(j, "fs", v->fs);
	json_put_int(j, "total_bytes", v->total);
	json_put_int(j, "free_bytes", v->free);
	json_put_flag(j, "network", v->network);
	return j;
}

static json_t *known_num(double v)
{
	return v < 0 ? NULL : json_real(v);
}

static json_t *pressure_json(const struct host *h)
{
	json_t *j = json_object();

	json_put(j, "cpu_percent", known_num(h->pressure_cpu));
	json_put(j, "io_percent", known_num(h->pressure_io));
	json_put(j, "memory_percent", known_num(h->pressure_memory));
	return j;
}

static void put_load(json_t *j, const struct host *h, double others)
{
	json_put_num(j, "load1", h->load1);
	json_put(j, "others_load1", known_num(others));
	json_put_int(j, "local_minute", clock_local_minute(h->at));
}

json_t *view_host(struct app *app)
{
	json_t *j = json_object();
	struct host h;
	struct volume v;
	double others;

	world_lock(app->world);
	h = app->world->host;
	v = app->world->volume;
	others = app->world->others_load;
	world_unlock(app->world);
	json_put_int(j, "at", h.at);
	json_put_str(j, "name", h.name);
	json_put_str(j, "arch", h.arch);
	json_put_str(j, "kernel", h.kernel);
	json_put_int(j, "cpus", h.cpus);
	json_put_flag(j, "avx", h.avx);
	json_put_int(j, "memory_total_bytes", h.memory_total);
	json_put_int(j, "memory_available_bytes", h.memory_available);
	json_put_int(j, "swap_total_bytes", h.swap_total);
	put_load(j, &h, others);
	json_put(j, "pressure", pressure_json(&h));
	json_put_int(j, "uptime_s", h.uptime_s);
	json_put(j, "volume", volume_json(app, &v));
	return j;
}

static json_t *program_json(struct app *app)
{
	json_t *j = json_object();
	struct world *w = app->world;

	world_lock(w);
	json_put_int(j, "rss_bytes", w->rss);
	json_put(j, "cpu_percent", known_num(w->cpu_percent));
	json_put_int(j, "disk_bytes", w->disk_bytes);
	json_put_int(j, "at", w->self_at);
	world_unlock(w);
	json_put_int(j, "uptime_s", (clock_wall() - app->started_at) / 1000);
	return j;
}

static json_t *nas_json(struct app *app)
{
	autofree char *name = NULL;
	json_t *j = json_object();

	store_setting_get(app->store, "nas_name", &name, NULL);
	world_lock(app->world);
	json_put_str(j, "name", name ? name : app->world->host.name);
	world_unlock(app->world);
	return j;
}

json_t *view_event(const struct event *ev)
{
	json_t *j = json_object();

	json_put_int(j, "id", ev->id);
	json_put_int(j, "at", ev->at);
	json_put_str(j, "type", ev->type);
	json_put_str(j, "stack", ev->stack);
	json_put_str(j, "service", ev->service);
	json_put_str(j, "actor", ev->actor);
	json_put_str(j, "code", ev->code);
	json_put_str(j, "message", ev->message);
	json_put(j, "data", ev->data ? json_incref(ev->data) : json_object());
	return j;
}

static json_t *last_events(struct app *app)
{
	autoevents struct event_rows rows = {0};
	json_t *list = json_array();

	store_events(app->store, -1, 0, NULL, 10, &rows, NULL);
	for (size_t i = 0; i < rows.n; i++)
		json_array_append_new(list, view_event(&rows.items[i]));
	return list;
}

/* Of each stack the job that runs, else the last one. */
static json_t *jobs_json_of(struct app *app)
{
	size_t n, n_ids;
	struct stack *stacks = world_copy_stacks(app->world, &n);
	json_t *list = json_array();
	autofree int64_t *open = NULL;

	if (store_job_ids(app->store, NULL, true, 50, &open, &n_ids, NULL) == 0)
		for (size_t i = 0; i < n_ids; i++) {
			json_t *job;

			if (jobs_json(app->jobs, open[i], &job, NULL) == 0)
				json_array_append_new(list, job);
		}
	for (size_t i = 0; i < n; i++) {
		autofree int64_t *ids = NULL;
		json_t *job;

		if (!jobs_of_stack(app->jobs, stacks[i].name) &&
			store_job_ids(app->store, stacks[i].name, false, 1, &ids, &n_ids, NULL) ==
				0 &&
			n_ids && jobs_json(app->jobs, ids[0], &job, NULL) == 0)
			json_array_append_new(list, job);
		stack_free(&stacks[i]);
	}
	free(stacks);
	return list;
}

static json_t *build_state(struct app *app)
{
	json_t *j = json_object();
	struct world *w = app->world;

	json_put_str(j, "version", STATION_VERSION);
	json_put_int(j, "now_at", clock_wall());
	json_put_int(j, "last_event_id", bus_now(app->bus).event);
	json_put(j, "nas", nas_json(app));
	json_put(j, "engine", view_engine(app));
	json_put(j, "host", view_host(app));
	world_lock(w);
	json_put(j, "verdict",
		w->verdict ? json_deep_copy(w->verdict)
			   : json_pack("{s:s,s:s,s:n,s:I}", "word", "Unknown", "sentence",
				     "just started.", "code", "at", (json_int_t)clock_wall()));
	json_put(j, "findings", w->findings ? json_deep_copy(w->findings) : json_array());
	world_unlock(w);
	json_put(j, "stacks", view_stacks(app));
	json_put(j, "jobs", jobs_json_of(app));
	json_put(j, "events", last_events(app));
	json_put(j, "program", program_json(app));
	return j;
}

/* One builder at a time; the others take what it made. */
static struct {
	pthread_mutex_t lock;
	const struct app *app;
	struct bus_seen seen;
	char *text;
	size_t len;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

char *view_state(struct app *app, size_t *ret_len)
{
	struct bus_seen now = bus_now(app->bus);
	char *copy;

	pthread_mutex_lock(&cache.lock);
	if (!cache.text || cache.app != app || cache.seen.state != now.state ||
		cache.seen.live != now.live) {
		autojson json_t *state = build_state(app);

		free(cache.text);
		cache.text = json_text(state);
		cache.len = strlen(cache.text);
		cache.app = app;
		cache.seen = now;
	}
	copy = xstrndup(cache.text, cache.len);
	*ret_len = cache.len;
	pthread_mutex_unlock(&cache.lock);
	return copy;
}

json_t *view_live(struct app *app)
{
	json_t *j = json_object(), *stacks = json_object(), *host = json_object();
	struct world *w = app->world;

	world_lock(w);
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];
		json_t *stack = json_object_get(stacks, f->stack), *s = json_object();

		if (!stack) {
			stack = json_object();
			json_put(stacks, f->stack, stack);
		}
		json_put(s, "usage", view_usage(f));
		json_put(s, "sync", view_sync(f));
		json_put(s, "relay", view_relay(f));
		json_put(stack, f->service, s);
	}
	json_put_int(host, "memory_available_bytes", w->host.memory_available);
	put_load(host, &w->host, w->others_load);
	world_unlock(w);
	json_put_int(j, "at", clock_wall());
	json_put(j, "stacks", stacks);
	json_put(j, "host", host);
	json_put(j, "program", program_json(app));
	return j;
}
