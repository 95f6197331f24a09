// Copies of the chain: taken before an upgrade, put back with it when it fails or is regretted, kept
// and thrown away by a person, and deleted nowhere but in the trash.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { tree } from '../lib/files.mjs';
import { MiB, Stage, images, node, relay, sleep, slower, until } from '../lib/fixture.mjs';

describe('copies', { timeout: 480000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const dir = () => stage.folder('co');
  const folder = () => path.join(dir(), 'node');
  const chains = () => station.get('/stacks/co/chains');
  const upgrade = (image, more = {}, state = 'done') => station.job('POST', '/stacks/co/upgrade', { image, ...more }, state);
  const tables = (where) => tree(where).filter((f) => f.endsWith('.sst')).sort();
  const version = (where = folder()) =>
    Number(fs.readFileSync(path.join(where, tree(where).find((f) => path.basename(f) === 'db_version')), 'utf8'));
  const at = { height: 0 };
  const wish = {
    name: 'co',
    services: [node('1.6.8', { limits: { memory_bytes: 512 * MiB } }), relay({ secrets: { WS_SECRET: 'open sesame' } })],
  };

  before(async () => {
    await stage.set({ parity: ['1.6.8', '1.7.0', '2.5.13', 'broken'], withRelay: true });
    await station.start();
    await station.job('POST', '/stacks', wish);
    stage.control('co', { SYNC_RATE: 400, BLOCK_BYTES: 16384 });
    await stage.grows('co', 1200);
    await stage.obeys('co', {});
    at.height = await stage.grows('co', stage.height('co'));
  });
  after(() => stage.end());

  it('tells beforehand what a copy takes', async () => {
    const { plan } = (await station.api('POST', '/stacks/co/upgrade', { image: images['2.5.13'], dry_run: true })).body;
    const kinds = plan.steps.map((s) => s.kind);
    const copy = plan.steps.find((s) => s.kind === 'copy');
    assert.ok(kinds.indexOf('stop') < kinds.indexOf('copy') && kinds.indexOf('copy') < kinds.indexOf('owner') && kinds.indexOf('owner') < kinds.indexOf('start'), kinds.join(' '));
    assert.ok(kinds.indexOf('verify') < kinds.indexOf('watch') && kinds.indexOf('watch') < kinds.indexOf('commit'), kinds.join(' '));
    assert.match(copy.detail, /hard links of /);
    assert.equal(plan.one_way, true);
    assert.match(plan.warnings.find((w) => w.code === 'db.one_way').message, /A copy of the chain as it is now is kept/);
    assert.match(plan.undo, /Go back/);
    assert.deepEqual((await chains()).kept, [], 'a dry run keeps nothing');
    assert.deepEqual(fs.readdirSync(dir()).filter((f) => f.includes('tmp')), [], 'and leaves nothing');
  });

  it('keeps one before an upgrade: the same files under a second name', async () => {
    const before = tables(folder());
    assert.ok(before.length >= 4, `${before.length} table files`);
    const height = stage.height('co');
    const job = await upgrade(images['1.7.0']);
    const { kept } = await chains();
    assert.equal(kept.length, 1);
    const [one] = kept;
    assert.deepEqual([one.kind, one.reason, one.image, one.damaged], ['copy', 'upgrade', images['1.6.8'], false]);
    assert.match(job.steps.find((s) => s.kind === 'copy').note, /kept as \d{8}-\d{6}-upgrade; it takes [\d.]+ MiB/);
    const where = path.join(dir(), 'kept', one.id, 'node');
    assert.deepEqual(tables(where), before);
    for (const f of before) assert.equal(fs.statSync(path.join(where, f)).ino, fs.statSync(path.join(folder(), f)).ino, f);
    assert.ok(Math.max(...Object.values(stage.heights(where))) >= height);
    const head = Object.keys(stage.heights(where))[0];
    assert.notEqual(fs.statSync(path.join(where, head)).ino, fs.statSync(path.join(folder(), head)).ino, 'what changes is copied');
    assert.ok(!tree(where).some((f) => path.basename(f) === 'LOCK'), 'but the lock');
    assert.ok(one.extra_bytes < one.bytes / 10, `${one.extra_bytes} of ${one.bytes}`);
    assert.ok(one.height > 0 && one.db_version === 11, JSON.stringify(one));
    at.height = await stage.grows('co', at.height);
    at.copy = one.id;
  });

  it('goes back when the owner regrets it, image and chain', async () => {
    await upgrade(images['2.5.13']);
    assert.equal(version(), 13, 'the database was changed for good');
    assert.equal(fs.statSync(folder()).uid, 1000);
    const { kept } = await chains();
    const copy = kept.find((k) => k.image === images['1.7.0']);
    await station.job('POST', '/stacks/co/putback', { chain: copy.id });
    assert.equal((await engine.inspect('co-node')).Config.Image, images['1.7.0']);
    assert.equal(version(), 11, 'and it is back');
    for (const f of tables(folder())) assert.equal(fs.statSync(path.join(folder(), f)).uid, 0, 'all of it belongs to the old user again');
    at.height = await stage.grows('co', copy.height);
    const now = (await chains()).kept;
    assert.ok(!now.some((k) => k.id === copy.id), 'the copy is the chain now');
    assert.equal(now.find((k) => k.reason === 'put_back').image, images['2.5.13'], 'what it replaced is kept');
  });

  it('goes back by itself, with the chain, when the new version crashes on probation', async () => {
    await station.set({ probation_s: 60 });
    const before = await engine.inspect('co-node');
    const kept = (await chains()).kept.map((k) => k.id);
    const job = await station.begin('POST', '/stacks/co/upgrade', { image: images['2.5.13'] });
    await until('it is watched', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'probation', 60000 * slower);
    assert.equal(version(), 13);
    await stage.grows('co', at.height);
    // usable meanwhile: readings and findings go on, the state says what is going on
    const watch = await until('blocks are seen', async () => {
      const step = (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'watch');
      return /block .* imported/.test(step.note ?? '') && step;
    }, 20000 * slower);
    assert.equal(watch.progress.unit, 'seconds');
    assert.equal(watch.progress.total, 60);
    const taken = await station.api('POST', '/stacks/co/restart');
    assert.equal(taken.body.error.code, 'job.running');
    stage.control('co', { CRASH: '1', CRASH_MESSAGE: 'cannot open sesame database' });
    const ended = await station.ended(job.id, 90000 * slower);
    assert.equal(ended.state, 'rolled_back', JSON.stringify(ended.error));
    assert.equal(ended.error.code, 'service.ended');
    const now = await engine.inspect('co-node');
    assert.equal(now.Id, before.Id, 'the old container');
    assert.equal(version(), 11, 'the old chain');
    assert.match(ended.steps.find((s) => s.kind === 'copy').note, /the chain of before is back/);
    // what the crash was told to do lies in the failed chain; the old one runs on from its height
    at.height = await stage.grows('co', at.height - 50);
    const { kept: after, trash } = await chains();
    assert.deepEqual(after.map((k) => k.id), kept, 'no copy is left over');
    assert.equal(trash.length, 1);
    assert.equal(trash[0].reason, 'failed');
    assert.equal(version(path.join(dir(), 'trash', trash[0].id, 'node')), 13, 'nothing of it was deleted');
    assert.equal(ended.log, true);
    const log = await station.api('GET', `/jobs/${job.id}/log`);
    assert.equal(log.status, 200);
    assert.match(log.body, /cannot \S+ database|cannot .* database/);
    assert.ok(!log.body.includes('open sesame'), 'secrets are masked');
    assert.equal((await station.api('GET', '/jobs/1/log')).body.error.code, 'evidence.missing');
  });

  it('survives kill -9 of the program in the middle of a probation', async () => {
    const job = await station.begin('POST', '/stacks/co/upgrade', { image: images['2.5.13'] });
    await until('it is watched', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'probation', 60000 * slower);
    await station.kill();
    await station.start();
    await until('it is watched again', async () => {
      const { job: j } = await station.get(`/jobs/${job.id}`);
      return j.waiting === 'probation' && j.steps.find((s) => s.kind === 'watch').progress;
    }, 60000 * slower);
    // go back now
    await station.api('POST', `/jobs/${job.id}/cancel`);
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'rolled_back');
    assert.equal(ended.error.code, 'job.cancelled');
    assert.equal(version(), 11);
    at.height = await stage.grows('co', at.height - 50);
  });

  // Between two tries a container in a crash loop has no network, and Docker 20.10 renames none without one.
  it('goes back while the engine waits to start the new version once more', async () => {
    const job = await station.begin('POST', '/stacks/co/upgrade', { image: images['2.5.13'] });
    await until('it is watched', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'probation', 60000 * slower);
    await station.kill();
    stage.control('co', { CRASH: '1' });
    await until('the engine waits some seconds', async () => {
      const { State, RestartCount } = await engine.inspect('co-node');
      return State.Restarting && RestartCount > 7;
    }, 60000 * slower);
    const { Id } = await engine.inspect('co-node');
    stage.witness.events.length = 0;
    await station.start();
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'rolled_back', JSON.stringify(ended.error));
    assert.ok(!stage.witness.events.some((e) => e.action === 'start' && e.id === Id), 'it was not waited for');
    assert.equal((await engine.inspect('co-node')).Config.Image, images['1.7.0']);
    assert.equal(version(), 11);
    at.height = await stage.grows('co', at.height - 50);
  });

  it('may be accepted before the time is over', async () => {
    const job = await station.begin('POST', '/stacks/co/upgrade', { image: images['1.6.8'] });
    await until('it is watched', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'probation', 60000 * slower);
    assert.equal((await station.api('POST', `/jobs/${job.id}/accept`)).status, 202);
    const ended = await station.ended(job.id, 30000 * slower);
    assert.equal(ended.state, 'done');
    assert.match(ended.steps.find((s) => s.kind === 'watch').note, /accepted on request/);
    assert.equal((await station.api('POST', `/jobs/${job.id}/accept`)).body.error.code, 'job.ended');
    assert.ok((await chains()).kept.some((k) => k.reason === 'downgrade'));
    await station.set({ probation_s: 1 });
    at.height = await stage.grows('co', at.height - 50);
  });

  it('leaves no copy when nothing was changed', async () => {
    const kept = (await chains()).kept.map((k) => k.id), inode = fs.statSync(folder()).ino;
    const trash = (await chains()).trash.map((k) => k.id);
    const patch = { services: [{ name: 'node', options: { extra_args: ['--no-such-flag'] } }] };
    const job = await station.job('PATCH', '/stacks/co', patch, 'rolled_back');
    assert.equal(job.error.code, 'service.ended');
    assert.deepEqual((await chains()).kept.map((k) => k.id), kept);
    assert.deepEqual((await chains()).trash.map((k) => k.id), trash);
    assert.equal(fs.statSync(folder()).ino, inode, 'the chain was not moved');
    assert.deepEqual(fs.readdirSync(path.join(dir(), 'kept')).sort(), [...kept].sort(), 'nothing half-made either');
  });

  it('keeps none for an option that is harmless, nor on request', async () => {
    const n = (await chains()).kept.length;
    await station.job('PATCH', '/stacks/co', { services: [{ name: 'node', options: { max_peers: 30 } }] });
    await station.job('PATCH', '/stacks/co', { services: [{ name: 'node', options: { warp: false } }], copy: 'none' });
    assert.equal((await chains()).kept.length, n);
    await station.job('PATCH', '/stacks/co', { services: [{ name: 'node', options: { warp: null } }] });
    assert.equal((await chains()).kept[0].reason, 'options');
    const bad = await station.api('POST', '/stacks/co/upgrade', { image: images['1.7.0'], copy: 'some', dry_run: true });
    assert.equal(bad.body.error.code, 'input.copy');
  });

  it('keeps one when asked, running or stopped', async () => {
    const running = await station.job('POST', '/stacks/co/copy');
    assert.ok(running.steps.some((s) => s.kind === 'start'));
    assert.ok((await engine.inspect('co-node')).State.Running);
    await station.job('POST', '/stacks/co/stop');
    await sleep(1100); // names are of the second
    const stopped = await station.job('POST', '/stacks/co/copy', {});
    assert.deepEqual(stopped.steps.map((s) => s.kind), ['check', 'copy']);
    assert.equal((await chains()).kept.filter((k) => k.reason === 'asked').length, 2);
    await station.job('POST', '/stacks/co/start');
  });

  it('refuses a copy that somebody wrote to', async () => {
    const copy = (await chains()).kept.find((k) => k.reason === 'asked');
    const file = path.join(dir(), 'kept', copy.id, 'node', tables(path.join(dir(), 'kept', copy.id, 'node'))[0]);
    const { mtime, atime } = fs.statSync(file);
    fs.appendFileSync(file, 'x');
    assert.equal((await chains()).kept.find((k) => k.id === copy.id).damaged, true);
    const { status, body } = await station.api('POST', '/stacks/co/putback', { chain: copy.id });
    assert.equal(status, 409);
    assert.equal(body.error.code, 'chain.damaged');
    fs.truncateSync(file, fs.statSync(file).size - 1);
    fs.utimesSync(file, atime, mtime);
  });

  it('moves a copy to the trash and out of it', async () => {
    const copy = (await chains()).kept.find((k) => k.reason === 'asked');
    await station.job('POST', '/stacks/co/trash', { chain: copy.id });
    const { kept, trash } = await chains();
    assert.ok(!kept.some((k) => k.id === copy.id));
    assert.ok(trash.find((k) => k.id === copy.id).trashed_at > 0);
    const back = await station.api('POST', '/stacks/co/putback', { chain: copy.id });
    assert.equal(back.body.error.code, 'chain.kept_missing', 'not from the trash');
    await station.job('POST', '/stacks/co/untrash', { chain: copy.id });
    assert.ok((await chains()).kept.some((k) => k.id === copy.id));
    const none = await station.api('POST', '/stacks/co/trash', { chain: '20200101-000000-asked' });
    assert.equal(none.body.error.code, 'chain.kept_missing');
  });

  it('deletes for good only what is in the trash, and only after its name was typed', async () => {
    const copy = (await chains()).kept.find((k) => k.reason === 'asked');
    await station.job('POST', '/stacks/co/trash', { chain: copy.id });
    const { plan } = (await station.api('POST', '/stacks/co/empty', { chain: copy.id, dry_run: true })).body;
    assert.match(plan.warnings[0].message, /1 chain in .*\/co\/trash will be gone for good: /);
    for (const confirm of [undefined, '', 'co', 'yes']) {
      const { status, body } = await station.api('POST', '/stacks/co/empty', { chain: copy.id, confirm });
      assert.equal(status, 400, JSON.stringify(body));
      assert.equal(body.error.code, 'trash.confirm');
    }
    const operate = station.makeToken('operator', 'operate');
    const denied = await station.api('POST', '/stacks/co/empty', { chain: copy.id, confirm: copy.id }, { token: operate });
    assert.equal(denied.status, 403);
    const kept = (await chains()).kept.length, before = tables(folder());
    await station.job('POST', '/stacks/co/empty', { chain: copy.id, confirm: copy.id });
    assert.ok(!fs.existsSync(path.join(dir(), 'trash', copy.id)));
    assert.equal((await chains()).trash.length, 3, 'the failed ones stay');
    await station.job('POST', '/stacks/co/empty', { confirm: 'co' });
    assert.deepEqual(fs.readdirSync(path.join(dir(), 'trash')), []);
    assert.equal((await chains()).kept.length, kept);
    for (const f of before) assert.ok(fs.existsSync(path.join(folder(), f)), f);
    at.height = await stage.grows('co', at.height - 50);
    const again = await station.api('POST', '/stacks/co/empty', { confirm: 'co' });
    assert.equal(again.body.error.code, 'trash.nothing');
  });

  it('deletes nothing where something is mounted in the trash, or a link leads out of it', async () => {
    const outside = path.join(stage.dir, 'outside');
    fs.mkdirSync(outside);
    fs.writeFileSync(path.join(outside, 'precious'), 'x');
    await sleep(1100);
    await station.job('POST', '/stacks/co/copy');
    const copy = (await chains()).kept[0];
    await station.job('POST', '/stacks/co/trash', { chain: copy.id });
    const where = path.join(dir(), 'trash', copy.id, 'node');
    fs.mkdirSync(path.join(where, 'mnt'));
    fs.symlinkSync(outside, path.join(where, 'link'));
    const { execFileSync } = await import('node:child_process');
    execFileSync('mount', ['--bind', outside, path.join(where, 'mnt')]);
    try {
      const job = await station.ended((await station.begin('POST', '/stacks/co/empty', { confirm: 'co' })).id);
      assert.match(JSON.stringify(job.steps), /mount point/);
      assert.ok(fs.existsSync(path.join(outside, 'precious')));
      assert.ok(tables(where).length, 'nothing at all was deleted');
    } finally {
      execFileSync('umount', [path.join(where, 'mnt')]);
    }
    await station.job('POST', '/stacks/co/empty', { confirm: 'co' });
    assert.ok(!fs.existsSync(where));
    assert.ok(fs.existsSync(path.join(outside, 'precious')), 'a link is removed as a link');
  });
});
