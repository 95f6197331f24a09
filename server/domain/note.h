/*
 * note: what became of one thing that others had wished for: left_out, changed (done in another
 * way), assumed. As `Note` of api.yaml. Pure; any thread.
 */
#ifndef DOMAIN_NOTE_H
#define DOMAIN_NOTE_H

#include <stdarg.h>

#include "base/json.h"

/* Where it stood: NULL and 0 = not known, or nowhere. */
struct note_place {
	const char *service; /* as its source calls it */
	const char *file;
	int64_t line;
};

/* Appends to notes; what: the thing it is about. */
void note_add(json_t *notes, const char *kind, struct note_place at, const char *what,
	const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

#endif
