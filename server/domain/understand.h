/*
 * understand: containers that somebody else made (Docker) or described (a compose file) → what a
 * stack of ours would be that does the same, and where their data lies.
 *
 * A "seen" container is a JSON object with
 *   key             its name in its source: a compose service, or the container's name
 *   container_name  or none
 *   stack           or none: our own label
 *   image, user, restart, stop_signal, stop_grace_s, log {driver, options}, no_new_privileges
 *   entrypoint, command   arrays of words, or none: as the image says
 *   env             object
 *   limits          LimitsInput of api.yaml
 *   ports           array of Port
 *   mounts          array of {kind: bind|volume|layer, source, target, read_only, line}
 *   layer           the folder on the NAS with the files of its own, or none
 *   network         mode as Docker or Compose writes it, or none; networks, depends_on: names
 *   file, line, lines {key: line}   where it is written, or none
 *
 * A note is {kind, service, file, line, what, message}; kind: left_out (nothing takes its place),
 * changed (the same is done in another way), assumed. Nothing is dropped in silence. Pure; any
 * thread.
 *
 * Error codes: compose.no_node, image.unknown.
 */
#ifndef DOMAIN_UNDERSTAND_H
#define DOMAIN_UNDERSTAND_H

#include "domain/recipe.h"

struct understood {
	json_t *stack; /* StackInput of api.yaml */
	json_t *notes;
	/* {service: {kind, source, path}}: where the data of the node, and the configuration file
	 * of the relay, lie: source on the NAS (or a volume's name, or ""), path in the container.
	 */
	json_t *data, *config;
	json_t *keys; /* {service: key of its seen container} */
};
void understood_free(struct understood *u);
#define autounderstood cleanup(understood_free)

/* Whether it looks like something a recipe can run; NULL when not. */
const struct recipe *understand_recipe(const struct recipe_set *recipes, const json_t *seen);

/* Whether an image's name says that it is for this recipe, which may take others as well. */
bool understand_image(const struct recipe *r, const char *image);

/* seen: an array; what is neither a node nor a relay becomes a note. notes: an array that is
 * continued (borrowed), or NULL. name: of the stack, unless a label says it; NULL = the node's.
 * data_root: folders below it that have our form are taken as they are. */
int understand(const struct recipe_set *recipes, const json_t *seen, const json_t *notes,
	const char *name, const char *data_root, struct understood *ret, struct err *e);

/* Whether one of the two lives in the network of the other. */
bool understand_share(const json_t *node, const json_t *relay);

/* A configuration file that was found: its values become options and secrets of the service. */
void understand_config(
	struct understood *u, const struct recipe *r, const char *service, const json_t *file);

/* Required options that nothing told: the stack's name, where it fits, with a note. */
void understand_required(struct understood *u, const struct recipe *r, const char *service);

/* The StackInput's member for a service; borrowed; NULL = there is none. */
json_t *understood_service(const struct understood *u, const char *service);

#endif
