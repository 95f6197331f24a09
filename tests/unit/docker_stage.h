/* docker_stage: an engine with one long answer, for the tests of io/docker. */
#ifndef UNIT_DOCKER_STAGE_H
#define UNIT_DOCKER_STAGE_H

#include "io/docker_priv.h"
#include "unit/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define VERSION "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"ApiVersion\":\"1.41\"}"
#define INFO "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define STREAM "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CLOSED "HTTP/1.1 200 OK\r\n\r\n"

static struct err why;

/* An engine whose long answer is `stream`; asked at the address `match`. */
struct engine {
	struct fake s;
	struct fake_route routes[4];
	struct docker *d;
	char *raw;
	char *inspect;
};

static inline void engine_start(struct engine *g, const char *match, const char *head,
	const void *stream, size_t len, size_t piece, bool tty)
{
	struct buf b = {0};

	g->inspect = xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
			       "{\"Config\":{\"Tty\":%s}}",
		tty ? 23 : 24, tty ? "true" : "false");
	buf_puts(&b, head);
	buf_add(&b, stream, len);
	g->routes[0] = (struct fake_route){.match = "/version", .raw = VERSION, .keep = true};
	g->routes[1] = (struct fake_route){.match = "/info", .raw = INFO, .keep = true};
	g->routes[2] =
		(struct fake_route){.match = "/containers/x/json", .raw = g->inspect, .keep = true};
	g->routes[3] = (struct fake_route){.match = match, .len = b.len, .piece = piece};
	g->routes[3].raw = g->raw = buf_take(&b);
	fake_start_unix(&g->s, g->routes, 4);
	g->d = docker_new(g->s.path);
}

static inline void engine_stop(struct engine *g)
{
	docker_free(g->d);
	fake_stop(&g->s);
	free(g->raw);
	free(g->inspect);
}
#define autoengine cleanup(engine_stop)

static inline void assert_code(int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(why.code, code);
	assert_true(why.message[0]);
	why = (struct err){0};
}

#endif
