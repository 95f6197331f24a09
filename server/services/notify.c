#include "services/notify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/thread.h"
#include "domain/mask.h"
#include "domain/notice.h"
#include "io/qnap.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/world.h"

#define LOOK_MS 10000	  /* a finding becomes old enough without an event */
#define SETTING "notices" /* what was told, over a restart */
#define EVENTS 50	  /* read at a time */

struct notify {
	struct app *app;
	pthread_t thread;
	struct notices told;
	char *saved; /* as the store has it */
	int64_t last_event;
};

/* ---- one line ---- */

static char *without_secrets(struct store *s, const char *text)
{
	autojson json_t *secrets = NULL;

	if (store_secret_values(s, &secrets, NULL))
		return xstrdup("Details are on the dashboard.");
	return mask_line(secrets, text);
}

static void tell(struct notify *n, enum qnap_level level, const char *stack, const char *message)
{
	autofree char *clean = without_secrets(n->app->store, message), *line = NULL;
	bool last;
	struct err e;

	if (!notices_room(&n->told, clock_wall(), &last)) {
		log_warn("not told to QTS, because there were many: %s", clean);
		return;
	}
	line = xasprintf("%s%s%s%s", stack ? stack : "", stack ? ": " : "", clean,
		last ? " Further notices are held back for a while; see the dashboard." : "");
	if (qnap_log(n->app->config.qts_root, level, line, &e))
		log_warn("%s", e.message);
}

/* ---- what there is to tell ---- */

static void tell_findings(struct notify *n)
{
	struct world *w = n->app->world;
	autojson json_t *findings = NULL;
	msec now = clock_wall();
	size_t i;
	json_t *f;

	world_lock(w);
	findings = json_deep_copy(w->findings);
	world_unlock(w);
	if (!findings) /* nothing was judged yet */
		return;
	notices_begin(&n->told);
	json_array_foreach (findings, i, f) {
		const char *level = json_str(f, "level", ""), *code = json_str(f, "code", "");
		const char *stack = json_str(f, "stack", NULL);
		bool bad = !strcmp(level, "bad");
		autofree char *key =
			xasprintf("%s/%s/%s", code, stack ? stack : "", json_str(f, "service", ""));

		/* a job tells its end itself */
		if ((!bad && strcmp(level, "warn")) || !strncmp(code, "job.", 4))
			continue;
		if (notices_due(&n->told, key, json_int(f, "at", now), now))
			tell(n, bad ? QNAP_ERROR : QNAP_WARNING, stack, json_str(f, "message", ""));
	}
	notices_end(&n->told, now);
}

static void tell_events(struct notify *n)
{
	for (;;) {
		autoevents struct event_rows rows = {0};

		if (store_events(n->app->store, n->last_event, 0, NULL, EVENTS, &rows, NULL) ||
			!rows.n)
			return;
		n->last_event = rows.items[rows.n - 1].id;
		for (size_t i = 0; i < rows.n; i++) {
			const struct event *ev = &rows.items[i];
			bool failed = ev->code && !strcmp(ev->code, "job.failed");

			if (failed || (ev->code && !strcmp(ev->code, "job.rolled_back")))
				tell(n, failed ? QNAP_ERROR : QNAP_WARNING, ev->stack, ev->message);
		}
	}
}

static void save(struct notify *n)
{
	autojson json_t *j = notices_json(&n->told);
	autofree char *text = json_text(j);

	if (n->saved && !strcmp(text, n->saved))
		return;
	if (store_setting_set(n->app->store, SETTING, text, NULL))
		return;
	free(n->saved);
	n->saved = take(text);
}

static void load(struct notify *n)
{
	autojson json_t *j = NULL;

	if (!store_setting_get(n->app->store, SETTING, &n->saved, NULL) && n->saved &&
		!json_parse(n->saved, strlen(n->saved), &j, NULL))
		notices_load(&n->told, j);
}

static void *run(void *arg)
{
	struct notify *n = arg;
	struct bus_seen seen = {.event = n->last_event};
	msec looked = -LOOK_MS;

	for (;;) {
		struct bus_seen before = seen;

		bus_wait(n->app->bus, &seen, LOOK_MS);
		if (seen.closed)
			return NULL;
		if (!qnap_can_log(n->app->config.qts_root))
			continue;
		if (seen.event != before.event)
			tell_events(n);
		if (seen.event == before.event && clock_mono() - looked < LOOK_MS)
			continue;
		looked = clock_mono();
		tell_findings(n);
		save(n);
	}
}

int notify_start(struct app *app, struct notify **ret, struct err *e)
{
	struct notify *n = xcalloc(1, sizeof(*n));

	n->app = app;
	n->last_event = bus_now(app->bus).event;
	load(n);
	if (thread_start(&n->thread, "notify", run, n, e)) {
		free(n->saved);
		free(n);
		return -1;
	}
	*ret = n;
	return 0;
}

void notify_stop(struct notify *n)
{
	if (!n)
		return;
	pthread_join(n->thread, NULL);
	free(n->saved);
	free(n);
}
