/* Why a node does not get on, from what is seen once a second. */
#include "domain/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "domain/texts.h"

#define T0 INT64_C(1700000000000)
#define MIB (INT64_C(1) << 20)

struct run {
	struct stall s;
	struct stall_facts f;
};

/* A node that has peers, memory, disk and processor, and does not advance. */
static struct run stalled(void)
{
	return (struct run){.f = {.at = T0,
				    .sync = {.phase = SYNC_STALLED, .peers = 25, .head_ahead_s = 0},
				    .throttled = 0,
				    .disk = 3,
				    .io = 1000,
				    .need = 300 * MIB,
				    .room = 1024 * MIB}};
}

static void seconds(struct run *r, int n)
{
	for (int i = 0; i < n; i++, r->f.at += 1000)
		stall_look(&r->s, &r->f);
}

static void only(const struct run *r, const char *code)
{
	assert_int_equal(stall_count(&r->s), 1);
	assert_string_equal(stall_code(&r->s, 0), code);
}

static void says(const struct run *r, const char *text)
{
	char words[STALL_WORDS_MAX];

	assert_string_equal(stall_words(&r->s, 0, words), text);
}

static void nothing_is_no_cause(void **state)
{
	struct run r = stalled();

	(void)state;
	seconds(&r, 300);
	assert_int_equal(stall_count(&r.s), 0);
	r.f.throttled = r.f.disk = r.f.io = -1;
	r.f.need = r.f.sync.peers = r.f.sync.head_ahead_s = -1;
	seconds(&r, 300);
	assert_int_equal(stall_count(&r.s), 0);
}

static void a_node_that_gets_on_has_no_causes(void **state)
{
	static const enum sync_phase on[] = {SYNC_UNKNOWN, SYNC_STARTING, SYNC_SNAPSHOT,
		SYNC_BLOCKS, SYNC_CATCHING_UP, SYNC_SYNCED};
	struct run r = stalled();

	(void)state;
	r.f.throttled = 90;
	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++) {
		r.f.sync.phase = on[i];
		seconds(&r, 60);
		assert_int_equal(stall_count(&r.s), 0);
	}
	/* what was seen meanwhile counts, ten seconds later it is said */
	r.f.sync.phase = SYNC_STALLED;
	seconds(&r, 10);
	assert_int_equal(stall_count(&r.s), 0);
	seconds(&r, 1);
	only(&r, "stall.cpu");
	r.f.sync.phase = SYNC_BLOCKS;
	seconds(&r, 1);
	assert_int_equal(stall_count(&r.s), 0);
}

static void each_has_its_sentence(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.throttled = 80;
	seconds(&r, 20);
	says(&r, "The limit of its processor held it up in 80\xc2\xa0% of the last minute.");
	r = stalled();
	r.f.disk = 92;
	r.f.io = (double)(3 * MIB);
	seconds(&r, 20);
	only(&r, "stall.disk");
	says(&r, "Programs waited for the disk 92\xc2\xa0% of the last minute; it moves "
		 "3\xc2\xa0MiB a second itself.");
	r = stalled();
	r.f.need = 950 * MIB;
	seconds(&r, 20);
	only(&r, "stall.memory");
	says(&r,
		"It needs 950\xc2\xa0MiB of its limit of 1.0\xc2\xa0GiB: hardly any memory is left "
		"to cache its chain.");
	r = stalled();
	r.f.sync.head_ahead_s = 90;
	seconds(&r, 20);
	only(&r, "stall.clock");
	says(&r, "Its newest block is 90\xc2\xa0seconds ahead of the clock of the NAS, which must "
		 "be slow.");
	r = stalled();
	r.f.sync.chunks_done = 12;
	r.f.sync.chunks_total = 500;
	seconds(&r, 20);
	only(&r, "stall.snapshot");
	says(&r, "It has 12 of 500 pieces of the snapshot and no peer sends another.");
	r = stalled();
	r.f.sync.peers = 1;
	seconds(&r, 20);
	only(&r, "stall.peers");
	says(&r, "It has only 1 peer.");
}

static void a_death_is_told_for_ten_minutes(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.sync.phase = SYNC_NO_ANSWER;
	r.f.oom_at = T0 - 1000;
	seconds(&r, 20);
	only(&r, "stall.killed");
	says(&r, "It was killed for memory in the last 10 minutes and began anew.");
	seconds(&r, 570);
	only(&r, "stall.killed");
	seconds(&r, 60);
	assert_int_equal(stall_count(&r.s), 0);
	r.f.crashes = 3;
	seconds(&r, 20);
	says(&r, "It ended by itself 3 times in the last 10 minutes.");
}

static void no_peers_is_not_explained_by_few_peers(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.sync.phase = SYNC_NO_PEERS;
	r.f.sync.peers = 0;
	seconds(&r, 60);
	assert_int_equal(stall_count(&r.s), 0);
	r.f.sync.head_ahead_s = 4; /* a block may be some seconds early */
	seconds(&r, 60);
	assert_int_equal(stall_count(&r.s), 0);
	r.f.sync.head_ahead_s = 5;
	seconds(&r, 60);
	only(&r, "stall.clock");
}

static void what_still_advances_is_not_held_up(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.sync.phase = SYNC_NO_PEERS;
	r.f.sync.advances = true;
	r.f.throttled = 90;
	seconds(&r, 60);
	assert_int_equal(stall_count(&r.s), 0);
	r.f.sync.advances = false;
	seconds(&r, 11);
	only(&r, "stall.cpu");
}

static void the_strongest_comes_first(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.throttled = 60;
	r.f.disk = 75;
	r.f.sync.peers = 2;
	r.f.crashes = 1;
	seconds(&r, 20);
	assert_int_equal(stall_count(&r.s), 4);
	assert_string_equal(stall_code(&r.s, 0), "stall.killed");
	assert_string_equal(stall_code(&r.s, 1), "stall.disk");
	assert_string_equal(stall_code(&r.s, 2), "stall.cpu");
	assert_string_equal(stall_code(&r.s, 3), "stall.peers");
}

static void near_ones_do_not_change_places(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.throttled = 60;
	r.f.disk = 62;
	for (int i = 0; i < 100; i++) {
		seconds(&r, 20);
		assert_int_equal(stall_count(&r.s), 2);
		assert_string_equal(stall_code(&r.s, 0), "stall.disk");
		r.f.throttled = i % 2 ? 60 : 68; /* now and then the other one is stronger */
	}
	r.f.throttled = 95;
	seconds(&r, 120);
	assert_string_equal(stall_code(&r.s, 0), "stall.cpu");
}

static void a_moment_without_it_does_not_end_it(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.sync.head_ahead_s = 60;
	seconds(&r, 5);
	r.f.sync.head_ahead_s = -1;
	seconds(&r, 1); /* before it was named: it begins anew */
	r.f.sync.head_ahead_s = 60;
	seconds(&r, 10);
	assert_int_equal(stall_count(&r.s), 0);
	seconds(&r, 1);
	only(&r, "stall.clock");
	r.f.sync.head_ahead_s = -1; /* polls without an answer */
	seconds(&r, 29);
	only(&r, "stall.clock");
	says(&r, "Its newest block is 60\xc2\xa0seconds ahead of the clock of the NAS, which must "
		 "be slow.");
	seconds(&r, 2);
	assert_int_equal(stall_count(&r.s), 0);
}

static void what_was_before_a_gap_or_in_another_process_is_forgotten(void **state)
{
	struct run r = stalled();

	(void)state;
	r.f.throttled = 90;
	seconds(&r, 60);
	only(&r, "stall.cpu");
	r.f.at += 61000;
	r.f.throttled = 0;
	seconds(&r, 30);
	assert_int_equal(stall_count(&r.s), 0);
	r.f.throttled = 90;
	seconds(&r, 60);
	r.f.at -= 3600000; /* the clock was set back */
	seconds(&r, 1);
	assert_int_equal(stall_count(&r.s), 0);
	seconds(&r, 60);
	only(&r, "stall.cpu");
	stall_forget(&r.s);
	assert_int_equal(stall_count(&r.s), 0);
}

static void a_cause_as_json(void **state)
{
	static const char texts[] = "{\"stall.disk\":{\"hint\":\"Look.\"}}";
	struct run r = stalled();
	autojson json_t *j = NULL;
	const json_t *figures;

	(void)state;
	assert_int_equal(texts_load(texts, strlen(texts), NULL), 0);
	r.f.disk = 50;
	r.f.io = -1;
	seconds(&r, 20);
	j = stall_json(&r.s, 0);
	assert_string_equal(json_str(j, "code", ""), "stall.disk");
	assert_string_equal(json_str(j, "hint", ""), "Look.");
	assert_non_null(strstr(json_str(j, "message", ""), "moves an unknown amount a second"));
	figures = json_object_get(j, "figures");
	assert_int_equal(json_object_size(figures), 2);
	assert_true(json_real_value(json_object_get(figures, "percent")) == 50);
	assert_true(json_is_null(json_object_get(figures, "bytes_per_s")));
	texts_unload();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_no_cause),
		cmocka_unit_test(a_node_that_gets_on_has_no_causes),
		cmocka_unit_test(each_has_its_sentence),
		cmocka_unit_test(a_death_is_told_for_ten_minutes),
		cmocka_unit_test(no_peers_is_not_explained_by_few_peers),
		cmocka_unit_test(what_still_advances_is_not_held_up),
		cmocka_unit_test(the_strongest_comes_first),
		cmocka_unit_test(near_ones_do_not_change_places),
		cmocka_unit_test(a_moment_without_it_does_not_end_it),
		cmocka_unit_test(what_was_before_a_gap_or_in_another_process_is_forgotten),
		cmocka_unit_test(a_cause_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
