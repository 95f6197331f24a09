// The card of an incident: a real kill by the kernel, as it comes to an open page, and what its owner does about it.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

import { Ui, overflow, says, tidy } from '../lib/browser.mjs';
import { MiB, kernel, slower, until } from '../lib/fixture.mjs';

describe('incidents', { timeout: 300000 }, () => {
  const ui = new Ui();
  const { engine, station, stage } = ui;

  before(async () => {
    await ui.open();
    await ui.install({ memory: 256 * MiB });
  });
  after(() => ui.close());

  const KILLED = /^The kernel stopped Parity \/ OpenEthereum because it needed more than its 256\sMiB\.$/;
  const heading = (page) => page.locator('main h1');
  const button = (within, name) => within.getByRole('button', { name, exact: typeof name === 'string' });
  const newest = async () => (await station.get('/stacks/eth/incidents')).incidents[0];
  const whole = async (id) => (await station.get(`/stacks/eth/incidents/${id}`)).incident;
  const section = (page, title) => page.locator('main section').filter({ has: page.getByRole('heading', { name: title }) });
  const fact = (page, name) => section(page, /^At \d/).locator('dl > *').evaluateAll((all, n) => all[all.findIndex((e) => e.textContent === n) + 1].textContent, name).then(tidy);

  async function ends(settings) {
    stage.witness.events.length = 0;
    stage.control('eth', settings);
    await until('it ended', () => stage.witness.events.find((e) => e.action === 'die' && e.name === 'eth-node'), 30000 * slower, 5);
    stage.control('eth', {});
  }

  ui.it('nothing happened yet, and a kill comes to the open page', async () => {
    const page = await ui.page('/#/node');
    await page.getByRole('link', { name: 'About incidents' }).click();
    await says(page.locator('main'), /Nothing has ended by itself/);
    await ui.accessible(page, 'no incident');
    await ends({ HEAP_MB: 400 });
    await says(heading(page), KILLED);
    const it = await whole((await newest()).id);

    const text = tidy(await page.locator('main').innerText());
    const anyFigure = (t) => tidy(t).replace(/\d[\d.]*/g, '#'); // the memory of the NAS goes on changing
    for (const part of [it.hint, it.code, ...it.ways.map((w) => w.text)]) assert.ok(anyFigure(text).includes(anyFigure(part)), part);
    await says(page.locator('main .verdict'), /today \d\d:\d\d:\d\d .*ago.* down for/, 30000);
    assert.match(await fact(page, 'Its limit'), /^256 MiB$/);
    const [, n, unit] = (await fact(page, 'Needed')).match(/^(\d+) ([KM]iB) read .* before$/);
    assert.equal(Number(n), Math.round(it.needed_bytes / (unit === 'KiB' ? 1024 : MiB)));
    assert.match(await fact(page, 'Free on the NAS'), /^[\d.]+ [GM]iB of [\d.]+ GiB last reading$/);
    assert.match(await fact(page, 'At work on'), /^block [\d ]+ read/);
    assert.equal(await fact(page, 'Exit code'), '137: ended at once, by a signal');
    assert.match(await fact(page, 'Told by'), /the kernel’s log.*its exit code/);
    await says(section(page, 'Changed in the hour before'), /Install/);
    const log = section(page, 'Its last lines').getByRole('region', { name: 'Log lines' });
    assert.equal(await log.locator('.log-line').count(), it.log.length);
    await log.focus();
    assert.ok(await log.evaluate((e) => e === document.activeElement), 'the keyboard gets to the log');
    assert.deepEqual(await overflow(page), []);
    await ui.shoot('ok incident');
    await drawn(page, it);
  });

  /** The minutes before are drawn, and are a table of the same readings. */
  async function drawn(page, { minutes: m }) {
    const chart = page.locator('figure').filter({ has: page.getByRole('heading', { name: /^The minutes before/ }) });
    await chart.locator('canvas').waitFor();
    assert.match(await chart.getByRole('img').first().getAttribute('aria-label'), /^The minutes before: from [\d.]+ to [\d.]+ MiB/);
    await button(chart, 'Show as table').click();
    assert.deepEqual(await chart.locator('thead th').allInnerTexts(), ['Time', 'needed', 'cache', 'limit']);
    const rows = await chart.locator('tbody tr').evaluateAll((all) => all.map((r) => [...r.cells].map((c) => c.textContent)));
    const read = m.needed_bytes.flatMap((v, i) => (v === null ? [] : [i]));
    assert.equal(rows.length, read.length, 'a row a reading');
    const at = (i, kind) => m[kind][read.at(i)] / MiB;
    for (const [row, i] of [[rows[0], -1], [rows.at(-1), 0]]) {
      assert.ok(Math.abs(Number(row[1]) - at(i, 'needed_bytes')) <= 0.5, `${row} of ${at(i, 'needed_bytes')}`);
      assert.equal(Number(row[3]), at(i, 'limit_bytes'));
    }
    await ui.accessible(page, 'the minutes as a table');
  }

  ui.it('its mark on the chart leads to it, and it is told once', async () => {
    const { id } = await newest();
    const page = await ui.page('/#/history');
    await button(page, '1 h').click();
    const mark = page.locator('svg.lane').getByRole('link');
    await says(page.locator('main .timeline'), /The kernel stopped Parity/, 60000);
    assert.equal(await page.locator('main .timeline li', { hasText: 'The kernel stopped Parity' }).count(), 1);
    await mark.waitFor();
    assert.match(await mark.getAttribute('aria-label'), /The kernel stopped Parity/);
    await mark.focus();
    await ui.shoot('ok mark');
    await page.keyboard.press('Enter');
    await says(heading(page), KILLED);
    assert.equal(page.url().split('#')[1], `/incidents?stack=eth&id=${id}`);
  });

  ui.it('the finding leads to it; to allow more shows a plan, and then is the kernel’s limit', async () => {
    const page = await ui.page('/');
    await button(page.locator('.finding'), 'What happened').click();
    await says(heading(page), KILLED);
    assert.match(page.url(), /#\/incidents\?stack=eth&service=node$/);
    const ways = section(page, 'What you can do');
    assert.match(await button(ways, 'Allow 384 MiB').getAttribute('class'), /primary/);
    const started = (await engine.inspect('eth-node')).State.StartedAt;
    await button(ways, 'Allow 384 MiB').click();
    await ui.doIt(page);
    const { State } = await engine.inspect('eth-node');
    assert.deepEqual([kernel(State.Pid).memory, State.StartedAt], [384 * MiB, started]);
    await until('nothing is loud any more', async () => (await ways.locator('.btn.primary').count()) === 0, 90000);
  });

  ui.it('left as it is: the finding goes, and the page says so at once', async () => {
    const page = await ui.page('/#/incidents');
    await button(section(page, 'What you can do'), 'Leave it').click();
    await says(section(page, 'What you can do'), /Left as it is/);
    await says(page.locator('main .verdict'), /left as it is today/);
    await stage.noFinding('memory.oom');
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await until('no finding on the overview', async () => (await page.locator('.finding', { hasText: 'memory.oom' }).count()) === 0);
    await says(page.locator('.timeline'), /The kernel stopped Parity .* because.* What happened/);
  });

  ui.it('told of it only when it happens again: chosen, said, and taken back', async () => {
    const page = await ui.page('/#/incidents');
    await button(page.locator('main'), 'Tell me only if it happens again today').click();
    await says(page.locator('main'), /only when it is the second in 24 hours/);
    assert.equal((await newest()).only_again, true);
    await ui.accessible(page, 'told of a second one only');
    await ui.shoot('ok incident told again');
    await button(page.locator('main'), 'Tell me each time').click();
    await button(page.locator('main'), 'Tell me only if it happens again today').waitFor();
    assert.equal((await newest()).only_again, false);
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await says(page.locator('.timeline'), /each end for want of memory is told/);
  });

  ui.it('a crash is the next one; the one before is kept, and another page to its reader', async () => {
    const page = await ui.page('/#/incidents');
    await says(heading(page), KILLED);
    await ends({ CRASH: '1', EXIT_CODE: 139, CRASH_MESSAGE: 'the disk is on fire' });
    await says(heading(page), /^Parity .*crashed: it touched memory that is not its own \(code 139\)\.$/);
    await says(section(page, 'Its last lines'), /the disk is on fire/);
    await says(section(page, 'What you can do'), /Another version.*See the versions/);
    await says(section(page, 'Earlier'), /Parity .* Memory limit/);
    await section(page, 'Earlier').getByRole('link', { name: KILLED }).click();
    await says(heading(page), KILLED);
    assert.ok(await page.evaluate(() => document.activeElement.id === 'main' && scrollY === 0), 'it begins at its top');
    await says(section(page, 'The others'), /Crash/);
    await page.goBack();
    await says(heading(page), /^Parity .*crashed/);
  });

  ui.it('one that is gone, and no answer, are said', async () => {
    ui.allow(/404/, /ERR_FAILED/);
    const page = await ui.page('/#/incidents?id=999');
    await says(page.locator('main [role=alert]'), /There is no incident 999 of eth\..*incident\.missing/);
    await page.getByRole('link', { name: 'Show the newest' }).click();
    await says(heading(page), /^Parity .*crashed/);

    await page.route('**/incidents/*', (r) => r.abort());
    await section(page, 'Earlier').getByRole('link', { name: KILLED }).click();
    await says(page.locator('main [role=alert]'), /station\.no_answer/);
    await page.unroute('**/incidents/*');
    await button(page, 'Try again').click();
    await says(heading(page), KILLED);
  });
});
