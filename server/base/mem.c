#include "base/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *need(void *p)
{
	if (!p) {
		fputs("ethstation: out of memory\n", stderr);
		abort();
	}
	return p;
}

void free_ptr(void *p)
{
	free(*(void **)p);
}

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

void *xcalloc(size_t n, size_t size)
{
	return need(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
	return need(realloc(p, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return s ? need(strdup(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	return need(strndup(s, n));
}

char *xasprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return need(s);
}
