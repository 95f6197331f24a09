/* The machine: states, events, what is due when. */
#include "domain/ethstats_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN_MS 15000	/* name, connection, TLS and upgrade */
#define READY_MS 10000	/* from hello to "ready" */
#define SILENT_MS 75000 /* both generations say something every 30 s, and answer our pings */
#define PING_MS 12000	/* a Primus 6 server drops who was silent for 35 s */
#define STATS_MS 15000
#define CHANGED_MS 5000 /* between two messages that tell a change */
#define STEADY_MS 30000 /* ready for so long: the next end counts from the beginning again */
#define BACKOFF_S 60
#define REFUSED_S 60
#define REFUSED_MAX_S 600

const char *ethstats_state_name(enum ethstats_state s)
{
	static const char *const names[] = {"waiting", "connecting", "greeting", "ready"};

	return names[s];
}

void ethstats_init(struct ethstats *s, const struct ethstats_io *io, const struct ethstats_who *who,
	bool either, bool tls, uint32_t seed, msec now)
{
	*s = (struct ethstats){
		.io = *io,
		.either = either,
		.tls = tls,
		.id = xstrdup(who->id),
		.name = xstrdup(who->name),
		.contact = xstrdup(who->contact),
		.secret = xstrdup(who->secret ? who->secret : ""),
		.os_version = xstrdup(who->os_version),
		.port = who->port,
		.seed = seed | 1,
		.since = now,
		.down_at = now,
		.next_at = now,
		.block = -1,
		.latency_ms = -1,
		.head_number = -1,
		.node = {.peers = -1, .pending = -1, .gas_price = -1},
	};
}

void ethstats_free(struct ethstats *s)
{
	if (s->state != ETHSTATS_WAITING)
		s->io.close(s->io.ctx);
	if (s->secret)
		explicit_bzero(s->secret, strlen(s->secret));
	free(s->id);
	free(s->name);
	free(s->contact);
	free(s->secret);
	free(s->os_version);
	free(s->head);
	buf_free(&s->history);
	*s = (struct ethstats){0};
}

/* ---- from state to state ---- */

static void enter(struct ethstats *s, enum ethstats_state to, msec now)
{
	s->state = to;
	s->since = now;
}

/* xorshift32; 0 … n */
static msec jitter(struct ethstats *s, msec n)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 17;
	s->seed ^= s->seed << 5;
	return n > 0 ? (msec)(s->seed % (uint32_t)(n + 1)) : 0;
}

/* Seconds doubled n - 1 times, up to max. */
static msec doubled(msec first_s, int n, msec max_s)
{
	msec s = first_s;

	while (--n > 0 && s < max_s)
		s *= 2;
	return (s < max_s ? s : max_s) * 1000;
}

/* Never longer than a minute, so that an outage ends within a minute after the server is back; the
 * jitter takes away up to a quarter, so that many nodes do not come back in one moment. */
static msec pause_failed(struct ethstats *s)
{
	msec ms = doubled(1, s->tries, BACKOFF_S);

	return ms - jitter(s, ms / 4);
}

/* A server that refused wants no second try soon; these waits grow up to ten minutes. */
static msec pause_refused(struct ethstats *s)
{
	msec ms = doubled(REFUSED_S, s->refusals, REFUSED_MAX_S);

	return ms + jitter(s, ms / 10);
}

static void forget_connection(struct ethstats *s)
{
	s->told_node = s->head_sent = s->wants_history = false;
	s->n_wanted = 0;
	s->block = -1;
	s->latency_ms = -1;
	s->stats_at = s->ping_at = s->pending_at = 0;
	buf_free(&s->history);
}

static void fail(struct ethstats *s, const char *code, const char *reason, msec now)
{
	bool refused = !strcmp(code, "relay.secret");

	if (s->state == ETHSTATS_READY) {
		s->down_at = now;
		if (now - s->since >= STEADY_MS)
			s->tries = s->refusals = 0;
	} else if (s->either && !refused) {
		s->tls = !s->tls;
	}
	snprintf(s->code, sizeof(s->code), "%s", code);
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	s->ended_at = now;
	s->tries++;
	s->refusals = refused ? s->refusals + 1 : 0;
	s->next_at = now + (refused ? pause_refused(s) : pause_failed(s));
	forget_connection(s);
	enter(s, ETHSTATS_WAITING, now);
}

/* From our side. */
static void hang_up(struct ethstats *s, const char *code, const char *reason, msec now)
{
	s->io.close(s->io.ctx);
	fail(s, code, reason, now);
}

/* ---- what is due ---- */

static bool stats_changed(const struct ethstats *s)
{
	const struct ethstats_node *a = &s->node, *b = &s->told;

	return a->active != b->active || a->syncing != b->syncing || a->peers != b->peers;
}

static bool who_changed(const struct ethstats *s)
{
	const struct ethstats_node *a = &s->node, *b = &s->told;

	return strcmp(a->client, b->client) || strcmp(a->net, b->net) ||
	       strcmp(a->protocol, b->protocol);
}

static void report(struct ethstats *s, msec now)
{
	bool lost = s->told_node && s->told.active && !s->node.active;

	/* the page learns of another client or network from a hello only */
	if (who_changed(s) && *s->node.client)
		say_hello(s, now);
	if (!s->ping_at || now - s->ping_at >= PING_MS)
		say_ping(s, now);
	if (s->head && !s->head_sent && s->node.active)
		say_block(s, now);
	if (!s->pending_at || now - s->pending_at >= STATS_MS ||
		(s->node.pending != s->told.pending && now - s->pending_at >= CHANGED_MS))
		say_pending(s, now);
	if (!s->told_node || lost || now - s->stats_at >= STATS_MS ||
		(stats_changed(s) && now - s->stats_at >= CHANGED_MS))
		say_stats(s, now);
}

void ethstats_tick(struct ethstats *s, msec now)
{
	switch (s->state) {
	case ETHSTATS_WAITING:
		if (now < s->next_at)
			return;
		enter(s, ETHSTATS_OPENING, now);
		s->attempts++;
		s->io.open(s->io.ctx, s->tls);
		return;
	case ETHSTATS_OPENING:
		if (now - s->since >= OPEN_MS)
			hang_up(s, "relay.unreachable", "It did not answer in time.", now);
		return;
	case ETHSTATS_GREETING:
		if (now - s->since >= READY_MS)
			hang_up(s, "relay.unready",
				"It did not say \"ready\" within 10 s of our hello.", now);
		return;
	case ETHSTATS_READY:
		if (now - s->heard_at >= SILENT_MS)
			hang_up(s, "relay.unreachable", "It said nothing for 75 s.", now);
		else
			report(s, now);
		return;
	}
}

/* ---- events ---- */

void ethstats_opened(struct ethstats *s, msec now)
{
	if (s->state != ETHSTATS_OPENING)
		return;
	enter(s, ETHSTATS_GREETING, now);
	s->heard_at = now;
	say_hello(s, now);
}

void ethstats_closed(struct ethstats *s, const struct err *why, msec now)
{
	if (s->state == ETHSTATS_WAITING)
		return;
	fail(s, err_is(why, "ws.tls") ? "relay.tls" : "relay.unreachable", why->message, now);
}

void ethstats_hurry(struct ethstats *s, msec now)
{
	if (s->state == ETHSTATS_WAITING)
		s->next_at = now;
}

/* The secret is judged before "ready"; afterwards a close is somebody at the server's end. */
static void kicked(struct ethstats *s, msec now)
{
	if (s->state == ETHSTATS_GREETING)
		hang_up(s, "relay.secret", "It refused the secret.", now);
	else
		hang_up(s, "relay.unreachable", "It ended the connection on purpose.", now);
}

static void answer_ping(struct ethstats *s, const char *number, size_t len, msec now)
{
	char text[64];
	int n;

	if (strspn(number, "0123456789") < len || len > 24)
		return;
	n = snprintf(text, sizeof(text), "\"primus::pong::%.*s\"", (int)len, number);
	say_text(s, text, (size_t)n, now);
}

/* Heartbeats and control are JSON strings. */
static void control(struct ethstats *s, const char *text, size_t len, msec now)
{
	static const char ping[] = "\"primus::ping::", close[] = "\"primus::server::close\"";
	size_t n = sizeof(ping) - 1;

	if (len > n && !strncmp(text, ping, n) && text[len - 1] == '"')
		answer_ping(s, text + n, len - n - 1, now);
	else if (len == sizeof(close) - 1 && !strncmp(text, close, len))
		kicked(s, now);
}

static void ready(struct ethstats *s, msec now)
{
	if (s->state != ETHSTATS_GREETING)
		return;
	enter(s, ETHSTATS_READY, now);
	s->refusals = 0;
	s->code[0] = '\0';
	report(s, now);
}

static void pong(struct ethstats *s, const json_t *arg, msec now)
{
	if (json_int(arg, "clientTime", -1) != s->ping_at || !s->ping_at)
		return;
	s->latency_ms = (now - s->ping_at + 1) / 2;
	say_latency(s, now);
}

static int descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* {"max", "min", "list": [numbers]}, or false of a server that knows nothing yet. Of a longer list
 * the highest are kept. */
static void wants_history(struct ethstats *s, const json_t *range)
{
	const json_t *list = json_arr(range, "list");
	size_t n = json_array_size(list);
	autofree int64_t *all = xcalloc(n + 1, sizeof(*all));
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);

		if (json_is_integer(v) && json_integer_value(v) >= 0)
			all[kept++] = json_integer_value(v);
	}
	qsort(all, kept, sizeof(*all), descending);
	s->n_wanted = kept < ETHSTATS_HISTORY ? (int)kept : ETHSTATS_HISTORY;
	memcpy(s->wanted, all, (size_t)s->n_wanted * sizeof(*all));
	s->wants_history = true;
}

static void emitted(struct ethstats *s, const json_t *emit, msec now)
{
	const char *name = json_string_value(json_array_get(emit, 0));
	const json_t *arg = json_array_get(emit, 1);

	if (!name)
		s->ignored++;
	else if (!strcmp(name, "ready"))
		ready(s, now);
	else if (!strcmp(name, "node-pong"))
		pong(s, arg, now);
	else if (!strcmp(name, "history") && s->state == ETHSTATS_READY)
		wants_history(s, arg);
}

void ethstats_text(struct ethstats *s, const char *text, size_t len, msec now)
{
	autojson json_t *j = NULL;

	if (s->state != ETHSTATS_GREETING && s->state != ETHSTATS_READY)
		return;
	s->heard_at = now;
	if (len && text[0] == '"') {
		control(s, text, len, now);
		return;
	}
	if (json_parse(text, len, &j, NULL) || !json_arr(j, "emit"))
		s->ignored++;
	else
		emitted(s, json_arr(j, "emit"), now);
}

void ethstats_node(struct ethstats *s, const struct ethstats_node *node, msec now)
{
	s->node = *node;
	if (s->state == ETHSTATS_READY)
		report(s, now);
}

/* The number of a node that was set back is lower than before: it is the newest all the same. */
void ethstats_head(struct ethstats *s, const json_t *rpc_block, msec now)
{
	autojson json_t *block = ethstats_block(rpc_block);
	const char *hash = json_str(block, "hash", "");

	if (!block || (s->head && !strcmp(hash, s->head_hash)))
		return;
	free(s->head);
	s->head = json_text(block);
	s->head_number = json_int(block, "number", -1);
	snprintf(s->head_hash, sizeof(s->head_hash), "%s", hash);
	s->head_sent = false;
	if (s->state == ETHSTATS_READY)
		report(s, now);
}

/* ---- history ---- */

int ethstats_history_wanted(const struct ethstats *s, int64_t ret[ETHSTATS_HISTORY])
{
	int n = 0;

	if (!s->wants_history)
		return 0;
	for (int i = 0; i < s->n_wanted; i++)
		ret[n++] = s->wanted[i];
	for (int64_t number = s->head_number; !s->n_wanted && n < ETHSTATS_HISTORY && number > 0;)
		ret[n++] = number--;
	return n;
}

/* A frame of that size is enough for any chart; blocks beyond are left out, the oldest first. */
#define HISTORY_BYTES (256u * 1024)

void ethstats_history_add(struct ethstats *s, const json_t *rpc_block)
{
	autojson json_t *block = ethstats_block(rpc_block);
	autofree char *text = NULL;

	if (!block || s->history.len > HISTORY_BYTES)
		return;
	text = json_text(block);
	buf_printf(&s->history, "%s%s", s->history.len ? "," : "", text);
}

void ethstats_history_end(struct ethstats *s, msec now)
{
	if (s->wants_history && s->state == ETHSTATS_READY)
		say_history(s, now);
	s->wants_history = false;
	s->n_wanted = 0;
	buf_free(&s->history);
}
