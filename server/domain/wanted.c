#include "domain/wanted_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "domain/neighbour.h"

bool wanted_name_ok(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > 31 || name[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
			name[i] != '-')
			return false;
	return true;
}

/* ---- ports ---- */

static bool host_ip_ok(const char *ip)
{
	struct in6_addr any;

	return !*ip || inet_pton(AF_INET, ip, &any) == 1 || inet_pton(AF_INET6, ip, &any) == 1;
}

static int read_port(const json_t *j, struct port *ret, struct err *e)
{
	const char *protocol = json_str(j, "protocol", "");
	const char *ip = json_str(j, "host_ip", "");
	int64_t inside = json_int(j, "container", 0), outside = json_int(j, "host", 0);

	if (!json_is_object(j))
		return wanted_bad(e, "input.type", "ports", "must be a list of objects");
	if (json_only(j, e, "container", "host", "protocol", "host_ip", NULL))
		return -1;
	if (inside < 1 || inside > 65535 || outside < 1 || outside > 65535)
		return wanted_bad(
			e, "input.port", "ports", "needs container and host from 1 to 65535");
	if (strcmp(protocol, "tcp") && strcmp(protocol, "udp"))
		return wanted_bad(e, "input.port", "protocol", "must be tcp or udp");
	if (json_object_get(j, "host_ip") && !json_str(j, "host_ip", NULL))
		return wanted_bad(e, "input.type", "host_ip", "must be a text");
	if (!host_ip_ok(ip))
		return wanted_bad(e, "input.port", "host_ip", "must be an address");
	*ret = (struct port){.container = (int)inside, .host = (int)outside};
	snprintf(ret->protocol, sizeof(ret->protocol), "%s", protocol);
	snprintf(ret->host_ip, sizeof(ret->host_ip), "%s", ip);
	return 0;
}

static int read_ports(const json_t *list, struct service *s, struct err *e)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n > 16)
		return wanted_bad(e, "input.type", "ports", "must be a list of at most 16");
	free(s->ports);
	s->ports = xcalloc(n, sizeof(*s->ports));
	s->n_ports = 0;
	for (size_t i = 0; i < n; i++)
		if (read_port(json_array_get(list, i), &s->ports[s->n_ports++], e))
			return -1;
	return 0;
}

json_t *ports_json(const struct port *ports, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_object();

		json_put_int(j, "container", ports[i].container);
		json_put_int(j, "host", ports[i].host);
		json_put_str(j, "protocol", ports[i].protocol);
		json_put_str(j, "host_ip", ports[i].host_ip);
		json_array_append_new(list, j);
	}
	return list;
}

/* ---- services ---- */

/* Merges an object into another; null removes a key. */
static void merge(json_t *into, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)from, key, value) {
		if (json_is_null(value))
			json_object_del(into, key);
		else
			json_object_set(into, key, value);
	}
}

static int check_strings(const json_t *obj, const char *field, struct err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)obj, key, value) {
		if (!json_is_string(value) && !json_is_null(value))
			return wanted_bad(e, "input.type", field, "must hold texts or null");
		if (!*key || strlen(key) > 100 || strchr(key, '=') ||
			(json_is_string(value) && json_string_length(value) > 4096))
			return wanted_bad(
				e, "input.type", field, "has a name or a value that is too long");
	}
	return 0;
}

static int object_of(const json_t *in, const char *key, json_t **ret, struct err *e)
{
	*ret = json_object_get(in, key);
	if (*ret && !json_is_object(*ret))
		return wanted_bad(e, "input.type", key, "must be an object");
	return 0;
}

/* What install and patch share: options, env, secrets, limits and what goes with them,
 * ports. */
static int merge_service(struct service *s, const json_t *in, json_t *secrets, struct err *e)
{
	json_t *options, *env, *secret, *limits = json_object_get(in, "limits");
	const json_t *guard = json_object_get(in, "guard");
	const json_t *neighbour = json_object_get(in, "neighbour");

	if (object_of(in, "options", &options, e) || object_of(in, "env", &env, e) ||
		object_of(in, "secrets", &secret, e) || check_strings(env, "env", e) ||
		check_strings(secret, "secrets", e))
		return -1;
	merge(s->options, options);
	merge(s->env, env);
	if (secret)
		json_object_set(secrets, s->name, secret);
	if ((limits && limits_parse(limits, &s->limits, e)) ||
		(guard && guard_parse(guard, &s->guard, e)) ||
		(neighbour && neighbour_parse(neighbour, &s->neighbour, e)))
		return -1;
	if (json_object_get(in, "ports"))
		return read_ports(json_object_get(in, "ports"), s, e);
	return 0;
}

static int text_field(const json_t *in, const char *key, size_t max, struct err *e)
{
	const json_t *v = json_object_get(in, key);

	if (v && (!json_is_string(v) || !json_string_length(v) || json_string_length(v) > max))
		return wanted_bad(e, "input.type", key, "must be a text that is not empty");
	return 0;
}

/* As Docker takes it, with room for what is put behind it (".next", "-before-…"). */
static int container_name(const json_t *in, struct err *e)
{
	const char *name = json_str(in, "container_name", NULL);
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_.-";

	if (name && (!isalnum((unsigned char)name[0]) || name[strspn(name, plain)]))
		return wanted_bad(e, "input.name", "container_name", "is no name of a container");
	return text_field(in, "container_name", 63, e);
}

static int add_service(struct stack *st, const json_t *in, json_t *secrets, struct err *e)
{
	const char *name = json_str(in, "name", "");
	struct service *s;

	if (text_field(in, "recipe", 60, e) || text_field(in, "image", 255, e) ||
		container_name(in, e))
		return -1;
	if (strcmp(name, "node") && strcmp(name, "relay"))
		return wanted_bad(e, "input.service", "name", "must be node or relay");
	if (stack_service(st, name))
		return wanted_bad(e, "input.service", "services", "names a service twice");
	if (!json_str(in, "recipe", NULL))
		return wanted_bad(e, "input.missing", "recipe", "is missing");
	st->services = xrealloc(st->services, (st->n_services + 1) * sizeof(*st->services));
	s = &st->services[st->n_services++];
	*s = (struct service){
		.name = xstrdup(name),
		.container = xstrdup(json_str(in, "container_name", NULL)),
		.recipe = xstrdup(json_str(in, "recipe", NULL)),
		.image = xstrdup(json_str(in, "image", NULL)),
		.options = json_object(),
		.env = json_object(),
	};
	return merge_service(s, in, secrets, e);
}

/* The node is always the first service: code and pages may count on it. */
static int node_first(struct stack *s, struct err *e)
{
	if (!stack_service(s, "node"))
		return wanted_bad(
			e, "input.service", "services", "must have a service called node");
	if (strcmp(s->services[0].name, "node")) {
		struct service first = s->services[0];

		s->services[0] = s->services[1];
		s->services[1] = first;
	}
	return 0;
}

static int read_network(const json_t *in, enum network_mode *mode, struct err *e)
{
	const json_t *v = json_object_get(in, "network");
	const char *name = json_is_string(v) ? json_string_value(v) : "";

	if (!v)
		return 0;
	if (strcmp(name, "private") && strcmp(name, "shared"))
		return wanted_bad(e, "input.type", "network", "must be private or shared");
	*mode = !strcmp(name, "shared") ? NET_SHARED : NET_PRIVATE;
	return 0;
}

static bool path_clean(const char *p)
{
	for (const char *c = p; *c; c++)
		if (iscntrl((unsigned char)*c))
			return false;
	return *p == '/' && !strstr(p, "//") && !strstr(p, "/./") && !strstr(p, "/../") &&
	       (strlen(p) < 3 ||
		       (strcmp(p + strlen(p) - 3, "/..") && strcmp(p + strlen(p) - 2, "/."))) &&
	       p[strlen(p) - 1] != '/' && !strchr(p, ':');
}

static int read_data_dir(const json_t *in, const char *root, struct stack *s, struct err *e)
{
	const char *dir = json_str(in, "data_dir", NULL);
	size_t len = strlen(root);

	if (json_object_get(in, "data_dir") && !dir)
		return wanted_bad(e, "input.type", "data_dir", "must be a text");
	if (!dir) {
		s->data_dir = xasprintf("%s/%s", root, s->name);
		return 0;
	}
	if (!path_clean(dir) || strlen(dir) > 1024 || strncmp(dir, root, len) || dir[len] != '/')
		return err_set(e, ERR_INPUT, "input.path",
			"The data folder must be below %s, without \"..\" or a colon.", root);
	s->data_dir = xstrdup(dir);
	return 0;
}

static bool same_port(const struct port *a, const struct port *b)
{
	return a != b && a->host == b->host && !strcmp(a->protocol, b->protocol) &&
	       (!*a->host_ip || !*b->host_ip || !strcmp(a->host_ip, b->host_ip));
}

static bool port_twice(const struct stack *s, const struct port *p)
{
	for (size_t i = 0; i < s->n_services; i++)
		for (size_t k = 0; k < s->services[i].n_ports; k++)
			if (same_port(p, &s->services[i].ports[k]))
				return true;
	return false;
}

/* A shared network namespace needs somebody to share it with; and a port taken twice would be found
 * out only by a start, with the node down. */
static int check_whole(const struct stack *s, struct err *e)
{
	for (size_t i = 0; i < s->n_services; i++)
		for (size_t k = 0; k < s->services[i].n_ports; k++)
			if (port_twice(s, &s->services[i].ports[k]))
				return wanted_bad(
					e, "input.port", "ports", "publishes one port twice");
	if (s->network == NET_SHARED && !stack_service(s, "relay"))
		return wanted_bad(e, "input.service", "network",
			"can be shared only when the stack has a relay");
	return 0;
}

static int parse_into(
	const json_t *in, const char *root, struct stack *s, json_t *secrets, struct err *e)
{
	const json_t *services = json_arr(in, "services");
	const char *name = json_str(in, "name", "");

	if (!json_is_object(in))
		return wanted_bad(e, "input.type", "body", "must be an object");
	if (json_only(in, e, "name", "data_dir", "network", "services", "dry_run", NULL))
		return -1;
	if (!wanted_name_ok(name))
		return wanted_bad(e, "input.name", "name",
			"needs 1 to 31 small letters, digits or hyphens, not beginning with a "
			"hyphen");
	s->name = xstrdup(name);
	if (!services || json_array_size(services) > 2)
		return wanted_bad(e, "input.missing", "services",
			"must be a list of a node and at most a relay");
	if (read_data_dir(in, root, s, e) || read_network(in, &s->network, e))
		return -1;
	for (size_t i = 0; i < json_array_size(services); i++) {
		const json_t *one = json_array_get(services, i);

		if (json_only(one, e, "name", "container_name", "recipe", "image", "options", "env",
			    "secrets", "limits", "guard", "neighbour", "ports", NULL) ||
			add_service(s, one, secrets, e))
			return -1;
	}
	return node_first(s, e) || check_whole(s, e) ? -1 : 0;
}

int wanted_parse(const json_t *input, const char *data_root, msec now, struct stack *ret,
	json_t **ret_secrets, struct err *e)
{
	autostack struct stack s = {.run = true, .created_at = now, .updated_at = now};
	autojson json_t *secrets = json_object();

	if (parse_into(input, data_root, &s, secrets, e))
		return -1;
	*ret = s;
	s = (struct stack){0};
	*ret_secrets = take(secrets);
	return 0;
}

/* Another relay in the place of this one: its options and secrets go on, as far as the other recipe
 * knows them; image, ports, environment and limits are of the old one. */
static int replace_relay(struct service *s, const json_t *in, json_t *secrets, struct err *e)
{
	if (text_field(in, "recipe", 60, e) || text_field(in, "image", 255, e))
		return -1;
	free(s->recipe);
	s->recipe = xstrdup(json_str(in, "recipe", NULL));
	free(s->image);
	s->image = xstrdup(json_str(in, "image", NULL));
	free(s->ports);
	s->ports = NULL;
	s->n_ports = 0;
	json_object_clear(s->env);
	s->limits = (struct limits){0};
	s->guard = (struct guard){0};
	s->neighbour = (struct neighbour){0};
	return merge_service(s, in, secrets, e);
}

static int patch_service(struct stack *s, const json_t *in, json_t *secrets, struct err *e)
{
	struct service *old = stack_service(s, json_str(in, "name", ""));
	const char *recipe = json_str(in, "recipe", NULL);

	if (json_only(in, e, "name", "recipe", "image", "options", "env", "secrets", "limits",
		    "ports", NULL))
		return -1;
	if (!old)
		return add_service(s, in, secrets, e);
	if (recipe && strcmp(recipe, old->recipe) && !strcmp(old->name, "relay"))
		return replace_relay(old, in, secrets, e);
	if (json_object_get(in, "recipe") || json_object_get(in, "image"))
		return wanted_bad(e, "input.service", "services",
			"may name recipe and image only for a service that is added, or a relay "
			"that is replaced");
	return merge_service(old, in, secrets, e);
}

int wanted_patch(const struct stack *before, const json_t *patch, msec now, struct stack *ret,
	json_t **ret_secrets, struct err *e)
{
	autostack struct stack s = {0};
	autojson json_t *secrets = json_object();
	const json_t *services = json_object_get(patch, "services");

	if (!json_is_object(patch))
		return wanted_bad(e, "input.type", "body", "must be an object");
	if (json_only(patch, e, "network", "services", "copy", "dry_run", NULL))
		return -1;
	if (services && !json_is_array(services))
		return wanted_bad(e, "input.type", "services", "must be a list");
	stack_copy(&s, before);
	s.updated_at = now;
	if (read_network(patch, &s.network, e))
		return -1;
	for (size_t i = 0; i < json_array_size(services); i++)
		if (patch_service(&s, json_array_get(services, i), secrets, e))
			return -1;
	if (check_whole(&s, e))
		return -1;
	*ret = s;
	s = (struct stack){0};
	*ret_secrets = take(secrets);
	return 0;
}

/* ---- the store's form ---- */

static json_t *service_json(const struct service *s)
{
	json_t *j = json_object();

	json_put_str(j, "name", s->name);
	if (s->container)
		json_put_str(j, "container_name", s->container);
	json_put_str(j, "recipe", s->recipe);
	if (s->image && *s->image)
		json_put_str(j, "image", s->image);
	json_put(j, "options", json_deep_copy(s->options));
	json_put(j, "env", json_deep_copy(s->env));
	json_put(j, "limits", limits_json(&s->limits));
	if (s->guard.act != GUARD_WARN)
		json_put(j, "guard", guard_json(&s->guard));
	if (neighbour_on(&s->neighbour))
		json_put(j, "neighbour", neighbour_json(&s->neighbour));
	json_put(j, "ports", ports_json(s->ports, s->n_ports));
	return j;
}

json_t *wanted_json(const struct stack *s)
{
	json_t *j = json_object(), *services = json_array();

	json_put_str(j, "name", s->name);
	json_put_str(j, "data_dir", s->data_dir);
	json_put_str(j, "network", s->network == NET_SHARED ? "shared" : "private");
	json_put_flag(j, "run", s->run);
	json_put_int(j, "created_at", s->created_at);
	json_put_int(j, "updated_at", s->updated_at);
	for (size_t i = 0; i < s->n_services; i++)
		json_array_append_new(services, service_json(&s->services[i]));
	json_put(j, "services", services);
	if (s->adopted)
		json_put(j, "adopted", json_deep_copy(s->adopted));
	return j;
}

int wanted_load(const json_t *j, struct stack *ret, struct err *e)
{
	autostack struct stack s = {
		.name = xstrdup(json_str(j, "name", "")),
		.data_dir = xstrdup(json_str(j, "data_dir", "")),
		.run = json_flag(j, "run", true),
		.adopted = json_deep_copy(json_obj(j, "adopted")),
		.created_at = json_int(j, "created_at", 0),
		.updated_at = json_int(j, "updated_at", 0),
	};
	autojson json_t *secrets = json_object();
	const json_t *services = json_arr(j, "services");

	if (!wanted_name_ok(s.name) || *s.data_dir != '/')
		return wanted_bad(e, "input.name", "name", "of a stored stack is not valid");
	if (read_network(j, &s.network, e))
		return -1;
	for (size_t i = 0; i < json_array_size(services); i++) {
		if (add_service(&s, json_array_get(services, i), secrets, e))
			return -1;
		if (!s.services[i].image)
			s.services[i].image = xstrdup("");
	}
	if (node_first(&s, e) || check_whole(&s, e))
		return -1;
	*ret = s;
	s = (struct stack){0};
	return 0;
}
