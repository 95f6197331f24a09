/*
 * assets: the built dashboard inside the program (web/dist/...), "/" being index.html. A file that
 * is embedded as NAME.gz is served as NAME with Content-Encoding: gzip. Files below assets/ have a
 * hash in their name and may be kept for ever; the others are asked for again each time (ETag,
 * 304).
 *
 * Error codes: web.missing (no such file), web.not_built, api.wrong_method.
 */
#ifndef API_ASSETS_H
#define API_ASSETS_H

#include "io/http.h"

/* path: without the proxy's prefix. Answers always. */
void assets_serve(struct http_req *req, const char *path);

#endif
