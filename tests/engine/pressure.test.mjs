// The pressure guard: a real container whose memory runs towards its limit gets more within the
// owner's bound, or a clean restart, before the kernel ends it; both are told, and a raise can be taken back.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, kernel, limits, node, sleep, slower, until } from '../lib/fixture.mjs';

const LIMIT = 100 * MiB, BOUND = 140 * MiB;
const LEARNS_MS = 17000; // readings before anything is said of a new process

describe('the pressure guard', { timeout: 240000 }, () => {
  const stage = new Stage();
  const { station, engine, witness } = stage;

  before(async () => {
    await stage.set({ parity: ['1.6.8'] });
    await station.start();
    for (const name of ['more', 'anew'])
      await station.job('POST', '/stacks', { name, services: [node('1.6.8', { limits: limits({ memory_bytes: LIMIT }) })] });
    for (const name of ['more', 'anew']) stage.control(name, { HEAP_MB: 70 });
  });
  after(() => stage.end());

  const memory = async (stack) => kernel((await engine.inspect(`${stack}-node`)).State.Pid).memory;
  const allow = (stack, guard, more) => station.api('PUT', `/stacks/${stack}/services/node/limits`, { limits: { memory_bytes: LIMIT }, guard, ...more });
  const told = async (code) => (await stage.events()).find((e) => e.code === code);

  it('takes a bound with a raise, and only with that', async () => {
    for (const bad of [{ act: 'raise' }, { act: 'warn', up_to_bytes: BOUND }, { act: 'kill' }, { up_to_bytes: BOUND }, []])
      assert.match((await allow('more', bad, { dry_run: true })).body.error.code, /^input\./, JSON.stringify(bad));
  });

  it('is told what it may do, and the limits stay', async () => {
    assert.deepEqual((await station.service('more', 'node')).guard, { act: 'warn', up_to_bytes: null });
    for (const [stack, guard] of [['more', { act: 'raise', up_to_bytes: BOUND }], ['anew', { act: 'restart', up_to_bytes: null }]]) {
      await station.job('PUT', `/stacks/${stack}/services/node/limits`, { limits: { memory_bytes: LIMIT }, guard });
      assert.deepEqual((await station.service(stack, 'node')).guard, guard);
      assert.equal(await memory(stack), LIMIT);
    }
  });

  it('acts before the kernel does', async () => {
    const { StartedAt } = (await engine.inspect('anew-node')).State;
    await sleep(LEARNS_MS);
    const acts = { more: 'memory.raised', anew: 'memory.restarted' };
    for (let heap = 72; heap < 97 && Object.keys(acts).length; heap++) {
      for (const stack of Object.keys(acts)) {
        if (await told(acts[stack])) delete acts[stack];
        else stage.control(stack, { HEAP_MB: heap });
      }
      await sleep(400);
    }
    assert.deepEqual(acts, {}, 'not done');
    const raised = await told('memory.raised');
    assert.equal(raised.actor, 'watchdog');
    assert.deepEqual(raised.data, { from_bytes: LIMIT, to_bytes: 132 * MiB });
    await until('the kernel has the new limit', async () => (await memory('more')) === 132 * MiB, 10000 * slower);
    assert.ok(await told('memory.restarted'));
    await until('it was restarted', async () => {
      const { State } = await engine.inspect('anew-node');
      return State.Running && State.StartedAt !== StartedAt;
    }, 20000 * slower);
    assert.equal(await memory('anew'), LIMIT);
    assert.equal(await told('memory.oom'), undefined);
    const ends = witness.events.filter((e) => e.action === 'die');
    assert.deepEqual(ends.map((e) => [e.name, e.exitCode]), [['anew-node', '0']], 'one end, a clean one');
  });

  it('takes the raise back with one click, also after the program was restarted', async () => {
    await station.stop();
    await station.start();
    const finding = await stage.finding('memory.raised', 'node');
    assert.match(finding.message, /from 100\s*MiB to 132\s*MiB/);
    await stage.press(finding, /Back to 100\s*MiB/);
    assert.equal(await memory('more'), LIMIT);
    assert.equal((await station.service('more', 'node')).guard.act, 'raise');
    await stage.noFinding('memory.raised');
  });
});
