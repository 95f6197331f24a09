// Every page, in both themes and at four sizes: nothing sticks out, nothing is cut off, nothing
// breaks WCAG, nothing is said on the console.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { PAGES, PART_OF, SIZES, Ui, address, overflow, says } from '../lib/browser.mjs';
import { MiB, images, until } from '../lib/fixture.mjs';

describe('the pages', { timeout: 400000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;

  before(() => ui.open({ parity: ['1.6.8', 'broken'] }));
  after(() => ui.close());

  /** Goes to a page as a reader does, and waits until it has read what it shows. */
  async function show(page, name) {
    await page.evaluate((hash) => (location.hash = hash), address(name).slice(1));
    const here = `.nav [aria-current=${PART_OF[name] ? 'true' : 'page'}][href="${address(PART_OF[name] ?? name).slice(1)}"]`;
    await until(`${name} is there`, () => page.evaluate((link) => {
      return !!document.querySelector(link) && !!document.querySelector('main h1, main h2') && !document.querySelector('main [aria-busy=true], main .bones');
    }, here), 40000);
  }

  async function inspectAll(theme, size) {
    const page = await ui.page('/', { theme, size: SIZES[size] });
    await page.locator('main h1').waitFor();
    const found = [];
    for (const name of PAGES) {
      await show(page, name);
      found.push(...(await overflow(page)).map((o) => `${name}: ${o}`));
      await ui.accessible(page, `${name}, ${theme}, ${size}`);
      if (process.env.SHOTS) await ui.shoot(`ok ${size} ${theme} ${name}`);
    }
    assert.deepEqual(found, [], `${theme}, ${size}`);
    return page;
  }

  ui.it('are whole before there is a node', async () => {
    await inspectAll('dark', 'phone');
  });

  ui.it('are given something to show', async () => {
    await station.api('PATCH', '/settings', { nas_name: 'living-room-nas-of-the-whole-family' });
    await station.api('POST', '/tokens', { name: 'a token for the backup of the other house', scope: 'operate', expires_at: null });
    await ui.install();
    await station.job('POST', '/stacks/eth/resync', {});
    await station.job('POST', '/stacks/eth/upgrade', { service: 'node', image: images.broken }, 'rolled_back');
    stage.control('eth', { CHILD_MB: 1200 });
    await stage.finding('memory.oom');
    await engine.api('POST', '/containers/eth-node/update', { Memory: 900 * MiB, MemorySwap: 900 * MiB });
    await stage.finding('limit.drift');
    await until('recorded history', async () => {
      const now = Date.now();
      const h = await station.get(`/stacks/eth/services/node/history?series=memory_needed&from=${now - 3600000}&to=${now}&points=100`);
      return h.series.memory_needed.mean.filter((v) => v !== null).length >= 2;
    }, 60000);
  });

  for (const theme of ['light', 'dark'])
    for (const size of Object.keys(SIZES))
      ui.it(`are whole: ${theme}, ${SIZES[size].join(' × ')}`, async () => {
        const page = await inspectAll(theme, size);
        if (size === 'phone') await bottomBar(page);
      });

  /** On a phone: the first four pages and More, at the thumb. */
  async function bottomBar(page) {
    await show(page, 'overview');
    const bar = page.getByRole('navigation', { name: 'Pages' });
    const words = async () => (await bar.getByRole('listitem').filter({ visible: true }).allInnerTexts()).map((s) => s.trim());
    assert.deepEqual(await words(), ['Overview', 'Node', 'Relay', 'Limits', 'More']);
    const [width, height] = SIZES.phone;
    for (const item of await bar.getByRole('listitem').filter({ visible: true }).all()) {
      const box = await item.boundingBox();
      assert.ok(box.y + box.height <= height && box.y > height - 90 && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
      assert.ok(box.height >= 44 && box.width >= 44, 'large enough for a thumb');
    }
    await bar.getByRole('button', { name: 'More' }).click();
    const sheet = page.getByRole('navigation', { name: 'More pages' });
    assert.deepEqual((await sheet.getByRole('link').allInnerTexts()).map((s) => s.trim()), ['History', 'Logs', 'Upgrades', 'Chain', 'Settings']);
    await ui.accessible(page, 'the sheet of more pages');
    await sheet.getByRole('link', { name: 'Chain' }).click();
    await says(page.locator('h1'), /^Chain$/);
    await sheet.waitFor({ state: 'hidden' });
    // What stands at the end of a page is not hidden behind the bar, also once the page has grown by what the server told.
    const rail = await bar.boundingBox();
    await until('the last link is above the bar', async () => {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      const last = await page.locator('footer a').last().boundingBox();
      return last.y + last.height <= rail.y + 1;
    }, 5000);
  }
});
