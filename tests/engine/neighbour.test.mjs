// Good neighbour: a real container gets less while other work makes the NAS busy, and more in its quiet hours,
// by live update; the kernel's own files say what it has. Its owner's limits stay what is wanted, whatever is
// restarted meanwhile, and are back at once when it is switched off.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, kernel, limits, node, slower, until } from '../lib/fixture.mjs';

const OWN = limits({ memory_bytes: 256 * MiB, cpus: 1 });
const LESS = { load_per_core: 0.001, for_s: 5, cpus: 0.25, cpu_shares: 128 };
const MORE = { cpus: 1.5, cpu_shares: 2048 };
const OFF = { busy: null, quiet: null };
const AHEAD_MIN = 330; // the local time of this NAS: UTC+5:30

describe('the good neighbour', { timeout: 240000 }, () => {
  const stage = new Stage();
  const { engine, station, witness } = stage;
  let other; // somebody's work on this NAS

  before(async () => {
    await stage.set({ parity: ['1.6.8'] });
    station.env = { TZ: 'NAS-5:30' };
    await station.start();
    await station.job('POST', '/stacks', { name: 'good', services: [node('1.6.8', { limits: OWN })] });
    other = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  });
  after(async () => {
    other?.kill('SIGKILL');
    await stage.end();
  });

  const url = '/stacks/good/services/node/limits';
  const allow = (neighbour) => station.job('PUT', url, { limits: OWN, neighbour });
  const share = async () => {
    const k = kernel((await engine.inspect('good-node')).State.Pid);
    return [k.quota / k.period, k.shares];
  };
  const has = (what, wanted, ms = 15000) => until(what, async () => String(await share()) === String(wanted), ms * slower);
  const told = async (code) => (await stage.events()).filter((e) => e.code === code);
  const now = async () => (await station.service('good', 'node')).neighbour_now;
  /** "HH:MM" on the clock of this NAS, some minutes from now. */
  const clock = (minutes) => new Date(Date.now() + (AHEAD_MIN + minutes) * 60000).toISOString().slice(11, 16);

  it('takes bounds that mean something, and only those', async () => {
    for (const bad of [[], { busy: {} }, { busy: { cpus: 1 } }, { busy: { load_per_core: 1 } }, { busy: { ...LESS, cpus: 100 } },
      { busy: { ...LESS, for_s: 1 } }, { quiet: { from: '1:00', to: '07:00', cpus: 1 } }, { quiet: { from: '01:00', to: '01:00', cpus: 1 } }])
      assert.match((await station.api('PUT', url, { limits: OWN, neighbour: bad, dry_run: true })).body.error.code, /^input\./, JSON.stringify(bad));
    assert.deepEqual((await station.service('good', 'node')).neighbour, OFF, 'off by default');
  });

  it('steps back while the NAS is busy, and the limits stay', async () => {
    await allow({ busy: LESS });
    await has('it stepped back', [0.25, 128]);
    const event = await until('it is told', async () => (await told('neighbour.busy'))[0], 5000 * slower);
    assert.equal(event.type, 'limits', 'a mark on the charts');
    assert.equal(event.actor, 'watchdog');
    assert.match(event.message, /^The NAS is busy with other work: node has 0\.25 CPUs, 128 CPU shares now\.$/);
    const service = await until('the page shows it', async () => {
      const s = await station.service('good', 'node');
      return s.neighbour_now?.busy && s.kernel_limits.cpus === 0.25 ? s : null;
    }, 5000 * slower);
    assert.deepEqual(service.limits, OWN, 'what is wanted');
    assert.deepEqual(service.drift, []);
    assert.equal(kernel((await engine.inspect('good-node')).State.Pid).memory, 256 * MiB);
  });

  it('goes on where it was when the program was restarted', async () => {
    await station.stop();
    assert.deepEqual(await share(), [0.25, 128]);
    await station.start();
    await until('it knows', async () => (await now())?.busy, 10000 * slower);
    assert.deepEqual(await share(), [0.25, 128]);
    assert.equal((await told('neighbour.busy')).length, 1, 'nothing was done again');
  });

  it('has no part in a job: a restart begins with the limits, and then it steps back again', async () => {
    const before = (await told('neighbour.busy')).length;
    await station.job('POST', '/stacks/good/restart', {});
    await until('it stepped back again', async () => (await told('neighbour.busy')).length === before + 1, 15000 * slower);
    await has('the kernel has it', [0.25, 128], 1000);
  });

  it('gives the limits back at once when it is switched off', async () => {
    await allow(OFF);
    assert.deepEqual(await share(), [1, 1024]);
    assert.equal(await now(), null);
  });

  it('follows the clock of the NAS', async () => {
    const { StartedAt } = (await engine.inspect('good-node')).State;
    await allow({ quiet: { from: clock(-2), to: clock(30), ...MORE } });
    await has('quiet hours', [1.5, 2048]);
    await until('they are told', async () => (await told('neighbour.quiet')).length === 1, 5000 * slower);
    assert.equal((await now()).quiet, true);
    await allow({ quiet: { from: clock(30), to: clock(-2), ...MORE } });
    await until('settled', async () => (await now())?.quiet === false, 10000 * slower);
    assert.deepEqual(await share(), [1, 1024], 'not yet quiet');
    assert.equal((await engine.inspect('good-node')).State.StartedAt, StartedAt, 'all of it live');
  });

  it('was never called a drift, and nothing ended but by the restart that was asked for', async () => {
    const { body } = await station.api('GET', '/events?limit=500', undefined, { headers: { Accept: 'application/json' } });
    assert.deepEqual(body.events.filter((e) => e.code === 'limit.drift'), []);
    assert.deepEqual(witness.events.filter((e) => e.action === 'die').map((e) => [e.name, e.exitCode]), [['good-node', '0']]);
    assert.equal(witness.events.filter((e) => e.action === 'create' || e.action === 'destroy').length, 1, 'made once');
  });
});
