// Every button that changes something: what the page says is held against the kernel and the engine.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe } from 'node:test';

import { SIZES, Ui, overflow, says, tidy } from '../lib/browser.mjs';
import { MiB, images, kernel, until } from '../lib/fixture.mjs';

const SECRET = 'the-first-secret-of-all';
const OTHER_SECRET = 'another-secret-of-the-page';

describe('the buttons', { timeout: 400000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;

  before(async () => {
    await ui.open({ parity: ['1.6.8', '1.7.0', 'broken'] });
    await ui.install({ secret: SECRET });
  });
  after(() => ui.close());

  const inspect = () => engine.inspect('eth-node');
  const memoryLimit = async () => kernel((await inspect()).State.Pid).memory;
  const button = (within, name) => within.getByRole('button', { name, exact: typeof name === 'string' });
  const nodeCard = (page) => page.locator('main section.card').filter({ has: page.getByRole('slider', { name: /Parity/ }) });

  /** Types an image that the recipe does not list, and waits for the comparison with it. */
  async function ask(card, image) {
    await card.getByLabel('Move to').selectOption('(other)');
    const field = card.getByLabel('Image reference');
    await field.fill('');
    await field.pressSequentially(image, { delay: 60 }); // readings come in meanwhile
    await field.press('Tab');
    await says(card, new RegExp(`At the registry ${image.replaceAll('.', '\\.')}`), 40000);
  }

  ui.it('a limit: the slider, the sentence, and then the kernel', async () => {
    const page = await ui.page('/#/limits');
    const card = nodeCard(page);
    const slider = card.getByRole('slider');
    const sentence = card.locator('.wouldbe');
    await says(card.locator('p.kernel'), /Checked: the kernel reports 1\.0 GiB/);
    assert.equal(await button(card, 'Apply').isDisabled(), true, 'nothing to apply yet');

    const before = tidy(await sentence.innerText());
    const box = await slider.boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    const wanted = Number(await slider.inputValue());
    assert.ok(wanted > 1200 * MiB, `the slider stands at ${wanted}`);
    assert.notEqual(tidy(await sentence.innerText()), before, 'the sentence follows the slider');

    const started = (await inspect()).State.StartedAt;
    await button(card, 'Apply').click();
    await ui.doIt(page, {
      plan: async (dialog) => {
        await says(dialog, /The node keeps running/);
        assert.equal(await memoryLimit(), 1024 * MiB, 'nothing happens before "Do it"');
      },
    });
    assert.equal(await memoryLimit(), wanted);
    assert.equal((await inspect()).State.StartedAt, started, 'without a restart');
    await says(card.locator('p.kernel'), new RegExp(`Checked: the kernel reports ${(wanted / 1024 / MiB).toFixed(1)} GiB`));
  });

  ui.it('what guards a limit: chosen with a bound, and the limit stays', async () => {
    const page = await ui.page('/#/limits');
    const card = nodeCard(page);
    const limit = await memoryLimit();
    await button(card, 'change').click();
    await card.getByRole('radio', { name: /Raise the limit/ }).check();
    const bound = card.getByLabel(/Raise it to at most/);
    await bound.fill('3');
    await bound.press('Tab');
    await ui.accessible(page, 'a guard');
    await button(card, 'Apply').click();
    await ui.doIt(page);
    assert.deepEqual((await station.service('eth', 'node')).guard, { act: 'raise', up_to_bytes: 3072 * MiB });
    assert.equal(await memoryLimit(), limit);
  });

  ui.it('a good neighbour: bounds are chosen, the card says what it has, one button takes all back', async () => {
    const page = await ui.page('/#/limits');
    const card = nodeCard(page);
    const clock = (minutes) => new Date(Date.now() + minutes * 60000).toTimeString().slice(0, 5);
    const quota = async () => {
      const k = kernel((await inspect()).State.Pid);
      return k.quota / k.period;
    };
    const all = await quota();
    const fill = async (field, text) => {
      await field.fill(text);
      await field.press('Tab');
    };
    await button(card, 'change').click();
    await card.getByRole('checkbox', { name: /Step back while the NAS is busy/ }).check();
    const busy = card.getByRole('group', { name: 'Step back while the NAS is busy' });
    await fill(busy.getByLabel(/Busy from a load/), '99');
    await card.getByRole('checkbox', { name: /Quiet hours/ }).check();
    const quiet = card.getByRole('group', { name: 'Quiet hours' });
    await says(quiet, /The clock of the NAS says \d\d:\d\d/);
    await fill(quiet.getByLabel('From'), clock(-5));
    await fill(quiet.getByLabel('Until'), clock(60));
    await fill(quiet.getByLabel('Cores'), '1.5');
    await ui.accessible(page, 'a good neighbour');
    await button(card, 'Apply').click();
    await ui.doIt(page);
    await says(card, /Quiet hours: 1\.5 cores since today \d\d:\d\d/);
    assert.equal(await quota(), 1.5);
    assert.equal((await station.service('eth', 'node')).neighbour.busy.load_per_core, 99);
    for (const [theme, size] of [['light', SIZES.desk], ['dark', SIZES.desk], ['light', SIZES.phone], ['dark', SIZES.phone]]) {
      const other = await ui.page('/#/limits', { theme, size });
      await button(nodeCard(other), 'change').click();
      await says(nodeCard(other), /Other work makes [\d.]+, read/);
      assert.deepEqual(await overflow(other), []);
      await ui.accessible(other, `a good neighbour, ${theme}`);
      await nodeCard(other).getByRole('group', { name: 'Quiet hours' }).scrollIntoViewIfNeeded();
      await ui.shoot(`ok neighbour ${theme} ${size[0]}`);
      await other.close();
    }
    await button(card, 'Back to your limits').click();
    await ui.doIt(page);
    assert.equal(await quota(), all);
    assert.deepEqual((await station.service('eth', 'node')).neighbour, { busy: null, quiet: null });
    await button(card, 'Back to your limits').waitFor({ state: 'detached' });
  });

  ui.it('a limit below present use is refused, with an offer', async () => {
    stage.control('eth', { HEAP_MB: 300 });
    const page = await ui.page('/#/limits');
    const card = nodeCard(page);
    await says(card.locator('.card-head'), /needs 30\d MiB now/);
    const before = await memoryLimit();
    const number = card.getByLabel('Memory limit', { exact: true });
    await number.fill('');
    await number.pressSequentially('0.2000', { delay: 280 }); // readings come in meanwhile
    assert.equal(await number.inputValue(), '0.2000', 'what is typed stays');
    await number.press('Tab');
    await says(card.locator('.wouldbe'), /At 205 MiB: it needs 30\d MiB right now/);
    ui.allow(/409 PUT/, /status of 409/);
    await button(card, 'Apply').click();
    const dialog = page.getByRole('dialog');
    await says(dialog.getByRole('alert'), /needs 30\d MiB right now.*restart it with the new limit.*limit\.below_use/);
    assert.equal(await button(dialog, 'Do it').count(), 0);
    await ui.accessible(page, 'a refused limit');
    await button(dialog, 'Restart with this limit').click();
    await says(dialog, /The node stops for a while|Down for about/);
    await button(dialog, 'Cancel').click();
    assert.equal(await memoryLimit(), before, 'and nothing was changed');
    stage.control('eth', {});
    await says(card.locator('.card-head'), /needs \d{2,3} KiB now/);
  });

  ui.it('a limit changed behind our back shows on the open page, and its button puts it right', async () => {
    const page = await ui.page('/#/limits');
    await says(nodeCard(page).locator('p.kernel'), /Checked/);
    const wanted = await memoryLimit();
    await page.evaluate(() => (window.sameDocument = true));
    const began = Date.now();
    const { status } = await engine.api('POST', '/containers/eth-node/update', { Memory: 640 * MiB, MemorySwap: 640 * MiB });
    assert.equal(status, 200);
    const finding = page.getByRole('region', { name: 'Findings' }).getByRole('article').filter({ hasText: 'limit.drift' });
    await finding.waitFor({ timeout: 15000 });
    assert.ok(Date.now() - began < 15000, `after ${Date.now() - began} ms`);
    assert.ok(await page.evaluate(() => window.sameDocument), 'without a reload');
    await says(finding, /640 MiB/);
    await says(nodeCard(page).locator('p.kernel'), /The kernel reports 640 MiB, wanted/);
    await says(page.locator('header .badge'), /^Needs attention$/);
    await ui.accessible(page, 'a drift');
    await ui.shoot('ok a drift');
    assert.equal(await button(finding, /^Accept/).count(), 1, 'the other answer');
    await button(finding, /^Set .* again$/).click();
    await ui.doIt(page);
    assert.equal(await memoryLimit(), wanted);
    await finding.waitFor({ state: 'detached' });
    await says(nodeCard(page).locator('p.kernel'), /Checked/);
  });

  ui.it('restart, stop, start', async () => {
    const page = await ui.page('/#/node');
    const card = page.getByRole('region', { name: 'Now' });
    await says(card, /Running/);
    const before = (await inspect()).State.StartedAt;
    await button(page, 'Restart').click();
    await ui.doIt(page);
    await until('another start', async () => (await inspect()).State.StartedAt > before);

    await button(page, 'Stop').click();
    await ui.doIt(page, { plan: (dialog) => says(dialog, /The node stops for a while|Down for about/) });
    assert.equal((await inspect()).State.Running, false);
    await says(page.locator('header .badge'), /^Stopped$/);
    await says(card, /ended with code 0/);
    await page.goto('/#/');
    await says(page.locator('h1'), /^Stopped: /);
    await ui.accessible(page, 'the overview, stopped');
    await ui.shoot('ok stopped overview');

    await page.goto('/#/node');
    assert.equal(await button(page, 'Stop').count(), 0);
    await button(page, 'Start').click();
    await ui.doIt(page);
    assert.ok((await inspect()).State.Running);
    await says(page.locator('header .badge'), /^(Syncing|Healthy|Catching up)$/);
    await says(card, /Running/);
  });

  ui.it('an upgrade: plan, progress, done', async () => {
    const page = await ui.page('/#/upgrades');
    const card = page.locator('section').filter({ has: page.getByRole('heading', { name: /Parity/ }) });
    await ask(card, images['1.7.0']);
    await says(card, /safe step/);
    await button(card, 'See the plan').click();
    const before = await inspect();
    const dialog = page.getByRole('dialog');
    await dialog.locator('ol.steps > li').first().waitFor();
    assert.equal((await inspect()).Id, before.Id);
    await ui.accessible(page, 'the plan of an upgrade');
    await button(dialog, 'Do it').click();
    await dialog.locator('li.now').first().waitFor();
    // Closed, the job goes on: the pill shows it on every page, and opens it again.
    await button(dialog, 'Close').click();
    const pill = page.locator('header .job-pill');
    await says(pill, /^Upgrade · step \d+ of \d+/);
    await says(page.locator('main section').first(), /Step \d+ of \d+.*Elapsed/);
    await pill.click();
    await says(dialog.locator('.facts .badge'), /^Done$/, 60000);
    await button(dialog, 'Close').click();
    const now = await inspect();
    assert.equal(now.Config.Image, images['1.7.0']);
    assert.notEqual(now.Id, before.Id);
    await pill.waitFor({ state: 'detached' });
    await says(page.getByRole('heading', { name: /Parity/ }), /1\.7\.0/);
  });

  ui.it('a broken image: rolled back, with the steps', async () => {
    const before = await inspect();
    const page = await ui.page('/#/upgrades');
    const card = page.locator('section').filter({ has: page.getByRole('heading', { name: /Parity/ }) });
    await ask(card, images.broken);
    await button(card, 'See the plan').click();
    await ui.doIt(page, { end: /^Rolled back$/ });
    const failed = page.locator('main section').first();
    await says(failed, /Rolled back.*(service\.ended|upgrade\.rolled_back)/);
    assert.ok((await failed.locator('ol.steps li.back').count()) >= 1, 'undone steps');
    assert.equal(await failed.locator('ol.steps li.fail').count(), 1, 'the failed step');
    await ui.accessible(page, 'a rolled-back upgrade');
    await ui.shoot('ok rolled back');
    assert.equal((await inspect()).Config.Image, before.Config.Image);
    assert.ok((await inspect()).State.Running);
  });

  ui.it('a resync sets the chain aside, and one click puts it back', async () => {
    const page = await ui.page('/#/chain');
    const before = await stage.grows('eth', 100);
    await button(page, 'Resync…').click();
    await page.getByRole('dialog').getByLabel('Pruning', { exact: true }).selectOption('archive');
    await ui.accessible(page, 'the choices of a resync');
    await button(page.getByRole('dialog'), 'See the plan').click();
    await ui.doIt(page, { plan: (dialog) => says(dialog, /Nothing is deleted/) });
    assert.ok((await inspect()).Config.Cmd.join(' ').includes('--pruning archive'));
    assert.ok(stage.height('eth') < before, 'from the beginning');
    const kept = page.getByRole('region', { name: 'Kept chains' }).locator('tbody tr');
    const aside = kept.filter({ hasText: 'before a resync' }); // the upgrade's copy is in the list as well
    await says(aside, /Put back…/);
    await ui.accessible(page, 'a chain set aside');
    await button(aside, 'Put back…').click();
    await ui.doIt(page);
    assert.ok(stage.height('eth') >= before, 'the old chain');
    await says(kept.filter({ hasText: 'another chain was put back' }), /Put back…/);
    await ui.shoot('ok put back');
  });

  ui.it('options are changed through a plan', async () => {
    const page = await ui.page('/#/node');
    await button(page, 'Change options').click();
    const dialog = page.getByRole('dialog');
    assert.equal(await button(dialog, 'See the plan').isDisabled(), true, 'nothing changed yet');
    await dialog.getByLabel('Fewest peers').fill('7');
    await ui.accessible(page, 'the options');
    await button(dialog, 'See the plan').click();
    await ui.doIt(page);
    assert.match((await inspect()).Config.Cmd.join(' '), /--min-peers 7/);
    await says(page.getByRole('region', { name: 'Options' }), /Fewest peers 7 .*--min-peers 7/);
  });

  ui.it('a token is shown once, works, and is revoked', async () => {
    const page = await ui.page('/#/settings');
    await button(page, 'New token').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('backup');
    await dialog.getByText('operate', { exact: true }).click();
    await dialog.getByLabel('Expires').selectOption('30');
    await ui.accessible(page, 'a new token');
    await button(dialog, 'Make it').click();
    const value = (await dialog.getByRole('region', { name: 'Token' }).innerText()).trim();
    assert.match(value, /^\S{20,}$/);
    await ui.accessible(page, 'the value of a token');
    const may = async () => (await station.api('GET', '/state', undefined, { token: value })).status;
    assert.equal(await may(), 200);
    await button(dialog, 'I have it').click();
    await dialog.waitFor({ state: 'detached' });
    const row = page.getByRole('region', { name: 'API tokens' }).locator('tbody tr').filter({ hasText: 'backup' });
    await says(row, /operate/);
    assert.ok(!(await page.content()).includes(value), 'only once');
    await page.reload();
    await says(row, /from 127\.0\.0\.1/);
    assert.ok(!(await page.content()).includes(value));
    await button(row, 'Revoke').click();
    await row.waitFor({ state: 'detached' });
    assert.equal(await may(), 401);
  });

  ui.it('the relay’s image comes from a file; a build that fails says what to do instead', async () => {
    const saved = path.join(stage.dir, 'relay.tar');
    execFileSync('curl', ['-sSf', '-o', saved, '--unix-socket', engine.socket, 'http://d/images/ethnetintel:latest/get']);
    const folder = path.join(station.data, 'to-build');
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'Dockerfile'), 'FROM ethnetintel:latest\nCOPY gone /gone\n');

    const page = await ui.page('/#/relay');
    const dialog = page.getByRole('dialog');
    await button(page, 'Image of the relay').click();
    await says(dialog, /On this NAS: ethnetintel:latest/);
    assert.equal(await button(dialog, 'Upload').isDisabled(), true, 'no file yet');
    await dialog.getByLabel('File', { exact: true }).setInputFiles(path.join(folder, 'Dockerfile'));
    await button(dialog, 'Upload').click();
    await says(dialog, /Dockerfile is no tar\..* Nothing was sent/);
    await dialog.getByLabel('File', { exact: true }).setInputFiles(saved);
    await ui.accessible(page, 'the image of the relay');
    await button(dialog, 'Upload').click();
    await says(dialog, /Load an image from a file: done/, 60000);
    await says(dialog, /ethnetintel:latest/);
    await button(dialog, 'Close').click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(fs.readdirSync(path.join(station.data, '.uploads')), [], 'the file is gone');

    await button(page, 'Image of the relay').click();
    await dialog.getByText('A folder or an address', { exact: true }).click();
    await dialog.getByLabel('Folder on the NAS, or address').fill(folder);
    await dialog.getByLabel('Name it gets').fill('ethnetintel:mine');
    await button(dialog, 'Build').click();
    await says(dialog, /COPY failed.*copies something that is not in the folder.*image\.copy/, 60000);
    await says(dialog, /Step 1\/2 : FROM ethnetintel:latest/);
    await ui.accessible(page, 'a build that failed');
    assert.deepEqual(await overflow(page), []);
    await button(dialog, 'Try again').click();
    assert.equal(await dialog.getByLabel('Folder on the NAS, or address').inputValue(), folder, 'what was typed is kept');
    await button(dialog, 'Cancel').click();
    await dialog.waitFor({ state: 'detached' });
  });

  ui.it('the relay’s secret goes in and never comes out', async () => {
    const bodies = [];
    const page = await ui.page('/#/relay');
    page.on('response', (r) => r.url().includes('/api/') && !r.url().includes('/events') && r.text().then((t) => bodies.push(t), () => {}));
    await says(page.locator('main'), /Secret of the ethstats server set .* ago/);
    const file = () => JSON.parse(fs.readFileSync(path.join(stage.folder('eth'), 'relay/app.json'), 'utf8'))[0].env.WS_SECRET;
    assert.equal(file(), SECRET);
    const dialog = page.getByRole('dialog');
    const field = dialog.getByLabel('Secret of the ethstats server', { exact: true });
    await button(page, 'Edit').click();
    assert.equal(await field.inputValue(), '');
    assert.equal(await field.getAttribute('type'), 'password');
    await field.fill(OTHER_SECRET);
    await button(dialog, 'See the plan').click();
    await ui.doIt(page, { plan: async () => assert.ok(!(await page.content()).includes(OTHER_SECRET), 'in the plan') });
    assert.equal(file(), OTHER_SECRET);
    await button(page, 'Edit').click();
    assert.equal(await field.inputValue(), '', 'never filled in');
    await page.keyboard.press('Escape');
    await page.reload();
    await says(page.locator('main'), /Secret of the ethstats server set/);
    const everywhere = [await page.content(), ...bodies, await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))].join('\n');
    assert.ok(bodies.length >= 3);
    for (const s of [SECRET, OTHER_SECRET]) assert.ok(!everywhere.includes(s), 'a secret came out');
  });
});
