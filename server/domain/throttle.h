/*
 * throttle: how often somebody may try a secret.
 *
 * Every try is counted as wrong beforehand, so that many at once cannot slip through; a right one
 * takes its count back. After 5 wrong ones in a row an address waits 60 s, and twice as long after
 * each further one, up to 15 min. After 20 wrong ones in a row from anywhere, everybody waits by
 * the same rule. An IPv6 address counts as its /64.
 *
 * Pure: the time (monotonic ms) is an argument. A struct throttle is the caller's, zeroed at first,
 * and guarded by the caller's lock.
 */
#ifndef DOMAIN_THROTTLE_H
#define DOMAIN_THROTTLE_H

#include "base/clock.h"

#include <stdbool.h>

#define THROTTLE_TRIES 5
#define THROTTLE_TRIES_ALL 20
#define THROTTLE_FIRST_MS 60000
#define THROTTLE_MOST_MS (15 * 60000)

struct throttle_entry {
	char who[46];
	int wrong; /* in a row */
	msec locked_until;
	msec last;
};
struct throttle {
	struct throttle_entry all;
	struct throttle_entry each[64]; /* the longest unused gives way */
};

/* 0: try, it is counted as wrong for now; otherwise ms to wait, and nothing is counted. */
msec throttle_try(struct throttle *t, const char *address, msec now);
/* Ms that it would have to wait now. */
msec throttle_wait(const struct throttle *t, const char *address, msec now);
/* The try was right. */
void throttle_right(struct throttle *t, const char *address);
/* The try could not be judged at all: its count is taken back. */
void throttle_void(struct throttle *t, const char *address);
/* Wrong tries of an address in a row. */
int throttle_wrong(const struct throttle *t, const char *address);

#endif
