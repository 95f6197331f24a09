/*
 * assets: the built dashboard inside the program (web/dist/...), "/" being index.html. A file that
 * is embedded as NAME.gz is served as NAME with Content-Encoding: gzip. Files below assets/ have a
 * hash in their name and may be kept for ever; the others are asked for again each time (ETag,
 * 304).
 *
 * The page refers to its files by relative addresses ("./assets/…"). Asked for below a proxy's
 * prefix it is sent with absolute ones, because QTS's desktop opens the prefix without a slash at
 * its end, from where relative ones lead beside it. The scripts then find the prefix in their own
 * address.
 *
 * Error codes: web.missing (no such file), web.not_built, api.wrong_method.
 */
#ifndef API_ASSETS_H
#define API_ASSETS_H

#include "io/http.h"

/* path: without the proxy's prefix; base: that prefix, or "". Answers always. */
void assets_serve(struct http_req *req, const char *path, const char *base);

#endif
