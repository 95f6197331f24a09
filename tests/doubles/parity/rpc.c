/* The JSON-RPC methods, with the shapes of each generation. */
#include "parity.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK_SECONDS 13

struct method {
	const char *name;
	int from, to;
	void (*write)(const struct node *n, const char *params, struct text *out);
	const char *text; /* when write is NULL: always the same answer */
};

/* ---- reading: enough JSON to find members; each function returns the end, NULL = not JSON ---- */

static const char *space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && !*++p)
			return NULL;
	}
	return *p ? p + 1 : NULL;
}

static const char *skip_value(const char *p, int depth)
{
	char close = *p == '{' ? '}' : ']';
	const char *start = p;

	if (depth > 32)
		return NULL;
	if (*p == '"')
		return skip_string(p);
	if (*p != '{' && *p != '[') {
		while (isalnum((unsigned char)*p) || strchr("+-.", *p ? *p : ' '))
			p++;
		return p > start ? p : NULL;
	}
	p = space(p + 1);
	if (*p == close)
		return p + 1;
	for (;;) {
		if (close == '}') {
			p = *p == '"' ? skip_string(p) : NULL;
			p = p ? space(p) : NULL;
			if (!p || *p != ':')
				return NULL;
			p = space(p + 1);
		}
		p = skip_value(p, depth + 1);
		if (!p)
			return NULL;
		p = space(p);
		if (*p == close)
			return p + 1;
		if (*p != ',')
			return NULL;
		p = space(p + 1);
	}
}

/* Copies the raw text of a member of a checked object. */
static bool member(const char *object, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	for (const char *p = space(object + 1); *p && *p != '}';) {
		const char *end, *value;

		value = space(skip_string(p));
		value = space(value + 1);
		end = skip_value(value, 0);
		if (strncmp(p + 1, key, len) == 0 && p[len + 1] == '"') {
			snprintf(out, size, "%.*s", (int)(end - value), value);
			return (size_t)(end - value) < size;
		}
		p = space(end);
		if (*p == ',')
			p = space(p + 1);
	}
	return false;
}

/* ---- the answers -------------------------------------------------------------------------- */

static void hash_of(long number, char *out)
{
	uint64_t x = (uint64_t)number * 0x9e3779b97f4a7c15ull + 0xabcdef;

	for (int i = 0; i < 4; i++) {
		x ^= x >> 30;
		x *= 0xbf58476d1ce4e5b9ull;
		snprintf(out + 16 * i, 17, "%016llx", (unsigned long long)(x ^ (x >> 27)));
	}
}

static void eth_syncing(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	if (!behave_syncing(n)) {
		text_add(out, "false");
		return;
	}
	/* With no peer the real node knows no better height than the one where it started. */
	text_add(out,
		"{\"currentBlock\":\"0x%lx\",\"highestBlock\":\"0x%lx\",\"startingBlock\":\"0x%"
		"lx\"",
		n->head, n->peers > 0 ? n->highest : n->start_block, n->start_block);
	if (n->gen->number >= 104) {
		if (n->warping)
			text_add(out,
				",\"warpChunksAmount\":\"0x%lx\",\"warpChunksProcessed\":\"0x%lx\"",
				n->set.warp_chunks, n->warp_done);
		else
			text_add(out, ",\"warpChunksAmount\":null,\"warpChunksProcessed\":null");
	}
	text_add(out, "}");
}

static void eth_block_number(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	text_add(out, "\"0x%lx\"", n->head);
}

static void eth_get_block(const struct node *n, const char *params, struct text *out)
{
	char hash[65], parent[65], which[32] = "";
	const char *p = space(params);
	long number = n->head, age;

	if (*p == '[')
		p = space(p + 1);
	if (sscanf(p, "\"%31[^\"]\"", which) == 1) {
		if (strcmp(which, "earliest") == 0)
			number = 0;
		else if (strncmp(which, "0x", 2) == 0)
			number = strtol(which, NULL, 16);
	}
	if (number > n->head || number < 0) {
		text_add(out, "null");
		return;
	}
	/* The head of the network is as young as its last block, older ones by 13 s each. */
	age = (n->highest - number) * BLOCK_SECONDS + 2;
	hash_of(number, hash);
	hash_of(number - 1, parent);
	text_add(out,
		"{\"author\":\"0x0000000000000000000000000000000000000000\",\"difficulty\":"
		"\"0x5af3107a4000\","
		"\"extraData\":\"0x\",\"gasLimit\":\"0x47e7c4\",\"gasUsed\":\"0x0\",\"hash\":\"0x%"
		"s\","
		"\"miner\":\"0x0000000000000000000000000000000000000000\",\"number\":\"0x%lx\","
		"\"parentHash\":\"0x%s\",\"size\":\"0x21b\",\"stateRoot\":\"0x%s\",\"timestamp\":"
		"\"0x%lx\","
		"\"totalDifficulty\":\"0x%lx\",\"transactions\":[],\"uncles\":[]}",
		hash, number, parent, hash, (long)time(NULL) - age, number * 1000000 + 17);
}

static void eth_chain_id(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	text_add(out, "\"0x%x\"", n->chain->id);
}

static void net_version(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	text_add(out, "\"%u\"", n->chain->id == 61 ? 1 : n->chain->id);
}

static void net_peer_count(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	text_add(out, "\"0x%lx\"", n->peers);
}

static void client_version(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	text_add(out, "\"%s\"", n->gen->client);
}

static void peer(const struct node *n, long i, struct text *out)
{
	static const char client[] = "Geth/v1.9.9-stable-01744997/linux-amd64/go1.13.4";
	char id[65];

	hash_of(-1 - i, id);
	text_add(out, "%s{\"caps\":[\"eth/62\",\"eth/63\"],\"id\":\"%s%s\",", i ? "," : "", id, id);
	if (n->gen->number >= 204)
		text_add(out, "\"name\":{\"Other\":\"%s\"},", client);
	else
		text_add(out, "\"name\":\"%s\",", client);
	text_add(out,
		"\"network\":{\"localAddress\":\"172.17.0.2:%ld\",\"remoteAddress\":"
		"\"192.0.2.%ld:30303\"},\"protocols\":{\"eth\":{\"difficulty\":\"0x%lx\",\"head\":"
		"\"%s\","
		"\"version\":63}}}",
		41000 + i, 1 + i % 250, n->highest * 1000000 + 17, id);
}

static void net_peers(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	text_add(out, "{\"active\":%ld,\"connected\":%ld,\"max\":%u", n->peers / 3, n->peers,
		n->opt.max_peers);
	if (n->gen->number >= 104) {
		text_add(out, ",\"peers\":[");
		for (long i = 0; i < n->peers; i++)
			peer(n, i, out);
		text_add(out, "]");
	}
	text_add(out, "}");
}

static void chain_status(const struct node *n, const char *params, struct text *out)
{
	(void)params;
	if (n->set.gap_last > 0)
		text_add(out, "{\"blockGap\":[\"0x%lx\",\"0x%lx\"]}", n->set.gap_first,
			n->set.gap_last);
	else
		text_add(out, "{\"blockGap\":null}");
}

static void version_info(const struct node *n, const char *params, struct text *out)
{
	int major = 0, minor = 0, patch = 0;

	(void)params;
	sscanf(n->gen->version, "%d.%d.%d", &major, &minor, &patch);
	text_add(out,
		"{\"hash\":\"0x%040x\",\"track\":\"%s\",\"version\":{\"major\":%d,\"minor\":%d,"
		"\"patch\":%d}}",
		n->gen->number, strstr(n->gen->client, "-beta") ? "beta" : "stable", major, minor,
		patch);
}

static void node_health(const struct node *n, const char *params, struct text *out)
{
	bool syncing = behave_syncing(n);

	(void)params;
	text_add(out, "{\"peers\":{\"details\":[%ld,%u],\"message\":\"%s\",\"status\":\"%s\"},",
		n->peers, n->opt.max_peers, n->peers ? "" : "You are not connected to any peers.",
		n->peers ? "ok" : "bad");
	text_add(out, "\"sync\":{\"details\":%s,\"message\":\"%s\",\"status\":\"%s\"},",
		syncing ? "true" : "false",
		syncing ? "Your node is still syncing, the values you see might be outdated." : "",
		syncing ? "needsAttention" : "ok");
	text_add(out, "\"time\":{\"details\":-11,\"message\":\"\",\"status\":\"ok\"}}");
}

const char *rpc_health(const struct node *n)
{
	if (n->peers == 0)
		return "{\"code\":-32066,\"message\":\"Node is not connected to any peers.\"}";
	if (behave_syncing(n))
		return "{\"code\":-32001,\"message\":\"Node is still syncing.\"}";
	return NULL;
}

/* parity_nodeStatus is missing here: its answer may be an error, see call(). */
static const struct method METHODS[] = {
	{"eth_syncing", 103, 399, eth_syncing, NULL},
	{"eth_blockNumber", 103, 399, eth_block_number, NULL},
	{"eth_getBlockByNumber", 103, 399, eth_get_block, NULL},
	{"eth_getBlockTransactionCountByNumber", 103, 399, NULL, "\"0x0\""},
	{"eth_chainId", 202, 399, eth_chain_id, NULL},
	{"eth_gasPrice", 103, 399, NULL, "\"0x4a817c800\""},
	{"eth_mining", 103, 399, NULL, "false"},
	{"eth_hashrate", 103, 399, NULL, "\"0x0\""},
	{"eth_protocolVersion", 103, 399, NULL, "\"63\""},
	{"eth_coinbase", 103, 399, NULL, "\"0x0000000000000000000000000000000000000000\""},
	{"eth_accounts", 103, 399, NULL, "[]"},
	{"net_version", 103, 399, net_version, NULL},
	{"net_peerCount", 103, 399, net_peer_count, NULL},
	{"net_listening", 103, 399, NULL, "true"},
	{"web3_clientVersion", 103, 399, client_version, NULL},
	{"ethcore_netPeers", 103, 103, net_peers, NULL},
	{"ethcore_mode", 103, 103, NULL, "\"active\""},
	{"ethcore_pendingTransactions", 103, 103, NULL, "[]"},
	{"parity_netPeers", 104, 399, net_peers, NULL},
	{"parity_mode", 104, 399, NULL, "\"active\""},
	{"parity_pendingTransactions", 104, 399, NULL, "[]"},
	{"parity_chainStatus", 106, 399, chain_status, NULL},
	{"parity_versionInfo", 105, 300, version_info, NULL},
	{"parity_upgradeReady", 105, 300, NULL, "null"},
	{"parity_consensusCapability", 105, 300, NULL, "\"capable\""},
	{"parity_nodeHealth", 108, 200, node_health, NULL},
};

/* --jsonrpc-apis: a list of name spaces, `all`, `safe`, and -name to take one out. */
static bool served(const struct node *n, const char *method)
{
	char list[512], space_name[32], *save = NULL;
	bool found = false;

	if (!n->opt.rpc_apis)
		return true;
	snprintf(space_name, sizeof(space_name), "%.*s", (int)strcspn(method, "_"), method);
	snprintf(list, sizeof(list), "%s", n->opt.rpc_apis);
	for (char *api = strtok_r(list, ",", &save); api; api = strtok_r(NULL, ",", &save)) {
		if (strcmp(api, "all") == 0 || strcmp(api, "safe") == 0 ||
			strcmp(api, space_name) == 0)
			found = true;
		else if (api[0] == '-' && strcmp(api + 1, space_name) == 0)
			return false;
	}
	return found;
}

static void error(struct text *out, int code, const char *message, const char *id)
{
	text_add(out, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":%d,\"message\":\"%s\"},\"id\":%s}",
		code, message, id);
}

static void call(const struct node *n, const char *request, struct text *out)
{
	char name[80], id[80] = "null", params[1024] = "[]";
	size_t len;

	if (*request != '{' || !member(request, "method", name, sizeof(name)) || name[0] != '"') {
		error(out, -32600, "Invalid request", "null");
		return;
	}
	member(request, "id", id, sizeof(id));
	member(request, "params", params, sizeof(params));
	len = strlen(name);
	name[len - 1] = '\0';
	if (strcmp(name + 1, "parity_nodeStatus") == 0 && n->gen->number >= 203 &&
		served(n, name + 1)) {
		const char *bad = rpc_health(n);

		text_add(out, "{\"jsonrpc\":\"2.0\",\"%s\":%s,\"id\":%s}", bad ? "error" : "result",
			bad ? bad : "null", id);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
		const struct method *m = &METHODS[i];

		if (strcmp(m->name, name + 1) != 0 || n->gen->number < m->from ||
			n->gen->number > m->to || !served(n, name + 1))
			continue;
		text_add(out, "{\"jsonrpc\":\"2.0\",\"result\":");
		if (m->write)
			m->write(n, params, out);
		else
			text_add(out, "%s", m->text);
		text_add(out, ",\"id\":%s}", id);
		return;
	}
	error(out, -32601, "Method not found", id);
}

void rpc_answer(const struct node *n, const char *body, struct text *out)
{
	const char *p = space(body), *end = skip_value(p, 0);
	bool first = true;

	if (!end || *space(end)) {
		error(out, -32700, "Parse error", "null");
	} else if (*p != '[') {
		call(n, p, out);
	} else if (*space(p + 1) == ']') {
		error(out, -32600, "Invalid request", "null");
	} else {
		text_add(out, "[");
		for (p = space(p + 1); *p && *p != ']'; first = false) {
			if (!first)
				text_add(out, ",");
			call(n, p, out);
			p = space(skip_value(p, 0));
			if (*p == ',')
				p = space(p + 1);
		}
		text_add(out, "]");
	}
	text_add(out, "\n");
}
