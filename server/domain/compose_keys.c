/* The keys of a service that are read together: limits, environment. */
#include "domain/compose_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- limits ---- */

struct limiting {
	struct yfile *f;
	const struct ynode *service;
	json_t *limits;
};

static void not_understood(const struct limiting *l, const struct ynode *n, const char *what)
{
	compose_note(l->f, "left_out", l->service->key, n->line, what,
		"The value of \"%s\" is not understood; it is left out.", what);
}

static void size_limit(
	const struct limiting *l, const struct ynode *n, const char *what, const char *member)
{
	int64_t bytes = compose_size(ynode_text(n));

	if (ynode_null(n))
		return;
	if (bytes < 0)
		not_understood(l, n, what);
	else if (bytes > 0)
		json_put_int(l->limits, member, bytes);
}

static bool number(const struct ynode *n, double *ret)
{
	char *end;

	*ret = strtod(ynode_text(n), &end);
	return *ynode_text(n) && !*end && isfinite(*ret);
}

static void number_limit(
	const struct limiting *l, const struct ynode *n, const char *what, const char *member)
{
	double v;

	if (ynode_null(n))
		return;
	if (!number(n, &v) || v < 0 || v > 1e9)
		not_understood(l, n, what);
	else if (v > 0 && !strcmp(member, "cpus"))
		json_put_num(l->limits, member, v);
	else if (v > 0)
		json_put_int(l->limits, member, (int64_t)v);
}

/* Swap beyond the memory. Without a word Docker allows as much swap as memory. */
static void swap_limit(const struct limiting *l, const struct ynode *n)
{
	int64_t memory = json_int(l->limits, "memory_bytes", 0);
	int64_t both = compose_size(ynode_text(n));

	if (!memory && n)
		compose_note(l->f, "left_out", l->service->key, n->line, n->key,
			"\"memswap_limit\" needs \"mem_limit\" as well; it is left out.");
	if (!memory)
		return;
	if (ynode_null(n)) {
		json_put_int(l->limits, "swap_bytes", memory);
	} else if (!strcmp(ynode_text(n), "-1")) {
		compose_note(l->f, "changed", l->service->key, n->line, n->key,
			"Swap without a limit is not possible here; it may use as much swap as "
			"memory.");
		json_put_int(l->limits, "swap_bytes", memory);
	} else if (both < memory) {
		not_understood(l, n, "memswap_limit");
	} else {
		json_put_int(l->limits, "swap_bytes", both - memory);
	}
}

static void quota_limit(const struct limiting *l, const struct ynode *quota)
{
	const struct ynode *period = ynode_get(l->service, "cpu_period");
	double q, p = 100000;

	if (!number(quota, &q) || (period && !number(period, &p)) || p < 1000 || q < 0)
		not_understood(l, quota, "cpu_quota");
	else if (q > 0)
		json_put_num(l->limits, "cpus", q / p);
}

static void weight_limit(const struct limiting *l, const struct ynode *config)
{
	number_limit(l, ynode_get(config, "weight"), "blkio_config.weight", "blkio_weight");
	for (size_t i = 0; config->kind == Y_MAP && i < config->n; i++) {
		autofree char *what = xasprintf("blkio_config.%s", config->items[i].key);

		if (strcmp(config->items[i].key, "weight"))
			compose_note(l->f, "left_out", l->service->key, config->items[i].line, what,
				"\"%s\" has no counterpart here and is left out.", what);
	}
}

static void deploy_limits(const struct limiting *l, const struct ynode *resources)
{
	const struct ynode *limits = ynode_get(resources, "limits");
	const struct ynode *reserved = ynode_get(resources, "reservations");

	for (size_t i = 0; limits && limits->kind == Y_MAP && i < limits->n; i++) {
		const struct ynode *n = &limits->items[i];

		if (!strcmp(n->key, "memory"))
			size_limit(l, n, "deploy.resources.limits.memory", "memory_bytes");
		else if (!strcmp(n->key, "cpus"))
			number_limit(l, n, "deploy.resources.limits.cpus", "cpus");
		else
			not_understood(l, n, n->key);
	}
	for (size_t i = 0; reserved && reserved->kind == Y_MAP && i < reserved->n; i++) {
		const struct ynode *n = &reserved->items[i];

		if (!strcmp(n->key, "memory"))
			size_limit(l, n, "deploy.resources.reservations.memory",
				"memory_reservation_bytes");
		else
			not_understood(l, n, n->key);
	}
}

json_t *compose_limits(struct yfile *f, const struct ynode *service)
{
	struct limiting l = {f, service, json_object()};
	const struct ynode *quota = ynode_get(service, "cpu_quota");
	const struct ynode *blkio = ynode_get(service, "blkio_config");

	deploy_limits(&l, ynode_get(ynode_get(service, "deploy"), "resources"));
	size_limit(&l, ynode_get(service, "mem_limit"), "mem_limit", "memory_bytes");
	size_limit(&l, ynode_get(service, "mem_reservation"), "mem_reservation",
		"memory_reservation_bytes");
	swap_limit(&l, ynode_get(service, "memswap_limit"));
	number_limit(&l, ynode_get(service, "cpus"), "cpus", "cpus");
	if (!ynode_null(quota))
		quota_limit(&l, quota);
	number_limit(&l, ynode_get(service, "cpu_shares"), "cpu_shares", "cpu_shares");
	if (blkio)
		weight_limit(&l, blkio);
	return l.limits;
}

/* ---- environment ---- */

static void put_variable(struct yfile *f, const struct ynode *n, json_t *env, const char *text)
{
	const char *equals = strchr(text, '=');
	autofree char *name = xstrndup(text, strcspn(text, "="));
	const char *value = equals ? equals + 1 : json_str(f->env, name, NULL);

	if (value)
		json_put_str(env, name, value);
	else
		compose_note(f, "left_out", NULL, n->line, name,
			"The variable %.60s has no value, and the .env file has none either.",
			name);
}

static const struct compose_file *named_file(const struct yfile *f, const char *path)
{
	const char *last = strrchr(path, '/');

	if (!strncmp(path, "./", 2))
		path += 2;
	for (size_t i = 0; i < f->n_files; i++)
		if (!strcmp(f->files[i].name, path) ||
			(last && !strcmp(f->files[i].name, last + 1)))
			return &f->files[i];
	return NULL;
}

static void env_file(struct yfile *f, const char *service, const struct ynode *n, json_t *env)
{
	const struct ynode *path = n->kind == Y_MAP ? ynode_get(n, "path") : n;
	const struct compose_file *file = named_file(f, ynode_text(path));
	autojson json_t *read = file ? compose_env_file(file->text, file->len) : NULL;

	if (read)
		json_object_update(env, read);
	else
		compose_note(f, "left_out", service, n->line, ynode_text(path),
			"The file of variables %.100s was not given with the compose file.",
			ynode_text(path));
}

json_t *compose_environment(struct yfile *f, const struct ynode *service)
{
	const struct ynode *files = ynode_get(service, "env_file");
	const struct ynode *own = ynode_get(service, "environment");
	json_t *env = json_object();

	if (files && files->kind == Y_SCALAR)
		env_file(f, service->key, files, env);
	for (size_t i = 0; files && files->kind == Y_LIST && i < files->n; i++)
		env_file(f, service->key, &files->items[i], env);
	for (size_t i = 0; own && own->kind != Y_SCALAR && i < own->n; i++) {
		const struct ynode *n = &own->items[i];
		autofree char *pair = NULL;

		if (own->kind == Y_MAP)
			pair = ynode_null(n) ? xstrdup(n->key)
					     : xasprintf("%s=%s", n->key, ynode_text(n));
		put_variable(f, n, env, pair ? pair : ynode_text(n));
	}
	return env;
}
