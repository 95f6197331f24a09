#include "io/http_priv.h"

#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Whether this descriptor is our end of the connection from address:port. */
static bool is_peer(int fd, const struct mg_request_info *info)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getpeername(fd, (struct sockaddr *)&peer, &len) || peer.ss_family == AF_UNIX)
		return false;
	if (getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV))
		return false;
	return atoi(port) == info->remote_port && !strcmp(host, info->remote_addr);
}

/* CivetWeb keeps its socket to itself, but only the socket tells that an idle peer has left. The
 * process has a few dozen descriptors; they are searched once for each stream. */
static int find_socket(const struct mg_request_info *info)
{
	autodir DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		int fd = atoi(d->d_name);

		if (d->d_name[0] != '.' && is_peer(fd, info))
			return fd;
	}
	return -1;
}

void http_stream_begin(struct http_req *req, const char *content_type)
{
	/* nginx's word for "hand on every piece at once"; and a proxy that compressed would wait */
	static const struct http_header unbuffered[] = {{"X-Accel-Buffering", "no"},
		{"Cache-Control", "no-store, no-transform"}, {NULL, NULL}};
	autobuf struct buf b = {0};

	if (req->status)
		return;
	req->status = 200;
	req->closing = true;
	req->fd = find_socket(req->info);
	req->chunked = !strcmp(req->info->http_version, "1.1");
	mg_disable_connection_keep_alive(req->conn);
	http_head(req, &b, 200, content_type, unbuffered);
	buf_puts(&b, req->chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
	if (mg_write(req->conn, b.data, b.len) != (int)b.len || req->head)
		req->gone = true;
}

int http_stream_write(struct http_req *req, const void *bytes, size_t len)
{
	autobuf struct buf b = {0};

	if (!http_stream_alive(req))
		return -1;
	if (!len) /* an empty chunk would be the end */
		return 0;
	if (req->chunked) {
		buf_printf(&b, "%zx\r\n", len);
		buf_add(&b, bytes, len);
		buf_puts(&b, "\r\n");
		bytes = b.data;
		len = b.len;
	}
	if (!b.overflow && mg_write(req->conn, bytes, len) == (int)len)
		return 0;
	req->gone = true;
	return -1;
}

bool http_stream_alive(struct http_req *req)
{
	struct pollfd p = {.fd = req->fd, .events = POLLRDHUP};

	if (req->gone || atomic_load(&req->server->stopping))
		return false;
	if (req->fd >= 0 && poll(&p, 1, 0) > 0)
		req->gone = true;
	return !req->gone;
}

void http_stream_end(struct http_req *req)
{
	if (req->chunked && !req->gone)
		mg_write(req->conn, "0\r\n\r\n", 5);
	req->gone = true;
}
