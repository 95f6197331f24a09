// access: who may do what, and what a hostile client, page or name server gets. The operations are taken from
// shared/api.yaml, so that a new one is tried without a line here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { after, afterEach, before, test } from 'node:test';
import { tree } from '../lib/files.mjs';
import * as api from './api.mjs';
import { frames } from './formats.mjs';
import { Engine } from '../lib/engine.mjs';
import { Station, program, sleep, until } from '../lib/station.mjs';

const PASSWORD = `correct horse ${crypto.randomBytes(6).toString('hex')}`;
const SECRETS = [0, 1].map((n) => `hush-${n}-${crypto.randomBytes(9).toString('hex')}`);
const LATER = 'another long password';
const PARAMS = { id: '1', stack: 'vault', service: 'node' };
const guarded = api.operations.filter((o) => !o.public);
const where = (op) => api.target(op, PARAMS, op.id === 'getHistory' ? { series: 'cpu' } : {});

let dir, engine, station, owner, other;
const tokens = {};

before(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ea-'));
  engine = new Engine(path.join(dir, 'e'), `ea-${process.pid}`).start();
  engine.parityImages('1.6.8');
  engine.relayImage();
  station = await new Station({ dir: path.join(dir, 's'), docker: engine.socket }).start();
  for (const scope of ['read', 'operate']) tokens[scope] = station.makeToken(scope, scope);
});

after(async () => {
  try {
    await station?.stop();
  } finally {
    engine?.wipe();
    fs.rmSync(dir, { recursive: true, force: true });
  }
});

const streams = [];
afterEach(() => streams.splice(0).forEach((s) => s.close()));

const get = (url, options) => api.send(station, 'GET', url, options);
const say = (id, options) => api.send(station, api.operation(id).method, where(api.operation(id)), options);
const bodyOf = (op) => (op.body ? {} : undefined);
/** A signed-in browser. */
const browser = (res) => ({ cookie: api.cookieOf(res), csrf: res.json.csrf, headers: { Cookie: api.cookieOf(res), 'X-CSRF-Token': res.json.csrf } });

async function signIn(password = PASSWORD, options = {}) {
  return api.send(station, 'POST', '/api/v1/session', { token: null, body: { password }, ...options });
}

/* ---- nobody owns it ---- */

test('until somebody owns it, every operation but the public ones is shut', async () => {
  assert.deepEqual(api.operations.filter((o) => o.public).map((o) => o.id).sort(), ['getHealth', 'getOpenapi', 'setup', 'signIn']);
  assert.ok(guarded.length > 30);
  for (const op of guarded)
    for (const headers of [{}, { Authorization: 'Bearer est_nonsense' }, { Cookie: 'ethstation_session=nonsense' }])
      api.assertError(await api.send(station, op.method, where(op), { token: null, headers, body: bodyOf(op) }), 403, 'auth.unowned');
  assert.equal((await get('/api/v1/health', { token: null })).json.owned, false);
  assert.equal((await get('/api/v1/openapi.yaml', { token: null })).status, 200);
  api.assertError(await signIn(), 403, 'auth.unowned');
  assert.equal((await get('/api/v1/state')).status, 200, 'a token of the administrator of the NAS works before setup');
});

test('setup: the right code, once, from our own page', async () => {
  const setup = (code, password, headers) => api.send(station, 'POST', '/api/v1/setup', { token: null, headers, body: { code, password } });
  assert.match(station.setupCode, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
  api.assertError(await setup('AAAA-AAAA', PASSWORD), 403, 'auth.setup_code');
  api.assertError(await setup(station.setupCode, 'too short'), 400, 'input.password');
  api.assertError(await setup(station.setupCode, 'x'.repeat(257)), 400, 'input.password');
  api.assertError(await setup(station.setupCode, PASSWORD, { Origin: 'http://evil.example' }), 403, 'http.origin');
  const res = await setup(station.setupCode.toLowerCase().replace('-', ''), PASSWORD);
  assert.equal(res.status, 200, res.text);
  owner = browser(res);
  const [cookie] = res.headers['set-cookie'];
  assert.match(cookie, /^ethstation_session=[\w-]{40,}; /);
  for (const flag of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(cookie.split('; ').includes(flag), cookie);
  const age = Number(/; Max-Age=(\d+)$/.exec(cookie)[1]);
  assert.ok(age > 12 * 3600 - 10 && age <= 12 * 3600, cookie);
  assert.equal(res.headers['set-cookie'].length, 1);
  api.assertError(await setup(station.setupCode, PASSWORD), 409, 'auth.owned');
  const health = (await get('/api/v1/health', { token: null })).json;
  assert.deepEqual([health.owned, health.setup_until_at], [true, null]);
});

test('setup: five wrong codes close it until the next start', async () => {
  const lost = await new Station({ dir: path.join(dir, 'lost'), docker: path.join(dir, 'no-engine') }).start();
  const setup = (code) => api.send(lost, 'POST', '/api/v1/setup', { token: null, body: { code, password: PASSWORD } });
  try {
    const { setup_until_at } = (await api.send(lost, 'GET', '/api/v1/health')).json;
    assert.ok(Math.abs(setup_until_at - Date.now() - 15 * 60000) < 30000);
    for (let i = 0; i < 4; i++) api.assertError(await setup('AAAA-AAA2'), 403, 'auth.setup_code');
    api.assertError(await setup('AAAA-AAA3'), 403, 'auth.setup_closed');
    api.assertError(await setup(lost.setupCode), 403, 'auth.setup_closed');
    assert.equal((await api.send(lost, 'GET', '/api/v1/health')).json.setup_until_at, null);
    const before = lost.setupCode;
    await lost.stop();
    await lost.start();
    assert.notEqual(lost.setupCode, before);
    api.assertError(await setup(before), 403, 'auth.setup_code');
    assert.equal((await setup(lost.setupCode)).status, 200);
  } finally {
    await lost.stop();
  }
});

/* ---- somebody does ---- */

test('without credentials, or with bad ones, every operation but the public ones is 401', async () => {
  const bad = [{}, { Authorization: 'Bearer' }, { Authorization: 'Bearer ' }, { Authorization: `Bearer ${station.token}x` }, { Authorization: `Bearer ${station.token.toUpperCase()}` },
    { Authorization: `Basic ${Buffer.from(`owner:${PASSWORD}`).toString('base64')}` }, { Cookie: `ethstation_session=${owner.cookie.slice(20)}` },
    { Cookie: `ethstation_session=${station.token}` }, { Cookie: `other=1; Ethstation_session=${owner.cookie}` }];
  for (const op of guarded)
    for (const headers of op.id === 'getState' ? bad : bad.slice(0, 1)) {
      const res = await api.send(station, op.method, where(op), { token: null, headers, body: bodyOf(op) });
      api.assertError(res, 401, 'auth.required');
      assert.equal(res.headers['www-authenticate'], 'Bearer');
    }
});

test('a token does what its scope says and nothing above', async () => {
  const rank = ['read', 'operate', 'admin'];
  for (const op of guarded)
    for (const scope of ['read', 'operate'])
      if (rank.indexOf(op.scope) > rank.indexOf(scope)) {
        const res = await api.send(station, op.method, where(op), { token: tokens[scope], body: bodyOf(op) });
        api.assertError(res, 403, 'token.scope');
      }
  for (const op of guarded.filter((o) => o.method === 'GET' && o.scope === 'read')) {
    const res = await get(where(op), { token: tokens.read, headers: { Accept: 'application/json' } });
    assert.ok([200, 404].includes(res.status), res.what);
  }
  const allowed = await api.send(station, 'POST', '/api/v1/stacks/vault/start', { token: tokens.operate, body: { dry_run: true } });
  api.assertError(allowed, 404, 'stack.missing');
});

test('a cookie changes something only with the CSRF value of its own session', async () => {
  other = browser(await signIn());
  for (const op of guarded) {
    if (op.method === 'GET') continue;
    for (const csrf of [undefined, '', 'nonsense', other.csrf, `${owner.csrf}0`]) {
      const headers = { Cookie: owner.cookie, ...(csrf === undefined ? {} : { 'X-CSRF-Token': csrf }) };
      api.assertError(await api.send(station, op.method, where(op), { token: null, headers, body: bodyOf(op) }), 403, 'auth.csrf');
    }
  }
  assert.equal((await get('/api/v1/session', { token: null, headers: { Cookie: owner.cookie } })).status, 200);
  assert.equal((await say('changeSettings', { token: null, headers: owner.headers, body: { nas_name: 'mine' } })).status, 200);
});

test('a change from a foreign page is refused, also a sign-in', async () => {
  const self = `127.0.0.1:${station.port}`;
  const foreign = [{ Origin: 'http://evil.example' }, { Origin: 'null' }, { Origin: `http://${self}.evil.example` }, { Origin: `http://evil.example/${self}` },
    { Origin: `http://127.0.0.1:${station.port + 1}` }, { Origin: `x${self}` }, { Origin: '' }, { 'Sec-Fetch-Site': 'cross-site' },
    { Origin: `http://${self}`, 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'http://10.0.0.8:8080', 'X-Forwarded-Host': '10.0.0.9:8080' }];
  for (const headers of foreign) {
    const what = JSON.stringify(headers);
    const res = await say('changeSettings', { token: null, headers: { ...owner.headers, ...headers }, body: { nas_name: 'stolen' } });
    assert.equal(res.json?.error?.code, 'http.origin', `${what}: ${res.text}`);
    api.assertError(res, 403, 'http.origin');
    api.assertError(await signIn(PASSWORD, { headers }), 403, 'http.origin');
  }
  assert.equal((await get('/api/v1/settings')).json.nas_name, 'mine');
  for (const headers of [{ Origin: `http://${self}` }, { Origin: `http://${self}`, 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' },
    { Origin: 'https://10.0.0.9:8080', 'X-Forwarded-Host': '10.0.0.9:8080' }]) {
    const res = await say('changeSettings', { token: null, headers: { ...owner.headers, ...headers }, body: { nas_name: 'mine' } });
    assert.equal(res.status, 200, `${JSON.stringify(headers)}: ${res.text}`);
  }
});

test('a name that was pointed at us (DNS rebinding) gets nothing, not even the public files', async () => {
  const names = ['evil.example', 'evil.example:8787', `127.0.0.1.evil.example:${station.port}`, 'localhost.evil.example', '[::1].evil', '127.0.0.1:80:80', '127.0.0.1@evil.example',
    '0x7f.1.evil', '[', ':80', '127.0.0.1:', '127.0.0.1:8x', `${'a'.repeat(300)}.example`];
  for (const Host of names)
    for (const url of ['/', '/api/v1/health', '/api/v1/state', '/metrics', '/api/v1/nothing']) {
      const res = await get(url, { headers: { Host } });
      assert.ok([421, 400].includes(res.status), `${Host} ${url}: ${res.status}`);
      if (res.status === 421) assert.ok(res.text.includes('http.host'));
      assert.doesNotMatch(res.text, /<html|owned|uptime/i);
    }
  api.assertError(await get('/api/v1/health', { headers: { Host: 'evil.example' } }), 421, 'http.host');
  api.assertError(await get('/api/v1/health', { headers: { 'X-Forwarded-Host': 'evil.example' } }), 421, 'http.host');
  const own = os.hostname();
  for (const Host of ['127.0.0.1', 'localhost', 'LOCALHOST:1', '192.168.1.7:8787', '[::1]:8787', own, `${own.split('.')[0]}.local:80`, 'localhost.'])
    assert.equal((await get('/api/v1/health', { headers: { Host } })).status, 200, Host);
  await say('changeSettings', { body: { allowed_hosts: ['nas.example.org'] } });
  assert.equal((await get('/api/v1/health', { headers: { Host: 'NAS.example.org:8787' } })).status, 200);
  assert.equal((await get('/api/v1/health', { headers: { Host: 'x.nas.example.org' } })).status, 421);
  await say('changeSettings', { body: { allowed_hosts: [] } });
  for (const bad of ['*', 'a b', 'evil.example/x', 'http://x', '', 'x'.repeat(300), '.example', 5, null])
    api.assertError(await say('changeSettings', { body: { allowed_hosts: [bad] } }), 400, 'input.setting');
});

test('a token that expired or was revoked is refused at once', async () => {
  const make = (name, expires_at) => say('createToken', { body: { name, scope: 'read', expires_at } });
  const soon = (await make('soon', Date.now() + 1200)).json;
  const gone = (await make('gone', null)).json;
  for (const t of [soon, gone]) assert.equal((await get('/api/v1/state', { token: t.value })).status, 200);
  assert.equal((await api.send(station, 'DELETE', `/api/v1/tokens/${gone.token.id}`)).status, 204);
  api.assertError(await get('/api/v1/state', { token: gone.value }), 401, 'auth.required');
  await sleep(1300);
  api.assertError(await get('/api/v1/state', { token: soon.value }), 401, 'token.expired');
});

test('a stream ends with the credentials it was opened with', async () => {
  const { json: gone } = await say('createToken', { body: { name: 'listener', scope: 'read', expires_at: null } });
  const stream = await api.follow(station, '/api/v1/events', { token: gone.value });
  streams.push(stream);
  await stream.until('a state', (t) => frames(t).some((f) => f.event === 'state'));
  assert.equal((await api.send(station, 'DELETE', `/api/v1/tokens/${gone.token.id}`)).status, 204);
  await until('the server ends it', () => stream.ended, 20000);
});

test('changing the password signs every other browser out, signing out this one', async () => {
  const change = (current, password, who = owner) => say('changePassword', { token: null, headers: who.headers, body: { current, password } });
  const session = (who) => get('/api/v1/session', { token: null, headers: { Cookie: who.cookie } });
  assert.equal((await session(other)).status, 200);
  api.assertError(await change('not the password', LATER), 403, 'auth.wrong_password');
  api.assertError(await change(PASSWORD, 'short'), 400, 'input.password');
  assert.equal((await change(PASSWORD, LATER)).status, 204);
  api.assertError(await session(other), 401, 'auth.required');
  assert.equal((await session(owner)).status, 200);
  assert.equal((await get('/api/v1/state')).status, 200, 'tokens stay');
  api.assertError(await signIn(), 401, 'auth.wrong_password');
  const back = browser(await signIn(LATER));
  assert.equal((await change(LATER, PASSWORD, back)).status, 204);
  api.assertError(await session(owner), 401, 'auth.required');
  assert.equal((await say('signOut', { token: null, headers: back.headers })).status, 204);
  api.assertError(await session(back), 401, 'auth.required');
  owner = browser(await signIn());
});

/* ---- every answer ---- */

function assertHeaders(headers, what) {
  const csp = headers['content-security-policy'] ?? '';
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'self'", "base-uri 'none'", "form-action 'self'", "connect-src 'self'"])
    assert.ok(csp.split('; ').includes(part), `${what}: ${part} is missing in: ${csp}`);
  assert.doesNotMatch(csp, /unsafe|\*|https?:/, what);
  assert.equal(headers['x-content-type-options'], 'nosniff', what);
  assert.equal(headers['referrer-policy'], 'no-referrer', what);
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin', what);
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin', what);
  assert.ok(headers['cache-control'], `${what}: no Cache-Control`);
  for (const name of Object.keys(headers)) assert.ok(!/^access-control-|^server$|^x-powered-by$/.test(name), `${what}: ${name}`);
}

const index = async () => zlib.gunzipSync((await get('/')).bytes).toString();
const assetOf = (html) => /["'](?:\.?\/)?(assets\/[\w.-]+\.js)["']/.exec(html)[1];

test('every kind of answer carries the security headers, none a CORS header', async () => {
  const asset = `/${assetOf(await index())}`;
  const { etag } = (await get('/')).headers;
  const Origin = 'http://evil.example';
  const kinds = [
    ['GET', '/', 200], ['GET', asset, 200], ['GET', '/', 304, { headers: { 'If-None-Match': etag } }], ['GET', '/assets/none.js', 404], ['POST', '/', 405, { body: {} }],
    ['GET', '/api/v1/health', 200], ['GET', '/api/v1/openapi.yaml', 200], ['GET', '/api/v1/state', 200], ['GET', '/metrics', 200],
    ['GET', '/api/v1/state', 401, { token: null }], ['GET', '/api/v1/tokens', 403, { token: tokens.read }], ['GET', '/api/v1/none', 404], ['DELETE', '/api/v1/state', 405],
    ['OPTIONS', '/api/v1/state', 405, { token: null, headers: { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' } }],
    ['OPTIONS', '/', 405, { token: null }], ['GET', '/api/v1/state', 421, { headers: { Host: 'evil.example' } }], ['GET', '/', 421, { headers: { Host: 'evil.example' } }],
    ['PATCH', '/api/v1/settings', 413, { body: `{"nas_name":"${'x'.repeat(70000)}"}` }], ['PATCH', '/api/v1/settings', 400, { body: '{' }],
    ['HEAD', '/api/v1/state', 200], ['GET', '/a/../b', 400],
  ];
  for (const [method, url, status, more = {}] of kinds) {
    const res = await api.send(station, method, url, { ...more, headers: { Origin, ...more.headers } });
    assert.equal(res.status, status, `${res.what}: ${res.text.slice(0, 300)}`);
    assertHeaders(res.headers, `${res.what} ${status}`);
  }
  const made = (await say('createToken', { body: { name: 'brief', scope: 'read' } })).json;
  const empty = await api.send(station, 'DELETE', `/api/v1/tokens/${made.token.id}`);
  assert.equal(empty.status, 204);
  assertHeaders(empty.headers, '204');
  const stream = await api.follow(station, '/api/v1/events');
  streams.push(stream);
  assertHeaders(stream.headers, 'stream');
  assert.equal((await get('/api/v1/state')).headers['cache-control'], 'no-store');
  assert.match((await get(asset)).headers['cache-control'], /immutable/);
  assert.equal((await get('/')).headers['cache-control'], 'no-cache');
  const html = await index();
  for (const m of html.matchAll(/<script\b[^>]*>/g)) assert.match(m[0], /\ssrc=/, 'an inline script');
  assert.doesNotMatch(html, /\son\w+=|style=|javascript:/i);
});

test('what is no proper HTTP is answered as an error, or not at all', async () => {
  const host = `Host: 127.0.0.1:${station.port}\r\n`;
  const auth = `Authorization: Bearer ${station.token}\r\n`;
  const patch = `PATCH /api/v1/settings HTTP/1.1\r\n${host}${auth}`;
  const bad = {
    'no words': 'HELLO\r\n\r\n',
    'an empty host': 'GET /api/v1/health HTTP/1.1\r\nHost: \r\n\r\n',
    'no host': 'GET /api/v1/health HTTP/1.1\r\n\r\n',
    'two hosts': `GET /api/v1/health HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`,
    'two credentials': `GET /api/v1/state HTTP/1.1\r\n${host}${auth}${auth}\r\n`,
    'two lengths': `${patch}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    'length and chunks': `${patch}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    'a negative length': `${patch}Content-Length: -2\r\n\r\n{}`,
    'a length in words': `${patch}Content-Length: two\r\n\r\n{}`,
    'a NUL': `GET /api/v1/health%00x HTTP/1.1\r\n${host}\r\n`,
    'a half escape': `GET /api/v1/health%4 HTTP/1.1\r\n${host}\r\n`,
    'a backslash': `GET /api\\v1\\health HTTP/1.1\r\n${host}\r\n`,
    'a long path': `GET /${'a'.repeat(3000)} HTTP/1.1\r\n${host}\r\n`,
    'long headers': `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(100000)}\r\n\r\n`,
  };
  for (const [what, bytes] of Object.entries(bad)) {
    const answer = await api.raw(station, bytes, 2000);
    if (answer === '') continue;
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${what}: ${answer.slice(0, 200)}`);
    assert.doesNotMatch(answer, /^HTTP\/1\.1 4[\s\S]*\nHTTP\/1\.1 200/, what);
    const [head, body] = answer.split('\r\n\r\n');
    assertHeaders(Object.fromEntries(head.split('\r\n').slice(1).map((l) => [l.split(':')[0].toLowerCase(), l.slice(l.indexOf(':') + 2)])), what);
    if (/content-type: application\/json/i.test(head)) assert.ok(api.findings[JSON.parse(body).error.code], what);
  }
  assert.match(await api.raw(station, bad['two hosts'], 2000), /^HTTP\/1\.1 400 /);
  assert.equal((await get('/api/v1/health')).status, 200);
});

test('HEAD is GET without a body, for every operation', async () => {
  for (const op of api.operations.filter((o) => o.method === 'GET')) {
    const head = await api.send(station, 'HEAD', where(op), { timeout: 5000 });
    assert.equal(head.text, '', op.id);
    if (op.id === 'streamEvents') {
      assert.deepEqual([head.status, head.headers['content-type']], [200, 'text/event-stream']);
      continue;
    }
    const full = await get(where(op));
    assert.deepEqual([head.status, head.headers['content-type']], [full.status, full.headers['content-type']], op.id);
  }
  for (let i = 0; i < 10; i++) assert.equal((await api.send(station, 'HEAD', '/api/v1/events', { timeout: 5000 })).status, 200, 'a HEAD keeps no place');
});

test('behind the proxy of QTS: the prefix is dropped, nothing is redirected', async () => {
  for (const url of ['/ethstation//api/v1/health', '/ethstation/api/v1/health', '//api//v1///health', '/ethstation///api/v1/health'])
    assert.equal((await get(url, { token: null })).json?.ok, true, url);
  assert.equal((await get('/ethstation//api/v1/state')).status, 200);
  api.assertError(await get('/ethstation//api/v1/state', { token: null }), 401, 'auth.required');
  api.assertError(await get('/ethstation//api/v1/none'), 404, 'api.unknown_path');
  const plain = await get('/');
  for (const url of ['/ethstation', '/ethstation/', '/ethstation//']) {
    const res = await get(url);
    assert.equal(res.status, 200, url);
    assert.equal(res.text, zlib.gunzipSync(plain.bytes).toString().replaceAll('="./', '="/ethstation/'), url);
  }
  assert.equal((await get(`/ethstation//${assetOf(await index())}`)).status, 200);
  for (const url of ['/ethstationx', '/ethstation/ethstation/api/v1/health']) assert.equal((await get(url)).status, 404, url);
});

test('no path leads out of the assets', async () => {
  const steps = ['..', '%2e%2e', '.%2e', '%2E.', '%252e%252e', '..%00', '%c0%ae%c0%ae', '..;', '....', '..%5c', '\\..'];
  const ends = ['etc/passwd', 'shared/api.yaml', 'shared/recipes/parity.json', 'server/main.c', 'proc/self/environ', 'index.html'];
  for (const start of ['/', '/assets/', '/ethstation/', '/ethstation/assets/'])
    for (const step of steps)
      for (const end of ends) {
        const url = `${start}${`${step}/`.repeat(4)}${end}`;
        for (const bytes of [url, url.replace(/\//g, '%2f').replace('%2f', '/')]) {
          const answer = await api.raw(station, `GET ${bytes} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`, 2000);
          assert.match(answer, /^HTTP\/1\.1 40[04] /, `${bytes}: ${answer.slice(0, 80)}`);
          assert.doesNotMatch(answer, /root:|openapi:|PATH=|#include|<html/, bytes);
        }
      }
  for (const url of ['/shared/findings.json', '/web/dist/index.html', '/.git/config', '/assets', '/assets/', '/state/state.db', '/index.html/x'])
    assert.equal((await get(url)).status, 404, url);
});

/* ---- bodies ---- */

test('a body that is too large, broken, or no object', async () => {
  const big = JSON.stringify({ nas_name: 'x'.repeat(65536) });
  for (const op of api.operations.filter((o) => o.body)) {
    const options = { headers: op.public ? {} : undefined };
    api.assertError(await api.send(station, op.method, where(op), { ...options, body: big }), 413, 'input.too_large');
    for (const [body, code] of [['[]', 'input.not_object'], ['[{"dry_run":true}]', 'input.not_object'], ['5', 'json.invalid'], ['"x"', 'json.invalid'], ['null', 'json.invalid'],
      ['{', 'json.invalid'], ['{"a":1,"a":2}', 'json.invalid'], ['{"dry_run":true,"dry_run":false}', 'json.invalid'], ['{"dry_run":true}x', 'json.invalid'],
      ['\ufeff{"dry_run":true}', 'json.invalid'], ["{'dry_run':true}", 'json.invalid'], ['{"dry_run":NaN}', 'json.invalid'], [Buffer.from('{"name":"\xff\xfe"}', 'latin1'), 'json.invalid'],
      ['{"name":1e999}', 'json.invalid'], ['{"name":99999999999999999999}', 'json.invalid'],
      ['{"name":"\\u0000"}', 'json.invalid'], [' ', 'json.invalid']])
      api.assertError(await api.send(station, op.method, where(op), { ...options, body }), 400, code);
  }
  const chunked = await api.raw(station, `PATCH /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${station.token}\r\nTransfer-Encoding: chunked\r\n\r\n` +
    `${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(5)}0\r\n\r\n`, 3000);
  assert.match(chunked, /^HTTP\/1\.1 413 /);
  const just = await say('changeSettings', { body: `${' '.repeat(65536 - 19)}{"nas_name":"mine"}` });
  assert.equal(just.status, 200, 'exactly 64 KiB');
});

test('a body that is nested deeply ends no program: everybody may send one', async () => {
  const victim = await new Station({ dir: path.join(dir, 'victim'), docker: path.join(dir, 'no-engine') }).start();
  try {
    for (const depth of [100, 500, 1000, 2000, 2040, 10000])
      for (const body of ['['.repeat(depth), `${'['.repeat(depth)}${']'.repeat(depth)}`, '{"a":'.repeat(depth), `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`])
        for (const url of ['/api/v1/session', '/api/v1/stacks']) {
          const res = await api.send(victim, 'POST', url, { body });
          assert.ok(res.status >= 400 && res.status < 500, `${depth} levels: ${res.status}`);
          api.assertError(res);
        }
  } finally {
    await victim.stop();
  }
});

/* ---- a stack with a secret ---- */

const vault = (data_dir) => ({
  name: 'vault',
  ...(data_dir === undefined ? {} : { data_dir }),
  network: 'private',
  services: [
    { name: 'node', recipe: 'parity', image: 'parity/parity:v1.6.8', options: { pruning: 'archive', warp: false, max_peers: 5, extra_args: ['--no-discovery'] }, env: {}, ports: [{ container: 30303, host: 30303, protocol: 'tcp', host_ip: '127.0.0.1' }],
      limits: { memory_bytes: 134217728, memory_reservation_bytes: 67108864, swap_bytes: 0, cpus: 0.5, cpu_shares: 512, blkio_weight: null } },
    { name: 'relay', recipe: 'ethnetintel', options: { instance_name: 'vault', server: 'ws://127.0.0.1:9' }, env: { TZ: 'UTC' }, secrets: { WS_SECRET: SECRETS[0] }, ports: [], limits: { memory_bytes: 67108864 } },
  ],
});

test('a data folder outside the data root is refused', async () => {
  const root = station.data;
  const outside = path.join(dir, 'outside');
  fs.mkdirSync(outside);
  fs.symlinkSync(outside, path.join(root, 'link'));
  for (const data_dir of ['/etc', '/', root, `${root}/`, `${root}/..`, `${root}/../x`, `${root}/a/../../x`, `${root}/./x`, `${root}//x`, `${root}x`, 'relative', '', `${root}/x:/etc`,
    `${root}/x/`, `${root}/${'x'.repeat(2000)}`, `${root}/..`, path.dirname(root), station.state])
    for (const dry_run of [true, false]) {
      const res = await say('installStack', { body: { ...vault(data_dir), dry_run } });
      assert.ok(res.status >= 400 && res.status < 500, `${data_dir}: ${res.status} ${res.text.slice(0, 300)}`);
      api.assertError(res);
    }
  const through = await say('installStack', { body: vault(`${root}/link/vault`) });
  if (through.status === 202) {
    const job = await station.ended(through.json.job.id);
    assert.notEqual(job.state, 'done', 'it followed a link out of the data root');
    assert.ok(api.findings[job.error.code]);
  } else api.assertError(through);
  assert.deepEqual(fs.readdirSync(outside), []);
  assert.deepEqual(await engine.containers(), []);
  fs.unlinkSync(path.join(root, 'link'));
});

const seen = () => fs.readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map((p) => {
  try {
    return fs.readFileSync(`/proc/${p}/cmdline`, 'utf8') + fs.readFileSync(`/proc/${p}/environ`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}).join('\n');

test('a secret shows up nowhere but in the one file that needs it', async () => {
  const stream = await api.follow(station, '/api/v1/events');
  streams.push(stream);
  const heard = [];
  const note = (what, text) => heard.push([what, typeof text === 'string' ? text : JSON.stringify(text)]);
  note('dry run', (await say('installStack', { body: { ...vault(), dry_run: true } })).text);
  note('refusal', (await say('installStack', { body: { ...vault('/etc') } })).text);
  const begun = await say('installStack', { body: vault() });
  note('job', begun.text);
  assert.equal(begun.status, 202, begun.text);
  for (;;) {
    note('/proc', seen());
    const { job } = await station.get(`/jobs/${begun.json.job.id}`);
    note('job', job);
    if (job.state === 'done') break;
    assert.ok(['queued', 'running'].includes(job.state), JSON.stringify(job, null, 1));
    await sleep(100);
  }
  const patch = { services: [{ name: 'relay', secrets: { WS_SECRET: SECRETS[1] } }] };
  note('patch plan', (await say('changeStack', { body: { ...patch, dry_run: true } })).text);
  await station.job('PATCH', '/stacks/vault', patch);
  fs.writeFileSync(path.join(station.data, 'vault/node/double.control'), `SAY=it is ${SECRETS[1]}, really\n`);
  await sleep(600);
  note('/proc', seen());
  for (const op of api.operations.filter((o) => o.method === 'GET'))
    for (const service of op.path.includes('{service}') ? ['node', 'relay'] : ['node'])
      note(op.id, (await get(api.target(op, { ...PARAMS, id: begun.json.job.id, service }, op.id === 'getHistory' ? { series: 'cpu' } : {}), { headers: { Accept: 'application/json' } })).text);
  note('jobs', (await get('/api/v1/jobs?limit=200')).text);
  note('events', (await get('/api/v1/events?limit=500', { headers: { Accept: 'application/json' } })).text);
  for (const c of await engine.containers()) {
    note('inspect', await engine.inspect(c.Id));
    note('labels', c);
  }
  note('networks', (await engine.api('GET', '/networks')).body);
  await stream.until('the end of the second job', (t) => frames(t).filter((f) => f.event === 'event' && f.json.code === 'job.done').length >= 2);
  note('stream', stream.text);
  note('log', station.log);
  const logged = heard.filter(([what]) => what === 'getLogs').map(([, text]) => text).join('');
  assert.ok(logged.includes('it is •••, really'), `the node said it, masked: ${logged.slice(-600)}`);
  for (const [what, text] of heard) for (const secret of SECRETS) assert.ok(!text.includes(secret), `${secret} is in: ${what}: ${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 60)}`);
  const config = path.join(station.data, 'vault/relay/app.json');
  assert.ok(fs.readFileSync(config, 'utf8').includes(SECRETS[1]), 'it did reach the relay');
  assert.equal(fs.statSync(config).mode & 0o077, 0, 'only its owner reads the file');
});

test('passwords, tokens and cookies are in no log', () => {
  for (const value of [PASSWORD, LATER, station.token, ...Object.values(tokens), owner.cookie.split('=')[1], owner.csrf, other.csrf])
    assert.ok(!station.log.includes(value), 'the log holds a secret');
  assert.ok(station.log.length > 1000);
});

test('state files belong to their owner alone', () => {
  assert.equal(fs.statSync(station.state).mode & 0o777, 0o700);
  const files = tree(station.state);
  assert.ok(files.includes('state.db') && files.includes('history.db'), files.join());
  for (const f of files) assert.equal(fs.statSync(path.join(station.state, f)).mode & 0o777, 0o600, f);
  const bytes = files.map((f) => fs.readFileSync(path.join(station.state, f), 'latin1')).join('');
  for (const value of [PASSWORD, station.token, ...Object.values(tokens), owner.cookie.split('=')[1], station.setupCode]) assert.ok(!bytes.includes(value), 'kept in plain text');
});

/* ---- fuzzing ---- */

const NONSENSE = [null, true, false, 0, -1, 1.5, 65536, 2 ** 53, 1e300, '', 'x', '../../etc/passwd', 'x'.repeat(5000), '\u202e\u{1f480}', 'a\nb', '--flag', [], ['x'], [[]], [null], {}, { a: 1 }, { a: { b: [] } }];

/** Tries every spoiled copy of a good body. What does not fit the file has to be refused; nothing may break. */
async function fuzz(id, base, skip = () => false) {
  const op = api.operation(id);
  api.assertFits(op.body, base, `the good body of ${id}`);
  const fits = api.validator(op.body, false);
  const wrong = [];
  let n = 0;
  const all = [...api.spoiled(base, NONSENSE)].filter(({ at, value }) => !skip(at, value) && !(at.at(-1) === 'dry_run' && (value === undefined || typeof value === 'boolean')));
  const one = async ({ at, value, body }) => {
    const res = await api.send(station, op.method, where(op), { body });
    const what = `${id} ${at.join('.')} = ${JSON.stringify(value)?.slice(0, 60)}: ${res.status} ${res.text.slice(0, 160)}`;
    n++;
    if (res.status >= 500 || res.status === 202) wrong.push(what);
    else if (res.status >= 400) {
      api.assertError(res);
      assert.ok(res.text.length < 2000, what);
    } else if (!fits(body)) wrong.push(`accepted: ${what}`);
  };
  const queue = all.values();
  await Promise.all([0, 1, 2, 3].map(async () => {
    for (const item of queue) await one(item);
  }));
  assert.deepEqual(wrong, [], `${wrong.length} of ${n}`);
  assert.ok(n > 10, `only ${n} tries`);
  assert.equal(station.exited, null);
}

test('fuzz: install', () => fuzz('installStack', { ...vault(path.join(station.data, 'fuzz')), name: 'fuzz', dry_run: true }));

test('fuzz: changing a stack', async () => {
  const { services } = vault();
  for (const s of services) {
    delete s.recipe;
    delete s.image;
  }
  await fuzz('changeStack', { network: 'private', services, dry_run: true });
});

test('fuzz: limits, upgrade, resync, put back, start, stop, restart', async () => {
  await fuzz('setLimits', { limits: vault().services[0].limits, restart: false, dry_run: true });
  await fuzz('upgradeStack', { service: 'node', image: 'parity/parity:v1.7.0', dry_run: true });
  await fuzz('resyncStack', { options: { pruning: 'fast', max_peers: 3, extra_args: ['--no-discovery'] }, dry_run: true });
  await fuzz('putBackChain', { chain: 'none', dry_run: true });
  await fuzz('restartStack', { service: 'relay', dry_run: true });
  for (const id of ['startStack', 'stopStack']) await fuzz(id, { dry_run: true });
});

test('fuzz: settings, tokens, passwords', async () => {
  await fuzz('changeSettings', { metrics_public: false, nas_name: 'mine', allowed_hosts: [], session_hours: 12 });
  await fuzz('createToken', { name: 'fuzzed', scope: 'read', expires_at: null });
  const counted = (at, value) => value === undefined || typeof value === 'string'; // five tries in a row are counted
  await fuzz('setup', { code: 'AAAA-AAAA', password: PASSWORD });
  await fuzz('signIn', { password: 'x' }, counted);
  await fuzz('changePassword', { current: 'x', password: PASSWORD }, counted);
  for (const t of (await get('/api/v1/tokens')).json.tokens)
    if (!['tests', 'read', 'operate'].includes(t.name)) assert.equal((await api.send(station, 'DELETE', `/api/v1/tokens/${t.id}`)).status, 204);
});

test('fuzz: queries and parts of paths', async () => {
  const values = ['', '-1', '0', '1e3', '99999999999999999999', 'x', '%00', '%zz', '%', '../..', '%2e%2e%2f', "' OR 1=1 --", '%F0%9F%92%80', 'a'.repeat(500), 'true', 'null', '\u00e9'];
  for (const op of api.operations.filter((o) => o.method === 'GET' && o.id !== 'streamEvents')) {
    for (const p of op.parameters)
      for (const v of values) {
        if (p.name === 'wait' || (p.name === 'follow' && ['', 'true'].includes(v))) continue;
        const value = encodeURI(decodeURIComponentSafe(v)) === v ? v : v.replace(/[^\x21-\x7e]/g, encodeURIComponent);
        const url = p.in === 'path' ? op.path.replace(`{${p.name}}`, value || 'x').replace(/\{(\w+)\}/g, (_, n) => PARAMS[n])
          : `${where(op)}${where(op).includes('?') ? '&' : '?'}${p.name}=${value.replace(/ /g, '+')}`;
        const answer = await api.send(station, 'GET', url.replace(/ /g, '%20'), { timeout: 20000 });
        assert.ok(answer.status < 500, `${answer.what}: ${answer.status} ${answer.text.slice(0, 300)}`);
        if (answer.status >= 400) api.assertError(answer);
      }
  }
});

function decodeURIComponentSafe(v) {
  try {
    return decodeURIComponent(v);
  } catch {
    return v;
  }
}

test('after all that the stack is as it was', async () => {
  assert.equal(station.exited, null);
  const { stacks, jobs } = (await get('/api/v1/state')).json;
  assert.deepEqual(stacks.map((s) => s.name), ['vault']);
  assert.deepEqual(stacks[0].services.map((s) => s.container.state), ['running', 'running']);
  assert.deepEqual(jobs.map((j) => j.action), ['options']);
  assert.deepEqual((await engine.containers()).length, 2);
  assert.doesNotMatch(station.log, /ERROR:|runtime error/);
  await station.job('DELETE', '/stacks/vault');
});

/* ---- at the end, because it shuts doors ---- */

test('a fifth wrong password in a row makes its sender wait, and nobody else', async () => {
  for (let i = 0; i < 5; i++) api.assertError(await signIn('wrong wrong wrong'), 401, 'auth.wrong_password');
  for (const password of ['wrong wrong wrong', PASSWORD]) {
    const res = await signIn(password);
    api.assertError(res, 429, 'auth.locked');
    const wait = Number(res.headers['retry-after']);
    assert.ok(wait > 30 && wait <= 60, res.headers['retry-after']);
  }
  assert.equal((await get('/api/v1/state', { token: null, headers: { Cookie: owner.cookie } })).status, 200, 'who is in stays in');
  const elsewhere = await signIn(PASSWORD, { localAddress: '127.0.0.2' });
  assert.equal(elsewhere.status, 200, elsewhere.text);
  // behind a proxy of this NAS it is the address that the proxy added last
  const behind = (list) => ({ headers: { 'X-Forwarded-For': list, 'X-Real-IP': '10.0.0.7' } });
  for (let i = 0; i < 5; i++) assert.equal((await signIn('wrong wrong wrong', behind(`10.0.0.${i + 2}, 10.0.0.1`))).status, 401);
  api.assertError(await signIn(PASSWORD, behind('10.0.0.8, 10.0.0.1')), 429, 'auth.locked');
  api.assertError(await signIn(PASSWORD, behind('127.0.0.2, nonsense')), 429, 'auth.locked');
  assert.equal((await signIn(PASSWORD, behind('10.0.0.9'))).status, 200);
});

test('ethstation reset-password, while it runs, opens setup again and ends every session', async () => {
  const out = execFileSync(program, ['reset-password', '--state', station.state], { encoding: 'utf8' });
  const code = /code (\S{4}-\S{4})/.exec(out)[1];
  const health = (await get('/api/v1/health', { token: null })).json;
  assert.equal(health.owned, false);
  assert.ok(health.setup_until_at > Date.now());
  api.assertError(await get('/api/v1/state', { token: null, headers: { Cookie: owner.cookie } }), 403, 'auth.unowned');
  assert.equal((await get('/api/v1/state')).status, 200, 'tokens stay');
  assert.ok(!station.log.includes(code), 'the code is for the console of the command alone');
  const res = await api.send(station, 'POST', '/api/v1/setup', { token: null, body: { code, password: LATER } });
  assert.equal(res.status, 200, res.text);
  await until('the old cookie stays dead', async () => (await get('/api/v1/state', { token: null, headers: { Cookie: owner.cookie } })).status === 401);
});
