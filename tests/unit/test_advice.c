/* domain/advice: the verdict's word and sentence. */
#include "unit/advice_stage.h"

static void each_phase_has_its_word_and_sentence(void **state)
{
	static const struct {
		enum sync_phase phase;
		const char *word, *sentence;
	} all[] = {
		{SYNC_SYNCED, "Healthy",
			"block 2" TH "423" TH "899, 9" SP "seconds ago, 21" SP "peers."},
		{SYNC_SNAPSHOT, "Syncing", "block 2" TH "423" TH "899, 21" SP "peers."},
		{SYNC_BLOCKS, "Syncing", "block 2" TH "423" TH "899, 21" SP "peers."},
		{SYNC_CATCHING_UP, "Catching up", "block 2" TH "423" TH "899, 21" SP "peers."},
		{SYNC_NO_PEERS, "Needs attention", "Parity / OpenEthereum has no peers."},
		{SYNC_STALLED, "Needs attention", "Parity / OpenEthereum does not advance."},
		{SYNC_NO_ANSWER, "Needs attention",
			"Parity / OpenEthereum runs but does not answer."},
		{SYNC_STARTING, "Unknown",
			"Parity / OpenEthereum is starting; it does not tell its block yet."},
		{SYNC_UNKNOWN, "Unknown",
			"Parity / OpenEthereum is starting; it does not tell its block yet."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		autoworld struct world w;

		world(&w, 1);
		w.s[0].sync.phase = all[i].phase;
		w.s[0].sync.percent = -1;
		says(&w, all[i].word, all[i].sentence);
	}
}

static void a_sync_tells_how_far_and_how_long(void **state)
{
	autoworld struct world w;
	struct sync_view *v = &w.s[0].sync;

	(void)state;
	world(&w, 1);
	v->phase = SYNC_BLOCKS;
	v->current = 1000;
	v->target = 4000;
	v->percent = 25;
	v->eta_low_s = 7200;
	v->eta_high_s = 10800;
	v->peers = 1;
	says(&w, "Syncing",
		"block 1" TH "000 of 4" TH "000, 25.0" SP "%, 2" TO "3" SP "h left, 1" SP "peer.");
	v->current = -1;
	v->percent = -1;
	v->eta_high_s = -1;
	v->peers = -1;
	says(&w, "Syncing", "measuring.");
}

static void what_is_not_running_has_its_words(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 1);
	w.s[0].has_sync = false;
	says(&w, "Unknown", "Parity / OpenEthereum runs; it has not been asked yet.");
	w.s[0].container.pid = 0;
	says(&w, "Down", "Parity / OpenEthereum is not running.");
	w.stacks[0].run = false;
	says(&w, "Stopped", "Parity / OpenEthereum was stopped on request; its chain is kept.");
	none(&w);
	w.s[0].container.presence = PRESENCE_UNKNOWN;
	says(&w, "Unknown", "the engine does not show the container of Parity / OpenEthereum yet.");
	w.in.n_stacks = 0;
	says(&w, "Stopped", "no node is installed yet.");
	w.engine.status = ENGINE_CONNECTING;
	says(&w, "Unknown", "connecting to the Docker engine.");
	none(&w);
}

static void a_job_at_work_speaks_and_hides_findings(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 2);
	w.jobs[0] = (struct job_facts){
		.stack = "a", .running = 5, .title = "Upgrade it", .step = "Stop it"};
	w.in.jobs = w.jobs;
	w.in.n_jobs = 1;
	w.s[0].container.pid = 0;
	w.s[0].drift = DRIFT_MEMORY;
	w.s[0].incident = (struct incident){.at = NOW, .cause = INCIDENT_LIMIT};
	w.s[1].container.presence = PRESENCE_NO;
	says(&w, "Working", "a: Upgrade it: Stop it.");
	none(&w);
	*w.jobs[0].step = '\0';
	says(&w, "Working", "a: Upgrade it.");
	w.s[2].container.pid = 0; /* of the other stack it hides nothing */
	finding(&w, 0, "bad", "service.stopped");
	assert_int_equal(json_array_size(w.findings), 1);
	assert_string_equal(json_str(json_array_get(w.findings, 0), "stack", ""), "b");
	/* an install: its stack does not exist yet */
	w.in.n_stacks = 0;
	says(&w, "Working", "Upgrade it.");
}

static void of_several_stacks_the_most_urgent_speaks(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 2);
	says(&w, "Healthy", "a: block 2" TH "423" TH "899, 9" SP "seconds ago, 21" SP "peers.");
	w.s[2].sync.phase = SYNC_NO_PEERS;
	says(&w, "Needs attention", "b: Parity / OpenEthereum has no peers.");
	w.s[0].container.pid = 0;
	says(&w, "Down", "a: Parity / OpenEthereum is not running.");
}

static void a_finding_outweighs_a_node_that_is_well(void **state)
{
	autoworld struct world w;

	(void)state;
	world(&w, 1);
	w.s[1].container.pid = 0;
	ask(&w);
	assert_string_equal(json_str(w.verdict, "word", ""), "Needs attention");
	w.s[1].container.pid = 7;
	/* past: shown, but nothing to do */
	w.s[0].incident =
		(struct incident){.at = NOW - 1, .cause = INCIDENT_LIMIT, .limit = 1 << 30};
	ask(&w);
	assert_string_equal(json_str(w.verdict, "word", ""), "Healthy");
	assert_string_equal(json_str(w.verdict, "code", ""), "memory.oom");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_phase_has_its_word_and_sentence),
		cmocka_unit_test(a_sync_tells_how_far_and_how_long),
		cmocka_unit_test(what_is_not_running_has_its_words),
		cmocka_unit_test(a_job_at_work_speaks_and_hides_findings),
		cmocka_unit_test(of_several_stacks_the_most_urgent_speaks),
		cmocka_unit_test(a_finding_outweighs_a_node_that_is_well),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
