// Upgrades from a registry: compared without pulling, pulled while the old container runs, swapped,
// and taken back when the new one ends or says nothing; and a registry in all its bad moods.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import { REGISTRY_PORT, Stage, images, node, script, sleep, slower, until } from '../lib/fixture.mjs';

describe('upgrades', { timeout: 540000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const at = { height: 0 };
  // Three minutes are the recipe's patience with a node that does not answer: a stack of its own
  // waits them out while the others are tested.
  const mute = {};
  const parity = `127.0.0.1:${REGISTRY_PORT}/parity/parity`;
  const upgrade = (image, state) => station.job('POST', '/stacks/up/upgrade', image ? { image } : {}, state);
  const check = async (image) =>
    station.get('/stacks/up/upgrade' + (image ? `?image=${encodeURIComponent(image)}` : ''));

  before(async () => {
    // The engine tries five times, for over a minute, before it gives a pull up: here, twice will do.
    await stage.set({ parity: ['1.6.8', '1.7.0', 'broken', 'silent'], engineArgs: ['--max-download-attempts', '2'] });
    stage.registry('start');
    await tagAndPush(images['1.6.8'], `${parity}:v1.6.8`);
    await tagAndPush(images.broken, `${parity}:v1.6.9-broken`);
    await tagAndPush(images.silent, `${parity}:v1.6.9-silent`);
    stage.bigImage(images['1.7.0'], `${parity}:v1.7.0`, 8);
    await stage.toRegistry(`${parity}:v1.7.0`);
    await station.start();
  });
  after(() => stage.end());
  beforeEach(() => (stage.witness.events.length = 0));

  async function tagAndPush(image, name) {
    script('lib/images.sh', 'tag', engine.socket, image, name);
    await stage.toRegistry(name);
  }

  /** Nothing has changed: the same container runs on, or came back. */
  async function unharmed(before, { restarted = false } = {}) {
    const now = await engine.inspect('up-node');
    assert.equal(now.Id, before.Id, 'the container from before');
    assert.ok(now.State.Running);
    if (!restarted) assert.equal(now.State.StartedAt, before.State.StartedAt, 'it ran on');
    assert.equal(now.HostConfig.RestartPolicy.Name, 'always');
    assert.equal((await engine.containers()).filter((c) => c.Names[0].startsWith('/up-')).length, 1, 'no other container is left');
    assert.equal((await station.service('up', 'node')).image, now.Config.Image, 'so says the wish');
    at.height = await stage.grows('up', at.height);
  }

  it('installs from the registry', async () => {
    const job = await station.job('POST', '/stacks', { name: 'up', services: [node(`${parity}:v1.6.8`)] });
    assert.match(job.steps.find((s) => s.kind === 'pull').note, /sha256:[0-9a-f]{64}/, 'the digest is told');
    at.height = await stage.grows('up', 0);
  });

  it('gives a version that says nothing its time (ended below)', async () => {
    await station.job('POST', '/stacks', { name: 'mute', services: [node(`${parity}:v1.6.8`)] });
    mute.node = await engine.inspect('mute-node');
    mute.job = await station.begin('POST', '/stacks/mute/upgrade', { image: `${parity}:v1.6.9-silent` });
    await until('it is pulled', async () =>
      (await station.get(`/jobs/${mute.job.id}`)).job.steps.find((s) => s.kind === 'pull').state === 'done');
  });

  it('compares digests without pulling', async () => {
    const same = await check();
    assert.equal(same.newer, false, JSON.stringify(same));
    assert.equal(same.current_digest, same.available_digest);
    assert.equal(same.db_step, 'same');
    const other = await check(`${parity}:v1.7.0`);
    assert.equal(other.newer, true, JSON.stringify(other));
    assert.equal(other.supported, true);
    assert.equal(other.db_step, 'same');
    assert.match(other.available_digest, /^sha256:/);
    const list = (await engine.api('GET', '/images/json')).body.flatMap((i) => i.RepoTags ?? []);
    assert.ok(!list.includes(`${parity}:v1.7.0`), 'nothing was pulled');
    const missing = await check(`${parity}:v1.8.0`);
    assert.equal(missing.newer, null);
    assert.equal(missing.available_digest, null);
    assert.equal(missing.warnings[0].code, 'pull.missing', JSON.stringify(missing.warnings));
    const foreign = await check('library/nginx:1.25');
    assert.equal(foreign.supported, false);
  });

  it('sees a tag that moved to a newer image', async () => {
    stage.bigImage(`${images['1.6.8']}`, `${parity}:v1.6.8`, 1);
    script('lib/images.sh', 'push', engine.socket, `${parity}:v1.6.8`);
    // The engine has both now; the container still is the old one, as after somebody's `docker pull`.
    const before = await engine.inspect('up-node');
    const job = await upgrade();
    const now = await engine.inspect('up-node');
    assert.equal(job.state, 'done');
    assert.notEqual(now.Image, before.Image, 'the same tag, another image');
    assert.equal((await check()).newer, false);
    at.height = await stage.grows('up', at.height);
  });

  it('pulls while the old container runs, with bytes that only grow', async () => {
    stage.registry('start', '--slow', '1500k');
    const before = await engine.inspect('up-node');
    const job = await station.begin('POST', '/stacks/up/upgrade', { image: `${parity}:v1.7.0` });
    const seen = [];
    await until('the pull has ended', async () => {
      const step = (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'pull');
      if (step.state === 'running') {
        assert.equal((await engine.inspect('up-node')).State.StartedAt, before.State.StartedAt, 'the old one runs on');
        if (step.progress) seen.push(step.progress);
      }
      return step.state === 'done';
    }, 60000 * slower, 100);
    const ended = await station.ended(job.id);
    stage.registry('start');
    assert.equal(ended.state, 'done', JSON.stringify(ended.error));
    const done = seen.map((p) => p.done);
    assert.ok(new Set(done).size >= 4, `progress moves: ${done}`);
    assert.deepEqual(done, [...done].sort((a, b) => a - b), 'never back');
    assert.ok(seen.every((p) => p.unit === 'bytes' && p.done <= p.total), JSON.stringify(seen));
    assert.ok(seen.at(-1).total >= 8 * 1024 * 1024, `of ${seen.at(-1).total} bytes`);
    assert.ok(seen.some((p) => p.eta_s !== null && p.eta_s >= 0 && p.eta_s < 60), 'with an estimate');
    at.height = await stage.grows('up', at.height);
    console.log(`# downtime of this upgrade: ${ended.down_ms} ms`);
  });

  it('is down for no longer than it must: beside docker-compose', async () => {
    const ours = [];
    for (const image of [images['1.6.8'], images['1.7.0'], images['1.6.8']]) {
      stage.witness.events.length = 0;
      const job = await upgrade(image);
      const died = stage.witness.events.find((e) => e.action === 'die');
      const began = stage.witness.events.find((e) => e.action === 'start' && e.at > died.at);
      const seen = began.at - died.at;
      ours.push(seen);
      assert.ok(Math.abs(job.down_ms - seen) < 250 * slower, `told ${job.down_ms} ms, the engine's events say ${seen}`);
      assert.ok(seen < 20000);
    }
    console.log(`# ethstation, die to start: ${ours.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
    console.log(`# docker-compose, die to start: ${(await withCompose()).map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
    at.height = await stage.grows('up', at.height);
  });

  /** The same recreate by docker-compose, of a service like ours on a folder of its own. */
  async function withCompose() {
    const dir = path.join(stage.dir, 'compose'), took = [];
    const compose = (...args) =>
      execFileSync('docker-compose', ['-p', 'cmp', ...args], { cwd: dir, env: { ...process.env, DOCKER_HOST: `unix://${engine.socket}` }, stdio: 'pipe' });
    fs.mkdirSync(dir);
    for (const image of [images['1.7.0'], images['1.6.8'], images['1.7.0'], images['1.6.8']]) {
      fs.writeFileSync(path.join(dir, 'docker-compose.yml'), JSON.stringify({
        version: '2.4',
        services: { node: { image, command: ['--base-path', '/data'], volumes: [`${dir}/data:/data`], mem_limit: '512m', restart: 'always' } },
      }));
      stage.witness.events.length = 0;
      compose('up', '-d');
      await sleep(500);
      const died = stage.witness.events.find((e) => e.action === 'die');
      const began = died && stage.witness.events.find((e) => e.action === 'start' && e.at > died.at);
      if (began) took.push(began.at - died.at);
    }
    compose('down');
    return took;
  }

  it('rolls back when the new version ends', async () => {
    const before = await engine.inspect('up-node');
    const job = await upgrade(`${parity}:v1.6.9-broken`, 'rolled_back');
    assert.equal(job.error.code, 'service.ended');
    assert.match(job.error.message, /block checksum mismatch/, 'with its last words');
    await unharmed(before, { restarted: true });
    assert.ok((await stage.events()).some((e) => e.code === 'job.rolled_back'));
  });

  it('can be called back while the new version says nothing', async () => {
    const before = await engine.inspect('up-node');
    const job = await station.begin('POST', '/stacks/up/upgrade', { image: `${parity}:v1.6.9-silent` });
    const verify = await until('it waits for an answer', async () => {
      const step = (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'verify');
      return step.state === 'running' && step.progress?.unit === 'seconds' && step;
    }, 30000 * slower);
    assert.equal(verify.progress.total, 180, "the recipe's patience is shown");
    await station.api('POST', `/jobs/${job.id}/cancel`);
    const ended = await station.ended(job.id);
    assert.equal(ended.state, 'rolled_back');
    assert.equal(ended.error.code, 'job.cancelled');
    await unharmed(before, { restarted: true });
  });

  it('a missing tag changes nothing', async () => {
    const before = await engine.inspect('up-node');
    const job = await upgrade(`${parity}:v1.6.10`, 'rolled_back');
    assert.equal(job.error.code, 'pull.missing');
    await unharmed(before);
  });

  it('an image of unknown lineage is refused', async () => {
    const { status, body } = await station.api('POST', '/stacks/up/upgrade', { image: `127.0.0.1:${REGISTRY_PORT}/somebody/else:v1.6.8` });
    assert.equal(status, 400);
    assert.equal(body.error.code, 'image.unknown');
  });

  it('a registry that is down changes nothing', async () => {
    stage.registry('stop');
    const before = await engine.inspect('up-node');
    const told = await check(`${parity}:v1.7.0`);
    assert.equal(told.newer, null);
    assert.equal(told.warnings[0].code, 'pull.offline', JSON.stringify(told.warnings));
    const job = await upgrade(`${parity}:v1.7.1`, 'rolled_back');
    assert.equal(job.error.code, 'pull.offline');
    await unharmed(before);
  });

  it('a registry that dies in the middle of a pull changes nothing', async () => {
    // so that there is something to pull: the image is forgotten here
    await engine.api('DELETE', `/images/${parity}:v1.7.0?force=1`);
    stage.registry('start', '--slow', '400k');
    const before = await engine.inspect('up-node');
    const job = await station.begin('POST', '/stacks/up/upgrade', { image: `${parity}:v1.7.0` });
    await until('the pull is at work', async () =>
      (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'pull').progress?.done > 0, 30000 * slower);
    stage.registry('kill');
    const ended = await station.ended(job.id, 120000);
    assert.equal(ended.state, 'rolled_back');
    assert.match(ended.error.code, /^pull\.(broken|offline)$/, JSON.stringify(ended.error));
    console.log(`# a registry that died: ${ended.error.code}`);
    await unharmed(before);
  });

  it('a pull can be cancelled', async () => {
    stage.registry('start', '--slow', '400k');
    const before = await engine.inspect('up-node');
    const job = await station.begin('POST', '/stacks/up/upgrade', { image: `${parity}:v1.7.0` });
    await until('the pull is at work', async () =>
      (await station.get(`/jobs/${job.id}`)).job.steps.find((s) => s.kind === 'pull').progress?.done > 0, 30000 * slower);
    const { status } = await station.api('POST', `/jobs/${job.id}/cancel`);
    assert.equal(status, 202);
    const ended = await station.ended(job.id, 30000);
    assert.equal(ended.state, 'rolled_back');
    assert.equal(ended.error.code, 'job.cancelled');
    await unharmed(before);
    const again = await station.api('POST', `/jobs/${job.id}/cancel`);
    assert.equal(again.status, 409);
    assert.equal(again.body.error.code, 'job.ended');
  });

  it('rolls back by itself when the new version never answers', async () => {
    const ended = await station.ended(mute.job.id, 200000);
    assert.equal(ended.state, 'rolled_back');
    assert.equal(ended.error.code, 'rpc.silent');
    assert.ok(ended.ended_at - ended.started_at >= 180000, 'after the whole patience of the recipe');
    const now = await engine.inspect('mute-node');
    assert.equal(now.Id, mute.node.Id, 'the container from before');
    assert.ok(now.State.Running);
    await stage.grows('mute', stage.height('mute'));
  });
});
