#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct err *e, enum err_kind kind, const char *code, const char *fmt, va_list ap)
{
	e->kind = kind;
	snprintf(e->code, sizeof(e->code), "%s", code);
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
}

int err_set(struct err *e, enum err_kind kind, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	fill(e, kind, code, fmt, ap);
	va_end(ap);
	return -1;
}

int err_errno(struct err *e, const char *code, const char *fmt, ...)
{
	int saved = errno;
	size_t len;
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, fmt);
	fill(e, ERR_INTERNAL, code, fmt, ap);
	va_end(ap);
	len = strlen(e->message);
	snprintf(e->message + len, sizeof(e->message) - len, ": %s", strerror(saved));
	return -1;
}

bool err_is(const struct err *e, const char *code)
{
	size_t len = strlen(code);

	if (len && code[len - 1] == '.')
		return strncmp(e->code, code, len) == 0;
	return strcmp(e->code, code) == 0;
}

int err_http_status(const struct err *e)
{
	switch (e->kind) {
	case ERR_INPUT:
		return 400;
	case ERR_AUTH:
		return 401;
	case ERR_FORBIDDEN:
		return 403;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_CONFLICT:
		return 409;
	case ERR_LIMIT:
		return 429;
	case ERR_UNAVAILABLE:
		return 503;
	case ERR_NONE:
	case ERR_INTERNAL:
		break;
	}
	return 500;
}
