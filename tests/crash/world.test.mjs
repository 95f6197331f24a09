// The world breaks under every kind of job at once: kill -9 of the engine, a full volume, a folder that became
// read-only. Stacks of many kinds work side by side, each with a program and a volume of its own; the break comes
// later from round to round. When the world is whole again, every job ends by itself, and the laws hold.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, images, sleep, slower, until } from '../lib/fixture.mjs';
import { Bench, ByHand, buildShim } from './bench.mjs';

const VOLUME_MB = 400;

describe('the world breaks', { timeout: 900000 }, () => {
  const stage = new Stage();
  const { engine } = stage;
  /** Each: its bench, and the request that fits what it is now. */
  const works = [];
  const told = new Map();

  before(async () => {
    buildShim(stage);
    await stage.set({ parity: ['1.6.8', '1.7.0'], withRelay: true });
    await Promise.all([install(), run(), upgrade(), options(), chains(), byHand()]);
  });
  after(async () => {
    table();
    for (const { b } of works) if (b.station.child && !b.station.exited) await b.station.stop();
    await stage.end();
  });

  async function work(b, next, { stack = true } = {}) {
    stage.volume(b.station.data, VOLUME_MB);
    await b.station.start();
    if (stack) await b.station.job('POST', '/stacks', b.wish);
    works.push({ b, next });
    return b;
  }

  const there = async (b) => (await b.station.get('/stacks')).stacks[0];
  const post = (b, what, body) => ['POST', `/stacks/${b.name}/${what}`, body];
  const pick = (n, list) => list[n % list.length];

  const install = () => work(new Bench(stage, 'wa'), async (b) => ((await there(b)) ? ['DELETE', '/stacks/wa'] : ['POST', '/stacks', b.wish]), { stack: false });

  const run = () => work(new Bench(stage, 'wb', true), async (b, n) => {
    if ((await there(b)).wanted !== 'running') return post(b, 'start');
    return pick(n, [post(b, 'restart'), post(b, 'stop'), ['PUT', '/stacks/wb/services/node/limits', { limits: { memory_bytes: (500 + n) * MiB } }]]);
  });

  const upgrade = () => work(new Bench(stage, 'wc'), async (b) => {
    const { image } = await b.station.service('wc', 'node');
    return post(b, 'upgrade', { image: image === images['1.7.0'] ? images['1.6.8'] : images['1.7.0'] });
  });

  const options = () => work(new Bench(stage, 'wd'), async (b, n) => ['PATCH', '/stacks/wd', { services: [{ name: 'node', options: { max_peers: 20 + n, warp: n % 2 ? false : null } }] }]);

  const chains = () => work(new Bench(stage, 'we'), async (b, n) => {
    const { kept, trash } = await b.station.get('/stacks/we/chains');
    if (n % 5 === 3 && trash.length) return post(b, 'untrash', { chain: trash[0].id });
    if (n % 5 === 4 && trash.length) return post(b, 'empty', { confirm: 'we' });
    if (kept.length < 2) return post(b, 'copy');
    return pick(n, [post(b, 'resync', {}), post(b, 'putback', { chain: kept.at(-1).id }), post(b, 'trash', { chain: kept.at(-1).id })]);
  });

  const byHand = async () => {
    const b = await work(new ByHand(stage, 'wh'), async () => ((await there(b)) ? post(b, 'goback') : ['POST', '/adopt', { containers: [b.old], name: 'wh' }]), { stack: false });
    // renamed on one volume: the layer lies on the engine's, so the folder has to, too
    execFileSync('umount', [stage.volumes.splice(stage.volumes.indexOf(b.station.data), 1)[0]]);
    await b.make();
  };

  /** What each job came to, by the break it met. */
  function note(broken, job) {
    const key = `${broken.padEnd(12)} ${job.action}`;
    const row = told.get(key) ?? { done: 0, rolled_back: 0 };
    row[job.state]++;
    told.set(key, row);
  }

  function table() {
    console.log('# met          job           done  rolled back');
    for (const [key, r] of [...told].sort()) console.log(`# ${key.padEnd(26)} ${String(r.done).padStart(4)} ${String(r.rolled_back).padStart(12)}`);
  }

  /** The laws, as soon as everything that starts by itself has started. */
  async function lawful(b, job) {
    let last;
    await until(`${b.name} is lawful`, () => b.lawful(job).then(() => true, (e) => ((last = e), false)), 90000 * slower, 500).catch(() => Promise.reject(last));
  }

  /** Every stack begins a job; after ms the world breaks; it is whole again a while later. */
  async function round(n, broken, ms, breaks, mends) {
    const jobs = await Promise.all(works.map(async ({ b, next }) => ({ b, job: await b.begin(await next(b, n)) })));
    await sleep(ms);
    await breaks();
    await sleep(2500);
    await mends();
    for (const { b, job } of jobs) {
      const ended = await b.ended(job.id);
      assert.ok(['done', 'rolled_back'].includes(ended.state), `${broken} after ${ms} ms: ${ended.title} ${ended.state}: ${JSON.stringify(ended.error)} ${JSON.stringify(ended.steps.map((s) => [s.kind, s.state, s.note]))}`);
      note(broken, ended);
      await lawful(b, ended);
    }
  }

  const moments = [0, 60, 150, 300, 500, 800, 1200, 1800, 2600, 3600];

  it('kill -9 of the engine', async () => {
    for (const [n, ms] of moments.entries())
      await round(n, 'engine', ms, () => engine.kill(), async () => {
        engine.start();
        await stage.witness.watch();
      });
  });

  const volumes = () => stage.volumes;

  it('a full volume', async () => {
    const filler = (at) => path.join(at, 'somebody-else');
    const fill = (at) => {
      const { bavail, bsize } = fs.statfsSync(at);
      execFileSync('fallocate', ['-l', String(Math.max(1, bavail) * bsize), filler(at)], { stdio: 'ignore' });
    };
    for (const [n, ms] of moments.entries())
      await round(n, 'full', ms, () => volumes().forEach((at) => assert.doesNotThrow(() => fill(at))), () => volumes().forEach((at) => fs.rmSync(filler(at))));
  });

  it('a folder that is read-only', async () => {
    const set = (how) => volumes().forEach((at) => execFileSync('mount', ['-o', `remount,bind,${how}`, at]));
    for (const [n, ms] of moments.entries()) await round(n, 'read-only', ms, () => set('ro'), () => set('rw'));
  });
});
