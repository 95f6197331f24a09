/* The logs and events of io/docker: whole, in pieces, broken and hostile. */
#include "unit/docker_stage.h"

/* ---- logs ---- */

struct lines {
	struct buf b; /* "O time text|" for each line, "quiet|" for none */
	int n, stop_at;
};

static int on_log(void *ctx, const struct docker_log_line *l)
{
	struct lines *s = ctx;

	if (l) {
		assert_int_equal(l->text[l->len], 0);
		buf_printf(&s->b, "%c%lld ", l->is_stderr ? 'E' : 'O', (long long)l->at);
		buf_add(&s->b, l->text, l->len);
	} else {
		buf_puts(&s->b, "quiet");
	}
	buf_puts(&s->b, "|");
	return ++s->n == s->stop_at;
}

static void frame(struct buf *b, int stream, const char *text)
{
	size_t n = strlen(text);
	unsigned char head[8] = {
		(unsigned char)stream, 0, 0, 0, 0, 0, (unsigned char)(n >> 8), (unsigned char)n};

	buf_add(b, head, sizeof(head));
	buf_add(b, text, n);
}

#define T1 "1970-01-01T00:00:01.5Z "
#define EXPECTED "O1500 one|E1500 bad|O1500 two halves|O0 no time|O0 |O1500 rest|"

static void log_bytes(struct buf *b)
{
	frame(b, 1, T1 "one\n");
	frame(b, 1, T1 "two");
	frame(b, 2, T1 "bad\n");
	frame(b, 1, "");
	frame(b, 1, " halves\nno time\n\n" T1 "rest");
}

static int logs(const void *bytes, size_t len, size_t piece, bool tty, struct lines *s)
{
	autoengine struct engine g;

	engine_start(&g,
		"GET /v1.41/containers/x/logs?stdout=1&stderr=1&timestamps=1&follow=0&tail=9&"
		"since=1.500000000 ",
		CLOSED, bytes, len, piece, tty);
	return docker_logs(g.d, "x", 9, 1500, false, on_log, s, &why);
}

static void test_logs(void **state)
{
	autobuf struct buf b = {0};

	(void)state;
	log_bytes(&b);
	for (size_t piece = 0; piece < 3; piece++) {
		struct lines s = {0};

		assert_int_equal(logs(b.data, b.len, piece, false, &s), 0);
		/* "two" was begun before "bad" and ended after it */
		assert_string_equal(s.b.data, EXPECTED);
		buf_free(&s.b);
	}
}

static void last_words(msec until, const char *want)
{
	autobuf struct buf b = {0};
	autoengine struct engine g;
	char words[DOCKER_LAST_WORDS];

	frame(&b, 1, "1970-01-01T00:00:01.5Z begins\n");
	frame(&b, 2, "1970-01-01T00:00:02.0Z disk on fire.\n");
	frame(&b, 1, "1970-01-01T00:00:02.5Z begins again\n");
	engine_start(&g, "GET /v1.41/containers/x/logs?", CLOSED, b.data, b.len, 0, false);
	docker_last_words(g.d, "x", until, words);
	assert_string_equal(words, want);
}

/* The engine may have started it again before it is asked. */
static void test_last_words(void **state)
{
	(void)state;
	last_words(0, "begins again");
	last_words(2100, "disk on fire");
	last_words(1000, "");
}

static void test_log_split_everywhere(void **state)
{
	autobuf struct buf b = {0};
	struct docker_log_feed *f = xcalloc(1, sizeof(*f));

	(void)state;
	log_bytes(&b);
	for (size_t i = 0; i <= b.len; i++) {
		struct lines s = {0};

		memset(f, 0, sizeof(*f));
		f->on_line = on_log;
		f->ctx = &s;
		assert_int_equal(docker_log_feed(f, b.data, i), 0);
		assert_int_equal(docker_log_feed(f, b.data + i, b.len - i), 0);
		docker_log_end(f);
		assert_string_equal(s.b.data, EXPECTED);
		buf_free(&s.b);
	}
	free(f);
}

static void test_log_of_a_terminal(void **state)
{
	static const char raw[] = T1 "one\r\n" T1 "two\n" T1;
	struct lines s = {0};

	(void)state;
	assert_int_equal(logs(raw, strlen(raw), 1, true, &s), 0);
	assert_string_equal(s.b.data, "O1500 one|O1500 two|O1500 |");
	buf_free(&s.b);
}

static void test_log_garbage(void **state)
{
	struct lines s = {0};

	(void)state;
	assert_code(logs("hello, no frames", 16, 0, false, &s), "engine.broken");
	assert_code(logs("\3\0\0\0\0\0\0\1x", 9, 0, false, &s), "engine.broken");
	assert_int_equal(s.n, 0);
}

static void test_log_long_line(void **state)
{
	struct docker_log_feed *f = xcalloc(1, sizeof(*f));
	autofree char *text = xcalloc(1, 20001);
	struct lines s = {0};

	(void)state;
	f->tty = true;
	f->on_line = on_log;
	f->ctx = &s;
	memset(text, 'x', 20000);
	docker_log_feed(f, T1, strlen(T1));
	docker_log_feed(f, text, 20000);
	docker_log_feed(f, "\n", 1);
	docker_log_feed(f, text, 20000); /* without a time, and without an end */
	docker_log_end(f);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.b.len, strlen("O1500 |O0 |") + 2 * DOCKER_LOG_CUT);
	buf_free(&s.b);
	free(f);
}

static void test_log_stops(void **state)
{
	autobuf struct buf b = {0};
	struct lines s = {.stop_at = 2};

	(void)state;
	log_bytes(&b);
	assert_int_equal(logs(b.data, b.len, 0, false, &s), 0);
	assert_int_equal(s.n, 2);
	buf_free(&s.b);
}

/* NULL: nothing came for a while, and the reader has left meanwhile. */
static void test_log_follow_and_leave(void **state)
{
	autoengine struct engine g;
	autobuf struct buf b = {0};
	struct lines s = {.stop_at = 2};

	(void)state;
	frame(&b, 1, T1 "one\n");
	engine_start(&g, "follow=1&tail=all ", CLOSED, b.data, b.len, 0, false);
	g.routes[3].hold = true;
	assert_int_equal(docker_logs(g.d, "x", -1, 0, true, on_log, &s, &why), 0);
	assert_string_equal(s.b.data, "O1500 one|quiet|");
	buf_free(&s.b);
}

static void test_log_of_nobody(void **state)
{
	static const char none[] = "HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n";
	autoengine struct engine g;
	struct lines s = {0};

	(void)state;
	engine_start(&g, "/logs", CLOSED, "", 0, 0, false);
	g.routes[2].raw = none;
	assert_code(docker_logs(g.d, "x", -1, 0, false, on_log, &s, &why), "container.missing");
}

/* ---- events ---- */

struct heard {
	struct buf b;
	int n, stop_at;
};

static int on_event(void *ctx, const struct docker_event *ev)
{
	struct heard *h = ctx;

	buf_printf(&h->b, "%lld %s %s %s %s %d %s|", (long long)ev->at, ev->type, ev->action,
		ev->id, ev->name, ev->exit_code, ev->signal ? ev->signal : "-");
	return ++h->n == h->stop_at;
}

static const char events[] =
	"{\"status\":\"kill\",\"id\":\"c1\",\"from\":\"i\",\"Type\":\"container\",\"Action\":"
	"\"kill\","
	"\"Actor\":{\"ID\":\"c1\",\"Attributes\":{\"name\":\"node\",\"signal\":\"15\"}},"
	"\"time\":1795434125,\"timeNano\":1795434125046457162}\n"
	"{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"c1\",\"Attributes\":"
	"{\"name\":\"node\",\"exitCode\":\"137\"}},\"timeNano\":1795434126000000000}\n"
	"{\"status\":\"start\",\"id\":\"c2\",\"time\":1795434127}\n";

#define HEARD                                                                                      \
	"1795434125046 container kill c1 node -1 15|1795434126000 container die c1 node 137 -|"    \
	"1795434127000 container start c2  -1 -|"

static int listen_to(const char *head, const char *stream, size_t piece, struct heard *h)
{
	autoengine struct engine g;

	engine_start(&g,
		"GET "
		"/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D&since=7.000000000 ",
		head, stream, strlen(stream), piece, false);
	return docker_events(g.d, 7000, NULL, on_event, h, &why);
}

static void test_events(void **state)
{
	(void)state;
	for (size_t piece = 0; piece < 3; piece++) {
		struct heard h = {0};

		/* it never ends well: the engine went away */
		assert_code(listen_to(CLOSED, events, piece, &h), "engine.broken");
		assert_string_equal(h.b.data, HEARD);
		buf_free(&h.b);
	}
}

static int line_on_event(void *ctx, const char *line, size_t len)
{
	return docker_event_line(line, len, on_event, ctx);
}

static void test_events_split_everywhere(void **state)
{
	size_t len = strlen(events);

	(void)state;
	for (size_t i = 0; i <= len; i++) {
		struct heard h = {0};
		struct docker_lines l = {.max = 4096, .on_line = line_on_event, .ctx = &h};

		assert_int_equal(docker_lines_feed(&l, events, i), 0);
		assert_int_equal(docker_lines_feed(&l, events + i, len - i), 0);
		assert_string_equal(h.b.data, HEARD);
		buf_free(&h.b);
		docker_lines_free(&l);
	}
}

static void test_events_stop(void **state)
{
	struct heard h = {.stop_at = 2};

	(void)state;
	assert_int_equal(listen_to(CLOSED, events, 0, &h), 0);
	assert_int_equal(h.n, 2);
	buf_free(&h.b);
}

static void test_events_garbage(void **state)
{
	struct heard h = {0};

	(void)state;
	assert_code(listen_to(CLOSED, "hello\n", 0, &h), "engine.broken");
	assert_code(listen_to(CLOSED, "[]\n", 0, &h), "engine.broken");
	assert_code(
		listen_to("HTTP/1.1 500 E\r\n\r\n", "{\"message\":\"x\"}", 0, &h), "engine.error");
	assert_code(listen_to(STREAM, "zz", 0, &h), "engine.broken");
	assert_int_equal(h.n, 0);
}

static void test_events_hostile_members(void **state)
{
	static const char *const ok[] = {"{}", "{\"Actor\":7,\"Action\":[],\"time\":\"x\"}",
		"{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":5}}}",
		"{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"\"}}}"};
	struct heard h = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(ok); i++)
		assert_int_equal(docker_event_line(ok[i], strlen(ok[i]), on_event, &h), 0);
	assert_int_equal(h.n, COUNT(ok));
	buf_free(&h.b);
}

static void test_events_cancel(void **state)
{
	autoengine struct engine g;
	struct heard h = {0};
	struct fake_cancel c;

	(void)state;
	engine_start(&g, "/events", CLOSED, events, strlen(events), 0, false);
	g.routes[3].hold = true;
	fake_cancel_start(&c, 30);
	assert_code(docker_events(g.d, 0, &c.flag, on_event, &h, &why), "fetch.cancelled");
	fake_cancel_join(&c);
	assert_true(clock_mono() - c.at < 1000);
	buf_free(&h.b);
}

/* An engine that is stopped (not ended) answers nothing: cancelling works then, too. */
static void test_cancel_while_negotiating(void **state)
{
	autoengine struct engine g;
	struct heard h = {0};
	struct fake_cancel c;

	(void)state;
	engine_start(&g, "/events", CLOSED, "", 0, 0, false);
	g.routes[0].raw = "";
	g.routes[0].hold = true;
	fake_cancel_start(&c, 30);
	assert_code(docker_events(g.d, 0, &c.flag, on_event, &h, &why), "fetch.cancelled");
	fake_cancel_join(&c);
	assert_true(clock_mono() - c.at < 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logs),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_log_split_everywhere),
		cmocka_unit_test(test_log_of_a_terminal),
		cmocka_unit_test(test_log_garbage),
		cmocka_unit_test(test_log_long_line),
		cmocka_unit_test(test_log_stops),
		cmocka_unit_test(test_log_follow_and_leave),
		cmocka_unit_test(test_log_of_nobody),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_events_split_everywhere),
		cmocka_unit_test(test_events_stop),
		cmocka_unit_test(test_events_garbage),
		cmocka_unit_test(test_events_hostile_members),
		cmocka_unit_test(test_events_cancel),
		cmocka_unit_test(test_cancel_while_negotiating),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
