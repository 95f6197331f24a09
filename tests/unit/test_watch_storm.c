/* services/watch_storm: what was recorded the usual way, minute by minute, is what a storm is
 * judged by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "history_stage.h"
#include "services/watch_priv.h"
#include "services/world.h"

#define MINUTE_MS ((msec)60000)
#define OF_THE_STORM 12 /* minutes */
#define MIB 1048576.0

static struct sky {
	struct history *history;
	struct stack stack;
	struct service service;
	struct service_facts facts;
	struct world world;
	struct app app;
	struct watch watch;
} sky;

static int make_sky(void **state)
{
	if (make_folder(state))
		return -1;
	sky = (struct sky){.history = must_open()};
	sky.service.name = "node";
	sky.stack = (struct stack){.name = "home", .services = &sky.service, .n_services = 1};
	sky.facts = (struct service_facts){.stack = "home", .service = "node"};
	sky.facts.container = (struct container){.presence = PRESENCE_YES, .pid = 4711};
	sky.facts.container.started_at = clock_wall() - 48 * 60 * MINUTE_MS;
	sky.world = (struct world){.lock = PTHREAD_MUTEX_INITIALIZER,
		.stacks = &sky.stack,
		.n_stacks = 1,
		.services = &sky.facts,
		.n_services = 1};
	sky.app = (struct app){.history = sky.history, .world = &sky.world};
	sky.watch.app = &sky.app;
	return 0;
}

static int drop_sky(void **state)
{
	history_close(sky.history);
	return drop_folder(state);
}

static void put(const char *series, msec at, double value)
{
	history_put(sky.history, history_entity(sky.history, "home/node"),
		history_series(sky.history, series), at, value);
}

/* A day at the head of the chain, read each twenty seconds; the last minutes are an attack. */
static void record_a_day(bool attacked)
{
	msec end = clock_wall() / MINUTE_MS * MINUTE_MS;
	double block = 2283000, need = 900 * MIB;

	for (msec at = end - 1440 * MINUTE_MS; at < end; at += 20000) {
		bool storm = attacked && at >= end - OF_THE_STORM * MINUTE_MS;

		block += storm ? 20.0 / 50 : 20.0 / 15;
		need += storm ? 12 * MIB : 0;
		put("memory_needed", at, need);
		put("block", at, block);
		put("behind", at, 0);
		put("peers", at, storm ? 7 : 25);
	}
	must_flush(sky.history);
}

static void look(void)
{
	sky.watch.storm_next = 0;
	watch_for_storms(&sky.watch);
}

static void an_attack_is_seen_in_the_record(void **state)
{
	const struct storm *s = &sky.facts.storm;

	(void)state;
	record_a_day(true);
	look();
	assert_true(s->on);
	for (int i = 0; i < STORM_SIGNS; i++)
		assert_true(s->sign[i].out);
	assert_true(s->sign[STORM_BLOCKS].usual > 13 && s->sign[STORM_BLOCKS].usual < 17);
	assert_true(s->sign[STORM_BLOCKS].now > 45 && s->sign[STORM_BLOCKS].now < 55);
	assert_true(s->sign[STORM_MEMORY].now > 30 * MIB && s->sign[STORM_MEMORY].now < 40 * MIB);
	assert_true(s->sign[STORM_PEERS].now == 7 && s->sign[STORM_PEERS].usual == 25);
	assert_true(s->since < clock_wall() && s->since > clock_wall() - 13 * MINUTE_MS);
}

static void an_ordinary_day_is_none(void **state)
{
	(void)state;
	record_a_day(false);
	look();
	assert_false(sky.facts.storm.on);
}

static void a_node_that_was_just_started_is_let_be(void **state)
{
	(void)state;
	record_a_day(true);
	sky.facts.container.started_at = clock_wall() - 20 * MINUTE_MS;
	look();
	assert_false(sky.facts.storm.on);
}

static void a_node_that_does_not_run_is_not_looked_at(void **state)
{
	(void)state;
	record_a_day(true);
	sky.facts.container.pid = 0;
	look();
	assert_false(sky.facts.storm.on);
}

static void without_a_record_nothing_is_said(void **state)
{
	(void)state;
	look();
	assert_false(sky.facts.storm.on);
}

#define STAGED(t) cmocka_unit_test_setup_teardown(t, make_sky, drop_sky)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGED(an_attack_is_seen_in_the_record),
		STAGED(an_ordinary_day_is_none),
		STAGED(a_node_that_was_just_started_is_let_be),
		STAGED(a_node_that_does_not_run_is_not_looked_at),
		STAGED(without_a_record_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
