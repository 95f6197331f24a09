// The built-in relay by mouse, with a real ethstats server: installed, seen on the page, refused, replaced by one
// in a container and back. In both themes and on a phone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe } from 'node:test';

import { StatsServer } from '../ethstats/server.mjs';
import { SIZES, Ui, overflow, says } from '../lib/browser.mjs';
import { slower, until } from '../lib/fixture.mjs';

const SECRET = 'rig-secret-5b0e', WRONG = 'wrong-secret-c419';
const NAME = 'My NAS', ID = 'myNas'; // as the old relay makes it
const SOON = 60000 * slower;

describe('the relay, by mouse', { timeout: 300000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;
  const server = new StatsServer({ secret: SECRET });
  const button = (within, name) => within.getByRole('button', { name, exact: true });
  const lamps = (page) => page.locator('main .lamps > li');
  const app = () => path.join(stage.folder('eth'), 'relay/app.json');

  before(async () => {
    await server.start();
    await ui.open();
    fs.mkdirSync(path.join(stage.folder('eth'), 'node'), { recursive: true });
    stage.control('eth', { HIGHEST: 60, SYNC_RATE: 200, BLOCK_MS: 2000, INFORM_MS: 60000 });
  });
  after(() => ui.close().finally(() => server.stop()));

  const green = (page) => until('all three lamps are lit', async () => {
    const all = await lamps(page).evaluateAll((li) => li.map((e) => e.classList.contains('is-ok')));
    return all.length === 3 && all.every(Boolean);
  }, SOON);
  const go = (page, to) => page.evaluate((hash) => (location.hash = hash), `#/${to}`);

  async function whole(page, what) {
    assert.deepEqual(await overflow(page), [], what);
    await ui.accessible(page, what);
    if (process.env.SHOTS) await ui.shoot(`ok ${what}`);
  }

  ui.it('is what the wizard offers first, and the page says how far it is seen', async () => {
    const page = await ui.page('/#/install');
    await button(page, 'Next').click();
    await page.getByText('Parity / OpenEthereum', { exact: true }).click();
    await page.getByLabel('Version', { exact: true }).selectOption('parity/parity:v1.6.8');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('eth');
    await page.getByText('Add a relay', { exact: true }).click();
    const kind = page.getByRole('group', { name: 'Kind of relay' });
    assert.ok(await kind.getByRole('radio', { name: /^Built-in relay/ }).isChecked());
    assert.equal(await page.getByText('A private network').count(), 0, 'there is nothing to choose');
    await page.getByLabel('Name on the page', { exact: true }).fill(NAME);
    await page.getByLabel('Ethstats server', { exact: true }).fill(server.url);
    await page.getByLabel('Secret of the ethstats server', { exact: true }).fill(SECRET);
    await whole(page, 'the wizard');
    await button(page, 'See the plan').click();
    await says(page.locator('.wstep.open ol.steps'), /Begin to report to the ethstats page ws:\/\/localhost:\d+ as "My NAS"/);
    await button(page, 'Do it').click();
    const dialog = page.getByRole('dialog');
    await says(dialog.locator('.facts .badge'), /^Done$/, SOON);
    await says(dialog.locator('ol.steps'), /takes the messages of "myNas"/);
    await button(dialog, 'Close').click();

    const tile = page.getByRole('region', { name: 'Now' }).getByRole('link').nth(3);
    await says(tile, /^Relay On the page block \d+, /, SOON);
    await whole(page, 'the overview');
    await tile.click();
    await green(page);
    await says(page.locator('main'), /Connection for .*Messages taken, .* in the last minute On the page with block \d+, seen .*Last block sent \d+/);
    assert.ok(server.node(ID).stats.active);
    assert.equal(await engine.inspect('eth-relay'), null);
  });

  ui.it('the pages are whole, and those about containers say why it is not there', async () => {
    for (const [theme, size] of [['light', 'desk'], ['light', 'phone'], ['dark', 'phone']]) {
      const page = await ui.page('/#/relay', { theme, size: SIZES[size] });
      await says(page.locator('main'), /Relay, bytes out per minute KiB\/min/, SOON);
      await whole(page, `relay ${theme} ${size}`);
      if ((theme === 'dark') === (size === 'phone')) {
        await button(page, 'Use one in a container…').click();
        await says(page.getByRole('dialog'), /secret go along.*60 to 95 MB/);
        await whole(page, `relay other kind ${theme} ${size}`);
      }
      await page.context().close();
    }
    const page = await ui.page('/#/limits', { theme: 'dark', size: SIZES.phone });
    for (const [to, text] of Object.entries({ limits: /no container and no limits/, logs: /writes no log/, upgrades: /comes with this app/, settings: /docker-compose leaves the built-in relay out/ })) {
      await go(page, to);
      await says(page.locator('main'), text);
      await whole(page, to);
    }
  });

  ui.it('a refused secret is said in words, where it can be changed', async () => {
    const page = await ui.page('/#/relay', { size: SIZES.phone });
    const give = async (which, secret) => {
      await button(page, which).click();
      await page.getByRole('dialog').getByLabel('Secret of the ethstats server', { exact: true }).fill(secret);
      await button(page.getByRole('dialog'), 'See the plan').click();
      await ui.doIt(page);
    };
    await give('Edit', WRONG);
    await says(page.getByRole('region', { name: 'Findings' }), /does not show this node as "myNas": It refused the secret.*relay\.secret/, SOON);
    await says(lamps(page).first(), /^Connection it refused the secret; next try in /);
    await whole(page, 'relay refused');
    await go(page, '');
    const tile = page.getByRole('region', { name: 'Now' }).getByRole('link').nth(3);
    await says(tile, /^Relay Refused next try in .* it refused the secret/);
    await whole(page, 'overview refused');
    await button(page.getByRole('region', { name: 'Findings' }), 'Change the secret').click();
    await page.getByRole('heading', { name: 'Relay', exact: true }).waitFor();
    await give('Change the secret', SECRET);
    await green(page);
    assert.ok(!(await page.content()).includes(SECRET));
  });

  ui.it('it is asked to report again', async () => {
    const page = await ui.page('/#/relay');
    const before = server.logins.length;
    await button(page, 'Report again').click();
    await ui.doIt(page);
    assert.equal(server.logins.length, before + 1);
  });

  ui.it('one in a container takes its place, and gives it back, each in one job', async () => {
    const page = await ui.page('/#/relay');
    await button(page, 'Use one in a container…').click();
    await button(page.getByRole('dialog'), 'See the plan').click();
    await ui.doIt(page);
    assert.ok((await engine.inspect('eth-relay')).State.Running);
    const { INSTANCE_NAME, WS_SERVER, WS_SECRET } = JSON.parse(fs.readFileSync(app(), 'utf8'))[0].env;
    assert.deepEqual([INSTANCE_NAME, WS_SERVER, WS_SECRET], [NAME, server.url, SECRET]);
    await says(lamps(page).first(), /^Container running /);
    await until('it no longer reports by itself', () => server.connections === 0, SOON);

    await button(page, 'Use the built-in relay…').click();
    await says(page.getByRole('dialog'), /The old container goes/);
    await button(page.getByRole('dialog'), 'See the plan').click();
    await ui.doIt(page);
    assert.ok(!fs.existsSync(app()), 'the file that held the secret is gone');
    assert.equal(await engine.inspect('eth-relay'), null);
    await until('it reports', () => server.node(ID)?.stats.active, SOON);
    assert.equal((await station.stack('eth')).services[1].options.instance_name, NAME);
  });
});
