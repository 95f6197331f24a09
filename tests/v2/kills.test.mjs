// Kills with unified control groups: a limit, a child, and what only a machine of its own can show: the memory of the whole
// NAS runs out. Each is one incident, complete in time, right in cause and figures. Page cache is none.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, limits, node, sleep, slower, until } from '../lib/fixture.mjs';
import { Group, engineArgs } from './machine.mjs';

const COMPLETE_MS = 3000;

describe('cgroup v2: kills', { timeout: 900000 }, () => {
  const stage = new Stage();
  const { engine, station, witness } = stage;
  const url = '/stacks/nas/services/node/limits';

  before(async () => {
    // an engine in the root group: it says that it cannot limit swap, and the node is installed all the same
    await stage.set({ parity: ['1.6.8'], engineArgs });
    assert.equal((await engine.api('GET', '/info')).body.SwapLimit, false);
    await station.start();
    const { steps } = await station.job('POST', '/stacks', { name: 'nas', services: [node('1.6.8', { limits: limits({ memory_bytes: 128 * MiB }) })] });
    const start = steps.find((s) => s.kind === 'start');
    console.log(`# a container starts in ${((start.ended_at - start.started_at) / 1000).toFixed(1)} s here`); // elsewhere in 0.3
  });
  after(() => stage.end());

  const service = () => station.service('nas', 'node');
  const list = async () => (await station.get('/stacks/nas/incidents')).incidents;
  const seen = (action) => until(`the engine tells: ${action}`, () => witness.events.find((e) => e.action === action), 120000 * slower, 5);
  const available = () => Number(fs.readFileSync('/proc/meminfo', 'utf8').match(/^MemAvailable: +(\d+)/m)[1]) * 1024;
  const group = async () => new Group((await engine.inspect('nas-node')).State.Pid);
  const running = () => until('the node runs and is read', async () => {
    const { container, usage } = await service();
    return container.state === 'running' && usage && Date.now() - usage.at < 5000;
  }, 60000 * slower);

  const isOver = (pid) => {
    try {
      return /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return true;
    }
  };

  /** What `strike` does, as the one card that comes of it, from the kernel's deed on: of its main process, or of a child. */
  async function card(strike, action = 'die', over = () => {}) {
    await running();
    const known = (await list()).length, { Pid } = (await engine.inspect('nas-node')).State, g = await group();
    const kills = g.keys('memory.events').oom_kill;
    witness.events.length = 0;
    await strike();
    await until('the kernel ended it', () => (action === 'die' ? isOver(Pid) : g.keys('memory.events').oom_kill > kills), 120000 * slower, 5);
    const at = Date.now();
    stage.control('nas', {});
    over();
    const one = await until('the card', async () => {
      const now = await list();
      return now.length > known && now[0];
    }, 60000 * slower, 50);
    const took = Date.now() - at;
    console.log(`# ${one.cause}${one.child ? ', a child' : ''}, by ${one.witnesses.join(', ')}; complete after ${(took / 1000).toFixed(1)} s: ${one.message}`);
    assert.ok(took <= COMPLETE_MS * slower);
    const told = await seen(action); // much later: the engine is slow here
    const again = action === 'die' ? (await seen('start')).at - told.at : 0;
    const incident = await until('the engine’s word is added', async () => {
      const now = (await station.get(`/stacks/nas/incidents/${one.id}`)).incident;
      return (action !== 'die' || now.witnesses.includes('exit_code')) && now;
    }, 60000 * slower, 100);
    // until it has started the container again an engine tells nobody its log; the program waits 20 s for it
    assert.ok(incident.log.length > 0 || again > 20000, `its log, with a new start within ${again} ms`);
    assert.ok(incident.hint.length > 20);
    assert.ok(incident.minutes.needed_bytes.filter((v) => v !== null).length >= 3, 'readings at 1 s');
    assert.ok(Math.abs(incident.host_total_bytes - os.totalmem()) < MiB);
    return { incident, one: async () => assert.equal((await list()).length, known + 1, 'exactly one') };
  }

  it('page cache at the limit is none', async () => {
    await running();
    const g = await group();
    await stage.obeys('nas', { READ_MB: 200 });
    await until('the cache is at the limit', () => g.keys('memory.events').max > 0 && g.keys('memory.stat').file > 90 * MiB, 60000 * slower);
    await sleep(2000 * slower);
    assert.equal(g.keys('memory.events').oom_kill, 0);
    assert.deepEqual(await list(), []);
    assert.deepEqual(await stage.findings('memory.oom'), []);
    stage.control('nas', {});
  });

  it('a child: the node lives', async () => {
    const { State } = await engine.inspect('nas-node');
    const g = await group();
    const { incident: i, one } = await card(() => stage.control('nas', { CHILD_MB: 200 }), 'oom');
    assert.deepEqual([i.cause, i.child, i.ended, i.exit_code, i.code], ['limit', true, false, null, 'memory.oom']);
    assert.equal(i.limit_bytes, 128 * MiB);
    assert.ok(i.witnesses.includes('kernel_log') && i.process);
    assert.equal((await engine.inspect('nas-node')).State.StartedAt, State.StartedAt);
    await until('the counter is told', async () => (await service()).usage.oom_kills === g.keys('memory.events').oom_kill, 5000 * slower);
    assert.equal(g.keys('memory.events').oom_kill, 1);
    await one();
  });

  it('its limit', async () => {
    const { incident: i, one } = await card(() => stage.control('nas', { HEAP_MB: 200 }));
    assert.deepEqual([i.cause, i.child, i.ended, i.exit_code, i.code], ['limit', false, true, 137, 'memory.oom']);
    for (const w of ['kernel_log', 'exit_code']) assert.ok(i.witnesses.includes(w), w);
    assert.equal(i.limit_bytes, 128 * MiB);
    assert.ok(i.needed_bytes > 0 && i.needed_bytes <= 128 * MiB, `${i.needed_bytes}`);
    assert.match(i.message, /128.MiB/);
    await running();
    await one();
  });

  /** A RAM disk of the NAS fills: more than there is, and less than there is without the node. */
  function fillRam() {
    const megabytes = Math.floor(available() / MiB) + 150;
    spawn('busybox', ['dd', 'if=/dev/zero', 'of=/dev/shm/ram', 'bs=1M', `count=${megabytes}`], { stdio: 'ignore' });
  }

  it('the memory of the NAS, taken by somebody else: not its limit', async () => {
    await station.job('PUT', url, { limits: limits({ memory_bytes: 600 * MiB }) });
    await stage.obeys('nas', { HEAP_MB: 300 });
    await until('it holds it', async () => (await service()).usage?.needed_bytes > 300 * MiB, 30000 * slower);
    await sleep(7000); // until the NAS was read again
    const free = available();
    const { incident: i, one } = await card(fillRam, 'die', () => fs.rmSync('/dev/shm/ram'));
    assert.deepEqual([i.cause, i.child, i.ended, i.exit_code, i.code], ['host', false, true, 137, 'memory.host']);
    assert.ok(i.witnesses.includes('kernel_log'));
    assert.equal(i.limit_bytes, 600 * MiB);
    assert.ok(i.needed_bytes >= 299 * MiB && i.needed_bytes < 330 * MiB, `${i.needed_bytes}`);
    assert.ok(i.host_available_bytes <= free + 32 * MiB, `${i.host_available_bytes}, was ${free}`);
    assert.match(i.message, /memory of the whole NAS/);
    assert.match(i.message, /not because of its limit of 600.MiB/);
    assert.equal((await stage.finding('memory.host', 'node')).message, i.message);
    await running();
    await one();
  });

  it('the memory of the NAS, taken by a node without a limit', async () => {
    await station.job('PUT', url, { limits: limits({}) });
    const { incident: i, one } = await card(() => stage.control('nas', { HEAP_MB: 4000 }));
    assert.deepEqual([i.cause, i.ended, i.exit_code, i.limit_bytes], ['host', true, 137, null]);
    assert.match(i.message, /it has no limit/);
    assert.ok(i.ways.some((w) => w.kind === 'less'), 'a limit is offered');
    await one();
  });
});
