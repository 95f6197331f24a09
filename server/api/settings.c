/* Settings of this program; kept as texts in the store, checked here. */
#include "api/guard.h"
#include "api/handlers.h"
#include "api/reply.h"

#include "io/qnap.h"

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

static int check(const json_t *body, struct err *e)
{
	static const char *const fixed[] = {"data_root", "qnap_here"};
	static const char *const switches[] = {"metrics_public", "qnap_sign_in"};
	const char *text;
	const json_t *v;

	if (json_only(body, e, "metrics_public", "nas_name", "allowed_hosts", "data_root",
		    "session_hours", "qnap_sign_in", "qnap_here", "when_removed", "https_port",
		    NULL))
		return -1;
	for (size_t i = 0; i < COUNT(fixed); i++)
		if (json_object_get(body, fixed[i]))
			return err_set(e, ERR_INPUT, "input.read_only",
				"%s is given when the program starts.", fixed[i]);
	for (size_t i = 0; i < COUNT(switches); i++) {
		v = json_object_get(body, switches[i]);
		if (v && !json_is_boolean(v))
			return err_set(
				e, ERR_INPUT, "input.setting", "%s is true or false.", switches[i]);
	}
	text = json_str(body, "when_removed", "");
	if (json_object_get(body, "when_removed") && strcmp(text, "keep") && strcmp(text, "stop"))
		return err_set(
			e, ERR_INPUT, "input.setting", "when_removed is \"keep\" or \"stop\".");
	v = json_object_get(body, "nas_name");
	if (v && (!json_is_string(v) || chars(json_string_value(v)) > NAME_MAX_CHARS))
		return err_set(e, ERR_INPUT, "input.setting",
			"nas_name is a text of at most %d characters.", NAME_MAX_CHARS);
	v = json_object_get(body, "session_hours");
	if (v && (!json_is_integer(v) || json_integer_value(v) < 1 ||
			 json_integer_value(v) > HOURS_MAX))
		return err_set(e, ERR_INPUT, "input.setting",
			"session_hours is a number from 1 to %d.", HOURS_MAX);
	v = json_object_get(body, "https_port");
	if (v && !json_is_null(v) &&
		(!json_is_integer(v) || json_integer_value(v) < 1024 ||
			json_integer_value(v) > 65535))
		return err_set(e, ERR_INPUT, "input.setting",
			"https_port is a number from 1024 to 65535, or null.");
	v = json_object_get(body, "allowed_hosts");
	return v ? check_hosts(v, e) : 0;
}

/* Booleans are kept as "1" and "0", an empty text and null as nothing, everything else as it is. */
static int save(struct api_call *call, const char *key, const json_t *v, struct err *e)
{
	autofree char *text = NULL;

	if (!strcmp(key, "qnap_sign_in"))
		return auth_qnap_switch(call->app->auth, json_is_true(v), e);
	if (json_is_boolean(v))
		text = xstrdup(json_is_true(v) ? "1" : "0");
	else if (!json_is_string(v) && !json_is_null(v))
		text = json_text(v);
	else if (json_string_length(v))
		text = xstrdup(json_string_value(v));
	return store_setting_set(call->app->store, key, text, e);
}

void api_change_settings(struct api_call *call)
{
	const char *key;
	json_t *v;
	struct err e;

	if (check(call->body, &e)) {
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
