#include "domain/spec_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_PERIOD_US 100000

char *spec_container_name(const struct stack *stack, const char *service)
{
	const struct service *s = stack_service(stack, service);

	return s && s->container ? xstrdup(s->container) : xasprintf("%s-%s", stack->name, service);
}

char *spec_network_name(const struct stack *stack)
{
	return xasprintf("ethstation-%s", stack->name);
}

bool spec_joins(const struct stack *stack, const struct recipe *recipe)
{
	return stack->network == NET_SHARED && stack->n_services > 1 && !recipe->relay;
}

static json_t *object_put(json_t *obj, const char *key)
{
	json_t *made = json_object();

	json_put(obj, key, made);
	return made;
}

static char *port_key(const struct port *p)
{
	return xasprintf("%d/%s", p->container, p->protocol);
}

static void add_port(json_t *bindings, json_t *exposed, const struct port *p)
{
	autofree char *key = port_key(p);
	autofree char *host = xasprintf("%d", p->host);
	json_t *list = json_arr(bindings, key), *one = json_object();

	if (!list) {
		list = json_array();
		json_put(bindings, key, list);
	}
	json_put_str(one, "HostIp", p->host_ip);
	json_put_str(one, "HostPort", host);
	json_array_append_new(list, one);
	json_put(exposed, key, json_object());
}

/* The owner of a shared namespace publishes for everybody in it; who joins may not publish. */
static void put_ports(json_t *config, json_t *host, const struct spec_input *in)
{
	const struct stack *stack = in->stack;
	json_t *bindings, *exposed;

	if (spec_joins(stack, in->recipe))
		return;
	bindings = object_put(host, "PortBindings");
	exposed = object_put(config, "ExposedPorts");
	for (size_t i = 0; i < stack->n_services; i++) {
		const struct service *s = &stack->services[i];

		if (stack->network != NET_SHARED && strcmp(s->name, in->service->name) != 0)
			continue;
		for (size_t k = 0; k < s->n_ports; k++)
			add_port(bindings, exposed, &s->ports[k]);
	}
}

static void put_network(json_t *config, json_t *host, const struct spec_input *in)
{
	autofree char *mode = NULL;
	json_t *endpoints, *aliases;

	if (spec_joins(in->stack, in->recipe)) {
		mode = xasprintf("container:%s", in->namespace_of);
		json_put_str(host, "NetworkMode", mode);
		return;
	}
	mode = spec_network_name(in->stack);
	json_put_str(host, "NetworkMode", mode);
	endpoints = object_put(object_put(config, "NetworkingConfig"), "EndpointsConfig");
	aliases = json_array();
	json_array_append_new(aliases, json_string(in->service->name));
	json_put(object_put(endpoints, mode), "Aliases", aliases);
}

/* Memory and MemorySwap always together: Memory alone would allow as much swap again. */
static void put_limits(json_t *host, const struct limits *l)
{
	json_put_int(host, "Memory", l->memory);
	json_put_int(host, "MemorySwap", l->memory ? l->memory + l->swap : 0);
	json_put_int(host, "MemoryReservation", l->reservation);
	json_put_int(host, "CpuPeriod", l->cpu_millis ? CPU_PERIOD_US : 0);
	json_put_int(host, "CpuQuota", l->cpu_millis * (CPU_PERIOD_US / 1000));
	json_put_int(host, "CpuShares", l->cpu_shares);
	json_put_int(host, "BlkioWeight", l->blkio_weight);
}

static void put_binds(json_t *host, const struct spec_input *in)
{
	const struct recipe *r = in->recipe;
	const char *dir = in->stack->data_dir, *service = in->service->name;
	json_t *binds = json_array();

	if (r->data_path) {
		autofree char *data = xasprintf("%s/%s:%s", dir, service, r->data_path);

		json_array_append_new(binds, json_string(data));
	}
	if (r->config.file) {
		autofree char *file =
			xasprintf("%s/%s/%s:%s:ro", dir, service, r->config.file, r->config.mount);

		json_array_append_new(binds, json_string(file));
	}
	json_put(host, "Binds", binds);
}

static void put_log(json_t *host, const struct recipe *r)
{
	json_t *log = object_put(host, "LogConfig"), *options;
	autofree char *size = xasprintf("%dm", r->log_size_mib);
	autofree char *files = xasprintf("%d", r->log_files);

	json_put_str(log, "Type", "json-file");
	options = object_put(log, "Config");
	json_put_str(options, "max-size", size);
	json_put_str(options, "max-file", files);
}

static json_t *host_config(const struct spec_input *in)
{
	json_t *host = json_object();

	put_binds(host, in);
	put_limits(host, &in->service->limits);
	json_put_str(object_put(host, "RestartPolicy"), "Name", "no");
	put_log(host, in->recipe);
	if (in->generation->no_new_privileges) {
		json_t *list = json_array();

		json_array_append_new(list, json_string("no-new-privileges"));
		json_put(host, "SecurityOpt", list);
	}
	json_put_flag(host, "Init", false);
	return host;
}

static json_t *labels(const struct spec_input *in)
{
	json_t *j = json_object();

	json_put_str(j, LABEL_STACK, in->stack->name);
	json_put_str(j, LABEL_SERVICE, in->service->name);
	json_put_str(j, LABEL_RECIPE, in->recipe->id);
	return j;
}

/* All but the label with the hash. */
static json_t *build(const struct spec_input *in, bool literal_cache)
{
	json_t *config = json_object(), *host = host_config(in);

	json_put_str(config, "Image", in->service->image);
	json_put(config, "Cmd", spec_args(in, literal_cache));
	json_put(config, "Env", spec_env(in, literal_cache));
	json_put(config, "Labels", labels(in));
	if (in->generation->user)
		json_put_str(config, "User", in->generation->user);
	json_put_str(config, "StopSignal", in->recipe->stop_signal);
	json_put_int(config, "StopTimeout", in->recipe->stop_timeout_s);
	put_ports(config, host, in);
	put_network(config, host, in);
	json_put(config, "HostConfig", host);
	return config;
}

static int check(const struct spec_input *in, struct err *e)
{
	const char *dir = in->stack->data_dir;

	if (dir[0] != '/' || strchr(dir, ':'))
		return err_set(e, ERR_INPUT, "input.data_dir",
			"\"%.200s\" cannot be mounted: a full path without a colon is needed.",
			dir);
	if (spec_joins(in->stack, in->recipe) && !in->namespace_of)
		return err_set(e, ERR_INTERNAL, "spec.namespace",
			"It is not known whose network \"%.40s\" joins.", in->service->name);
	if (recipe_check_options(in->recipe, in->generation, in->service->options, e))
		return -1;
	return recipe_check_env(in->recipe, in->service->env, e);
}

/* FNV-1a, 64 bits: no secret, no adversary, only "is it the same". */
static uint64_t fnv(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

static int hash_of(const struct spec_input *in, char ret[17], struct err *e)
{
	static const char *const live[] = {"Memory", "MemorySwap", "MemoryReservation", "CpuPeriod",
		"CpuQuota", "CpuShares", "BlkioWeight"};
	autojson json_t *config = build(in, true);
	json_t *host = json_obj(config, "HostConfig");
	autofree char *text = NULL, *file = NULL;

	for (size_t i = 0; i < COUNT(live); i++)
		json_object_del(host, live[i]);
	if (spec_joins(in->stack, in->recipe))
		json_put_str(host, "NetworkMode", "container");
	if (spec_config_file(in->recipe, in->service, in->stack->network, NULL, &file, e))
		return -1;
	text = json_dumps(config, JSON_COMPACT | JSON_SORT_KEYS);
	snprintf(ret, 17, "%016" PRIx64, fnv(fnv(0xcbf29ce484222325u, text), file ? file : ""));
	return 0;
}

int spec_hash(const struct spec_input *in, char ret[17], struct err *e)
{
	ret[0] = '\0';
	return check(in, e) ? -1 : hash_of(in, ret, e);
}

int spec_container(const struct spec_input *in, json_t **ret, struct err *e)
{
	autojson json_t *config = NULL;
	char hash[17];

	if (spec_hash(in, hash, e))
		return -1;
	config = build(in, false);
	json_put_str(json_obj(config, "Labels"), LABEL_SPEC, hash);
	*ret = take(config);
	return 0;
}
