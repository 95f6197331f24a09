// soak: an hour in which nothing happens: the program with two relays in containers, one of them in its node's
// network, and two that are built in. Nothing may be restarted, no advice may appear, no memory may be gained.
// BENCH_SECONDS sets another length: memory is judged from three hours on.
import path from 'node:path';

import { forwardInto } from '../ethstats/forward.mjs';
import { StatsServer } from '../ethstats/server.mjs';
import { node, relay } from '../lib/fixture.mjs';
import { memory, n, ranNs, sleep, stage, table, target, until, watchMachine } from './bench.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 3600);
const LOOK_S = 10;
const SECRET = 'bench-secret';
const STACKS = { kb: 'private', kc: 'shared', ba: 'private', bb: 'private' };
const names = Object.keys(STACKS);
const contained = (name) => name.startsWith('k');

const s = stage();
const { station, engine } = s;
const server = new StatsServer({ secret: SECRET, generation: 6 });
let way;

/** The relay of a stack: in a container it reaches the server through the engine's network. */
function relayOf(name) {
  const options = { instance_name: name, server: contained(name) ? `ws://${way.host}:${way.port}` : server.url };
  const secrets = { WS_SECRET: SECRET };
  return contained(name) ? relay({ options, secrets }) : { name: 'relay', recipe: 'ethstats', options, secrets };
}

async function install(name) {
  await station.job('POST', '/stacks', { name, network: STACKS[name], services: [node('1.6.8'), relayOf(name)] });
  s.control(name, { HIGHEST: 60, SYNC_RATE: 200, BLOCK_MS: 2000, INFORM_MS: 60000 });
  await until(`${name} is fresh`, async () => (await station.service(name, 'relay')).relay?.page.state === 'fresh', 120000);
}

/** When each container was started: who is restarted shows it. */
async function starts() {
  const all = names.flatMap((name) => [`${name}-node`, ...(contained(name) ? [`${name}-relay`] : [])]);
  return (await Promise.all(all.map((c) => engine.inspect(c)))).map((c) => c.State.StartedAt).join();
}

/** One look: what must never be. */
async function look(seen) {
  for (const name of names) {
    const { relay: r } = await station.service(name, 'relay');
    if (r?.page.state !== 'fresh') seen.stale++;
    if (r?.code) seen.codes.add(`${name}: ${r.code}`);
  }
  for (const f of await s.findings()) seen.codes.add(`${f.stack}: ${f.code}`);
  seen.rss.push(memory(station.child.pid).RssAnon);
}

/** The highest of each whole hour: history gathers seconds for an hour before it packs them. */
const peaks = (list, perHour = 3600 / LOOK_S) =>
  Array.from({ length: Math.floor(list.length / perHour) }, (_, i) => Math.max(...list.slice(i * perHour, (i + 1) * perHour)));

try {
  await server.start();
  await s.set({ parity: ['1.6.8'], withRelay: true });
  await station.start();
  const [, gateway] = engine.run('ip', '-4', '-o', 'addr', 'show', 'docker0').match(/inet ([0-9.]+)/);
  way = await forwardInto(`/run/netns/${s.ns}`, gateway, server.port, path.join(s.dir, 'way'));
  for (const name of names) await install(name);
  const { jobs } = await station.get('/jobs?limit=200');
  const began = await starts(), machine = watchMachine(), pid = station.child.pid;
  const ran = ranNs([pid]), begin = Date.now(), seen = { looks: 0, stale: 0, codes: new Set(), rss: [] };

  while (Date.now() - begin < SECONDS * 1000) {
    await sleep(LOOK_S * 1000);
    await look(seen);
    seen.looks++;
  }
  const cpu = (ranNs([pid]) - ran) / (Date.now() - begin) / 1e4;
  const more = (await station.get('/jobs?limit=200')).jobs.length - jobs.length;
  table(`soak: ${SECONDS} s, a look each ${LOOK_S} s, ${machine()}`, ['', ''], [
    ['looks', seen.looks],
    ['not fresh on the page', `${seen.stale} of ${seen.looks * names.length}`],
    ['told meanwhile', [...seen.codes].join(', ') || 'nothing'],
    ['processor, % of one core', n(cpu, 3)],
    ['anonymous memory at first and at last, MiB', `${n(seen.rss[0])} ${n(seen.rss.at(-1))}`],
    ['its peak in each whole hour, MiB', peaks(seen.rss).map((m) => n(m)).join(' ') || '-'],
  ]);
  target('containers started again', (await starts()) === began ? 0 : 1, 0, '');
  target('jobs that nobody asked for', more, 0, 'jobs');
  target('codes that were told', seen.codes.size, 0, 'codes');
  const [, second, ...later] = peaks(seen.rss);
  if (later.length) target('memory gained since the second hour', later.at(-1) - second, 0.1, 'MiB');
} finally {
  await way?.end();
  await s.end();
  await server.stop();
}
