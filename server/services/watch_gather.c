/* What stays of the minutes before an incident: readings at 1 s, the log, what was changed. */
#include <math.h>
#include <string.h>

#include "domain/mask.h"
#include "io/docker.h"
#include "io/history.h"
#include "io/store.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define BEFORE_MS (10 * 60 * 1000)
#define HOST_BEFORE_MS (60 * 1000)
#define CHANGES_MS (60 * 60 * 1000)
#define CHANGES_MAX 20
#define EVENTS_LOOKED_AT 200
#define LOG_LINES 200
#define LOG_TAIL 400 /* with what was written since by what started again */
#define SECOND_MS 1000

/* ---- readings ---- */

enum { NEEDED, CACHE, LIMIT, BLOCK, N_SERIES };

static const char *const series[N_SERIES] = {
	"memory_needed", "memory_cache", "memory_limit", "block"};

/* The last value that is known; -1 = none. */
static int64_t last_of(const struct history_band *b, size_t n)
{
	while (n-- > 0)
		if (!isnan(b->mean[n]))
			return (int64_t)b->mean[n];
	return -1;
}

/* At the last reading: one without a limit stands for none, 0; -1 = there was no reading. */
static int64_t limit_at_last(const struct history_view *v)
{
	for (size_t n = v->n; n-- > 0;)
		if (!isnan(v->bands[NEEDED].mean[n]))
			return isnan(v->bands[LIMIT].mean[n]) ? 0
							      : (int64_t)v->bands[LIMIT].mean[n];
	return -1;
}

static json_t *numbers(const double *v, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, isnan(v[i]) ? json_null() : json_integer(llrint(v[i])));
	return j;
}

static json_t *minutes(const struct history_view *v)
{
	json_t *j = json_object();

	json_put_int(j, "from_at", v->t[0]);
	json_put_int(j, "step_ms", v->step);
	json_put(j, "needed_bytes", numbers(v->bands[NEEDED].max, v->n));
	json_put(j, "cache_bytes", numbers(v->bands[CACHE].max, v->n));
	json_put(j, "limit_bytes", numbers(v->bands[LIMIT].max, v->n));
	json_put(j, "block", numbers(v->bands[BLOCK].max, v->n));
	return j;
}

static json_t *readings(struct watch *w, struct incident *i)
{
	autofree char *entity = xasprintf("%s/%s", i->stack, i->service);
	autohistoryview struct history_view v = {0};
	int64_t limit;

	if (history_query(w->app->history, entity, series, N_SERIES, i->at - BEFORE_MS,
		    i->at + SECOND_MS, BEFORE_MS / SECOND_MS + 2, &v, NULL))
		return json_null();
	i->needed = last_of(&v.bands[NEEDED], v.n);
	i->cache = last_of(&v.bands[CACHE], v.n);
	i->block = last_of(&v.bands[BLOCK], v.n);
	limit = limit_at_last(&v);
	if (limit >= 0)
		i->limit = limit;
	return minutes(&v);
}

static void of_the_nas(struct watch *w, struct incident *i)
{
	static const char *const memory[] = {"host_memory_available"};
	autohistoryview struct history_view v = {0};

	world_lock(w->app->world);
	i->host_total = w->app->world->host.memory_total;
	i->host_available = w->app->world->host.memory_available;
	world_unlock(w->app->world);
	if (history_query(w->app->history, "host", memory, 1, i->at - HOST_BEFORE_MS, i->at,
		    HOST_BEFORE_MS / SECOND_MS, &v, NULL) == 0 &&
		last_of(&v.bands[0], v.n) >= 0)
		i->host_available = last_of(&v.bands[0], v.n);
}

/* ---- its log ---- */

struct tail {
	json_t *secrets, *lines;
	msec until;
};

static int on_line(void *ctx, const struct docker_log_line *l)
{
	struct tail *t = ctx;

	if (!l || l->at > t->until)
		return 0;
	json_array_append_new(t->lines, mask_log_line(t->secrets, l->at, l->is_stderr, l->text));
	if (json_array_size(t->lines) > LOG_LINES)
		json_array_remove(t->lines, 0);
	return 0;
}

/* Nothing, rather than a line whose secrets are not known. */
static json_t *last_log(struct watch *w, const char *container, msec until)
{
	struct tail t = {.lines = json_array(), .until = until};

	if (store_secret_values(w->app->store, &t.secrets, NULL) == 0)
		docker_logs(w->app->docker, container, LOG_TAIL, 0, false, on_line, &t, NULL);
	json_decref(t.secrets);
	return t.lines;
}

/* ---- what was changed ---- */

static bool is_change(const struct event *ev)
{
	return !strcmp(ev->type, "job") || !strcmp(ev->type, "limits") ||
	       !strcmp(ev->type, "settings");
}

static json_t *changes(struct watch *w, const struct incident *i)
{
	autoevents struct event_rows rows = {0};
	json_t *list = json_array();

	if (store_events(w->app->store, -1, 0, i->stack, EVENTS_LOOKED_AT, &rows, NULL))
		return list;
	for (size_t k = 0; k < rows.n && json_array_size(list) < CHANGES_MAX; k++) {
		const struct event *ev = &rows.items[k];
		json_t *j;

		if (!is_change(ev) || ev->at > i->at || i->at - ev->at > CHANGES_MS)
			continue;
		j = json_object();
		json_put_int(j, "at", ev->at);
		json_put_str(j, "actor", ev->actor);
		json_put_str(j, "message", ev->message);
		json_array_append_new(list, j);
	}
	return list;
}

json_t *watch_gather(struct watch *w, struct incident *i, msec until)
{
	json_t *j = json_object();

	i->needed = i->cache = i->block = -1;
	json_put(j, "minutes", readings(w, i));
	of_the_nas(w, i);
	json_put(j, "log", until ? last_log(w, i->container, until) : json_array());
	json_put(j, "changes", changes(w, i));
	return j;
}
