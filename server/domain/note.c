#include "domain/note.h"

#include "base/buf.h"

void note_add(json_t *notes, const char *kind, struct note_place at, const char *what,
	const char *fmt, va_list ap)
{
	json_t *j = json_object();
	autobuf struct buf text = {0};

	buf_vprintf(&text, fmt, ap);
	json_put_str(j, "kind", kind);
	json_put_str(j, "service", at.service);
	json_put_str(j, "file", at.file);
	json_put_limit(j, "line", at.line);
	json_put_str(j, "what", what);
	json_put_str(j, "message", text.data);
	json_array_append_new(notes, j);
}
