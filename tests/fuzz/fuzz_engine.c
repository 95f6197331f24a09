/* What answers at the engine's socket, whatever it is: the same bytes to every question. */
#include "fuzz/fuzz.h"
#include "unit/fake_server.h"

#include "io/docker.h"
#include "io/fetch.h"

static int take_line(void *ctx, const struct docker_log_line *l)
{
	(void)ctx;
	return l && l->text && strlen(l->text) > l->len;
}

static int take_event(void *ctx, const struct docker_event *ev)
{
	(void)ctx, (void)ev;
	return 0;
}

static ssize_t nothing_more(void *ctx, char *to, size_t len)
{
	(void)ctx, (void)to, (void)len;
	return 0;
}

static void hear(void *ctx, const char *text)
{
	*(size_t *)ctx += strlen(text);
}

static void ask_for_images(struct docker *d)
{
	struct docker_body body = {.read = nothing_more};
	struct docker_build build = {.tag = "image:1", .folder = &body};
	autojson json_t *names = NULL, *list = NULL;
	size_t heard = 0;

	(void)!docker_load(d, &body, NULL, &names, NULL);
	(void)!docker_build(d, &build, NULL, hear, &heard, NULL);
	(void)!docker_images(d, &list, NULL);
}

static void ask(struct docker *d)
{
	struct docker_version v = {0};
	struct docker_list list = {0};
	struct docker_image image = {0};
	struct container c = {0};
	autojson json_t *details = NULL, *platforms = NULL;
	char digest[80];

	(void)!docker_ping(d, &v, NULL);
	if (docker_inspect(d, "one", &c, NULL) == 0)
		container_free(&c);
	(void)!docker_details(d, "one", &details, NULL);
	if (docker_ps(d, NULL, &list, NULL) == 0)
		docker_list_free(&list);
	if (docker_image(d, "image:1", &image, NULL) == 0)
		docker_image_free(&image);
	(void)!docker_remote_digest(d, "image:1", digest, &platforms, NULL);
	(void)!docker_pull(d, "image:1", NULL, NULL, NULL, NULL);
	(void)!docker_logs(d, "one", -1, 0, false, take_line, NULL, NULL);
	(void)!docker_events(d, 0, NULL, take_event, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n";
	autobuf struct buf raw = {0};
	struct fake_route route = {.keep = true};
	static bool ready;
	struct docker *d;
	struct fake f;
	char endpoint[80];

	if (!ready) {
		fetch_init();
		ready = true;
	}
	buf_printf(&raw, head, size);
	buf_add(&raw, (const char *)data, size);
	route.raw = raw.data;
	route.len = raw.len;
	fake_start_unix(&f, &route, 1);
	snprintf(endpoint, sizeof(endpoint), "unix://%s", f.path);
	d = docker_new(endpoint);
	ask(d);
	ask_for_images(d);
	docker_free(d);
	fake_stop(&f);
	return 0;
}
