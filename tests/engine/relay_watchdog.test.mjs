// The watchdog for relays in containers: one that hangs, or goes on and sends no block, is noticed by its page and
// restarted; one that is well, or whose server is away, is left alone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { forwardInto } from '../ethstats/forward.mjs';
import { StatsServer } from '../ethstats/server.mjs';
import { Stage, namespace, node, relay, slower, until } from '../lib/fixture.mjs';

const SECRET = 'rig-secret-5d20';
const stacks = { hangs: 'private', deaf: 'shared', well: 'private', alone: 'private' };
const names = Object.keys(stacks);

describe('the watchdog for a relay with a container', { timeout: 400000 }, () => {
  const stage = new Stage();
  const { station, engine } = stage;
  const began = {}; // StartedAt of each container
  let server, other, way, otherWay;

  const facts = async (stack) => (await station.service(stack, 'relay')).relay;
  const shown = (stack) => (stack === 'alone' ? other : server).node(`nas${stack[0].toUpperCase()}${stack.slice(1)}`)?.stats;
  const jobs = async (stack) => (await station.get('/jobs?limit=50')).jobs.filter((j) => j.stack === stack && j.actor === 'watchdog');
  const pid = async (stack, service) => (await engine.inspect(`${stack}-${service}`)).State.Pid;
  const startedAt = async (stack, service) => (await engine.inspect(`${stack}-${service}`)).State.StartedAt;

  before(async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await station.start();
    const [, gateway] = engine.run('ip', '-4', '-o', 'addr', 'show', 'docker0').match(/inet ([0-9.]+)/);
    [server, other] = await Promise.all([1, 2].map(() => new StatsServer({ generation: 6, secret: SECRET }).start()));
    [way, otherWay] = await Promise.all([server, other].map((s, i) =>
      forwardInto(`/run/netns/${stage.ns}`, gateway, s.port, path.join(stage.dir, `way-${i}`))));
    await Promise.all(names.map((name) => {
      const { host, port } = name === 'alone' ? otherWay : way;
      fs.mkdirSync(path.join(stage.folder(name), 'node'), { recursive: true });
      stage.control(name, { HIGHEST: 60, SYNC_RATE: 200, BLOCK_MS: 2000, INFORM_MS: 60000 });
      return station.job('POST', '/stacks', {
        name, network: stacks[name],
        services: [node('1.6.8'), relay({ options: { instance_name: `nas ${name}`, server: `ws://${host}:${port}` }, secrets: { WS_SECRET: SECRET } })],
      });
    }));
    for (const name of names)
      for (const service of ['node', 'relay']) began[`${name}-${service}`] = await startedAt(name, service);
  });
  after(async () => {
    await way?.end();
    await otherWay?.end();
    await stage.end().finally(() => Promise.all([server, other].map((s) => s?.stop())));
  });

  it('knows what can be seen from outside', async () => {
    await Promise.all(names.map(async (name) => {
      let first;
      const r = await until(`the page has ${name}, with another block than at first`, async () => {
        const f = await facts(name);
        if (f?.page.state !== 'fresh' || f.state !== 'ready' || f.sent_at === null) return false;
        first ??= f.page.block;
        return f.page.block > first && f;
      }, 60000 * slower, 200);
      assert.equal(r.basis, 'page');
      assert.equal(r.restarts, 0);
      assert.equal(r.code, null);
      assert.ok(r.bytes > 0 && r.node_active);
      assert.ok(r.server.startsWith('ws://') && shown(name).block.number > 0);
    }));
  });

  it('notices one that hangs, and one that sends no block any more, and puts them right', async () => {
    const at = Date.now();
    process.kill(await pid('hangs', 'relay'), 'SIGSTOP');
    process.kill(await pid('deaf', 'relay'), 'SIGUSR1');
    await otherWay.end(); // a third one's server is away from now on
    await Promise.all(['hangs', 'deaf'].map(async (name) => {
      const f = await until(`${name} is noticed`, async () =>
        (await stage.findings('relay.silent')).find((x) => x.stack === name), 90000 * slower, 100);
      console.log(`# ${name}: noticed after ${((Date.now() - at) / 1000).toFixed(1)} s: ${f.message}`);
      assert.match(f.message, /^Connected, but .* shows no new block of "nas.*" .* Restarting the relay \(1 of 5\)\.$/);
      assert.ok(f.hint);
      const job = await until('a job', async () => (await jobs(name))[0], 30000 * slower);
      assert.equal((await station.ended(job.id)).state, 'done');
      const last = shown(name).block.number;
      await until(`the page of ${name} moves again`, () => shown(name).block.number > last + 1, 30000 * slower);
      console.log(`# ${name}: put right after ${((Date.now() - at) / 1000).toFixed(1)} s`);
      assert.equal((await facts(name)).restarts, 1);
      assert.ok((await stage.events()).some((e) => e.stack === name && e.code === 'relay.silent' && e.actor === 'watchdog'));
    }));
  });

  it('restarts the relay alone, and in a shared network the pair in order', async () => {
    assert.notEqual(await startedAt('hangs', 'relay'), began['hangs-relay']);
    assert.equal(await startedAt('hangs', 'node'), began['hangs-node']);
    const [n, r] = [await engine.inspect('deaf-node'), await engine.inspect('deaf-relay')];
    assert.notEqual(r.State.StartedAt, began['deaf-relay']);
    assert.ok(n.State.StartedAt > r.State.StartedAt);
    assert.equal(namespace(n.State.Pid), namespace(r.State.Pid));
  });

  it('leaves one alone whose server is away', async () => {
    await until('it has been away for long', async () => {
      const f = await facts('alone');
      return f.state === 'waiting' && f.page.state === 'unknown' && f.at - f.since_at > 68000 && f;
    }, 150000 * slower, 500);
    assert.equal((await facts('alone')).code, null);
    assert.equal(await startedAt('alone', 'relay'), began['alone-relay']);
    assert.deepEqual(await jobs('alone'), []);
  });

  it('leaves one alone that is well', async () => {
    assert.equal((await facts('well')).restarts, 0);
    assert.equal(await startedAt('well', 'relay'), began['well-relay']);
    assert.equal(await startedAt('well', 'node'), began['well-node']);
    assert.deepEqual(await jobs('well'), []);
    assert.deepEqual((await stage.findings()).filter((f) => f.stack === 'well'), []);
  });

  it("leaves another's relay alone that took the place of ours", async () => {
    const before = (await jobs('deaf')).length;
    await engine.api('DELETE', '/containers/deaf-relay?force=1');
    const { body } = await engine.api('POST', '/containers/create?name=deaf-relay', { Image: 'parity/parity:v1.6.8' });
    await engine.api('POST', `/containers/${body.Id}/start`);
    await stage.finding('container.replaced', 'relay', 30000);
    assert.equal((await jobs('deaf')).length, before);
    assert.equal((await engine.inspect('deaf-relay')).Id, body.Id);
    assert.ok((await engine.inspect('deaf-relay')).State.Running && (await engine.inspect('deaf-node')).State.Running);
    await until('nothing is told of it', async () => (await facts('deaf')) === null, 15000 * slower);
  });
});
