/* ws_priv: what the files of the room ws share; nobody else includes it. */
#ifndef IO_WS_PRIV_H
#define IO_WS_PRIV_H

#include "base/buf.h"
#include "base/err.h"
#include "io/crypto.h"

#define WS_KEY CRYPTO_NONCE /* the value of Sec-WebSocket-Key */

/* The upgrade request for a URL; owned by the caller; NULL when it is no URL. */
char *upgrade_request(const char *url, const char *origin, const char key[WS_KEY]);
/* Judges the head of the answer, which ends in an empty line. ws.http, ws.broken. */
int upgrade_check(const char *head, const char key[WS_KEY], const char *host, struct err *e);
/* Host and port of a URL, for messages. */
void upgrade_host(const char *url, char *ret, size_t size);

#endif
