/* Settings, sessions, tokens, secrets. */
#include "io/store_priv.h"

#include <stdlib.h>

int store_setting_get(struct store *s, const char *key, char **ret_value, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e, "SELECT value FROM setting WHERE key=?", "s", key) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	*ret_value = rc ? col_dup(st, 0) : NULL;
	return 0;
}

int store_setting_set(struct store *s, const char *key, const char *value, struct err *e)
{
	HOLD(s);
	if (!value)
		return store_run(s, e, "DELETE FROM setting WHERE key=?", "s", key);
	return store_run(s, e,
		"INSERT INTO setting VALUES(?,?) ON CONFLICT DO UPDATE SET value=excluded.value",
		"ss", key, value);
}

/* ---- sessions ---- */

#define SESSION "id, hash, csrf, created_at, last_seen_at, expires_at, address, browser, qnap_user"

static void read_session(sqlite3_stmt *st, struct session_row *r)
{
	*r = (struct session_row){
		.created_at = sqlite3_column_int64(st, 3),
		.last_seen_at = sqlite3_column_int64(st, 4),
		.expires_at = sqlite3_column_int64(st, 5),
	};
	COL_COPY(r->id, st, 0);
	COL_COPY(r->hash, st, 1);
	COL_COPY(r->csrf, st, 2);
	COL_COPY(r->address, st, 6);
	COL_COPY(r->browser, st, 7);
	COL_COPY(r->qnap_user, st, 8);
}

int store_session_add(struct store *s, const struct session_row *r, struct err *e)
{
	HOLD(s);
	if (store_run(s, e, "DELETE FROM session WHERE expires_at < ?", "i", r->created_at))
		return -1;
	return store_run(s, e, "INSERT INTO session(" SESSION ") VALUES(?,?,?,?,?,?,?,?,?)",
		"sssiiisss", r->id, r->hash, r->csrf, r->created_at, r->last_seen_at, r->expires_at,
		r->address, r->browser, r->qnap_user);
}

int store_session_find(
	struct store *s, const char *hash, struct session_row *ret, bool *ret_found, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e, "SELECT " SESSION " FROM session WHERE hash=?", "s", hash) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	if (rc)
		read_session(st, ret);
	*ret_found = rc;
	return 0;
}

int store_session_touch(struct store *s, const char *hash, msec seen, struct err *e)
{
	HOLD(s);
	return store_run(s, e, "UPDATE session SET last_seen_at=? WHERE hash=?", "is", seen, hash);
}

int store_session_delete(struct store *s, const char *id, bool *ret_found, struct err *e)
{
	HOLD(s);
	if (store_run(s, e, "DELETE FROM session WHERE id=?", "s", id))
		return -1;
	*ret_found = sqlite3_changes(s->db) > 0;
	return 0;
}

int store_session_delete_except(struct store *s, const char *keep_id, struct err *e)
{
	HOLD(s);
	return store_run(s, e, "DELETE FROM session WHERE id IS NOT ?", "s", keep_id);
}

int store_session_delete_qnap(struct store *s, struct err *e)
{
	HOLD(s);
	return store_run(s, e, "DELETE FROM session WHERE qnap_user <> ''", "");
}

int store_sessions(struct store *s, struct session_row **ret, size_t *ret_n, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	autofree struct session_row *rows = NULL;
	size_t n = 0;
	int rc;

	if (store_stmt(s, &st, e, "SELECT " SESSION " FROM session ORDER BY last_seen_at DESC", ""))
		return -1;
	while ((rc = store_row(s, st, e)) > 0) {
		rows = xrealloc(rows, (n + 1) * sizeof(*rows));
		read_session(st, &rows[n++]);
	}
	if (rc < 0)
		return -1;
	*ret = take(rows);
	*ret_n = n;
	return 0;
}

/* ---- tokens ---- */

#define TOKEN "id, name, scope, hash, created_at, expires_at, last_used_at, last_used_from"

static void read_token(sqlite3_stmt *st, struct token_row *r)
{
	int scope = scope_parse(col_text(st, 2));

	*r = (struct token_row){
		.id = sqlite3_column_int64(st, 0),
		.scope = scope < 0 ? SCOPE_NONE : (enum scope)scope,
		.created_at = sqlite3_column_int64(st, 4),
		.expires_at = sqlite3_column_int64(st, 5),
		.last_used_at = sqlite3_column_int64(st, 6),
	};
	COL_COPY(r->name, st, 1);
	COL_COPY(r->hash, st, 3);
	COL_COPY(r->last_used_from, st, 7);
}

int store_token_add(struct store *s, struct token_row *r, struct err *e)
{
	HOLD(s);
	if (store_run(s, e,
		    "INSERT INTO token(name, scope, hash, created_at, expires_at, last_used_at,"
		    " last_used_from) VALUES(?,?,?,?,?,0,'')",
		    "sssii", r->name, scope_name(r->scope), r->hash, r->created_at, r->expires_at))
		return -1;
	r->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int store_token_find(
	struct store *s, const char *hash, struct token_row *ret, bool *ret_found, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e, "SELECT " TOKEN " FROM token WHERE hash=?", "s", hash) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	if (rc)
		read_token(st, ret);
	*ret_found = rc;
	return 0;
}

int store_token_touch(struct store *s, int64_t id, msec at, const char *from, struct err *e)
{
	HOLD(s);
	return store_run(s, e, "UPDATE token SET last_used_at=?, last_used_from=? WHERE id=?",
		"isi", at, from, id);
}

int store_token_delete(struct store *s, int64_t id, bool *ret_found, struct err *e)
{
	HOLD(s);
	if (store_run(s, e, "DELETE FROM token WHERE id=?", "i", id))
		return -1;
	*ret_found = sqlite3_changes(s->db) > 0;
	return 0;
}

int store_tokens(struct store *s, struct token_row **ret, size_t *ret_n, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	autofree struct token_row *rows = NULL;
	size_t n = 0;
	int rc;

	if (store_stmt(s, &st, e, "SELECT " TOKEN " FROM token ORDER BY id", ""))
		return -1;
	while ((rc = store_row(s, st, e)) > 0) {
		rows = xrealloc(rows, (n + 1) * sizeof(*rows));
		read_token(st, &rows[n++]);
	}
	if (rc < 0)
		return -1;
	*ret = take(rows);
	*ret_n = n;
	return 0;
}

/* ---- secrets ---- */

int store_secret_set(struct store *s, const char *stack, const char *service, const char *key,
	const char *value, msec at, struct err *e)
{
	HOLD(s);
	if (!value || !*value)
		return store_run(s, e, "DELETE FROM secret WHERE stack=? AND service=? AND key=?",
			"sss", stack, service, key);
	return store_run(s, e,
		"INSERT INTO secret VALUES(?,?,?,?,?) ON CONFLICT DO UPDATE"
		" SET value=excluded.value, set_at=excluded.set_at",
		"ssssi", stack, service, key, value, at);
}

int store_secret_get(struct store *s, const char *stack, const char *service, const char *key,
	char **ret_value, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e, "SELECT value FROM secret WHERE stack=? AND service=? AND key=?",
		    "sss", stack, service, key) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	*ret_value = rc ? col_dup(st, 0) : NULL;
	return 0;
}

int store_secret_next(struct store *s, const char *stack, const char *service, const char *key,
	char **ret_value, struct err *e)
{
	{
		HOLD(s);
		autostmt sqlite3_stmt *st = NULL;
		int rc;

		if (store_stmt(s, &st, e,
			    "SELECT value FROM secret_next WHERE stack=? AND service=? AND key=?",
			    "sss", stack, service, key) ||
			(rc = store_row(s, st, e)) < 0)
			return -1;
		if (rc) {
			*ret_value = col_dup(st, 0);
			return 0;
		}
	}
	return store_secret_get(s, stack, service, key, ret_value, e);
}

static int settle(struct store *s, const char *stack, bool keep, msec at, struct err *e)
{
	if (keep &&
		(store_run(s, e,
			 "INSERT INTO secret SELECT stack, service, key, value, ? FROM secret_next"
			 " WHERE stack=? AND value<>'' ON CONFLICT DO UPDATE"
			 " SET value=excluded.value, set_at=excluded.set_at",
			 "is", at, stack) ||
			store_run(s, e,
				"DELETE FROM secret WHERE stack=? AND (service, key) IN"
				" (SELECT service, key FROM secret_next WHERE stack=? AND "
				"value='')",
				"ss", stack, stack)))
		return -1;
	return store_run(s, e, "DELETE FROM secret_next WHERE stack=?", "s", stack);
}

int store_secrets_settle(struct store *s, const char *stack, bool keep, msec at, struct err *e)
{
	HOLD(s);
	if (store_begin(s, e))
		return -1;
	if (settle(s, stack, keep, at, e) == 0)
		return store_commit(s, e);
	store_rollback(s);
	return -1;
}

int store_secret_times(
	struct store *s, const char *stack, const char *service, json_t **ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	autojson json_t *times = json_object();
	int rc;

	if (store_stmt(s, &st, e, "SELECT key, set_at FROM secret WHERE stack=? AND service=?",
		    "ss", stack, service))
		return -1;
	while ((rc = store_row(s, st, e)) > 0)
		json_put_int(times, col_text(st, 0), sqlite3_column_int64(st, 1));
	if (rc < 0)
		return -1;
	*ret = take(times);
	return 0;
}

int store_secret_values(struct store *s, json_t **ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	autojson json_t *values = json_array();
	int rc;

	if (store_stmt(s, &st, e,
		    "SELECT value FROM secret UNION SELECT value FROM secret_next"
		    " WHERE value<>''",
		    ""))
		return -1;
	while ((rc = store_row(s, st, e)) > 0)
		json_array_append_new(values, json_string(col_text(st, 0)));
	if (rc < 0)
		return -1;
	*ret = take(values);
	return 0;
}
