// The dashboard as a window of the QTS desktop has it: through the NAS's own web server, below a prefix,
// opened without the slash at its end.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe } from 'node:test';

import { PASSWORD, Ui, says } from '../lib/browser.mjs';
import { Proxy, TELLS } from '../lib/proxy.mjs';
import { until } from '../lib/fixture.mjs';

describe('the dashboard below the prefix of QTS', { timeout: 400000 }, () => {
  const ui = new Ui();
  const { station, stage } = ui;
  let proxy;

  before(async () => {
    await ui.open({ owned: false });
    proxy = await new Proxy({ dir: path.join(stage.dir, 'proxy'), to: station.port, tells: TELLS.forwarded }).start();
  });
  after(async () => {
    await proxy?.stop();
    await ui.close();
  });

  /** A page on the proxy; everything it asks for must lie below the prefix. */
  async function open(address, options = {}) {
    const page = await (await ui.context({ signedIn: false, baseURL: proxy.url, size: [1000, 550], ...options })).newPage();
    const outside = [];
    page.on('request', (r) => {
      if (!r.url().startsWith('data:') && !r.url().startsWith(`${proxy.url}/ethstation`) && !r.isNavigationRequest()) outside.push(r.url());
    });
    await page.goto(address);
    return { page, outside };
  }

  ui.it('first run, a node, an action, charts, and what changes by itself', async () => {
    const { page, outside } = await open('/ethstation');
    const button = (name) => page.getByRole('button', { name, exact: true });
    await page.getByRole('heading', { name: 'Lock the door.' }).waitFor();
    await page.getByLabel('One-time code', { exact: true }).fill(station.setupCode);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Once more', { exact: true }).fill(PASSWORD);
    await button('Set the password').click();
    await page.getByRole('heading', { name: 'What do you have?' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/ethstation', 'the address stays as the desktop gave it');

    await ui.install();
    await page.evaluate(() => (location.hash = '#/'));
    await says(page.locator('h1'), /^(Syncing|Catching up|Healthy): .*block/);

    // The stream: something that changes elsewhere is shown without a reload.
    await page.evaluate(() => (window.mark = 1));
    assert.equal((await station.api('PATCH', '/settings', { nas_name: 'seen-through-the-proxy' })).status, 200);
    await page.getByText('seen-through-the-proxy').first().waitFor();
    assert.equal(await page.evaluate(() => window.mark), 1);

    // An action, with the CSRF value of this session.
    await page.evaluate(() => (location.hash = '#/node'));
    await button('Restart').first().click();
    await ui.doIt(page);

    // The charts' code comes when it is first needed, also from below the prefix.
    await page.evaluate(() => (location.hash = '#/history'));
    await page.getByText('1 h', { exact: true }).click(); // the longest view has its first point only after a minute
    await page.locator('.uplot canvas').first().waitFor({ timeout: 60000 });
    await page.evaluate(() => (location.hash = '#/logs'));
    await says(page.locator('main'), /\S+/);
    await page.reload();
    await page.locator('main h1').waitFor();
    assert.deepEqual(outside, []);
  });

  ui.it('signs in and out, also with the slash at the end', async () => {
    ui.allow(/ 401 .*\/session$/, /status of 401/);
    const { page, outside } = await open('/ethstation/#/settings');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await says(page.locator('h1'), /^Settings$/);
    const cookie = (await page.context().cookies()).find((c) => c.name === 'ethstation_session');
    assert.ok(cookie?.httpOnly && cookie.sameSite === 'Strict', JSON.stringify(cookie));
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await page.getByLabel('Password', { exact: true }).waitFor();
    await until('the cookie is gone', async () => !(await page.context().cookies()).some((c) => c.name === 'ethstation_session'));
    assert.deepEqual(outside, []);
  });

  ui.it('works in a window of the desktop, which is a frame, and in no frame of another site', async () => {
    ui.allow(/ 401 /, /status of 401/);
    const { page } = await open('/cgi-bin/');
    await page.frameLocator('iframe').getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.frameLocator('iframe').getByRole('button', { name: 'Sign in', exact: true }).click();
    await says(page.frameLocator('iframe').locator('h1'), /./);

    // another site: its port differs, and it frames the first one's page
    const other = await new Proxy({ dir: path.join(stage.dir, 'other'), to: station.port }).start();
    try {
      ui.allow(/frame-ancestors|Refused to frame|Framing|ERR_BLOCKED_BY_RESPONSE|chrome-error/);
      const far = await (await ui.context({ signedIn: false, baseURL: other.url })).newPage();
      await far.goto('/cgi-bin/');
      await far.evaluate((src) => new Promise((done) => {
        const f = document.querySelector('iframe');
        f.onload = done;
        f.src = src;
      }), `${proxy.url}/ethstation`);
      await until('the browser refuses it', () => ui.problems.some((p) => /frame-ancestors/.test(p)));
      assert.equal(await far.frameLocator('iframe').getByLabel('Password').count(), 0);
    } finally {
      await other.stop();
    }
  });
});
