/* Arguments, options and networks of a recipe. */
#include "domain/recipe_fields.h"

#include <regex.h>
#include <string.h>

const char *const recipe_type_names[] = {"string", "int", "flag", "choice", "network", "args"};
static const char *const topologies[] = {"any", "private", "shared"};

/* ---- arguments and options ---- */

static int read_topology(const struct node *n, void *out)
{
	struct recipe_rule *rule = out;
	int i = read_word(n, topologies, COUNT(topologies), TOPOLOGY_PRIVATE);

	if (i < 0)
		return -1;
	rule->topology = i;
	return 0;
}

int check_templates(const struct node *n, const struct recipe_strings *args)
{
	for (size_t i = 0; i < args->n; i++) {
		if (strstr(args->items[i], "{cache_mb}") && !n->recipe->cache.divisor)
			return read_bad(n, "{cache_mb} needs the recipe's \"cache\"");
		if (strstr(args->items[i], "{data_path}") && !n->recipe->data_path)
			return read_bad(n, "{data_path} needs the recipe's \"data_path\"");
	}
	return 0;
}

int read_rule(const struct node *n, void *out)
{
	static const struct field fields[] = {
		RANGE(struct recipe_rule),
		CUSTOM("network", false, read_topology),
		{.key = "args",
			.kind = FIELD_STRINGS,
			.required = true,
			AT(struct recipe_rule, args),
			.min = 1,
			.max = 50,
			.pattern = PLAIN_ARGUMENT},
	};
	struct recipe_rule *rule = out;

	rule->range = RANGE_ALWAYS;
	if (FIELDS(n, fields, rule) || check_templates(n, &rule->args))
		return -1;
	return check_range(n, &rule->range);
}

static int read_option_rule(const struct node *n, void *out)
{
	static const struct field fields[] = {
		RANGE(struct recipe_rule),
		{.key = "when", .kind = FIELD_JSON, AT(struct recipe_rule, when)},
		{.key = "args",
			.kind = FIELD_STRINGS,
			.required = true,
			AT(struct recipe_rule, args),
			.min = 1,
			.max = 50,
			.pattern = OPTION_ARGUMENT},
	};
	struct recipe_rule *rule = out;

	rule->range = RANGE_ALWAYS;
	if (FIELDS(n, fields, rule) || check_templates(n, &rule->args))
		return -1;
	return check_range(n, &rule->range);
}

static int read_choice(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_choice, "value", value, 60, NULL),
		TEXT1(struct recipe_choice, "title", title, 60, NULL),
		TEXT(struct recipe_choice, "help", help, 400, NULL),
		RANGE(struct recipe_choice),
	};
	struct recipe_choice *choice = out;

	choice->range = RANGE_ALWAYS;
	return FIELDS(n, fields, choice) ? -1 : check_range(n, &choice->range);
}

static int read_type(const struct node *n, void *out)
{
	struct recipe_option *o = out;
	int i = read_word(n, recipe_type_names, OPTION_ARGS + 1, 0);

	if (i < 0)
		return -1;
	o->type = i;
	return 0;
}

/* Which members belong to which type. */
static int check_members(const struct node *n, const struct recipe_option *o)
{
	static const struct {
		const char *key;
		unsigned types; /* bit = enum recipe_type */
		bool needed;
	} members[] = {
		{"min", 1u << OPTION_INT, true},
		{"max", 1u << OPTION_INT, true},
		{"unit", 1u << OPTION_INT, false},
		{"auto_cache", 1u << OPTION_INT, false},
		{"pattern", 1u << OPTION_STRING, false},
		{"max_length", 1u << OPTION_STRING, false},
		{"choices", 1u << OPTION_CHOICE, true},
		{"required", 1u << OPTION_STRING | 1u << OPTION_INT, false},
		{"default", ~(1u << OPTION_ARGS), false},
		{"args", ~(1u << OPTION_ARGS), false},
	};

	for (size_t i = 0; i < COUNT(members); i++) {
		struct node member = read_member(n, members[i].key);
		bool belongs = members[i].types & 1u << o->type;

		if (member.value && !belongs)
			return read_bad(&member, "does not belong to an option of this type");
		if (!member.value && belongs && members[i].needed)
			return read_bad(&member, "is missing");
	}
	return 0;
}

static int check_values(const struct node *n, const struct recipe_option *o)
{
	char why[160];

	if (o->dflt && !option_value_fits(n->recipe, o, NULL, o->dflt, why, sizeof(why)))
		return read_bad(n, "the default does not fit: %s", why);
	for (size_t i = 0; i < o->n_rules; i++)
		if (o->rules[i].when &&
			!option_value_fits(n->recipe, o, NULL, o->rules[i].when, why, sizeof(why)))
			return read_bad(n, "a value of \"when\" does not fit: %s", why);
	return 0;
}

static int check_option(const struct node *n, const struct recipe_option *o)
{
	regex_t re;

	if (check_members(n, o) || check_range(n, &o->range))
		return -1;
	if (o->type == OPTION_INT && o->min > o->max)
		return read_bad(n, "\"min\" is above \"max\"");
	if (o->auto_cache && !n->recipe->cache.divisor)
		return read_bad(n, "\"auto_cache\" needs the recipe's \"cache\"");
	if (o->type == OPTION_NETWORK && !n->recipe->n_networks)
		return read_bad(n, "the type network needs the recipe's \"networks\"");
	if (o->pattern) {
		if (regcomp(&re, o->pattern, REG_EXTENDED | REG_NOSUB))
			return read_bad(n, "\"pattern\" is no regular expression");
		regfree(&re);
	}
	return check_values(n, o);
}

int read_option(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_option, "key", key, 31, KEY),
		TEXT1(struct recipe_option, "title", title, 60, NULL),
		TEXT1(struct recipe_option, "help", help, 400, NULL),
		CUSTOM("type", true, read_type),
		RANGE(struct recipe_option),
		{.key = "default", .kind = FIELD_JSON, AT(struct recipe_option, dflt)},
		BOOL(struct recipe_option, "required", required),
		BOOL(struct recipe_option, "resync", resync),
		BOOL(struct recipe_option, "harmless", harmless),
		BOOL(struct recipe_option, "advanced", advanced),
		BOOL(struct recipe_option, "auto_cache", auto_cache),
		NUMBER(struct recipe_option, "min", min, -1000000000, 1000000000),
		NUMBER(struct recipe_option, "max", max, -1000000000, 1000000000),
		TEXT(struct recipe_option, "unit", unit, 20, NULL),
		TEXT(struct recipe_option, "pattern", pattern, 300, NULL),
		SMALL(struct recipe_option, "max_length", max_length, 1, 4000),
		ARRAY(struct recipe_option, "choices", choices, 0, 50, read_choice,
			struct recipe_choice),
		ARRAY(struct recipe_option, "args", rules, 0, 50, read_option_rule,
			struct recipe_rule),
	};
	struct recipe_option *o = out;

	o->range = RANGE_ALWAYS;
	o->max_length = 200;
	return FIELDS(n, fields, o) ? -1 : check_option(n, o);
}

/* ---- networks ---- */

static int read_stop(const struct node *n, void *out)
{
	static const struct field fields[] = {
		{.key = "from",
			.kind = FIELD_VERSION,
			.required = true,
			AT(struct recipe_stop, from)},
		{.key = "block",
			.kind = FIELD_INT,
			.required = true,
			AT(struct recipe_stop, block),
			.min = 1,
			.max = 1000000000},
	};

	return FIELDS(n, fields, out);
}

int read_network(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_network, "value", value, 31, NAME),
		TEXT1(struct recipe_network, "title", title, 60, NULL),
		TEXT1(struct recipe_network, "help", help, 400, NULL),
		TEXT1(struct recipe_network, "status", status, 20,
			"^(live|historic|private|local)$"),
		RANGE(struct recipe_network),
		STRINGS(struct recipe_network, "args", args, 0, 50, PLAIN_ARGUMENT),
		{.key = "needs_peers",
			.kind = FIELD_BOOL,
			.required = true,
			AT(struct recipe_network, needs_peers)},
		{.key = "block_time_ms",
			.kind = FIELD_INT,
			.required = true,
			AT(struct recipe_network, block_time_ms),
			.max = 3600000},
		ARRAY(struct recipe_network, "stops", stops, 0, 100, read_stop, struct recipe_stop),
	};
	struct recipe_network *net = out;

	net->range = RANGE_ALWAYS;
	if (FIELDS(n, fields, net) || check_range(n, &net->range) || check_templates(n, &net->args))
		return -1;
	for (size_t i = 1; i < net->n_stops; i++)
		if (recipe_version_compare(net->stops[i - 1].from, net->stops[i].from) >= 0)
			return read_bad(n, "\"stops\" must ascend");
	return 0;
}
