// Limits and readings with unified control groups: what the kernel has is what was wanted, given at the start and changed
// live; what the program tells is what the kernel's files say at the same time.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { MiB, Stage, limits, node, sleep, slower, until } from '../lib/fixture.mjs';
import { Group, engineArgs, leaveRootGroup } from './machine.mjs';

describe('cgroup v2: limits and readings', { timeout: 600000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const url = '/stacks/lim/services/node/limits';
  const ever = new Set(); // was given once
  const all = {
    memory_bytes: 256 * MiB, memory_reservation_bytes: 128 * MiB, swap_bytes: 64 * MiB,
    cpus: 0.5, cpu_shares: 512, blkio_weight: 300,
  };
  let group, started;

  before(async () => {
    leaveRootGroup();
    await stage.set({ parity: ['1.6.8'], engineArgs });
    await station.start();
    assert.equal((await engine.api('GET', '/info')).body.CgroupVersion, '2');
  });
  after(() => stage.end());

  const set = (some) => {
    for (const key of Object.keys(some)) ever.add(key);
    return station.job('PUT', url, { limits: limits(some) });
  };
  const service = () => station.service('lim', 'node');

  /** The kernel has exactly these; the program says so, and it is the same run of the container. */
  async function enforced(some) {
    const w = limits(some);
    assert.deepEqual(group.limits(), {
      memory: w.memory_bytes ?? Infinity,
      swap: w.memory_bytes ? w.swap_bytes ?? 0 : Infinity,
      // what is left of one that was taken away is the engine's minimum
      low: w.memory_reservation_bytes ?? (ever.has('memory_reservation_bytes') ? 6 * MiB : 0),
      cpu: w.cpus ? `${w.cpus * 100000} 100000` : 'max 100000',
      // runc: 1 + (shares - 2) * 9999 / 262142; what is left of any is the weight of 1024
      weight: w.cpu_shares || ever.has('cpu_shares') ? 1 + Math.floor(((w.cpu_shares ?? 1024) - 2) * 9999 / 262142) : 100,
      io: w.blkio_weight ?? 100,
    });
    w.swap_bytes ||= null; // none, in either word
    await until('the program says the same', async () => {
      const { kernel_limits: is, drift } = await service();
      return is && drift.length === 0 && isDeepStrictEqual({ ...is, at: 0 }, { ...w, at: 0 });
    }, 5000 * slower);
    assert.equal((await engine.inspect('lim-node')).State.StartedAt, started);
  }

  it('are given at create, and what is not given is left alone', async () => {
    const some = { memory_bytes: 256 * MiB, cpus: 0.5 };
    await station.job('POST', '/stacks', { name: 'lim', services: [node('1.6.8', { limits: limits(some) })] });
    const { State } = await engine.inspect('lim-node');
    group = new Group(State.Pid);
    started = State.StartedAt;
    await enforced(some);
    await set({ ...some, memory_bytes: 200 * MiB });
    await enforced({ ...some, memory_bytes: 200 * MiB });
  });

  it('are changed live, up and down', async () => {
    await set(all);
    await enforced(all);
    const other = { ...all, memory_bytes: 320 * MiB, memory_reservation_bytes: 160 * MiB, swap_bytes: 0, cpus: 1.25, cpu_shares: 256, blkio_weight: 700 };
    await set(other);
    await enforced(other);
    await set(all);
    await enforced(all);
  });

  it('go back to none', async () => {
    await set({});
    await enforced({});
  });

  /* ---- readings ---- */

  const near = (is, a, b, by, what) => assert.ok(is >= Math.min(a, b) - by && is <= Math.max(a, b) + by, `${what}: ${is}, not from ${a} to ${b}`);

  /** The kernel's files, the program's next reading, and the files again. */
  async function sample() {
    const files = () => ({
      stat: group.keys('memory.stat'), current: group.number('memory.current'), swap: group.number('memory.swap.current'),
      kills: group.keys('memory.events').oom_kill, pids: group.number('pids.current'),
    });
    const a = files(), from = Date.now();
    const usage = await until('a later reading', async () => {
      const { usage: u } = await service();
      return u?.at > from && u;
    }, 10000 * slower);
    return { a, usage, b: files() };
  }

  it('memory is what its files say', async () => {
    await set({ memory_bytes: 256 * MiB });
    stage.control('lim', { HEAP_MB: 90, READ_MB: 60 });
    await until('it holds both', () => {
      const s = group.keys('memory.stat');
      return s.anon > 90 * MiB && s.file > 60 * MiB;
    }, 20000 * slower);
    await sleep(2000 * slower); // until its child has ended
    const { a, usage: u, b } = await sample();
    near(u.needed_bytes, a.stat.anon, b.stat.anon, MiB, 'needed');
    near(u.cache_bytes, a.stat.file, b.stat.file, MiB, 'cache');
    near(u.working_set_bytes, a.current - a.stat.inactive_file, b.current - b.stat.inactive_file, 2 * MiB, 'working set');
    near(u.swap_bytes, a.swap, b.swap, 0, 'swap');
    near(u.oom_kills, a.kills, b.kills, 0, 'kills');
    near(u.pids, a.pids, b.pids, 1, 'processes');
    assert.equal(u.limit_bytes, 256 * MiB);
    assert.ok(u.needed_bytes > 90 * MiB && u.needed_bytes < 110 * MiB && u.cache_bytes > 60 * MiB);
  });

  it('a limit below what it needs is refused, before this kernel would end it for that', async () => {
    const before = group.number('memory.max');
    const need = (await service()).usage.needed_bytes;
    // the second is above its own memory, but not above that and the kernel's for it
    for (const memory_bytes of [need - 10 * MiB, need + MiB / 4]) {
      const { status, body } = await station.api('PUT', url, { limits: limits({ memory_bytes }) });
      assert.deepEqual([status, body.error?.code], [409, 'limit.below_use'], `${memory_bytes} of ${need}`);
    }
    assert.equal(group.number('memory.max'), before);
    assert.equal(group.keys('memory.events').oom_kill, 0);
  });

  it('a limit below its page cache only takes that', async () => {
    const memory_bytes = (await service()).usage.needed_bytes + 24 * MiB;
    assert.ok(group.number('memory.current') > memory_bytes + 10 * MiB);
    await set({ memory_bytes: Math.floor(memory_bytes / MiB) * MiB });
    await enforced({ memory_bytes: Math.floor(memory_bytes / MiB) * MiB });
    assert.ok(group.number('memory.current') <= memory_bytes);
    assert.equal(group.keys('memory.events').oom_kill, 0);
    assert.deepEqual((await station.get('/stacks/lim/incidents')).incidents, []);
  });

  it('processor and throttling are what its files say', async () => {
    await set({ memory_bytes: 256 * MiB, cpus: 0.3 });
    await stage.obeys('lim', { HEAP_MB: 90, READ_MB: 60, CPU_PERCENT: 100 });
    await sleep(3000);
    const stat = () => ({ at: Date.now(), ...group.keys('cpu.stat') });
    const seen = new Map();
    const a = stat();
    while (Date.now() - a.at < 8000) {
      const { usage: u } = await service();
      if (u.at > a.at + 1000) seen.set(u.at, u);
      await sleep(300);
    }
    const b = stat();
    const mean = (key) => [...seen.values()].reduce((n, u) => n + u[key], 0) / seen.size;
    const percent = (b.usage_usec - a.usage_usec) / (b.at - a.at) / 10;
    const throttled = 100 * (b.nr_throttled - a.nr_throttled) / (b.nr_periods - a.nr_periods);
    console.log(`# processor ${mean('cpu_percent').toFixed(1)} % (kernel ${percent.toFixed(1)} %), throttled ${mean('throttled_percent').toFixed(1)} % (kernel ${throttled.toFixed(1)} %), ${seen.size} readings`);
    assert.ok(seen.size >= 4);
    near(mean('cpu_percent'), percent, percent, 6, 'processor');
    near(mean('throttled_percent'), throttled, throttled, 15, 'throttled');
    assert.ok(percent > 20 && percent < 40 && throttled > 50, 'the quota was reached');
    await stage.obeys('lim', { HEAP_MB: 90, READ_MB: 60 });
  });

  it('what it writes is what its files say', async () => {
    await set({ memory_bytes: 256 * MiB });
    const a = { at: Date.now(), ...group.io() };
    stage.control('lim', { HEAP_MB: 90, READ_MB: 100 });
    await until('it was written', () => group.io().written - a.written > 100 * MiB, 60000 * slower);
    await sleep(5000);
    const written = group.io().written - a.written;
    const { series, step_s } = await station.get(`/stacks/lim/services/node/history?series=disk_write&from=${a.at - 3000}&points=120`);
    assert.equal(step_s, 1);
    const told = series.disk_write.mean.reduce((n, v) => n + v, 0);
    console.log(`# written ${(told / MiB).toFixed(0)} MiB (kernel ${(written / MiB).toFixed(0)} MiB)`);
    near(told, written, written, 0.1 * written, 'written');
  });

  it("the pressure on the whole machine is the kernel's", async () => {
    await stage.obeys('lim', { CPU_PERCENT: 100 });
    const some = (what) => Number(fs.readFileSync(`/proc/pressure/${what}`, 'utf8').match(/^some avg10=([\d.]+)/)[1]);
    const seen = { cpu: [], io: [], memory: [] };
    const from = Date.now();
    const host = await until('two readings of the machine', async () => {
      for (const what of Object.keys(seen)) seen[what].push(some(what));
      const { host: h } = await station.get('/state');
      return h.at > from + 5000 && h;
    }, 20000 * slower, 100);
    console.log(`# pressure: ${JSON.stringify(host.pressure)}`);
    for (const what of Object.keys(seen)) assert.ok(seen[what].includes(host.pressure[`${what}_percent`]), `${what}: ${host.pressure[`${what}_percent`]} of ${seen[what]}`);
    assert.ok(host.pressure.cpu_percent > 0);
    stage.control('lim', {});
  });
});
