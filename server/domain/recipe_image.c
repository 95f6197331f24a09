/* Versions, image references, and which generation an image belongs to. */
#include "domain/recipe_priv.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Reads up to three numbers joined by dots; returns what follows them, or NULL. */
static const char *numbers(const char *s, struct recipe_version *ret)
{
	int n[3] = {0};

	for (int i = 0; i < 3; i++) {
		char *end;
		long v;

		if (!isdigit((unsigned char)*s))
			return NULL;
		v = strtol(s, &end, 10);
		if (v > 99999)
			return NULL;
		n[i] = (int)v;
		s = end;
		if (*s != '.' || i == 2)
			break;
		s++;
	}
	*ret = (struct recipe_version){n[0], n[1], n[2]};
	return s;
}

bool recipe_version_parse(const char *text, struct recipe_version *ret)
{
	struct recipe_version v;
	const char *end = numbers(text, &v);

	if (!end || *end)
		return false;
	*ret = v;
	return true;
}

bool recipe_version_of_tag(const char *tag, struct recipe_version *ret)
{
	struct recipe_version v;

	/* the version may stand behind words: multiarch-v26.7.0 */
	for (const char *s = tag; s; s = strchr(s, '-'), s = s ? s + 1 : NULL) {
		const char *end = numbers(*s == 'v' ? s + 1 : s, &v);

		if (end && (!*end || *end == '-' || *end == '+' || *end == '_')) {
			*ret = v;
			return true;
		}
	}
	return false;
}

int recipe_version_compare(struct recipe_version a, struct recipe_version b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	if (a.minor != b.minor)
		return a.minor < b.minor ? -1 : 1;
	if (a.patch != b.patch)
		return a.patch < b.patch ? -1 : 1;
	return 0;
}

bool recipe_in_range(const struct recipe_range *r, struct recipe_version v)
{
	return recipe_version_compare(r->from, v) <= 0 && recipe_version_compare(v, r->before) < 0;
}

/* ---- references ---- */

void image_ref_free(struct image_ref *r)
{
	free(r->registry);
	free(r->repository);
	free(r->tag);
	free(r->digest);
	*r = (struct image_ref){0};
}

/* The part before the first slash is a registry when it looks like a host. */
static bool is_host(const char *s, size_t len)
{
	return memchr(s, '.', len) || memchr(s, ':', len) ||
	       (len == 9 && !strncmp(s, "localhost", 9));
}

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Tags and digests are looked at every second, and by a regular expression each look would compile
 * its counted repeats into hundreds of states: with musl that was most of what the program cost. */
static bool tag_valid(const char *s)
{
	size_t len = strlen(s);

	return len >= 1 && len <= 128 && *s != '.' && *s != '-' &&
	       strspn(s, LETTERS DIGITS "_.-") == len;
}

static bool digest_valid(const char *s)
{
	static const char kind[] = "sha256:";
	const char *hex = s + sizeof(kind) - 1;

	return !strncmp(s, kind, sizeof(kind) - 1) && strlen(hex) == 64 &&
	       strspn(hex, DIGITS "abcdef") == 64;
}

static bool image_ref_valid(const struct image_ref *r)
{
	return (!r->registry ||
		       text_matches(r->registry, "^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$")) &&
	       text_matches(r->repository,
		       "^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$") &&
	       (!r->tag || tag_valid(r->tag)) && (!r->digest || digest_valid(r->digest));
}

int image_ref_parse(const char *text, struct image_ref *ret, struct err *e)
{
	autoimage struct image_ref r = {0};
	const char *slash, *at, *colon, *end;

	if (strlen(text) > 255)
		return err_set(
			e, ERR_INPUT, "input.image", "An image's name has at most 255 characters.");
	slash = strchr(text, '/');
	if (slash && is_host(text, slash - text)) {
		r.registry = xstrndup(text, slash - text);
		text = slash + 1;
	}
	at = strchr(text, '@');
	end = at ? at : text + strlen(text);
	if (at)
		r.digest = xstrdup(at + 1);
	colon = memchr(text, ':', end - text);
	if (colon)
		r.tag = xstrndup(colon + 1, end - colon - 1);
	else if (!at)
		r.tag = xstrdup("latest");
	r.repository = xstrndup(text, (colon ? colon : end) - text);
	if (!image_ref_valid(&r))
		return err_set(e, ERR_INPUT, "input.image",
			"\"%.100s\" is no name of an image, such as parity/parity:v1.6.8.", text);
	*ret = r;
	r = (struct image_ref){0};
	return 0;
}

/* A private registry may hold the repository below folders of its own. */
static bool same_repository(const struct image_ref *ref, const char *repository)
{
	size_t have = strlen(ref->repository), want = strlen(repository);

	if (!strcmp(repository, "*") || !strcmp(ref->repository, repository))
		return true;
	if (ref->registry && strlen(ref->registry) < want &&
		!strncmp(repository, ref->registry, strlen(ref->registry)) &&
		!strcmp(repository + strlen(ref->registry) + 1, ref->repository))
		return true; /* the recipe names the registry: ghcr.io/… */
	if (!ref->registry && strncmp(ref->repository, "library/", 8))
		return false;
	return have > want && ref->repository[have - want - 1] == '/' &&
	       !strcmp(ref->repository + have - want, repository);
}

static bool floating_version(
	const struct recipe_repository *repo, const char *tag, struct recipe_version *ret)
{
	for (size_t i = 0; i < repo->n_floating; i++)
		if (!strcmp(repo->floating[i].tag, tag)) {
			*ret = repo->floating[i].version;
			return true;
		}
	return false;
}

bool recipe_version(
	const struct recipe *r, const char *image, struct recipe_version *ret, bool *ret_assumed)
{
	autoimage struct image_ref ref = {0};
	bool assumed = false;

	if (r->builtin) {
		*ret = r->generations[0].range.from;
		return true;
	}
	if (image_ref_parse(image, &ref, NULL))
		return false;
	for (size_t i = 0; i < r->n_repositories; i++) {
		const struct recipe_repository *repo = &r->repositories[i];

		if (!same_repository(&ref, repo->repository))
			continue;
		/* what the recipe says of a tag counts more than how the tag reads */
		assumed = (ref.tag && floating_version(repo, ref.tag, ret)) ||
			  ((!ref.tag || !recipe_version_of_tag(ref.tag, ret)) &&
				  floating_version(repo, "*", ret));
		if (!assumed && (!ref.tag || !recipe_version_of_tag(ref.tag, ret)))
			continue;
		if (ret_assumed)
			*ret_assumed = assumed;
		return true;
	}
	return false;
}

const struct recipe_generation *recipe_generation_of(
	const struct recipe *r, struct recipe_version v)
{
	for (size_t i = 0; i < r->n_generations; i++)
		if (recipe_in_range(&r->generations[i].range, v))
			return &r->generations[i];
	return NULL;
}

const struct recipe_generation *recipe_generation(const struct recipe *r, const char *image)
{
	struct recipe_version v;

	return recipe_version(r, image, &v, NULL) ? recipe_generation_of(r, v) : NULL;
}
