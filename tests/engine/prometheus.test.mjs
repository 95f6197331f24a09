// /metrics as its readers have it: linted by Prometheus's own tool, scraped by a real Prometheus, and
// every panel of the Grafana dashboard asked for its data.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { StatsServer } from '../ethstats/server.mjs';
import { MiB, Stage, kernel, limits, node, slower, until } from '../lib/fixture.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const bin = path.join(root, 'build/cache/prometheus/usr/bin');
const { panels, templating } = JSON.parse(fs.readFileSync(path.join(root, 'shared/grafana.json'), 'utf8'));
const targets = panels.flatMap((p) => p.targets.map((t) => ({ title: p.title, expr: t.expr, uid: t.datasource.uid })));

/** Names of families in a query, or of those that a scrape declares. */
const named = (text) => text.match(/\b(?:ethstation|process)_[a-z0-9_]+/g) ?? [];
const declared = (scrape) => [...scrape.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1]);

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
  const { station, engine } = stage;
  const server = new StatsServer();
  let prometheus, url;

  before(async () => {
    await stage.set({ parity: ['1.6.8'] });
    await server.start();
    await station.start();
    await station.job('POST', '/stacks', {
      name: 'eth',
      services: [
        node('1.6.8', { limits: limits({ memory_bytes: 256 * MiB, cpus: 1 }) }),
        { name: 'relay', recipe: 'ethstats', options: { instance_name: 'My NAS', server: server.url }, secrets: { WS_SECRET: server.secret } },
      ],
    });
    await stage.phase('eth', 'syncing');
  });
  after(async () => {
    prometheus?.kill('SIGKILL');
    await stage.end().finally(() => server.stop());
  });

  const read = async (what) => (await (await fetch(`${url}/api/v1/${what}`)).json()).data;
  const ask = async (expr) => (await read(`query?query=${encodeURIComponent(expr)}`))?.result ?? [];
  const scrape = async () => (await station.api('GET', '/metrics')).body;

  /** What this kernel keeps no account of. */
  const untold = async () => {
    const { State } = await engine.inspect('eth-node');
    return new Set([
      ...(fs.existsSync('/proc/pressure') ? [] : ['ethstation_host_pressure_ratio']),
      ...(kernel(State.Pid).memsw === undefined ? ['ethstation_memory_swap_bytes'] : []),
    ]);
  };

  it('have nothing that promtool objects to', async () => {
    const { status, stdout, stderr } = spawnSync(path.join(bin, 'promtool'), ['check', 'metrics'], { input: await scrape(), encoding: 'utf8' });
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
    await until('the relay is ready', async () => (await ask('ethstation_relay_state == 1'))[0]?.metric.state === 'ready', 30000 * slower, 300);
  });

  it('are all in the Grafana dashboard, which names no others', async () => {
    const families = declared(await scrape());
    const shown = new Set([...targets.map((t) => t.expr), ...templating.list.map((v) => v.query)].flatMap(named));
    assert.deepEqual([...shown].filter((n) => !families.includes(n)), []);
    assert.deepEqual(families.filter((n) => !shown.has(n)), []);
  });

  it('fill every panel of it', async () => {
    const none = await untold(), variables = { __rate_interval: '8s', __range: '1m' };
    for (const { name, type, query } of templating.list) {
      const [, series, label] = query.match(/^label_values\((.*), (\w+)\)$/) ?? [];
      if (type === 'query') variables[name] = (await read(`label/${label}/values?match[]=${encodeURIComponent(filled(series))}`)).join('|');
      assert.notEqual(variables[name], '', name);
    }
    function filled(expr) {
      return expr.replace(/\$(\w+)/g, (all, name) => {
        assert.ok(variables[name], `${all} in ${expr}`);
        return variables[name];
      });
    }
    assert.equal(variables.stack, 'eth');
    for (const { title, expr, uid } of targets) {
      assert.equal(uid, '${datasource}');
      if (named(expr).some((n) => none.has(n))) continue;
      await until(`data for "${title}": ${filled(expr)}`, async () => {
        const got = await ask(filled(expr));
        return got.length && got.every((r) => Number.isFinite(Number(r.value[1])));
      }, 60000, 500);
    }
  });

  it('lie beside each other in it', () => {
    assert.equal(new Set(panels.map((p) => p.id)).size, panels.length);
    for (const { gridPos: a, id } of panels)
      for (const { gridPos: b, title } of panels.filter((p) => p.id > id))
        assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y, title);
  });
});
