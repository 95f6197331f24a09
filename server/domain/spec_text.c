/* What people and programs read: the configuration file, the docker command. */
#include "domain/spec.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the configuration file ---- */

struct filling {
	const struct recipe *recipe;
	const struct service *service;
	enum network_mode network;
	const json_t *secrets;
};

/* "{option.KEY}" with prefix "{option." → KEY in key. */
static bool placeholder(const char *s, const char *prefix, char *key, size_t size)
{
	size_t len = strlen(s), skip = strlen(prefix);

	if (strncmp(s, prefix, skip) != 0 || s[len - 1] != '}')
		return false;
	snprintf(key, size, "%.*s", (int)(len - skip - 1), s + skip);
	return true;
}

static json_t *fill_text(const char *s, const struct filling *f)
{
	char key[64];

	if (!strcmp(s, "{node_host}"))
		return json_string(f->network == NET_SHARED ? "localhost" : "node");
	if (placeholder(s, "{secret.", key, sizeof(key)))
		return json_string(json_str(f->secrets, key, ""));
	if (placeholder(s, "{option.", key, sizeof(key))) {
		const struct recipe_option *o = recipe_option(f->recipe, key);
		const json_t *v = recipe_option_value(o, f->service->options);

		return v ? json_deep_copy(v) : json_string("");
	}
	return json_string(s);
}

static json_t *fill(const json_t *template, const struct filling *f)
{
	const char *key;
	json_t *value, *made;

	if (json_is_string(template))
		return fill_text(json_string_value(template), f);
	if (json_is_array(template)) {
		made = json_array();
		for (size_t i = 0; i < json_array_size(template); i++)
			json_array_append_new(made, fill(json_array_get(template, i), f));
		return made;
	}
	if (!json_is_object(template))
		return json_deep_copy(template);
	made = json_object();
	json_object_foreach ((json_t *)template, key, value)
		json_put(made, key, fill(value, f));
	return made;
}

int spec_config_file(const struct recipe *recipe, const struct service *service,
	enum network_mode network, const json_t *secrets, char **ret_text, struct err *e)
{
	struct filling f = {recipe, service, network, secrets};
	autojson json_t *filled = NULL;
	autofree char *body = NULL;

	if (!recipe->config.file) {
		*ret_text = NULL;
		return 0;
	}
	if (recipe_check_options(recipe, NULL, service->options, e))
		return -1;
	filled = fill(recipe->config.content, &f);
	body = json_dumps(filled, JSON_INDENT(2) | JSON_ENCODE_ANY);
	*ret_text = xasprintf("%s\n", body);
	return 0;
}

/* ---- the docker command ---- */

/* As one word for sh; left as it is when nothing in it is special. */
static void put_word(struct buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:=,@+%";

	buf_puts(b, b->len ? " " : "");
	if (*s && !s[strspn(s, plain)]) {
		buf_puts(b, s);
		return;
	}
	buf_puts(b, "'");
	for (; *s; s++) {
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_add(b, s, 1);
	}
	buf_puts(b, "'");
}

static void put_option(struct buf *b, const char *option, const char *value)
{
	if (!value)
		return;
	put_word(b, option);
	put_word(b, value);
}

static void put_number(struct buf *b, const char *option, int64_t value)
{
	char text[24];

	if (!value)
		return;
	snprintf(text, sizeof(text), "%" PRId64, value);
	put_option(b, option, text);
}

static void put_list(struct buf *b, const char *option, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (option)
			put_option(b, option, s);
		else if (s)
			put_word(b, s);
	}
}

/* An object of texts as KEY=VALUE. */
static void put_pairs(struct buf *b, const char *option, const json_t *pairs)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)pairs, key, value) {
		autofree char *pair = xasprintf("%s=%s", key, json_string_value(value));

		put_option(b, option, pair);
	}
}

static void put_published(struct buf *b, const json_t *bindings)
{
	const char *key;
	json_t *list;

	json_object_foreach ((json_t *)bindings, key, list)
		for (size_t i = 0; i < json_array_size(list); i++) {
			const json_t *one = json_array_get(list, i);
			const char *ip = json_str(one, "HostIp", "");
			bool v6 = strchr(ip, ':');
			autofree char *text = xasprintf("%s%s%s%s%s:%s", v6 ? "[" : "", ip,
				v6 ? "]" : "", *ip ? ":" : "", json_str(one, "HostPort", ""), key);

			put_option(b, "--publish", text);
		}
}

static void put_networks(struct buf *b, const json_t *config, const json_t *host)
{
	json_t *endpoints = json_at(config, "NetworkingConfig", "EndpointsConfig", NULL), *end;
	const char *name;

	put_option(b, "--network", json_str(host, "NetworkMode", NULL));
	json_object_foreach (endpoints, name, end)
		put_list(b, "--network-alias", json_arr(end, "Aliases"));
}

static void put_resources(struct buf *b, const json_t *host)
{
	put_number(b, "--memory", json_int(host, "Memory", 0));
	put_number(b, "--memory-swap", json_int(host, "MemorySwap", 0));
	put_number(b, "--memory-reservation", json_int(host, "MemoryReservation", 0));
	put_number(b, "--cpu-period", json_int(host, "CpuPeriod", 0));
	put_number(b, "--cpu-quota", json_int(host, "CpuQuota", 0));
	put_number(b, "--cpu-shares", json_int(host, "CpuShares", 0));
	put_number(b, "--blkio-weight", json_int(host, "BlkioWeight", 0));
}

char *spec_docker_command(const json_t *config, const char *name)
{
	const json_t *host = json_obj(config, "HostConfig");
	autobuf struct buf b = {0};

	buf_puts(&b, "docker create");
	put_option(&b, "--name", name);
	put_networks(&b, config, host);
	put_published(&b, json_obj(host, "PortBindings"));
	put_list(&b, "--volume", json_arr(host, "Binds"));
	put_resources(&b, host);
	put_option(&b, "--restart", json_str(json_obj(host, "RestartPolicy"), "Name", NULL));
	put_option(&b, "--log-driver", json_str(json_obj(host, "LogConfig"), "Type", NULL));
	put_pairs(&b, "--log-opt", json_at(host, "LogConfig", "Config", NULL));
	put_list(&b, "--security-opt", json_arr(host, "SecurityOpt"));
	put_option(&b, "--user", json_str(config, "User", NULL));
	put_option(&b, "--stop-signal", json_str(config, "StopSignal", NULL));
	put_number(&b, "--stop-timeout", json_int(config, "StopTimeout", 0));
	put_list(&b, "--env", json_arr(config, "Env"));
	put_pairs(&b, "--label", json_obj(config, "Labels"));
	put_word(&b, json_str(config, "Image", ""));
	put_list(&b, NULL, json_arr(config, "Cmd"));
	return buf_take(&b);
}
