// The disk guard and full disks, on small file systems of the test's own: a node is stopped cleanly
// before its database meets a full disk, and no database, ours or the node's, breaks on one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { fill, free } from '../lib/files.mjs';
import { MiB, Stage, images, node, sleep, slower, until } from '../lib/fixture.mjs';

describe('disk', { timeout: 480000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const at = { height: 0 };

  before(async () => {
    stage.volume(station.data, 1500);
    stage.volume(station.state, 64);
    await stage.set({ parity: ['1.6.8', '1.7.0', 'broken'] });
    await station.start();
  });
  after(() => stage.end());

  const folder = () => path.join(stage.folder('d'), 'node');

  const stops = (job) => until('it stops', async () => (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'stop').state === 'running', 30000 * slower);

  it('tells floor, growth and days, and keeps a reserve', async () => {
    await station.job('POST', '/stacks', { name: 'd', services: [node('1.6.8')] });
    at.height = await stage.grows('d', 0);
    await until('the guard has looked', async () => (await station.stack('d')).disk.floor_bytes !== null, 15000 * slower);
    assert.equal((await station.stack('d')).disk.floor_bytes, 0, 'off in tests');
    await station.set({ disk_floor_bytes: null });
    const total = fs.statfsSync(station.data);
    await until('the usual floor: a tenth of a small volume', async () =>
      Math.abs((await station.stack('d')).disk.floor_bytes - (total.blocks * total.bsize) / 10) < MiB, 15000 * slower);
    const { disk } = await station.stack('d');
    assert.ok(Math.abs(disk.free_bytes - free(station.data)) < 16 * MiB, 'of its own volume');
    assert.equal(disk.growth_bytes_per_day, null, 'nothing is made up');
    assert.equal(disk.days_left, null);
    assert.ok(fs.statSync(path.join(station.state, 'reserve')).size >= MiB);
  });

  it('warns before', async () => {
    await station.set({ disk_floor_bytes: 60 * MiB });
    const undo = fill(station.data, 100 * MiB);
    const f = await stage.finding('disk.low');
    assert.match(f.message, /MiB are left on the volume of the chain/);
    assert.ok(f.actions.some((a) => a.page === 'chain'));
    undo();
    await stage.noFinding('disk.low');
  });

  it('stops the node cleanly at the floor, says so, and starts it only when asked', async () => {
    const undo = fill(station.data, 90 * MiB);
    stage.witness.events.length = 0;
    stage.control('d', { SYNC_RATE: 40, BLOCK_BYTES: 262144 });
    const f = await stage.finding('disk.floor', 'node', 60000);
    assert.equal(f.level, 'bad');
    await until('it stands', async () => !(await engine.inspect('d-node')).State.Running, 30000 * slower);
    await until('no job is left', async () => (await station.stack('d')).job === null, 30000 * slower);
    const c = await engine.inspect('d-node');
    assert.equal(c.State.ExitCode, 0, 'it ended by itself');
    assert.ok(!stage.witness.events.some((e) => e.action === 'kill' && e.signal === '9'), 'no SIGKILL');
    assert.equal(c.HostConfig.RestartPolicy.Name, 'no', 'and stays stopped');
    assert.ok(free(station.data) > 10 * MiB, 'before the volume was full');
    assert.equal((await station.stack('d')).wanted, 'stopped');
    const told = await stage.finding('disk.floor', 'node');
    assert.match(told.message, /stopped cleanly to protect its database/);
    assert.ok(!told.actions.some((a) => /start/i.test(a.label)), 'no Start while there is no room');
    assert.equal((await station.get(`/jobs?limit=1`)).jobs[0].actor, 'watchdog');

    const early = await station.api('POST', '/stacks/d/start');
    assert.equal(early.status, 409);
    assert.equal(early.body.error.code, 'disk.floor');
    await station.kill();
    await station.start();
    await sleep(3000);
    assert.equal((await engine.inspect('d-node')).State.Running, false, 'nor after a restart of the program');

    stage.control('d', {});
    const height = stage.height('d');
    undo();
    const room = await until('there is room', async () => (await stage.findings('disk.floor')).find((x) => x.level === 'warn'), 20000 * slower);
    assert.match(room.message, /it can be started again/);
    await stage.press(room, /Start/);
    await stage.noFinding('disk.floor');
    at.height = await stage.grows('d', height);
  });

  it('a copy for which there is no room is not begun, and one that meets a full disk takes nothing along', async () => {
    await station.set({ disk_floor_bytes: 0 });
    // much that is written in place: it has to be copied
    fs.writeFileSync(path.join(folder(), 'blooms'), Buffer.alloc(60 * MiB, 'b'));
    const undo = fill(station.data, 80 * MiB);
    const { plan } = (await station.api('POST', '/stacks/d/upgrade', { image: images['1.7.0'], dry_run: true })).body;
    assert.ok(plan.warnings.some((w) => w.code === 'chain.no_room'), JSON.stringify(plan.warnings));
    assert.ok(!plan.steps.some((s) => s.kind === 'copy'));
    const asked = await station.api('POST', '/stacks/d/copy', {});
    assert.equal(asked.body.error.code, 'disk.too_small');
    undo();
    const again = fill(station.data, 140 * MiB);
    const before = await engine.inspect('d-node');
    await stage.obeys('d', { STOP_DELAY_MS: 4000 });
    const job = await station.begin('POST', '/stacks/d/upgrade', { image: images['1.7.0'] });
    await stops(job);
    const full = fill(station.data, 20 * MiB);
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'rolled_back', JSON.stringify(ended.error));
    assert.equal(ended.error.code, 'disk.full');
    const now = await engine.inspect('d-node');
    assert.equal(now.Id, before.Id);
    assert.ok(now.State.Running);
    const kept = path.join(stage.folder('d'), 'kept');
    assert.deepEqual(fs.existsSync(kept) ? fs.readdirSync(kept) : [], [], 'nothing half-made');
    full();
    if (fs.existsSync(path.join(station.data, 'somebody-else'))) again();
    fs.rmSync(path.join(folder(), 'blooms'));
    stage.control('d', {});
    at.height = await stage.grows('d', at.height);
  });

  it('installs and resyncs nothing on a full volume, and the chain stays what it was', async () => {
    const undo = fill(station.data);
    const { ino } = fs.statSync(folder());
    const refused = async (method, url, body) => {
      const { status, body: answer } = await station.api(method, url, body);
      if (status !== 202) return answer.error;
      const ended = await station.ended(answer.job.id, 60000 * slower);
      assert.equal(ended.state, 'rolled_back', JSON.stringify(ended));
      return ended.error;
    };
    const install = await refused('POST', '/stacks', { name: 'second', services: [node('1.6.8')] });
    assert.match(install.code, /^disk\./, JSON.stringify(install));
    assert.equal(await engine.inspect('second-node'), null);
    assert.deepEqual((await station.get('/stacks')).stacks.map((x) => x.name), ['d']);
    const resync = await refused('POST', '/stacks/d/resync', {});
    assert.match(resync.code, /^disk\./, JSON.stringify(resync));
    undo();
    assert.equal(fs.statSync(folder()).ino, ino, 'the same chain');
    at.height = await stage.growsAgain('d', at.height);
  });

  it('an adoption for which there is no room is not begun, and one that meets a full disk goes back', async () => {
    const far = path.join(stage.volume(path.join(stage.dir, 'far'), 256), 'chain');
    fs.mkdirSync(far);
    await engine.api('POST', '/containers/create?name=far', { Image: images['1.6.8'], Cmd: ['-d', '/chain'], HostConfig: { Binds: [`${far}:/chain`], RestartPolicy: { Name: 'always' } } });
    await engine.api('POST', '/containers/far/start');
    await until('it has a chain', () => Object.keys(stage.heights(far)).length > 0, 30000 * slower);
    fs.writeFileSync(path.join(far, 'blooms'), Buffer.alloc(60 * MiB, 'b'));
    const old = await engine.inspect('far');
    const undo = fill(station.data, 40 * MiB);
    const refused = await station.api('POST', '/adopt', { containers: ['far'] });
    assert.equal(refused.body.error.code, 'adopt.no_room', JSON.stringify(refused.body));
    undo();

    fs.writeFileSync(path.join(far, 'double.control'), 'STOP_DELAY_MS=4000\n');
    await sleep(1500);
    const job = await station.begin('POST', '/adopt', { containers: ['far'] });
    await stops(job);
    const full = fill(station.data, 20 * MiB);
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'rolled_back', JSON.stringify(ended.error));
    assert.equal(ended.error.code, 'disk.full');
    const now = await engine.inspect('far');
    assert.equal(now.Id, old.Id);
    assert.ok(now.State.Running);
    assert.equal(now.HostConfig.RestartPolicy.Name, 'always');
    assert.ok(!fs.existsSync(path.join(stage.folder('far'), '.node.new')), 'nothing half-made');
    full();
    await engine.api('DELETE', '/containers/far?force=1');
  });

  it('jobs run to their end on a full volume of our own, with the reserve', async () => {
    const undo = fill(station.state);
    const reserve = path.join(station.state, 'reserve');
    assert.ok(fs.existsSync(reserve));
    assert.ok(free(station.state) < 64 * 1024, `${free(station.state)} bytes free`);
    // the log of changes is written over and over before it has to grow: until then nothing is spent
    for (let i = 0; i < 300 && fs.existsSync(reserve); i++)
      await station.job('PUT', '/stacks/d/services/node/limits', { limits: { memory_bytes: (400 + (i % 2)) * MiB } });
    assert.ok(!fs.existsSync(reserve), 'the reserve was spent');
    await station.job('POST', '/stacks/d/stop');
    assert.equal((await engine.inspect('d-node')).State.ExitCode, 0);
    await station.job('POST', '/stacks/d/start');
    undo();
    await until('the reserve is back', () => fs.existsSync(reserve), 20000 * slower);
    at.height = await stage.grows('d', at.height);
    const check = execFileSync('sqlite3', [path.join(station.state, 'state.db'), 'PRAGMA integrity_check'], { encoding: 'utf8' });
    assert.equal(check.trim(), 'ok');
  });
});
