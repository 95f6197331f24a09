#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct docker *docker_new(const char *endpoint)
{
	struct docker *d = xcalloc(1, sizeof(*d));

	d->socket = xstrdup(strncmp(endpoint, "unix://", 7) ? endpoint : endpoint + 7);
	pthread_mutex_init(&d->lock, NULL);
	return d;
}

void docker_free(struct docker *d)
{
	if (!d)
		return;
	pthread_mutex_destroy(&d->lock);
	free(d->socket);
	free(d);
}

/* ---- small tools of the room ---- */

void docker_clean(const char *text, char out[DOCKER_WORDS])
{
	size_t n = 0;

	for (; *text && n < DOCKER_WORDS - 1; text++)
		out[n++] = (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text;
	/* not in the middle of a character: the rest of it would be no UTF-8 */
	if (*text)
		while (n && (*text & 0xc0) == 0x80) {
			text--;
			n--;
		}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

void docker_words(const struct fetch_answer *a, char out[DOCKER_WORDS])
{
	autojson json_t *j = NULL;
	autofree char *plain = NULL;

	out[0] = '\0';
	if (!a->body.len)
		return;
	if (!json_parse(a->body.data, a->body.len, &j, NULL)) {
		docker_clean(json_str(j, "message", ""), out);
		return;
	}
	plain = xstrdup(a->body.data); /* API below 1.24 answers errors as plain text */
	for (char *p = plain; *p; p++)
		if (*p & 0x80)
			*p = '?';
	docker_clean(plain, out);
}

static int check_chars(const char *s, const char *more, struct err *e)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t ok = strspn(s, plain);

	while (s[ok] && strchr(more, s[ok]))
		ok += 1 + strspn(s + ok + 1, plain);
	if (!s[0] || s[ok] || s[0] == '.' || s[0] == '/' || strstr(s, "..") || strstr(s, "//"))
		return err_set(
			e, ERR_INPUT, "engine.rejected", "No name that the Docker engine takes.");
	return 0;
}

int docker_check_name(const char *name, struct err *e)
{
	return check_chars(name, "", e);
}

int docker_check_ref(const char *ref, struct err *e)
{
	return check_chars(ref, ":/@+", e);
}

void docker_escape(struct buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("_.-~", c))
			buf_add(b, text, 1);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static msec fraction_ms(const char **p)
{
	msec ms = 0, unit = 100;

	if (**p != '.')
		return 0;
	for (++*p; **p >= '0' && **p <= '9'; ++*p, unit /= 10)
		ms += (**p - '0') * unit;
	return ms;
}

msec docker_time(const char *text)
{
	struct tm tm = {0};
	const char *p = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int hours, minutes, used = 0;
	msec at, ms;

	if (!p || tm.tm_year < 70)
		return 0;
	ms = fraction_ms(&p);
	at = (msec)timegm(&tm) * 1000 + ms;
	if (*p == 'Z')
		return at;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
		used != 5)
		return 0;
	ms = (hours * 60 + minutes) * INT64_C(60000);
	return *p == '+' ? at - ms : at + ms;
}

/* ---- errors ---- */

static int not_reached(struct docker *d, const struct err *why, msec deadline, struct err *e)
{
	if (err_is(why, "fetch.cancelled")) {
		if (e)
			*e = *why;
		return -1;
	}
	if (err_is(why, "fetch.refused"))
		return err_set(e, ERR_UNAVAILABLE, "engine.absent",
			"The Docker engine does not answer at %s.", d->socket);
	if (err_is(why, "fetch.denied"))
		return err_set(e, ERR_UNAVAILABLE, "engine.denied",
			"This program may not use the Docker engine at %s.", d->socket);
	if (err_is(why, "fetch.timeout"))
		return err_set(e, ERR_UNAVAILABLE, "engine.slow",
			"The Docker engine did not answer within %lld s.",
			(long long)(deadline + 500) / 1000);
	return err_set(e, ERR_UNAVAILABLE, "engine.broken",
		"The Docker engine broke off in the middle of its answer.");
}

/* Texts that mean the same under whatever status: versions differ in their statuses. */
static const struct {
	const char *text, *code;
	enum err_kind kind;
} known_words[] = {
	{"address already in use", "port.taken", ERR_CONFLICT},
	{"port is already allocated", "port.taken", ERR_CONFLICT},
	{"unable to set memory limit to", "limit.below_use", ERR_CONFLICT},
	{"memory.limit_in_bytes: device or resource busy", "limit.below_use", ERR_CONFLICT},
	{"already in use by container", "container.name_taken", ERR_CONFLICT},
	{"no such container", "container.missing", ERR_NOT_FOUND},
	{"no such image", "image.missing", ERR_NOT_FOUND},
};

static int http_error(const struct docker_call *c, const struct fetch_answer *a, struct err *e)
{
	char words[DOCKER_WORDS];

	docker_words(a, words);
	/* the engine was exchanged under us and speaks other versions now */
	if (a->status == 400 && strcasestr(words, "client version"))
		return err_set(e, ERR_UNAVAILABLE, "engine.old", "%s", words);
	for (size_t i = 0; i < COUNT(known_words); i++)
		if (strcasestr(words, known_words[i].text))
			return err_set(e, known_words[i].kind, known_words[i].code, "%s", words);
	if (a->status == 404 && strcasestr(words, "network") && strcasestr(words, "not found"))
		return err_set(e, ERR_NOT_FOUND, "network.missing", "%s", words);
	/* a container that is just being started again: it is there, its network is not yet */
	if (a->status == 404 && strcasestr(words, "sandbox"))
		return err_set(e, ERR_UNAVAILABLE, "engine.slow",
			"The Docker engine is not ready with it: %s", words);
	if (a->status == 404 && c->missing)
		return err_set(e, ERR_NOT_FOUND, c->missing,
			"The Docker engine does not know it: %s", words);
	if (a->status >= 400 && a->status < 500)
		return err_set(e, a->status == 409 ? ERR_CONFLICT : ERR_INPUT, "engine.rejected",
			"The Docker engine refused: %s", words[0] ? words : "it did not say why");
	if (a->status >= 500)
		return err_set(e, ERR_UNAVAILABLE, "engine.error",
			"The Docker engine failed (%d): %s", a->status,
			words[0] ? words : "it did not say why");
	return err_set(e, ERR_UNAVAILABLE, "engine.broken",
		"What answers at the Docker engine's socket is no engine (HTTP %d).", a->status);
}

/* ---- calls ---- */

void docker_forget(struct docker *d)
{
	pthread_mutex_lock(&d->lock);
	d->minor = 0;
	pthread_mutex_unlock(&d->lock);
}

int docker_attempt(struct docker *d, int minor, const struct docker_call *c,
	struct fetch_answer *ret, struct err *e)
{
	static const char *const json[] = {"Content-Type: application/json", NULL};
	static const char *const tar[] = {"Content-Type: application/x-tar", NULL};
	autofree char *body = c->body ? json_text(c->body) : NULL;
	autofree char *url = minor ? xasprintf("http://localhost/v1.%d%s", minor, c->path)
				   : xasprintf("http://localhost%s", c->path);
	struct fetch f = {
		.method = c->method,
		.url = url,
		.unix_socket = d->socket,
		.headers = c->tar ? tar : json,
		.body = body,
		.body_len = c->tar ? (size_t)c->tar->size
			    : body ? strlen(body)
				   : 0,
		.read_body = c->tar ? c->tar->read : NULL,
		.body_ctx = c->tar ? c->tar->ctx : NULL,
		.total_ms = c->total_ms,
		.silence_ms = c->silence_ms,
		.cancel = c->cancel,
		.on_data = c->on_data,
		.ctx = c->ctx,
	};
	struct err why;

	if (fetch_run(&f, ret, &why)) {
		if (!err_is(&why, "fetch.cancelled") && !err_is(&why, "fetch.timeout"))
			docker_forget(d);
		return not_reached(d, &why,
			c->total_ms > 0	    ? c->total_ms
			: c->silence_ms > 0 ? c->silence_ms
					    : 10000,
			e);
	}
	if (ret->status / 100 == 2 || ret->status == 304)
		return 0;
	return http_error(c, ret, e);
}

int docker_call(
	struct docker *d, const struct docker_call *c, struct fetch_answer *ret, struct err *e)
{
	struct docker_dialect dialect;
	struct err why;

	for (int i = 0; i < 2; i++) {
		if (docker_negotiate(d, c->cancel, &dialect, e))
			return -1;
		if (!docker_attempt(d, dialect.minor, c, ret, &why))
			return 0;
		if (!err_is(&why, "engine.old"))
			break;
		docker_forget(d);
		if (i == 0)
			fetch_answer_free(ret);
	}
	if (e)
		*e = why;
	return -1;
}

int docker_call_once(
	struct docker *d, const struct docker_call *c, struct fetch_answer *ret, struct err *e)
{
	struct docker_dialect dialect;

	if (docker_negotiate(d, c->cancel, &dialect, e))
		return -1;
	return docker_attempt(d, dialect.minor, c, ret, e);
}

int docker_answer_json(const struct fetch_answer *a, json_t **ret, struct err *e)
{
	if (!a->body.len || json_parse(a->body.data, a->body.len, ret, NULL))
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine's answer is not understood (%zu bytes, no JSON).",
			a->body.len);
	return 0;
}

int docker_call_json(struct docker *d, const struct docker_call *c, json_t **ret, struct err *e)
{
	autoanswer struct fetch_answer a = {0};

	if (docker_call(d, c, &a, e))
		return -1;
	return docker_answer_json(&a, ret, e);
}

int docker_call_plain(struct docker *d, const struct docker_call *c, struct err *e)
{
	autoanswer struct fetch_answer a = {0};

	return docker_call(d, c, &a, e);
}
