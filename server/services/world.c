#include "services/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/wanted.h"
#include "io/store.h"

struct world *world_new(struct store *store, const char *data_root)
{
	struct world *w = xcalloc(1, sizeof(*w));

	pthread_mutex_init(&w->lock, NULL);
	w->store = store;
	w->data_root = data_root;
	w->engine.since = clock_wall();
	w->cpu_percent = w->others_load = -1;
	return w;
}

static void free_stacks(struct stack *stacks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		stack_free(&stacks[i]);
	free(stacks);
}

void world_free(struct world *w)
{
	if (!w)
		return;
	free_stacks(w->stacks, w->n_stacks);
	for (size_t i = 0; i < w->n_services; i++)
		service_facts_free(&w->services[i]);
	free(w->services);
	json_decref(w->findings);
	json_decref(w->verdict);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void world_lock(struct world *w)
{
	pthread_mutex_lock(&w->lock);
}

void world_unlock(struct world *w)
{
	pthread_mutex_unlock(&w->lock);
}

const struct stack *world_stack(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->n_stacks; i++)
		if (!strcmp(w->stacks[i].name, name))
			return &w->stacks[i];
	return NULL;
}

struct service_facts *world_service(struct world *w, const char *stack, const char *service)
{
	for (size_t i = 0; i < w->n_services; i++)
		if (!strcmp(w->services[i].stack, stack) &&
			!strcmp(w->services[i].service, service))
			return &w->services[i];
	return NULL;
}

static struct service_facts fresh(const char *stack, const char *service)
{
	struct service_facts f = {.cpu_percent = -1,
		.throttled_percent = -1,
		.read_per_s = -1,
		.write_per_s = -1,
		.peak_24h = -1,
		.growth = -1,
		.neighbour.has = -1,
		.chain_bytes = -1,
		.kept_bytes = -1};

	snprintf(f.stack, sizeof(f.stack), "%s", stack);
	snprintf(f.service, sizeof(f.service), "%s", service);
	return f;
}

/* New list of facts for the stacks; what is known of services that remain moves over. Not whether
 * their limits drift, nor whose share they have: what is wanted may be another now, so the next
 * readings tell. */
static void renew_services(struct world *w)
{
	struct service_facts *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < w->n_stacks; i++)
		for (size_t k = 0; k < w->stacks[i].n_services; k++) {
			const char *stack = w->stacks[i].name,
				   *name = w->stacks[i].services[k].name;
			struct service_facts *old = world_service(w, stack, name);

			list = xrealloc(list, (n + 1) * sizeof(*list));
			list[n] = old ? *old : fresh(stack, name);
			list[n].neighbour.has = -1;
			list[n++].drift &= DRIFT_CONTAINER;
			if (old)
				old->container = (struct container){0};
		}
	for (size_t i = 0; i < w->n_services; i++)
		service_facts_free(&w->services[i]);
	free(w->services);
	w->services = list;
	w->n_services = n;
}

int world_reload(struct world *w, struct err *e)
{
	struct stack_rows rows = {0};
	struct stack *stacks;
	size_t n = 0;

	if (store_stacks(w->store, &rows, e))
		return -1;
	stacks = xcalloc(rows.n, sizeof(*stacks));
	for (size_t i = 0; i < rows.n; i++) {
		autojson json_t *wanted = wanted_placed(rows.items[i], w->data_root);
		struct err why = {0};

		if (wanted_load(wanted, &stacks[n], &why) == 0)
			n++;
		else
			log_error("a stored stack cannot be read: %s", why.message);
	}
	stack_rows_free(&rows);
	world_lock(w);
	free_stacks(w->stacks, w->n_stacks);
	w->stacks = stacks;
	w->n_stacks = n;
	renew_services(w);
	world_unlock(w);
	return 0;
}

int world_copy_stack(struct world *w, const char *name, struct stack *ret, struct err *e)
{
	const struct stack *s;

	world_lock(w);
	s = world_stack(w, name);
	if (s)
		stack_copy(ret, s);
	world_unlock(w);
	if (s)
		return 0;
	return err_set(
		e, ERR_NOT_FOUND, "stack.missing", "There is no stack called \"%.40s\".", name);
}

struct stack *world_copy_stacks(struct world *w, size_t *ret_n)
{
	struct stack *copy;

	world_lock(w);
	copy = xcalloc(w->n_stacks, sizeof(*copy));
	for (size_t i = 0; i < w->n_stacks; i++)
		stack_copy(&copy[i], &w->stacks[i]);
	*ret_n = w->n_stacks;
	world_unlock(w);
	return copy;
}
