#include "services/probe.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "domain/recipe.h"
#include "domain/sync.h"
#include "io/chain.h"
#include "io/rpc.h"
#include "services/bus.h"
#include "services/world.h"

#define EVERY_MS 2000
#define EVERY_SYNCED_MS 5000
/* A node that does not answer costs all others RPC_MS each time. */
#define EVERY_SILENT_MS 5000
#define GAP_EVERY_MS 30000
/* Between two walks over a chain's folder; DISK_SHARE times as long as the last one took, so that
 * they take 1 % of the time at most. */
#define DISK_MIN_MS 30000
#define DISK_MAX_MS (10 * 60 * 1000)
#define DISK_SHARE 100
#define RPC_MS 2000
#define HEAD_YOUNG_MS 3000

/* One node as this thread follows it. */
struct node {
	char stack[32];
	char container[65]; /* whose state this is */
	msec started_at;
	struct sync_state sync;
	msec asked_at, gap_at; /* monotonic; 0 = never */
	msec disk_next;
	int64_t gap_first, gap_last;
	char version[128];
	msec every; /* until it is asked again */
};

struct probe {
	struct app *app;
	pthread_t thread;
	atomic_bool stop;
	struct gate gate;
	struct node *nodes;
	size_t n;
};

/* What is to be asked, copied out of the world. */
struct target {
	char stack[32], container[65];
	char *data_dir;
	msec started_at;
	int pid;
	const struct recipe *recipe;
	struct recipe_version version;
	bool has_version;
	struct sync_rule rule;
	int64_t head, head_time; /* as the relay was told at head_at; 0 = never */
	msec head_at;
};

static struct node *node_of(struct probe *p, const char *stack)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->nodes[i].stack, stack))
			return &p->nodes[i];
	p->nodes = xrealloc(p->nodes, (p->n + 1) * sizeof(*p->nodes));
	p->nodes[p->n] = (struct node){.gap_first = -1, .gap_last = -1};
	snprintf(p->nodes[p->n].stack, sizeof(p->nodes[p->n].stack), "%s", stack);
	return &p->nodes[p->n++];
}

static size_t collect(struct probe *p, struct target **ret)
{
	struct world *w = p->app->world;
	size_t n = 0;

	world_lock(w);
	*ret = xcalloc(w->n_stacks, sizeof(**ret));
	for (size_t i = 0; i < w->n_stacks; i++) {
		const struct stack *s = &w->stacks[i];
		const struct service *svc = stack_service(s, "node");
		struct service_facts *f = world_service(w, s->name, "node");
		struct target *t = &(*ret)[n];
		const struct recipe_network *net;

		t->recipe = svc ? recipe_find(p->app->recipes, svc->recipe) : NULL;
		if (!f || !t->recipe)
			continue;
		snprintf(t->stack, sizeof(t->stack), "%s", s->name);
		snprintf(t->container, sizeof(t->container), "%s", f->container.id);
		t->data_dir = xstrdup(s->data_dir);
		t->started_at = f->container.started_at;
		t->head = f->head;
		t->head_time = f->head_time;
		t->head_at = f->head_at;
		t->pid = container_alive(&f->container) ? f->container.pid : 0;
		t->has_version = recipe_version(t->recipe, svc->image, &t->version, NULL);
		net = recipe_network(t->recipe, svc->options);
		t->rule = (struct sync_rule){.block_time_ms = net ? net->block_time_ms : 0,
			.needs_peers = net ? net->needs_peers : true};
		n++;
	}
	world_unlock(w);
	return n;
}

/* ---- asking ---- */

static enum sync_fault fault_of(const struct err *e)
{
	if (err_is(e, "rpc.refused"))
		return SYNC_FAULT_REFUSED;
	if (err_is(e, "rpc.silent"))
		return SYNC_FAULT_SILENT;
	if (strstr(e->message, "no peer"))
		return SYNC_FAULT_NO_PEER;
	return SYNC_FAULT_OTHER;
}

static int64_t quantity(const struct rpc *r, const char *method)
{
	autojson json_t *v = NULL;

	if (!method || rpc_call(r, method, NULL, &v, NULL))
		return -1;
	return rpc_quantity(v);
}

/* A reporting node is asked for its head each second anyway. */
static bool relay_knows(const struct target *t, struct sync_obs *o)
{
	if (!t->head_at || clock_mono() - t->head_at > HEAD_YOUNG_MS || t->head_time <= 0)
		return false;
	o->head_time = t->head_time;
	if (!o->syncing)
		o->current = t->head;
	return true;
}

static void ask_head(const struct target *t, const struct rpc *r, struct sync_obs *o)
{
	autojson json_t *params = NULL, *block = NULL;
	int64_t seconds;

	if (relay_knows(t, o))
		return;
	params = json_pack("[s,b]", "latest", 0);
	if (rpc_call(r, "eth_getBlockByNumber", params, &block, NULL) || !json_is_object(block))
		return;
	seconds = rpc_quantity(json_object_get(block, "timestamp"));
	o->head_time = seconds > 0 ? seconds * 1000 : -1;
	if (!o->syncing)
		o->current = rpc_quantity(json_object_get(block, "number"));
}

static void ask_gap(struct node *n, const struct target *t, const struct rpc *r)
{
	autojson json_t *status = NULL;
	const json_t *gap;

	if (!t->recipe->rpc.gap || !t->has_version ||
		!recipe_in_range(&t->recipe->rpc.gap_range, t->version) ||
		(n->gap_at && clock_mono() - n->gap_at < GAP_EVERY_MS))
		return;
	n->gap_at = clock_mono();
	n->gap_first = n->gap_last = -1;
	if (rpc_call(r, t->recipe->rpc.gap, NULL, &status, NULL))
		return;
	gap = json_arr(status, "blockGap");
	if (json_array_size(gap) == 2) {
		n->gap_first = rpc_quantity(json_array_get(gap, 0));
		n->gap_last = rpc_quantity(json_array_get(gap, 1));
	}
}

static void ask_version(struct node *n, const struct target *t, const struct rpc *r)
{
	autojson json_t *v = NULL;

	if (*n->version || !t->recipe->rpc.version ||
		rpc_call(r, t->recipe->rpc.version, NULL, &v, NULL) || !json_is_string(v))
		return;
	snprintf(n->version, sizeof(n->version), "%s", json_string_value(v));
}

static struct sync_obs observe(struct node *n, const struct target *t)
{
	struct rpc r = {
		.pid = t->pid, .port = t->recipe->rpc.port, .timeout_ms = RPC_MS, .keep = true};
	struct sync_obs o = sync_nothing_told(clock_wall());
	autojson json_t *syncing = NULL;
	struct err e = {0};

	if (rpc_call(&r, "eth_syncing", NULL, &syncing, &e)) {
		o.fault = fault_of(&e);
		return o;
	}
	o.answered = true;
	o.peers = quantity(&r, t->recipe->rpc.peers);
	o.syncing = json_is_object(syncing);
	if (o.syncing) {
		o.starting = rpc_quantity(json_object_get(syncing, "startingBlock"));
		o.current = rpc_quantity(json_object_get(syncing, "currentBlock"));
		o.highest = rpc_quantity(json_object_get(syncing, "highestBlock"));
		o.warp_done = rpc_quantity(json_object_get(syncing, "warpChunksProcessed"));
		o.warp_total = rpc_quantity(json_object_get(syncing, "warpChunksAmount"));
	}
	ask_head(t, &r, &o);
	ask_gap(n, t, &r);
	o.gap_first = n->gap_first;
	o.gap_last = n->gap_last;
	ask_version(n, t, &r);
	return o;
}

/* ---- the disk ---- */

static msec until_next_walk(msec took)
{
	msec pause = took * DISK_SHARE;

	return pause < DISK_MIN_MS ? DISK_MIN_MS : pause > DISK_MAX_MS ? DISK_MAX_MS : pause;
}

static void measure_disk(struct probe *p, struct node *n, const struct target *t)
{
	static const char *const aside[] = {"kept", "trash"};
	int64_t chain = -1, kept = -1;
	struct service_facts *f;
	msec begun = clock_mono();

	if (begun < n->disk_next)
		return;
	chain_size(t->data_dir, "node", &chain, NULL);
	chain_extra(t->data_dir, aside, COUNT(aside), &kept, NULL);
	n->disk_next = clock_mono() + until_next_walk(clock_mono() - begun);
	world_lock(p->app->world);
	f = world_service(p->app->world, t->stack, "node");
	if (f) {
		f->chain_bytes = chain;
		f->kept_bytes = kept;
		f->disk_at = clock_wall();
	}
	world_unlock(p->app->world);
}

/* ---- the loop ---- */

static void forget_old(struct node *n, const struct target *t)
{
	if (!strcmp(n->container, t->container) && n->started_at == t->started_at)
		return;
	snprintf(n->container, sizeof(n->container), "%s", t->container);
	n->started_at = t->started_at;
	n->gap_at = 0;
	n->gap_first = n->gap_last = -1;
	n->version[0] = '\0';
	n->asked_at = 0;
	sync_started(&n->sync, clock_wall());
}

static void ask(struct probe *p, struct node *n, const struct target *t)
{
	struct service_facts *f;
	struct sync_view view;
	struct sync_obs o;
	bool changed = false;

	if (!t->pid || !t->recipe->rpc.port)
		return;
	forget_old(n, t);
	if (n->asked_at && clock_mono() - n->asked_at < n->every - 50)
		return;
	n->asked_at = clock_mono();
	o = observe(n, t);
	sync_observe(&n->sync, &t->rule, &o, &view);
	n->every = view.phase == SYNC_SYNCED			 ? EVERY_SYNCED_MS
		   : !o.answered && o.fault == SYNC_FAULT_SILENT ? EVERY_SILENT_MS
								 : EVERY_MS;
	world_lock(p->app->world);
	f = world_service(p->app->world, t->stack, "node");
	if (f && !strcmp(f->container.id, t->container)) {
		changed = !f->has_sync || f->sync.phase != view.phase;
		f->sync = view;
		f->has_sync = true;
		snprintf(f->version, sizeof(f->version), "%s", n->version);
	}
	world_unlock(p->app->world);
	if (changed)
		bus_touch(p->app->bus);
}

static void *run(void *arg)
{
	struct probe *p = arg;

	while (!p->stop) {
		struct target *list;
		size_t n = collect(p, &list);

		for (size_t i = 0; i < n; i++) {
			struct node *node = node_of(p, list[i].stack);

			if (!p->stop) {
				ask(p, node, &list[i]);
				measure_disk(p, node, &list[i]);
			}
			free(list[i].data_dir);
		}
		free(list);
		gate_lock(&p->gate);
		if (!p->stop)
			gate_wait(&p->gate, 1000);
		gate_unlock(&p->gate);
	}
	return NULL;
}

int probe_start(struct app *app, struct probe **ret, struct err *e)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->app = app;
	gate_init(&p->gate);
	if (thread_start(&p->thread, "probe", run, p, e)) {
		gate_destroy(&p->gate);
		free(p);
		return -1;
	}
	*ret = p;
	return 0;
}

void probe_stop(struct probe *p)
{
	if (!p)
		return;
	p->stop = true;
	gate_wake(&p->gate);
	pthread_join(p->thread, NULL);
	gate_destroy(&p->gate);
	free(p->nodes);
	free(p);
}
