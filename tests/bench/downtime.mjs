// downtime: an upgrade by the program, beside `docker-compose up -d` doing the same recreate, on the
// same engine with the same image, in turn. By the engine's own events.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { images, node } from '../lib/fixture.mjs';
import { median, n, sleep, stage, table, target, until, watchMachine } from './bench.mjs';

const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const PAUSE_MS = 4000;
const NAMES = { down: 'end → start', client: '  end → asked to start', engine: '  asked → started', whole: 'signal → start' };

const s = stage();
const { engine, station, witness } = s;
const tag = (i) => images['1.6.8'].replace('1.6.8', `1.6.${8 + i}`); // names of one image

/** When the engine was last asked to start a container, by its own log; in ms. */
function asked() {
  const line = fs.readFileSync(path.join(engine.dir, 'log'), 'utf8').split('\n').filter((l) => /Calling POST [^ ]*\/start"/.test(l)).at(-1);
  return Date.parse(line.match(/time="([^"]+)"/)[1]);
}

/** From the engine's events since `from`: the old process's end, the call to start, the start. */
async function spent(from) {
  const news = () => witness.events.slice(from);
  const find = (action, after = 0) => news().find((e) => e.action === action && e.at > after)?.at;
  await until('a start after an end', () => find('die') && find('start', find('die')));
  const [kill, die] = [find('kill'), find('die')];
  const start = find('start', die);
  return { down: start - die, client: asked() - die, engine: start - asked(), whole: start - kill };
}

/** The service as docker-compose wants it: what the program made, with a folder of its own. */
function compose(made, image) {
  const dir = path.join(s.dir, 'compose');
  fs.mkdirSync(path.join(dir, 'data'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'docker-compose.yml'), JSON.stringify({
    version: '2.4',
    services: { node: { image, command: made.Config.Cmd, restart: 'always', volumes: [`${dir}/data:/data`] } },
  }));
  execFileSync('docker-compose', ['--project-directory', dir, '-f', path.join(dir, 'docker-compose.yml'), 'up', '-d'],
    { env: { ...process.env, DOCKER_HOST: `unix://${engine.socket}` }, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** One recreate, and calm before the next: an engine is busy for seconds after a start. */
async function measure(list, recreate) {
  const from = witness.events.length;
  await recreate();
  list.push(await spent(from));
  await sleep(PAUSE_MS);
}

try {
  fs.mkdirSync(engine.dir, { recursive: true });
  fs.writeFileSync(path.join(engine.dir, 'daemon.json'), '{"debug": true}'); // its log tells each call
  await s.set({ parity: ['1.6.8'] });
  const [repo] = tag(0).split(':');
  for (let i = 1; i <= RUNS; i++) {
    const { status, body } = await engine.api('POST', `/images/${tag(0)}/tag?repo=${repo}&tag=${tag(i).split(':')[1]}`);
    if (status !== 201) throw new Error(`tag: ${status} ${JSON.stringify(body)}`);
  }
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  const made = await engine.inspect('home-node');
  compose(made, tag(0));
  await sleep(PAUSE_MS);

  const machine = watchMachine();
  const ours = [], theirs = [];
  for (let i = 1; i <= RUNS; i++) {
    const turn = [
      () => measure(theirs, () => compose(made, tag(i))),
      () => measure(ours, () => station.job('POST', '/stacks/home/upgrade', { image: tag(i) })),
    ];
    for (const go of i % 2 ? turn : turn.reverse()) await go();
  }
  const row = (what, list) => [what, ...list.map((x) => n(x, 0)), n(median(list), 0)];
  const both = (key) => [row(`ethstation, ${NAMES[key]}`, ours.map((x) => x[key])), row(`docker-compose, ${NAMES[key]}`, theirs.map((x) => x[key]))];
  table(`downtime: ${RUNS} upgrades each, in turn, ms (${machine()})`, ['', ...ours.map((_, i) => i + 1), 'median'],
    ['down', 'client', 'engine', 'whole'].flatMap(both));
  // The engine's share is the same work for both and the noisiest on a busy machine: the fastest tells.
  const ratio = (of, key) => of(ours.map((x) => x[key])) / of(theirs.map((x) => x[key]));
  target('end → start, fastest, ours to theirs', ratio((l) => Math.min(...l), 'down'), 1, 'times');
  target('end → asked to start, median, ours to theirs', ratio(median, 'client'), 1, 'times');
} finally {
  await s.end();
}
