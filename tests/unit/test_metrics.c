/* What Prometheus reads: the text form, whatever a label's text is; and that of the world only what
 * is known becomes a sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/metrics.h"
#include "domain/exposition.h"

#include <math.h>
#include <string.h>

static void check_text(const struct buf *b, const char *want)
{
	assert_string_equal(b->data ? b->data : "", want);
}

/* ---- the text form ---- */

static void families_and_samples(void **state)
{
	static const struct label two[] = {{"stack", "home"}, {"service", "node"}};
	autobuf struct buf b = {0};

	(void)state;
	exposition_family(&b, "a_bytes", "gauge", "Of a.");
	exposition_sample(&b, "a_bytes", two, 2, 9007199254740991);
	exposition_sample(&b, "a_bytes", two, 1, 0.25);
	exposition_single(&b, "b_total", "counter", "Of b.", 0);
	check_text(&b, "# HELP a_bytes Of a.\n# TYPE a_bytes gauge\n"
		       "a_bytes{stack=\"home\",service=\"node\"} 9007199254740991\n"
		       "a_bytes{stack=\"home\"} 0.25\n"
		       "# HELP b_total Of b.\n# TYPE b_total counter\nb_total 0\n");
}

static void what_is_unknown_has_no_sample(void **state)
{
	static const double unknown[] = {-1, -0.01, NAN, INFINITY, -INFINITY};
	autobuf struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++)
		exposition_sample(&b, "a", &(struct label){"x", "y"}, 1, unknown[i]);
	check_text(&b, "");
	exposition_single(&b, "a", "gauge", "Of a.", NAN);
	check_text(&b, "# HELP a Of a.\n# TYPE a gauge\n");
}

static void any_label_text_stays_in_its_line(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"", "a{x=\"\"} 1\n"}, {"\"q\"", "a{x=\"\\\"q\\\"\"} 1\n"},
		{"C:\\n", "a{x=\"C:\\\\n\"} 1\n"}, {"two\nlines\n", "a{x=\"two\\nlines\\n\"} 1\n"},
		{"{},=#", "a{x=\"{},=#\"} 1\n"}, {"Küche", "a{x=\"Küche\"} 1\n"},
		/* cut within a letter: not UTF-8 any more */
		{"K\xc3", "a{x=\"K?\"} 1\n"}, {"\xff\"", "a{x=\"?\\\"\"} 1\n"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		autobuf struct buf b = {0};

		exposition_sample(&b, "a", &(struct label){"x", cases[i].text}, 1, 1);
		check_text(&b, cases[i].want);
	}
}

/* ---- the world ---- */

static char *text_of(const struct world *w)
{
	struct buf b = {0};

	metrics_world(&b, w);
	return buf_take(&b);
}

/* Samples, which are the lines without #; also that no value is other than a number ≥ 0. */
static int samples(const char *text)
{
	int n = 0;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		const char *end = strchr(line, '\n'), *value = end;
		char *rest;

		assert_non_null(end);
		if (*line == '#')
			continue;
		while (value[-1] != ' ')
			value--;
		assert_true(strtod(value, &rest) >= 0);
		assert_ptr_equal(rest, end);
		n++;
	}
	return n;
}

static void assert_line(const char *text, const char *line)
{
	autofree char *whole = xasprintf("\n%s\n", line);

	if (!strstr(text, whole))
		fail_msg("no %s in:\n%s", line, text);
}

static void assert_none_of(const char *text, const char *name)
{
	autofree char *sample = xasprintf("\n%s{", name), *alone = xasprintf("\n%s ", name);

	if (strstr(text, sample) || strstr(text, alone))
		fail_msg("a sample of %s in:\n%s", name, text);
}

static void nothing_known(void **state)
{
	struct service_facts f = {.stack = "a",
		.service = "node",
		.chain_bytes = -1,
		.kept_bytes = -1,
		.container = {.presence = PRESENCE_UNKNOWN}};
	struct world w = {.services = &f, .n_services = 1};
	autofree char *text = text_of(&w);

	(void)state;
	assert_line(text, "ethstation_engine_up 0");
	assert_line(text, "ethstation_findings{level=\"bad\"} 0");
	assert_int_equal(samples(text), 4); /* and two more levels */
}

/* A container that runs; every value of it is known, or all are -1. */
static struct service_facts running(const char *service, bool known)
{
	int64_t n = known ? 7 : -1;
	struct service_facts f = {.service = "",
		.stack = "home",
		.container = {.presence = PRESENCE_YES, .state = (char *)"running", .pid = 1},
		.has_usage = true,
		.usage = {.anon = n,
			.cache = n,
			.working_set = n,
			.memory_limit = known ? 100 : 0,
			.swap = n,
			.oom_kills = n,
			.cpu_ns = known ? 2500000000 : -1,
			.throttled_ns = n,
			.periods = n,
			.throttled_periods = n,
			.cpu_quota_us = known ? 150000 : 0,
			.cpu_period_us = known ? 100000 : 0,
			.read_bytes = n,
			.write_bytes = n,
			.pids = n},
		.chain_bytes = n,
		.kept_bytes = n};

	snprintf(f.service, sizeof(f.service), "%s", service);
	return f;
}

static struct service_facts syncing_node(void)
{
	struct service_facts f = running("node", true);

	f.has_sync = true;
	f.sync = (struct sync_view){.phase = SYNC_BLOCKS,
		.percent = 12.5,
		.blocks_per_s = 3.5,
		.current = 5,
		.target = 40,
		.behind = 35,
		.peers = 25,
		.head_age_s = 60};
	f.volume_total = 1000;
	f.volume_free = 400;
	snprintf(f.version, sizeof(f.version), "Parity//v1 \"odd\"");
	return f;
}

static struct service_facts ready_relay(void)
{
	struct service_facts f = {.stack = "home",
		.service = "relay",
		.chain_bytes = -1,
		.kept_bytes = -1,
		.has_relay = true,
		.relay = {.state = ETHSTATS_READY,
			.block = 5,
			.block_at = 1500000000250,
			.latency_ms = 125,
			.attempts = 2,
			.bytes = 4000,
			.node_active = true,
			.page = PAGE_FRESH}};
	return f;
}

static void a_stack_in_base_units(void **state)
{
	static const char *const lines[] = {
		"ethstation_service_up{stack=\"home\",service=\"node\"} 1",
		"ethstation_memory_needed_bytes{stack=\"home\",service=\"node\"} 7",
		"ethstation_memory_limit_bytes{stack=\"home\",service=\"node\"} 100",
		"ethstation_cpu_seconds_total{stack=\"home\",service=\"node\"} 2.5",
		"ethstation_cpu_limit_cores{stack=\"home\",service=\"node\"} 1.5",
		"ethstation_cpu_throttled_periods_total{stack=\"home\",service=\"node\"} 7",
		"ethstation_chain_volume_free_bytes{stack=\"home\",service=\"node\"} 400",
		"ethstation_sync_progress_ratio{stack=\"home\",service=\"node\"} 0.125",
		"ethstation_sync_phase{stack=\"home\",service=\"node\",phase=\"syncing\"} 1",
		"ethstation_sync_phase{stack=\"home\",service=\"node\",phase=\"synced\"} 0",
		"ethstation_node_info{stack=\"home\",service=\"node\",version=\"Parity//v1 "
		"\\\"odd\\\"\"} 1",
		"ethstation_relay_ready{stack=\"home\",service=\"relay\"} 1",
		"ethstation_relay_state{stack=\"home\",service=\"relay\",state=\"ready\"} 1",
		"ethstation_relay_page{stack=\"home\",service=\"relay\",page=\"fresh\"} 1",
		"ethstation_relay_page{stack=\"home\",service=\"relay\",page=\"stale\"} 0",
		"ethstation_relay_block{stack=\"home\",service=\"relay\"} 5",
		"ethstation_relay_block_timestamp_seconds{stack=\"home\",service=\"relay\"} "
		"1500000000.25",
		"ethstation_relay_latency_seconds{stack=\"home\",service=\"relay\"} 0.125",
		"ethstation_relay_attempts_total{stack=\"home\",service=\"relay\"} 2",
		"ethstation_host_memory_bytes 2000",
		"ethstation_host_pressure_ratio{resource=\"cpu\"} 0.5",
		"ethstation_volume_free_bytes 9",
		"ethstation_state_size_bytes 4096",
	};
	struct service_facts both[] = {syncing_node(), ready_relay()};
	struct world w = {.services = both,
		.n_services = 2,
		.host = {.at = 1,
			.memory_total = 2000,
			.pressure_cpu = 50,
			.pressure_io = -1,
			.pressure_memory = -1},
		.volume = {.total = 10, .free = 9},
		.disk_bytes = 4096};
	autofree char *text = text_of(&w);

	(void)state;
	samples(text);
	for (size_t i = 0; i < COUNT(lines); i++)
		assert_line(text, lines[i]);
	assert_null(strstr(text, "resource=\"io\"")); /* a kernel that does not tell */
}

static void of_a_stopped_node_only_the_disk(void **state)
{
	struct service_facts f = syncing_node();
	struct world w = {.services = &f, .n_services = 1};
	autofree char *text;

	(void)state;
	f.container.pid = 0;
	f.container.state = (char *)"exited";
	text = text_of(&w);
	assert_line(text, "ethstation_service_up{stack=\"home\",service=\"node\"} 0");
	assert_line(text, "ethstation_chain_size_bytes{stack=\"home\",service=\"node\"} 7");
	assert_none_of(text, "ethstation_memory_needed_bytes");
	assert_none_of(text, "ethstation_cpu_seconds_total");
	assert_none_of(text, "ethstation_head_block");
	assert_none_of(text, "ethstation_sync_phase");
	assert_none_of(text, "ethstation_node_info");
}

static void a_kernel_that_tells_nothing(void **state)
{
	struct service_facts f = running("node", false);
	struct world w = {.services = &f, .n_services = 1};
	autofree char *text = text_of(&w);

	(void)state;
	assert_line(text, "ethstation_service_up{stack=\"home\",service=\"node\"} 1");
	assert_int_equal(samples(text), 5); /* and engine_up, three levels of findings */
}

static void a_relay_whose_connection_is_not_seen(void **state)
{
	struct service_facts f = ready_relay();
	struct world w = {.services = &f, .n_services = 1};
	autofree char *text;

	(void)state;
	f.relay = (struct relay_facts){.container = true,
		.link = LINK_UNKNOWN,
		.block = -1,
		.latency_ms = -1,
		.attempts = -1,
		.bytes = -1};
	text = text_of(&w);
	samples(text);
	assert_none_of(text, "ethstation_relay_ready");
	assert_none_of(text, "ethstation_relay_state");
	assert_none_of(text, "ethstation_relay_block_timestamp_seconds");
	assert_none_of(text, "ethstation_relay_latency_seconds");
	assert_none_of(text, "ethstation_relay_attempts_total");
	assert_none_of(text, "ethstation_relay_sent_bytes_total");
	assert_line(
		text, "ethstation_relay_page{stack=\"home\",service=\"relay\",page=\"unknown\"} 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_and_samples),
		cmocka_unit_test(what_is_unknown_has_no_sample),
		cmocka_unit_test(any_label_text_stays_in_its_line),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(a_stack_in_base_units),
		cmocka_unit_test(of_a_stopped_node_only_the_disk),
		cmocka_unit_test(a_kernel_that_tells_nothing),
		cmocka_unit_test(a_relay_whose_connection_is_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
