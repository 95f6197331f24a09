#include "api/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool peer_is_local(const struct http_req *req)
{
	const char *from = http_address(req);

	return !strncmp(from, "127.", 4) || !strcmp(from, "::1");
}

/* The last entry of a list; NULL when the header is missing, or did not come from a proxy of ours.
 */
static const char *forwarded(const struct http_req *req, const char *name)
{
	const char *list = peer_is_local(req) ? http_header(req, name) : NULL;
	const char *comma = list ? strrchr(list, ',') : NULL;

	if (!list)
		return NULL;
	list = comma ? comma + 1 : list;
	return list + strspn(list, " ");
}

static bool is_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

void peer_address(const struct http_req *req, char ret[PEER_ADDRESS])
{
	const char *said = forwarded(req, "X-Forwarded-For");

	snprintf(ret, PEER_ADDRESS, "%s", said && is_address(said) ? said : http_address(req));
}

const char *peer_host(const struct http_req *req)
{
	const char *host = forwarded(req, "X-Forwarded-Host");

	return host && *host ? host : NULL;
}

bool peer_is_tls(const struct http_req *req)
{
	const char *scheme = forwarded(req, "X-Forwarded-Proto");

	return http_is_tls(req) || (scheme && !strcasecmp(scheme, "https"));
}
