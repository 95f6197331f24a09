/* domain/advice: each finding with its buttons, and their order. */
#include "unit/advice_stage.h"

static void well_means_no_finding(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 2);
	none(&w);
}

static void an_engine_that_is_lost_silences_the_rest(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 1);
	w.engine = (struct engine_facts){.status = ENGINE_LOST,
		.code = "engine.absent",
		.message = "Nobody answers at 100 %s."};
	w.s[0].container.pid = 0;
	says(&w, "Unknown", "Nobody answers at 100 %s.");
	finding(&w, 0, "bad", "engine.absent");
	assert_int_equal(json_array_size(w.findings), 1);
}

static void a_full_disk_is_told_below_five_gib(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 1);
	w.in.volume_free = 5 * GIB;
	none(&w);
	w.in.volume_free = -1;
	none(&w);
	w.in.volume_free = 5 * GIB - 1;
	finding(&w, 0, "warn", "disk.low");
}

static void containers_have_their_findings_and_buttons(void **state)
{
	autoworld struct world w;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.s[0].container.presence = PRESENCE_NO;
	action(finding(&w, 0, "bad", "container.missing"), 0, "POST", "/stacks/a/start");
	w.s[0].container.presence = PRESENCE_UNKNOWN;
	none(&w);
	w.s[0].container.presence = PRESENCE_YES;
	w.s[0].drift = DRIFT_CONTAINER;
	action(finding(&w, 0, "bad", "container.replaced"), 0, "POST", "/stacks/a/start");
	w.s[0].drift = 0;
	w.s[0].split = true;
	action(finding(&w, 0, "bad", "network.split"), 0, "POST", "/stacks/a/restart");
	w.s[0].split = false;
	w.s[0].container.pid = 0;
	w.s[0].container.finished_at = NOW;
	w.s[0].container.exit_code = 101;
	f = finding(&w, 0, "bad", "service.stopped");
	action(f, 0, "POST", "/stacks/a/start");
	assert_non_null(strstr(json_str(f, "message", ""), "with code 101"));
	w.s[0].given_up = true;
	w.s[0].crashes = 5;
	snprintf(w.s[0].last_words, sizeof(w.s[0].last_words), "100%% \"panic\" %%n");
	f = finding(&w, 0, "bad", "node.crash_loop");
	page(f, "logs");
	action(f, 1, "POST", "/stacks/a/start");
	assert_non_null(strstr(json_str(f, "message", ""), "after 5 crashes"));
	assert_non_null(strstr(json_str(f, "message", ""), "100% \"panic\" %n"));
	assert_int_equal(json_array_size(w.findings), 1); /* one container, one finding */
}

static void a_drift_has_both_answers(void **state)
{
	autoworld struct world w;
	const json_t *f, *again, *accept;

	(void)state;
	world(&w, 1);
	w.s[0].kernel.memory = GIB;
	w.s[0].drift = drift_of(&w.svc[0].limits, &w.s[0].kernel);
	f = finding(&w, 0, "warn", "limit.drift");
	again = action(f, 0, "PUT", "/stacks/a/services/node/limits");
	accept = action(f, 1, "PUT", "/stacks/a/services/node/limits");
	assert_true(json_flag(again, "primary", false));
	assert_false(json_flag(accept, "primary", true));
	assert_int_equal(json_integer_value(json_at(again, "body", "limits", "memory_bytes", NULL)),
		2 * GIB);
	assert_int_equal(
		json_integer_value(json_at(accept, "body", "limits", "memory_bytes", NULL)), GIB);
	assert_string_equal(json_str(again, "label", ""), "Set 2.0" SP "GiB again");
	w.s[0].kernel.memory = 0;
	f = finding(&w, 0, "warn", "limit.drift");
	accept = action(f, 1, "PUT", "/stacks/a/services/node/limits");
	assert_string_equal(json_str(accept, "label", ""), "Accept no limit");
	assert_true(json_is_null(json_at(accept, "body", "limits", "memory_bytes", NULL)));
}

static void a_storm_is_told_with_its_figures(void **state)
{
	autoworld struct world w;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.s[0].storm = (struct storm){.on = true,
		.since = NOW - 12 * 60000,
		.sign = {{41, 15, true}, {35 << 20, -5, true}, {8, 25, true}}};
	f = finding(&w, 0, "warn", "node.storm");
	assert_string_equal(json_str(f, "message", ""),
		"Parity / OpenEthereum has not been as usual for 12" SP "min: a block takes 41" SP
		"seconds, usually 15" SP "seconds; it takes 35" SP
		"MiB more memory each minute, usually 0" SP "MiB; it has 8 peers, usually 25.");
	assert_int_equal(json_int(f, "at", 0), NOW - 12 * 60000);
	page(f, "limits");
	w.s[0].storm.sign[STORM_BLOCKS].out = w.s[0].storm.sign[STORM_PEERS].out = false;
	f = finding(&w, 0, "warn", "node.storm");
	assert_string_equal(json_str(f, "message", ""),
		"Parity / OpenEthereum has not been as usual for 12" SP "min: it takes 35" SP
		"MiB more memory each minute, usually 0" SP "MiB.");
	w.s[0].storm.sign[STORM_MEMORY].out = false;
	f = finding(&w, 0, "warn", "node.storm");
	assert_non_null(strstr(json_str(f, "message", ""), "it calms down just now"));
}

/* What it has while the NAS is busy does not become what its owner wants. */
static void a_drift_of_a_good_neighbour(void **state)
{
	autoworld struct world w;
	const json_t *f, *accept;

	(void)state;
	world(&w, 1);
	w.s[0].neighbour.has = NEIGHBOUR_BUSY;
	w.s[0].kernel = (struct limits){.memory = GIB, .cpu_millis = 500};
	w.s[0].drift = DRIFT_MEMORY;
	f = finding(&w, 0, "warn", "limit.drift");
	accept = action(f, 1, "PUT", "/stacks/a/services/node/limits");
	assert_int_equal(
		json_integer_value(json_at(accept, "body", "limits", "memory_bytes", NULL)), GIB);
	assert_true(json_is_null(json_at(accept, "body", "limits", "cpus", NULL)));
}

static void a_drift_names_the_limit_that_differs(void **state)
{
	static const struct {
		struct limits kernel;
		unsigned drift;
		const char *name, *says;
	} all[] = {
		{{.memory = 2 * GIB, .cpu_millis = 500}, DRIFT_CPUS, "cpus", "0.50 CPUs"},
		{{.memory = 2 * GIB, .cpu_shares = 512}, DRIFT_SHARES, "cpu_shares",
			"512 CPU shares"},
		{{.memory = 2 * GIB, .blkio_weight = 300}, DRIFT_WEIGHT, "blkio_weight",
			"weight of 300"},
		{{.memory = 2 * GIB, .swap = GIB}, DRIFT_SWAP, "swap_bytes", "GiB of swap"},
		{{.memory = 2 * GIB, .reservation = GIB}, DRIFT_RESERVATION,
			"memory_reservation_bytes", "reservation of 1.0"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;
		autojson json_t *names = drift_json(all[i].drift);
		const json_t *f;

		world(&w, 1);
		w.s[0].kernel = all[i].kernel;
		w.s[0].drift = drift_of(&w.svc[0].limits, &w.s[0].kernel);
		assert_int_equal(w.s[0].drift, all[i].drift);
		assert_int_equal(json_array_size(names), 1);
		assert_string_equal(json_string_value(json_array_get(names, 0)), all[i].name);
		f = finding(&w, 0, "warn", "limit.drift");
		assert_non_null(strstr(json_str(f, "message", ""), all[i].says));
	}
}

static void memory_and_sync_have_their_findings(void **state)
{
	autoworld struct world w;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.s[0].incident = (struct incident){.id = 7,
		.at = NOW - 24 * 3600 * 1000,
		.cause = INCIDENT_LIMIT,
		.ended = true,
		.limit = GIB};
	f = finding(&w, 0, "warn", "memory.oom");
	assert_int_equal(json_int(f, "incident", 0), 7);
	assert_int_equal(json_int(f, "at", 0), w.s[0].incident.at);
	page(f, "incidents");
	w.s[0].incident.cause = INCIDENT_HOST;
	finding(&w, 0, "warn", "memory.host");
	w.s[0].incident.seen_at = NOW;
	none(&w);
	w.s[0].incident.seen_at = 0;
	w.s[0].incident.at--;
	none(&w); /* a day is enough */
	w.s[0].sync.reason = "sync.no_peers";
	w.s[0].sync.since = NOW - 600000;
	f = finding(&w, 0, "warn", "sync.no_peers");
	assert_non_null(strstr(json_str(f, "message", ""), "10" SP "min"));
	w.s[0].sync.advances = true;
	f = finding(&w, 0, "warn", "sync.no_peers");
	assert_string_equal(json_str(f, "message", ""),
		"Parity / OpenEthereum has had no peers for 10" SP
		"min. It still imports what it had fetched.");
	w.s[0].sync.advances = false;
	w.s[0].sync.reason = "sync.stalled";
	f = finding(&w, 0, "warn", "sync.stalled");
	assert_string_equal(json_str(f, "message", ""),
		"Parity / OpenEthereum has not advanced for 10" SP "min.");
	w.s[0].stall = (struct stall){.n = 2, .order = {STALL_PEERS, STALL_DISK}};
	w.s[0].stall.causes[STALL_PEERS].figures.peers = 1;
	f = finding(&w, 0, "warn", "sync.stalled");
	assert_string_equal(json_str(f, "message", ""),
		"Parity / OpenEthereum has not advanced for 10" SP "min. It has only 1 peer.");
	w.s[0].sync.reason = "sync.no_answer";
	finding(&w, 0, "warn", "rpc.silent");
	w.stacks[0].run = false;
	none(&w);
}

static void memory_that_runs_towards_its_limit(void **state)
{
	autoworld struct world w;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.s[0].pressure = (struct pressure){
		.level = PRESSURE_WARN, .limit = 2 * GIB, .bytes_per_s = 1 << 20, .left_s = 120};
	f = finding(&w, 0, "warn", "memory.pressure");
	assert_non_null(strstr(json_str(f, "message", ""), "60" SP "MiB more each minute"));
	assert_non_null(strstr(json_str(f, "message", ""), "in 2" SP "min."));
	page(f, "limits");
	w.svc[0].guard = (struct guard){GUARD_RAISE, 3 * GIB};
	f = finding(&w, 0, "warn", "memory.pressure");
	assert_non_null(strstr(json_str(f, "message", ""), "will be raised"));
	w.svc[0].guard.up_to = 2 * GIB;
	f = finding(&w, 0, "warn", "memory.pressure");
	assert_non_null(strstr(json_str(f, "message", ""), "as far as you allowed"));
	w.s[0].pressure.left_s = w.s[0].pressure.bytes_per_s = -1;
	f = finding(&w, 0, "warn", "memory.pressure");
	assert_non_null(strstr(json_str(f, "message", ""), "does not grow just now"));
	w.svc[0].guard = (struct guard){.act = GUARD_OFF};
	none(&w);
}

static void a_raised_limit_can_be_put_back(void **state)
{
	autoworld struct world w;
	const json_t *action;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.s[0].raised = (struct raised){.at = NOW - 1000, .from = GIB, .to = 2 * GIB};
	f = finding(&w, 0, "note", "memory.raised");
	assert_int_equal(json_int(f, "at", 0), NOW - 1000);
	action = json_array_get(json_arr(f, "actions"), 0);
	assert_string_equal(json_str(action, "path", ""), "/stacks/a/services/node/limits");
	assert_int_equal(
		json_int(json_obj(json_obj(action, "body"), "limits"), "memory_bytes", 0), GIB);
	ask(&w);
	assert_string_equal(json_str(w.verdict, "word", ""), "Healthy");
	w.svc[0].limits.memory = 3 * GIB; /* somebody chose another since */
	none(&w);
	w.svc[0].limits.memory = 2 * GIB;
	w.s[0].raised.at = NOW - 24 * 3600 * 1000 - 1;
	none(&w);
}

static void a_relay_that_relays_no_more_is_told(void **state)
{
	autoworld struct world w;
	struct relay_facts *r = &w.s[1].relay;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.s[1].has_relay = true;
	*r = (struct relay_facts){.container = true,
		.server = "ws://page",
		.id = "nas",
		.fault_blocks = 17,
		.fault_since = NOW - 240 * 1000,
		.next_at = NOW + 3000,
		.restarts = 1,
		.verdict = RELAY_WELL};
	none(&w); /* its state is that of its connection: no finding of the built-in relay's */
	r->verdict = RELAY_SILENT;
	r->fault = RELAY_NOT_SENDING;
	f = finding(&w, 0, "warn", "relay.silent");
	assert_string_equal(json_str(f, "message", ""),
		"Connected, but nothing was sent for 4" SP "min while the node imported 17 blocks. "
		"Restarting the relay (2 of 5).");
	r->fault = RELAY_NO_BLOCK;
	r->next_at = NOW + 130 * 1000;
	f = finding(&w, 0, "warn", "relay.silent");
	assert_string_equal(json_str(f, "message", ""),
		"Connected, but ws://page shows no new block of \"nas\" for 4" SP
		"min while the node imported 17 blocks. Restarting the relay in 2" SP
		"min (2 of 5).");
	r->fault = RELAY_NOT_CONNECTED;
	r->next_at = 0;
	f = finding(&w, 0, "warn", "relay.silent");
	assert_string_equal(json_str(f, "message", ""),
		"Not connected to ws://page for 4" SP
		"min, though it can be reached. Restarting the relay (2 of 5).");
	r->verdict = RELAY_GAVE_UP;
	r->restarts = 5;
	r->next_at = NOW + 34 * 60 * 1000;
	f = finding(&w, 0, "warn", "relay.gave_up");
	assert_string_equal(json_str(f, "message", ""),
		"Restarted 5 times in an hour without success; the server may be down. "
		"Next try in 34" SP "min.");
	f = json_array_get(json_object_get(f, "actions"), 0);
	assert_string_equal(json_str(f, "label", ""), "Try now");
	assert_string_equal(json_str(f, "path", ""), "/stacks/a/restart");
	assert_string_equal(json_str(json_object_get(f, "body"), "service", ""), "relay");
	r->restarts = 1; /* once an hour by now */
	r->tries = 7;
	f = finding(&w, 0, "warn", "relay.gave_up");
	assert_string_equal(json_str(f, "message", ""),
		"Restarted 7 times without success; the server may be down. Next try in 34" SP
		"min.");
	w.jobs[0].running = 3; /* explains it */
	w.in.jobs = w.jobs;
	w.in.n_jobs = 1;
	snprintf(w.jobs[0].stack, sizeof(w.jobs[0].stack), "a");
	ask(&w);
	assert_int_equal(json_array_size(w.findings), 0);
}

static void the_last_job_is_told_while_it_matters(void **state)
{
	autoworld struct world w;
	const json_t *f;

	(void)state;
	world(&w, 1);
	w.jobs[0] = (struct job_facts){.stack = "a",
		.ended_badly = true,
		.ended_title = "Upgrade it",
		.ended_error = "It ended.",
		.ended_at = NOW - 5000};
	w.in.jobs = w.jobs;
	w.in.n_jobs = 1;
	f = finding(&w, 0, "bad", "job.failed");
	assert_string_equal(json_str(f, "message", ""), "Upgrade it: It ended.");
	assert_int_equal(json_int(f, "at", 0), NOW - 5000);
	page(f, "upgrades");
	w.jobs[0].rolled_back = true;
	f = finding(&w, 0, "warn", "job.rolled_back");
	assert_string_equal(
		json_str(f, "message", ""), "Upgrade it: It ended. Everything is as before.");
	assert_string_equal(json_str(w.verdict, "word", ""), "Healthy");
	w.jobs[0].ended_badly = false;
	none(&w);
}

static void the_most_urgent_finding_comes_first(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 2);
	w.in.volume_free = 0;
	w.s[0].drift = DRIFT_MEMORY;
	w.s[3].container.pid = 0;
	finding(&w, 0, "bad", "service.stopped");
	finding(&w, 1, "warn", "disk.low");
	finding(&w, 2, "warn", "limit.drift");
	assert_int_equal(json_array_size(w.findings), 3);
}

static void a_finding_keeps_its_beginning(void **state)
{
	autoworld struct world w;
	autojson json_t *before = NULL;
	size_t i;
	json_t *f;

	(void)state;
	world(&w, 2);
	w.s[1].container.pid = 0;
	w.in.volume_free = 0;
	ask(&w);
	before = json_incref(w.findings);
	w.in.before = before;
	w.in.now = NOW + 60000;
	w.s[3].container.pid = 0; /* the same code of another stack begins now */
	forget(&w);
	advise(&w.in, &w.verdict, &w.findings);
	assert_int_equal(json_array_size(w.findings), 3);
	json_array_foreach (w.findings, i, f)
		assert_int_equal(json_int(f, "at", 0),
			strcmp(json_str(f, "stack", ""), "b") ? NOW : NOW + 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_means_no_finding),
		cmocka_unit_test(an_engine_that_is_lost_silences_the_rest),
		cmocka_unit_test(a_full_disk_is_told_below_five_gib),
		cmocka_unit_test(containers_have_their_findings_and_buttons),
		cmocka_unit_test(a_drift_has_both_answers),
		cmocka_unit_test(a_drift_of_a_good_neighbour),
		cmocka_unit_test(a_storm_is_told_with_its_figures),
		cmocka_unit_test(a_drift_names_the_limit_that_differs),
		cmocka_unit_test(memory_and_sync_have_their_findings),
		cmocka_unit_test(memory_that_runs_towards_its_limit),
		cmocka_unit_test(a_raised_limit_can_be_put_back),
		cmocka_unit_test(a_relay_that_relays_no_more_is_told),
		cmocka_unit_test(the_last_job_is_told_while_it_matters),
		cmocka_unit_test(the_most_urgent_finding_comes_first),
		cmocka_unit_test(a_finding_keeps_its_beginning),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
