/*
 * err: the error value.
 *
 * The contract, everywhere in this program:
 *   int f(…, struct err *e)   returns 0, or -1 after writing *e; on success *e is untouched.
 *   Outputs named ret_… are written on success only.
 * An error carries a kind (what sort of answer it deserves), a stable code that API, page texts,
 * documentation and tests share ("disk.too_small"; every code stands in shared/findings.json with
 * its hint), and one sentence of what happened, with numbers. Secrets never go into it.
 * A value, no ownership, any thread.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT,	 /* the caller's request is wrong: 400, or 422 */
	ERR_AUTH,	 /* not signed in: 401 */
	ERR_FORBIDDEN,	 /* signed in, not allowed: 403 */
	ERR_NOT_FOUND,	 /* 404 */
	ERR_CONFLICT,	 /* the present state forbids it: 409 */
	ERR_LIMIT,	 /* too many, too large, too often: 429 or 413 */
	ERR_UNAVAILABLE, /* something we need (engine, registry, node) is not there now: 503 */
	ERR_INTERNAL,	 /* ours: 500 */
};

struct err {
	enum err_kind kind;
	char code[48];
	char message[400];
};

/* Writes the error and returns -1, so that a caller can write: return err_set(e, …); e may be NULL.
 */
int err_set(struct err *e, enum err_kind kind, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Like err_set with ERR_INTERNAL; appends ": " and the text of errno. */
int err_errno(struct err *e, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* True when the error's code is `code`, or begins with it when it ends in a dot ("engine."). */
bool err_is(const struct err *e, const char *code);

/* The HTTP status that fits the kind. */
int err_http_status(const struct err *e);

#endif
