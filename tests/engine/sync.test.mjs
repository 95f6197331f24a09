// What is said of a sync that does not get on: a real node whose only peer goes, and one that never meets any and
// then is killed.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { MiB, Stage, limits, script, slower, until } from '../lib/fixture.mjs';

const demo = path.join(fileURLToPath(new URL('../..', import.meta.url)), 'build/demo');
const SAID_MS = 30000; // what tests/bench/eta.mjs measures, on a machine that has nothing else to do

describe('a sync that does not get on', { timeout: 240000, concurrency: true }, () => {
  const stage = new Stage();
  const { station, engine } = stage;

  const install = (name, options) => station.job('POST', '/stacks', { name, services: [{
    name: 'node', recipe: 'ethereumjs', image: 'ethstation/demo-node:1', ports: [], options,
    limits: limits({ memory_bytes: 512 * MiB, cpus: 1 }) }] });
  const finding = (stack, words) => until(`the finding of ${stack}: ${words}`,
    async () => (await stage.findings('sync.no_peers')).find((f) => f.stack === stack && words.test(f.message)), 15000 * slower, 100);

  before(async () => {
    await stage.set();
    process.env.BLOCKS = '1500'; // more than are fetched until the peer goes
    script('demo/image.sh', engine.socket, demo);
    const enode = script('demo/source.sh', 'start', engine.socket, demo).trim();
    await station.start();
    await Promise.all([install('left', { bootnodes: enode }), install('alone', {})]);
  });
  after(() => stage.end());

  it('is called "no peers" after the only peer was killed', async () => {
    await stage.phase('left', 'syncing', 60000);
    await until('it has imported some', async () => (await station.service('left', 'node')).sync.current_block > 100, 60000);
    const other = await stage.phase('alone', 'no_peers', SAID_MS);
    assert.ok(!other.current_block, 'each is asked itself');
    const gone = Date.now();
    await engine.api('POST', '/containers/ethstation-demo-source/kill');
    // it may go on with what it had fetched, up to a thousand blocks
    const sync = await stage.phase('left', 'no_peers', SAID_MS);
    console.log(`# "no peers" after ${((Date.now() - gone) / 1000).toFixed(1)} s`);
    assert.equal(sync.code, 'sync.no_peers');
    assert.ok(!sync.peers, `${sync.peers} peers`); // null: it says so by an error, and tells no number
    await finding('left', /has had no peers for/);
    assert.equal((await station.get('/state')).verdict.word, 'Needs attention');
  });

  it('is called "no peers" when there never was one; a kill is named as what is probably behind it', async () => {
    const { code, current_block: block } = await stage.phase('alone', 'no_peers', SAID_MS);
    assert.equal(code, 'sync.no_peers');
    assert.ok(!block, 'it has stored nothing');
    process.kill((await engine.inspect('alone-node')).State.Pid, 'SIGKILL'); // the engine starts it again
    const [cause] = await until('a cause is named', async () => {
      const { sync } = await station.service('alone', 'node');
      return sync?.code === 'sync.no_peers' && sync.causes.length && sync.causes;
    }, 40000 * slower, 200);
    assert.equal(cause.code, 'stall.killed');
    assert.deepEqual(cause.figures, { crashes: 1, oom: false });
    await finding('alone', /ended by itself in the last 10 minutes/);
  });
});
