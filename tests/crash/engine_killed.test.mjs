// kill -9 of the engine under every kind of job (world.mjs).
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { STRIKES_MS, World } from './world.mjs';

const LOST_MS = 20000;

describe('kill -9 of the engine', { timeout: 600000 }, () => {
  const world = new World('e', { owner: helps });
  const { stage } = world;
  const { engine } = stage;
  const networks = path.join(engine.dir, 'data/network/files/local-kv.db');

  before(() => world.begin());
  after(() => world.end('engine'));

  /** Docker 20.10 may fall over its own networks when it was killed while it wrote them down: its owner's way out. */
  async function start() {
    try {
      engine.start();
    } catch (e) {
      if (!/panic/.test(fs.readFileSync(path.join(engine.dir, 'log'), 'utf8').slice(-20000))) throw e;
      fs.copyFileSync(`${networks}.good`, networks);
      engine.start();
    }
    await stage.witness.watch();
  }

  /** Docker 20.10 leaves some "unless-stopped" containers stopped when it is killed: they are not ours to start. */
  async function startTheirs(w) {
    const old = w.bench.old && !(await w.stack()) && (await engine.inspect(w.bench.id));
    if (old && !old.State.Running && old.HostConfig.RestartPolicy.Name === 'unless-stopped') await engine.api('POST', `/containers/${old.Id}/start`);
  }

  /**
   * What a killed engine leaves of a task may keep its container from ever starting again, until the engine is
   * restarted: the job says so, and waits.
   */
  async function restartFor(w, job) {
    if (job.waiting !== 'container.lost') w.lost = null;
    else if (Date.now() - (w.lost ??= Date.now()) > LOST_MS) {
      console.log(`# engine: restarted for ${w.bench.name} (${w.kind}), as its page asks for`);
      for (const other of world.workers) other.lost = null;
      engine.stop();
      await start();
      world.mended_at = Date.now(); // and every job begins anew with the engine
    }
  }

  async function helps(w, job) {
    await restartFor(w, job);
    if (job.ended_at) await startTheirs(w);
  }

  for (const ms of STRIKES_MS)
    it(`${ms} ms after all jobs began`, () =>
      world.round(ms, { ready: () => fs.copyFileSync(networks, `${networks}.good`), strike: () => engine.kill(), mend: start }));
});
