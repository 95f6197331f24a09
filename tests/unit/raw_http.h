/* A plain socket client for tests of the web server: sends bytes as they are, returns what comes.
 */
#ifndef TESTS_RAW_HTTP_H
#define TESTS_RAW_HTTP_H

#include "base/buf.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline int raw_connect(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	close(fd);
	return -1;
}

/* Sends all, or as much as the other side takes. */
static inline void raw_send(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;
	ssize_t n;

	while (len && (n = send(fd, p, len, MSG_NOSIGNAL)) > 0) {
		p += n;
		len -= (size_t)n;
	}
}

/* Until the other side closes, or for ten seconds; owned by the caller. */
static inline char *raw_read_all(int fd)
{
	struct buf b = {0};
	char bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		buf_add(&b, bytes, (size_t)n);
	return buf_take(&b);
}

/* One answer that has a Content-Length (or none and no body); owned by the caller. */
static inline char *raw_read_one(int fd, bool head)
{
	struct buf b = {0};
	char c;

	while (recv(fd, &c, 1, 0) == 1) {
		char *end, *length;

		buf_add(&b, &c, 1);
		end = strstr(b.data, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(b.data, "\r\nContent-Length: ");
		if (head || !length ||
			b.len >= (size_t)(end + 4 - b.data) + strtoul(length + 18, NULL, 10))
			break;
	}
	return buf_take(&b);
}

static inline char *raw_exchange(int port, const void *bytes, size_t len)
{
	int fd = raw_connect(port);
	char *answer;

	if (fd < 0)
		return xstrdup("");
	raw_send(fd, bytes, len);
	answer = raw_read_all(fd);
	close(fd);
	return answer;
}

static inline int raw_status(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) ? 0 : atoi(answer + 9);
}

/* Value of a header, owned by the caller; NULL when missing. */
static inline char *raw_header(const char *answer, const char *name)
{
	autofree char *key = xasprintf("\r\n%s: ", name);
	const char *end = strstr(answer, "\r\n\r\n");
	const char *at = strcasestr(answer, key);

	if (!at || !end || at > end)
		return NULL;
	at += strlen(key);
	return xstrndup(at, strcspn(at, "\r"));
}

static inline const char *raw_body(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");

	return end ? end + 4 : "";
}

#endif
