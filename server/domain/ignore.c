#include "domain/ignore.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RULES_MAX 1000
#define PARTS_MAX 64 /* names in a pattern, and in a path */

static void add_part(struct ignore_rule *r, const char *text, size_t len)
{
	bool any = len == 2 && !strncmp(text, "**", 2);

	/* "a/./b" is "a/b"; two ** in a row are one */
	if (!len || (len == 1 && *text == '.') ||
		(any && r->n && !strcmp(r->parts[r->n - 1], "**")))
		return;
	r->parts = xrealloc(r->parts, (r->n + 1) * sizeof(*r->parts));
	r->parts[r->n++] = xstrndup(text, len);
}

static void rule_free(struct ignore_rule *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->parts[i]);
	free(r->parts);
	*r = (struct ignore_rule){0};
}

/* A pattern that fits a folder fits all that is below it: that is a ** at its end. */
static struct ignore_rule parse_line(const char *line, size_t len)
{
	struct ignore_rule r = {.except = *line == '!'};

	if (r.except) {
		line++;
		len--;
	}
	while (len && r.n < PARTS_MAX - 1) {
		size_t n = 0;

		while (n < len && line[n] != '/')
			n++;
		add_part(&r, line, n);
		n += n < len;
		line += n;
		len -= n;
	}
	if (r.n)
		add_part(&r, "**", 2);
	return r;
}

int ignore_parse(const char *text, struct ignore *ret, struct err *e)
{
	while (*text) {
		size_t line = strcspn(text, "\n"), len = line;
		const char *at = text;
		struct ignore_rule r;

		for (; len && isspace((unsigned char)*at); at++)
			len--;
		while (len && isspace((unsigned char)at[len - 1]))
			len--;
		text += line + (text[line] == '\n');
		if (!len || *at == '#')
			continue;
		if (ret->n == RULES_MAX)
			return err_set(e, ERR_CONFLICT, "ignore.too_large",
				"The .dockerignore has more than %d lines.", RULES_MAX);
		r = parse_line(at, len);
		if (!r.n) {
			rule_free(&r);
			continue;
		}
		ret->rules = xrealloc(ret->rules, (ret->n + 1) * sizeof(*ret->rules));
		ret->rules[ret->n++] = r;
		ret->exceptions |= r.except;
	}
	return 0;
}

void ignore_free(struct ignore *i)
{
	for (size_t k = 0; k < i->n; k++)
		rule_free(&i->rules[k]);
	free(i->rules);
	*i = (struct ignore){0};
}

/* Names against names. After a mismatch the last ** takes one name more: linear, and enough. */
static bool fits(const struct ignore_rule *r, const char *const *names, size_t n)
{
	size_t p = 0, i = 0, star = SIZE_MAX, resume = 0;

	while (i < n) {
		if (p < r->n && !strcmp(r->parts[p], "**")) {
			star = p++;
			resume = i;
		} else if (p < r->n && !fnmatch(r->parts[p], names[i], 0)) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++resume;
		} else {
			return false;
		}
	}
	while (p < r->n && !strcmp(r->parts[p], "**"))
		p++;
	return p == r->n;
}

bool ignore_leaves_out(const struct ignore *i, const char *rel)
{
	autofree char *copy = xstrdup(rel);
	const char *names[PARTS_MAX];
	size_t n = 0;
	char *rest = NULL;
	bool out = false;

	for (char *s = strtok_r(copy, "/", &rest); s && n < PARTS_MAX;
		s = strtok_r(NULL, "/", &rest))
		names[n++] = s;
	for (size_t k = 0; k < i->n; k++)
		if (i->rules[k].except == out && fits(&i->rules[k], names, n))
			out = !i->rules[k].except;
	return out;
}
