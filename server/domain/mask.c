#include "domain/mask.h"

#include <string.h>

#include "base/buf.h"

#define MASK "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

/* Length of an ANSI escape sequence at s (ESC [ … letter), or 0. */
static size_t escape(const char *s)
{
	size_t n = 2;

	if (s[0] != '\x1b')
		return 0;
	if (s[1] != '[')
		return 1;
	while (s[n] && (s[n] < '@' || s[n] > '~'))
		n++;
	return s[n] ? n + 1 : n;
}

/* The longest: one secret may begin with another. */
static size_t secret_at(const json_t *secrets, const char *s)
{
	size_t i, longest = 0;
	json_t *v;

	json_array_foreach ((json_t *)secrets, i, v) {
		size_t len = json_string_length(v);

		/* shorter ones would mask half the log */
		if (len >= 4 && len > longest && !strncmp(s, json_string_value(v), len))
			longest = len;
	}
	return longest;
}

char *mask_line(const json_t *secrets, const char *s)
{
	struct buf b = {0};

	while (*s) {
		size_t n = secret_at(secrets, s);

		if (n) {
			buf_puts(&b, MASK);
		} else if ((n = escape(s)) == 0) {
			n = 1;
			if ((unsigned char)*s >= 0x20 || *s == '\t')
				buf_add(&b, s, 1);
		}
		s += n;
	}
	return buf_take(&b);
}

json_t *mask_log_line(const json_t *secrets, msec at, bool is_stderr, const char *line)
{
	autofree char *text = mask_line(secrets, line);
	json_t *j = json_object();

	json_put_int(j, "at", at);
	json_put_str(j, "stream", is_stderr ? "stderr" : "stdout");
	json_put_str(j, "text", text);
	return j;
}
