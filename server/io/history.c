/* history: open and close, names, and the samples in RAM. The plan of it all is in history_priv.h.
 */
#include "io/history_priv.h"

#include "base/log.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A larger step of the clock is a jump, and for this long after one nothing is deleted. */
#define JUMP 3600

void history_lock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
}

void history_unlock(pthread_mutex_t **m)
{
	pthread_mutex_unlock(*m);
}

static void names_clear(struct names *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->name[i]);
	free(list->name);
	*list = (struct names){0};
}

void history_ram_clear(struct history *h)
{
	for (size_t i = 0; i < h->entities.n; i++) {
		for (size_t k = 0; k < h->entity[i].n; k++)
			free(h->entity[i].tracks[k].samples);
		free(h->entity[i].tracks);
	}
	free(h->entity);
	h->entity = NULL;
	names_clear(&h->entities);
	names_clear(&h->series);
	h->pending = 0;
	h->now = h->first = h->settled = 0;
}

void history_close(struct history *h)
{
	if (h == NULL)
		return;
	history_db_disconnect(h);
	history_ram_clear(h);
	pthread_mutex_destroy(&h->write);
	pthread_mutex_destroy(&h->read);
	pthread_mutex_destroy(&h->ram);
	free(h->set_aside);
	free(h->path);
	free(h);
}

static void close_history(struct history **h)
{
	history_close(*h);
}

static int connect_and_load(struct history *h, struct err *e)
{
	if (history_db_connect(h, e))
		return -1;
	return history_load(h, e);
}

int history_open(const char *path, struct history **ret, struct err *e)
{
	cleanup(close_history) struct history *h = xcalloc(1, sizeof(*h));
	struct err why = {0};

	h->path = xstrdup(path);
	for (unsigned tier = 0; tier < ROLLUP_TIERS; tier++)
		h->keep[tier] = rollup_tiers[tier].keep;
	pthread_mutex_init(&h->write, NULL);
	pthread_mutex_init(&h->read, NULL);
	pthread_mutex_init(&h->ram, NULL);
	if (connect_and_load(h, &why)) {
		if (!err_is(&why, "history.damaged"))
			return err_set(e, why.kind, why.code, "%s", why.message);
		log_warn("%s", why.message);
		history_ram_clear(h);
		if (history_db_set_aside(h, e) || connect_and_load(h, e))
			return -1;
	}
	*ret = take(h);
	return 0;
}

void history_keep(struct history *h, const uint32_t seconds[HISTORY_KEEPS])
{
	HOLD(write);
	HOLD(ram);

	for (unsigned tier = 0; tier < ROLLUP_TIERS; tier++)
		h->keep[tier] = seconds[tier < HISTORY_KEEPS ? tier : HISTORY_KEEPS - 1];
}

char *history_take_set_aside(struct history *h)
{
	HOLD(ram);
	return take(h->set_aside);
}

int history_names_find(const struct names *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strncmp(list->name[i], name, HISTORY_NAME_MAX) == 0)
			return (int)i + 1;
	return 0;
}

int history_names_add(struct names *list, const char *name)
{
	list->name = xrealloc(list->name, (list->n + 1) * sizeof(*list->name));
	list->name[list->n++] = xstrndup(name, HISTORY_NAME_MAX);
	return (int)list->n;
}

int history_entity_add(struct history *h, const char *name)
{
	h->entity = xrealloc(h->entity, (h->entities.n + 1) * sizeof(*h->entity));
	h->entity[h->entities.n] = (struct entity){0};
	return history_names_add(&h->entities, name);
}

int history_entity(struct history *h, const char *name)
{
	HOLD(write);
	HOLD(ram);
	int number = history_names_find(&h->entities, name);

	return number ? number : history_entity_add(h, name);
}

int history_series(struct history *h, const char *name)
{
	HOLD(write);
	HOLD(ram);
	int number = history_names_find(&h->series, name);

	return number ? number : history_names_add(&h->series, name);
}

struct track *history_track(struct history *h, int entity, int series)
{
	if (entity < 1 || (size_t)entity > h->entities.n || series < 1 ||
		(size_t)series > h->series.n)
		return NULL;
	struct entity *of = &h->entity[entity - 1];
	if (of->n < (size_t)series) {
		of->tracks = xrealloc(of->tracks, h->series.n * sizeof(*of->tracks));
		memset(of->tracks + of->n, 0, (h->series.n - of->n) * sizeof(*of->tracks));
		of->n = h->series.n;
	}
	return &of->tracks[series - 1];
}

void history_track_add(struct history *h, struct track *track, uint32_t t, float v)
{
	if (track->n == track->size) {
		track->size += track->size / 2 + 64;
		track->samples = xrealloc(track->samples, track->size * sizeof(*track->samples));
	}
	if (h->pending == 0)
		h->first = t;
	track->samples[track->n++] = (struct sample){t, v};
	h->pending++;
	h->now = t;
}

/* Of each two neighbours the larger stays: half the memory, all the peaks. */
static size_t thin(struct track *track)
{
	struct sample *s = track->samples;
	size_t before = track->n;

	for (size_t i = 0; i + 1 < before; i += 2)
		s[i / 2] = s[i].v > s[i + 1].v ? s[i] : s[i + 1];
	if (before % 2)
		s[before / 2] = s[before - 1];
	track->n = (before + 1) / 2;
	track->flushed /= 2;
	return before - track->n;
}

static void thin_all(struct history *h)
{
	size_t gone = 0;

	for (size_t i = 0; i < h->entities.n; i++)
		for (size_t k = 0; k < h->entity[i].n; k++)
			gone += thin(&h->entity[i].tracks[k]);
	log_warn("history: samples could not be stored for long; %zu were merged into their "
		 "neighbours to save memory",
		gone);
	h->pending -= gone;
	h->thinned += gone;
}

void history_put(struct history *h, int entity, int series, msec at, double value)
{
	HOLD(write);
	HOLD(ram);
	struct track *track = history_track(h, entity, series);
	int64_t t = at / 1000;

	if (track == NULL || at < 0 || t > ROLLUP_TIME_MAX || !(fabs(value) <= (double)FLT_MAX))
		return;
	if (t > (int64_t)h->now + JUMP || t < (int64_t)h->now - JUMP)
		h->settled = (uint32_t)t + JUMP;
	if (h->pending >= HISTORY_PENDING_MAX)
		thin_all(h);
	history_track_add(h, track, (uint32_t)t, (float)value);
}

int64_t history_size_bytes(struct history *h)
{
	static const char *const ends[] = {"", "-wal"};
	int64_t bytes = 0;

	for (size_t i = 0; i < COUNT(ends); i++) {
		autofree char *path = xasprintf("%s%s", h->path, ends[i]);
		struct stat st;
		if (stat(path, &st) == 0)
			bytes += st.st_size;
	}
	return bytes;
}

size_t history_pending(struct history *h)
{
	HOLD(ram);
	return h->pending;
}

uint64_t history_thinned(struct history *h)
{
	HOLD(ram);
	return h->thinned;
}
