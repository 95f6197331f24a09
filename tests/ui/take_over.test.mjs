// What others made, by mouse: a node made by hand is adopted and goes back, a compose file is read and becomes a
// stack, and a stack is shown as compose files. In both themes and on a phone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe } from 'node:test';

import { SIZES, Ui, overflow, says } from '../lib/browser.mjs';
import { MiB, images, kernel, until } from '../lib/fixture.mjs';

const COMPOSE = `services:
  node:
    image: ${images['1.6.8']}
    container_name: from-a-file
    tty: true
    mem_limit: 256m
`;

describe('what others made', { timeout: 400000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;
  const button = (within, name) => within.getByRole('button', { name, exact: true });
  const gone = async (name) => assert.equal(await engine.inspect(name), null);

  before(async () => {
    await ui.open({ parity: ['1.6.8'] });
    const { status } = await engine.api('POST', '/containers/create?name=my_parity', { Image: images['1.6.8'], Cmd: ['--base-path', '/chain'], HostConfig: { Memory: 300 * MiB, MemorySwap: 300 * MiB } });
    assert.equal(status, 201);
    await engine.api('POST', '/containers/my_parity/start');
    const layer = path.join((await engine.inspect('my_parity')).GraphDriver.Data.UpperDir, 'chain');
    await until('it has a chain', () => fs.existsSync(layer) && Object.keys(stage.heights(layer)).length > 0, 60000);
  });
  after(() => ui.close());

  /** The page as every reader may have it: nothing sticks out, nothing breaks WCAG. */
  async function whole(to, open = async () => {}) {
    for (const [theme, size] of [['light', 'desk'], ['dark', 'desk'], ['light', 'phone'], ['dark', 'phone']]) {
      const page = await ui.page(to, { theme, size: SIZES[size] });
      await page.locator('main h1').waitFor();
      await until('it has read what it shows', async () => !(await page.locator('.bones').count()), 20000);
      await open(page);
      assert.deepEqual(await overflow(page), [], `${to}, ${theme}, ${size}`);
      await ui.accessible(page, `${to}, ${theme}, ${size}`);
      if (process.env.SHOTS) await ui.shoot(`ok ${size} ${theme} ${to.replace(/\W+/g, '')}`);
      await page.context().close();
    }
  }

  const read = async (page) => {
    await page.getByLabel('Or paste one').fill(COMPOSE);
    await button(page, 'Read it').click();
    await says(page.locator('main'), /Here is what will happen/);
  };

  ui.it('a node made by hand is seen, adopted, and goes back', async () => {
    const old = await engine.inspect('my_parity');
    const page = await ui.page('/#/install');
    await says(page.locator('.wstep.open'), /my_parity \(running\)/);
    await page.getByRole('link', { name: 'Adopt what runs here' }).click();
    const card = page.getByRole('region', { name: 'my_parity' });
    await says(card, /Inside the container, at \/chain It would be lost with the container/);
    await button(card, 'See what would happen').click();
    await says(page.getByRole('region', { name: 'What was understood' }), /parity\/parity:v1\.6\.8.*my_parity.*300 MiB/);
    await says(page.getByRole('region', { name: 'Here is what will happen' }), /The way back Go back: the old containers run again/);
    assert.equal((await engine.inspect('my_parity')).State.StartedAt, old.State.StartedAt, 'nothing happened yet');
    await button(page, 'Do it').click();
    const dialog = page.getByRole('dialog');
    await says(dialog.locator('.facts .badge'), /^Done$/, 60000);
    await button(dialog, 'Close').click();
    const now = await engine.inspect('my_parity');
    assert.notEqual(now.Id, old.Id);
    assert.equal(kernel(now.State.Pid).memory, 300 * MiB);

    await page.evaluate(() => (location.hash = '#/settings'));
    const where = page.getByRole('region', { name: 'Where my-parity comes from' });
    await says(where, /my_parity.*my_parity-before-/);
    await button(where, 'Go back…').click();
    await ui.doIt(page);
    assert.equal((await engine.inspect('my_parity')).Id, old.Id);
    assert.ok((await engine.inspect('my_parity')).State.Running);
    assert.deepEqual((await station.get('/stacks')).stacks, []);
  });

  ui.it('the pages are whole', async () => {
    await whole('/#/adopt', async (page) => {
      await button(page, 'See what would happen').click();
      await says(page.locator('main'), /Here is what will happen/);
    });
    await whole('/#/import');
    await whole('/#/import', read);
    await whole('/#/install');
  });

  ui.it('a compose file is read, each line that is not followed is named, and it becomes a stack', async () => {
    const page = await ui.page('/#/import');
    await page.getByLabel('Or paste one').fill('services:\n\tnode: {}\n');
    ui.allow(/400 POST .*\/compose$/, /status of 400.*\/compose/);
    await button(page, 'Read it').click();
    await says(page.locator('main'), /line 2.*compose\.invalid/);
    await button(page, 'Back').click();
    await page.locator('input[type=file]').setInputFiles({ name: 'docker-compose.yml', mimeType: 'text/yaml', buffer: Buffer.from(COMPOSE) });
    await page.getByLabel('Or paste one').fill('');
    await says(page.locator('form'), /docker-compose\.yml/);
    await button(page, 'Read it').click();
    await says(page.getByRole('region', { name: 'What was understood' }), /Left out.*tty.*docker-compose\.yml, line 5/);
    const name = page.getByRole('textbox', { name: 'Name', exact: true });
    await name.fill('filed');
    await name.press('Tab');
    await says(page.getByRole('region', { name: 'Here is what will happen' }), /filed/);
    await button(page, 'Do it').click();
    const dialog = page.getByRole('dialog');
    await says(dialog.locator('.facts .badge'), /^Done$/, 60000);
    await button(dialog, 'Close').click();
    assert.equal(kernel((await engine.inspect('from-a-file')).State.Pid).memory, 256 * MiB);
    assert.deepEqual((await station.get('/stacks')).stacks.map((s) => s.name), ['filed']);
  });

  ui.it('a stack is shown as compose files, to copy and to save', async () => {
    const page = await ui.page('/#/settings?stack=filed', { acceptDownloads: true });
    await button(page, 'Show the files').click();
    const dialog = page.getByRole('dialog');
    await says(dialog, /docker-compose\.yml.*container_name: from-a-file/);
    assert.deepEqual(await overflow(page), []);
    await ui.accessible(page, 'compose files');
    const saved = page.waitForEvent('download');
    await button(dialog, 'Save all').click();
    assert.ok(['docker-compose.yml', '.env', 'README.md'].includes((await saved).suggestedFilename()));
    await button(dialog, 'Close').click();
    await whole('/#/settings?stack=filed', async (p) => {
      await button(p, 'Show the files').click();
      await p.getByRole('dialog').getByText('container_name', { exact: false }).first().waitFor();
    });
  });

  ui.it('what is kept of an adopted container is let go', async () => {
    await station.job('POST', '/adopt', { containers: ['my_parity'] });
    const page = await ui.page('/#/settings?stack=my-parity');
    const kept = (await station.stack('my-parity')).adopted.containers[0].kept_as;
    await button(page, 'Let them go…').click();
    await ui.doIt(page);
    await gone(kept);
    await until('nothing is said of it any more', async () => !(await page.getByRole('region', { name: /Where my-parity/ }).count()));
    assert.ok((await engine.inspect('my_parity')).State.Running);
  });
});
