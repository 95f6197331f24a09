#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room_for(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : BUF_DEFAULT_CAP;
	size_t want = b->size ? b->size : 256;

	if (b->overflow || n > cap || b->len > cap - n) {
		b->overflow = true;
		return false;
	}
	while (want < b->len + n + 1)
		want *= 2;
	if (want != b->size) {
		b->data = xrealloc(b->data, want);
		b->size = want;
	}
	return true;
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.cap = b->cap};
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (!room_for(b, n))
		return;
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && room_for(b, (size_t)n)) {
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->data)
		b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
	char *s = b->data ? b->data : xstrdup("");

	*b = (struct buf){.cap = b->cap};
	return s;
}
