#include "services/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "domain/advice.h"
#include "io/store.h"

static int64_t number(struct store *s, const char *key, int64_t dflt)
{
	autofree char *text = NULL;

	if (store_setting_get(s, key, &text, NULL) || !text)
		return dflt;
	return strtoll(text, NULL, 10);
}

int64_t settings_probation_s(struct store *s)
{
	return number(s, "probation_s", SETTINGS_PROBATION_S);
}

int64_t settings_disk_floor(struct store *s)
{
	return number(s, "disk_floor_bytes", -1);
}

bool settings_disk_stopped(struct store *s, const char *stack)
{
	autofree char *key = xasprintf("disk_stopped/%s", stack);

	return number(s, key, 0) != 0;
}

int settings_set_disk_stopped(struct store *s, const char *stack, bool stopped, struct err *e)
{
	autofree char *key = xasprintf("disk_stopped/%s", stack);

	return store_setting_set(s, key, stopped ? "1" : NULL, e);
}

static char *raised_key(const char *stack, const char *service)
{
	return xasprintf("memory_raised/%s/%s", stack, service);
}

struct raised settings_raised(struct store *s, const char *stack, const char *service)
{
	autofree char *key = raised_key(stack, service), *text = NULL;
	struct raised r;

	if (store_setting_get(s, key, &text, NULL) || !text ||
		sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &r.at, &r.from, &r.to) != 3)
		return (struct raised){0};
	return r;
}

int settings_set_raised(struct store *s, const char *stack, const char *service,
	const struct raised *r, struct err *e)
{
	autofree char *key = raised_key(stack, service);
	autofree char *text = xasprintf("%" PRId64 " %" PRId64 " %" PRId64, r->at, r->from, r->to);

	return store_setting_set(s, key, text, e);
}
