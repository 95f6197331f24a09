/*
 * ethstats: the node's side of an ethstats page, as a state machine. Pure: the clock is an argument
 * (monotonic ms), what is to be done on the network goes out through four calls of the owner.
 *
 * Speaks to both server generations: behind a Primus 6 server (cubedro/eth-netstats) the client
 * must say something within 35 s; a Primus 7+ server (goerli/ethstats-server) pings and wants a
 * pong. Text frames are {"emit":[NAME,ARGUMENT]} or a heartbeat string; nothing counts before the
 * server said "ready". Sources: eth-netstats lib/history.js and app.js, eth-net-intelligence-api
 * lib/node.js, go-ethereum ethstats/ethstats.go; recorded frames are in tests/ethstats/frames.txt.
 *
 *              open_ok          "ready"                 any end: back-off 1, 2, 4 … 60 s
 *   WAITING ─▶ OPENING ─▶ GREETING ─▶ READY ─▶ WAITING   refused: 60 s … 10 min
 *
 * There is no limit of tries. One thread at a time for one machine.
 */
#ifndef DOMAIN_ETHSTATS_H
#define DOMAIN_ETHSTATS_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#define ETHSTATS_HISTORY 50   /* blocks at most in one answer */
#define ETHSTATS_NAME_MAX 400 /* bytes of a name or an id, with the NUL */

enum ethstats_state {
	ETHSTATS_WAITING, /* for the next try */
	ETHSTATS_OPENING,
	ETHSTATS_GREETING, /* said hello, waits for "ready" */
	ETHSTATS_READY,
};
const char *ethstats_state_name(enum ethstats_state s); /* waiting, connecting, greeting, ready */

/* What the owner does for the machine; none of them may call back into it. */
struct ethstats_io {
	/* Begin a connection; ethstats_opened() or ethstats_closed() tells how it went. */
	void (*open)(void *ctx, bool tls);
	void (*send)(void *ctx, const char *text, size_t len); /* one text message */
	void (*close)(void *ctx); /* politely; no ethstats_closed() for it */
	void *ctx;
};

/* Who reports. Strings are copied by ethstats_init. */
struct ethstats_who {
	const char *id;		/* see ethstats_camel() */
	const char *name;	/* on the page */
	const char *contact;	/* or NULL */
	const char *secret;	/* of the server; only the hello message holds it */
	const char *os_version; /* or NULL */
	int port;		/* p2p */
};

/* What is known of the node; -1 = not known. */
struct ethstats_node {
	bool active; /* it answers */
	bool syncing;
	int64_t starting, current, highest; /* while syncing */
	int64_t peers, pending, gas_price;
	char client[128]; /* web3_clientVersion, or "" */
	char net[24];	  /* net_version, or "" */
	char protocol[24];
};

struct ethstats {
	struct ethstats_io io;
	enum ethstats_state state;
	bool either; /* no scheme was given: wss and ws by turns until one works */
	bool tls;    /* of the present or next try */
	char *id, *name, *contact, *secret, *os_version;
	int port;
	uint32_t seed; /* of the jitter */

	/* for people; times are monotonic, 0 = never */
	int tries;	  /* since it was last ready for long */
	int refusals;	  /* in a row */
	int64_t attempts; /* to connect, since the machine was made */
	msec since;	  /* of the state */
	msec down_at;	  /* when it was last ready, or began */
	msec next_at;	  /* WAITING: the next try */
	msec heard_at;	  /* any message of the server */
	msec sent_at;
	msec block_at;	    /* when the last block went out */
	int64_t block;	    /* its number; -1 = none in this connection */
	int64_t latency_ms; /* -1 = not measured */
	int64_t bytes;	    /* sent since the machine was made */
	char code[32];	    /* why the last connection ended: relay.secret, relay.unreachable,
			       relay.tls; "" = it did not */
	char reason[300];   /* the same in words */
	msec ended_at;
	int64_t ignored; /* messages that could not be read */

	/* what it does */
	struct ethstats_node node, told;
	bool told_node;
	msec stats_at, ping_at, pending_at;
	char *head; /* text of the newest block, as it is sent */
	char head_hash[68];
	int64_t head_number;
	bool head_sent;
	int64_t wanted[ETHSTATS_HISTORY]; /* numbers that the server asked for, highest first */
	int n_wanted;
	bool wants_history;
	struct buf history; /* being collected */
};

/* either: see ethstats_address(). seed: anything random. The first try is due at once. */
void ethstats_init(struct ethstats *s, const struct ethstats_io *io, const struct ethstats_who *who,
	bool either, bool tls, uint32_t seed, msec now);
/* Ends the connection politely; everything it owns is freed. */
void ethstats_free(struct ethstats *s);

/* ---- events ---- */

/* At least every second. */
void ethstats_tick(struct ethstats *s, msec now);
void ethstats_opened(struct ethstats *s, msec now);
void ethstats_text(struct ethstats *s, const char *text, size_t len, msec now);
/* The connection could not be made, or ended. Codes of `why`: those of io/ws. */
void ethstats_closed(struct ethstats *s, const struct err *why, msec now);
/* Somebody changed something or is impatient: the next try is due now. */
void ethstats_hurry(struct ethstats *s, msec now);
/* What is known of the node now; sent when it is due. */
void ethstats_node(struct ethstats *s, const struct ethstats_node *node, msec now);
/* The newest block as eth_getBlockByNumber(…, false) gives it. */
void ethstats_head(struct ethstats *s, const json_t *block, msec now);

/* ---- history ----
 * When the server asked for old blocks (wants_history), the owner takes their numbers (highest
 * first; of a fresh server they follow from `head`), adds those it can get, and ends the answer. */
int ethstats_history_wanted(const struct ethstats *s, int64_t ret[ETHSTATS_HISTORY]);
void ethstats_history_add(struct ethstats *s, const json_t *block);
void ethstats_history_end(struct ethstats *s, msec now);

/* ---- forms ---- */

/* The part of a block that both servers need, with quantities as they want them; owned by the
 * caller; NULL when it is no block. A missing totalDifficulty is "0". */
json_t *ethstats_block(const json_t *rpc_block);

/* How eth-net-intelligence-api makes the id of a name (lodash's camelCase): "rig-node" → "rigNode";
 * geth, besu and reth take the name itself. A name without letters and digits stays as it is. */
void ethstats_camel(const char *name, char ret[ETHSTATS_NAME_MAX]);

/* "wss://host[:port][/path]", "ws://…", or without a scheme (*ret_either: wss first, then ws). */
void ethstats_address(const char *server, bool *ret_either, bool *ret_tls);
/* Where nodes report (…/api), or what browsers read (…/primus); owned by the caller. */
char *ethstats_url(const char *server, bool tls, bool feed);
int ethstats_port(const char *server, bool tls);

/* ---- the page itself ----
 * A browser's feed begins with {"emit":["init",{"nodes":[…]}]}, megabytes on a large page. */
struct ethstats_seen {
	bool feed;     /* the text is such a message */
	bool listed;   /* our id is in it, and */
	bool active;   /* the page shows it as active */
	int64_t block; /* with this block; -1 = none */
};
/* Looks for one node without parsing the others. */
void ethstats_look(const char *text, size_t len, const char *id, struct ethstats_seen *ret);

#endif
