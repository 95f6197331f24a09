#include "api/assets.h"

#include "api/reply.h"
#include "base/buf.h"
#include "base/embedded.h"
#include "io/crypto.h"

#include <stdlib.h>
#include <string.h>

#define ROOT "web/dist"
#define PAGE "/index.html"
#define FOR_EVER "public, max-age=31536000, immutable"

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".json", "application/json"},
		{".webmanifest", "application/manifest+json"},
		{".txt", "text/plain; charset=utf-8"},
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < COUNT(types); i++)
		if (!strcmp(dot, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

static const struct embedded *find(const char *path, bool *ret_gzip)
{
	autofree char *plain = xasprintf(ROOT "%s", path);
	autofree char *packed = xasprintf("%s.gz", plain);
	const struct embedded *f = embedded_find(packed);

	*ret_gzip = f != NULL;
	return f ? f : embedded_find(plain);
}

static void refuse(struct http_req *req, const char *path)
{
	bool gzip;
	struct err e;

	if (find(PAGE, &gzip))
		err_set(&e, ERR_NOT_FOUND, "web.missing", "There is no %s here.", path);
	else
		err_set(&e, ERR_NOT_FOUND, "web.not_built",
			"This program was built without its dashboard.");
	reply_err_text(req, &e, NULL);
}

/* The page with its relative addresses made absolute below the prefix. */
static char *page_below(const struct embedded *page, const char *base)
{
	static const char relative[] = "=\"./";
	struct buf b = {0};
	const char *from = page->data, *at;

	for (; (at = strstr(from, relative)); from = at + sizeof(relative) - 1) {
		buf_add(&b, from, (size_t)(at - from));
		buf_printf(&b, "=\"%s/", base);
	}
	buf_puts(&b, from);
	return buf_take(&b);
}

static void send_bytes(
	struct http_req *req, const char *path, const void *bytes, size_t len, bool gzip)
{
	const char *known = http_header(req, "If-None-Match");
	struct http_header headers[4] = {{0}};
	char hash[SHA256_HEX], tag[20];
	int n = 0;

	crypto_sha256_hex(bytes, len, hash);
	snprintf(tag, sizeof(tag), "\"%.16s\"", hash);
	headers[n++] = (struct http_header){"ETag", tag};
	headers[n++] = (struct http_header){
		"Cache-Control", strncmp(path, "/assets/", 8) ? "no-cache" : FOR_EVER};
	if (known && strstr(known, tag)) {
		http_reply(req, 304, NULL, headers, NULL, 0);
		return;
	}
	if (gzip)
		headers[n++] = (struct http_header){"Content-Encoding", "gzip"};
	http_reply(req, 200, type_of(path), headers, bytes, len);
}

static bool send_page_below(struct http_req *req, const char *path, const char *base)
{
	const struct embedded *page =
		*base && !strcmp(path, PAGE) ? embedded_find(ROOT PAGE) : NULL;
	autofree char *text = page ? page_below(page, base) : NULL;

	if (text)
		send_bytes(req, path, text, strlen(text), false);
	return text;
}

void assets_serve(struct http_req *req, const char *path, const char *base)
{
	const struct http_header allow[] = {{"Allow", "GET, HEAD"}, {NULL, NULL}};
	const char *method = http_method(req);
	const struct embedded *f;
	struct err e;
	bool gzip;

	if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
		err_set(&e, ERR_INPUT, "api.wrong_method", "%s is not possible here: GET, HEAD.",
			method);
		reply_err_text(req, &e, allow);
		return;
	}
	if (!strcmp(path, "/"))
		path = PAGE;
	if (send_page_below(req, path, base))
		return;
	f = find(path, &gzip);
	if (f)
		send_bytes(req, path, f->data, f->len, gzip);
	else
		refuse(req, path);
}
