// growth: where the program's memory comes to rest. One stack, sampled each second and left alone; history gathers an
// hour of samples in memory before it packs them.
//
// An hour is judged, from the minute in which the first packing is over to the second one: nothing may be gained in
// it. What the second packing adds is told; SQLite's cache, of one MiB at most, is not full before. How that goes on
// takes days: history's own write path is run through three of them at full speed, and the last of them is judged.
// BENCH_SECONDS sets another length.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { node } from '../lib/fixture.mjs';
import { memory, n, ranNs, root, sleep, stage, table, target, watchMachine } from './bench.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 7800);
const LOOK_S = 60;
const PACKED_S = 62 * 60;
const PACKED_AGAIN_S = 121 * 60;
const DAYS = 3;

const s = stage();
const { station } = s;
const most = (list, key) => (list.length ? Math.max(...list.map((l) => l[key])) : NaN);

/** Its memory, looked at each minute. */
async function leftAlone(pid) {
  const looks = [], begin = Date.now();
  for (let at = 0; at < SECONDS; looks.push({ at, ...memory(pid) })) {
    await sleep(LOOK_S * 1000);
    at = (Date.now() - begin) / 1000;
  }
  return looks;
}

/** MB that the write path of history takes a day before the end, and at the end. */
function days() {
  const file = path.join(s.dir, 'days.db'), end = String(Math.floor(Date.now() / 1000));
  const out = execFileSync(path.join(root, 'build/bench/bench_history'), ['fill', String(DAYS), file, end, 'a/node', 'b/node'], { encoding: 'utf8' });
  return Object.fromEntries(out.trim().split('\n').map((l) => l.split(' ')).map(([k, v]) => [k, Number(v)]));
}

try {
  await s.set({ parity: ['1.6.8'] });
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  const pid = station.child.pid, machine = watchMachine(), begin = Date.now(), ran = ranNs([pid]);
  const looks = await leftAlone(pid);
  const cpu = (ranNs([pid]) - ran) / (Date.now() - begin) / 1e4;
  const filling = looks.filter((l) => l.at <= PACKED_S + LOOK_S), hour = looks.filter((l) => l.at > PACKED_S + LOOK_S && l.at < PACKED_AGAIN_S);
  const after = looks.filter((l) => l.at >= PACKED_AGAIN_S);

  table(`growth: one stack, ${n(looks.at(-1).at / 60, 0)} minutes (${machine()})`, ['', 'RSS MiB', 'anonymous MiB'], [
    ['at first', n(looks[0].VmRSS, 3), n(looks[0].RssAnon, 3)],
    ['most until the first hour is packed', n(most(filling, 'VmRSS'), 3), n(most(filling, 'RssAnon'), 3)],
    [`most in the ${hour.length} minutes until the second is`, n(most(hour, 'VmRSS'), 3), n(most(hour, 'RssAnon'), 3)],
    ['most afterwards', n(most(after, 'VmRSS'), 3), n(most(after, 'RssAnon'), 3)],
  ]);
  console.log(`  processor: ${n(cpu, 3)} % of one core`);
  if (hour.length) target('resident memory gained in an hour', most(hour, 'VmRSS') - most(filling, 'VmRSS'), 0, 'MiB');
  const made = days();
  console.log(`  history alone, ${DAYS} days of ${2 * 12} series: ${n(made.rss_first_day_mb)} MB after the first, ${n(made.rss_eve_mb, 3)} after the second, ${n(made.rss_last_day_mb, 3)} after the last`);
  target('resident memory gained in its last day', made.rss_last_day_mb - made.rss_eve_mb, 0, 'MB');
} finally {
  await s.end();
}
