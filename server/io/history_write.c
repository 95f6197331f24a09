/* history: reading the file back into RAM, and the flush: tail or consolidation. */
#include "io/history_priv.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* Samples are consolidated after so many seconds, or when so many wait. */
#define CONSOLIDATE_AFTER 3600
#define CONSOLIDATE_AT (HISTORY_PENDING_MAX / 2)

/* A row of the tail is a list of these, each followed by n samples as they are in RAM. */
struct tail_head {
	uint32_t entity, series, n;
};
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the tail is little endian");

static int nonsense(const char *what, struct err *e)
{
	return err_set(
		e, ERR_UNAVAILABLE, "history.damaged", "The history file is damaged: %s.", what);
}

/* Rows of a query, one after the other: 1 = a row, 0 = no more, -1 = error. */
static int next_row(sqlite3 *db, sqlite3_stmt *s, struct err *e)
{
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return history_db_error(db, "read", e);
	}
}

static int load_names(struct history *h, const char *sql, struct names *list, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;
	int rc;

	if (history_db_prepare(h->writer, sql, &s, e))
		return -1;
	while ((rc = next_row(h->writer, s, e)) > 0) {
		const char *name = (const char *)sqlite3_column_text(s, 1);
		if (sqlite3_column_int64(s, 0) != (int64_t)list->n + 1 || name == NULL)
			return nonsense("names are missing", e);
		if (list == &h->entities)
			history_entity_add(h, name);
		else
			history_names_add(list, name);
	}
	list->written = list->n;
	return rc;
}

static int load_tail_row(struct history *h, const unsigned char *p, size_t len, struct err *e)
{
	struct tail_head head;

	while (len > 0) {
		if (len < sizeof(head))
			return nonsense("a row of samples is cut off", e);
		memcpy(&head, p, sizeof(head));
		p += sizeof(head);
		len -= sizeof(head);
		struct track *track = history_track(h, (int)head.entity, (int)head.series);
		if (track == NULL || head.n > len / sizeof(struct sample))
			return nonsense("a row of samples makes no sense", e);
		for (uint32_t i = 0; i < head.n; i++) {
			struct sample s;
			memcpy(&s, p, sizeof(s));
			history_track_add(h, track, s.t, s.v);
			p += sizeof(s);
		}
		track->flushed = track->n;
		len -= head.n * sizeof(struct sample);
	}
	return 0;
}

static int load_tail(struct history *h, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;
	int rc;

	if (history_db_prepare(h->writer, "SELECT data FROM tail ORDER BY id", &s, e))
		return -1;
	while ((rc = next_row(h->writer, s, e)) > 0) {
		const void *data = sqlite3_column_blob(s, 0);
		if (load_tail_row(h, data, (size_t)sqlite3_column_bytes(s, 0), e))
			return -1;
	}
	return rc;
}

static int load_now(struct history *h, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;

	if (history_db_prepare(h->writer, "SELECT now FROM clock", &s, e))
		return -1;
	int rc = next_row(h->writer, s, e);
	if (rc > 0)
		h->now = (uint32_t)sqlite3_column_int64(s, 0);
	return rc < 0 ? -1 : 0;
}

/* The file may be large, so of the chunks only the first and the last are looked at here. */
static int touch_chunks(struct history *h, struct err *e)
{
	static const char *const sql[] = {
		"SELECT data FROM chunk ORDER BY entity, series, tier, start LIMIT 1",
		"SELECT data FROM chunk ORDER BY entity DESC, series DESC, tier DESC, start DESC "
		"LIMIT 1",
	};

	for (size_t i = 0; i < COUNT(sql); i++) {
		autostmt sqlite3_stmt *s = NULL;
		if (history_db_prepare(h->writer, sql[i], &s, e) || next_row(h->writer, s, e) < 0)
			return -1;
	}
	return 0;
}

int history_load(struct history *h, struct err *e)
{
	if (load_names(h, "SELECT id, name FROM entity ORDER BY id", &h->entities, e) ||
		load_names(h, "SELECT id, name FROM series ORDER BY id", &h->series, e) ||
		load_tail(h, e) || touch_chunks(h, e))
		return -1;
	return load_now(h, e);
}

static int write_names(struct history *h, const char *sql, const struct names *list, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;

	if (list->written == list->n)
		return 0;
	if (history_db_prepare(h->writer, sql, &s, e))
		return -1;
	for (size_t i = list->written; i < list->n; i++) {
		sqlite3_bind_int64(s, 1, (int64_t)i + 1);
		sqlite3_bind_text(s, 2, list->name[i], -1, SQLITE_STATIC);
		if (history_db_run(h->writer, s, e))
			return -1;
	}
	return 0;
}

static int write_now(struct history *h, struct err *e)
{
	autostmt sqlite3_stmt *s = NULL;

	if (history_db_prepare(h->writer, "REPLACE INTO clock(id, now) VALUES(1, ?)", &s, e))
		return -1;
	sqlite3_bind_int64(s, 1, h->now);
	return history_db_run(h->writer, s, e);
}

static int write_tail(struct history *h, struct err *e)
{
	autobuf struct buf row = {0};
	autostmt sqlite3_stmt *s = NULL;

	for (size_t i = 0; i < h->entities.n; i++) {
		for (size_t k = 0; k < h->entity[i].n; k++) {
			const struct track *t = &h->entity[i].tracks[k];
			uint32_t n = (uint32_t)(t->n - t->flushed);
			struct tail_head head = {(uint32_t)i + 1, (uint32_t)k + 1, n};
			if (n == 0)
				continue;
			buf_add(&row, &head, sizeof(head));
			buf_add(&row, t->samples + t->flushed, n * sizeof(struct sample));
		}
	}
	if (row.len == 0)
		return 0;
	if (history_db_prepare(h->writer, "INSERT INTO tail(data) VALUES(?)", &s, e))
		return -1;
	sqlite3_bind_blob64(s, 1, row.data, row.len, SQLITE_STATIC);
	return history_db_run(h->writer, s, e);
}

/* What a consolidation needs, made once for all of its chunks. */
struct work {
	struct history *h;
	sqlite3_stmt *get, *put, *drop;
	int64_t entity, series;
	struct rollup_bucket *buckets; /* ROLLUP_POINTS_MAX */
	struct buf packed;
};

static void work_free(struct work *w)
{
	sqlite3_finalize(w->get);
	sqlite3_finalize(w->put);
	sqlite3_finalize(w->drop);
	free(w->buckets);
	buf_free(&w->packed);
}

static void bind_key(const struct work *w, sqlite3_stmt *s, unsigned tier, int64_t start)
{
	sqlite3_bind_int64(s, 1, w->entity);
	sqlite3_bind_int64(s, 2, w->series);
	sqlite3_bind_int64(s, 3, tier);
	sqlite3_bind_int64(s, 4, start);
}

static int get_chunk(struct work *w, unsigned tier, uint32_t start, struct err *e)
{
	bool known = false;

	bind_key(w, w->get, tier, start);
	int rc = next_row(w->h->writer, w->get, e);
	if (rc > 0) {
		known = rollup_unpack(tier, sqlite3_column_blob(w->get, 0),
				(size_t)sqlite3_column_bytes(w->get, 0), w->buckets) == 0;
		if (!known)
			log_warn("history: a chunk was unreadable and begins anew");
	}
	if (!known)
		memset(w->buckets, 0, rollup_tiers[tier].points * sizeof(*w->buckets));
	sqlite3_reset(w->get);
	return rc < 0 ? -1 : 0;
}

static int put_chunk(struct work *w, unsigned tier, uint32_t start, struct err *e)
{
	buf_reset(&w->packed);
	rollup_pack(tier, w->buckets, &w->packed);
	bind_key(w, w->put, tier, start);
	sqlite3_bind_blob64(w->put, 5, w->packed.data, w->packed.len, SQLITE_STATIC);
	return history_db_run(w->h->writer, w->put, e);
}

/* Adds a track's samples to the chunks of one tier. Of the two divisions for each sample, one is
 * saved while it lies in the chunk of the one before, as nearly all do. */
static int consolidate_tier(struct work *w, const struct track *track, unsigned tier, struct err *e)
{
	uint32_t step = rollup_tiers[tier].step;
	uint32_t span = step * rollup_tiers[tier].points;
	uint32_t start = 0;

	for (size_t i = 0; i < track->n; i++) {
		const struct sample *s = &track->samples[i];
		if (i == 0 || s->t - start >= span) {
			if (i > 0 && put_chunk(w, tier, start, e))
				return -1;
			start = rollup_chunk_start(tier, s->t);
			if (get_chunk(w, tier, start, e))
				return -1;
		}
		rollup_add(&w->buckets[(s->t - start) / step], s->v);
	}
	return put_chunk(w, tier, start, e);
}

/* Deletes the chunks of one series that ended longer ago than their tier is kept. */
static int drop_old(struct work *w, struct err *e)
{
	for (unsigned tier = 0; tier < ROLLUP_TIERS; tier++) {
		const struct rollup_tier *r = &rollup_tiers[tier];
		bind_key(w, w->drop, tier,
			(int64_t)w->h->now - w->h->keep[tier] - r->step * r->points);
		if (history_db_run(w->h->writer, w->drop, e))
			return -1;
	}
	return 0;
}

static int consolidate_one(struct work *w, size_t entity, size_t series, struct err *e)
{
	const struct entity *of = &w->h->entity[entity];

	w->entity = (int64_t)entity + 1;
	w->series = (int64_t)series + 1;
	if (series < of->n && of->tracks[series].n > 0)
		for (unsigned tier = 0; tier < ROLLUP_TIERS; tier++)
			if (consolidate_tier(w, &of->tracks[series], tier, e))
				return -1;
	return w->h->now >= w->h->settled ? drop_old(w, e) : 0;
}

static int consolidate(struct history *h, struct err *e)
{
	cleanup(work_free) struct work w = {.h = h};

	w.buckets = xcalloc(ROLLUP_POINTS_MAX, sizeof(*w.buckets));
	if (history_db_prepare(h->writer,
		    "SELECT data FROM chunk WHERE entity = ? AND series = ? AND tier = ? AND start "
		    "= ?",
		    &w.get, e) ||
		history_db_prepare(h->writer,
			"REPLACE INTO chunk(entity, series, tier, start, data) VALUES(?, ?, ?, ?, "
			"?)",
			&w.put, e) ||
		history_db_prepare(h->writer,
			"DELETE FROM chunk WHERE entity = ? AND series = ? AND tier = ? AND start "
			"< ?",
			&w.drop, e))
		return -1;
	for (size_t i = 0; i < h->entities.n; i++)
		for (size_t k = 0; k < h->series.n; k++)
			if (consolidate_one(&w, i, k, e))
				return -1;
	return history_db_exec(h->writer, "DELETE FROM tail", e);
}

static bool consolidation_due(const struct history *h)
{
	int64_t span = (int64_t)h->now - h->first;

	return h->pending >= CONSOLIDATE_AT ||
	       (h->pending > 0 && (span >= CONSOLIDATE_AFTER || span <= -CONSOLIDATE_AFTER));
}

static bool anything_new(const struct history *h)
{
	if (h->entities.written < h->entities.n || h->series.written < h->series.n)
		return true;
	for (size_t i = 0; i < h->entities.n; i++)
		for (size_t k = 0; k < h->entity[i].n; k++)
			if (h->entity[i].tracks[k].flushed < h->entity[i].tracks[k].n)
				return true;
	return false;
}

/* After a commit: all is in the file; of consolidated samples nothing stays in RAM. */
static void mark_written(struct history *h, bool consolidated)
{
	h->entities.written = h->entities.n;
	h->series.written = h->series.n;
	for (size_t i = 0; i < h->entities.n; i++) {
		for (size_t k = 0; k < h->entity[i].n; k++) {
			struct track *t = &h->entity[i].tracks[k];
			if (consolidated)
				t->n = 0;
			t->flushed = t->n;
		}
	}
	if (consolidated)
		h->pending = 0;
}

static int write_all(struct history *h, bool consolidating, struct err *e)
{
	if (history_db_exec(h->writer, "BEGIN IMMEDIATE", e) ||
		write_names(h, "INSERT INTO entity(id, name) VALUES(?, ?)", &h->entities, e) ||
		write_names(h, "INSERT INTO series(id, name) VALUES(?, ?)", &h->series, e) ||
		write_now(h, e) || (consolidating ? consolidate(h, e) : write_tail(h, e)))
		return -1;
	HOLD(ram);
	if (history_db_exec(h->writer, "COMMIT", e))
		return -1;
	mark_written(h, consolidating);
	return 0;
}

static int flush_once(struct history *h, bool now_on_disk, struct err *e)
{
	bool consolidating = consolidation_due(h);

	if (!now_on_disk && !consolidating && !anything_new(h))
		return 0;
	if (history_db_exec(h->writer,
		    now_on_disk ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", e))
		return -1;
	if (write_all(h, consolidating, e)) {
		/* SQLite may have rolled back by itself already. */
		sqlite3_exec(h->writer, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	/* Between the hourly ones the log grows by a few pages a minute. */
	if (consolidating)
		sqlite3_wal_checkpoint_v2(h->writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return 0;
}

/* A new file for what is in RAM; a bad one at its place is set aside first. */
static int start_new_file(struct history *h, bool bad, struct err *e)
{
	HOLD(read);
	if (bad && history_db_set_aside(h, e))
		return -1;
	if (history_db_connect(h, e))
		return -1;
	HOLD(ram);
	h->entities.written = h->series.written = 0;
	for (size_t i = 0; i < h->entities.n; i++)
		for (size_t k = 0; k < h->entity[i].n; k++)
			h->entity[i].tracks[k].flushed = 0;
	return 0;
}

static bool found_damaged(struct history *h)
{
	HOLD(ram);
	return h->damaged;
}

int history_flush(struct history *h, bool now_on_disk, struct err *e)
{
	HOLD(write);
	struct err why = {0};
	bool bad = found_damaged(h);

	if (!bad && h->writer != NULL) {
		if (flush_once(h, now_on_disk, &why) == 0)
			return 0;
		bad = err_is(&why, "history.damaged");
		if (!bad)
			return err_set(e, why.kind, why.code, "%s", why.message);
		log_warn("%s", why.message);
	}
	if (start_new_file(h, bad, e))
		return -1;
	return flush_once(h, now_on_disk, e);
}
