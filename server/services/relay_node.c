/* Asking the node: its head each second, the rest rarely; peers and sync are the probe's. */
#include "services/relay_priv.h"

#include <string.h>

#include "io/rpc.h"
#include "services/world.h"

#define EVERY_MS 1000
#define BLOCK_EVERY_MS 10000 /* also when the number stays: a head may be replaced */
#define PRICE_EVERY_MS 15000
#define PENDING_EVERY_MS 5000
#define WHO_EVERY_MS 60000
#define ANSWER_MS 2500
#define FAILURES_TO_TELL 3  /* one missing answer is no absence */
#define FAILING_MAX_MS 8000 /* a node that does not answer holds up the others: less often */
#define HISTORY_AT_ONCE 5

static struct rpc rpc_of(const struct relay_node *n)
{
	return (struct rpc){.pid = n->pid, .port = n->port, .timeout_ms = ANSWER_MS, .keep = true};
}

static int64_t ask_quantity(const struct relay_node *n, const char *method, const json_t *params)
{
	struct rpc rpc = rpc_of(n);
	autojson json_t *v = NULL;

	return rpc_call(&rpc, method, params, &v, NULL) ? -1 : rpc_quantity(v);
}

static void ask_text(const struct relay_node *n, const char *method, char *ret, size_t size)
{
	struct rpc rpc = rpc_of(n);
	autojson json_t *v = NULL;

	if (rpc_call(&rpc, method, NULL, &v, NULL) == 0 && json_is_string(v))
		snprintf(ret, size, "%s", json_string_value(v));
}

/* NULL when it cannot be had. tag: "latest" or a quantity. */
static json_t *ask_block(const struct relay_node *n, const char *tag)
{
	autojson json_t *params = json_pack("[s,b]", tag, 0);
	struct rpc rpc = rpc_of(n);
	json_t *block;

	return rpc_call(&rpc, "eth_getBlockByNumber", params, &block, NULL) ? NULL : block;
}

static bool due(msec *at, msec every)
{
	msec now = clock_mono();

	if (*at && now - *at < every)
		return false;
	*at = now;
	return true;
}

/* The probe need not ask for it again. */
static void share_head(struct reporter *r)
{
	struct world *w = r->relay->app->world;
	struct service_facts *f;

	world_lock(w);
	f = world_service(w, r->stack, "node");
	if (f && !strcmp(f->container.id, r->node.container)) {
		f->head = r->node.number;
		f->head_time = r->node.time;
		f->head_at = clock_mono();
	}
	world_unlock(w);
}

static void take_head(struct reporter *r, int64_t number)
{
	struct relay_node *n = &r->node;
	autojson json_t *block = NULL;
	bool another = number != n->number;

	if (!another && clock_mono() - n->block_at < BLOCK_EVERY_MS)
		return;
	block = ask_block(n, "latest");
	if (!json_is_object(block))
		return;
	n->block_at = clock_mono();
	n->number = rpc_quantity(json_object_get(block, "number"));
	n->time = rpc_quantity(json_object_get(block, "timestamp")) * 1000;
	ethstats_head(&r->es, block, clock_mono());
	if (another && due(&n->pending_at, PENDING_EVERY_MS)) {
		autojson json_t *params = json_pack("[s]", "pending");

		n->facts.pending = ask_quantity(n, "eth_getBlockTransactionCountByNumber", params);
	}
}

static void ask_who(struct relay_node *n)
{
	if (*n->facts.net || !due(&n->who_at, WHO_EVERY_MS))
		return;
	ask_text(n, "net_version", n->facts.net, sizeof(n->facts.net));
	ask_text(n, "eth_protocolVersion", n->facts.protocol, sizeof(n->facts.protocol));
}

static void no_answer(struct relay_node *n)
{
	msec pause = EVERY_MS << (n->failures < 4 ? n->failures : 4);

	if (++n->failures >= FAILURES_TO_TELL)
		n->facts.active = false;
	n->ask_at = clock_mono() + (pause < FAILING_MAX_MS ? pause : FAILING_MAX_MS);
}

static void ask(struct reporter *r)
{
	struct relay_node *n = &r->node;
	int64_t number = ask_quantity(n, "eth_blockNumber", NULL);

	if (number < 0) {
		no_answer(n);
		return;
	}
	n->failures = 0;
	n->facts.active = true;
	ask_who(n);
	take_head(r, number);
	share_head(r);
	if (due(&n->price_at, PRICE_EVERY_MS))
		n->facts.gas_price = ask_quantity(n, "eth_gasPrice", NULL);
}

void relay_ask_node(struct reporter *r)
{
	struct relay_node *n = &r->node;
	msec now = clock_mono();

	if (!n->pid || !n->port) {
		n->facts.active = false;
	} else if (now >= n->ask_at) {
		n->ask_at = now + EVERY_MS;
		ask(r);
	}
	ethstats_node(&r->es, &n->facts, clock_mono());
}

bool relay_fetch_history(struct reporter *r)
{
	if (!r->es.wants_history) {
		r->n_want = r->next_want = 0;
		return false;
	}
	if (!r->n_want && r->node.facts.active)
		r->n_want = ethstats_history_wanted(&r->es, r->want);
	for (int i = 0; i < HISTORY_AT_ONCE && r->next_want < r->n_want; i++) {
		autojson json_t *block = NULL;
		char tag[24];

		snprintf(tag, sizeof(tag), "0x%llx", (long long)r->want[r->next_want++]);
		block = ask_block(&r->node, tag);
		if (block)
			ethstats_history_add(&r->es, block);
		else
			r->next_want = r->n_want; /* the rest would be missing too */
	}
	if (r->next_want < r->n_want)
		return true;
	ethstats_history_end(&r->es, clock_mono());
	r->n_want = r->next_want = 0;
	return false;
}
