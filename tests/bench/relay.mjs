// relay: what a node with a block every 2 s adds to the program when it is reported to an ethstats page; one of
// them, and fifty. Beside it, in the same run, the same nodes that are reported nowhere.
import { StatsServer } from '../ethstats/server.mjs';
import { node } from '../lib/fixture.mjs';
import { memory, n, ranNs, sleep, stage, table, target, until, watchMachine } from './bench.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const MANY = Number(process.env.BENCH_NODES ?? 50);
const AT_ONCE = 5;
const SETTLE_MS = 15000;
const SECRET = 'bench-secret';

const s = stage();
const { station } = s;
const server = new StatsServer({ secret: SECRET });

const name = (i) => `n${i}`;

async function install(i) {
  await station.job('POST', '/stacks', { name: name(i), services: [node('1.6.8')] });
  s.control(name(i), { HIGHEST: 60, SYNC_RATE: 200, BLOCK_MS: 2000, INFORM_MS: 60000 });
}

async function report(i) {
  const relay = { name: 'relay', recipe: 'ethstats', options: { instance_name: name(i), server: server.url }, secrets: { WS_SECRET: SECRET } };
  await station.job('PATCH', `/stacks/${name(i)}`, { services: [relay] });
  await until(`${name(i)} is on the page`, () => server.node(name(i))?.stats.block?.number > 60, 60000);
}

/** Several at a time: each waits most of the time. */
async function others(fn) {
  for (let i = 1; i < MANY; i += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, MANY - i) }, (_, k) => fn(i + k)));
}

/** After a while: processor in percent of one core over a window, and memory at its end. */
async function measure() {
  const pid = station.child.pid;
  await sleep(SETTLE_MS);
  const machine = watchMachine();
  const ran = ranNs([pid]), begin = process.hrtime.bigint();
  await sleep(SECONDS * 1000);
  const cpu = (100 * (ranNs([pid]) - ran)) / Number(process.hrtime.bigint() - begin);
  return { cpu, ...memory(pid), machine: machine() };
}

try {
  await server.start();
  // the engine's own pools of addresses end at about thirty networks
  await s.set({ parity: ['1.6.8'], engineArgs: ['--default-address-pool', 'base=10.200.0.0/16,size=24'] });
  await station.start();

  await install(0);
  const one = await measure();
  await report(0);
  const oneReports = await measure();

  await others(install);
  const many = await measure();
  await others(report);
  const manyReport = await measure();

  const row = (what, m) => [what, n(m.cpu, 3), n(m.VmRSS), n(m.RssAnon), m.machine];
  table(`relay: blocks every 2 s, ${SECONDS} s a window`,
    ['', '% of one core', 'RSS MiB', 'anon', ''], [
      row('one node, reported nowhere', one),
      row('the same, reported', oneReports),
      row(`${MANY} nodes, one of them reported`, many),
      row(`the same, all reported`, manyReport),
    ]);
  target('resident memory of one more', oneReports.VmRSS - one.VmRSS, 0.5, 'MiB');
  target('processor of one more', oneReports.cpu - one.cpu, 0.1, '% of one core');
  target(`resident memory of each of ${MANY - 1} more`, (manyReport.VmRSS - many.VmRSS) / (MANY - 1), 0.5, 'MiB');
  target(`processor of each of ${MANY - 1} more`, (manyReport.cpu - many.cpu) / (MANY - 1), 0.1, '% of one core');
} finally {
  await s.end();
  await server.stop();
}
