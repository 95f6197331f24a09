/* Each finding: when it holds, its sentence, its buttons. */
#include "domain/advice_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "domain/disk.h"
#include "domain/wanted.h"
#include "domain/words.h"

#define DAY_MS (24 * 3600 * 1000)
#define RELAY_DOWN_MS 60000
#define RELAY_SOON_S 15
#define LOW_DISK (INT64_C(5) << 30)
#define LOW_DAYS 14

static void stack_button(json_t *finding, const char *label, const char *stack, const char *action)
{
	char path[80];

	snprintf(path, sizeof(path), "/stacks/%s/%s", stack, action);
	finding_button(finding, label, true, "POST", path, NULL);
}

static void limits_button(json_t *finding, const char *label, bool primary,
	const struct service_facts *s, const struct limits *l)
{
	char path[120];
	json_t *body = json_object();

	snprintf(path, sizeof(path), "/stacks/%s/services/%s/limits", s->stack, s->service);
	json_put(body, "limits", limits_json(l));
	finding_button(finding, label, primary, "PUT", path, body);
}

static void engine(struct finder *f)
{
	const struct engine_facts *e = f->in->engine;

	if (e->status == ENGINE_LOST)
		finding_add(f, "bad", e->code, NULL, NULL, "%s", e->message);
}

static void disk(struct finder *f)
{
	char free_text[WORDS_MAX];

	/* where a chain is, its own volume is looked at */
	for (size_t i = 0; i < f->in->n_services; i++)
		if (f->in->services[i].volume_total)
			return;
	if (f->in->volume_free >= 0 && f->in->volume_free < LOW_DISK)
		finding_add(f, "warn", "disk.low", NULL, NULL,
			"%s are left on the volume of the chain.",
			words_gib(f->in->volume_free, free_text));
}

static void stopped_for_space(struct finder *f, const struct service_facts *x, const char *title)
{
	char left[WORDS_MAX], floor[WORDS_MAX];
	bool room = x->volume_free >= x->volume_floor;
	json_t *j;

	if (room)
		j = finding_add(f, "warn", "disk.floor", x->stack, x->service,
			"%s was stopped because its volume was nearly full. %s are free now: it "
			"can be "
			"started again.",
			title, words_gib(x->volume_free, left));
	else
		j = finding_add(f, "bad", "disk.floor", x->stack, x->service,
			"%s are left on the volume of the chain, less than the %s that have to "
			"stay "
			"free. %s was stopped cleanly to protect its database.",
			words_gib(x->volume_free, left), words_gib(x->volume_floor, floor), title);
	if (room)
		stack_button(j, "Start", x->stack, "start");
	finding_link(j, "Kept chains and trash", !room, "chain");
}

/* The volume of a chain that still has room: how long it will last. */
static void volume_finding(struct finder *f, const struct service_facts *x, const char *title)
{
	double days = disk_days(x->volume_free, x->volume_floor, x->growth);
	char left[WORDS_MAX], when[WORDS_MAX] = "";
	json_t *j;

	if (!x->volume_total || !x->volume_floor ||
		(x->volume_free >= 2 * x->volume_floor && (days < 0 || days >= LOW_DAYS)))
		return;
	if (days >= 0)
		words_seconds((int64_t)(days * 24 * 3600), when);
	j = finding_add(f, "warn", "disk.low", x->stack, x->service,
		"%s are left on the volume of the chain%s%s. %s is stopped cleanly before it is "
		"full.",
		words_gib(x->volume_free, left), *when ? "; at this pace that lasts " : "", when,
		title);
	finding_link(j, "Kept chains and trash", false, "chain");
}

static void last_job(struct finder *f, const struct stack *st)
{
	const struct job_facts *j = job_of(f->in, st->name);
	json_t *x;

	if (!j || j->running || !j->ended_badly)
		return;
	x = finding_add(f, j->rolled_back ? "warn" : "bad",
		j->rolled_back ? "job.rolled_back" : "job.failed", st->name, NULL, "%s: %s%s",
		j->ended_title, j->ended_error, j->rolled_back ? " Everything is as before." : "");
	json_put_int(x, "at", j->ended_at);
	finding_link(x, "See the steps", false, "upgrades");
}

/* The first limit that differs, beside memory: "1.50 CPUs". */
static void other_limit(unsigned drift, const struct limits *l, char out[WORDS_MAX])
{
	char bytes[WORDS_MAX];

	if (drift & DRIFT_CPUS)
		snprintf(out, WORDS_MAX, "%.2f CPUs%s", (double)l->cpu_millis / 1000,
			l->cpu_millis ? "" : " (no limit)");
	else if (drift & DRIFT_RESERVATION)
		snprintf(
			out, WORDS_MAX, "a reservation of %.40s", words_gib(l->reservation, bytes));
	else if (drift & DRIFT_SWAP)
		snprintf(out, WORDS_MAX, "%.40s of swap",
			l->swap < 0 ? "any amount" : words_gib(l->swap, bytes));
	else if (drift & DRIFT_SHARES)
		snprintf(out, WORDS_MAX, "%lld CPU shares",
			(long long)(l->cpu_shares ? l->cpu_shares : 1024));
	else
		snprintf(out, WORDS_MAX, "a block I/O weight of %lld%s", (long long)l->blkio_weight,
			l->blkio_weight ? "" : " (not set)");
}

static void drifted(
	struct finder *f, const struct service *s, const struct service_facts *x, const char *title)
{
	char was[WORDS_MAX], is[WORDS_MAX], again[120] = "Set again", accept[120] = "Accept";
	struct limits kept = x->kernel;
	struct share own = limits_share(&s->limits);
	json_t *j;

	if (x->neighbour.has > 0) /* what it gets as a good neighbour is no limit of its own */
		limits_set_share(&kept, &own);

	if (x->drift & DRIFT_MEMORY) {
		const char *want = s->limits.memory ? words_gib(s->limits.memory, was) : "no limit";
		const char *got = x->kernel.memory ? words_gib(x->kernel.memory, is) : "no limit";

		j = finding_add(f, "warn", "limit.drift", x->stack, x->service,
			"Somebody changed the memory limit of %s: the kernel reports %s, wanted is "
			"%s.",
			title, got, want);
		snprintf(again, sizeof(again), "Set %s again", want);
		snprintf(accept, sizeof(accept), "Accept %s", got);
	} else {
		other_limit(x->drift, &s->limits, was);
		other_limit(x->drift, &x->kernel, is);
		j = finding_add(f, "warn", "limit.drift", x->stack, x->service,
			"Somebody changed the limits of %s: the kernel reports %s, wanted is %s.",
			title, is, was);
	}
	limits_button(j, again, true, x, &s->limits);
	limits_button(j, accept, false, x, &kept);
}

static void stopped(struct finder *f, const struct service_facts *x, const char *title)
{
	char code[60] = "";
	json_t *j;

	if (x->given_up) {
		j = finding_add(f, "bad", "node.crash_loop", x->stack, x->service,
			"%s was stopped after %d crashes in 10 minutes.%s%s%s", title, x->crashes,
			*x->last_words ? " Its last words: \"" : "", x->last_words,
			*x->last_words ? "\"" : "");
		finding_link(j, "Show log", false, "logs");
	} else {
		if (x->container.finished_at)
			snprintf(code, sizeof(code), " with code %d", x->container.exit_code);
		j = finding_add(f, "bad", "service.stopped", x->stack, x->service,
			"%s is not running: it ended%s, and nobody asked for it here.", title,
			code);
	}
	stack_button(j, "Start", x->stack, "start");
	if (x->incident.id)
		finding_link(j, "What happened", false, "incidents");
}

static void container_finding(
	struct finder *f, const struct service *s, const struct service_facts *x, const char *title)
{
	json_t *j;

	if (x->container.presence == PRESENCE_NO) {
		j = finding_add(f, "bad", "container.missing", x->stack, x->service,
			"The container of %s is gone. Its data folder is still there.", title);
		stack_button(j, "Make it again", x->stack, "start");
	} else if (x->drift & DRIFT_CONTAINER) {
		j = finding_add(f, "bad", "container.replaced", x->stack, x->service,
			"Somebody replaced the container of %s; limits and settings of this app do "
			"not"
			" apply to it.",
			title);
		stack_button(j, "Put ours back", x->stack, "start");
	} else if (!container_alive(&x->container)) {
		stopped(f, x, title);
	} else if (x->split) {
		j = finding_add(f, "bad", "network.split", x->stack, x->service,
			"%s and the relay no longer share one network: the relay was restarted "
			"alone.",
			title);
		stack_button(j, "Restart in order", x->stack, "restart");
	} else if (x->drift) {
		drifted(f, s, x, title);
	}
}

static void incident(struct finder *f, const struct service_facts *x, const char *title)
{
	const struct incident *i = &x->incident;
	autofree char *sentence = NULL;
	json_t *j;

	if (!incident_is_news(i) || f->in->now - i->at > DAY_MS)
		return;
	sentence = incident_sentence(i, title);
	j = finding_add(f, "warn", incident_code(i), x->stack, x->service, "%s", sentence);
	json_put_int(j, "at", i->at);
	if (i->id) /* 0: it could not be kept */
		json_put_int(j, "incident", i->id);
	finding_link(j, "What happened", true, "incidents");
}

/* What the pressure guard will do about it. */
static const char *guard_words(const struct service *s)
{
	if (s->guard.act == GUARD_RAISE)
		return s->limits.memory < s->guard.up_to ? " The limit will be raised before that."
							 : " It was raised as far as you allowed.";
	return s->guard.act == GUARD_RESTART ? " It will be restarted cleanly before that." : "";
}

static void pressure(
	struct finder *f, const struct service *s, const struct service_facts *x, const char *title)
{
	const struct pressure *p = &x->pressure;
	char pace[WORDS_MAX], limit[WORDS_MAX], left[WORDS_MAX];
	json_t *j;

	if (s->guard.act == GUARD_OFF || p->level == PRESSURE_CALM ||
		!container_alive(&x->container))
		return;
	words_gib(p->limit, limit);
	if (p->left_s < 0) { /* a minute of calm has to pass */
		j = finding_add(f, "warn", "memory.pressure", x->stack, x->service,
			"%s came close to its limit of %s quickly; it does not grow just now.",
			title, limit);
	} else {
		words_seconds((int64_t)p->left_s, left);
		words_gib((int64_t)(p->bytes_per_s * 60), pace);
		j = finding_add(f, "warn", "memory.pressure", x->stack, x->service,
			"%s takes %s more each minute: at this pace it reaches its limit of %s in "
			"%s.%s",
			title, pace, limit, left, guard_words(s));
	}
	finding_link(j, "See its memory", true, "limits");
}

static void was_raised(
	struct finder *f, const struct service *s, const struct service_facts *x, const char *title)
{
	char from[WORDS_MAX], to[WORDS_MAX], back[120];
	struct limits before = s->limits;
	json_t *j;

	if (!x->raised.at || f->in->now - x->raised.at > DAY_MS || s->limits.memory != x->raised.to)
		return;
	before.memory = x->raised.from;
	j = finding_add(f, "note", "memory.raised", x->stack, x->service,
		"The memory limit of %s was raised from %s to %s before the kernel would have "
		"ended "
		"it.",
		title, words_gib(x->raised.from, from), words_gib(x->raised.to, to));
	json_put_int(j, "at", x->raised.at);
	snprintf(back, sizeof(back), "Back to %s", from);
	limits_button(j, back, true, x, &before);
}

/* The likeliest cause in words, after a space; "" when none is known. */
static const char *likeliest(const struct service_facts *x, char out[STALL_WORDS_MAX + 1])
{
	out[0] = '\0';
	if (stall_count(&x->stall)) {
		out[0] = ' ';
		stall_words(&x->stall, 0, out + 1);
	}
	return out;
}

static void sync_finding(struct finder *f, const struct service_facts *x, const char *title)
{
	char age[WORDS_MAX], why[STALL_WORDS_MAX + 1];
	const char *code = x->sync.reason, *what = "runs but has not answered", *still = "";

	if (!x->has_sync || !code || !container_alive(&x->container))
		return;
	if (!strcmp(code, "sync.no_answer"))
		code = "rpc.silent";
	else
		what = !strcmp(code, "sync.no_peers") ? "has had no peers" : "has not advanced";
	if (x->sync.advances)
		still = " It still imports what it had fetched.";
	words_seconds((f->in->now - x->sync.since) / 1000, age);
	finding_add(f, "warn", code, x->stack, x->service, "%s %s for %s.%s%s", title, what, age,
		still, likeliest(x, why));
}

static void relay_down(struct finder *f, const struct service_facts *x)
{
	const struct relay_facts *r = &x->relay;
	bool refused = !strcmp(r->code, "relay.secret");
	json_t *j;

	if (r->state == ETHSTATS_READY || !*r->code)
		return;
	/* a server that restarts is back within a minute; what a person has to mend is told at once
	 */
	if (!refused && strcmp(r->code, "relay.tls") && f->in->now - r->down_since < RELAY_DOWN_MS)
		return;
	j = finding_add(f, refused ? "bad" : "warn", r->code, x->stack, x->service,
		"%s does not show this node as \"%s\": %s", r->server, r->id, r->reason);
	finding_link(j, refused ? "Change the secret" : "See the relay", true, "relay");
}

static void relay_unseen(struct finder *f, const struct service_facts *x)
{
	const struct relay_facts *r = &x->relay;
	json_t *j = NULL;

	if (r->state != ETHSTATS_READY || r->page_misses < 2)
		return;
	if (r->page == PAGE_UNLISTED)
		j = finding_add(f, "warn", "relay.unlisted", x->stack, x->service,
			"%s takes the messages, but its page does not list \"%s\".", r->server,
			r->id);
	else if (r->page == PAGE_STALE && r->node_active)
		j = finding_add(f, "warn", "relay.stale", x->stack, x->service,
			"%s lists \"%s\", but not with the blocks that were sent.", r->server,
			r->id);
	if (j)
		finding_link(j, "See the relay", true, "relay");
}

/* What it does not do, though its process runs. */
static void relay_fault(const struct finder *f, const struct relay_facts *r, struct buf *b)
{
	char age[WORDS_MAX], blocks[WORDS_MAX];

	words_seconds((f->in->now - r->fault_since) / 1000, age);
	words_count(r->fault_blocks, blocks);
	if (r->fault == RELAY_NOT_CONNECTED)
		buf_printf(
			b, "Not connected to %s for %s, though it can be reached.", r->server, age);
	else if (r->fault == RELAY_NO_BLOCK)
		buf_printf(b,
			"Connected, but %s shows no new block of \"%s\" for %s while the node "
			"imported %s blocks.",
			r->server, r->id, age, blocks);
	else
		buf_printf(b,
			"Connected, but nothing was sent for %s while the node imported %s blocks.",
			age, blocks);
}

/* One with a container: see domain/relay_watch.h. */
static void relay_watched(struct finder *f, const struct service_facts *x)
{
	const struct relay_facts *r = &x->relay;
	int64_t wait = (r->next_at - f->in->now) / 1000;
	autobuf struct buf b = {0};
	char when[WORDS_MAX], path[80];
	bool often;
	json_t *j;

	words_seconds(wait > 0 ? wait : 0, when);
	snprintf(path, sizeof(path), "/stacks/%s/restart", x->stack);
	if (r->verdict == RELAY_GAVE_UP) {
		often = r->restarts >= RELAY_WATCH_MAX;
		j = finding_add(f, "warn", "relay.gave_up", x->stack, x->service,
			"Restarted %d times%s without success; the server may be down. Next try in "
			"%s.",
			often ? r->restarts : r->tries, often ? " in an hour" : "", when);
	} else if (r->verdict == RELAY_SILENT || r->verdict == RELAY_RESTART) {
		relay_fault(f, r, &b);
		j = finding_add(f, "warn", "relay.silent", x->stack, x->service,
			"%s Restarting the relay%s%s (%d of %d).", b.data,
			wait >= RELAY_SOON_S ? " in " : "", wait >= RELAY_SOON_S ? when : "",
			r->restarts + 1, RELAY_WATCH_MAX);
	} else {
		return;
	}
	finding_button(j, "Try now", true, "POST", path, json_pack("{s:s}", "service", x->service));
	finding_link(j, "See the relay", false, "relay");
}

static void service_findings(struct finder *f, const struct stack *st, const struct service *s)
{
	const struct service_facts *x = facts_of(f->in, st->name, s->name);
	const struct job_facts *job = job_of(f->in, st->name);
	const char *title = title_of(f->in, s);

	/* A job at work explains every difference; an engine that is away tells nothing. */
	if (!x || f->in->engine->status != ENGINE_CONNECTED ||
		(job && job->running && strcmp(job->waiting, "probation")))
		return;
	if (x->container.presence != PRESENCE_UNKNOWN && st->run)
		container_finding(f, s, x, title);
	incident(f, x, title);
	pressure(f, s, x, title);
	was_raised(f, s, x, title);
	storm_finding(f, x, title);
	if (x->disk_stopped && !st->run)
		stopped_for_space(f, x, title);
	else
		volume_finding(f, x, title);
	if (st->run)
		sync_finding(f, x, title);
	if (st->run && x->has_relay && x->relay.container) {
		relay_watched(f, x);
	} else if (st->run && x->has_relay) {
		relay_down(f, x);
		relay_unseen(f, x);
	}
}

json_t *find_all(const struct advice_input *in)
{
	struct finder f = {in, json_array(), json_array(), json_array()};

	engine(&f);
	disk(&f);
	for (size_t i = 0; i < in->n_stacks; i++) {
		const struct stack *st = &in->stacks[i];

		for (size_t k = 0; k < st->n_services; k++)
			service_findings(&f, st, &st->services[k]);
		last_job(&f, st);
	}
	json_array_extend(f.bad, f.warn);
	json_array_extend(f.bad, f.note);
	json_decref(f.warn);
	json_decref(f.note);
	return f.bad;
}
