/* domain/plan with the shipped recipes: from installing to removing, the exact steps, their order
 * and their words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/plan_world.h"

/* ---- what is not known ---- */

static void nothing_is_planned_while_containers_are_unknown(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		autoworld struct world w;
		int rc[10] = {0};

		world(&w, i % 2 ? NET_SHARED : NET_PRIVATE, i < 5 ? UNKNOWN : UP,
			i < 5 ? UP : UNKNOWN);
		set_str(&w.after.services[0].image, "parity/parity:v2.5.13-stable");
		rc[0] = INSTALL(&w);
		rc[1] = START_(&w);
		rc[2] = STOP_(&w);
		rc[3] = RESTART_(&w, NULL);
		rc[4] = OPTIONS(&w, true);
		rc[5] = LIMITS(&w, "node", true);
		rc[6] = UPGRADE(&w, "node");
		rc[7] = RESYNC(&w);
		rc[8] = PUT_BACK(&w);
		rc[9] = REMOVE(&w);
		for (int k = 0; k < 10; k++)
			refused(&w, rc[k], "container.unknown");
		assert_int_equal(w.e.kind, ERR_UNAVAILABLE);
	}
}

static void what_is_missing_has_its_code(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	refused(&w, RESTART_(&w, "nobody"), "service.missing");
	refused(&w, LIMITS(&w, "nobody", false), "service.missing");
	refused(&w, UPGRADE(&w, "nobody"), "service.missing");
	set_str(&w.after.services[0].image, "somebody/else:v9");
	refused(&w, UPGRADE(&w, "node"), "image.unknown");
	refused(&w, INSTALL(&w), "image.unknown");
	set_str(&w.after.services[0].recipe, "gone");
	refused(&w, UPGRADE(&w, "node"), "recipe.missing");
	refused(&w, INSTALL(&w), "recipe.missing");
	refused(&w, OPTIONS(&w, false), "recipe.missing");
	set_str(&w.stack.services[1].recipe, "gone");
	refused(&w, STOP_(&w), "recipe.missing");
	refused(&w, REMOVE(&w), "recipe.missing");
}

/* ---- install ---- */

#define INSTALL_HEAD "check folder:node folder:relay config:relay pull:node pull:relay network "

static void install_private(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, MISSING, MISSING);
	w.f.uid = w.f.gid = -1;
	planned(&w, INSTALL(&w),
		INSTALL_HEAD "create:node create:relay start:node start:relay swap:node swap:relay"
			     " verify:node verify:relay commit",
		false);
	assert_true(json_is_null(json_object_get(w.plan.data, "before")));
	assert_string_equal(json_str(json_obj(w.plan.data, "after"), "name", ""), "p");
	assert_string_equal(joins(&w), "ethstation-p");
	s = step(&w, "swap", "node");
	assert_null(json_object_get(s->args, "old"));
	s = step(&w, "create", "relay");
	assert_string_equal(json_str(s->args, "name", ""), "p-relay.next");
	assert_true(json_int(w.plan.steps[0].args, "need_bytes", 0) > 0);
	/* what is made is found by the job: no step knows an id beforehand */
	assert_null(json_object_get(step(&w, "start", "node")->args, "container"));
	assert_null(json_object_get(step(&w, "verify", "node")->args, "container"));
	assert_int_equal(json_int(step(&w, "verify", "node")->args, "rpc_port", 0), 8545);
}

static void install_shared(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, MISSING, MISSING);
	w.f.uid = w.f.gid = -1;
	planned(&w, INSTALL(&w),
		INSTALL_HEAD "create:relay create:node start:relay start:node swap:node swap:relay"
			     " verify:relay verify:node commit",
		false);
	assert_string_equal(joins(&w), "container:p-relay.next");
	assert_string_equal(
		json_str(step(&w, "verify", "node")->args, "shared_with", ""), "p-relay");
	assert_null(json_object_get(step(&w, "verify", "relay")->args, "shared_with"));
}

static void install_keeps_a_foreign_container_and_a_found_folder(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, FOREIGN_DOWN, MISSING);
	w.f.uid = 1000;
	w.f.db_version = 10;
	planned(&w, INSTALL(&w),
		INSTALL_HEAD "create:node create:relay owner:node start:node start:relay swap:node"
			     " swap:relay verify:node verify:relay commit",
		false);
	s = step(&w, "swap", "node");
	assert_string_equal(json_str(s->args, "old", ""), w.c[0].id);
	assert_string_equal(json_str(s->args, "old_name", ""), "p-node-before-20231114-221320");
	assert_int_equal(warnings(&w, "db.one_way"), 1); /* 10 was found, 1.6 writes 11 */
	assert_true(w.plan.one_way);
	s = step(&w, "owner", "node");
	assert_int_equal(json_int(s->args, "uid", -1), 0);
	assert_non_null(strstr(s->docker, "chown -R 0:0 " DIR "/node"));
}

static void install_tells_the_truth_beforehand(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, MISSING, MISSING);
	w.after.services[0].limits.memory = GIB / 2;
	assert_int_equal(INSTALL(&w), 0);
	assert_int_equal(warnings(&w, "limit.small"), 1);
	assert_int_equal(warnings(&w, "chain.historic"), 1);
	assert_non_null(strstr(warning(&w, "chain.historic"), "4370000"));
	assert_int_equal(warnings(&w, "limit.above_host"), 0);
	assert_int_equal(warnings(&w, "image.assumed"), 0);
	plan_free(&w.plan);
	w.after.services[0].limits.memory = 32 * GIB;
	set_str(&w.after.services[0].image, "parity/parity:stable");
	json_put_str(w.after.services[0].options, "chain", "dev");
	assert_int_equal(INSTALL(&w), 0);
	assert_int_equal(warnings(&w, "limit.small"), 0);
	assert_int_equal(warnings(&w, "limit.above_host"), 1);
	assert_int_equal(warnings(&w, "image.assumed"), 1);
	assert_int_equal(warnings(&w, "chain.historic"), 0);
}

/* ---- start ---- */

static void start_does_what_each_container_needs(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, DOWN, DOWN, false,
			"check config:relay start:node start:relay verify:node verify:relay "
			"commit"},
		{NET_SHARED, DOWN, DOWN, false,
			"check config:relay start:relay start:node verify:relay verify:node "
			"commit"},
		{NET_PRIVATE, DOWN, UP, false, "check start:node verify:node commit"},
		{NET_SHARED, DOWN, UP, false, "check start:node verify:node commit"},
		{NET_PRIVATE, UP, DOWN, false,
			"check config:relay start:relay verify:relay commit"},
		{NET_SHARED, UP, DOWN, true,
			"check config:relay stop:node start:relay start:node verify:relay "
			"verify:node commit"},
		{NET_PRIVATE, MISSING, UP, false,
			"check network create:node start:node swap:node verify:node commit"},
		{NET_PRIVATE, OLD_DOWN, UP, false,
			"check network create:node start:node swap:node verify:node commit "
			"discard:node"},
		{NET_SHARED, OLD_DOWN, UP, false,
			"check network create:node start:node swap:node verify:node commit "
			"discard:node"},
		{NET_SHARED, DOWN, MISSING, false,
			"check config:relay network create:relay create:node start:relay start:node"
			" swap:node swap:relay verify:relay verify:node commit discard:node"},
		{NET_SHARED, UP, OLD_DOWN, true,
			"check config:relay network create:relay create:node stop:node start:relay"
			" start:node swap:node swap:relay verify:relay verify:node commit "
			"discard:node"
			" discard:relay"},
		{NET_PRIVATE, FOREIGN, UP, true,
			"check network create:node stop:node start:node swap:node verify:node "
			"commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, START_(&w), all[i].want, all[i].down);
	}
}

static void start_makes_anew_what_lost_its_network(void **state)
{
	autoworld struct world w, shared;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, DOWN);
	w.a[0].network_gone = w.a[1].network_gone = true;
	planned(&w, START_(&w),
		"check config:relay network create:node create:relay start:node start:relay "
		"swap:node swap:relay verify:node verify:relay commit discard:node discard:relay",
		false);
	world(&shared, NET_SHARED, DOWN, DOWN);
	shared.a[1].network_gone = true; /* the relay's, in which the node lives */
	planned(&shared, START_(&shared),
		"check config:relay network create:relay create:node start:relay start:node"
		" swap:node swap:relay verify:relay verify:node commit discard:node discard:relay",
		false);
}

static void start_of_what_runs_is_refused_or_only_noted(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, OLD); /* an outdated one that runs is left running */
	refused(&w, START_(&w), "stack.nothing_to_do");
	w.stack.run = false;
	planned(&w, START_(&w), "check commit", false);
	assert_true(json_flag(json_obj(w.plan.data, "after"), "run", false));
	assert_false(json_flag(json_obj(w.plan.data, "before"), "run", true));
}

static void a_node_without_its_namespace_is_made_anew(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, DOWN, UP);
	set_str(&w.c[0].network_mode, "container:0123");
	planned(&w, START_(&w),
		"check network create:node start:node swap:node verify:node commit discard:node",
		false);
	assert_string_equal(joins(&w), "container:p-relay"); /* the relay stays as it is */
	plan_free(&w.plan);
	planned(&w, RESYNC(&w),
		"check network create:node set_aside start:node swap:node verify:node commit"
		" discard:node",
		false);
}

static void a_start_gives_the_wanted_limits(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, UP);
	w.c[0].limits.memory = GIB;
	planned(&w, START_(&w), "check limits:node start:node verify:node commit", false);
	s = step(&w, "limits", "node");
	assert_int_equal(json_int(json_obj(s->args, "after"), "memory_bytes", 0), 2 * GIB);
	assert_int_equal(json_int(json_obj(s->args, "before"), "memory_bytes", 0), GIB);
	plan_free(&w.plan);
	put(&w, 0, UP);
	w.c[0].limits.memory = GIB;
	planned(&w, RESTART_(&w, "node"),
		"check stop:node limits:node start:node verify:node commit", true);
}

/* ---- stop ---- */

static void stop_stops_what_runs_in_reverse_order(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, UP, UP, true, "stop:relay stop:node commit"},
		{NET_SHARED, UP, UP, true, "stop:node stop:relay commit"},
		{NET_PRIVATE, UP, DOWN, true, "stop:node commit"},
		{NET_PRIVATE, DOWN, UP, false, "stop:relay commit"},
		{NET_PRIVATE, DOWN, MISSING, false, "commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, STOP_(&w), all[i].want, all[i].down);
		assert_false(json_flag(json_obj(w.plan.data, "after"), "run", true));
	}
}

static void a_stop_never_kills_the_node(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	assert_int_equal(STOP_(&w), 0);
	s = step(&w, "stop", "node");
	assert_int_equal(json_int(s->args, "timeout_s", 0), 300);
	assert_false(json_flag(s->args, "kill", true));
	assert_string_equal(json_str(s->args, "container", ""), w.c[0].id);
	assert_true(json_flag(step(&w, "stop", "relay")->args, "kill", false));
}

/* ---- restart ---- */

static void restart_takes_the_pair_in_order(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		const char *only;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, UP, UP, NULL, true,
			"check config:relay stop:relay stop:node start:node start:relay verify:node"
			" verify:relay commit"},
		{NET_SHARED, UP, UP, NULL, true,
			"check config:relay stop:node stop:relay start:relay start:node "
			"verify:relay"
			" verify:node commit"},
		{NET_PRIVATE, UP, UP, "relay", false,
			"check config:relay stop:relay start:relay verify:relay commit"},
		{NET_SHARED, UP, UP, "relay", true,
			"check config:relay stop:node stop:relay start:relay start:node "
			"verify:relay"
			" verify:node commit"},
		{NET_SHARED, UP, UP, "node", true, "check stop:node start:node verify:node commit"},
		{NET_SHARED, UP, DOWN, "node", true,
			"check config:relay stop:node start:relay start:node verify:relay "
			"verify:node"
			" commit"},
		{NET_SHARED, MISSING, UP, "relay", false,
			"check config:relay network create:node stop:relay start:relay start:node"
			" swap:node verify:relay verify:node commit"},
		{NET_PRIVATE, DOWN, DOWN, "node", false, "check start:node verify:node commit"},
		{NET_PRIVATE, FOREIGN, UP, "node", true,
			"check network create:node stop:node start:node swap:node verify:node "
			"commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, RESTART_(&w, all[i].only), all[i].want, all[i].down);
	}
}

/* ---- remove ---- */

static void remove_touches_containers_only(void **state)
{
	static const struct {
		enum network_mode network;
		enum there node, relay;
		bool down;
		const char *want;
	} all[] = {
		{NET_PRIVATE, UP, UP, true,
			"stop:relay stop:node remove:relay remove:node commit network_remove"},
		{NET_SHARED, UP, UP, true,
			"stop:node stop:relay remove:node remove:relay commit network_remove"},
		{NET_PRIVATE, DOWN, MISSING, false, "remove:node commit network_remove"},
		{NET_PRIVATE, FOREIGN, UP, false, "stop:relay remove:relay commit network_remove"},
		{NET_PRIVATE, MISSING, MISSING, false, "commit network_remove"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, all[i].network, all[i].node, all[i].relay);
		planned(&w, REMOVE(&w), all[i].want, all[i].down);
		assert_true(json_is_null(json_object_get(w.plan.data, "after")));
		for (size_t k = 0; k < w.plan.n_steps; k++) {
			autofree char *writes = json_text(w.plan.steps[k].writes);

			assert_null(strstr(writes, DIR "/node"));
			assert_null(
				strstr(w.plan.steps[k].docker ? w.plan.steps[k].docker : "", DIR));
			assert_null(
				strstr(w.plan.steps[k].docker ? w.plan.steps[k].docker : "", "-v"));
		}
	}
}

/* ---- every plan ---- */

static void a_foreign_container_is_renamed_but_never_removed(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		autoworld struct world w;
		int rc = -1;

		world(&w, i % 2 ? NET_SHARED : NET_PRIVATE, FOREIGN, FOREIGN);
		rc = i < 2 ? UPGRADE(&w, "node") : REMOVE(&w);
		assert_int_equal(rc, 0);
		for (size_t k = 0; k < w.plan.n_steps; k++) {
			assert_string_not_equal(w.plan.steps[k].kind, "discard");
			assert_string_not_equal(w.plan.steps[k].kind, "remove");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_planned_while_containers_are_unknown),
		cmocka_unit_test(what_is_missing_has_its_code),
		cmocka_unit_test(install_private),
		cmocka_unit_test(install_shared),
		cmocka_unit_test(install_keeps_a_foreign_container_and_a_found_folder),
		cmocka_unit_test(install_tells_the_truth_beforehand),
		cmocka_unit_test(start_does_what_each_container_needs),
		cmocka_unit_test(start_makes_anew_what_lost_its_network),
		cmocka_unit_test(start_of_what_runs_is_refused_or_only_noted),
		cmocka_unit_test(a_node_without_its_namespace_is_made_anew),
		cmocka_unit_test(a_start_gives_the_wanted_limits),
		cmocka_unit_test(stop_stops_what_runs_in_reverse_order),
		cmocka_unit_test(a_stop_never_kills_the_node),
		cmocka_unit_test(restart_takes_the_pair_in_order),
		cmocka_unit_test(remove_touches_containers_only),
		cmocka_unit_test(a_foreign_container_is_renamed_but_never_removed),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
