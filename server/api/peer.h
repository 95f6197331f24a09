/*
 * peer: who is at the other end of a request, also when a proxy of this NAS hands it on.
 *
 * QTS's web server (and any other proxy on the NAS) connects from a loopback address and says in
 * X-Forwarded-For, -Host and -Proto for whom, under which host and by which scheme it was asked.
 * These headers count only from there, and of a list only the last entry, because that one was
 * added by the proxy beside us; whatever stands before it may come from anybody. All three may be
 * missing.
 *
 * Everything borrowed lives as long as the request. One thread.
 */
#ifndef API_PEER_H
#define API_PEER_H

#include "io/http.h"

#define PEER_ADDRESS 46 /* bytes of an address with its NUL */

/* The connection comes from this machine itself: a proxy, or somebody on it. */
bool peer_is_local(const struct http_req *req);
/* The browser's address as far as it is known. */
void peer_address(const struct http_req *req, char ret[PEER_ADDRESS]);
/* The host that the proxy was asked for ("nas:8080"); NULL when there is no proxy that says so. */
const char *peer_host(const struct http_req *req);
/* The browser's connection is encrypted, to us or to the proxy. */
bool peer_is_tls(const struct http_req *req);

#endif
