/* actions_priv: what the files of the room actions share; nobody else includes it. */
#ifndef SERVICES_ACTIONS_PRIV_H
#define SERVICES_ACTIONS_PRIV_H

#include "domain/plan_adopt.h"
#include "io/chain.h"
#include "services/actions.h"

struct understood;

/* One request on its way to a plan. */
struct action_ctx {
	struct app *app;
	struct action *a;
	struct stack before; /* as it is wanted now; zeroed when there is none yet */
	struct plan *ret;
};

/* What is there for one stack. Declare zeroed; facts_free at the end. */
struct facts {
	struct plan_facts f;
	struct plan_actual actual[2];
	struct container containers[2];
};
void facts_free(struct facts *f);
#define autofacts cleanup(facts_free)
int facts_look(struct app *app, const struct stack *s, struct facts *ret, struct err *e);

/* What a copy of the chain would take, how the body's "copy" wants it, and how long a new version
 * is watched. Walks the chain's folder. input.copy. */
int facts_copy(struct app *app, const struct stack *before, const json_t *body, struct facts *ret,
	struct err *e);

/* The one of that name; chain.kept_missing. */
int kept_find(const struct kept_list *l, const char *id, const struct kept **ret, struct err *e);

/* actions_keep.c */
int do_copy(struct action_ctx *c, struct err *e);
int do_trash(struct action_ctx *c, struct err *e);
int do_untrash(struct action_ctx *c, struct err *e);
int do_empty(struct action_ctx *c, struct err *e);
/* The request's body, with what the text of a relay's configuration file ("config") says put where
 * options and secrets are; owned by the caller. relay.config. */
int wish_body(const struct action_ctx *c, json_t **ret, struct err *e);

/* Whether this program itself is the service; NULL is allowed. */
bool wish_builtin(struct app *app, const struct service *s);
/* service.builtin when it is. */
int wish_container(struct app *app, const struct service *s, struct err *e);

/* Fills what a wish left out (image, ports) and holds it against the recipes. */
int wish_complete(struct app *app, struct stack *s, struct err *e);

/* A secret that no recipe knows would be stored and never used. */
int wish_secrets(struct app *app, const struct stack *s, const json_t *secrets, struct err *e);

/* No other stack has its name, its folder or the names of its containers. */
int stack_is_free(struct app *app, const struct stack *after, struct err *e);

/* ---- taking over (actions_take.c) ---- */

/* Where a chain lies, and how it would come into the folder of a stack. */
struct origin {
	struct plan_origin o;
	char *from;
	int db_version;
	bool there; /* there is something to take over */
};
void origin_free(struct origin *o);
#define autoorigin cleanup(origin_free)
/* data: the entry of struct understood; a bind mount's folder is looked at on the disk. */
int origin_look(struct app *app, const json_t *data, const struct recipe *r, const char *data_dir,
	struct origin *ret, struct err *e);

/* Nothing is in DIR/node yet; chain.present. */
int folder_must_be_free(const char *dir, struct err *e);

/* What was understood → a stack: the request's name, data_dir and services (as in a patch) are put
 * on top, secrets go to c->a. Fills c->a->ret_understood. */
int take_wish(struct action_ctx *c, struct understood *u, struct stack *ret, struct err *e);
/* A configuration file's text into what was understood; what is no JSON becomes a note. */
void take_config(struct understood *u, const struct recipe *r, const char *service,
	const char *text, size_t len);
/* The same of a file below a folder of the NAS, which may be reached by a symlink, as QTS's are.
 * False: it cannot be read. */
bool take_config_below(struct understood *u, const struct recipe *r, const char *service,
	const char *folder, const char *rel);
/* Tells that the configuration file could not be read. */
void take_no_config(struct understood *u, const char *service, const char *file, const char *where);
void take_note(struct understood *u, const char *kind, const char *service, const char *what,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The actions of actions_import.c and actions_adopt.c. */
int do_import(struct action_ctx *c, struct err *e);
int do_adopt(struct action_ctx *c, struct err *e);
int do_goback(struct action_ctx *c, struct err *e);
int do_letgo(struct action_ctx *c, struct err *e);

/* Those of actions_image.c. */
int do_load(struct action_ctx *c, struct err *e);
int do_build(struct action_ctx *c, struct err *e);
int do_pull(struct action_ctx *c, struct err *e);

#endif
