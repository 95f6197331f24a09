/* The generations and the chains that they know. */
#include "parity.h"

#include <stdio.h>
#include <string.h>

static const struct generation GENERATIONS[] = {
	{"1.3.5", 103, 10, "Parity//v1.3.5-beta-8e7cfd9-20161003/x86_64-linux-gnu/rustc1.12.0"},
	{"1.3.9", 103, 10, "Parity//v1.3.9-beta-e9987c4-20161026/x86_64-linux-gnu/rustc1.12.1"},
	{"1.4.5", 104, 10, "Parity//v1.4.5-beta-a028d04-20161126/x86_64-linux-gnu/rustc1.13.0"},
	{"1.5.0", 105, 10, "Parity//v1.5.0-beta-0b9f1ee-20170119/x86_64-linux-gnu/rustc1.14.0"},
	{"1.6.8", 106, 11, "Parity//v1.6.8-beta-c396229-20170608/x86_64-linux-gnu/rustc1.17.0"},
	{"1.7.0", 107, 11, "Parity//v1.7.0-beta-5f2cabd-20170727/x86_64-linux-gnu/rustc1.18.0"},
	{"2.0.5", 200, 13,
		"Parity-Ethereum//v2.0.5-stable-7dc4d349a1-20180917/x86_64-linux-gnu/rustc1.29.0"},
	{"2.1.0", 201, 13,
		"Parity-Ethereum//v2.1.0-beta-30c9d2b8aa-20180914/x86_64-linux-gnu/rustc1.29.0"},
	{"2.2.5", 202, 13,
		"Parity-Ethereum//v2.2.5-stable-7fbcdfeed-20181213/x86_64-linux-gnu/rustc1.31.0"},
	{"2.5.13", 205, 13,
		"Parity-Ethereum//v2.5.13-stable-253ff3f37b-20191231/x86_64-linux-gnu/rustc1.40.0"},
	{"2.7.2", 207, 14,
		"Parity-Ethereum//v2.7.2-stable-2662d19-20200206/x86_64-linux-gnu/rustc1.40.0"},
	{"3.0.1", 300, 15,
		"OpenEthereum//v3.0.1-stable-8ca8089-20200601/x86_64-unknown-linux-gnu/"
		"rustc1.43.1"},
	{"3.1.0", 301, 16,
		"OpenEthereum//v3.1.0-rc.1-f2bc7a6b5-20201120/x86_64-linux-musl/rustc1.47.0"},
	{"3.3.5", 303, 16,
		"OpenEthereum//v3.3.5-stable-6c2d392d8-20220405/x86_64-linux-musl/rustc1.59.0"},
};

/* Newest first where one name changed its meaning. */
static const struct chain CHAINS[] = {
	{"foundation", "ethereum", "906a34e69aec8c0d", 1, 106, 399},
	{"ethereum", "ethereum", "906a34e69aec8c0d", 1, 106, 399},
	{"mainnet", "ethereum", "906a34e69aec8c0d", 1, 103, 399},
	{"homestead", "ethereum", "906a34e69aec8c0d", 1, 103, 399},
	{"frontier", "ethereum", "906a34e69aec8c0d", 1, 103, 399},
	{"classic", "classic", "906a34e69aec8c0d", 61, 103, 300},
	{"morden", "morden", "39a3f1c5a2c3d1f8", 2, 103, 399},
	{"testnet", "morden", "39a3f1c5a2c3d1f8", 2, 103, 104},
	{"ropsten", "ropsten", "ae90623718e47d66", 3, 105, 399},
	{"testnet", "ropsten", "ae90623718e47d66", 3, 105, 399},
	{"kovan", "kovan", "9bf388941c25ea98", 42, 106, 399},
	{"rinkeby", "rinkeby", "0d824504e4fa37a7", 4, 300, 399},
	{"goerli", "goerli", "b1d518969eab529d", 5, 205, 399},
	{"dev", "DevelopmentChain", "c3295826d7c9904c", 17, 105, 399},
};

const struct generation *generation_find(const char *version)
{
	for (size_t i = 0; i < ARRAY_LEN(GENERATIONS); i++) {
		if (strcmp(GENERATIONS[i].version, version) == 0)
			return &GENERATIONS[i];
	}
	return NULL;
}

/* A chain specification file: its "dataDir" or "name" decides the folder. */
static const struct chain *chain_from_file(const char *path)
{
	static char name[64], genesis[17];
	static struct chain custom = {.data_dir = name, .genesis = genesis, .id = 1337};
	static char text[65536];
	uint64_t hash = 1469598103934665603ull;
	FILE *f = fopen(path, "re");
	char *at, *end;
	size_t len;

	if (!f)
		return NULL;
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	at = strstr(text, "\"dataDir\"");
	if (!at)
		at = strstr(text, "\"name\"");
	at = at ? strchr(at, ':') : NULL;
	at = at ? strchr(at, '"') : NULL;
	end = at ? strchr(at + 1, '"') : NULL;
	if (!end || end - at - 1 <= 0 || (size_t)(end - at - 1) >= sizeof(name))
		return NULL;
	memcpy(name, at + 1, end - at - 1);
	name[end - at - 1] = '\0';
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 1099511628211ull;
	snprintf(genesis, sizeof(genesis), "%016llx", (unsigned long long)hash);
	custom.name = name;
	return &custom;
}

const struct chain *chain_find(const char *name, int generation)
{
	for (size_t i = 0; i < ARRAY_LEN(CHAINS); i++) {
		const struct chain *c = &CHAINS[i];

		if (strcmp(c->name, name) == 0 && generation >= c->from && generation <= c->to)
			return c;
	}
	return chain_from_file(name);
}
