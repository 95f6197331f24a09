/* domain/plan with the shipped recipes: what sets a chain aside, copies it, watches over it, puts
 * it back or throws it away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/plan_world.h"

/* ---- resync, put back ---- */

static void resync_renames_with_the_node_down(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	planned(&w, RESYNC(&w), "check stop:node set_aside start:node verify:node commit", true);
	assert_true(step(&w, "set_aside", "")->down);
	assert_false(w.plan.one_way);
	plan_free(&w.plan);
	json_put_str(w.after.services[0].options, "pruning", "fast");
	planned(&w, RESYNC(&w),
		"check network create:node stop:node set_aside start:node swap:node verify:node "
		"commit"
		" discard:node",
		true);
	plan_free(&w.plan);
	json_object_clear(w.after.services[0].options);
	put(&w, 0, DOWN);
	planned(&w, RESYNC(&w), "check set_aside start:node verify:node commit", false);
	plan_free(&w.plan);
	put(&w, 0, MISSING);
	planned(&w, RESYNC(&w),
		"check network create:node set_aside start:node swap:node verify:node commit",
		false);
}

/* It crashes over and over: without a stop the engine would start it on a chain that is moved. */
static void resync_stops_a_node_between_two_tries(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, UP);
	w.c[0].state = xstrdup("restarting");
	planned(&w, RESYNC(&w), "check stop:node set_aside start:node verify:node commit", true);
}

static void put_back_exchanges_the_chains(void **state)
{
	autojson json_t *about = json_pack("{s:s}", "image", "parity/parity:v1.5.0");
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_SHARED, UP, UP);
	w.f.kept_about = about;
	planned(&w, PUT_BACK(&w), "check stop:node put_back start:node verify:node commit", true);
	s = step(&w, "put_back", "");
	assert_string_equal(json_str(s->args, "chain", ""), "c1");
	assert_string_equal(json_str(s->args, "now_chain", ""), "20231114-221320-putback");
	/* taken back, it is kept with what was known of it */
	assert_true(json_equal(json_object_get(s->args, "about"), about));
	plan_free(&w.plan);
	set_str(&w.after.services[0].image, "parity/parity:v1.7.0");
	planned(&w, PUT_BACK(&w),
		"check pull:node network create:node stop:node put_back start:node swap:node"
		" verify:node commit discard:node",
		true);
	assert_int_equal(json_array_size(w.plan.warnings), 1); /* historic; nothing of databases */
}

/* ---- copies, the watch, the trash ---- */

/* 11 GiB, of which 10.9 can be linked. */
static void with_chain(struct world *w)
{
	w->f.uid = w->f.gid = 0;
	w->f.db_version = 11;
	w->f.probation_s = 600;
	w->f.copy = (struct plan_copy){.links = true,
		.bytes = 11 * GIB,
		.fixed = 11 * GIB - GIB / 10,
		.free = 38 * GIB,
		.height = 2423871};
}

static void an_upgrade_keeps_a_copy_and_is_watched(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	with_chain(&w);
	set_str(&w.after.services[0].image, "parity/parity:v2.7.2-stable");
	planned(&w, UPGRADE(&w, "node"),
		"check pull:node network create:node stop:node copy owner:node start:node "
		"swap:node "
		"verify:node watch:node commit discard:node",
		true);
	assert_non_null(strstr(warning(&w, "db.one_way"), "A copy of the chain as it is now"));
	s = step(&w, "copy", "");
	assert_true(s->down);
	assert_non_null(strstr(s->detail, "hard links of 11.0"));
	assert_string_equal(
		s->docker, "cp -al " DIR "/node " DIR "/kept/20231114-221320-upgrade/node");
	assert_int_equal(json_int(json_obj(s->args, "about"), "height", -1), 2423871);
	assert_int_equal(json_int(json_obj(s->args, "about"), "db_version", -1), 11);
	assert_string_equal(
		json_str(json_obj(s->args, "about"), "image", ""), "parity/parity:v1.6.8");
	assert_int_equal(json_array_size(json_arr(s->args, "fixed")), 1);
	s = step(&w, "watch", "node");
	assert_int_equal(s->expected_s, 600);
	assert_true(json_flag(s->args, "needs_peers", false));
	assert_int_equal(json_int(s->args, "block_time_ms", 0), 14000);
	assert_non_null(strstr(w.plan.undo, "old chain"));
}

static void what_it_takes_decides(void **state)
{
	static const struct {
		bool links, reflinks;
		int64_t bytes, free;
		enum copy_wish wish;
		const char *warn, *refuse, *docker;
	} all[] = {
		{false, false, 11 * GIB, 38 * GIB, COPY_AUTO, "chain.no_links", NULL, NULL},
		{false, false, 11 * GIB, 38 * GIB, COPY_WHOLE, NULL, NULL, "cp -a " DIR},
		{false, false, GIB / 2, 38 * GIB, COPY_AUTO, NULL, NULL, "cp -a " DIR}, /* cheap */
		{false, true, 11 * GIB, 38 * GIB, COPY_AUTO, NULL, NULL,
			"cp -a --reflink=always " DIR},
		{true, false, 11 * GIB, GIB / 8, COPY_AUTO, "chain.no_room", NULL, NULL},
		{true, false, 11 * GIB, GIB / 8, COPY_WHOLE, NULL, "disk.too_small", NULL},
		{true, false, 11 * GIB, 38 * GIB, COPY_NEVER, NULL, NULL, NULL},
		{true, false, 0, 38 * GIB, COPY_AUTO, NULL, NULL, NULL}, /* no chain yet */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;
		int rc;

		world(&w, NET_PRIVATE, UP, UP);
		with_chain(&w);
		w.f.copy.links = all[i].links;
		w.f.copy.reflinks = all[i].reflinks;
		w.f.copy.bytes = all[i].bytes;
		w.f.copy.fixed = all[i].bytes ? all[i].bytes - GIB / 10 : 0;
		w.f.copy.free = all[i].free;
		w.f.copy.wish = all[i].wish;
		set_str(&w.after.services[0].image, "parity/parity:v1.7.0");
		rc = UPGRADE(&w, "node");
		if (all[i].refuse) {
			refused(&w, rc, all[i].refuse);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(strstr(kinds(&w), " copy ") != NULL, all[i].docker != NULL);
		if (all[i].docker)
			assert_memory_equal(
				step(&w, "copy", "")->docker, all[i].docker, strlen(all[i].docker));
		if (all[i].warn)
			assert_non_null(strstr(warning(&w, all[i].warn), "None is kept."));
	}
}

static void only_options_that_may_touch_the_database_keep_a_copy(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	with_chain(&w);
	json_put_int(w.after.services[0].options, "max_peers", 30);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node start:node swap:node verify:node watch:node "
		"commit discard:node",
		true);
	plan_free(&w.plan);
	json_put_flag(w.after.services[0].options, "warp", false);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node copy start:node swap:node verify:node "
		"watch:node commit discard:node",
		true);
	assert_non_null(strstr(step(&w, "copy", "")->docker, "-options/node"));
	plan_free(&w.plan);
	/* what opens another database sets the whole chain aside: a copy would add nothing */
	json_put_str(w.after.services[0].options, "pruning", "archive");
	assert_int_equal(OPTIONS(&w, false), 0);
	assert_null(strstr(kinds(&w), " copy "));
	assert_non_null(strstr(kinds(&w), " set_aside "));
	plan_free(&w.plan);
	assert_int_equal(RESYNC(&w), 0);
	assert_null(strstr(kinds(&w), " copy "));
	plan_free(&w.plan);
	set_str(&w.after.services[0].image, "parity/parity:v1.6.0");
	assert_int_equal(UPGRADE(&w, "node"), 0);
	assert_non_null(strstr(step(&w, "copy", "")->docker, "-downgrade/node"));
	plan_free(&w.plan);
	assert_int_equal(UPGRADE(&w, "relay"), 0);
	assert_null(strstr(kinds(&w), " copy "));
}

static void a_copy_is_kept_when_asked(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	refused(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e), "chain.missing");
	with_chain(&w);
	planned(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e),
		"check stop:node copy start:node verify:node commit", true);
	plan_free(&w.plan);
	w.stack.run = false;
	planned(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e), "check copy", false);
	plan_free(&w.plan);
	w.f.copy.links = false;
	refused(&w, plan_copy(&w.stack, &w.f, &w.plan, &w.e), "chain.no_links");
}

static void a_copy_that_is_put_back_gets_its_owner(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	with_chain(&w);
	w.f.kept_is_copy = true;
	assert_int_equal(PUT_BACK(&w), 0);
	assert_non_null(strstr(kinds(&w), " put_back owner:node "));
}

static void no_node_starts_below_the_floor(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, DOWN);
	w.f.disk_floor = 10 * GIB;
	w.f.disk_free = 5 * GIB;
	refused(&w, START_(&w), "disk.floor");
	refused(&w, RESTART_(&w, NULL), "disk.floor");
	w.f.disk_free = 10 * GIB;
	assert_int_equal(START_(&w), 0);
	plan_free(&w.plan);
	w.f.disk_floor = 0;
	w.f.disk_free = 0;
	assert_int_equal(START_(&w), 0);
	plan_free(&w.plan);
	w.f.disk_floor = 10 * GIB;
	assert_int_equal(STOP_(&w), 0);
}

static void the_trash(void **state)
{
	const struct plan_trashed gone[] = {{"20231101-000000-resync", 6 * GIB}, {"b", GIB}};
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	planned(&w, plan_trash(&w.stack, "c1", &w.f, &w.plan, &w.e), "trash", false);
	assert_string_equal(w.plan.steps[0].docker, "mv " DIR "/kept/c1 " DIR "/trash/c1");
	plan_free(&w.plan);
	planned(&w, plan_untrash(&w.stack, "c1", &w.f, &w.plan, &w.e), "untrash", false);
	plan_free(&w.plan);
	refused(&w, plan_empty(&w.stack, gone, 0, &w.f, &w.plan, &w.e), "trash.nothing");
	planned(&w, plan_empty(&w.stack, gone, 2, &w.f, &w.plan, &w.e), "delete delete", false);
	assert_non_null(strstr(warning(&w, "trash.for_good"), "2 chains in " DIR "/trash"));
	assert_non_null(strstr(warning(&w, "trash.for_good"), "7.0"));
	assert_string_equal(w.plan.steps[0].undo, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upgrade_keeps_a_copy_and_is_watched),
		cmocka_unit_test(what_it_takes_decides),
		cmocka_unit_test(only_options_that_may_touch_the_database_keep_a_copy),
		cmocka_unit_test(a_copy_is_kept_when_asked),
		cmocka_unit_test(a_copy_that_is_put_back_gets_its_owner),
		cmocka_unit_test(no_node_starts_below_the_floor),
		cmocka_unit_test(the_trash),
		cmocka_unit_test(resync_renames_with_the_node_down),
		cmocka_unit_test(resync_stops_a_node_between_two_tries),
		cmocka_unit_test(put_back_exchanges_the_chains),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
