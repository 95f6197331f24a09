/*
 * recipe: a client as data. Reads shared/recipes/NAME.json (format: shared/recipes/schema.json)
 * into typed structs and answers questions about them: which generation an image belongs to, what
 * its options allow, whether a database survives a step from one generation to another.
 *
 * A recipe describes every version of one client. Nearly everything hangs on the version, which is
 * taken from the image's tag: `generations` cut the versions into ranges, and whatever differs
 * between versions (an argument, an option, a choice) carries `from` (inclusive) and `before`
 * (exclusive) that coincide with the beginning of a generation.
 *
 * A recipe owns everything below it; all strings and JSON values in it are borrowed from its source
 * and live as long as it does. Pure: no I/O. A recipe never changes after parsing: any thread.
 *
 * Error codes: recipe.invalid (names the JSON path), input.image, input.option_unknown,
 * input.option_value, input.env.
 */
#ifndef DOMAIN_RECIPE_H
#define DOMAIN_RECIPE_H

#include "base/model.h"

struct recipe_version {
	int major, minor, patch;
};

/* from <= version < before. A range without an end has before.major = INT_MAX. */
struct recipe_range {
	struct recipe_version from, before;
};

struct recipe_strings {
	const char **items;
	size_t n;
};

/* A tag that carries no version, and the version that is assumed for it; "*" = any other tag. */
struct recipe_floating {
	const char *tag;
	struct recipe_version version;
};

/* One repository of the lineage, without a registry's name; "*" = any repository. */
struct recipe_repository {
	const char *repository;
	struct recipe_floating *floating;
	size_t n_floating;
};

struct recipe_generation {
	const char *id; /* "2.2" */
	const char *title;
	struct recipe_range range;
	int uid, gid;		/* who owns the data folder: the user in the image */
	const char *user;	/* to run as another user ("0:0"), or NULL: as the image says */
	int db_version;		/* the number it writes into db_version; -1 = not known, or none */
	int db_reads_from;	/* the lowest number that it can read or upgrade; -1 = not known */
	bool args_unquoted;	/* its start script splits arguments at blanks */
	bool no_new_privileges; /* its image is known to run with no-new-privileges */
	const char *note;	/* a sentence for the user, or NULL */
};

enum recipe_topology { TOPOLOGY_ANY, TOPOLOGY_PRIVATE, TOPOLOGY_SHARED };

/* Arguments that are added when everything named here holds. */
struct recipe_rule {
	struct recipe_range range;
	enum recipe_topology topology;
	const json_t *when;	    /* in an option: only for this value; NULL = for every value */
	struct recipe_strings args; /* templates, see spec.h */
};

struct recipe_choice {
	const char *value, *title, *help; /* help may be NULL */
	struct recipe_range range;
};

/* The last block of a network that versions from `from` on can follow. */
struct recipe_stop {
	struct recipe_version from;
	int64_t block;
};

struct recipe_network {
	const char *value, *title, *help;
	const char *status; /* live, historic, private, local */
	struct recipe_range range;
	struct recipe_strings args;
	bool needs_peers;
	int64_t block_time_ms;	   /* 0 = blocks come at no fixed pace */
	struct recipe_stop *stops; /* ascending; none = it follows the network's head */
	size_t n_stops;
};

enum recipe_type {
	OPTION_STRING,
	OPTION_INT,
	OPTION_FLAG,
	OPTION_CHOICE,
	OPTION_NETWORK, /* a choice among the recipe's networks */
	OPTION_ARGS,	/* a list of strings, handed on as they are */
};

struct recipe_option {
	const char *key, *title, *help;
	enum recipe_type type;
	struct recipe_range range;
	const json_t *dflt;  /* NULL = nothing is passed unless it is set */
	bool required;	     /* must be set, and not to an empty string */
	bool resync;	     /* a change opens another database folder: a new sync */
	bool harmless;	     /* a change cannot do anything to the database */
	bool advanced;	     /* for the fold */
	bool auto_cache;     /* int: "auto" stands for recipe_cache_mb() */
	int64_t min, max;    /* int */
	const char *unit;    /* int: "MB", or NULL */
	const char *pattern; /* string: POSIX extended regular expression, or NULL */
	int max_length;	     /* string: characters */
	struct recipe_choice *choices;
	size_t n_choices;
	struct recipe_rule *rules;
	size_t n_rules;
};

struct recipe_secret {
	const char *key, *title, *help;
};

struct recipe_port {
	int port;
	const char *protocol; /* tcp, udp */
};

/* cache = clamp((memory limit - reserve) / divisor, min, max), in MB; present when divisor > 0. */
struct recipe_cache {
	int64_t reserve_mb, divisor, min_mb, max_mb, unlimited_mb;
};

struct recipe_rpc {
	int port;		     /* 0 = it has no RPC */
	const char *peers, *version; /* method names */
	const char *gap;	     /* method that tells of missing old blocks, or NULL */
	struct recipe_range gap_range;
};

/* A configuration file that is kept outside the container. */
struct recipe_config {
	const char *file;      /* below the service's folder: "app.json"; NULL = it has none */
	const char *mount;     /* path in the container */
	const json_t *content; /* template, see spec_config_file() */
};

/* Names that hold for some versions. */
struct recipe_names {
	struct recipe_range range;
	struct recipe_strings names;
};

/* How a container that somebody else made or described is recognised. */
struct recipe_found {
	struct recipe_strings programs; /* file names of its executable, in any folder */
	struct recipe_strings images;	/* last parts of repositories outside the lineage */
	struct recipe_names *data_args; /* arguments that name the data folder */
	size_t n_data_args;
	struct recipe_names *folders; /* where an image keeps its data unless it is told */
	size_t n_folders;
};

struct recipe {
	const char *schema, *id, *title, *summary;
	bool relay;   /* role: relay, otherwise node */
	bool builtin; /* this program does the work itself: no image, no container, one version */
	struct recipe_strings offer; /* image references, best first; the first is the default */
	struct recipe_repository *repositories;
	size_t n_repositories;
	struct recipe_generation *generations; /* ascending */
	size_t n_generations;
	const char *data_path; /* where the service's folder is mounted, or NULL: nowhere */
	struct recipe_rule *args;
	size_t n_args;
	struct recipe_strings reserved_args; /* may not be given in an OPTION_ARGS */
	struct recipe_found found;
	struct recipe_option *options;
	size_t n_options;
	struct recipe_network *networks;
	size_t n_networks;
	struct recipe_cache cache;
	struct recipe_rpc rpc;
	struct recipe_port *ports; /* p2p */
	size_t n_ports;
	int stop_timeout_s;
	const char *stop_signal;
	bool stop_kill; /* keeps nothing: may be killed when the time is over, without asking */
	int answer_s;	/* after a start it must answer within so many seconds */
	struct recipe_strings db_version_globs; /* as chain_db_version() takes them */
	struct recipe_strings identity_globs;	/* as chain_set_aside() takes them */
	struct recipe_strings fixed_globs;	/* as chain_copy() takes them */
	struct limits limits;			/* suggested */
	int64_t warn_memory; /* bytes: a limit below deserves a warning; 0 = none */
	int log_files, log_size_mib;
	const json_t *env;		/* object of templates: always set */
	struct recipe_strings env_user; /* names that the user may set; a last * = any end */
	struct recipe_config config;
	struct recipe_secret *secrets; /* write-only values of the configuration file */
	size_t n_secrets;
	json_t *source; /* owned: what was parsed */
	void **memory;	/* owned: all arrays above */
	size_t n_memory;
};

/* Strict: an unknown member, a wrong type, a missing member or an impossible range is
 * recipe.invalid, and the message begins with the JSON path. *ret is owned by the caller. */
int recipe_parse(const char *text, size_t len, struct recipe **ret, struct err *e);
void recipe_free(struct recipe *r); /* NULL is allowed */
void recipe_drop(struct recipe **r);
#define autorecipe cleanup(recipe_drop)

/* ---- all recipes of the program ---- */

struct recipe_text {
	const char *name; /* for messages: "shared/recipes/parity.json" */
	const char *text;
	size_t len;
};
struct recipe_set {
	struct recipe **items; /* sorted as given */
	size_t n;
};
/* Parses all; two recipes with one id are refused. The message begins with the name. */
int recipe_set_load(
	const struct recipe_text *texts, size_t n, struct recipe_set *ret, struct err *e);
void recipe_set_free(struct recipe_set *s);
/* Borrowed; NULL when there is none. */
const struct recipe *recipe_find(const struct recipe_set *s, const char *id);

/* ---- images and versions ---- */

/* "registry/repository:tag@digest", parts owned by the struct. A reference without tag and digest
 * has the tag "latest". registry and digest, and tag beside a digest, may be NULL. */
struct image_ref {
	char *registry, *repository, *tag, *digest;
};
/* input.image when it is no valid reference. */
int image_ref_parse(const char *text, struct image_ref *ret, struct err *e);
void image_ref_free(struct image_ref *r);
#define autoimage cleanup(image_ref_free)

int recipe_version_compare(struct recipe_version a, struct recipe_version b);
bool recipe_in_range(const struct recipe_range *r, struct recipe_version v);
/* "1.6", "v1.6.8", "v2.5.13-stable", "multiarch-v26.7.0" → the version; false when there is none.
 */
bool recipe_version_of_tag(const char *tag, struct recipe_version *ret);
/* A builtin recipe has one version, whatever the image.
 * The version of an image of this lineage, or the one declared for its floating tag. A private
 * registry's prefix does not matter. False: not of this lineage, or the version is not known.
 * *ret_assumed (may be NULL): the tag says nothing, the version is the recipe's assumption. */
bool recipe_version(
	const struct recipe *r, const char *image, struct recipe_version *ret, bool *ret_assumed);
/* Borrowed; NULL when no generation has this version. */
const struct recipe_generation *recipe_generation_of(
	const struct recipe *r, struct recipe_version v);
/* Both in one: NULL when the image is not known to this recipe. */
const struct recipe_generation *recipe_generation(const struct recipe *r, const char *image);

/* Whether the chain survives the step to `to`. */
enum db_step {
	DB_SAME,    /* same format: the way back stays open */
	DB_ONE_WAY, /* it will be upgraded; the older version cannot read it afterwards */
	DB_REFUSED, /* the new version will not open it */
	DB_UNKNOWN,
};
/* actual: the number found in the folder, -1 = none found (then what `from` writes counts; `from`
 * may be NULL). */
enum db_step recipe_db_step(
	const struct recipe_generation *from, int actual, const struct recipe_generation *to);
const char *db_step_name(enum db_step s); /* same, one_way, refused, unknown */

/* ---- options ---- */

const struct recipe_option *recipe_option(const struct recipe *r, const char *key);
/* The value that counts: given, or the default; NULL = none. Borrowed. options: object or NULL. */
const json_t *recipe_option_value(const struct recipe_option *o, const json_t *options);
/* Every member is an option of this generation with a fitting value, and required ones are there.
 * input.option_unknown, input.option_value. */
int recipe_check_options(const struct recipe *r, const struct recipe_generation *g,
	const json_t *options, struct err *e);
/* Only names that the user may set, with text values. env: object or NULL. input.env. */
int recipe_check_env(const struct recipe *r, const json_t *env, struct err *e);
/* True when going from one set of options to the other opens another database folder. */
bool recipe_options_resync(const struct recipe *r, const json_t *before, const json_t *after);
/* True when a difference may do something to the database: all but options called harmless. */
bool recipe_options_risky(const struct recipe *r, const json_t *before, const json_t *after);
/* The chosen network; NULL when the recipe has none. */
const struct recipe_network *recipe_network(const struct recipe *r, const json_t *options);
/* The block at which this version stops on this network; -1 = it follows the head. */
int64_t recipe_network_stop(const struct recipe_network *n, struct recipe_version v);

/* ---- the rest ---- */

/* What "auto" means for the cache with this memory limit (bytes, 0 = none); 0 = no such rule. */
int64_t recipe_cache_mb(const struct recipe *r, int64_t memory);
/* The ports that a new service publishes, each on its own number; owned by the caller. */
struct port *recipe_default_ports(const struct recipe *r, size_t *ret_n);
/* For GET /api/v1/recipes; owned by the caller. */
json_t *recipe_json(const struct recipe *r);

#endif
