// Every kind of job, as something a stack can do next, again and again, from wherever the job before has left it.
import fs from 'node:fs';
import path from 'node:path';

import { MiB, images, slower, until } from '../lib/fixture.mjs';
import { Bench, ByHand } from './bench.mjs';

/** What a worker does next: { kind, change: [method, url, body] }; what has to be so before is brought about first. */
class Worker {
  constructor(bench) {
    this.bench = bench;
    this.turn = 0;
  }

  get station() {
    return this.bench.station;
  }

  get url() {
    return `/stacks/${this.bench.name}`;
  }

  /** Starts the program, and installs the stack that all but a few begin with. */
  async begin() {
    await this.station.start();
    await this.station.job('POST', '/stacks', this.bench.wish);
    this.bench.follows = true;
  }

  async stack() {
    return (await this.station.get('/stacks')).stacks[0];
  }

  chains() {
    return this.station.get(`${this.url}/chains`);
  }

  /** Takes turns. */
  other(...of) {
    return of[this.turn++ % of.length];
  }

  ask(kind, method, url = '', body = undefined) {
    return { kind, change: [method, this.url + url, body] };
  }
}

class InstallAndRemove extends Worker {
  begin() {
    return this.station.start();
  }

  async next() {
    return (await this.stack()) ? this.ask('remove', 'DELETE') : { kind: 'install', change: ['POST', '/stacks', this.bench.wish] };
  }
}

class StartAndStop extends Worker {
  async next() {
    if ((await this.stack()).wanted === 'stopped') return this.ask('start', 'POST', '/start');
    const kind = this.other('stop', 'restart');
    return this.ask(kind, 'POST', `/${kind}`);
  }
}

class Upgrade extends Worker {
  async next() {
    const has = (await this.stack()).services[0].image;
    return this.ask('upgrade', 'POST', '/upgrade', { image: has === images['1.7.0'] ? images['1.6.8'] : images['1.7.0'] });
  }
}

class UpgradeThatFails extends Worker {
  async next() {
    return this.ask('upgrade (fails)', 'POST', '/upgrade', { image: images.broken });
  }
}

class OptionsAndLimits extends Worker {
  async next() {
    const { options, limits } = (await this.stack()).services[0];
    if (this.other('options', 'limits') === 'limits')
      return this.ask('limits', 'PUT', '/services/node/limits', { limits: { memory_bytes: limits.memory_bytes === 500 * MiB ? 501 * MiB : 500 * MiB } });
    return this.ask('options', 'PATCH', '', { services: [{ name: 'node', options: { warp: options.warp === false ? null : false } }] });
  }
}

class ResyncAndPutBack extends Worker {
  async next() {
    const { kept } = await this.chains();
    if (this.other('resync', 'putback') === 'resync' || !kept.length) return this.ask('resync', 'POST', '/resync', {});
    return this.ask('putback', 'POST', '/putback', { chain: kept.at(-1).id });
  }
}

class CopyAndTrash extends Worker {
  async next() {
    const { kept, trash } = await this.chains();
    if (trash.length) return this.ask('untrash', 'POST', '/untrash', { chain: trash[0].id });
    if (kept.length && this.other('copy', 'trash') === 'trash') return this.ask('trash', 'POST', '/trash', { chain: kept[0].id });
    return this.ask('copy', 'POST', '/copy');
  }
}

class Empty extends Worker {
  async begin() {
    await super.begin();
    this.bench.follows = false; // here, and only here, chains end
  }

  async next() {
    if (!(await this.chains()).trash.length) {
      if (!(await this.chains()).kept.length) await this.station.job('POST', `${this.url}/copy`);
      await this.station.job('POST', `${this.url}/trash`, { chain: (await this.chains()).kept[0].id });
    }
    return this.ask('empty', 'POST', '/empty', { confirm: this.bench.name });
  }
}

class Adopt extends Worker {
  async begin() {
    await this.station.start();
    await this.bench.make();
  }

  get adopt() {
    return ['POST', '/adopt', { containers: [this.bench.old], name: this.bench.name }];
  }

  async next() {
    if (await this.stack()) return this.ask('goback', 'POST', '/goback');
    if (this.bench.source) fs.rmSync(this.bench.folder, { recursive: true, force: true }); // both chains stay when one goes back
    return { kind: this.bench.source ? 'adopt (copy)' : 'adopt', change: this.adopt };
  }
}

class LetGo extends Adopt {
  async next() {
    const stack = await this.stack();
    if (stack && !stack.adopted) {
      await this.station.job('DELETE', this.url);
      fs.rmSync(this.bench.folder, { recursive: true });
      await this.bench.stage.engine.api('DELETE', `/containers/${this.bench.id}?force=1`); // one that holds its copy
      await this.bench.make();
    }
    if (!stack?.adopted) await this.station.job(...this.adopt);
    return this.ask('letgo', 'POST', '/letgo');
  }
}

/** A compose file whose chain lies beside the stack's folder, and is moved in. */
class Import extends Worker {
  get old() {
    return path.join(this.station.data, 'by-hand');
  }

  get ours() {
    return path.join(this.bench.folder, 'node');
  }

  async begin() {
    await super.begin();
    await until('it has a chain', () => Math.max(-1, ...Object.values(this.bench.stage.heights(this.ours))) > 2, 60000 * slower);
    await this.station.job('DELETE', this.url);
    this.bench.follows = false; // it leaves the folder for where it came from
    fs.renameSync(this.ours, this.old);
    fs.rmSync(this.bench.folder, { recursive: true });
    this.ino = fs.statSync(this.old).ino;
  }

  async next() {
    if (await this.stack()) return this.ask('goback (import)', 'POST', '/goback');
    const text = `services: {node: {image: "${images['1.6.8']}", mem_limit: 512m, volumes: ["${this.old}:/root/.local/share/io.parity.ethereum"]}}`;
    return { kind: 'import', change: ['POST', '/compose', { name: this.bench.name, files: [{ name: 'docker-compose.yml', text }] }] };
  }

  async lawful() {
    const at = (await this.stack()) ? this.ours : this.old;
    if (fs.statSync(at).ino !== this.ino) throw new Error(`the chain in ${at} is another one`);
  }
}

/** One of each; `prefix` begins their names. `layer`: whether the engine's own folder is on the volume of the data. */
export function workers(stage, prefix, { layer }) {
  let n = 0;
  const name = () => prefix + String.fromCharCode('a'.charCodeAt(0) + n++);
  const far = (at = name()) => {
    const folder = path.join(stage.volume(path.join(stage.dir, `disk-${at}`), 64), 'chain');
    fs.mkdirSync(folder);
    return new ByHand(stage, at, folder);
  };
  const byHand = () => (layer ? new ByHand(stage, name()) : far());
  return [
    new InstallAndRemove(new Bench(stage, name())),
    new StartAndStop(new Bench(stage, name(), true)),
    new Upgrade(new Bench(stage, name())),
    new UpgradeThatFails(new Bench(stage, name())),
    new OptionsAndLimits(new Bench(stage, name())),
    new ResyncAndPutBack(new Bench(stage, name())),
    new CopyAndTrash(new Bench(stage, name())),
    new Empty(new Bench(stage, name())),
    new Adopt(far()),
    ...(layer ? [new Adopt(byHand())] : []),
    new LetGo(byHand()),
    new Import(new Bench(stage, name())),
  ];
}
