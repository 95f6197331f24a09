// The first run as a person with a mouse does it: own the dashboard, four short steps, a node.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe } from 'node:test';

import { PASSWORD, Ui, says, tidy } from '../lib/browser.mjs';
import { MiB, kernel, until } from '../lib/fixture.mjs';

const SECRET = 'secret-of-the-ethstats-page';

describe('the first run, by mouse', { timeout: 300000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;

  before(() => ui.open({ owned: false }));
  after(() => ui.close());

  ui.it('from nobody’s dashboard to a syncing node with its relay', async () => {
    const page = await ui.page('/', { signedIn: false });
    const button = (name) => page.getByRole('button', { name, exact: true });

    // Nobody owns it: one page, made so that a password manager helps.
    await page.getByRole('heading', { name: 'Lock the door.' }).waitFor();
    assert.deepEqual(
      await page.locator('form input').evaluateAll((all) => all.map((e) => [e.name, e.type, e.autocomplete])),
      [['code', 'text', 'one-time-code'], ['username', 'text', 'username'], ['password', 'password', 'new-password'], ['password2', 'password', 'new-password']],
    );
    assert.match(tidy(await page.locator('.age').innerText()), /Setup stays open for/);
    await ui.accessible(page, 'setup');

    // What is wrong is said at its field, before anything is sent.
    await page.getByLabel('One-time code', { exact: true }).fill('0000-0000-0000');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByLabel('Once more', { exact: true }).fill('shirt');
    await button('Set the password').click();
    await page.getByText('At least 10 characters.', { exact: true }).waitFor();
    await page.getByText('The two passwords differ.').waitFor();
    await ui.accessible(page, 'setup with mistakes');

    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Once more', { exact: true }).fill(PASSWORD);
    ui.allow(/403 .*\/setup$/, /status of 403.*\/setup/);
    await button('Set the password').click();
    await until('the wrong code is refused at its field', async () => (await page.getByLabel('One-time code', { exact: true }).getAttribute('aria-invalid')) === 'true');

    await page.getByLabel('One-time code', { exact: true }).fill(station.setupCode);
    await button('Set the password').click();

    // Step 2: what this NAS has. Step 1 is done.
    await page.getByRole('heading', { name: 'What do you have?' }).waitFor();
    assert.equal(await page.locator('.wstep').count(), 4);
    assert.match(page.url(), /#\/install$/);
    await says(page.locator('.wstep.open .checks'), /Docker \d+.*memory.*volume with .* free/);
    await ui.accessible(page, 'install, what you have');
    await button('Next').click();

    // Step 3: which node, where, how much, and the relay.
    await page.getByText('Parity / OpenEthereum', { exact: true }).click();
    await page.getByLabel('Version', { exact: true }).selectOption('parity/parity:v1.6.8');
    const name = page.getByRole('textbox', { name: 'Name', exact: true });
    await name.fill('');
    await name.pressSequentially('eth');
    const slider = page.getByRole('slider');
    const before = Number(await slider.inputValue());
    await slider.scrollIntoViewIfNeeded();
    const box = await slider.boundingBox();
    await page.mouse.click(box.x + box.width * 0.2, box.y + box.height / 2);
    const memory = Number(await slider.inputValue());
    assert.notEqual(memory, before, 'the slider moved');
    await page.getByText('Add a relay', { exact: true }).click();
    await page.getByText(/, in a container$/).click();
    await page.getByLabel('Name on the page', { exact: true }).fill('nas-under-test');
    await page.getByLabel('Ethstats server', { exact: true }).fill('ws://127.0.0.1:3000');
    const secret = page.getByLabel('Secret of the ethstats server', { exact: true });
    await secret.fill(SECRET);
    assert.equal(await secret.getAttribute('type'), 'password');
    await page.getByText('A private network').waitFor();
    await ui.accessible(page, 'install, where and how much');
    await button('See the plan').click();

    // Step 4: the plan, and nothing but the plan.
    const plan = page.locator('.wstep.open');
    await plan.locator('ol.steps > li').first().waitFor();
    const planned = await plan.locator('ol.steps .title').allInnerTexts();
    assert.ok(planned.length >= 5, planned.join());
    assert.ok(planned.some((s) => /relay/i.test(s)) && planned.some((s) => /Start/.test(s)), planned.join());
    await says(plan, /The way back/);
    await plan.getByText('The same in docker commands').click();
    await says(plan.locator('pre'), /docker create .*parity\/parity:v1\.6\.8/);
    assert.ok(!(await page.content()).includes(SECRET), 'the plan shows the secret');
    await ui.accessible(page, 'install, the plan');
    assert.deepEqual(await engine.containers(), [], 'nothing was made');
    assert.ok(!fs.existsSync(stage.folder('eth')), 'not even a folder');
    assert.deepEqual((await station.get('/jobs')).jobs, []);

    // Do it: the overview with the job's steps, which move by themselves.
    await page.evaluate(() => {
      window.seen = new Set();
      new MutationObserver(() => {
        const steps = [...document.querySelectorAll('dialog ol.steps > li')];
        if (steps.length) window.seen.add(steps.map((s) => s.className).join(' '));
      }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
    });
    await button('Do it').click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    assert.match(page.url(), /#\/$/);
    await dialog.locator('li.now').first().waitFor();
    await ui.accessible(page, 'a running job');
    await says(dialog.locator('.badge').first(), /^Done$/, 60000);
    assert.deepEqual(await dialog.locator('ol.steps .title').allInnerTexts(), planned, 'the job ran what the plan showed');
    assert.ok((await page.evaluate(() => window.seen.size)) >= 3, 'the steps were seen moving');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });

    // The overview: one sentence first, four tiles, what happened lately.
    await says(page.locator('h1'), /^(Syncing|Catching up|Healthy): .*block/);
    const tiles = page.getByRole('region', { name: 'Now' }).getByRole('link');
    assert.equal(await tiles.count(), 4);
    await says(tiles.nth(0), /^Sync .*of 2 ?400 ?000/);
    await says(tiles.nth(1), /^Memory [\d.]+ [KM]iB needed .*limit/);
    await says(tiles.nth(2), /^Disk .*chain .*free/);
    await says(tiles.nth(3), /^Relay Running/);
    const events = await page.getByRole('region', { name: 'Lately' }).locator('li').allInnerTexts();
    assert.ok(events.length >= 3 && events.some((e) => /install/i.test(e)), events.join('\n'));
    await ui.accessible(page, 'the overview');
    await ui.shoot('ok first run overview');

    // What the page promised is what the kernel enforces.
    const [node, relay] = [await engine.inspect('eth-node'), await engine.inspect('eth-relay')];
    assert.ok(node.State.Running && relay.State.Running);
    assert.equal(kernel(node.State.Pid).memory, memory);
    const settings = JSON.parse(fs.readFileSync(path.join(stage.folder('eth'), 'relay/app.json'), 'utf8'))[0].env;
    assert.equal(settings.INSTANCE_NAME, 'nas-under-test');
    assert.equal(settings.WS_SECRET, SECRET);
    assert.ok(memory >= 256 * MiB);
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).includes(SECRET), 'the browser kept the secret');
  });
});
