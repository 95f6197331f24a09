/* Steps that bring an image onto this NAS. */
#include "services/steps_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "domain/mask.h"
#include "io/docker.h"
#include "io/store.h"
#include "services/evidence.h"
#include "services/images.h"

#define TEXT_MAX (64u * 1024) /* of a build's line */
#define NOTE_MAX 300

/* ---- check ---- */

int run_image_check(struct step_ctx *c, struct err *e)
{
	struct docker_version v;
	autoclose int fd = -1;
	int64_t len = 0;

	if (docker_ping(c->app->docker, &v, e) ||
		images_room(c->app, v.root_dir, arg_int(c, "need_bytes", 0), e))
		return -1;
	if (!*arg_str(c, "file"))
		return 0;
	if (spool_open(arg_str(c, "dir"), arg_str(c, "file"), &fd, &len, e))
		return -1;
	if (len != arg_int(c, "size", -1))
		return err_set(e, ERR_CONFLICT, "spool.missing",
			"Of the uploaded file only %lld bytes are there.", (long long)len);
	return 0;
}

int run_image_tidy(struct step_ctx *c, struct err *e)
{
	return *arg_str(c, "file") ? spool_remove(arg_str(c, "dir"), arg_str(c, "file"), e) : 0;
}

int undo_image_check(struct step_ctx *c, struct err *e)
{
	return run_image_tidy(c, e);
}

/* ---- load ---- */

struct sending {
	struct step_ctx *c;
	int fd;
	int64_t done, size;
	struct tar_pack *pack; /* instead of fd */
};

static void sent(struct sending *s, ssize_t n)
{
	if (n > 0)
		s->done += n;
	step_progress(s->c, s->done, s->size, "bytes", -1);
}

static ssize_t send_file(void *ctx, char *to, size_t len)
{
	struct sending *s = ctx;
	ssize_t n = read(s->fd, to, len);

	sent(s, n);
	return n;
}

static void note_names(struct step_ctx *c, const json_t *names)
{
	autobuf struct buf text = {0};
	const json_t *name;
	size_t i;

	json_array_foreach (names, i, name)
		buf_printf(&text, "%s%s", i ? ", " : "", json_string_value(name));
	step_note(c, "%.500s", text.data);
}

int run_image_load(struct step_ctx *c, struct err *e)
{
	struct sending s = {.c = c};
	struct docker_body body = {.read = send_file, .ctx = &s};
	autojson json_t *names = NULL;
	autoclose int fd = -1;

	if (spool_open(arg_str(c, "dir"), arg_str(c, "file"), &fd, &s.size, e))
		return -1;
	s.fd = fd;
	body.size = s.size;
	if (docker_load(c->app->docker, &body, c->abort, &names, e))
		return -1;
	note_names(c, names);
	step_result(c, "images", json_incref(names));
	return 0;
}

/* ---- build ---- */

struct telling {
	struct step_ctx *c;
	json_t *secrets;
	struct buf line;
};

static void telling_free(struct telling *t)
{
	buf_free(&t->line);
	json_decref(t->secrets);
}

/* As much of a line as a note takes, in whole characters. */
static int note_length(const char *line)
{
	size_t n = strlen(line);

	if (n > NOTE_MAX)
		for (n = NOTE_MAX; n && (line[n] & 0xc0) == 0x80;)
			n--;
	return (int)n;
}

/* A line that is written over itself, as bars are, counts as its last form. */
static void end_line(struct telling *t)
{
	const char *last = t->line.data ? strrchr(t->line.data, '\r') : NULL;
	autofree char *shown = NULL;

	if (!t->line.len)
		return;
	shown = mask_line(t->secrets, last && last[1] ? last + 1 : t->line.data);
	buf_reset(&t->line);
	step_output(t->c, shown);
	if (*shown)
		step_note(t->c, "%.*s", note_length(shown), shown);
}

static void on_text(void *ctx, const char *text)
{
	struct telling *t = ctx;

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (t->line.len + n < TEXT_MAX)
			buf_add(&t->line, text, n);
		text += n;
		if (!*text)
			break;
		text++;
		end_line(t);
	}
}

static ssize_t send_folder(void *ctx, char *to, size_t len)
{
	struct sending *s = ctx;
	ssize_t n = tar_read(s->pack, to, len);

	if (n >= 0 && s->done < s->size)
		sent(s, n);
	return n;
}

static int build(struct step_ctx *c, struct telling *t, struct err *e)
{
	autotar struct tar_pack *pack = NULL;
	autofree char *folder = NULL;
	struct sending s = {.c = c};
	struct docker_body body = {.read = send_folder, .ctx = &s};
	struct docker_build b = {.tag = arg_str(c, "tag"),
		.remote = json_str(c->step->args, "url", NULL),
		.no_cache = json_flag(c->step->args, "no_cache", false)};
	int rc;

	if (!b.remote) {
		/* looked at again: a stack may have been installed there meanwhile */
		if (images_folder(c->app, arg_str(c, "folder"), &folder, e) ||
			images_pack(folder, &pack, e))
			return -1;
		s.pack = pack;
		s.size = body.size = tar_size(pack);
		b.folder = &body;
		step_output(c, "Sending the folder to the engine.");
	}
	rc = docker_build(c->app->docker, &b, c->abort, on_text, t, e);
	end_line(t);
	if (rc && pack && tar_error(pack)->kind)
		*e = *tar_error(pack);
	return rc;
}

int run_image_build(struct step_ctx *c, struct err *e)
{
	cleanup(telling_free) struct telling t = {.c = c};
	struct docker_image made = {0};
	int rc;

	if (store_secret_values(c->app->store, &t.secrets, e))
		return -1;
	step_output_begin(c);
	rc = build(c, &t, e);
	if (rc)
		step_output(c, e->message);
	step_output_keep(c);
	if (rc || docker_image(c->app->docker, arg_str(c, "tag"), &made, e))
		return -1;
	step_note(c, "%s, %.1f MB on disk", made.id, (double)made.size / 1e6);
	docker_image_free(&made);
	return 0;
}
