/* Settings of this program; kept as texts in the store, checked here. */
#include "api/guard.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "services/settings.h"

#include "io/qnap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOSTS_MAX 20
#define HOURS_MAX 720
#define NAME_MAX_CHARS 64

static int get_text(struct api_call *call, const char *key, char **ret, struct err *e)
{
	return store_setting_get(call->app->store, key, ret, e);
}

static json_t *parse_hosts(const char *text)
{
	json_t *list = NULL;

	if (!text || json_parse(text, strlen(text), &list, NULL) || !json_is_array(list)) {
		json_decref(list);
		return json_array();
	}
	return list;
}

static void put_history_days(json_t *j, struct store *s)
{
	int64_t days[HISTORY_KEEPS];

	settings_history_days(s, days);
	for (int i = 0; i < HISTORY_KEEPS; i++)
		json_put_int(j, settings_history[i].key, days[i]);
}

static int settings_json(struct api_call *call, json_t **ret, struct err *e)
{
	autofree char *metrics = NULL, *name = NULL, *hosts = NULL, *hours = NULL, *qnap = NULL,
		      *removed = NULL, *https = NULL;
	char host[65] = "";
	json_t *j;

	if (get_text(call, "metrics_public", &metrics, e) || get_text(call, "nas_name", &name, e) ||
		get_text(call, "allowed_hosts", &hosts, e) ||
		get_text(call, "session_hours", &hours, e) ||
		get_text(call, "qnap_sign_in", &qnap, e) ||
		get_text(call, "when_removed", &removed, e) ||
		get_text(call, "https_port", &https, e))
		return -1;
	gethostname(host, sizeof(host) - 1);
	j = json_object();
	json_put_flag(j, "metrics_public", metrics && !strcmp(metrics, "1"));
	json_put_str(j, "nas_name", name ? name : host);
	json_put(j, "allowed_hosts", parse_hosts(hosts));
	json_put_str(j, "data_root", call->app->config.data_root);
	json_put_known(j, "disk_floor_bytes", settings_disk_floor(call->app->store));
	json_put_int(j, "probation_s", settings_probation_s(call->app->store));
	put_history_days(j, call->app->store);
	json_put_int(j, "session_hours", hours ? strtol(hours, NULL, 10) : AUTH_SESSION_HOURS);
	json_put_flag(j, "qnap_sign_in", qnap && !strcmp(qnap, "1"));
	json_put_flag(j, "qnap_here", qnap_here(call->app->config.qts_root));
	json_put_str(j, "when_removed", removed ? removed : "keep");
	json_put(j, "https_port", https ? json_integer(strtol(https, NULL, 10)) : json_null());
	*ret = j;
	return 0;
}

void api_get_settings(struct api_call *call)
{
	json_t *j;
	struct err e;

	if (settings_json(call, &j, &e))
		reply_err(call, &e);
	else
		reply_json(call, 200, j);
}

/* ---- changing ---- */

static int check_hosts(const json_t *list, struct err *e)
{
	const json_t *entry;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > HOSTS_MAX)
		return err_set(e, ERR_INPUT, "input.setting",
			"allowed_hosts is a list of at most %d names.", HOSTS_MAX);
	json_array_foreach (list, i, entry)
		if (!json_is_string(entry) || !guard_is_host_name(json_string_value(entry)))
			return err_set(e, ERR_INPUT, "input.setting",
				"Entry %zu of allowed_hosts is no host name.", i + 1);
	return 0;
}

static size_t chars(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int check_switches(const json_t *body, struct err *e)
{
	static const char *const switches[] = {"metrics_public", "qnap_sign_in"};

	for (size_t i = 0; i < COUNT(switches); i++) {
		const json_t *v = json_object_get(body, switches[i]);

		if (v && !json_is_boolean(v))
			return err_set(
				e, ERR_INPUT, "input.setting", "%s is true or false.", switches[i]);
	}
	return 0;
}

static int check_numbers(const json_t *body, struct err *e)
{
	const struct {
		const char *key;
		int64_t least, most;
		bool may_be_null;
	} numbers[] = {
		{"session_hours", 1, HOURS_MAX, false},
		{"https_port", 1024, 65535, true},
		{"probation_s", 0, SETTINGS_PROBATION_MAX_S, false},
		{"disk_floor_bytes", 0, INT64_MAX, true},
		{settings_history[0].key, 1, settings_history[0].most, false},
		{settings_history[1].key, 1, settings_history[1].most, false},
		{settings_history[2].key, 1, settings_history[2].most, false},
		{settings_history[3].key, 1, settings_history[3].most, false},
	};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		const json_t *v = json_object_get(body, numbers[i].key);

		if (!v || (json_is_null(v) && numbers[i].may_be_null))
			continue;
		if (!json_is_integer(v) || json_integer_value(v) < numbers[i].least ||
			json_integer_value(v) > numbers[i].most)
			return err_set(e, ERR_INPUT, "input.setting",
				"%s is a number from %" PRId64 " to %" PRId64 "%s.", numbers[i].key,
				numbers[i].least, numbers[i].most,
				numbers[i].may_be_null ? ", or null" : "");
	}
	return 0;
}

static int check_texts(const json_t *body, struct err *e)
{
	const json_t *name = json_object_get(body, "nas_name");
	const char *removed = json_str(body, "when_removed", "");

	if (json_object_get(body, "when_removed") && strcmp(removed, "keep") &&
		strcmp(removed, "stop"))
		return err_set(
			e, ERR_INPUT, "input.setting", "when_removed is \"keep\" or \"stop\".");
	if (name && (!json_is_string(name) || chars(json_string_value(name)) > NAME_MAX_CHARS))
		return err_set(e, ERR_INPUT, "input.setting",
			"nas_name is a text of at most %d characters.", NAME_MAX_CHARS);
	return 0;
}

/* A chart takes what is coarser where the finer readings are gone. */
static int check_history(struct store *s, const json_t *body, struct err *e)
{
	int64_t days[HISTORY_KEEPS];

	settings_history_days(s, days);
	for (int i = 0; i < HISTORY_KEEPS; i++)
		days[i] = json_int(body, settings_history[i].key, days[i]);
	for (int i = 1; i < HISTORY_KEEPS; i++)
		if (days[i] < days[i - 1])
			return err_set(e, ERR_INPUT, "input.setting",
				"%s is at least as many days as %s.", settings_history[i].key,
				settings_history[i - 1].key);
	return 0;
}

static int check(struct store *s, const json_t *body, struct err *e)
{
	static const char *const fixed[] = {"data_root", "qnap_here"};
	const json_t *hosts = json_object_get(body, "allowed_hosts");

	if (json_only(body, e, "metrics_public", "nas_name", "allowed_hosts", "data_root",
		    "session_hours", "qnap_sign_in", "qnap_here", "when_removed", "https_port",
		    "probation_s", "disk_floor_bytes", settings_history[0].key,
		    settings_history[1].key, settings_history[2].key, settings_history[3].key,
		    NULL))
		return -1;
	for (size_t i = 0; i < COUNT(fixed); i++)
		if (json_object_get(body, fixed[i]))
			return err_set(e, ERR_INPUT, "input.read_only",
				"%s is given when the program starts.", fixed[i]);
	if (check_switches(body, e) || check_numbers(body, e) || check_texts(body, e) ||
		check_history(s, body, e))
		return -1;
	return hosts ? check_hosts(hosts, e) : 0;
}

/* Booleans are kept as "1" and "0", an empty text and null as nothing, everything else as it is. */
static int save(struct api_call *call, const char *key, const json_t *v, struct err *e)
{
	autofree char *text = NULL;

	if (!strcmp(key, "qnap_sign_in"))
		return auth_qnap_switch(call->app->auth, json_is_true(v), e);
	for (int i = 0; i < HISTORY_KEEPS; i++)
		if (!strcmp(key, settings_history[i].key))
			return settings_set_history_days(
				call->app->store, i, json_integer_value(v), clock_wall(), e);
	if (json_is_boolean(v))
		text = xstrdup(json_is_true(v) ? "1" : "0");
	else if (!json_is_string(v) && !json_is_null(v))
		text = json_text(v);
	else if (json_is_string(v) && json_string_length(v))
		text = xstrdup(json_string_value(v));
	return store_setting_set(call->app->store, key, text, e);
}

void api_change_settings(struct api_call *call)
{
	const char *key;
	json_t *v;
	struct err e;

	if (check(call->app->store, call->body, &e)) {
		reply_err(call, &e);
		return;
	}
	json_object_foreach (call->body, key, v) {
		if (save(call, key, v, &e)) {
			reply_err(call, &e);
			return;
		}
		call_say(call, "settings", "settings.changed", "The setting %s was changed.", key);
	}
	api_get_settings(call);
}
