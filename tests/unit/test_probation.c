/* Whether a new version may stay, told by what is seen of it; and how long a disk will last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "domain/disk.h"
#include "domain/probation.h"

static const struct probation_rule rule = {
	.seconds = 600, .answer_s = 60, .rpc = true, .needs_peers = true, .block_time_ms = 14000};

struct run {
	struct probation p;
	struct probation_obs o;
};

static struct run begin(void)
{
	struct run r = {.o = {.at = 1000, .alive = true, .answers = true, .head = 100, .peers = 5}};

	probation_init(&r.p);
	return r;
}

/* So many seconds, a block each `every` seconds. */
static enum probation_end go(struct run *r, int seconds, int every)
{
	enum probation_end end = PROBATION_WATCHING;

	for (int i = 0; i < seconds && end == PROBATION_WATCHING; i++) {
		r->o.at += 1000;
		if (every && i % every == 0)
			r->o.head++;
		end = probation_look(&r->p, &rule, &r->o);
	}
	return end;
}

static void passes_after_its_time(void **state)
{
	struct run r = begin();

	(void)state;
	assert_int_equal(go(&r, 600, 14), PROBATION_WATCHING); /* the first look counts nothing */
	assert_int_equal(go(&r, 1, 0), PROBATION_PASSED);
}

static void ends_at_once_when_killed_or_crashed(void **state)
{
	struct run r = begin();

	(void)state;
	go(&r, 10, 14);
	r.o.oom = true;
	assert_int_equal(go(&r, 1, 0), PROBATION_OOM);
	r = begin();
	r.o.restarts = 3; /* what was before does not count */
	go(&r, 10, 14);
	r.o.restarts = 4;
	assert_int_equal(go(&r, 1, 0), PROBATION_CRASHED);
	r = begin();
	go(&r, 10, 14);
	r.o.restarts = 0; /* the engine was started anew and counts from 0 */
	r.o.alive = false;
	assert_int_equal(go(&r, 10, 0), PROBATION_WATCHING);
	r.o.alive = true;
	assert_int_equal(go(&r, 10, 5), PROBATION_WATCHING);
	r.o.alive = false;
	assert_int_equal(go(&r, 20, 0), PROBATION_CRASHED);
}

static void silence_and_standing_still_have_their_patience(void **state)
{
	struct run r = begin();

	(void)state;
	go(&r, 10, 14);
	r.o.answers = false;
	assert_int_equal(go(&r, 55, 0), PROBATION_WATCHING);
	r.o.answers = true;
	go(&r, 10, 2);
	r.o.answers = false;
	assert_int_equal(go(&r, 70, 0), PROBATION_SILENT);
	r = begin();
	assert_int_equal(go(&r, 160, 0), PROBATION_WATCHING);
	assert_int_equal(go(&r, 20, 0), PROBATION_STALLED); /* 12 blocks' time, with peers */
	r = begin();
	r.o.peers = 0; /* nobody to get blocks from: no fault of the version */
	assert_int_equal(go(&r, 620, 0), PROBATION_PASSED);
	r = begin();
	r.o.snapshot = true;
	assert_int_equal(go(&r, 620, 0), PROBATION_PASSED);
}

static void does_not_end_in_trouble(void **state)
{
	struct run r = begin();

	(void)state;
	go(&r, 595, 14);
	r.o.answers = false;
	assert_int_equal(go(&r, 30, 0), PROBATION_WATCHING);
	r.o.answers = true;
	assert_int_equal(go(&r, 1, 1), PROBATION_PASSED);
}

static void time_away_counts_for_nothing(void **state)
{
	struct run r = begin();
	autojson json_t *j = NULL;

	(void)state;
	go(&r, 301, 14);
	r.o.at += 3600 * 1000; /* asleep, or a clock that jumps */
	assert_int_equal(go(&r, 1, 0), PROBATION_WATCHING);
	assert_int_equal(r.p.watched_ms, 300 * 1000);
	j = probation_json(&r.p);
	probation_load(&r.p, j); /* a restart of the program */
	r.o.at = 5000;
	assert_int_equal(go(&r, 300, 14), PROBATION_WATCHING);
	assert_int_equal(go(&r, 1, 0), PROBATION_PASSED);
	probation_load(&r.p, NULL);
	assert_int_equal(r.p.watched_ms, 0);
	assert_int_equal(r.p.restarts, -1);
}

/* ---- the disk ---- */

#define GB INT64_C(1000000000)
#define HOUR (3600 * 1000)

static void the_floor(void **state)
{
	(void)state;
	assert_int_equal(disk_floor(-1, 500 * GB), 10 * GB);
	assert_int_equal(disk_floor(-1, 4000 * GB), 80 * GB);
	assert_int_equal(disk_floor(-1, 20 * GB), 2 * GB); /* a small one */
	assert_int_equal(disk_floor(5, 500 * GB), 5);
	assert_int_equal(disk_floor(0, 500 * GB), 0);
}

static void the_growth(void **state)
{
	msec t[48];
	double size[48], growth;

	(void)state;
	for (int i = 0; i < 48; i++) {
		t[i] = (msec)i * HOUR;
		size[i] = 100e9 + i * 1e9 / 24;
	}
	growth = disk_growth(t, size, 48);
	assert_true(growth > 0.999e9 && growth < 1.001e9);
	size[30] += 20e9; /* a compaction that came and went */
	size[31] = NAN;
	growth = disk_growth(t, size, 48);
	assert_true(growth > 0.99e9 && growth < 1.01e9);
	assert_true(disk_growth(t, size, 3) < 0); /* too short */
	assert_true(disk_growth(t, size, 0) < 0);
	for (int i = 0; i < 48; i++)
		size[i] = 100e9 - i * 1e9;
	assert_true(disk_growth(t, size, 48) < 0);
	assert_true(fabs(disk_days(110 * GB, 10 * GB, 2e9) - 50) < 1e-9);
	assert_true(disk_days(5 * GB, 10 * GB, 2e9) == 0);
	assert_true(disk_days(110 * GB, 10 * GB, -1) < 0);
	assert_true(disk_days(-1, 10 * GB, 2e9) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_after_its_time),
		cmocka_unit_test(ends_at_once_when_killed_or_crashed),
		cmocka_unit_test(silence_and_standing_still_have_their_patience),
		cmocka_unit_test(does_not_end_in_trouble),
		cmocka_unit_test(time_away_counts_for_nothing),
		cmocka_unit_test(the_floor),
		cmocka_unit_test(the_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
