/* Images and networks: the short calls. */
#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#define REGISTRY_MS 12000
#define NETWORK_MS 30000
#define API_DISTRIBUTION 30

void docker_image_free(struct docker_image *i)
{
	json_decref(i->config);
	*i = (struct docker_image){0};
}

/* The repository of a reference as people write it, without tag and digest: its begin and length.
 * "docker.io/library/alpine:3" and "alpine@sha256:…" are the same one. */
static size_t repository(const char **ref)
{
	static const char *const silent[] = {"docker.io/", "index.docker.io/", "library/"};
	const char *slash, *colon;
	size_t len;

	for (size_t i = 0; i < COUNT(silent); i++)
		if (!strncmp(*ref, silent[i], strlen(silent[i])))
			*ref += strlen(silent[i]);
	len = strcspn(*ref, "@");
	slash = memrchr(*ref, '/', len);
	colon = memrchr(*ref, ':', len);
	if (colon && (!slash || colon > slash))
		len = (size_t)(colon - *ref);
	return len;
}

static const char *own_digest(const json_t *digests, const char *ref)
{
	size_t len = repository(&ref), i;
	const char *first = "";
	const json_t *one;

	json_array_foreach ((json_t *)digests, i, one) {
		const char *s = json_is_string(one) ? json_string_value(one) : "";
		const char *at = strchr(s, '@');
		size_t n = repository(&s);

		if (!at)
			continue;
		if (n == len && !memcmp(s, ref, n))
			return at + 1;
		if (!first[0])
			first = at + 1;
	}
	return first;
}

int docker_image(struct docker *d, const char *ref, struct docker_image *ret, struct err *e)
{
	autojson json_t *j = NULL;
	autofree char *path = NULL;

	if (docker_check_ref(ref, e))
		return -1;
	path = xasprintf("/images/%s/json", ref);
	if (docker_call_json(
		    d, &(struct docker_call){.path = path, .missing = "image.missing"}, &j, e))
		return -1;
	*ret = (struct docker_image){
		.size = json_int(j, "Size", -1),
		.created_at = docker_time(json_str(j, "Created", NULL)),
		.config =
			json_obj(j, "Config") ? json_incref(json_obj(j, "Config")) : json_object(),
	};
	snprintf(ret->id, sizeof(ret->id), "%s", json_str(j, "Id", ""));
	snprintf(ret->arch, sizeof(ret->arch), "%s", json_str(j, "Architecture", ""));
	snprintf(ret->digest, sizeof(ret->digest), "%s",
		own_digest(json_arr(j, "RepoDigests"), ref));
	return 0;
}

/* ---- the registry's present digest ---- */

static json_t *platforms(const json_t *j)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach (json_arr(j, "Platforms"), i, one) {
		autofree char *text = xasprintf(
			"%s/%s", json_str(one, "os", "?"), json_str(one, "architecture", "?"));

		json_array_append_new(list, json_string(text));
	}
	return list;
}

static int not_told(const struct fetch_answer *a, const struct err *why, struct err *e)
{
	char words[DOCKER_WORDS];

	if (err_is(why, "engine.slow"))
		return err_set(e, ERR_UNAVAILABLE, "pull.offline",
			"The registry did not answer within %d s.", REGISTRY_MS / 1000);
	if (a->status >= 400 && !err_is(why, "engine.old")) {
		docker_words(a, words);
		return docker_pull_error(words, false, e);
	}
	if (e)
		*e = *why;
	return -1;
}

/* The answer of /distribution, owned by the caller. */
static int ask_registry(struct docker *d, const char *ref, json_t **ret, struct err *e)
{
	autoanswer struct fetch_answer a = {0};
	autofree char *path = xasprintf("/distribution/%s/json", ref);
	struct err why;

	if (docker_call(d, &(struct docker_call){.path = path, .total_ms = REGISTRY_MS}, &a, &why))
		return not_told(&a, &why, e);
	return docker_answer_json(&a, ret, e);
}

int docker_remote_digest(struct docker *d, const char *ref, char ret_digest[80],
	json_t **ret_platforms, struct err *e)
{
	autojson json_t *j = NULL;
	struct docker_dialect dialect;
	const json_t *about;
	const char *digest;

	if (docker_check_ref(ref, e) || docker_negotiate(d, NULL, &dialect, e))
		return -1;
	if (dialect.minor < API_DISTRIBUTION)
		return err_set(e, ERR_UNAVAILABLE, "engine.old",
			"This Docker engine (API 1.%d) can compare an image only by pulling it.",
			dialect.minor);
	if (ask_registry(d, ref, &j, e))
		return -1;
	about = json_obj(j, "Descriptor");
	digest = json_str(about, "digest", json_str(about, "Digest", ""));
	if (!digest[0] || strlen(digest) >= 80)
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine did not tell the digest of %.100s.", ref);
	snprintf(ret_digest, 80, "%s", digest);
	if (ret_platforms)
		*ret_platforms = platforms(j);
	return 0;
}

/* ---- networks ---- */

int docker_network_create(struct docker *d, const char *name, const json_t *labels, struct err *e)
{
	autojson json_t *body = json_object();
	struct err why;

	if (docker_check_name(name, e))
		return -1;
	json_put_str(body, "Name", name);
	json_put_flag(body, "CheckDuplicate", true);
	json_put(body, "Labels", labels ? json_deep_copy(labels) : json_object());
	if (!docker_call_plain(d,
		    &(struct docker_call){.method = "POST",
			    .path = "/networks/create",
			    .body = body,
			    .total_ms = NETWORK_MS},
		    &why) ||
		strstr(why.message, "already exists"))
		return 0;
	if (e)
		*e = why;
	return -1;
}

int docker_network_exists(struct docker *d, const char *name, bool *ret, struct err *e)
{
	autojson json_t *j = NULL;
	autofree char *path = NULL;
	struct err why;

	if (docker_check_name(name, e))
		return -1;
	path = xasprintf("/networks/%s", name);
	if (!docker_call_json(d, &(struct docker_call){.path = path, .missing = "network.missing"},
		    &j, &why)) {
		/* the engine also takes the beginning of an id */
		*ret = !strcmp(json_str(j, "Name", ""), name) ||
		       !strcmp(json_str(j, "Id", ""), name);
		return 0;
	}
	if (err_is(&why, "network.missing")) {
		*ret = false;
		return 0;
	}
	if (e)
		*e = why;
	return -1;
}

int docker_network_remove(struct docker *d, const char *name, struct err *e)
{
	autofree char *path = NULL;
	struct err why;

	if (docker_check_name(name, e))
		return -1;
	path = xasprintf("/networks/%s", name);
	if (!docker_call_plain(d,
		    &(struct docker_call){.method = "DELETE",
			    .path = path,
			    .total_ms = NETWORK_MS,
			    .missing = "network.missing"},
		    &why) ||
		err_is(&why, "network.missing"))
		return 0;
	if (e)
		*e = why;
	return -1;
}
