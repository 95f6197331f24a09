/* Building an image, and what it means when that fails. */
#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#define SILENCE_MS 1800000 /* one long command on a slow NAS */
#define STEP_MAX 100	   /* of a message: not the whole of a long command */
#define LAST_MAX 240

/* ---- what went wrong ---- */

/* In this order: what is said about a base image, an address or a command reads alike. */
static const struct {
	const char *text, *code;
} meanings[] = {
	{"no space left on device", "image.space"},
	{"disk quota exceeded", "image.space"},
	{"buildkit", "image.buildkit"},
	{"unknown flag:", "image.buildkit"},
	{"cannot locate specified dockerfile", "image.no_dockerfile"},
	{"dockerfile: no such file", "image.no_dockerfile"},
	{"failed to read dockerfile", "image.no_dockerfile"},
	{"cannot be empty", "image.no_dockerfile"},
	{"\"git\": executable file not found", "image.no_git"},
	{"parse error", "image.dockerfile"},
	{"unknown instruction", "image.dockerfile"},
	{"invalid reference format", "image.dockerfile"},
	{"exec format error", "image.arch"},
	{"no matching manifest", "image.arch"},
	{"failed to create endpoint", "image.network"},
	{"network bridge not found", "image.network"},
	{"could not find an available", "image.network"},
	{"bridge", "image.network"},
	{"copy failed", "image.copy"},
	{"add failed", "image.copy"},
	{"error downloading remote context", "image.fetch"},
	{"error fetching", "image.fetch"},
	{"unable to prepare context", "image.fetch"},
	{"unable to detect content type", "image.fetch"},
	{"unsupported content", "image.fetch"},
	{"failed with status code", "image.fetch"},
};

/* Before its first step only the address can have been at fault. */
static bool about_address(const char *words)
{
	static const char *const texts[] = {
		"dial tcp", "no such host", "could not resolve", "unable to access", "http"};

	for (size_t i = 0; i < COUNT(texts); i++)
		if (strcasestr(words, texts[i]))
			return true;
	return false;
}

static bool is_from(const char *step)
{
	const char *line = strstr(step, " : ");

	return line && !strncasecmp(line + 3, "FROM ", 5);
}

/* "RUN npm install", or the beginning of it. */
static const char *command(const char *line, char ret[STEP_MAX + 4])
{
	size_t len = line ? strlen(line + 3) : 0;

	if (!len)
		return "A command";
	if (len > STEP_MAX)
		for (len = STEP_MAX; len && (line[3 + len] & 0xc0) == 0x80;)
			len--;
	snprintf(ret, STEP_MAX + 4, "%.*s%s", (int)len, line + 3,
		strlen(line + 3) > len ? "..." : "");
	return ret;
}

int docker_build_error(
	const struct docker_report *r, const char *step, const char *last, struct err *e)
{
	const char *line = strstr(step, " : ");
	char words[STEP_MAX + 4];
	struct err base;

	if (r->code)
		return err_set(e, ERR_CONFLICT, "image.run", "%s ended with code %d%s%s",
			command(line, words), r->code, last[0] ? ": " : ".", last);
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (strcasestr(r->error, meanings[i].text))
			return err_set(e, ERR_CONFLICT, meanings[i].code,
				"The Docker engine says: %s.", r->error);
	if (!step[0] && about_address(r->error))
		return err_set(
			e, ERR_UNAVAILABLE, "image.fetch", "The Docker engine says: %s.", r->error);
	docker_pull_error(r->error, false, &base);
	if (is_from(step) && !err_is(&base, "pull.broken")) {
		if (e)
			*e = base;
		return -1;
	}
	return err_set(e, ERR_CONFLICT, "image.build", "The build failed: %s.", r->error);
}

/* ---- what it tells ---- */

struct building {
	void (*on_text)(void *ctx, const char *text);
	void *ctx;
	char step[DOCKER_WORDS]; /* "Step 3/5 : RUN npm install"; "" before the first */
	char last[LAST_MAX];	 /* the end of what the command wrote, one line */
	bool built;		 /* the engine said so */
};

/* The last bytes of a text that fit, from the beginning of a character on. */
static const char *tail(const char *text, size_t max)
{
	size_t len = strlen(text);

	text += len > max ? len - max : 0;
	while ((*text & 0xc0) == 0x80)
		text++;
	return text;
}

/* Without colours (ESC [ ... letter): the builder puts them around what goes to stderr. */
static void drop_colours(char *line)
{
	char *to = line;

	while (*line) {
		if (line[0] == '\x1b' && line[1] == '[') {
			line += 2 + strspn(line + 2, "0123456789;");
			line += *line != '\0';
		} else {
			*to++ = *line++;
		}
	}
	*to = '\0';
}

static void keep_line(struct building *b, char *text)
{
	char line[DOCKER_WORDS], both[LAST_MAX + DOCKER_WORDS + 4];

	drop_colours(text);
	docker_clean(text, line);
	if (!line[0])
		return;
	snprintf(both, sizeof(both), "%s%s%s", b->last, b->last[0] ? " / " : "", line);
	snprintf(b->last, sizeof(b->last), "%s", tail(both, LAST_MAX - 1));
}

static void keep_last(struct building *b, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\r\n");
		autofree char *line = xstrndup(text, n);

		keep_line(b, line);
		text += n + (text[n] != '\0');
	}
}

static void on_text(void *ctx, const char *text)
{
	struct building *b = ctx;

	if (!strncmp(text, "Step ", 5) && strstr(text, " : ")) {
		docker_clean(text, b->step);
		b->last[0] = '\0';
	} else if (!strncmp(text, "Successfully built ", 19)) {
		b->built = true;
	} else if (strncmp(text, " ---> ", 6) && strncmp(text, "Removing intermediate", 21)) {
		keep_last(b, text);
	}
	if (b->on_text)
		b->on_text(b->ctx, text);
}

static char *build_path(const struct docker_build *b)
{
	struct buf path = {0};

	/* containers of its steps go, also of one that failed */
	buf_puts(&path, "/build?rm=1&forcerm=1&t=");
	docker_escape(&path, b->tag);
	if (b->no_cache)
		buf_puts(&path, "&nocache=1");
	if (b->remote) {
		buf_puts(&path, "&remote=");
		docker_escape(&path, b->remote);
	}
	return buf_take(&path);
}

int docker_build(struct docker *d, const struct docker_build *b, const atomic_bool *cancel,
	void (*tell)(void *ctx, const char *text), void *ctx, struct err *e)
{
	struct building now = {.on_text = tell, .ctx = ctx};
	autoanswer struct fetch_answer a = {0};
	cleanup(docker_report_free) struct docker_report r;
	autofree char *path = NULL;
	struct err why = {0};
	int rc;

	if (docker_check_ref(b->tag, e))
		return -1;
	path = build_path(b);
	docker_report_begin(&r, on_text, &now);
	rc = docker_call_once(d,
		&(struct docker_call){.method = "POST",
			.path = path,
			.tar = b->folder,
			.total_ms = -1,
			.silence_ms = SILENCE_MS,
			.cancel = cancel,
			.on_data = docker_report_feed,
			.ctx = &r},
		&a, &why);
	if (!r.error[0] && a.status >= 400 && !err_is(&why, "engine.old"))
		docker_words(&a, r.error);
	if (r.error[0])
		return docker_build_error(&r, now.step, now.last, e);
	if (rc)
		return docker_report_failed(&r, &why, e);
	if (!now.built && !r.id[0])
		return err_set(e, ERR_UNAVAILABLE, "image.cut",
			"The Docker engine ended the build without a result.");
	return 0;
}
