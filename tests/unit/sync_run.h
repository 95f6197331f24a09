/* sync_run: one node's polls, given to the estimator one after the other. For the tests of
 * domain/sync. */
#ifndef TESTS_UNIT_SYNC_RUN_H
#define TESTS_UNIT_SYNC_RUN_H

#include "domain/sync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define T0 INT64_C(1479909600000)

static const struct sync_rule mainnet = {.block_time_ms = 13000, .needs_peers = true};
static const struct sync_rule dev = {.block_time_ms = 0, .needs_peers = false};

struct run {
	struct sync_state s;
	struct sync_view v;
	const struct sync_rule *rule;
	msec at;
};

static inline struct run fresh(const struct sync_rule *rule)
{
	return (struct run){.rule = rule, .at = T0};
}

static inline struct sync_obs blank(const struct run *r)
{
	struct sync_obs o = sync_nothing_told(r->at);

	o.answered = true;
	o.peers = 25;
	return o;
}

static inline void give(struct run *r, const struct sync_obs *o, msec step)
{
	sync_observe(&r->s, r->rule, o, &r->v);
	assert_true(r->v.percent <= 99.9 || r->v.phase == SYNC_SYNCED);
	assert_true(r->v.eta_low_s <= r->v.eta_high_s);
	assert_true(r->v.since <= r->v.at);
	r->at += step;
}

static inline void syncing(
	struct run *r, int64_t current, int64_t highest, int64_t peers, msec step)
{
	struct sync_obs o = blank(r);

	o.syncing = true;
	o.current = current;
	o.highest = highest;
	o.peers = peers;
	give(r, &o, step);
}

static inline void answers_false(
	struct run *r, int64_t current, msec head_age, int64_t peers, msec step)
{
	struct sync_obs o = blank(r);

	o.current = current;
	o.peers = peers;
	o.head_time = head_age < 0 ? -1 : r->at - head_age;
	give(r, &o, step);
}

static inline void fails(struct run *r, enum sync_fault fault, msec step)
{
	struct sync_obs o = blank(r);

	o.answered = false;
	o.fault = fault;
	o.peers = -1;
	give(r, &o, step);
}

/* n polls of a node that imports `speed` blocks a poll. */
static inline int64_t import(
	struct run *r, int64_t from, int64_t highest, int64_t speed, int n, msec step)
{
	for (int i = 0; i < n; i++, from += speed)
		syncing(r, from, highest, 25, step);
	return from;
}

static inline struct run synced(void)
{
	struct run r = fresh(&mainnet);

	for (int i = 0; i < 3; i++)
		answers_false(&r, 4000000, 5000, 25, 1000);
	assert_int_equal(r.v.phase, SYNC_SYNCED);
	return r;
}

#endif
