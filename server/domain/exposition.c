#include "domain/exposition.h"

#include <math.h>

#include "base/json.h"

void exposition_family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_label_value(struct buf *b, const char *value)
{
	autojson json_t *checked = json_string(value); /* NULL: it is no UTF-8 */

	for (const char *s = value; *s; s++)
		if (*s == '\n')
			buf_puts(b, "\\n");
		else if (*s == '\\' || *s == '"')
			buf_printf(b, "\\%c", *s);
		else
			buf_add(b, !checked && (*s & 0x80) ? "?" : s, 1);
}

void exposition_sample(
	struct buf *b, const char *name, const struct label *labels, size_t n, double value)
{
	if (!isfinite(value) || value < 0)
		return;
	buf_puts(b, name);
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "%s%s=\"", i ? "," : "{", labels[i].name);
		add_label_value(b, labels[i].value);
		buf_puts(b, "\"");
	}
	buf_printf(b, "%s %.17g\n", n ? "}" : "", value);
}

void exposition_single(
	struct buf *b, const char *name, const char *type, const char *help, double value)
{
	exposition_family(b, name, type, help);
	exposition_sample(b, name, NULL, 0, value);
}
