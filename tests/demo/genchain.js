// node -r shim.js genchain.js APP_DIR GENESIS_DIR DATA_DIR BLOCKS: writes sealed, empty blocks straight
// into the client's own database: some 4 ms each, where mining would take a second.
"use strict";
const fs = require("fs");
const path = require("path");

const [app, home, data, count] = process.argv.slice(2);
const load = (name) => require(path.join(app, "node_modules", name));
const { Block } = load("@ethereumjs/block");
const { Blockchain } = load("@ethereumjs/blockchain");
const { Common, Hardfork } = load("@ethereumjs/common");
const { hexToBytes, parseGethGenesisState } = load("@ethereumjs/util");
const { LevelDB } = load("@ethereumjs/client/dist/src/execution/level.js");
const { Level } = load("level");

function next(parent, number) {
	return {
		parentHash: parent.hash(),
		number,
		timestamp: parent.header.timestamp + 1n,
		gasLimit: parent.header.gasLimit,
		difficulty: 2,
		stateRoot: parent.header.stateRoot,
		baseFeePerGas: parent.header.calcNextBaseFee(),
		extraData: new Uint8Array(97),
	};
}

async function main() {
	const genesis = JSON.parse(fs.readFileSync(path.join(home, "genesis.json"), "utf8"));
	const key = hexToBytes("0x" + fs.readFileSync(path.join(home, "key"), "utf8").trim());
	const common = Common.fromGethGenesis(genesis, { chain: "genesis" });
	common.setHardfork(Hardfork.London);

	const folder = path.join(data, "genesis", "chain");
	fs.mkdirSync(folder, { recursive: true });
	const db = new Level(folder);
	const chain = await Blockchain.create({
		db: new LevelDB(db),
		genesisState: parseGethGenesisState(genesis),
		common,
		hardforkByHeadBlockNumber: true,
		validateConsensus: false,
		validateBlocks: false,
	});
	let parent = chain.genesisBlock;
	for (let number = 1; number <= Number(count); number++) {
		const header = next(parent, number);
		parent = Block.fromBlockData({ header }, { common, cliqueSigner: key });
		await chain.putBlock(parent);
	}
	await db.close();
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
