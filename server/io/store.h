/*
 * store: all SQL of state.db: the wanted state, secrets, jobs with their journal, events,
 * incidents, sessions, tokens, settings. Small and precious: synchronous=FULL, WAL, 0600, one
 * transaction a change. (Samples live in history.db, see io/history.h.)
 *
 * A struct store may be used by any thread; calls are serialised inside. Rows are copies owned by
 * the caller. Another process (`ethstation token create`) may write the same file at any time.
 *
 * Error codes: state.locked (another instance), state.unreadable (no SQLite file of ours, or
 * damaged), state.too_new (written by a newer version), disk.full, path.network, state.failed,
 * incident.missing.
 */
#ifndef IO_STORE_H
#define IO_STORE_H

#include "base/model.h"

struct store;

/* Opens DIR/state.db, made when missing, and climbs the ladder of schema versions. With
 * `exclusive`, takes DIR/lock as well: two serving instances on one state are refused. */
int store_open(const char *dir, bool exclusive, struct store **ret, struct err *e);
void store_close(struct store *s); /* NULL is allowed */
/* Makes the reserve (STATE/reserve, at most 64 MiB) when it is missing and there is room: it is
 * given up when a change could not be written otherwise. Cheap: call it now and then. */
void store_reserve(struct store *s);
/* Bytes on disk of the files that lie directly in the state folder. */
int64_t store_disk_bytes(const struct store *s);

/* ---- settings ---- */
int store_setting_get(
	struct store *s, const char *key, char **ret_value, struct err *e); /* NULL when unset */
int store_setting_set(
	struct store *s, const char *key, const char *value, struct err *e); /* NULL = delete */

/* ---- sessions and tokens (services/auth) ---- */
struct session_row {
	char id[33];   /* public, hex */
	char hash[65]; /* SHA-256 of the cookie's value */
	char csrf[65];
	msec created_at, last_seen_at, expires_at;
	char address[46];
	char browser[128];
	char qnap_user[65]; /* QTS user that it belongs to; "" = the owner, by password */
};
int store_session_add(struct store *s, const struct session_row *r, struct err *e);
int store_session_find(
	struct store *s, const char *hash, struct session_row *ret, bool *ret_found, struct err *e);
int store_session_touch(struct store *s, const char *hash, msec seen, struct err *e);
int store_session_delete(struct store *s, const char *id, bool *ret_found, struct err *e);
int store_session_delete_except(
	struct store *s, const char *keep_id, struct err *e);  /* NULL = all */
int store_session_delete_qnap(struct store *s, struct err *e); /* all that QTS users began */
int store_sessions(struct store *s, struct session_row **ret, size_t *ret_n, struct err *e);

struct token_row {
	int64_t id;
	char name[64];
	enum scope scope;
	char hash[65]; /* SHA-256 of the value */
	msec created_at;
	msec expires_at;   /* 0 = never */
	msec last_used_at; /* 0 = never */
	char last_used_from[46];
};
int store_token_add(struct store *s, struct token_row *r, struct err *e); /* writes r->id */
int store_token_find(
	struct store *s, const char *hash, struct token_row *ret, bool *ret_found, struct err *e);
int store_token_touch(struct store *s, int64_t id, msec at, const char *from, struct err *e);
int store_token_delete(struct store *s, int64_t id, bool *ret_found, struct err *e);
int store_tokens(struct store *s, struct token_row **ret, size_t *ret_n, struct err *e);

/* ---- wanted stacks (JSON as domain/wanted writes it) ---- */
struct stack_rows {
	json_t **items; /* objects */
	size_t n;
};
void stack_rows_free(struct stack_rows *r);
int store_stacks(struct store *s, struct stack_rows *ret, struct err *e);
int store_stack_put(struct store *s, const char *name, const json_t *wanted, struct err *e);
int store_stack_delete(struct store *s, const char *name, struct err *e); /* secrets stay */

/* ---- secrets: write-only for everybody but the step that hands them to a service ---- */
int store_secret_set(struct store *s, const char *stack, const char *service, const char *key,
	const char *value, msec at, struct err *e); /* NULL or "" = delete */
int store_secret_get(struct store *s, const char *stack, const char *service, const char *key,
	char **ret_value, struct err *e); /* NULL when unset */
/* Ends the wait of secrets that came with a job: true = they replace the present ones, false = they
 * are forgotten. Nothing waiting = nothing done. */
int store_secrets_settle(struct store *s, const char *stack, bool keep, msec at, struct err *e);
/* The waiting value of a secret if there is one (*ret_value "" = to be deleted), else the present
 * one. */
int store_secret_next(struct store *s, const char *stack, const char *service, const char *key,
	char **ret_value, struct err *e);
/* {key: set_at} of one service, owned by the caller. */
int store_secret_times(
	struct store *s, const char *stack, const char *service, json_t **ret, struct err *e);
/* Every secret value there is (for masking logs); owned by the caller: array of strings. */
int store_secret_values(struct store *s, json_t **ret, struct err *e);

/* ---- jobs and their journal ---- */

/* One transaction: refuses with job.running (and *ret_busy = the job's id) when the stack has a
 * job that has not ended; with an idem_key that this actor used before, stores nothing and gives
 * that job's id and *ret_repeated = true (job.key_reused when the request's hash differs). Keys are
 * kept for 30 days. */
struct job_request {
	struct job *job;       /* id is written */
	const char *idem_key;  /* or NULL */
	const char *idem_hash; /* of the request */
	struct event *event;   /* that it was asked for, or NULL: id and data.job are written */
	const json_t *secrets; /* {service: {KEY: value or null}} that come with it, or NULL: kept
				* beside the present ones until store_secrets_settle() */
	int64_t ret_busy;
	bool ret_repeated;
};
/* The job of a repeated request, 0 = none; job.key_reused as above. */
int store_idem_find(struct store *s, const char *actor, const char *key, const char *hash,
	int64_t *ret_job, struct err *e);
int store_job_add(struct store *s, struct job_request *r, struct err *e);
/* State, times, waiting, error, cancel, down_ms. */
int store_job_update(struct store *s, const struct job *j, struct err *e);
/* Its end and the event that tells it (id is written), in one transaction. */
int store_job_end(struct store *s, const struct job *j, struct event *ev, struct err *e);
/* State, times, result and note of one step: the journal. Synced to disk before it returns. */
int store_step_update(struct store *s, int64_t job, const struct step *st, struct err *e);
int store_job_get(struct store *s, int64_t id, struct job *ret, struct err *e); /* job.missing */
/* Ids, newest first; stack NULL = all; open_only = those that have not ended (oldest first then).
 */
int store_job_ids(struct store *s, const char *stack, bool open_only, int limit, int64_t **ret,
	size_t *ret_n, struct err *e);

/* ---- events ---- */
int store_event_add(struct store *s, struct event *ev, struct err *e); /* writes ev->id */
struct event_rows {
	struct event *items;
	size_t n;
};
void event_rows_free(struct event_rows *r);
#define autoevents cleanup(event_rows_free)
/* after ≥ 0: ids above it, oldest first. before > 0: ids below it, newest first. Neither (-1, 0):
 * the newest, newest first. stack NULL = all. */
int store_events(struct store *s, int64_t after, int64_t before, const char *stack, int limit,
	struct event_rows *ret, struct err *e);
/* Those of a time, both ends included (wall clock): the newest, newest first. stack NULL = all. */
int store_events_between(struct store *s, msec from, msec to, const char *stack, int limit,
	struct event_rows *ret, struct err *e);
/* What of them stands on a chart: kills, changes of limits, ends of jobs; in each of so many equal
 * parts of the time only the weightiest. Newest first. */
int store_event_marks(struct store *s, msec from, msec to, const char *stack, int parts,
	struct event_rows *ret, struct err *e);
int64_t store_last_event_id(struct store *s);

/* ---- incidents (facts as domain/incident writes them) ---- */

#define INCIDENTS_KEPT 60 /* of a stack; older ones go */
/* detail: what was gathered around it, opaque here. */
int store_incident_add(struct store *s, const char *stack, const json_t *facts,
	const json_t *detail, int64_t *ret_id, struct err *e);
/* Some of the facts (RFC 7396: the others stay, null takes one away), and the detail unless it is
 * NULL; the id stays. */
int store_incident_change(
	struct store *s, int64_t id, const json_t *some, const json_t *detail, struct err *e);
/* Facts, each with its "id", newest first: an array owned by the caller. */
int store_incidents(struct store *s, const char *stack, int limit, json_t **ret, struct err *e);
/* Facts (with "id") and detail, owned by the caller; incident.missing. */
int store_incident_get(struct store *s, const char *stack, int64_t id, json_t **ret_facts,
	json_t **ret_detail, struct err *e);

#endif
