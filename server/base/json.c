#include "base/json.h"

#include <stdarg.h>
#include <string.h>

void json_drop(json_t **j)
{
	json_decref(*j);
}

/* jansson reads 2048 levels by recursion; a web worker's stack holds about a thousand. */
#define DEPTH_MAX 100

static bool too_deep(const char *text, size_t len)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '[' || text[i] == '{') && ++depth > DEPTH_MAX)
			return true;
		else if (!quoted && (text[i] == ']' || text[i] == '}'))
			depth--;
	}
	return false;
}

int json_parse(const char *text, size_t len, json_t **ret, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (too_deep(text, len))
		return err_set(e, ERR_INPUT, "json.invalid",
			"Not valid JSON for this program: more than %d levels deep.", DEPTH_MAX);
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!j)
		return err_set(e, ERR_INPUT, "json.invalid", "Not valid JSON: line %d, %s.",
			je.line, je.text);
	*ret = j;
	return 0;
}

int json_parse_first(const char *text, size_t len, json_t **ret, struct err *e)
{
	json_error_t je;
	json_t *j = too_deep(text, len) ? NULL : json_loadb(text, len, JSON_DISABLE_EOF_CHECK, &je);

	if (!j)
		return err_set(e, ERR_INPUT, "json.invalid", "Not valid JSON for this program.");
	*ret = j;
	return 0;
}

char *json_text(const json_t *j)
{
	char *s = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);

	return s ? s : xstrdup("null");
}

const char *json_str(const json_t *obj, const char *key, const char *dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_string(v) ? json_string_value(v) : dflt;
}

int64_t json_int(const json_t *obj, const char *key, int64_t dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

double json_num(const json_t *obj, const char *key, double dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_number(v) ? json_number_value(v) : dflt;
}

bool json_flag(const json_t *obj, const char *key, bool dflt)
{
	const json_t *v = json_object_get(obj, key);

	return json_is_boolean(v) ? json_is_true(v) : dflt;
}

json_t *json_obj(const json_t *obj, const char *key)
{
	json_t *v = json_object_get(obj, key);

	return json_is_object(v) ? v : NULL;
}

json_t *json_arr(const json_t *obj, const char *key)
{
	json_t *v = json_object_get(obj, key);

	return json_is_array(v) ? v : NULL;
}

json_t *json_at(const json_t *obj, ...)
{
	json_t *v = (json_t *)obj;
	const char *key;
	va_list ap;

	va_start(ap, obj);
	while (v && (key = va_arg(ap, const char *)))
		v = json_object_get(v, key);
	va_end(ap);
	return v;
}

void json_put(json_t *obj, const char *key, json_t *stolen)
{
	json_object_set_new(obj, key, stolen ? stolen : json_null());
}

void json_put_str(json_t *obj, const char *key, const char *value)
{
	json_t *v = value ? json_string(value) : json_null();

	/* a text from outside may not be UTF-8: say so rather than drop the member */
	json_put(obj, key, v ? v : json_string("(not UTF-8)"));
}

void json_put_int(json_t *obj, const char *key, int64_t value)
{
	json_put(obj, key, json_integer(value));
}

void json_put_num(json_t *obj, const char *key, double value)
{
	json_put(obj, key, json_real(value)); /* NaN and infinity are no JSON: null */
}

void json_put_flag(json_t *obj, const char *key, bool value)
{
	json_put(obj, key, json_boolean(value));
}

void json_put_known(json_t *obj, const char *key, int64_t value)
{
	json_put(obj, key, value < 0 ? json_null() : json_integer(value));
}

void json_put_limit(json_t *obj, const char *key, int64_t value)
{
	json_put(obj, key, value <= 0 ? json_null() : json_integer(value));
}

static bool among(const char *key, va_list ap)
{
	const char *name;

	while ((name = va_arg(ap, const char *)))
		if (!strcmp(name, key))
			return true;
	return false;
}

int json_unknown(const char *key, struct err *e)
{
	return err_set(
		e, ERR_INPUT, "input.unknown_field", "The field \"%.60s\" is not known here.", key);
}

int json_only(const json_t *obj, struct err *e, ...)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)obj, key, value) {
		va_list ap;
		bool known;

		va_start(ap, e);
		known = among(key, ap);
		va_end(ap);
		if (!known)
			return json_unknown(key, e);
	}
	return 0;
}
