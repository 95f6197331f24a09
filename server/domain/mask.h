/*
 * mask: lines of a log as they may be shown: secrets replaced, colours and control characters taken
 * out. Pure; any thread.
 */
#ifndef DOMAIN_MASK_H
#define DOMAIN_MASK_H

#include "base/clock.h"
#include "base/json.h"

/* secrets: array of texts, as store_secret_values() gives them. Owned by the caller. */
char *mask_line(const json_t *secrets, const char *line);
/* The same of a line of a container's log, as the API tells it: {at, stream, text}. at: Unix ms. */
json_t *mask_log_line(const json_t *secrets, msec at, bool is_stderr, const char *line);

#endif
