#include "domain/probation.h"

#define GAP_MS 5000   /* longer between two looks: we were away, it counts for nothing */
#define DEAD_MS 15000 /* the engine may need so long to start it again after its own restart */
#define STILL_MIN_MS                                                                               \
	60000 /* a head that stands for so long, and for STILL_BLOCKS blocks, is stuck */
#define STILL_BLOCKS 12
#define USUAL_BLOCK_MS 15000

void probation_init(struct probation *p)
{
	*p = (struct probation){.first_head = -1, .head = -1, .restarts = -1};
}

void probation_load(struct probation *p, const json_t *j)
{
	probation_init(p);
	p->watched_ms = json_int(j, "watched_ms", 0);
	p->peers_ms = json_int(j, "peers_ms", 0);
	p->still_ms = json_int(j, "still_ms", 0);
	p->first_head = json_int(j, "first_head", -1);
	p->head = json_int(j, "head", -1);
	p->restarts = (int)json_int(j, "restarts", -1);
}

json_t *probation_json(const struct probation *p)
{
	json_t *j = json_object();

	json_put_int(j, "watched_ms", p->watched_ms);
	json_put_int(j, "peers_ms", p->peers_ms);
	json_put_int(j, "still_ms", p->still_ms);
	json_put_int(j, "first_head", p->first_head);
	json_put_int(j, "head", p->head);
	json_put_int(j, "restarts", p->restarts);
	return j;
}

static void take_head(struct probation *p, const struct probation_obs *o, int64_t ms)
{
	bool moved = o->head > p->head;

	if (o->peers > 0) {
		p->peers_ms += ms;
		p->still_ms += ms;
	}
	if (o->head >= 0 && p->first_head < 0)
		p->first_head = o->head;
	if (moved)
		p->head = o->head;
	if (moved || o->snapshot)
		p->still_ms = 0;
}

static bool stuck(const struct probation *p, const struct probation_rule *rule)
{
	int64_t block = rule->block_time_ms ? rule->block_time_ms : USUAL_BLOCK_MS;

	return rule->needs_peers && p->still_ms >= STILL_MIN_MS &&
	       p->still_ms >= STILL_BLOCKS * block;
}

enum probation_end probation_look(
	struct probation *p, const struct probation_rule *rule, const struct probation_obs *o)
{
	int64_t ms = p->last_at ? o->at - p->last_at : 0;

	p->last_at = o->at;
	if (ms < 0 || ms > GAP_MS)
		ms = 0;
	if (p->restarts < 0 || o->restarts < p->restarts)
		p->restarts = o->restarts; /* the engine counts from 0 again after its own start */
	if (o->oom)
		return PROBATION_OOM;
	if (o->restarts > p->restarts)
		return PROBATION_CRASHED;
	p->dead_ms = o->alive ? 0 : p->dead_ms + ms;
	if (p->dead_ms > DEAD_MS)
		return PROBATION_CRASHED;
	p->silent_ms = o->answers || !rule->rpc ? 0 : p->silent_ms + ms;
	if (p->silent_ms > rule->answer_s * 1000)
		return PROBATION_SILENT;
	take_head(p, o, ms);
	if (stuck(p, rule))
		return PROBATION_STALLED;
	p->watched_ms += ms;
	/* the time is over, but it must not end in the middle of trouble */
	if (p->watched_ms < rule->seconds * 1000 || !o->alive || p->silent_ms)
		return PROBATION_WATCHING;
	return PROBATION_PASSED;
}
