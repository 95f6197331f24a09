// What the page does when something else fails: it says it in words, keeps what it knows, and comes
// back by itself.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe } from 'node:test';

import { PASSWORD, Ui, says } from '../lib/browser.mjs';
import { MiB, until } from '../lib/fixture.mjs';

const STREAMS = 8; // that the server has room for
const NO_SERVER = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;

describe('the page in trouble', { timeout: 400000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;

  before(async () => {
    await ui.open();
    await ui.install({ behave: { HEAP_MB: 64 }, memory: 384 * MiB });
  });
  after(() => ui.close());

  const say = (text) => stage.control('eth', { HEAP_MB: 64, SAY: text });
  const button = (within, name) => within.getByRole('button', { name, exact: typeof name === 'string' });
  const requests = (context, pattern) => {
    const seen = [];
    context.on('request', (r) => pattern.test(`${r.method()} ${r.url()}`) && seen.push(r.url()));
    return seen;
  };

  /** Holds one of the server's streams; null when there is no room. */
  const openStream = (what) => new Promise((resolve, reject) => {
    const req = http.get(`${station.url}/api/v1${what}`, { agent: false, headers: { Authorization: `Bearer ${station.token}` } }, (res) => {
      res.resume();
      res.on('error', () => {});
      if (res.statusCode === 200) return resolve(req);
      req.destroy();
      resolve(null);
    });
    req.on('error', reject);
  });

  ui.it('these tests have eyes: an inline script is met, and does not run', async () => {
    const page = await ui.page();
    await page.locator('main h1').waitFor();
    ui.allow(/Content Security Policy/, /^console error: CSP script-src/);
    await page.evaluate(() => {
      const s = document.createElement('script');
      s.textContent = 'window.ran = true';
      document.body.append(s);
    });
    await until('it is noticed', () => ui.problems.some((p) => /CSP script-src/.test(p)));
    assert.equal(await page.evaluate(() => window.ran), undefined);
  });

  ui.it('charts are drawn, told as a table, and marked', async () => {
    await station.job('PUT', '/stacks/eth/services/node/limits', { limits: { memory_bytes: 320 * MiB } });
    const page = await ui.page('/#/history');
    await button(page, '1 h').click();
    const chart = page.locator('figure').filter({ has: page.getByRole('heading', { name: /^Memory/ }) });
    await chart.locator('canvas').waitFor();
    await until('something is drawn', () => chart.locator('canvas').evaluate((c) => {
      const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
      const colours = new Set();
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return colours.size > 3;
    }));
    assert.match(await chart.getByRole('img').first().getAttribute('aria-label'), /^Memory: from [\d.]+ to 6\d(\.\d)? MiB, latest 6/);
    const marked = (ms) => until('the limit change is marked', async () =>
      /limit/i.test((await chart.locator('svg.lane').getAttribute('aria-label', { timeout: 1000 }).catch(() => '')) ?? ''), ms);
    await marked(40000);
    await says(chart.locator('.lane-keys'), /limit changed/);
    await ui.accessible(page, 'history with an event');
    await ui.shoot('ok history');

    await button(chart, 'Show as table').click();
    const rows = await chart.locator('tbody tr').evaluateAll((all) => all.map((r) => [...r.cells].map((c) => c.textContent)));
    assert.ok(rows.length >= 1);
    const now = Date.now();
    const told = await station.get(`/stacks/eth/services/node/history?series=memory_needed&from=${now - 3600000}&to=${now}&points=480`);
    const peak = Math.max(...told.series.memory_needed.max.filter((v) => v !== null)) / MiB;
    const inTable = Math.max(...rows.map((r) => Number(r[3])));
    assert.ok(Math.abs(inTable - peak) < 1, `${inTable} in the table, ${peak} by the API`);
    await button(chart, 'Show as chart').click();
    await chart.locator('canvas').waitFor();
    for (const range of ['30 d', '10 y']) {
      await button(page, range).click();
      await chart.locator('canvas').waitFor();
      await marked(80000); // these move on once a minute
    }
    await ui.shoot('ok ten years');
  });

  ui.it('logs follow, hold, go on, and are only ever text', async () => {
    const page = await ui.page('/#/logs');
    const log = page.getByRole('region', { name: 'Log lines' });
    await says(log, /Syncing|Starting|Parity/i);
    say('the first line of this test');
    await says(log, /the first line of this test/);
    await button(page, 'Pause').click();
    say('the second line of this test');
    await button(page, /^\d+ new lines?$/).waitFor();
    assert.ok(!(await log.innerText()).includes('the second line'));
    await button(page, /^\d+ new lines?$/).click();
    await says(log, /the second line of this test/);
    await button(page, 'Pause').waitFor();

    const nasty = '<img src=x onerror="window.ran=true"><script>window.ran=true</script><b>bold</b>&amp;';
    say(nasty);
    await until('the line came', async () => (await log.innerText()).includes(nasty));
    assert.equal(await log.locator('img, script, b').count(), 0);
    assert.equal(await page.evaluate(() => window.ran), undefined);

    await page.getByRole('searchbox', { name: 'Filter' }).fill('SECOND line');
    assert.equal(await log.locator('.log-line').count(), 1);
    await ui.accessible(page, 'a filtered log');
  });

  ui.it('many tabs share one stream, and the next one takes it over', async () => {
    const context = await ui.context();
    const streams = requests(context, /^GET .*\/api\/v1\/events\?after=/);
    const tabs = [];
    for (let i = 0; i < STREAMS + 1; i++) {
      const tab = await context.newPage();
      await tab.goto('/#/');
      await tab.locator('main h1').waitFor();
      tabs.push(tab);
    }
    const hears = async (these, mib) => {
      await station.job('PUT', '/stacks/eth/services/node/limits', { limits: { memory_bytes: mib * MiB } });
      for (const tab of these) await says(tab.getByRole('region', { name: 'Now' }), new RegExp(`limit ${mib} MiB`));
    };
    await hears(tabs, 704);
    assert.equal(streams.length, 1, 'one stream for all');
    await tabs[0].close();
    await hears(tabs.slice(1), 832);
    assert.equal(streams.length, 2, 'and one again');
  });

  ui.it('without room for a stream the page asks by itself, and streams when there is room', async () => {
    const others = [];
    for (let i = 0; i < STREAMS; i++) others.push(await until('a place', () => openStream('/events')));
    ui.allow(/(503|429).*events/, /status of (503|429)/, /EventSource/);
    const context = await ui.context();
    const asks = requests(context, /GET .*\/api\/v1\/state$/);
    const streams = requests(context, /GET .*\/api\/v1\/events\?after=/);
    const page = await context.newPage();
    await page.goto('/#/');
    await page.locator('main h1').waitFor();
    await until('it asks again and again', () => asks.length >= 3, 25000);
    await station.job('PUT', '/stacks/eth/services/node/limits', { limits: { memory_bytes: 640 * MiB } });
    await says(page.getByRole('region', { name: 'Now' }), /limit 640 MiB/);
    assert.equal(await page.locator('.banner').count(), 0, 'nothing that a reader must know');
    for (const o of others) o.destroy();
    const before = streams.length;
    await until('it streams', () => streams.length > before, 30000);
    await until('it no longer asks', async () => {
      const n = asks.length;
      await page.waitForResponse((r) => r.url().endsWith('/state'), { timeout: 6500 }).catch(() => {});
      return asks.length === n;
    }, 40000);
  });

  ui.it('a log that says nothing gives its place back when its reader leaves', async () => {
    stage.control('eth', { HEAP_MB: 64, INFORM_MS: 3600000 });
    for (let i = 0; i < STREAMS; i++) (await until('a place', () => openStream('/stacks/eth/services/node/logs?follow=true&tail=0'))).destroy();
    const stream = await until('a place for the page', () => openStream('/events'), 15000);
    stream.destroy();
    stage.control('eth', { HEAP_MB: 64 });
  });

  ui.it('a session that ends: sign in, and be where you were', async () => {
    const context = await ui.context({ signedIn: false });
    ui.allow(/401/);
    const page = await context.newPage();
    await page.goto('/#/limits');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const field = page.getByLabel('Password', { exact: true });
    assert.deepEqual([await field.getAttribute('type'), await field.getAttribute('autocomplete')], ['password', 'current-password']);
    await ui.accessible(page, 'sign-in');
    await field.fill('not the password');
    await button(page, 'Sign in').click();
    await says(page.getByRole('alert'), /password.*auth\.wrong_password/i);
    await field.fill(PASSWORD);
    await field.press('Enter');
    await says(page.locator('h1'), /^Limits$/);

    const { sessions } = await station.get('/sessions');
    const newest = sessions.sort((a, b) => b.created_at - a.created_at)[0];
    assert.equal((await station.api('DELETE', `/sessions/${newest.id}`)).status, 204);
    await says(page.locator('main'), /Your session has ended/, 40000);
    assert.match(page.url(), /#\/limits$/);
    await field.fill(PASSWORD);
    await button(page, 'Sign in').click();
    await says(page.locator('h1'), /^Limits$/);
    await says(page.locator('p.kernel').first(), /Checked/);
  });

  ui.it('the engine is killed: said in words, and over by itself', async () => {
    const page = await ui.page();
    await says(page.locator('h1'), /^Syncing: /);
    engine.kill();
    const finding = page.getByRole('region', { name: 'Findings' }).getByRole('article').filter({ hasText: /engine\.|docker\./ });
    await says(finding, /I connect by myself|It connects by itself|tries again/i, 30000);
    await says(page.locator('h1'), /^(Down|Unknown|Needs attention): /);
    await ui.accessible(page, 'without an engine');
    await ui.shoot('ok engine gone');
    engine.start();
    await finding.waitFor({ state: 'detached', timeout: 60000 });
    await says(page.locator('h1'), /^(Syncing|Catching up|Healthy): /, 60000);
  });

  ui.it('the program is killed: the last state stays, dated, and the page comes back', async () => {
    const page = await ui.page();
    await says(page.locator('h1'), /^(Syncing|Catching up|Healthy): /);
    const before = await page.getByRole('region', { name: 'Now' }).getByRole('link').count();
    ui.allow(NO_SERVER, /Failed to fetch/);
    await station.kill();
    const banner = page.locator('.banner');
    await says(banner, /^No answer from the NAS since \d\d:\d\d:\d\d\. Showing the last state\. Trying again in /, 40000);
    assert.equal(await page.getByRole('region', { name: 'Now' }).getByRole('link').count(), before);
    await says(page.getByRole('status'), /No answer from the NAS/);
    await ui.accessible(page, 'without the program');
    await ui.shoot('ok program gone');
    station.args = ['--listen', `127.0.0.1:${station.port}`];
    await station.start();
    await banner.waitFor({ state: 'detached', timeout: 40000 });
    await says(page.locator('h1'), /^(Syncing|Catching up|Healthy): /, 40000);
  });
});
