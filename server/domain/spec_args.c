#include "domain/spec_priv.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the placeholders stand for. */
struct values {
	const char *data_path;
	char cache[24];
	const char *value;
};

static void values_init(struct values *v, const struct spec_input *in, bool literal_cache)
{
	*v = (struct values){.data_path = in->recipe->data_path};
	if (literal_cache)
		snprintf(v->cache, sizeof(v->cache), "auto");
	else
		snprintf(v->cache, sizeof(v->cache), "%" PRId64,
			recipe_cache_mb(in->recipe, in->service->limits.memory));
}

/* The parser let only known placeholders pass; any other brace is a brace of a value. */
static json_t *expand(const char *template, const struct values *v)
{
	const struct {
		const char *name, *text;
	} known[] = {
		{"{data_path}", v->data_path}, {"{cache_mb}", v->cache}, {"{value}", v->value}};
	autobuf struct buf b = {0};

	while (*template) {
		size_t i = 0;

		while (i < COUNT(known) && strncmp(template, known[i].name, strlen(known[i].name)))
			i++;
		if (i < COUNT(known)) {
			buf_puts(&b, known[i].text ? known[i].text : "");
			template += strlen(known[i].name);
		} else {
			buf_add(&b, template ++, 1);
		}
	}
	return json_string(b.data ? b.data : "");
}

static void add_args(json_t *list, const struct recipe_strings *args, const struct values *v)
{
	for (size_t i = 0; i < args->n; i++)
		json_array_append_new(list, expand(args->items[i], v));
}

static void add_recipe_args(json_t *list, const struct spec_input *in, const struct values *v)
{
	bool shared = in->stack->network == NET_SHARED;

	for (size_t i = 0; i < in->recipe->n_args; i++) {
		const struct recipe_rule *rule = &in->recipe->args[i];

		if (recipe_in_range(&rule->range, in->generation->range.from) &&
			(rule->topology == TOPOLOGY_ANY ||
				(rule->topology == TOPOLOGY_SHARED) == shared))
			add_args(list, &rule->args, v);
	}
}

/* A flag without "when" is about being set. */
static bool rule_applies(
	const struct recipe_rule *rule, const struct recipe_generation *g, const json_t *value)
{
	if (!recipe_in_range(&rule->range, g->range.from))
		return false;
	return rule->when ? json_equal(rule->when, value) : !json_is_false(value);
}

static void add_option_args(
	json_t *list, const struct spec_input *in, const struct recipe_option *o, struct values *v)
{
	const json_t *value = recipe_option_value(o, in->service->options);
	const char *text = json_string_value(value);
	char number[24];

	/* an empty text is the same as none */
	if (!value || (text && !*text) || !recipe_in_range(&o->range, in->generation->range.from))
		return;
	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(value));
		text = number;
	}
	if (o->auto_cache && text && !strcmp(text, "auto"))
		text = v->cache;
	v->value = text;
	for (size_t i = 0; i < o->n_rules; i++)
		if (rule_applies(&o->rules[i], in->generation, value))
			add_args(list, &o->rules[i].args, v);
}

/* What an expert adds comes last. */
static void add_free_args(json_t *list, const struct spec_input *in)
{
	for (size_t i = 0; i < in->recipe->n_options; i++) {
		const struct recipe_option *o = &in->recipe->options[i];

		if (o->type == OPTION_ARGS)
			json_array_extend(
				list, (json_t *)recipe_option_value(o, in->service->options));
	}
}

json_t *spec_args(const struct spec_input *in, bool literal_cache)
{
	const struct recipe_network *net = recipe_network(in->recipe, in->service->options);
	json_t *list = json_array();
	struct values v;

	values_init(&v, in, literal_cache);
	add_recipe_args(list, in, &v);
	if (net)
		add_args(list, &net->args, &v);
	for (size_t i = 0; i < in->recipe->n_options; i++)
		add_option_args(list, in, &in->recipe->options[i], &v);
	add_free_args(list, in);
	return list;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* NAME=VALUE, sorted: the same environment always gives the same container. */
static json_t *env_list(const json_t *env)
{
	size_t n = json_object_size(env), i = 0;
	autofree const char **names = xcalloc(n ? n : 1, sizeof(*names));
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach ((json_t *)env, name, value)
		names[i++] = name;
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++) {
		autofree char *line = xasprintf("%s=%s", names[i], json_str(env, names[i], ""));

		json_array_append_new(list, json_string(line));
	}
	return list;
}

json_t *spec_env(const struct spec_input *in, bool literal_cache)
{
	autojson json_t *env = json_object();
	const char *name;
	json_t *value;
	struct values v;

	values_init(&v, in, literal_cache);
	json_object_foreach ((json_t *)in->recipe->env, name, value)
		json_put(env, name, expand(json_string_value(value), &v));
	if (in->service->env)
		json_object_update(env, in->service->env);
	return env_list(env);
}
