// engine: the package on a NAS whose Container Station is a real Docker engine: what its containers see of an upgrade, of
// a removal and of a reinstallation.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, kernel, limits, node, relay } from '../lib/fixture.mjs';
import { checks } from './install.mjs';
import { Nas, until } from './nas.mjs';
import { Packages, newer, older } from './packages.mjs';

const SECRET = 'correct-horse-battery-staple';
const VOLUME = '/share/CACHEDEV1_DATA';

const wish = {
  name: 'eth',
  network: 'private',
  services: [
    node('1.6.8', { limits: { memory_bytes: 512 * MiB, cpus: 0.5 } }),
    relay({ limits: { memory_bytes: 128 * MiB }, secrets: { WS_SECRET: SECRET } }),
  ],
};

describe('a package beside a real engine', { timeout: 900000 }, () => {
  const stage = new Stage();
  const { engine } = stage;
  const packages = new Packages();
  let nas, token, made = [];

  /** Both the engine and the NAS must see the volume under its name: the engine runs among the NAS's mounts. */
  async function share() {
    engine.start(); // mounts the cgroups, so that the NAS has them, too
    engine.parityImages('1.6.8');
    engine.relayImage();
    engine.stop();
    nas = new Nas({ arch: 'x86_64', shell: 'bash', engine, volumeSize: '2g' });
    await nas.make();
    for (const dir of ['/share', VOLUME])
      if (!fs.existsSync(dir)) {
        fs.mkdirSync(dir);
        made.unshift(dir);
      }
    nas.amongMounts('mount', '--bind', path.join(nas.dir, 'vol1'), VOLUME);
    const dockerd = path.join(stage.dir, 'dockerd');
    fs.writeFileSync(dockerd, `#!/bin/sh\nexec nsenter -m -t ${nas.holder.pid} /usr/sbin/dockerd "$@"\n`, { mode: 0o755 });
    process.env.DOCKERD = dockerd;
    engine.start();
    await stage.witness.watch();
  }
  before(share);
  after(async () => {
    await stage.end();
    await nas?.end();
    packages.end();
    for (const dir of made) fs.rmdirSync(dir);
  });

  const api = (url, { method = 'GET', body } = {}) => {
    const res = nas.http(`${nas.url}/api/v1${url}`, {
      method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    return res && JSON.parse(res.body);
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const ended = (id) => until(`the end of job ${id}`, () => {
    const { job } = api(`/jobs/${id}`) ?? {};
    return job && !['running', 'queued', 'undoing'].includes(job.state) && job;
  }, 120000, 300);
  const job = async (url, options) => {
    const begun = api(url, options);
    assert.ok(begun.job, JSON.stringify(begun));
    const done = await ended(begun.job.id);
    assert.equal(done.state, 'done', JSON.stringify(done.error));
  };
  /** Who the containers are, since when they run, and what the kernel holds them to. */
  const containers = async () =>
    Promise.all(['eth-node', 'eth-relay'].map(async (name) => {
      const c = await engine.inspect(name);
      assert.ok(c, `${name} is there`);
      return { name, id: c.Id, running: c.State.Running, since: c.State.StartedAt, restarts: c.RestartCount, memory: c.State.Pid ? kernel(c.State.Pid).memory : 0 };
    }));
  const healthy = () => until('no finding', () => api('/state')?.findings.filter((f) => /^(drift|container|limit)/.test(f.code)).length === 0, 60000, 500);

  it('installs a stack through the engine of Container Station', async () => {
    checks.install(nas, packages.get('x86_64', older));
    token = nas.token();
    await until('the engine is found', () => api('/state').engine.status === 'connected', 30000, 300);
    await job('/stacks', { method: 'POST', body: wish });
    const [n, r] = await containers();
    assert.equal(n.memory, 512 * MiB);
    assert.equal(r.memory, 128 * MiB);
    assert.ok(nas.exists('vol1/EthereumStation/data/eth/node'), 'the chain is on the volume');
    await healthy();
  });

  it('is upgraded while the containers run on: none stops, no sample is missed but in the restart, limits and secrets as before', async (t) => {
    const was = await containers();
    const config = 'vol1/EthereumStation/data/eth/relay/app.json';
    const secret = nas.read(config);
    assert.ok(secret.includes(SECRET));
    const from = Date.now() - 5000;
    await pause(6000);
    const began = Date.now();
    await checks.upgrade(nas, packages.get('x86_64', newer), newer, token);
    const took = Date.now() - began;
    await healthy();
    await pause(6000);
    assert.deepEqual(await containers(), was);
    assert.deepEqual(stage.witness.events.filter((e) => ['die', 'kill', 'stop', 'pause'].includes(e.action) && e.at > began), []);
    assert.equal(nas.read(config), secret);
    const { t: at, series } = api(`/stacks/eth/services/node/history?series=memory_needed&from=${from}&to=${Date.now()}&points=200`);
    const times = at.filter((_, i) => series.memory_needed.mean[i] !== null);
    const gap = Math.max(...times.slice(1).map((ms, i) => ms - times[i]));
    t.diagnostic(`longest time without a sample: ${gap / 1000} s; the upgrade took ${took / 1000} s`);
    assert.ok(times.length >= 8, `${times.length} samples`);
    assert.ok(gap <= 10000 + took, `${gap} ms`);
  });

  it('is upgraded in the middle of a job, which then goes on to its end', async () => {
    await obeys({ STOP_DELAY_MS: 4000 });
    const begun = api('/stacks/eth/restart', { method: 'POST', body: {} });
    await until('the node is stopping', () => api(`/jobs/${begun.job.id}`).job.steps.some((s) => s.kind === 'stop' && s.state === 'running'), 30000, 100);
    checks.install(nas, packages.get('x86_64', newer));
    assert.equal((await ended(begun.job.id)).state, 'done');
    await obeys({});
    await healthy();
    assert.ok((await containers()).every((c) => c.running));
  });

  it('is removed and comes back while the containers run on, and knows them as its own', async () => {
    const was = await containers();
    assert.equal(nas.remove().status, 0);
    assert.deepEqual(nas.programs(), []);
    assert.deepEqual(await containers(), was);
    checks.install(nas, packages.get('x86_64', newer));
    await healthy();
    assert.deepEqual(await containers(), was);
    const stack = api('/stacks/eth').stack;
    assert.equal(stack.services.find((s) => s.name === 'node').container.id, was[0].id);
  });

  it('stops the containers cleanly when it is removed, if the owner set it so; the chain stays', async () => {
    assert.equal(api('/settings', { method: 'PATCH', body: { when_removed: 'stop' } }).when_removed, 'stop');
    assert.equal(nas.remove().status, 0);
    for (const name of ['eth-node', 'eth-relay']) {
      const { State } = await engine.inspect(name);
      assert.equal(State.Running, false, name);
      assert.notEqual(State.ExitCode, 137, 'not by force');
    }
    assert.ok(fs.readdirSync(nas.at('vol1/EthereumStation/data/eth/node')).length > 0);
    checks.install(nas, packages.get('x86_64', newer));
    // what the owner wanted to run is started again, by a job of the watchdog
    await until('both run again', async () => (await containers()).every((c) => c.running), 60000, 500);
    await healthy();
  });

  /** Tells the double how to behave, as fixture's obeys, on the NAS's volume. */
  async function obeys(settings) {
    const file = 'vol1/EthereumStation/data/eth/node/double.control';
    nas.write(file, Object.entries(settings).map(([k, v]) => `${k}=${v}\n`).join(''));
    await pause(700);
  }
});
