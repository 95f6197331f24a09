/* Limits, and what guards them, from and to JSON. */
#include "domain/wanted_priv.h"

#include <string.h>

int wanted_bad(struct err *e, const char *code, const char *field, const char *what)
{
	return err_set(e, ERR_INPUT, code, "The field \"%s\" %s.", field, what);
}

struct range {
	const char *key;
	int64_t min, max;
};

static int read_limit(const json_t *in, const struct range *r, int64_t *ret, struct err *e)
{
	const json_t *v = json_object_get(in, r->key);
	int64_t n;

	*ret = 0;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v))
		return wanted_bad(e, "input.type", r->key, "must be a whole number or null");
	n = json_integer_value(v);
	if (n < r->min || n > r->max)
		return err_set(e, ERR_INPUT, "input.limit",
			"The field \"%s\" must be between %lld and %lld, or null for no limit.",
			r->key, (long long)r->min, (long long)r->max);
	*ret = n;
	return 0;
}

static int read_cpus(const json_t *in, int64_t *ret, struct err *e)
{
	const json_t *v = json_object_get(in, "cpus");

	*ret = 0;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v))
		return wanted_bad(e, "input.type", "cpus", "must be a number or null");
	if (json_number_value(v) < 0.01 || json_number_value(v) > 1024)
		return wanted_bad(
			e, "input.limit", "cpus", "must be between 0.01 and 1024, or null");
	*ret = (int64_t)(json_number_value(v) * 1000 + 0.5);
	return 0;
}

int wanted_share(const json_t *in, struct share *ret, struct err *e)
{
	static const struct range shares = {"cpu_shares", 2, 262144},
				  weight = {"blkio_weight", 10, 1000};
	struct share s;

	if (read_cpus(in, &s.cpu_millis, e) || read_limit(in, &shares, &s.cpu_shares, e) ||
		read_limit(in, &weight, &s.blkio_weight, e))
		return -1;
	*ret = s;
	return 0;
}

void wanted_put_share(json_t *j, const struct share *s)
{
	json_put(j, "cpus", s->cpu_millis > 0 ? json_real((double)s->cpu_millis / 1000) : NULL);
	json_put_limit(j, "cpu_shares", s->cpu_shares);
	json_put_limit(j, "blkio_weight", s->blkio_weight);
}

int limits_parse(const json_t *in, struct limits *ret, struct err *e)
{
	static const struct range memory = {"memory_bytes", 6291456, INT64_C(1) << 50},
				  soft = {"memory_reservation_bytes", 6291456, INT64_C(1) << 50},
				  swap = {"swap_bytes", 0, INT64_C(1) << 50};
	struct limits l = {0};
	struct share share;

	if (!json_is_object(in))
		return wanted_bad(e, "input.type", "limits", "must be an object");
	if (json_only(in, e, "memory_bytes", "memory_reservation_bytes", "swap_bytes", "cpus",
		    "cpu_shares", "blkio_weight", NULL) ||
		read_limit(in, &memory, &l.memory, e) || read_limit(in, &soft, &l.reservation, e) ||
		read_limit(in, &swap, &l.swap, e) || wanted_share(in, &share, e))
		return -1;
	limits_set_share(&l, &share);
	if (l.memory && l.reservation > l.memory)
		return wanted_bad(e, "input.limit", "memory_reservation_bytes",
			"must not be above memory_bytes");
	if (!l.memory && l.swap)
		return wanted_bad(e, "input.limit", "swap_bytes", "needs memory_bytes as well");
	*ret = l;
	return 0;
}

json_t *limits_json(const struct limits *l)
{
	struct share share = limits_share(l);
	json_t *j = json_object();

	json_put_limit(j, "memory_bytes", l->memory);
	json_put_limit(j, "memory_reservation_bytes", l->reservation);
	json_put_limit(j, "swap_bytes", l->swap);
	wanted_put_share(j, &share);
	return j;
}

bool limits_equal(const struct limits *a, const struct limits *b)
{
	return a->memory == b->memory && a->reservation == b->reservation && a->swap == b->swap &&
	       a->cpu_millis == b->cpu_millis && a->cpu_shares == b->cpu_shares &&
	       a->blkio_weight == b->blkio_weight;
}

/* ---- the guard ---- */

static const char *const acts[] = {[GUARD_WARN] = "warn",
	[GUARD_OFF] = "off",
	[GUARD_RAISE] = "raise",
	[GUARD_RESTART] = "restart"};

int guard_parse(const json_t *in, struct guard *ret, struct err *e)
{
	static const struct range bound = {"up_to_bytes", 6291456, INT64_C(1) << 50};
	const char *name = json_str(in, "act", "");
	struct guard g = {0};
	size_t i = 0;

	if (!json_is_object(in))
		return wanted_bad(e, "input.type", "guard", "must be an object");
	if (json_only(in, e, "act", "up_to_bytes", NULL) || read_limit(in, &bound, &g.up_to, e))
		return -1;
	while (i < COUNT(acts) && strcmp(acts[i], name))
		i++;
	if (i == COUNT(acts))
		return wanted_bad(e, "input.type", "act", "must be off, warn, raise or restart");
	g.act = (enum guard_act)i;
	if ((g.act == GUARD_RAISE) != (g.up_to > 0))
		return wanted_bad(
			e, "input.limit", "up_to_bytes", "belongs to raise, and to nothing else");
	*ret = g;
	return 0;
}

json_t *guard_json(const struct guard *g)
{
	json_t *j = json_object();

	json_put_str(j, "act", acts[g->act]);
	json_put_limit(j, "up_to_bytes", g->up_to);
	return j;
}
