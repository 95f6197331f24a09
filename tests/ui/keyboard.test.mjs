// The whole first run without a mouse, and every page after it: what has the focus is always seen.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { PASSWORD, Ui, says, tidy } from '../lib/browser.mjs';
import { MiB, kernel, until } from '../lib/fixture.mjs';

const GO = { n: 'node', r: 'relay', l: 'limits', h: 'history', g: 'logs', u: 'upgrades', c: 'chain', s: 'settings', o: '' };

describe('by keyboard alone', { timeout: 300000 }, () => {
  const ui = new Ui();
  const { engine, station } = ui;

  before(() => ui.open({ owned: false }));
  after(() => ui.close());

  /** The focused element in words, and how it shows that it is: ring, border, or the ring of what it stands in. */
  const focus = (page) => page.evaluate(() => {
    const e = document.activeElement;
    const label = e.getAttribute('aria-label') ?? e.labels?.[0]?.querySelector('b')?.textContent ?? e.labels?.[0]?.textContent ?? e.textContent;
    const ring = (x) => {
      const s = getComputedStyle(x);
      return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1.5;
    };
    const thumb = e.type === 'range'; // its thumb has the ring, which no script can ask for
    const box = e.getBoundingClientRect();
    return {
      name: (label ?? '').trim().replace(/\s+/g, ' '), tag: e.tagName, type: e.type ?? '', checked: e.checked,
      seen: thumb || ring(e) || !!e.closest('label, .choice')?.matches('*') && ring(e.closest('label, .choice')),
      inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
      dialog: !!e.closest('dialog'),
    };
  });

  /** Tab until `name` has the focus; everything on the way must show that it has it. */
  async function tabTo(page, name, { key = 'Tab', most = 80 } = {}) {
    const way = [];
    for (let i = 0; i < most; i++) {
      const f = await focus(page);
      if (!/^(BODY|MAIN|DIALOG|H2)$/.test(f.tag)) {
        assert.ok(f.seen, `no ring on ${JSON.stringify(f)}`);
        assert.ok(f.inside, `out of sight: ${JSON.stringify(f)}`);
        if (name instanceof RegExp ? name.test(f.name) : f.name === name) return f;
      }
      way.push(f.name);
      await page.keyboard.press(key);
    }
    throw new Error(`Tab never came to ${name}: ${way.join(' | ')}`);
  }

  async function press(page, name, key = 'Enter') {
    await tabTo(page, name);
    await page.keyboard.press(key);
  }

  async function type(page, name, text) {
    const f = await tabTo(page, name);
    assert.equal(f.tag, 'INPUT');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  }

  ui.it('the first run', async () => {
    const page = await ui.page('/', { signedIn: false });
    await page.getByRole('heading', { name: 'Lock the door.' }).waitFor();

    // The first Tab offers to skip the head of the page, and does it.
    await page.keyboard.press('Tab');
    assert.equal((await focus(page)).name, 'Skip to the page');
    assert.ok((await focus(page)).inside, 'seen when it has the focus');
    await page.keyboard.press('Enter');
    assert.equal((await focus(page)).tag, 'MAIN');

    await type(page, 'One-time code', station.setupCode);
    await type(page, 'Password', PASSWORD);
    await type(page, 'Once more', PASSWORD);
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'What do you have?' }).waitFor();
    await press(page, 'Next');
    await page.getByText('Which node', { exact: true }).waitFor();

    // One Tab stop for a group of choices; arrows choose.
    let f = await tabTo(page, /Parity|EthereumJS/);
    assert.equal(f.type, 'radio');
    for (let i = 0; i < 5 && !/^Parity/.test(f.name); i++) {
      await page.keyboard.press('ArrowDown');
      f = await focus(page);
    }
    assert.ok(/^Parity/.test(f.name) && f.checked, JSON.stringify(f));
    f = await tabTo(page, /^Version/);
    await page.keyboard.type('parity/parity:v1.6');
    assert.equal(await page.evaluate(() => document.activeElement.value), 'parity/parity:v1.6.8');
    await type(page, 'Name', 'keys');
    await tabTo(page, /^Memory limit/);
    const before = Number(await page.getByRole('slider').inputValue());
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
    const memory = Number(await page.getByRole('slider').inputValue());
    assert.equal(memory, before - 4 * 64 * MiB);
    await press(page, /^Add a relay/, 'Space');
    assert.ok((await tabTo(page, /^Built-in relay/)).checked);
    await page.keyboard.press('ArrowDown');
    assert.match((await focus(page)).name, /in a container/);
    await page.getByLabel('Name on the page', { exact: true }).waitFor();
    await type(page, 'Name on the page', 'by-keyboard');
    await type(page, 'Ethstats server', 'ws://127.0.0.1:3000');
    await press(page, 'See the plan');

    await page.locator('.wstep.open ol.steps > li').first().waitFor();
    assert.deepEqual(await engine.containers(), []);
    await tabTo(page, 'The same in docker commands');
    await page.keyboard.press('Enter');
    await page.locator('.wstep.open details[open] pre').waitFor();
    await press(page, 'Do it');

    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await until('the focus is in the dialog', async () => (await focus(page)).dialog);
    await says(dialog.locator('.facts .badge'), /^Done$/, 60000);
    await press(page, 'Close');
    await dialog.waitFor({ state: 'detached' });
    await says(page.locator('h1'), /^(Syncing|Healthy|Catching up): /);
    const { State } = await engine.inspect('keys-node');
    assert.equal(kernel(State.Pid).memory, memory);
    assert.ok((await engine.inspect('keys-relay')).State.Running);
  });

  ui.it('go to any page, help, Esc, and skip', async () => {
    const page = await ui.page();
    await page.locator('main h1').waitFor();
    await page.keyboard.press('Tab');
    assert.equal((await focus(page)).name, 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal((await focus(page)).tag, 'MAIN');

    for (const [key, name] of Object.entries(GO)) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await until(`g ${key}`, () => new URL(page.url()).hash === `#/${name}`, 5000);
      await page.locator('main h1').waitFor();
      await until(`Tab goes on in ${name || 'overview'}`, async () => (await focus(page)).tag === 'MAIN', 5000);
    }

    await tabTo(page, /^Sync\d/);
    const before = await focus(page);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard' });
    await help.waitFor();
    await ui.accessible(page, 'the help of the keyboard');
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      const f = await focus(page);
      assert.ok(f.dialog || f.tag === 'BODY', `the focus left the dialog: ${JSON.stringify(f)}`);
    }
    // A letter is not a command while a dialog is open.
    await page.keyboard.press('g');
    await page.keyboard.press('n');
    assert.match(page.url(), /#\/$/);
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    assert.equal((await focus(page)).name.slice(0, 5), before.name.slice(0, 5), 'the focus is back where it was');
  });

  ui.it('a dialog takes the focus and gives it back', async () => {
    const page = await ui.page('/#/node');
    await page.getByRole('button', { name: 'Restart' }).waitFor();
    await press(page, 'Restart');
    const dialog = page.getByRole('dialog');
    await dialog.locator('ol.steps > li').first().waitFor();
    assert.ok((await focus(page)).dialog);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await focus(page)).name, 'Restart');

    await press(page, 'Change options');
    await dialog.waitFor();
    await type(page, 'Most peers', '33');
    await press(page, 'See the plan');
    await dialog.locator('ol.steps > li').first().waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await focus(page)).name, 'Change options', 'also after two dialogs in a row');
  });

  ui.it('limits, logs and history have keys of their own', async () => {
    const page = await ui.page('/#/limits');
    await page.getByRole('slider').first().waitFor();
    await tabTo(page, /^Memory limit of Parity/);
    const sentence = page.locator('.wouldbe').first();
    const before = tidy(await sentence.innerText());
    await page.keyboard.press('ArrowRight');
    await until('the sentence follows', async () => tidy(await sentence.innerText()) !== before);
    await press(page, 'Apply');
    await page.getByRole('dialog').locator('ol.steps > li').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await page.keyboard.press('g');
    await page.keyboard.press('g');
    await says(page.locator('h1'), /^Logs$/);
    await page.keyboard.press('/');
    await until('the filter has the focus', async () => (await focus(page)).type === 'search');
    await page.keyboard.type('g n?');
    assert.match(page.url(), /#\/logs/, 'letters in a field are letters');

    await page.goto('/#/history');
    const range = page.getByRole('group', { name: 'Range' });
    await says(range.locator('[aria-pressed=true]'), /^24 h$/);
    await page.keyboard.press('[');
    await says(range.locator('[aria-pressed=true]'), /^6 h$/);
    await page.keyboard.press(']');
    await says(range.locator('[aria-pressed=true]'), /^24 h$/);
    for (let i = 0; i < 2; i++) await page.keyboard.press('[');
    await says(range.locator('[aria-pressed=true]'), /^1 h$/);
    await page.locator('#evs').waitFor({ timeout: 30000 }); // the page moves on every 15 s
    await page.keyboard.press('j');
    await until('an event is chosen', async () => (await page.locator('.timeline [aria-current]').count()) === 1);

    await page.keyboard.press('.');
    await page.getByRole('button', { name: 'Paused: go on' }).waitFor();
    await page.keyboard.press('.');
    await page.getByRole('button', { name: 'Paused: go on' }).waitFor({ state: 'detached' });
  });
});
