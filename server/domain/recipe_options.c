/* Options and environment: what may be set, and what counts. */
#include "domain/recipe_priv.h"

#include <string.h>

#define ARGS_MAX 64
#define ARG_LENGTH_MAX 4096

const struct recipe_option *recipe_option(const struct recipe *r, const char *key)
{
	for (size_t i = 0; i < r->n_options; i++)
		if (!strcmp(r->options[i].key, key))
			return &r->options[i];
	return NULL;
}

const json_t *recipe_option_value(const struct recipe_option *o, const json_t *options)
{
	const json_t *v = json_object_get(options, o->key);

	return v && !json_is_null(v) ? v : o->dflt;
}

static bool in_generation(const struct recipe_range *range, const struct recipe_generation *g)
{
	return !g || recipe_in_range(range, g->range.from);
}

static bool printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 32 || s[i] == 127)
			return false;
	return true;
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* An argument that reaches the client as one word through a start script that does not quote. */
static bool one_word(const struct recipe_generation *g, const char *s)
{
	return !g || !g->args_unquoted || !strpbrk(s, " \t*?[");
}

#define NO(...) (snprintf(why, size, __VA_ARGS__), false)

static bool string_fits(const struct recipe_option *o, const struct recipe_generation *g,
	const json_t *v, char *why, size_t size)
{
	const char *s = json_string_value(v);

	if (!s)
		return NO("a text is expected");
	if (!printable(s, json_string_length(v)))
		return NO("control characters are not allowed");
	if (characters(s) > (size_t)o->max_length)
		return NO("at most %d characters are allowed", o->max_length);
	if (!*s)
		return o->required ? NO("it must not be empty") : true;
	if (o->pattern && !text_matches(s, o->pattern))
		return NO("it does not have the expected form");
	/* only what goes onto the command line is split there */
	if (o->n_rules && !one_word(g, s))
		return NO("blanks and *?[ are not possible with this version");
	return true;
}

static bool int_fits(const struct recipe_option *o, const json_t *v, char *why, size_t size)
{
	const char *s = json_string_value(v);
	int64_t n = json_integer_value(v);

	if (o->auto_cache && s && !strcmp(s, "auto"))
		return true;
	if (!json_is_integer(v) || n < o->min || n > o->max)
		return NO("a whole number from %lld to %lld is expected%s", (long long)o->min,
			(long long)o->max, o->auto_cache ? ", or \"auto\"" : "");
	return true;
}

static bool choice_fits(const struct recipe *r, const struct recipe_option *o,
	const struct recipe_generation *g, const json_t *v, char *why, size_t size)
{
	const struct recipe_range *range = NULL;
	const char *s = json_string_value(v);

	for (size_t i = 0; s && i < o->n_choices; i++)
		if (!strcmp(o->choices[i].value, s))
			range = &o->choices[i].range;
	for (size_t i = 0; s && o->type == OPTION_NETWORK && i < r->n_networks; i++)
		if (!strcmp(r->networks[i].value, s))
			range = &r->networks[i].range;
	if (!range)
		return NO("it is not one of the choices");
	if (!in_generation(range, g))
		return NO("%s does not have this choice", g->title);
	return true;
}

/* --base-path=/x and -d/x are also --base-path and -d. */
static bool reserved(const struct recipe *r, const char *arg)
{
	for (size_t i = 0; i < r->reserved_args.n; i++) {
		const char *name = r->reserved_args.items[i];
		size_t len = strlen(name);
		bool is_short = len == 2 && name[1] != '-';

		if (!strncmp(arg, name, len) && (is_short || !arg[len] || arg[len] == '='))
			return true;
	}
	return false;
}

static bool args_fit(const struct recipe *r, const struct recipe_generation *g, const json_t *v,
	char *why, size_t size)
{
	size_t n = json_array_size(v);

	if (!json_is_array(v) || n > ARGS_MAX)
		return NO("a list of at most %d texts is expected", ARGS_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(v, i);
		const char *s = json_string_value(item);
		size_t len = json_string_length(item);

		if (!s || !len || len > ARG_LENGTH_MAX || !printable(s, len))
			return NO("argument %zu is not a text of 1 to %d printable characters",
				i + 1, ARG_LENGTH_MAX);
		if (reserved(r, s))
			return NO("\"%.60s\" is set by the recipe and cannot be given here", s);
		if (!one_word(g, s))
			return NO("blanks and *?[ in \"%.60s\" are not possible with this version",
				s);
	}
	return true;
}

bool option_value_fits(const struct recipe *r, const struct recipe_option *o,
	const struct recipe_generation *g, const json_t *value, char *why, size_t size)
{
	switch (o->type) {
	case OPTION_STRING:
		return string_fits(o, g, value, why, size);
	case OPTION_INT:
		return int_fits(o, value, why, size);
	case OPTION_FLAG:
		return json_is_boolean(value) || NO("true or false is expected");
	case OPTION_CHOICE:
	case OPTION_NETWORK:
		return choice_fits(r, o, g, value, why, size);
	case OPTION_ARGS:
		return args_fit(r, g, value, why, size);
	}
	return NO("it cannot be set");
}

static int check_required(const struct recipe *r, const struct recipe_generation *g,
	const json_t *options, struct err *e)
{
	for (size_t i = 0; i < r->n_options; i++) {
		const struct recipe_option *o = &r->options[i];

		if (o->required && in_generation(&o->range, g) && !recipe_option_value(o, options))
			return err_set(e, ERR_INPUT, "input.option_value",
				"The option \"%s\" (%s) must be set.", o->key, o->title);
	}
	return 0;
}

int recipe_check_options(const struct recipe *r, const struct recipe_generation *g,
	const json_t *options, struct err *e)
{
	const char *key;
	json_t *value;
	char why[200];

	json_object_foreach ((json_t *)options, key, value) {
		const struct recipe_option *o = recipe_option(r, key);

		if (!o)
			return err_set(e, ERR_INPUT, "input.option_unknown",
				"%s has no option \"%.60s\".", r->title, key);
		if (!in_generation(&o->range, g))
			return err_set(e, ERR_INPUT, "input.option_unknown",
				"%s has no option \"%s\" (%s).", g->title, key, o->title);
		if (!json_is_null(value) && !option_value_fits(r, o, g, value, why, sizeof(why)))
			return err_set(e, ERR_INPUT, "input.option_value",
				"The option \"%s\" (%s) cannot have this value: %s.", key, o->title,
				why);
	}
	return check_required(r, g, options, e);
}

static bool user_may_set(const struct recipe *r, const char *name)
{
	for (size_t i = 0; i < r->env_user.n; i++) {
		const char *allowed = r->env_user.items[i];
		size_t len = strlen(allowed);

		if (!strcmp(allowed, name) ||
			(allowed[len - 1] == '*' && !strncmp(allowed, name, len - 1)))
			return true;
	}
	return false;
}

int recipe_check_env(const struct recipe *r, const json_t *env, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)env, name, value) {
		if (!text_matches(name, "^[A-Za-z_][A-Za-z0-9_]{0,63}$") || !user_may_set(r, name))
			return err_set(e, ERR_INPUT, "input.env",
				"The variable \"%.60s\" cannot be set for %s.", name, r->title);
		if (!json_is_string(value) || json_string_length(value) > ARG_LENGTH_MAX ||
			!printable(json_string_value(value), json_string_length(value)))
			return err_set(e, ERR_INPUT, "input.env",
				"The variable \"%s\" needs a text of at most %d printable "
				"characters.",
				name, ARG_LENGTH_MAX);
	}
	return 0;
}

static bool differs(const struct recipe_option *o, const json_t *before, const json_t *after)
{
	const json_t *a = recipe_option_value(o, before);
	const json_t *b = recipe_option_value(o, after);

	return a != b && !json_equal(a, b);
}

bool recipe_options_resync(const struct recipe *r, const json_t *before, const json_t *after)
{
	for (size_t i = 0; i < r->n_options; i++)
		if (r->options[i].resync && differs(&r->options[i], before, after))
			return true;
	return false;
}

bool recipe_options_risky(const struct recipe *r, const json_t *before, const json_t *after)
{
	for (size_t i = 0; i < r->n_options; i++)
		if (!r->options[i].harmless && differs(&r->options[i], before, after))
			return true;
	return false;
}

const struct recipe_network *recipe_network(const struct recipe *r, const json_t *options)
{
	for (size_t i = 0; i < r->n_options; i++) {
		const struct recipe_option *o = &r->options[i];
		const char *value;

		if (o->type != OPTION_NETWORK)
			continue;
		value = json_string_value(recipe_option_value(o, options));
		for (size_t k = 0; value && k < r->n_networks; k++)
			if (!strcmp(r->networks[k].value, value))
				return &r->networks[k];
	}
	return NULL;
}

int64_t recipe_network_stop(const struct recipe_network *n, struct recipe_version v)
{
	int64_t block = -1;

	for (size_t i = 0; i < n->n_stops; i++)
		if (recipe_version_compare(n->stops[i].from, v) <= 0)
			block = n->stops[i].block;
	return block;
}
