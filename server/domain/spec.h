/*
 * spec: a wanted service → exactly the container that Docker is asked for.
 *
 * Only arguments are given, never an entrypoint: the entrypoint moved several times in the life of
 * some images. Limits, log options and the bind mount of the data folder are part of every
 * container, so a recreate cannot lose them. The restart policy is "no": a container that was only
 * created, or was stopped, must not be started by a restarting engine beside its successor; the
 * program arms "always" after a successful start.
 *
 * Templates in a recipe's arguments and environment: {data_path}, {cache_mb} (recipe_cache_mb() of
 * the memory limit), and in an option's arguments {value}.
 *
 * Pure; any thread. Error codes: those of recipe_check_options() and recipe_check_env(),
 * input.data_dir (a folder that cannot be mounted), spec.namespace (whose namespace to join was
 * not said).
 */
#ifndef DOMAIN_SPEC_H
#define DOMAIN_SPEC_H

#include "domain/recipe.h"

struct spec_input {
	const struct stack *stack;
	const struct service *service; /* one of the stack's */
	const struct recipe *recipe;
	const struct recipe_generation *generation; /* of the service's image */
	const char *namespace_of; /* container whose namespace it joins, when spec_joins() */
};

/* The labels that every container of ours carries. */
#define LABEL_STACK "org.ethstation.stack"
#define LABEL_SERVICE "org.ethstation.service"
#define LABEL_RECIPE "org.ethstation.recipe"
#define LABEL_SPEC "org.ethstation.spec" /* see spec_hash() */

/* The service's own name or "STACK-SERVICE", and "ethstation-STACK"; owned by the caller. */
char *spec_container_name(const struct stack *stack, const char *service);
char *spec_network_name(const struct stack *stack);

/* True when the service joins another one's network namespace: the stack shares one namespace,
 * which its relay owns, and this is not the relay. Then the relay publishes the ports of both. */
bool spec_joins(const struct stack *stack, const struct recipe *recipe);

/* The body of POST /containers/create (API 1.23 and later), owned by the caller. */
int spec_container(const struct spec_input *in, json_t **ret, struct err *e);

/* What stands in LABEL_SPEC: 16 hex digits over all that only a recreate can change: not the
 * limits, not a cache size that follows from them, not the name of the joined container; and over
 * the configuration file without its secrets. Differs from the label of the running container = a
 * recreate is needed to get what is wanted. Empty on error. */
int spec_hash(const struct spec_input *in, char ret[17], struct err *e);

/* The service's configuration file. In its template a text "{option.KEY}" becomes the option's
 * value (a missing one ""), "{secret.KEY}" the secret, "{node_host}" where the node's RPC is: the
 * alias "node" on the private network, "localhost" in a shared namespace. secrets: object key →
 * text, or NULL. *ret_text is owned by the caller, and contains the secrets: never log it; NULL
 * when the recipe has no such file. */
int spec_config_file(const struct recipe *recipe, const struct service *service,
	enum network_mode network, const json_t *secrets, char **ret_text, struct err *e);

/* The `docker create` command that equals a body of spec_container(), quoted for sh, one line,
 * for people to read; owned by the caller. */
char *spec_docker_command(const json_t *config, const char *name);

#endif
