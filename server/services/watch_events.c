/* The thread that follows the engine's events and reconnects for ever. */
#include <string.h>

#include "base/log.h"
#include "io/docker.h"
#include "io/qnap.h"
#include "services/bus.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define PAUSE_MIN_MS 250
#define PAUSE_MAX_MS 5000

static void set_connected(struct watch *w, const struct docker_version *v)
{
	struct world *world = w->app->world;
	bool anew;

	world_lock(world);
	anew = world->engine.status != ENGINE_CONNECTED;
	world->engine = (struct engine_facts){
		.status = ENGINE_CONNECTED,
		.since = anew ? clock_wall() : world->engine.since,
		.cgroup_version = v->cgroup_version,
		.swap_limit = v->swap_limit,
	};
	snprintf(world->engine.version, sizeof(world->engine.version), "%s", v->engine);
	snprintf(world->engine.api, sizeof(world->engine.api), "%s", v->api);
	snprintf(world->engine.storage, sizeof(world->engine.storage), "%s", v->storage_driver);
	snprintf(world->engine.root, sizeof(world->engine.root), "%s", v->root_dir);
	world_unlock(world);
	gate_lock(&w->gate);
	w->connected_anew = w->connected_anew || anew;
	w->connected_at = clock_mono();
	w->look = true;
	gate_wake(&w->gate);
	gate_unlock(&w->gate);
	if (anew)
		bus_say(w->app->bus, "engine", NULL, NULL, "engine", "engine.connected", NULL,
			"Docker %s answers (API %s).", v->engine, v->api);
}

static void set_lost(struct watch *w, struct err *why)
{
	struct world *world = w->app->world;
	bool tell;

	qnap_explain_engine(w->app->config.qts_root, why);
	world_lock(world);
	tell = world->engine.status != ENGINE_LOST || strcmp(world->engine.code, why->code);
	if (world->engine.status != ENGINE_LOST)
		world->engine.since = clock_wall();
	world->engine.status = ENGINE_LOST;
	snprintf(world->engine.code, sizeof(world->engine.code), "%s", why->code);
	snprintf(world->engine.message, sizeof(world->engine.message), "%s", why->message);
	for (size_t i = 0; i < world->n_services; i++)
		world->services[i].container.presence = PRESENCE_UNKNOWN;
	world_unlock(world);
	if (tell)
		bus_say(w->app->bus, "engine", NULL, NULL, "engine", why->code, NULL, "%s",
			why->message);
	watch_poke(w);
}

static int on_event(void *ctx, const struct docker_event *ev)
{
	struct watch *w = ctx;
	struct news *n;

	/* exec_* and the like come every few seconds with some containers and change nothing here
	 */
	if (!strncmp(ev->action, "exec_", 5) || !strncmp(ev->action, "health_status", 13))
		return w->stop;
	gate_lock(&w->gate);
	if (w->n_news < NEWS_MAX) {
		n = &w->news[w->n_news++];
		*n = (struct news){.at = ev->at, .exit_code = ev->exit_code};
		snprintf(n->id, sizeof(n->id), "%s", ev->id ? ev->id : "");
		snprintf(n->name, sizeof(n->name), "%s", ev->name ? ev->name : "");
		snprintf(n->action, sizeof(n->action), "%s", ev->action);
	}
	w->look = true;
	gate_wake(&w->gate);
	gate_unlock(&w->gate);
	return w->stop;
}

static void pause_for(struct watch *w, msec ms)
{
	msec until = clock_mono() + ms, left;

	gate_lock(&w->gate);
	while (!w->stop && (left = until - clock_mono()) > 0)
		gate_wait(&w->gate, left);
	gate_unlock(&w->gate);
}

void *watch_events_run(void *arg)
{
	struct watch *w = arg;
	msec pause = PAUSE_MIN_MS;

	for (;;) {
		struct docker_version v;
		struct err e = {0};
		msec since = clock_wall();

		w->cut = false;
		if (w->stop) /* looked at after the line above: a stop sets both */
			break;
		if (docker_ping(w->app->docker, &v, &e) == 0) {
			set_connected(w, &v);
			pause = PAUSE_MIN_MS;
			if (docker_events(w->app->docker, since, &w->cut, on_event, w, &e) == 0)
				continue;
			if (w->stop)
				break;
			log_debug("the event stream ended: %s", e.message);
			/* A broken stream alone is no loss: only a ping that fails is told. */
			if (docker_ping(w->app->docker, &v, &e) == 0) {
				gate_lock(&w->gate);
				w->connected_anew = true;
				gate_unlock(&w->gate);
				continue;
			}
		}
		if (w->stop)
			break;
		set_lost(w, &e);
		pause_for(w, pause);
		pause = pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause * 2;
	}
	return NULL;
}
