/* docker_routes: an engine with /version, /info and short answers, for the tests of io/docker. */
#ifndef UNIT_DOCKER_ROUTES_H
#define UNIT_DOCKER_ROUTES_H

#include "io/docker_priv.h"
#include "unit/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct err why;

/* An engine with /version and /info, one more route (matching `line`), and a client for it. */
struct engine {
	struct fake s;
	struct docker *d;
	struct fake_route routes[4];
	char *texts[4];
	size_t n;
};

static inline void add_route(
	struct engine *g, const char *match, const char *status, const char *body)
{
	g->texts[g->n] = xasprintf(
		"HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	g->routes[g->n] = (struct fake_route){.match = match, .raw = g->texts[g->n], .keep = true};
	g->n++;
}

static inline void engine_start(struct engine *g, const char *version, const char *info)
{
	autofree char *endpoint = NULL;

	*g = (struct engine){0};
	fake_start_unix(&g->s, NULL, 0);
	endpoint = xasprintf("unix://%s", g->s.path);
	g->d = docker_new(endpoint);
	add_route(g, "GET /version", "200 OK",
		version ? version
			: "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1."
			  "12\","
			  "\"Os\":\"linux\",\"Arch\":\"amd64\",\"KernelVersion\":\"5.10.60-"
			  "qnap\"}");
	add_route(g, "GET /info", "200 OK",
		info ? info
		     : "{\"ID\":\"AB:CD\",\"Driver\":\"overlay2\",\"DockerRootDir\":\"/"
		       "d\",\"NCPU\":4,"
		       "\"CgroupVersion\":\"1\",\"SwapLimit\":true,\"MemoryLimit\":true,"
		       "\"CpuCfsQuota\":true,\"CPUShares\":true,"
		       "\"SystemTime\":\"2026-11-23T11:37:46.7860306Z\"}");
	fake_routes(&g->s, g->routes, g->n);
}

static inline void engine_stop(struct engine *g)
{
	docker_free(g->d);
	fake_stop(&g->s);
	for (size_t i = 0; i < g->n; i++)
		free(g->texts[i]);
}

static inline void answers(
	struct engine *g, const char *match, const char *status, const char *body)
{
	engine_start(g, NULL, NULL);
	add_route(g, match, status, body);
	fake_routes(&g->s, g->routes, g->n);
}

#define autoengine cleanup(engine_stop)

static inline void assert_code(int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(why.code, code);
	assert_int_not_equal(why.kind, ERR_NONE);
	assert_true(why.message[0]);
	why = (struct err){0};
}

#endif
