/* The members of a recipe. */
#include "domain/recipe_fields.h"

#include <string.h>

int read_word(const struct node *n, const char *const *names, size_t count, size_t first)
{
	const char *s = json_string_value(n->value);

	for (size_t i = first; s && i < count; i++)
		if (!strcmp(names[i], s))
			return (int)i;
	return read_bad(n, "is not one of the words that are allowed here");
}

int check_range(const struct node *n, const struct recipe_range *range)
{
	const struct recipe *r = n->recipe;
	bool from = !recipe_version_compare(range->from, (struct recipe_version){0, 0, 0});
	bool before = range->before.major == INT_MAX;

	if (recipe_version_compare(range->from, range->before) >= 0)
		return read_bad(n, "the range of versions is empty");
	for (size_t i = 0; i < r->n_generations; i++) {
		const struct recipe_range *g = &r->generations[i].range;

		from = from || !recipe_version_compare(range->from, g->from);
		before = before || !recipe_version_compare(range->before, g->from) ||
			 !recipe_version_compare(range->before, g->before);
	}
	if (!from || !before)
		return read_bad(n, "\"from\" and \"before\" must be where a generation begins");
	return 0;
}

/* ---- images ---- */

static int read_floating(const struct node *n, void *out)
{
	struct recipe_repository *repository = out;
	const char *tag;
	json_t *version;

	if (!json_is_object(n->value))
		return read_bad(n, "must be an object");
	repository->floating =
		read_alloc(n, json_object_size(n->value), sizeof(*repository->floating));
	json_object_foreach ((json_t *)n->value, tag, version) {
		struct recipe_floating *f = &repository->floating[repository->n_floating++];
		struct node member = read_member(n, tag);

		f->tag = tag;
		if (!text_matches(tag, "^([*]|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$"))
			return read_bad(&member, "is no tag");
		if (!json_is_string(version) ||
			!recipe_version_parse(json_string_value(version), &f->version))
			return read_bad(&member, "must be a version such as \"1.6\"");
	}
	return 0;
}

static int read_repository(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_repository, "repository", repository, 200, REPOSITORY),
		CUSTOM("floating", false, read_floating),
	};

	return FIELDS(n, fields, out);
}

/* ---- generations ---- */

static int read_generation(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_generation, "id", id, 31, GENERATION),
		TEXT1(struct recipe_generation, "title", title, 60, NULL),
		{.key = "from",
			.kind = FIELD_VERSION,
			.required = true,
			AT(struct recipe_generation, range.from)},
		{.key = "before",
			.kind = FIELD_VERSION,
			AT(struct recipe_generation, range.before)},
		SMALL1(struct recipe_generation, "uid", uid, 0, 65535),
		SMALL1(struct recipe_generation, "gid", gid, 0, 65535),
		TEXT(struct recipe_generation, "user", user, 11, "^[0-9]{1,5}(:[0-9]{1,5})?$"),
		SMALL(struct recipe_generation, "db_version", db_version, 0, 1000000),
		SMALL(struct recipe_generation, "db_reads_from", db_reads_from, 0, 1000000),
		BOOL(struct recipe_generation, "args_unquoted", args_unquoted),
		BOOL(struct recipe_generation, "no_new_privileges", no_new_privileges),
		TEXT(struct recipe_generation, "note", note, 400, NULL),
	};
	struct recipe_generation *g = out;

	g->range = RANGE_ALWAYS;
	g->db_version = g->db_reads_from = -1;
	if (FIELDS(n, fields, g))
		return -1;
	if ((g->db_version < 0) != (g->db_reads_from < 0))
		return read_bad(n, "\"db_version\" and \"db_reads_from\" belong together");
	if (g->db_reads_from > g->db_version)
		return read_bad(n, "\"db_reads_from\" is above \"db_version\"");
	return 0;
}

/* ---- the small objects ---- */

static int read_cache(const struct node *n, void *out)
{
	static const struct field fields[] = {
		NUMBER(struct recipe_cache, "reserve_mb", reserve_mb, 0, 1000000),
		{.key = "divisor",
			.kind = FIELD_INT,
			.required = true,
			AT(struct recipe_cache, divisor),
			.min = 1,
			.max = 100},
		{.key = "min_mb",
			.kind = FIELD_INT,
			.required = true,
			AT(struct recipe_cache, min_mb),
			.min = 1,
			.max = 1000000},
		{.key = "max_mb",
			.kind = FIELD_INT,
			.required = true,
			AT(struct recipe_cache, max_mb),
			.min = 1,
			.max = 1000000},
		{.key = "unlimited_mb",
			.kind = FIELD_INT,
			.required = true,
			AT(struct recipe_cache, unlimited_mb),
			.min = 1,
			.max = 1000000},
	};
	struct recipe_cache *cache = &((struct recipe *)out)->cache;

	if (FIELDS(n, fields, cache))
		return -1;
	if (cache->min_mb > cache->max_mb)
		return read_bad(n, "\"min_mb\" is above \"max_mb\"");
	return 0;
}

static int read_gap(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_rpc, "method", gap, 60, METHOD),
		{.key = "from", .kind = FIELD_VERSION, AT(struct recipe_rpc, gap_range.from)},
		{.key = "before", .kind = FIELD_VERSION, AT(struct recipe_rpc, gap_range.before)},
	};
	struct recipe_rpc *rpc = out;

	rpc->gap_range = RANGE_ALWAYS;
	return FIELDS(n, fields, rpc) ? -1 : check_range(n, &rpc->gap_range);
}

static int read_rpc(const struct node *n, void *out)
{
	static const struct field fields[] = {
		SMALL1(struct recipe_rpc, "port", port, 1, 65535),
		TEXT1(struct recipe_rpc, "peers", peers, 60, METHOD),
		TEXT1(struct recipe_rpc, "version", version, 60, METHOD),
		CUSTOM("gap", false, read_gap),
	};

	return FIELDS(n, fields, &((struct recipe *)out)->rpc);
}

static int read_port(const struct node *n, void *out)
{
	static const struct field fields[] = {
		SMALL1(struct recipe_port, "port", port, 1, 65535),
		TEXT1(struct recipe_port, "protocol", protocol, 3, "^(tcp|udp)$"),
	};

	return FIELDS(n, fields, out);
}

static int read_stopping(const struct node *n, void *out)
{
	static const struct field fields[] = {
		SMALL1(struct recipe, "timeout_s", stop_timeout_s, 1, 3600),
		TEXT(struct recipe, "signal", stop_signal, 10, "^SIG(TERM|INT|QUIT|HUP)$"),
		BOOL(struct recipe, "kill", stop_kill),
	};

	return FIELDS(n, fields, out);
}

static int read_chain(const struct node *n, void *out)
{
	static const struct field fields[] = {
		STRINGS(struct recipe, "db_version", db_version_globs, 0, 20, GLOB),
		STRINGS(struct recipe, "identity", identity_globs, 0, 50, GLOB),
		STRINGS(struct recipe, "immutable", fixed_globs, 0, 10, NAME_GLOB),
	};

	return FIELDS(n, fields, out);
}

static int read_log(const struct node *n, void *out)
{
	static const struct field fields[] = {
		SMALL1(struct recipe, "files", log_files, 1, 100),
		SMALL1(struct recipe, "size_mib", log_size_mib, 1, 1000),
	};

	return FIELDS(n, fields, out);
}

#define MIB (1024 * 1024)

static int read_limits(const struct node *n, void *out)
{
	static const struct field fields[] = {
		NUMBER(struct recipe, "memory_mib", limits.memory, 6, 1000000),
		NUMBER(struct recipe, "reservation_mib", limits.reservation, 6, 1000000),
		NUMBER(struct recipe, "swap_mib", limits.swap, 0, 1000000),
		NUMBER(struct recipe, "cpu_millis", limits.cpu_millis, 10, 1000000),
		NUMBER(struct recipe, "cpu_shares", limits.cpu_shares, 2, 262144),
		NUMBER(struct recipe, "blkio_weight", limits.blkio_weight, 10, 1000),
		NUMBER(struct recipe, "warn_memory_mib", warn_memory, 6, 1000000),
	};
	struct recipe *r = out;
	struct limits *l = &r->limits;

	if (FIELDS(n, fields, r))
		return -1;
	if (l->swap && !l->memory)
		return read_bad(n, "\"swap_mib\" needs \"memory_mib\"");
	if (l->memory && l->reservation > l->memory)
		return read_bad(n, "\"reservation_mib\" is above \"memory_mib\"");
	l->memory *= MIB;
	l->reservation *= MIB;
	l->swap *= MIB;
	r->warn_memory *= MIB;
	return 0;
}

static int read_env_fixed(const struct node *n, void *out)
{
	struct recipe *r = out;
	const char *name;
	json_t *value;

	if (!json_is_object(n->value))
		return read_bad(n, "must be an object");
	json_object_foreach ((json_t *)n->value, name, value) {
		struct node member = read_member(n, name);
		const char *s = json_string_value(value);
		struct recipe_strings one = {&s, 1};

		if (!text_matches(name, "^[A-Za-z_][A-Za-z0-9_]*$"))
			return read_bad(&member, "is no name of a variable");
		if (!s || strlen(s) > 1000 || !text_matches(s, PLAIN_ARGUMENT) ||
			!text_matches(s, "^[^\001-\037\177]*$"))
			return read_bad(&member, "must be a text with known placeholders");
		if (check_templates(&member, &one))
			return -1;
	}
	r->env = n->value;
	return 0;
}

static int read_env(const struct node *n, void *out)
{
	static const struct field fields[] = {
		CUSTOM("fixed", false, read_env_fixed),
		STRINGS(struct recipe, "user", env_user, 0, 50, ENV_NAME),
	};

	return FIELDS(n, fields, out);
}

static int read_config(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_config, "file", file, 60, FILE_NAME),
		TEXT1(struct recipe_config, "mount", mount, 200, FOLDER),
		{.key = "content",
			.kind = FIELD_JSON,
			.required = true,
			AT(struct recipe_config, content)},
	};

	return FIELDS(n, fields, &((struct recipe *)out)->config);
}

static int read_secret(const struct node *n, void *out)
{
	static const struct field fields[] = {
		TEXT1(struct recipe_secret, "key", key, 31, SECRET),
		TEXT1(struct recipe_secret, "title", title, 60, NULL),
		TEXT1(struct recipe_secret, "help", help, 400, NULL),
	};

	return FIELDS(n, fields, out);
}

static int read_role(const struct node *n, void *out)
{
	static const char *const roles[] = {"node", "relay"};
	int i = read_word(n, roles, COUNT(roles), 0);

	if (i < 0)
		return -1;
	((struct recipe *)out)->relay = i == 1;
	return 0;
}

static int read_builtin_role(const struct node *n, void *out)
{
	if (read_role(n, out))
		return -1;
	return ((struct recipe *)out)->relay ? 0 : read_bad(n, "only a relay can be built in");
}

/* ---- the whole ---- */

/* The order matters: what is referred to is read before what refers to it. */
static const struct field recipe_fields[] = {
	{.key = "$schema", .kind = FIELD_TEXT, AT(struct recipe, schema), .max = 200},
	TEXT1(struct recipe, "id", id, 31, NAME),
	TEXT1(struct recipe, "title", title, 60, NULL),
	TEXT1(struct recipe, "summary", summary, 400, NULL),
	CUSTOM("role", true, read_role),
	BOOL(struct recipe, "builtin", builtin),
	ARRAY(struct recipe, "images", repositories, 1, 20, read_repository,
		struct recipe_repository),
	ARRAY(struct recipe, "generations", generations, 1, 100, read_generation,
		struct recipe_generation),
	{.key = "offer",
		.kind = FIELD_STRINGS,
		.required = true,
		AT(struct recipe, offer),
		.min = 1,
		.max = 20},
	TEXT(struct recipe, "data_path", data_path, 200, FOLDER),
	CUSTOM("cache", false, read_cache),
	ARRAY(struct recipe, "networks", networks, 0, 50, read_network, struct recipe_network),
	ARRAY(struct recipe, "args", args, 0, 100, read_rule, struct recipe_rule),
	STRINGS(struct recipe, "reserved_args", reserved_args, 0, 50, "^-[^ =]*$"),
	CUSTOM("found", false, read_found),
	ARRAY(struct recipe, "options", options, 0, 100, read_option, struct recipe_option),
	CUSTOM("rpc", false, read_rpc),
	ARRAY(struct recipe, "ports", ports, 0, 16, read_port, struct recipe_port),
	CUSTOM("stop", true, read_stopping),
	{.key = "answer_s",
		.kind = FIELD_INT32,
		.required = true,
		AT(struct recipe, answer_s),
		.min = 1,
		.max = 86400},
	CUSTOM("chain", false, read_chain),
	CUSTOM("limits", true, read_limits),
	CUSTOM("log", true, read_log),
	CUSTOM("env", false, read_env),
	ARRAY(struct recipe, "secrets", secrets, 0, 10, read_secret, struct recipe_secret),
	CUSTOM("config", false, read_config),
};

/* Of what this program does itself: nothing that is about an image or a container. */
static const struct field builtin_fields[] = {
	{.key = "$schema", .kind = FIELD_TEXT, AT(struct recipe, schema), .max = 200},
	TEXT1(struct recipe, "id", id, 31, NAME),
	TEXT1(struct recipe, "title", title, 60, NULL),
	TEXT1(struct recipe, "summary", summary, 400, NULL),
	CUSTOM("role", true, read_builtin_role),
	BOOL(struct recipe, "builtin", builtin),
	ARRAY(struct recipe, "options", options, 0, 100, read_option, struct recipe_option),
	ARRAY(struct recipe, "secrets", secrets, 0, 10, read_secret, struct recipe_secret),
};

static int read_builtin(const struct node *root)
{
	struct recipe *r = root->recipe;

	r->generations = read_alloc(root, 1, sizeof(*r->generations));
	r->n_generations = 1;
	r->generations[0] = (struct recipe_generation){.id = "1",
		.title = "built in",
		.range = RANGE_ALWAYS,
		.db_version = -1,
		.db_reads_from = -1};
	/* for a container that an earlier recipe of the service left behind */
	r->stop_timeout_s = 10;
	r->stop_kill = true;
	return read_fields(root, builtin_fields, COUNT(builtin_fields), r);
}

int recipe_parse(const char *text, size_t len, struct recipe **ret, struct err *e)
{
	autorecipe struct recipe *r = xcalloc(1, sizeof(*r));
	struct node root = {.recipe = r, .e = e};
	struct err broken;

	r->stop_signal = "SIGTERM";
	if (json_parse(text, len, &r->source, &broken))
		return err_set(e, ERR_INTERNAL, "recipe.invalid", "%s", broken.message);
	root.value = r->source;
	if (json_is_true(json_object_get(r->source, "builtin"))
			? read_builtin(&root)
			: read_fields(&root, recipe_fields, COUNT(recipe_fields), r))
		return -1;
	if (recipe_check(&root))
		return -1;
	*ret = take(r);
	return 0;
}
