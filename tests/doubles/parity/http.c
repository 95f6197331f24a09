/* A small HTTP/1.1 server, one thread: POST for JSON-RPC, GET /api/health from 2.3. */
#include "parity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS 64
#define REQUEST_MAX (1024 * 1024)

struct connection {
	int fd;
	char *in;
	size_t len;
	struct text out; /* an answer on its way */
	size_t sent;
	int64_t due; /* the answer waits until then */
	bool close;
};

static struct connection pool[CONNECTIONS];
static int listener = -1, ipc = -1;
static char ipc_path[PATH_MAX + 16];

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (t->len + (size_t)n + 1 > t->size) {
		t->size = (t->len + (size_t)n + 1) * 2;
		t->data = realloc(t->data, t->size);
		if (!t->data)
			fail(101, "memory allocation of %zu bytes failed", t->size);
	}
	va_start(ap, fmt);
	vsnprintf(t->data + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

/* The socket file is there, as in the real folder; nobody answers on it. */
static void open_ipc(const struct node *n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(ipc_path, sizeof(ipc_path), "%s/jsonrpc.ipc", n->lay.base);
	if (strlen(ipc_path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, ipc_path, strlen(ipc_path) + 1);
	unlink(ipc_path);
	ipc = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ipc >= 0 && bind(ipc, (struct sockaddr *)&address, sizeof(address)) == 0)
		listen(ipc, 1);
}

void http_open(struct node *n)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)n->opt.rpc_port)};
	const char *interface = n->opt.rpc_interface;
	int on = 1;

	for (int i = 0; i < CONNECTIONS; i++)
		pool[i].fd = -1;
	open_ipc(n);
	if (n->opt.rpc_off)
		return;
	if (strcmp(interface, "all") == 0)
		interface = "0.0.0.0";
	else if (strcmp(interface, "local") == 0)
		interface = "127.0.0.1";
	if (inet_pton(AF_INET, interface, &address.sin_addr) != 1)
		fail(1, "Invalid JSONRPC listen host/port given: %s:%u", interface,
			n->opt.rpc_port);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 64) < 0)
		fail(1, "Could not start JSON-RPC HTTP server on %s:%u: %s", interface,
			n->opt.rpc_port, strerror(errno));
}

void http_close(void)
{
	if (ipc >= 0)
		unlink(ipc_path);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (pool[i].fd >= 0)
			close(pool[i].fd);
	}
	if (listener >= 0)
		close(listener);
}

static void drop(struct connection *c)
{
	close(c->fd);
	free(c->in);
	free(c->out.data);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

/* The value of a header, trimmed, in a static buffer; NULL when it is missing. */
static const char *header(const char *head, const char *name)
{
	static char value[512];
	size_t len = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1 + strspn(line + len + 1, " \t");
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
		return value;
	}
	return NULL;
}

/* HOST is NAME, or NAME:port of this server. */
static bool host_is(const char *host, const char *name, size_t len, unsigned int port)
{
	char with_port[300];

	snprintf(with_port, sizeof(with_port), "%.*s:%u", (int)len, name, port);
	return (strlen(host) == len && strncasecmp(host, name, len) == 0) ||
	       strcasecmp(host, with_port) == 0;
}

/*
 * The check against DNS rebinding: with `none` (the default) only localhost is answered. From 1.7
 * on
 * `--jsonrpc-interface all` lifts it, before that only `--jsonrpc-hosts all` does.
 */
static bool host_allowed(const struct node *n, const char *host)
{
	const char *hosts = n->opt.rpc_hosts;
	bool none = strcmp(hosts, "none") == 0;
	bool everywhere = strcmp(n->opt.rpc_interface, "all") == 0 ||
			  strcmp(n->opt.rpc_interface, "0.0.0.0") == 0;

	if (strcmp(hosts, "all") == 0 || (none && everywhere && n->gen->number >= 107))
		return true;
	if (!host)
		return false;
	if (host_is(host, "localhost", 9, n->opt.rpc_port) ||
		host_is(host, "127.0.0.1", 9, n->opt.rpc_port))
		return true;
	for (const char *name = hosts; !none && *name;) {
		size_t len = strcspn(name, ",");

		if (host_is(host, name, len, n->opt.rpc_port))
			return true;
		name += len + (name[len] == ',');
	}
	return false;
}

static void reply(struct connection *c, const char *status, const char *type, const char *body)
{
	text_add(&c->out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s",
		status, type, strlen(body), c->close ? "Connection: close\r\n" : "", body);
}

static void health(const struct node *n, struct connection *c)
{
	const char *error = rpc_health(n);

	reply(c, error ? "503 Service Unavailable" : "200 OK", "application/json; charset=utf-8",
		error ? error : "null");
}

static void answer(struct node *n, struct connection *c, const char *head, const char *body)
{
	const char *plain = "text/plain; charset=utf-8", *type;
	struct text out = {0};

	if (!host_allowed(n, header(head, "Host"))) {
		reply(c, "403 Forbidden", plain, "Provided Host header is not whitelisted.\n");
		return;
	}
	if (strncmp(head, "GET /api/health", 15) == 0 && n->gen->number >= 203) {
		health(n, c);
		return;
	}
	if (strncmp(head, "POST ", 5) != 0) {
		reply(c, "405 Method Not Allowed", plain,
			"Used HTTP Method is not allowed. POST or OPTIONS is required\n");
		return;
	}
	type = header(head, "Content-Type");
	if (!type || strncasecmp(type, "application/json", 16) != 0) {
		reply(c, "415 Unsupported Media Type", plain,
			"Supplied content type is not allowed. Content-Type: application/json is "
			"required\n");
		return;
	}
	rpc_answer(n, body, &out);
	reply(c, "200 OK", "application/json; charset=utf-8", out.data ? out.data : "");
	free(out.data);
}

/* Answers the first whole request in the buffer, if there is one. */
static void parse(struct node *n, struct connection *c)
{
	char *end = c->in ? strstr(c->in, "\r\n\r\n") : NULL, *body, kept;
	const char *value;
	size_t need = 0;

	if (!end || c->out.len)
		return;
	body = end + 4;
	*end = '\0'; /* headers are looked up in the head only */
	value = header(c->in, "Content-Length");
	need = value ? strtoul(value, NULL, 10) : 0;
	value = header(c->in, "Connection");
	c->close = value && strcasecmp(value, "close") == 0;
	if (need > REQUEST_MAX) {
		drop(c);
		return;
	}
	if ((size_t)(body - c->in) + need > c->len) {
		*end = '\r';
		return;
	}
	if (n->set.silent) {
		*end = '\r';
		return;
	}
	kept = body[need];
	body[need] = '\0';
	answer(n, c, c->in, body);
	body[need] = kept;
	c->due = now_ms() + n->set.latency_ms;
	c->len -= (size_t)(body - c->in) + need;
	memmove(c->in, body + need, c->len + 1);
}

static void receive(struct connection *c)
{
	char block[16384];
	ssize_t got = read(c->fd, block, sizeof(block));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || c->len + (size_t)got > REQUEST_MAX + sizeof(block)) {
		drop(c);
		return;
	}
	c->in = realloc(c->in, c->len + (size_t)got + 1);
	if (!c->in)
		fail(101, "memory allocation failed");
	memcpy(c->in + c->len, block, (size_t)got);
	c->len += (size_t)got;
	c->in[c->len] = '\0';
}

static void transmit(struct connection *c)
{
	ssize_t n;

	if (!c->out.len || now_ms() < c->due)
		return;
	n = write(c->fd, c->out.data + c->sent, c->out.len - c->sent);
	if (n < 0 && errno != EAGAIN) {
		drop(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent < c->out.len)
		return;
	c->out.len = c->sent = 0;
	if (c->close)
		drop(c);
}

static void accept_all(void)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		if (pool[i].fd >= 0)
			continue;
		pool[i].fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (pool[i].fd < 0)
			return;
	}
}

void http_poll(struct node *n, int timeout_ms)
{
	struct pollfd fds[CONNECTIONS + 1];
	int count = 0;

	fds[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
	for (int i = 0; i < CONNECTIONS; i++)
		fds[count++] = (struct pollfd){.fd = pool[i].fd, .events = POLLIN};
	if (poll(fds, (nfds_t)count, timeout_ms) < 0)
		return;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &pool[i];

		if (c->fd >= 0 && fds[i + 1].fd == c->fd && fds[i + 1].revents)
			receive(c);
		if (c->fd >= 0)
			parse(n, c);
		if (c->fd >= 0)
			transmit(c);
	}
	if (fds[0].revents)
		accept_all();
}
