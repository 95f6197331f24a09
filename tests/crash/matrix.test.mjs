// The crash matrix: for every kind of job, kill -9 of the program before and after every write of its
// journal, that is before and after every step, forward and back; after every second one once more
// while it recovers. Which steps there are is found by running the job: a new step is covered by itself.
// Afterwards the job has ended by itself, and the laws hold: asked of the engine, the kernel and the disk.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { tree } from '../lib/files.mjs';
import { MiB, Stage, images, slower, until } from '../lib/fixture.mjs';
import { Bench, ByHand, buildShim } from './bench.mjs';

describe('crash matrix', { timeout: 1200000, concurrency: true }, () => {
  const stage = new Stage();
  const benches = [];

  before(async () => {
    buildShim(stage);
    await stage.set({ parity: ['1.6.8', '1.7.0', '2.5.13', 'broken'], withRelay: true });
  });
  after(async () => {
    for (const b of benches) if (b.station.child && !b.station.exited) await b.station.stop();
    table();
    await stage.end();
  });

  function table() {
    const rows = benches.flatMap((b) => b.rows.map((r) => ({ ...r })));
    const sum = (k) => rows.reduce((n, r) => n + r[k], 0);
    console.log('# job                 steps  journal writes  kill points  cut again  done  rolled back');
    for (const r of [...rows, { kind: 'sum', steps: sum('steps'), writes: sum('writes'), points: sum('points'), again: sum('again'), done: sum('done'), rolled_back: sum('rolled_back') }])
      console.log(`# ${r.kind.padEnd(20)} ${String(r.steps).padStart(4)} ${String(r.writes).padStart(15)} ${String(r.points).padStart(12)} ${String(r.again).padStart(10)} ${String(r.done).padStart(5)} ${String(r.rolled_back).padStart(12)}`);
    console.log(`# ${rows.length} kinds of jobs, ${sum('points')} kill points, ${sum('again')} of them cut again while recovering, ${benches.some((b) => b.broken) ? 'A LAW WAS BROKEN' : 'all recovered, 0 laws broken'}`);
  }

  function bench(name, shared) {
    return told(new Bench(stage, name, shared));
  }

  function told(b) {
    benches.push(b);
    return b;
  }

  async function begun(b) {
    await b.station.start();
    await b.station.job('POST', '/stacks', b.wish);
    b.follows = true;
    return b;
  }

  it('install and remove', async () => {
    const b = bench('ma');
    await b.station.start();
    const there = async () => (await b.station.get('/stacks')).stacks.length > 0;
    await b.row('install', async () => ['POST', '/stacks', b.wish], { ready: async () => (await there()) && b.station.job('DELETE', '/stacks/ma') });
    await b.row('remove', async () => ['DELETE', '/stacks/ma'], { ready: async () => (await there()) || b.station.job('POST', '/stacks', b.wish) });
    await b.told();
  });

  it('start, stop, restart and limits of a node that shares its network with a relay', async () => {
    const b = await begun(bench('mb', true));
    const wanted = async () => (await b.station.stack('mb')).wanted;
    const go = async (to) => (await wanted()) === to || b.station.job('POST', `/stacks/mb/${to === 'running' ? 'start' : 'stop'}`);
    await b.row('stop', async () => ['POST', '/stacks/mb/stop'], { ready: () => go('running') });
    await b.row('start', async () => ['POST', '/stacks/mb/start'], { ready: () => go('stopped') });
    await go('running');
    await b.row('restart', async () => ['POST', '/stacks/mb/restart']);
    let i = 0;
    await b.row('limits', async () => ['PUT', '/stacks/mb/services/node/limits', { limits: { memory_bytes: (500 + (i++ % 2)) * MiB } }]);
    await b.told();
  });

  it('upgrade, with a copy, another owner of the folder, and a watch', async () => {
    const b = await begun(bench('mc'));
    let copies = 0;
    const kept = async () => (await b.station.get('/stacks/mc/chains')).kept.length;
    await b.row('upgrade', async () => {
      copies = await kept();
      return ['POST', '/stacks/mc/upgrade', { image: (await b.station.service('mc', 'node')).image === images['1.7.0'] ? images['1.6.8'] : images['1.7.0'] }];
    }, {
      check: async (job) => assert.equal((await kept()) - copies, job.state === 'done' ? 1 : 0, 'one copy more, or none'),
    });
    await b.told();
  });

  it('upgrade that fails and is taken back, with the chain', async () => {
    const b = await begun(bench('md'));
    const version = () => {
      const f = tree(path.join(b.folder, 'node')).find((x) => path.basename(x) === 'db_version');
      return Number(fs.readFileSync(path.join(b.folder, 'node', f), 'utf8'));
    };
    await b.row('upgrade (fails)', async () => ['POST', '/stacks/md/upgrade', { image: images.broken }], {
      state: 'rolled_back',
      check: async (job) => {
        assert.equal(job.state, 'rolled_back');
        assert.equal(version(), 11);
      },
    });
    await b.told();
  });

  it('options', async () => {
    const b = await begun(bench('me'));
    let i = 0;
    await b.row('options', async () => ['PATCH', '/stacks/me', { services: [{ name: 'node', options: { warp: i++ % 2 === 0 ? false : null } }] }]);
    await b.told();
  });

  it('resync and put back', async () => {
    const b = await begun(bench('mf'));
    await b.row('resync', async () => ['POST', '/stacks/mf/resync', {}]);
    await b.row('putback', async () => ['POST', '/stacks/mf/putback', { chain: (await b.station.get('/stacks/mf/chains')).kept.at(-1).id }]);
    await b.told();
  });

  it('copy, trash, out of the trash, empty', async () => {
    const b = await begun(bench('mg'));
    const chains = () => b.station.get('/stacks/mg/chains');
    await b.row('copy', async () => ['POST', '/stacks/mg/copy']);
    const full = async () => (await chains()).trash.length || b.station.job('POST', '/stacks/mg/trash', { chain: (await chains()).kept[0].id });
    await b.row('trash', async () => ['POST', '/stacks/mg/trash', { chain: (await chains()).kept[0].id }]);
    await b.row('untrash', async () => ['POST', '/stacks/mg/untrash', { chain: (await chains()).trash[0].id }], { ready: full });
    b.follows = b.chains = undefined; // here, and only here, chains end
    await b.row('empty', async () => ['POST', '/stacks/mg/empty', { confirm: 'mg' }], {
      ready: async () => {
        if ((await chains()).kept.length < 2) await b.station.job('POST', '/stacks/mg/copy');
        await full();
      },
      check: async () => assert.equal((await chains()).trash.length, 0, 'what was begun is ended'),
    });
    await b.told();
  });

  /** A node made by hand, and the request that adopts it. */
  async function byHand(name, folder) {
    const b = told(new ByHand(stage, name, folder));
    await b.station.start();
    await b.make();
    return { b, adopt: ['POST', '/adopt', { containers: [b.old], name }] };
  }

  it('adopt a node made by hand', async () => {
    const { b, adopt } = await byHand('mh');
    await b.row('adopt', async () => adopt, { ready: async () => (await b.stackOf()) && b.station.job('POST', '/stacks/mh/goback') });
    await b.told();
  });

  it('go back to what was adopted, and let go of it', async () => {
    const { b, adopt } = await byHand('mk');
    await b.row('goback', async () => ['POST', '/stacks/mk/goback'], { ready: async () => (await b.stackOf()) || b.station.job(...adopt) });
    await b.row('letgo', async () => ['POST', '/stacks/mk/letgo'], {
      ready: async () => {
        const stack = await b.stackOf();
        if (stack?.adopted) return;
        if (stack) {
          await b.station.job('DELETE', '/stacks/mk');
          fs.rmSync(b.folder, { recursive: true });
          await b.make();
        }
        await b.station.job(...adopt);
      },
    });
    await b.told();
  });

  it('adopt a node whose chain has to be copied', async () => {
    const folder = path.join(stage.volume(path.join(stage.dir, 'disk'), 64), 'chain');
    fs.mkdirSync(folder);
    const { b, adopt } = await byHand('mi', folder);
    await b.row('adopt (copy)', async () => adopt, {
      ready: async () => {
        if (!(await b.stackOf())) return;
        await b.station.job('POST', '/stacks/mi/goback');
        fs.rmSync(b.folder, { recursive: true }); // both chains stay when one goes back
      },
    });
    await b.told();
  });

  it('import of a compose file, whose chain is moved in', async () => {
    const b = bench('mj');
    const old = path.join(b.dir, 'old'), ours = path.join(b.folder, 'node');
    const text = `services: {node: {image: "${images['1.6.8']}", mem_limit: 512m, volumes: ["${old}:/root/.local/share/io.parity.ethereum"]}}`;
    await b.station.start();
    await b.station.job('POST', '/stacks', b.wish);
    await until('it has a chain', () => Math.max(-1, ...Object.values(stage.heights(ours))) > 2, 60000 * slower);
    await b.station.job('DELETE', '/stacks/mj');
    fs.renameSync(ours, old);
    fs.rmSync(b.folder, { recursive: true });
    const { ino } = fs.statSync(old);
    const there = async () => (await b.station.get('/stacks')).stacks.length > 0;
    await b.row('import', async () => ['POST', '/compose', { name: 'mj', files: [{ name: 'docker-compose.yml', text }] }], {
      ready: async () => (await there()) && b.station.job('POST', '/stacks/mj/goback'),
      check: async () => assert.equal(fs.statSync((await there()) ? ours : old).ino, ino, 'the chain'),
    });
    await b.told();
  });
});
