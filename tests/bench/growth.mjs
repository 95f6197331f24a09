// growth: one stack, sampled each second and left alone, for two hours: history gathers the samples of an hour in
// memory before it packs them, so the first hour fills what the second may not exceed.
// BENCH_SECONDS sets another length; growth is judged once the first hour is over.
import { node } from '../lib/fixture.mjs';
import { memory, n, ranNs, sleep, stage, table, target, watchMachine } from './bench.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 7200);
const LOOK_S = 60;
const FULL_S = 3600 + 120; // the hour, and the flush that packs it

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
    console.log(`  ${n(at / 60, 0)} min: RSS ${n(VmRSS)} MiB, anonymous ${n(RssAnon)} MiB`);
  }
  const cpu = (ranNs([pid]) - ran) / (Date.now() - begin) / 1e4;
  const full = looks.filter((l) => l.at > FULL_S), filling = looks.filter((l) => l.at <= FULL_S);
  const most = (list, key) => (list.length ? Math.max(...list.map((l) => l[key])) : NaN);
  table(`growth: one stack, ${n(age() / 60, 0)} minutes (${machine()})`, ['', 'RSS MiB', 'anonymous MiB'], [
    ['at first', n(looks[0].VmRSS), n(looks[0].RssAnon)],
    ['most in the first hour', n(most(filling, 'VmRSS')), n(most(filling, 'RssAnon'))],
    ['most afterwards', n(most(full, 'VmRSS')), n(most(full, 'RssAnon'))],
    ['at last', n(looks.at(-1).VmRSS), n(looks.at(-1).RssAnon)],
  ]);
  console.log(`  processor: ${n(cpu, 3)} % of one core`);
  if (full.length) target('resident memory gained since the first hour', most(full, 'VmRSS') - most(filling, 'VmRSS'), 0, 'MiB');
} finally {
  await s.end();
}
