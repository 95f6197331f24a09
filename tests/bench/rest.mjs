// rest: the program with one stack, sampled each second, nobody looking; beside `docker stats`.
import { spawn } from 'node:child_process';

import { node } from '../lib/fixture.mjs';
import { engineProcesses, memory, n, ranNs, sleep, stage, table, target, ticks, watchMachine } from './bench.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const SETTLE_MS = 20000;

const s = stage();
const { engine, station } = s;

/** Share of one core, in percent, that each group of processes takes in one window. */
async function window_(groups) {
  const machine = watchMachine();
  const before = Object.entries(groups).map(([name, pids]) => [name, pids, ranNs(pids), ticks(pids[0])]);
  const begin = process.hrtime.bigint();
  await sleep(SECONDS * 1000);
  const ns = Number(process.hrtime.bigint() - begin);
  const result = { machine: machine() };
  for (const [name, pids, ran, t] of before)
    result[name] = { cpu: (100 * (ranNs(pids) - ran)) / ns, ticks: (100 * (ticks(pids[0]) - t)) / (ns / 1e9) };
  return result;
}

function dockerStats() {
  return spawn('docker', ['stats', 'home-node'], {
    env: { ...process.env, DOCKER_HOST: `unix://${engine.socket}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

try {
  await s.set({ parity: ['1.6.8'] });
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  await sleep(SETTLE_MS);
  const us = [station.child.pid];

  const mine = await window_({ us, engine: engineProcesses(engine) });
  const ours = memory(us[0]);

  const cli = dockerStats();
  await sleep(3000);
  const both = await window_({ us, cli: [cli.pid], engine: engineProcesses(engine) });
  const theirs = memory(cli.pid);
  cli.kill('SIGKILL'); // it takes no notice of SIGTERM

  await station.stop();
  await sleep(3000);
  const idle = await window_({ engine: engineProcesses(engine) });

  const row = (what, cpu, mem) => [what, n(cpu, 3), n(mem?.VmRSS, 1), n(mem?.RssAnon, 1), n(mem?.Pss, 1)];
  table(`rest: one node, ${SECONDS} s a window (${mine.machine}; then ${both.machine}; then ${idle.machine})`,
    ['', '% of one core', 'RSS MiB', 'anon', 'PSS'], [
      row('ethstation, sampling each second', mine.us.cpu, ours),
      row('  the same, by utime + stime', mine.us.ticks),
      row('  the same, beside docker stats', both.us.cpu),
      row('  what it costs the engine', mine.engine.cpu - idle.engine.cpu),
      row('docker stats, the command', both.cli.cpu, theirs),
      row('  what it costs the engine', both.engine.cpu - mine.engine.cpu),
      row('the engine with nobody asking', idle.engine.cpu),
    ]);
  target('resident memory', ours.VmRSS, 16, 'MiB');
  target('processor', mine.us.cpu, 0.3, '% of one core');
} finally {
  await s.end();
}
