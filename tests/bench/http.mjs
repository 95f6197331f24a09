// http: 100 /state a second while the sampler runs, beside the engine's own list of containers at the
// same pace; the highest rate; and what a browser fetches for the first sight of the overview.
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { performance } from 'node:perf_hooks';

import { chromium } from 'playwright-core';

import { node, relay } from '../lib/fixture.mjs';
import { n, percentile, sleep, stage, table, target, watchMachine } from './bench.mjs';

const RATE = 100;
const SECONDS = 10;
const QUIET_MS = 3000;

const s = stage();
const { engine, station } = s;
const auth = { Authorization: `Bearer ${station.token}` };

/** One answer. As browsers do, asks again when the server had just closed the kept connection. */
function once(options, begin = performance.now(), again = 0) {
  return new Promise((resolve) => {
    const req = http.get(options, (res) => {
      let bytes = 0;
      res.on('data', (d) => (bytes += d.length));
      res.on('end', () => resolve({ ms: performance.now() - begin, ok: res.statusCode === 200, bytes, again }));
    });
    req.on('error', (e) => {
      if (req.reusedSocket && e.code === 'ECONNRESET') resolve(once(options, begin, again + 1));
      else resolve({ ms: performance.now() - begin, ok: false, bytes: 0, again });
    });
  });
}

/** Sends at its own pace, whether answers come or not; a late answer delays nobody. */
async function paced(options) {
  const agent = new http.Agent({ keepAlive: true });
  const answers = [];
  const begin = performance.now();
  const machine = watchMachine();
  for (let i = 0; i < RATE * SECONDS; i++) {
    const wait = begin + (i * 1000) / RATE - performance.now();
    if (wait > 0) await sleep(wait);
    answers.push(once({ ...options, agent }));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  const ms = all.map((a) => a.ms);
  return { failed: all.filter((a) => !a.ok).length, again: all.reduce((k, a) => k + a.again, 0), bytes: all[0].bytes, machine: machine(),
    p50: percentile(ms, 50), p90: percentile(ms, 90), p99: percentile(ms, 99), max: Math.max(...ms) };
}

const here = (path) => ({ host: '127.0.0.1', port: station.port, path, headers: auth });

/** Requests a second at full speed, as wrk counts them. */
function wrk(path) {
  const out = execFileSync('wrk', ['-t1', '-c4', '-d3s', '-H', `Authorization: ${auth.Authorization}`, station.url + path], { encoding: 'utf8' });
  if (/Non-2xx/.test(out)) throw new Error(`${path}:\n${out}`);
  return Number(out.match(/Requests\/sec:\s+([\d.]+)/)[1]);
}

/** What the sampler recorded of the last seconds; each one that is missing was missed. */
async function sampled(seconds) {
  const to = Math.floor(Date.now() / 1000) * 1000;
  const view = await station.get(`/stacks/home/services/node/history?series=memory_needed&from=${to - seconds * 1000}&to=${to}&points=100`);
  return view.series.memory_needed.max.filter((v) => v !== null).length;
}

/** Everything that Chromium fetches until nothing more comes. */
async function firstLoad() {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext();
    const signed = await context.request.post(`${station.url}/api/v1/setup`,
      { data: { code: station.setupCode, password: 'a bench password' }, headers: { Origin: station.url } });
    if (!signed.ok()) throw new Error(`setup: ${signed.status()} ${await signed.text()}`);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    const urls = new Map();
    const fetched = [];
    await cdp.send('Network.enable');
    cdp.on('Network.requestWillBeSent', (e) => urls.set(e.requestId, { url: new URL(e.request.url), bytes: 0, body: 0 }));
    cdp.on('Network.dataReceived', (e) => {
      const r = urls.get(e.requestId);
      if (r) r.body += e.encodedDataLength;
    });
    cdp.on('Network.loadingFinished', (e) => {
      const r = urls.get(e.requestId);
      if (r) fetched.push({ ...r, bytes: e.encodedDataLength });
    });
    await page.goto(station.url);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    for (let seen = -1; seen !== fetched.length;) {
      seen = fetched.length;
      await sleep(QUIET_MS);
    }
    const asked = [...urls.values()].map((r) => r.url.pathname);
    return { title: await page.getByRole('heading', { level: 1 }).first().innerText(), asked,
      fetched: fetched.map((r) => ({ path: r.url.pathname, bytes: r.bytes })) };
  } finally {
    await browser.close();
  }
}

try {
  await s.set({ parity: ['1.6.8'], withRelay: true });
  await station.start();
  auth.Authorization = `Bearer ${station.token}`;
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8'), relay({ secrets: { WS_SECRET: 'x' } })] });
  await sleep(5000);

  const load = {
    'GET /api/v1/state': await paced(here('/api/v1/state')),
  };
  const kept = await sampled(SECONDS - 1);
  load['GET /api/v1/health'] = await paced(here('/api/v1/health'));
  load['the engine: GET /containers/json'] = await paced({ socketPath: engine.socket, path: '/containers/json?all=1' });
  load['the engine: GET /containers/NAME/json'] = await paced({ socketPath: engine.socket, path: '/containers/home-node/json' });
  table(`http: ${RATE} requests a second for ${SECONDS} s, latency in ms`, ['', 'bytes', 'failed', 'asked again', 'p50', 'p90', 'p99', 'max', 'machine'],
    Object.entries(load).map(([what, l]) => [what, l.bytes, l.failed, l.again, n(l.p50), n(l.p90), n(l.p99), n(l.max), l.machine]));
  target('p99 of /state', load['GET /api/v1/state'].p99, 20, 'ms');
  target('answers that failed', load['GET /api/v1/state'].failed, 0, '');
  target(`seconds the sampler missed meanwhile, of ${SECONDS - 1}`, SECONDS - 1 - kept, 0, '');

  const machine = watchMachine();
  const rates = ['/api/v1/health', '/', '/api/v1/state'].map((p) => [p, n(wrk(p), 0)]);
  table(`http: highest rate, wrk, 4 connections, 3 s (${machine()})`, ['', 'requests/s'], rates);

  const first = await firstLoad();
  const files = first.fetched.filter((f) => !f.path.startsWith('/api/'));
  const answers = first.fetched.filter((f) => f.path.startsWith('/api/'));
  const sum = (list) => list.reduce((a, f) => a + f.bytes, 0);
  table(`http: first load of the overview in Chromium ("${first.title}"), bytes on the wire with headers`, ['', 'bytes'],
    [...first.fetched.map((f) => [f.path, f.bytes]), ['files in all', sum(files)], ['answers in all', sum(answers)]]);
  console.log(`  asked: ${first.asked.filter((p) => p.startsWith('/api/')).join(' ')}`);
  target('files', sum(files) / 1000, 60, 'KB');
  target('requests of /state', first.asked.filter((p) => p === '/api/v1/state').length, 1, '');
} finally {
  await s.end();
}
