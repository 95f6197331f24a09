/* io/docker: loading and building: what is sent, what is told, and what a failure means. */
#include "io/docker_priv.h"
#include "unit/fake_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define VERSION "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"ApiVersion\":\"1.41\"}"
#define INFO "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define HEAD "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

static struct err why;

struct engine {
	struct fake s;
	struct fake_route routes[3];
	struct docker *d;
};

/* An engine that answers everything else with `raw`, n bytes at a time. */
static void engine_start(struct engine *g, const char *raw, size_t piece)
{
	g->routes[0] = (struct fake_route){.match = "/version", .raw = VERSION, .keep = true};
	g->routes[1] = (struct fake_route){.match = "/info", .raw = INFO, .keep = true};
	g->routes[2] = (struct fake_route){.raw = raw, .piece = piece};
	fake_start_unix(&g->s, g->routes, 3);
	g->d = docker_new(g->s.path);
}

static void engine_stop(struct engine *g)
{
	docker_free(g->d);
	fake_stop(&g->s);
}
#define autoengine cleanup(engine_stop)

/* A body of the letter x. */
struct letters {
	int64_t left;
	bool fails;
};

static ssize_t letters(void *ctx, char *to, size_t len)
{
	struct letters *l = ctx;
	size_t n = l->left < (int64_t)len ? (size_t)l->left : len;

	if (l->fails && l->left < 100000)
		return -1;
	memset(to, 'x', n);
	l->left -= (int64_t)n;
	return (ssize_t)n;
}

static int load(const char *raw, size_t piece, int64_t size, bool fails, json_t **ret)
{
	struct letters l = {size, fails};
	struct docker_body body = {letters, &l, size};
	autoengine struct engine g = {0};

	engine_start(&g, raw, piece);
	return docker_load(g.d, &body, NULL, ret, &why);
}

static void loads_and_tells_the_names(void **state)
{
	static const char answer[] =
		HEAD "{\"status\":\"Loading layer\",\"progressDetail\":{\"current\":1,\"total\":2},"
		     "\"id\":\"a\"}\r\n{\"stream\":\"Loaded image: relay:1\\n\"}\r\n"
		     "{\"stream\":\"Loaded image: host:5000/relay:2\\n\"}\r\n";

	(void)state;
	for (size_t piece = 1; piece < 200; piece += 66) {
		autojson json_t *names = NULL;
		autofree char *text = NULL;

		assert_int_equal(load(answer, piece, 200000, false, &names), 0);
		text = json_text(names);
		assert_string_equal(text, "[\"relay:1\",\"host:5000/relay:2\"]");
	}
}

static void the_whole_body_arrives(void **state)
{
	struct letters l = {300000, false};
	struct docker_body body = {letters, &l, 300000};
	autoengine struct engine g = {0};
	autojson json_t *names = NULL;
	const char *head;

	(void)state;
	engine_start(&g, HEAD "{\"stream\":\"Loaded image: relay:1\\n\"}\r\n", 0);
	assert_int_equal(docker_load(g.d, &body, NULL, &names, &why), 0);
	head = strstr(g.s.seen.data, "POST /v1.41/images/load HTTP/1.1\r\n");
	assert_non_null(head);
	assert_non_null(strstr(head, "Content-Type: application/x-tar\r\n"));
	assert_non_null(strstr(head, "Content-Length: 300000\r\n"));
	assert_int_equal(strspn(strstr(head, "\r\n\r\n") + 4, "x"), 300000);
}

static void load_says(const char *line, const char *code)
{
	autofree char *raw = xasprintf(HEAD "%s\r\n", line);
	json_t *names = NULL;

	why = (struct err){0};
	assert_int_equal(load(raw, 0, 1000, false, &names), -1);
	assert_string_equal(why.code, code);
	assert_null(names);
}

#define ERROR(words) "{\"errorDetail\":{\"message\":\"" words "\"},\"error\":\"" words "\"}"

static void says_why_a_load_failed(void **state)
{
	(void)state;
	load_says(ERROR("unexpected EOF"), "image.broken");
	load_says(ERROR("archive/tar: invalid tar header"), "image.broken");
	load_says(ERROR("open /var/lib/docker/tmp/docker-import-1/repositories: no such file or "
			"directory"),
		"image.not_saved");
	load_says(ERROR("Error processing tar file(exit status 1): write /x: no space left on "
			"device"),
		"image.space");
	load_says(
		ERROR("exec: \\\"xz\\\": executable file not found in $PATH"), "image.compressed");
	load_says(ERROR("cannot load linux image on windows: operating system"), "image.arch");
	load_says(ERROR("something new"), "image.load");
	load_says("{\"stream\":\"Loaded image ID: sha256:123\\n\"}", "image.no_name");
	load_says("{}", "image.no_name");
	load_says("<html>", "image.cut");
}

static void a_load_that_breaks_off(void **state)
{
	static const char refused[] =
		"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 32\r\nConnection: "
		"close\r\n\r\n{\"message\":\"no space left on device\"}";
	json_t *names = NULL;

	(void)state;
	assert_int_equal(load("", 0, 1000, false, &names), -1);
	assert_string_equal(why.code, "image.cut");
	assert_int_equal(load(HEAD, 0, 400000, true, &names), -1);
	assert_string_equal(why.code, "fetch.cancelled");
	assert_int_equal(load(refused, 0, 1000, false, &names), -1);
	assert_true(err_is(&why, "image."));
}

/* ---- builds ---- */

static struct buf told;

static void on_text(void *ctx, const char *text)
{
	(void)ctx;
	buf_puts(&told, text);
}

static int build(const char *lines, const char *remote, char **ret_seen)
{
	struct docker_build b = {.tag = "re/lay:1", .remote = remote, .no_cache = true};
	struct letters l = {5000, false};
	struct docker_body body = {letters, &l, 5000};
	autofree char *raw = xasprintf(HEAD "%s\r\n", lines);
	autoengine struct engine g = {0};
	int rc;

	b.folder = remote ? NULL : &body;
	buf_reset(&told);
	why = (struct err){0};
	engine_start(&g, raw, 7);
	rc = docker_build(g.d, &b, NULL, on_text, NULL, &why);
	if (ret_seen)
		*ret_seen = xstrdup(g.s.seen.data);
	return rc;
}

static void builds_and_tells(void **state)
{
	autofree char *seen = NULL, *far = NULL;

	(void)state;
	assert_int_equal(
		build("{\"stream\":\"Step 1/2 : FROM debian\"}\r\n{\"stream\":\"\\n\"}\r\n"
		      "{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"abc\"}\r\n"
		      "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":5,\"total\":9},"
		      "\"id\":\"abc\"}\r\n{\"status\":\"Digest: sha256:1\"}\r\n"
		      "{\"aux\":{\"ID\":\"sha256:2\"}}\r\n"
		      "{\"stream\":\"Successfully built 2\\n\"}\r\n",
			NULL, &seen),
		0);
	assert_string_equal(told.data, "Step 1/2 : FROM debian\nabc: Pulling fs layer\n"
				       "Digest: sha256:1\nSuccessfully built 2\n");
	assert_non_null(strstr(seen, "POST /v1.41/build?rm=1&forcerm=1&t=re%2Flay%3A1&nocache=1 "));
	assert_non_null(strstr(seen, "Content-Length: 5000\r\n"));
	assert_int_equal(
		build("{\"aux\":{\"ID\":\"sha256:2\"}}\r\n", "https://e.org/a b?c=d&e#f", &far), 0);
	assert_non_null(strstr(far, "&remote=https%3A%2F%2Fe.org%2Fa%20b%3Fc%3Dd%26e%23f "));
	assert_null(strstr(far, "x-tar"));
}

static void build_says(const char *lines, const char *remote, const char *code, const char *words)
{
	assert_int_equal(build(lines, remote, NULL), -1);
	assert_string_equal(why.code, code);
	if (!strstr(why.message, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why.message);
}

#define STEP(line) "{\"stream\":\"Step 1/2 : " line "\"}\r\n{\"stream\":\"\\n\"}\r\n"

static void says_why_a_build_failed(void **state)
{
	(void)state;
	build_says(
		STEP("RUN npm install") "{\"stream\":\"\\u001b[91mnpm ERR! one\\n\"}\r\n"
					"{\"stream\":\"\\nmore\\nnpm ERR! git gone\\n\"}\r\n"
					"{\"errorDetail\":{\"code\":128,\"message\":\"The command "
					"'/bin/sh -c npm install' returned a non-zero code: "
					"128\"},\"error\":\"x\"}\r\n",
		NULL, "image.run", "RUN npm install ended with code 128: ");
	assert_non_null(strstr(why.message, ": npm ERR! one / more / npm ERR! git gone"));
	build_says(STEP("FROM gone:1") ERROR("manifest for gone:1 not found: manifest unknown"),
		NULL, "pull.missing", "gone:1");
	build_says(STEP("FROM gone:1") ERROR("Get https://r/v2/: dial tcp: lookup r: no such host"),
		NULL, "pull.offline", "r/v2");
	build_says(ERROR("Cannot locate specified Dockerfile: Dockerfile"), NULL,
		"image.no_dockerfile", "Dockerfile");
	build_says(ERROR("the --mount option requires BuildKit. Refer to"), NULL, "image.buildkit",
		"--mount");
	build_says(ERROR("dockerfile parse error line 2: unknown instruction: RUNN"), NULL,
		"image.dockerfile", "RUNN");
	build_says(STEP("COPY a b") ERROR("COPY failed: stat a: file does not exist"), NULL,
		"image.copy", "stat a");
	build_says(STEP("RUN x") ERROR("failed to create endpoint x on network bridge: iptables"),
		NULL, "image.network", "iptables");
	build_says(ERROR("Get http://e/x: dial tcp 1.2.3.4:80: connect: connection refused"),
		"http://e/x", "image.fetch", "refused");
	build_says(
		ERROR("error initializing submodules: exec: \\\"git\\\": executable file not found "
		      "in $PATH"),
		"http://e/x.git", "image.no_git", "git");
	build_says(STEP("RUN x") ERROR("write /x: no space left on device"), NULL, "image.space",
		"space");
	build_says(STEP("RUN x") ERROR("something new"), NULL, "image.build", "something new");
	build_says("{\"stream\":", NULL, "image.cut", "not understood");
	build_says(STEP("RUN x"), NULL, "image.cut", "without a result");
}

/* However long its command and its output, the message ends in whole characters. */
static void quotes_in_whole_characters(void **state)
{
	struct buf lines = {0}, step = {0};
	autojson json_t *as_json = NULL;

	(void)state;
	for (int i = 0; i < 50; i++) {
		buf_printf(&step, "%s", i ? "ü€" : "Step 1/2 : RUN echo ");
		buf_puts(&lines, "{\"stream\":\"aü€𝄞 üüü\\n\"}\r\n");
	}
	for (int i = 0; i < 4; i++) {
		autofree char *all = xasprintf("{\"stream\":\"%s%.*s\"}\r\n%s%s", step.data, i,
			"abcd", lines.data,
			"{\"errorDetail\":{\"code\":1,\"message\":\"x\"},\"error\":\"x\"}\r\n");

		assert_int_equal(build(all, NULL, NULL), -1);
		as_json = json_string(why.message);
		assert_non_null(as_json);
		json_decref(as_json);
		as_json = NULL;
	}
	buf_free(&lines);
	buf_free(&step);
}

static void lists_what_has_a_name(void **state)
{
	static const char answer[] =
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		"[{\"Id\":\"sha256:1\",\"RepoTags\":[\"a:1\",\"b:1\"],\"Size\":5,\"Created\":100},"
		"{\"Id\":\"sha256:2\",\"RepoTags\":[\"<none>:<none>\"],\"Size\":5,\"Created\":200},"
		"{\"Id\":\"sha256:3\",\"RepoTags\":null},"
		"{\"Id\":\"sha256:4\",\"RepoTags\":[\"c:1\"],\"Size\":7,\"Created\":300}]";
	autoengine struct engine g = {0};
	autojson json_t *list = NULL;

	(void)state;
	engine_start(&g, answer, 0);
	assert_int_equal(docker_images(g.d, &list, &why), 0);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_str(json_array_get(list, 0), "name", ""), "c:1");
	assert_int_equal(json_int(json_array_get(list, 0), "created_at", 0), 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_and_tells_the_names),
		cmocka_unit_test(the_whole_body_arrives),
		cmocka_unit_test(says_why_a_load_failed),
		cmocka_unit_test(a_load_that_breaks_off),
		cmocka_unit_test(builds_and_tells),
		cmocka_unit_test(says_why_a_build_failed),
		cmocka_unit_test(quotes_in_whole_characters),
		cmocka_unit_test(lists_what_has_a_name),
	};
	int rc;

	fetch_init();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&told);
	return rc;
}
