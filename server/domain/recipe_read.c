#include "domain/recipe_priv.h"

#include "base/buf.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static void path_of(const struct node *n, struct buf *b)
{
	if (!n->up)
		return;
	path_of(n->up, b);
	if (n->key)
		buf_printf(b, b->len ? ".%s" : "%s", n->key);
	else
		buf_printf(b, "[%zu]", n->index);
}

int read_bad(const struct node *n, const char *fmt, ...)
{
	autobuf struct buf path = {0}, what = {0};
	va_list ap;

	path_of(n, &path);
	va_start(ap, fmt);
	buf_vprintf(&what, fmt, ap);
	va_end(ap);
	return err_set(n->e, ERR_INTERNAL, "recipe.invalid", "%s: %s",
		path.len ? path.data : "(the whole recipe)", what.data);
}

void *read_alloc(const struct node *n, size_t count, size_t size)
{
	struct recipe *r = n->recipe;

	r->memory = xrealloc(r->memory, (r->n_memory + 1) * sizeof(*r->memory));
	return r->memory[r->n_memory++] = xcalloc(count ? count : 1, size);
}

struct node read_element(const struct node *n, size_t i)
{
	return (struct node){.up = n,
		.index = i,
		.value = json_array_get(n->value, i),
		.recipe = n->recipe,
		.e = n->e};
}

struct node read_member(const struct node *n, const char *key)
{
	return (struct node){.up = n,
		.key = key,
		.value = json_object_get(n->value, key),
		.recipe = n->recipe,
		.e = n->e};
}

bool text_matches(const char *text, const char *pattern)
{
	regex_t re;
	bool yes;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	yes = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return yes;
}

/* Characters, not bytes: the schema counts those. */
static int64_t characters(const char *s)
{
	int64_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int read_text(const struct node *n, const struct field *f, const char **ret)
{
	const char *s = json_string_value(n->value);

	if (!s)
		return read_bad(n, "must be a text");
	if (strlen(s) != json_string_length(n->value))
		return read_bad(n, "must not contain a NUL");
	if (!*s || characters(s) > f->max)
		return read_bad(n, "must have 1 to %lld characters", (long long)f->max);
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			return read_bad(n, "must not contain control characters");
	if (f->pattern && !text_matches(s, f->pattern))
		return read_bad(n, "does not have the form that is expected here");
	*ret = s;
	return 0;
}

static int read_int(const struct node *n, const struct field *f, int64_t *ret)
{
	int64_t v = json_integer_value(n->value);

	if (!json_is_integer(n->value))
		return read_bad(n, "must be a whole number");
	if (v < f->min || v > f->max)
		return read_bad(
			n, "must be from %lld to %lld", (long long)f->min, (long long)f->max);
	*ret = v;
	return 0;
}

static int array_size(const struct node *n, const struct field *f, size_t *ret)
{
	size_t count = json_array_size(n->value);

	if (!json_is_array(n->value))
		return read_bad(n, "must be a list");
	if ((int64_t)count < f->min || (int64_t)count > f->max)
		return read_bad(
			n, "must have %lld to %lld entries", (long long)f->min, (long long)f->max);
	*ret = count;
	return 0;
}

static int read_strings(const struct node *n, const struct field *f, struct recipe_strings *ret)
{
	struct field one = {.max = 1000, .pattern = f->pattern};
	size_t count;

	if (array_size(n, f, &count))
		return -1;
	ret->items = read_alloc(n, count, sizeof(*ret->items));
	for (size_t i = 0; i < count; i++) {
		struct node el = read_element(n, i);

		if (read_text(&el, &one, &ret->items[i]))
			return -1;
	}
	ret->n = count;
	return 0;
}

static int read_array(const struct node *n, const struct field *f, char *out)
{
	size_t count;
	char *items;

	if (array_size(n, f, &count))
		return -1;
	items = read_alloc(n, count, f->size);
	for (size_t i = 0; i < count; i++) {
		struct node el = read_element(n, i);

		if (f->read(&el, items + i * f->size))
			return -1;
	}
	memcpy(out + f->offset, &items, sizeof(items));
	*(size_t *)(void *)(out + f->offset_n) = count;
	return 0;
}

static int read_version(const struct node *n, struct recipe_version *ret)
{
	if (!json_is_string(n->value) || !recipe_version_parse(json_string_value(n->value), ret))
		return read_bad(n, "must be a version such as \"1.6\" or \"2.5.13\"");
	return 0;
}

static int read_field(const struct node *n, const struct field *f, char *out)
{
	void *at = out + f->offset;
	int64_t number;

	switch (f->kind) {
	case FIELD_TEXT:
		return read_text(n, f, at);
	case FIELD_INT:
		return read_int(n, f, at);
	case FIELD_INT32:
		if (read_int(n, f, &number))
			return -1;
		*(int *)at = (int)number;
		return 0;
	case FIELD_BOOL:
		if (!json_is_boolean(n->value))
			return read_bad(n, "must be true or false");
		*(bool *)at = json_is_true(n->value);
		return 0;
	case FIELD_VERSION:
		return read_version(n, at);
	case FIELD_STRINGS:
		return read_strings(n, f, at);
	case FIELD_JSON:
		*(const json_t **)at = n->value;
		return 0;
	case FIELD_ARRAY:
		return read_array(n, f, out);
	case FIELD_CUSTOM:
		return f->read(n, out);
	}
	return read_bad(n, "cannot be read");
}

static const struct field *field_named(const struct field *fields, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(fields[i].key, key))
			return &fields[i];
	return NULL;
}

int read_fields(const struct node *n, const struct field *fields, size_t n_fields, void *out)
{
	const char *key;
	json_t *value;

	if (!json_is_object(n->value))
		return read_bad(n, "must be an object");
	json_object_foreach ((json_t *)n->value, key, value) {
		struct node member = read_member(n, key);

		if (!field_named(fields, n_fields, key))
			return read_bad(&member, "is not known");
	}
	for (size_t i = 0; i < n_fields; i++) {
		struct node member = read_member(n, fields[i].key);

		if (!member.value && fields[i].required)
			return read_bad(&member, "is missing");
		if (member.value && read_field(&member, &fields[i], out))
			return -1;
	}
	return 0;
}
