#include "domain/plan_image.h"

#include "domain/words.h"

#define GIB (INT64_C(1) << 30)
#define BUILD_NEEDS_BYTES (GIB / 2) /* a base image and what is put on it, to begin with */

static void begin(struct plan *p, const char *action, char *title)
{
	*p = (struct plan){
		.action = xstrdup(action),
		.stack = xstrdup(""),
		.title = title,
		.undo = xstrdup("Remove the image in Container Station. No stack is touched."),
		.down_expected_s = -1,
		.warnings = json_array(),
		.data = json_object(),
	};
}

static struct step *add(
	struct plan *p, const char *kind, const char *title, char *detail, const char *undo)
{
	struct step *s = plan_add(p, kind);

	s->title = xstrdup(title);
	s->detail = detail;
	s->undo = xstrdup(undo);
	return s;
}

static struct step *add_check(struct plan *p, int64_t need, const char *detail, const char *undo)
{
	struct step *s =
		add(p, "image_check", "Check the engine and its volume", xstrdup(detail), undo);

	json_put_int(s->args, "need_bytes", need);
	return s;
}

static void put_file(struct step *s, const char *dir, const char *file, int64_t size)
{
	json_put_str(s->args, "dir", dir);
	json_put_str(s->args, "file", file);
	json_put_int(s->args, "size", size);
}

void plan_image_load(const char *dir, const char *file, int64_t size, struct plan *ret)
{
	char words[WORDS_MAX];
	struct step *s;

	words_gib(size, words);
	begin(ret, "load", xstrdup("Load an image from a file"));
	/* the engine unpacks the file before it takes the layers */
	s = add_check(ret, 2 * size, "the engine answers and has room for it",
		"the uploaded file is removed");
	put_file(s, dir, file, size);
	s = add(ret, "image_load", "Give the file to the engine", xstrdup(words),
		"an image that the engine has taken stays; nothing uses it");
	s->docker = xasprintf("docker load -i %s/%s", dir, file);
	put_file(s, dir, file, size);
	s = add(ret, "image_tidy", "Remove the uploaded file", xstrdup(""), "");
	put_file(s, dir, file, size);
}

void plan_image_build(const struct image_source *from, struct plan *ret)
{
	const char *source = from->folder ? from->folder : from->url;
	struct step *s;

	begin(ret, "build", xasprintf("Build %s", from->tag));
	add_check(ret, BUILD_NEEDS_BYTES, "the engine answers and has room to begin", "");
	s = add(ret, "image_build", "Build the image by its Dockerfile",
		xasprintf("%s%s", source, from->no_cache ? ", every step anew" : ""),
		"nothing to take back: the name is given at the very end");
	s->docker = xasprintf(
		"docker build %s-t %s %s", from->no_cache ? "--no-cache " : "", from->tag, source);
	json_put_str(s->args, "tag", from->tag);
	json_put_str(s->args, "folder", from->folder);
	json_put_str(s->args, "url", from->url);
	json_put_flag(s->args, "no_cache", from->no_cache);
}

void plan_image_pull(const char *image, struct plan *ret)
{
	struct step *s;

	begin(ret, "pull", xasprintf("Pull %s", image));
	add_check(ret, 0, "the engine answers", "");
	s = add(ret, "pull", "Download the image", xstrdup(image),
		"the image stays; nothing uses it");
	s->docker = xasprintf("docker pull %s", image);
	json_put_str(s->args, "image", image);
}
