/*
 * json: the one door to jansson, with ownership helpers and strict reading.
 *
 * Every room that speaks JSON includes this file, none includes jansson.h. Getters never fail:
 * a missing or wrongly typed member gives the default. Strict reading of somebody's input (unknown
 * member = error) is json_only(). One thread at a time for one value.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdint.h>

void json_drop(json_t **j);
#define autojson cleanup(json_drop)

/* Parses exactly one JSON text of len bytes; owned by the caller. Code json.invalid with line and
 * what; duplicate members and anything after the text are refused. */
int json_parse(const char *text, size_t len, json_t **ret, struct err *e);

/* The object or list that text begins with; what follows it is not looked at. */
int json_parse_first(const char *text, size_t len, json_t **ret, struct err *e);

/* Compact text, owned by the caller. */
char *json_text(const json_t *j);

const char *json_str(const json_t *obj, const char *key, const char *dflt); /* borrowed */
int64_t json_int(const json_t *obj, const char *key, int64_t dflt);
double json_num(const json_t *obj, const char *key, double dflt);
bool json_flag(const json_t *obj, const char *key, bool dflt);
json_t *json_obj(const json_t *obj, const char *key); /* borrowed; NULL unless an object */
json_t *json_arr(const json_t *obj, const char *key); /* borrowed; NULL unless an array */
/* Borrowed value at a path of member names ("State", "Health", NULL); NULL when any is missing. */
json_t *json_at(const json_t *obj, ...) __attribute__((sentinel));

/* Setters; NULL strings become JSON null. */
void json_put_str(json_t *obj, const char *key, const char *value);
void json_put_int(json_t *obj, const char *key, int64_t value);
void json_put_num(json_t *obj, const char *key, double value);
void json_put_flag(json_t *obj, const char *key, bool value);
void json_put(json_t *obj, const char *key, json_t *stolen);
/* value, or JSON null when it is negative (our "unknown") / not positive (our "unlimited"). */
void json_put_known(json_t *obj, const char *key, int64_t value);
void json_put_limit(json_t *obj, const char *key, int64_t value);

/* Input check: every member of obj is one of the names (NULL-terminated); otherwise code
 * input.unknown_field naming it. */
int json_only(const json_t *obj, struct err *e, ...) __attribute__((sentinel));
/* The same error about one member, for who keeps the names elsewhere; -1. */
int json_unknown(const char *key, struct err *e);

#endif
