// history: a month of seconds of two services, written through the real write path, charted by the
// real program; beside a plain table of one series with GROUP BY.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { node, relay } from '../lib/fixture.mjs';
import { median, n, ranNs, root, sleep, stage, table, target, timed, watchMachine } from './bench.mjs';

const DAYS = 30;
const DAY = 86400;
const POINTS = 1000;
const REPEATS = 21;
const PEAK = 0.99e12;
const RANGES = { '1h': 3600, '6h': 6 * 3600, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '1y': 365 * DAY };
const SERIES = ['memory_needed', 'memory_cache', 'memory_working_set', 'memory_limit', 'swap', 'oom_kills',
  'cpu', 'throttled', 'disk_read', 'disk_write', 'block', 'peers'];

const s = stage();
const { engine, station } = s;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Body of one answer; nothing is parsed while the clock runs. */
function raw(url) {
  return new Promise((resolve, reject) => {
    http.get(station.url + url, { agent, headers: { Authorization: `Bearer ${station.token}` } }, (res) => {
      const parts = [];
      res.on('data', (d) => parts.push(d));
      res.on('end', () => (res.statusCode === 200 ? resolve(Buffer.concat(parts)) : reject(new Error(`${url}: ${Buffer.concat(parts)}`))));
    }).on('error', reject);
  });
}

const chart = (series, to, length) =>
  `/api/v1/stacks/parity/services/node/history?series=${series.join()}&from=${(to - length) * 1000}&to=${to * 1000}&points=${POINTS}`;

async function times(url) {
  const ms = [];
  const ran = ranNs([station.child.pid]);
  for (let i = 0; i < REPEATS; i++) ms.push(await timed(() => raw(url)));
  return { first: ms[0], p50: median(ms), max: Math.max(...ms), cpu: (ranNs([station.child.pid]) - ran) / 1e6 / REPEATS };
}

/** Milliseconds by range, of the plain table. */
function plainTable() {
  const out = execFileSync(path.join(root, 'build/bench/plain_table'), [String(DAYS)], { encoding: 'utf8' });
  return Object.fromEntries(out.trim().split('\n').map((l) => l.split(' ')).map(([k, v]) => [k, Number(v)]));
}

try {
  await s.set({ parity: ['1.6.8'], withRelay: true });
  await station.start();
  await station.job('POST', '/stacks', { name: 'parity', services: [node('1.6.8'), relay({ secrets: { WS_SECRET: 'x' } })] });
  await station.stop();

  const file = path.join(station.state, 'history.db');
  for (const f of [file, `${file}-wal`, `${file}-shm`]) fs.rmSync(f, { force: true });
  const end = Math.floor(Date.now() / 1000);
  console.log(`\nhistory: the file itself, ${DAYS} days, by its own functions`);
  const made = spawnSync(path.join(root, 'build/bench/bench_history'),
    [String(DAYS), file, String(end), 'parity/node', 'parity/relay'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (made.status !== 0) process.exitCode = 1;

  const plain = plainTable();
  await station.start();
  await sleep(2000);
  const machine = watchMachine();
  const rows = [];
  let worst = 0, worstCpu = 0, worstOnce = 0;
  const floor = await times('/api/v1/health');
  for (const [name, length] of Object.entries(RANGES)) {
    const one = await times(chart(SERIES.slice(0, 1), end, length));
    const all = await times(chart(SERIES, end, length));
    const answer = JSON.parse(await raw(chart(SERIES.slice(0, 1), end, length)));
    const seen = answer.series.memory_needed.max.some((v) => v > PEAK);
    rows.push([name, answer.step_s, answer.t.length, n(one.first), n(one.p50), n(one.max), n(one.cpu), n(all.first), n(all.p50), n(all.max), n(all.cpu),
      n(plain[name], 1), seen ? 'seen' : '-']);
    worst = Math.max(worst, one.p50, all.p50);
    worstCpu = Math.max(worstCpu, one.cpu, all.cpu);
    worstOnce = Math.max(worstOnce, one.max, all.max);
    if (name === '30d' && !seen) {
      process.exitCode = 1;
      console.log('  MISSED  the peak of one second is not in the month view');
    }
  }
  table(`history: by HTTP, round trips in ms of ${POINTS} points (${machine()}; /health: ${n(floor.p50)})`,
    ['range', 'step s', 'points', '1 series: first', 'p50', 'max', 'CPU', '12 series: first', 'p50', 'max', 'CPU', 'plain table, 1 series', 'peak'], rows);
  console.log(`  sizes: history.db ${n(fs.statSync(file).size / 1e6, 1)} MB for 24 series; plain table ${n(plain.bytes / 1e6, 1)} MB for one`);
  target('slowest range, processor time of the server for one answer', worstCpu, 20, 'ms');
  target('slowest range, middle of 21, round trip', worst, 20, 'ms');
  console.log(`          slowest single answer of all: ${n(worstOnce, 1)} ms`);
} finally {
  agent.destroy();
  await s.end();
}
