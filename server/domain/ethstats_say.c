/* The messages to the server. */
#include "domain/ethstats_priv.h"

#include <string.h>

void say_text(struct ethstats *s, const char *text, size_t len, msec now)
{
	s->sent_at = now;
	s->bytes += (int64_t)len;
	s->io.send(s->io.ctx, text, len);
}

/* {"emit":[name,payload]}; payload is stolen. */
static void emit(struct ethstats *s, const char *name, json_t *payload, msec now)
{
	autojson json_t *j = json_object(), *list = json_array();
	autofree char *text = NULL;

	json_array_append_new(list, json_string(name));
	json_array_append_new(list, payload);
	json_put(j, "emit", take(list));
	text = json_text(j);
	say_text(s, text, strlen(text), now);
	explicit_bzero(text, strlen(text)); /* a hello holds the secret */
}

static json_t *of_us(const struct ethstats *s)
{
	json_t *j = json_object();

	json_put_str(j, "id", s->id);
	return j;
}

void say_hello(struct ethstats *s, msec now)
{
	json_t *j = of_us(s), *info = json_object();
	const struct ethstats_node *n = &s->node;

	json_put_str(info, "name", s->name);
	if (s->contact && *s->contact)
		json_put_str(info, "contact", s->contact);
	json_put_str(info, "node", n->client);
	json_put_str(info, "net", n->net);
	json_put_str(info, "protocol", n->protocol);
	json_put_str(info, "api", "No");
	json_put_int(info, "port", s->port);
	json_put_str(info, "os", "linux");
	json_put_str(info, "os_v", s->os_version ? s->os_version : "");
	json_put_str(info, "client", "0.1.1");
	json_put_flag(info, "canUpdateHistory", true);
	json_put(j, "info", info);
	json_put_str(j, "secret", s->secret);
	memcpy(s->told.client, n->client, sizeof(n->client));
	memcpy(s->told.net, n->net, sizeof(n->net));
	memcpy(s->told.protocol, n->protocol, sizeof(n->protocol));
	emit(s, "hello", j, now);
}

/* The block's text is kept as it is sent: it may be long, and is made once. */
void say_block(struct ethstats *s, msec now)
{
	autobuf struct buf b = {0};
	autojson json_t *id = json_string(s->id);
	autofree char *quoted = json_text(id);

	buf_printf(&b, "{\"emit\":[\"block\",{\"id\":%s,\"block\":%s}]}", quoted, s->head);
	s->head_sent = true;
	s->block = s->head_number;
	s->block_at = now;
	say_text(s, b.data, b.len, now);
}

static json_t *progress(const struct ethstats_node *n)
{
	json_t *j = json_object();
	int64_t done = n->current - n->starting, all = n->highest - n->starting;

	json_put_int(j, "startingBlock", n->starting);
	json_put_int(j, "currentBlock", n->current);
	json_put_int(j, "highestBlock", n->highest);
	json_put_num(j, "progress", all > 0 && done >= 0 ? (double)done / (double)all : 0);
	return j;
}

void say_stats(struct ethstats *s, msec now)
{
	const struct ethstats_node *n = &s->node;
	json_t *j = of_us(s), *stats = json_object();
	bool numbers = n->current >= 0 && n->highest >= n->current && n->starting >= 0;
	char price[24];

	snprintf(price, sizeof(price), "%lld", (long long)(n->gas_price > 0 ? n->gas_price : 0));
	json_put_flag(stats, "active", n->active);
	if (n->active && n->syncing && numbers)
		json_put(stats, "syncing", progress(n));
	else
		json_put_flag(stats, "syncing", n->active && n->syncing);
	json_put_flag(stats, "mining", false);
	json_put_int(stats, "hashrate", 0);
	json_put_int(stats, "peers", n->active && n->peers > 0 ? n->peers : 0);
	json_put_str(stats, "gasPrice", price);
	json_put_int(stats, "uptime", 100);
	json_put(j, "stats", stats);
	s->told.active = n->active;
	s->told.syncing = n->syncing;
	s->told.peers = n->peers;
	s->told_node = true;
	s->stats_at = now;
	emit(s, "stats", j, now);
}

void say_pending(struct ethstats *s, msec now)
{
	json_t *j = of_us(s), *stats = json_object();
	int64_t n = s->node.active && s->node.pending > 0 ? s->node.pending : 0;

	json_put_int(stats, "pending", n);
	json_put(j, "stats", stats);
	s->told.pending = s->node.pending;
	s->pending_at = now;
	emit(s, "pending", j, now);
}

/* The server gives the time back as it is: ours is the monotonic one. */
void say_ping(struct ethstats *s, msec now)
{
	json_t *j = of_us(s);

	json_put_int(j, "clientTime", now);
	s->ping_at = now;
	emit(s, "node-ping", j, now);
}

void say_latency(struct ethstats *s, msec now)
{
	json_t *j = of_us(s);

	json_put_int(j, "latency", s->latency_ms);
	emit(s, "latency", j, now);
}

void say_history(struct ethstats *s, msec now)
{
	autobuf struct buf b = {0};
	autojson json_t *id = json_string(s->id);
	autofree char *quoted = json_text(id);

	buf_printf(&b, "{\"emit\":[\"history\",{\"id\":%s,\"history\":[%s]}]}", quoted,
		s->history.data ? s->history.data : "");
	say_text(s, b.data, b.len, now);
}
