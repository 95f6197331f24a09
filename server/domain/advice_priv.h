/* advice_priv: what the files of the room advice share; nobody else includes it. */
#ifndef DOMAIN_ADVICE_PRIV_H
#define DOMAIN_ADVICE_PRIV_H

#include "domain/advice.h"

const struct service_facts *facts_of(
	const struct advice_input *in, const char *stack, const char *service);
const struct job_facts *job_of(const struct advice_input *in, const char *stack);
const char *title_of(const struct advice_input *in, const struct service *s);

/* All findings, most urgent first; owned by the caller. */
json_t *find_all(const struct advice_input *in);

#endif
