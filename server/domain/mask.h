/*
 * mask: lines of a log as they may be shown: secrets replaced, colours and control characters taken
 * out. Pure; any thread.
 */
#ifndef DOMAIN_MASK_H
#define DOMAIN_MASK_H

#include "base/json.h"

/* secrets: array of texts, as store_secret_values() gives them. Owned by the caller. */
char *mask_line(const json_t *secrets, const char *line);

#endif
