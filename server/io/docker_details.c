/* What somebody gave a container when it was made, told apart from what its image says. */
#include "io/docker_priv.h"

#include <stdlib.h>
#include <string.h>

/* The member of one when it differs from the other's, else null: "as the image says". */
static json_t *own(const json_t *config, const json_t *image, const char *key)
{
	json_t *mine = json_arr(config, key);

	return json_array_size(mine) && !json_equal(mine, json_object_get(image, key))
		       ? json_incref(mine)
		       : json_null();
}

static bool among(const json_t *list, const json_t *one)
{
	size_t i;
	json_t *v;

	json_array_foreach ((json_t *)list, i, v)
		if (json_equal(v, one))
			return true;
	return false;
}

static json_t *own_env(const json_t *config, const json_t *image)
{
	json_t *env = json_object(), *one;
	size_t i;

	json_array_foreach (json_arr(config, "Env"), i, one) {
		const char *text = json_is_string(one) ? json_string_value(one) : "";
		const char *eq = strchr(text, '=');
		autofree char *name = eq ? xstrndup(text, (size_t)(eq - text)) : NULL;

		if (name && !among(json_arr(image, "Env"), one))
			json_put_str(env, name, eq + 1);
	}
	return env;
}

/* "8545/tcp" → its number and protocol. */
static json_t *port_of(const char *key, const json_t *at)
{
	const char *slash = strchr(key, '/');
	json_t *j = json_object();

	json_put_int(j, "container", atoi(key));
	json_put_int(j, "host", atoi(json_str(at, "HostPort", "0")));
	json_put_str(j, "protocol", slash ? slash + 1 : "tcp");
	json_put_str(j, "host_ip",
		strcmp(json_str(at, "HostIp", ""), "0.0.0.0") ? json_str(at, "HostIp", "") : "");
	return j;
}

static json_t *ports_of(const json_t *host)
{
	json_t *ports = json_array(), *list, *at;
	const char *key;
	size_t i;

	json_object_foreach (json_obj(host, "PortBindings"), key, list)
		json_array_foreach (list, i, at)
			if (atoi(json_str(at, "HostPort", "0")) >
				0) /* not one that the engine chose */
				json_array_append_new(ports, port_of(key, at));
	return ports;
}

static json_t *mounts_of(const json_t *j)
{
	json_t *mounts = json_array(), *m;
	size_t i;

	json_array_foreach (json_arr(j, "Mounts"), i, m) {
		json_t *one = json_object();

		json_put_str(one, "kind", *json_str(m, "Name", "") ? "volume" : "bind");
		json_put_str(one, "source", json_str(m, "Source", ""));
		json_put_str(one, "target", json_str(m, "Destination", ""));
		json_put_flag(one, "read_only", !json_flag(m, "RW", true));
		json_array_append_new(mounts, one);
	}
	return mounts;
}

static json_t *networks_of(const json_t *j)
{
	json_t *names = json_array(), *one;
	const char *name;

	json_object_foreach (json_obj(json_obj(j, "NetworkSettings"), "Networks"), name, one)
		if (strcmp(name, "bridge") && strcmp(name, "host") && strcmp(name, "none"))
			json_array_append_new(names, json_string(name));
	return names;
}

static json_t *log_of(const json_t *host)
{
	const json_t *from = json_obj(host, "LogConfig");
	json_t *log = json_object(), *options = json_obj(from, "Config");

	json_put_str(log, "driver", json_str(from, "Type", ""));
	json_put(log, "options", options ? json_incref(options) : json_object());
	return log;
}

static bool no_new_privileges(const json_t *host)
{
	size_t i;
	json_t *one;

	json_array_foreach (json_arr(host, "SecurityOpt"), i, one)
		if (json_is_string(one) &&
			!strncmp(json_string_value(one), "no-new-privileges", 17))
			return true;
	return false;
}

/* The folder with the files of its own; only the overlay drivers have it as one that can be used
 * by others: https://docs.docker.com/engine/storage/drivers/overlayfs-driver/. */
static const char *layer_of(const json_t *j)
{
	const json_t *driver = json_obj(j, "GraphDriver");

	return !strncmp(json_str(driver, "Name", ""), "overlay", 7)
		       ? json_str(json_obj(driver, "Data"), "UpperDir", NULL)
		       : NULL;
}

static void put_config(json_t *ret, const json_t *config, const json_t *image)
{
	const char *signal = json_str(config, "StopSignal", NULL);
	const char *user = json_str(config, "User", NULL);

	if (signal && strcmp(signal, json_str(image, "StopSignal", "SIGTERM")))
		json_put_str(ret, "stop_signal", signal);
	if (user && *user && strcmp(user, json_str(image, "User", "")))
		json_put_str(ret, "user", user);
	if (json_int(config, "StopTimeout", 0) > 0)
		json_put_int(ret, "stop_grace_s", json_int(config, "StopTimeout", 0));
	json_put(ret, "entrypoint", own(config, image, "Entrypoint"));
	json_put(ret, "command", own(config, image, "Cmd"));
	json_put(ret, "env", own_env(config, image));
	json_put(ret, "labels",
		json_obj(config, "Labels") ? json_incref(json_obj(config, "Labels"))
					   : json_object());
}

static void put_host(json_t *ret, const json_t *host)
{
	const char *mode = json_str(host, "NetworkMode", "");
	const char *policy = json_str(json_obj(host, "RestartPolicy"), "Name", "");

	json_put_str(ret, "restart", *policy ? policy : "no");
	json_put_str(ret, "network", !strcmp(mode, "default") ? "bridge" : mode);
	json_put_flag(ret, "no_new_privileges", no_new_privileges(host));
	json_put(ret, "log", log_of(host));
	json_put(ret, "ports", ports_of(host));
}

int docker_details(struct docker *d, const char *name, json_t **ret, struct err *e)
{
	autojson json_t *j = NULL, *none = json_object();
	struct docker_image image = {0};
	const json_t *host, *config;

	if (docker_inspect_json(d, name, &j, e))
		return -1;
	host = json_obj(j, "HostConfig");
	config = json_obj(j, "Config");
	if (!host || !config)
		return err_set(e, ERR_UNAVAILABLE, "engine.broken",
			"The Docker engine's answer about %.64s is not understood.", name);
	/* an image that was removed says nothing: then all counts as given by hand */
	if (docker_image(d, json_str(j, "Image", ""), &image, NULL))
		image.config = NULL;
	*ret = json_object();
	json_put_str(*ret, "id", json_str(j, "Id", ""));
	json_put_str(*ret, "name", docker_bare_name(json_str(j, "Name", "")));
	json_put_str(*ret, "image", json_str(config, "Image", ""));
	json_put_str(*ret, "image_id", json_str(j, "Image", ""));
	json_put_str(*ret, "state", json_str(json_obj(j, "State"), "Status", "unknown"));
	json_put_int(*ret, "created_at", docker_time(json_str(j, "Created", NULL)));
	json_put_str(*ret, "layer", layer_of(j));
	put_config(*ret, config, image.config ? image.config : none);
	put_host(*ret, host);
	json_put(*ret, "mounts", mounts_of(j));
	json_put(*ret, "networks", networks_of(j));
	docker_image_free(&image);
	return 0;
}
