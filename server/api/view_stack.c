/* A stack and its services. */
#include <stdlib.h>
#include <string.h>

#include "api/view_priv.h"
#include "domain/disk.h"
#include "domain/spec.h"
#include "domain/wanted.h"
#include "io/store.h"
#include "services/jobs.h"
#include "services/world.h"

static void put_rate(json_t *j, const char *key, double value)
{
	json_put(j, key, value < 0 ? NULL : json_real(value));
}

static void put_time(json_t *j, const char *key, msec t)
{
	json_put(j, key, t ? json_integer(t) : NULL);
}

json_t *view_usage(const struct service_facts *f)
{
	json_t *j;

	if (!f->has_usage)
		return NULL;
	j = json_object();
	json_put_int(j, "at", f->usage.at);
	json_put_known(j, "needed_bytes", f->usage.anon);
	json_put_known(j, "cache_bytes", f->usage.cache);
	json_put_known(j, "working_set_bytes", f->usage.working_set);
	json_put_limit(j, "limit_bytes", f->usage.memory_limit);
	json_put_known(j, "peak_bytes", f->peak_24h > f->usage.anon ? f->peak_24h : f->usage.anon);
	json_put_known(j, "swap_bytes", f->usage.swap);
	json_put_known(j, "oom_kills", f->usage.oom_kills);
	put_rate(j, "cpu_percent", f->cpu_percent);
	put_rate(j, "throttled_percent", f->throttled_percent);
	put_rate(j, "read_bytes_per_s", f->read_per_s);
	put_rate(j, "write_bytes_per_s", f->write_per_s);
	json_put_known(j, "pids", f->usage.pids);
	return j;
}

static json_t *causes_json(const struct stall *s)
{
	json_t *j = json_array();

	for (int i = 0; i < stall_count(s); i++)
		json_array_append_new(j, stall_json(s, i));
	return j;
}

json_t *view_sync(const struct service_facts *f)
{
	const struct sync_view *s = &f->sync;
	json_t *j;

	if (!f->has_sync)
		return NULL;
	j = json_object();
	json_put_int(j, "at", s->at);
	json_put_str(j, "phase", sync_phase_name(s->phase));
	json_put_int(j, "since_at", s->since);
	json_put_known(j, "current_block", s->current);
	json_put_known(j, "target_block", s->target);
	json_put_known(j, "behind_blocks", s->behind);
	put_rate(j, "percent", s->percent);
	put_rate(j, "blocks_per_s", s->blocks_per_s);
	json_put_known(j, "eta_low_s", s->eta_low_s);
	json_put_known(j, "eta_high_s", s->eta_high_s);
	json_put_known(j, "peers", s->peers);
	json_put_known(j, "head_age_s", s->head_age_s);
	put_rate(j, "ancient_percent", s->ancient_percent);
	json_put_str(j, "code", s->reason);
	json_put(j, "causes", causes_json(&f->stall));
	return j;
}

/* Of a container's connection it may not be known whether there is one. */
static const char *relay_state(const struct relay_facts *r)
{
	return r->container && r->link == LINK_UNKNOWN ? NULL : ethstats_state_name(r->state);
}

/* What the watchdog of a container goes by. */
static const char *relay_basis(const struct relay_facts *r)
{
	return !r->container		 ? NULL
	       : r->by_page		 ? "page"
	       : r->link != LINK_UNKNOWN ? "connection"
					 : NULL;
}

json_t *view_relay(const struct service_facts *f)
{
	const struct relay_facts *r = &f->relay;
	json_t *j, *page;

	if (!f->has_relay)
		return NULL;
	j = json_object();
	page = json_object();
	json_put_int(j, "at", r->at);
	json_put_str(j, "state", relay_state(r));
	json_put_str(j, "server", r->server);
	json_put_str(j, "id", r->id);
	json_put_int(j, "since_at", r->since);
	put_time(j, "next_at", r->next_at);
	json_put_int(j, "tries", r->tries);
	put_time(j, "heard_at", r->heard_at);
	put_time(j, "sent_at", r->sent_at);
	put_time(j, "block_at", r->block_at);
	json_put_known(j, "block", r->block);
	json_put_known(j, "latency_ms", r->latency_ms);
	json_put_known(j, "bytes", r->bytes);
	json_put_known(j, "bytes_per_min", r->bytes_per_min);
	json_put_flag(j, "node_active", r->node_active);
	put_time(j, "ended_at", r->ended_at);
	json_put_str(j, "reason", *r->reason ? r->reason : NULL);
	json_put_str(j, "code", *r->code ? r->code : NULL);
	json_put_str(j, "basis", relay_basis(r));
	json_put(j, "restarts", r->container ? json_integer(r->restarts) : NULL);
	json_put_str(page, "state", relay_page_name(r->page));
	put_time(page, "at", r->page_at);
	json_put_known(page, "block", r->page_block);
	json_put(j, "page", page);
	return j;
}

static json_t *container_json(const char *name, const struct container *c)
{
	static const char *const presence[] = {"unknown", "no", "yes"};
	json_t *j = json_object();
	bool there = c->presence == PRESENCE_YES;

	json_put_str(j, "presence", presence[c->presence]);
	json_put_str(j, "id", there ? c->id : NULL);
	json_put_str(j, "name", name);
	json_put_str(j, "state", there ? c->state : NULL);
	json_put_str(j, "image_id", there ? c->image_id : NULL);
	put_time(j, "started_at", there ? c->started_at : 0);
	put_time(j, "finished_at", there ? c->finished_at : 0);
	json_put(j, "exit_code", there && c->finished_at ? json_integer(c->exit_code) : NULL);
	json_put_flag(j, "oom_killed", there && c->oom_killed);
	json_put_int(j, "restart_count", there ? c->restart_count : 0);
	json_put_str(j, "ip", there ? c->ip : NULL);
	return j;
}

static json_t *kernel_json(const struct service_facts *f)
{
	json_t *j;

	if (!f->has_usage)
		return NULL;
	j = limits_json(&f->kernel);
	json_put_int(j, "at", f->usage.at);
	return j;
}

static json_t *neighbour_now(const struct service_facts *f)
{
	const struct neighbour_state *s = &f->neighbour;
	json_t *j;

	if (!neighbour_on(&s->of) || s->has < 0)
		return NULL;
	j = json_object();
	json_put_flag(j, "busy", s->has & NEIGHBOUR_BUSY);
	json_put_flag(j, "quiet", s->has & NEIGHBOUR_QUIET);
	json_put_flag(j, "weighs", f->usage.blkio_weight > 0 && !s->no_weight);
	json_put_known(j, "at", s->at ? s->at : -1);
	return j;
}

/* That it happened, so that a reader knows when to ask for the whole of it. */
static json_t *last_incident(const struct incident *i)
{
	json_t *j;

	if (!i->id)
		return NULL;
	j = json_object();
	json_put_int(j, "id", i->id);
	json_put_int(j, "at", i->at);
	put_time(j, "again_at", i->again_at);
	put_time(j, "seen_at", i->seen_at);
	json_put_flag(j, "only_again", i->only_again);
	return j;
}

static void put_facts(json_t *j, const char *name, bool builtin, const struct service_facts *f)
{
	static const struct container nothing;

	json_put(j, "container",
		builtin ? NULL : container_json(name, f ? &f->container : &nothing));
	json_put_str(j, "version", f && *f->version ? f->version : NULL);
	json_put(j, "kernel_limits", f ? kernel_json(f) : NULL);
	json_put(j, "drift", f ? drift_json(f->drift) : json_array());
	json_put(j, "neighbour_now", f ? neighbour_now(f) : NULL);
	json_put(j, "usage", f ? view_usage(f) : NULL);
	json_put(j, "sync", f ? view_sync(f) : NULL);
	json_put(j, "relay", f ? view_relay(f) : NULL);
	json_put(j, "incident", f ? last_incident(&f->incident) : NULL);
}

static json_t *command_json(
	const struct stack *s, const struct service *svc, const struct recipe *r)
{
	struct spec_input in = {.stack = s, .service = svc, .recipe = r, .namespace_of = "relay"};
	autojson json_t *config = NULL;
	json_t *cmd;

	if (r && r->builtin)
		return json_array();
	in.generation = r ? recipe_generation(r, svc->image) : NULL;
	if (!in.generation || spec_container(&in, &config, NULL))
		return json_array();
	cmd = json_arr(config, "Cmd");
	return cmd ? json_incref(cmd) : json_array();
}

/* The truth about this version. */
static json_t *notes_json(const struct service *svc, const struct recipe *r)
{
	const struct recipe_generation *g = r ? recipe_generation(r, svc->image) : NULL;
	const struct recipe_network *n = r ? recipe_network(r, svc->options) : NULL;
	json_t *list = json_array();
	struct recipe_version v;

	if (g && g->note)
		json_array_append_new(list, json_string(g->note));
	if (n && recipe_version(r, svc->image, &v, NULL) && recipe_network_stop(n, v) >= 0) {
		autofree char *text = xasprintf("Follows %s only up to block %lld.", n->title,
			(long long)recipe_network_stop(n, v));

		json_array_append_new(list, json_string(text));
	}
	return list;
}

/* null for a secret that is not set. */
static json_t *secrets_json(
	struct app *app, const char *stack, const struct service *svc, const struct recipe *r)
{
	autojson json_t *times = NULL;
	json_t *j = json_object();

	if (!r || !r->n_secrets || store_secret_times(app->store, stack, svc->name, &times, NULL))
		return j;
	for (size_t i = 0; i < r->n_secrets; i++)
		json_put(j, r->secrets[i].key,
			json_incref(json_object_get(times, r->secrets[i].key)));
	return j;
}

static json_t *service_json(struct app *app, const struct stack *s, const struct service *svc)
{
	const struct recipe *r = recipe_find(app->recipes, svc->recipe);
	autofree char *name = spec_container_name(s, svc->name);
	json_t *j = json_object();

	json_put_str(j, "name", svc->name);
	json_put_str(j, "recipe", svc->recipe);
	json_put_str(j, "title", r ? r->title : svc->recipe);
	json_put_flag(j, "builtin", r && r->builtin);
	json_put_str(j, "image", svc->image);
	json_put(j, "options", json_deep_copy(svc->options));
	json_put(j, "env", json_deep_copy(svc->env));
	json_put(j, "secrets", secrets_json(app, s->name, svc, r));
	json_put(j, "ports", ports_json(svc->ports, svc->n_ports));
	json_put(j, "limits", limits_json(&svc->limits));
	json_put(j, "guard", guard_json(&svc->guard));
	json_put(j, "neighbour", neighbour_json(&svc->neighbour));
	json_put(j, "command", command_json(s, svc, r));
	json_put(j, "notes", notes_json(svc, r));
	world_lock(app->world);
	put_facts(j, name, r && r->builtin, world_service(app->world, s->name, svc->name));
	world_unlock(app->world);
	return j;
}

static json_t *disk_json(struct app *app, const char *stack)
{
	json_t *j = json_object();
	struct service_facts *f;

	world_lock(app->world);
	f = world_service(app->world, stack, "node");
	json_put_known(j, "chain_bytes", f ? f->chain_bytes : -1);
	json_put_known(j, "kept_bytes", f ? f->kept_bytes : -1);
	json_put_int(
		j, "free_bytes", f && f->volume_total ? f->volume_free : app->world->volume.free);
	json_put_known(j, "floor_bytes", f && f->volume_total ? f->volume_floor : -1);
	put_rate(j, "growth_bytes_per_day", f ? f->growth : -1);
	put_rate(j, "days_left",
		f && f->volume_total ? disk_days(f->volume_free, f->volume_floor, f->growth) : -1);
	json_put_int(j, "at", f && f->disk_at ? f->disk_at : app->world->host.at);
	world_unlock(app->world);
	return j;
}

static json_t *stack_json(struct app *app, const struct stack *s)
{
	int64_t job = jobs_of_stack(app->jobs, s->name);
	json_t *j = json_object(), *services = json_array();
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)job);
	json_put_str(j, "name", s->name);
	json_put_str(j, "data_dir", s->data_dir);
	json_put_str(j, "network", s->network == NET_SHARED ? "shared" : "private");
	json_put_str(j, "wanted", s->run ? "running" : "stopped");
	json_put_int(j, "created_at", s->created_at);
	json_put_str(j, "job", job ? id : NULL);
	for (size_t i = 0; i < s->n_services; i++)
		json_array_append_new(services, service_json(app, s, &s->services[i]));
	json_put(j, "services", services);
	json_put(j, "disk", disk_json(app, s->name));
	json_put(j, "adopted", s->adopted ? json_deep_copy(s->adopted) : NULL);
	return j;
}

int view_stack(struct app *app, const char *name, json_t **ret, struct err *e)
{
	autostack struct stack s = {0};

	if (world_copy_stack(app->world, name, &s, e))
		return -1;
	*ret = stack_json(app, &s);
	return 0;
}

json_t *view_stacks(struct app *app)
{
	size_t n;
	struct stack *stacks = world_copy_stacks(app->world, &n);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(list, stack_json(app, &stacks[i]));
		stack_free(&stacks[i]);
	}
	free(stacks);
	return list;
}
