// The world breaks under every kind of job at once. Each stack has a program of its own; all are in the middle of a
// job when it happens, each time at another moment. Afterwards every job has ended by itself, and the laws hold
// (bench.mjs).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Stage, sleep, slower, until } from '../lib/fixture.mjs';
import { buildShim } from './bench.mjs';
import { workers } from './work.mjs';

export const STRIKES_MS = [120, 700, 2500]; // after the jobs began
const ENDS_MS = 180000;

/** The end of a log, without the questions of this test. */
function told(log) {
  return log.split('\n').filter((line) => !/ GET \S+: 200/.test(line)).join('\n').slice(-6000);
}

/** One world with all its workers, and one way to break it. */
export class World {
  /** owner(worker, job): what the owner of such a NAS does afterwards; called again and again until all is lawful. */
  constructor(prefix, { layer = true, owner }) {
    this.stage = new Stage();
    this.prefix = prefix;
    this.layer = layer;
    this.owner = owner;
    this.kinds = new Map();
    this.mended_at = 0;
  }

  async begin() {
    const { stage } = this;
    buildShim(stage);
    await stage.set({ parity: ['1.6.8', '1.7.0', 'broken'], withRelay: true, engineArgs: ['--default-address-pool', 'base=10.201.0.0/16,size=24'] });
    if (!this.layer) this.volume = stage.volume(path.join(stage.dir, 'volume'), 2000);
    this.workers = workers(stage, this.prefix, this);
    for (const w of this.workers) this.lay(w.station);
    await this.each((w) => w.begin());
  }

  /** The data of each on the one volume, by a mount of its own. */
  lay(station) {
    if (!this.volume) return;
    const from = path.join(this.volume, path.basename(station.dir));
    for (const d of [from, station.data]) fs.mkdirSync(d, { recursive: true });
    execFileSync('mount', ['--bind', from, station.data]);
    this.stage.volumes.push(station.data);
  }

  async each(fn) {
    const all = await Promise.allSettled(this.workers.map(async (w) => {
      try {
        await fn(w);
      } catch (e) {
        const job = w.job && (await w.station.get(`/jobs/${w.job.id}`).catch(() => null));
        e.message = `${w.bench.name} (${w.kind ?? 'begin'}): ${e.message}\n${JSON.stringify(job)}\n${told(w.station.log)}`;
        throw e;
      }
    }));
    const bad = all.filter((r) => r.status === 'rejected');
    if (bad.length) throw new AggregateError(bad.map((r) => r.reason), bad.map((r) => r.reason.message).join('\n\n'));
  }

  /** Everybody begins; it breaks after `ms`; it is mended, and everybody ends lawfully. */
  async round(ms, { ready = () => {}, strike, mend }) {
    await this.each(async (w) => Object.assign(w, await w.next()));
    ready();
    await this.each((w) => this.start(w));
    await sleep(ms);
    await strike();
    await mend();
    await this.each((w) => this.settles(w));
  }

  async start(w) {
    const { status, body } = await w.station.api(...w.change);
    assert.ok(status === 202, `${w.change.slice(0, 2)}: ${status} ${JSON.stringify(body)}`);
    w.job = body.job;
  }

  /** The job as it ended by itself, within the time that it has since the world was last mended. */
  async ends(w) {
    const began = Date.now();
    for (;;) {
      const { job } = await w.station.get(`/jobs/${w.job.id}`);
      if (job.ended_at) break;
      await this.owner(w, job);
      assert.ok(Date.now() - Math.max(began, this.mended_at) < ENDS_MS * slower, 'the job has not ended');
      await sleep(500);
    }
    return w.bench.ended(w.job.id);
  }

  async settles(w) {
    const job = await this.ends(w);
    const end = Date.now() + 60000 * slower;
    for (;;) {
      await this.owner(w, job);
      try {
        await w.bench.lawful(job);
        await w.lawful?.();
        break;
      } catch (e) {
        if (Date.now() > end) throw e;
        await sleep(500);
      }
    }
    await w.bench.told();
    const row = this.kinds.get(w.kind) ?? { done: 0, rolled_back: 0 };
    row[job.state]++;
    this.kinds.set(w.kind, row);
  }

  /** Until all jobs have ended, at most `ms`. */
  async lasts(ms) {
    await until('all jobs have ended', async () => (await Promise.all(this.workers.map(async (w) => (await w.station.get(`/jobs/${w.job.id}`)).job.ended_at)))
      .every(Boolean), ms, 250).catch(() => {});
  }

  async end(what) {
    let jobs = 0;
    for (const [kind, { done, rolled_back }] of [...this.kinds].sort()) {
      jobs += done + rolled_back;
      console.log(`# ${what.padEnd(16)} ${kind.padEnd(20)} ${String(done).padStart(3)} done ${String(rolled_back).padStart(3)} rolled back`);
    }
    console.log(`# ${what}: ${jobs} jobs of ${this.kinds.size} kinds`);
    for (const w of this.workers ?? []) if (w.station.child && !w.station.exited) await w.station.stop();
    await this.stage.end();
  }
}

/** A suite in which `strike` breaks the volume of the data, until the undo that it answers is called. */
export function diskSuite(what, prefix, strike) {
  describe(what, { timeout: 600000 }, () => {
    const world = new World(prefix, { layer: false, owner: endCrashLoop });

    before(() => world.begin());
    after(() => world.end(what));

    for (const ms of STRIKES_MS)
      it(`${ms} ms after all jobs began`, async () => {
        let undo;
        await world.round(ms, {
          strike: async () => (undo = await strike(world)),
          mend: async () => {
            await world.lasts(8000);
            undo();
          },
        });
      });
  });
}

/** Five crashes end the restarts of a node; what its owner presses then, when there is room again. */
async function endCrashLoop(w) {
  for (const f of (await w.station.get('/state')).findings.filter((x) => x.code === 'node.crash_loop')) {
    const button = f.actions.find((a) => /start/i.test(a.label));
    if (button) await w.station.api(button.method, button.path, button.body);
  }
}
