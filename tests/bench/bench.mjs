// bench: what the measurements share: a stage, the kernel's accounts of processes, a table.
import fs from 'node:fs';
import os from 'node:os';
import { performance } from 'node:perf_hooks';

import { Stage, sleep, until } from '../lib/fixture.mjs';

export { sleep, until };
export const root = new URL('../..', import.meta.url).pathname;

/** A stage with the program at its usual log level. */
export function stage() {
  const s = new Stage();
  s.station.args.push('--log-level', 'info');
  process.once('uncaughtException', (e) => {
    console.error(e);
    s.leave();
  });
  return s;
}

/* ---- the kernel's accounts ---- */

function lines(file) {
  try {
    return fs.readFileSync(file, 'utf8').split('\n');
  } catch {
    return []; // a process that has just ended
  }
}

/** Nanoseconds that all threads of the processes ran, by the scheduler's own account. */
export function ranNs(pids) {
  let ns = 0;
  for (const pid of pids)
    for (const tid of fs.readdirSync(`/proc/${pid}/task`))
      ns += Number(lines(`/proc/${pid}/task/${tid}/schedstat`)[0]?.split(' ')[0] ?? 0);
  return ns;
}

/** utime + stime in seconds; a hundredth is the smallest step. */
export function ticks(pid) {
  const f = lines(`/proc/${pid}/stat`)[0].replace(/^.*\) /, '').split(' ');
  return (Number(f[11]) + Number(f[12])) / 100;
}

/** MiB by name: VmRSS, RssAnon, Pss. */
export function memory(pid) {
  const found = {};
  for (const line of [...lines(`/proc/${pid}/status`), ...lines(`/proc/${pid}/smaps_rollup`)]) {
    const m = line.match(/^(VmRSS|VmHWM|RssAnon|Pss):\s+(\d+) kB/);
    if (m) found[m[1]] = Number(m[2]) / 1024;
  }
  return found;
}

/** dockerd, its containerd and the shims of one private engine. */
export function engineProcesses(engine) {
  return fs.readdirSync('/proc').filter((p) => {
    if (!/^\d+$/.test(p)) return false;
    const words = (lines(`/proc/${p}/cmdline`)[0] ?? '').split('\0');
    return /\/(dockerd|containerd|containerd-shim[^/]*)$|^containerd$/.test(words[0]) && words.some((w) => w.startsWith(`${engine.dir}/`));
  });
}

/* ---- time ---- */

export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)];
}

export const median = (values) => percentile(values, 50);

/** How many processes wanted to run, and what nobody used, between the two calls. */
export function watchMachine() {
  const read = () => os.cpus().map((c) => c.times).reduce((a, t) => ({ idle: a.idle + t.idle, all: a.all + t.idle + t.user + t.sys + t.nice + t.irq }), { idle: 0, all: 0 });
  const before = read();
  return () => {
    const now = read();
    const busy = 100 - (100 * (now.idle - before.idle)) / (now.all - before.all || 1);
    return `machine ${busy.toFixed(0)} % busy, load ${os.loadavg()[0].toFixed(1)}, ${os.cpus().length} cores`;
  };
}

export async function timed(fn) {
  const begin = performance.now();
  await fn();
  return performance.now() - begin;
}

/* ---- saying it ---- */

export const n = (value, digits = 2) => (value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits));

/** Columns as wide as their widest cell; the first one to the left, the others to the right. */
export function table(title, head, rows) {
  const all = [head, ...rows].map((r) => r.map(String));
  const wide = head.map((_, i) => Math.max(...all.map((r) => r[i].length)));
  console.log(`\n${title}`);
  for (const r of all) console.log('  ' + r.map((c, i) => (i ? c.padStart(wide[i]) : c.padEnd(wide[i]))).join('  '));
}

/** One target; the exit code is 1 when any is missed. */
export function target(what, value, limit, unit) {
  const met = value <= limit;
  if (!met) process.exitCode = 1;
  console.log(`  ${met ? 'met   ' : 'MISSED'}  ${what}: ${n(value, value < 2 ? 3 : 1)} ${unit} (at most ${limit})`);
}
