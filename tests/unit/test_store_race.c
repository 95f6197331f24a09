/* io/store: threads and programs that write at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/store_stage.h"

#include <pthread.h>

/* ---- several at once ---- */

#define EACH 60

struct writer {
	pthread_t thread;
	struct store *store;
	struct err e;
	int failed;
};

static void *write_events(void *arg)
{
	struct writer *w = arg;

	for (int i = 0; i < EACH; i++) {
		autoevent struct event ev = {.at = i,
			.type = xstrdup("stack"),
			.actor = xstrdup("o"),
			.message = xstrdup("m"),
			.data = json_object()};
		autofree char *value = NULL;

		w->failed |= store_event_add(w->store, &ev, &w->e);
		w->failed |= store_setting_set(w->store, "k", "v", &w->e);
		w->failed |= store_setting_get(w->store, "k", &value, &w->e);
	}
	return NULL;
}

static void write_at_once(struct store *one, struct store *two)
{
	struct writer w[2] = {{.store = one}, {.store = two}};
	autoevents struct event_rows rows = {0};

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, write_events, &w[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	for (int i = 0; i < 2; i++)
		if (w[i].failed)
			fail_msg("%s: %s", w[i].e.code, w[i].e.message);
	OK(store_events(s, 0, 0, NULL, 1000, &rows, &e));
	assert_int_equal(rows.n, 2 * EACH);
	for (size_t i = 0; i < rows.n; i++)
		assert_int_equal(rows.items[i].id, (int64_t)i + 1);
}

static void two_threads_write_at_once(void **state)
{
	(void)state;
	write_at_once(s, s);
}

static void two_programs_write_at_once(void **state)
{
	struct store *other;

	(void)state;
	OK(store_open(folder, false, &other, &e));
	write_at_once(s, other);
	store_close(other);
}

static void *submit(void *arg)
{
	struct writer *w = arg;
	autojob struct job j = {0};
	struct job_request r = {.job = &j};

	make_job(&j, "x");
	w->failed = store_job_add(w->store, &r, &w->e);
	return NULL;
}

static void of_two_jobs_at_once_one_is_refused(void **state)
{
	struct store *other;
	struct writer w[2] = {{0}};

	(void)state;
	OK(store_open(folder, false, &other, &e));
	w[0].store = s;
	w[1].store = other;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, submit, &w[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	store_close(other);
	assert_int_equal(w[0].failed + w[1].failed, -1);
	assert_string_equal(w[w[0].failed ? 0 : 1].e.code, "job.running");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(two_threads_write_at_once),
		OPEN(two_programs_write_at_once),
		OPEN(of_two_jobs_at_once_one_is_refused),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
