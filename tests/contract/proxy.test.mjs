// proxy: the API behind a proxy that keeps the prefix and doubles the slash, whatever it tells about the
// one who asked: addresses, cookies, Host and Origin checks, the event stream.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as api from './api.mjs';
import { Proxy, TELLS } from '../lib/proxy.mjs';
import { Station } from '../lib/station.mjs';

const PASSWORD = `correct horse ${crypto.randomBytes(6).toString('hex')}`;
const BASE = '/ethstation';
const proxies = {};
let dir, station;

before(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'eq-'));
  station = await new Station({ dir: path.join(dir, 's'), docker: path.join(dir, 'no-engine') }).start();
  for (const [name, tells] of Object.entries(TELLS)) proxies[name] = await new Proxy({ dir: path.join(dir, name), to: station.port, tells }).start();
  const owned = await api.send(proxies.host, 'POST', `${BASE}/api/v1/setup`, { token: null, body: { code: station.setupCode, password: PASSWORD } });
  assert.equal(owned.status, 200, owned.text);
});

after(async () => {
  for (const p of Object.values(proxies)) await p.stop();
  await station?.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

const get = (proxy, url, options) => api.send(proxy, 'GET', url, { token: null, ...options });
const signIn = (proxy, headers = {}) => api.send(proxy, 'POST', `${BASE}/api/v1/session`, { token: null, body: { password: PASSWORD }, headers });
const each = (name, fn) => {
  for (const tells of Object.keys(TELLS)) test(`${name}; the proxy tells: ${tells}`, () => fn(proxies[tells], tells));
};

each('page and files are found, also from the bare prefix, and nothing is redirected', async (proxy) => {
  for (const url of [BASE, `${BASE}/`]) {
    const page = await get(proxy, url);
    assert.equal(page.status, 200, url);
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map((m) => m[1]);
    assert.ok(files.length >= 2, page.text);
    for (const f of files) {
      assert.match(f, /^\/ethstation\/assets\//, 'absolute, below the prefix');
      assert.equal((await get(proxy, f)).status, 200, f);
    }
    const etag = page.headers.etag;
    assert.ok(etag);
    assert.equal((await get(proxy, url, { headers: { 'If-None-Match': etag } })).status, 304);
    assert.match(page.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'self'/, 'ours applies too');
  }
  assert.equal((await get(proxy, `${BASE}/api/v1/health`)).json.ok, true);
  assert.equal((await get(proxy, `${BASE}/api/v1/openapi.yaml`)).status, 200);
  api.assertError(await get(proxy, `${BASE}/api/v1/none`), 404, 'api.unknown_path');
  assert.equal((await get(proxy, '/api/v1/health')).text, 'QTS\n', 'beside the prefix is the NAS');
});

each('sign-in, cookie, CSRF, Origin', async (proxy) => {
  const own = { Origin: proxy.url };
  const session = await signIn(proxy, own);
  assert.equal(session.status, 200, session.text);
  assert.match(session.headers['set-cookie'][0], /^ethstation_session=.*; Path=\/;/);
  assert.doesNotMatch(session.headers['set-cookie'][0], /Secure/);
  const headers = { ...own, Cookie: api.cookieOf(session), 'X-CSRF-Token': session.json.csrf };
  assert.equal((await get(proxy, `${BASE}/api/v1/state`, { headers })).status, 200);
  const change = (more) => api.send(proxy, 'PATCH', `${BASE}/api/v1/settings`, { token: null, headers: { ...headers, ...more }, body: { nas_name: 'x' } });
  assert.equal((await change({})).status, 200);
  api.assertError(await change({ 'X-CSRF-Token': 'no' }), 403, 'auth.csrf');
  for (const Origin of ['http://evil.example', `${proxy.url}.evil.example`, 'null', 'https://evil.example:8080'])
    api.assertError(await change({ Origin }), 403, 'http.origin');
  const out = await api.send(proxy, 'DELETE', `${BASE}/api/v1/session`, { token: null, headers });
  assert.equal(out.status, 204);
  api.assertError(await get(proxy, `${BASE}/api/v1/state`, { headers }), 401, 'auth.required');
});

test('a foreign name is refused, whichever header tells of it', async () => {
  for (const tells of ['host', 'forwarded'])
    api.assertError(await get(proxies[tells], `${BASE}/api/v1/health`, { headers: { Host: 'evil.example' } }), 421, 'http.host');
  const headers = { Origin: 'http://evil.example' };
  api.assertError(await signIn(proxies.nothing, headers), 403, 'http.origin');
});

test('a proxy that hides the host is trusted with a known page only below the prefix', async () => {
  const direct = (url, Origin) => api.send(station, 'POST', `${url}/api/v1/session`, { token: null, body: { password: PASSWORD }, headers: { Origin } });
  assert.equal((await direct(BASE, 'http://192.168.1.9:8080')).status, 200);
  api.assertError(await direct('', 'http://192.168.1.9:8080'), 403, 'http.origin');
});

test('the address of the one who asked is the last that the proxy on this NAS names', async () => {
  const where = async (headers, target = station) => {
    const res = await signIn(target, headers);
    assert.equal(res.status, 200, res.text);
    const list = await api.send(station, 'GET', '/api/v1/sessions', { token: null, headers: { Cookie: api.cookieOf(res) } });
    return list.json.sessions.find((s) => s.current).address;
  };
  assert.equal(await where({ 'X-Forwarded-For': '192.168.1.7' }), '192.168.1.7');
  assert.equal(await where({ 'X-Forwarded-For': '6.6.6.6, 192.168.1.7' }), '192.168.1.7');
  assert.equal(await where({ 'X-Forwarded-For': '2001:db8::7' }), '2001:db8::7');
  for (const bad of ['nonsense', '', '6.6.6.6,', '1.2.3.4:80']) assert.equal(await where({ 'X-Forwarded-For': bad }), '127.0.0.1', bad);
  assert.equal(await where({ 'X-Forwarded-For': '6.6.6.6' }, proxies.forwarded), '127.0.0.1', 'a browser cannot choose it');
});

test('behind https of the proxy the cookie is a secure one of its own name', async () => {
  const res = await signIn(station, { 'X-Forwarded-Proto': 'https' });
  assert.match(res.headers['set-cookie'][0], /^__Host-ethstation_session=.*; Path=\/; .*; Secure$/);
  const Cookie = api.cookieOf(res);
  const state = (headers) => get(station, '/api/v1/state', { headers });
  assert.equal((await state({ Cookie, 'X-Forwarded-Proto': 'https' })).status, 200);
  api.assertError(await state({ Cookie }), 401, 'auth.required');
});

each('the event stream comes through piece by piece', async (proxy) => {
  const stream = await api.follow(proxy, `${BASE}/api/v1/events`, { token: station.token });
  assert.equal(stream.status, 200);
  await stream.until('the state', (t) => t.includes('event: state'));
  const name = `nas-${crypto.randomBytes(4).toString('hex')}`;
  assert.equal((await api.send(station, 'PATCH', '/api/v1/settings', { body: { nas_name: name } })).status, 200);
  await stream.until('what changed', (t) => t.includes(name));
  stream.close();
});

test('another prefix, or none', async () => {
  const other = await new Station({ dir: path.join(dir, 'other'), docker: path.join(dir, 'no-engine'), args: ['--base-path', '/apps/eth'] }).start();
  try {
    for (const url of ['/apps/eth', '/apps/eth//', '/apps//eth/']) assert.match((await get(other, url)).text, /src="\/apps\/eth\/assets\//, url);
    assert.equal((await get(other, '/apps/eth//api/v1/health')).json.ok, true);
    assert.equal((await get(other, '/ethstation/api/v1/health')).status, 404);
    assert.equal((await get(other, '/api/v1/health')).json.ok, true);
  } finally {
    await other.stop();
  }
});
