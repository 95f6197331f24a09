/*
 * texts: the sentences that stand under the codes in shared/findings.json.
 *
 * Loaded once at the start, before any thread; read-only afterwards. Any thread.
 *
 * Error codes: texts.invalid (no object of {"CODE": {"hint": "…"}}).
 */
#ifndef DOMAIN_TEXTS_H
#define DOMAIN_TEXTS_H

#include "base/json.h"

/* Replaces what was loaded before. */
int texts_load(const char *text, size_t len, struct err *e);
void texts_unload(void);
/* What the code means and what to do; "" for a code without a text, or before texts_load. */
const char *texts_hint(const char *code);

#endif
