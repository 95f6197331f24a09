/* wanted_priv: what the files of the room wanted share; nobody else includes it. */
#ifndef DOMAIN_WANTED_PRIV_H
#define DOMAIN_WANTED_PRIV_H

#include "domain/wanted.h"

/* ERR_INPUT: The field "FIELD" WHAT. */
int wanted_bad(struct err *e, const char *code, const char *field, const char *what);
/* cpus, cpu_shares and blkio_weight of an object; left out or null = 0. */
int wanted_share(const json_t *in, struct share *ret, struct err *e);
void wanted_put_share(json_t *j, const struct share *s);

#endif
