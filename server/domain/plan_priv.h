/* plan_priv: what the files of the room plan share; nobody else includes it. */
#ifndef DOMAIN_PLAN_PRIV_H
#define DOMAIN_PLAN_PRIV_H

#include "domain/plan.h"
#include "domain/plan_adopt.h"

/* What happens to a service. Ordered: a stronger one includes the weaker. A built-in service has no
 * container: for it each but KEEP means that it begins anew, once the settings are kept. */
enum touch { KEEP, START, RESTART, RECREATE };

enum chain_op { CHAIN_STAYS, CHAIN_ASIDE, CHAIN_BACK };

struct build {
	struct plan *p;
	const struct stack *before; /* NULL: install */
	const struct stack *after;
	const struct plan_facts *f;
	enum touch touch[2]; /* by index in after->services */
	bool pull[2];
	bool config[2]; /* its configuration file is written */
	enum chain_op chain_op;
	const char *chain;		  /* id, for CHAIN_BACK */
	const struct plan_origin *origin; /* a chain that is taken over, or NULL */
	bool install;			  /* folders are to be made */
	const char *copy;		  /* why a copy of the chain is kept; NULL = none is */
	int64_t copy_bytes;		  /* that it takes on the disk at once */
	int64_t watch_s;		  /* the node is watched for so long after its start */
};

/* Begins the plan: action, title, warnings, data. */
void plan_begin(struct build *b, const char *action, const char *title, const char *undo);
void plan_warn(struct plan *p, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const struct recipe *plan_recipe(const struct build *b, const struct service *s, struct err *e);
/* "Parity", "the relay" */
const char *plan_title(const struct build *b, const struct service *s);
const struct plan_actual *plan_actual(const struct plan_facts *f, const char *service);
/* Index of the service that starts as number `i` (0, 1). */
size_t plan_order(const struct stack *s, size_t i);
bool plan_is_node(const struct service *s);
bool plan_builtin(const struct build *b, const struct service *s);
/* The same service before, with the same recipe; NULL when it is new or another one's successor. */
const struct service *plan_old(const struct build *b, const struct service *s);
/* How what runs now is to be stopped: by its own recipe, which may be another than `s` has. */
const struct recipe *plan_stop_recipe(
	const struct build *b, const struct service *s, struct err *e);

/* Law 7: soon after boot "not found" is no answer to act upon. */
int plan_must_be_known(const struct plan_facts *f, struct err *e);
/* Ends a public function: on failure nothing is left in *ret. */
int plan_finish(struct build *b, int rc);

/* Whether a copy of the chain is kept before what is coming (b->copy), with a warning when it
 * cannot be; disk.too_small, chain.no_links when a person insists on one. */
int plan_decide_copy(struct build *b, const char *reason, bool must, struct err *e);

/* What a start, or a restart, has to do for one service. */
enum touch plan_start_touch(const struct build *b, const struct service *s);
enum touch plan_restart_touch(const struct build *b, const struct service *s);

/* The steps before any container: check, folders, configuration files, images. */
int plan_provide(struct build *b, struct err *e);
/* All steps that bring the services from before to after. */
int plan_transition(struct build *b, struct err *e);

/* The body of the create call; owned by the caller; NULL after an error. relay: the container whose
 * namespace the node joins in a shared one. */
json_t *plan_config(const struct build *b, const struct stack *stack, const struct service *svc,
	const char *relay, struct err *e);

/* Warnings and all steps from before to after. */
int plan_build_all(struct build *b, struct err *e);

/* Words and arguments that several steps share. */
char *plan_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void plan_stamp(msec now, char out[20]);
void plan_write(struct step *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
json_t *plan_strings(const struct recipe_strings *list);
/* What is worth knowing about a chain that is kept. */
json_t *plan_about(const struct build *b, const char *reason);
/* The name under which somebody else's container is kept, and an old one of ours until it goes;
 * owned by the caller. */
char *plan_kept_name(const struct build *b, const char *name, bool ours);

/* Steps that end a container or a network of ours (plan_remove.c). */
int plan_add_remove(
	struct build *b, const struct service *s, const struct plan_actual *a, struct err *e);
void plan_add_network_remove(struct build *b);

/* Single steps (plan_steps.c, plan_keep.c; add_take: plan_adopt.c). */
void add_take(struct build *b);
void add_check(struct build *b);
void add_folder(struct build *b, const struct service *s, const struct recipe_generation *g);
void add_config(struct build *b, const struct service *s, const struct recipe *r);
void add_pull(struct build *b, const struct service *s);
void add_network(struct build *b);
int add_create(struct build *b, const struct service *s, enum touch owner, struct err *e);
void add_stop(struct build *b, const struct service *s, const struct recipe *r);
void add_owner(struct build *b, const struct service *s, const struct recipe_generation *g);
void add_chain(struct build *b, const struct recipe *r);
void add_copy(struct build *b, const struct recipe *r);
void add_watch(struct build *b, const struct recipe *r);
void add_start(struct build *b, const struct service *s, const struct recipe *r, enum touch t);
void add_swap(struct build *b, const struct service *s);
void add_verify(struct build *b, const struct service *s, const struct recipe *r, enum touch t);
void add_limits(struct build *b, const struct service *s, const struct plan_actual *a);
void add_commit(struct build *b, const char *detail);
void add_discard(struct build *b, const struct service *s);
void add_report(struct build *b, const struct service *s);

#endif
