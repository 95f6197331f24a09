/*
 * Incidents: the witnesses of one kill or crash (the kernel's counter and log, the engine's events,
 * the exit code) arrive one after the other. A sign is opened by the first, joined by the rest, and
 * closed a moment later as one incident with all that was around it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "domain/recipe.h"
#include "io/docker.h"
#include "io/kmsg.h"
#include "io/store.h"
#include "services/bus.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define JOIN_MS 700  /* from the first witness to the last, as a rule */
#define LATE_MS 2000 /* longest wait for the engine to tell the end of what has ended */
#define SURE_MS 500  /* the same when the kernel's log has it: an engine may take a minute */
#define AGAIN_MS 100 /* between two looks at what is late */
#define SAME_MS 15000
#define KILL_KEPT_MS 120000 /* a kill that nobody asked about */

/* With the gate held. */
static struct sign *sign_of(struct watch *w, const char *stack, const char *service)
{
	for (size_t i = 0; i < w->n_signs; i++)
		if (!strcmp(w->signs[i].stack, stack) && !strcmp(w->signs[i].service, service))
			return &w->signs[i];
	return NULL;
}

/* With the gate held. */
static void join(struct watch *w, const struct sign *s, bool alone)
{
	struct sign *old = sign_of(w, s->stack, s->service);

	if (!old && !alone)
		return;
	if (!old && w->n_signs == SIGNS_MAX)
		return; /* sixteen at once: the events tell the rest */
	if (!old) {
		old = &w->signs[w->n_signs++];
		*old = *s;
		old->due = clock_mono() + JOIN_MS;
		return;
	}
	old->witnesses |= s->witnesses;
	if (s->limit > 0)
		old->limit = s->limit;
	if (s->ended && !old->ended) {
		old->ended = true;
		old->ended_at = s->ended_at;
		old->exit_code = s->exit_code;
	}
}

void watch_sign_end(struct watch *w, const struct sign *s, bool alone)
{
	gate_lock(&w->gate);
	join(w, s, alone);
	gate_wake(&w->gate);
	gate_unlock(&w->gate);
}

void watch_sign(struct watch *w, const struct sign *s)
{
	if (!w)
		return;
	watch_sign_end(w, s, true);
	watch_poke(w);
}

/* With the gate held: called by who waits at it. */
msec watch_signs_wait(struct watch *w, msec at_most)
{
	for (size_t i = 0; i < w->n_signs; i++) {
		msec left = w->signs[i].due - clock_mono();

		if (left < 1)
			left = AGAIN_MS;
		if (left < at_most)
			at_most = left;
	}
	return at_most;
}

/* ---- the kernel's log ---- */

static void listen_to_kernel(struct watch *w)
{
	struct kernel_kill kills[KILLS_MAX];
	size_t n = kmsg_kills(w->kmsg, kills, KILLS_MAX), kept = 0;

	for (size_t i = 0; i < w->n_heard; i++)
		if (clock_mono() - w->heard[i].at < KILL_KEPT_MS && kept + n < KILLS_MAX)
			w->heard[kept++] = w->heard[i];
	for (size_t i = 0; i < n; i++)
		w->heard[kept++] = (struct heard){.kill = kills[i], .at = clock_mono()};
	w->n_heard = kept;
}

/* Takes those of this container out; kernels before 5.0 name none when the machine ran out. */
static size_t kills_of(struct watch *w, const struct sign *s, struct kernel_kill ret[KILLS_MAX])
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < w->n_heard; i++) {
		const struct kernel_kill *k = &w->heard[i].kill;

		if (!strcmp(k->container, s->container) || (!*k->container && k->pid == s->pid))
			ret[n++] = *k;
		else
			w->heard[kept++] = w->heard[i];
	}
	w->n_heard = kept;
	return n;
}

/* ---- the card ---- */

static char *last_lines(const json_t *detail)
{
	json_t *log = json_arr(detail, "log");
	size_t n = json_array_size(log), from = n > 10 ? n - 10 : 0;
	struct buf b = {0};

	for (size_t i = from; i < n; i++)
		buf_printf(&b, "%s\n", json_str(json_array_get(log, i), "text", ""));
	return buf_take(&b);
}

static int64_t volume_free(struct watch *w, const struct sign *s)
{
	struct service_facts *f;
	int64_t bytes = -1;

	world_lock(w->app->world);
	f = world_service(w->app->world, s->stack, s->service);
	if (f && f->volume_total)
		bytes = f->volume_free;
	world_unlock(w->app->world);
	return bytes;
}

static bool judge(struct watch *w, const struct sign *s, const struct container *k,
	const json_t *detail, struct incident *i)
{
	struct kernel_kill kills[KILLS_MAX];
	autofree char *last = last_lines(detail);
	struct evidence_of_end ev = {
		.kills = kills,
		.log_readable = w->kmsg != NULL,
		.witnesses = s->witnesses | (k->oom_killed ? WITNESS_ENGINE_FLAG : 0),
		.ended = s->ended,
		.exit_code = s->exit_code,
		.main_pid = s->pid,
		.limit = i->limit,
		.needed = i->needed,
		.host_available = i->host_available,
		.host_total = i->host_total,
		.volume_free = volume_free(w, s),
		.last_lines = last,
	};

	ev.n_kills = kills_of(w, s, kills);
	incident_judge(&ev, i);
	return !incident_is_none(&ev);
}

/* A second kill inside of a container that lives, shortly after the first, is the same story. */
static bool told_already(struct watch *w, const struct incident *i)
{
	struct service_facts *f;
	bool same;

	world_lock(w->app->world);
	f = world_service(w->app->world, i->stack, i->service);
	same = !f || (!i->ended && f->incident.at && i->at - f->incident.at <= SAME_MS);
	world_unlock(w->app->world);
	return same;
}

static void follow(struct watch *w, struct incident *i)
{
	struct service_facts *f;

	world_lock(w->app->world);
	f = world_service(w->app->world, i->stack, i->service);
	if (f)
		incident_follows(i, &f->incident);
	world_unlock(w->app->world);
}

/* The world's copy is what the finding goes by. */
static void publish(struct watch *w, const struct incident *i)
{
	struct service_facts *f;

	world_lock(w->app->world);
	f = world_service(w->app->world, i->stack, i->service);
	if (f)
		f->incident = *i;
	world_unlock(w->app->world);
}

/* "Parity": as the finding and the page call it; owned by the caller. */
static char *title_of(struct watch *w, const struct incident *i)
{
	autostack struct stack s = {0};
	const struct service *svc = NULL;
	const struct recipe *r;

	if (world_copy_stack(w->app->world, i->stack, &s, NULL) == 0)
		svc = stack_service(&s, i->service);
	r = svc ? recipe_find(w->app->recipes, svc->recipe) : NULL;
	return xstrdup(r ? r->title : i->service);
}

static void tell(struct watch *w, const struct incident *i)
{
	autofree char *title = title_of(w, i);
	autofree char *sentence = incident_sentence(i, title);

	/* an end without a kill was told when it happened */
	if (incident_is_memory(i))
		bus_say(w->app->bus, "oom", i->stack, i->service, "kernel", incident_code(i),
			json_pack("{s:I,s:I}", "incident", (json_int_t)i->id, "limit_bytes",
				(json_int_t)i->limit),
			"%s", sentence);
	bus_touch(w->app->bus);
}

/* ---- a late word ---- */

static bool is_late_word(const struct incident *known, const struct incident *i)
{
	return i->ended && known->ended && !(known->witnesses & WITNESS_EXIT_CODE) &&
	       !strcmp(known->container, i->container) &&
	       (!known->again_at || i->at <= known->again_at);
}

/* The log as well: an engine that is busy with an end does not give it before. */
static json_t *with_its_log(struct watch *w, const struct incident *i, const json_t *now)
{
	autojson json_t *facts = NULL;
	json_t *detail = NULL;

	if (store_incident_get(w->app->store, i->stack, i->id, &facts, &detail, NULL) == 0)
		json_object_set(detail, "log", json_object_get(now, "log"));
	return detail;
}

/* Only what was learnt is written: what its owner says of it in the same moment stays. */
static int keep(struct watch *w, const struct incident *i, const char *const learnt[],
	const json_t *detail, struct err *e)
{
	autojson json_t *all = incident_json(i), *some = json_object();

	if (!i->id)
		return 0; /* it could not be kept at all, which was told then */
	for (; *learnt; learnt++)
		json_object_set(some, *learnt, json_object_get(all, *learnt));
	return store_incident_change(w->app->store, i->id, some, detail, e);
}

/* The engine tells an end that the kernel's log told before: the same incident has one more
 * witness. */
static bool add_late_word(struct watch *w, const struct incident *i, const json_t *now)
{
	static const char *const learnt[] = {"witnesses", "exit_code", NULL};
	autojson json_t *detail = NULL;
	struct incident known = {0};
	struct service_facts *f;
	struct err e = {0};
	bool late;

	world_lock(w->app->world);
	f = world_service(w->app->world, i->stack, i->service);
	late = f && is_late_word(&f->incident, i);
	if (late) {
		f->incident.witnesses |= i->witnesses;
		f->incident.exit_code = i->exit_code;
		known = f->incident;
	}
	world_unlock(w->app->world);
	if (!late)
		return false;
	detail = with_its_log(w, &known, now);
	if (keep(w, &known, learnt, detail, &e))
		log_warn("the incident of %s/%s was not kept: %s", i->stack, i->service, e.message);
	bus_touch(w->app->bus);
	return true;
}

/* ---- its end ---- */

static bool main_was_killed(const struct watch *w, const struct sign *s)
{
	for (size_t i = 0; i < w->n_heard; i++)
		if (w->heard[i].kill.pid == s->pid && s->pid)
			return true;
	return false;
}

/* The last moment of its log; 0 = it cannot be had now. */
static msec log_until(const struct watch *w, const struct sign *s)
{
	if (s->ended)
		return s->ended_at;
	return main_was_killed(w, s) ? 0 : clock_wall();
}

static void close_sign(struct watch *w, const struct sign *s, const struct container *k)
{
	struct incident i = {.at = s->at, .limit = s->limit, .again_at = s->again_at};
	autojson json_t *detail = NULL, *facts = NULL;
	struct err e = {0};

	snprintf(i.stack, sizeof(i.stack), "%s", s->stack);
	snprintf(i.service, sizeof(i.service), "%s", s->service);
	snprintf(i.container, sizeof(i.container), "%s", s->container);
	if (k->presence == PRESENCE_YES && container_alive(k) && k->started_at > s->at)
		i.again_at = k->started_at;
	detail = watch_gather(w, &i, log_until(w, s));
	if (!judge(w, s, k, detail, &i) || told_already(w, &i) || add_late_word(w, &i, detail))
		return;
	follow(w, &i);
	facts = incident_json(&i);
	if (store_incident_add(w->app->store, i.stack, facts, detail, &i.id, &e))
		log_warn("the incident of %s/%s was not kept: %s", i.stack, i.service, e.message);
	publish(w, &i);
	tell(w, &i);
}

/* The engine has not told the end yet of what has ended, as the kernel's log or the look says. */
static bool end_is_coming(const struct watch *w, const struct sign *s, const struct container *k)
{
	msec late = clock_mono() - s->due;

	if (s->ended)
		return false;
	if (main_was_killed(w, s))
		return late < SURE_MS;
	return late < LATE_MS &&
	       (k->presence != PRESENCE_YES || !container_alive(k) || k->started_at > s->at);
}

/* An engine that ends or starts a container does not answer for it meanwhile. What would be asked
 * is told by its events, but for a flag that counts only without the kernel's log. */
static bool is_told(const struct watch *w, const struct sign *s)
{
	return w->kmsg && (s->ended || main_was_killed(w, s));
}

static bool take_due(struct watch *w, size_t *next, struct sign *ret)
{
	bool found = false;

	gate_lock(&w->gate);
	for (; *next < w->n_signs && !found; (*next)++) {
		found = w->signs[*next].due <= clock_mono();
		if (found)
			*ret = w->signs[*next];
	}
	gate_unlock(&w->gate);
	return found;
}

static void drop(struct watch *w, const struct sign *s)
{
	struct sign *old;

	gate_lock(&w->gate);
	old = sign_of(w, s->stack, s->service);
	if (old)
		*old = w->signs[--w->n_signs];
	gate_unlock(&w->gate);
}

void watch_close_signs(struct watch *w)
{
	struct sign s;
	size_t next = 0;

	listen_to_kernel(w);
	while (take_due(w, &next, &s)) {
		autocontainer struct container k = {0};

		if (!is_told(w, &s))
			docker_inspect(w->app->docker, s.container, &k, NULL);
		if (end_is_coming(w, &s, &k))
			continue;
		drop(w, &s);
		next = 0;
		close_sign(w, &s, &k);
	}
}

/* ---- afterwards ---- */

void watch_started_again(struct watch *w, const char *stack, const char *service, msec at)
{
	static const char *const learnt[] = {"again_at", NULL};
	struct incident i = {0};
	struct service_facts *f;
	struct sign *open;
	struct err e = {0};

	gate_lock(&w->gate);
	open = sign_of(w, stack, service);
	if (open && open->ended)
		open->again_at = at;
	gate_unlock(&w->gate);
	world_lock(w->app->world);
	f = world_service(w->app->world, stack, service);
	if (f && f->incident.id && f->incident.ended && !f->incident.again_at &&
		at >= f->incident.at) {
		f->incident.again_at = at;
		i = f->incident;
	}
	world_unlock(w->app->world);
	if (!i.id)
		return;
	if (keep(w, &i, learnt, NULL, &e))
		log_warn("the incident of %s/%s was not kept: %s", stack, service, e.message);
	bus_touch(w->app->bus);
}

int watch_seen(struct watch *w, struct incident *i, struct err *e)
{
	static const char *const learnt[] = {"seen_at", "only_again", NULL};
	struct service_facts *f;

	if (!i->seen_at)
		i->seen_at = clock_wall();
	if (keep(w, i, learnt, NULL, e))
		return -1;
	world_lock(w->app->world);
	f = world_service(w->app->world, i->stack, i->service);
	if (f && f->incident.id == i->id) {
		f->incident.seen_at = i->seen_at;
		f->incident.only_again = i->only_again;
	}
	world_unlock(w->app->world);
	bus_touch(w->app->bus);
	watch_poke(w);
	return 0;
}

static void recall(struct watch *w, const char *stack)
{
	autojson json_t *list = NULL;
	struct service_facts *f;
	size_t n;

	if (store_incidents(w->app->store, stack, INCIDENTS_KEPT, &list, NULL))
		return;
	n = json_array_size(list);
	world_lock(w->app->world);
	for (size_t i = n; i-- > 0;) { /* the newest last: it stays */
		struct incident in;

		incident_parse(json_array_get(list, i), &in);
		in.id = json_int(json_array_get(list, i), "id", 0);
		snprintf(in.stack, sizeof(in.stack), "%s", stack);
		f = world_service(w->app->world, stack, in.service);
		if (f)
			f->incident = in;
	}
	world_unlock(w->app->world);
}

void watch_recall_incidents(struct watch *w)
{
	size_t n;
	struct stack *stacks = world_copy_stacks(w->app->world, &n);

	for (size_t i = 0; i < n; i++) {
		recall(w, stacks[i].name);
		stack_free(&stacks[i]);
	}
	free(stacks);
}
