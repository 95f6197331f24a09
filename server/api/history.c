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

static bool among(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

/* Cuts "a,b,c" in place; a series that is named twice comes once. */
static int split(char *text, const char *ret[SERIES_MAX], size_t *ret_n, struct err *e)
{
	char *save = NULL;
	int asked = 0;

	*ret_n = 0;
	for (char *t = strtok_r(text, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		if (!sampler_unit(t))
			return err_set(
				e, ERR_INPUT, "input.series", "There is no series \"%.40s\".", t);
		if (asked++ == SERIES_MAX)
			return err_set(e, ERR_INPUT, "input.series", "At most %d series at once.",
				SERIES_MAX);
		if (!among(t, ret, *ret_n))
			ret[(*ret_n)++] = t;
	}
	if (!*ret_n)
		return err_set(e, ERR_INPUT, "input.series", "Say which series: ?series=cpu,…");
	return 0;
}

/* Up to 32 x 3 x 2000 numbers: by printf and a tree of values they cost most of a chart. */
static void put_thousandths(struct buf *b, int64_t n)
{
	char text[24];
	char *end = text + sizeof(text), *p = end;
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	uint64_t whole = left / 1000, part = left % 1000;

	if (part) {
		for (int i = 0; i < 3; i++, part /= 10)
			*--p = (char)('0' + part % 10);
		*--p = '.';
	}
	do
		*--p = (char)('0' + whole % 10);
	while (whole /= 10);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(end - p));
}

static void put_number(struct buf *b, double v)
{
	double size = fabs(v);

	if (isnan(v))
		buf_puts(b, "null");
	else if (v == 0 || (size >= 1 && size < 9e14))
		put_thousandths(b, llrint(v * 1000));
	else
		buf_printf(b, "%.9g", v);
}

static void put_numbers(struct buf *b, const char *name, const double *v, size_t n)
{
	buf_printf(b, ",\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add(b, ",", 1);
		put_number(b, v[i]);
	}
	buf_add(b, "]", 1);
}

/* Every name here is one of ours or was checked: nothing needs an escape. */
static void put_view(struct buf *b, const char *entity, msec from, msec to,
	const struct history_view *v, const char *const *names)
{
	buf_printf(b, "{\"entity\":\"%s\",\"from_at\":%lld,\"to_at\":%lld,\"step_s\":%lld,\"t\":[",
		entity, (long long)from, (long long)to, (long long)(v->step / 1000));
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			buf_add(b, ",", 1);
		put_number(b, (double)v->t[i]);
	}
	buf_puts(b, "],\"series\":{");
	for (size_t i = 0; i < v->n_bands; i++) {
		buf_printf(b, "%s\"%s\":{\"unit\":\"%s\"", i ? "," : "", names[i],
			sampler_unit(names[i]));
		put_numbers(b, "min", v->bands[i].min, v->n);
		put_numbers(b, "mean", v->bands[i].mean, v->n);
		put_numbers(b, "max", v->bands[i].max, v->n);
		buf_add(b, "}", 1);
	}
	buf_puts(b, "}}");
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

static int query(struct api_call *call, char *list, struct buf *ret, struct err *e)
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
	put_view(ret, entity, from, to, &v, names);
	return 0;
}

void api_get_history(struct api_call *call)
{
	autofree char *asked = http_query(call->req, "series");
	autofree char *list = xstrdup(asked ? asked : "");
	autobuf struct buf text = {0};
	struct err e = {0};

	if (query(call, list, &text, &e))
		reply_err(call, &e);
	else
		reply_json_text(call, 200, &text);
}
