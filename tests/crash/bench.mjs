// What the crash tests share: a stack with a program of its own, on one engine with all the others, and the laws
// that hold for it whatever happened. Asked of the engine, the kernel and the disk, never of the program alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { MiB, images, kernel, namespace, node, relay, slower, until } from '../lib/fixture.mjs';
import { Station } from '../lib/station.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const ENTRIES = ['.put_back', 'README.txt', 'ethstation.json', 'kept', 'node', 'relay', 'trash'];

/** The shim that kills the program at a write of its journal (cut.c). */
export function buildShim(stage) {
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-o', path.join(stage.dir, 'cut.so'), path.join(here, 'cut.c'), '-ldl']);
}

/** One stack with a program of its own; all share the engine. */
export class Bench {
  constructor(stage, name, shared = false) {
    this.stage = stage;
    this.name = name;
    this.dir = path.join(stage.dir, name);
    this.cut = path.join(this.dir, 'cut');
    this.station = new Station({
      dir: this.dir, docker: stage.engine.socket,
      env: { LD_PRELOAD: path.join(stage.dir, 'cut.so'), CUT_FILE: this.cut },
    });
    stage.stations.push(this.station);
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
    if (!this.follows) return;
    const chains = new Set(['node', ...where.map((w) => path.join(w, 'node'))].map((w) => fs.statSync(path.join(this.folder, w)).ino));
    for (const [ino, was] of this.chains ?? []) assert.ok(chains.has(ino), `the chain that was in ${was} is gone`);
    this.chains = new Map(['node', ...where.map((w) => path.join(w, 'node'))].map((w) => [fs.statSync(path.join(this.folder, w)).ino, w]));
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

/** A node that somebody made by hand, and the stack that it becomes: `where` is its container's own layer, or a folder. */
export class ByHand extends Bench {
  constructor(stage, name, folder = null) {
    super(stage, name);
    this.old = `${name}-node`; // the stack's container takes its name over
    this.source = folder;
  }

  /** Made as `docker run` would, with a chain in it. */
  async make() {
    const { engine } = this.stage;
    const HostConfig = { RestartPolicy: { Name: 'unless-stopped' }, Memory: this.limits[0], MemorySwap: this.limits[0], Binds: this.source && [`${this.source}:/chain`] };
    const { status, body } = await engine.api('POST', `/containers/create?name=${this.old}`, { Image: images['1.6.8'], Cmd: ['--base-path', '/chain'], HostConfig });
    assert.equal(status, 201, JSON.stringify(body));
    await engine.api('POST', `/containers/${this.old}/start`);
    this.id = body.Id;
    this.place = this.source ?? path.join((await engine.inspect(this.id)).GraphDriver.Data.UpperDir, 'chain');
    await until('it has a chain', () => fs.existsSync(this.place) && Math.max(...Object.values(this.stage.heights(this.place))) > 2, 60000 * slower);
    this.ino = fs.statSync(this.place).ino;
  }

  async stackOf() {
    return (await this.station.get('/stacks')).stacks[0];
  }

  /** The stack's own containers only: what it was taken over from is looked at for itself. */
  async running() {
    return (await super.running()).filter((c) => c.Id !== this.id);
  }

  async lawful(job) {
    await super.lawful(job);
    const stack = await this.stackOf(), said = `${job.title}, ${job.state}`;
    const old = await this.stage.engine.inspect(this.id);
    const copied = this.source !== null;
    if (!stack) {
      assert.equal(old.Name, `/${this.old}`, `${said}: the old container has its name`);
      assert.ok(old.State.Running, `${said}: it runs`);
      assert.equal(old.HostConfig.RestartPolicy.Name, 'unless-stopped', `${said}: its own policy`);
    } else if (stack.adopted) {
      assert.ok(!old.State.Running && old.HostConfig.RestartPolicy.Name === 'no', `${said}: the old container rests`);
      assert.equal(old.Name, `/${stack.adopted.containers[0].kept_as}`);
    } else {
      assert.equal(old?.State.Running ?? false, false, `${said}: the old container rests`);
      assert.equal(old !== null, copied, `${said}: the old container is gone, or holds its copy of the chain`);
    }
    if (!stack || copied) assert.equal(fs.statSync(this.place).ino, this.ino, `${said}: the chain is where it was`);
    if (stack && !copied) assert.equal(fs.statSync(path.join(this.folder, 'node')).ino, this.ino, `${said}: the chain is ours`);
    if (stack) assert.ok(Math.max(...Object.values(this.stage.heights(path.join(this.folder, 'node')))) > 2, `${said}: it is a chain`);
  }
}
