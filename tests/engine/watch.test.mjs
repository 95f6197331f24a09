// Watching: the engine comes and goes, the node crashes, runs out of memory, loses its peers, is
// restarted or stopped by somebody else. Each is told in its own word, once; what can be brought back
// without asking is brought back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';

import { MiB, Stage, namespace, node, relay, sleep, slower, until } from '../lib/fixture.mjs';

describe('watching', { timeout: 540000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const dockerd = () => Number(fs.readFileSync(`${engine.dir}/pid`, 'utf8'));
  const state = () => station.get('/state');
  const since = async (id, code) => (await stage.events()).filter((e) => e.id > id && (!code || e.code === code));
  const last = async () => (await stage.events()).at(-1).id;

  before(async () => {
    await station.start(); // there is no engine yet
  });
  after(() => {
    try {
      process.kill(dockerd(), 'SIGCONT');
    } catch {
      // it was never stopped
    }
    return stage.end();
  });
  afterEach(() => {
    if (fs.existsSync(stage.folder('w'))) stage.control('w', { HEAP_MB: 0 });
  });

  const running = (ms = 30000) =>
    until('node and relay run, no job is left', async () => {
      const s = await station.stack('w');
      return s.job === null && s.services.every((x) => x.container.presence === 'yes' && x.container.state === 'running');
    }, ms * slower, 200);

  it('says that the engine is absent', async () => {
    const s = await until('absent', async () => {
      const now = await state();
      return now.engine.status === 'lost' && now;
    });
    assert.equal(s.engine.code, 'engine.absent');
    assert.equal(s.verdict.word, 'Unknown');
    assert.equal(s.findings[0].code, 'engine.absent');
    assert.ok(s.findings[0].hint);
    const { status, body } = await station.api('POST', '/stacks', { name: 'w', services: [node('1.6.8')], dry_run: true });
    assert.equal(status, 503);
    assert.equal(body.error.code, 'engine.absent');
  });

  it('connects by itself when the engine comes', async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await until('connected', async () => (await state()).engine.status === 'connected');
    assert.deepEqual((await state()).findings.map((f) => f.code), []);
    await station.job('POST', '/stacks', {
      name: 'w', network: 'shared',
      services: [node('1.6.8', { limits: { memory_bytes: 256 * MiB } }), relay({ limits: { memory_bytes: 96 * MiB } })],
    });
  });

  it('is patient with a slow engine', async () => {
    const before = await engine.inspect('w-node');
    const from = await last();
    process.kill(dockerd(), 'SIGSTOP');
    try {
      // The page goes on: from what is known, at once.
      const began = Date.now();
      await state();
      assert.ok(Date.now() - began < 1000 * slower, 'an answer without the engine');
      const { status, body } = await station.api('POST', '/stacks/w/restart', { dry_run: true });
      assert.equal(status, 503, JSON.stringify(body));
      assert.equal(body.error.code, 'engine.slow');
    } finally {
      process.kill(dockerd(), 'SIGCONT');
    }
    await until('connected', async () => (await state()).engine.status === 'connected', 20000 * slower);
    await running();
    assert.equal((await engine.inspect('w-node')).State.StartedAt, before.State.StartedAt, 'nothing was restarted');
    assert.deepEqual((await since(from)).filter((e) => e.type === 'job'), [], 'and nothing was attempted');
  });

  it('brings all back after the engine was killed', async () => {
    const from = await last();
    engine.kill();
    await until('lost', async () => (await state()).engine.status === 'lost');
    engine.start();
    await stage.witness.watch();
    await until('connected', async () => (await state()).engine.status === 'connected');
    await running(90000);
    await until('one namespace', async () => {
      const [n, r] = [await engine.inspect('w-node'), await engine.inspect('w-relay')];
      return n.State.Running && r.State.Running && namespace(n.State.Pid) === namespace(r.State.Pid);
    }, 90000);
    const told = (await since(from)).filter((e) => e.type === 'engine').map((e) => e.code);
    assert.equal(told.at(-1), 'engine.connected');
    assert.match(told[0], /^engine\.(absent|broken)$/);
  });

  it('tells a crash once, with its last words; the engine starts the node again', async () => {
    await running();
    const from = await last();
    const before = await engine.inspect('w-node');
    stage.control('w', { CRASH: '1', CRASH_MESSAGE: 'thread main panicked at double: disk on fire' });
    await until('it crashed', () => stage.witness.events.some((e) => e.action === 'die' && e.id === before.Id), 15000, 5);
    stage.control('w', {});
    const told = await until('it is told', async () => (await since(from, 'service.ended')).find((e) => e.service === 'node'));
    assert.equal(told.data.exit_code, 101);
    assert.match(told.message, /disk on fire/);
    await running();
    assert.ok((await engine.inspect('w-node')).State.StartedAt > before.State.StartedAt);
    const crashes = stage.witness.events.filter((e) => e.action === 'die' && e.id === before.Id && e.exitCode === '101').length;
    assert.equal((await since(from, 'service.ended')).filter((e) => e.service === 'node').length, crashes, 'once for each');
    assert.equal((await stage.findings('memory.oom')).length, 0, 'a crash is no lack of memory');
  });

  it('tells that the node ran out of memory, as one incident', async () => {
    await running();
    const from = await last();
    stage.witness.events.length = 0;
    stage.control('w', { HEAP_MB: 400 });
    await until('the kernel ended it', () => stage.witness.events.some((e) => e.action === 'die' && e.name === 'w-node'), 30000, 5);
    stage.control('w', {});
    const f = await stage.finding('memory.oom', 'node');
    assert.match(f.message, /256.MiB/, f.message);
    await running();
    await sleep(3000); // counter, event and exit code have all arrived by now
    const told = await since(from, 'memory.oom');
    assert.equal(told.filter((e) => e.type === 'oom').length, 1, JSON.stringify(told.map((e) => [e.type, e.message])));
    assert.equal(told.find((e) => e.type === 'oom').data.limit_bytes, 256 * MiB);
    const ended = (await since(from, 'service.ended')).filter((e) => e.service === 'node');
    assert.ok(ended.some((e) => e.data.exit_code === 137), JSON.stringify((await since(from)).map((e) => [e.code, e.message])));
  });

  it("tells when a child of the node ran out of memory, though the node lives; and a later crash is not its lack of memory", async () => {
    await running();
    await sleep(15500); // the last incident is over by then
    const from = await last();
    const before = await engine.inspect('w-node');
    stage.control('w', { CHILD_MB: 401 });
    const told = await until('it is told', async () => (await since(from, 'memory.oom')).find((e) => e.type === 'oom'));
    assert.equal(told.service, 'node');
    const now = await engine.inspect('w-node');
    assert.ok(now.State.Running);
    assert.equal(now.State.StartedAt, before.State.StartedAt, 'the node lives');
    await sleep(2500);
    assert.equal((await since(from, 'memory.oom')).filter((e) => e.type === 'oom').length, 1, 'one incident');

    await sleep(14000);
    stage.control('w', { CRASH: '1' });
    await until('it crashed', () => stage.witness.events.some((e) => e.action === 'die' && e.id === before.Id && e.exitCode === '101'), 15000, 5);
    stage.control('w', {});
    await running();
    await sleep(2500);
    assert.equal((await since(from, 'memory.oom')).filter((e) => e.type === 'oom').length, 1, 'the crash was no second one');
  });

  it('page cache at the limit is no lack of memory', async () => {
    await running();
    const from = await last();
    const before = await engine.inspect('w-node');
    stage.control('w', { READ_MB: 420 });
    await until('the cache is at the limit', async () => {
      const u = (await station.service('w', 'node')).usage;
      return u.cache_bytes > 200 * MiB && u;
    }, 30000 * slower);
    const u = (await station.service('w', 'node')).usage;
    assert.ok(u.needed_bytes < 64 * MiB, `needed is what counts: ${u.needed_bytes}`);
    await sleep(2500);
    assert.deepEqual((await since(from, 'memory.oom')).map((e) => e.type), []);
    assert.equal((await engine.inspect('w-node')).State.StartedAt, before.State.StartedAt);
  });

  it('mends the namespace when the relay was restarted alone', async () => {
    await running();
    const from = await last();
    await engine.api('POST', '/containers/w-relay/restart?t=3');
    const told = await until('it is mended', async () => {
      const [n, r] = [await engine.inspect('w-node'), await engine.inspect('w-relay')];
      return n.State.Running && r.State.Running && namespace(n.State.Pid) === namespace(r.State.Pid) && n.State.StartedAt > r.State.StartedAt;
    }, 40000 * slower, 100);
    assert.ok(told);
    await running();
    const jobs = (await station.get('/jobs?limit=5')).jobs.filter((j) => j.actor === 'watchdog');
    assert.equal(jobs[0].action, 'restart', 'by a job like any other');
    assert.equal(jobs[0].state, 'done');
    assert.ok((await since(from)).some((e) => e.actor === 'watchdog'), 'that says who did it');
    await stage.noFinding('network.split');
  });

  it('does not start again what somebody stopped elsewhere', async () => {
    await running();
    const from = await last();
    await engine.api('POST', '/containers/w-node/stop?t=10');
    const f = await stage.finding('service.stopped', 'node');
    assert.equal((await state()).verdict.word, 'Down');
    await sleep(12000); // a look at the containers and more
    assert.equal((await engine.inspect('w-node')).State.Running, false, 'left as it is');
    assert.deepEqual((await since(from)).filter((e) => e.type === 'job'), []);
    await stage.press(f);
    await running();
    await stage.noFinding('service.stopped');
  });

  it('ends a crash loop, and a person starts the node again', async () => {
    await running();
    const from = await last();
    stage.witness.events.length = 0;
    stage.control('w', { CRASH_AFTER_MS: 300, CRASH_MESSAGE: 'Corruption: block checksum mismatch' });
    const f = await stage.finding('node.crash_loop', 'node', 60000);
    assert.match(f.message, /Corruption: block checksum mismatch/, f.message);
    await sleep(500);
    const ends = stage.witness.events.filter((e) => e.action === 'die' && e.name === 'w-node').length;
    await sleep(8000);
    const now = stage.witness.events.filter((e) => e.action === 'die' && e.name === 'w-node').length;
    assert.ok(now - ends <= 1, `no more restarts: ${now - ends}`);
    assert.equal((await engine.inspect('w-node')).State.Running, false);
    assert.equal((await state()).verdict.word, 'Down');
    stage.control('w', {});
    await stage.press(f, /start/i);
    await running();
    await stage.noFinding('node.crash_loop');
    assert.deepEqual(await since(from, 'limit.changed'), [], "a policy of ours is nobody's limits");
    assert.equal((await engine.inspect('w-node')).HostConfig.RestartPolicy.Name, 'always', 'armed again');
  });

  describe('the progress', () => {
    it('is syncing, with percent and an estimate', async () => {
      stage.control('w', { HIGHEST: 1000000, SYNC_RATE: 50 });
      await stage.phase('w', 'syncing', 30000);
      const s = await until('the new target', async () => {
        const now = (await station.service('w', 'node')).sync;
        return now.target_block === 1000000 && now;
      });
      assert.ok(s.percent > 0 && s.percent < 100);
      const rate = await until('a rate', async () => {
        const now = (await station.service('w', 'node')).sync;
        return now.blocks_per_s > 30 && now.blocks_per_s < 70 && now;
      }, 90000);
      assert.ok(rate.peers > 0);
      const eta = await until('an estimate', async () => {
        const now = (await station.service('w', 'node')).sync;
        return now.eta_low_s > 0 && now;
      }, 30000);
      assert.ok(eta.eta_low_s < eta.eta_high_s);
    });

    it('is "no peers" without peers, and syncing again with them', async () => {
      stage.control('w', { HIGHEST: 1000000, PEERS: 0 });
      const s = await stage.phase('w', 'no_peers', 30000);
      assert.equal(s.code, 'sync.no_peers');
      const f = await stage.finding('sync.no_peers', 'node');
      assert.match(f.message, /no peers/);
      stage.control('w', { HIGHEST: 1000000 });
      await stage.phase('w', 'syncing', 30000);
      await stage.noFinding('sync.no_peers');
    });

    it('is "no answer" when the RPC is silent', async () => {
      stage.control('w', { HIGHEST: 1000000, SILENT: 1 });
      await stage.phase('w', 'no_answer', 45000);
      await stage.finding('rpc.silent', 'node');
      assert.ok((await engine.inspect('w-node')).State.Running, 'silent is not dead: it is left alone');
      stage.control('w', { HIGHEST: 1000000 });
      await stage.phase('w', 'syncing', 30000);
    });

    it('is "stalled" when the head stands still for a minute, though there are peers', async () => {
      stage.control('w', { HIGHEST: 1000000, FREEZE: 1 });
      const began = Date.now();
      await stage.phase('w', 'stalled', 90000);
      assert.ok(Date.now() - began > 50000, 'not before its time');
      await stage.finding('sync.stalled', 'node');
      stage.control('w', { HIGHEST: 1000000 });
      await stage.phase('w', 'syncing', 30000);
    });

    it('is synced at the head, and does not flicker with the node', async () => {
      const there = { HIGHEST: stage.height('w') + 40, SYNC_RATE: 40, BLOCK_MS: 700 };
      stage.control('w', there);
      await stage.phase('w', 'synced', 60000);
      stage.control('w', { ...there, FLICKER: 1500 });
      const seen = new Set();
      for (let i = 0; i < 24; i++) {
        seen.add((await station.service('w', 'node')).sync.phase);
        await sleep(500);
      }
      assert.deepEqual([...seen], ['synced']);
      assert.equal((await station.service('w', 'node')).sync.percent, 100);
    });
  });
});
