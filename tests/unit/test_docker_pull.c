/* Pulls by io/docker: whole, in pieces, broken and hostile. */
#include "unit/docker_stage.h"

#define PULL_BEGIN                                                                                 \
	"{\"status\":\"Pulling from r/x\",\"id\":\"1\"}\r\n"                                       \
	"{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"aaaaaaaaaaaa\"}\r\n"      \
	"{\"status\":\"Already exists\",\"progressDetail\":{},\"id\":\"bbbbbbbbbbbb\"}\r\n"        \
	"{\"status\":\"Downloading\",\"progressDetail\":{\"current\":40,\"total\":100},"           \
	"\"progress\":\"x\",\"id\":\"aaaaaaaaaaaa\"}\r\n"
#define PULL_END                                                                                   \
	"{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"aaaaaaaaaaaa\"}\r\n"     \
	"{\"status\":\"Extracting\",\"progressDetail\":{\"current\":1,\"total\":100},"             \
	"\"id\":\"aaaaaaaaaaaa\"}\r\n"                                                             \
	"{\"status\":\"Pull complete\",\"progressDetail\":{},\"id\":\"aaaaaaaaaaaa\"}\r\n"         \
	"{\"status\":\"Digest: sha256:11\"}\r\n"                                                   \
	"{\"status\":\"Status: Downloaded newer image for r/x:1\"}\r\n"

struct seen {
	struct docker_pull_progress last;
	int calls;
	bool shrank;
};

static void on_progress(void *ctx, const struct docker_pull_progress *p)
{
	struct seen *s = ctx;

	s->shrank |= p->done < s->last.done || p->total < s->last.total || p->done > p->total;
	s->last = *p;
	s->calls++;
}

static int pull(const char *head, const char *stream, size_t piece, struct seen *seen)
{
	autoengine struct engine g;
	int rc;

	*seen = (struct seen){0};
	engine_start(&g, "POST /v1.41/images/create?fromImage=r%2Fx&tag=1 ", head, stream,
		strlen(stream), piece, false);
	rc = docker_pull(g.d, "r/x:1", NULL, on_progress, seen, &why);
	assert_false(seen->shrank);
	return rc;
}

static void test_pull(void **state)
{
	(void)state;
	for (size_t piece = 0; piece < 3; piece++) {
		struct seen s;

		assert_int_equal(pull(CLOSED, PULL_BEGIN PULL_END, piece, &s), 0);
		assert_int_equal(s.last.done, 100);
		assert_int_equal(s.last.total, 100);
		assert_int_equal(s.last.layers, 2);
		assert_int_equal(s.last.layers_done, 2);
		assert_string_equal(s.last.phase, "extracting");
	}
}

static void test_pull_refs(void **state)
{
	static const struct {
		const char *ref, *line;
	} cases[] = {
		{"alpine", "fromImage=alpine&tag=latest "},
		{"127.0.0.1:5000/a/b", "fromImage=127.0.0.1%3A5000%2Fa%2Fb&tag=latest "},
		{"127.0.0.1:5000/a:v1", "fromImage=127.0.0.1%3A5000%2Fa&tag=v1 "},
		{"a@sha256:11", "fromImage=a&tag=sha256%3A11 "},
		{"r:5/a:v1@sha256:11", "fromImage=r%3A5%2Fa&tag=sha256%3A11 "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autoengine struct engine g;

		engine_start(&g, cases[i].line, CLOSED, PULL_END, strlen(PULL_END), 0, false);
		assert_int_equal(docker_pull(g.d, cases[i].ref, NULL, NULL, NULL, &why), 0);
	}
}

static void test_pull_error_in_stream(void **state)
{
	static const struct {
		const char *stream, *code;
	} cases[] = {
		{PULL_BEGIN
			"{\"errorDetail\":{\"message\":\"unexpected EOF\"},\"error\":\"e\"}\r\n",
			"pull.broken"},
		{"{\"errorDetail\":{\"message\":\"unexpected EOF\"},\"error\":\"e\"}\r\n",
			"pull.offline"},
		{PULL_BEGIN
			"{\"errorDetail\":{\"message\":\"write /x: no space left on device\"}}\n",
			"pull.space"},
		{PULL_BEGIN "{\"error\":\"some new trouble\"}\n", "pull.broken"},
		{PULL_BEGIN "{\"error\":\"\"}\n", "pull.broken"},
		{PULL_BEGIN PULL_END "{\"error\":\"toomanyrequests: slow down\"}\n",
			"pull.rate_limit"},
		{PULL_BEGIN, "pull.broken"}, /* ends without a word */
		{"", "pull.broken"},
		{PULL_BEGIN "what?\n", "pull.broken"},
		{PULL_BEGIN "[1]\n", "pull.broken"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct seen s;

		assert_code(pull(CLOSED, cases[i].stream, 0, &s), cases[i].code);
	}
}

static void test_pull_breaks_off(void **state)
{
	struct seen s;

	(void)state;
	assert_code(pull("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", PULL_BEGIN, 7, &s),
		"pull.broken");
	assert_true(s.calls > 0);
	assert_code(pull("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", "", 0, &s),
		"engine.broken");
}

static void test_pull_status(void **state)
{
	static const struct {
		const char *head, *body, *code;
	} cases[] = {
		{"404 N", "{\"message\":\"manifest for r/x:1 not found\"}", "pull.missing"},
		{"404 N",
			"{\"message\":\"pull access denied for r/x, repository does not exist or "
			"may "
			"require 'docker login'\"}",
			"pull.denied"},
		{"500 E",
			"{\"message\":\"Get \\\"https://r/v2/\\\": dial tcp: lookup r: no such "
			"host\"}",
			"pull.offline"},
		{"500 E", "{\"message\":\"no matching manifest for linux/arm/v7 in the list\"}",
			"image.arch"},
		{"500 E",
			"{\"message\":\"media type "
			"application/vnd.docker.distribution.manifest.v1+prettyjws"
			" is no longer supported\"}",
			"image.schema1"},
		{"500 E", "", "pull.broken"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autofree char *head = xasprintf("HTTP/1.1 %s\r\n\r\n", cases[i].head);
		struct seen s;

		assert_code(pull(head, cases[i].body, 0, &s), cases[i].code);
		assert_int_equal(s.calls, 0);
	}
}

static void test_pull_long_line(void **state)
{
	size_t n = 300 * 1024;
	autofree char *line = xcalloc(1, n + 1);
	struct seen s;

	(void)state;
	memset(line, 'x', n);
	assert_code(pull(CLOSED, line, 0, &s), "pull.broken");
}

static void test_pull_seldom_reports(void **state)
{
	autobuf struct buf b = {0};
	struct seen s;

	(void)state;
	for (int i = 0; i < 2000; i++)
		buf_printf(&b,
			"{\"status\":\"Downloading\",\"progressDetail\":{\"current\":%d,"
			"\"total\":2000},\"id\":\"aaaaaaaaaaaa\"}\n",
			i);
	buf_puts(&b, PULL_END);
	assert_int_equal(pull(CLOSED, b.data, 0, &s), 0);
	assert_true(s.calls >= 2 && s.calls < 200);
	assert_int_equal(s.last.done, 2000);
}

static void test_pull_cancel(void **state)
{
	autoengine struct engine g;
	struct fake_cancel c;

	(void)state;
	engine_start(&g, "/images/create", CLOSED, PULL_BEGIN, strlen(PULL_BEGIN), 0, false);
	g.routes[3].hold = true;
	fake_cancel_start(&c, 20);
	assert_code(docker_pull(g.d, "x", &c.flag, NULL, NULL, &why), "fetch.cancelled");
	fake_cancel_join(&c);
	assert_true(clock_mono() - c.at < 1000);
}

static void line_in(struct docker_pull_state *s, const char *status, const char *id,
	int64_t current, int64_t total)
{
	autofree char *text = xasprintf("{\"status\":\"%s\",\"id\":\"%s\",\"progressDetail\":"
					"{\"current\":%lld,\"total\":%lld}}",
		status, id, (long long)current, (long long)total);

	assert_int_equal(docker_pull_line(s, text, strlen(text)), 0);
}

static void test_pull_sums(void **state)
{
	struct docker_pull_state s = {0};
	struct docker_pull_progress p;

	(void)state;
	docker_pull_sum(&s, &p);
	assert_true(p.total == 0 && p.layers == 0);
	line_in(&s, "Waiting", "b", 0, 0);
	line_in(&s, "Downloading", "a", 60, 100);
	line_in(&s, "Downloading", "a", 10, 100); /* tried again from the beginning */
	docker_pull_sum(&s, &p);
	assert_true(p.done == 60 && p.total == 100 && p.layers == 2);
	assert_string_equal(p.phase, "downloading");
	line_in(&s, "Downloading", "a", 500, 100); /* more than there is */
	line_in(&s, "Extracting", "a", 5, 100);
	docker_pull_sum(&s, &p);
	assert_true(p.done == 100 && p.layers_done == 0);
	assert_string_equal(p.phase, "downloading"); /* b still is */
	line_in(&s, "Download complete", "b", 0, 0);
	docker_pull_sum(&s, &p);
	assert_string_equal(p.phase, "extracting");
	line_in(&s, "Downloading", "c", INT64_MAX, INT64_MAX);
	line_in(&s, "Downloading", "d", -5, -5);
	docker_pull_sum(&s, &p);
	assert_true(p.total > 100 && p.done == p.total && p.layers == 4);
	for (int i = 0; i < 3000; i++) { /* does not grow without end */
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		line_in(&s, "Downloading", id, INT64_MAX, INT64_MAX);
	}
	docker_pull_sum(&s, &p);
	assert_int_equal(p.layers, 1024);
	assert_true(p.total > 0);
	docker_pull_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pull),
		cmocka_unit_test(test_pull_refs),
		cmocka_unit_test(test_pull_error_in_stream),
		cmocka_unit_test(test_pull_breaks_off),
		cmocka_unit_test(test_pull_status),
		cmocka_unit_test(test_pull_long_line),
		cmocka_unit_test(test_pull_seldom_reports),
		cmocka_unit_test(test_pull_cancel),
		cmocka_unit_test(test_pull_sums),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
