/* spec_priv: the command line and environment of a container. For the spec room only. */
#ifndef DOMAIN_SPEC_PRIV_H
#define DOMAIN_SPEC_PRIV_H

#include "domain/spec.h"

/* literal_cache: "auto" in place of the number that follows from the memory limit. Arrays of texts,
 * owned by the caller. */
json_t *spec_args(const struct spec_input *in, bool literal_cache);
json_t *spec_env(const struct spec_input *in, bool literal_cache);

#endif
