/*
 * fake_server: a scripted HTTP server for unit tests, on a unix socket in a folder of its own or on
 * a loopback port. Each connection has a thread; each request is matched against the routes,
 * written down, and answered with raw bytes, in pieces if wanted.
 */
#ifndef TESTS_FAKE_SERVER_H
#define TESTS_FAKE_SERVER_H

#include "base/buf.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct fake_route {
	const char *match; /* part of the first line, "POST /v1.41/x"; NULL = everything */
	const char *raw;   /* the whole answer with its head */
	size_t len;	   /* of raw; 0 = strlen */
	size_t piece;	   /* bytes a write; 0 = all at once */
	bool hold;	   /* afterwards: leave the connection open until the client closes it */
	bool keep;	   /* afterwards: read the next request of the connection */
};

#define FAKE_CONNS 512

struct fake {
	char dir[32];
	char path[64]; /* the socket; "" on TCP */
	int port;
	int listen_fd;
	pthread_t thread;
	pthread_t conns[FAKE_CONNS];
	int fds[FAKE_CONNS];
	atomic_int n_conns;
	pthread_mutex_t lock; /* guards the rest */
	const struct fake_route *routes;
	size_t n_routes;
	struct buf seen; /* all requests as they came */
	int n_requests;
	atomic_bool blind; /* answer the first bytes, whatever they are */
};

struct fake_conn {
	struct fake *f;
	int fd;
};

/* The end of the first request in b, or 0. */
static size_t fake_request_end(const struct buf *b)
{
	const char *end = b->data ? strstr(b->data, "\r\n\r\n") : NULL;
	const char *length = end ? strcasestr(b->data, "\r\nContent-Length:") : NULL;
	size_t want;

	if (!end)
		return 0;
	want = (size_t)(end + 4 - b->data);
	if (length && length < end)
		want += strtoul(length + 17, NULL, 10);
	return b->len >= want ? want : 0;
}

static struct fake_route fake_find(struct fake *f, const char *request, size_t len)
{
	static const char none[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}";
	struct fake_route r = {.raw = none, .keep = true};
	char line[512];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(request, "\r"), request);
	pthread_mutex_lock(&f->lock);
	buf_add(&f->seen, request, len);
	f->n_requests++;
	for (size_t i = 0; i < f->n_routes; i++)
		if (!f->routes[i].match || strstr(line, f->routes[i].match)) {
			r = f->routes[i];
			break;
		}
	pthread_mutex_unlock(&f->lock);
	return r;
}

static int fake_send(int fd, const struct fake_route *r)
{
	size_t len = r->len ? r->len : strlen(r->raw);

	for (size_t at = 0; at < len;) {
		size_t n = r->piece && r->piece < len - at ? r->piece : len - at;
		ssize_t sent = send(fd, r->raw + at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return -1;
		at += (size_t)sent;
		if (r->piece)
			sched_yield();
	}
	return 0;
}

static void *fake_serve(void *arg)
{
	struct fake_conn c = *(struct fake_conn *)arg;
	autobuf struct buf b = {0};
	char part[4096];
	ssize_t n;

	free(arg);
	while ((n = read(c.fd, part, sizeof(part))) > 0) {
		struct fake_route r;
		size_t end;

		buf_add(&b, part, (size_t)n);
		end = c.f->blind ? b.len : fake_request_end(&b);
		if (!end)
			continue;
		r = fake_find(c.f, b.data, end);
		buf_reset(&b);
		if (fake_send(c.fd, &r))
			break;
		if (!r.hold && !r.keep)
			break;
	}
	shutdown(c.fd, SHUT_RDWR);
	return NULL;
}

static void *fake_accept(void *arg)
{
	struct fake *f = arg;
	int fd;

	while ((fd = accept(f->listen_fd, NULL, NULL)) >= 0) {
		struct fake_conn *c = malloc(sizeof(*c));
		int i = f->n_conns;

		if (!c || i == FAKE_CONNS)
			abort();
		*c = (struct fake_conn){f, fd};
		f->fds[i] = fd;
		f->n_conns = i + 1; /* before it can answer: the test may count at once */
		if (pthread_create(&f->conns[i], NULL, fake_serve, c))
			abort();
	}
	return NULL;
}

static void fake_listen(struct fake *f, const struct sockaddr *a, socklen_t len)
{
	f->listen_fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->listen_fd < 0 || bind(f->listen_fd, a, len) || listen(f->listen_fd, 64))
		abort();
	pthread_mutex_init(&f->lock, NULL);
	if (pthread_create(&f->thread, NULL, fake_accept, f))
		abort();
}

static inline void fake_routes(struct fake *f, const struct fake_route *routes, size_t n)
{
	pthread_mutex_lock(&f->lock);
	f->routes = routes;
	f->n_routes = n;
	pthread_mutex_unlock(&f->lock);
}

static inline void fake_start_unix(struct fake *f, const struct fake_route *routes, size_t n)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	*f = (struct fake){.routes = routes, .n_routes = n, .dir = "/tmp/fakeXXXXXX"};
	if (!mkdtemp(f->dir))
		abort();
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->path);
	fake_listen(f, (struct sockaddr *)&a, sizeof(a));
}

/* port: 0 = one that is free */
static inline void fake_start_tcp_at(
	struct fake *f, int port, const struct fake_route *routes, size_t n)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	*f = (struct fake){.routes = routes, .n_routes = n};
	fake_listen(f, (struct sockaddr *)&a, sizeof(a));
	if (getsockname(f->listen_fd, (struct sockaddr *)&a, &len))
		abort();
	f->port = ntohs(a.sin_port);
}

static inline void fake_start_tcp(struct fake *f, const struct fake_route *routes, size_t n)
{
	fake_start_tcp_at(f, 0, routes, n);
}

static void fake_stop(struct fake *f)
{
	shutdown(f->listen_fd, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->listen_fd);
	for (int i = 0; i < f->n_conns; i++) {
		shutdown(f->fds[i], SHUT_RDWR);
		pthread_join(f->conns[i], NULL);
		close(f->fds[i]);
	}
	if (f->path[0]) {
		unlink(f->path);
		rmdir(f->dir);
	}
	buf_free(&f->seen);
	pthread_mutex_destroy(&f->lock);
}

/* Whether some request so far has this text in it. */
static inline bool fake_saw(struct fake *f, const char *text)
{
	bool yes;

	pthread_mutex_lock(&f->lock);
	yes = f->seen.data && memmem(f->seen.data, f->seen.len, text, strlen(text));
	pthread_mutex_unlock(&f->lock);
	return yes;
}

#define autofake cleanup(fake_stop)

/* Sets a flag after some ms, for tests of cancellation; joined by its own clean-up. */
struct fake_cancel {
	atomic_bool flag;
	msec after, at;
	pthread_t thread;
};

static void *fake_cancel_run(void *arg)
{
	struct fake_cancel *c = arg;

	clock_sleep(c->after);
	c->at = clock_mono();
	c->flag = true;
	return NULL;
}

static inline void fake_cancel_start(struct fake_cancel *c, msec after)
{
	c->flag = false;
	c->after = after;
	if (pthread_create(&c->thread, NULL, fake_cancel_run, c))
		abort();
}

static inline void fake_cancel_join(struct fake_cancel *c)
{
	pthread_join(c->thread, NULL);
}

#endif
