/* domain/plan with the shipped recipes: options, limits and versions of a stack that is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/plan_world.h"

/* ---- options ---- */

static void options_make_the_changed_service_anew(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	refused(&w, OPTIONS(&w, false), "stack.nothing_to_do");
	json_put_int(w.after.services[0].options, "max_peers", 10);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node start:node swap:node verify:node commit"
		" discard:node",
		true);
	assert_int_equal(json_int(json_at(w.plan.data, "after", "services", NULL), "none", 0), 0);
	plan_free(&w.plan);
	json_object_clear(w.after.services[0].options);
	json_put_str(w.after.services[1].options, "instance_name", "other");
	planned(&w, OPTIONS(&w, false),
		"check config:relay network create:relay stop:relay start:relay swap:relay"
		" verify:relay commit discard:relay",
		false);
}

static void a_relay_made_anew_takes_the_node_along_in_a_shared_namespace(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, UP, UP);
	json_put_str(w.after.services[1].options, "instance_name", "other");
	planned(&w, OPTIONS(&w, false),
		"check config:relay network create:relay create:node stop:node stop:relay "
		"start:relay"
		" start:node swap:node swap:relay verify:relay verify:node commit discard:node"
		" discard:relay",
		true);
	assert_string_equal(joins(&w), "container:p-relay.next");
	plan_free(&w.plan);
	json_put_str(w.after.services[1].options, "instance_name", "nas");
	json_put_int(w.after.services[0].options, "max_peers", 10);
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node start:node swap:node verify:node commit"
		" discard:node",
		true);
	assert_string_equal(joins(&w), "container:p-relay");
}

static void a_new_secret_restarts_only_who_reads_it(void **state)
{
	static const struct {
		enum there relay;
		const char *want;
	} all[] = {
		{UP, "check config:relay stop:relay start:relay verify:relay commit"},
		{DOWN, "check config:relay start:relay verify:relay commit"},
		{MISSING, "check config:relay network create:relay start:relay swap:relay "
			  "verify:relay commit"},
		{FOREIGN,
			"check config:relay network create:relay stop:relay start:relay swap:relay"
			" verify:relay commit"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, NET_PRIVATE, UP, all[i].relay);
		planned(&w, OPTIONS(&w, true), all[i].want, false);
	}
}

static void options_that_open_another_database_set_the_chain_aside(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	json_put_str(w.after.services[0].options, "pruning", "archive");
	planned(&w, OPTIONS(&w, false),
		"check network create:node stop:node set_aside start:node swap:node verify:node"
		" commit discard:node",
		true);
	assert_int_equal(warnings(&w, "chain.resync"), 1);
	s = step(&w, "set_aside", "");
	assert_string_equal(json_str(s->args, "chain", ""), "20231114-221320-resync");
	assert_string_equal(
		json_str(json_obj(s->args, "about"), "image", ""), "parity/parity:v1.6.8");
	assert_string_equal(
		json_str(json_obj(s->args, "about_failed"), "reason", ""), "failed_resync");
	assert_string_equal(
		json_str(json_obj(json_obj(s->args, "about_failed"), "options"), "pruning", ""),
		"archive");
	assert_true(json_array_size(json_arr(s->args, "identity")) > 0);
}

static void another_network_makes_both_anew(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	w.after.network = NET_SHARED;
	planned(&w, OPTIONS(&w, false),
		"check config:relay network create:relay create:node stop:node stop:relay "
		"start:relay"
		" start:node swap:node swap:relay verify:relay verify:node commit discard:node"
		" discard:relay",
		true);
	assert_string_equal(joins(&w), "container:p-relay.next");
}

static void a_service_more_brings_folder_and_image(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, MISSING);
	service_free(&w.stack.services[1]);
	w.stack.n_services = 1;
	w.a[1].service = "relay";
	planned(&w, OPTIONS(&w, false),
		"check folder:relay config:relay pull:relay network create:relay start:relay"
		" swap:relay verify:relay commit",
		false);
	assert_true(json_flag(step(&w, "config", "relay")->args, "new", false));
	plan_free(&w.plan);
	w.stack.run = false; /* stopped: nothing starts, but the next start finds all it needs */
	planned(&w, OPTIONS(&w, false), "check folder:relay config:relay pull:relay commit", false);
}

static void options_of_a_stopped_stack_are_only_kept(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, DOWN, DOWN);
	w.stack.run = w.after.run = false;
	json_put_int(w.after.services[0].options, "max_peers", 10);
	planned(&w, OPTIONS(&w, false), "check commit", false);
}

/* ---- limits ---- */

static void limits_are_set_live(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_SHARED, UP, UP);
	w.a[0].needed = GIB;
	w.after.services[0].limits =
		(struct limits){.memory = GIB + 1, .swap = 5, .cpu_millis = 1500};
	planned(&w, LIMITS(&w, "node", false), "limits:node commit", false);
	s = step(&w, "limits", "node");
	assert_string_equal(json_str(s->args, "container", ""), w.c[0].id);
	assert_string_equal(s->docker,
		"docker update --memory 1073741825 --memory-swap 1073741830 --memory-reservation 0"
		" --cpu-period 100000 --cpu-quota 150000 --cpu-shares 1024 --blkio-weight 0 "
		"p-node");
	plan_free(&w.plan);
	w.after.services[0].limits = (struct limits){0};
	planned(&w, LIMITS(&w, "node", false), "limits:node commit", false);
	assert_non_null(strstr(step(&w, "limits", "node")->docker, "--memory -1 --memory-swap -1"));
}

static void limits_below_use_are_refused_with_an_offer(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	w.a[0].needed = GIB;
	w.after.services[0].limits.memory = GIB;
	refused(&w, LIMITS(&w, "node", false), "limit.below_use");
	assert_int_equal(w.e.kind, ERR_CONFLICT);
	planned(&w, LIMITS(&w, "node", true),
		"check network create:node stop:node start:node swap:node verify:node commit"
		" discard:node",
		true);
}

static void limits_warn_once(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	w.after.services[0].limits.memory = GIB / 2;
	assert_int_equal(LIMITS(&w, "node", false), 0);
	assert_int_equal(warnings(&w, "limit.small"), 1);
	plan_free(&w.plan);
	assert_int_equal(LIMITS(&w, "node", true), 0);
	assert_int_equal(warnings(&w, "limit.small"), 1);
	plan_free(&w.plan);
	w.stack.run = w.after.run = false;
	put(&w, 0, DOWN);
	planned(&w, LIMITS(&w, "node", true), "check commit", false);
	assert_int_equal(warnings(&w, "limit.small"), 1);
}

static void limits_of_what_is_not_ours_need_a_recreate(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, NET_SHARED, UP, FOREIGN);
	w.after.services[1].limits.memory = GIB;
	planned(&w, LIMITS(&w, "relay", false),
		"check network create:relay create:node stop:node stop:relay start:relay start:node"
		" swap:node swap:relay verify:relay verify:node commit discard:node",
		true);
}

/* ---- upgrade ---- */

static void upgrade_pulls_and_creates_while_the_old_one_runs(void **state)
{
	autoworld struct world w;
	const struct step *s;

	(void)state;
	world(&w, NET_PRIVATE, UP, UP);
	set_str(&w.after.services[0].image, "parity/parity:v2.5.13-stable");
	planned(&w, UPGRADE(&w, "node"),
		"check pull:node network create:node stop:node owner:node start:node swap:node"
		" verify:node commit discard:node",
		true);
	assert_true(w.plan.one_way);
	assert_int_equal(warnings(&w, "db.one_way"), 1);
	s = step(&w, "owner", "node");
	assert_int_equal(json_int(s->args, "uid", -1), 1000);
	assert_true(s->down);
	assert_false(step(&w, "pull", "node")->down);
	assert_false(step(&w, "create", "node")->down);
	assert_string_equal(
		json_str(step(&w, "discard", "node")->args, "container", ""), w.c[0].id);
	plan_free(&w.plan);
	w.f.uid = w.f.gid = 1000;
	planned(&w, UPGRADE(&w, "node"),
		"check pull:node network create:node stop:node start:node swap:node verify:node "
		"commit"
		" discard:node",
		true);
}

static void upgrade_says_what_becomes_of_the_database(void **state)
{
	static const struct {
		const char *image;
		int db;
		bool one_way;
		const char *code, *says;
	} all[] = {
		{"parity/parity:v1.7.0", -1, false, NULL, NULL},
		{"parity/parity:v1.6.10", 11, false, NULL, NULL},
		{"parity/parity:v1.11.0", 11, true, "db.one_way", "1.11"},
		{"parity/parity:v2.6.0", 11, true, "db.one_way", "not known"},
		{"openethereum/openethereum:v3.3.5", 11, false, "db.refused", "format 11"},
		{"openethereum/openethereum:v3.3.5", -1, false, "db.refused", "format 11"},
		{"parity/parity:v1.5.0", 11, false, "db.refused", "format 11"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, NET_PRIVATE, UP, UP);
		w.f.db_version = all[i].db;
		set_str(&w.after.services[0].image, all[i].image);
		assert_int_equal(UPGRADE(&w, "node"), 0);
		assert_int_equal(w.plan.one_way, all[i].one_way);
		if (all[i].code)
			assert_non_null(strstr(warning(&w, all[i].code), all[i].says));
		else
			assert_int_equal(
				warnings(&w, "db.one_way") + warnings(&w, "db.refused"), 0);
	}
}

static void upgrade_in_a_shared_namespace_keeps_the_pair_together(void **state)
{
	static const struct {
		enum there node, relay;
		const char *service, *want;
	} all[] = {
		{UP, UP, "node",
			"check pull:node network create:node stop:node start:node swap:node "
			"verify:node"
			" commit discard:node"},
		{UP, UP, "relay",
			"check pull:relay network create:relay create:node stop:node stop:relay"
			" start:relay start:node swap:node swap:relay verify:relay verify:node "
			"commit"
			" discard:node discard:relay"},
		{UP, DOWN, "node",
			"check config:relay pull:node network create:node stop:node start:relay"
			" start:node swap:node verify:relay verify:node commit discard:node"},
		{UP, MISSING, "node",
			"check config:relay pull:node network create:relay create:node stop:node"
			" start:relay start:node swap:node swap:relay verify:relay verify:node "
			"commit"
			" discard:node"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, NET_SHARED, all[i].node, all[i].relay);
		planned(&w, UPGRADE(&w, all[i].service), all[i].want, true);
		assert_string_equal(joins(&w), strstr(all[i].want, "create:relay")
						       ? "container:p-relay.next"
						       : "container:p-relay");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_make_the_changed_service_anew),
		cmocka_unit_test(a_relay_made_anew_takes_the_node_along_in_a_shared_namespace),
		cmocka_unit_test(a_new_secret_restarts_only_who_reads_it),
		cmocka_unit_test(options_that_open_another_database_set_the_chain_aside),
		cmocka_unit_test(another_network_makes_both_anew),
		cmocka_unit_test(a_service_more_brings_folder_and_image),
		cmocka_unit_test(options_of_a_stopped_stack_are_only_kept),
		cmocka_unit_test(limits_are_set_live),
		cmocka_unit_test(limits_below_use_are_refused_with_an_offer),
		cmocka_unit_test(limits_warn_once),
		cmocka_unit_test(limits_of_what_is_not_ours_need_a_recreate),
		cmocka_unit_test(upgrade_pulls_and_creates_while_the_old_one_runs),
		cmocka_unit_test(upgrade_says_what_becomes_of_the_database),
		cmocka_unit_test(upgrade_in_a_shared_namespace_keeps_the_pair_together),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
