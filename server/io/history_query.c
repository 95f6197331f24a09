/* history: queries. */
#include "io/history_priv.h"

#include "base/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A peak is looked for in at most ROLLUP_OVERSAMPLE times so many buckets. */
#define PEAK_POINTS 10000

/* One question: some series of one entity, poured into cells (n_series times grid.n). */
struct question {
	const char *entity;
	const char *const *series;
	size_t n_series;
	uint32_t from, to; /* Unix seconds */
	uint32_t max_points;
	bool whole; /* one cell for the whole range */
	struct rollup_grid grid;
	struct rollup_bucket *cells;
	int64_t entity_number;
	int64_t series_number[HISTORY_SERIES_MAX]; /* 0 = unknown */
};

static int check_range(msec from, msec to, uint32_t max_points, struct question *q, struct err *e)
{
	if (from >= to || to <= 0 || from / 1000 >= ROLLUP_TIME_MAX)
		return err_set(e, ERR_INPUT, "history.range",
			"The range from %lld to %lld holds no time that is recorded.",
			(long long)from, (long long)to);
	if (max_points < 2 || max_points > HISTORY_POINTS_MAX)
		return err_set(e, ERR_INPUT, "history.range", "Ask for 2 to %d points, not %u.",
			HISTORY_POINTS_MAX, max_points);
	q->from = from < 0 ? 0 : (uint32_t)(from / 1000);
	q->to = to / 1000 >= ROLLUP_TIME_MAX ? ROLLUP_TIME_MAX : (uint32_t)((to + 999) / 1000);
	q->max_points = max_points;
	return 0;
}

static void pour_ram(struct history *h, struct question *q)
{
	if (q->entity_number == 0)
		return;
	const struct entity *of = &h->entity[q->entity_number - 1];
	for (size_t i = 0; i < q->n_series; i++) {
		struct rollup_bucket *cells = q->cells + i * q->grid.n;
		size_t number = (size_t)q->series_number[i];
		if (number == 0 || number > of->n)
			continue;
		const struct track *t = &of->tracks[number - 1];
		for (size_t k = 0; k < t->n; k++)
			rollup_drop(&q->grid, cells, t->samples[k].t, t->samples[k].v);
	}
}

/* Plans, fixes what the reader sees of the file, and takes what is in RAM, all at one moment. */
static int begin(struct history *h, struct question *q, struct err *e)
{
	HOLD(ram);
	autostmt sqlite3_stmt *look = NULL;

	/* A transaction sees the file as it is at its first read, not at its BEGIN. */
	if (history_db_exec(h->reader, "BEGIN", e) ||
		history_db_prepare(h->reader, "SELECT now FROM clock", &look, e))
		return -1;
	if (sqlite3_step(look) != SQLITE_ROW && sqlite3_errcode(h->reader) != SQLITE_DONE)
		return history_db_error(h->reader, "read", e);
	q->grid = rollup_plan(h->keep, q->from, q->to, h->now, q->max_points);
	if (q->whole) {
		uint32_t unit = rollup_tiers[q->grid.tier].step;
		q->grid.start = q->from - q->from % unit;
		q->grid.step = q->to - q->grid.start + unit - 1;
		q->grid.step -= q->grid.step % unit;
		q->grid.n = 1;
	}
	q->cells = xcalloc(q->n_series * q->grid.n, sizeof(*q->cells));
	q->entity_number = history_names_find(&h->entities, q->entity);
	for (size_t i = 0; i < q->n_series; i++)
		q->series_number[i] = history_names_find(&h->series, q->series[i]);
	pour_ram(h, q);
	return 0;
}

static int pour_series(struct history *h, struct question *q, sqlite3_stmt *s, size_t i,
	struct rollup_bucket *scratch, struct err *e)
{
	const struct rollup_grid *g = &q->grid;
	int rc;

	sqlite3_bind_int64(s, 1, q->entity_number);
	sqlite3_bind_int64(s, 2, q->series_number[i]);
	sqlite3_bind_int64(s, 3, g->tier);
	sqlite3_bind_int64(s, 4, rollup_chunk_start(g->tier, g->start));
	sqlite3_bind_int64(s, 5, (int64_t)g->start + (int64_t)g->step * g->n);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *data = sqlite3_column_blob(s, 1);
		size_t len = (size_t)sqlite3_column_bytes(s, 1);
		if (rollup_unpack(g->tier, data, len, scratch) == 0)
			rollup_pour(g, q->cells + i * g->n, (uint32_t)sqlite3_column_int64(s, 0),
				scratch);
		else
			log_warn("history: a chunk is unreadable and shows as a gap");
	}
	if (rc != SQLITE_DONE)
		return history_db_error(h->reader, "read", e);
	sqlite3_reset(s);
	return 0;
}

static int pour_file(struct history *h, struct question *q, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;
	autofree struct rollup_bucket *scratch = xcalloc(ROLLUP_POINTS_MAX, sizeof(*scratch));

	if (q->entity_number == 0)
		return 0;
	if (history_db_prepare(h->reader,
		    "SELECT start, data FROM chunk WHERE entity = ? AND series = ? AND tier = ? "
		    "AND start >= ? AND start < ? ORDER BY start",
		    &s, e))
		return -1;
	for (size_t i = 0; i < q->n_series; i++)
		if (q->series_number[i] && pour_series(h, q, s, i, scratch, e))
			return -1;
	return 0;
}

static void tell_damaged(struct history *h)
{
	HOLD(ram);
	h->damaged = true;
}

/* Writes q->cells (the caller frees them, also after a failure) and q->grid. */
static int ask(struct history *h, struct question *q, struct err *e)
{
	HOLD(read);
	struct err why = {0};

	if (h->reader == NULL)
		return err_set(e, ERR_UNAVAILABLE, "history.closed",
			"There is no history file at the moment; a new one could not be made yet.");
	int rc = begin(h, q, &why) || pour_file(h, q, &why) ? -1 : 0;
	/* Only reads: nothing to commit, and a failed BEGIN leaves nothing to end. */
	sqlite3_exec(h->reader, "ROLLBACK", NULL, NULL, NULL);
	if (rc == 0)
		return 0;
	if (err_is(&why, "history.damaged"))
		tell_damaged(h);
	return err_set(e, why.kind, why.code, "%s", why.message);
}

static void fill_band(
	struct history_band *band, double *values, const struct rollup_bucket *cells, size_t n)
{
	*band = (struct history_band){values, values + n, values + 2 * n};
	for (size_t i = 0; i < n; i++) {
		bool known = cells[i].count > 0;
		band->min[i] = known ? (double)cells[i].min : NAN;
		band->mean[i] = known ? cells[i].sum / cells[i].count : NAN;
		band->max[i] = known ? (double)cells[i].max : NAN;
	}
}

static void fill_view(const struct question *q, struct history_view *v)
{
	const struct rollup_grid *g = &q->grid;

	*v = (struct history_view){
		.n = g->n,
		.step = (msec)g->step * 1000,
		.tier_step = (msec)rollup_tiers[g->tier].step * 1000,
		.t = xcalloc(g->n, sizeof(*v->t)),
		.n_bands = q->n_series,
		.bands = xcalloc(q->n_series, sizeof(*v->bands)),
		.values = xcalloc(3 * q->n_series * g->n, sizeof(*v->values)),
	};
	for (size_t i = 0; i < v->n; i++)
		v->t[i] = ((msec)g->start + (msec)g->step * (msec)i) * 1000;
	for (size_t i = 0; i < v->n_bands; i++)
		fill_band(&v->bands[i], v->values + 3 * i * v->n, q->cells + i * v->n, v->n);
}

void history_view_free(struct history_view *v)
{
	free(v->t);
	free(v->bands);
	free(v->values);
	*v = (struct history_view){0};
}

int history_query(struct history *h, const char *entity, const char *const *series, size_t n_series,
	msec from, msec to, uint32_t max_points, struct history_view *ret, struct err *e)
{
	struct question q = {.entity = entity, .series = series, .n_series = n_series};

	if (check_range(from, to, max_points, &q, e))
		return -1;
	if (n_series < 1 || n_series > HISTORY_SERIES_MAX)
		return err_set(e, ERR_INPUT, "history.series", "Ask for 1 to %d series, not %zu.",
			HISTORY_SERIES_MAX, n_series);
	int rc = ask(h, &q, e);
	if (rc == 0)
		fill_view(&q, ret);
	free(q.cells);
	return rc;
}

int history_peak(struct history *h, const char *entity, const char *series, msec from, msec to,
	double *ret, struct err *e)
{
	struct question q = {.entity = entity, .series = &series, .n_series = 1, .whole = true};

	if (check_range(from, to, PEAK_POINTS, &q, e))
		return -1;
	int rc = ask(h, &q, e);
	if (rc == 0)
		*ret = q.cells[0].count ? (double)q.cells[0].max : NAN;
	free(q.cells);
	return rc;
}
