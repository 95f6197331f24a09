// The crash matrix: for every kind of job, kill -9 of the program before and after every write of its
// journal, that is before and after every step, forward and back; after every second one once more
// while it recovers. Which steps there are is found by running the job: a new step is covered by itself.
// Afterwards the job has ended by itself, and the laws hold: asked of the engine, the kernel and the disk.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';

import { tree } from '../lib/files.mjs';
import { MiB, Stage, images, kernel, namespace, node, relay, slower, until } from '../lib/fixture.mjs';
import { Station } from '../lib/station.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const ENTRIES = ['.put_back', 'README.txt', 'ethstation.json', 'kept', 'node', 'relay', 'trash'];

/** One stack with a program of its own; all share the engine. */
class Bench {
  constructor(stage, name, shared = false) {
    this.stage = stage;
    this.name = name;
    this.dir = path.join(stage.dir, name);
    this.cut = path.join(this.dir, 'cut');
    this.station = new Station({
      dir: this.dir, docker: stage.engine.socket,
      env: { LD_PRELOAD: path.join(stage.dir, 'cut.so'), CUT_FILE: this.cut },
    });
    this.folder = path.join(this.station.data, name);
    this.limits = [512 * MiB, 128 * MiB];
    this.wish = {
      name, network: shared ? 'shared' : 'private',
      services: [node('1.6.8', { limits: { memory_bytes: this.limits[0] } }), ...(shared ? [relay({ limits: { memory_bytes: this.limits[1] } })] : [])],
    };
    this.height = 0;
    this.rows = [];
    this.ends = new Map();
  }

  /** The journal writes of one undisturbed run. */
  async writes(change, state) {
    fs.rmSync(`${this.cut}.log`, { force: true });
    const job = await this.ended((await this.begin(change)).id);
    assert.equal(job.state, state, `${job.title}: ${JSON.stringify(job.error)}`);
    await this.lawful(job);
    return { writes: fs.readFileSync(`${this.cut}.log`, 'utf8').trim().split('\n'), steps: job.steps.length };
  }

  begin([method, url, body]) {
    return this.station.begin(method, url, body);
  }

  arm(n, when) {
    fs.writeFileSync(`${this.cut}.new`, `${n} ${when}\n`);
    fs.renameSync(`${this.cut}.new`, this.cut);
  }

  async ended(id) {
    const job = await this.station.ended(id, 120000 * slower);
    this.ends.set(job.id, job.state);
    return job;
  }

  /** Waits until the program is killed by the shim, and looks at its state.db as a power cut leaves it. */
  async dies() {
    await until(`${this.name}: the cut`, () => this.station.exited, 60000 * slower, 10);
    assert.equal(this.station.exited.signal, 'SIGKILL', this.station.log.slice(-2000));
    const copy = path.join(this.dir, 'power-cut');
    fs.rmSync(copy, { recursive: true, force: true });
    fs.mkdirSync(copy);
    for (const f of ['state.db', 'state.db-wal']) if (fs.existsSync(path.join(this.station.state, f))) fs.copyFileSync(path.join(this.station.state, f), path.join(copy, f));
    assert.equal(execFileSync('sqlite3', [path.join(copy, 'state.db'), 'PRAGMA integrity_check'], { encoding: 'utf8' }).trim(), 'ok');
  }

  /** One cut: at write n of the job; `again`: at that write of its recovery, too. */
  async at(change, n, when, again) {
    this.arm(n, when);
    let job = null;
    try {
      job = await this.begin(change);
    } catch (e) {
      if (!this.station.exited) await until('it ends', () => this.station.exited, 5000).catch(() => Promise.reject(e));
    }
    await this.dies();
    fs.rmSync(this.cut);
    if (again) this.arm(again, again % 2 ? 'after' : 'before');
    try {
      await this.station.start();
    } catch (e) {
      if (!this.station.exited) throw e; // killed again before it could say that it listens
    }
    job ??= (await this.asked(() => this.station.get('/jobs?limit=1'))).jobs[0];
    const ended = await this.asked(() => this.ended(job.id));
    fs.rmSync(this.cut, { force: true });
    return ended;
  }

  /** Asks; when the program was cut off meanwhile, starts it again and asks again. */
  async asked(fn) {
    for (;;) {
      try {
        return await fn();
      } catch (e) {
        await until('the program is gone', () => this.station.exited, 3000).catch(() => Promise.reject(e));
        assert.equal(this.station.exited.signal, 'SIGKILL');
        fs.rmSync(this.cut, { force: true });
        await this.station.start();
      }
    }
  }

  async running() {
    return (await this.stage.engine.containers()).filter((c) => c.Names[0].startsWith(`/${this.name}-`));
  }

  async lawful(job) {
    const { engine, witness } = this.stage;
    const said = `${job.title}, ${job.state}`;
    assert.ok(['done', 'rolled_back'].includes(job.state), `${said}: ${JSON.stringify(job.error)} ${JSON.stringify(job.steps.map((s) => [s.kind, s.state, s.note]))}`);
    const { stacks } = await this.station.get('/stacks');
    const names = (await this.running()).map((c) => c.Names[0].slice(1)).sort();
    assert.deepEqual(witness.doubles, [], 'never two on one folder');
    this.tidy();
    if (!stacks.length) {
      assert.deepEqual(names, [], `${said}: no container is left`);
      return;
    }
    const [stack] = stacks;
    assert.equal(stack.job, null);
    assert.deepEqual(names, stack.services.map((s) => `${this.name}-${s.name}`).sort(), `${said}: exactly its containers`);
    const pids = [];
    for (const [i, s] of stack.services.entries()) {
      const c = await engine.inspect(`${this.name}-${s.name}`), up = stack.wanted === 'running';
      assert.equal(c.State.Running, up, `${said}: ${s.name} is wanted ${stack.wanted}`);
      assert.equal(c.Config.Image, s.image, `${said}: wanted = actual`);
      assert.equal(c.HostConfig.RestartPolicy.Name, up ? 'always' : 'no', `${said}: ${s.name}`);
      if (!up) continue;
      pids.push(c.State.Pid);
      assert.equal(kernel(c.State.Pid).memory, s.limits.memory_bytes, `${said}: the kernel's limit = the wanted one`);
      if (s.name === 'node') for (const a of s.command) assert.ok(c.Config.Cmd.includes(a), `${said}: argument ${a}`);
    }
    if (stack.network === 'shared' && pids.length === 2) assert.equal(namespace(pids[0]), namespace(pids[1]), `${said}: one network`);
  }

  /** Nothing half-made lies about; every chain that ever was is somewhere. */
  tidy() {
    if (!fs.existsSync(this.folder)) return;
    for (const e of fs.readdirSync(this.folder)) assert.ok(ENTRIES.includes(e), `${e} lies in the folder`);
    const where = ['kept', 'trash'].flatMap((d) => (fs.existsSync(path.join(this.folder, d)) ? fs.readdirSync(path.join(this.folder, d)).map((f) => path.join(d, f)) : []));
    for (const w of where) {
      assert.match(path.basename(w), /^\d{8}-\d{6}-[a-z-]+$/, `${w} is half-made`);
      assert.ok(fs.existsSync(path.join(this.folder, w, 'node')), `${w} holds a chain`);
    }
    const chains = new Set(['node', ...where.map((w) => path.join(w, 'node'))].map((w) => fs.statSync(path.join(this.folder, w)).ino));
    for (const [ino, was] of this.chains ?? []) assert.ok(chains.has(ino), `the chain that was in ${was} is gone`);
    if (this.follows) this.chains = new Map(['node', ...where.map((w) => path.join(w, 'node'))].map((w) => [fs.statSync(path.join(this.folder, w)).ino, w]));
  }

  /** Every end was told once. */
  async told() {
    const { body } = await this.station.api('GET', '/events?limit=500', undefined, { headers: { Accept: 'application/json' } });
    const first = Math.min(...body.events.map((e) => e.data.job).filter((id) => id && body.events.some((e) => e.code === 'job.queued' && e.data.job === id)));
    for (const [id, state] of this.ends) {
      if (Number(id) < first) continue; // beyond the last 500 events
      const ends = body.events.filter((e) => String(e.data.job) === id && /^job\.(done|rolled_back|failed)$/.test(e.code));
      assert.deepEqual(ends.map((e) => e.code), [`job.${state}`], `job ${id} is told once`);
    }
  }

  /**
   * All cuts of one kind of job. change(): the request as things stand now; ready(): brings things to
   * where it can be asked for.
   */
  async row(kind, change, { state = 'done', ready = async () => {}, check = async () => {} } = {}) {
    await ready();
    const { writes, steps } = await this.writes(await change(), state);
    const row = { kind, steps, writes: writes.length, points: 0, again: 0, done: 0, rolled_back: 0 };
    this.rows.push(row);
    // the moment after "done" is the moment before the next "running": once is enough
    const points = writes.flatMap((w, i) => (/running|undoing|rolling_back/.test(w) ? [[i + 1, 'before'], [i + 1, 'after']] : [[i + 1, 'before']]));
    points.push([writes.length, 'after']);
    for (const [i, [n, when]] of points.entries()) {
      await ready();
      const again = i % 2 ? 1 + ((i >> 1) % 4) : 0;
      try {
        const job = await this.at(await change(), n, when, again);
        await this.lawful(job);
        await check(job);
        row[job.state]++;
      } catch (e) {
        e.message = `${kind}, cut ${when} "${writes[n - 1]}" (write ${n})${again ? `, again at write ${again}` : ''}: ${e.message}\n${this.station.log.slice(-4000)}`;
        this.broken = true;
        throw e;
      }
      row.points++;
      row.again += again ? 1 : 0;
    }
  }
}

describe('crash matrix', { timeout: 1200000, concurrency: true }, () => {
  const stage = new Stage();
  const benches = [];

  before(async () => {
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-o', path.join(stage.dir, 'cut.so'), path.join(here, 'cut.c'), '-ldl']);
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
    const b = new Bench(stage, name, shared);
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
});
