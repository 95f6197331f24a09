/*
 * advice: facts → one verdict sentence and findings with their buttons. Pure. Every word of the
 * verdict and every finding's code is listed in the design of the dashboard; hints come from
 * domain/texts.
 */
#ifndef DOMAIN_ADVICE_H
#define DOMAIN_ADVICE_H

#include "domain/ethstats.h"
#include "domain/incident.h"
#include "domain/neighbour.h"
#include "domain/pressure.h"
#include "domain/recipe.h"
#include "domain/relay_watch.h"
#include "domain/stall.h"
#include "domain/storm.h"
#include "domain/sync.h"

enum engine_status { ENGINE_CONNECTING, ENGINE_CONNECTED, ENGINE_LOST };

struct engine_facts {
	enum engine_status status;
	msec since;
	char code[48], message[400]; /* while not connected */
	char version[32], api[16], storage[32], root[256];
	int cgroup_version;
	bool swap_limit;
};

/* What differs from what is wanted. */
enum drift {
	DRIFT_MEMORY = 1,
	DRIFT_RESERVATION = 2,
	DRIFT_SWAP = 4,
	DRIFT_CPUS = 8,
	DRIFT_SHARES = 16,
	DRIFT_WEIGHT = 32,
	DRIFT_CONTAINER = 64, /* not the one this program made */
};
unsigned drift_of(const struct limits *wanted, const struct limits *kernel);
json_t *drift_json(unsigned drift); /* names as in api.yaml; owned by the caller */

/* Whether the ethstats page itself shows the node. */
enum relay_page {
	PAGE_UNKNOWN, /* not looked yet, or its feed cannot be reached */
	PAGE_FRESH,
	PAGE_STALE, /* listed, with an old block */
	PAGE_UNLISTED,
};
const char *relay_page_name(enum relay_page p); /* unknown, fresh, stale, unlisted */

/* What is known of a relay; times are wall clock, 0 = never. Of one with a container, not all is:
 * its state is that of its connection. */
struct relay_facts {
	msec at;
	unsigned epoch; /* grows when it begins anew */
	enum ethstats_state state;
	char id[ETHSTATS_NAME_MAX], server[256];
	int tries;
	msec since, down_since, next_at, heard_at, sent_at, block_at, ended_at;
	int64_t block, latency_ms;    /* last block sent; -1 = none */
	int64_t bytes, bytes_per_min; /* -1 = not known */
	int64_t attempts;	      /* to connect, since it began anew; -1 = not known */
	char code[32], reason[300];   /* why the last connection ended; code "" while it is ready */
	bool node_active;
	enum relay_page page;
	int page_misses; /* looks in a row that did not find it fresh */
	msec page_at;
	int64_t page_block; /* -1 = none */
	bool container;
	/* with a container */
	enum relay_link link;
	enum relay_verdict verdict;
	enum relay_fault fault;
	msec fault_since;
	int64_t fault_blocks; /* that the node imported since; next_at: of the next restart */
	int restarts;	      /* by the watchdog in the last hour */
	bool by_page;	      /* what the page shows counts, not the connection alone */
};

/* The last raise of a memory limit by the pressure guard; at 0 = none known. */
struct raised {
	msec at;
	int64_t from, to; /* bytes */
};

struct service_facts {
	char stack[32], service[32];
	struct container container;
	bool ours;
	bool split; /* shares no network namespace with the relay though it should */
	bool has_usage;
	struct usage usage;
	struct limits kernel; /* what the cgroup reports, in our terms */
	unsigned drift;
	double cpu_percent, throttled_percent; /* -1 = not known */
	double read_per_s, write_per_s;	       /* bytes; -1 = not known */
	int64_t peak_24h;		       /* bytes needed; -1 = not known */
	struct pressure pressure;	       /* of its need on its limit */
	struct raised raised;
	struct neighbour_state neighbour;
	struct storm storm; /* node */
	bool has_sync;
	struct sync_view sync;
	struct stall stall;		 /* node: why it does not get on */
	char version[128];		 /* what its RPC says, or "" */
	msec oom_at;			 /* last sign of a kill for memory; 0 = none known */
	struct incident incident;	 /* the last one; at 0 = none known */
	int crashes;			 /* in the last ten minutes */
	bool given_up;			 /* a crash loop was ended */
	char last_words[200];		 /* of the container when it ended by itself */
	int64_t chain_bytes, kept_bytes; /* node: on disk; -1 = not measured */
	msec disk_at;
	/* node: the volume of its chain; total 0 = not known */
	int64_t volume_total, volume_free, volume_floor; /* bytes; floor 0 = no guard */
	double growth;		 /* of the chain, bytes a day; -1 = not known */
	bool disk_stopped;	 /* the disk guard stopped it */
	msec head_at;		 /* node, when the relay asked (monotonic; 0 = never), and */
	int64_t head, head_time; /* what it was told: number, ms */
	bool has_relay;		 /* it reports or tries to, or its container is watched */
	struct relay_facts relay;
};
void service_facts_free(struct service_facts *f);

/* How the last job of a stack ended, and the one that runs. */
struct job_facts {
	char stack[32];
	int64_t running;	    /* id, or 0 */
	char title[160], step[160]; /* of the running one */
	char waiting[32];
	bool ended_badly; /* the last one failed or was rolled back, less than a day ago */
	bool rolled_back;
	char ended_title[160], ended_error[400];
	msec ended_at;
};

struct advice_input {
	msec now;
	const struct recipe_set *recipes;
	const struct engine_facts *engine;
	const struct stack *stacks;
	size_t n_stacks;
	const struct service_facts *services;
	size_t n_services;
	const struct job_facts *jobs;
	size_t n_jobs;
	int64_t volume_free;  /* bytes; -1 = not known */
	const json_t *before; /* the findings of the last time: their `at` is carried over */
};

/* Both owned by the caller: an object and an array, as Verdict and Finding in api.yaml. */
void advise(const struct advice_input *in, json_t **ret_verdict, json_t **ret_findings);

#endif
