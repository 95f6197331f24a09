/* wanted_priv: what the files of the room wanted share; nobody else includes it. */
#ifndef DOMAIN_WANTED_PRIV_H
#define DOMAIN_WANTED_PRIV_H

#include "domain/wanted.h"

/* ERR_INPUT: The field "FIELD" WHAT. */
int wanted_bad(struct err *e, const char *code, const char *field, const char *what);

#endif
