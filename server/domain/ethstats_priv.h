/* ethstats_priv: what the files of the room ethstats share; nobody else includes it. */
#ifndef DOMAIN_ETHSTATS_PRIV_H
#define DOMAIN_ETHSTATS_PRIV_H

#include "domain/ethstats.h"

/* The messages; each is sent at once. */
void say_hello(struct ethstats *s, msec now);
void say_block(struct ethstats *s, msec now);
void say_stats(struct ethstats *s, msec now);
void say_pending(struct ethstats *s, msec now);
void say_ping(struct ethstats *s, msec now);
void say_latency(struct ethstats *s, msec now);
void say_history(struct ethstats *s, msec now);
void say_text(struct ethstats *s, const char *text, size_t len, msec now);

#endif
