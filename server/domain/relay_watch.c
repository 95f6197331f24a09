#include "domain/relay_watch.h"

#define GAP_MS 10000   /* longer between two looks: we were away, it counts for nothing */
#define GRACE_MS 60000 /* a NAS needs so long to start it; less once it has sent something */
#define STILL_MS 25000 /* without a new block on the page */
#define STILL_LOOKS 2  /* that agree on it */
#define QUIET_MS 45000 /* without a byte: it pings its server every 3 s */
#define QUIET_BEGINS_MS 10000
#define DOWN_MS 60000	/* without a connection: it may come back by itself */
#define STILL_BLOCKS 2	/* imported meanwhile: one may be on its way */
#define CONFIRM_MS 5000 /* told before it is acted upon */
#define CURIOUS_LOOKS 4 /* in short order; then they would tell nothing new */
#define PAUSE_MS (2 * 60000)
#define HOUR_MS (60 * 60000)
#define DOUBLED_MAX 9	      /* of the pause: in a shared network it costs the node a restart */
#define STEADY_MS (5 * 60000) /* well for so long: the next trouble is another one */

void relay_watch_init(struct relay_watch *w)
{
	*w = (struct relay_watch){.shown = -1, .from = -1};
}

/* What may become a fault; the page's block stays known. */
static void forget(struct relay_watch *w)
{
	w->fault = RELAY_NO_FAULT;
	w->since = w->silent_at = 0;
	w->blocks = 0;
	w->misses = 0;
}

void relay_watch_started(struct relay_watch *w, msec now, msec age)
{
	forget(w);
	w->proven = w->based = false;
	w->well_at = 0;
	if (age < 0)
		age = 0; /* the wall clock was set back */
	w->grace_until = age < GRACE_MS ? now + GRACE_MS - age : now;
}

void relay_watch_restarted(struct relay_watch *w, msec now)
{
	w->restarts[w->n_restarts++ % RELAY_WATCH_MAX] = now;
	w->tries++;
	relay_watch_started(w, now, 0);
}

void relay_watch_arm(struct relay_watch *w)
{
	w->n_restarts = w->tries = 0;
	w->next_at = 0;
}

/* ---- when ---- */

static msec last_restart(const struct relay_watch *w)
{
	return w->n_restarts ? w->restarts[(w->n_restarts - 1) % RELAY_WATCH_MAX] : 0;
}

int relay_watch_restarts(const struct relay_watch *w, msec now)
{
	int n = w->n_restarts < RELAY_WATCH_MAX ? w->n_restarts : RELAY_WATCH_MAX, recent = 0;

	for (int i = 0; i < n; i++)
		recent += now - w->restarts[i] < HOUR_MS;
	return recent;
}

static msec pause_after(int tries)
{
	return (msec)PAUSE_MS << (tries - 1 < DOUBLED_MAX ? tries - 1 : DOUBLED_MAX);
}

/* The first restart of a trouble is due at once. */
static msec earliest(const struct relay_watch *w)
{
	msec at = w->tries ? last_restart(w) + pause_after(w->tries) : 0;
	msec oldest;

	if (w->n_restarts < RELAY_WATCH_MAX)
		return at;
	oldest = w->restarts[w->n_restarts % RELAY_WATCH_MAX] + HOUR_MS;
	return at > oldest ? at : oldest;
}

static bool exhausted(const struct relay_watch *w, msec now)
{
	return w->tries >= RELAY_WATCH_MAX || relay_watch_restarts(w, now) >= RELAY_WATCH_MAX;
}

/* ---- what is seen ---- */

static void moved(struct relay_watch *w, msec now)
{
	w->proven = true;
	if (!w->well_at)
		w->well_at = now;
	forget(w);
}

/* True when this look at the page showed something new of it. */
static bool take_page(struct relay_watch *w, const struct relay_watch_obs *o)
{
	int64_t block = o->listed ? o->block : -1;
	bool first = !w->based, other = block != w->shown;

	if (o->reach != REACH_SEEN || o->looked_at == w->looked_at)
		return false;
	w->looked_at = o->looked_at;
	w->based = true;
	w->known = w->known || o->listed;
	w->shown = block;
	w->behind = o->head > block ? w->behind + 1 : 0;
	if (!first && other && o->listed)
		return true;
	w->misses += o->head > block;
	return false;
}

static bool reached(const struct relay_watch_obs *o)
{
	return o->reach == REACH_SEEN || o->reach == REACH_NO_FEED;
}

static bool sends(const struct relay_watch_obs *o)
{
	return o->link == LINK_UP && o->sent_ago >= 0 && o->sent_ago < QUIET_BEGINS_MS;
}

/* What is sent to a server that vanished is sent again and again, at ever longer distances: that
 * is no silence of the relay. */
static bool silent(const struct relay_watch_obs *o)
{
	return o->link == LINK_UP && o->sent_ago >= QUIET_BEGINS_MS && !o->waits;
}

/* Something tells whether it is well. A server that does not answer explains all but silence. */
static bool has_evidence(const struct relay_watch *w, const struct relay_watch_obs *o)
{
	if (reached(o) && (w->by_page || o->link == LINK_DOWN))
		return true;
	return silent(o) || (reached(o) && sends(o));
}

/* What speaks against it now; no fault before it lasts. */
static enum relay_fault suspect(const struct relay_watch *w, const struct relay_watch_obs *o)
{
	if (o->link == LINK_DOWN)
		return RELAY_NOT_CONNECTED;
	if (w->by_page)
		return o->head > w->shown ? RELAY_NO_BLOCK : RELAY_NO_FAULT;
	return silent(o) ? RELAY_NOT_SENDING : RELAY_NO_FAULT;
}

static bool lasted(const struct relay_watch *w, const struct relay_watch_obs *o)
{
	msec age = o->at - w->since;

	if (w->blocks < STILL_BLOCKS)
		return false;
	switch (w->fault) {
	case RELAY_NOT_CONNECTED:
		return age >= DOWN_MS && w->asked_at >= w->since + DOWN_MS / 2;
	case RELAY_NO_BLOCK:
		return w->misses >= STILL_LOOKS && w->looked_at - w->since >= STILL_MS;
	case RELAY_NOT_SENDING:
		return o->sent_ago >= QUIET_MS;
	case RELAY_NO_FAULT:
		break;
	}
	return false;
}

static void suspected(struct relay_watch *w, enum relay_fault f, const struct relay_watch_obs *o)
{
	if (w->fault != f) {
		forget(w);
		w->fault = f;
		w->since = o->at;
		w->from = o->head - 1;
	}
	w->blocks = o->head - w->from;
}

static enum relay_verdict at_fault(struct relay_watch *w, msec now)
{
	w->well_at = 0;
	if (!w->silent_at)
		w->silent_at = now;
	w->next_at = earliest(w);
	if (w->next_at < w->silent_at + CONFIRM_MS)
		w->next_at = w->silent_at + CONFIRM_MS;
	if (now >= w->next_at)
		return RELAY_RESTART;
	return exhausted(w, now) ? RELAY_GAVE_UP : RELAY_SILENT;
}

static enum relay_verdict well(struct relay_watch *w, msec now)
{
	if (w->well_at && now - w->well_at >= STEADY_MS)
		w->tries = 0;
	return w->proven ? RELAY_WELL : RELAY_UNJUDGED;
}

static enum relay_verdict unjudged(struct relay_watch *w)
{
	forget(w);
	return RELAY_UNJUDGED;
}

enum relay_verdict relay_watch_look(struct relay_watch *w, const struct relay_watch_obs *o)
{
	msec gap = o->at - w->last_at;
	bool news = take_page(w, o);
	enum relay_fault f;

	w->last_at = o->at;
	w->asked_at = o->looked_at;
	w->quiet = silent(o);
	w->by_page = o->reach == REACH_SEEN && w->known && o->link != LINK_DOWN;
	/* a look after the connection was lost shows what was sent before */
	if ((news && o->link != LINK_DOWN) || (reached(o) && !w->by_page && sends(o)))
		moved(w, o->at);
	if (!o->able || o->head < 0 || gap < 0 || gap > GAP_MS || !has_evidence(w, o)) {
		w->well_at = 0;
		return unjudged(w);
	}
	f = suspect(w, o);
	if (f != RELAY_NO_FAULT && !w->proven && o->at < w->grace_until)
		return unjudged(w);
	if (f == RELAY_NO_FAULT)
		forget(w);
	else
		suspected(w, f, o);
	return lasted(w, o) ? at_fault(w, o->at) : well(w, o->at);
}

bool relay_watch_curious(const struct relay_watch *w)
{
	if (!w->proven && w->last_at < w->grace_until + GRACE_MS)
		return true;
	if (w->fault == RELAY_NOT_CONNECTED) /* is its server there? */
		return w->last_at - w->since >= DOWN_MS / 2 && w->asked_at < w->since + DOWN_MS / 2;
	if (w->behind == 0 && !(w->quiet && w->fault == RELAY_NO_BLOCK))
		return false;
	return w->behind <= CURIOUS_LOOKS;
}
