// Copies proven with real databases: RocksDB, and the LevelDB of a real Ethereum node. A copy is made
// by the program, the original is rewritten from the first value to the last and compacted, and the copy
// still holds every value that it had.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';

import { tree } from '../lib/files.mjs';
import { Stage, images, node, script, slower, until } from '../lib/fixture.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const demo = path.join(root, 'build/demo');
const BLOCKS = '6000';

describe('databases', { timeout: 480000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;

  before(async () => {
    await stage.set({ parity: ['1.6.8'] });
    await station.start();
  });
  after(() => stage.end());

  const copies = async (stack) => (await station.get(`/stacks/${stack}/chains`)).kept;
  /** How many files of a kind are the same file as in the chain. */
  function shared(copy, chain, ext) {
    const files = tree(copy).filter((f) => f.endsWith(ext));
    return [files.length, files.filter((f) => {
      const there = path.join(chain, f);
      return fs.existsSync(there) && fs.statSync(there).ino === fs.statSync(path.join(copy, f)).ino;
    }).length];
  }

  it('RocksDB: every value is there after the original was fully rewritten', async () => {
    const rocks = path.join(stage.dir, 'rocks');
    execFileSync('gcc', ['-O2', '-o', rocks, path.join(root, 'tests/databases/rocks.c'), '-lrocksdb']);
    await station.job('POST', '/stacks', { name: 'rocks', services: [node('1.6.8')] });
    await station.job('POST', '/stacks/rocks/stop');
    const chain = path.join(stage.folder('rocks'), 'node'), db = path.join(chain, 'chains/real');
    const N = 60000;
    fs.mkdirSync(db, { recursive: true });
    execFileSync(rocks, ['write', db, String(N), '1']);
    await station.job('POST', '/stacks/rocks/copy');
    const [one] = await copies('rocks');
    const copy = path.join(stage.folder('rocks'), 'kept', one.id, 'node');
    const real = path.join(copy, 'chains/real');
    const [tables, same] = shared(real, db, '.sst');
    assert.ok(tables >= 10, `${tables} table files`);
    assert.equal(same, tables, 'linked, not copied');
    const early = one.extra_bytes;

    execFileSync(rocks, ['write', db, String(N), '2']);
    execFileSync(rocks, ['check', db, String(N), '2']);
    assert.equal(shared(real, db, '.sst')[1], 0, 'nothing is shared any more');
    const [now] = await copies('rocks');
    assert.equal(now.damaged, false, 'RocksDB never wrote into a table file');
    assert.ok(now.extra_bytes > 20e6 && early < 6e6, `${early} then, ${now.extra_bytes} now`);

    await station.job('POST', '/stacks/rocks/putback', { chain: one.id });
    await station.job('POST', '/stacks/rocks/stop');
    assert.equal(execFileSync(rocks, ['check', db, String(N), '1'], { encoding: 'utf8' }), `${N} values\n`);
    const [aside] = await copies('rocks');
    execFileSync(rocks, ['check', path.join(stage.folder('rocks'), 'kept', aside.id, 'node/chains/real'), String(N), '2']);
    console.log(`# RocksDB: ${N} values in ${tables} table files, all ${tables} linked; ${(early / 1e6).toFixed(1)} MB extra at first, ${(now.extra_bytes / 1e6).toFixed(1)} MB after the rewrite; ${N} of ${N} values equal`);
  });

  it('EthereumJS: the same with the database of a real node, which then goes on with it', async () => {
    script('demo/image.sh', engine.socket, demo);
    script('demo/chain.sh', demo, BLOCKS);
    const level = (what, folder) => {
      const r = spawnSync('node', [path.join(root, 'tests/databases/level.cjs'), path.join(demo, 'app'), what, folder], { encoding: 'utf8' });
      assert.equal(r.status, 0, r.stderr);
      return r.stdout.trim();
    };
    await station.job('POST', '/stacks', { name: 'js', services: [{ name: 'node', recipe: 'ethereumjs', ports: [] }] });
    await station.job('POST', '/stacks/js/stop');
    const chain = path.join(stage.folder('js'), 'node'), db = path.join(chain, 'genesis/chain');
    fs.rmSync(path.join(chain, 'genesis'), { recursive: true });
    fs.cpSync(path.join(demo, `chain-${BLOCKS}`, 'genesis'), path.join(chain, 'genesis'), { recursive: true });
    await station.job('POST', '/stacks/js/start');
    const pid = async () => (await engine.inspect('js-node')).State.Pid;
    const height = async () => {
      try {
        return Number(stage.rpc(await pid(), 'eth_blockNumber'));
      } catch {
        return -1;
      }
    };
    await until('the node tells its height', async () => (await height()) >= 0, 60000 * slower, 500);
    await station.job('POST', '/stacks/js/stop');
    await station.job('POST', '/stacks/js/copy');
    const [one] = await copies('js');
    const copy = path.join(stage.folder('js'), 'kept', one.id, 'node');
    const [tables, same] = shared(copy, chain, '.ldb');
    assert.ok(tables >= 1 && same === tables, `${tables} tables, ${same} shared`);

    // a copy of the copy: reading a LevelDB writes its log
    const read = path.join(stage.dir, 'read');
    fs.cpSync(path.join(copy, 'genesis/chain'), read, { recursive: true });
    const was = level('digest', read);
    const entries = Number(was.split(' ')[0]);
    assert.ok(entries > 4000, was);
    assert.equal(Number(level('rewrite', db)), entries);
    assert.notEqual(level('digest', db), was);
    assert.equal(shared(copy, chain, '.ldb')[1], 0);
    const [now] = await copies('js');
    assert.equal(now.damaged, false, 'LevelDB never wrote into a table file');
    fs.rmSync(read, { recursive: true });
    fs.cpSync(path.join(copy, 'genesis/chain'), read, { recursive: true });
    assert.equal(level('digest', read), was, 'every key and value of the copy');

    await station.job('POST', '/stacks/js/putback', { chain: one.id });
    const again = await until('it answers on the old chain', async () => {
      const h = await height();
      return h >= 0 && h + 1;
    }, 60000 * slower, 500);
    console.log(`# EthereumJS: ${entries} entries in ${tables} table files, ${same} linked; all equal after the original was rewritten; height ${again - 1}`);
  });
});
