// Loaded before the client (node -r): what version 0.9.0 needs for this demo.
"use strict";
const Module = require("module");
const readline = require("readline");

// The compiled client says readline.default, which a built-in module does not have.
readline.default = readline;

// The client takes a head older than a minute for "not synchronized", and then ignores new blocks. Our
// chain lies in the past but for what the source adds, and syncing it takes longer than a minute.
const SYNCHRONIZED_FOR_MS = 60 * 60 * 1000;

// The client remembers a peer's head from the handshake and drops announced blocks that are not the
// very next one: a node that needed a minute to sync would never catch up with a chain that grows. So an
// announced block becomes the peer's head, and the next round of the sync fetches up to it.
function followAnnouncements(FullSynchronizer) {
	const { handleNewBlock } = FullSynchronizer.prototype;
	FullSynchronizer.prototype.handleNewBlock = function (block, peer) {
		const gap = block.header.number - this.chain.headers.height;
		if (gap > 1n && peer?.eth?.status) {
			peer.eth.status.bestHash = block.hash();
			peer.eth.status.td = this.chain.blocks.td + gap * block.header.difficulty;
		}
		return handleNewBlock.call(this, block, peer);
	};
}

// Each module is looked at once, when it has finished loading.
const seen = new Set();
function adjust(exported, name) {
	if (seen.has(name)) return;
	const value = Object.getOwnPropertyDescriptor(exported ?? {}, name)?.value;
	if (typeof value !== "function") return;
	seen.add(name);
	if (name === "Config") value.SYNCED_STATE_REMOVAL_PERIOD = SYNCHRONIZED_FOR_MS;
	else followAnnouncements(value);
}

// c-kzg is native code for blob transactions. Our chain has none, so nothing has to be compiled and
// the image works with any node version.
const load = Module._load;
Module._load = function (request, ...rest) {
	if (request === "c-kzg") return { loadTrustedSetup() {} };
	const loaded = load.call(this, request, ...rest);
	if (/(^|\/)config(\.js)?$/.test(request)) adjust(loaded, "Config");
	if (/(^|\/)fullsync(\.js)?$/.test(request)) adjust(loaded, "FullSynchronizer");
	return loaded;
};
