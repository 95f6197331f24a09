// downtime: an upgrade by the program, beside `docker-compose up -d` doing the same recreate, on the
// same engine with the same image, in turn. By the engine's own events.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { images, node } from '../lib/fixture.mjs';
import { median, n, sleep, stage, table, until, watchMachine } from './bench.mjs';

const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const s = stage();
const { engine, station, witness } = s;
const tag = (i) => images['1.6.8'].replace('1.6.8', `1.6.${8 + i}`);

/** From the events since `from`: end of the old process to start of the new, and from its signal. */
async function spent(from) {
  const news = () => witness.events.slice(from);
  await until('a start after an end', () => {
    const die = news().find((e) => e.action === 'die');
    return die && news().some((e) => e.action === 'start' && e.at > die.at);
  });
  const die = news().find((e) => e.action === 'die');
  const kill = news().find((e) => e.action === 'kill');
  const start = news().find((e) => e.action === 'start' && e.at > die.at);
  return { down: start.at - die.at, whole: start.at - kill.at };
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

try {
  await s.set({ parity: ['1.6.8'] });
  for (let i = 1; i <= RUNS; i++) {
    const { status, body } = await engine.api('POST', `/images/${images['1.6.8']}/tag?repo=${tag(i).split(':')[0]}&tag=${tag(i).split(':')[1]}`);
    if (status !== 201) throw new Error(`tag: ${status} ${JSON.stringify(body)}`);
  }
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  const made = await engine.inspect('home-node');
  compose(made, tag(0));
  await sleep(3000);

  const machine = watchMachine();
  const ours = [], theirs = [];
  for (let i = 1; i <= RUNS; i++) {
    let from = witness.events.length;
    compose(made, tag(i));
    theirs.push(await spent(from));
    await sleep(1000);
    from = witness.events.length;
    await station.job('POST', '/stacks/home/upgrade', { image: tag(i) });
    ours.push(await spent(from));
    await sleep(1000);
  }
  const row = (what, list) => [what, ...list.map((x) => n(x, 0)), n(median(list), 0)];
  table(`downtime: ${RUNS} upgrades each, in turn, ms (${machine()})`, ['', ...ours.map((_, i) => i + 1), 'median'], [
    row('ethstation, end → start', ours.map((x) => x.down)),
    row('docker-compose up -d, end → start', theirs.map((x) => x.down)),
    row('ethstation, signal → start', ours.map((x) => x.whole)),
    row('docker-compose, signal → start', theirs.map((x) => x.whole)),
  ]);
  const ratio = median(ours.map((x) => x.down)) / median(theirs.map((x) => x.down));
  console.log(`  ${ratio <= 1 ? 'met   ' : 'MISSED'}  end → start, ours to theirs: ${n(ratio)} (at most 1)`);
  if (ratio > 1) process.exitCode = 1;
} finally {
  await s.end();
}
