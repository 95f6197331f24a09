// browser: Chromium on the real dashboard, with eyes for what a reader must never meet: console
// errors, errors of the page, failed requests, violations of the content policy, of WCAG.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

import { MiB, Stage, limits, node, relay, slower, until } from './fixture.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shots = path.join(root, 'build/test-output/ui');

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WAIT_MS = 15000 * slower;

export const PASSWORD = 'correct horse battery';
export const PAGES = ['overview', 'node', 'relay', 'limits', 'history', 'logs', 'upgrades', 'chain', 'settings', 'incidents'];
/** Pages that the navigation shows as a part of another one. */
export const PART_OF = { incidents: 'limits' };
export const SIZES = { desk: [1280, 800], window: [1000, 550], tablet: [768, 1024], phone: [360, 740] };

export function address(page) {
  return `/#/${page === 'overview' ? '' : page}`;
}

/** Calls fn until it no longer throws; its last word is the error. */
export async function holds(what, fn, ms = WAIT_MS) {
  let last;
  await until(what, async () => {
    try {
      await fn();
      return true;
    } catch (e) {
      last = e;
      return false;
    }
  }, ms, 100).catch((e) => {
    throw last ? new Error(`${e.message}: ${last.message}`, { cause: last }) : e;
  });
}

/** The text of an element becomes what is expected. */
export function says(locator, pattern, ms = WAIT_MS) {
  return holds(`${locator} says ${pattern}`, async () => assert.match(tidy(await locator.innerText({ timeout: 2000 })), pattern), ms);
}

/** Non-breaking blanks and line ends as blanks. */
export function tidy(text) {
  return text.replace(/\s+/g, ' ').trim();
}

/** One engine, one program and one browser for all tests of a file. */
export class Ui {
  constructor() {
    this.stage = new Stage();
    this.pages = [];
    this.problems = [];
    this.allowed = [];
  }

  get station() {
    return this.stage.station;
  }

  get engine() {
    return this.stage.engine;
  }

  /** The engine with doubles, the program; owned: the password is set already. */
  async open({ parity = ['1.6.8'], withRelay = true, owned = true } = {}) {
    await this.stage.set({ parity, withRelay });
    await this.station.start();
    if (owned) {
      const { status } = await this.station.api('POST', '/setup', { code: this.station.setupCode, password: PASSWORD }, { token: null });
      assert.equal(status, 200);
    }
    this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
    return this;
  }

  async close() {
    await this.browser?.close().catch(() => {});
    await this.stage.end();
  }

  /** A fresh browser profile; signed in unless told otherwise. */
  async context({ size = SIZES.desk, theme = 'light', signedIn = true, ...more } = {}) {
    const [width, height] = size;
    const context = await this.browser.newContext({ viewport: { width, height }, colorScheme: theme, baseURL: this.station.url, ...more });
    context.setDefaultTimeout(WAIT_MS);
    if (signedIn) await this.signIn(context);
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
    });
    context.on('page', (page) => this.watch(page));
    return context;
  }

  /** A node and its relay, as most tests want them; the double behaves as told from its start. */
  async install({ name = 'eth', version = '1.6.8', memory = 1024 * MiB, behave = {}, secret = 'a-secret' } = {}) {
    fs.mkdirSync(path.join(this.stage.folder(name), 'node'), { recursive: true });
    this.stage.control(name, behave);
    await this.station.job('POST', '/stacks', {
      name,
      services: [
        node(version, { limits: limits({ memory_bytes: memory }) }),
        relay({ limits: limits({ memory_bytes: 128 * MiB }), secrets: { WS_SECRET: secret } }),
      ],
    });
    await this.stage.phase(name, 'syncing');
  }

  /** In the open dialog: the plan, then its job to its end, then back to the page. */
  async doIt(page, { plan = () => {}, end = /^Done$/ } = {}) {
    const dialog = page.getByRole('dialog');
    await dialog.locator('ol.steps > li').first().waitFor();
    await plan(dialog);
    await dialog.getByRole('button', { name: 'Do it', exact: true }).click();
    await says(dialog.locator('.facts .badge'), end, 60000);
    await dialog.getByRole('button', { name: 'Close', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  async signIn(context) {
    if (this.cookie) return context.addCookies([this.cookie]);
    const answer = await fetch(`${this.station.url}/api/v1/session`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password: PASSWORD }),
    });
    assert.equal(answer.status, 200, await answer.text());
    const [, name, value] = answer.headers.get('set-cookie').match(/^([^=]+)=([^;]*)/);
    this.cookie = { name, value, url: this.station.url };
    return context.addCookies([this.cookie]);
  }

  /** A page of a context of its own, at an address of the dashboard. */
  async page(to = '/', options = {}) {
    const page = await (await this.context(options)).newPage();
    await page.goto(to);
    return page;
  }

  watch(page) {
    this.pages.push(page);
    const note = (text) => this.problems.push(text);
    page.on('console', (m) => (m.type() === 'error' || m.type() === 'warning') && note(`console ${m.type()}: ${m.text()} ${m.location().url ?? ''}`));
    page.on('pageerror', (e) => note(`page error: ${e.stack ?? e}`));
    page.on('crash', () => note('the page crashed'));
    page.on('requestfailed', (r) => {
      // The page lets go of requests that nobody waits for any more; leaving a page does so too.
      if (r.failure()?.errorText !== 'net::ERR_ABORTED') note(`request failed: ${r.failure()?.errorText} ${r.url()}`);
    });
    page.on('response', (r) => r.status() >= 400 && note(`answer ${r.status()} ${r.request().method()} ${r.url()}`));
    page.on('close', () => (this.pages = this.pages.filter((p) => p !== page)));
  }

  /** From here to the end of the test, problems that match are what the test is about. */
  allow(...patterns) {
    this.allowed.push(...patterns);
  }

  check() {
    const bad = this.problems.filter((p) => !this.allowed.some((a) => a.test(p)));
    this.problems = [];
    assert.deepEqual(bad, [], 'console errors, page errors, failed requests');
  }

  /** A test: pictures of the open pages when it fails; every page is closed after it. */
  it(name, fn) {
    it(name, { timeout: 120000 * slower }, async () => {
      this.problems = [];
      this.allowed = [];
      try {
        await fn();
        this.check();
      } catch (e) {
        await this.shoot(`FAILED ${name}`);
        if (this.problems.length) e.message += `\nmet on the page: ${this.problems.join('\n')}`;
        throw e;
      } finally {
        for (const c of this.browser.contexts()) await c.close().catch(() => {});
        this.pages = [];
      }
    });
  }

  async shoot(name) {
    fs.mkdirSync(shots, { recursive: true });
    const file = name.replace(/[^\w.-]+/g, '-');
    for (const [i, page] of this.pages.entries())
      await page.screenshot({ path: path.join(shots, `${file}${i ? `-${i}` : ''}.png`), timeout: 5000 }).catch(() => {});
  }

  /** No violation of WCAG 2.0, 2.1 and 2.2, levels A and AA. */
  async accessible(page, where) {
    const found = await violations(page);
    assert.deepEqual(found, [], `axe on ${where}`);
  }
}

export async function violations(page) {
  // Colours in the middle of a transition are nobody's choice.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime)).map((a) => a.finished)));
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), WCAG);
  return found.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.target.join(' ')} (${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''})`).join('; ')}`);
}

/** What sticks out of the page to the side, and buttons whose words do not fit. */
export function overflow(page) {
  return page.evaluate(() => {
    const visible = (e) => e.checkVisibility() && e.getClientRects().length > 0;
    const name = (e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} "${(e.textContent ?? '').trim().slice(0, 40)}"`;
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) {
      found.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${innerWidth}`);
      for (const e of document.querySelectorAll('body *'))
        if (visible(e) && (e.getBoundingClientRect().right > innerWidth + 1 || (!e.children.length && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1))) found.push(name(e));
    }
    for (const e of document.querySelectorAll('button, a.btn, summary, .nav a, .badge, .seg button'))
      if (visible(e) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2) && getComputedStyle(e).display !== 'inline') found.push(`clipped: ${name(e)} ${e.scrollWidth}×${e.scrollHeight} in ${e.clientWidth}×${e.clientHeight}`);
    return found.slice(0, 12);
  });
}
