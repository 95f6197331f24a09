/* Events: what happened, and who or what did it. */
#include "io/store_priv.h"

#include <stdlib.h>

int store_event_insert(struct store *s, struct event *ev, struct err *e)
{
	autofree char *data = json_text(ev->data);

	if (store_run(s, e,
		    "INSERT INTO event(at, type, stack, service, actor, code, message, data)"
		    " VALUES(?,?,?,?,?,?,?,?)",
		    "isssssss", ev->at, ev->type, ev->stack, ev->service, ev->actor, ev->code,
		    ev->message, data))
		return -1;
	ev->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int store_event_add(struct store *s, struct event *ev, struct err *e)
{
	HOLD(s);
	return store_event_insert(s, ev, e);
}

void event_rows_free(struct event_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		event_free(&r->items[i]);
	free(r->items);
	*r = (struct event_rows){0};
}

static void read_event(sqlite3_stmt *st, struct event *ev)
{
	*ev = (struct event){
		.id = sqlite3_column_int64(st, 0),
		.at = sqlite3_column_int64(st, 1),
		.type = col_dup(st, 2),
		.stack = col_dup(st, 3),
		.service = col_dup(st, 4),
		.actor = col_dup(st, 5),
		.code = col_dup(st, 6),
		.message = col_dup(st, 7),
		.data = col_json(st, 8),
	};
}

static int read_events(struct store *s, sqlite3_stmt *st, struct event_rows *ret, struct err *e)
{
	autoevents struct event_rows rows = {0};
	int rc;

	while ((rc = store_row(s, st, e)) > 0) {
		rows.items = xrealloc(rows.items, (rows.n + 1) * sizeof(*rows.items));
		read_event(st, &rows.items[rows.n++]);
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	rows = (struct event_rows){0};
	return 0;
}

int store_events(struct store *s, int64_t after, int64_t before, const char *stack, int limit,
	struct event_rows *ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;

	if (store_stmt(s, &st, e,
		    after >= 0 ? "SELECT * FROM event WHERE id > ?1 AND (?2 IS NULL OR stack=?2)"
				 " ORDER BY id LIMIT ?3"
			       : "SELECT * FROM event WHERE id < ?1 AND (?2 IS NULL OR stack=?2)"
				 " ORDER BY id DESC LIMIT ?3",
		    "isi",
		    after >= 0	 ? after
		    : before > 0 ? before
				 : INT64_MAX,
		    stack, (int64_t)limit))
		return -1;
	return read_events(s, st, ret, e);
}

#define BETWEEN " FROM event WHERE at BETWEEN ?1 AND ?2 AND (?3 IS NULL OR stack=?3)"

int store_events_between(struct store *s, msec from, msec to, const char *stack, int limit,
	struct event_rows *ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;

	if (store_stmt(s, &st, e, "SELECT *" BETWEEN " ORDER BY id DESC LIMIT ?4", "iisi", from, to,
		    stack, (int64_t)limit))
		return -1;
	return read_events(s, st, ret, e);
}

int store_event_marks(struct store *s, msec from, msec to, const char *stack, int parts,
	struct event_rows *ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;

	/* Beside max() SQLite gives the columns of the row that has it:
	 * https://www.sqlite.org/lang_select.html#bareagg. Of a job, only its end says what it was.
	 */
	if (store_stmt(s, &st, e,
		    "SELECT *, max(CASE WHEN type='oom' THEN 2 WHEN type='limits' OR"
		    " json_extract(data, '$.action')='limits' THEN 1 ELSE 0 END)" BETWEEN
		    " AND (type IN ('oom', 'limits') OR"
		    " (type='job' AND json_extract(data, '$.action') IS NOT NULL))"
		    " GROUP BY (at - ?1) / ?4 ORDER BY id DESC",
		    "iisi", from, to, stack, (to - from) / parts + 1))
		return -1;
	return read_events(s, st, ret, e);
}

int64_t store_last_event_id(struct store *s)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;

	if (store_stmt(s, &st, NULL, "SELECT max(id) FROM event", "") ||
		store_row(s, st, NULL) <= 0)
		return 0;
	return sqlite3_column_int64(st, 0);
}
