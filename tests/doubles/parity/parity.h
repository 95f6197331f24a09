/*
 * A double of Parity / OpenEthereum for tests: it looks like the real node from outside (flags,
 * folders, JSON-RPC, log, exit codes) and keeps no chain. One static program plays every
 * generation; which one comes from PARITY_DOUBLE_VERSION, baked into each image.
 */
#ifndef PARITY_H
#define PARITY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- generations.c ------------------------------------------------------------------------ */

struct generation {
	const char *version; /* "2.5.13" */
	int number;	     /* major * 100 + minor: 205 */
	int db_version;	     /* what it writes, and the newest that it reads */
	const char *client;  /* web3_clientVersion */
};

struct chain {
	const char *name;     /* as given to --chain */
	const char *data_dir; /* folder below chains/ */
	const char *genesis;  /* bytes 20..27 of the genesis hash, in hex */
	unsigned int id;
	int from, to; /* generations that know it */
};

const struct generation *generation_find(const char *version);
const struct chain *chain_find(const char *name, int generation);

/* ---- flags.c ------------------------------------------------------------------------------ */

struct options {
	const char *base_path; /* NULL = the generation's default below $HOME */
	const char *chain;
	const char *pruning;
	const char *rpc_interface;
	const char *rpc_hosts;
	const char *rpc_apis; /* NULL = the default set */
	unsigned int rpc_port;
	unsigned int max_peers;
	bool rpc_off;
	bool warp;
	bool db_kill; /* the command `db kill` */
};

/* Ends the process with 2 on a flag that this generation does not know, as the real one does. */
void flags_parse(const struct generation *gen, int argc, char **argv, struct options *o);

/* ---- settings.c --------------------------------------------------------------------------- */

/* How the double behaves: from PARITY_DOUBLE_<KEY>, overridden live by BASE/double.control. */
struct settings {
	long sync_rate;	     /* blocks a second */
	long highest;	     /* height of the network */
	long start;	     /* height of a fresh database */
	long block_ms;	     /* once synced, a new block each so many ms; 0 = never */
	long peers;	     /* connected peers */
	long peers_after_ms; /* none before */
	long freeze;	     /* 1 = the head stands still */
	long flicker_ms;     /* once synced, eth_syncing flips each so many ms */
	long warp_chunks;    /* > 0: a fresh database warps first */
	long warp_rate;	     /* chunks a second */
	long gap_first;	     /* parity_chainStatus, set by BLOCK_GAP=FIRST,LAST */
	long gap_last;
	long block_bytes;    /* growth of the database by block */
	long flush_ms;	     /* how often the height reaches the disk */
	long inform_ms;	     /* how often a status line is logged */
	long stop_delay_ms;  /* between SIGTERM and the end */
	long migrate_ms;     /* how long a database migration takes */
	long crash_after_ms; /* 0 = never */
	long exit_code;	     /* of a crash */
	long silent;	     /* 1 = connections are accepted and never answered */
	long latency_ms;     /* each answer is that late */
	long heap_mb;	     /* anonymous memory held */
	long leak_mb_s;	     /* and growing by so much */
	long cpu_percent;    /* of one core */
	/* One-shot: they act when the value changes. */
	long child_mb;	/* fork a child that takes so much memory and ends */
	long read_mb;	/* write and read a file of that size: page cache */
	char crash[16]; /* "1" or "exit": exit_code; "segv": SIGSEGV */
	char crash_message[256];
	char say[256]; /* one line into the log */
};

void settings_init(const char *base_path);
/* Reads the control file again when it has changed. */
void settings_poll(struct settings *s);

/* ---- layout.c ----------------------------------------------------------------------------- */

struct layout {
	char base[PATH_MAX];
	char chain_dir[PATH_MAX]; /* user_defaults, network/ and snapshot/ live here */
	char network[PATH_MAX];
	char keys[PATH_MAX];
	char version_dir[PATH_MAX]; /* db_version */
	char db[PATH_MAX];	    /* the "rocksdb" */
	char pruning[16];	    /* archive, fast, light, basic */
	bool fresh;		    /* there was no database before */
	int lock_fd;
	char enode[129]; /* public half of the identity, in hex */
};

/* Makes the generation's folders, moves what an older one left, checks db_version, takes the lock.
 */
void layout_open(const struct generation *gen, const struct chain *chain, const struct options *o,
	struct settings *s, struct layout *l);
void layout_kill_db(
	const struct generation *gen, const struct chain *chain, const struct options *o);
/* The persisted height. */
bool layout_load_head(const struct layout *l, long *ret_head);
void layout_save_head(const struct layout *l, long head);
/* Lets the database grow by that many bytes. */
void layout_grow(const struct layout *l, long bytes);
void layout_close(struct layout *l);

/* ---- behave.c ----------------------------------------------------------------------------- */

/* What the simulated node is doing; read by the RPC. */
struct node {
	const struct generation *gen;
	const struct chain *chain;
	struct options opt;
	struct settings set;
	struct layout lay;
	long start_block; /* height when this process started */
	long head;
	long highest;
	long warp_done;
	long peers;
	bool warping;
	int64_t started_ms;
};

void behave_init(struct node *n);
/* Advances the simulation to now; call often. */
void behave_tick(struct node *n);
/* Is this node "major importing"? */
bool behave_syncing(const struct node *n);

/* ---- http.c, rpc.c ------------------------------------------------------------------------ */

struct text {
	char *data;
	size_t len, size;
};

void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Opens the listener; ends the process when the port is taken. */
void http_open(struct node *n);
/* Serves what is ready, waits at most timeout_ms. */
void http_poll(struct node *n, int timeout_ms);
void http_close(void);

/* Answers one POST body, single or batch. */
void rpc_answer(const struct node *n, const char *body, struct text *out);
/* parity_nodeStatus: NULL when healthy, else the JSON-RPC error object. */
const char *rpc_health(const struct node *n);

/* ---- main.c ------------------------------------------------------------------------------- */

int64_t now_ms(void); /* monotonic */
void say(const struct generation *gen, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
bool stopping(void);

#endif
