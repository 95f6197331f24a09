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

enum kind {
	FLAG,
	NUMBER,
	NUMBER_OR_NULL,
	DAYS,	 /* of readings, which are kept so long */
	NAME,	 /* of the NAS */
	REMOVED, /* what happens when the app is removed */
	HOSTS,
	SIGN_IN, /* a flag that others hold as well */
	GIVEN,	 /* when the program starts */
};

static const struct setting {
	const char *key;
	enum kind kind;
	int64_t least, most; /* of a number */
	int which;	     /* of DAYS: in settings_history */
} settings[] = {
	{.key = "metrics_public", .kind = FLAG},
	{.key = "nas_name", .kind = NAME},
	{.key = "allowed_hosts", .kind = HOSTS},
	{.key = "data_root", .kind = GIVEN},
	{.key = "disk_floor_bytes", .kind = NUMBER_OR_NULL, .least = 0, .most = INT64_MAX},
	{.key = "probation_s", .kind = NUMBER, .least = 0, .most = SETTINGS_PROBATION_MAX_S},
	{.key = "session_hours", .kind = NUMBER, .least = 1, .most = HOURS_MAX},
	{.key = "qnap_sign_in", .kind = SIGN_IN},
	{.key = "qnap_here", .kind = GIVEN},
	{.key = "when_removed", .kind = REMOVED},
	{.key = "https_port", .kind = NUMBER_OR_NULL, .least = 1024, .most = 65535},
};

static bool find(const char *key, struct setting *ret)
{
	for (size_t i = 0; i < COUNT(settings); i++)
		if (!strcmp(settings[i].key, key)) {
			*ret = settings[i];
			return true;
		}
	for (int i = 0; i < HISTORY_KEEPS; i++)
		if (!strcmp(settings_history[i].key, key)) {
			*ret = (struct setting){.key = key,
				.kind = DAYS,
				.least = 1,
				.most = settings_history[i].most,
				.which = i};
			return true;
		}
	return false;
}

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

static int check_number(const struct setting *s, const json_t *v, struct err *e)
{
	bool may_be_null = s->kind == NUMBER_OR_NULL;

	if (json_is_null(v) && may_be_null)
		return 0;
	if (json_is_integer(v) && json_integer_value(v) >= s->least &&
		json_integer_value(v) <= s->most)
		return 0;
	return err_set(e, ERR_INPUT, "input.setting",
		"%s is a number from %" PRId64 " to %" PRId64 "%s.", s->key, s->least, s->most,
		may_be_null ? ", or null" : "");
}

static int check_name(const json_t *v, struct err *e)
{
	if (json_is_string(v) && chars(json_string_value(v)) <= NAME_MAX_CHARS)
		return 0;
	return err_set(e, ERR_INPUT, "input.setting",
		"nas_name is a text of at most %d characters.", NAME_MAX_CHARS);
}

static int check_removed(const json_t *v, struct err *e)
{
	const char *text = json_string_value(v);

	if (text && (!strcmp(text, "keep") || !strcmp(text, "stop")))
		return 0;
	return err_set(e, ERR_INPUT, "input.setting", "when_removed is \"keep\" or \"stop\".");
}

static int check_one(const struct setting *s, const json_t *v, struct err *e)
{
	switch (s->kind) {
	case FLAG:
	case SIGN_IN:
		if (json_is_boolean(v))
			return 0;
		return err_set(e, ERR_INPUT, "input.setting", "%s is true or false.", s->key);
	case NUMBER:
	case NUMBER_OR_NULL:
	case DAYS:
		return check_number(s, v, e);
	case NAME:
		return check_name(v, e);
	case REMOVED:
		return check_removed(v, e);
	case HOSTS:
		return check_hosts(v, e);
	case GIVEN:
		break;
	}
	return err_set(
		e, ERR_INPUT, "input.read_only", "%s is given when the program starts.", s->key);
}

/* A chart takes what is coarser where the finer readings are gone. */
static int check_days(struct store *s, const json_t *body, struct err *e)
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

static int check(struct store *store, const json_t *body, struct err *e)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)body, key, v) {
		struct setting s;

		if (!find(key, &s))
			return json_unknown(key, e);
		if (check_one(&s, v, e))
			return -1;
	}
	return check_days(store, body, e);
}

/* Booleans are kept as "1" and "0", an empty text and null as nothing, everything else as it is. */
static int save_text(struct store *store, const char *key, const json_t *v, struct err *e)
{
	autofree char *text = NULL;

	if (json_is_boolean(v))
		text = xstrdup(json_is_true(v) ? "1" : "0");
	else if (!json_is_string(v) && !json_is_null(v))
		text = json_text(v);
	else if (json_is_string(v) && json_string_length(v))
		text = xstrdup(json_string_value(v));
	return store_setting_set(store, key, text, e);
}

static int save(struct api_call *call, const char *key, const json_t *v, struct err *e)
{
	struct setting s;

	find(key, &s);
	if (s.kind == SIGN_IN)
		return auth_qnap_switch(call->app->auth, json_is_true(v), e);
	if (s.kind == DAYS)
		return settings_set_history_days(
			call->app->store, s.which, json_integer_value(v), clock_wall(), e);
	return save_text(call->app->store, key, v, e);
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
