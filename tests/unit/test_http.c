/* io/http: requests, bodies, answers, streams, and the start of the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/http.h"
#include "unit/raw_http.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

static struct http_server *server;
static int port;
static atomic_int stream_ended; /* 1: the handler saw its peer leave */
static atomic_bool stream_began;

static void say(struct http_req *req, const char *text)
{
	http_reply(req, 200, "text/plain", NULL, text ? text : "(none)",
		strlen(text ? text : "(none)"));
}

static void answer_body(struct http_req *req)
{
	const char *body;
	autofree char *text = NULL;
	size_t len;
	struct err e;

	if (http_body(req, &body, &len, &e))
		text = xasprintf("%s", e.code);
	else
		text = xasprintf("%zu:%.20s", len, body);
	say(req, text);
}

static int on_piece(void *ctx, const char *bytes, size_t len, struct err *e)
{
	size_t *total = ctx;

	*total += len;
	if (memchr(bytes, '!', len))
		return err_set(e, ERR_INPUT, "test.enough", "Enough.");
	return len <= 65536 ? 0 : err_set(e, ERR_INTERNAL, "test.large", "A large piece.");
}

/* A body of any length, as it comes. */
static void answer_pieces(struct http_req *req)
{
	autofree char *text = NULL;
	size_t total = 0;
	struct err e;

	if (http_body_pieces(req, on_piece, &total, &e))
		text = xasprintf("%s", e.code);
	else
		text = xasprintf("%zu of %lld", total, (long long)http_length(req));
	say(req, text);
}

static void answer_stream(struct http_req *req, bool idle)
{
	http_stream_begin(req, "text/event-stream");
	http_stream_write(req, "one\n", 4);
	atomic_store(&stream_began, true);
	if (!idle) {
		http_stream_write(req, "", 0);
		http_stream_write(req, "two\n", 4);
		http_stream_end(req);
		return;
	}
	while (http_stream_alive(req))
		clock_sleep(5);
	atomic_store(&stream_ended, http_stream_write(req, "x", 1) == -1 ? 1 : 2);
}

static void handle(void *ctx, struct http_req *req)
{
	const char *path = http_path(req);
	const struct http_header evil[] = {
		{"X-Text", "a\r\nSet-Cookie: b=c"}, {"Cache-Control", "no-cache"}, {NULL, NULL}};
	autofree char *text = NULL;

	assert_ptr_equal(ctx, &server);
	if (!strcmp(path, "/body"))
		answer_body(req);
	else if (!strcmp(path, "/pieces"))
		answer_pieces(req);
	else if (!strcmp(path, "/stream") || !strcmp(path, "/idle"))
		answer_stream(req, path[1] == 'i');
	else if (!strcmp(path, "/query"))
		say(req, text = http_query(req, "q"));
	else if (!strcmp(path, "/cookie"))
		say(req, text = http_cookie(req, "sid"));
	else if (!strcmp(path, "/header"))
		say(req, http_header(req, "x-asked"));
	else if (!strcmp(path, "/address"))
		say(req, http_address(req));
	else if (!strcmp(path, "/evil"))
		http_reply(req, 200, "text/plain", evil, "", 0);
	else if (!strcmp(path, "/empty"))
		http_reply(req, 204, NULL, NULL, NULL, 0);
	else if (!strcmp(path, "/same"))
		http_reply(req, 304, NULL, NULL, NULL, 0);
	else if (!strcmp(path, "/twice"))
		say(req, "first"), say(req, "second");
	else if (strcmp(path, "/silent"))
		say(req, path);
}

static void on_error(void *ctx, struct http_req *req, int status, const char *what)
{
	autofree char *text = xasprintf("E %s", what);

	(void)ctx;
	http_reply(req, status, "text/plain", NULL, text, strlen(text));
}

static int start(void **state)
{
	struct http_config c = {.listen = "127.0.0.1:0",
		.threads = 4,
		.timeout_ms = 1500,
		.body_cap = 1000,
		.handle = handle,
		.on_error = on_error,
		.ctx = &server};
	struct err e;

	(void)state;
	if (http_start(&c, &server, &e)) {
		fprintf(stderr, "%s: %s\n", e.code, e.message);
		return -1;
	}
	port = http_port(server);
	return port > 0 ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	http_stop(server);
	return 0;
}

/* Sends one request without keep-alive; owned by the caller. */
static char *ask(const char *method, const char *target, const char *more)
{
	autofree char *text = xasprintf(
		"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method, target, more);

	return raw_exchange(port, text, strlen(text));
}

static void check(const char *target, const char *more, int status, const char *body)
{
	autofree char *a = ask("GET", target, more);

	assert_int_equal(raw_status(a), status);
	assert_string_equal(raw_body(a), body);
}

/* ---- requests ---- */

static void test_paths(void **state)
{
	(void)state;
	check("/", "", 200, "/");
	check("/a/b", "", 200, "/a/b");
	check("//a///b//", "", 200, "/a/b/");
	check("/x//app.css?q=1", "", 200, "/x/app.css");
	check("/a%20b%C3%A9", "", 200, "/a b\xc3\xa9");
	check("/%2561", "", 200, "/%61"); /* decoded once */
	check("/a..b/..c/.d", "", 200, "/a..b/..c/.d");
	check("/a+b", "", 200, "/a+b");
}

static void test_hostile_paths(void **state)
{
	static const char *const bad[] = {"/..", "/../etc/passwd", "/a/../b", "/a/./b", "/.",
		"/%2e%2e/x", "/a/%2e%2e", "/a%2f..%2fb", "/a%00b", "/a%0ab", "/a%7f", "/a\\b",
		"/a%5cb", "/a%", "/a%4", "/a%zz", "/%2e"};
	autofree char *longest = xcalloc(1, 1026);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		autofree char *a = ask("GET", bad[i], "");

		if (raw_status(a) != 400)
			fail_msg("%s: %s", bad[i], a);
		assert_memory_equal(raw_body(a), "E The path", 10);
	}
	memset(longest, 'a', 1025);
	longest[0] = '/';
	check(longest, "", 400, "E The path is longer than 1024 bytes.");
}

static void test_query(void **state)
{
	(void)state;
	check("/query?q=a", "", 200, "a");
	check("/query?p=1&q=a%20b+c&q=second", "", 200, "a b c");
	check("/query?q", "", 200, "");
	check("/query?q=", "", 200, "");
	check("/query?qq=1&xq=2", "", 200, "(none)");
	check("/query", "", 200, "(none)");
	check("/query?q=%00", "", 200, "(none)");
	check("/query?q=%", "", 200, "(none)");
	check("/query?&&&q=z&", "", 200, "z");
	check("/query?q=a=b?c", "", 200, "a=b?c");
}

static void test_headers_and_cookies(void **state)
{
	(void)state;
	check("/header", "X-Asked: yes\r\n", 200, "yes");
	check("/header", "", 200, "(none)");
	check("/cookie", "Cookie: a=b; sid=secret; c=d\r\n", 200, "secret");
	check("/cookie", "Cookie: sid=secret\r\n", 200, "secret");
	check("/cookie", "Cookie: xsid=1; sidx=2\r\n", 200, "(none)");
	check("/cookie", "Cookie: sid\r\n", 200, "(none)");
	check("/cookie", "Cookie: ;;; =; sid=\r\n", 200, "");
	check("/address", "", 200, "127.0.0.1");
}

static void test_ambiguous_headers_are_refused(void **state)
{
	(void)state;
	check("/", "Host: y\r\n", 400, "E A header that may come once came twice.");
	check("/", "Content-Length: 0\r\nContent-Length: 0\r\n", 400,
		"E A header that may come once came twice.");
	check("/", "Content-Length: 0x\r\n", 400, "E Content-Length is not a number.");
	check("/", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400,
		"E Content-Length and Transfer-Encoding exclude each other.");
}

static char *send_pieces(size_t said, size_t sent, const char *more)
{
	autofree char *body = xcalloc(1, sent + 1), *text = NULL;

	memset(body, 'x', sent);
	text = xasprintf("POST /pieces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			 "Content-Length: %zu\r\n%s\r\n%s",
		said, more, body);
	return raw_exchange(port, text, strlen(text));
}

static void test_a_long_body_comes_in_pieces(void **state)
{
	static const char two[] = "POST /pieces HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
				  "GET /again HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	autofree char *whole = send_pieces(300000, 300000, "");
	autofree char *cut = send_pieces(300000, 70000, "");
	autofree char *go_on = send_pieces(10, 10, "Expect: 100-continue\r\n");
	autofree char *both = raw_exchange(port, two, strlen(two));

	(void)state;
	assert_string_equal(raw_body(whole), "300000 of 300000");
	assert_string_equal(raw_body(cut), "input.incomplete");
	assert_memory_equal(go_on, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ", 38);
	assert_non_null(strstr(both, "3 of 3"));
	assert_non_null(strstr(both, "/again")); /* the connection lives on */
	check("/pieces", "", 200, "0 of 0");
	check("/pieces", "Content-Length: 5\r\n\r\nab!cd", 200, "test.enough");
}

static void test_malformed_requests(void **state)
{
	static const char *const bad[] = {
		"\x01\x02\x03\r\n\r\n",
		"GET\r\n\r\n",
		"GET /\r\n\r\n",
		"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/3.7\r\nHost: x\r\n\r\n",
		"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET nonsense HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		autofree char *a = raw_exchange(port, bad[i], strlen(bad[i]));
		autofree char *closing = raw_header(a, "Connection");
		autofree char *sniff = raw_header(a, "X-Content-Type-Options");

		if (raw_status(a) < 400 || raw_status(a) > 505)
			fail_msg("%s: %s", bad[i], a);
		assert_memory_equal(raw_body(a), "E ", 2);
		assert_string_equal(closing, "close");
		assert_string_equal(sniff, "nosniff");
	}
}

static void test_huge_header(void **state)
{
	autofree char *text = xcalloc(1, 20001);

	(void)state;
	memset(text, 'a', 20000);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	autofree char *a = raw_exchange(port, text, 20000);
	/* the rest of the header is unread, so the answer may be lost in a reset, but nothing else
	 */
	assert_true(raw_status(a) == 400 || !*a);
}

/* ---- bodies ---- */

static void test_bodies(void **state)
{
	autofree char *a = ask("POST", "/body", "Content-Length: 5\r\n\r\nhello");
	autofree char *b = ask("POST", "/body",
		"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n");
	autofree char *c = ask("POST", "/body", "Content-Length: 0\r\n");
	autofree char *d = ask("POST", "/body", "");

	(void)state;
	assert_memory_equal(raw_body(a), "5:hello", 7);
	assert_string_equal(raw_body(b), "11:hello world");
	assert_string_equal(raw_body(c), "0:");
	assert_string_equal(raw_body(d), "0:");
}

static void test_body_cap(void **state)
{
	autofree char *exact = xcalloc(1, 1101), *head = NULL, *chunk = NULL;

	(void)state;
	memset(exact, 'b', 1000);
	head = xasprintf("Content-Length: 1000\r\n\r\n%s", exact);
	autofree char *a = ask("POST", "/body", head);
	assert_memory_equal(raw_body(a), "1000:bbbb", 9);
	free(head);
	head = xasprintf("Content-Length: 1001\r\n\r\n%sb", exact);
	autofree char *b = ask("POST", "/body", head);
	assert_string_equal(raw_body(b), "input.too_large");
	chunk = xasprintf("Transfer-Encoding: chunked\r\n\r\n3e8\r\n%s\r\n1\r\nb\r\n0\r\n", exact);
	autofree char *c = ask("POST", "/body", chunk);
	assert_string_equal(raw_body(c), "input.too_large");
	/* and nobody waits for gigabytes that were only announced */
	autofree char *d =
		ask("POST", "/", "Content-Length: 99999999999\r\nExpect: 100-continue\r\n");
	autofree char *closing = raw_header(d, "Connection");
	assert_string_equal(raw_body(d), "/");
	assert_string_equal(closing, "close");
}

static void test_broken_bodies(void **state)
{
	static const char cut[] =
		"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello";
	int fd = raw_connect(port);
	autofree char *b =
		ask("POST", "/body", "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n");

	(void)state;
	raw_send(fd, cut, sizeof(cut) - 1);
	shutdown(fd, SHUT_WR);
	autofree char *a = raw_read_all(fd);
	close(fd);
	assert_string_equal(raw_body(a), "input.incomplete");
	assert_string_equal(raw_body(b), "input.incomplete");
}

static void test_expect_continue(void **state)
{
	static const char head[] = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
				   "Connection: close\r\nExpect: 100-continue\r\n\r\n";
	int fd = raw_connect(port);
	char go_on[26] = "";

	(void)state;
	raw_send(fd, head, sizeof(head) - 1);
	assert_int_equal(recv(fd, go_on, 25, MSG_WAITALL), 25);
	assert_string_equal(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
	raw_send(fd, "hello", 5);
	autofree char *a = raw_read_all(fd);
	close(fd);
	assert_string_equal(raw_body(a), "5:hello");
}

/* ---- answers ---- */

static void test_every_answer_carries_the_headers(void **state)
{
	static const char *const targets[] = {"/", "/empty", "/same", "/silent", "/stream", "/%"};
	static const char *const wanted[][2] = {
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cache-Control", "no-store"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Content-Security-Policy",
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
			"data:; "
			"connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'self'; "
			"frame-ancestors 'self'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(targets); i++) {
		autofree char *a = ask("GET", targets[i], "Origin: http://evil.example\r\n");
		autofree char *name = raw_header(a, "Server");
		autofree char *cors = raw_header(a, "Access-Control-Allow-Origin");

		assert_null(name);
		assert_null(cors);
		for (size_t k = 0; k < COUNT(wanted); k++) {
			autofree char *have = raw_header(a, wanted[k][0]);

			assert_non_null(have);
			/* a proxy on the way must not collect a stream to pack it */
			if (!strcmp(targets[i], "/stream") &&
				!strcmp(wanted[k][0], "Cache-Control"))
				assert_string_equal(have, "no-store, no-transform");
			else
				assert_string_equal(have, wanted[k][1]);
		}
	}
}

static void test_header_values_cannot_split(void **state)
{
	autofree char *a = ask("GET", "/evil", "");
	autofree char *text = raw_header(a, "X-Text"), *cookie = raw_header(a, "Set-Cookie");
	autofree char *cache = raw_header(a, "Cache-Control");

	(void)state;
	assert_string_equal(text, "a??Set-Cookie: b=c");
	assert_null(cookie);
	assert_string_equal(cache, "no-cache");
	assert_null(strstr(a, "no-store"));
}

static void test_answers_without_body(void **state)
{
	autofree char *empty = ask("GET", "/empty", ""), *same = ask("GET", "/same", "");
	autofree char *head = ask("HEAD", "/abc", ""), *length = raw_header(head, "Content-Length");

	(void)state;
	assert_int_equal(raw_status(empty), 204);
	assert_string_equal(raw_body(empty), "");
	assert_null(strstr(empty, "Content-Length"));
	assert_int_equal(raw_status(same), 304);
	assert_string_equal(raw_body(same), "");
	assert_int_equal(raw_status(head), 200);
	assert_string_equal(raw_body(head), "");
	assert_string_equal(length, "4");
}

static void test_one_answer_each(void **state)
{
	(void)state;
	check("/twice", "", 200, "first");
	check("/silent", "", 500, "E Nobody answered this request.");
}

static void test_foreign_methods_get_no_help(void **state)
{
	autofree char *a = ask("OPTIONS", "/",
		"Origin: http://evil.example\r\nAccess-Control-Request-Method: PUT\r\n");
	autofree char *cors = raw_header(a, "Access-Control-Allow-Methods");

	(void)state;
	assert_int_equal(raw_status(a), 200); /* the handler's own */
	assert_string_equal(raw_body(a), "/");
	assert_null(cors);
}

static void test_keep_alive(void **state)
{
	static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char post[] =
		"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
	static const char old[] = "GET /old HTTP/1.0\r\nHost: x\r\n\r\n";
	int fd = raw_connect(port);

	(void)state;
	for (int i = 0; i < 3; i++) {
		raw_send(fd, i == 1 ? post : get, i == 1 ? sizeof(post) - 1 : sizeof(get) - 1);
		autofree char *a = raw_read_one(fd, false);
		autofree char *c = raw_header(a, "Connection");

		assert_string_equal(raw_body(a), i == 1 ? "/unread" : "/a");
		assert_string_equal(c, "keep-alive");
	}
	raw_send(fd, old, sizeof(old) - 1);
	autofree char *last = raw_read_all(fd);
	assert_string_equal(raw_body(last), "/old");
	close(fd);
}

/* ---- streams ---- */

static void test_stream(void **state)
{
	static const char old[] = "GET /stream HTTP/1.0\r\nHost: x\r\n\r\n";
	autofree char *a = ask("GET", "/stream", ""), *b = raw_exchange(port, old, sizeof(old) - 1);
	autofree char *head = ask("HEAD", "/stream", "");

	(void)state;
	assert_string_equal(raw_body(a), "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n");
	assert_string_equal(raw_body(b), "one\ntwo\n");
	assert_string_equal(raw_body(head), "");
	assert_int_equal(raw_status(head), 200);
}

static int open_idle_stream(void)
{
	static const char get[] = "GET /idle HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = raw_connect(port);

	atomic_store(&stream_began, false);
	atomic_store(&stream_ended, 0);
	raw_send(fd, get, sizeof(get) - 1);
	for (int i = 0; i < 1000 && !atomic_load(&stream_began); i++)
		clock_sleep(5);
	assert_true(atomic_load(&stream_began));
	return fd;
}

static void test_idle_stream_notices_the_end(void **state)
{
	int fd = open_idle_stream();

	(void)state;
	clock_sleep(30);
	assert_int_equal(atomic_load(&stream_ended), 0); /* still there */
	close(fd);
	for (int i = 0; i < 1000 && !atomic_load(&stream_ended); i++)
		clock_sleep(5);
	assert_int_equal(atomic_load(&stream_ended), 1);
}

static void test_stop_ends_streams(void **state)
{
	int fd = open_idle_stream();

	stop(state);
	assert_int_equal(atomic_load(&stream_ended), 1);
	close(fd);
	assert_int_equal(start(state), 0);
}

/* ---- start ---- */

static void expect_start_error(const char *listen, const char *code)
{
	struct http_config c = {
		.listen = listen, .threads = 1, .handle = handle, .on_error = on_error};
	struct http_server *s = NULL;
	struct err e = {0};

	assert_int_equal(http_start(&c, &s, &e), -1);
	if (strcmp(e.code, code))
		fail_msg("%s: %s %s", listen, e.code, e.message);
	assert_null(s);
}

static void test_taken_port_and_bad_addresses(void **state)
{
	static const char *const bad[] = {"", "8787", ":8787", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:80x", "127.0.0.1:65536", "127.0.0.1:-1",
		"nas.example:80", "[::1:80", "127.0.0.1:80,0.0.0.0:81", "203.0.113.7:0"};
	autofree char *taken = xasprintf("127.0.0.1:%d", port);

	(void)state;
	expect_start_error(taken, "http.port_taken");
	for (size_t i = 0; i < COUNT(bad); i++)
		expect_start_error(bad[i], "http.address");
}

static void test_ipv6_and_any(void **state)
{
	static const char *const good[] = {"0.0.0.0:0", "localhost:0", "[::]:0", "[::1]:0"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct http_config c = {.listen = good[i],
			.threads = 1,
			.handle = handle,
			.on_error = on_error,
			.ctx = &server};
		struct http_server *s = NULL;
		struct err e = {0};

		if (http_start(&c, &s, &e)) {
			/* a build may lack IPv6, but then it must say so */
			if (i < 2 || strcmp(e.code, "http.no_ipv6"))
				fail_msg("%s: %s", good[i], e.message);
			continue;
		}
		assert_in_range(http_port(s), 1, 65535);
		if (i < 3) { /* the address that the peer is told is IPv4's own */
			static const char get[] = "GET /address HTTP/1.0\r\nHost: x\r\n\r\n";
			autofree char *a = raw_exchange(http_port(s), get, sizeof(get) - 1);

			assert_string_equal(raw_body(a), "127.0.0.1");
		}
		http_stop(s);
	}
}

/* Every thread of the server blocks every signal that can be blocked; SIGCHLD stays as it was. */
static void test_signals(void **state)
{
	autodir DIR *dir = opendir("/proc/self/task");
	struct sigaction child;
	struct dirent *d;
	int checked = 0;

	(void)state;
	sigaction(SIGCHLD, NULL, &child);
	assert_true(child.sa_handler == SIG_DFL);
	while ((d = readdir(dir))) {
		autofree char *path = xasprintf("/proc/self/task/%s/status", d->d_name);
		autofile FILE *f = d->d_name[0] == '.' ? NULL : fopen(path, "re");
		char line[200];
		unsigned long long blocked = 0;

		if (!f || atoi(d->d_name) == getpid())
			continue;
		while (fgets(line, sizeof(line), f))
			if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
				break;
		assert_true(blocked & 1ull << (SIGTERM - 1));
		assert_true(blocked & 1ull << (SIGINT - 1));
		checked++;
	}
	assert_true(checked >= 5); /* master and four workers */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_hostile_paths),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_headers_and_cookies),
		cmocka_unit_test(test_ambiguous_headers_are_refused),
		cmocka_unit_test(test_a_long_body_comes_in_pieces),
		cmocka_unit_test(test_malformed_requests),
		cmocka_unit_test(test_huge_header),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_body_cap),
		cmocka_unit_test(test_broken_bodies),
		cmocka_unit_test(test_expect_continue),
		cmocka_unit_test(test_every_answer_carries_the_headers),
		cmocka_unit_test(test_header_values_cannot_split),
		cmocka_unit_test(test_answers_without_body),
		cmocka_unit_test(test_one_answer_each),
		cmocka_unit_test(test_foreign_methods_get_no_help),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_idle_stream_notices_the_end),
		cmocka_unit_test(test_stop_ends_streams),
		cmocka_unit_test(test_taken_port_and_bad_addresses),
		cmocka_unit_test(test_ipv6_and_any),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
