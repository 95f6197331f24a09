/* domain/incident, domain/incident_ways: one cause from several witnesses, one sentence, and what
 * can be done about it on this NAS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/incident.h"
#include "domain/incident_ways.h"

#include <stdlib.h>
#include <string.h>

#define ID "8f3b0d7c6a5e4f3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b"
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)
#define SP "\xc2\xa0"

/* ---- the verdict ---- */

static const struct kernel_kill own = {.pid = 7, .name = "parity", .container = ID, .limit_of = ID};
static const struct kernel_kill child = {.pid = 8, .name = "sh", .container = ID, .limit_of = ID};
static const struct kernel_kill above = {.pid = 7, .name = "parity", .container = ID};
static const struct kernel_kill host = {
	.pid = 7, .name = "parity", .container = ID, .whole_machine = true};

struct known {
	const struct kernel_kill *kill;
	unsigned witnesses;
	int exit_code; /* -1 = it did not end */
	bool no_log;
	int64_t limit, needed, available, volume_free;
	const char *words;
};

#define K(k, w, code, ...)                                                                         \
	{                                                                                          \
		.kill = (k), .witnesses = (w), .exit_code = (code), ##__VA_ARGS__                  \
	}

static struct incident judged(const struct known *k)
{
	struct evidence_of_end ev = {
		.kills = k->kill,
		.n_kills = k->kill != NULL,
		.log_readable = !k->no_log,
		.witnesses = k->witnesses,
		.ended = k->exit_code >= 0,
		.exit_code = k->exit_code,
		.main_pid = 7,
		.limit = k->limit ? k->limit : GIB,
		.needed = k->needed ? k->needed : GIB - 5 * MIB,
		.host_available = k->available ? k->available : GIB,
		.host_total = 4 * GIB,
		.volume_free = k->volume_free ? k->volume_free : 50 * GIB,
		.last_lines = k->words ? k->words : "",
	};
	struct incident i = {.limit = ev.limit};

	incident_judge(&ev, &i);
	return i;
}

/* The last reading came before the growth, or in the middle of the end. */
static void needs_what_the_kernel_counted(void **state)
{
	struct kernel_kill kills[] = {host, child};
	struct evidence_of_end ev = {.kills = kills,
		.n_kills = 2,
		.log_readable = true,
		.ended = true,
		.exit_code = 137,
		.main_pid = 7,
		.last_lines = ""};
	struct incident i = {.needed = 65 * MIB};

	(void)state;
	kills[0].anon = 300 * MIB;
	kills[1].anon = 900 * MIB; /* not its main process */
	incident_judge(&ev, &i);
	assert_int_equal(i.needed, 300 * MIB);
	i.needed = 310 * MIB;
	incident_judge(&ev, &i);
	assert_int_equal(i.needed, 310 * MIB);
}

/* It was set a moment ago, and no reading has it yet. */
static void the_limit_is_what_the_kernel_says(void **state)
{
	struct kernel_kill kill = own;
	struct evidence_of_end ev = {.kills = &kill,
		.n_kills = 1,
		.log_readable = true,
		.ended = true,
		.exit_code = 137,
		.last_lines = ""};
	struct incident i = {.limit = 700 * MIB};

	(void)state;
	incident_judge(&ev, &i);
	assert_int_equal(i.limit, 700 * MIB); /* not told */
	kill.limit = 74 * MIB;
	incident_judge(&ev, &i);
	assert_int_equal(i.limit, 74 * MIB);
	kill = above;
	kill.limit = 900 * MIB; /* of the group above it */
	i.limit = 74 * MIB;
	incident_judge(&ev, &i);
	assert_int_equal(i.limit, 74 * MIB);
}

static void causes_are_told_apart(void **state)
{
	static const struct {
		struct known known;
		const char *cause;
		bool child;
	} all[] = {
		/* the kernel's log decides, whatever the others say */
		{K(&own, WITNESS_COUNTER | WITNESS_ENGINE_EVENT, 137), "limit", false},
		{K(&own, 0, 137), "limit", false},
		{K(&above, WITNESS_COUNTER, 137), "group", false},
		{K(&host, WITNESS_COUNTER | WITNESS_ENGINE_EVENT, 137), "host", false},
		{K(&child, WITNESS_COUNTER, -1), "limit", true},
		{K(&host, WITNESS_COUNTER, -1), "host", false},	  /* the engine is late */
		{K(&child, WITNESS_COUNTER, 101), "limit", true}, /* and then it gave up */
		/* it cannot be read: figures decide */
		{K(NULL, WITNESS_COUNTER, 137, .no_log = true), "limit", false},
		{K(NULL, WITNESS_ENGINE_EVENT, -1, .no_log = true), "limit", true},
		{K(NULL, WITNESS_ENGINE_FLAG, 137, .no_log = true), "limit", false},
		{K(NULL, WITNESS_COUNTER, 137, .no_log = true, .limit = -1), "host", false},
		{K(NULL, WITNESS_COUNTER, 137, .no_log = true, .needed = 300 * MIB,
			 .available = 90 * MIB),
			"host", false},
		{K(NULL, WITNESS_COUNTER, 137, .no_log = true, .needed = 300 * MIB), "limit",
			false},
		/* the flag is of an earlier kill */
		{K(NULL, WITNESS_ENGINE_FLAG, 137), "killed", false},
		{K(NULL, WITNESS_ENGINE_FLAG, 101, .no_log = true), "ended", false},
		/* the engine tells every container below a limit that was reached */
		{K(NULL, WITNESS_ENGINE_EVENT, 139), "fault", false},
		{K(NULL, WITNESS_ENGINE_EVENT, 137), "limit", false},
		/* no kill for memory */
		{K(NULL, 0, 137), "killed", false},
		{K(NULL, 0, 132), "processor", false},
		{K(NULL, 0, 139), "fault", false},
		{K(NULL, 0, 135), "fault", false},
		{K(NULL, 0, 135, .volume_free = 5 * MIB), "disk", false},
		{K(NULL, 0, 134, .volume_free = 5 * MIB), "disk", false},
		{K(NULL, 0, 134), "ended", false},
		{K(NULL, 0, 101,
			 .words = "IO error: While appending to file: No space left on device"),
			"disk", false},
		{K(NULL, 0, 1, .words = "Database was created with newer client version."),
			"database", false},
		{K(NULL, 0, 1,
			 .words = "Fatal: database version is v9, Geth v1.9 only supports v8"),
			"database", false},
		{K(NULL, 0, 0, .volume_free = 5 * MIB), "ended", false},
		{K(NULL, 0, 1), "ended", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct incident got = judged(&all[i].known);

		if (strcmp(incident_cause_name(got.cause), all[i].cause) ||
			got.child != all[i].child)
			fail_msg("case %zu: %s%s", i, incident_cause_name(got.cause),
				got.child ? ", a child" : "");
	}
}

static void an_end_that_the_engine_has_not_told_yet(void **state)
{
	struct incident i = judged(&(struct known)K(&host, WITNESS_COUNTER, -1));

	(void)state;
	assert_true(i.ended && !i.child);
	assert_int_equal(i.exit_code, 137);
	assert_int_equal(i.witnesses, WITNESS_KERNEL_LOG | WITNESS_COUNTER);
}

static void who_was_only_told_has_no_incident(void **state)
{
	struct evidence_of_end ev = {.log_readable = true, .witnesses = WITNESS_ENGINE_EVENT};

	(void)state;
	assert_true(incident_is_none(&ev));
	ev.log_readable = false; /* then nobody knows better */
	assert_false(incident_is_none(&ev));
	ev.log_readable = true;
	ev.witnesses |= WITNESS_COUNTER;
	assert_false(incident_is_none(&ev));
	ev.witnesses = 0;
	ev.ended = true;
	assert_false(incident_is_none(&ev));
}

static void each_witness_is_named(void **state)
{
	struct incident i = judged(&(struct known)K(
		&own, WITNESS_COUNTER | WITNESS_ENGINE_EVENT | WITNESS_ENGINE_FLAG, 137));
	autojson json_t *j = incident_json(&i);

	(void)state;
	assert_int_equal(json_array_size(json_arr(j, "witnesses")), 5);
	i = judged(&(struct known)K(NULL, WITNESS_ENGINE_FLAG, 139));
	assert_int_equal(i.witnesses, WITNESS_EXIT_CODE);
}

static void it_comes_back_from_the_store(void **state)
{
	struct incident i = judged(&(struct known)K(&child, WITNESS_COUNTER, -1)), back;
	autojson json_t *j = NULL, *again = NULL;

	(void)state;
	i.at = 5;
	i.again_at = 9;
	i.needed = i.cache = i.block = -1;
	snprintf(i.service, sizeof(i.service), "node");
	snprintf(i.container, sizeof(i.container), ID);
	j = incident_json(&i);
	incident_parse(j, &back);
	again = incident_json(&back);
	assert_true(json_equal(j, again));
	assert_true(json_is_null(json_object_get(j, "exit_code")));
}

static void says(const struct known *k, const char *want)
{
	struct incident i = judged(k);
	autofree char *got = NULL;

	i.limit = k->limit ? k->limit : GIB;
	got = incident_sentence(&i, "Parity");
	assert_string_equal(got, want);
}

static void one_sentence_each(void **state)
{
	(void)state;
	says(&(struct known)K(&own, 0, 137),
		"The kernel stopped Parity because it needed more than its 1.0" SP "GiB.");
	says(&(struct known)K(&child, 0, -1),
		"The kernel stopped a process inside Parity (sh) because together they needed more "
		"than the limit of 1.0" SP "GiB; it runs on without it.");
	says(&(struct known)K(&above, 0, 137),
		"The kernel stopped Parity because the containers of this NAS together needed more "
		"than they may.");
	says(&(struct known)K(&host, 0, 137),
		"The kernel stopped Parity because the memory of the whole NAS had run out, not "
		"because of its limit of 1.0" SP "GiB.");
	says(&(struct known)K(NULL, 0, 132),
		"Parity ended because its image needs a newer processor than this NAS has (code "
		"132).");
	says(&(struct known)K(NULL, 0, 3), "Parity ended by itself with code 3.");
}

/* ---- what can be done ---- */

static struct recipe_option cache_opt = {.key = "cache", .auto_cache = true};
static struct recipe parity = {
	.cache = {.reserve_mb = 512,
		.divisor = 3,
		.min_mb = 64,
		.max_mb = 2048,
		.unlimited_mb = 512},
	.options = &cache_opt,
	.n_options = 1,
};

struct asked {
	struct incident i;
	struct service s;
	struct ways_input in;
	json_t *ways;
};

static void ask(struct asked *a, enum incident_cause cause, int64_t limit, int64_t available)
{
	*a = (struct asked){.i = {.id = 4, .cause = cause, .stack = "home"},
		.s = {.name = "node", .limits = {.memory = limit}, .options = json_object()}};
	a->in = (struct ways_input){.incident = &a->i,
		.service = &a->s,
		.recipe = &parity,
		.needed_now = GIB,
		.host_available = available,
		.host_total = 4 * GIB,
		.times = 1};
	a->ways = incident_ways(&a->in);
}

static void answered(struct asked *a)
{
	json_decref(a->s.options);
	json_decref(a->ways);
}

static json_t *way(const struct asked *a, const char *kind, bool possible)
{
	size_t i;
	json_t *w;

	json_array_foreach (a->ways, i, w) {
		if (strcmp(json_str(w, "kind", ""), kind))
			continue;
		assert_int_equal(json_flag(w, "possible", !possible), possible);
		assert_int_equal(json_obj(w, "action") != NULL, possible);
		return w;
	}
	fail_msg("no way \"%s\"", kind);
	return NULL;
}

static void more_as_long_as_the_nas_has_it(void **state)
{
	struct asked a;
	json_t *act;

	(void)state;
	ask(&a, INCIDENT_LIMIT, 2 * GIB, 3 * GIB);
	act = json_obj(way(&a, "more", true), "action");
	assert_string_equal(json_str(act, "label", ""), "Allow 2.5" SP "GiB");
	assert_string_equal(json_str(act, "path", ""), "/stacks/home/services/node/limits");
	assert_int_equal(json_int(json_at(act, "body", "limits", NULL), "memory_bytes", 0),
		2 * GIB + GIB / 2);
	/* of 3 GiB that are free it may take 1.5 beyond what it needs now */
	assert_non_null(strstr(json_str(way(&a, "more", true), "text", ""), "keeps 1.5" SP "GiB"));
	assert_int_equal(json_array_size(a.ways), 3);
	answered(&a);
	ask(&a, INCIDENT_LIMIT, 2 * GIB, GIB + GIB / 2 + 300 * MIB);
	way(&a, "more", false);
	answered(&a);
	ask(&a, INCIDENT_GROUP, 2 * GIB, 3 * GIB);
	way(&a, "above", false);
	answered(&a);
}

static void less_when_the_nas_had_run_out(void **state)
{
	struct asked a;
	json_t *act;

	(void)state;
	ask(&a, INCIDENT_HOST, 0, GIB);
	act = json_obj(way(&a, "less", true), "action");
	/* 1 GiB needed and 1 GiB free, less the tenth of the NAS */
	assert_int_equal(json_int(json_at(act, "body", "limits", NULL), "memory_bytes", 0),
		(2 * GIB - 4 * GIB / 10) / (128 * MIB) * (128 * MIB));
	answered(&a);
	ask(&a, INCIDENT_HOST, 0, 200 * MIB);
	way(&a, "less", false);
	answered(&a);
	ask(&a, INCIDENT_HOST, GIB, 3 * GIB); /* its limit was smaller all the time */
	way(&a, "less", false);
	answered(&a);
}

static void a_smaller_cache_until_there_is_none(void **state)
{
	struct asked a;
	json_t *act, *service;

	(void)state;
	ask(&a, INCIDENT_LIMIT, 2 * GIB, 3 * GIB); /* (2048 - 512) / 3 = 512 MB */
	act = json_obj(way(&a, "cache", true), "action");
	service = json_array_get(json_arr(json_obj(act, "body"), "services"), 0);
	assert_string_equal(json_str(act, "method", ""), "PATCH");
	assert_int_equal(json_int(json_obj(service, "options"), "cache", 0), 256);
	json_object_set_new(a.s.options, "cache", json_integer(64));
	json_decref(a.ways);
	a.ways = incident_ways(&a.in);
	act = json_obj(way(&a, "guard", true), "action");
	assert_string_equal(json_str(json_at(act, "body", "guard", NULL), "act", ""), "restart");
	a.s.guard.act = GUARD_RESTART;
	json_decref(a.ways);
	a.ways = incident_ways(&a.in);
	way(&a, "guard", false);
	answered(&a);
}

static void or_nothing(void **state)
{
	struct asked a;

	(void)state;
	ask(&a, INCIDENT_FAULT, 2 * GIB, 3 * GIB);
	assert_int_equal(json_array_size(a.ways), 1);
	assert_string_equal(json_str(json_obj(way(&a, "leave", true), "action"), "path", ""),
		"/stacks/home/incidents/4/seen");
	a.i.seen_at = 9;
	a.in.times = 3;
	json_decref(a.ways);
	a.ways = incident_ways(&a.in);
	assert_non_null(strstr(json_str(way(&a, "leave", false), "text", ""), "3 times"));
	answered(&a);
}

/* ---- what is news ---- */

#define HOUR (INT64_C(3600) * 1000)

static struct incident next(const struct incident *before, msec at, enum incident_cause cause)
{
	struct incident i = {.at = at, .cause = cause};

	incident_follows(&i, before);
	return i;
}

static void only_when_it_happens_again(void **state)
{
	struct incident i = next(&(struct incident){0}, 100 * HOUR, INCIDENT_LIMIT);

	(void)state;
	assert_int_equal(i.before_at, 0);
	assert_true(incident_is_news(&i));
	i.seen_at = 101 * HOUR;
	assert_false(incident_is_news(&i));
	i.only_again = true; /* as its owner chose: it holds for those to come */
	i = next(&i, 124 * HOUR, INCIDENT_LIMIT);
	assert_true(i.only_again);
	assert_false(incident_is_news(&i)); /* a day later */
	i = next(&i, 148 * HOUR - 1, INCIDENT_HOST);
	assert_true(incident_is_news(&i)); /* within the day */
	i = next(&i, 149 * HOUR, INCIDENT_FAULT);
	assert_false(incident_is_news(
		&i)); /* no end for want of memory; it does not hide the one before */
	i = next(&i, 150 * HOUR, INCIDENT_LIMIT);
	assert_int_equal(i.before_at, 148 * HOUR - 1);
	assert_true(incident_is_news(&i));
	i.only_again = false;
	i = next(&i, 1000 * HOUR, INCIDENT_LIMIT);
	assert_true(incident_is_news(&i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_is_what_the_kernel_says),
		cmocka_unit_test(causes_are_told_apart),
		cmocka_unit_test(needs_what_the_kernel_counted),
		cmocka_unit_test(an_end_that_the_engine_has_not_told_yet),
		cmocka_unit_test(who_was_only_told_has_no_incident),
		cmocka_unit_test(each_witness_is_named),
		cmocka_unit_test(it_comes_back_from_the_store),
		cmocka_unit_test(one_sentence_each),
		cmocka_unit_test(more_as_long_as_the_nas_has_it),
		cmocka_unit_test(less_when_the_nas_had_run_out),
		cmocka_unit_test(a_smaller_cache_until_there_is_none),
		cmocka_unit_test(or_nothing),
		cmocka_unit_test(only_when_it_happens_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
