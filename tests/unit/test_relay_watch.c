/* A relay, its node, its server and the watchdog, second by second in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/relay_watch.h"

#define MINUTE 60
#define HOUR 3600
#define RESTART_S 8 /* a restart's job */

enum mood {
	HEALTHY,
	FROZEN,	   /* stopped: connected, sends nothing */
	LOST,	   /* lost its filters: pings, but no block */
	GAVE_UP,   /* its tries are used up: no connection */
	SLOW_START /* does not do anything yet */
};

struct sim {
	struct relay_watch w;
	msec now, block_ms, block_at, looked_at, look_at, sent_at, job_until;
	int64_t head, page;
	enum mood mood;
	bool server, feed, listed, link_known, synced, able, incurable;
	bool connected, vanished; /* vanished: the connection seems to be there */
	enum relay_reach reach;
	bool seen_listed;
	int64_t seen_block;
	enum relay_verdict verdict;
	msec restarts[200];
	int n_restarts;
	msec silent_at; /* first SILENT since the mood changed */
};

static struct sim begin(msec block_ms)
{
	struct sim s = {.now = 1000000,
		.block_ms = block_ms,
		.head = 500,
		.page = 500,
		.server = true,
		.feed = true,
		.listed = true,
		.link_known = true,
		.synced = true,
		.able = true,
		.connected = true};

	s.sent_at = s.block_at = s.now;
	relay_watch_init(&s.w);
	relay_watch_started(&s.w, s.now, 0);
	return s;
}

static void live(struct sim *s)
{
	if (s->block_ms && s->now - s->block_at >= s->block_ms) {
		s->head++;
		s->block_at = s->now;
	}
	if (!s->server)
		s->connected = false;
	else if (s->mood != GAVE_UP && s->mood != SLOW_START)
		s->connected = true;
	if (s->mood == GAVE_UP || s->mood == SLOW_START)
		s->connected = false;
	if (s->vanished) {
		s->connected = true;
		if (s->now % 300000 == 0) /* what waits is sent once more */
			s->sent_at = s->now;
		return;
	}
	if (!s->connected || s->mood == FROZEN)
		return;
	s->sent_at = s->now;
	if (s->mood == HEALTHY)
		s->page = s->head;
}

static void look_at_page(struct sim *s)
{
	if (s->now < s->look_at)
		return;
	s->reach = !s->server ? REACH_AWAY : !s->feed ? REACH_NO_FEED : REACH_SEEN;
	s->looked_at = s->now;
	s->seen_listed = s->listed;
	s->seen_block = s->listed ? s->page : -1;
	s->look_at = s->now + 20000;
}

static void restart(struct sim *s)
{
	assert_true(s->n_restarts < 200);
	s->restarts[s->n_restarts++] = s->now;
	relay_watch_restarted(&s->w, s->now);
	s->job_until = s->now + RESTART_S * 1000;
}

static void end_of_job(struct sim *s)
{
	s->job_until = 0;
	if (!s->incurable)
		s->mood = HEALTHY;
	relay_watch_started(&s->w, s->now, 1000);
}

static void second(struct sim *s)
{
	struct relay_watch_obs o;

	s->now += 1000;
	live(s);
	if (s->job_until && s->now >= s->job_until)
		end_of_job(s);
	look_at_page(s);
	o = (struct relay_watch_obs){.at = s->now,
		.able = s->able && !s->job_until,
		.head = s->synced ? s->head : -1,
		.link = !s->link_known ? LINK_UNKNOWN
			: s->connected ? LINK_UP
				       : LINK_DOWN,
		.sent_ago = s->link_known && s->connected ? s->now - s->sent_at : -1,
		.waits = s->vanished,
		.reach = s->reach,
		.looked_at = s->looked_at,
		.listed = s->seen_listed,
		.block = s->seen_block};
	s->verdict = relay_watch_look(&s->w, &o);
	if (s->verdict == RELAY_SILENT && !s->silent_at)
		s->silent_at = s->now;
	if (relay_watch_curious(&s->w) && s->look_at > s->looked_at + 10000)
		s->look_at = s->looked_at + 10000;
	if (s->verdict == RELAY_RESTART)
		restart(s);
}

static void run(struct sim *s, int seconds)
{
	for (int i = 0; i < seconds; i++)
		second(s);
}

static void turn(struct sim *s, enum mood m)
{
	s->mood = m;
	s->silent_at = 0;
}

/* No hour with more than five of them. */
static void never_more_than_five(const struct sim *s)
{
	for (int i = 0; i + RELAY_WATCH_MAX < s->n_restarts; i++)
		assert_true(s->restarts[i + RELAY_WATCH_MAX] - s->restarts[i] >= HOUR * 1000);
}

/* ---- a healthy relay ---- */

static void a_healthy_one_is_left_alone(void **state)
{
	static const msec paces[] = {1000, 2000, 5000, 13000, 60000, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(paces) / sizeof(*paces); i++) {
		struct sim s = begin(paces[i]);

		for (int k = 0; k < HOUR; k++) {
			second(&s);
			assert_true(s.verdict == RELAY_WELL || s.verdict == RELAY_UNJUDGED);
			if (k > 2 * MINUTE && paces[i])
				assert_int_equal(s.verdict, RELAY_WELL);
		}
		assert_int_equal(s.n_restarts, 0);
	}
}

/* A chain that has blocks only when there is something to put in: silence, then many at once. */
static void bursts_are_no_fault(void **state)
{
	struct sim s = begin(0);

	(void)state;
	for (int k = 0; k < HOUR; k++) {
		if (k % 400 == 0)
			s.head += 5;
		second(&s);
		assert_true(s.verdict == RELAY_WELL || s.verdict == RELAY_UNJUDGED);
	}
}

/* Ten seconds behind for ever. */
static void a_slow_one_is_no_fault(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	turn(&s, LOST);
	for (int k = 0; k < HOUR; k++) {
		if (s.head > s.page + 5)
			s.page = s.head - 5;
		second(&s);
		assert_true(s.verdict == RELAY_WELL || s.verdict == RELAY_UNJUDGED);
	}
}

static void a_slow_start_has_its_time(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	turn(&s, SLOW_START);
	run(&s, 110);
	turn(&s, HEALTHY);
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
}

/* ---- one that relays no more ---- */

static void noticed_and_put_right(enum mood m, msec block_ms, int within_s, enum relay_fault f)
{
	for (int phase = 0; phase < 31; phase++) {
		struct sim s = begin(block_ms);
		msec at;

		run(&s, 10 * MINUTE + phase);
		assert_int_equal(s.verdict, RELAY_WELL);
		turn(&s, m);
		at = s.now;
		for (int i = 0; i < within_s && !s.silent_at; i++)
			second(&s);
		assert_true(s.silent_at > at);
		assert_int_equal(s.w.fault, f);
		assert_true(s.w.blocks >= 2);
		assert_true(s.now - s.w.since >= (f == RELAY_NOT_CONNECTED ? 60000 : 25000));
		assert_true(s.w.next_at > s.now);
		assert_int_equal(s.n_restarts, 0);
		run(&s, 6);
		assert_int_equal(s.n_restarts, 1);
		run(&s, 3 * MINUTE);
		assert_int_equal(s.verdict, RELAY_WELL);
		run(&s, HOUR);
		assert_int_equal(s.n_restarts, 1);
	}
}

static void a_frozen_one_is_noticed_within_a_minute(void **state)
{
	(void)state;
	noticed_and_put_right(FROZEN, 2000, 55, RELAY_NO_BLOCK);
	noticed_and_put_right(FROZEN, 13000, 55, RELAY_NO_BLOCK);
}

static void lost_filters_are_noticed_within_a_minute(void **state)
{
	(void)state;
	noticed_and_put_right(LOST, 2000, 55, RELAY_NO_BLOCK);
	noticed_and_put_right(LOST, 13000, 55, RELAY_NO_BLOCK);
	noticed_and_put_right(LOST, 60000, 150, RELAY_NO_BLOCK);
}

/* Once it shows what it had before, as pages behind a cache do. */
static void one_look_proves_nothing(void **state)
{
	struct sim s = begin(2000);
	int64_t old = 0;

	(void)state;
	run(&s, 10 * MINUTE);
	for (int i = 0; i < 20; i++) {
		/* a large page is looked at rarely */
		for (int k = 0; k < 300; k++) {
			s.look_at = s.now + 2000;
			second(&s);
		}
		s.look_at = 0;
		s.page = old = s.seen_block;
		turn(&s, LOST);
		second(&s);
		turn(&s, HEALTHY);
		assert_int_equal(s.seen_block, old);
		run(&s, MINUTE);
		assert_int_equal(s.silent_at, 0);
	}
	assert_int_equal(s.n_restarts, 0);
}

static void used_up_tries_are_noticed(void **state)
{
	(void)state;
	noticed_and_put_right(GAVE_UP, 2000, 65, RELAY_NOT_CONNECTED);
	noticed_and_put_right(GAVE_UP, 13000, 65, RELAY_NOT_CONNECTED);
}

/* It was frozen before this program was started. */
static void an_old_fault_is_noticed(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	relay_watch_init(&s.w);
	relay_watch_started(&s.w, s.now, HOUR * 1000);
	turn(&s, FROZEN);
	run(&s, MINUTE);
	assert_int_equal(s.n_restarts, 1);
}

/* ---- where the page cannot be read ---- */

static void without_a_page_the_connection_counts(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	s.feed = false;
	run(&s, HOUR);
	assert_int_equal(s.verdict, RELAY_WELL);
	assert_false(s.w.by_page);
	turn(&s, LOST); /* cannot be seen there */
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	turn(&s, FROZEN);
	run(&s, MINUTE);
	assert_int_equal(s.n_restarts, 1);
	assert_true(s.silent_at > 0);
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 1);
}

/* Its id is made otherwise than we think: the page proves nothing. */
static void a_name_that_was_never_listed_proves_nothing(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	s.listed = false;
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	assert_int_equal(s.verdict, RELAY_WELL);
	turn(&s, FROZEN);
	run(&s, MINUTE);
	assert_int_equal(s.n_restarts, 1);
}

static void a_name_that_vanished_is_a_fault(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	turn(&s, LOST);
	s.listed = false;
	run(&s, MINUTE + 10);
	assert_int_equal(s.n_restarts, 1);
}

static void nothing_known_is_nothing_judged(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	s.feed = s.link_known = false;
	turn(&s, FROZEN);
	for (int i = 0; i < HOUR; i++) {
		second(&s);
		assert_int_equal(s.verdict, RELAY_UNJUDGED);
	}
}

static void the_page_alone_is_enough(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	s.link_known = false;
	run(&s, 10 * MINUTE);
	turn(&s, FROZEN);
	run(&s, MINUTE + 10);
	assert_int_equal(s.n_restarts, 1);
}

/* ---- what explains silence ---- */

static void a_dead_server_is_not_its_fault(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	s.server = false;
	run(&s, 2 * HOUR);
	assert_int_equal(s.n_restarts, 0);
	assert_int_equal(s.verdict, RELAY_UNJUDGED);
	s.server = true;
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	assert_int_equal(s.verdict, RELAY_WELL);
	s.server = false;
	turn(&s, GAVE_UP);
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	s.server = true;
	run(&s, 2 * MINUTE);
	assert_int_equal(s.n_restarts, 1);
	/* a machine that vanished: the connection seems to be there, what is sent is lost */
	s.server = false;
	s.vanished = true;
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 1);
}

/* A name that only containers can resolve: nothing is known of the server, but silence is. */
static void silence_counts_without_its_server(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	for (int i = 0; i < HOUR; i++) {
		s.look_at = s.now + 2000;
		s.reach = REACH_AWAY;
		second(&s);
	}
	assert_int_equal(s.n_restarts, 0);
	turn(&s, FROZEN);
	for (int i = 0; i < MINUTE; i++) {
		s.look_at = s.now + 2000;
		second(&s);
	}
	assert_int_equal(s.n_restarts, 1);
	assert_int_equal(s.restarts[0] > 0, 1);
}

static void a_node_that_stands_or_syncs_explains_it(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	turn(&s, FROZEN);
	s.block_ms = 0;
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	s.block_ms = 2000;
	s.synced = false;
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	assert_int_equal(s.verdict, RELAY_UNJUDGED);
	s.synced = true;
	s.able = false; /* a job, a pause, an engine that is away */
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 0);
	s.able = true;
	run(&s, 25);
	assert_int_equal(s.n_restarts, 0); /* all that time counts for nothing */
	run(&s, MINUTE);
	assert_int_equal(s.n_restarts, 1);
}

static void time_that_was_not_watched_counts_for_nothing(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	for (int i = 0; i < 20; i++) {
		turn(&s, FROZEN);
		run(&s, 25);
		s.now += HOUR * 1000; /* suspended, or a thread that was held up */
		s.head += 1000;
		run(&s, 25);
		assert_int_equal(s.silent_at, 0);
		turn(&s, HEALTHY);
		run(&s, 2 * MINUTE);
		assert_int_equal(s.verdict, RELAY_WELL);
	}
	assert_int_equal(s.n_restarts, 0);
}

/* ---- giving up ---- */

static void it_gives_up_and_tries_ever_more_rarely(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	s.incurable = true;
	turn(&s, FROZEN);
	run(&s, HOUR);
	assert_int_equal(s.n_restarts, 5);
	assert_int_equal(s.verdict, RELAY_GAVE_UP);
	assert_true(s.w.next_at > s.now && s.w.next_at <= s.restarts[4] + HOUR * 1000);
	assert_int_equal(relay_watch_restarts(&s.w, s.now), 5);
	for (int i = 1; i < 5; i++) /* ever longer */
		assert_true(s.restarts[i] - s.restarts[i - 1] >= (MINUTE * 1000 << i));
	run(&s, 24 * HOUR);
	never_more_than_five(&s);
	assert_in_range(s.n_restarts, 8, 12);
	assert_int_equal(s.verdict, RELAY_GAVE_UP);
}

static void a_person_begins_it_anew(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	s.incurable = true;
	turn(&s, FROZEN);
	run(&s, HOUR);
	assert_int_equal(s.verdict, RELAY_GAVE_UP);
	relay_watch_arm(&s.w);
	relay_watch_started(&s.w, s.now, 0); /* "Try now" */
	assert_int_equal(relay_watch_restarts(&s.w, s.now), 0);
	s.incurable = false;
	run(&s, 3 * MINUTE);
	assert_int_equal(s.n_restarts, 6);
	assert_int_equal(s.verdict, RELAY_WELL);
}

/* Cured each time, and soon at fault again. */
static void relapses_are_counted_as_well(void **state)
{
	(void)state;
	for (int every = MINUTE; every < 20 * MINUTE; every += 67) {
		struct sim s = begin(2000);

		run(&s, 10 * MINUTE);
		for (int i = 0; i < 12 * HOUR / every && s.n_restarts < 190; i++) {
			if (!s.job_until)
				turn(&s, FROZEN);
			run(&s, every);
		}
		assert_true(s.n_restarts >= 5);
		never_more_than_five(&s);
	}
}

static void a_new_trouble_is_acted_upon_at_once(void **state)
{
	struct sim s = begin(2000);

	(void)state;
	run(&s, 10 * MINUTE);
	for (int i = 1; i <= 12; i++) {
		turn(&s, FROZEN);
		run(&s, MINUTE + 10);
		assert_int_equal(s.n_restarts, i);
		run(&s, 20 * MINUTE);
		assert_int_equal(s.verdict, RELAY_WELL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_one_is_left_alone),
		cmocka_unit_test(bursts_are_no_fault),
		cmocka_unit_test(a_slow_one_is_no_fault),
		cmocka_unit_test(a_slow_start_has_its_time),
		cmocka_unit_test(a_frozen_one_is_noticed_within_a_minute),
		cmocka_unit_test(lost_filters_are_noticed_within_a_minute),
		cmocka_unit_test(one_look_proves_nothing),
		cmocka_unit_test(used_up_tries_are_noticed),
		cmocka_unit_test(an_old_fault_is_noticed),
		cmocka_unit_test(without_a_page_the_connection_counts),
		cmocka_unit_test(a_name_that_was_never_listed_proves_nothing),
		cmocka_unit_test(a_name_that_vanished_is_a_fault),
		cmocka_unit_test(nothing_known_is_nothing_judged),
		cmocka_unit_test(the_page_alone_is_enough),
		cmocka_unit_test(a_dead_server_is_not_its_fault),
		cmocka_unit_test(silence_counts_without_its_server),
		cmocka_unit_test(a_node_that_stands_or_syncs_explains_it),
		cmocka_unit_test(time_that_was_not_watched_counts_for_nothing),
		cmocka_unit_test(it_gives_up_and_tries_ever_more_rarely),
		cmocka_unit_test(a_person_begins_it_anew),
		cmocka_unit_test(relapses_are_counted_as_well),
		cmocka_unit_test(a_new_trouble_is_acted_upon_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
