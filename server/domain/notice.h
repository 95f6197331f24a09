/*
 * notice: which findings are worth a line in somebody's log. A finding is told once while it lasts,
 * and when it came back only if it was away for an hour; a finding that lasts a few seconds is not
 * told. All notices together are at most NOTICE_HOUR in any hour.
 *
 * Pure: the time (wall clock, ms) is an argument. A struct notices is the caller's, zeroed at
 * first.
 */
#ifndef DOMAIN_NOTICE_H
#define DOMAIN_NOTICE_H

#include "base/clock.h"
#include "base/json.h"

#define NOTICE_HOUR 12	       /* notices an hour */
#define NOTICE_AFTER_MS 10000  /* so long a finding has to last */
#define NOTICE_AWAY_MS 3600000 /* so long it has to be away to be new again */
#define NOTICE_KEY 128	       /* bytes of a key with its NUL */

struct notices {
	struct notice_known {
		char key[NOTICE_KEY];
		msec gone_at; /* 0 = it is there */
		bool seen;
	} known[64]; /* told already; of too many the one that is away longest gives way */
	size_t n;
	msec sent[NOTICE_HOUR]; /* a ring */
	size_t n_sent;
};

/* One look at all findings: begin, due for each, end. key: what makes it the same finding. */
void notices_begin(struct notices *n);
/* True: tell it; it counts as told from here on. since: since when it holds. */
bool notices_due(struct notices *n, const char *key, msec since, msec now);
void notices_end(struct notices *n, msec now);

/* Asks for one place in the hour, and takes it. *ret_last: it is the last one for now. */
bool notices_room(struct notices *n, msec now, bool *ret_last);

/* What was told, so that a restart of the program tells nothing twice; owned by the caller. */
json_t *notices_json(const struct notices *n);
void notices_load(struct notices *n, const json_t *j);

#endif
