/*
 * The command line of each generation: which flags exist, from when to when.
 *
 * Generations are numbers, major * 100 + minor. Up to 1.7 the parser was docopt, from 1.8 on clap;
 * their words differ, the exit code is 2 in both.
 */
#include "parity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	FLAG, /* no value */
	TEXT,
	NUM,
};

struct flag {
	const char *name;
	char letter;
	enum kind kind;
	int from, to;
};

#define END 399 /* still there in the last release */

static const struct flag FLAGS[] = {
	/* operating */
	{"base-path", 'd', TEXT, 105, END},
	{"db-path", 'd', TEXT, 103, 104},
	{"db-path", 0, TEXT, 105, END},
	{"chain", 0, TEXT, 103, END},
	{"keys-path", 0, TEXT, 103, END},
	{"identity", 0, TEXT, 103, END},
	{"mode", 0, TEXT, 103, END},
	{"mode-timeout", 0, NUM, 103, END},
	{"mode-alarm", 0, NUM, 103, END},
	{"fork", 0, TEXT, 103, 103},
	{"auto-update", 0, TEXT, 105, 300},
	{"auto-update-delay", 0, NUM, 110, 300},
	{"auto-update-check-frequency", 0, NUM, 202, 300},
	{"release-track", 0, TEXT, 105, 300},
	{"no-download", 0, FLAG, 105, 300},
	{"no-consensus", 0, FLAG, 105, 300},
	{"force-direct", 0, FLAG, 105, 300},
	{"public-node", 0, FLAG, 106, 300},
	{"light", 0, FLAG, 107, 300},
	{"no-hardcoded-sync", 0, FLAG, 200, 300},
	{"config", 'c', TEXT, 104, END},
	{"no-config", 0, FLAG, 104, END},
	{"unsafe-expose", 0, FLAG, 107, END},
	{"ports-shift", 0, NUM, 107, END},
	/* accounts */
	{"unlock", 0, TEXT, 103, END},
	{"password", 0, TEXT, 103, END},
	{"keys-iterations", 0, NUM, 103, END},
	{"no-import-keys", 0, FLAG, 103, 103},
	{"no-hardware-wallets", 0, FLAG, 106, 205},
	{"fast-unlock", 0, FLAG, 110, END},
	{"accounts-refresh", 0, NUM, 107, END},
	/* the user interface and the signer */
	{"force-signer", 0, FLAG, 103, 103},
	{"no-signer", 0, FLAG, 103, 103},
	{"signer-port", 0, NUM, 103, 103},
	{"signer-interface", 0, TEXT, 103, 103},
	{"signer-path", 0, TEXT, 103, 103},
	{"signer-no-validation", 0, FLAG, 103, 103},
	{"force-ui", 0, FLAG, 104, 300},
	{"no-ui", 0, FLAG, 104, 300},
	{"ui-port", 0, NUM, 104, 300},
	{"ui-interface", 0, TEXT, 104, 300},
	{"ui-hosts", 0, TEXT, 107, 300},
	{"ui-path", 0, TEXT, 104, END},
	{"ui-no-validation", 0, FLAG, 104, 300},
	/* network */
	{"warp", 0, FLAG, 104, 107},
	{"warp", 0, FLAG, 109, 300},
	{"no-warp", 0, FLAG, 106, END},
	{"warp-barrier", 0, NUM, 111, END},
	{"no-network", 0, FLAG, 103, 104},
	{"port", 0, NUM, 103, END},
	{"interface", 0, TEXT, 200, END},
	{"min-peers", 0, NUM, 103, END},
	{"max-peers", 0, NUM, 103, END},
	{"snapshot-peers", 0, NUM, 104, END},
	{"max-pending-peers", 0, NUM, 104, END},
	{"nat", 0, TEXT, 103, END},
	{"allow-ips", 0, TEXT, 104, END},
	{"network-id", 0, NUM, 103, END},
	{"bootnodes", 0, TEXT, 103, END},
	{"no-discovery", 0, FLAG, 103, END},
	{"node-key", 0, TEXT, 103, END},
	{"reserved-peers", 0, TEXT, 103, END},
	{"reserved-only", 0, FLAG, 103, END},
	{"no-ancient-blocks", 0, FLAG, 105, END},
	{"no-serve-light", 0, FLAG, 107, 300},
	/* HTTP, WebSockets, IPC */
	{"no-jsonrpc", 0, FLAG, 103, END},
	{"jsonrpc-port", 0, NUM, 103, END},
	{"jsonrpc-interface", 0, TEXT, 103, END},
	{"jsonrpc-cors", 0, TEXT, 103, END},
	{"jsonrpc-apis", 0, TEXT, 103, END},
	{"jsonrpc-hosts", 0, TEXT, 103, END},
	{"jsonrpc-threads", 0, NUM, 106, END},
	{"jsonrpc-server-threads", 0, NUM, 108, END},
	{"jsonrpc-max-payload", 0, NUM, 200, END},
	{"jsonrpc-no-keep-alive", 0, FLAG, 202, END},
	{"jsonrpc-experimental", 0, FLAG, 202, END},
	{"jsonrpc-allow-missing-blocks", 0, FLAG, 205, END},
	{"poll-lifetime", 0, NUM, 200, END},
	{"no-ws", 0, FLAG, 107, END},
	{"ws-port", 0, NUM, 107, END},
	{"ws-interface", 0, TEXT, 107, END},
	{"ws-apis", 0, TEXT, 107, END},
	{"ws-origins", 0, TEXT, 107, END},
	{"ws-hosts", 0, TEXT, 107, END},
	{"ws-max-connections", 0, NUM, 200, END},
	{"ws-max-payload", 0, NUM, 303, END},
	{"no-ipc", 0, FLAG, 103, END},
	{"ipc-path", 0, TEXT, 103, END},
	{"ipc-apis", 0, TEXT, 103, END},
	{"ipc-chmod", 0, NUM, 205, 301},
	{"ipfs-api", 0, FLAG, 106, 300},
	{"ipfs-api-port", 0, NUM, 106, 300},
	{"ipfs-api-interface", 0, TEXT, 106, 300},
	{"ipfs-api-cors", 0, TEXT, 106, 300},
	{"ipfs-api-hosts", 0, TEXT, 106, 300},
	{"metrics", 0, FLAG, 301, END},
	{"metrics-port", 0, NUM, 301, END},
	{"metrics-interface", 0, TEXT, 301, END},
	{"metrics-prefix", 0, TEXT, 302, END},
	/* dapps */
	{"no-dapps", 0, FLAG, 103, 300},
	{"dapps-port", 0, NUM, 103, 300},
	{"dapps-interface", 0, TEXT, 103, 300},
	{"dapps-hosts", 0, TEXT, 103, 300},
	{"dapps-cors", 0, TEXT, 106, 300},
	{"dapps-user", 0, TEXT, 103, 300},
	{"dapps-pass", 0, TEXT, 103, 300},
	{"dapps-path", 0, TEXT, 103, 300},
	{"dapps-apis-all", 0, FLAG, 105, 300},
	/* mining */
	{"author", 0, TEXT, 103, END},
	{"engine-signer", 0, TEXT, 105, END},
	{"force-sealing", 0, FLAG, 103, END},
	{"reseal-on-txs", 0, TEXT, 103, END},
	{"reseal-min-period", 0, NUM, 103, END},
	{"reseal-max-period", 0, NUM, 106, END},
	{"reseal-on-uncle", 0, FLAG, 200, END},
	{"work-queue-size", 0, NUM, 103, END},
	{"tx-gas-limit", 0, TEXT, 103, END},
	{"tx-time-limit", 0, NUM, 104, END},
	{"relay-set", 0, TEXT, 103, END},
	{"usd-per-tx", 0, TEXT, 103, END},
	{"usd-per-eth", 0, TEXT, 103, END},
	{"price-update-period", 0, TEXT, 103, END},
	{"gas-floor-target", 0, TEXT, 103, END},
	{"gas-cap", 0, TEXT, 103, END},
	{"min-gas-price", 0, NUM, 107, END},
	{"gas-price-percentile", 0, NUM, 200, END},
	{"extra-data", 0, TEXT, 103, END},
	{"tx-queue-size", 0, NUM, 103, END},
	{"tx-queue-gas", 0, TEXT, 104, 107},
	{"tx-queue-strategy", 0, TEXT, 104, END},
	{"tx-queue-ban-count", 0, NUM, 104, 300},
	{"tx-queue-ban-time", 0, NUM, 104, 300},
	{"tx-queue-mem-limit", 0, NUM, 107, END},
	{"tx-queue-per-sender", 0, NUM, 200, END},
	{"tx-queue-locals", 0, TEXT, 205, END},
	{"remove-solved", 0, FLAG, 103, END},
	{"notify-work", 0, TEXT, 103, END},
	{"refuse-service-transactions", 0, FLAG, 106, END},
	{"no-persistent-txqueue", 0, FLAG, 107, END},
	{"stratum", 0, FLAG, 105, END},
	{"stratum-interface", 0, TEXT, 105, END},
	{"stratum-port", 0, NUM, 105, END},
	{"stratum-secret", 0, TEXT, 105, END},
	/* footprint */
	{"tracing", 0, TEXT, 103, END},
	{"pruning", 0, TEXT, 103, END},
	{"pruning-history", 0, NUM, 104, END},
	{"pruning-memory", 0, NUM, 106, END},
	{"cache-size", 0, NUM, 103, END},
	{"cache-size-db", 0, NUM, 103, END},
	{"cache-size-blocks", 0, NUM, 103, END},
	{"cache-size-queue", 0, NUM, 103, END},
	{"cache-size-state", 0, NUM, 104, END},
	{"fast-and-loose", 0, FLAG, 103, 300},
	{"db-compaction", 0, TEXT, 103, END},
	{"fat-db", 0, TEXT, 103, END},
	{"scale-verifiers", 0, FLAG, 105, END},
	{"num-verifiers", 0, NUM, 105, END},
	{"max-round-blocks-to-import", 0, NUM, 205, END},
	/* import, export, snapshots */
	{"from", 0, TEXT, 103, 107},
	{"to", 0, TEXT, 103, 107},
	{"format", 0, TEXT, 103, 107},
	{"at", 0, TEXT, 103, 107},
	{"no-seal-check", 0, FLAG, 105, END},
	{"no-periodic-snapshot", 0, FLAG, 103, 300},
	{"snapshot-threads", 0, NUM, 202, END},
	{"enable-snapshotting", 0, FLAG, 301, END},
	{"jitvm", 0, FLAG, 103, 200},
	{"whisper", 0, FLAG, 108, 300},
	{"whisper-pool-size", 0, NUM, 108, 300},
	{"no-secretstore", 0, FLAG, 106, END},
	{"no-secretstore-http", 0, FLAG, 107, END},
	{"secretstore-path", 0, TEXT, 106, END},
	{"ntp-servers", 0, TEXT, 107, 300},
	/* names of older releases and of geth */
	{"geth", 0, FLAG, 103, 300},
	{"testnet", 0, FLAG, 103, 300},
	{"import-geth-keys", 0, FLAG, 103, 300},
	{"datadir", 0, TEXT, 103, 300},
	{"networkid", 0, NUM, 103, 300},
	{"peers", 0, NUM, 103, 300},
	{"nodekey", 0, TEXT, 103, 300},
	{"nodiscover", 0, FLAG, 103, 300},
	{"jsonrpc", 'j', FLAG, 103, 300},
	{"jsonrpc-off", 0, FLAG, 103, 300},
	{"webapp", 'w', FLAG, 103, 300},
	{"dapps-off", 0, FLAG, 103, 300},
	{"rpc", 0, FLAG, 103, 300},
	{"rpcaddr", 0, TEXT, 103, 300},
	{"rpcport", 0, NUM, 103, 300},
	{"rpcapi", 0, TEXT, 103, 300},
	{"rpccorsdomain", 0, TEXT, 103, 300},
	{"ipcdisable", 0, FLAG, 103, 300},
	{"ipc-off", 0, FLAG, 103, 300},
	{"ipcapi", 0, TEXT, 103, 300},
	{"ipcpath", 0, TEXT, 103, 300},
	{"gasprice", 0, TEXT, 103, 300},
	{"etherbase", 0, TEXT, 103, 300},
	{"extradata", 0, TEXT, 103, 300},
	{"cache", 0, NUM, 103, 300},
	/* the rest */
	{"can-restart", 0, FLAG, 105, END},
	{"logging", 'l', TEXT, 103, END},
	{"log-file", 0, TEXT, 103, END},
	{"no-color", 0, FLAG, 103, END},
	{"version", 'v', FLAG, 103, END},
	{"help", 'h', FLAG, 103, END},
};

static const struct generation *gen;

static void usage_error(const char *docopt, const char *clap, const char *what)
{
	if (gen->number < 108) {
		fprintf(stderr, docopt, what);
		fputs("\n\nUsage:\n  parity [options]\n\nUse --help for the options.\n", stderr);
	} else {
		fputs("error: ", stderr);
		fprintf(stderr, clap, what);
		fprintf(stderr,
			"\n\nUSAGE:\n    %s [OPTIONS] [SUBCOMMAND]\n\n"
			"For more information try --help\n",
			gen->number >= 300 ? "openethereum" : "parity");
	}
	exit(2);
}

static const struct flag *find(const char *name, size_t len, char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(FLAGS); i++) {
		const struct flag *f = &FLAGS[i];

		if (gen->number < f->from || gen->number > f->to)
			continue;
		if (letter ? f->letter == letter
			   : strlen(f->name) == len && strncmp(f->name, name, len) == 0)
			return f;
	}
	return NULL;
}

static bool is(const struct flag *f, const char *name)
{
	return strcmp(f->name, name) == 0;
}

static void apply(const struct flag *f, const char *value, struct options *o, unsigned int *shift)
{
	if (is(f, "base-path") || is(f, "datadir") || (is(f, "db-path") && gen->number <= 104)) {
		o->base_path = value;
	} else if (is(f, "chain")) {
		o->chain = value;
	} else if (is(f, "testnet")) {
		o->chain = "testnet";
	} else if (is(f, "pruning")) {
		o->pruning = value;
	} else if (is(f, "jsonrpc-port") || is(f, "rpcport")) {
		o->rpc_port = (unsigned int)atoi(value);
	} else if (is(f, "jsonrpc-interface") || is(f, "rpcaddr")) {
		o->rpc_interface = value;
	} else if (is(f, "jsonrpc-hosts")) {
		o->rpc_hosts = value;
	} else if (is(f, "jsonrpc-apis") || is(f, "rpcapi")) {
		o->rpc_apis = value;
	} else if (is(f, "no-jsonrpc") || is(f, "jsonrpc-off")) {
		o->rpc_off = true;
	} else if (is(f, "unsafe-expose")) {
		o->rpc_interface = o->rpc_hosts = "all";
	} else if (is(f, "warp")) {
		o->warp = true;
	} else if (is(f, "no-warp")) {
		o->warp = false;
	} else if (is(f, "max-peers")) {
		o->max_peers = (unsigned int)atoi(value);
	} else if (is(f, "ports-shift")) {
		*shift = (unsigned int)atoi(value);
	} else if (is(f, "version")) {
		printf("%s\n  version %s\n",
			gen->number >= 300   ? "OpenEthereum Client."
			: gen->number >= 200 ? "Parity Ethereum Client."
					     : "Parity",
			gen->client);
		exit(0);
	} else if (is(f, "help")) {
		printf("%s\nOptions:\n", gen->client);
		for (size_t i = 0; i < ARRAY_LEN(FLAGS); i++) {
			const struct flag *h = &FLAGS[i];

			if (gen->number >= h->from && gen->number <= h->to)
				printf("  --%s%s\n", h->name, h->kind == FLAG ? "" : " VALUE");
		}
		exit(0);
	}
}

/* The few commands: `db kill` works, the others only exist. */
static int command(int argc, char **argv, int i, struct options *o)
{
	static const char *const known[] = {"daemon", "account", "import", "export", "signer",
		"snapshot", "restore", "tools", "wallet", "ui", "dapp", "db"};

	if (strcmp(argv[i], "db") == 0 && gen->number >= 106 && i + 1 < argc &&
		strcmp(argv[i + 1], "kill") == 0) {
		o->db_kill = true;
		return 2;
	}
	for (size_t k = 0; k < ARRAY_LEN(known); k++) {
		if (strcmp(argv[i], known[k]) == 0)
			fail(1, "the double does not play the command '%s'", argv[i]);
	}
	usage_error("Invalid arguments: '%s'.",
		"Found argument '%s' which wasn't expected, or isn't valid in this context",
		argv[i]);
	return 0;
}

static void check_number(const char *value, const char *name)
{
	char *end;

	errno = 0;
	(void)strtoul(value, &end, 10);
	if (!*value || *end || *value == '-' || errno)
		usage_error("Could not deserialize the value of '--%s'.",
			"Invalid value: The argument '--%s' isn't a valid value", name);
}

void flags_parse(const struct generation *g, int argc, char **argv, struct options *o)
{
	unsigned char seen[ARRAY_LEN(FLAGS)] = {0};
	unsigned int shift = 0;
	int i = 1;

	gen = g;
	*o = (struct options){
		.chain = gen->number >= 107 ? "foundation" : "homestead",
		.pruning = "auto",
		.rpc_interface = "local",
		.rpc_hosts = "none",
		.rpc_port = 8545,
		.max_peers = 50,
		.warp = gen->number >= 106,
	};
	while (i < argc) {
		const char *arg = argv[i], *name = arg, *value = NULL;
		const struct flag *f = NULL;
		size_t len;

		if (strncmp(arg, "--", 2) == 0 && arg[2]) {
			name = arg + 2;
			len = strcspn(name, "=");
			value = name[len] == '=' ? name + len + 1 : NULL;
			f = find(name, len, 0);
		} else if (arg[0] == '-' && arg[1]) {
			f = find(NULL, 0, arg[1]);
			value = arg[2] == '=' ? arg + 3 : arg[2] ? arg + 2 : NULL;
		} else {
			i += command(argc, argv, i, o);
			continue;
		}
		i++;
		if (!f || (f->kind == FLAG && value))
			usage_error("Unknown flag: '%s'",
				"Found argument '%s' which wasn't expected, or isn't valid in "
				"this context",
				arg);
		if (seen[f - FLAGS]++ && !is(f, "password"))
			usage_error("Option '--%s' given more than once.",
				"The argument '--%s' was provided more than once, but cannot be "
				"used multiple times",
				f->name);
		if (f->kind != FLAG && !value) {
			if (i >= argc || strncmp(argv[i], "--", 2) == 0)
				usage_error("Flag '--%s' requires an argument.",
					"The argument '--%s' requires a value but none was "
					"supplied",
					f->name);
			value = argv[i++];
		}
		if (f->kind == NUM)
			check_number(value, f->name);
		apply(f, value, o, &shift);
	}
	o->rpc_port += shift;
}
