#include "services/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rollup.h"
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

/* ---- how long readings are kept ---- */

#define DAY_S 86400

const struct settings_history settings_history[HISTORY_KEEPS] = {
	{"history_1s_days", 31},
	{"history_10s_days", 366},
	{"history_1min_days", 3653},
	{"history_10min_days", 36500},
};

/* Stored as "DAYS BEFORE SINCE": until then (Unix ms) so many seconds were kept. */
struct kept {
	int64_t days, before, since;
};

static struct kept kept(struct store *s, int which)
{
	struct kept k = {.days = rollup_tiers[which].keep / DAY_S};
	autofree char *text = NULL;

	k.before = k.days * DAY_S;
	if (store_setting_get(s, settings_history[which].key, &text, NULL) == 0 && text)
		sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &k.days, &k.before, &k.since);
	return k;
}

static uint32_t kept_seconds(const struct kept *k, msec now)
{
	int64_t grown = k->before + (now > k->since ? (now - k->since) / 1000 : 0);

	return (uint32_t)(grown < k->days * DAY_S ? grown : k->days * DAY_S);
}

void settings_history_days(struct store *s, int64_t ret[HISTORY_KEEPS])
{
	for (int i = 0; i < HISTORY_KEEPS; i++)
		ret[i] = kept(s, i).days;
}

void settings_history_keep(struct store *s, msec now, uint32_t ret[HISTORY_KEEPS])
{
	for (int i = 0; i < HISTORY_KEEPS; i++) {
		struct kept k = kept(s, i);

		ret[i] = kept_seconds(&k, now);
	}
}

int settings_set_history_days(struct store *s, int which, int64_t days, msec now, struct err *e)
{
	struct kept k = kept(s, which);
	autofree char *text = xasprintf(
		"%" PRId64 " %" PRIu32 " %" PRId64, days, kept_seconds(&k, now), (int64_t)now);

	return store_setting_set(s, settings_history[which].key, text, e);
}
