/* Images that come as a tar; and what the engine reports meanwhile. */
#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES (256u * 1024)
#define SILENCE_MS 1800000 /* unpacking, or one long command, on a slow NAS */

/* ---- the report ---- */

static void tell(struct docker_report *r, const char *id, const char *text)
{
	autofree char *line = NULL;

	if (!r->on_text || !text[0])
		return;
	if (id[0])
		line = xasprintf("%s: %s\n", id, text);
	else if (!strchr(text, '\n'))
		line = xasprintf("%s\n", text);
	r->on_text(r->ctx, line ? line : text);
}

/* A bar that moves is no text. */
static void tell_status(struct docker_report *r, const json_t *j)
{
	if (!json_int(json_obj(j, "progressDetail"), "current", 0))
		tell(r, json_str(j, "id", ""), json_str(j, "status", ""));
}

static int report_line(void *ctx, const char *line, size_t len)
{
	struct docker_report *r = ctx;
	autojson json_t *j = NULL;
	const json_t *detail;
	const char *error, *stream;

	if (json_parse(line, len, &j, NULL) || !json_is_object(j))
		return -1;
	r->heard = true;
	detail = json_obj(j, "errorDetail");
	error = json_str(detail, "message", json_str(j, "error", NULL));
	stream = json_str(j, "stream", NULL);
	if (error) {
		r->code = (int)json_int(detail, "code", 0);
		docker_clean(error[0] ? error : "no reason told", r->error);
	} else if (stream && r->on_text) {
		r->on_text(r->ctx, stream);
	} else if (json_obj(j, "aux")) {
		snprintf(r->id, sizeof(r->id), "%s", json_str(json_obj(j, "aux"), "ID", r->id));
	} else {
		tell_status(r, j);
	}
	return 0;
}

void docker_report_begin(
	struct docker_report *r, void (*on_text)(void *ctx, const char *text), void *ctx)
{
	*r = (struct docker_report){.on_text = on_text, .ctx = ctx};
	r->lines = (struct docker_lines){.max = LINE_MAX_BYTES, .on_line = report_line, .ctx = r};
}

int docker_report_feed(void *report, const char *data, size_t len)
{
	struct docker_report *r = report;

	r->garbage = docker_lines_feed(&r->lines, data, len) != 0;
	return r->garbage ? -1 : 0;
}

void docker_report_free(struct docker_report *r)
{
	docker_lines_free(&r->lines);
}

int docker_report_failed(const struct docker_report *r, const struct err *why, struct err *e)
{
	if (r->garbage)
		return err_set(e, ERR_UNAVAILABLE, "image.cut",
			"The Docker engine's report about the image is not understood.");
	if (err_is(why, "engine.slow"))
		return err_set(e, ERR_UNAVAILABLE, "image.cut",
			"The Docker engine said nothing about the image for half an hour.");
	if (err_is(why, "engine.broken"))
		return err_set(e, ERR_UNAVAILABLE, "image.cut",
			"The Docker engine went away in the middle.");
	if (e)
		*e = *why;
	return -1;
}

/* ---- loading ---- */

int docker_load_error(const char *words, struct err *e)
{
	static const struct {
		const char *text, *code;
	} meanings[] = {
		{"no space left on device", "image.space"},
		{"disk quota exceeded", "image.space"},
		{"executable file not found", "image.compressed"},
		{"unexpected eof", "image.broken"},
		{"invalid tar header", "image.broken"},
		{"corrupt", "image.broken"},
		{"invalid header", "image.broken"},
		{"invalid checksum", "image.broken"},
		{"repositories: no such file", "image.not_saved"},
		{"manifest.json: no such file", "image.not_saved"},
		{"does not contain", "image.not_saved"},
		{"invalid archive", "image.not_saved"},
		{"unrecognized image format", "image.not_saved"},
		{"operating system", "image.arch"},
		{"platform", "image.arch"},
	};

	for (size_t i = 0; i < COUNT(meanings); i++)
		if (strcasestr(words, meanings[i].text))
			return err_set(e, ERR_CONFLICT, meanings[i].code,
				"The Docker engine says: %s.", words);
	return err_set(e, ERR_UNAVAILABLE, "image.load",
		"The Docker engine did not take the image: %s.", words);
}

/* Lines such as "Loaded image: ethnetintel:latest"; an image without a name is told by its id. */
static void on_loaded(void *ctx, const char *text)
{
	static const char says[] = "Loaded image: ";
	json_t *names = ctx;

	if (!strncmp(text, says, sizeof(says) - 1)) {
		const char *name = text + sizeof(says) - 1;

		json_array_append_new(names, json_stringn(name, strcspn(name, "\r\n")));
	}
}

int docker_load(struct docker *d, const struct docker_body *tar, const atomic_bool *cancel,
	json_t **ret_names, struct err *e)
{
	autojson json_t *names = json_array();
	autoanswer struct fetch_answer a = {0};
	cleanup(docker_report_free) struct docker_report r;
	char words[DOCKER_WORDS];
	struct err why = {0};
	int rc;

	docker_report_begin(&r, on_loaded, names);
	rc = docker_call_once(d,
		&(struct docker_call){.method = "POST",
			.path = "/images/load",
			.tar = tar,
			.total_ms = -1,
			.silence_ms = SILENCE_MS,
			.cancel = cancel,
			.on_data = docker_report_feed,
			.ctx = &r},
		&a, &why);
	if (r.error[0])
		return docker_load_error(r.error, e);
	if (a.status >= 400 && !err_is(&why, "engine.old")) {
		docker_words(&a, words);
		return docker_load_error(words, e);
	}
	if (rc)
		return docker_report_failed(&r, &why, e);
	if (!json_array_size(names))
		return err_set(e, ERR_CONFLICT, "image.no_name",
			"The file held no image that has a name.");
	*ret_names = take(names);
	return 0;
}

/* ---- what is here ---- */

static void add_tags(json_t *list, const json_t *image)
{
	const json_t *tag;
	size_t i;

	json_array_foreach (json_arr(image, "RepoTags"), i, tag) {
		json_t *one;

		/* "<none>:<none>" is what the engine of old says of an image without a tag */
		if (!json_is_string(tag) || json_string_value(tag)[0] == '<')
			continue;
		one = json_object();
		json_put_str(one, "name", json_string_value(tag));
		json_put_str(one, "id", json_str(image, "Id", ""));
		json_put_int(one, "size", json_int(image, "Size", 0));
		json_put_int(one, "created_at", json_int(image, "Created", 0) * 1000);
		json_array_append_new(list, one);
	}
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = json_int(*(json_t *const *)a, "created_at", 0);
	int64_t y = json_int(*(json_t *const *)b, "created_at", 0);

	return x == y ? 0 : x < y ? 1 : -1;
}

int docker_images(struct docker *d, json_t **ret, struct err *e)
{
	autojson json_t *j = NULL, *list = json_array();
	autofree json_t **sorted = NULL;
	const json_t *one;
	size_t i, n;

	if (docker_call_json(d, &(struct docker_call){.path = "/images/json"}, &j, e))
		return -1;
	json_array_foreach (j, i, one)
		add_tags(list, one);
	n = json_array_size(list);
	sorted = xcalloc(n + 1, sizeof(json_t *));
	for (i = 0; i < n; i++)
		sorted[i] = json_array_get(list, i);
	qsort(sorted, n, sizeof(json_t *), newest_first);
	*ret = json_array();
	for (i = 0; i < n; i++)
		json_array_append(*ret, sorted[i]);
	return 0;
}
