/*
 * embedded: files that travel inside the program: shared/recipes/, shared/findings.json,
 * shared/api.yaml and the built dashboard below web/dist/. Written by server/embed.sh.
 * Constant for the life of the process; any thread.
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* path from the project's root: "shared/api.yaml" */
	const char *data; /* NUL-terminated; the NUL is not counted */
	size_t len;
};

/* Ends with a NULL name; sorted by name. */
extern const struct embedded embedded_files[];

/* NULL when there is no such file. */
const struct embedded *embedded_find(const char *name);

#endif
