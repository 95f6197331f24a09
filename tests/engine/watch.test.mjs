// Watching: what happens to a node when nobody presses a button. The engine is away, dies, hangs; the
// node crashes, is killed for memory, loses its peers; somebody restarts or stops containers by
// hand. Each has its words, and what can be repaired without a question is repaired.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, namespace, node, relay, sleep, slower, until } from '../lib/fixture.mjs';

const AT_HEAD = { HIGHEST: 1, BLOCK_MS: 3000 }; // synced, with a block each 3 s
const LIMIT = 64 * MiB;

describe('watching', { timeout: 540000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;

  before(() => station.start()); // no engine yet, on purpose
  after(() => stage.end());

  const state = () => station.get('/state');
  const found = async (code, stack = 'eth') => (await stage.findings(code)).find((f) => f.stack === stack);
  const finding = (code, stack = 'eth', ms = 20000) =>
    until(`the finding ${code} of ${stack}`, () => found(code, stack), ms * slower, 100);
  const gone = (code, stack = 'eth', ms = 20000) =>
    until(`no more finding ${code} of ${stack}`, async () => !(await found(code, stack)), ms * slower, 100);
  const events = async (what) =>
    (await stage.events()).filter((e) => Object.entries(what).every(([k, v]) => e[k] === v));
  const ooms = () => events({ type: 'oom', stack: 'eth' });
  const died = (since, name = 'eth-node') =>
    stage.witness.events.slice(since).find((e) => e.action === 'die' && e.name === name);
  const lost = (code) =>
    until(`the engine is ${code}`, async () => {
      const { engine: e, ...rest } = await state();
      return e.status === 'lost' && e.code === code && { engine: e, ...rest };
    }, 25000 * slower, 100);
  const connected = () =>
    until('the engine is connected', async () => (await state()).engine.status === 'connected', 20000 * slower, 100);
  const runs = (name = 'eth-node') =>
    until(`${name} runs`, async () => {
      const c = await engine.inspect(name);
      return c?.State.Running && !c.State.Restarting && c;
    }, 20000 * slower);
  const idle = (stack = 'eth') =>
    until(`no job of ${stack}`, async () => (await station.stack(stack)).job === null, 30000 * slower);

  /** Lets the node die of `settings`, once: they are taken back at its end, before it is started again. */
  async function dieOf(settings, others = AT_HEAD) {
    const since = stage.witness.events.length;
    stage.control('eth', { ...others, ...settings });
    const die = await until('the node ends', () => died(since), 15000 * slower, 5);
    stage.control('eth', others);
    return die;
  }

  /* ---- the engine ---- */

  it('says that there is no engine', async () => {
    const s = await lost('engine.absent');
    assert.match(s.engine.message, /Docker engine does not answer at .*\/s\./);
    assert.equal(s.verdict.word, 'Unknown');
    assert.equal(s.verdict.sentence, s.engine.message);
    const [f, ...more] = s.findings;
    assert.deepEqual([f.code, f.level, more.length], ['engine.absent', 'bad', 0]);
    assert.ok(f.hint.length > 20, 'and what to do');
  });

  it('connects by itself when the engine starts', async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await connected();
    await stage.noFinding('engine.absent');
    assert.equal((await events({ code: 'engine.connected' })).length, 1);
    await station.job('POST', '/stacks', {
      name: 'eth', network: 'shared',
      services: [node('1.6.8', { limits: { memory_bytes: LIMIT } }), relay({ limits: { memory_bytes: LIMIT } })],
    });
  });

  it('brings everything back after the engine was killed', async () => {
    stage.control('eth', AT_HEAD);
    await stage.phase('eth', 'synced');
    const before = { node: await runs('eth-node'), height: stage.height('eth') };

    engine.kill();
    const s = await lost('engine.absent');
    assert.equal(s.verdict.word, 'Unknown');
    assert.ok(s.stacks[0].services.every((x) => x.container.presence === 'unknown'), 'not "gone"');
    assert.deepEqual(s.findings.map((f) => f.code), ['engine.absent'], 'nothing is invented about the containers');

    engine.start();
    await stage.witness.watch();
    await connected();
    await until('a healthy pair', async () => (await state()).verdict.word === 'Healthy', 60000 * slower, 200);
    await idle();
    const [n, r] = [await runs('eth-node'), await runs('eth-relay')];
    assert.equal(n.Id, before.node.Id, 'the same container');
    assert.equal(namespace(n.State.Pid), namespace(r.State.Pid), 'one network namespace');
    assert.equal(n.HostConfig.RestartPolicy.Name, 'always');
    await stage.grows('eth', before.height - 2);
    assert.match((await state()).verdict.sentence, /^block .*, 25.peers\.$/);
    assert.deepEqual((await state()).findings.filter((f) => f.stack), []);
    const jobs = (await station.get('/jobs')).jobs.slice(0, -1); // but the install
    assert.ok(jobs.every((j) => j.actor === 'watchdog'), 'no manual step');
  });

  it('tells a slow engine from an absent one', async () => {
    const pid = Number(fs.readFileSync(path.join(engine.dir, 'pid'), 'utf8'));
    const started = (await runs()).State.StartedAt;
    process.kill(pid, 'SIGSTOP');
    try {
      const s = await lost('engine.slow');
      assert.match(s.engine.message, /did not answer within \d+ s/);
      assert.ok(s.findings.some((f) => f.code === 'engine.slow' && f.level === 'bad' && f.hint));
      assert.equal(s.verdict.word, 'Unknown');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await connected();
    await until('healthy again', async () => (await state()).verdict.word === 'Healthy', 20000 * slower, 100);
    assert.equal((await runs()).State.StartedAt, started, 'the node did not notice');
  });

  it('(two more nodes begin to stand still and to be silent, for the end of this file)', async () => {
    for (const [name, settings] of [['ice', { FREEZE: 1 }], ['mute', { SILENT: 1 }]]) {
      await station.job('POST', '/stacks', { name, services: [node('1.6.8')] });
      await stage.phase(name, 'syncing');
      stage.control(name, settings);
    }
  });

  /* ---- the node ---- */

  it('tells a crash with its code; the engine starts the node again', async () => {
    const before = await runs();
    await dieOf({ CRASH: 1, EXIT_CODE: 77 });
    const [e] = await until('its event', async () => {
      const list = await events({ code: 'service.ended', service: 'node', stack: 'eth' });
      return list.length && list;
    });
    assert.equal(e.data.exit_code, 77);
    assert.equal(e.actor, 'engine');
    assert.match(e.message, /node ended with code 77.*report it/i, 'with its last words');
    const now = await runs();
    assert.equal(now.Id, before.Id);
    assert.ok(now.State.StartedAt > before.State.StartedAt);
    await stage.phase('eth', 'synced');
    assert.equal(await found('service.stopped'), undefined);
    assert.equal((await ooms()).length, 0);
  });

  it('repairs the network when somebody restarted the relay alone', async () => {
    const before = { node: await runs('eth-node'), relay: await runs('eth-relay') };
    await engine.api('POST', '/containers/eth-relay/restart?t=2');
    await until('both share one namespace again', async () => {
      const [n, r] = [await engine.inspect('eth-node'), await engine.inspect('eth-relay')];
      return n.State.Running && r.State.Running && n.State.StartedAt > before.node.State.StartedAt &&
        namespace(n.State.Pid) === namespace(r.State.Pid);
    }, 30000 * slower);
    await idle();
    const [n, r] = [await runs('eth-node'), await runs('eth-relay')];
    assert.deepEqual([n.Id, r.Id], [before.node.Id, before.relay.Id], 'nothing was made anew');
    assert.ok(n.State.StartedAt > r.State.StartedAt, 'the relay first');
    const { jobs: [job] } = await station.get('/jobs');
    assert.deepEqual([job.action, job.actor, job.state], ['restart', 'watchdog', 'done']);
    await gone('network.split');
    await stage.phase('eth', 'synced');
  });

  it('leaves a node stopped that somebody stopped, and offers to start it', async () => {
    const since = stage.witness.events.length;
    await engine.api('POST', '/containers/eth-node/stop?t=10');
    const f = await finding('service.stopped');
    assert.match(f.message, /not running: it ended with code 0, and nobody asked for it here/);
    assert.equal((await station.stack('eth')).wanted, 'running');
    await sleep(11000); // it looks at everything each 10 s
    assert.ok(!stage.witness.events.slice(since).some((e) => e.action === 'start' && e.name === 'eth-node'));
    assert.equal((await engine.inspect('eth-node')).State.Running, false);
    await stage.press(f, /^Start$/);
    await gone('service.stopped');
    assert.equal((await runs()).HostConfig.RestartPolicy.Name, 'always');
  });

  /* ---- memory ---- */

  let childKilled = 0;

  it('tells a child that was killed for memory, while the node lives on', async () => {
    const before = await runs();
    stage.control('eth', { ...AT_HEAD, CHILD_MB: 200 });
    const f = await finding('memory.oom');
    childKilled = Date.now();
    assert.match(f.message, /64.MiB|0[.,]06/, f.message);
    assert.equal((await ooms()).length, 1);
    assert.equal((await ooms())[0].data.limit_bytes, LIMIT);
    const now = await runs();
    assert.equal(now.State.StartedAt, before.State.StartedAt, 'the node was not touched');
    await until('the counter', async () => (await station.service('eth', 'node')).usage?.oom_kills === 1);
  });

  it('does not call a full page cache a lack of memory', async () => {
    const before = await runs();
    stage.control('eth', { ...AT_HEAD, READ_MB: 300 });
    const usage = await until('cache up to the limit', async () => {
      const { usage: u } = await station.service('eth', 'node');
      return u?.cache_bytes > 0.7 * LIMIT && u;
    }, 20000 * slower);
    assert.equal(usage.limit_bytes, LIMIT);
    assert.ok(usage.needed_bytes < 0.25 * LIMIT, `${usage.needed_bytes} bytes needed`);
    await sleep(4000);
    assert.equal((await ooms()).length, 1, 'only the child of before');
    assert.equal((await station.service('eth', 'node')).usage.oom_kills, 1);
    assert.equal((await runs()).State.StartedAt, before.State.StartedAt);
    assert.equal((await state()).stacks.find((s) => s.name === 'eth').services[0].drift.length, 0);
  });

  it('does not take the end of a node for lack of memory because of a child that was', async () => {
    await sleep(Math.max(0, childKilled + 16000 - Date.now())); // what belongs to one kill comes within 15 s
    await dieOf({ CRASH: 1 });
    const now = await runs();
    await until('the crash is told', async () => (await events({ code: 'service.ended', stack: 'eth' })).some((e) => e.data.exit_code === 101));
    assert.ok(now.State.Running);
    assert.equal((await ooms()).length, 1, 'code 101 is no kill');
  });

  it('tells a node that was killed for memory, once', async () => {
    const die = await dieOf({ HEAP_MB: 200 });
    assert.equal(die.exitCode, '137');
    await until('its event', async () => (await ooms()).length === 2);
    const f = await found('memory.oom');
    assert.ok(Math.abs(f.at - die.at) < 3000 * slower, 'the finding is about this one');
    assert.equal((await state()).findings.filter((x) => x.code === 'memory.oom').length, 1);
    await runs();
    await stage.phase('eth', 'synced');
    await sleep(2000);
    assert.equal((await ooms()).length, 2, 'counter, event and exit code are one kill');
    assert.equal((await ooms())[1].actor, 'kernel');
  });

  /* ---- synchronisation ---- */

  it('says "no peers"', async () => {
    stage.control('eth', { PEERS: 0 });
    const sync = await stage.phase('eth', 'no_peers');
    assert.deepEqual([sync.code, sync.peers], ['sync.no_peers', 0]);
    assert.match((await finding('sync.no_peers')).message, /has had no peers/);
  });

  it('does not believe a flickering eth_syncing', async () => {
    const phases = async (ms) => {
      const seen = new Set();
      for (const end = Date.now() + ms; Date.now() < end; await sleep(200))
        seen.add((await station.service('eth', 'node')).sync?.phase);
      return [...seen];
    };
    stage.control('eth', { FLICKER: 2500 }); // 2.4 million blocks behind, says "done" half of the time
    await stage.phase('eth', 'syncing');
    assert.deepEqual(await phases(10000), ['syncing']);
    await gone('sync.no_peers');
    stage.control('eth', AT_HEAD);
    await stage.phase('eth', 'synced');
    stage.control('eth', { ...AT_HEAD, FLICKER: 2500 }); // at the head, says "syncing" half of the time
    assert.deepEqual(await phases(10000), ['synced']);
    stage.control('eth', AT_HEAD);
  });

  it('says "no answer" of a node that accepts and is silent', async () => {
    const sync = await stage.phase('mute', 'no_answer', 30000);
    assert.equal(sync.code, 'sync.no_answer');
    assert.match((await finding('rpc.silent', 'mute')).message, /runs but has not answered/);
    stage.control('mute', {});
    await stage.phase('mute', 'syncing');
    await gone('rpc.silent', 'mute');
  });

  it('says "stalled" of a node with peers that stands still', async () => {
    const sync = await stage.phase('ice', 'stalled', 80000);
    assert.deepEqual([sync.code, sync.peers], ['sync.stalled', 25]);
    assert.match((await finding('sync.stalled', 'ice')).message, /has not advanced/);
    stage.control('ice', {});
    await stage.phase('ice', 'syncing');
    await gone('sync.stalled', 'ice');
  });

  /* ---- crash loop ---- */

  it('ends a crash loop, and the button starts the node when its cause is gone', async () => {
    const died = () => stage.witness.events.filter((e) => e.action === 'die' && e.name === 'eth-node').length;
    const before = { died: died(), height: stage.height('eth') };
    stage.control('eth', { ...AT_HEAD, CRASH: 1, CRASH_MESSAGE: 'Corruption: block checksum mismatch' });
    const f = await finding('node.crash_loop', 'eth', 40000);
    await sleep(5000);
    const settled = died();
    assert.ok(settled - before.died <= 7, `${settled - before.died} crashes until it was ended`);
    await sleep(5000);
    assert.equal(died(), settled, 'not started again');
    const now = await found('node.crash_loop');
    assert.ok(now, 'the finding stays');
    assert.match(now.message, /was stopped after \d+ crashes in 10 minutes.*block checksum mismatch/);
    assert.ok(Number(now.message.match(/after (\d+)/)[1]) >= 5, now.message);
    assert.equal(f.level, 'bad');
    assert.equal((await engine.inspect('eth-node')).State.Running, false);
    assert.equal((await engine.inspect('eth-relay')).State.Running, true);

    stage.control('eth', AT_HEAD);
    await stage.press(now, /^Start$/);
    await gone('node.crash_loop');
    assert.equal((await runs()).HostConfig.RestartPolicy.Name, 'always', 'armed again');
    await stage.grows('eth', before.height - 2);
    await dieOf({ CRASH: 1 });
    await runs();
    await sleep(2000);
    assert.equal(await found('node.crash_loop'), undefined, 'it counts from anew');
  });
});
