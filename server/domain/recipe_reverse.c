/* Command lines and configuration files, read backwards. */
#include "domain/recipe_reverse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/recipe_priv.h"

void reversed_init(struct reversed *r)
{
	*r = (struct reversed){
		.options = json_object(),
		.secrets = json_object(),
		.left = json_array(),
		.changed = json_array(),
	};
}

void reversed_free(struct reversed *r)
{
	json_decref(r->options);
	json_decref(r->secrets);
	json_decref(r->left);
	json_decref(r->changed);
	free(r->data_path);
	*r = (struct reversed){0};
}

static void tell(json_t *list, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void tell(json_t *list, const char *what, const char *fmt, ...)
{
	json_t *j = json_object();
	autobuf struct buf why = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&why, fmt, ap);
	va_end(ap);
	json_put_str(j, "what", what);
	json_put_str(j, "why", why.data);
	json_array_append_new(list, j);
}

struct reading {
	const struct recipe *r;
	const struct recipe_generation *g;
	bool shared;
	const json_t *words;
	const char *data_path; /* in that container */
	int64_t memory;
	json_t *extra; /* words that no table knows */
	struct reversed *out;
};

static const char *word(const struct reading *rd, size_t i)
{
	const char *s = json_string_value(json_array_get(rd->words, i));

	return s ? s : "";
}

static bool in_range(const struct reading *rd, const struct recipe_range *range)
{
	return recipe_in_range(range, rd->g->range.from);
}

bool recipe_is_data_arg(const struct recipe *r, const struct recipe_generation *g, const char *text)
{
	for (size_t i = 0; i < r->found.n_data_args; i++) {
		const struct recipe_names *a = &r->found.data_args[i];

		if (!recipe_in_range(&a->range, g->range.from))
			continue;
		for (size_t k = 0; k < a->names.n; k++)
			if (!strcmp(a->names.items[k], text))
				return true;
	}
	return false;
}

/* "--flag=value" → its value; NULL when the word is another flag. */
static const char *joined(const char *text, const char *flag)
{
	size_t len = strlen(flag);

	return !strncmp(text, flag, len) && text[len] == '=' ? text + len + 1 : NULL;
}

/* The words at i name the data folder: how many they are. */
static size_t data_arg(const struct reading *rd, size_t i, const char **value)
{
	autofree char *flag = xstrndup(word(rd, i), strcspn(word(rd, i), "="));

	if (flag[0] != '-' || !recipe_is_data_arg(rd->r, rd->g, flag))
		return 0;
	*value = joined(word(rd, i), flag);
	if (*value)
		return 1;
	*value = word(rd, i + 1);
	return i + 1 < json_array_size(rd->words) ? 2 : 1;
}

/* ---- templates against words ---- */

/* "{data_path}" as it is called in that container. */
static char *literal(const struct reading *rd, const char *template)
{
	const char *at = strstr(template, "{data_path}");

	if (!at || !rd->data_path)
		return xstrdup(template);
	return xasprintf("%.*s%s%s", (int)(at - template), template, rd->data_path,
		at + strlen("{data_path}"));
}

/* One template against one word, which may hold the value, too. True: they fit. */
static bool fits(const struct reading *rd, const char *template, const char *text, char **value)
{
	const char *at = strstr(template, "{value}");
	autofree char *plain = NULL;
	size_t before, after;

	if (!at) {
		plain = literal(rd, template);
		return !strcmp(plain, text);
	}
	before = (size_t)(at - template);
	after = strlen(at + strlen("{value}"));
	if (strlen(text) < before + after || strncmp(text, template, before) ||
		strcmp(text + strlen(text) - after, at + strlen("{value}")))
		return false;
	free(*value);
	*value = xstrndup(text + before, strlen(text) - before - after);
	return true;
}

/* "--flag=value" for a template of two words, and two words for a template "--flag={value}". */
static size_t fits_otherwise(
	const struct reading *rd, const struct recipe_strings *t, size_t *k, size_t i, char **value)
{
	const char *template = t->items[*k];
	const char *rest = *k + 1 < t->n ? joined(word(rd, i), template) : NULL;
	size_t len = strlen(template);

	if (rest && fits(rd, t->items[*k + 1], rest, value)) {
		(*k)++;
		return 1;
	}
	if (len > 8 && !strcmp(template + len - 8, "={value}") && strlen(word(rd, i)) == len - 8 &&
		!strncmp(word(rd, i), template, len - 8) && i + 1 < json_array_size(rd->words)) {
		free(*value);
		*value = xstrdup(word(rd, i + 1));
		return 2;
	}
	return 0;
}

/* How many words from i on are this list of templates; 0 = they are not. */
static size_t match(
	const struct reading *rd, const struct recipe_strings *t, size_t i, char **value)
{
	size_t at = i;

	for (size_t k = 0; k < t->n; k++) {
		size_t used;

		if (at >= json_array_size(rd->words))
			return 0;
		used = fits(rd, t->items[k], word(rd, at), value)
			       ? 1
			       : fits_otherwise(rd, t, &k, at, value);
		if (!used)
			return 0;
		at += used;
	}
	return at - i;
}

/* ---- options ---- */

static json_t *typed(const struct recipe_option *o, const char *text)
{
	char *end;
	long long n;

	if (o->type != OPTION_INT)
		return json_string(text);
	errno = 0;
	n = strtoll(text, &end, 10);
	return *text && !*end && !errno ? json_integer(n) : json_string(text);
}

static bool set_option(
	const struct reading *rd, const struct recipe_option *o, json_t *stolen_value)
{
	autojson json_t *value = stolen_value;
	int64_t auto_mb = o->auto_cache ? recipe_cache_mb(rd->r, rd->memory) : 0;
	char why[200];

	if (!option_value_fits(rd->r, o, rd->g, value, why, sizeof(why)))
		return false;
	if (auto_mb && json_is_integer(value) && json_integer_value(value) == auto_mb)
		return true;
	if (!o->dflt || !json_equal(o->dflt, value))
		json_object_set(rd->out->options, o->key, value);
	return true;
}

static size_t read_option_at(const struct reading *rd, const struct recipe_option *o, size_t i)
{
	for (size_t k = 0; k < o->n_rules; k++) {
		const struct recipe_rule *rule = &o->rules[k];
		autofree char *value = NULL;
		size_t used;
		json_t *v;

		if (!in_range(rd, &rule->range))
			continue;
		used = match(rd, &rule->args, i, &value);
		if (!used)
			continue;
		if (rule->when)
			v = json_deep_copy(rule->when);
		else
			v = value ? typed(o, value) : json_true();
		if (set_option(rd, o, v))
			return used;
	}
	return 0;
}

static size_t read_network_at(const struct reading *rd, size_t i)
{
	for (size_t k = 0; k < rd->r->n_networks; k++) {
		const struct recipe_network *n = &rd->r->networks[k];
		autofree char *value = NULL;
		size_t used = in_range(rd, &n->range) ? match(rd, &n->args, i, &value) : 0;

		for (size_t o = 0; used && o < rd->r->n_options; o++)
			if (rd->r->options[o].type == OPTION_NETWORK &&
				set_option(rd, &rd->r->options[o], json_string(n->value)))
				return used;
	}
	return 0;
}

/* ---- what the recipe gives by itself ---- */

/* One flag of the recipe with its value, if it has one. */
static size_t read_fixed_flag(
	const struct reading *rd, const char *flag, const char *template, size_t i)
{
	autofree char *ours = template ? literal(rd, template) : NULL;
	const char *theirs = joined(word(rd, i), flag);
	size_t used = theirs ? 1 : 2;

	if (!theirs && strcmp(word(rd, i), flag))
		return 0;
	if (!ours)
		return theirs ? 0 : 1;
	if (!theirs)
		theirs = word(rd, i + 1);
	if (strcmp(theirs, ours) && !strstr(ours, "{cache_mb}")) {
		autofree char *what = xasprintf("%s %s", flag, theirs);

		tell(rd->out->changed, what, "it gets %s %s from its recipe", flag, ours);
	}
	return used;
}

static size_t read_fixed_at(const struct reading *rd, size_t i)
{
	for (size_t k = 0; k < rd->r->n_args; k++) {
		const struct recipe_rule *rule = &rd->r->args[k];
		const struct recipe_strings *t = &rule->args;

		if (!in_range(rd, &rule->range) ||
			(rule->topology != TOPOLOGY_ANY &&
				(rule->topology == TOPOLOGY_SHARED) != rd->shared))
			continue;
		for (size_t a = 0; a < t->n; a++) {
			bool valued = a + 1 < t->n && t->items[a + 1][0] != '-';
			size_t used = read_fixed_flag(
				rd, t->items[a], valued ? t->items[a + 1] : NULL, i);

			if (used)
				return used;
			a += valued;
		}
	}
	return 0;
}

/* ---- the rest ---- */

static const struct recipe_option *args_option(const struct recipe *r)
{
	for (size_t i = 0; i < r->n_options; i++)
		if (r->options[i].type == OPTION_ARGS)
			return &r->options[i];
	return NULL;
}

/* A path below its data folder is called otherwise in our container. */
static char *moved(const struct reading *rd, const char *text)
{
	size_t len = rd->data_path ? strlen(rd->data_path) : 0;
	const char *at = len ? strstr(text, rd->data_path) : NULL;

	if (!at || !rd->r->data_path || (at[len] && at[len] != '/') ||
		(at != text && at[-1] != '='))
		return xstrdup(text);
	return xasprintf("%.*s%s%s", (int)(at - text), text, rd->r->data_path, at + len);
}

static void keep_extra(const struct reading *rd)
{
	const struct recipe_option *o = args_option(rd->r);
	autojson json_t *kept = json_array();
	size_t i;
	json_t *w;
	char why[200];

	json_array_foreach (rd->extra, i, w) {
		autojson json_t *one = json_array();
		autofree char *text = moved(rd, json_string_value(w));

		json_array_append_new(one, json_string(text));
		if (!o)
			tell(rd->out->left, json_string_value(w),
				"%s takes no further arguments here", rd->r->title);
		else if (!option_value_fits(rd->r, o, rd->g, one, why, sizeof(why)))
			tell(rd->out->left, json_string_value(w), "%s", why);
		else
			json_array_append_new(kept, json_string(text));
	}
	if (!o || !json_array_size(kept))
		return;
	if (option_value_fits(rd->r, o, rd->g, kept, why, sizeof(why)))
		json_object_set(rd->out->options, o->key, kept);
	else
		tell(rd->out->left, "its further arguments", "%s", why);
}

void recipe_reverse_args(const struct recipe *r, const struct recipe_generation *g, bool shared,
	const json_t *words, const char *data_path, int64_t memory, struct reversed *ret)
{
	autojson json_t *extra = json_array();
	struct reading rd = {r, g, shared, words, data_path, memory, extra, ret};
	size_t n = json_array_size(words), used;
	const char *value = NULL;

	/* other arguments speak of files below it: it is looked for first */
	for (size_t i = 0; i < n; i += used ? used : 1) {
		used = data_arg(&rd, i, &value);
		if (used && value && value[0] == '/') {
			free(ret->data_path);
			ret->data_path = xstrdup(value);
			rd.data_path = ret->data_path;
		}
	}
	for (size_t i = 0; i < n; i += used) {
		used = data_arg(&rd, i, &value);
		if (used && (!value || value[0] != '/'))
			tell(ret->left, word(&rd, i), "no full path of a data folder follows");
		for (size_t o = 0; !used && o < r->n_options; o++)
			if (in_range(&rd, &r->options[o].range))
				used = read_option_at(&rd, &r->options[o], i);
		if (!used)
			used = read_network_at(&rd, i);
		if (!used)
			used = read_fixed_at(&rd, i);
		if (!used) {
			json_array_append_new(extra, json_string(word(&rd, i)));
			used = 1;
		}
	}
	keep_extra(&rd);
}

/* ---- configuration files ---- */

static void read_value(
	const struct reading *rd, const char *template, const json_t *actual, const char *path)
{
	const struct recipe_option *o;
	autofree char *key = NULL;
	json_t *v;

	if (!strcmp(template, "{node_host}"))
		return;
	key = xstrndup(template, strlen(template) - 1);
	if (!strncmp(key, "{secret.", 8)) {
		if (json_is_string(actual) && json_string_length(actual))
			json_object_set(rd->out->secrets, key + 8, (json_t *)actual);
		return;
	}
	o = strncmp(key, "{option.", 8) ? NULL : recipe_option(rd->r, key + 8);
	if (!o)
		return;
	if (json_is_string(actual) && !json_string_length(actual))
		return; /* not set */
	v = json_is_string(actual) ? typed(o, json_string_value(actual)) : json_deep_copy(actual);
	if (!set_option(rd, o, v))
		tell(rd->out->left, path, "its value does not fit %s", o->title);
}

static void read_node(const struct reading *rd, const json_t *template, const json_t *actual,
	const char *path, int depth);

static void read_members(const struct reading *rd, const json_t *template, const json_t *actual,
	const char *path, int depth)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)template, key, value) {
		autofree char *at = xasprintf("%s%s%s", path, *path ? "." : "", key);

		if (json_object_get(actual, key))
			read_node(rd, value, json_object_get(actual, key), at, depth + 1);
	}
	json_object_foreach ((json_t *)actual, key, value) {
		autofree char *at = xasprintf("%s%s%s", path, *path ? "." : "", key);

		if (!json_object_get(template, key))
			tell(rd->out->left, at, "its recipe has no place for it");
	}
}

static void read_node(const struct reading *rd, const json_t *template, const json_t *actual,
	const char *path, int depth)
{
	const char *s = json_string_value(template);

	if (depth > 16)
		return;
	if (s && s[0] == '{' && s[strlen(s) - 1] == '}') {
		read_value(rd, s, actual, path);
	} else if (json_is_object(template) && json_is_object(actual)) {
		read_members(rd, template, actual, path, depth);
	} else if (json_is_array(template) && json_is_array(actual)) {
		for (size_t i = 0; i < json_array_size(template); i++)
			read_node(rd, json_array_get(template, i), json_array_get(actual, i), path,
				depth + 1);
		if (json_array_size(actual) > json_array_size(template))
			tell(rd->out->left, *path ? path : "its further entries",
				"only one program runs in this container");
	} else if (actual && !json_equal(template, actual)) {
		tell(rd->out->changed, path, "it gets another value from its recipe");
	}
}

void recipe_reverse_config(const struct recipe *r, const json_t *file, struct reversed *ret)
{
	struct reading rd = {.r = r, .g = NULL, .out = ret};

	if (r->config.content)
		read_node(&rd, r->config.content, file, "", 0);
}
