/* A stack → files that docker-compose understands. Built from the very bodies that Docker is asked
 * for, so that the same containers come out. */
#include "domain/compose_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/spec.h"

struct writing {
	struct buf b;
	const struct stack *stack;
};

static bool reserved_word(const char *s)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "null", "y", "n"};

	for (size_t i = 0; i < COUNT(words); i++)
		if (!strcasecmp(words[i], s))
			return true;
	return false;
}

static bool plain(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_"
				   "0123456789.-";

	return *s && strchr(first, *s) && !s[strspn(s, rest)] && !reserved_word(s);
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 32 || *s == 127)
			return true;
	return false;
}

/* "$" is the beginning of a variable for docker-compose. */
static char *no_variables(const char *s)
{
	autobuf struct buf b = {0};

	for (; *s; s++) {
		buf_add(&b, s, 1);
		if (*s == '$')
			buf_puts(&b, "$");
	}
	return b.data ? buf_take(&b) : xstrdup("");
}

/* A scalar as it is: a variable in it stays one. */
static void put_raw(struct buf *b, const char *s)
{
	autojson json_t *text = NULL;
	autofree char *quoted = NULL;

	if (plain(s)) {
		buf_puts(b, s);
	} else if (has_control(s)) {
		/* JSON's texts are YAML's, too */
		text = json_string(s);
		quoted = json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		buf_puts(b, quoted);
	} else {
		buf_puts(b, "'");
		for (; *s; s++)
			buf_puts(b, *s == '\'' ? "''" : (char[]){*s, '\0'});
		buf_puts(b, "'");
	}
}

static void put_scalar(struct buf *b, const char *s)
{
	autofree char *text = no_variables(s);

	put_raw(b, text);
}

static void line(struct buf *b, int depth, const char *key)
{
	buf_printf(b, "%*s%s:", depth * 2, "", key);
}

static void put_text(struct buf *b, int depth, const char *key, const char *value)
{
	if (!value)
		return;
	line(b, depth, key);
	buf_puts(b, " ");
	put_scalar(b, value);
	buf_puts(b, "\n");
}

static void put_int(struct buf *b, int depth, const char *key, int64_t value)
{
	if (!value)
		return;
	line(b, depth, key);
	buf_printf(b, " %" PRId64 "\n", value);
}

static void put_list(struct buf *b, int depth, const char *key, const json_t *list)
{
	size_t i;
	json_t *one;

	if (!json_array_size(list))
		return;
	line(b, depth, key);
	buf_puts(b, "\n");
	json_array_foreach ((json_t *)list, i, one) {
		buf_printf(b, "%*s- ", depth * 2 + 2, "");
		put_scalar(b, json_string_value(one));
		buf_puts(b, "\n");
	}
}

static void put_map(struct buf *b, int depth, const char *key, const json_t *map)
{
	const char *name;
	json_t *value;

	if (!json_object_size(map))
		return;
	line(b, depth, key);
	buf_puts(b, "\n");
	json_object_foreach ((json_t *)map, name, value) {
		buf_printf(b, "%*s", depth * 2 + 2, "");
		put_scalar(b, name);
		buf_puts(b, ": ");
		if (json_is_integer(value))
			buf_printf(b, "%lld", (long long)json_integer_value(value));
		else
			put_scalar(b, json_string_value(value));
		buf_puts(b, "\n");
	}
}

/* ---- one service ---- */

/* Its folder by a variable, so that it can be moved by changing one line. */
static bool variable_folder(const struct stack *s)
{
	return !strpbrk(s->data_dir, "$}'\"\\");
}

static void put_volumes(struct writing *w, const json_t *binds)
{
	const char *dir = w->stack->data_dir;
	size_t len = strlen(dir), i;
	json_t *one;

	if (!json_array_size(binds))
		return;
	buf_puts(&w->b, "    volumes:\n");
	json_array_foreach ((json_t *)binds, i, one) {
		const char *bind = json_string_value(one);
		bool inside = !strncmp(bind, dir, len) && bind[len] == '/';
		autofree char *rest = no_variables(bind + (inside ? len : 0));
		autofree char *text = inside && variable_folder(w->stack)
					      ? xasprintf("${DATA_DIR:-%s}%s", dir, rest)
					      : no_variables(bind);

		buf_puts(&w->b, "      - ");
		put_raw(&w->b, text);
		buf_puts(&w->b, "\n");
	}
}

static void put_ports(struct writing *w, const json_t *bindings)
{
	autojson json_t *list = json_array();
	const char *key;
	json_t *hosts;

	json_object_foreach ((json_t *)bindings, key, hosts)
		for (size_t i = 0; i < json_array_size(hosts); i++) {
			const json_t *h = json_array_get(hosts, i);
			const char *ip = json_str(h, "HostIp", "");
			bool v6 = strchr(ip, ':') != NULL;
			autofree char *text = xasprintf("%s%s%s%s%s:%s", v6 ? "[" : "", ip,
				v6 ? "]" : "", *ip ? ":" : "", json_str(h, "HostPort", ""), key);

			json_array_append_new(list, json_string(text));
		}
	put_list(&w->b, 2, "ports", list);
}

static void put_limits(struct writing *w, const json_t *host)
{
	put_int(&w->b, 2, "mem_limit", json_int(host, "Memory", 0));
	put_int(&w->b, 2, "memswap_limit", json_int(host, "MemorySwap", 0));
	put_int(&w->b, 2, "mem_reservation", json_int(host, "MemoryReservation", 0));
	put_int(&w->b, 2, "cpu_period", json_int(host, "CpuPeriod", 0));
	put_int(&w->b, 2, "cpu_quota", json_int(host, "CpuQuota", 0));
	put_int(&w->b, 2, "cpu_shares", json_int(host, "CpuShares", 0));
	if (json_int(host, "BlkioWeight", 0))
		buf_printf(&w->b, "    blkio_config:\n      weight: %" PRId64 "\n",
			json_int(host, "BlkioWeight", 0));
}

static void put_network(struct writing *w, const struct compose_service *s)
{
	if (spec_joins(w->stack, s->recipe)) {
		put_text(&w->b, 2, "network_mode", "service:relay");
		return;
	}
	buf_printf(&w->b, "    networks:\n      private:\n        aliases:\n          - %s\n",
		s->service->name);
	if (s->recipe->relay && w->stack->network == NET_PRIVATE)
		buf_puts(&w->b, "    depends_on:\n      - node\n");
}

static json_t *env_object(const json_t *list)
{
	json_t *env = json_object();
	size_t i;
	json_t *one;

	json_array_foreach ((json_t *)list, i, one) {
		const char *pair = json_string_value(one);
		autofree char *name = xstrndup(pair, strcspn(pair, "="));

		json_put_str(env, name, pair + strlen(name) + 1);
	}
	return env;
}

static void put_log(struct writing *w, const json_t *log)
{
	buf_puts(&w->b, "    logging:\n");
	put_text(&w->b, 3, "driver", json_str(log, "Type", NULL));
	put_map(&w->b, 3, "options", json_obj(log, "Config"));
}

static void put_service(struct writing *w, const struct compose_service *s)
{
	const json_t *c = s->config, *host = json_obj(c, "HostConfig");
	autojson json_t *env = env_object(json_arr(c, "Env"));

	line(&w->b, 1, s->service->name);
	buf_puts(&w->b, "\n");
	put_text(&w->b, 2, "image", json_str(c, "Image", NULL));
	put_text(&w->b, 2, "container_name", s->container);
	put_list(&w->b, 2, "command", json_arr(c, "Cmd"));
	put_map(&w->b, 2, "environment", env);
	put_map(&w->b, 2, "labels", json_obj(c, "Labels"));
	put_volumes(w, json_arr(host, "Binds"));
	put_network(w, s);
	put_ports(w, json_obj(host, "PortBindings"));
	put_limits(w, host);
	put_text(&w->b, 2, "user", json_str(c, "User", NULL));
	put_list(&w->b, 2, "security_opt", json_arr(host, "SecurityOpt"));
	put_log(w, json_obj(host, "LogConfig"));
	put_text(&w->b, 2, "stop_signal", json_str(c, "StopSignal", NULL));
	buf_printf(&w->b, "    stop_grace_period: %" PRId64 "s\n", json_int(c, "StopTimeout", 10));
	buf_puts(&w->b, "    init: false\n    restart: always\n");
}

/* ---- the files ---- */

static void put_builtin(struct buf *b, const struct service *relay)
{
	buf_puts(
		b, "# Ethereum Station itself reports the node; docker-compose leaves this out.\n");
	line(b, 0, COMPOSE_RELAY);
	buf_puts(b, "\n");
	put_text(b, 1, "recipe", relay->recipe);
	put_map(b, 1, "options", relay->options);
}

static char *compose_text(const struct stack *stack, const struct compose_service *services,
	size_t n, const struct service *builtin)
{
	struct writing w = {.stack = stack};
	autofree char *network = spec_network_name(stack);

	buf_printf(&w.b,
		"# The stack \"%s\", as Ethereum Station runs it. README.md says how to use it.\n"
		"version: '2.4'\n"
		"services:\n",
		stack->name);
	for (size_t i = 0; i < n; i++)
		put_service(&w, &services[i]);
	buf_puts(&w.b, "networks:\n  private:\n");
	put_text(&w.b, 2, "name", network);
	if (builtin)
		put_builtin(&w.b, builtin);
	return buf_take(&w.b);
}

static const char readme_text[] =
	"# %s\n\n"
	"These files start the same containers as Ethereum Station does: images, arguments, "
	"limits,\n"
	"mounts and network are the same.\n\n"
	"1. In Ethereum Station remove the stack (its folder stays). Two nodes must never run on "
	"one\n"
	"   chain folder.\n"
	"2. Put `docker-compose.yml` and `.env` into a folder of their own on the NAS.\n"
	"3. There run `docker-compose config` to see what it makes of them, then\n"
	"   `docker-compose up -d`.\n\n"
	"The chain and all settings lie in `%s`. If you move that folder, change `DATA_DIR` in\n"
	"`.env`. Stop the node with `docker-compose stop -t 300`: it needs time to finish its\n"
	"database.\n";

static const char readme_secret[] =
	"\n## Secrets\n\n"
	"No secret is in these files. The relay reads them from `%s/relay/%s`, which Ethereum\n"
	"Station has written with mode 0600 and leaves in place when the stack is removed. On\n"
	"another machine make that file from `%s.example`, fill in the empty secret,\n"
	"and run `chown %d:%d` and `chmod 600` on it.\n";

static const char readme_builtin[] =
	"\n## Ethstats\n\n"
	"Ethereum Station itself reports this node to %s. Nothing in these files\n"
	"does that: started by docker-compose, the node is on no ethstats page. Imported into\n"
	"Ethereum Station they bring the relay back, but for its secret.\n";

static void add_file(json_t *files, const char *name, const char *mode, const char *text)
{
	json_t *j = json_object();

	json_put_str(j, "name", name);
	json_put_str(j, "mode", mode);
	json_put_str(j, "text", text);
	json_array_append_new(files, j);
}

static void add_secrets(json_t *files, struct buf *readme, const struct stack *stack,
	const struct compose_service *s)
{
	const struct recipe_generation *g = recipe_generation(s->recipe, s->service->image);
	autofree char *name = xasprintf("%s.example", s->recipe->config.file);

	add_file(files, name, "0600", s->file);
	buf_printf(readme, readme_secret, stack->data_dir, s->recipe->config.file,
		s->recipe->config.file, g ? g->uid : 0, g ? g->gid : 0);
}

json_t *compose_write(const struct stack *s, const struct compose_service *services, size_t n,
	const struct service *builtin)
{
	json_t *files = json_array();
	autofree char *text = compose_text(s, services, n, builtin);
	autofree char *env =
		xasprintf("# Where the chain and all settings lie.\nDATA_DIR=%s\n", s->data_dir);
	autobuf struct buf readme = {0};

	add_file(files, "docker-compose.yml", "0644", text);
	if (variable_folder(s))
		add_file(files, ".env", "0644", env);
	buf_printf(&readme, readme_text, s->name, s->data_dir);
	for (size_t i = 0; i < n; i++)
		if (services[i].file)
			add_secrets(files, &readme, s, &services[i]);
	if (builtin)
		buf_printf(&readme, readme_builtin,
			json_str(builtin->options, "server", "an ethstats page"));
	add_file(files, "README.md", "0644", readme.data);
	return files;
}
