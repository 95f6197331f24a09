/* One service of a compose file → a seen container. One row a key; a key without a row is left out
 * with a note. */
#include "domain/compose_priv.h"

#include <stdlib.h>
#include <string.h>

struct at {
	struct yfile *f;
	const char *service;
	json_t *seen;
};

static void note(const struct at *a, const char *kind, const struct ynode *n, const char *what,
	const char *why)
{
	compose_note(a->f, kind, a->service, n->line, what, "%s", why);
}

static void left_out(const struct at *a, const struct ynode *n)
{
	compose_note(a->f, "left_out", a->service, n->line, n->key,
		"\"%s\" has no counterpart here and is left out.", n->key);
}

static void put_text(const struct at *a, const struct ynode *n)
{
	if (n->kind != Y_SCALAR)
		note(a, "left_out", n, n->key, "A plain text was expected; it is left out.");
	else if (!ynode_null(n))
		json_put_str(a->seen, n->key, n->text);
}

/* A list of words, or one text that is cut like a shell does. */
static void put_words(const struct at *a, const struct ynode *n)
{
	json_t *words = json_array();

	for (size_t i = 0; n->kind == Y_LIST && i < n->n; i++)
		json_array_append_new(words, json_string(ynode_text(&n->items[i])));
	if (n->kind == Y_MAP ||
		(n->kind == Y_SCALAR && !ynode_null(n) && compose_words(n->text, words))) {
		note(a, "left_out", n, n->key, "It cannot be cut into words and is left out.");
		json_decref(words);
		return;
	}
	json_put(a->seen, n->key, words);
}

static void put_ports(const struct at *a, const struct ynode *n)
{
	json_put(a->seen, "ports", compose_ports(a->f, a->service, n));
}

static void put_mounts(const struct at *a, const struct ynode *n)
{
	json_put(a->seen, "mounts", compose_mounts(a->f, a->service, n));
}

static void put_network(const struct at *a, const struct ynode *n)
{
	if (n->kind == Y_SCALAR)
		json_put_str(a->seen, "network", n->text);
	else
		left_out(a, n);
}

/* Our own labels come back from our export; those of others say nothing to us. */
static void label(const struct at *a, const struct ynode *n, const char *name, const char *value)
{
	if (!strcmp(name, "org.ethstation.stack"))
		json_put_str(a->seen, "stack", value);
	else if (strncmp(name, "org.ethstation.", 15))
		compose_note(a->f, "left_out", a->service, n->line, name,
			"The label %.60s is left out.", name);
}

static void put_labels(const struct at *a, const struct ynode *n)
{
	for (size_t i = 0; n->kind != Y_SCALAR && i < n->n; i++) {
		const struct ynode *one = &n->items[i];
		const char *text = ynode_text(one);
		autofree char *name = xstrndup(text, strcspn(text, "="));

		if (n->kind == Y_MAP)
			label(a, one, one->key, text);
		else
			label(a, one, name, text[strlen(name)] ? text + strlen(name) + 1 : "");
	}
}

static void put_logging(const struct at *a, const struct ynode *n)
{
	const struct ynode *options = ynode_get(n, "options");
	json_t *log = json_object(), *made = json_object();

	json_put_str(log, "driver", ynode_text(ynode_get(n, "driver")));
	for (size_t i = 0; options && options->kind == Y_MAP && i < options->n; i++)
		json_put_str(made, options->items[i].key, ynode_text(&options->items[i]));
	json_put(log, "options", made);
	json_put(a->seen, "log", log);
}

static void put_grace(const struct at *a, const struct ynode *n)
{
	int64_t s = compose_seconds(ynode_text(n));

	if (s < 0)
		note(a, "left_out", n, n->key, "It is no length of time and is left out.");
	else
		json_put_int(a->seen, "stop_grace_s", s);
}

/* A list of names, or a mapping by them. */
static void put_names(const struct at *a, const struct ynode *n)
{
	json_t *names = json_array();

	for (size_t i = 0; n->kind != Y_SCALAR && i < n->n; i++)
		json_array_append_new(names,
			json_string(n->kind == Y_MAP ? n->items[i].key : ynode_text(&n->items[i])));
	json_put(a->seen, n->key, names);
}

static void put_security(const struct at *a, const struct ynode *n)
{
	for (size_t i = 0; n->kind == Y_LIST && i < n->n; i++) {
		const char *text = ynode_text(&n->items[i]);

		if (!strcmp(text, "no-new-privileges") || !strcmp(text, "no-new-privileges:true"))
			json_put_flag(a->seen, "no_new_privileges", true);
		else
			compose_note(a->f, "left_out", a->service, n->items[i].line, n->key,
				"\"%.80s\" is left out.", text);
	}
}

static void put_build(const struct at *a, const struct ynode *n)
{
	note(a, "left_out", n, "build",
		"Images are not built here; the one named by \"image\" must be on this NAS or in a "
		"registry.");
}

static void read_deploy(const struct at *a, const struct ynode *n)
{
	for (size_t i = 0; n->kind == Y_MAP && i < n->n; i++) {
		const struct ynode *one = &n->items[i];
		autofree char *what = xasprintf("deploy.%s", one->key);

		if (strcmp(one->key, "resources"))
			compose_note(a->f, "left_out", a->service, one->line, what,
				"\"%s\" has no counterpart here and is left out.", what);
	}
}

/* False only: it is what we do, too. */
static void put_init(const struct at *a, const struct ynode *n)
{
	if (ynode_true(n))
		left_out(a, n);
}

/* Read elsewhere, or without an effect on one container. */
static void elsewhere(const struct at *a, const struct ynode *n)
{
	(void)a;
	(void)n;
}

static const struct {
	const char *key;
	void (*read)(const struct at *a, const struct ynode *n);
} keys[] = {
	{"image", put_text},
	{"container_name", put_text},
	{"restart", put_text},
	{"user", put_text},
	{"stop_signal", put_text},
	{"entrypoint", put_words},
	{"command", put_words},
	{"ports", put_ports},
	{"volumes", put_mounts},
	{"net", put_network},
	{"network_mode", put_network},
	{"networks", put_names},
	{"depends_on", put_names},
	{"labels", put_labels},
	{"logging", put_logging},
	{"stop_grace_period", put_grace},
	{"security_opt", put_security},
	{"build", put_build},
	{"deploy", read_deploy},
	{"init", put_init},
	{"environment", elsewhere},
	{"env_file", elsewhere},
	{"expose", elsewhere},
	{"mem_limit", elsewhere},
	{"memswap_limit", elsewhere},
	{"mem_reservation", elsewhere},
	{"cpus", elsewhere},
	{"cpu_quota", elsewhere},
	{"cpu_period", elsewhere},
	{"cpu_shares", elsewhere},
	{"blkio_config", elsewhere},
};

static void read_key(const struct at *a, const struct ynode *n)
{
	if (!strncmp(n->key, "x-", 2))
		return;
	json_put_int(json_obj(a->seen, "lines"), n->key, n->line);
	for (size_t i = 0; i < COUNT(keys); i++)
		if (!strcmp(keys[i].key, n->key)) {
			keys[i].read(a, n);
			return;
		}
	left_out(a, n);
}

json_t *compose_service(struct yfile *f, const struct ynode *service)
{
	struct at a = {f, service->key, json_object()};

	json_put_str(a.seen, "key", service->key);
	json_put_str(a.seen, "file", f->name);
	json_put_int(a.seen, "line", service->line);
	json_put(a.seen, "lines", json_object());
	json_put(a.seen, "ports", json_array());
	json_put(a.seen, "mounts", json_array());
	for (size_t i = 0; service->kind == Y_MAP && i < service->n; i++)
		read_key(&a, &service->items[i]);
	json_put(a.seen, "env", compose_environment(f, service));
	json_put(a.seen, "limits", compose_limits(f, service));
	return a.seen;
}
