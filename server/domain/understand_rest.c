/* What is kept of a container besides its command and its mounts, and what is done otherwise. */
#include "domain/understand_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/note.h"
#include "domain/wanted.h"

void look_note(const struct looking *l, const char *kind, const char *key, const char *what,
	const char *fmt, ...)
{
	struct note_place at = {
		.service = json_str(l->seen, "key", NULL),
		.file = json_str(l->seen, "file", NULL),
		.line = json_int(json_obj(l->seen, "lines"), key, json_int(l->seen, "line", 0)),
	};
	va_list ap;

	va_start(ap, fmt);
	note_add(l->u->notes, kind, at, what, fmt, ap);
	va_end(ap);
}

void look_env(const struct looking *l)
{
	json_t *kept = json_object(), *value;
	const char *name;

	json_object_foreach (json_obj(l->seen, "env"), name, value) {
		autojson json_t *one = json_object();
		const json_t *fixed = json_object_get(l->r->env, name);

		json_object_set(one, name, value);
		if (fixed && json_equal(fixed, value))
			continue;
		if (recipe_check_env(l->r, one, NULL))
			look_note(l, "left_out", "environment", name,
				"The variable %.60s cannot be set for %s.", name, l->r->title);
		else
			json_object_set(kept, name, value);
	}
	json_put(l->made, "env", kept);
}

void look_limits(const struct looking *l)
{
	const json_t *wanted = json_obj(l->seen, "limits");
	struct limits limits;
	struct err why;

	if (wanted && limits_parse(wanted, &limits, &why)) {
		look_note(l, "left_out", "mem_limit", "limits", "The limits are left out: %s",
			why.message);
		wanted = NULL;
	}
	json_put(l->made, "limits", wanted ? json_deep_copy(wanted) : json_object());
}

static void check_restart(const struct looking *l)
{
	const char *policy = json_str(l->seen, "restart", NULL);

	if (policy && strcmp(policy, "always") && strcmp(policy, "unless-stopped"))
		look_note(l, "changed", "restart", "restart",
			"Restart policy \"%.30s\": here it always runs while the stack is wanted "
			"running.",
			policy);
}

static void check_user(const struct looking *l)
{
	const char *user = json_str(l->seen, "user", NULL);
	autofree char *both = xasprintf("%d:%d", l->g->uid, l->g->gid);
	autofree char *uid = xasprintf("%d", l->g->uid);

	if (!user || !*user || !strcmp(user, both) || !strcmp(user, uid) ||
		(!l->g->uid && !strcmp(user, "root")) || (l->g->user && !strcmp(l->g->user, user)))
		return;
	look_note(l, "changed", "user", "user",
		"It runs as user %s, as its image does, instead of \"%.30s\".", uid, user);
}

static void check_stop(const struct looking *l)
{
	const char *signal = json_str(l->seen, "stop_signal", NULL);
	int64_t grace = json_int(l->seen, "stop_grace_s", -1);

	if (signal && strcmp(signal, l->r->stop_signal))
		look_note(l, "changed", "stop_signal", "stop_signal", "It is stopped by %s.",
			l->r->stop_signal);
	if (grace >= 0 && grace != l->r->stop_timeout_s)
		look_note(l, "changed", "stop_grace_period", "stop_grace_period",
			"It has %d s to stop, and is not killed without asking.",
			l->r->stop_timeout_s);
}

static void check_log(const struct looking *l)
{
	const json_t *log = json_obj(l->seen, "log"), *options = json_obj(log, "options");
	autofree char *size = xasprintf("%dm", l->r->log_size_mib);
	autofree char *files = xasprintf("%d", l->r->log_files);

	if (!log || (!strcmp(json_str(log, "driver", ""), "json-file") &&
			    !strcmp(json_str(options, "max-size", ""), size) &&
			    !strcmp(json_str(options, "max-file", ""), files)))
		return;
	look_note(l, "changed", "logging", "logging", "Its log is kept in %d files of %d MiB.",
		l->r->log_files, l->r->log_size_mib);
}

/* On a private network the node goes first; in a shared one its owner, the relay. */
static void check_order(const struct looking *l, bool shared)
{
	if (json_array_size(json_arr(l->seen, "depends_on")) && !l->r->relay && !shared)
		look_note(l, "changed", "depends_on", "depends_on",
			"The node is started first; the relay waits for it.");
}

/* Networks of somebody else: each stack has a private one here. */
static void check_network(const struct looking *l, bool shared)
{
	const char *mode = json_str(l->seen, "network", "");
	size_t n = json_array_size(json_arr(l->seen, "networks"));

	if (json_str(l->seen, "stack", NULL) || (shared && strchr(mode, ':')))
		return;
	if (!strcmp(mode, "host") || !strcmp(mode, "none") || strchr(mode, ':'))
		look_note(l, "changed", "network_mode", "network_mode",
			"\"%.100s\" is not possible here: the stack gets a private network, and "
			"only its listed ports are published.",
			mode);
	else if ((*mode && strcmp(mode, "bridge") && strcmp(mode, "default")) || n)
		look_note(l, "changed", "networks", "networks",
			"The stack gets a private network of its own instead of \"%.100s\".",
			n ? json_string_value(json_array_get(json_arr(l->seen, "networks"), 0))
			  : mode);
}

void look_rest(const struct looking *l, bool shared)
{
	check_restart(l);
	check_user(l);
	check_stop(l);
	check_log(l);
	check_order(l, shared);
	check_network(l, shared);
}
