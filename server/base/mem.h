/*
 * mem: ownership in the type of a variable.
 *
 * What a function acquires it declares with its release (autofree, autoclose, …), so that every
 * return path releases it; giving it away is written take(p). Running out of memory ends the
 * process: it is supervised and journaled, so a restart is safer than a half-handled failure.
 * Any thread.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdio.h>
#include <dirent.h>

#define cleanup(f) __attribute__((cleanup(f)))

void free_ptr(void *p);	   /* p: pointer to the owned pointer */
void close_fd(int *fd);	   /* -1 is allowed */
void close_file(FILE **f); /* NULL is allowed */
void close_dir(DIR **d);   /* NULL is allowed */

#define autofree cleanup(free_ptr)
#define autoclose cleanup(close_fd)
#define autofile cleanup(close_file)
#define autodir cleanup(close_dir)

/* Give away: evaluates to the value and leaves NULL behind, so the cleanup releases nothing. */
#define take(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Zeroed memory, owned by the caller; never NULL. */
void *xcalloc(size_t n, size_t size);
/* Like realloc; never NULL for a size above 0. */
void *xrealloc(void *p, size_t size);
/* Copies, owned by the caller. xstrdup(NULL) is NULL. */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
