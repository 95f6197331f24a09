// engine: a private Docker engine (engine.sh) and its API, for tests.
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Runs a script of tests/; its output is shown only when it fails. */
export function script(name, ...args) {
  try {
    return execFileSync(path.join(here, '..', name), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (e) {
    throw new Error(`${name} ${args.join(' ')} failed:\n${e.stdout}${e.stderr}`);
  }
}

export class Engine {
  constructor(dir, ns) {
    this.dir = dir;
    this.ns = ns;
    this.socket = path.join(dir, 's');
  }

  start(...dockerdArgs) {
    script('lib/engine.sh', 'start', this.dir, this.ns, ...dockerdArgs);
    return this;
  }

  stop() {
    script('lib/engine.sh', 'stop', this.dir, this.ns);
  }

  kill() {
    script('lib/engine.sh', 'kill', this.dir, this.ns);
  }

  wipe() {
    script('lib/engine.sh', 'wipe', this.dir, this.ns);
  }

  /** Runs a command inside the engine's network namespace. */
  run(...command) {
    return script('lib/engine.sh', 'run', this.dir, this.ns, ...command);
  }

  /** One call of the Engine API; resolves to {status, body} with the body parsed when it is JSON. */
  api(method, url, body) {
    return new Promise((resolve, reject) => {
      const req = http.request(
        // a connection of its own: tests block for seconds in scripts, and a kept one may be closed by then
        { socketPath: this.socket, method, path: url, agent: false, headers: { 'Content-Type': 'application/json' } },
        (res) => {
          let text = '';
          res.setEncoding('utf8');
          res.on('data', (d) => (text += d));
          res.on('end', () => {
            let parsed = text;
            try {
              parsed = JSON.parse(text);
            } catch {
              // not JSON: the text itself
            }
            resolve({ status: res.statusCode, body: parsed });
          });
        },
      );
      req.on('error', reject);
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Inspect; null when there is no such container. */
  async inspect(name) {
    const { status, body } = await this.api('GET', `/containers/${name}/json`);
    if (status === 404) return null;
    if (status !== 200) throw new Error(`inspect ${name}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async containers() {
    return (await this.api('GET', '/containers/json?all=1')).body;
  }

  /** Removes every container and network that a test may have left. */
  async clean() {
    for (const c of await this.containers()) await this.api('DELETE', `/containers/${c.Id}?force=1&v=1`);
    for (const n of (await this.api('GET', '/networks')).body)
      if (n.Name.startsWith('ethstation-')) await this.api('DELETE', `/networks/${n.Id}`);
  }

  parityImages(...args) {
    script('doubles/parity/images.sh', this.socket, ...args);
  }

  relayImage() {
    script('doubles/ethnetintel/image.sh', this.socket);
  }
}
