/* Incidents: what ended by itself, and what was gathered around it. */
#include "io/store_priv.h"

int store_incident_add(struct store *s, const char *stack, const json_t *facts,
	const json_t *detail, int64_t *ret_id, struct err *e)
{
	HOLD(s);
	autofree char *head = json_text(facts), *rest = json_text(detail);

	if (store_begin(s, e))
		return -1;
	if (store_run(s, e, "INSERT INTO incident(stack, facts, detail) VALUES(?,?,?)", "sss",
		    stack, head, rest)) {
		store_rollback(s);
		return -1;
	}
	*ret_id = sqlite3_last_insert_rowid(s->db);
	if (store_run(s, e,
		    "DELETE FROM incident WHERE stack=?1 AND id NOT IN"
		    " (SELECT id FROM incident WHERE stack=?1 ORDER BY id DESC LIMIT ?2)",
		    "si", stack, (int64_t)INCIDENTS_KEPT)) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e);
}

int store_incident_change(
	struct store *s, int64_t id, const json_t *some, const json_t *detail, struct err *e)
{
	HOLD(s);
	autofree char *head = json_text(some), *rest = detail ? json_text(detail) : NULL;

	return store_run(s, e,
		"UPDATE incident SET facts=json_patch(facts, ?), detail=COALESCE(?, detail)"
		" WHERE id=?",
		"ssi", head, rest, id);
}

static json_t *facts_of_row(sqlite3_stmt *st)
{
	json_t *j = col_json(st, 1);

	json_put_int(j, "id", sqlite3_column_int64(st, 0));
	return j;
}

int store_incidents(struct store *s, const char *stack, int limit, json_t **ret, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	autojson json_t *list = json_array();
	int rc;

	if (store_stmt(s, &st, e,
		    "SELECT id, facts FROM incident WHERE stack=? ORDER BY id DESC LIMIT ?", "si",
		    stack, (int64_t)limit))
		return -1;
	while ((rc = store_row(s, st, e)) > 0)
		json_array_append_new(list, facts_of_row(st));
	if (rc < 0)
		return -1;
	*ret = take(list);
	return 0;
}

int store_incident_get(struct store *s, const char *stack, int64_t id, json_t **ret_facts,
	json_t **ret_detail, struct err *e)
{
	HOLD(s);
	autostmt sqlite3_stmt *st = NULL;
	int rc;

	if (store_stmt(s, &st, e, "SELECT id, facts, detail FROM incident WHERE stack=? AND id=?",
		    "si", stack, id) ||
		(rc = store_row(s, st, e)) < 0)
		return -1;
	if (!rc)
		return err_set(e, ERR_NOT_FOUND, "incident.missing",
			"There is no incident %lld of %s.", (long long)id, stack);
	*ret_facts = facts_of_row(st);
	*ret_detail = col_json(st, 2);
	return 0;
}
