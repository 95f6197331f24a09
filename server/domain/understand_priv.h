/* understand_priv: what the files of the room understand share; nobody else includes it. */
#ifndef DOMAIN_UNDERSTAND_PRIV_H
#define DOMAIN_UNDERSTAND_PRIV_H

#include "domain/understand.h"

/* One container on its way. */
struct looking {
	struct understood *u;
	const struct recipe *r;
	const struct recipe_generation *g;
	const json_t *seen;
	const char *service; /* node, relay */
	json_t *made;	     /* ServiceInput */
};

/* key: which line of its source is meant; what: the thing the note is about. */
void look_note(const struct looking *l, const char *kind, const char *key, const char *what,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Into l->made. */
void look_env(const struct looking *l);
void look_limits(const struct looking *l);
/* Only notes. */
void look_rest(const struct looking *l, bool shared);

#endif
