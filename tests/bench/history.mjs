// history: a year of seconds of two services, written through the real write path, charted by the real program;
// beside the same seconds as rows of a plain table, and in a local Prometheus.
//
// BENCH_DAYS (365), BENCH_PLAIN_DAYS (365, one series), BENCH_PROMETHEUS_DAYS (2) set other spans. To make a year takes
// some minutes; BENCH_YEAR=FILE:END and BENCH_PLAIN=FILE take files that were made before, by the same commands.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { node, relay } from '../lib/fixture.mjs';
import { median, n, ranNs, root, sleep, stage, table, target, timed, watchMachine } from './bench.mjs';
import { besidePrometheus } from './history_prometheus.mjs';

const days = (name, usual) => Number(process.env[name] ?? usual);
const DAYS = days('BENCH_DAYS', 365), PLAIN_DAYS = days('BENCH_PLAIN_DAYS', 365), PROMETHEUS_DAYS = days('BENCH_PROMETHEUS_DAYS', 2);
const DAY = 86400;
const POINTS = 1000;
const REPEATS = 21;
const PEAK = 0.99e12;
const RANGES = { '1h': 3600, '6h': 6 * 3600, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '1y': 365 * DAY, '10y': 3650 * DAY };
const ENTITIES = ['parity/node', 'parity/relay'];
const SERIES = ['memory_needed', 'memory_cache', 'memory_working_set', 'memory_limit', 'swap', 'oom_kills',
  'cpu', 'throttled', 'disk_read', 'disk_write', 'block', 'peers'];

const s = stage();
const { station } = s;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const bin = (name) => path.join(root, 'build/bench', name);
const words = (text) => text.trim().split('\n').map((l) => l.split(' '));

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
  `/api/v1/stacks/parity/services/node/history?series=${series.join()}&from=${Math.max(0, to - length) * 1000}&to=${to * 1000}&points=${POINTS}`;

async function times(url) {
  const ms = [];
  const ran = ranNs([station.child.pid]);
  for (let i = 0; i < REPEATS; i++) ms.push(await timed(() => raw(url)));
  return { p50: median(ms), max: Math.max(...ms), cpu: (ranNs([station.child.pid]) - ran) / 1e6 / REPEATS };
}

/** The year's file, made or taken; whatever of it only RAM holds is in its log. */
function year(file) {
  const [made, at] = process.env.BENCH_YEAR?.split(':') ?? [];
  const end = Number(at ?? Math.floor(Date.now() / 1000));
  if (made) {
    for (const suffix of ['', '-wal']) if (fs.existsSync(made + suffix)) fs.copyFileSync(made + suffix, file + suffix);
    return { end };
  }
  const out = execFileSync(bin('bench_history'), ['fill', String(DAYS), file, String(end), ...ENTITIES], { encoding: 'utf8' });
  return { end, ...Object.fromEntries(words(out).map(([k, v]) => [k, Number(v)])) };
}

function size(file) {
  return ['', '-wal'].reduce((sum, suffix) => sum + (fs.existsSync(file + suffix) ? fs.statSync(file + suffix).size : 0), 0);
}

/** Buckets and values of them that the tiers keep; as server/base/rollup.c has them. */
const kept = (d) => 24 * DAY * [[1, 1, 1], [10, 14, 3], [60, 180, 3], [600, 3653, 3], [7200, 3653, 3]]
  .reduce((sum, [step, keep, values]) => sum + (Math.min(d, keep) / step) * values, 0);

/** As after a start of the machine: no page of the file is in memory, the program is a fresh one. */
function cold(file, end, range) {
  execFileSync('sync', [file]);
  fs.writeFileSync('/proc/sys/vm/drop_caches', '3');
  const out = execFileSync(bin('bench_history'), ['cold', String(DAYS), file, String(end), ENTITIES[0], range], { encoding: 'utf8' });
  return Object.fromEntries(words(out).map(([k, v]) => [k, Number(v)]));
}

/** Seconds of one series as rows: ms by range. */
function plainTable(end) {
  const file = process.env.BENCH_PLAIN ?? path.join(s.dir, 'plain.db');
  if (!process.env.BENCH_PLAIN) execFileSync(bin('plain_table'), ['fill', String(PLAIN_DAYS), file, String(end)]);
  const out = words(execFileSync(bin('plain_table'), ['ask', String(PLAIN_DAYS), file, String(end)], { encoding: 'utf8' }));
  return { bytes: size(file), ms: Object.fromEntries(out.map(([k, v]) => [k, Number(v)])) };
}

function byItself(file, end) {
  const machine = watchMachine();
  const asked = spawnSync(bin('bench_history'), ['ask', String(DAYS), file, String(end), ENTITIES[0]], { encoding: 'utf8' });
  if (asked.status !== 0) {
    process.exitCode = 1;
    console.log(`  MISSED  a peak of one second is lost, or ${asked.stderr}`);
  }
  const rows = words(asked.stdout);
  const busy = machine();
  const colds = Object.keys(RANGES).map((r) => [r, cold(file, end, r)]);
  table(`history: its own functions, ms of ${POINTS} points (${busy})`,
    ['range', 'where', 'series', 'step s', 'points', 'first', 'p50', 'max', 'CPU p50', 'peak'], rows);
  table('history: cold, 12 series, ms (page cache dropped, a fresh program)', ['range', 'opening the file', 'the chart'],
    colds.map(([r, c]) => [r, n(c.open_ms), n(c.ask_ms)]));
  const worst = (column) => Math.max(...rows.map((r) => Number(r[column])));
  target('slowest range, warm, middle of 21', worst(6), 5, 'ms');
  target('slowest range, its processor time', worst(8), 5, 'ms');
  target('slowest range, cold, opening the file and the chart', Math.max(...colds.map(([, c]) => c.open_ms + c.ask_ms)), 50, 'ms');
  return Object.fromEntries(rows.filter((r) => r[1] === 'now' && r[2] === '1').map((r) => [r[0], Number(r[6])]));
}

async function byHttp(end) {
  const machine = watchMachine(), rows = [], floor = await times('/api/v1/health');
  const worst = { one: 0, all: 0 };
  for (const [name, length] of Object.entries(RANGES)) {
    const one = await times(chart(SERIES.slice(0, 1), end, length));
    const all = await times(chart(SERIES, end, length));
    const answer = JSON.parse(await raw(chart(SERIES.slice(0, 1), end, length)));
    const seen = answer.series.memory_needed.max.some((v) => v > PEAK);
    rows.push([name, answer.step_s, answer.t.length, n(one.p50), n(one.max), n(one.cpu), n(all.p50), n(all.max), n(all.cpu), seen ? 'seen' : '-']);
    worst.one = Math.max(worst.one, one.cpu);
    worst.all = Math.max(worst.all, all.cpu);
    if (name === '10y') target('peaks of one second that the ten-year view lost', seen ? 0 : 1, 0, '');
  }
  table(`history: by HTTP with its JSON, round trips in ms (${machine()}; /health: ${n(floor.p50)})`,
    ['range', 'step s', 'points', '1 series: p50', 'max', 'CPU', '12 series: p50', 'max', 'CPU', 'peak'], rows);
  target('one series by HTTP, slowest range, processor time of the server', worst.one, 5, 'ms');
  target('twelve series by HTTP, slowest range, processor time of the server', worst.all, 20, 'ms');
}

try {
  await s.set({ parity: ['1.6.8'], withRelay: true });
  await station.start();
  await station.job('POST', '/stacks', { name: 'parity', services: [node('1.6.8'), relay({ secrets: { WS_SECRET: 'x' } })] });
  await station.stop();
  const file = path.join(station.state, 'history.db');
  for (const f of [file, `${file}-wal`, `${file}-shm`]) fs.rmSync(f, { force: true });
  const made = year(file), bytes = size(file), put = DAYS * DAY * 24;
  table(`history: ${DAYS} days of 1 s, 2 services x 12 series, default retention`, ['', ''], [
    ['file with its log, MB', n(bytes / 1e6, 1)],
    ['bytes for each value that was put', n(bytes / put, 3)],
    ['bytes for each value that is kept (min, mean, max)', n(bytes / kept(DAYS))],
    ['seconds to write it, and of processor', `${n(made.wall_s, 0)}, ${n(made.cpu_s, 0)}`],
    ['longest flush, ms', n(made.slowest_flush_ms, 0)],
    ['resident memory after the first day and the last, MB', `${n(made.rss_first_day_mb)}, ${n(made.rss_last_day_mb)}`],
  ]);
  target('a year of two services', bytes / 1e6, 120, 'MB');
  const ours = byItself(file, made.end);
  await station.start();
  await sleep(2000);
  await byHttp(made.end);

  const plain = plainTable(made.end);
  const theirs = await besidePrometheus({ dir: path.join(s.dir, 'prometheus'), days: PROMETHEUS_DAYS, end: made.end, entities: ENTITIES, ranges: RANGES, points: POINTS });
  const ratio = (a, b) => (a === undefined ? '-' : n(a / b, 0));
  table(`history: one series to ${POINTS} points, ms: ours, ${PLAIN_DAYS} days of plain rows, ${PROMETHEUS_DAYS} days in Prometheus (its three queries by HTTP)`,
    ['range', 'ours', 'plain rows', 'ratio', 'Prometheus', 'ratio'],
    Object.keys(RANGES).map((r) => [r, n(ours[r]), n(plain.ms[r], 1), ratio(plain.ms[r], ours[r]), n(theirs.ms[r], 1), ratio(theirs.ms[r], ours[r])]));
  table('history: bytes for each second of each series', ['', 'bytes', 'ratio'], [
    [`ours, of ${DAYS} days: seconds for a day, then buckets`, n(bytes / put, 3), '1'],
    [`plain rows, of ${PLAIN_DAYS} days`, n(plain.bytes / (PLAIN_DAYS * DAY), 1), n(plain.bytes / (PLAIN_DAYS * DAY) / (bytes / put), 0)],
    [`Prometheus, of ${PROMETHEUS_DAYS} days`, n(theirs.bytes / theirs.values), n(theirs.bytes / theirs.values / (bytes / put), 1)],
  ]);
  console.log(`  Prometheus, resident: ${n(theirs.rss, 0)} MiB`);
} finally {
  agent.destroy();
  await s.end();
}
