/*
 * ignore: what a .dockerignore file leaves out of a build
 * (https://docs.docker.com/build/concepts/context/#dockerignore-files): "#" comments, * ? [ ]
 * within a name, ** over any number of folders, ! for exceptions; the last line that fits counts.
 * Pure; any thread.
 *
 * Error codes: ignore.too_large.
 */
#ifndef DOMAIN_IGNORE_H
#define DOMAIN_IGNORE_H

#include "base/err.h"

#include <stddef.h>

struct ignore {
	struct ignore_rule {
		bool except;
		char **parts; /* names between slashes, the last one "**" */
		size_t n;
	} * rules;
	size_t n;
	bool exceptions; /* there are any: a folder left out may hold something that is not */
};

/* An empty text leaves nothing out. ret is zeroed by the caller. */
int ignore_parse(const char *text, struct ignore *ret, struct err *e);
void ignore_free(struct ignore *i);
#define autoignore cleanup(ignore_free)

/* rel: "src/lib/x.js". */
bool ignore_leaves_out(const struct ignore *i, const char *rel);

#endif
