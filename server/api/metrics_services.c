/* What /metrics says of each service. */
#include "api/metrics.h"

#include "domain/exposition.h"

/* A value of one service; -1 = not known. */
typedef double (*getter)(const struct service_facts *f);

static double seconds(int64_t ns)
{
	return ns < 0 ? -1 : (double)ns / 1e9;
}

static double up(const struct service_facts *f)
{
	return f->container.presence == PRESENCE_UNKNOWN ? -1 : container_alive(&f->container);
}

static double needed(const struct service_facts *f)
{
	return (double)f->usage.anon;
}

static double cache(const struct service_facts *f)
{
	return (double)f->usage.cache;
}

static double working_set(const struct service_facts *f)
{
	return (double)f->usage.working_set;
}

static double limit(const struct service_facts *f)
{
	return f->usage.memory_limit > 0 ? (double)f->usage.memory_limit : -1;
}

static double swap(const struct service_facts *f)
{
	return (double)f->usage.swap;
}

static double oom_kills(const struct service_facts *f)
{
	return (double)f->usage.oom_kills;
}

static double cpu(const struct service_facts *f)
{
	return seconds(f->usage.cpu_ns);
}

static double throttled(const struct service_facts *f)
{
	return seconds(f->usage.throttled_ns);
}

static double periods(const struct service_facts *f)
{
	return (double)f->usage.periods;
}

static double throttled_periods(const struct service_facts *f)
{
	return (double)f->usage.throttled_periods;
}

static double cores(const struct service_facts *f)
{
	return f->usage.cpu_quota_us > 0 && f->usage.cpu_period_us > 0
		       ? (double)f->usage.cpu_quota_us / (double)f->usage.cpu_period_us
		       : -1;
}

static double bytes_read(const struct service_facts *f)
{
	return (double)f->usage.read_bytes;
}

static double bytes_written(const struct service_facts *f)
{
	return (double)f->usage.write_bytes;
}

static double pids(const struct service_facts *f)
{
	return (double)f->usage.pids;
}

static double chain(const struct service_facts *f)
{
	return (double)f->chain_bytes;
}

static double kept(const struct service_facts *f)
{
	return (double)f->kept_bytes;
}

static double volume_size(const struct service_facts *f)
{
	return f->volume_total > 0 ? (double)f->volume_total : -1;
}

static double volume_free(const struct service_facts *f)
{
	return f->volume_total > 0 ? (double)f->volume_free : -1;
}

static double volume_floor(const struct service_facts *f)
{
	return f->volume_total > 0 ? (double)f->volume_floor : -1;
}

static double block(const struct service_facts *f)
{
	return (double)f->sync.current;
}

static double target(const struct service_facts *f)
{
	return (double)f->sync.target;
}

static double behind(const struct service_facts *f)
{
	return (double)f->sync.behind;
}

static double pace(const struct service_facts *f)
{
	return f->sync.blocks_per_s;
}

static double head_age(const struct service_facts *f)
{
	return (double)f->sync.head_age_s;
}

static double progress(const struct service_facts *f)
{
	return f->sync.percent / 100;
}

static double peers(const struct service_facts *f)
{
	return (double)f->sync.peers;
}

/* Of a relay in a container it may not be known whether it has a connection. */
static bool link_known(const struct service_facts *f)
{
	return !f->relay.container || f->relay.link != LINK_UNKNOWN;
}

static double relay_ready(const struct service_facts *f)
{
	return link_known(f) ? f->relay.state == ETHSTATS_READY : -1;
}

static double relay_node(const struct service_facts *f)
{
	return f->relay.node_active;
}

static double relay_block(const struct service_facts *f)
{
	return (double)f->relay.block;
}

static double relay_block_at(const struct service_facts *f)
{
	return f->relay.block_at ? (double)f->relay.block_at / 1000 : -1;
}

static double relay_latency(const struct service_facts *f)
{
	return f->relay.latency_ms < 0 ? -1 : (double)f->relay.latency_ms / 1000;
}

static double relay_attempts(const struct service_facts *f)
{
	return (double)f->relay.attempts;
}

static double relay_bytes(const struct service_facts *f)
{
	return (double)f->relay.bytes;
}

/* What a family is of: without it, none of its values is known. */
enum source {
	CONTAINER,
	USAGE, /* the cgroup of a container that runs: the last reading of another is old */
	SYNC,  /* the RPC of such */
	RELAY,
};

static bool has(const struct service_facts *f, enum source of)
{
	switch (of) {
	case USAGE:
		return f->has_usage && container_alive(&f->container);
	case SYNC:
		return f->has_sync && container_alive(&f->container);
	case RELAY:
		return f->has_relay;
	case CONTAINER:
		break;
	}
	return true;
}

static const struct {
	const char *name, *type, *help;
	getter get;
	enum source of;
} families[] = {
	{"ethstation_service_up", "gauge", "Whether the container runs.", up, CONTAINER},
	{"ethstation_memory_needed_bytes", "gauge", "Anonymous memory.", needed, USAGE},
	{"ethstation_memory_cache_bytes", "gauge", "Page cache.", cache, USAGE},
	{"ethstation_memory_working_set_bytes", "gauge", "As docker stats shows it.", working_set,
		USAGE},
	{"ethstation_memory_limit_bytes", "gauge", "Limit that the kernel enforces.", limit, USAGE},
	{"ethstation_memory_swap_bytes", "gauge", "Swap.", swap, USAGE},
	{"ethstation_oom_kills_total", "counter", "Processes ended for memory.", oom_kills, USAGE},
	{"ethstation_cpu_seconds_total", "counter", "CPU time.", cpu, USAGE},
	{"ethstation_cpu_throttled_seconds_total", "counter", "Time held back by the limit.",
		throttled, USAGE},
	{"ethstation_cpu_periods_total", "counter", "Periods of the CPU limit in which it ran.",
		periods, USAGE},
	{"ethstation_cpu_throttled_periods_total", "counter",
		"Those of them in which it was held back.", throttled_periods, USAGE},
	{"ethstation_cpu_limit_cores", "gauge", "Cores that the kernel allows.", cores, USAGE},
	{"ethstation_disk_read_bytes_total", "counter", "Bytes read.", bytes_read, USAGE},
	{"ethstation_disk_written_bytes_total", "counter", "Bytes written.", bytes_written, USAGE},
	{"ethstation_processes", "gauge", "Processes and threads in the container.", pids, USAGE},
	{"ethstation_chain_size_bytes", "gauge", "Chain on disk.", chain, CONTAINER},
	{"ethstation_chain_kept_bytes", "gauge", "Chains set aside, on disk.", kept, CONTAINER},
	{"ethstation_chain_volume_size_bytes", "gauge", "Volume of the chain.", volume_size,
		CONTAINER},
	{"ethstation_chain_volume_free_bytes", "gauge", "Free on the volume of the chain.",
		volume_free, CONTAINER},
	{"ethstation_chain_volume_floor_bytes", "gauge",
		"With less free than this the node is stopped cleanly; 0 = never.", volume_floor,
		CONTAINER},
	{"ethstation_head_block", "gauge", "Newest block.", block, SYNC},
	{"ethstation_target_block", "gauge",
		"Head of the chain, as the node and the clock have it.", target, SYNC},
	{"ethstation_blocks_behind", "gauge", "Blocks behind the network.", behind, SYNC},
	{"ethstation_blocks_per_second", "gauge", "Blocks imported, over a minute.", pace, SYNC},
	{"ethstation_head_age_seconds", "gauge", "Age of the newest block.", head_age, SYNC},
	{"ethstation_sync_progress_ratio", "gauge", "How far the sync is, 0 to 1.", progress, SYNC},
	{"ethstation_peers", "gauge", "Peers.", peers, SYNC},
	{"ethstation_relay_ready", "gauge",
		"Whether the ethstats server takes our messages; with a container, has a "
		"connection.",
		relay_ready, RELAY},
	{"ethstation_relay_node_active", "gauge", "Whether the node answers the relay.", relay_node,
		RELAY},
	{"ethstation_relay_block", "gauge", "Last block sent to it.", relay_block, RELAY},
	{"ethstation_relay_block_timestamp_seconds", "gauge", "Unix time at which that was sent.",
		relay_block_at, RELAY},
	{"ethstation_relay_latency_seconds", "gauge", "Half of a round trip to it.", relay_latency,
		RELAY},
	{"ethstation_relay_attempts_total", "counter", "Connections to it that were begun.",
		relay_attempts, RELAY},
	{"ethstation_relay_sent_bytes_total", "counter", "Sent to it.", relay_bytes, RELAY},
};

/* One sample of a service, with a label more when more is not NULL. */
static void sample(struct buf *b, const char *name, const struct service_facts *f, const char *more,
	const char *text, double value)
{
	struct label labels[] = {{"stack", f->stack}, {"service", f->service}, {more, text}};

	exposition_sample(b, name, labels, more ? 3 : 2, value);
}

static void add_family(struct buf *b, const struct world *w, size_t m)
{
	exposition_family(b, families[m].name, families[m].type, families[m].help);
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];

		if (has(f, families[m].of))
			sample(b, families[m].name, f, NULL, NULL, families[m].get(f));
	}
}

/* ---- state sets: a sample for each state, 1 for the present one ---- */

static int phase(const struct service_facts *f)
{
	return (int)f->sync.phase;
}

static const char *phase_text(int state)
{
	return sync_phase_name((enum sync_phase)state);
}

static int relay_state(const struct service_facts *f)
{
	return link_known(f) ? (int)f->relay.state : -1;
}

static const char *relay_state_text(int state)
{
	return ethstats_state_name((enum ethstats_state)state);
}

static int relay_page(const struct service_facts *f)
{
	return (int)f->relay.page;
}

static const char *relay_page_text(int state)
{
	return relay_page_name((enum relay_page)state);
}

static const struct {
	const char *name, *help, *label;
	int last;				   /* state; the first is 0 */
	int (*get)(const struct service_facts *f); /* -1 = not known */
	const char *(*text)(int state);
	enum source of;
} sets[] = {
	{"ethstation_sync_phase", "1 for the phase that the sync is in.", "phase", SYNC_SYNCED,
		phase, phase_text, SYNC},
	{"ethstation_relay_state", "1 for the state of its connection.", "state", ETHSTATS_READY,
		relay_state, relay_state_text, RELAY},
	{"ethstation_relay_page", "1 for how the ethstats page shows the node.", "page",
		PAGE_UNLISTED, relay_page, relay_page_text, RELAY},
};

static void add_set(struct buf *b, const struct world *w, size_t m)
{
	exposition_family(b, sets[m].name, "gauge", sets[m].help);
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];
		int now = has(f, sets[m].of) ? sets[m].get(f) : -1;

		for (int s = 0; now >= 0 && s <= sets[m].last; s++)
			sample(b, sets[m].name, f, sets[m].label, sets[m].text(s), s == now);
	}
}

/* The text is the node's own. */
static void add_versions(struct buf *b, const struct world *w)
{
	static const char name[] = "ethstation_node_info";

	exposition_family(b, name, "gauge", "Version, as its RPC tells it.");
	for (size_t i = 0; i < w->n_services; i++) {
		const struct service_facts *f = &w->services[i];

		if (has(f, SYNC) && *f->version)
			sample(b, name, f, "version", f->version, 1);
	}
}

void metrics_services(struct buf *b, const struct world *w)
{
	for (size_t m = 0; m < COUNT(families); m++)
		add_family(b, w, m);
	for (size_t m = 0; m < COUNT(sets); m++)
		add_set(b, w, m);
	add_versions(b, w);
}
