/* io/store: stacks, jobs and their journal, repeated requests, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/store_stage.h"

/* ---- stacks ---- */

static void stacks_are_kept_by_name(void **state)
{
	autojson json_t *a = js("{\"name\":\"b\",\"x\":1}"), *b = js("{\"name\":\"a\"}"),
			*c = js("{\"name\":\"b\",\"x\":2}");
	struct stack_rows rows = {0};

	(void)state;
	OK(store_stacks(s, &rows, &e));
	assert_int_equal(rows.n, 0);
	OK(store_stack_put(s, "b", a, &e));
	OK(store_stack_put(s, "a", b, &e));
	OK(store_stack_put(s, "b", c, &e));
	reopen();
	OK(store_stacks(s, &rows, &e));
	assert_int_equal(rows.n, 2);
	assert_true(json_equal(rows.items[0], b));
	assert_true(json_equal(rows.items[1], c));
	stack_rows_free(&rows);
	OK(store_stack_delete(s, "b", &e));
	OK(store_stacks(s, &rows, &e));
	assert_int_equal(rows.n, 1);
	stack_rows_free(&rows);
}

static void a_damaged_stack_is_no_half_list(void **state)
{
	autojson json_t *a = js("{\"name\":\"a\"}");
	struct stack_rows rows = {0};

	(void)state;
	OK(store_stack_put(s, "a", a, &e));
	OK(store_stack_put(s, "b", a, &e));
	sql("UPDATE stack SET wanted='{' WHERE name='b'");
	FAILS(store_stacks(s, &rows, &e), "state.unreadable");
	assert_int_equal(rows.n, 0);
	assert_null(rows.items);
}

/* ---- jobs ---- */

static int64_t add_job(const char *stack)
{
	autojob struct job j = {0};
	struct job_request r = {.job = &j};

	make_job(&j, stack);
	OK(store_job_add(s, &r, &e));
	return j.id;
}

static void same_step(const struct step *a, const struct step *b)
{
	assert_int_equal(a->n, b->n);
	assert_string_equal(a->kind, b->kind);
	assert_string_equal(a->title, b->title);
	assert_string_equal(a->detail ? a->detail : "", b->detail ? b->detail : "");
	assert_string_equal(a->undo ? a->undo : "", b->undo ? b->undo : "");
	assert_string_equal(a->docker ? a->docker : "NULL", b->docker ? b->docker : "NULL");
	assert_true(json_equal(a->writes, b->writes));
	assert_true(json_equal(a->args, b->args));
	assert_int_equal(a->down, b->down);
	assert_int_equal(a->expected_s, b->expected_s);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->started_at, b->started_at);
	assert_int_equal(a->ended_at, b->ended_at);
	assert_true(json_equal(a->result, b->result) || (!a->result && !b->result));
	assert_string_equal(a->note ? a->note : "NULL", b->note ? b->note : "NULL");
}

static void same_job(const struct job *a)
{
	autojob struct job b = {0};

	OK(store_job_get(s, a->id, &b, &e));
	assert_int_equal(b.id, a->id);
	assert_int_equal(b.state, a->state);
	assert_string_equal(b.actor, a->actor);
	assert_int_equal(b.cancel, a->cancel);
	assert_string_equal(b.waiting, a->waiting);
	assert_int_equal(b.error.kind, a->error.kind);
	assert_string_equal(b.error.code, a->error.code);
	assert_string_equal(b.error.message, a->error.message);
	assert_int_equal(b.created_at, a->created_at);
	assert_int_equal(b.started_at, a->started_at);
	assert_int_equal(b.ended_at, a->ended_at);
	assert_int_equal(b.down_ms, a->down_ms);
	assert_string_equal(b.plan.action, a->plan.action);
	assert_string_equal(b.plan.stack, a->plan.stack);
	assert_string_equal(b.plan.title, a->plan.title);
	assert_string_equal(b.plan.undo, a->plan.undo);
	assert_int_equal(b.plan.down, a->plan.down);
	assert_int_equal(b.plan.down_expected_s, a->plan.down_expected_s);
	assert_int_equal(b.plan.one_way, a->plan.one_way);
	assert_true(json_equal(b.plan.warnings, a->plan.warnings));
	assert_true(json_equal(b.plan.data, a->plan.data));
	assert_int_equal(b.plan.n_steps, a->plan.n_steps);
	for (size_t i = 0; i < b.plan.n_steps; i++)
		same_step(&b.plan.steps[i], &a->plan.steps[i]);
}

static void a_job_and_its_journal_survive_a_restart(void **state)
{
	autojob struct job j = {0};
	struct job_request r = {.job = &j};
	struct step *st;

	(void)state;
	make_job(&j, "x");
	OK(store_job_add(s, &r, &e));
	assert_true(j.id > 0);
	assert_false(r.ret_repeated);
	reopen();
	same_job(&j);
	st = &j.plan.steps[0];
	st->state = STEP_RUNNING;
	st->started_at = 1100;
	OK(store_step_update(s, j.id, st, &e));
	st->state = STEP_DONE;
	st->ended_at = 1200;
	st->result = js("{\"id\":\"abc\",\"made\":true}");
	st->note = xstrdup("12 MB");
	OK(store_step_update(s, j.id, st, &e));
	j.plan.steps[1].state = STEP_FAILED;
	OK(store_step_update(s, j.id, &j.plan.steps[1], &e));
	j.state = JOB_ROLLING_BACK;
	j.cancel = true;
	j.started_at = 1050;
	j.down_ms = 300;
	snprintf(j.waiting, sizeof(j.waiting), "stop.slow");
	err_set(&j.error, ERR_CONFLICT, "service.ended", "it said \"no\"");
	OK(store_job_update(s, &j, &e));
	reopen();
	same_job(&j);
}

static void every_state_comes_back_as_it_was(void **state)
{
	autojob struct job j = {0};
	struct job_request r = {.job = &j};

	(void)state;
	make_job(&j, "x");
	OK(store_job_add(s, &r, &e));
	for (int k = JOB_QUEUED; k <= JOB_ROLLED_BACK; k++) {
		j.state = (enum job_state)k;
		OK(store_job_update(s, &j, &e));
		same_job(&j);
	}
	for (int k = STEP_PENDING; k <= STEP_SKIPPED; k++) {
		j.plan.steps[0].state = (enum step_state)k;
		OK(store_step_update(s, j.id, &j.plan.steps[0], &e));
		same_job(&j);
	}
}

static void a_busy_stack_takes_no_second_job(void **state)
{
	autojob struct job j = {0}, k = {0};
	struct job_request r = {.job = &j}, q = {.job = &k};
	int64_t first = add_job("x");

	(void)state;
	make_job(&j, "x");
	FAILS(store_job_add(s, &r, &e), "job.running");
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_equal(r.ret_busy, first);
	assert_int_equal(sql_int("SELECT count(*) FROM job"), 1);
	assert_int_equal(sql_int("SELECT count(*) FROM step"), 2);
	make_job(&k, "another"); /* each stack on its own */
	OK(store_job_add(s, &q, &e));
	{
		autojob struct job done = {0};

		OK(store_job_get(s, first, &done, &e));
		done.state = JOB_FAILED;
		OK(store_job_update(s, &done, &e));
	}
	OK(store_job_add(s, &r, &e));
}

static void a_missing_job_has_its_code(void **state)
{
	struct job j = {0};

	(void)state;
	FAILS(store_job_get(s, 4711, &j, &e), "job.missing");
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_null(j.plan.steps);
}

static void job_ids_are_listed_newest_or_oldest_first(void **state)
{
	autofree int64_t *all = NULL, *open = NULL, *of = NULL, *few = NULL;
	int64_t a = add_job("a"), b = add_job("b"), c = add_job("c");
	autojob struct job j = {0};
	size_t n;

	(void)state;
	OK(store_job_get(s, b, &j, &e));
	j.state = JOB_DONE;
	OK(store_job_update(s, &j, &e));
	OK(store_job_ids(s, NULL, false, 10, &all, &n, &e));
	assert_int_equal(n, 3);
	assert_true(all[0] == c && all[1] == b && all[2] == a);
	OK(store_job_ids(s, NULL, true, 10, &open, &n, &e));
	assert_int_equal(n, 2);
	assert_true(open[0] == a && open[1] == c);
	OK(store_job_ids(s, "b", false, 10, &of, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(of[0], b);
	OK(store_job_ids(s, NULL, false, 1, &few, &n, &e));
	assert_int_equal(n, 1);
	assert_int_equal(few[0], c);
}

/* ---- idempotency ---- */

static int keyed(const char *stack, const char *actor, const char *key, const char *hash,
	struct job_request *r, struct job *j)
{
	make_job(j, stack);
	snprintf(j->actor, sizeof(j->actor), "%s", actor);
	*r = (struct job_request){.job = j, .idem_key = key, .idem_hash = hash};
	return store_job_add(s, r, &e);
}

static void a_repeated_request_gives_the_first_job(void **state)
{
	autojob struct job a = {0}, b = {0}, c = {0}, d = {0};
	struct job_request r;
	int64_t job = -1;

	(void)state;
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, 0);
	OK(keyed("x", "owner", "k", "h", &r, &a));
	assert_false(r.ret_repeated);
	reopen();
	/* while it runs: the same, not "busy" */
	OK(keyed("x", "owner", "k", "h", &r, &b));
	assert_true(r.ret_repeated);
	assert_int_equal(b.id, a.id);
	assert_int_equal(sql_int("SELECT count(*) FROM job"), 1);
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, a.id);
	FAILS(store_idem_find(s, "owner", "k", "other", &job, &e), "job.key_reused");
	FAILS(keyed("y", "owner", "k", "other", &r, &c), "job.key_reused");
	assert_int_equal(e.kind, ERR_CONFLICT);
	/* somebody else's key is another key */
	OK(keyed("z", "token:t", "k", "other", &r, &d));
	assert_false(r.ret_repeated);
	assert_true(d.id != a.id);
}

static void a_key_is_forgotten_after_a_month(void **state)
{
	autojob struct job a = {0}, b = {0};
	struct job_request r;
	int64_t job = -1;

	(void)state;
	OK(keyed("x", "owner", "k", "h", &r, &a));
	sql("UPDATE idem SET created_at = created_at - 31 * 86400000");
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, a.id);
	OK(keyed("y", "owner", "k2", "h", &r, &b));
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, 0);
}

static void a_refused_request_does_not_use_its_key_up(void **state)
{
	autojob struct job a = {0};
	struct job_request r;
	int64_t job;

	(void)state;
	add_job("x");
	FAILS(keyed("x", "owner", "k", "h", &r, &a), "job.running");
	OK(store_idem_find(s, "owner", "k", "h", &job, &e));
	assert_int_equal(job, 0);
}

/* ---- secrets ---- */

static void is_secret(const char *key, const char *want, const char *next)
{
	autofree char *value = NULL, *waiting = NULL;

	OK(store_secret_get(s, "x", "relay", key, &value, &e));
	assert_string_equal(value ? value : "(none)", want);
	OK(store_secret_next(s, "x", "relay", key, &waiting, &e));
	assert_string_equal(waiting ? waiting : "(none)", next);
}

static void secrets_are_set_and_deleted(void **state)
{
	autojson json_t *times = NULL, *values = NULL;

	(void)state;
	is_secret("K", "(none)", "(none)");
	OK(store_secret_set(s, "x", "relay", "K", "one", 10, &e));
	OK(store_secret_set(s, "x", "relay", "K", "two", 20, &e));
	OK(store_secret_set(s, "x", "relay", "L", "three", 30, &e));
	OK(store_secret_set(s, "y", "relay", "K", "theirs", 40, &e));
	reopen();
	is_secret("K", "two", "two");
	OK(store_secret_times(s, "x", "relay", &times, &e));
	assert_int_equal(json_object_size(times), 2);
	assert_int_equal(json_int(times, "K", 0), 20);
	OK(store_secret_values(s, &values, &e));
	assert_int_equal(json_array_size(values), 3);
	OK(store_secret_set(s, "x", "relay", "K", "", 50, &e));
	OK(store_secret_set(s, "x", "relay", "L", NULL, 50, &e));
	is_secret("K", "(none)", "(none)");
	is_secret("L", "(none)", "(none)");
	OK(store_stack_delete(s, "y", &e)); /* secrets stay */
	json_drop(&values);
	values = NULL;
	OK(store_secret_values(s, &values, &e));
	assert_int_equal(json_array_size(values), 1);
}

static void job_with_secrets(const char *text)
{
	autojson json_t *secrets = js(text);
	autojob struct job j = {0};
	struct job_request r = {.job = &j, .secrets = secrets};

	make_job(&j, "x");
	OK(store_job_add(s, &r, &e));
	j.state = JOB_DONE;
	OK(store_job_update(s, &j, &e));
}

static void waiting_secrets_replace_the_present_ones(void **state)
{
	autojson json_t *values = NULL, *times = NULL;

	(void)state;
	OK(store_secret_set(s, "x", "relay", "K", "old", 1, &e));
	OK(store_secret_set(s, "x", "relay", "GONE", "old", 1, &e));
	OK(store_secret_set(s, "x", "relay", "STAYS", "same", 1, &e));
	job_with_secrets("{\"relay\":{\"K\":\"new\",\"GONE\":null,\"FIRST\":\"first\"}}");
	reopen();
	is_secret("K", "old", "new");
	is_secret("GONE", "old", "");
	is_secret("FIRST", "(none)", "first");
	is_secret("STAYS", "same", "same");
	OK(store_secret_values(s, &values, &e)); /* waiting ones are masked too */
	assert_int_equal(json_array_size(values), 4);
	OK(store_secrets_settle(s, "another", true, 5, &e));
	is_secret("K", "old", "new");
	OK(store_secrets_settle(s, "x", true, 5, &e));
	is_secret("K", "new", "new");
	is_secret("GONE", "(none)", "(none)");
	is_secret("FIRST", "first", "first");
	is_secret("STAYS", "same", "same");
	OK(store_secret_times(s, "x", "relay", &times, &e));
	assert_int_equal(json_int(times, "K", 0), 5);
	assert_int_equal(json_int(times, "STAYS", 0), 1);
	OK(store_secrets_settle(s, "x", true, 6, &e)); /* nothing waits: nothing done */
	is_secret("K", "new", "new");
}

static void waiting_secrets_are_forgotten_after_a_rollback(void **state)
{
	(void)state;
	OK(store_secret_set(s, "x", "relay", "K", "old", 1, &e));
	job_with_secrets("{\"relay\":{\"K\":\"new\"}}");
	OK(store_secrets_settle(s, "x", false, 5, &e));
	is_secret("K", "old", "old");
	/* what an earlier job left waiting does not come in with a later one */
	job_with_secrets("{\"relay\":{\"K\":\"new\"}}");
	job_with_secrets("{\"relay\":{\"L\":\"l\"}}");
	OK(store_secrets_settle(s, "x", true, 6, &e));
	is_secret("K", "old", "old");
	is_secret("L", "l", "l");
}

static void a_refused_job_leaves_waiting_secrets_alone(void **state)
{
	autojson json_t *secrets = js("{\"relay\":{\"K\":\"third\"}}");
	autojob struct job j = {0};
	struct job_request r = {.job = &j, .secrets = secrets};

	(void)state;
	job_with_secrets("{\"relay\":{\"K\":\"second\"}}");
	add_job("y");
	make_job(&j, "y");
	FAILS(store_job_add(s, &r, &e), "job.running");
	is_secret("K", "(none)", "second");
	assert_int_equal(sql_int("SELECT count(*) FROM secret_next"), 1);
}

/* ---- incidents ---- */

static int64_t add_incident(const char *stack, int n)
{
	autojson json_t *facts = json_pack("{s:i}", "n", n), *detail = json_pack("{s:i}", "d", n);
	int64_t id;

	OK(store_incident_add(s, stack, facts, detail, &id, &e));
	return id;
}

static void the_latest_incidents_are_kept(void **state)
{
	autojson json_t *list = NULL, *facts = NULL, *detail = NULL,
			*some = js("{\"n\":-1,\"seen\":5}"), *more = js("{\"again\":6}");
	int64_t other = add_incident("b", 7), id = 0, first = 0;

	(void)state;
	for (int i = 0; i < INCIDENTS_KEPT + 5; i++) {
		id = add_incident("a", i);
		first = first ? first : id;
	}
	reopen();
	OK(store_incidents(s, "a", 1000, &list, &e));
	assert_int_equal(json_array_size(list), INCIDENTS_KEPT);
	assert_int_equal(json_int(json_array_get(list, 0), "id", 0), id);
	assert_int_equal(json_int(json_array_get(list, 0), "n", 0), INCIDENTS_KEPT + 4);
	OK(store_incident_get(s, "b", other, &facts, &detail, &e));
	assert_int_equal(json_int(detail, "d", 0), 7);
	FAILS(store_incident_get(s, "a", other, &facts, &detail, &e), "incident.missing");
	FAILS(store_incident_get(s, "a", first, &facts, &detail, &e), "incident.missing");
	OK(store_incident_change(s, other, some, NULL, &e));
	OK(store_incident_change(s, other, more, NULL, &e));
	json_decref(take(facts));
	json_decref(take(detail));
	OK(store_incident_get(s, "b", other, &facts, &detail, &e));
	assert_int_equal(json_int(facts, "n", 0), -1);
	assert_int_equal(json_int(facts, "seen", 0), 5);
	assert_int_equal(json_int(facts, "again", 0), 6);
	assert_int_equal(json_int(detail, "d", 0), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(stacks_are_kept_by_name),
		OPEN(a_damaged_stack_is_no_half_list),
		OPEN(a_job_and_its_journal_survive_a_restart),
		OPEN(every_state_comes_back_as_it_was),
		OPEN(a_busy_stack_takes_no_second_job),
		OPEN(a_missing_job_has_its_code),
		OPEN(job_ids_are_listed_newest_or_oldest_first),
		OPEN(a_repeated_request_gives_the_first_job),
		OPEN(a_key_is_forgotten_after_a_month),
		OPEN(a_refused_request_does_not_use_its_key_up),
		OPEN(secrets_are_set_and_deleted),
		OPEN(waiting_secrets_replace_the_present_ones),
		OPEN(waiting_secrets_are_forgotten_after_a_rollback),
		OPEN(a_refused_job_leaves_waiting_secrets_alone),
		OPEN(the_latest_incidents_are_kept),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
