/* The engine's version and abilities, and the dialect that we speak with it. */
#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define API_OLDEST 23
#define API_NEWEST 46

static int ask(
	struct docker *d, const char *path, const atomic_bool *cancel, json_t **ret, struct err *e)
{
	autoanswer struct fetch_answer a = {0};
	struct docker_call c = {.path = path, .cancel = cancel};

	if (docker_attempt(d, 0, &c, &a, e))
		return -1;
	return docker_answer_json(&a, ret, e);
}

/* "1.41" → 41; 0 for anything else. */
static int api_minor(const char *text)
{
	char *end;
	long minor;

	if (strncmp(text, "1.", 2))
		return 0;
	minor = strtol(text + 2, &end, 10);
	return end == text + 2 || minor < 0 || minor > 9999 ? 0 : (int)minor;
}

static int choose(const json_t *version, int *ret_minor, struct err *e)
{
	const char *api = json_str(version, "ApiVersion", "");
	int newest = api_minor(api);
	int oldest = api_minor(json_str(version, "MinAPIVersion", "1.0"));
	int minor = newest < API_NEWEST ? newest : API_NEWEST;

	if (!newest)
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"What answers at the Docker engine's socket is no engine.");
	if (newest < API_OLDEST)
		return err_set(e, ERR_UNAVAILABLE, "engine.old",
			"The Docker engine %.20s speaks API %.10s; 1.%d (Docker 1.11) or newer is "
			"needed.",
			json_str(version, "Version", "?"), api, API_OLDEST);
	/* an engine that has dropped all we know: its oldest is the nearest to ours */
	*ret_minor = minor < oldest ? oldest : minor;
	return 0;
}

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

static bool warns(const json_t *info, const char *text)
{
	const json_t *w;
	size_t i;

	json_array_foreach (json_arr(info, "Warnings"), i, w)
		if (json_is_string(w) && strcasestr(json_string_value(w), text))
			return true;
	return false;
}

static void describe(
	const json_t *version, const json_t *info, int minor, struct docker_version *ret)
{
	*ret = (struct docker_version){0};
	COPY(ret->engine, json_str(version, "Version", ""));
	snprintf(ret->api, sizeof(ret->api), "1.%d", minor);
	COPY(ret->os, json_str(version, "Os", ""));
	COPY(ret->arch, json_str(version, "Arch", ""));
	COPY(ret->kernel, json_str(version, "KernelVersion", ""));
	COPY(ret->storage_driver, json_str(info, "Driver", ""));
	COPY(ret->root_dir, json_str(info, "DockerRootDir", ""));
	COPY(ret->id, json_str(info, "ID", ""));
	/* told from API 1.41 on; nothing older ran on v2 */
	ret->cgroup_version = strcmp(json_str(info, "CgroupVersion", "1"), "2") ? 1 : 2;
	ret->swap_limit = json_flag(info, "SwapLimit", false);
	ret->memory_limit = json_flag(info, "MemoryLimit", false);
	ret->cpu_quota = json_flag(info, "CpuCfsQuota", false);
	ret->cpu_shares = json_flag(info, "CPUShares", true); /* not told before API 1.24 */
	ret->blkio_weight = !warns(info, "no blkio weight support");
	ret->system_time_ms = docker_time(json_str(info, "SystemTime", NULL));
}

static int ping(
	struct docker *d, const atomic_bool *cancel, struct docker_version *ret, struct err *e)
{
	autojson json_t *version = NULL;
	autojson json_t *info = NULL;
	int minor = 0;

	if (ask(d, "/version", cancel, &version, e) || choose(version, &minor, e) ||
		ask(d, "/info", cancel, &info, e))
		return -1;
	describe(version, info, minor, ret);
	pthread_mutex_lock(&d->lock);
	if (d->minor != minor)
		log_debug("docker engine %s, API %s", ret->engine, ret->api);
	d->minor = minor;
	d->cgroup_version = ret->cgroup_version;
	d->swap_limit = ret->swap_limit;
	d->cpus = (int)json_int(info, "NCPU", 0);
	pthread_mutex_unlock(&d->lock);
	return 0;
}

int docker_ping(struct docker *d, struct docker_version *ret, struct err *e)
{
	return ping(d, NULL, ret, e);
}

int docker_negotiate(
	struct docker *d, const atomic_bool *cancel, struct docker_dialect *ret, struct err *e)
{
	struct docker_version v;

	for (int i = 0; i < 2; i++) {
		pthread_mutex_lock(&d->lock);
		*ret = (struct docker_dialect){.minor = d->minor,
			.cgroup_version = d->cgroup_version,
			.cpus = d->cpus,
			.swap_limit = d->swap_limit};
		pthread_mutex_unlock(&d->lock);
		if (ret->minor)
			return 0;
		if (ping(d, cancel, &v, e))
			return -1;
	}
	return err_set(e, ERR_UNAVAILABLE, "engine.broken",
		"The Docker engine comes and goes."); /* another thread lost it just now */
}
