// fixture: what every engine test starts from: a private engine, doubles, a registry, the program;
// and eyes of its own: the kernel's files and the engine's events, never what the program says.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

import { Engine, script } from './engine.mjs';
import { tree } from './files.mjs';
import { Station, sleep, until, variant } from './station.mjs';

export { script, sleep, until, variant };

export const MiB = 1024 * 1024;
export const REGISTRY_PORT = 5000;
/** Sanitizers slow everything down, an emulated machine (SLOWER) more so; waits are given that much more. */
export const slower = Number(process.env.SLOWER ?? (variant === 'release' ? 1 : 3));

export const images = {
  '1.3.5': 'ethcore/parity:v1.3.5',
  '1.3.9': 'ethcore/parity:v1.3.9',
  '1.6.8': 'parity/parity:v1.6.8',
  '1.7.0': 'parity/parity:v1.7.0',
  '2.5.13': 'parity/parity:v2.5.13-stable',
  '3.3.5': 'openethereum/openethereum:v3.3.5',
  broken: 'parity/parity:v1.6.9-broken',
  silent: 'parity/parity:v1.6.9-silent',
};

/** A node without published ports, as most tests want it. */
export function node(version, more = {}) {
  return { name: 'node', recipe: 'parity', image: images[version] ?? version, ports: [], ...more };
}

export function relay(more = {}) {
  return {
    name: 'relay', recipe: 'ethnetintel', image: 'ethnetintel:latest', ports: [],
    options: { instance_name: 'nas', server: 'ws://127.0.0.1:3000', ...more.options },
    ...Object.fromEntries(Object.entries(more).filter(([k]) => k !== 'options')),
  };
}

/** The whole set of limits, nothing limited but what is given. */
export function limits(some = {}) {
  return {
    memory_bytes: null, memory_reservation_bytes: null, swap_bytes: null,
    cpus: null, cpu_shares: null, blkio_weight: null, ...some,
  };
}

/** The engine's own account of what happened, in order. */
export class Witness {
  constructor(engine) {
    this.engine = engine;
    this.events = [];
    this.running = new Map(); // id → folders it may write
    this.folders = new Map();
    this.doubles = []; // two running containers on one folder: must stay empty
  }

  /** Begins to listen; what runs now is known too. Call again after the engine was restarted. */
  async watch() {
    this.close();
    this.running.clear();
    await new Promise((resolve, reject) => {
      this.request = http.get(
        { socketPath: this.engine.socket, path: '/events?filters=' + encodeURIComponent('{"type":["container"]}') },
        (res) => {
          let rest = '';
          res.setEncoding('utf8');
          res.on('data', (d) => {
            const lines = (rest + d).split('\n');
            rest = lines.pop();
            for (const line of lines) if (line.trim()) this.take(JSON.parse(line));
          });
          res.on('error', () => {});
          resolve();
        },
      );
      this.request.on('error', reject);
      this.request.on('error', () => {});
    });
    for (const c of await this.engine.containers()) if (c.State === 'running') await this.began(c.Id);
    return this;
  }

  take(ev) {
    const a = ev.Actor.Attributes;
    this.events.push({
      at: ev.timeNano / 1e6, action: ev.Action, id: ev.Actor.ID, name: a.name, image: a.image,
      signal: a.signal, exitCode: a.exitCode,
    });
    if (ev.Action === 'start') this.began(ev.Actor.ID);
    if (ev.Action === 'die') this.running.delete(ev.Actor.ID);
  }

  async began(id) {
    this.running.set(id, []); // at once: the answer below may come after its end
    if (!this.folders.has(id)) {
      const c = await this.engine.inspect(id).catch(() => null);
      this.folders.set(id, (c?.HostConfig.Binds ?? []).filter((b) => !b.endsWith(':ro')).map((b) => b.split(':')[0]));
    }
    if (!this.running.has(id)) return;
    this.running.set(id, this.folders.get(id));
    for (const [other, folders] of this.running)
      for (const f of this.folders.get(id))
        if (other !== id && folders.includes(f)) this.doubles.push({ folder: f, containers: [other, id] });
  }

  close() {
    this.request?.destroy();
    this.request = null;
  }
}

export class Stage {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'est-'));
    this.ns = path.basename(this.dir).toLowerCase() + `-${process.pid}`;
    this.engine = new Engine(path.join(this.dir, 'e'), this.ns);
    this.station = new Station({ dir: path.join(this.dir, 'p'), docker: this.engine.socket });
    this.witness = new Witness(this.engine);
    this.volumes = [];
    this.stations = [this.station]; // and what a test adds
    this.leave = () => {
      this.tear();
      process.exit(1);
    };
    process.once('SIGINT', this.leave);
    process.once('SIGTERM', this.leave);
  }

  /** The engine, the named Parity doubles and the relay's. */
  async set({ parity = [], withRelay = false, engineArgs = [] } = {}) {
    this.engine.start(...engineArgs);
    if (parity.length) this.engine.parityImages(...parity);
    if (withRelay) this.engine.relayImage();
    await this.witness.watch();
    return this;
  }

  /** Stops the program (insisting on a clean end), and leaves nothing behind whatever happens. */
  async end() {
    const problems = [];
    process.removeListener('SIGINT', this.leave);
    process.removeListener('SIGTERM', this.leave);
    this.witness.close();
    try {
      if (this.station.child) await this.station.stop();
      assert.deepEqual(this.witness.doubles, [], 'two nodes on one folder');
    } catch (e) {
      problems.push(e);
    }
    if (process.env.KEEP_LOG) fs.writeFileSync(process.env.KEEP_LOG, this.station.log);
    try {
      this.tear();
    } catch (e) {
      problems.push(e);
    }
    if (problems.length) throw problems[0];
  }

  /** A volume of the test's own: a small ext4 on a loop device, mounted at `at` until the end. */
  volume(at, megabytes) {
    const image = path.join(this.dir, `volume-${this.volumes.length}.img`);
    execFileSync('truncate', ['-s', `${megabytes}M`, image]);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
    fs.mkdirSync(at, { recursive: true });
    execFileSync('mount', ['-o', 'loop', image, at]);
    this.volumes.push(at);
    return at;
  }

  tear() {
    for (const s of this.stations) if (s.child && !s.exited) s.child.kill('SIGKILL');
    if (this.hasRegistry) this.registry('wipe');
    this.engine.wipe();
    for (const at of this.volumes.splice(0)) execFileSync('umount', ['-l', at]);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** start [--slow RATE], stop, kill, wipe */
  registry(command, ...args) {
    this.hasRegistry = true;
    script('lib/registry.sh', command, this.engine.dir, this.ns, String(REGISTRY_PORT), ...args);
  }

  /** An image like `base` with some megabytes of noise in two layers: its pull takes a while. */
  bigImage(base, name, megabytes = 4) {
    const context = fs.mkdtempSync(path.join(this.dir, 'build-'));
    for (const layer of ['one', 'two']) fs.writeFileSync(path.join(context, layer), randomBytes((megabytes / 2) * MiB));
    fs.writeFileSync(path.join(context, 'Dockerfile'), `FROM ${base}\nCOPY one /one\nCOPY two /two\n`);
    script('lib/images.sh', 'build', this.engine.socket, context, name);
    fs.rmSync(context, { recursive: true });
  }

  /** Pushes an image to the stage's registry and forgets it here. */
  async toRegistry(name) {
    script('lib/images.sh', 'push', this.engine.socket, name);
    await this.engine.api('DELETE', `/images/${name}?force=1`);
  }

  /* ---- the program's answers ---- */

  async findings(code) {
    return (await this.station.get('/state')).findings.filter((f) => !code || f.code === code);
  }

  finding(code, service, ms = 15000) {
    return until(
      `the finding ${code}`,
      async () => (await this.findings(code)).find((f) => !service || f.service === service),
      ms * slower, 100);
  }

  noFinding(code, ms = 15000) {
    return until(`no more finding ${code}`, async () => (await this.findings(code)).length === 0, ms * slower, 100);
  }

  /** Presses a button of a finding, as the page does; waits for its job. */
  async press(finding, label) {
    const button = finding.actions.find((a) => (label ? label.test(a.label) : a.primary));
    assert.ok(button, `a button ${label ?? '(the first one)'} in ${JSON.stringify(finding.actions)}`);
    return this.station.job(button.method, button.path, button.body);
  }

  /** Soon after boot the program does not believe that a container is missing (on purpose). */
  async longAfterBoot() {
    while (os.uptime() < 302) await sleep(1000);
  }

  /** Stored events, oldest first. */
  async events() {
    const { body } = await this.station.api('GET', '/events?limit=500', undefined, { headers: { Accept: 'application/json' } });
    return body.events.reverse();
  }

  /** The node's phase in the program's words. */
  phase(stack, phase, ms = 20000) {
    return until(
      `phase ${phase}`,
      async () => {
        const { sync } = await this.station.service(stack, 'node');
        return sync?.phase === phase ? sync : null;
      },
      ms * slower, 200);
  }

  /* ---- the double ---- */

  folder(stack) {
    return path.join(this.station.data, stack);
  }

  /** Tells the double how to behave from now on; replaces what it was told before. */
  control(stack, settings) {
    const file = path.join(this.folder(stack), 'node/double.control');
    fs.writeFileSync(`${file}.new`, Object.entries(settings).map(([k, v]) => `${k}=${v}\n`).join(''));
    fs.renameSync(`${file}.new`, file);
  }

  /** The same, and waits until it has read it. */
  async obeys(stack, settings) {
    this.control(stack, settings);
    await sleep(450);
  }

  /** Databases below a folder: {path of the file: height}. */
  heights(folder) {
    const found = {};
    for (const file of tree(folder))
      if (path.basename(file) === 'MANIFEST-000001')
        found[file] = Number(fs.readFileSync(path.join(folder, file), 'utf8').match(/^head (\d+)/)?.[1] ?? 0);
    return found;
  }

  /** The height that is on disk. */
  height(stack) {
    return Math.max(-1, ...Object.values(this.heights(path.join(this.folder(stack), 'node'))));
  }

  /** Waits until the node on disk is higher than `than`. */
  grows(stack, than) {
    return until(`blocks after ${than}`, () => this.height(stack) > than && this.height(stack), 15000 * slower);
  }

  /** The same on a volume that was full: five crashes end the restarts of a node, and its owner presses Start. */
  growsAgain(stack, than) {
    return until(`blocks after ${than}`, async () => {
      const loop = (await this.findings('node.crash_loop')).find((f) => f.stack === stack);
      if (loop) await this.press(loop, /start/i);
      return this.height(stack) > than && this.height(stack);
    }, 15000 * slower);
  }

  /** Asks the node itself, inside its network namespace. */
  rpc(pid, method, params = []) {
    const out = execFileSync('nsenter', ['-t', String(pid), '-n', 'curl', '-s', '--max-time', '3',
      '-H', 'Content-Type: application/json', '-d', JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      'http://127.0.0.1:8545/'], { encoding: 'utf8' });
    return JSON.parse(out).result;
  }
}

/* ---- the kernel's own word ---- */

/** Which network namespace a process is in; equal to no other when the process is gone. */
export function namespace(pid) {
  try {
    return fs.readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return Symbol(`process ${pid} is gone`);
  }
}

/** Folder of a process in one cgroup hierarchy (or the unified one). */
function group(pid, controller) {
  for (const line of fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')) {
    const [, names, where] = line.match(/^\d+:([^:]*):(.*)$/);
    if (names.split(',').includes(controller)) return path.join('/sys/fs/cgroup', controller, where);
    if (!names && fs.existsSync('/sys/fs/cgroup/cgroup.controllers')) return path.join('/sys/fs/cgroup', where);
  }
  throw new Error(`no ${controller} cgroup for process ${pid}`);
}

function number(pid, controller, file) {
  const f = path.join(group(pid, controller), file);
  if (!fs.existsSync(f)) return undefined;
  const n = Number(fs.readFileSync(f, 'utf8').trim());
  return n > 1e18 ? Infinity : n;
}

export const cgroupV1 = !fs.existsSync('/sys/fs/cgroup/cgroup.controllers');

/** Limits as version 1 reports them; quota -1 and Infinity mean none. */
export function kernel(pid) {
  return {
    memory: number(pid, 'memory', 'memory.limit_in_bytes'),
    memsw: number(pid, 'memory', 'memory.memsw.limit_in_bytes'),
    reservation: number(pid, 'memory', 'memory.soft_limit_in_bytes'),
    quota: number(pid, 'cpu', 'cpu.cfs_quota_us'),
    period: number(pid, 'cpu', 'cpu.cfs_period_us'),
    shares: number(pid, 'cpu', 'cpu.shares'),
    weight: number(pid, 'blkio', 'blkio.weight') ?? number(pid, 'blkio', 'blkio.bfq.weight'),
  };
}

/** Processes whose command line names `what`. */
export function processes(what) {
  return spawnSync('pgrep', ['-f', '--', what], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number);
}
