// /metrics as its readers have it: linted by Prometheus's own tool, scraped by a real Prometheus, and
// every panel of the Grafana dashboard asked for its data.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { MiB, Stage, limits, node, relay, slower, until } from '../lib/fixture.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const bin = path.join(root, 'build/cache/prometheus/usr/bin');
const { panels } = JSON.parse(fs.readFileSync(path.join(root, 'shared/grafana.json'), 'utf8'));

/** What Grafana puts in the place of its variables. */
const filled = (expr) => expr.replaceAll('$stack', '.*').replaceAll('$job', '.*').replaceAll('$__rate_interval', '8s').replaceAll('$__range', '1m');

function freePort() {
  return new Promise((resolve) => {
    const s = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

describe('metrics', { timeout: 240000 }, () => {
  const stage = new Stage();
  const { station } = stage;
  let prometheus, url;

  before(async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await station.start();
    await station.job('POST', '/stacks', {
      name: 'eth',
      services: [node('1.6.8', { limits: limits({ memory_bytes: 256 * MiB, cpus: 1 }) }), relay({ limits: limits({ memory_bytes: 64 * MiB }) })],
    });
    await stage.phase('eth', 'syncing');
  });
  after(async () => {
    prometheus?.kill('SIGKILL');
    await stage.end();
  });

  const ask = async (expr) => (await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)).json()).data?.result ?? [];

  it('have nothing that promtool objects to', async () => {
    const { body } = await station.api('GET', '/metrics');
    const { status, stdout, stderr } = spawnSync(path.join(bin, 'promtool'), ['check', 'metrics'], { input: body, encoding: 'utf8' });
    assert.equal(`${stdout}${stderr}`, '');
    assert.equal(status, 0);
  });

  it('are scraped by a real Prometheus with a token of their own', async () => {
    const dir = path.join(stage.dir, 'prometheus'), port = await freePort();
    fs.mkdirSync(dir);
    fs.writeFileSync(path.join(dir, 'token'), station.makeToken('prometheus', 'read'), { mode: 0o600 });
    fs.writeFileSync(path.join(dir, 'prometheus.yml'), [
      'global: {scrape_interval: 1s}', 'scrape_configs:', '  - job_name: station', '    metrics_path: /metrics',
      `    authorization: {credentials_file: ${dir}/token}`, '    static_configs:', `      - targets: ['127.0.0.1:${station.port}']`, '',
    ].join('\n'));
    prometheus = spawn(path.join(bin, 'prometheus'), [
      `--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=127.0.0.1:${port}`,
    ], { stdio: 'ignore' });
    url = `http://127.0.0.1:${port}`;
    await until('the target is up', async () => (await ask('up{job="station"}').catch(() => []))[0]?.value[1] === '1', 30000 * slower, 300);
    assert.equal((await ask('ethstation_memory_limit_bytes{service="node"}'))[0].value[1], String(256 * MiB));
    assert.equal((await ask('ethstation_cpu_limit_cores{service="node"}'))[0].value[1], '1');
    assert.equal((await ask('ethstation_sync_phase == 1'))[0].metric.phase, 'syncing');
  });

  it('fill every panel of the Grafana dashboard', async () => {
    assert.ok(panels.length > 10);
    for (const panel of panels)
      for (const { expr } of panel.targets)
        await until(`data for "${panel.title}": ${filled(expr)}`, async () => (await ask(filled(expr))).length > 0, 60000, 500);
  });
});
