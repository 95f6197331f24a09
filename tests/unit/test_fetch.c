/* io/fetch: calls and streams over HTTP, what may go wrong with them, and kept connections. */
#include "unit/fetch_stage.h"

static struct fetch to(const struct fake *f)
{
	return (struct fetch){.url = "http://localhost/x?y=1", .unix_socket = f->path};
}

static void test_get(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = OK("hello", "5"), .piece = 1));
	f = to(&s);
	f.headers = (const char *const[]){"X-One: 1", NULL};
	assert_int_equal(fetch_run(&f, &a, NULL), 0);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body.data, "hello");
	assert_string_equal(a.content_type, "text/x");
	assert_true(fake_saw(&s, "GET /x?y=1 HTTP/1.1\r\n"));
	assert_true(fake_saw(&s, "\r\nX-One: 1\r\n"));
}

static void test_methods(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH"};
	cleanup(fake_stop) struct fake s;

	(void)state;
	fake_start_tcp(&s, ONE(.raw = OK("", "0")));
	for (size_t i = 0; i < COUNT(methods); i++) {
		autofree char *url = xasprintf("http://127.0.0.1:%d/%zu", s.port, i);
		autofree char *line = xasprintf("%s /%zu HTTP", methods[i], i);
		autoanswer struct fetch_answer a = {0};
		struct fetch f = {.method = methods[i], .url = url, .body = "a\0b", .body_len = 3};

		assert_int_equal(fetch_run(&f, &a, NULL), 0);
		assert_true(fake_saw(&s, line));
		assert_true(fake_saw(&s, "Content-Length: 3\r\n"));
	}
}

static void test_empty_post_has_length(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = "HTTP/1.1 204 No Content\r\n\r\n"));
	f = to(&s);
	f.method = "POST";
	assert_int_equal(fetch_run(&f, &a, NULL), 0);
	assert_int_equal(a.status, 204);
	assert_true(fake_saw(&s, "POST /x?y=1"));
	assert_true(fake_saw(&s, "Content-Length: 0\r\n"));
}

static void test_bad_status_is_no_error(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = "HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad"));
	f = to(&s);
	assert_int_equal(fetch_run(&f, &a, NULL), 0);
	assert_int_equal(a.status, 500);
	assert_string_equal(a.body.data, "bad");
}

static void test_redirect_is_not_followed(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(
		&s, ONE(.raw = "HTTP/1.1 302 F\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
			    .keep = true));
	f = to(&s);
	assert_int_equal(fetch_run(&f, &a, NULL), 0);
	assert_int_equal(a.status, 302);
	assert_int_equal(s.n_requests, 1);
}

static void test_environment_proxy_is_ignored(void **state)
{
	cleanup(fake_stop) struct fake s;
	autofree char *url = NULL;
	autoanswer struct fetch_answer a = {0};
	struct fetch f = {0};
	int rc;

	(void)state;
	fake_start_tcp(&s, ONE(.raw = OK("", "0")));
	f.url = url = xasprintf("http://127.0.0.1:%d/", s.port);
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	rc = fetch_run(&f, &a, &why);
	unsetenv("http_proxy");
	assert_int_equal(rc, 0);
}

static void test_refused(void **state)
{
	(void)state;
	assert_fails(&(struct fetch){.url = "http://localhost/", .unix_socket = "/nonexistent/s"},
		"fetch.refused");
	assert_non_null(strstr(why.message, "/nonexistent/s"));
	assert_fails(&(struct fetch){.url = "http://127.0.0.1:1/secret"}, "fetch.refused");
	assert_null(strstr(why.message, "secret"));
}

static void test_denied(void **state)
{
	cleanup(fake_stop) struct fake s;
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = OK("", "0")));
	f = to(&s);
	chmod(s.dir, 0);
	if (!geteuid() && seteuid(65534)) /* permissions mean nothing to root */
		fail();
	assert_fails(&f, "fetch.denied");
	if (!getuid() && seteuid(0))
		fail();
	chmod(s.dir, 0700);
}

static void test_not_spoken(void **state)
{
	char longpath[200];

	(void)state;
	memset(longpath, 'a', sizeof(longpath) - 1);
	longpath[sizeof(longpath) - 1] = '\0';
	assert_fails(&(struct fetch){.url = "file:///etc/passwd"}, "fetch.failed");
	assert_fails(&(struct fetch){.url = "ftp://127.0.0.1/"}, "fetch.failed");
	assert_fails(&(struct fetch){.url = "http://localhost/", .unix_socket = longpath},
		"fetch.failed");
	assert_fails(&(struct fetch){.url = "http://localhost/",
			     .unix_socket = "/tmp/none",
			     .headers = (const char *const[]){"A: b\r\nC: d", NULL}},
		"fetch.failed");
}

static void test_dns(void **state)
{
	(void)state;
	assert_fails(&(struct fetch){.url = "http://user:pw@name.invalid/path?token=x",
			     .connect_ms = 20000,
			     .total_ms = 20000},
		"fetch.dns");
	assert_non_null(strstr(why.message, "name.invalid"));
	assert_null(strstr(why.message, "pw"));
	assert_null(strstr(why.message, "token"));
}

static void test_tls(void **state)
{
	cleanup(fake_stop) struct fake s;
	autofree char *url = NULL;

	(void)state;
	fake_start_tcp(&s, ONE(.raw = "no TLS here"));
	s.blind = true;
	url = xasprintf("https://127.0.0.1:%d/", s.port);
	assert_fails(&(struct fetch){.url = url}, "fetch.tls");
}

static void test_deadline(void **state)
{
	cleanup(fake_stop) struct fake s;
	struct fetch f;
	msec t;

	(void)state;
	fake_start_unix(&s,
		ROUTES({.match = "/silent", .raw = "", .hold = true},
			{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .hold = true}),
		2);
	f = to(&s);
	f.total_ms = 60;
	t = clock_mono();
	assert_fails(&f, "fetch.timeout");
	assert_true(clock_mono() - t >= 60);
	f.url = "http://localhost/silent";
	assert_fails(&f, "fetch.timeout");
	f.total_ms = -1;
	f.silence_ms = 60;
	assert_fails(&f, "fetch.timeout");
	f.url = "http://localhost/half";
	assert_fails(&f, "fetch.timeout");
}

static void test_broken(void **state)
{
	static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"garbage that is no HTTP at all\r\n\r\n", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		cleanup(fake_stop) struct fake s;
		struct fetch f;

		fake_start_unix(&s, ONE(.raw = answers[i]));
		f = to(&s);
		assert_fails(&f, "fetch.broken");
	}
}

static void test_too_large(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = OK("12345", "5")));
	f = to(&s);
	f.max_bytes = 4;
	assert_fails(&f, "fetch.too_large");
	f.max_bytes = 5;
	assert_int_equal(fetch_run(&f, &a, &why), 0);
}

static void test_default_cap(void **state)
{
	size_t n = 9u * 1024 * 1024;
	autofree char *huge = xcalloc(1, n);
	cleanup(fake_stop) struct fake s;
	struct fetch f;
	int head = snprintf(huge, n, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);

	(void)state;
	assert_true(head > 0);
	fake_start_unix(&s, ONE(.raw = huge, .len = n));
	f = to(&s);
	assert_fails(&f, "fetch.too_large");
}

struct taken {
	struct buf b;
	size_t stop_at;
};

static int take_data(void *ctx, const char *data, size_t len)
{
	struct taken *t = ctx;

	buf_add(&t->b, data, len);
	return t->stop_at && t->b.len >= t->stop_at;
}

static void test_stream(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct taken t = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(&s,
		ROUTES({.match = "/no", .raw = "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"},
			{.raw = OK("hello", "5"), .piece = 1}),
		2);
	f = to(&s);
	f.on_data = take_data;
	f.ctx = &t;
	assert_int_equal(fetch_run(&f, &a, NULL), 0);
	assert_string_equal(t.b.data, "hello");
	assert_int_equal(a.body.len, 0);
	f.url = "http://localhost/no"; /* collected, not streamed */
	fetch_answer_free(&a);
	assert_int_equal(fetch_run(&f, &a, NULL), 0);
	assert_string_equal(a.body.data, "no");
	assert_int_equal(t.b.len, 5);
	f.url = "http://localhost/stop";
	t.stop_at = 7;
	assert_fails(&f, "fetch.cancelled");
	buf_free(&t.b);
}

struct visit {
	int pieces, quiet;
};

static int leave_when_quiet(void *ctx, const char *data, size_t len)
{
	struct visit *v = ctx;

	(void)data;
	if (len)
		v->pieces++;
	else
		v->quiet++;
	return v->quiet == 2;
}

static void test_a_quiet_stream_asks_its_reader(void **state)
{
	cleanup(fake_stop) struct fake s;
	struct visit v = {0};
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = "HTTP/1.1 200 OK\r\n\r\nx", .hold = true));
	f = to(&s);
	f.total_ms = -1;
	f.on_data = leave_when_quiet;
	f.ctx = &v;
	assert_fails(&f, "fetch.cancelled");
	assert_int_equal(v.pieces, 1);
}

static void test_cancel(void **state)
{
	cleanup(fake_stop) struct fake s;
	struct fake_cancel c;
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = "HTTP/1.1 200 OK\r\n\r\nx", .hold = true));
	f = to(&s);
	f.total_ms = -1;
	f.cancel = &c.flag;
	fake_cancel_start(&c, 20);
	assert_fails(&f, "fetch.cancelled");
	fake_cancel_join(&c);
	/* the contract says 200 ms; the rest is for a busy machine */
	assert_true(clock_mono() - c.at < 1000);
	assert_fails(&f, "fetch.cancelled"); /* set before the call */
	assert_int_equal(s.n_requests, 1);
}

/* One thread keeps its connection for GET; everything that changes something gets a fresh one. */
static void test_connection_reuse(void **state)
{
	cleanup(fake_stop) struct fake s;
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = OK("hello", "5"), .keep = true));
	f = to(&s);
	for (int i = 0; i < 3; i++) {
		autoanswer struct fetch_answer a = {0};

		assert_int_equal(fetch_run(&f, &a, &why), 0);
	}
	assert_int_equal(s.n_conns, 1);
	f.method = "POST";
	for (int i = 0; i < 2; i++) {
		autoanswer struct fetch_answer a = {0};

		assert_int_equal(fetch_run(&f, &a, &why), 0);
	}
	assert_int_equal(s.n_conns, 3);
	assert_int_equal(s.n_requests, 5);
}

static void test_kept_connection_that_died(void **state)
{
	cleanup(fake_stop) struct fake s;
	struct fetch f;

	(void)state;
	/* says nothing of closing, and closes */
	fake_start_unix(&s, ONE(.raw = OK("hello", "5")));
	f = to(&s);
	for (int i = 0; i < 5; i++) {
		autoanswer struct fetch_answer a = {0};

		assert_int_equal(fetch_run(&f, &a, &why), 0);
		assert_string_equal(a.body.data, "hello");
	}
}

struct nested {
	struct fake *s;
	int calls;
};

static int call_inside(void *ctx, const char *data, size_t len)
{
	struct nested *n = ctx;
	struct fetch f = to(n->s);
	autoanswer struct fetch_answer a = {0};

	(void)data;
	(void)len;
	n->calls++;
	return fetch_run(&f, &a, NULL) || strcmp(a.body.data, "hello");
}

static void test_call_inside_a_stream(void **state)
{
	cleanup(fake_stop) struct fake s;
	autoanswer struct fetch_answer a = {0};
	struct nested n = {.s = &s};
	struct fetch f;

	(void)state;
	fake_start_unix(&s, ONE(.raw = OK("hello", "5")));
	f = to(&s);
	f.on_data = call_inside;
	f.ctx = &n;
	assert_int_equal(fetch_run(&f, &a, &why), 0);
	assert_true(n.calls > 0);
}

static void *thread_calls(void *arg)
{
	struct fetch f = to(arg);

	for (int i = 0; i < 20; i++) {
		autoanswer struct fetch_answer a = {0};

		if (fetch_run(&f, &a, NULL) || strcmp(a.body.data, "hello"))
			return arg;
	}
	return NULL;
}

static void test_threads(void **state)
{
	cleanup(fake_stop) struct fake s;
	pthread_t t[4];
	void *bad;

	(void)state;
	fake_start_unix(&s, ONE(.raw = OK("hello", "5"), .keep = true));
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, thread_calls, &s), 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], &bad);
		assert_null(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_empty_post_has_length),
		cmocka_unit_test(test_bad_status_is_no_error),
		cmocka_unit_test(test_redirect_is_not_followed),
		cmocka_unit_test(test_environment_proxy_is_ignored),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_not_spoken),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_default_cap),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_a_quiet_stream_asks_its_reader),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_connection_reuse),
		cmocka_unit_test(test_kept_connection_that_died),
		cmocka_unit_test(test_call_inside_a_stream),
		cmocka_unit_test(test_threads),
	};

	fetch_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
