#include "api/call.h"

#include "services/bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* of each kind; 24 workers leave 7 for everything else */
static const int hold_max[] = {0, 8, 8, 1};
static const char *const hold_words[] = {"", "readers are", "readers are", "upload is"};
static atomic_int held[COUNT(hold_max)];

const char *call_param(const struct api_call *call, const char *name)
{
	for (int i = 0; i < call->n_params; i++)
		if (!strcmp(call->params[i].name, name))
			return call->params[i].value;
	return "";
}

int call_query_int(const struct api_call *call, const char *name, int64_t dflt, int64_t min,
	int64_t max, int64_t *ret, struct err *e)
{
	autofree char *text = http_query(call->req, name);
	char *end;
	int64_t n;

	if (!text) {
		*ret = dflt;
		return 0;
	}
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max)
		return err_set(e, ERR_INPUT, "input.query",
			"%s is not a number from %" PRId64 " to %" PRId64 ".", name, min, max);
	*ret = n;
	return 0;
}

int call_query_flag(
	const struct api_call *call, const char *name, bool dflt, bool *ret, struct err *e)
{
	autofree char *text = http_query(call->req, name);

	if (!text)
		*ret = dflt;
	else if (!*text || !strcmp(text, "true") || !strcmp(text, "1"))
		*ret = true;
	else if (!strcmp(text, "false") || !strcmp(text, "0"))
		*ret = false;
	else
		return err_set(e, ERR_INPUT, "input.query", "%s is not true or false.", name);
	return 0;
}

int call_hold(struct api_call *call, enum hold what, struct err *e)
{
	if (!(call->route->flags & (what == HOLD_UPLOAD ? ROUTE_UPLOAD : ROUTE_STREAM)))
		return err_set(
			e, ERR_INTERNAL, "api.internal", "%s may not wait.", call->route->path);
	if (call->hold == what)
		return 0;
	if (atomic_fetch_add(&held[what], 1) >= hold_max[what]) {
		atomic_fetch_sub(&held[what], 1);
		return err_set(e, ERR_UNAVAILABLE, "stream.full", "%d %s connected already.",
			hold_max[what], hold_words[what]);
	}
	call->hold = what;
	return 0;
}

void call_release(struct api_call *call)
{
	if (call->hold)
		atomic_fetch_sub(&held[call->hold], 1);
	call->hold = HOLD_NONE;
}

static const char *actor(const struct api_call *call)
{
	return *call->who.actor ? call->who.actor : "station";
}

void call_say(struct api_call *call, const char *type, const char *code, const char *fmt, ...)
{
	autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	bus_say(call->app->bus, type, NULL, NULL, actor(call), code, NULL, "%s", text);
}

void call_say_of(struct api_call *call, const char *stack, const char *service, const char *code,
	const char *text)
{
	bus_say(call->app->bus, "settings", stack, service, actor(call), code, NULL, "%s", text);
}
