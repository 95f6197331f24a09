// What a local Prometheus makes of the same seconds: its size, and how long the same chart takes.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { performance } from 'node:perf_hooks';

import { median, root, until } from './bench.mjs';

const bin = path.join(root, 'build/cache/prometheus/usr/bin');
const DAY = 86400;

function freePort() {
  return new Promise((resolve) => {
    const s = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

function bytesBelow(dir) {
  return fs.readdirSync(dir, { withFileTypes: true, recursive: true }).filter((f) => f.isFile())
    .reduce((sum, f) => sum + fs.statSync(path.join(f.parentPath ?? f.path, f.name)).size, 0);
}

/** Blocks of all days, made by Prometheus's own tool; a day's text is gone when it is in. */
function fill(dir, days, end, entities) {
  const texts = path.join(dir, 'texts'), data = path.join(dir, 'data');
  fs.mkdirSync(texts, { recursive: true });
  execFileSync(path.join(root, 'build/bench/bench_history'), ['text', String(days), texts, String(end), ...entities]);
  for (const f of fs.readdirSync(texts)) {
    execFileSync(path.join(bin, 'promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', path.join(texts, f), data], { stdio: ['ignore', 'ignore', 'inherit'] });
    fs.rmSync(path.join(texts, f));
  }
  return { data, bytes: bytesBelow(data) };
}

/** min, mean and max of one series in as many points, as a page would have to ask for them. */
async function chart(url, service, end, length, points) {
  const step = Math.ceil(length / points);
  const begin = performance.now();
  let peak = -Infinity;
  for (const fn of ['min', 'avg', 'max']) {
    const query = `${fn}_over_time(memory_needed{service="${service}"}[${step}s])`;
    const answer = await (await fetch(`${url}/api/v1/query_range?query=${encodeURIComponent(query)}&start=${end - length + step}&end=${end}&step=${step}`)).json();
    if (!answer.data?.result.length) throw new Error(`prometheus: ${JSON.stringify(answer).slice(0, 300)}`);
    if (fn === 'max') peak = Math.max(...answer.data.result[0].values.map(([, v]) => Number(v)));
  }
  return { ms: performance.now() - begin, peak };
}

/** dir: its own; ranges: name → seconds. Answers {bytes, values, rss, ms: {range: ms}}. */
export async function besidePrometheus({ dir, days, end, entities, ranges, points, repeats = 5 }) {
  const { data, bytes } = fill(dir, days, end, entities);
  const port = await freePort(), url = `http://127.0.0.1:${port}`;
  fs.writeFileSync(path.join(dir, 'prometheus.yml'), '{}\n');
  const child = spawn(path.join(bin, 'prometheus'), [
    `--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${data}`, '--storage.tsdb.retention.time=20y', `--web.listen-address=127.0.0.1:${port}`,
  ], { stdio: 'ignore' });
  try {
    await until('prometheus is ready', () => fetch(`${url}/-/ready`).then((r) => r.ok, () => false), 120000, 200);
    const ms = {}, seen = {};
    for (const [name, length] of Object.entries(ranges).filter(([, l]) => l <= days * DAY)) {
      const all = [];
      for (let i = 0; i < repeats; i++) all.push(await chart(url, entities[0], end, length, points));
      ms[name] = median(all.map((a) => a.ms));
      seen[name] = all[0].peak > 0.99e12;
    }
    const rss = Number(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
    return { bytes, values: days * DAY * 24, rss, ms, seen };
  } finally {
    child.kill('SIGKILL');
  }
}
