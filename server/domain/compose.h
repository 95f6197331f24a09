/*
 * compose: docker-compose files in and out. Reads versions 1 (services at the top), 2, 2.x, 3.x and
 * today's specification without a version (https://compose-spec.io), and writes version 2.4, the
 * last that can say all limits without swarm mode and that docker-compose 1.29 and the compose
 * plugin both take.
 *
 * Reading: each service becomes a "seen" container (domain/understand.h). Whatever cannot be taken
 * over is a note with its file and line; nothing is dropped in silence. Variables are filled from
 * the given .env file only, never from this program's environment. Input may be hostile: size,
 * depth, number of values (after aliases are followed) and number of files are limited.
 *
 * Pure; any thread. Error codes: compose.invalid, compose.duplicate, compose.too_large.
 */
#ifndef DOMAIN_COMPOSE_H
#define DOMAIN_COMPOSE_H

#include "domain/recipe.h"

#define COMPOSE_FILES 8	    /* at most */
#define COMPOSE_BYTES 60000 /* of all texts together */
#define COMPOSE_NODES 5000  /* values of one file, aliases followed */
#define COMPOSE_DEPTH 24
#define COMPOSE_TEXT (512 * 1024) /* bytes of all values of one file */

/* A file by the name under which others refer to it. What ends in .yml or .yaml is a compose file,
 * ".env" fills variables, others are for env_file. */
struct compose_file {
	const char *name, *text;
	size_t len;
};

struct compose_read {
	json_t *seen;  /* array of seen containers, in the order of the files */
	json_t *notes; /* array of notes */
	char *name;    /* of the project, when a file says it; or NULL */
	json_t *relay; /* {recipe, options} of an export's relay without a container, or NULL */
};
void compose_read_free(struct compose_read *r);
#define autocompose cleanup(compose_read_free)

/* folder: where the compose files lie on the NAS, for relative paths; NULL = not known. */
int compose_read(const struct compose_file *files, size_t n, const char *folder,
	struct compose_read *ret, struct err *e);

/* What is exported of one service. */
struct compose_service {
	const struct service *service;
	const struct recipe *recipe;
	const json_t *config; /* the body of spec_container(), the relay joined by its name */
	const char *container;
	const char *file; /* text of its configuration file without secrets, or NULL */
};
/* Files to keep: array of {name, mode, text}: docker-compose.yml, .env, README.md and, for a
 * service with secrets, an example of its configuration file. No secret is in them. Owned by the
 * caller. builtin: the relay that is no container, or NULL: docker-compose leaves it out, and
 * compose_read finds it again. */
json_t *compose_write(const struct stack *s, const struct compose_service *services, size_t n,
	const struct service *builtin);

#endif
