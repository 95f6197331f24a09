// Resync: the old chain is set aside by rename and never deleted; the identity stays; another
// pruning is another database; one click puts the old chain back. And removing a stack keeps it all.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { tree } from '../lib/files.mjs';
import { MiB, Stage, images, node, relay } from '../lib/fixture.mjs';

describe('resync', { timeout: 300000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const dir = () => stage.folder('re');
  const folder = () => path.join(dir(), 'node');
  const keyFile = () => path.join(folder(), 'chains/ethereum/network/key');
  const kept = async () => (await station.get('/stacks/re/chains')).kept;
  const old = {};
  const wish = {
    name: 're',
    services: [node('1.6.8', { options: { pruning: 'fast' }, limits: { memory_bytes: 512 * MiB } }), relay({ secrets: { WS_SECRET: 'sesame' } })],
  };

  before(async () => {
    await stage.set({ parity: ['1.6.8', '1.7.0'], withRelay: true });
    await station.start();
  });
  after(() => stage.end());

  it('begins with a chain', async () => {
    await station.job('POST', '/stacks', wish);
    stage.control('re', { SYNC_RATE: 500 });
    await stage.grows('re', 1000);
    stage.control('re', {});
    old.height = await stage.grows('re', stage.height('re'));
    old.inode = fs.statSync(folder()).ino;
    old.key = fs.readFileSync(keyFile(), 'utf8');
    old.files = Object.keys(stage.heights(folder()));
    assert.equal(old.files.length, 1);
    old.db = fs.statSync(path.join(folder(), path.dirname(old.files[0]))).ino;
  });

  it('tells beforehand what goes where', async () => {
    const { plan } = (await station.api('POST', '/stacks/re/resync', { options: { pruning: 'archive' }, dry_run: true })).body;
    const aside = plan.steps.find((s) => s.kind === 'set_aside');
    assert.match(aside.docker, /^mv .*\/re\/node .*\/re\/kept\/\d{8}-\d{6}-resync\/node$/);
    assert.ok(aside.writes.some((w) => w.includes('/kept/')));
    assert.equal(aside.undo, 'put back in its place');
    assert.equal(plan.down, true);
    assert.ok(!plan.steps.some((s) => s.kind === 'pull'), 'no other image, no pull');
    assert.deepEqual(await kept(), [], 'a dry run moves nothing');
  });

  it('sets the chain aside and begins anew, with other pruning', async () => {
    await station.job('POST', '/stacks/re/resync', { options: { pruning: 'archive' } });
    const [one, ...more] = await kept();
    assert.deepEqual(more, []);
    assert.equal(one.reason, 'resync');
    assert.equal(one.image, images['1.6.8']);
    assert.equal(one.options.pruning, 'fast');
    old.id = one.id;

    const aside = path.join(dir(), 'kept', one.id, 'node');
    assert.equal(fs.statSync(aside).ino, old.inode, 'renamed, not copied');
    assert.equal(fs.statSync(path.join(aside, path.dirname(old.files[0]))).ino, old.db, 'the same database');
    assert.ok(Math.max(...Object.values(stage.heights(aside))) >= old.height, 'nothing of it is gone');
    assert.equal(fs.readFileSync(path.join(aside, 'chains/ethereum/network/key'), 'utf8'), old.key, 'nor the key');

    assert.equal(fs.readFileSync(keyFile(), 'utf8'), old.key, 'the node keeps its identity');
    const c = await engine.inspect('re-node');
    assert.match(c.Config.Cmd.join(' '), /--pruning archive/);
    const height = await stage.grows('re', 0);
    assert.ok(height < old.height, `from the beginning: ${height}`);
    assert.ok(Object.keys(stage.heights(folder())).every((f) => f.includes('archive')), 'a database of the other kind');
    assert.equal((await station.service('re', 'node')).options.pruning, 'archive');
    old.archive = fs.statSync(folder()).ino;
  });

  it('puts the old chain back', async () => {
    await station.job('POST', '/stacks/re/putback', { chain: old.id });
    assert.equal(fs.statSync(folder()).ino, old.inode);
    assert.ok((await stage.grows('re', old.height)) > old.height, 'it goes on where it was');
    assert.match((await engine.inspect('re-node')).Config.Cmd.join(' '), /--pruning fast/, 'with the options it had');
    const [one, ...more] = await kept();
    assert.deepEqual(more, []);
    assert.equal(one.reason, 'put_back');
    assert.equal(one.options.pruning, 'archive');
    assert.equal(fs.statSync(path.join(dir(), 'kept', one.id, 'node')).ino, old.archive, 'the other one is kept as well');
  });

  it('knows no chain that is not there', async () => {
    for (const chain of ['20200101-000000-resync', '../node', '']) {
      const { status, body } = await station.api('POST', '/stacks/re/putback', { chain });
      assert.ok([400, 404].includes(status), `${chain}: ${status}`);
      assert.match(body.error.code, /^(chain\.kept_missing|input\.|path\.)/);
    }
  });

  it('sets the chain aside for an option that opens another database, and says so', async () => {
    const patch = { services: [{ name: 'node', options: { pruning: 'archive' } }] };
    const { plan } = (await station.api('PATCH', '/stacks/re', { ...patch, dry_run: true })).body;
    assert.ok(plan.warnings.some((w) => w.code === 'chain.resync'), JSON.stringify(plan.warnings));
    assert.ok(plan.steps.some((s) => s.kind === 'set_aside'));
    await station.job('PATCH', '/stacks/re', patch);
    assert.equal((await kept()).length, 2);
    const mine = (await kept()).find((k) => k.options.pruning === 'fast');
    await station.job('POST', '/stacks/re/putback', { chain: mine.id });
    assert.equal(fs.statSync(folder()).ino, old.inode);
  });

  it('leaves the chain alone for an option that does not', async () => {
    await station.job('PATCH', '/stacks/re', { services: [{ name: 'node', options: { max_peers: 30 } }] });
    assert.equal(fs.statSync(folder()).ino, old.inode);
    assert.match((await engine.inspect('re-node')).Config.Cmd.join(' '), /--max-peers 30/);
    await stage.grows('re', old.height);
  });

  it('takes everything back when the new start fails', async () => {
    stage.control('re', {});
    const before = await engine.inspect('re-node');
    const chains = await kept();
    const job = await station.job('POST', '/stacks/re/resync', { options: { extra_args: ['--no-such-flag'] } }, 'rolled_back');
    assert.equal(job.error.code, 'service.ended');
    assert.equal(fs.statSync(folder()).ino, old.inode, 'the chain is back');
    const now = await engine.inspect('re-node');
    assert.equal(now.Id, before.Id);
    assert.ok(now.State.Running);
    old.height = await stage.grows('re', old.height);
    const left = (await kept()).filter((k) => !chains.some((c) => c.id === k.id));
    assert.ok(left.length <= 1, 'at most what the failed start had written is kept, too');
  });

  it('removal keeps the chain, its copies and the settings', async () => {
    const before = tree(dir()).filter((f) => f.startsWith('kept/') || f.includes('/key'));
    await station.job('DELETE', '/stacks/re');
    assert.deepEqual(await engine.containers(), []);
    assert.deepEqual((await station.get('/stacks')).stacks, []);
    assert.equal((await station.api('GET', '/stacks/re')).status, 404);
    assert.deepEqual((await engine.api('GET', '/networks')).body.filter((n) => n.Name.startsWith('ethstation-')), [], 'its network is gone');
    assert.equal(fs.statSync(folder()).ino, old.inode);
    const after = new Set(tree(dir()));
    for (const f of before) assert.ok(after.has(f), f);
    for (const f of ['README.txt', 'ethstation.json', 'relay/app.json']) assert.ok(after.has(f), f);
    assert.match(fs.readFileSync(path.join(dir(), 'README.txt'), 'utf8'), /never deleted|Nothing in here is ever deleted/);
    assert.ok(!fs.readFileSync(path.join(dir(), 'ethstation.json'), 'utf8').includes('sesame'));
    old.height = stage.height('re');
  });

  it('an install of the same name finds the chain and goes on', async () => {
    await station.job('POST', '/stacks', wish);
    assert.equal(fs.statSync(folder()).ino, old.inode);
    assert.equal(fs.readFileSync(keyFile(), 'utf8'), old.key);
    assert.ok((await stage.grows('re', old.height)) > old.height);
    assert.ok((await kept()).length >= 1, 'the kept chains are known again');
  });

  it('two stacks never share a folder', async () => {
    for (const data_dir of [dir(), path.join(dir(), 'node'), station.data]) {
      const { status, body } = await station.api('POST', '/stacks', { name: 'second', data_dir, services: [node('1.6.8')] });
      assert.ok([400, 409].includes(status), `${data_dir}: ${status} ${JSON.stringify(body)}`);
      assert.match(body.error.code, /^(stack\.data_dir|input\.data_dir|input\.path)$/);
    }
    const outside = await station.api('POST', '/stacks', { name: 'second', data_dir: '/etc/ethstation', services: [node('1.6.8')] });
    assert.equal(outside.status, 400);
    assert.match(outside.body.error.code, /^input\.(data_dir|path)$/);
  });

  it('no node starts on a folder that another container has open', async () => {
    await station.job('POST', '/stacks/re/stop');
    const made = await engine.api('POST', '/containers/create?name=stranger', {
      Image: images['1.6.8'], Cmd: ['--base-path', '/data'], HostConfig: { Binds: [`${folder()}:/data`] },
    });
    await engine.api('POST', `/containers/${made.body.Id}/start`);
    const job = await station.ended((await station.begin('POST', '/stacks/re/start')).id);
    assert.equal(job.state, 'rolled_back');
    assert.equal(job.error.code, 'chain.busy');
    assert.match(job.error.message, /stranger/);
    assert.equal((await engine.inspect('re-node')).State.Running, false);
    assert.ok((await engine.inspect('stranger')).State.Running, 'what is not ours is left alone');
    await engine.api('DELETE', `/containers/${made.body.Id}?force=1`);
    await station.job('POST', '/stacks/re/start');
    await stage.grows('re', old.height);
  });
});
