/*
 * buf: growable bytes with a cap; the only string builder.
 *
 * The bytes are always followed by a NUL that len does not count, so b.data is a C string once
 * anything was added. A buffer that would grow past its cap stops growing and says so in
 * `overflow`: check it once at the end, not after every call. Owned by whoever declares it
 * (autobuf). One thread at a time.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>

struct buf {
	char *data;
	size_t len;
	size_t size;
	size_t cap; /* bytes; 0 = BUF_DEFAULT_CAP */
	bool overflow;
};

#define BUF_DEFAULT_CAP (64u * 1024 * 1024)

void buf_free(struct buf *b);
#define autobuf cleanup(buf_free)

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
/* Empties it and keeps its memory. */
void buf_reset(struct buf *b);
/* Gives the string away (never NULL; the caller frees it) and empties the buffer. */
char *buf_take(struct buf *b);

#endif
