// kill -9, of the program and of the engine, in the worst moments: afterwards every job ends by
// itself, done or rolled back, with the chain intact, wanted = actual, and never two running
// containers on one folder (a witness listens to the engine's own events all the time).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import { MiB, REGISTRY_PORT, Stage, images, kernel, namespace, node, relay, sleep, slower, until } from '../lib/fixture.mjs';

describe('crashes', { timeout: 540000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const from = `127.0.0.1:${REGISTRY_PORT}/parity/parity`;
  const wish = {
    name: 'eth', network: 'shared',
    services: [node('1.6.8', { limits: { memory_bytes: 512 * MiB } }), relay({ limits: { memory_bytes: 128 * MiB } })],
  };
  const at = { height: 0 };

  before(async () => {
    await stage.set({ parity: ['1.6.8', '1.7.0'], withRelay: true });
    await station.start();
  });
  after(() => stage.end());
  beforeEach(async () => {
    stage.witness.events.length = 0;
    if (station.exited) await station.start(); // a test before this one failed half-way
  });

  const folder = () => path.join(stage.folder('eth'), 'node');

  /** The laws, after whatever happened. */
  async function lawful(ended, { lost = 25 } = {}) {
    const stack = await station.stack('eth');
    const want = stack.services.find((s) => s.name === 'node').image;
    const [n, r] = [await engine.inspect('eth-node'), await engine.inspect('eth-relay')];

    if (ended) assert.ok(['done', 'rolled_back'].includes(ended.state), `${ended.title} ended as ${ended.state}: ${JSON.stringify(ended.error)}`);
    assert.ok(n?.State.Running && r?.State.Running, 'both run');
    assert.equal(n.Config.Image, want, 'wanted = actual');
    assert.equal(namespace(n.State.Pid), namespace(r.State.Pid), 'one network namespace');
    assert.equal(n.HostConfig.RestartPolicy.Name, 'always', 'the node is armed');
    assert.equal(r.HostConfig.RestartPolicy.Name, 'always', 'the relay is armed');
    assert.equal(kernel(n.State.Pid).memory, 512 * MiB, 'limit of the node');
    assert.equal(kernel(r.State.Pid).memory, 128 * MiB, 'limit of the relay');
    assert.deepEqual((await engine.containers()).map((c) => c.Names[0]).sort(), ['/eth-node', '/eth-relay'], 'no container is left over');
    assert.deepEqual(stage.witness.doubles, [], 'never two on one folder');
    assert.equal(stack.job, null, 'no job runs');
    assert.deepEqual(stack.services.map((s) => s.drift), [[], []], 'no drift');
    // intact: it opens, and is at most as far back as what a SIGKILL of the node may lose
    if (lost !== null) at.height = await stage.grows('eth', at.height - lost);
    return stack;
  }

  /** Both run in one network again, and nothing is left to do. */
  async function calm() {
    await until('one namespace again', async () => {
      const [n, r] = [await engine.inspect('eth-node'), await engine.inspect('eth-relay')];
      return n.State.Running && r.State.Running && namespace(n.State.Pid) === namespace(r.State.Pid);
    }, 90000);
    await until('no job is left', async () => (await station.stack('eth')).job === null, 60000);
  }

  it('begins with a stack', async () => {
    await station.job('POST', '/stacks', wish);
    await lawful();
  });

  it('kill -9 of the program in the middle of a pull', async () => {
    stage.registry('start');
    stage.bigImage(images['1.7.0'], `${from}:v1.7.0`);
    await stage.toRegistry(`${from}:v1.7.0`);
    stage.registry('start', '--slow', '600k');

    const before = await engine.inspect('eth-node');
    const job = await station.begin('POST', '/stacks/eth/upgrade', { image: `${from}:v1.7.0` });
    await until('the pull is at work', async () => {
      const step = (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'pull');
      return step.state === 'running' && step.progress?.done > 0;
    });
    await station.kill();
    assert.equal((await engine.inspect('eth-node')).State.StartedAt, before.State.StartedAt, 'the node runs on meanwhile');
    await station.start();
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'done', JSON.stringify(ended.error));
    const stack = await lawful(ended);
    assert.equal(stack.services[0].image, `${from}:v1.7.0`);
    assert.ok((await stage.events()).some((e) => e.code === 'job.resumed'));
    stage.registry('stop');
  });

  it('kill -9 of the program between stop and start of an upgrade', async () => {
    // The node takes its time to stop; the program dies while it waits, the node ends meanwhile.
    await stage.obeys('eth', { STOP_DELAY_MS: 1500 });
    const job = await station.begin('POST', '/stacks/eth/restart');
    await until('the node was told to stop', () => stage.witness.events.some((e) => e.action === 'kill' && e.name === 'eth-node'));
    await station.kill();
    await until('the node has stopped', async () => !(await engine.inspect('eth-node')).State.Running);
    await sleep(300);
    assert.equal((await engine.inspect('eth-node')).State.Running, false, 'the engine does not start it by itself');
    await station.start();
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'done', JSON.stringify(ended.error));
    stage.control('eth', {});
    await lawful(ended, { lost: 0 });
  });

  // Cut at many moments: some time after the request, and just after the old node has ended, when
  // the folder changes hands, the chain moves and the new node starts, all within milliseconds.
  const cuts = [
    ...[0, 60, 250, 1200].map((ms) => ({ what: `${ms} ms into`, ms: ms * slower })),
    ...[0, 4, 9, 18, 35, 80].map((ms) => ({ what: `${ms} ms after the old node's end in`, ms, died: true })),
  ];

  async function cut({ ms, died }, job) {
    if (died) await until('the old node ends', () => stage.witness.events.some((e) => e.action === 'die' && e.name === 'eth-node'), 15000, 1);
    await sleep(ms);
    await station.kill();
    await station.start();
    const ended = await station.ended(job.id, 60000 * slower);
    return ended;
  }

  for (const [i, moment] of cuts.entries()) {
    it(`kill -9 of the program ${moment.what} an upgrade`, async () => {
      await stage.obeys('eth', { STOP_DELAY_MS: i % 2 ? 250 : 0 });
      const image = (await station.service('eth', 'node')).image === images['1.6.8'] ? `${from}:v1.7.0` : images['1.6.8'];
      const job = await station.begin('POST', '/stacks/eth/upgrade', { image });
      const ended = await cut(moment, job);
      await lawful(ended);
      assert.equal((await station.service('eth', 'node')).image === image, ended.state === 'done');
    });
  }

  // The same with resyncs. What was the chain must be the chain or a kept one, nothing else.
  for (const moment of cuts) {
    it(`kill -9 of the program ${moment.what} a resync`, async () => {
      const key = fs.readFileSync(path.join(folder(), 'chains/ethereum/network/key'), 'utf8');
      const inode = fs.statSync(folder()).ino;
      const kept = new Set((await station.get('/stacks/eth/chains')).kept.map((k) => k.id));
      const height = await stage.grows('eth', -1);
      const job = await station.begin('POST', '/stacks/eth/resync', {});
      const ended = await cut(moment, job);
      await lawful(ended, { lost: null });
      const now = (await station.get('/stacks/eth/chains')).kept.filter((k) => !kept.has(k.id));
      const where = ended.state === 'done' ? path.join(stage.folder('eth'), 'kept', now[0].id, 'node') : folder();
      assert.equal(fs.statSync(where).ino, inode, 'the old chain is where it belongs');
      assert.ok(Math.max(...Object.values(stage.heights(where))) >= height, 'and complete');
      assert.equal(fs.readFileSync(path.join(folder(), 'chains/ethereum/network/key'), 'utf8'), key, 'the identity stays');
      assert.equal(now.length, ended.state === 'done' ? 1 : 0, 'one kept chain more, or none');
      at.height = await stage.grows('eth', -1);
    });
  }

  it('kill -9 of the program while a kept chain is put back', async () => {
    const { kept } = await station.get('/stacks/eth/chains');
    const oldest = kept.at(-1);
    const where = path.join(stage.folder('eth'), 'kept', oldest.id, 'node');
    const inode = fs.statSync(where).ino, now = fs.statSync(folder()).ino;
    const job = await station.begin('POST', '/stacks/eth/putback', { chain: oldest.id });
    const ended = await cut({ ms: 5, died: true }, job);
    await lawful(ended, { lost: null });
    assert.equal(fs.statSync(folder()).ino, ended.state === 'done' ? inode : now);
    assert.equal((await station.get('/stacks/eth/chains')).kept.length, kept.length, 'none is lost');
    at.height = await stage.grows('eth', -1);
  });

  it('kill -9 of the program while a removal is at work, and an install finds the chain', async () => {
    await stage.obeys('eth', { STOP_DELAY_MS: 700 });
    const job = await station.begin('DELETE', '/stacks/eth');
    const ended = await cut({ ms: 300 }, job);
    assert.equal(ended.state, 'done', JSON.stringify(ended.error));
    assert.deepEqual(await engine.containers(), []);
    assert.deepEqual((await station.get('/stacks')).stacks, []);
    assert.deepEqual((await engine.api('GET', '/networks')).body.filter((n) => n.Name.startsWith('ethstation-')), []);
    stage.control('eth', {});
  });

  it('kill -9 of the engine during an install', async () => {
    const job = await station.begin('POST', '/stacks', wish);
    await until('containers are being made', async () =>
      (await station.get(`/jobs/${job.id}`)).job.steps.some((s) => ['create', 'start'].includes(s.kind) && s.state !== 'pending'));
    engine.kill();
    await until('the job waits for the engine', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'engine.absent', 20000 * slower);
    assert.match((await station.get('/state')).engine.code, /^engine\./);
    await sleep(1000);
    engine.start();
    await stage.witness.watch();
    const ended = await station.ended(job.id, 60000 * slower);
    assert.equal(ended.state, 'done', JSON.stringify(ended.error));
    await lawful(ended);
  });

  it('kill -9 of the engine during normal running', async () => {
    engine.kill();
    await until('the loss is said', async () => (await station.get('/state')).engine.status === 'lost', 15000 * slower);
    const { findings, verdict } = await station.get('/state');
    assert.match(findings[0].code, /^engine\./);
    assert.equal(verdict.word, 'Unknown');
    await sleep(500);
    engine.start();
    await stage.witness.watch();
    await until('all is back without a hand', async () => {
      const s = await station.get('/state');
      return s.engine.status === 'connected' && s.stacks[0].job === null && s.stacks[0].services.every((x) => x.container.state === 'running') &&
        s.findings.every((f) => f.level !== 'bad');
    }, 60000 * slower, 250);
    await calm();
    await lawful();
  });

  // Killed between a process and the note that it was started, the engine takes the container for stopped
  // for ever after, and refuses to start it ("task … already exists"): two nodes on one folder otherwise.
  it('a process that the engine has lost is ended before the node starts again', async () => {
    const { Id, State } = await engine.inspect('eth-node');
    const file = path.join(engine.dir, 'data/containers', Id, 'config.v2.json');
    engine.kill();
    const kept = JSON.parse(fs.readFileSync(file, 'utf8'));
    assert.equal(kept.State.Pid, State.Pid);
    Object.assign(kept.State, { Running: false, Pid: 0 });
    fs.writeFileSync(file, JSON.stringify(kept));
    await sleep(1000);
    engine.start();
    await stage.witness.watch();
    await until('the node is back', async () => (await engine.inspect('eth-node')).State.Running, 60000 * slower);
    assert.ok(!fs.existsSync(`/proc/${State.Pid}`), 'the lost process has ended');
    await calm();
    await lawful();
  });

  it('kill -9 of both, as when the power goes', async () => {
    const image = (await station.service('eth', 'node')).image === images['1.6.8'] ? `${from}:v1.7.0` : images['1.6.8'];
    const job = await station.begin('POST', '/stacks/eth/upgrade', { image });
    await until('the node is down', async () =>
      (await station.get(`/jobs/${job.id}`)).job.steps.some((s) => s.kind === 'stop' && s.state !== 'pending'));
    engine.kill();
    await station.kill();
    await station.start();
    await sleep(1000);
    assert.equal((await station.get(`/jobs/${job.id}`)).job.ended_at, null, 'it waits');
    engine.start();
    await stage.witness.watch();
    const ended = await station.ended(job.id, 90000 * slower);
    await lawful(ended);
  });

  it('has told each end to whoever reads the events', async () => {
    const ends = (await stage.events()).filter((e) => ['job.done', 'job.rolled_back', 'job.failed'].includes(e.code));
    const { jobs } = await station.get('/jobs?limit=200');
    for (const j of jobs) {
      const told = ends.filter((e) => String(e.data.job) === j.id);
      assert.equal(told.length, 1, `job ${j.id} (${j.title}) ended in ${told.length} events`);
      assert.equal(told[0].code, `job.${j.state}`);
    }
  });
});
