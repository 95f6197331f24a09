/* Handlers: images: which are here, and how another one comes: by a file, by building it, by
 * pulling it. */
#include <stdlib.h>
#include <string.h>

#include "api/act.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "services/images.h"
#include "services/jobs.h"

void api_list_images(struct api_call *call)
{
	autofree char *recipe = http_query(call->req, "recipe");
	json_t *list, *j;
	struct err e = {0};

	if (images_list(call->app, recipe, &list, &e)) {
		reply_err(call, &e);
		return;
	}
	j = json_object();
	json_put(j, "images", list);
	reply_json(call, 200, j);
}

void api_build_image(struct api_call *call)
{
	act(call, (struct action){.name = "build", .body = call->body},
		json_flag(call->body, "dry_run", false));
}

void api_pull_image(struct api_call *call)
{
	act(call, (struct action){.name = "pull", .body = call->body},
		json_flag(call->body, "dry_run", false));
}

/* ---- a file that comes ---- */

struct incoming {
	struct spool spool;
	char begin[TAR_BEGIN];
	size_t known; /* bytes of it */
	bool checked;
};

static void incoming_drop(struct incoming *in)
{
	spool_drop(&in->spool);
}

/* What is no tar is refused before the rest of it has come. */
static int check_begin(struct incoming *in, const char *bytes, size_t len, struct err *e)
{
	size_t n = sizeof(in->begin) - in->known;

	n = n < len ? n : len;
	memcpy(in->begin + in->known, bytes, n);
	in->known += n;
	if (in->checked || in->known < sizeof(in->begin))
		return 0;
	in->checked = true;
	if (tar_begins(in->begin, in->known))
		return 0;
	return err_set(e, ERR_INPUT, "image.broken", "The file is no tar: it begins otherwise.");
}

static int on_piece(void *ctx, const char *bytes, size_t len, struct err *e)
{
	struct incoming *in = ctx;

	return check_begin(in, bytes, len, e) || spool_add(&in->spool, bytes, len, e) ? -1 : 0;
}

static int check_request(struct api_call *call, int64_t size, struct err *e)
{
	const char *type = http_header(call->req, "Content-Type");

	if (!type || strncasecmp(type, "application/x-tar", 17) || (type[17] && type[17] != ';'))
		return err_set(e, ERR_INPUT, "input.media_type",
			"The body must be of the type application/x-tar.");
	if (size < 0)
		return err_set(e, ERR_INPUT, "input.length",
			"The request does not say how long its body is.");
	if (size < TAR_BEGIN)
		return err_set(e, ERR_INPUT, "image.broken", "The file has %lld bytes only.",
			(long long)size);
	return 0;
}

static bool refuse_busy(struct api_call *call)
{
	int64_t id = jobs_of_stack(call->app->jobs, "");
	struct err e = {0};
	char text[24];

	if (!id)
		return false;
	snprintf(text, sizeof(text), "%lld", (long long)id);
	err_set(&e, ERR_CONFLICT, "job.running", "Another image is being brought here.");
	reply_err_with(call, &e, "job", json_string(text));
	return true;
}

/* What nobody will load is removed at once. */
static void load(struct api_call *call, const char *file, int64_t size)
{
	autofree char *dir = images_dir(call->app);
	autojson json_t *body = json_object();

	json_put_str(body, "file", file);
	json_put_int(body, "size", size);
	act(call, (struct action){.name = "load", .body = body}, false);
	if (http_status(call->req) != 202)
		spool_remove(dir, file, NULL);
}

static void receive(struct api_call *call)
{
	cleanup(incoming_drop) struct incoming in = {.spool = SPOOL_CLOSED};
	int64_t size = http_length(call->req);
	autofree char *name = NULL;
	struct err e = {0};

	if (check_request(call, size, &e) || call_hold(call, HOLD_UPLOAD, &e) ||
		images_begin(call->app, size, &in.spool, &e)) {
		reply_err(call, &e);
		return;
	}
	name = xstrdup(in.spool.name);
	if (http_body_pieces(call->req, on_piece, &in, &e) || spool_end(&in.spool, &e)) {
		spool_drop(&in.spool); /* before anybody is told */
		reply_err(call, &e);
		return;
	}
	load(call, name, size);
}

static void show_load(struct api_call *call)
{
	autojson json_t *body = json_object();
	struct err e = {0};
	int64_t size;

	if (call_query_int(call, "size", 0, 0, INT64_MAX, &size, &e)) {
		reply_err(call, &e);
		return;
	}
	json_put_int(body, "size", size);
	act(call, (struct action){.name = "load", .body = body}, true);
}

void api_load_image(struct api_call *call)
{
	struct err e = {0};
	bool dry_run;

	if (call_query_flag(call, "dry_run", false, &dry_run, &e))
		reply_err(call, &e);
	else if (dry_run)
		show_load(call);
	else if (!refuse_busy(call))
		receive(call);
}
