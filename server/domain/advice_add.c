/* How a finding is put together: its sentence, its hint, since when, its buttons. */
#include "domain/advice_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/texts.h"

/* Since when: as in the last findings, if it was there. */
static msec since(const struct finder *f, const char *code, const char *stack, const char *service)
{
	size_t i;
	json_t *old;

	json_array_foreach ((json_t *)f->in->before, i, old)
		if (!strcmp(json_str(old, "code", ""), code) &&
			!strcmp(json_str(old, "stack", ""), stack ? stack : "") &&
			!strcmp(json_str(old, "service", ""), service ? service : ""))
			return json_int(old, "at", f->in->now);
	return f->in->now;
}

json_t *finding_add(struct finder *f, const char *level, const char *code, const char *stack,
	const char *service, const char *fmt, ...)
{
	json_t *j = json_object();
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_put_str(j, "code", code);
	json_put_str(j, "level", level);
	json_put_str(j, "stack", stack);
	json_put_str(j, "service", service);
	json_put_str(j, "message", text);
	json_put_str(j, "hint", texts_hint(code));
	json_put_int(j, "at", since(f, code, stack, service));
	json_put(j, "actions", json_array());
	json_array_append_new(!strcmp(level, "bad")    ? f->bad
			      : !strcmp(level, "warn") ? f->warn
						       : f->note,
		j);
	return j;
}

void finding_button(json_t *finding, const char *label, bool primary, const char *method,
	const char *path, json_t *body)
{
	json_t *a = json_object();

	json_put_str(a, "label", label);
	json_put_flag(a, "primary", primary);
	json_put_str(a, "method", method);
	json_put_str(a, "path", path);
	json_put(a, "body", body ? body : json_object());
	json_array_append_new(json_object_get(finding, "actions"), a);
}

void finding_link(json_t *finding, const char *label, bool primary, const char *page)
{
	json_t *a = json_object();

	json_put_str(a, "label", label);
	json_put_flag(a, "primary", primary);
	json_put_str(a, "page", page);
	json_array_append_new(json_object_get(finding, "actions"), a);
}
