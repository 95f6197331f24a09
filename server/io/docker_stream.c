/* Streams: cutting into lines, a container's log, the engine's events. */
#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_MAX (256u * 1024)
#define QUIET_MS 20000 /* a log that is not followed: the NAS may look for its tail that long */

/* ---- lines ---- */

static int end_line(struct docker_lines *l)
{
	size_t len = l->part.len;
	int rc = 0;

	while (len && l->part.data[len - 1] == '\r')
		len--;
	if (len)
		rc = l->on_line(l->ctx, l->part.data, len);
	buf_reset(&l->part);
	return rc ? -1 : 0;
}

int docker_lines_feed(struct docker_lines *l, const char *data, size_t len)
{
	l->part.cap = l->max;
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;

		buf_add(&l->part, data, n);
		if (l->part.overflow)
			return -1;
		if (!end)
			return 0;
		if (end_line(l))
			return -1;
		data += n + 1;
		len -= n + 1;
	}
	return 0;
}

void docker_lines_free(struct docker_lines *l)
{
	buf_free(&l->part);
}

/* ---- a container's log ---- */

/* Takes the engine's time off the front of a line. */
static msec take_time(const char **text)
{
	const char *space = strchr(*text, ' ');
	char when[48];
	msec at;

	if (!space || space - *text >= (ptrdiff_t)sizeof(when))
		return 0;
	snprintf(when, sizeof(when), "%.*s", (int)(space - *text), *text);
	at = docker_time(when);
	if (at)
		*text = space + 1;
	return at;
}

static int log_line(struct docker_log_feed *f, int stream)
{
	struct docker_log_part *p = &f->part[stream];
	struct docker_log_line l = {.is_stderr = stream == 1};
	size_t len = p->len;

	if (f->tty && len && p->text[len - 1] == '\r')
		len--; /* a terminal ends its lines with both */
	p->text[len] = '\0';
	p->len = 0;
	l.text = p->text;
	l.at = take_time(&l.text);
	l.len = len - (size_t)(l.text - p->text);
	if (l.len > DOCKER_LOG_CUT) {
		l.len = DOCKER_LOG_CUT;
		p->text[l.text - p->text + DOCKER_LOG_CUT] = '\0';
	}
	f->stopped = f->on_line(f->ctx, &l) != 0;
	return f->stopped ? -1 : 0;
}

static int log_text(struct docker_log_feed *f, int stream, const char *data, size_t len)
{
	struct docker_log_part *p = &f->part[stream];

	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;
		size_t room = sizeof(p->text) - 1 - p->len;

		memcpy(p->text + p->len, data, n < room ? n : room);
		p->len += n < room ? n : room;
		if (!end)
			return 0;
		if (log_line(f, stream))
			return -1;
		data += n + 1;
		len -= n + 1;
	}
	return 0;
}

static int log_head(struct docker_log_feed *f)
{
	const unsigned char *h = f->head;

	f->head_len = 0;
	f->left = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	return h[0] > 2 || h[1] || h[2] || h[3] ? -1 : 0;
}

int docker_log_feed(struct docker_log_feed *f, const char *data, size_t len)
{
	if (f->tty)
		return log_text(f, 0, data, len);
	while (len) {
		size_t n = f->left < len ? f->left : len;

		if (!f->left) {
			f->head[f->head_len++] = (unsigned char)*data++;
			len--;
			if (f->head_len == sizeof(f->head) && log_head(f))
				return -1;
			continue;
		}
		if (log_text(f, f->head[0] == 2, data, n))
			return -1;
		f->left -= (uint32_t)n;
		data += n;
		len -= n;
	}
	return 0;
}

void docker_log_end(struct docker_log_feed *f)
{
	for (int i = 0; i < 2 && !f->stopped; i++)
		if (f->part[i].len)
			log_line(f, i);
}

static int on_log_data(void *ctx, const char *data, size_t len)
{
	struct docker_log_feed *f = ctx;

	if (len)
		return docker_log_feed(f, data, len);
	f->stopped = f->on_line(f->ctx, NULL) != 0;
	return f->stopped ? -1 : 0;
}

static int has_tty(struct docker *d, const char *id, bool *ret, struct err *e)
{
	autojson json_t *j = NULL;
	autofree char *path = xasprintf("/containers/%s/json", id);

	if (docker_call_json(
		    d, &(struct docker_call){.path = path, .missing = "container.missing"}, &j, e))
		return -1;
	*ret = json_flag(json_obj(j, "Config"), "Tty", false);
	return 0;
}

static void put_since(struct buf *b, msec since)
{
	buf_printf(
		b, "since=%lld.%03lld000000", (long long)(since / 1000), (long long)(since % 1000));
}

static char *logs_path(const char *id, int tail, msec since, bool follow)
{
	autobuf struct buf b = {0};

	buf_printf(&b, "/containers/%s/logs?stdout=1&stderr=1&timestamps=1&follow=%d&tail=", id,
		follow);
	if (tail < 0)
		buf_puts(&b, "all");
	else
		buf_printf(&b, "%d", tail);
	if (since > 0) {
		buf_puts(&b, "&");
		put_since(&b, since);
	}
	return buf_take(&b);
}

int docker_logs(struct docker *d, const char *id, int tail, msec since, bool follow,
	int (*on_line)(void *ctx, const struct docker_log_line *l), void *ctx, struct err *e)
{
	autofree struct docker_log_feed *feed = xcalloc(1, sizeof(*feed));
	autoanswer struct fetch_answer a = {0};
	autofree char *path = NULL;
	struct err why;

	feed->on_line = on_line;
	feed->ctx = ctx;
	if (docker_check_name(id, e) || has_tty(d, id, &feed->tty, e))
		return -1;
	path = logs_path(id, tail, since, follow);
	if (!docker_call(d,
		    &(struct docker_call){.path = path,
			    .total_ms = -1,
			    .silence_ms = follow ? 0 : QUIET_MS,
			    .on_data = on_log_data,
			    .ctx = feed,
			    .missing = "container.missing"},
		    &a, &why)) {
		docker_log_end(feed);
		return 0;
	}
	if (feed->stopped)
		return 0;
	if (err_is(&why, "fetch.cancelled"))
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine's log of %.64s is not understood.", id);
	if (e)
		*e = why;
	return -1;
}

/* ---- events ---- */

static msec event_time(const json_t *j)
{
	int64_t nano = json_int(j, "timeNano", 0);

	return nano > 0 ? nano / 1000000 : json_int(j, "time", 0) * 1000;
}

int docker_event_line(const char *line, size_t len,
	int (*on_event)(void *ctx, const struct docker_event *ev), void *ctx)
{
	autojson json_t *j = NULL;
	const json_t *actor, *about;
	struct docker_event ev;

	if (json_parse(line, len, &j, NULL) || !json_is_object(j))
		return -1;
	actor = json_obj(j, "Actor");
	about = json_obj(actor, "Attributes");
	ev = (struct docker_event){
		.at = event_time(j),
		.type = json_str(j, "Type", "container"),
		.action = json_str(j, "Action", json_str(j, "status", "")),
		.id = json_str(actor, "ID", json_str(j, "id", "")),
		.name = json_str(about, "name", ""),
		.exit_code = -1,
		.attributes = about,
	};
	if (!strcmp(ev.action, "die"))
		ev.exit_code = atoi(json_str(about, "exitCode", "-1"));
	if (!strcmp(ev.action, "kill"))
		ev.signal = json_str(about, "signal", NULL);
	return on_event(ctx, &ev) ? 1 : 0;
}

struct listener {
	struct docker_lines lines;
	int (*on_event)(void *ctx, const struct docker_event *ev);
	void *ctx;
	bool stopped;
};

static void listener_free(struct listener *l)
{
	docker_lines_free(&l->lines);
}

static int on_event_line(void *ctx, const char *line, size_t len)
{
	struct listener *l = ctx;
	int rc = docker_event_line(line, len, l->on_event, l->ctx);

	l->stopped = rc > 0;
	return rc;
}

static int on_event_data(void *ctx, const char *data, size_t len)
{
	return docker_lines_feed(&((struct listener *)ctx)->lines, data, len);
}

static char *events_path(msec since)
{
	autobuf struct buf b = {0};

	buf_puts(&b, "/events?filters=");
	docker_escape(&b, "{\"type\":[\"container\"]}");
	buf_puts(&b, "&");
	put_since(&b, since);
	return buf_take(&b);
}

int docker_events(struct docker *d, msec since, const atomic_bool *cancel,
	int (*on_event)(void *ctx, const struct docker_event *ev), void *ctx, struct err *e)
{
	cleanup(listener_free) struct listener l = {.on_event = on_event, .ctx = ctx};
	autoanswer struct fetch_answer a = {0};
	autofree char *path = events_path(since);
	struct err why;

	l.lines = (struct docker_lines){.max = EVENT_MAX, .on_line = on_event_line, .ctx = &l};
	if (!docker_call(d,
		    &(struct docker_call){.path = path,
			    .total_ms = -1,
			    .cancel = cancel,
			    .on_data = on_event_data,
			    .ctx = &l},
		    &a, &why))
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine ended its stream of events.");
	if (l.stopped)
		return 0;
	if (err_is(&why, "fetch.cancelled") && !(cancel && atomic_load(cancel)))
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine's events are not understood.");
	if (e)
		*e = why;
	return -1;
}

#define WORDS_TAIL 5	     /* lines: the last ones may be empty */
#define WORDS_TAIL_UNTIL 200 /* and behind them is what the next run wrote meanwhile */

struct last_words {
	msec until;
	char *ret;
};

static int keep_line(void *ctx, const struct docker_log_line *l)
{
	const struct last_words *w = ctx;

	if (l && l->len && (!w->until || l->at <= w->until))
		snprintf(w->ret, DOCKER_LAST_WORDS, "%s", l->text);
	return 0;
}

void docker_last_words(struct docker *d, const char *id, msec until, char ret[DOCKER_LAST_WORDS])
{
	struct last_words w = {until, ret};
	size_t len;

	ret[0] = '\0';
	docker_logs(d, id, until ? WORDS_TAIL_UNTIL : WORDS_TAIL, 0, false, keep_line, &w, NULL);
	len = strlen(ret);
	if (len && ret[len - 1] == '.')
		ret[len - 1] = '\0';
}
