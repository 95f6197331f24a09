/* advice_priv: what the files of the room advice share; nobody else includes it. */
#ifndef DOMAIN_ADVICE_PRIV_H
#define DOMAIN_ADVICE_PRIV_H

#include "domain/advice.h"

const struct service_facts *facts_of(
	const struct advice_input *in, const char *stack, const char *service);
const struct job_facts *job_of(const struct advice_input *in, const char *stack);
const char *title_of(const struct advice_input *in, const struct service *s);

struct finder {
	const struct advice_input *in;
	json_t *bad, *warn, *note;
};
/* A finding of this level (bad, warn, note), borrowed; then its buttons. body is stolen; NULL = {}.
 */
json_t *finding_add(struct finder *f, const char *level, const char *code, const char *stack,
	const char *service, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void finding_button(json_t *finding, const char *label, bool primary, const char *method,
	const char *path, json_t *body);
void finding_link(json_t *finding, const char *label, bool primary, const char *page);

/* advice_storm.c */
void storm_finding(struct finder *f, const struct service_facts *x, const char *title);

/* All findings, most urgent first; owned by the caller. */
json_t *find_all(const struct advice_input *in);

#endif
