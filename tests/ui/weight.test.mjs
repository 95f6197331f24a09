// What the first look at the overview costs: bytes over the wire, and requests.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { Ui, says } from '../lib/browser.mjs';

const BUDGET = 60 * 1024;

describe('the weight of the overview', { timeout: 120000 }, () => {
  const ui = new Ui();

  before(async () => {
    await ui.open();
    await ui.install();
  });
  after(() => ui.close());

  ui.it('is at most 60 KB compressed, and one look at the state', async () => {
    const page = await (await ui.context()).newPage();
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const loaded = new Map();
    session.on('Network.responseReceived', ({ requestId, type, response }) => loaded.set(requestId, { type, url: response.url, headers: response.headers }));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => loaded.has(requestId) && (loaded.get(requestId).bytes = encodedDataLength));
    await page.goto('/');
    await says(page.locator('h1'), /^Syncing: /);
    await page.getByRole('region', { name: 'Now' }).waitFor();
    await page.waitForLoadState('load');

    const all = [...loaded.values()];
    const assets = all.filter((r) => ['Document', 'Script', 'Stylesheet', 'Font', 'Image'].includes(r.type) && !r.url.startsWith('data:'));
    assert.ok(assets.length >= 3 && assets.every((r) => r.bytes > 0), JSON.stringify(all, null, 1));
    for (const r of assets) assert.equal(r.headers['Content-Encoding'] ?? r.headers['content-encoding'], 'gzip', r.url);
    const sum = assets.reduce((n, r) => n + r.bytes, 0);
    assert.ok(sum <= BUDGET, `${sum} bytes: ${assets.map((r) => `${r.url} ${r.bytes}`).join(', ')}`);
    const asked = (what) => all.filter((r) => new URL(r.url).pathname === `/api/v1/${what}`).length;
    assert.equal(asked('state'), 1);
    assert.ok(asked('health') <= 1 && asked('session') <= 1);

    // The second look comes from the browser's own store, but for the document.
    loaded.clear();
    await page.reload();
    await says(page.locator('h1'), /^Syncing: /);
    for (const r of [...loaded.values()].filter((x) => /\/assets\//.test(x.url))) assert.equal(r.bytes ?? 0, 0, `${r.url} again`);
  });
});
