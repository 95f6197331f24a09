/* The small languages inside compose files: variables, .env, words, sizes, times. */
#include "domain/compose_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define FILL_CAP 65536
#define FILL_DEPTH 8

/* ---- variables ---- */

struct filling {
	struct yfile *f;
	int line;
	struct err *e;
};

static int bad(const struct filling *x, const char *what)
{
	return err_set(x->e, ERR_INPUT, "compose.invalid", "%.100s, line %d: %s", x->f->name,
		x->line, what);
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	if (!isalpha((unsigned char)s[0]) && s[0] != '_')
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

static int fill(const struct filling *x, const char **p, int depth, struct buf *out);

static void put_variable(const struct filling *x, const char *name, struct buf *out)
{
	const char *value = json_str(x->f->env, name, NULL);

	if (!value)
		compose_note(x->f, "assumed", NULL, x->line, name,
			"The variable %s has no value in the .env file: empty is assumed.", name);
	buf_puts(out, value ? value : "");
}

/* Behind the name in "${": an operator with its word, or the end. */
static int fill_braces(
	const struct filling *x, const char *name, const char **p, int depth, struct buf *out)
{
	const char *value = json_str(x->f->env, name, NULL);
	bool colon = **p == ':', set;
	autobuf struct buf word = {.cap = FILL_CAP};
	char op;

	if (**p == '}') {
		(*p)++;
		put_variable(x, name, out);
		return 0;
	}
	*p += colon;
	op = **p;
	if (op != '-' && op != '+' && op != '?')
		return bad(x, "A variable is not written as ${NAME} or ${NAME:-value}.");
	(*p)++;
	if (fill(x, p, depth + 1, &word))
		return -1;
	if (**p != '}')
		return bad(x, "A \"${\" has no end.");
	(*p)++;
	set = value && (!colon || *value);
	if (op == '?' && !set)
		return err_set(x->e, ERR_INPUT, "compose.invalid",
			"%.100s, line %d: The variable %.60s must be set: %.100s", x->f->name,
			x->line, name, word.data ? word.data : "");
	if (op == '+')
		buf_puts(out, set && word.data ? word.data : "");
	else
		buf_puts(out, set ? value : word.data ? word.data : "");
	return 0;
}

static int fill_dollar(const struct filling *x, const char **p, int depth, struct buf *out)
{
	bool braces = (*p)[1] == '{';
	autofree char *name = NULL;
	size_t len;

	if ((*p)[1] == '$') {
		buf_puts(out, "$");
		*p += 2;
		return 0;
	}
	*p += 1 + braces;
	len = name_length(*p);
	if (!len)
		return bad(x, "A \"$\" is not followed by the name of a variable; write \"$$\" for "
			      "a plain one.");
	name = xstrndup(*p, len);
	*p += len;
	if (braces)
		return fill_braces(x, name, p, depth, out);
	put_variable(x, name, out);
	return 0;
}

/* depth > 0: inside braces, up to their end. */
static int fill(const struct filling *x, const char **p, int depth, struct buf *out)
{
	if (depth > FILL_DEPTH)
		return bad(x, "Variables are nested too deeply.");
	while (**p && !(depth && **p == '}')) {
		if (**p == '$') {
			if (fill_dollar(x, p, depth, out))
				return -1;
		} else {
			buf_add(out, (*p)++, 1);
		}
	}
	return out->overflow ? err_set(x->e, ERR_INPUT, "compose.too_large",
				       "%.100s, line %d: A value is too long.", x->f->name, x->line)
			     : 0;
}

char *compose_fill(struct yfile *f, const char *text, int line, struct err *e)
{
	struct filling x = {f, line, e};
	autobuf struct buf out = {.cap = FILL_CAP};

	if (!strchr(text, '$'))
		return xstrdup(text);
	return fill(&x, &text, 0, &out) ? NULL : buf_take(&out);
}

/* ---- .env ---- */

static char *trimmed(const char *s, size_t len)
{
	while (len && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	return xstrndup(s, len);
}

/* Without its quotes; unquoted, without the comment behind it. */
static char *env_value(const char *s)
{
	char *end, quote = s[0];

	if (quote == '"' || quote == '\'') {
		end = strrchr(s + 1, quote);
		if (end)
			return xstrndup(s + 1, (size_t)(end - s - 1));
	}
	end = strstr(s, " #");
	return trimmed(s, end ? (size_t)(end - s) : strlen(s));
}

static void env_line(json_t *env, const char *line, size_t len)
{
	autofree char *text = trimmed(line, len), *name = NULL, *value = NULL;
	const char *begin = !strncmp(text, "export ", 7) ? text + 7 : text;
	const char *equals = strchr(begin, '=');

	if (!equals || *begin == '#')
		return;
	name = trimmed(begin, (size_t)(equals - begin));
	value = env_value(equals + 1 + strspn(equals + 1, " \t"));
	if (*name)
		json_put_str(env, name, value);
}

json_t *compose_env_file(const char *text, size_t len)
{
	json_t *env = json_object();

	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		env_line(env, text, n);
		n += end != NULL;
		text += n;
		len -= n;
	}
	return env;
}

/* ---- words ---- */

/* One word from *p on; false: a quote has no end. */
static bool one_word(const char **p, struct buf *out)
{
	char quote = 0;

	for (; **p && (quote || !isspace((unsigned char)**p)); (*p)++) {
		char c = **p;

		if (c == quote) {
			quote = 0;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else if (c == '\\' && quote != '\'' && (*p)[1] &&
			   (!quote || strchr("\"\\$`", (*p)[1]))) {
			buf_add(out, ++*p, 1);
		} else {
			buf_add(out, *p, 1);
		}
	}
	return !quote;
}

int compose_words(const char *text, json_t *into)
{
	for (;;) {
		autobuf struct buf word = {0};

		text += strspn(text, " \t\r\n");
		if (!*text)
			return 0;
		if (!one_word(&text, &word))
			return -1;
		json_array_append_new(into, json_string(word.data ? word.data : ""));
	}
}

/* ---- sizes and times ---- */

int64_t compose_size(const char *text)
{
	static const char units[] = "bkmgt";
	char *end;
	double n, factor = 1;
	const char *unit;

	errno = 0;
	n = strtod(text, &end);
	if (end == text || errno || !(n >= 0) || !isdigit((unsigned char)text[0]))
		return -1;
	end += strspn(end, " ");
	if (*end) {
		unit = strchr(units, tolower((unsigned char)*end));
		if (!unit)
			return -1;
		for (int i = 0; i < unit - units; i++)
			factor *= 1024;
		end++;
		end += tolower((unsigned char)*end) == 'i';
		end += tolower((unsigned char)*end) == 'b';
	}
	n *= factor;
	return *end || n > 1e18 ? -1 : (int64_t)n;
}

int64_t compose_seconds(const char *text)
{
	double sum = 0;

	if (!*text)
		return -1;
	while (*text) {
		char *end;
		double n = strtod(text, &end), unit = 1;

		if (end == text || !(n >= 0) || !isdigit((unsigned char)text[0]))
			return -1;
		if (!strncmp(end, "ms", 2) || !strncmp(end, "us", 2))
			unit = *end == 'm' ? 1e-3 : 1e-6;
		else if (*end && !strchr("hms", *end))
			return -1;
		else if (*end)
			unit = *end == 'h' ? 3600 : *end == 'm' ? 60 : 1;
		sum += n * unit;
		end += strspn(end, "hmsu");
		text = end;
	}
	return sum > 1e9 ? -1 : (int64_t)(sum + 0.5);
}
