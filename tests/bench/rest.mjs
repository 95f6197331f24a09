// rest: the program with one stack, sampled each second: nobody looking, and the overview open in a browser with its
// live stream; beside Debian's netdata for the same container, and `docker stats`. Its resident memory counts as the
// package has it, static, where that was built (./build.sh static x86_64).
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { node } from '../lib/fixture.mjs';
import { engineProcesses, memory, n, ranNs, root, sleep, stage, table, target, ticks, watchMachine } from './bench.mjs';
import { netdata } from './netdata.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const SETTLE_MS = 20000;
const packaged = path.join(root, 'build/x86_64/ethstation');

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

/** The overview in Chromium, as its owner has it; messages: how many the live stream has brought. */
async function dashboard() {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext();
  const [way, body] = station.setupCode ? ['setup', { code: station.setupCode, password: 'a bench password' }] : ['session', { password: 'a bench password' }];
  const signed = await context.request.post(`${station.url}/api/v1/${way}`, { data: body, headers: { Origin: station.url } });
  if (!signed.ok()) throw new Error(`${way}: ${signed.status()} ${await signed.text()}`);
  const page = await context.newPage(), cdp = await context.newCDPSession(page), seen = { messages: 0 };
  await cdp.send('Network.enable');
  cdp.on('Network.eventSourceMessageReceived', () => seen.messages++);
  await page.goto(station.url);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  return { seen, end: () => browser.close() };
}

/** One program: with nobody looking, then with the dashboard open and netdata beside it. */
async function measure(beside) {
  await sleep(SETTLE_MS);
  const us = [station.child.pid];
  const rest = await window_({ us, engine: engineProcesses(engine) });
  const alone = memory(us[0]);
  const page = await dashboard();
  const theirs = beside ? await netdata(path.join(s.dir, 'netdata'), (await engine.inspect('home-node')).Id) : null;
  try {
    await sleep(SETTLE_MS / 2);
    const before = page.seen.messages;
    const open = await window_({ us, ...(theirs ? { theirs: theirs.pids } : {}) });
    const result = { rest, alone, open, opened: memory(us[0]), messages: page.seen.messages - before };
    if (theirs) result.netdata = { cpu: open.theirs.cpu, charts: theirs.charts, ...memory(theirs.pids[0]) };
    return result;
  } finally {
    await page.end();
    theirs?.end();
  }
}

try {
  await s.set({ parity: ['1.6.8'] });
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  const shared = await measure(true);
  const us = [station.child.pid];
  const cli = dockerStats();
  await sleep(3000);
  const both = await window_({ us, cli: [cli.pid], engine: engineProcesses(engine) });
  const stats = memory(cli.pid);
  cli.kill('SIGKILL'); // it takes no notice of SIGTERM
  await station.stop();
  await sleep(3000);
  const idle = await window_({ engine: engineProcesses(engine) });

  let own;
  if (process.arch === 'x64' && fs.existsSync(packaged)) {
    station.program = [packaged];
    await station.start();
    own = await measure(false);
  }

  const row = (what, cpu, mem) => [what, n(cpu, 3), n(mem?.VmRSS, 1), n(mem?.RssAnon, 1), n(mem?.Pss, 1)];
  table(`rest: one node, ${SECONDS} s a window (${shared.rest.machine}; then ${shared.open.machine}; then ${both.machine}; then ${idle.machine})`,
    ['', '% of one core', 'RSS MiB', 'anon', 'PSS'], [
      row('ethstation, nobody looking', shared.rest.us.cpu, shared.alone),
      row('  the same, by utime + stime', shared.rest.us.ticks),
      row('ethstation, dashboard open', shared.open.us.cpu, shared.opened),
      ...(own ? [row('as in the package (static), nobody looking', own.rest.us.cpu, own.alone),
        row('as in the package (static), dashboard open', own.open.us.cpu, own.opened)] : []),
      row(`netdata, cgroups plugin only, ${shared.netdata.charts} charts`, shared.netdata.cpu, shared.netdata),
      row('ethstation beside docker stats', both.us.cpu),
      row('  what it costs the engine', shared.rest.engine.cpu - idle.engine.cpu),
      row('docker stats, the command', both.cli.cpu, stats),
      row('  what it costs the engine', both.engine.cpu - shared.rest.engine.cpu),
      row('the engine with nobody asking', idle.engine.cpu),
    ]);
  const best = own ?? shared;
  console.log(`  the live stream brought ${best.messages} messages; netdata takes ${n(shared.netdata.cpu / shared.open.us.cpu, 1)} times the processor and ` +
    `${n(shared.netdata.VmRSS / best.opened.VmRSS, 1)} times the resident memory of the program with the dashboard open`);
  target('resident memory, dashboard open', best.opened.VmRSS, 12, 'MiB');
  target('processor, nobody looking', shared.rest.us.cpu, 0.3, '% of one core');
  target('processor, dashboard open', best.open.us.cpu, 0.3, '% of one core');
  target('seconds without a message of the live stream', Math.max(0, SECONDS - 2 - best.messages), 0, '');
} finally {
  await s.end();
}
