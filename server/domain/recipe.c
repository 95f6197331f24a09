#include "domain/recipe_priv.h"

#include <stdlib.h>
#include <string.h>

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_memory; i++)
		free(r->memory[i]);
	free(r->memory);
	json_decref(r->source);
	free(r);
}

void recipe_drop(struct recipe **r)
{
	recipe_free(*r);
}

/* ---- the set ---- */

void recipe_set_free(struct recipe_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		recipe_free(s->items[i]);
	free(s->items);
	*s = (struct recipe_set){0};
}

int recipe_set_load(
	const struct recipe_text *texts, size_t n, struct recipe_set *ret, struct err *e)
{
	struct recipe_set set = {.items = xcalloc(n ? n : 1, sizeof(*set.items))};
	struct err why = {0};

	for (size_t i = 0; i < n; i++) {
		struct recipe *r;
		int bad = recipe_parse(texts[i].text, texts[i].len, &r, &why);

		if (!bad && recipe_find(&set, r->id)) {
			bad = err_set(&why, ERR_INTERNAL, "recipe.invalid",
				"id: \"%s\" is the id of another recipe", r->id);
			recipe_free(r);
		}
		if (bad) {
			recipe_set_free(&set);
			return err_set(
				e, why.kind, why.code, "%.100s: %s", texts[i].name, why.message);
		}
		set.items[set.n++] = r;
	}
	*ret = set;
	return 0;
}

const struct recipe *recipe_find(const struct recipe_set *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->items[i]->id, id))
			return s->items[i];
	return NULL;
}

/* ---- answers ---- */

enum db_step recipe_db_step(
	const struct recipe_generation *from, int actual, const struct recipe_generation *to)
{
	int have = actual >= 0 ? actual : from ? from->db_version : -1;

	if (have < 0)
		return from && from == to ? DB_SAME : DB_UNKNOWN;
	if (to->db_version < 0)
		return from == to ? DB_SAME : DB_UNKNOWN;
	if (have == to->db_version)
		return DB_SAME;
	return have > to->db_version || have < to->db_reads_from ? DB_REFUSED : DB_ONE_WAY;
}

const char *db_step_name(enum db_step s)
{
	static const char *const names[] = {"same", "one_way", "refused", "unknown"};

	return names[s];
}

int64_t recipe_cache_mb(const struct recipe *r, int64_t memory)
{
	const struct recipe_cache *c = &r->cache;
	int64_t mb;

	if (!c->divisor)
		return 0;
	if (memory <= 0)
		return c->unlimited_mb;
	mb = (memory / (1024 * 1024) - c->reserve_mb) / c->divisor;
	return mb < c->min_mb ? c->min_mb : mb > c->max_mb ? c->max_mb : mb;
}

struct port *recipe_default_ports(const struct recipe *r, size_t *ret_n)
{
	struct port *ports = xcalloc(r->n_ports ? r->n_ports : 1, sizeof(*ports));

	for (size_t i = 0; i < r->n_ports; i++) {
		ports[i].container = ports[i].host = r->ports[i].port;
		snprintf(ports[i].protocol, sizeof(ports[i].protocol), "%s", r->ports[i].protocol);
	}
	*ret_n = r->n_ports;
	return ports;
}

/* ---- JSON ---- */

static json_t *limits_json(const struct limits *l)
{
	json_t *j = json_object();

	json_put_limit(j, "memory_bytes", l->memory);
	json_put_limit(j, "memory_reservation_bytes", l->reservation);
	json_put_limit(j, "swap_bytes", l->swap);
	json_put(j, "cpus", l->cpu_millis ? json_real(l->cpu_millis / 1000.0) : NULL);
	json_put_limit(j, "cpu_shares", l->cpu_shares);
	json_put_limit(j, "blkio_weight", l->blkio_weight);
	return j;
}

static json_t *ports_json(const struct recipe *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_ports; i++) {
		json_t *p = json_object();

		json_put_int(p, "container", r->ports[i].port);
		json_put_int(p, "host", r->ports[i].port);
		json_put_str(p, "protocol", r->ports[i].protocol);
		json_array_append_new(list, p);
	}
	return list;
}

/* A list of the source as it is, or an empty one. */
static json_t *source_list(const struct recipe *r, const char *key)
{
	json_t *list = json_arr(r->source, key);

	return list ? json_deep_copy(list) : json_array();
}

json_t *recipe_json(const struct recipe *r)
{
	json_t *j = json_object();

	json_put_str(j, "id", r->id);
	json_put_str(j, "role", r->relay ? "relay" : "node");
	json_put_flag(j, "builtin", r->builtin);
	json_put_str(j, "title", r->title);
	json_put_str(j, "summary", r->summary);
	json_put(j, "images", source_list(r, "offer"));
	json_put(j, "lineage", source_list(r, "images"));
	json_put(j, "generations", source_list(r, "generations"));
	json_put(j, "networks", source_list(r, "networks"));
	json_put(j, "options", source_list(r, "options"));
	json_put(j, "secrets", source_list(r, "secrets"));
	json_put(j, "limits", limits_json(&r->limits));
	json_put_limit(j, "warn_memory_bytes", r->warn_memory);
	json_put(j, "cache", json_deep_copy(json_obj(r->source, "cache")));
	json_put(j, "ports", ports_json(r));
	json_put_int(j, "stop_timeout_s", r->stop_timeout_s);
	json_put_int(j, "answer_s", r->answer_s);
	json_put(j, "env", json_deep_copy(json_at(r->source, "env", "user", NULL)));
	return j;
}
