/*
 * relay_watch: whether a relay that has a container of its own still does its work, and when it is
 * restarted. Pure; the clock is an argument; fed about once a second.
 *
 * The old relay stays alive when it no longer relays (lost filters, tries used up, a process that
 * hangs), so "the process runs" proves nothing. What counts, in this order:
 *   - it has no connection though its server can be reached: it gave up;
 *   - the page shows no new block of its name though the node imports some;
 *   - where the page cannot be read: nothing leaves on its connection meanwhile.
 * A server that is away explains the first two. The node's standing still or syncing, something
 * else at work, or a start just now explain everything. Only time in which all this was looked at
 * counts.
 *
 * The first restart of a trouble comes at once, others after 2, 4, 8 min and so on up to 17 h,
 * never more than five in an hour. After five it has given up, and says when it tries again. A
 * person's restart begins that anew.
 */
#ifndef DOMAIN_RELAY_WATCH_H
#define DOMAIN_RELAY_WATCH_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define RELAY_WATCH_MAX 5 /* restarts in an hour */

enum relay_link { LINK_UNKNOWN, LINK_DOWN, LINK_UP };

/* What the last look at its page gave. */
enum relay_reach {
	REACH_NONE,    /* no look yet */
	REACH_AWAY,    /* the server does not answer */
	REACH_NO_FEED, /* it answers, but shows no list of nodes */
	REACH_SEEN,
};

struct relay_watch_obs {
	msec at;      /* monotonic */
	bool able;    /* it runs as wanted, and nothing else is at work on its stack */
	int64_t head; /* of a node that follows its chain; -1 = not known, or it does not */
	enum relay_link link;
	msec sent_ago; /* -1 = not known */
	bool waits;    /* for the server to acknowledge what was sent */
	enum relay_reach reach;
	msec looked_at; /* monotonic, of that look */
	bool listed;
	int64_t block; /* on the page; -1 = none */
};

enum relay_fault {
	RELAY_NO_FAULT,
	RELAY_NOT_CONNECTED,
	RELAY_NO_BLOCK,	   /* connected; nothing new on the page */
	RELAY_NOT_SENDING, /* connected; nothing leaves */
};

enum relay_verdict {
	RELAY_UNJUDGED,
	RELAY_WELL,
	RELAY_SILENT,  /* at fault; its restart comes at `next_at` */
	RELAY_RESTART, /* now; tell relay_watch_restarted() */
	RELAY_GAVE_UP, /* at fault, restarted too often; tried again at `next_at` */
};

struct relay_watch {
	/* for people */
	enum relay_fault fault; /* with SILENT, RESTART and GAVE_UP */
	msec since;		/* of what may become a fault; 0 = nothing */
	int64_t blocks;		/* that the node imported since */
	msec next_at;		/* of a restart */
	bool by_page;		/* its page was what counted, not its connection alone */
	/* what it remembers; all times monotonic, 0 = never */
	msec last_at, grace_until;
	bool proven;	/* it has sent something since it was started */
	bool based;	/* the page was seen since it was started */
	bool known;	/* its name was on the page once */
	int64_t shown;	/* block on the page */
	int64_t from;	/* node's head before `since` */
	msec looked_at; /* last look that saw the page */
	msec asked_at;	/* last look */
	bool quiet;	/* connected; nothing leaves */
	int misses;	/* looks in a row that showed nothing new */
	int behind;	/* looks in a row that showed less than the node had */
	msec silent_at, well_at;
	msec restarts[RELAY_WATCH_MAX]; /* the last ones, a ring */
	int n_restarts, tries;		/* ever; of this trouble */
};

void relay_watch_init(struct relay_watch *w);
/* Its process is another one, which began so long ago. */
void relay_watch_started(struct relay_watch *w, msec now, msec age);
/* A restart was begun, as the verdict said. */
void relay_watch_restarted(struct relay_watch *w, msec now);
/* A person takes care of it: what was before is forgotten. */
void relay_watch_arm(struct relay_watch *w);

enum relay_verdict relay_watch_look(struct relay_watch *w, const struct relay_watch_obs *o);
/* The page should be looked at soon: what it shows decides. */
bool relay_watch_curious(const struct relay_watch *w);
/* Restarts in the hour before. */
int relay_watch_restarts(const struct relay_watch *w, msec now);

#endif
