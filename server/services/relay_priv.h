/* relay_priv: what the files of the room relay share; nobody else includes it. */
#ifndef SERVICES_RELAY_PRIV_H
#define SERVICES_RELAY_PRIV_H

#include "base/thread.h"
#include "domain/advice.h"
#include "domain/ethstats.h"
#include "domain/relay_watch.h"
#include "io/ws.h"
#include "services/relay.h"
#include "services/world.h"

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

/* Looks at the page's own feed, for either kind of relay. */
struct relay_feed {
	struct ws *ws; /* NULL between two looks */
	char *id;      /* looked for */
	bool asked, done;
	msec begun, next_at, looked_at; /* looked_at: end of the last one; 0 = none yet */
	enum relay_reach reach;		/* what it gave, */
	struct ethstats_seen seen;
	size_t bytes;
	enum relay_page page; /* and what that means */
	int misses;
	int64_t block;
};
#define RELAY_FEED_NEW ((struct relay_feed){.block = -1})

/* What a look is for. */
struct relay_look {
	const char *server, *id, *ca_file;
	bool tls;
	int netns_pid; /* > 0: as this process sees the network */
};

/* Bytes sent, by parts of the last minute. */
struct relay_minute {
	int64_t parts[MINUTE_PARTS];
	msec at; /* number of the present part */
	int64_t before;
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
	struct relay_minute minute;
	enum ethstats_state told; /* the last state that was published */
	bool was_ready;		  /* since it began, or since it was down for long */
};

struct watched; /* relay_keeper.c: a relay with a container */

struct relay {
	struct app *app;
	pthread_t thread;
	atomic_bool stop;
	struct ws_hub *hub;
	struct reporter **list;
	size_t n;
	struct watched **watched;
	size_t n_watched;
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

/* relay_tell.c: facts into the world, or out of it. */
void relay_tell(struct reporter *r);
void relay_publish(struct relay *r, const char *stack, const struct relay_facts *now);
void relay_untell(struct relay *r, const char *stack);
/* Monotonic to wall clock; 0 stays "never". */
msec relay_wall(msec mono);
/* total: bytes sent until now; those of the last minute. */
int64_t relay_per_minute(struct relay_minute *m, int64_t total);

/* relay_feed.c: begins a look; goes on with it (true: it has ended, with reach and seen); judges it
 * by the newest block that should be there (-1 = not known); and says when the next one is due. */
void relay_feed_begin(struct relay_feed *f, struct ws_hub *hub, const struct relay_look *l);
bool relay_feed_go_on(struct relay_feed *f);
void relay_feed_judge(struct relay_feed *f, int64_t block);
void relay_feed_rest(struct relay_feed *f, msec every, bool curious);
void relay_feed_free(struct relay_feed *f);
/* The built-in relay's. */
void relay_feed_turn(struct reporter *r);
char *relay_ca_file(const struct reporter *r); /* owned by the caller; NULL = the system's */

/* relay_keeper.c: relays that have a container. */
/* With the world's lock held: this stack has one, or has none. */
void relay_keep_take(struct relay *r, struct world *w, const struct stack *s);
/* Before and after all stacks were taken. */
void relay_keep_begin(struct relay *r);
void relay_keep_end(struct relay *r);
void relay_keep_arm(struct relay *r, const char *stack);
void relay_keep_turn(struct relay *r);
void relay_keep_free(struct relay *r);

#endif
