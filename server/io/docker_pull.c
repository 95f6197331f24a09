#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#define SILENCE_MS                                                                                 \
	180000 /* an engine that is alive says something while it verifies and unpacks             \
		*/
#define REPORT_MS 200
#define LINE_MAX_BYTES (256u * 1024)
#define LAYERS_MAX 1024
#define BYTES_MAX (INT64_C(1) << 50)

/* ---- what the engine's words mean ---- */

enum verdict { V_CODE, V_NETWORK };

static const struct {
	const char *text;
	enum verdict verdict;
	const char *code;
	enum err_kind kind;
} meanings[] = {
	{"toomanyrequests", V_CODE, "pull.rate_limit", ERR_UNAVAILABLE},
	{"too many requests", V_CODE, "pull.rate_limit", ERR_UNAVAILABLE},
	{"rate limit", V_CODE, "pull.rate_limit", ERR_UNAVAILABLE},
	{"no space left on device", V_CODE, "pull.space", ERR_UNAVAILABLE},
	{"disk quota exceeded", V_CODE, "pull.space", ERR_UNAVAILABLE},
	{"no matching manifest for", V_CODE, "image.arch", ERR_CONFLICT},
	{"does not match the specified platform", V_CODE, "image.arch", ERR_CONFLICT},
	{"schema 1", V_CODE, "image.schema1", ERR_CONFLICT},
	{"schema1", V_CODE, "image.schema1", ERR_CONFLICT},
	{"manifest.v1+", V_CODE, "image.schema1", ERR_CONFLICT},
	{"unsupported manifest", V_CODE, "image.schema1", ERR_CONFLICT},
	{"denied", V_CODE, "pull.denied", ERR_UNAVAILABLE},
	{"unauthorized", V_CODE, "pull.denied", ERR_UNAVAILABLE},
	{"authentication required", V_CODE, "pull.denied", ERR_UNAVAILABLE},
	{"no basic auth", V_CODE, "pull.denied", ERR_UNAVAILABLE},
	{"no such host", V_NETWORK, NULL, ERR_NONE},
	{"dial tcp", V_NETWORK, NULL, ERR_NONE},
	{"lookup ", V_NETWORK, NULL, ERR_NONE},
	{"manifest unknown", V_CODE, "pull.missing", ERR_NOT_FOUND},
	{"name unknown", V_CODE, "pull.missing", ERR_NOT_FOUND},
	{"not found", V_CODE, "pull.missing", ERR_NOT_FOUND},
	{"invalid reference format", V_CODE, "pull.missing", ERR_NOT_FOUND},
	{"connection refused", V_NETWORK, NULL, ERR_NONE},
	{"connection reset", V_NETWORK, NULL, ERR_NONE},
	{"timeout", V_NETWORK, NULL, ERR_NONE},
	{"unreachable", V_NETWORK, NULL, ERR_NONE},
	{"no route to host", V_NETWORK, NULL, ERR_NONE},
	{"request canceled", V_NETWORK, NULL, ERR_NONE},
	{"x509", V_NETWORK, NULL, ERR_NONE},
	{"eof", V_NETWORK, NULL, ERR_NONE},
	{"502 bad gateway", V_NETWORK, NULL, ERR_NONE},
	{"503 service", V_NETWORK, NULL, ERR_NONE},
};

int docker_pull_error(const char *words, bool began, struct err *e)
{
	for (size_t i = 0; i < COUNT(meanings); i++) {
		if (!strcasestr(words, meanings[i].text))
			continue;
		if (meanings[i].verdict == V_CODE)
			return err_set(e, meanings[i].kind, meanings[i].code, "%s", words);
		if (!began)
			return err_set(e, ERR_UNAVAILABLE, "pull.offline",
				"The registry cannot be reached: %s", words);
		break;
	}
	return err_set(e, ERR_UNAVAILABLE, "pull.broken", "The download broke off: %s", words);
}

/* ---- progress ---- */

static struct docker_pull_layer *layer_of(struct docker_pull_state *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strncmp(s->layers[i].id, id, sizeof(s->layers[i].id) - 1))
			return &s->layers[i];
	if (s->n == LAYERS_MAX)
		return NULL;
	if (!s->layers)
		s->layers = xcalloc(LAYERS_MAX, sizeof(*s->layers));
	snprintf(s->layers[s->n].id, sizeof(s->layers[s->n].id), "%s", id);
	return &s->layers[s->n++];
}

static int64_t most(int64_t before, int64_t now)
{
	if (now > BYTES_MAX)
		now = BYTES_MAX;
	return now > before ? now : before;
}

static void layer_step(struct docker_pull_layer *l, const char *status, const json_t *detail)
{
	int64_t current = json_int(detail, "current", 0);
	int64_t total = json_int(detail, "total", 0);

	/* a download that is tried again counts from 0: ours stays until it has caught up */
	l->total = most(l->total, total);
	if (!strcmp(status, "Downloading"))
		l->done = most(l->done, current < l->total ? current : l->total);
	l->complete |= !strcmp(status, "Pull complete") || !strcmp(status, "Already exists");
	l->fetched |= l->complete || !strcmp(status, "Extracting") ||
		      !strcmp(status, "Download complete");
	if (l->fetched)
		l->done = l->total;
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

int docker_pull_line(struct docker_pull_state *s, const char *line, size_t len)
{
	autojson json_t *j = NULL;
	const char *status, *id, *error;
	struct docker_pull_layer *layer;

	if (json_parse(line, len, &j, NULL) || !json_is_object(j))
		return -1;
	error = json_str(json_obj(j, "errorDetail"), "message", json_str(j, "error", NULL));
	if (error) {
		docker_clean(error[0] ? error : "no reason told", s->error);
		return 0;
	}
	status = json_str(j, "status", "");
	id = json_str(j, "id", "");
	if (starts(status, "Status: ") || starts(status, "Digest: "))
		s->finished = true;
	else if (id[0] && !starts(status, "Pulling from ")) { /* there the id is the tag */
		s->began = true;
		layer = layer_of(s, id);
		if (layer)
			layer_step(layer, status, json_obj(j, "progressDetail"));
	}
	return 0;
}

void docker_pull_sum(const struct docker_pull_state *s, struct docker_pull_progress *ret)
{
	bool downloading = !s->n;

	*ret = (struct docker_pull_progress){.layers = (int)s->n};
	for (size_t i = 0; i < s->n; i++) {
		const struct docker_pull_layer *l = &s->layers[i];

		ret->done += l->done;
		ret->total += l->total;
		ret->layers_done += l->complete;
		downloading |= !l->fetched;
	}
	ret->phase = downloading ? "downloading" : "extracting";
}

void docker_pull_free(struct docker_pull_state *s)
{
	free(s->layers);
	*s = (struct docker_pull_state){0};
}

/* ---- the call ---- */

struct pull {
	struct docker_pull_state state;
	struct docker_lines lines;
	void (*progress)(void *ctx, const struct docker_pull_progress *p);
	void *ctx;
	msec reported;
	bool heard, garbage;
};

static void pull_free(struct pull *p)
{
	docker_pull_free(&p->state);
	docker_lines_free(&p->lines);
}

static void report(struct pull *p, bool now)
{
	struct docker_pull_progress sum;
	msec at = clock_mono();

	if (!p->progress || (!now && p->reported && at - p->reported < REPORT_MS))
		return;
	p->reported = at;
	docker_pull_sum(&p->state, &sum);
	p->progress(p->ctx, &sum);
}

static int on_line(void *ctx, const char *line, size_t len)
{
	struct pull *p = ctx;

	p->heard = true;
	if (docker_pull_line(&p->state, line, len))
		return -1;
	report(p, false);
	return 0;
}

static int on_data(void *ctx, const char *data, size_t len)
{
	struct pull *p = ctx;

	if (!docker_lines_feed(&p->lines, data, len))
		return 0;
	p->garbage = true;
	return -1;
}

/* "repo:tag" or "repo@digest" → the query; without a tag the engine of old would fetch all. */
static char *pull_path(const char *ref)
{
	autobuf struct buf b = {0};
	const char *at = strchr(ref, '@');
	const char *slash = strrchr(ref, '/');
	const char *colon = strchr(slash ? slash : ref, ':');
	const char *tag = at ? at + 1 : colon ? colon + 1 : "latest";
	const char *end = colon && (!at || colon < at) ? colon : at ? at : ref + strlen(ref);
	autofree char *repo = xstrndup(ref, (size_t)(end - ref));

	buf_puts(&b, "/images/create?fromImage=");
	docker_escape(&b, repo);
	buf_puts(&b, "&tag=");
	docker_escape(&b, tag);
	return buf_take(&b);
}

/* Only the engine's answers about the registry are the registry's fault. */
static int not_pulled(
	const struct pull *p, const struct fetch_answer *a, const struct err *why, struct err *e)
{
	char words[DOCKER_WORDS];

	if (p->state.error[0])
		return docker_pull_error(p->state.error, p->state.began, e);
	if (p->garbage)
		return err_set(e, ERR_UNAVAILABLE, "pull.broken",
			"The Docker engine's report about the download is not understood.");
	if (a->status >= 400 && !err_is(why, "engine.old")) {
		docker_words(a, words);
		return docker_pull_error(words, false, e);
	}
	if (err_is(why, "engine.slow") || (p->heard && err_is(why, "engine.broken")))
		return err_set(e, ERR_UNAVAILABLE, "pull.broken", "The download broke off: %s",
			err_is(why, "engine.slow") ? "nothing came for three minutes."
						   : "the Docker engine went away.");
	if (e)
		*e = *why;
	return -1;
}

int docker_pull(struct docker *d, const char *ref, const atomic_bool *cancel,
	void (*progress)(void *ctx, const struct docker_pull_progress *p), void *ctx, struct err *e)
{
	autoanswer struct fetch_answer a = {0};
	cleanup(pull_free) struct pull p = {.progress = progress, .ctx = ctx};
	autofree char *path = NULL;
	struct err why = {0};

	if (docker_check_ref(ref, e))
		return -1;
	path = pull_path(ref);
	p.lines = (struct docker_lines){.max = LINE_MAX_BYTES, .on_line = on_line, .ctx = &p};
	if (docker_call(d,
		    &(struct docker_call){.method = "POST",
			    .path = path,
			    .total_ms = -1,
			    .silence_ms = SILENCE_MS,
			    .cancel = cancel,
			    .on_data = on_data,
			    .ctx = &p},
		    &a, &why) ||
		p.state.error[0])
		return not_pulled(&p, &a, &why, e);
	if (!p.state.finished)
		return err_set(e, ERR_UNAVAILABLE, "pull.broken",
			"The Docker engine ended the download without a result.");
	report(&p, true);
	return 0;
}
