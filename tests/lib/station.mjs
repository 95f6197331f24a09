// station: the program under test, started for real on a free loopback port.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** Which build runs: release, asan or tsan. */
export const variant = process.env.VARIANT ?? 'release';
export const program = path.join(root, 'build', variant, 'ethstation');

export { sleep };

/** Calls fn until it gives something true, at most ms. */
export async function until(what, fn, ms = 15000, pause = 50) {
  const end = Date.now() + ms;
  let last;
  while (Date.now() < end) {
    last = await fn();
    if (last) return last;
    await sleep(pause);
  }
  throw new Error(`not within ${ms} ms: ${what}`);
}

export class Station {
  /** dir: a folder of the test's own; docker: path of the engine's socket. */
  constructor({ dir, docker, args = [], settings = {}, env = {} }) {
    this.dir = dir;
    this.docker = docker;
    this.args = args;
    this.program = [program]; // with an emulator before it where the machine is another
    this.env = env;
    /** Most tests are about neither ten minutes of probation nor how full this machine is. */
    this.settings = { probation_s: 1, disk_floor_bytes: 0, ...settings };
    this.log = '';
    fs.mkdirSync(dir, { recursive: true });
  }

  get state() {
    return path.join(this.dir, 'state');
  }

  get data() {
    return path.join(this.dir, 'data');
  }

  command() {
    return [
      'serve', '--listen', '127.0.0.1:0', '--state', this.state, '--data', this.data,
      '--docker', `unix://${this.docker}`, '--log-level', 'debug', ...this.args,
    ];
  }

  /** Starts and waits until it answers; makes an admin token at the first start. */
  async start() {
    this.exited = null;
    const [file, ...before] = this.program;
    this.child = spawn(file, [...before, ...this.command()], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.env } });
    this.child.on('exit', (code, signal) => (this.exited = { code, signal }));
    let out = '';
    this.child.stdout.on('data', (d) => (out += d));
    this.child.stderr.on('data', (d) => (this.log += d));
    const line = await until('the program is ready', () => {
      if (this.exited) throw new Error(`it ended: ${JSON.stringify(this.exited)}\n${this.log}`);
      return out.match(/listening on port (\d+)/);
    }, 60000);
    this.port = Number(line[1]);
    this.setupCode = out.match(/setup code: (\S+)/)?.[1] ?? null;
    this.url = `http://127.0.0.1:${this.port}`;
    if (!this.token) {
      this.token = this.makeToken('tests', 'admin');
      await this.set(this.settings);
    }
    return this;
  }

  async set(settings) {
    const { status, body } = await this.api('PATCH', '/settings', settings);
    if (status !== 200) throw new Error(`PATCH /settings: ${status} ${JSON.stringify(body)}`);
  }

  makeToken(name, scope) {
    const [file, ...before] = this.program;
    return execFileSync(file, [...before, 'token', 'create', '--state', this.state, '--name', name, '--scope', scope], {
      encoding: 'utf8',
    }).trim();
  }

  /** SIGTERM, waits, and insists on a clean end (also: no sanitizer report). */
  async stop() {
    if (!this.exited) {
      this.child.kill('SIGTERM');
      await until('the program ends', () => this.exited, 30000);
    }
    if (this.exited.code !== 0) throw new Error(`it ended with ${JSON.stringify(this.exited)}\n${this.log.slice(-4000)}`);
    // UBSan reports and goes on; a run that was killed on purpose may have left a report as well
    const report = this.log.search(/runtime error:|ERROR: \w+Sanitizer|WARNING: ThreadSanitizer/);
    if (report >= 0) throw new Error(`a sanitizer reported:\n${this.log.slice(report, report + 4000)}`);
  }

  /** SIGKILL: the power cut of a process. */
  async kill() {
    this.child.kill('SIGKILL');
    await until('the program is gone', () => this.exited);
  }

  async api(method, url, body, { token = this.token, headers = {} } = {}) {
    const res = await fetch(url.startsWith('/metrics') ? this.url + url : `${this.url}/api/v1${url}`, {
      method,
      headers: {
        // tests block for seconds in scripts: a kept connection may be closed by then
        Connection: 'close',
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await res.text();
    let parsed = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // not JSON
    }
    return { status: res.status, body: parsed, headers: res.headers };
  }

  async get(url) {
    const { status, body } = await this.api('GET', url);
    if (status !== 200) throw new Error(`GET ${url}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The job that a change began. */
  async begin(method, url, body) {
    const answer = await this.api(method, url, body);
    if (answer.status !== 202) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.job;
  }

  /** Waits for the end of a job. */
  async ended(id, ms = 120000) {
    const end = Date.now() + ms;
    for (;;) {
      const { job } = await this.get(`/jobs/${id}?wait=10`);
      if (['done', 'failed', 'rolled_back'].includes(job.state)) return job;
      if (Date.now() > end) throw new Error(`job ${id} did not end: ${JSON.stringify(job, null, 1)}`);
    }
  }

  /** Does a change and insists that its job ends as `state`. */
  async job(method, url, body, state = 'done') {
    const job = await this.ended((await this.begin(method, url, body)).id);
    if (job.state !== state) throw new Error(`${job.title}: ${job.state}, expected ${state}: ${JSON.stringify(job, null, 1)}`);
    return job;
  }

  async stack(name) {
    return (await this.get(`/stacks/${name}`)).stack;
  }

  async service(stack, name) {
    return (await this.stack(stack)).services.find((s) => s.name === name);
  }
}
