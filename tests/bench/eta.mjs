// eta: syncs of the real node to their end. At each whole percent from 25 on, the range that the program shows
// for the end is kept; when the node has the blocks of now, each of them was right or wrong.
//
// A sample is inside when the real end lies between the earliest and the latest second that the program named,
// give or take one poll: it asks every two seconds. A run is right when every sample of it is inside. The real end
// is the first moment at which the node, asked in its own network namespace, has the blocks of now: the newest one
// is less than half a minute old, on a chain that gets one a second. What the node says of itself is no measure: it
// calls itself done when it has reached what was the head at the beginning, and then sets out for the rest; that
// takes as long as leaves a few blocks behind again.
//
// Some more syncs lose their only peer, each a little later than the one before: how long until it is called "no peers".
//
// BENCH_RUNS, BENCH_LONELY, BENCH_AT_ONCE (nodes that sync side by side) and BENCH_BLOCKS set another size. What was seen is
// written to build/bench/eta.json: a run is a list of readings.
import fs from 'node:fs';
import path from 'node:path';

import { limits, script } from '../lib/fixture.mjs';
import { median, n, percentile, root, sleep, stage, table, target, watchMachine } from './bench.mjs';

const RUNS = Number(process.env.BENCH_RUNS ?? 10);
const LONELY = Number(process.env.BENCH_LONELY ?? 5);
const AT_ONCE = Number(process.env.BENCH_AT_ONCE ?? 1);
const BLOCKS = process.env.BENCH_BLOCKS ?? '1200';
const FROM_PERCENT = 25;
const POLL_MS = 2000;
const LOOK_MS = 400;
const YOUNG_S = 30;
const SAID_S = 30;
const DEADLINE_MS = 30 * 60000;

const s = stage();
const { station, engine } = s;
const demo = path.join(root, 'build/demo');
const out = path.join(root, 'build/bench/eta.json');

/** Whether the node has the blocks of now. */
function isDone(pid) {
  try {
    return Date.now() / 1000 - Number(s.rpc(pid, 'eth_getBlockByNumber', ['latest', false]).timestamp) < YOUNG_S;
  } catch {
    return false; // it does not listen yet, or the machine is too busy
  }
}

const startSource = () => script('demo/source.sh', 'start', engine.socket, demo).trim();

async function install(name, enode) {
  const node = { name: 'node', recipe: 'ethereumjs', image: 'ethstation/demo-node:1', ports: [],
    options: { bootnodes: enode }, limits: limits({ memory_bytes: 512 << 20, cpus: 1 }) };
  await station.job('POST', '/stacks', { name, services: [node] });
  return (await engine.inspect(`${name}-node`)).State.Pid;
}

/** One sync: its readings until the program has seen the end as well, and when that really was. */
async function run(name, enode) {
  const machine = watchMachine(), pid = await install(name, enode), began = Date.now(), readings = [];
  let end = 0;

  while (!end || readings.at(-1).phase !== 'synced') {
    const { sync } = await station.service(name, 'node');
    if (sync && sync.at !== readings.at(-1)?.at) readings.push(sync);
    if (!end && sync?.current_block > 0 && isDone(pid)) end = Date.now();
    if (Date.now() - began > DEADLINE_MS) throw new Error(`${name} does not come to its end: ${JSON.stringify(sync)}`);
    await sleep(LOOK_MS);
  }
  await station.job('DELETE', `/stacks/${name}`);
  return { name, began, end, machine: machine(), readings };
}

/** The first reading at each whole percent from FROM_PERCENT on. */
function samplesOf({ readings, end }) {
  const samples = [];
  for (const r of readings) {
    if (r.at >= end) break;
    const percent = Math.floor(r.percent ?? 0);
    if (percent >= FROM_PERCENT && percent < 100 && percent > (samples.at(-1)?.whole ?? 0)) samples.push({ ...r, whole: percent });
  }
  return samples;
}

function judge(r) {
  const samples = samplesOf(r), shown = samples.filter((x) => x.eta_high_s !== null);
  const left = (x) => (r.end - x.at) / 1000;
  const inside = shown.filter((x) => left(x) >= x.eta_low_s - POLL_MS / 1000 && left(x) <= x.eta_high_s + POLL_MS / 1000);
  return {
    samples: samples.length, shown: shown.length, inside: inside.length,
    wrong: shown.filter((x) => !inside.includes(x)).map((x) => `${x.whole} %: ${x.eta_low_s}–${x.eta_high_s} s, was ${n(left(x), 0)}`),
    widths: shown.filter((x) => left(x) > 10).map((x) => (x.eta_high_s - x.eta_low_s) / left(x)),
    right: samples.length > 0 && inside.length === samples.length,
  };
}

/** Seconds from the end of the only peer until the program says so. */
async function lonely(name, afterMs) {
  const phase = async () => (await station.service(name, 'node')).sync?.phase;
  const wait = async (wanted) => {
    for (const began = Date.now(); (await phase()) !== wanted; await sleep(LOOK_MS))
      if (Date.now() - began > DEADLINE_MS) throw new Error(`not ${wanted}, but ${await phase()}`);
  };
  await install(name, startSource());
  await wait('syncing');
  await sleep(afterMs);
  const gone = Date.now();
  await engine.api('POST', '/containers/ethstation-demo-source/kill');
  await wait('no_peers');
  const said = (Date.now() - gone) / 1000;
  await station.job('DELETE', `/stacks/${name}`);
  return said;
}

async function all(enode) {
  const runs = [], names = Array.from({ length: RUNS }, (_, i) => `run${i}`);
  const worker = async () => {
    for (let name = names.shift(); name; name = names.shift()) {
      runs.push(await run(name, enode));
      fs.writeFileSync(out, JSON.stringify(runs));
      console.log(`  ${name}: ${n((runs.at(-1).end - runs.at(-1).began) / 1000, 0)} s, ${runs.at(-1).machine}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return runs;
}

try {
  fs.mkdirSync(path.dirname(out), { recursive: true });
  await s.set();
  script('demo/image.sh', engine.socket, demo);
  process.env.BLOCKS = BLOCKS;
  const enode = startSource();
  await station.start();
  const runs = await all(enode), verdicts = runs.map(judge), right = verdicts.filter((v) => v.right).length;
  const widths = verdicts.flatMap((v) => v.widths), sum = (key) => verdicts.reduce((a, v) => a + v[key], 0);

  table(`eta: ${RUNS} syncs of ${BLOCKS} blocks, ${AT_ONCE} at once`,
    ['', 'seconds', 'samples', 'with a range', 'inside', 'width of what was left', ''],
    runs.map((r, i) => [r.name, n((r.end - r.began) / 1000, 0), verdicts[i].samples, verdicts[i].shown, verdicts[i].inside,
      `${n(100 * median(verdicts[i].widths), 0)} %`, r.machine]));
  for (const [i, v] of verdicts.entries()) if (v.wrong.length) console.log(`  ${runs[i].name} wrong at ${v.wrong.join(', ')}`);
  console.log(`  ${sum('inside')} of ${sum('samples')} samples inside (${n((100 * sum('inside')) / sum('samples'), 1)} %); ` +
    `width, of what was left: median ${n(100 * median(widths), 0)} %, 90th percentile ${n(100 * percentile(widths, 90), 0)} %`);
  const least = Math.ceil(RUNS * 0.9), met = right >= least;
  console.log(`  ${met ? 'met   ' : 'MISSED'}  runs with every sample inside: ${right} of ${RUNS} (at least ${least})`);
  if (!met) process.exitCode = 1;
  const said = [];
  for (let i = 0; i < LONELY; i++) said.push(await lonely(`lonely${i}`, 3000 * i));
  console.log(`  "no peers" after ${said.map((x) => n(x, 1)).join(', ')} s`);
  target('seconds from the end of the only peer to "no peers"', Math.max(...said), SAID_S, 's');
} finally {
  await s.end();
}
