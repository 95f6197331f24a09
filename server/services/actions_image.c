/* Bringing an image onto this NAS: from an uploaded file, by building it, by pulling it. */
#include "services/actions_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "domain/plan_image.h"
#include "services/images.h"

/* The file has come already, or is going to: the handler says so, not the request. */
int do_load(struct action_ctx *c, struct err *e)
{
	autofree char *dir = images_dir(c->app);
	const char *file = json_str(c->a->body, "file", NULL);
	int64_t size = json_int(c->a->body, "size", 0);

	if (!file && images_expect(c->app, size, e))
		return -1;
	plan_image_load(dir, file ? file : "image.tar", size, c->ret);
	return 0;
}

/* A name without a digest: nobody knows that before. */
static int check_name(const char *key, const char *name, bool digest, struct err *e)
{
	autoimage struct image_ref ref = {0};

	if (!name)
		return err_set(e, ERR_INPUT, "input.missing", "The field \"%s\" is missing.", key);
	if (image_ref_parse(name, &ref, e))
		return -1;
	if (ref.digest && !digest)
		return err_set(
			e, ERR_INPUT, "input.image", "A name to give has no digest: %.100s.", name);
	return 0;
}

/* http and https, with a host, without a password: it is kept in the journal. */
static int check_url(const char *url, struct err *e)
{
	const char *host = strstr(url, "://");
	size_t len;

	for (const char *c = url; *c; c++)
		if (!isgraph((unsigned char)*c))
			host = NULL;
	if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8))
		host = NULL;
	len = host ? strcspn(host + 3, "/?#") : 0;
	if (!len || strlen(url) > 1000 || memchr(host + 3, '@', len))
		return err_set(e, ERR_INPUT, "input.url",
			"The field \"url\" must be an address with http or https, without a user.");
	return 0;
}

int do_build(struct action_ctx *c, struct err *e)
{
	const char *folder = json_str(c->a->body, "folder", NULL);
	const char *url = json_str(c->a->body, "url", NULL);
	struct image_source from = {.tag = json_str(c->a->body, "tag", NULL),
		.url = url,
		.no_cache = json_flag(c->a->body, "no_cache", false)};
	autofree char *real = NULL;

	if (json_only(c->a->body, e, "folder", "url", "tag", "no_cache", "dry_run", NULL) ||
		check_name("tag", from.tag, false, e))
		return -1;
	if (!folder == !url)
		return err_set(e, ERR_INPUT, "input.missing",
			"One of the fields \"folder\" and \"url\" is needed, and not both.");
	if (url ? check_url(url, e) : images_folder(c->app, folder, &real, e))
		return -1;
	from.folder = real;
	plan_image_build(&from, c->ret);
	return 0;
}

int do_pull(struct action_ctx *c, struct err *e)
{
	const char *image = json_str(c->a->body, "image", NULL);

	if (json_only(c->a->body, e, "image", "dry_run", NULL) ||
		check_name("image", image, true, e))
		return -1;
	plan_image_pull(image, c->ret);
	return 0;
}
