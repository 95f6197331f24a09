/* compose_priv: what the files of the room compose share; nobody else includes it, but for unit
 * tests and fuzzers. */
#ifndef DOMAIN_COMPOSE_PRIV_H
#define DOMAIN_COMPOSE_PRIV_H

#include "domain/compose.h"

/* At the top of an export: the relay that is no container. */
#define COMPOSE_RELAY "x-ethstation-relay"

/* One value of a YAML file, aliases followed, merge keys merged, variables filled in. */
enum ykind { Y_SCALAR, Y_LIST, Y_MAP };
struct ynode {
	enum ykind kind;
	int line;   /* from 1 on */
	bool plain; /* a scalar without quotes */
	char *key;  /* when it is the member of a map */
	char *text; /* Y_SCALAR */
	struct ynode *items;
	size_t n;
};

/* Where notes go, and from where. */
struct yfile {
	const char *name;
	const json_t *env; /* for variables: object name → text */
	json_t *notes;
	const struct compose_file *files; /* all of them, for env_file */
	size_t n_files;
	const char *folder;
	size_t left, left_bytes; /* what may still come */
};

int compose_parse(struct yfile *f, const char *text, size_t len, struct ynode *ret, struct err *e);
void ynode_free(struct ynode *n);
#define autoynode cleanup(ynode_free)
/* Borrowed; NULL when there is no such member, or n is no map. */
const struct ynode *ynode_get(const struct ynode *n, const char *key);
bool ynode_null(const struct ynode *n);	       /* NULL, empty, ~ or null */
const char *ynode_text(const struct ynode *n); /* "" unless a scalar */
bool ynode_true(const struct ynode *n);

/* kind: left_out, changed, assumed. */
void compose_note(struct yfile *f, const char *kind, const char *service, int line,
	const char *what, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* "${NAME:-default}" and its relatives in text; owned by the caller. */
char *compose_fill(struct yfile *f, const char *text, int line, struct err *e);
/* A .env file → object. */
json_t *compose_env_file(const char *text, size_t len);

/* Words as sh cuts them (quotes, backslashes; no variables); -1 = a quote is left open. */
int compose_words(const char *text, json_t *into);
/* "1.5g", "512mb", "1024" → bytes; -1 = no size. */
int64_t compose_size(const char *text);
/* "5m30s", "300" → seconds; -1 = no time. */
int64_t compose_seconds(const char *text);

/* One service → a seen container. */
json_t *compose_service(struct yfile *f, const struct ynode *service);
/* The keys that are not about limits. Array or object, owned by the caller. */
json_t *compose_ports(struct yfile *f, const char *service, const struct ynode *list);
json_t *compose_mounts(struct yfile *f, const char *service, const struct ynode *list);
json_t *compose_environment(struct yfile *f, const struct ynode *service);
/* LimitsInput. */
json_t *compose_limits(struct yfile *f, const struct ynode *service);

#endif
