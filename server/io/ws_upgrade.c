/* The HTTP request and answer that turn a connection into a WebSocket (RFC 6455, 4.1 and 4.2.2). */
#include "io/ws_priv.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static char *part(CURLU *u, CURLUPart what)
{
	char *text = NULL, *copy;

	if (curl_url_get(u, what, &text, 0))
		return NULL;
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

static CURLU *parse(const char *url)
{
	CURLU *u = curl_url();

	if (u && !curl_url_set(u, CURLUPART_URL, url, 0))
		return u;
	curl_url_cleanup(u);
	return NULL;
}

static void host_of(CURLU *u, struct buf *b)
{
	autofree char *host = part(u, CURLUPART_HOST), *port = part(u, CURLUPART_PORT);

	buf_printf(b, "%s%s%s", host ? host : "", port ? ":" : "", port ? port : "");
}

void upgrade_host(const char *url, char *ret, size_t size)
{
	autobuf struct buf b = {0};
	CURLU *u = parse(url);

	if (u)
		host_of(u, &b);
	curl_url_cleanup(u);
	snprintf(ret, size, "%s", b.len ? b.data : "the server");
}

char *upgrade_request(const char *url, const char *origin, const char key[WS_KEY])
{
	autofree char *path = NULL, *query = NULL;
	struct buf b = {0};
	CURLU *u = parse(url);

	if (!u)
		return NULL;
	path = part(u, CURLUPART_PATH);
	query = part(u, CURLUPART_QUERY);
	buf_printf(&b, "GET %s%s%s HTTP/1.1\r\nHost: ", path ? path : "/", query ? "?" : "",
		query ? query : "");
	host_of(u, &b);
	curl_url_cleanup(u);
	buf_printf(&b,
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: %s\r\nUser-Agent: ethstation\r\n",
		key);
	if (origin)
		buf_printf(&b, "Origin: %s\r\n", origin);
	buf_puts(&b, "\r\n");
	return buf_take(&b);
}

/* A header's value without blanks around it, owned by the caller; NULL when it is not there. */
static char *header(const char *head, const char *name)
{
	size_t n = strlen(name), len;

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " \t");
		len = strcspn(line, "\r\n");
		while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
			len--;
		return xstrndup(line, len);
	}
	return NULL;
}

static bool is_upgrade(const char *head)
{
	autofree char *upgrade = header(head, "Upgrade"), *connection = header(head, "Connection");

	return upgrade && connection && !strcasecmp(upgrade, "websocket") &&
	       strcasestr(connection, "upgrade");
}

int upgrade_check(const char *head, const char key[WS_KEY], const char *host, struct err *e)
{
	autofree char *text = xasprintf("%s" GUID, key);
	autofree char *accept = header(head, "Sec-WebSocket-Accept");
	autofree char *extension = header(head, "Sec-WebSocket-Extensions");
	char want[CRYPTO_SHA1_BASE64];

	if (strncmp(head, "HTTP/1.", 7) || strlen(head) < 12)
		return err_set(e, ERR_UNAVAILABLE, "ws.broken", "%s does not speak HTTP.", host);
	if (strncmp(head + 8, " 101", 4))
		return err_set(e, ERR_UNAVAILABLE, "ws.http",
			"%s answered with HTTP%.4s and no WebSocket.", host, head + 8);
	crypto_sha1_base64(text, strlen(text), want);
	/* an extension or a key that we did not ask for: not an answer to our request */
	if (!is_upgrade(head) || !accept || strcmp(accept, want) || extension)
		return err_set(e, ERR_UNAVAILABLE, "ws.broken",
			"%s agreed to a WebSocket in a wrong way.", host);
	return 0;
}
