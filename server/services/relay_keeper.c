/* Relays that have a container: what is seen of them, and their restart when they relay no more. */
#include "services/relay_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/netns.h"
#include "services/actions.h"
#include "services/jobs.h"

#define TURN_MS 1000
#define LINK_EVERY_MS 2000
#define PAGE_EVERY_MS 20000
#define AGAIN_MS 60000 /* between two tries to begin the restart */

struct watched {
	struct relay *relay;
	char stack[32];
	bool wanted;
	const struct recipe *recipe;
	json_t *options; /* of the recipe; what follows is from them */
	char server[256], id[ETHSTATS_NAME_MAX];
	bool tls;
	int port;
	/* as the world has it */
	char container[65];
	msec started_at;
	int pid;
	bool runs, engine, node_active, told;
	int64_t head; /* of a node that is synced; -1 = none */
	/* what was seen */
	struct relay_feed feed;
	enum relay_link link;
	msec link_at, link_since, ended_at;
	struct netns_talk talk;
	struct relay_minute minute;
	int64_t per_minute;
	/* what it means */
	struct relay_watch watch;
	enum relay_verdict verdict;
	msec turned_at, act_at;
};

/* ---- the wanted state ---- */

static const char *text_of(const struct watched *x, const char *key)
{
	const struct recipe_option *o = recipe_option(x->recipe, key);
	const char *s = o ? json_string_value(recipe_option_value(o, x->options)) : NULL;

	return s ? s : "";
}

static void forget_seen(struct watched *x)
{
	relay_feed_free(&x->feed);
	x->link = LINK_UNKNOWN;
	x->link_at = 0;
	x->link_since = clock_mono();
	x->talk = (struct netns_talk){.sent_ago = -1, .heard_ago = -1, .sent = -1};
	x->minute = (struct relay_minute){0};
	x->per_minute = -1;
}

static void take_settings(struct watched *x, const struct service *svc, const struct recipe *recipe)
{
	bool either;

	if (x->recipe == recipe && x->options && json_equal(x->options, svc->options))
		return;
	x->recipe = recipe;
	json_decref(x->options);
	x->options = json_deep_copy(svc->options);
	snprintf(x->server, sizeof(x->server), "%s", text_of(x, "server"));
	ethstats_camel(text_of(x, "instance_name"), x->id);
	ethstats_address(x->server, &either, &x->tls);
	x->port = ethstats_port(x->server, x->tls);
	relay_watch_init(&x->watch);
	x->container[0] = '\0';
}

static void take_container(struct watched *x, const struct service_facts *f)
{
	const struct container *c = &f->container;

	x->runs = f->ours && container_alive(c) && c->state && !strcmp(c->state, "running");
	if (!x->runs || (!strcmp(x->container, c->id) && x->started_at == c->started_at))
		return;
	snprintf(x->container, sizeof(x->container), "%s", c->id);
	x->started_at = c->started_at;
	x->pid = c->pid;
	forget_seen(x);
	relay_watch_started(&x->watch, clock_mono(), clock_wall() - c->started_at);
}

static void take_node(struct watched *x, const struct service_facts *f)
{
	bool alive = container_alive(&f->container) && f->has_sync;

	x->node_active = alive && f->sync.phase > SYNC_STARTING;
	x->head = alive && f->sync.phase == SYNC_SYNCED ? f->sync.current : -1;
}

static struct watched *watched_of(struct relay *r, const char *stack)
{
	struct watched *x;

	for (size_t i = 0; i < r->n_watched; i++)
		if (!strcmp(r->watched[i]->stack, stack))
			return r->watched[i];
	x = xcalloc(1, sizeof(*x));
	x->relay = r;
	snprintf(x->stack, sizeof(x->stack), "%s", stack);
	x->feed = RELAY_FEED_NEW;
	r->watched = xrealloc(r->watched, (r->n_watched + 1) * sizeof(struct watched *));
	return r->watched[r->n_watched++] = x;
}

void relay_keep_take(struct relay *r, struct world *w, const struct stack *s)
{
	const struct service *svc = stack_service(s, "relay");
	const struct recipe *recipe = recipe_find(r->app->recipes, svc->recipe);
	const struct service_facts *relay = world_service(w, s->name, "relay"),
				   *node = world_service(w, s->name, "node");
	struct watched *x;

	if (!relay || !recipe_option(recipe, "server") || !recipe_option(recipe, "instance_name"))
		return;
	x = watched_of(r, s->name);
	x->wanted = true;
	x->engine = w->engine.status == ENGINE_CONNECTED;
	take_settings(x, svc, recipe);
	take_container(x, relay);
	take_node(x, node);
}

static void watched_free(struct watched *x)
{
	relay_feed_free(&x->feed);
	json_decref(x->options);
	free(x);
}

void relay_keep_begin(struct relay *r)
{
	for (size_t i = 0; i < r->n_watched; i++)
		r->watched[i]->wanted = false;
}

void relay_keep_end(struct relay *r)
{
	for (size_t i = r->n_watched; i-- > 0;) {
		if (r->watched[i]->wanted)
			continue;
		relay_untell(r, r->watched[i]->stack);
		watched_free(r->watched[i]);
		r->watched[i] = r->watched[--r->n_watched];
	}
}

void relay_keep_free(struct relay *r)
{
	for (size_t i = 0; i < r->n_watched; i++)
		watched_free(r->watched[i]);
	free(r->watched);
}

void relay_keep_arm(struct relay *r, const char *stack)
{
	for (size_t i = 0; i < r->n_watched; i++)
		if (!strcmp(r->watched[i]->stack, stack))
			relay_watch_arm(&r->watched[i]->watch);
}

/* ---- looking ---- */

static enum relay_link ask_link(struct watched *x, struct netns_talk *ret)
{
	if (netns_talk(x->pid, x->port, ret) &&
		netns_talk_listed(x->relay->app->config.proc_root, x->pid, x->port, ret))
		return LINK_UNKNOWN;
	return ret->n ? LINK_UP : LINK_DOWN;
}

/* Not while a look at the page goes on: its connection is one from there to that port, too. */
static void look_at_link(struct watched *x, msec now)
{
	struct netns_talk t = {.sent_ago = -1, .heard_ago = -1, .sent = -1};
	enum relay_link link;

	if (x->feed.ws || (x->link_at && now - x->link_at < LINK_EVERY_MS))
		return;
	link = ask_link(x, &t);
	if (x->link == LINK_UP && link == LINK_DOWN)
		x->ended_at = now;
	if (link != x->link)
		x->link_since = now;
	x->link = link;
	x->link_at = now;
	x->talk = t;
	x->per_minute = t.sent >= 0 ? relay_per_minute(&x->minute, t.sent) : -1;
}

static void look_at_page(struct watched *x, msec now)
{
	struct relay_look l = {
		.server = x->server, .tls = x->tls, .id = x->id, .netns_pid = x->pid};

	relay_feed_rest(&x->feed, PAGE_EVERY_MS, relay_watch_curious(&x->watch));
	if (!x->feed.ws && now >= x->feed.next_at)
		relay_feed_begin(&x->feed, x->relay->hub, &l);
}

static void judge(struct watched *x, msec now)
{
	const struct relay_feed *f = &x->feed;
	struct relay_watch_obs o = {.at = now,
		.able = x->runs && x->engine && !jobs_of_stack(x->relay->app->jobs, x->stack),
		.head = x->head,
		.link = x->link,
		.sent_ago = x->talk.sent_ago,
		.waits = x->talk.waits,
		.reach = f->reach,
		.looked_at = f->looked_at,
		.listed = f->seen.listed,
		.block = f->seen.block};

	x->verdict = relay_watch_look(&x->watch, &o);
}

/* ---- telling ---- */

static void describe(const struct watched *x, struct relay_facts *f)
{
	const struct netns_talk *t = &x->talk;
	const struct relay_watch *w = &x->watch;
	bool silent = x->verdict == RELAY_SILENT || x->verdict == RELAY_RESTART;
	bool gave_up = x->verdict == RELAY_GAVE_UP;
	msec now = clock_wall();

	*f = (struct relay_facts){.at = now,
		.container = true,
		.state = x->link == LINK_UP ? ETHSTATS_READY : ETHSTATS_WAITING,
		.link = x->link,
		.since = relay_wall(x->link_since),
		.tries = w->tries,
		.next_at = silent || gave_up ? relay_wall(w->next_at) : 0,
		.heard_at = t->heard_ago >= 0 ? now - t->heard_ago : 0,
		.sent_at = t->sent_ago >= 0 ? now - t->sent_ago : 0,
		.ended_at = relay_wall(x->ended_at),
		.block = -1,
		.latency_ms = -1,
		.bytes = t->sent,
		.attempts = -1,
		.bytes_per_min = x->per_minute,
		.node_active = x->node_active,
		.page = x->feed.page,
		.page_misses = x->feed.misses,
		.page_at = relay_wall(x->feed.looked_at),
		.page_block = x->feed.block,
		.verdict = x->verdict,
		.fault = silent || gave_up ? w->fault : RELAY_NO_FAULT,
		.fault_since = silent || gave_up ? relay_wall(w->since) : 0,
		.fault_blocks = w->blocks,
		.restarts = relay_watch_restarts(w, clock_mono()),
		.by_page = w->by_page};
	snprintf(f->id, sizeof(f->id), "%s", x->id);
	snprintf(f->server, sizeof(f->server), "%s", x->server);
	if (silent || gave_up)
		snprintf(
			f->code, sizeof(f->code), "%s", gave_up ? "relay.gave_up" : "relay.silent");
}

/* ---- acting ---- */

/* Asks the engine, which may take a moment; it is rare. The job has a thread of its own. */
static void restart(struct watched *x, msec now)
{
	struct err e = {0};
	int64_t job;

	x->act_at = now + AGAIN_MS;
	if (action_restart(x->relay->app, x->stack, "relay", "watchdog", &job, &e))
		log_warn("the relay of %s could not be restarted: %s", x->stack, e.message);
	else
		relay_watch_restarted(&x->watch, now);
}

/* It is stopped, paused, being restarted, or the engine does not tell. */
static void lost(struct watched *x)
{
	relay_feed_free(&x->feed);
	x->verdict = RELAY_UNJUDGED;
	if (x->told)
		relay_untell(x->relay, x->stack);
	x->told = false;
}

static void turn(struct watched *x)
{
	msec now = clock_mono();
	struct relay_facts f;

	if (x->feed.ws && relay_feed_go_on(&x->feed))
		relay_feed_judge(&x->feed, x->head);
	if (now - x->turned_at < TURN_MS)
		return;
	x->turned_at = now;
	if (!x->runs) {
		lost(x);
		return;
	}
	look_at_link(x, now);
	judge(x, now);
	describe(x, &f);
	relay_publish(x->relay, x->stack, &f);
	x->told = true;
	if (x->verdict == RELAY_RESTART && now >= x->act_at)
		restart(x, now);
	else
		look_at_page(x, now);
}

void relay_keep_turn(struct relay *r)
{
	for (size_t i = 0; i < r->n_watched; i++)
		turn(r->watched[i]);
}
