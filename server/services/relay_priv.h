/* relay_priv: what the files of the room relay share; nobody else includes it. */
#ifndef SERVICES_RELAY_PRIV_H
#define SERVICES_RELAY_PRIV_H

#include "base/thread.h"
#include "domain/advice.h"
#include "domain/ethstats.h"
#include "io/ws.h"
#include "services/relay.h"

#include <stdatomic.h>

#define MINUTE_PARTS 12 /* of 5 s each */

/* The node of a reporter, as this thread follows it. */
struct relay_node {
	char container[65]; /* "" = none runs */
	msec started_at;
	int pid, port;
	int failures;				     /* answers missing in a row */
	msec ask_at;				     /* next time */
	msec block_at, price_at, pending_at, who_at; /* last asked; 0 = never */
	int64_t number, time; /* of the newest block; -1 = none, and its ms */
	struct ethstats_node facts;
};

/* The look at the page's own feed. */
struct relay_feed {
	struct ws *ws; /* NULL between two looks */
	bool asked, done;
	msec begun, next_at;
	struct ethstats_seen seen;
	size_t bytes; /* of the last answer */
	enum relay_page page;
	int misses;
	msec looked_at;
	int64_t block;
};

struct reporter {
	struct relay *relay;
	char stack[32];
	char *data_dir, *server;
	json_t *options; /* as it began with */
	const struct recipe *recipe;
	bool wanted, begin, begun;
	unsigned epoch;
	struct ethstats es;
	struct ws *ws;
	bool opened, hang_up;
	struct relay_node node;
	int64_t want[ETHSTATS_HISTORY]; /* history: numbers, and the next of them */
	int n_want, next_want;
	struct relay_feed feed;
	int64_t minute[MINUTE_PARTS]; /* bytes sent, by parts of the last minute */
	msec minute_at;		      /* number of the present part */
	int64_t bytes_before;
	enum ethstats_state told; /* the last state that was published */
	bool was_ready;		  /* since it began, or since it was down for long */
};

struct relay {
	struct app *app;
	pthread_t thread;
	atomic_bool stop;
	struct ws_hub *hub;
	struct reporter **list;
	size_t n;
	char kernel[65];
	msec looked_at, told_at;
	pthread_mutex_t lock; /* guards the next two */
	char again[16][32];
	size_t n_again;
};

/* relay_node.c: asks the node what is due; gives it to the machine. */
void relay_ask_node(struct reporter *r);
/* Some of the blocks that the server asked for. True when more are to be fetched at once. */
bool relay_fetch_history(struct reporter *r);

/* relay_tell.c: its facts into the world, or out of it. */
void relay_tell(struct reporter *r);
void relay_untell(struct reporter *r);

/* relay_feed.c: begins, goes on with, or ends a look at the page. */
void relay_feed_turn(struct reporter *r);
void relay_feed_free(struct relay_feed *f);
char *relay_ca_file(const struct reporter *r); /* owned by the caller; NULL = the system's */

#endif
