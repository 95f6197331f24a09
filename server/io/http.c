#include "io/http_priv.h"

#include "base/log.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <netinet/in.h>

static const struct http_header ALWAYS[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
		"connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'self'; "
		"frame-ancestors 'self'"},
};

/* ---- answers ---- */

static void put_header(struct buf *b, const struct http_header *h)
{
	buf_printf(b, "%s: ", h->name);
	for (const char *c = h->value; *c; c++) {
		char safe = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;

		buf_add(b, &safe, 1);
	}
	buf_puts(b, "\r\n");
}

/* An idle connection keeps its worker, so it is kept for a short time only; clients are told, or
 * they would send a request into a connection that is just being closed. */
#define KEEP_ALIVE_S "1"
#define TLS_1_2 "4" /* CivetWeb's number for "1.2 or newer"; its own default takes older ones */
#define SPEC 80	    /* bytes of an address to listen on */

/* The same decision as CivetWeb's own, so that the header tells the truth. */
static bool keeps_alive(const struct http_req *req)
{
	const char *wish;

	if (req->closing || req->broken || atomic_load(&req->server->stopping))
		return false;
	wish = http_header(req, "Connection");
	if (wish)
		return strcasestr(wish, "keep-alive") != NULL;
	return !strcmp(req->info->http_version, "1.1");
}

void http_head(struct http_req *req, struct buf *b, int status, const char *content_type,
	const struct http_header *headers)
{
	bool cache = false;
	time_t now = time(NULL);
	struct tm tm;
	char date[40];

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	buf_printf(b, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: %s\r\n", status,
		mg_get_response_code_text(req->conn, status), date,
		keeps_alive(req) ? "keep-alive\r\nKeep-Alive: timeout=" KEEP_ALIVE_S : "close");
	for (size_t i = 0; i < COUNT(ALWAYS); i++)
		put_header(b, &ALWAYS[i]);
	for (const struct http_header *h = headers; h && h->name; h++) {
		put_header(b, h);
		cache |= !strcmp(h->name, "Cache-Control");
	}
	if (!cache)
		buf_puts(b, "Cache-Control: no-store\r\n");
	if (content_type)
		put_header(b, &(struct http_header){"Content-Type", content_type});
}

void http_reply(struct http_req *req, int status, const char *content_type,
	const struct http_header *headers, const void *body, size_t len)
{
	bool bodiless = status == 204 || status == 304 || !content_type;
	autobuf struct buf b = {0};

	if (req->status) /* one request, one answer */
		return;
	req->status = status;
	if (http_req_unread(req))
		req->closing = true;
	if (req->closing)
		mg_disable_connection_keep_alive(req->conn);
	http_head(req, &b, status, bodiless ? NULL : content_type, headers);
	if (!bodiless)
		buf_printf(&b, "Content-Length: %zu\r\n", len);
	else if (status != 204 && status != 304)
		buf_puts(&b, "Content-Length: 0\r\n");
	buf_puts(&b, "\r\n");
	if (!bodiless && !req->head)
		buf_add(&b, body, len);
	if (mg_write(req->conn, b.data, b.len) == (int)b.len && req->closing)
		http_req_drain(req);
}

int http_status(const struct http_req *req)
{
	return req->status;
}

/* ---- CivetWeb's callbacks ---- */

static struct http_server *server_of(const struct mg_connection *conn)
{
	return mg_get_user_data(mg_get_context(conn));
}

static int on_request(struct mg_connection *conn)
{
	struct http_server *s = server_of(conn);
	struct http_req req = {
		.server = s, .conn = conn, .info = mg_get_request_info(conn), .fd = -1};
	const char *why = http_req_open(&req);

	if (*why)
		s->config.on_error(s->config.ctx, &req, 400, why);
	else
		s->config.handle(s->config.ctx, &req);
	if (!req.status)
		s->config.on_error(s->config.ctx, &req, 500, "Nobody answered this request.");
	log_debug(
		"%s %s %s: %d", http_address(&req), http_method(&req), http_path(&req), req.status);
	http_req_close(&req);
	return req.status ? req.status : 500;
}

static int on_mg_error(struct mg_connection *conn, int status, const char *what)
{
	struct http_server *s = server_of(conn);
	struct http_req req = {.server = s,
		.conn = conn,
		.info = mg_get_request_info(conn),
		.fd = -1,
		.broken = true,
		.closing = true};
	autofree char *sentence = xasprintf("%s.", what);

	s->config.on_error(s->config.ctx, &req, status, sentence);
	log_debug("%s: no proper request: %s", http_address(&req), what);
	return 0;
}

static int on_mg_log(const struct mg_connection *conn, const char *message)
{
	(void)conn;
	log_debug("web server: %s", message);
	return 1;
}

/* ---- start and stop ---- */

/* "127.0.0.1:8787" → its socket address, and the way CivetWeb wants it written. */
static int parse_listen(
	const char *listen, struct addrinfo **ret, char *ret_spec, size_t size, struct err *e)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(listen, ':');
	autofree char *host = colon ? xstrndup(listen, (size_t)(colon - listen)) : NULL;
	char *name = host;
	size_t len = host ? strlen(host) : 0;
	char *end;
	long port = colon ? strtol(colon + 1, &end, 10) : -1;

	if (port < 0 || port > 65535 || end == colon + 1 || *end || !len)
		goto bad;
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		name = host + 1;
	} else if (!strcmp(host, "localhost")) {
		name = "127.0.0.1";
	}
	if (getaddrinfo(name, colon + 1, &hints, ret))
		goto bad;
	if ((*ret)->ai_family == AF_INET6 && !mg_check_feature(MG_FEATURES_IPV6)) {
		freeaddrinfo(*ret);
		return err_set(e, ERR_INPUT, "http.no_ipv6",
			"The web server of this build knows IPv4 only; %.100s is IPv6.", listen);
	}
	if (!strcmp(name, "::"))
		snprintf(ret_spec, size, "+%ld", port);
	else
		snprintf(ret_spec, size, (*ret)->ai_family == AF_INET6 ? "[%s]:%ld" : "%s:%ld",
			name, port);
	return 0;
bad:
	return err_set(e, ERR_INPUT, "http.address",
		"\"%.100s\" is not an address to listen on, such as 0.0.0.0:8787.", listen);
}

/* CivetWeb says only that it failed: binding first ourselves tells why. */
static int try_bind(const char *where, const struct addrinfo *a, struct err *e)
{
	autoclose int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return err_errno(e, "http.failed", "No socket for %s", where);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, 1))
		return 0;
	if (errno == EADDRINUSE)
		return err_set(e, ERR_CONFLICT, "http.port_taken",
			"Port %s is used by another program.", strrchr(where, ':') + 1);
	if (errno == EACCES)
		return err_set(e, ERR_FORBIDDEN, "http.port_denied",
			"Port %s may not be opened by this user.", strrchr(where, ':') + 1);
	if (errno == EADDRNOTAVAIL)
		return err_set(e, ERR_INPUT, "http.address",
			"%s is not an address of this machine.", where);
	return err_errno(e, "http.failed", "Could not listen on %s", where);
}

/* ret_spec: where to listen, as CivetWeb wants it, when it can be. */
static int check_listen(const char *where, char *ret_spec, size_t size, struct err *e)
{
	struct addrinfo *a = NULL;
	int rc;

	if (parse_listen(where, &a, ret_spec, size, e))
		return -1;
	rc = try_bind(where, a, e);
	freeaddrinfo(a);
	return rc;
}

static int start_mg(struct http_server *s, const char *spec, struct err *e)
{
	struct http_config *c = &s->config;
	struct mg_callbacks callbacks = {.begin_request = on_request,
		.http_error = on_mg_error,
		.log_message = on_mg_log}; /* no log_access: it calls localtime() unlocked */
	autofree char *threads = xasprintf("%d", c->threads);
	autofree char *timeout = xasprintf("%d", c->timeout_ms);
	const char *options[] = {"listening_ports", spec, "num_threads", threads,
		"request_timeout_ms", timeout, "enable_keep_alive", "yes", "keep_alive_timeout_ms",
		KEEP_ALIVE_S "000", "tcp_nodelay", "1", "decode_url", "no", "decode_query_string",
		"no", "enable_directory_listing", "no", "enable_auth_domain_check", "no",
		"access_control_allow_origin", "", "access_control_allow_methods", "",
		"access_control_allow_headers", "", c->tls_listen ? "ssl_certificate" : NULL,
		c->certificate, "ssl_protocol_version", TLS_1_2, NULL};
	struct mg_init_data init = {&callbacks, s, options};
	char why[200] = "";
	unsigned code = 0;
	struct mg_error_data error = {&code, why, sizeof(why)};

	s->mg = mg_start2(&init, &error);
	if (!s->mg)
		return err_set(e, ERR_INTERNAL, "http.failed", "The web server did not start: %s.",
			*why ? why : "no reason given");
	return 0;
}

/* CivetWeb's threads inherit a mask with everything blocked; its SIG_IGN for SIGCHLD is undone,
 * because it would take away the exit codes of our child processes. */
static int start_quietly(struct http_server *s, const char *spec, struct err *e)
{
	struct sigaction child;
	sigset_t all, before;
	int rc;

	sigaction(SIGCHLD, NULL, &child);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* Never with MG_FEATURES_TLS: Debian's CivetWeb 1.15 loads an OpenSSL whose functions have
	 * other names by now and calls nothing, which is a crash at the first connection. So it
	 * refuses a TLS port; the one that is linked statically needs no such flag for it. */
	mg_init_library(MG_FEATURES_DEFAULT);
	rc = start_mg(s, spec, e);
	if (rc)
		mg_exit_library();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGCHLD, &child, NULL);
	return rc;
}

int http_start(const struct http_config *c, struct http_server **ret, struct err *e)
{
	struct http_server *s;
	struct mg_server_port port;
	char plain[SPEC], tls[SPEC] = "";
	autofree char *spec = NULL;

	if (check_listen(c->listen, plain, sizeof(plain), e) ||
		(c->tls_listen && check_listen(c->tls_listen, tls, sizeof(tls), e)))
		return -1;
	spec = xasprintf("%s%s%s%s", plain, *tls ? "," : "", tls, *tls ? "s" : "");
	s = xcalloc(1, sizeof(*s));
	s->config = *c;
	s->config.threads = c->threads ? c->threads : 24;
	s->config.timeout_ms = c->timeout_ms ? c->timeout_ms : 15000;
	s->config.body_cap = c->body_cap ? c->body_cap : 64 * 1024;
	if (start_quietly(s, spec, e)) {
		free(s);
		return -1;
	}
	/* the caller's strings may go away */
	s->config.listen = s->config.tls_listen = s->config.certificate = NULL;
	if (mg_get_server_ports(s->mg, 1, &port) == 1)
		s->port = port.port;
	*ret = s;
	return 0;
}

void http_stop(struct http_server *s)
{
	if (!s)
		return;
	atomic_store(&s->stopping, true);
	mg_stop(s->mg);
	mg_exit_library();
	free(s);
}

int http_port(const struct http_server *s)
{
	return s->port;
}
