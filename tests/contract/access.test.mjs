// access: who may do what. The operations are taken from shared/api.yaml, so that a new one is tried without a line here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { tree } from '../lib/files.mjs';
import { Station, program, sleep, until } from '../lib/station.mjs';
import * as api from './api.mjs';
import { frames } from './formats.mjs';
import { House, PASSWORD, browser, where } from './house.mjs';

const LATER = 'another long password';
const guarded = api.operations.filter((o) => !o.public);
const bodyOf = (op) => (op.body ? {} : undefined);

const house = new House();
const { get, say, setup, signIn } = house;
let owner, other;

/* ---- nobody owns it ---- */

test('until somebody owns it, every operation but the public ones is shut', async () => {
  assert.deepEqual(api.operations.filter((o) => o.public).map((o) => o.id).sort(), ['getHealth', 'getOpenapi', 'setup', 'signIn']);
  assert.ok(guarded.length > 30);
  for (const op of guarded)
    for (const headers of [{}, { Authorization: 'Bearer est_nonsense' }, { Cookie: 'ethstation_session=nonsense' }])
      api.assertError(await api.send(house.station, op.method, where(op), { token: null, headers, body: bodyOf(op) }), 403, 'auth.unowned');
  assert.equal((await get('/api/v1/health', { token: null })).json.owned, false);
  assert.equal((await get('/api/v1/openapi.yaml', { token: null })).status, 200);
  api.assertError(await signIn(), 403, 'auth.unowned');
  assert.equal((await get('/api/v1/state')).status, 200, 'a token of the administrator of the NAS works before setup');
});

test('setup: the right code, once, from our own page', async () => {
  assert.match(house.station.setupCode, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
  api.assertError(await setup('AAAA-AAAA', PASSWORD), 403, 'auth.setup_code');
  api.assertError(await setup(house.station.setupCode, 'too short'), 400, 'input.password');
  api.assertError(await setup(house.station.setupCode, 'x'.repeat(257)), 400, 'input.password');
  api.assertError(await setup(house.station.setupCode, PASSWORD, { Origin: 'http://evil.example' }), 403, 'http.origin');
  const res = await setup(house.station.setupCode.toLowerCase().replace('-', ''), PASSWORD);
  assert.equal(res.status, 200, res.text);
  owner = browser(res);
  const [cookie] = res.headers['set-cookie'];
  assert.match(cookie, /^ethstation_session=[\w-]{40,}; /);
  for (const flag of ['HttpOnly', 'SameSite=Strict', 'Path=/']) assert.ok(cookie.split('; ').includes(flag), cookie);
  const age = Number(/; Max-Age=(\d+)$/.exec(cookie)[1]);
  assert.ok(age > 12 * 3600 - 10 && age <= 12 * 3600, cookie);
  assert.equal(res.headers['set-cookie'].length, 1);
  api.assertError(await setup(house.station.setupCode, PASSWORD), 409, 'auth.owned');
  const health = (await get('/api/v1/health', { token: null })).json;
  assert.deepEqual([health.owned, health.setup_until_at], [true, null]);
});

test('setup: five wrong codes close it until the next start', async () => {
  const lost = await new Station({ dir: path.join(house.dir, 'lost'), docker: path.join(house.dir, 'no-engine') }).start();
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
  const bad = [{}, { Authorization: 'Bearer' }, { Authorization: 'Bearer ' }, { Authorization: `Bearer ${house.station.token}x` }, { Authorization: `Bearer ${house.station.token.toUpperCase()}` },
    { Authorization: `Basic ${Buffer.from(`owner:${PASSWORD}`).toString('base64')}` }, { Cookie: `ethstation_session=${owner.cookie.slice(20)}` },
    { Cookie: `ethstation_session=${house.station.token}` }, { Cookie: `other=1; Ethstation_session=${owner.cookie}` }];
  for (const op of guarded)
    for (const headers of op.id === 'getState' ? bad : bad.slice(0, 1)) {
      const res = await api.send(house.station, op.method, where(op), { token: null, headers, body: bodyOf(op) });
      api.assertError(res, 401, 'auth.required');
      assert.equal(res.headers['www-authenticate'], 'Bearer');
    }
});

test('a token does what its scope says and nothing above', async () => {
  const rank = ['read', 'operate', 'admin'];
  for (const op of guarded)
    for (const scope of ['read', 'operate'])
      if (rank.indexOf(op.scope) > rank.indexOf(scope)) {
        const res = await api.send(house.station, op.method, where(op), { token: house.tokens[scope], body: bodyOf(op) });
        api.assertError(res, 403, 'token.scope');
      }
  for (const op of guarded.filter((o) => o.method === 'GET' && o.scope === 'read')) {
    const res = await get(where(op), { token: house.tokens.read, headers: { Accept: 'application/json' } });
    assert.ok([200, 404].includes(res.status), res.what);
  }
  const allowed = await api.send(house.station, 'POST', '/api/v1/stacks/vault/start', { token: house.tokens.operate, body: { dry_run: true } });
  api.assertError(allowed, 404, 'stack.missing');
});

test('a cookie changes something only with the CSRF value of its own session', async () => {
  other = browser(await signIn());
  for (const op of guarded) {
    if (op.method === 'GET') continue;
    for (const csrf of [undefined, '', 'nonsense', other.csrf, `${owner.csrf}0`]) {
      const headers = { Cookie: owner.cookie, ...(csrf === undefined ? {} : { 'X-CSRF-Token': csrf }) };
      api.assertError(await api.send(house.station, op.method, where(op), { token: null, headers, body: bodyOf(op) }), 403, 'auth.csrf');
    }
  }
  assert.equal((await get('/api/v1/session', { token: null, headers: { Cookie: owner.cookie } })).status, 200);
  assert.equal((await say('changeSettings', { token: null, headers: owner.headers, body: { nas_name: 'mine' } })).status, 200);
});

test('a change from a foreign page is refused, also a sign-in', async () => {
  const self = `127.0.0.1:${house.station.port}`;
  const foreign = [{ Origin: 'http://evil.example' }, { Origin: 'null' }, { Origin: `http://${self}.evil.example` }, { Origin: `http://evil.example/${self}` },
    { Origin: `http://127.0.0.1:${house.station.port + 1}` }, { Origin: `x${self}` }, { Origin: '' }, { 'Sec-Fetch-Site': 'cross-site' },
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
  const names = ['evil.example', 'evil.example:8787', `127.0.0.1.evil.example:${house.station.port}`, 'localhost.evil.example', '[::1].evil', '127.0.0.1:80:80', '127.0.0.1@evil.example',
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
  assert.equal((await api.send(house.station, 'DELETE', `/api/v1/tokens/${gone.token.id}`)).status, 204);
  api.assertError(await get('/api/v1/state', { token: gone.value }), 401, 'auth.required');
  await sleep(1300);
  api.assertError(await get('/api/v1/state', { token: soon.value }), 401, 'token.expired');
});

test('a stream ends with the credentials it was opened with', async () => {
  const { json: gone } = await say('createToken', { body: { name: 'listener', scope: 'read', expires_at: null } });
  const stream = await house.follow({ token: gone.value });
  await stream.until('a state', (t) => frames(t).some((f) => f.event === 'state'));
  assert.equal((await api.send(house.station, 'DELETE', `/api/v1/tokens/${gone.token.id}`)).status, 204);
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

/* ---- what is kept ---- */

test('passwords, tokens and cookies are in no log', () => house.assertQuiet(LATER, owner.cookie.split('=')[1], owner.csrf, other.csrf));

test('state files belong to their owner alone', () => {
  assert.equal(fs.statSync(house.station.state).mode & 0o777, 0o700);
  const files = tree(house.station.state);
  assert.ok(files.includes('state.db') && files.includes('history.db'), files.join());
  for (const f of files) assert.equal(fs.statSync(path.join(house.station.state, f)).mode & 0o777, 0o600, f);
  const bytes = files.map((f) => fs.readFileSync(path.join(house.station.state, f), 'latin1')).join('');
  for (const value of [PASSWORD, house.station.token, ...Object.values(house.tokens), owner.cookie.split('=')[1], house.station.setupCode]) assert.ok(!bytes.includes(value), 'kept in plain text');
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
  const out = execFileSync(program, ['reset-password', '--state', house.station.state], { encoding: 'utf8' });
  const code = /code (\S{4}-\S{4})/.exec(out)[1];
  const health = (await get('/api/v1/health', { token: null })).json;
  assert.equal(health.owned, false);
  assert.ok(health.setup_until_at > Date.now());
  api.assertError(await get('/api/v1/state', { token: null, headers: { Cookie: owner.cookie } }), 403, 'auth.unowned');
  assert.equal((await get('/api/v1/state')).status, 200, 'tokens stay');
  assert.ok(!house.station.log.includes(code), 'the code is for the console of the command alone');
  const res = await api.send(house.station, 'POST', '/api/v1/setup', { token: null, body: { code, password: LATER } });
  assert.equal(res.status, 200, res.text);
  await until('the old cookie stays dead', async () => (await get('/api/v1/state', { token: null, headers: { Cookie: owner.cookie } })).status === 401);
});
