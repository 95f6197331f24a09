#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* A busy NAS takes its time for what touches its disks. */
#define CREATE_MS 60000
#define START_MS 120000
#define REMOVE_MS 120000
#define CHANGE_MS 30000
#define ENDING_PAUSE_MS 100
#define ENDING_TRIES 50

/* "/containers/ID" and what follows, owned by the caller. */
static int path_of(const char *id, const char *rest, char **ret, struct err *e)
{
	if (docker_check_name(id, e))
		return -1;
	*ret = xasprintf("/containers/%s%s", id, rest);
	return 0;
}

static int post(struct docker *d, const char *id, const char *rest, const json_t *body, msec total,
	struct err *e)
{
	autofree char *path = NULL;

	if (path_of(id, rest, &path, e))
		return -1;
	return docker_call_plain(d,
		&(struct docker_call){.method = "POST",
			.path = path,
			.body = body,
			.total_ms = total,
			.missing = "container.missing"},
		e);
}

/* For calls where a certain failure means that all is well. */
static int unless(int rc, bool fine, const struct err *why, struct err *e)
{
	if (!rc || fine)
		return 0;
	if (e)
		*e = *why;
	return -1;
}

/* ---- inspect ---- */

int docker_inspect_json(struct docker *d, const char *name, json_t **ret, struct err *e)
{
	autofree char *path = NULL;

	if (path_of(name, "/json", &path, e))
		return -1;
	return docker_call_json(
		d, &(struct docker_call){.path = path, .missing = "container.missing"}, ret, e);
}

const char *docker_bare_name(const char *name)
{
	return name[0] == '/' ? name + 1 : name;
}

static char *first_ip(const json_t *net)
{
	const char *name, *ip;
	json_t *one;

	json_object_foreach (json_obj(net, "Networks"), name, one) {
		ip = json_str(one, "IPAddress", "");
		if (ip[0])
			return xstrdup(ip);
	}
	ip = json_str(net, "IPAddress", "");
	return ip[0] ? xstrdup(ip) : NULL;
}

/* Own reference to v, or the fallback that is given away. */
static json_t *keep(json_t *v, json_t *fallback)
{
	if (!v)
		return fallback;
	json_decref(fallback);
	return json_incref(v);
}

static void read_state(const json_t *s, struct container *ret)
{
	ret->state = xstrdup(json_str(s, "Status", "unknown"));
	ret->pid = (int)json_int(s, "Pid", 0);
	ret->exit_code = (int)json_int(s, "ExitCode", 0);
	ret->oom_killed = json_flag(s, "OOMKilled", false);
	ret->started_at = docker_time(json_str(s, "StartedAt", NULL));
	ret->finished_at = docker_time(json_str(s, "FinishedAt", NULL));
}

static void read_container(
	const json_t *j, const struct docker_dialect *dialect, struct container *ret)
{
	const json_t *host = json_obj(j, "HostConfig");
	const json_t *config = json_obj(j, "Config");
	const char *mode = json_str(host, "NetworkMode", "");
	const char *policy = json_str(json_obj(host, "RestartPolicy"), "Name", "");

	ret->presence = PRESENCE_YES;
	snprintf(ret->id, sizeof(ret->id), "%s", json_str(j, "Id", ""));
	ret->name = xstrdup(docker_bare_name(json_str(j, "Name", "")));
	ret->image = xstrdup(json_str(config, "Image", ""));
	ret->image_id = xstrdup(json_str(j, "Image", ""));
	ret->network_mode = xstrdup(!mode[0] || !strcmp(mode, "default") ? "bridge" : mode);
	ret->restart_policy = xstrdup(policy[0] ? policy : "no");
	ret->ip = first_ip(json_obj(j, "NetworkSettings"));
	ret->labels = keep(json_obj(config, "Labels"), json_object());
	ret->mounts = keep(json_arr(j, "Mounts"), json_array());
	ret->args = keep(json_arr(config, "Cmd"), json_array());
	ret->restart_count = (int)json_int(j, "RestartCount", 0);
	ret->created_at = docker_time(json_str(j, "Created", NULL));
	read_state(json_obj(j, "State"), ret);
	docker_limits_read(host, dialect, &ret->limits);
}

int docker_inspect(struct docker *d, const char *name, struct container *ret, struct err *e)
{
	autojson json_t *j = NULL;
	struct docker_dialect dialect;
	struct err why;

	if (docker_negotiate(d, NULL, &dialect, e))
		return -1;
	*ret = (struct container){0};
	if (docker_inspect_json(d, name, &j, &why)) {
		ret->presence = PRESENCE_NO;
		return unless(-1, err_is(&why, "container.missing"), &why, e);
	}
	if (!json_obj(j, "State") || !json_obj(j, "HostConfig"))
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine's answer about %.64s is not understood.", name);
	read_container(j, &dialect, ret);
	return 0;
}

/* ---- list ---- */

void docker_list_free(struct docker_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->items[i].name);
		free(l->items[i].image);
		free(l->items[i].state);
		json_decref(l->items[i].labels);
		json_decref(l->items[i].mounts);
	}
	free(l->items);
	*l = (struct docker_list){0};
}

/* Its own name; one with a second slash is an alias of an old --link. */
static const char *own_name(const json_t *names)
{
	const json_t *one;
	size_t i;

	json_array_foreach ((json_t *)names, i, one) {
		const char *s =
			docker_bare_name(json_is_string(one) ? json_string_value(one) : "/");

		if (s[0] && !strchr(s, '/'))
			return s;
	}
	return "";
}

static void read_listed(const json_t *j, struct docker_listed *ret)
{
	snprintf(ret->id, sizeof(ret->id), "%s", json_str(j, "Id", ""));
	ret->name = xstrdup(own_name(json_arr(j, "Names")));
	ret->image = xstrdup(json_str(j, "Image", ""));
	ret->state = xstrdup(json_str(j, "State", "unknown"));
	ret->labels = keep(json_obj(j, "Labels"), json_object());
	ret->mounts = keep(json_arr(j, "Mounts"), json_array());
}

static char *list_path(const char *label)
{
	autobuf struct buf b = {0};
	autojson json_t *filters = json_object();
	autojson json_t *labels = json_array();
	autofree char *text = NULL;

	buf_puts(&b, "/containers/json?all=1");
	if (label) {
		json_array_append_new(labels, json_string(label));
		json_object_set(filters, "label", labels);
		text = json_text(filters);
		buf_puts(&b, "&filters=");
		docker_escape(&b, text);
	}
	return buf_take(&b);
}

int docker_ps(struct docker *d, const char *label, struct docker_list *ret, struct err *e)
{
	autojson json_t *j = NULL;
	autofree char *path = list_path(label);
	const json_t *one;
	size_t i;

	if (docker_call_json(d, &(struct docker_call){.path = path}, &j, e))
		return -1;
	if (!json_is_array(j))
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine's list of containers is not understood.");
	*ret = (struct docker_list){
		.n = json_array_size(j), .items = xcalloc(json_array_size(j), sizeof(*ret->items))};
	json_array_foreach (j, i, one)
		read_listed(one, &ret->items[i]);
	return 0;
}

/* ---- create, start, … ---- */

int docker_create(struct docker *d, const char *name, const json_t *config, char *ret_id,
	json_t **ret_warnings, struct err *e)
{
	autojson json_t *j = NULL;
	autofree char *path = NULL;
	const char *id;

	if (docker_check_name(name, e))
		return -1;
	path = xasprintf("/containers/create?name=%s", name);
	if (docker_call_json(d,
		    &(struct docker_call){.method = "POST",
			    .path = path,
			    .body = config,
			    .total_ms = CREATE_MS,
			    .missing = "image.missing"},
		    &j, e))
		return -1;
	id = json_str(j, "Id", "");
	if (docker_check_name(id, NULL) || strlen(id) > 64)
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine did not tell the id of the new container.");
	snprintf(ret_id, 65, "%s", id);
	if (ret_warnings)
		*ret_warnings = keep(json_arr(j, "Warnings"), json_array());
	return 0;
}

int docker_start(struct docker *d, const char *id, struct err *e)
{
	struct err why;

	if (!post(d, id, "/start", NULL, START_MS, &why))
		return 0;
	/* by the engine's version, and by what is left: "task ID: already exists", "id already in
	 * use", "failed to start shim: mkdir …: file exists" */
	if (err_is(&why, "engine.error") &&
		(strstr(why.message, "already exists") ||
			strstr(why.message, "id already in use") ||
			(strstr(why.message, "shim") && strstr(why.message, "file exists"))))
		return err_set(e, ERR_UNAVAILABLE, "container.lost", "%s", why.message);
	return unless(-1, false, &why, e);
}

int docker_signal(struct docker *d, const char *id, const char *signal, struct err *e)
{
	autofree char *rest = NULL;
	struct err why;
	int rc;

	if (docker_check_name(signal, e))
		return -1;
	rest = xasprintf("/kill?signal=%s", signal);
	rc = post(d, id, rest, NULL, CHANGE_MS, &why);
	return unless(rc, rc && strstr(why.message, "is not running"), &why, e);
}

int docker_rename(struct docker *d, const char *id, const char *name, struct err *e)
{
	autofree char *rest = NULL;

	if (docker_check_name(name, e))
		return -1;
	rest = xasprintf("/rename?name=%s", name);
	return post(d, id, rest, NULL, CHANGE_MS, e);
}

int docker_remove(struct docker *d, const char *id, struct err *e)
{
	autofree char *path = NULL;
	struct err why;
	int rc;

	if (path_of(id, "?v=0&force=0", &path, e))
		return -1;
	rc = docker_call_plain(d,
		&(struct docker_call){.method = "DELETE",
			.path = path,
			.total_ms = REMOVE_MS,
			.missing = "container.missing"},
		&why);
	return unless(rc, rc && err_is(&why, "container.missing"), &why, e);
}

/* ---- live changes ---- */

/* Ends in this very moment: the engine takes it for running, its runtime does not, and nothing is
 * changed. A moment later both know. What containerd and runc say of it, by how far the end is. */
static bool is_ending(const struct err *why)
{
	static const char *const said[] = {
		"container not running", "stopped container", "deleted process"};

	for (size_t i = 0; i < COUNT(said); i++)
		if (err_is(why, "engine.error") && strstr(why->message, said[i]))
			return true;
	return false;
}

static int update(struct docker *d, const char *id, const json_t *body, json_t **ret, struct err *e)
{
	autofree char *path = NULL;
	struct err why = {0};
	int rc;

	if (path_of(id, "/update", &path, e))
		return -1;
	for (int i = 0;; i++) {
		rc = docker_call_json(d,
			&(struct docker_call){.method = "POST",
				.path = path,
				.body = body,
				.total_ms = CHANGE_MS,
				.missing = "container.missing"},
			ret, &why);
		if (!rc || !is_ending(&why) || i == ENDING_TRIES)
			return unless(rc, false, &why, e);
		clock_sleep(ENDING_PAUSE_MS);
	}
}

/* A limit that the engine took and threw away; the others are set. */
static int discarded(const json_t *answer, const struct limits *l, struct err *e)
{
	const struct {
		const char *text;
		int64_t wanted;
	} limits[] = {
		{"i/o weight", l->blkio_weight},
		{"soft limit", l->reservation},
		{"memory limit capabilities", l->memory},
		{"shares", l->cpu_shares},
		{"quota", l->cpu_millis},
	};
	const json_t *w;
	size_t i;

	json_array_foreach (json_arr(answer, "Warnings"), i, w) {
		const char *text = json_is_string(w) ? json_string_value(w) : "";

		log_warn("docker: %s", text);
		for (size_t k = 0; k < COUNT(limits); k++)
			if (limits[k].wanted > 0 && strcasestr(text, "discarded") &&
				strcasestr(text, limits[k].text))
				return err_set(e, ERR_CONFLICT, "limit.unsupported",
					"The Docker engine cannot set it here: %.250s", text);
	}
	return 0;
}

/* A live update with one of the bodies of docker_limits.c; for what is told of it, see discarded().
 */
static int update_some(struct docker *d, const char *id, const struct limits *l,
	json_t *(*body_of)(const struct limits *, const json_t *, const struct docker_dialect *),
	struct err *e)
{
	autojson json_t *now = NULL;
	autojson json_t *body = NULL;
	autojson json_t *answer = NULL;
	struct docker_dialect dialect;

	if (docker_negotiate(d, NULL, &dialect, e) || docker_inspect_json(d, id, &now, e))
		return -1;
	body = body_of(l, json_obj(now, "HostConfig"), &dialect);
	return update(d, id, body, &answer, e) ? -1 : discarded(answer, l, e);
}

int docker_update_limits(struct docker *d, const char *id, const struct limits *l, struct err *e)
{
	return update_some(d, id, l, docker_limits_body, e);
}

int docker_update_share(struct docker *d, const char *id, const struct share *s, struct err *e)
{
	struct limits l = {0};

	limits_set_share(&l, s);
	return update_some(d, id, &l, docker_share_body, e);
}

int docker_stop(struct docker *d, const char *id, int64_t timeout_s, struct err *e)
{
	autofree char *rest = xasprintf("/stop?t=%lld", (long long)timeout_s);

	return post(d, id, rest, NULL, CHANGE_MS + timeout_s * 1000, e);
}

int docker_update_restart(struct docker *d, const char *id, const char *policy, struct err *e)
{
	autojson json_t *body = json_object();
	autojson json_t *answer = NULL;
	json_t *restart = json_object();

	json_put_str(restart, "Name", policy);
	json_put(body, "RestartPolicy", restart);
	return update(d, id, body, &answer, e);
}
