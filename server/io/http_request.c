#include "io/http_priv.h"

#include "base/clock.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PATH_CAP 1024	       /* bytes of a path */
#define PIECE (64 * 1024)      /* bytes of a body that is handed on as it comes */
#define DRAIN_CAP (256 * 1024) /* bytes read and thrown away behind a refusal */

static int hex_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10 : -1;
}

/* Decodes %XX (and + when it is a query) of n bytes; NULL for a half escape or a NUL. */
static char *decode(const char *text, size_t n, bool query)
{
	char *out = xcalloc(1, n + 1), *to = out;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '%') {
			int hi = i + 2 < n ? hex_digit(text[i + 1]) : -1;
			int lo = hi >= 0 ? hex_digit(text[i + 2]) : -1;

			if (lo < 0 || !(hi | lo)) {
				free(out);
				return NULL;
			}
			c = (char)(hi << 4 | lo);
			i += 2;
		} else if (c == '+' && query) {
			c = ' ';
		}
		*to++ = c;
	}
	return out;
}

static void collapse_slashes(char *path)
{
	char *to = path;

	for (const char *from = path; *from; from++)
		if (*from != '/' || to == path || to[-1] != '/')
			*to++ = *from;
	*to = '\0';
}

static bool has_dots(const char *path)
{
	for (const char *p = path; (p = strchr(p, '/')); p++)
		if (p[1] == '.' &&
			(!p[2] || p[2] == '/' || (p[2] == '.' && (!p[3] || p[3] == '/'))))
			return true;
	return false;
}

static const char *clean_path(struct http_req *req)
{
	const char *raw = req->info->local_uri_raw;
	size_t len = raw ? strlen(raw) : 0;

	if (len > PATH_CAP)
		return "The path is longer than 1024 bytes.";
	req->path = raw ? decode(raw, len, false) : NULL;
	if (!req->path || req->path[0] != '/')
		return "The path is not properly written.";
	for (const char *c = req->path; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '\\')
			return "The path holds characters that no path has here.";
	collapse_slashes(req->path);
	return has_dots(req->path) ? "The path holds dot segments." : "";
}

static int count_header(const struct http_req *req, const char *name)
{
	int n = 0;

	for (int i = 0; i < req->info->num_headers; i++)
		n += !strcasecmp(req->info->http_headers[i].name, name);
	return n;
}

/* What two programs in a row could read differently is refused, because one of them may be a proxy
 * (RFC 9112, 6.3). */
static const char *check_headers(const struct http_req *req)
{
	static const char *const once[] = {
		"Host", "Content-Length", "Transfer-Encoding", "Authorization", "Origin"};
	const char *length = http_header(req, "Content-Length");

	for (size_t i = 0; i < COUNT(once); i++)
		if (count_header(req, once[i]) > 1)
			return "A header that may come once came twice.";
	if (length && http_header(req, "Transfer-Encoding"))
		return "Content-Length and Transfer-Encoding exclude each other.";
	if (length && (strspn(length, "0123456789") != strlen(length) || strlen(length) > 18))
		return "Content-Length is not a number.";
	return "";
}

const char *http_req_open(struct http_req *req)
{
	const char *why = check_headers(req);

	if (!*why)
		why = clean_path(req);
	if (*why) {
		req->closing = true;
		return why;
	}
	req->head = !strcmp(req->info->request_method, "HEAD");
	return "";
}

void http_req_close(struct http_req *req)
{
	free(req->path);
	buf_free(&req->body);
}

const char *http_method(const struct http_req *req)
{
	return req->broken || !req->info->request_method ? "" : req->info->request_method;
}

const char *http_path(const struct http_req *req)
{
	return req->path ? req->path : "";
}

const char *http_header(const struct http_req *req, const char *name)
{
	if (req->broken)
		return NULL;
	for (int i = 0; i < req->info->num_headers; i++)
		if (!strcasecmp(req->info->http_headers[i].name, name))
			return req->info->http_headers[i].value;
	return NULL;
}

char *http_query(const struct http_req *req, const char *name)
{
	const char *p = req->broken ? NULL : req->info->query_string;
	size_t name_len = strlen(name);

	while (p && *p) {
		size_t len = strcspn(p, "&");

		if (len >= name_len && !strncmp(p, name, name_len) &&
			(len == name_len || p[name_len] == '=')) {
			size_t skip = len == name_len ? len : name_len + 1;

			return decode(p + skip, len - skip, true);
		}
		p += len + (p[len] == '&');
	}
	return NULL;
}

char *http_cookie(const struct http_req *req, const char *name)
{
	const char *p = http_header(req, "Cookie");
	size_t name_len = strlen(name);

	while (p && *p) {
		size_t len;

		p += strspn(p, "; ");
		len = strcspn(p, ";");
		if (len > name_len && !strncmp(p, name, name_len) && p[name_len] == '=')
			return xstrndup(p + name_len + 1, len - name_len - 1);
		p += len;
	}
	return NULL;
}

const char *http_address(const struct http_req *req)
{
	const char *text = req->info->remote_addr;

	/* IPv4 through an IPv6 socket */
	return strncasecmp(text, "::ffff:", 7) || !strchr(text, '.') ? text : text + 7;
}

bool http_is_tls(const struct http_req *req)
{
	return req->info->is_ssl;
}

static bool is_chunked(const struct http_req *req)
{
	return http_header(req, "Transfer-Encoding") != NULL;
}

/* CivetWeb answers -1 when there is no Content-Length: without chunks that means no body. */
static bool has_body(const struct http_req *req)
{
	return is_chunked(req) || req->info->content_length > 0;
}

bool http_req_unread(const struct http_req *req)
{
	if (req->broken || req->body_read || !has_body(req))
		return false;
	/* a short body is read away by CivetWeb, and the connection lives on */
	return is_chunked(req) || http_header(req, "Expect") ||
	       req->info->content_length > (long long)req->server->config.body_cap;
}

void http_req_drain(struct http_req *req)
{
	char bytes[4096];
	int n;

	if (!http_req_unread(req) || http_header(req, "Expect"))
		return;
	for (size_t total = 0; total < DRAIN_CAP; total += (size_t)n) {
		n = mg_read(req->conn, bytes, sizeof(bytes));
		if (n <= 0)
			break;
	}
}

static int read_all(struct http_req *req, struct err *e)
{
	msec deadline = clock_mono() + req->server->config.timeout_ms;
	char bytes[1024]; /* small, so that the deadline holds against a sender who drips */
	int n;

	while ((n = mg_read(req->conn, bytes, sizeof(bytes))) > 0) {
		if (req->body.len + (size_t)n > req->server->config.body_cap)
			return err_set(e, ERR_LIMIT, "input.too_large",
				"The request is larger than %zu bytes.",
				req->server->config.body_cap);
		buf_add(&req->body, bytes, (size_t)n);
		if (clock_mono() > deadline)
			break;
	}
	if (n || (!is_chunked(req) && req->body.len != (size_t)req->info->content_length))
		return err_set(e, ERR_INPUT, "input.incomplete",
			"The request broke off after %zu bytes.", req->body.len);
	return 0;
}

static void send_continue(struct http_req *req)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const char *expect = http_header(req, "Expect");

	if (expect && !strcasecmp(expect, "100-continue"))
		mg_write(req->conn, go_on, sizeof(go_on) - 1);
}

int http_body(struct http_req *req, const char **ret, size_t *ret_len, struct err *e)
{
	if (!req->body_read && has_body(req)) {
		if (req->info->content_length > (long long)req->server->config.body_cap)
			return err_set(e, ERR_LIMIT, "input.too_large",
				"The request has %lld bytes; at most %zu are read.",
				req->info->content_length, req->server->config.body_cap);
		send_continue(req);
		if (read_all(req, e)) {
			req->closing = true;
			return -1;
		}
	}
	req->body_read = true;
	buf_add(&req->body, "", 0);
	*ret = req->body.data;
	*ret_len = req->body.len;
	return 0;
}

int64_t http_length(const struct http_req *req)
{
	if (is_chunked(req))
		return -1;
	return req->info->content_length > 0 ? req->info->content_length : 0;
}

static int read_pieces(struct http_req *req, char *piece,
	int (*on_piece)(void *ctx, const char *bytes, size_t len, struct err *e), void *ctx,
	struct err *e)
{
	int64_t left = http_length(req);

	while (left > 0) {
		size_t want = left < PIECE ? (size_t)left : PIECE;
		int n = atomic_load(&req->server->stopping) ? 0 : mg_read(req->conn, piece, want);

		if (n <= 0)
			return err_set(e, ERR_INPUT, "input.incomplete",
				"The request broke off; %lld bytes of it did not come.",
				(long long)left);
		if (on_piece(ctx, piece, (size_t)n, e))
			return -1;
		left -= n;
	}
	return 0;
}

int http_body_pieces(struct http_req *req,
	int (*on_piece)(void *ctx, const char *bytes, size_t len, struct err *e), void *ctx,
	struct err *e)
{
	autofree char *piece = xcalloc(1, PIECE);

	send_continue(req);
	if (read_pieces(req, piece, on_piece, ctx, e)) {
		req->closing = true;
		return -1;
	}
	req->body_read = true;
	return 0;
}
