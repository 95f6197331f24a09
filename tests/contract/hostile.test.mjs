// hostile: what every answer carries, and what a client gets that sends no proper request.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { Station } from '../lib/station.mjs';
import * as api from './api.mjs';
import { House, where } from './house.mjs';

const house = new House({ owned: true });
const { get, say } = house;

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
    ['GET', '/api/v1/state', 401, { token: null }], ['GET', '/api/v1/tokens', 403, { token: house.tokens.read }], ['GET', '/api/v1/none', 404], ['DELETE', '/api/v1/state', 405],
    ['OPTIONS', '/api/v1/state', 405, { token: null, headers: { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' } }],
    ['OPTIONS', '/', 405, { token: null }], ['GET', '/api/v1/state', 421, { headers: { Host: 'evil.example' } }], ['GET', '/', 421, { headers: { Host: 'evil.example' } }],
    ['PATCH', '/api/v1/settings', 413, { body: `{"nas_name":"${'x'.repeat(70000)}"}` }], ['PATCH', '/api/v1/settings', 400, { body: '{' }],
    ['HEAD', '/api/v1/state', 200], ['GET', '/a/../b', 400],
  ];
  for (const [method, url, status, more = {}] of kinds) {
    const res = await api.send(house.station, method, url, { ...more, headers: { Origin, ...more.headers } });
    assert.equal(res.status, status, `${res.what}: ${res.text.slice(0, 300)}`);
    assertHeaders(res.headers, `${res.what} ${status}`);
  }
  const made = (await say('createToken', { body: { name: 'brief', scope: 'read' } })).json;
  const empty = await api.send(house.station, 'DELETE', `/api/v1/tokens/${made.token.id}`);
  assert.equal(empty.status, 204);
  assertHeaders(empty.headers, '204');
  const stream = await house.follow();
  assertHeaders(stream.headers, 'stream');
  assert.equal((await get('/api/v1/state')).headers['cache-control'], 'no-store');
  assert.match((await get(asset)).headers['cache-control'], /immutable/);
  assert.equal((await get('/')).headers['cache-control'], 'no-cache');
  const html = await index();
  for (const m of html.matchAll(/<script\b[^>]*>/g)) assert.match(m[0], /\ssrc=/, 'an inline script');
  assert.doesNotMatch(html, /\son\w+=|style=|javascript:/i);
});

test('what is no proper HTTP is answered as an error, or not at all', async () => {
  const host = `Host: 127.0.0.1:${house.station.port}\r\n`;
  const auth = `Authorization: Bearer ${house.station.token}\r\n`;
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
    const answer = await api.raw(house.station, bytes, 2000);
    if (answer === '') continue;
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${what}: ${answer.slice(0, 200)}`);
    assert.doesNotMatch(answer, /^HTTP\/1\.1 4[\s\S]*\nHTTP\/1\.1 200/, what);
    const [head, body] = answer.split('\r\n\r\n');
    assertHeaders(Object.fromEntries(head.split('\r\n').slice(1).map((l) => [l.split(':')[0].toLowerCase(), l.slice(l.indexOf(':') + 2)])), what);
    if (/content-type: application\/json/i.test(head)) assert.ok(api.findings[JSON.parse(body).error.code], what);
  }
  assert.match(await api.raw(house.station, bad['two hosts'], 2000), /^HTTP\/1\.1 400 /);
  assert.equal((await get('/api/v1/health')).status, 200);
});

test('HEAD is GET without a body, for every operation', async () => {
  for (const op of api.operations.filter((o) => o.method === 'GET')) {
    const head = await api.send(house.station, 'HEAD', where(op), { timeout: 5000 });
    assert.equal(head.text, '', op.id);
    if (op.id === 'streamEvents') {
      assert.deepEqual([head.status, head.headers['content-type']], [200, 'text/event-stream']);
      continue;
    }
    const full = await get(where(op));
    assert.deepEqual([head.status, head.headers['content-type']], [full.status, full.headers['content-type']], op.id);
  }
  for (let i = 0; i < 10; i++) assert.equal((await api.send(house.station, 'HEAD', '/api/v1/events', { timeout: 5000 })).status, 200, 'a HEAD keeps no place');
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
          const answer = await api.raw(house.station, `GET ${bytes} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`, 2000);
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
    api.assertError(await api.send(house.station, op.method, where(op), { ...options, body: big }), 413, 'input.too_large');
    for (const [body, code] of [['[]', 'input.not_object'], ['[{"dry_run":true}]', 'input.not_object'], ['5', 'json.invalid'], ['"x"', 'json.invalid'], ['null', 'json.invalid'],
      ['{', 'json.invalid'], ['{"a":1,"a":2}', 'json.invalid'], ['{"dry_run":true,"dry_run":false}', 'json.invalid'], ['{"dry_run":true}x', 'json.invalid'],
      ['\ufeff{"dry_run":true}', 'json.invalid'], ["{'dry_run':true}", 'json.invalid'], ['{"dry_run":NaN}', 'json.invalid'], [Buffer.from('{"name":"\xff\xfe"}', 'latin1'), 'json.invalid'],
      ['{"name":1e999}', 'json.invalid'], ['{"name":99999999999999999999}', 'json.invalid'],
      ['{"name":"\\u0000"}', 'json.invalid'], [' ', 'json.invalid']])
      api.assertError(await api.send(house.station, op.method, where(op), { ...options, body }), 400, code);
  }
  const chunked = await api.raw(house.station, `PATCH /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${house.station.token}\r\nTransfer-Encoding: chunked\r\n\r\n` +
    `${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(5)}0\r\n\r\n`, 3000);
  assert.match(chunked, /^HTTP\/1\.1 413 /);
  const just = await say('changeSettings', { body: `${' '.repeat(65536 - 19)}{"nas_name":"mine"}` });
  assert.equal(just.status, 200, 'exactly 64 KiB');
});

test('a body that is nested deeply ends no program: everybody may send one', async () => {
  const victim = await new Station({ dir: path.join(house.dir, 'victim'), docker: path.join(house.dir, 'no-engine') }).start();
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

test('the password and the tokens are in no log', () => house.assertQuiet());
