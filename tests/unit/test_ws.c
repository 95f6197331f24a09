/* WebSocket connections against a server that sends exactly the bytes it is told to. */
#include "io/ws.h"

#include "base/buf.h"
#include "base/thread.h"
#include "io/crypto.h"
#include "io/fetch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define PATIENCE_MS 20000

/* ---- the server: one connection, one script ---- */

struct server {
	int listen_fd, port;
	pthread_t thread;
	const char *head;   /* sent instead of the right answer, or NULL */
	const void *frames; /* sent after it, in one piece with it when `glued` */
	size_t len;
	bool glued, hang_up, deaf; /* deaf: never reads again */
	atomic_bool stop;
	char request[4096];
	struct buf got; /* after the request; read when the thread has ended */
};

static void read_request(struct server *s, int fd)
{
	size_t n = 0;
	ssize_t k;

	while (n < sizeof(s->request) - 1 && !strstr(s->request, "\r\n\r\n") &&
		(k = read(fd, s->request + n, sizeof(s->request) - 1 - n)) > 0)
		n += (size_t)k;
}

static void right_answer(const struct server *s, struct buf *b)
{
	const char *key = strstr(s->request, "Sec-WebSocket-Key: ");
	autofree char *text =
		xasprintf("%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key ? key + 19 : "");
	char accept_value[CRYPTO_SHA1_BASE64];

	crypto_sha1_base64(text, strlen(text), accept_value);
	buf_printf(b,
		"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
		"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept:  %s \r\n\r\n",
		accept_value);
}

static void write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;
	ssize_t n;

	for (; len && (n = send(fd, p, len, MSG_NOSIGNAL)) > 0; len -= (size_t)n)
		p += n;
}

static void serve(struct server *s, int fd)
{
	autobuf struct buf out = {0};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char piece[4096];
	ssize_t n;

	read_request(s, fd);
	if (s->head)
		buf_puts(&out, s->head);
	else
		right_answer(s, &out);
	if (s->glued)
		buf_add(&out, s->frames, s->len);
	write_all(fd, out.data, out.len);
	if (!s->glued)
		write_all(fd, s->frames, s->len);
	if (s->hang_up)
		return;
	while (s->deaf && !s->stop)
		clock_sleep(20);
	/* told to stop, it still takes what has come */
	while (!s->deaf) {
		if (poll(&p, 1, 20) == 0) {
			if (s->stop)
				return;
			continue;
		}
		n = read(fd, piece, sizeof(piece));
		if (n <= 0)
			return;
		buf_add(&s->got, piece, (size_t)n);
	}
}

static void *run_server(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->listen_fd, NULL, NULL);

	if (fd >= 0) {
		serve(s, fd);
		close(fd);
	}
	return NULL;
}

static void server_start(struct server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct err e;
	int small = 4096;

	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->listen_fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(s->listen_fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s->listen_fd, 4), 0);
	assert_int_equal(getsockname(s->listen_fd, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(thread_start(&s->thread, "server", run_server, s, &e), 0);
}

static void server_stop(struct server *s)
{
	s->stop = true;
	shutdown(s->listen_fd, SHUT_RDWR);
	close(s->listen_fd);
	pthread_join(s->thread, NULL);
}

/* ---- the client ---- */

struct client {
	struct ws_hub *hub;
	struct ws *ws;
	struct buf texts; /* messages, each with a line end */
	enum ws_state state;
	struct err why;
};

static void on_text(void *ctx, const char *text, size_t len)
{
	struct client *c = ctx;

	assert_int_equal(text[len], 0);
	buf_add(&c->texts, text, len);
	buf_puts(&c->texts, "\n");
}

static void client_open(struct client *c, int port, size_t max)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/api?x=1", port);
	struct ws_config config = {.url = url,
		.origin = "http://localhost",
		.max_bytes = max,
		.on_text = on_text,
		.ctx = c};

	*c = (struct client){.hub = ws_hub_new()};
	c->ws = ws_open(c->hub, &config);
}

static void client_free(struct client *c)
{
	ws_free(c->ws);
	ws_hub_free(c->hub);
	buf_free(&c->texts);
}

static void turn(struct client *c)
{
	ws_hub_wait(c->hub, 50);
	if (c->state != WS_ENDED)
		c->state = ws_run(c->ws, &c->why);
}

static void until_state(struct client *c, enum ws_state want)
{
	msec end = clock_mono() + PATIENCE_MS;

	while (c->state != want) {
		if (c->state == WS_ENDED)
			fail_msg("it ended: %s %s", c->why.code, c->why.message);
		assert_true(clock_mono() < end);
		turn(c);
	}
}

static void until_text(struct client *c, const char *texts)
{
	msec end = clock_mono() + PATIENCE_MS;

	while (!c->texts.data || strcmp(c->texts.data, texts)) {
		assert_true(clock_mono() < end);
		turn(c);
	}
}

/* Serves one script and expects the connection to end with a code. */
static void expect_end(struct server s, size_t max, const char *code)
{
	struct client c;

	server_start(&s);
	client_open(&c, s.port, max);
	until_state(&c, WS_ENDED);
	if (strcmp(c.why.code, code))
		fail_msg("%s instead of %s: %s", c.why.code, code, c.why.message);
	assert_true(*c.why.message);
	client_free(&c);
	server_stop(&s);
	buf_free(&s.got);
}

/* ---- tests ---- */

static void texts_go_both_ways(void **state)
{
	struct server s = {.frames = "\x81\x05hello", .len = 7};
	const unsigned char *f;
	struct client c;

	(void)state;
	server_start(&s);
	client_open(&c, s.port, 0);
	until_text(&c, "hello\n");
	ws_send(c.ws, "abc", 3);
	ws_send(c.ws, "abc", 3);
	turn(&c);
	client_free(&c); /* with goodbye */
	while (s.got.len < 26 && !s.stop) {
		server_stop(&s);
		break;
	}
	assert_non_null(strstr(s.request, "GET /api?x=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(s.request, "\r\nOrigin: http://localhost\r\n"));
	assert_null(strstr(s.request, "Extensions"));
	/* two texts and a close with its code, all masked, no mask like another */
	assert_int_equal(s.got.len, 9 + 9 + 8);
	f = (const unsigned char *)s.got.data;
	for (int i = 0; i < 2; i++, f += 9) {
		assert_int_equal(f[0], 0x81);
		assert_int_equal(f[1], 0x83);
		for (int k = 0; k < 3; k++)
			assert_int_equal(f[6 + k] ^ f[2 + k], "abc"[k]);
	}
	assert_int_equal(f[0], 0x88);
	assert_int_equal(f[1], 0x82);
	assert_int_equal((f[6] ^ f[2]) << 8 | (f[7] ^ f[3]), 1000);
	assert_memory_not_equal(s.got.data + 2, s.got.data + 11, 4);
	buf_free(&s.got);
}

static void frames_that_came_with_the_answer(void **state)
{
	struct server s = {.frames = "\x81\x01"
				     "a"
				     "\x81\x01"
				     "b",
		.len = 6,
		.glued = true};
	struct client c;

	(void)state;
	server_start(&s);
	client_open(&c, s.port, 0);
	until_text(&c, "a\nb\n");
	client_free(&c);
	server_stop(&s);
	buf_free(&s.got);
}

static void fragments_with_a_ping_between(void **state)
{
	static const char frames[] = "\x01\x02he"
				     "\x89\x01?"
				     "\x00\x01l"
				     "\x80\x02lo"
				     "\x82\x01x"
				     "\x81\x01!";
	struct server s = {.frames = frames, .len = sizeof(frames) - 1};
	struct client c;

	(void)state;
	server_start(&s);
	client_open(&c, s.port, 0);
	until_text(&c, "hello\n!\n"); /* the binary one is nobody's */
	client_free(&c);
	server_stop(&s);
	assert_int_equal((unsigned char)s.got.data[0], 0x8a); /* the pong, with the ping's text */
	assert_int_equal(s.got.data[6] ^ s.got.data[2], '?');
	buf_free(&s.got);
}

static void answers_that_are_no_upgrade(void **state)
{
	static const struct {
		const char *head, *code;
	} cases[] = {
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "ws.http"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "ws.http"},
		{"SSH-2.0-x\r\n\r\n", "ws.broken"},
		{"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		 "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
			"ws.broken"},
		{"HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "ws.broken"},
		{"\r\n\r\n", "ws.broken"},
	};
	autobuf struct buf endless = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_end(
			(struct server){.head = cases[i].head, .hang_up = true}, 0, cases[i].code);
	buf_puts(&endless, "HTTP/1.1 101 x\r\n");
	while (endless.len < 20000)
		buf_puts(&endless, "A: b\r\n");
	expect_end((struct server){.head = endless.data}, 0, "ws.broken");
	expect_end((struct server){.head = "HTTP/1.1 101 x\r\n", .hang_up = true}, 0, "ws.broken");
}

static void ends(void **state)
{
	(void)state;
	expect_end((struct server){.frames = "\x88\x02\x03\xe8", .len = 4}, 0, "ws.closed");
	expect_end((struct server){.frames = "\x88\x02\x03\xe8", .len = 4, .hang_up = true}, 0,
		"ws.closed");
	expect_end((struct server){.frames = "\x88\x00", .len = 2}, 0, "ws.closed");
	expect_end((struct server){.hang_up = true}, 0, "ws.broken");
	expect_end((struct server){.frames = "\x81\x7e\x00", .len = 3, .hang_up = true}, 0,
		"ws.broken");
}

static void what_is_no_websocket(void **state)
{
	static const struct {
		const char *frames;
		size_t len;
	} cases[] = {{"\xf1\x01x", 3} /* reserved bits */, {"\x83\x01x", 3} /* reserved opcode */,
		{"\x81\x81\x01\x02\x03\x04x", 7} /* masked by a server */,
		{"\x81\x02\xff\xfe", 4} /* no UTF-8 */, {"\x80\x01x", 3} /* nothing to continue */,
		{"\x89\x7e\x01\x00", 4} /* a long ping */, {"HTTP/1.1 200 OK\r\n", 17}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_end((struct server){.frames = cases[i].frames, .len = cases[i].len}, 0,
			"ws.broken");
}

static void messages_above_the_cap(void **state)
{
	static const char huge[] = "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xffx";
	static const char two[] = "\x01\x0a"
				  "0123456789"
				  "\x80\x0a"
				  "0123456789";

	(void)state;
	expect_end((struct server){.frames = huge, .len = sizeof(huge) - 1}, 0, "ws.too_large");
	expect_end((struct server){.frames = two, .len = sizeof(two) - 1}, 16, "ws.too_large");
}

static void a_message_of_a_megabyte(void **state)
{
	size_t len = 1024 * 1024;
	autofree char *frame = xcalloc(1, len + 10);
	struct server s = {.frames = frame, .len = len + 10};
	msec end = clock_mono() + PATIENCE_MS;
	struct client c;

	(void)state;
	memcpy(frame, "\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x00", 10);
	memset(frame + 10, 'x', len);
	server_start(&s);
	client_open(&c, s.port, 2 * len);
	while (c.texts.len < len) {
		assert_true(clock_mono() < end);
		turn(&c);
	}
	assert_int_equal(c.texts.len, len + 1);
	client_free(&c);
	server_stop(&s);
	buf_free(&s.got);
}

static void nobody_there(void **state)
{
	struct server s = {.hang_up = true};
	struct client c;

	(void)state;
	server_start(&s);
	server_stop(&s);
	client_open(&c, s.port, 0);
	until_state(&c, WS_ENDED);
	assert_string_equal(c.why.code, "ws.refused");
	client_free(&c);
}

/* A process in a network of its own, in which nobody listens; ends with the pipe. */
static pid_t other_network(int *ret_end)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int ready[2], end[2], fd;
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC) | pipe2(end, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		close(end[1]);
		fd = unshare(CLONE_NEWNET) ? -1 : socket(AF_INET, SOCK_DGRAM, 0);
		if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) || write(ready[1], &c, 1) != 1)
			_exit(1);
		_exit(read(end[0], &c, 1) < 0);
	}
	close(ready[1]);
	close(end[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	*ret_end = end[1];
	return pid;
}

static void open_from(struct client *c, int port, int pid)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/api", port);
	struct ws_config config = {.url = url, .on_text = on_text, .ctx = c, .netns_pid = pid};

	*c = (struct client){.hub = ws_hub_new()};
	c->ws = ws_open(c->hub, &config);
}

static void from_another_network(void **state)
{
	struct server s = {0};
	struct client c;
	int end;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip(); /* entering another network is for root */
	pid = other_network(&end);
	server_start(&s);
	open_from(&c, s.port, pid);
	until_state(&c, WS_ENDED); /* not there */
	assert_string_equal(c.why.code, "ws.refused");
	client_free(&c);
	open_from(&c, s.port, getpid());
	until_state(&c, WS_OPEN); /* here it is, and we are back */
	client_free(&c);
	server_stop(&s);
	buf_free(&s.got);
	close(end);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	open_from(&c, s.port, pid);
	until_state(&c, WS_ENDED); /* a process that is gone has no network */
	assert_string_equal(c.why.code, "ws.refused");
	client_free(&c);
}

static void no_such_name(void **state)
{
	struct ws_config config = {.url = "http://name.invalid/api", .on_text = on_text};
	struct client c = {.hub = ws_hub_new()};

	(void)state;
	c.ws = ws_open(c.hub, &config);
	until_state(&c, WS_ENDED);
	/* without any name server it is the time that is over */
	if (strcmp(c.why.code, "ws.timeout"))
		assert_string_equal(c.why.code, "ws.dns");
	client_free(&c);
	c = (struct client){.hub = ws_hub_new()};
	config.url = "ftp://x/";
	c.ws = ws_open(c.hub, &config);
	until_state(&c, WS_ENDED);
	assert_string_equal(c.why.code, "ws.address");
	client_free(&c);
}

static void a_peer_that_does_not_read(void **state)
{
	struct server s = {.deaf = true};
	static char text[65000];
	msec end = clock_mono() + PATIENCE_MS;
	struct client c;

	(void)state;
	memset(text, 'x', sizeof(text));
	server_start(&s);
	client_open(&c, s.port, 0);
	until_state(&c, WS_OPEN);
	while (c.state == WS_OPEN) {
		assert_true(clock_mono() < end);
		ws_send(c.ws, text, sizeof(text));
		c.state = ws_run(c.ws, &c.why);
	}
	assert_string_equal(c.why.code, "ws.stuck");
	client_free(&c);
	server_stop(&s);
	buf_free(&s.got);
}

static void *wake_soon(void *hub)
{
	clock_sleep(100);
	ws_hub_wake(hub);
	return NULL;
}

static void a_hub_can_be_woken(void **state)
{
	struct ws_hub *h = ws_hub_new();
	msec begun = clock_mono();
	pthread_t t;
	struct err e;

	(void)state;
	assert_int_equal(thread_start(&t, "waker", wake_soon, h, &e), 0);
	ws_hub_wait(h, 60000);
	assert_true(clock_mono() - begun < 50000);
	pthread_join(t, NULL);
	ws_hub_free(h);
}

static void many_in_one_hub(void **state)
{
	struct server s[8] = {0};
	struct client c[8] = {0};
	struct ws_hub *hub = ws_hub_new();
	msec end = clock_mono() + PATIENCE_MS;
	int done = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		autofree char *url = NULL;
		struct ws_config config = {.on_text = on_text, .ctx = &c[i]};

		s[i].frames = "\x81\x02hi";
		s[i].len = 4;
		server_start(&s[i]);
		url = xasprintf("http://127.0.0.1:%d/", s[i].port);
		config.url = url;
		c[i].ws = ws_open(hub, &config);
	}
	while (done < 8) {
		assert_true(clock_mono() < end);
		ws_hub_wait(hub, 50);
		done = 0;
		for (int i = 0; i < 8; i++) {
			c[i].state = ws_run(c[i].ws, &c[i].why);
			done += c[i].texts.len == 3;
		}
	}
	for (int i = 0; i < 8; i++) {
		ws_free(c[i].ws);
		buf_free(&c[i].texts);
		server_stop(&s[i]);
		buf_free(&s[i].got);
	}
	ws_hub_free(hub);
}

/* Random bytes after the upgrade: it ends, or waits for more; nothing else. */
static void noise(void **state)
{
	uint32_t seed = 99;

	(void)state;
	for (int round = 0; round < 150; round++) {
		unsigned char bytes[300];
		struct server s = {.frames = bytes, .len = sizeof(bytes), .hang_up = true};
		struct client c;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (unsigned char)(seed >> 24);
		}
		if (round % 2)
			bytes[0] = 0x81;
		server_start(&s);
		client_open(&c, s.port, 0);
		until_state(&c, WS_ENDED);
		client_free(&c);
		server_stop(&s);
		buf_free(&s.got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_go_both_ways),
		cmocka_unit_test(frames_that_came_with_the_answer),
		cmocka_unit_test(fragments_with_a_ping_between),
		cmocka_unit_test(answers_that_are_no_upgrade),
		cmocka_unit_test(ends),
		cmocka_unit_test(what_is_no_websocket),
		cmocka_unit_test(messages_above_the_cap),
		cmocka_unit_test(a_message_of_a_megabyte),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(from_another_network),
		cmocka_unit_test(no_such_name),
		cmocka_unit_test(a_peer_that_does_not_read),
		cmocka_unit_test(a_hub_can_be_woken),
		cmocka_unit_test(many_in_one_hub),
		cmocka_unit_test(noise),
	};

	signal(SIGPIPE, SIG_IGN);
	fetch_init();
	return cmocka_run_group_tests_name("ws", tests, NULL, NULL);
}
