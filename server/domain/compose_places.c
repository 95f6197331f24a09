/* Ports and volumes, in their short and long forms. */
#include "domain/compose_priv.h"

#include <stdlib.h>
#include <string.h>

#define PORTS_MAX 16

/* ---- ports ---- */

struct porting {
	struct yfile *f;
	const char *service;
	json_t *list;
};

static void port_note(const struct porting *p, const struct ynode *n, const char *why)
{
	compose_note(p->f, "left_out", p->service, n->line, "ports", "%.60s: %s",
		n->kind == Y_SCALAR ? n->text : "the port", why);
}

/* "8000" or "8000-8003"; false = neither. */
static bool range(const char *text, int *from, int *to)
{
	char *end;
	long a = strtol(text, &end, 10), b = a;

	if (end == text)
		return false;
	if (*end == '-')
		b = strtol(end + 1, &end, 10);
	if (*end || a < 1 || b > 65535 || b < a)
		return false;
	*from = (int)a;
	*to = (int)b;
	return true;
}

static void add_port(
	const struct porting *p, int inside, int outside, const char *protocol, const char *ip)
{
	json_t *j = json_object();

	json_put_int(j, "container", inside);
	json_put_int(j, "host", outside);
	json_put_str(j, "protocol", protocol);
	json_put_str(j, "host_ip", ip);
	json_array_append_new(p->list, j);
}

static void add_ports(const struct porting *p, const struct ynode *n, const char *host,
	const char *container, const char *protocol, const char *ip)
{
	int in, in_end, out, out_end;

	if (!*host) {
		port_note(p, n, "a port that the engine chooses is not kept; name one.");
		return;
	}
	if (!range(container, &in, &in_end) || !range(host, &out, &out_end) ||
		in_end - in != out_end - out ||
		(strcmp(protocol, "tcp") && strcmp(protocol, "udp"))) {
		port_note(p, n, "it is not understood.");
		return;
	}
	if (json_array_size(p->list) + (size_t)(in_end - in) >= PORTS_MAX) {
		port_note(p, n, "more than 16 ports are not possible here.");
		return;
	}
	for (int i = 0; i <= in_end - in; i++)
		add_port(p, in + i, out + i, protocol, ip);
}

/* [IP:][HOST:]CONTAINER[/PROTOCOL] */
static void short_port(const struct porting *p, const struct ynode *n)
{
	autofree char *text = xstrdup(ynode_text(n));
	char *slash = strchr(text, '/'), *container, *host = text;
	const char *ip = "";

	if (slash)
		*slash++ = '\0';
	container = strrchr(text, ':');
	if (!container) {
		add_ports(p, n, "", text, slash ? slash : "tcp", "");
		return;
	}
	*container++ = '\0';
	if (strrchr(text, ':')) {
		host = strrchr(text, ':');
		*host++ = '\0';
		ip = text;
		if (*ip == '[' && ip[strlen(ip) - 1] == ']') {
			text[strlen(text) - 1] = '\0';
			ip++;
		}
	}
	add_ports(p, n, host, container, slash ? slash : "tcp", ip);
}

static void long_port(const struct porting *p, const struct ynode *n)
{
	const char *protocol = ynode_text(ynode_get(n, "protocol"));

	add_ports(p, n, ynode_text(ynode_get(n, "published")), ynode_text(ynode_get(n, "target")),
		*protocol ? protocol : "tcp", ynode_text(ynode_get(n, "host_ip")));
}

json_t *compose_ports(struct yfile *f, const char *service, const struct ynode *list)
{
	struct porting p = {f, service, json_array()};

	for (size_t i = 0; list->kind == Y_LIST && i < list->n; i++) {
		if (list->items[i].kind == Y_MAP)
			long_port(&p, &list->items[i]);
		else
			short_port(&p, &list->items[i]);
	}
	return p.list;
}

/* ---- volumes ---- */

/* Against the folder of the compose file; NULL when that is not known. */
static char *full_path(const struct yfile *f, const char *path)
{
	if (path[0] == '/')
		return xstrdup(path);
	if (path[0] == '~' || !f->folder)
		return NULL;
	while (!strncmp(path, "./", 2))
		path += 2;
	if (!strcmp(path, "."))
		return xstrdup(f->folder);
	/* what leads upwards is not resolved: it would need the disk */
	return strstr(path, "..") ? NULL : xasprintf("%s/%s", f->folder, path);
}

static json_t *mount(const char *kind, const char *source, const char *target, bool read_only,
	const struct ynode *n)
{
	json_t *j = json_object();

	json_put_str(j, "kind", kind);
	json_put_str(j, "source", source);
	json_put_str(j, "target", target);
	json_put_flag(j, "read_only", read_only);
	json_put_int(j, "line", n->line);
	return j;
}

static void add_mount(struct yfile *f, const char *service, const struct ynode *n, json_t *list,
	const char *source, const char *target, bool read_only)
{
	autofree char *path = NULL;

	if (target[0] != '/') {
		compose_note(f, "left_out", service, n->line, "volumes",
			"%.100s is no path in the container; the volume is left out.", target);
		return;
	}
	if (source[0] != '/' && source[0] != '.' && source[0] != '~') {
		json_array_append_new(
			list, mount(*source ? "volume" : "layer", source, target, read_only, n));
		return;
	}
	path = full_path(f, source);
	if (!path) {
		compose_note(f, "left_out", service, n->line, "volumes",
			"%.100s is relative to the folder of the compose file, which is not known "
			"here; write the full path.",
			source);
		return;
	}
	json_array_append_new(list, mount("bind", path, target, read_only, n));
}

/* SOURCE:TARGET[:MODE], or TARGET alone. */
static void short_volume(struct yfile *f, const char *service, const struct ynode *n, json_t *list)
{
	autofree char *text = xstrdup(ynode_text(n));
	char *target = strchr(text, ':'), *mode = NULL;

	if (!target) {
		add_mount(f, service, n, list, "", text, false);
		return;
	}
	*target++ = '\0';
	mode = strchr(target, ':');
	if (mode)
		*mode++ = '\0';
	add_mount(f, service, n, list, text, target, mode && strstr(mode, "ro"));
}

json_t *compose_mounts(struct yfile *f, const char *service, const struct ynode *volumes)
{
	json_t *list = json_array();

	for (size_t i = 0; volumes->kind == Y_LIST && i < volumes->n; i++) {
		const struct ynode *n = &volumes->items[i];
		const char *type = ynode_text(ynode_get(n, "type"));

		if (n->kind != Y_MAP)
			short_volume(f, service, n, list);
		else if (!strcmp(type, "bind") || !strcmp(type, "volume"))
			add_mount(f, service, n, list, ynode_text(ynode_get(n, "source")),
				ynode_text(ynode_get(n, "target")),
				ynode_true(ynode_get(n, "read_only")));
		else
			compose_note(f, "left_out", service, n->line, "volumes",
				"A volume of the type \"%.30s\" is left out.", type);
	}
	return list;
}
