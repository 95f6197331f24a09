/* Which texts are compose files, and where their services stand. */
#include "domain/compose_priv.h"

#include <stdlib.h>
#include <string.h>

#include "domain/note.h"

void compose_read_free(struct compose_read *r)
{
	json_decref(r->seen);
	json_decref(r->notes);
	json_decref(r->relay);
	free(r->name);
	*r = (struct compose_read){0};
}

void compose_note(struct yfile *f, const char *kind, const char *service, int line,
	const char *what, const char *fmt, ...)
{
	struct note_place at = {.service = service, .file = f->name, .line = line};
	va_list ap;

	va_start(ap, fmt);
	note_add(f->notes, kind, at, what, fmt, ap);
	va_end(ap);
}

static bool ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && !strcmp(s + a - b, end);
}

static bool is_compose(const char *name)
{
	return ends_with(name, ".yml") || ends_with(name, ".yaml");
}

static int check_files(const struct compose_file *files, size_t n, struct err *e)
{
	size_t sum = 0, composes = 0;

	for (size_t i = 0; i < n; i++) {
		sum += files[i].len;
		composes += is_compose(files[i].name);
	}
	if (n > COMPOSE_FILES || sum > COMPOSE_BYTES)
		return err_set(e, ERR_INPUT, "compose.too_large",
			"At most %d files of %d bytes together are read.", COMPOSE_FILES,
			COMPOSE_BYTES);
	if (!composes)
		return err_set(e, ERR_INPUT, "compose.invalid",
			"None of the files has a name that ends in .yml or .yaml.");
	return 0;
}

/* Version 1 has no "services": every mapping at the top that names an image or a build is one. */
static bool is_version_1(const struct ynode *root)
{
	for (size_t i = 0; i < root->n; i++)
		if (ynode_get(&root->items[i], "image") || ynode_get(&root->items[i], "build"))
			return !ynode_get(root, "services");
	return false;
}

static void read_services(struct yfile *f, const struct ynode *services, json_t *seen)
{
	for (size_t i = 0; i < services->n; i++)
		json_array_append_new(seen, compose_service(f, &services->items[i]));
}

static bool known_version(const char *v)
{
	return !*v || !strcmp(v, "1") || ((v[0] == '2' || v[0] == '3') && (!v[1] || v[1] == '.'));
}

static json_t *typed(const struct ynode *n)
{
	const char *text = ynode_text(n);
	size_t digits = strspn(text, "0123456789");

	return n->plain && digits && digits < 10 && !text[digits] ? json_integer(atol(text))
								  : json_string(text);
}

/* What an export of ours says of a relay that has no container. */
static json_t *read_relay(const struct ynode *n)
{
	const struct ynode *options = ynode_get(n, "options");
	json_t *j = json_object(), *values = json_object();

	json_put_str(j, "recipe", ynode_text(ynode_get(n, "recipe")));
	for (size_t i = 0; options && options->kind == Y_MAP && i < options->n; i++)
		json_put(values, options->items[i].key, typed(&options->items[i]));
	json_put(j, "options", values);
	return j;
}

/* Volumes and networks are described again by the mounts and networks of the services. */
static void read_top(struct yfile *f, const struct ynode *n, struct compose_read *ret)
{
	static const char *const known[] = {"services", "volumes", "networks"};

	if (!strcmp(n->key, COMPOSE_RELAY) && !ret->relay)
		ret->relay = read_relay(n);
	if (!strncmp(n->key, "x-", 2))
		return;
	if (!strcmp(n->key, "name")) {
		free(ret->name);
		ret->name = xstrdup(ynode_text(n));
		return;
	}
	if (!strcmp(n->key, "version")) {
		if (!known_version(ynode_text(n)))
			compose_note(f, "assumed", NULL, n->line, "version",
				"The version %.20s is not known; it is read like today's form.",
				ynode_text(n));
		return;
	}
	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(known[i], n->key))
			return;
	compose_note(f, "left_out", NULL, n->line, n->key,
		"\"%.60s\" has no counterpart here and is left out.", n->key);
}

static int read_file(
	struct yfile *f, const struct compose_file *file, struct compose_read *ret, struct err *e)
{
	autoynode struct ynode root = {0};
	const struct ynode *services;

	if (compose_parse(f, file->text, file->len, &root, e))
		return -1;
	if (is_version_1(&root)) {
		read_services(f, &root, ret->seen);
		return 0;
	}
	services = ynode_get(&root, "services");
	if (!services || services->kind != Y_MAP)
		return err_set(e, ERR_INPUT, "compose.invalid",
			"%.100s, line %d: There are no services in it.", file->name, root.line);
	for (size_t i = 0; i < root.n; i++)
		read_top(f, &root.items[i], ret);
	read_services(f, services, ret->seen);
	return 0;
}

int compose_read(const struct compose_file *files, size_t n, const char *folder,
	struct compose_read *ret, struct err *e)
{
	autocompose struct compose_read r = {.seen = json_array(), .notes = json_array()};
	autojson json_t *env = json_object();
	struct yfile f = {
		.env = env, .notes = r.notes, .files = files, .n_files = n, .folder = folder};

	if (check_files(files, n, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(files[i].name, ".env")) {
			json_decref(env);
			env = compose_env_file(files[i].text, files[i].len);
			f.env = env;
		}
	for (size_t i = 0; i < n; i++) {
		f.name = files[i].name;
		if (is_compose(files[i].name) && read_file(&f, &files[i], &r, e))
			return -1;
	}
	*ret = r;
	r = (struct compose_read){0};
	return 0;
}
