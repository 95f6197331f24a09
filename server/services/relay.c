/* The thread: who reports, their connections, and what is told of them. */
#include "services/relay_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/crypto.h"
#include "io/store.h"
#include "services/world.h"

#define LOOK_MS 500  /* at the wanted state */
#define TELL_MS 1000 /* into the world */
#define TURN_MS 500  /* without any event of the network */

/* ---- one reporter ---- */

static void on_open(void *ctx, bool tls);
static void on_send(void *ctx, const char *text, size_t len);
static void on_close(void *ctx);

static const json_t *value_of(const struct reporter *r, const char *key)
{
	const struct recipe_option *o = recipe_option(r->recipe, key);

	return o ? recipe_option_value(o, r->options) : NULL;
}

static const char *text_of(const struct reporter *r, const char *key)
{
	const char *s = json_string_value(value_of(r, key));

	return s ? s : "";
}

static void hang_up(struct reporter *r)
{
	ws_free(r->ws);
	r->ws = NULL;
	r->opened = r->hang_up = false;
}

static void end(struct reporter *r)
{
	if (r->begun)
		ethstats_free(&r->es);
	r->begun = false;
	hang_up(r);
	relay_feed_free(&r->feed);
	r->n_want = r->next_want = 0;
}

static void begin(struct reporter *r)
{
	autofree char *secret = NULL;
	struct ethstats_io io = {on_open, on_send, on_close, r};
	char id[ETHSTATS_NAME_MAX];
	const char *name = text_of(r, "instance_name");
	struct ethstats_who who = {.id = id,
		.name = name,
		.contact = text_of(r, "contact"),
		.os_version = r->relay->kernel,
		.port = (int)json_integer_value(value_of(r, "listening_port"))};
	bool either, tls;
	uint32_t seed;

	end(r);
	if (store_secret_get(r->relay->app->store, r->stack, "relay", "WS_SECRET", &secret, NULL))
		log_warn("ethstats: the secret of %s cannot be read", r->stack);
	if (strcmp(text_of(r, "id"), "name"))
		ethstats_camel(name, id);
	else
		snprintf(id, sizeof(id), "%s", name);
	free(r->server);
	r->server = xstrdup(text_of(r, "server"));
	ethstats_address(r->server, &either, &tls);
	crypto_random(&seed, sizeof(seed));
	who.secret = secret;
	ethstats_init(&r->es, &io, &who, either, tls, seed, clock_mono());
	if (secret)
		explicit_bzero(secret, strlen(secret));
	r->begun = true;
	r->begin = r->was_ready = false;
	r->epoch++;
	r->minute.before = 0;
	r->node.number = -1; /* the machine forgot its head: ask for it again */
}

static void reporter_free(struct reporter *r)
{
	end(r);
	json_decref(r->options);
	free(r->data_dir);
	free(r->server);
	free(r);
}

/* ---- the machine's calls ---- */

static void on_text(void *ctx, const char *text, size_t len)
{
	struct reporter *r = ctx;

	ethstats_text(&r->es, text, len, clock_mono());
}

static void on_open(void *ctx, bool tls)
{
	struct reporter *r = ctx;
	autofree char *url = ethstats_url(r->server, tls, false);
	autofree char *ca = relay_ca_file(r);
	struct ws_config c = {.url = url,
		.origin = "http://localhost",
		.ca_file = ca,
		.on_text = on_text,
		.ctx = r};

	hang_up(r);
	r->ws = ws_open(r->relay->hub, &c);
}

static void on_send(void *ctx, const char *text, size_t len)
{
	struct reporter *r = ctx;

	if (r->ws)
		ws_send(r->ws, text, len);
}

/* Perhaps called from inside of ws_run: the connection is freed after it. */
static void on_close(void *ctx)
{
	((struct reporter *)ctx)->hang_up = true;
}

/* ---- the wanted state ---- */

static struct reporter *reporter_of(struct relay *r, const char *stack)
{
	struct reporter *x;

	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->list[i]->stack, stack))
			return r->list[i];
	x = xcalloc(1, sizeof(*x));
	x->relay = r;
	x->feed = RELAY_FEED_NEW;
	x->node.facts = (struct ethstats_node){.peers = -1, .pending = -1, .gas_price = -1};
	snprintf(x->stack, sizeof(x->stack), "%s", stack);
	r->list = xrealloc(r->list, (r->n + 1) * sizeof(struct reporter *));
	return r->list[r->n++] = x;
}

static void take_settings(struct reporter *x, const struct stack *s, const struct service *svc)
{
	x->wanted = true;
	x->recipe = recipe_find(x->relay->app->recipes, svc->recipe);
	if (x->options && json_equal(x->options, svc->options) && !strcmp(x->data_dir, s->data_dir))
		return;
	json_decref(x->options);
	x->options = json_deep_copy(svc->options);
	free(x->data_dir);
	x->data_dir = xstrdup(s->data_dir);
	x->begin = true;
}

static bool is_syncing(const struct sync_view *v)
{
	return v->phase == SYNC_SNAPSHOT || v->phase == SYNC_BLOCKS || v->phase == SYNC_CATCHING_UP;
}

/* What the probe found out already. */
static void take_probe(struct ethstats_node *n, const struct service_facts *f)
{
	bool syncing = f->has_sync && is_syncing(&f->sync);

	if (syncing && !n->syncing)
		n->starting = f->sync.current;
	n->syncing = syncing;
	n->current = syncing ? f->sync.current : -1;
	n->highest = syncing ? f->sync.target : -1;
	n->peers = f->has_sync ? f->sync.peers : -1;
	if (*f->version)
		snprintf(n->client, sizeof(n->client), "%s", f->version);
}

static void take_node(struct reporter *x, const struct stack *s, const struct service_facts *f)
{
	const struct service *svc = stack_service(s, "node");
	const struct recipe *r = recipe_find(x->relay->app->recipes, svc->recipe);
	const struct container *c = &f->container;
	struct relay_node *n = &x->node;

	n->pid = container_alive(c) ? c->pid : 0;
	n->port = r ? r->rpc.port : 0;
	if (strcmp(n->container, c->id) || n->started_at != c->started_at) {
		snprintf(n->container, sizeof(n->container), "%s", c->id);
		n->started_at = c->started_at;
		n->number = -1;
		n->failures = 0;
		n->ask_at = n->who_at = n->price_at = n->pending_at = 0;
		n->facts.net[0] = '\0';
	}
	take_probe(&n->facts, f);
}

/* With the world's lock held. */
static void take_stack(struct relay *r, struct world *w, const struct stack *s)
{
	const struct service *svc = stack_service(s, "relay");
	const struct recipe *recipe = svc ? recipe_find(r->app->recipes, svc->recipe) : NULL;
	const struct service_facts *node = world_service(w, s->name, "node");
	struct reporter *x;

	if (!s->run || !recipe || !node)
		return;
	if (!recipe->builtin) {
		relay_keep_take(r, w, s);
		return;
	}
	x = reporter_of(r, s->name);
	take_settings(x, s, svc);
	take_node(x, s, node);
}

static void take_impatience(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n_again; i++) {
		relay_keep_arm(r, r->again[i]);
		for (size_t k = 0; k < r->n; k++)
			if (!strcmp(r->list[k]->stack, r->again[i]))
				r->list[k]->begin = true;
	}
	r->n_again = 0;
	pthread_mutex_unlock(&r->lock);
}

static void look(struct relay *r)
{
	struct world *w = r->app->world;

	for (size_t i = 0; i < r->n; i++)
		r->list[i]->wanted = false;
	relay_keep_begin(r);
	world_lock(w);
	for (size_t i = 0; i < w->n_stacks; i++)
		take_stack(r, w, &w->stacks[i]);
	snprintf(r->kernel, sizeof(r->kernel), "%s", w->host.kernel);
	world_unlock(w);
	relay_keep_end(r);
	take_impatience(r);
	for (size_t i = r->n; i-- > 0;) {
		struct reporter *x = r->list[i];

		if (x->wanted && x->begin)
			begin(x);
		if (x->wanted)
			continue;
		relay_untell(r, x->stack);
		reporter_free(x);
		r->list[i] = r->list[--r->n];
	}
}

/* ---- the loop ---- */

static void run_connection(struct reporter *r)
{
	struct err why = {0};
	enum ws_state s;

	if (r->hang_up)
		hang_up(r);
	if (!r->ws)
		return;
	s = ws_run(r->ws, &why);
	if (s == WS_OPEN && !r->opened && !r->hang_up) {
		r->opened = true;
		ethstats_opened(&r->es, clock_mono());
		s = ws_run(r->ws, &why);
	}
	if (s == WS_ENDED && !r->hang_up) {
		log_debug("ethstats: %s: %s", r->stack, why.message);
		ethstats_closed(&r->es, &why, clock_mono());
	}
	if (s == WS_ENDED || r->hang_up)
		hang_up(r);
}

/* True when there is more to do at once. */
static bool turn(struct reporter *r)
{
	bool more;

	relay_ask_node(r);
	ethstats_tick(&r->es, clock_mono());
	more = relay_fetch_history(r);
	run_connection(r);
	relay_feed_turn(r);
	if (r->told != r->es.state)
		relay_tell(r);
	return more;
}

static void *run(void *arg)
{
	struct relay *r = arg;
	bool more = false;

	while (!r->stop) {
		ws_hub_wait(r->hub, more ? 0 : TURN_MS);
		if (clock_mono() - r->looked_at >= LOOK_MS) {
			r->looked_at = clock_mono();
			look(r);
		}
		more = false;
		for (size_t i = 0; i < r->n && !r->stop; i++)
			more = turn(r->list[i]) || more;
		if (!r->stop)
			relay_keep_turn(r);
		if (clock_mono() - r->told_at >= TELL_MS) {
			r->told_at = clock_mono();
			for (size_t i = 0; i < r->n; i++)
				relay_tell(r->list[i]);
		}
	}
	return NULL;
}

int relay_start(struct app *app, struct relay **ret, struct err *e)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->app = app;
	r->hub = ws_hub_new();
	pthread_mutex_init(&r->lock, NULL);
	if (thread_start(&r->thread, "relay", run, r, e)) {
		ws_hub_free(r->hub);
		free(r);
		return -1;
	}
	*ret = r;
	return 0;
}

void relay_stop(struct relay *r)
{
	if (!r)
		return;
	r->stop = true;
	ws_hub_wake(r->hub);
	pthread_join(r->thread, NULL);
	for (size_t i = 0; i < r->n; i++)
		reporter_free(r->list[i]);
	free(r->list);
	relay_keep_free(r);
	ws_hub_free(r->hub);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void relay_again(struct relay *r, const char *stack)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	if (r->n_again < COUNT(r->again))
		snprintf(r->again[r->n_again++], sizeof(r->again[0]), "%s", stack);
	pthread_mutex_unlock(&r->lock);
	ws_hub_wake(r->hub);
}
