/* Handler: events, as a list or as a stream (https://html.spec.whatwg.org/#server-sent-events). */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/view.h"
#include "base/buf.h"
#include "io/store.h"
#include "services/bus.h"

#define REPLAY_MAX 500 /* a reader that missed more starts anew */
#define LIST_MAX 500
#define TIME_MAX (INT64_C(1) << 53) /* what a JavaScript number holds */
#define KEEP_ALIVE_MS 15000
#define STATE_EVERY_MS 200 /* progress of a job changes faster than anybody reads */

/* What a list shall hold. */
struct question {
	const char *stack;	      /* NULL = all */
	int64_t after, before, limit; /* by ids */
	int64_t from, to, marks;      /* by time; from -1 = not asked so */
};

static int read_question(struct api_call *call, struct question *q, struct err *e)
{
	if (call_query_int(call, "after", -1, 0, INT64_MAX, &q->after, e) ||
		call_query_int(call, "before", 0, 1, INT64_MAX, &q->before, e) ||
		call_query_int(call, "limit", 100, 1, LIST_MAX, &q->limit, e) ||
		call_query_int(call, "from", -1, 0, TIME_MAX, &q->from, e) ||
		call_query_int(call, "to", clock_wall(), 0, TIME_MAX, &q->to, e) ||
		call_query_int(call, "marks", 0, 1, LIST_MAX, &q->marks, e))
		return -1;
	if (q->from < 0 && q->marks)
		return err_set(e, ERR_INPUT, "input.query", "marks are asked for with from.");
	return 0;
}

static int answer(struct store *s, const struct question *q, struct event_rows *ret, struct err *e)
{
	if (q->marks)
		return store_event_marks(s, q->from, q->to, q->stack, (int)q->marks, ret, e);
	if (q->from >= 0)
		return store_events_between(s, q->from, q->to, q->stack, (int)q->limit, ret, e);
	return store_events(s, q->after, q->before, q->stack, (int)q->limit, ret, e);
}

static void list_events(struct api_call *call)
{
	autofree char *stack = http_query(call->req, "stack");
	struct question q = {.stack = stack};
	autoevents struct event_rows rows = {0};
	json_t *j, *list;
	struct err e = {0};

	if (read_question(call, &q, &e) || answer(call->app->store, &q, &rows, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	list = json_array();
	for (size_t i = 0; i < rows.n; i++) {
		/* newest first, whichever end the store began at */
		size_t k = q.from < 0 && q.after >= 0 ? rows.n - 1 - i : i;

		json_array_append_new(list, view_event(&rows.items[k]));
	}
	json_put(j, "events", list);
	reply_json(call, 200, j);
}

static int send(struct api_call *call, int64_t id, const char *name, const char *data)
{
	autobuf struct buf b = {0};

	if (id)
		buf_printf(&b, "id: %lld\n", (long long)id);
	buf_printf(&b, "event: %s\ndata: %s\n\n", name, data);
	return http_stream_write(call->req, b.data, b.len);
}

static int send_state(struct api_call *call)
{
	size_t len;
	autofree char *text = view_state(call->app, &len);

	return send(call, 0, "state", text);
}

static int send_live(struct api_call *call)
{
	autojson json_t *live = view_live(call->app);
	autofree char *text = json_text(live);

	return send(call, 0, "live", text);
}

/* Everything after *last; a gap that is too long is a reset. */
static int send_events(struct api_call *call, int64_t *last)
{
	autoevents struct event_rows rows = {0};

	if (store_events(call->app->store, *last, 0, NULL, REPLAY_MAX, &rows, NULL))
		return 0;
	if (rows.n == REPLAY_MAX) {
		*last = bus_now(call->app->bus).event;
		return send(call, *last, "reset", "{}");
	}
	for (size_t i = 0; i < rows.n; i++) {
		autojson json_t *j = view_event(&rows.items[i]);
		autofree char *text = json_text(j);

		if (send(call, rows.items[i].id, "event", text))
			return -1;
		*last = rows.items[i].id;
	}
	return 0;
}

struct reader {
	struct bus_seen seen;
	int64_t last;	      /* event */
	uint64_t state, live; /* sent */
	msec state_at, wrote_at;
};

static int serve_once(struct api_call *call, struct reader *r)
{
	msec now;

	bus_wait(call->app->bus, &r->seen, 500);
	now = clock_mono();
	if (r->seen.event > r->last) {
		if (send_events(call, &r->last))
			return -1;
		r->wrote_at = now;
	}
	if (r->seen.state != r->state && now - r->state_at >= STATE_EVERY_MS) {
		r->state = r->seen.state;
		r->live = r->seen.live;
		r->state_at = r->wrote_at = now;
		return send_state(call);
	}
	if (r->seen.live != r->live) {
		r->live = r->seen.live;
		r->wrote_at = now;
		return send_live(call);
	}
	if (now - r->wrote_at < KEEP_ALIVE_MS)
		return 0;
	r->wrote_at = now;
	return http_stream_write(call->req, ": still here\n\n", 14);
}

static int start_after(struct api_call *call, int64_t *ret, struct err *e)
{
	const char *id = http_header(call->req, "Last-Event-ID");

	char *end;

	if (!id || !*id)
		return call_query_int(
			call, "after", bus_now(call->app->bus).event, 0, INT64_MAX, ret, e);
	*ret = strtoll(id, &end, 10);
	if (*end || *ret < 0)
		return err_set(e, ERR_INPUT, "input.query", "Last-Event-ID is no id of an event.");
	return 0;
}

/* Ids begin anew with a new state folder: a reader from before would wait for ever. */
static int reset_if_ahead(struct api_call *call, int64_t *last)
{
	int64_t now = bus_now(call->app->bus).event;

	if (*last <= now)
		return 0;
	*last = now;
	return send(call, now, "reset", "{}");
}

static void stream_events(struct api_call *call)
{
	struct reader r = {0};
	struct err e = {0};

	if (start_after(call, &r.last, &e) || reply_stream(call, "text/event-stream", &e)) {
		reply_err(call, &e);
		return;
	}
	r.state = bus_now(call->app->bus).state;
	if (send_state(call) || reset_if_ahead(call, &r.last))
		return;
	while (!r.seen.closed && reply_goes_on(call) && serve_once(call, &r) == 0)
		/* a state that is held back for a moment would otherwise spin */
		if (r.seen.state != r.state)
			clock_sleep(STATE_EVERY_MS / 2);
	http_stream_end(call->req);
}

void api_stream_events(struct api_call *call)
{
	const char *accept = http_header(call->req, "Accept");

	if (accept && strstr(accept, "application/json"))
		list_events(call);
	else
		stream_events(call);
}
