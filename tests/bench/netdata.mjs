// Debian's netdata with its cgroups plugin alone, for one container, on loopback and in folders of its own.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { root, until } from './bench.mjs';

const files = path.join(root, 'build/cache/netdata');
const OFF = ['proc', 'diskspace', 'tc', 'idlejitter', 'apps', 'ebpf', 'nfacct', 'perf', 'slabinfo', 'timex', 'freeipmi', 'cups', 'xenstat',
  'python.d', 'charts.d', 'go.d', 'node.d', 'fping', 'ioping', 'checks', 'netdata monitoring', 'netdata monitoring extended', 'enable running new plugins'];

function freePort() {
  return new Promise((resolve) => {
    const s = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

const section = (name, settings) => [`[${name}]`, ...Object.entries(settings).map(([k, v]) => `\t${k} = ${v}`), ''].join('\n');

/** Its package's script asks the engine for a name; this one leaves the container its id. */
function plugins(dir) {
  fs.writeFileSync(path.join(dir, 'plugins/cgroup-name.sh'), '#!/bin/sh\necho "$2"\n', { mode: 0o755 });
  return path.join(dir, 'plugins');
}

function configure(dir, port, container) {
  for (const d of ['etc', 'cache', 'lib', 'log', 'plugins']) fs.mkdirSync(path.join(dir, d), { recursive: true });
  fs.writeFileSync(path.join(dir, 'etc/.opt-out-from-anonymous-statistics'), '');
  fs.writeFileSync(path.join(dir, 'etc/netdata.conf'), [
    section('global', { 'run as user': 'root' }),
    section('directories', {
      config: `${dir}/etc`, 'stock config': `${files}/usr/lib/netdata/conf.d`, cache: `${dir}/cache`, lib: `${dir}/lib`, log: `${dir}/log`,
      lock: `${dir}/lib`, registry: `${dir}/lib`, home: `${dir}/lib`, web: `${files}/usr/share/netdata/web`, plugins: plugins(dir),
    }),
    section('web', { 'bind to': `127.0.0.1:${port}` }),
    section('health', { enabled: 'no' }),
    section('ml', { enabled: 'no' }),
    section('statsd', { enabled: 'no' }),
    section('plugins', { ...Object.fromEntries(OFF.map((p) => [p, 'no'])), cgroups: 'yes' }),
    section('plugin:cgroups', { 'enable by default cgroups matching': `*${container}` }),
  ].join('\n'));
}

/** Runs until end(); answers {pids, charts, end}. */
export async function netdata(dir, container) {
  const port = await freePort();
  configure(dir, port, container);
  const child = spawn(path.join(files, 'usr/sbin/netdata'), ['-D', '-c', `${dir}/etc/netdata.conf`, '-P', `${dir}/pid`], {
    stdio: 'ignore', env: { ...process.env, LD_LIBRARY_PATH: path.join(files, 'usr/lib', execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim()) },
  });
  const charts = async () => Object.keys((await (await fetch(`http://127.0.0.1:${port}/api/v1/charts`)).json()).charts);
  const ours = await until('netdata charts the container', async () => {
    const all = await charts().catch(() => []);
    return all.some((c) => c.includes('mem')) && all;
  }, 90000, 500);
  /** Itself and the helper that it starts. */
  const pids = () => [child.pid, ...execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' }).trim().split(/\s+/).filter(Boolean).map(Number)];
  return { pids: pids(), charts: ours.length, end: () => child.kill('SIGTERM') };
}
