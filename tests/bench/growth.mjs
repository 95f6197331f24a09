// growth: one stack, sampled each second and left alone: more than an hour in which no memory may be gained. It is
// judged from the 75th minute on: history gathers an hour of samples in memory before it packs them, and what packing
// touches for the first time (SQLite's pages, the allocator's free lists) is still new in the minutes after that.
// BENCH_SECONDS sets another length; the packing of the second hour should lie within it.
import { node } from '../lib/fixture.mjs';
import { memory, n, ranNs, sleep, stage, table, target, watchMachine } from './bench.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 8400);
const LOOK_S = 60;
const SETTLED_S = 75 * 60;

const s = stage();
const { station } = s;

try {
  await s.set({ parity: ['1.6.8'] });
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  const pid = station.child.pid, machine = watchMachine();
  const begin = Date.now(), ran = ranNs([pid]), looks = [];
  const age = () => (Date.now() - begin) / 1000;

  while (age() < SECONDS) {
    await sleep(LOOK_S * 1000);
    looks.push({ at: age(), ...memory(pid) });
    const { at, VmRSS, RssAnon } = looks.at(-1);
    console.log(`  ${n(at / 60, 0)} min: RSS ${n(VmRSS, 3)} MiB, anonymous ${n(RssAnon, 3)} MiB`);
  }
  const cpu = (ranNs([pid]) - ran) / (Date.now() - begin) / 1e4;
  const steady = looks.filter((l) => l.at > SETTLED_S), settling = looks.filter((l) => l.at <= SETTLED_S);
  const most = (list, key) => (list.length ? Math.max(...list.map((l) => l[key])) : NaN);
  table(`growth: one stack, ${n(age() / 60, 0)} minutes (${machine()})`, ['', 'RSS MiB', 'anonymous MiB'], [
    ['at first', n(looks[0].VmRSS), n(looks[0].RssAnon)],
    ['most in the first 75 minutes', n(most(settling, 'VmRSS')), n(most(settling, 'RssAnon'))],
    ['most afterwards', n(most(steady, 'VmRSS')), n(most(steady, 'RssAnon'))],
    ['at last', n(looks.at(-1).VmRSS), n(looks.at(-1).RssAnon)],
  ]);
  console.log(`  processor: ${n(cpu, 3)} % of one core`);
  if (steady.length) target('resident memory gained since the 75th minute', most(steady, 'VmRSS') - most(settling, 'VmRSS'), 0, 'MiB');
} finally {
  await s.end();
}
