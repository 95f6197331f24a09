// Limits: given at create, changed live, read back from the kernel, taken away again; what somebody
// else does to them or to the containers is seen within 15 s and put right by one button.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { MiB, Stage, cgroupV1, images, kernel, limits, node, relay, sleep, until } from '../lib/fixture.mjs';

const SEEN_WITHIN_MS = 15000;

describe('limits', { timeout: 400000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const url = '/stacks/lim/services/node/limits';
  const all = {
    memory_bytes: 512 * MiB, memory_reservation_bytes: 256 * MiB, swap_bytes: 128 * MiB,
    cpus: 0.5, cpu_shares: 512,
  };
  // The engine sets I/O weights only with the CFQ scheduler; elsewhere it throws them away.
  const hasWeight = fs.existsSync('/sys/fs/cgroup/blkio/blkio.weight_device') || fs.existsSync('/sys/fs/cgroup/blkio/blkio.weight');
  if (hasWeight) all.blkio_weight = 300;
  before(async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await station.start();
  });
  after(() => stage.end());

  const pid = async (name = 'lim-node') => (await engine.inspect(name)).State.Pid;

  /** The kernel enforces exactly `want`. */
  async function enforced(want, name = 'lim-node') {
    const k = kernel(await pid(name)), w = limits(want);

    assert.equal(k.memory, w.memory_bytes ?? Infinity, 'memory');
    assert.equal(k.memsw, w.memory_bytes ? w.memory_bytes + (w.swap_bytes ?? 0) : Infinity, 'memory and swap');
    assert.equal(k.reservation, w.memory_reservation_bytes ?? Infinity, 'reservation');
    assert.equal(w.cpus === null ? -1 : k.quota / k.period, w.cpus ?? -1, 'CPUs');
    if (w.cpus === null) assert.equal(k.quota, -1, 'no quota');
    assert.equal(k.shares, w.cpu_shares ?? 1024, 'shares');
    if (hasWeight) assert.equal(k.weight, w.blkio_weight ?? 500, 'weight');
  }

  /** And the program says the same, as wanted and as measured. */
  async function told(want, name = 'node') {
    const w = limits(want);
    w.swap_bytes ||= null; // none, in either word
    await until(
      `the program reports ${JSON.stringify(w)}`,
      async () => {
        const { kernel_limits: k, limits: l, drift } = await station.service('lim', name);
        return drift.length === 0 && k && Date.now() - k.at < 5000 &&
          isDeepStrictEqual({ ...k, at: 0 }, { ...w, at: 0 }) && isDeepStrictEqual(l, w);
      },
      5000);
  }

  it('are given at create', async () => {
    assert.ok(cgroupV1, 'this suite reads version 1 of the cgroups');
    await station.job('POST', '/stacks', {
      name: 'lim',
      services: [node('1.6.8', { limits: all }), relay({ limits: { memory_bytes: 128 * MiB, cpus: 0.25 } })],
    });
    await enforced(all);
    await enforced({ memory_bytes: 128 * MiB, cpus: 0.25 }, 'lim-relay');
    await told(all);
  });

  it('that this kernel does not have are told, and nothing is changed', { skip: hasWeight && 'it has them all' }, async () => {
    const before = await engine.inspect('lim-node');
    const live = await station.job('PUT', url, { limits: { ...all, blkio_weight: 300 } }, 'rolled_back');
    assert.equal(live.error.code, 'limit.unsupported');
    assert.match(live.error.message, /weight/i);
    const anew = await station.job('PUT', url, { limits: { ...all, blkio_weight: 300 }, restart: true }, 'rolled_back');
    assert.equal(anew.error.code, 'limit.unsupported');
    assert.equal(anew.steps.find((s) => s.kind === 'stop').state, 'pending', 'found before anything stopped');
    assert.equal((await engine.inspect('lim-node')).State.StartedAt, before.State.StartedAt, 'the node runs on');
    await enforced(all);
    await told(all);
  });

  it('are changed live, without a restart', async () => {
    const started = (await engine.inspect('lim-node')).State.StartedAt;
    const other = { ...all, memory_bytes: 768 * MiB, swap_bytes: 0, cpus: 1.25, cpu_shares: 256, memory_reservation_bytes: 300 * MiB };
    const job = await station.job('PUT', url, { limits: other });
    assert.deepEqual(job.steps.map((s) => s.kind), ['limits', 'commit']);
    await enforced(other);
    await told(other);
    // down again, memory and swap together: an order that the kernel insists on
    await station.job('PUT', url, { limits: all });
    await enforced(all);
    assert.equal((await engine.inspect('lim-node')).State.StartedAt, started);
  });

  it('show in the dry run as the docker command of the same', async () => {
    const { body } = await station.api('PUT', url, { limits: { memory_bytes: 1024 * MiB }, dry_run: true });
    assert.match(body.plan.steps[0].docker, /^docker update --memory 1073741824 --memory-swap 1073741824 .* lim-node$/);
    assert.equal(body.plan.down, false);
    await enforced(all);
  });

  for (const key of Object.keys(all)) {
    it(`go back to unlimited: ${key}`, async () => {
      await station.job('PUT', url, { limits: all });
      const { [key]: gone, ...rest } = all;
      if (key === 'memory_bytes') delete rest.swap_bytes; // without memory there is no swap limit
      await station.job('PUT', url, { limits: rest });
      await enforced(rest);
      await told(rest);
      assert.ok(gone);
    });
  }

  it('go back to unlimited altogether', async () => {
    await station.job('PUT', url, { limits: {} });
    await enforced({});
    await told({});
  });

  it('are refused when they make no sense', async () => {
    for (const [bad, code] of [
      [{ memory_bytes: 1024 }, 'input.limit'], [{ memory_bytes: '1g' }, 'input.type'], [{ cpus: 0 }, 'input.limit'],
      [{ cpu_shares: 1 }, 'input.limit'], [{ blkio_weight: 9 }, 'input.limit'], [{ memory: 1 }, 'input.unknown_field'],
    ]) {
      const { status, body } = await station.api('PUT', url, { limits: bad });
      assert.equal(status, 400, JSON.stringify(bad));
      assert.equal(body.error.code, code, JSON.stringify(bad));
    }
    await enforced({});
  });

  it('below present use are refused with the need, and taken by a restart', async () => {
    const before = await engine.inspect('lim-node');
    stage.control('lim', { HEAP_MB: 300 });
    await until('300 MiB are in use', async () => (await station.service('lim', 'node')).usage?.needed_bytes > 290 * MiB);
    for (const dry_run of [true, false]) {
      const { status, body } = await station.api('PUT', url, { limits: { memory_bytes: 200 * MiB }, dry_run });
      assert.equal(status, 409);
      assert.equal(body.error.code, 'limit.below_use');
      assert.match(body.error.message, /needs 30\d.MiB right now; a limit of 200.MiB/, body.error.message);
      assert.ok(body.error.hint, 'and an offer');
    }
    await enforced({});
    assert.ok((await engine.inspect('lim-node')).State.Running, 'the node was not touched');

    // With a restart it is fine: the node begins small. (It forgets its heap as it ends.)
    const forget = setInterval(() => {
      if (stage.witness.events.some((e) => e.action === 'die' && e.id === before.Id)) stage.control('lim', {});
    }, 10);
    await station.job('PUT', url, { limits: { memory_bytes: 200 * MiB }, restart: true });
    clearInterval(forget);
    await enforced({ memory_bytes: 200 * MiB });
    await told({ memory_bytes: 200 * MiB });
    assert.notEqual((await engine.inspect('lim-node')).Id, before.Id);
  });

  it('that a node cannot start with are taken back', async () => {
    await station.job('PUT', url, { limits: {} });
    stage.control('lim', { HEAP_MB: 300 });
    await until('300 MiB are in use', async () => (await station.service('lim', 'node')).usage?.needed_bytes > 290 * MiB);
    const job = await station.job('PUT', url, { limits: { memory_bytes: 100 * MiB }, restart: true }, 'rolled_back');
    assert.match(job.error.code, /^(service\.ended|memory\.oom)$/);
    assert.ok((await engine.inspect('lim-node')).State.Running);
    await enforced({});
    stage.control('lim', {});
    await until('the heap is given back', async () => (await station.service('lim', 'node')).usage?.needed_bytes < 100 * MiB);
  });

  async function drifts(change, names) {
    const began = Date.now();
    const { status } = await engine.api('POST', '/containers/lim-node/update', change);
    assert.equal(status, 200);
    const finding = await stage.finding('limit.drift', 'node', SEEN_WITHIN_MS);
    const took = Date.now() - began;
    assert.ok(took <= SEEN_WITHIN_MS, `seen after ${took} ms`);
    assert.deepEqual((await station.service('lim', 'node')).drift, names);
    return finding;
  }

  it('changed by docker update are drift; one button sets them again', async () => {
    const want = { memory_bytes: 512 * MiB, cpus: 0.5 };
    await station.job('PUT', url, { limits: want });
    await stage.phase('lim', 'syncing');
    const f = await drifts({ Memory: 900 * MiB, MemorySwap: 900 * MiB }, ['memory_bytes']);
    assert.match(f.message, /900.MiB.*512.MiB/, f.message);
    assert.equal((await station.get('/state')).verdict.word, 'Needs attention');
    await stage.press(f);
    await enforced(want);
    await stage.noFinding('limit.drift');
    await told(want);
    const events = await stage.events();
    const codes = events.map((e) => e.code);
    assert.equal(events.filter((e) => e.type === 'finding' && e.code === 'limit.drift').length, 1, 'told once, and not for our own changes');
    assert.ok(codes.includes('limit.changed'), 'that somebody did it is an event');
    assert.ok(codes.includes('limit.drift') && codes.includes('finding.over'));
  });

  it('changed by docker update are drift; the other button accepts them', async () => {
    const f = await drifts({ CpuPeriod: 100000, CpuQuota: 75000 }, ['cpus']);
    await stage.press(f, /accept/i);
    await stage.noFinding('limit.drift');
    await enforced({ memory_bytes: 512 * MiB, cpus: 0.75 });
    await told({ memory_bytes: 512 * MiB, cpus: 0.75 });
  });

  it('lost with a container that somebody made anew: found, and put right by one button', async () => {
    const ours = await engine.inspect('lim-node');
    await engine.api('POST', '/containers/lim-node/stop?t=10');
    await engine.api('DELETE', '/containers/lim-node');
    const made = await engine.api('POST', '/containers/create?name=lim-node', {
      Image: images['1.6.8'], Cmd: ours.Config.Cmd, HostConfig: { Binds: ours.HostConfig.Binds },
    });
    await engine.api('POST', `/containers/${made.body.Id}/start`);
    const began = Date.now();
    const f = await stage.finding('container.replaced', 'node', SEEN_WITHIN_MS);
    assert.ok(Date.now() - began <= SEEN_WITHIN_MS);
    assert.ok((await station.service('lim', 'node')).drift.includes('container'));

    const before = stage.height('lim');
    await stage.press(f);
    await stage.noFinding('container.replaced');
    const now = await engine.inspect('lim-node');
    assert.equal(now.Config.Labels['org.ethstation.stack'], 'lim');
    await enforced({ memory_bytes: 512 * MiB, cpus: 0.75 });
    assert.ok(await stage.grows('lim', before), 'the same chain');
    const theirs = await engine.inspect(made.body.Id);
    assert.ok(theirs, 'what somebody else made is not removed');
    assert.equal(theirs.State.Running, false);
    assert.match(theirs.Name, /^\/lim-node-before-\d{8}-\d{6}$/);
    assert.deepEqual(stage.witness.doubles, [], 'never two on one folder');
    await engine.api('DELETE', `/containers/${made.body.Id}`);
  });

  it('come back with a container that somebody removed', async () => {
    await stage.longAfterBoot();
    const before = stage.height('lim');
    await engine.api('DELETE', '/containers/lim-node?force=1');
    const f = await stage.finding('container.missing', 'node', SEEN_WITHIN_MS);
    await sleep(3000);
    assert.equal(await engine.inspect('lim-node'), null, 'never made anew without being asked');
    await stage.press(f);
    await stage.noFinding('container.missing');
    await enforced({ memory_bytes: 512 * MiB, cpus: 0.75 });
    await stage.grows('lim', before - 25); // SIGKILL: what was not flushed is lost
  });
});
