// node mkgen.js APP_DIR OUT_DIR: writes genesis.json and key, once. Clique, one signer, a block a second.
// The genesis lies 30 days back, so that a month of blocks can be made ahead with honest timestamps.
"use strict";
const fs = require("fs");
const path = require("path");

const [app, out] = process.argv.slice(2);
const { Address, hexToBytes } = require(path.join(app, "node_modules/@ethereumjs/util"));

const key = "46".repeat(32);
const signer = Address.fromPrivateKey(hexToBytes("0x" + key)).toString();
const forks = ["homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg",
	"istanbul", "berlin", "london"];
const genesis = {
	config: {
		chainId: 91337,
		...Object.fromEntries(forks.map((fork) => [`${fork}Block`, 0])),
		clique: { period: 1, epoch: 30000 },
	},
	timestamp: "0x" + Math.floor(Date.now() / 1000 - 30 * 86400).toString(16),
	nonce: "0x0",
	gasLimit: "0x1c9c380",
	difficulty: "0x1",
	extraData: "0x" + "00".repeat(32) + signer.slice(2) + "00".repeat(65),
	alloc: { [signer]: { balance: "0x21e19e0c9bab2400000" } },
};
fs.writeFileSync(path.join(out, "key"), key);
fs.writeFileSync(path.join(out, "genesis.json"), JSON.stringify(genesis, null, 1) + "\n");
