// Resync: the old chain is set aside by rename, never copied, never deleted; identity stays; one click puts it
// back; a removal keeps everything, and a new install with the same name finds it again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Stage, node } from '../lib/fixture.mjs';

describe('resync', { timeout: 300000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  let old, key, inode;

  before(async () => {
    await stage.set({ parity: ['1.6.8'] });
    await station.start();
    await station.job('POST', '/stacks', { name: 'sync', services: [node('1.6.8', { options: { pruning: 'archive' } })] });
  });
  after(() => stage.end());

  const folder = (...parts) => path.join(stage.folder('sync'), ...parts);
  const args = async () => (await engine.inspect('sync-node')).Args;
  const database = (root) => path.join(root, 'chains/ethereum/db/906a34e69aec8c0d/archive');

  it('shows what it will do and does nothing yet', async () => {
    old = await stage.grows('sync', 20);
    const { status, body } = await station.api('POST', '/stacks/sync/resync', { dry_run: true, options: { pruning: 'fast' } });
    assert.equal(status, 200);
    const aside = body.plan.steps.find((s) => s.kind === 'set_aside');
    assert.match(aside.detail, /nothing is deleted/);
    assert.ok(aside.undo);
    assert.ok(body.plan.down);
    assert.equal(fs.existsSync(folder('kept')), false);
  });

  it('sets the old chain aside by rename and begins a new one with other pruning', async () => {
    key = fs.readFileSync(folder('node/chains/ethereum/network/key'), 'utf8');
    inode = fs.statSync(database(folder('node'))).ino;
    await station.job('POST', '/stacks/sync/resync', { options: { pruning: 'fast' } });
    assert.match((await args()).join(' '), /--pruning fast/);
    const { kept } = await station.get('/stacks/sync/chains');
    assert.equal(kept.length, 1);
    assert.deepEqual(kept[0].options, { pruning: 'archive' });
    assert.equal(fs.statSync(database(folder('kept', kept[0].id, 'node'))).ino, inode, 'the same folder, not a copy');
    assert.ok(Math.max(...Object.values(stage.heights(folder('kept', kept[0].id)))) >= old, 'with all its blocks');
    assert.equal(fs.existsSync(database(folder('node'))), false, 'the new one is another database');
    assert.ok(fs.existsSync(path.join(path.dirname(database(folder('node'))), 'overlayrecent')));
  });

  it('keeps the identity of the node', () => {
    assert.equal(fs.readFileSync(folder('node/chains/ethereum/network/key'), 'utf8'), key);
  });

  it('puts the old chain back, and sets the present one aside', async () => {
    const { kept } = await station.get('/stacks/sync/chains');
    await station.job('POST', '/stacks/sync/putback', { chain: kept[0].id });
    assert.equal(fs.statSync(database(folder('node'))).ino, inode);
    assert.match((await args()).join(' '), /--pruning archive/, 'with the options it had');
    await stage.grows('sync', old);
    const now = await station.get('/stacks/sync/chains');
    assert.equal(now.kept.length, 1);
    assert.equal(now.kept[0].reason, 'put_back');
  });

  it('refuses a chain that is not there', async () => {
    for (const chain of ['20200101-000000-resync', '../node', '..', '']) {
      const { status, body } = await station.api('POST', '/stacks/sync/putback', { chain });
      assert.equal(status, 404, JSON.stringify(body));
      assert.equal(body.error.code, 'chain.kept_missing');
    }
  });

  it('works on a stopped stack too', async () => {
    await station.job('POST', '/stacks/sync/stop', {});
    const [kept] = (await station.get('/stacks/sync/chains')).kept;
    await station.job('POST', '/stacks/sync/putback', { chain: kept.id });
    assert.match((await args()).join(' '), /--pruning fast/);
    await station.job('POST', '/stacks/sync/putback', { chain: (await station.get('/stacks/sync/chains')).kept[0].id });
    assert.equal(fs.statSync(database(folder('node'))).ino, inode);
  });

  it('removes only containers', async () => {
    old = await stage.grows('sync', old);
    const plan = (await station.api('DELETE', '/stacks/sync?dry_run=true')).body.plan;
    assert.deepEqual(plan.steps.flatMap((s) => s.writes).filter((w) => /node|kept/.test(w)), [], 'no step writes the chain');
    await station.job('DELETE', '/stacks/sync');
    assert.equal(await engine.inspect('sync-node'), null);
    assert.equal(fs.statSync(database(folder('node'))).ino, inode);
    assert.equal((await station.get('/stacks')).stacks.length, 0);
    assert.match(fs.readFileSync(folder('README.txt'), 'utf8'), /Nothing in here is ever deleted/);
  });

  it('is found again by a new install with the same name', async () => {
    await station.job('POST', '/stacks', { name: 'sync', services: [node('1.6.8', { options: { pruning: 'archive' } })] });
    assert.equal(fs.statSync(database(folder('node'))).ino, inode);
    await stage.grows('sync', old);
    assert.equal((await station.get('/stacks/sync/chains')).kept.length, 1);
  });

  it('never lets two stacks share a folder', async () => {
    const { status, body } = await station.api('POST', '/stacks', {
      name: 'other', data_dir: folder(), services: [node('1.6.8')],
    });
    assert.equal(status, 409);
    assert.equal(body.error.code, 'stack.data_dir');
  });
});
