/* Handler: recorded series. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "io/history.h"
#include "services/sampler.h"
#include "services/world.h"

#define SERIES_MAX 32
#define HOUR_MS (3600 * 1000)

/* Cuts "a,b,c" in place. */
static int split(char *text, const char *ret[SERIES_MAX], size_t *ret_n, struct err *e)
{
	char *save = NULL;

	*ret_n = 0;
	for (char *t = strtok_r(text, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		if (!sampler_unit(t))
			return err_set(
				e, ERR_INPUT, "input.series", "There is no series \"%.40s\".", t);
		if (*ret_n == SERIES_MAX)
			return err_set(e, ERR_INPUT, "input.series", "At most %d series at once.",
				SERIES_MAX);
		ret[(*ret_n)++] = t;
	}
	if (!*ret_n)
		return err_set(e, ERR_INPUT, "input.series", "Say which series: ?series=cpu,…");
	return 0;
}

static json_t *numbers(const double *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, isnan(v[i]) ? json_null() : json_real(v[i]));
	return list;
}

static json_t *view_json(const char *entity, msec from, msec to, const struct history_view *v,
	const char *const *names)
{
	json_t *j = json_object(), *t = json_array(), *all = json_object();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(t, json_integer(v->t[i]));
	for (size_t i = 0; i < v->n_bands; i++) {
		json_t *s = json_object();

		json_put_str(s, "unit", sampler_unit(names[i]));
		json_put(s, "min", numbers(v->bands[i].min, v->n));
		json_put(s, "mean", numbers(v->bands[i].mean, v->n));
		json_put(s, "max", numbers(v->bands[i].max, v->n));
		json_put(all, names[i], s);
	}
	json_put_str(j, "entity", entity);
	json_put_int(j, "from_at", from);
	json_put_int(j, "to_at", to);
	json_put_int(j, "step_s", v->step / 1000);
	json_put(j, "t", t);
	json_put(j, "series", all);
	return j;
}

static int must_exist(struct api_call *call, struct err *e)
{
	autostack struct stack s = {0};

	if (world_copy_stack(call->app->world, call_param(call, "stack"), &s, e))
		return -1;
	if (stack_service(&s, call_param(call, "service")))
		return 0;
	return err_set(e, ERR_NOT_FOUND, "service.missing",
		"The stack %s has no service called %s.", s.name, call_param(call, "service"));
}

/* The NAS's own series are asked for in the same way, below any service. */
static bool of_host(const char *series)
{
	return !strncmp(series, "host_", 5);
}

static int query(struct api_call *call, char *list, json_t **ret, struct err *e)
{
	autohistoryview struct history_view v = {0};
	autofree char *entity = NULL;
	const char *names[SERIES_MAX];
	int64_t from, to, points;
	size_t n;

	if (split(list, names, &n, e) ||
		call_query_int(call, "to", clock_wall(), 0, INT64_MAX, &to, e) ||
		call_query_int(call, "from", to - HOUR_MS, 0, INT64_MAX, &from, e) ||
		call_query_int(call, "points", 600, 10, 2000, &points, e) || must_exist(call, e))
		return -1;
	entity = of_host(names[0]) ? xstrdup("host")
				   : xasprintf("%s/%s", call_param(call, "stack"),
					     call_param(call, "service"));
	for (size_t i = 1; i < n; i++)
		if (of_host(names[i]) != of_host(names[0]))
			return err_set(e, ERR_INPUT, "input.series",
				"Series of the NAS and of a service cannot be asked for together.");
	if (history_query(call->app->history, entity, names, n, from, to, (uint32_t)points, &v, e))
		return -1;
	*ret = view_json(entity, from, to, &v, names);
	return 0;
}

void api_get_history(struct api_call *call)
{
	autofree char *asked = http_query(call->req, "series");
	autofree char *list = xstrdup(asked ? asked : "");
	struct err e = {0};
	json_t *j = NULL;

	if (query(call, list, &j, &e))
		reply_err(call, &e);
	else
		reply_json(call, 200, j);
}
