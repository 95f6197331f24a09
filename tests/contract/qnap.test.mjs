// qnap: signing in with QTS's cookies, and notices in its log.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import * as api from './api.mjs';
import { Qts, certificate } from '../lib/qts.mjs';
import { Station, until } from '../lib/station.mjs';

const PASSWORD = `correct horse ${crypto.randomBytes(6).toString('hex')}`;
const TOKEN = `tok${crypto.randomBytes(8).toString('hex')}`;
const PEOPLE = {
  [TOKEN]: { authPassed: 1, isAdmin: 1, username: 'boss', authSid: 'x' },
  plain: { authPassed: 1, isAdmin: 0, username: 'plain' },
  other: { authPassed: 1, isAdmin: 1, username: 'somebody' },
  gone: { authPassed: 0, isAdmin: 1, username: 'boss', errorValue: -1 },
  nobody: { authPassed: 1, isAdmin: 1 },
  twice: '<QDocRoot><authPassed>1</authPassed><authPassed>1</authPassed><isAdmin>1</isAdmin><username>boss</username></QDocRoot>',
};
let dir, qts, station, n = 0;

before(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'eq-'));
  qts = new Qts(path.join(dir, 'qts'));
  qts.say = (q) => PEOPLE[q.qtoken ?? q.sid] ?? { authPassed: 0 };
  await qts.listen();
  station = await new Station({ dir: path.join(dir, 's'), docker: path.join(dir, 'no-engine'), args: ['--qts-root', qts.root] }).start();
  const res = await api.send(station, 'POST', '/api/v1/setup', { token: null, body: { code: station.setupCode, password: PASSWORD } });
  assert.equal(res.status, 200, res.text);
});
after(async () => {
  await station?.stop();
  qts?.close();
  fs.rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => (qts.asked.length = 0));

/** Each try from an address of its own, so that the pause after refusals is not met by chance. */
const signIn = (cookies, { from = `10.0.0.${++n}`, headers = {}, body = { qnap: true } } = {}) =>
  api.send(station, 'POST', '/api/v1/session', {
    token: null, body, headers: { Cookie: Object.entries(cookies).map(([k, v]) => `${k}=${v}`).join('; '), 'X-Forwarded-For': from, ...headers },
  });
const set = async (body) => {
  const res = await api.send(station, 'PATCH', '/api/v1/settings', { body });
  assert.equal(res.status, 200, res.text);
  return res.json;
};
const health = async () => (await api.send(station, 'GET', '/api/v1/health', { token: null })).json;
const boss = { NAS_USER: 'boss', qtoken: TOKEN };

test('off until the owner switches it on, and then QTS is not even asked', async () => {
  assert.equal((await health()).qnap_sign_in, false);
  api.assertError(await signIn(boss), 403, 'auth.qnap_off');
  const settings = (await api.send(station, 'GET', '/api/v1/settings')).json;
  assert.deepEqual([settings.qnap_sign_in, settings.qnap_here], [false, true]);
  assert.deepEqual(qts.asked, []);
  api.assertError(await api.send(station, 'PATCH', '/api/v1/settings', { body: { qnap_sign_in: 1 } }), 400, 'input.setting');
  api.assertError(await api.send(station, 'PATCH', '/api/v1/settings', { body: { qnap_here: true } }), 400, 'input.read_only');
  assert.equal((await set({ qnap_sign_in: true })).qnap_sign_in, true);
  assert.equal((await health()).qnap_sign_in, true);
});

test('an administrator of QTS is let in, for an hour, under a name of his own', async () => {
  const res = await signIn(boss, { from: '10.1.1.1' });
  assert.equal(res.status, 200, res.text);
  api.assertNamed('Session', res.json);
  assert.deepEqual([res.json.user, res.json.scope], ['boss', 'admin']);
  assert.ok(res.json.expires_at - Date.now() <= 3600000);
  assert.deepEqual(qts.asked, [{ path: '/cgi-bin/authLogin.cgi', query: { qtoken: TOKEN, user: 'boss', remote_ip: '10.1.1.1' }, tls: false, from: '127.0.0.1' }]);
  const headers = { Cookie: api.cookieOf(res), 'X-CSRF-Token': res.json.csrf };
  assert.equal((await api.send(station, 'PATCH', '/api/v1/settings', { token: null, headers, body: { nas_name: 'x' } })).status, 200);
  const { events } = (await api.send(station, 'GET', '/api/v1/events?limit=5', { headers: { Accept: 'application/json' } })).json;
  assert.ok(events.some((e) => e.code === 'settings.changed' && e.actor === 'qnap:boss'), JSON.stringify(events));
  // QTS is not asked again for a minute
  assert.equal((await signIn(boss)).status, 200);
  assert.equal(qts.asked.length, 1);
});

test('by NAS_SID, too, the browser and QTS must name the same user', async () => {
  const res = await signIn({ NAS_USER: 'boss', NAS_SID: TOKEN });
  assert.equal(res.status, 200, res.text);
  assert.equal(res.json.user, 'boss');
  assert.deepEqual(Object.keys(qts.asked[0].query), ['sid', 'remote_ip']);
  api.assertError(await signIn({ NAS_SID: TOKEN, NAS_USER: 'somebody' }), 401, 'auth.qnap_refused');
  qts.asked.length = 0;
  api.assertError(await signIn({ NAS_SID: TOKEN }), 401, 'auth.qnap_none');
  assert.deepEqual(qts.asked, []);
});

test('everybody else is not', async () => {
  for (const [cookies, status, code] of [
    [{}, 401, 'auth.qnap_none'],
    [{ NAS_USER: 'boss' }, 401, 'auth.qnap_none'],
    [{ qtoken: TOKEN }, 401, 'auth.qnap_none'],
    [{ NAS_USER: 'boss', qtoken: 'x'.repeat(300) }, 401, 'auth.qnap_none'],
    [{ NAS_USER: 'boss', qtoken: 'wrong' }, 401, 'auth.qnap_refused'],
    [{ NAS_USER: 'Boss', qtoken: TOKEN }, 401, 'auth.qnap_refused'],
    [{ NAS_USER: 'boss', qtoken: 'other' }, 401, 'auth.qnap_refused'],
    [{ NAS_USER: 'boss', qtoken: 'gone' }, 401, 'auth.qnap_refused'],
    [{ NAS_USER: 'boss', NAS_SID: 'nobody' }, 401, 'auth.qnap_refused'],
    [{ NAS_USER: 'plain', qtoken: 'plain' }, 403, 'auth.qnap_not_admin'],
    [{ NAS_USER: 'plain', NAS_SID: 'plain' }, 403, 'auth.qnap_not_admin'],
    [{ NAS_USER: 'boss', NAS_SID: 'twice' }, 503, 'qnap.reply'],
  ]) {
    const res = await signIn(cookies);
    api.assertError(res, status, code);
    assert.equal(res.headers['set-cookie'], undefined);
  }
  api.assertError(await signIn(boss, { headers: { Origin: 'http://evil.example' } }), 403, 'http.origin');
  api.assertError(await signIn(boss, { body: { qnap: false } }), 400, 'input.type');
  api.assertError(await signIn(boss, { body: { qnap: true, password: PASSWORD } }), 400, 'input.unknown_field');
});

test('after five refusals an address waits, and QTS is left alone; the password works on', async () => {
  const from = '10.9.9.9';
  for (let i = 0; i < 5; i++) api.assertError(await signIn({ NAS_USER: 'boss', NAS_SID: `wrong${i}` }, { from }), 401, 'auth.qnap_refused');
  const locked = await signIn({ NAS_USER: 'boss', NAS_SID: 'wrong6' }, { from });
  api.assertError(locked, 429, 'auth.qnap_locked');
  assert.ok(Number(locked.headers['retry-after']) > 50);
  assert.equal(qts.asked.length, 5);
  const owner = await api.send(station, 'POST', '/api/v1/session', { token: null, body: { password: PASSWORD }, headers: { 'X-Forwarded-For': from } });
  assert.equal(owner.status, 200);
});

test('a QTS that allows https only is asked by https on this machine, on the port it names', async () => {
  qts.close();
  const port = await qts.listen({ tls: certificate(path.join(dir, 'cert')) });
  await qts.listen({ forceTls: port });
  PEOPLE.fresh = { authPassed: 1, isAdmin: 1, username: 'boss' };
  const res = await signIn({ NAS_USER: 'boss', NAS_SID: 'fresh' });
  assert.equal(res.status, 200, res.text);
  assert.deepEqual(qts.asked.map((a) => [a.tls, a.from]), [[true, '127.0.0.1']]);
  qts.close();
  api.assertError(await signIn({ NAS_USER: 'boss', NAS_SID: 'later' }), 503, 'qnap.silent');
});

test('switched off, those who came in that way are out; the owner is not', async () => {
  await qts.listen();
  const [by, owner] = [await signIn({ NAS_USER: 'boss', NAS_SID: 'fresh' }), await api.send(station, 'POST', '/api/v1/session', { token: null, body: { password: PASSWORD } })];
  const state = (res) => api.send(station, 'GET', '/api/v1/state', { token: null, headers: { Cookie: api.cookieOf(res) } });
  assert.equal((await state(by)).status, 200);
  await set({ qnap_sign_in: false });
  api.assertError(await state(by), 401, 'auth.required');
  assert.equal((await state(owner)).status, 200);
});

test('what removal does is a setting', async () => {
  assert.equal((await set({ when_removed: 'stop' })).when_removed, 'stop');
  assert.equal((await set({ when_removed: 'keep' })).when_removed, 'keep');
  for (const bad of ['', 'burn', null, 1]) api.assertError(await api.send(station, 'PATCH', '/api/v1/settings', { body: { when_removed: bad } }), 400, 'input.setting');
});

test('a bad finding that lasts is one line in the log of QTS, also over a restart', async () => {
  const line = await (qts.addLog(), until('a line', () => qts.log()[0], 60000));
  assert.match(line.text, /^\[Ethereum Station\] \S/);
  assert.deepEqual([line.type, line.args], ['-t2', ['-uSystem', '-p127.0.0.1', '-mlocalhost', '-a']]);
  await station.stop();
  await station.start();
  await until('the finding is there again', async () => (await api.send(station, 'GET', '/api/v1/state')).json.findings.some((f) => f.level === 'bad'), 20000);
  await new Promise((done) => setTimeout(done, 13000)); // longer than it takes to be told
  assert.equal(qts.log().length, 1);
});

test('QTS\'s cookies are in no log and no file', () => {
  assert.ok(!station.log.includes(TOKEN));
  for (const f of fs.readdirSync(station.state)) assert.ok(!fs.readFileSync(path.join(station.state, f)).includes(TOKEN), f);
});

test('an https port is a setting; when there can be no https the dashboard answers as before, and says so', async (t) => {
  const told = () => station.log.match(/There is no https on .*/g) ?? [];
  const again = async () => {
    await station.stop();
    await station.start();
  };
  for (const https_port of [0, 80, 65536, '8443', true]) api.assertError(await api.send(station, 'PATCH', '/api/v1/settings', { body: { https_port } }), 400, 'input.setting');
  assert.equal((await set({})).https_port, null);
  const squatter = net.createServer();
  t.after(() => squatter.close());
  await new Promise((resolve) => squatter.listen(0, '0.0.0.0', resolve));
  const { port } = squatter.address();
  assert.equal((await set({ https_port: port })).https_port, port);
  assert.deepEqual(told(), [], 'from the next start on');
  await again();
  assert.match(told()[0], new RegExp(`${port}.*used by another program`));
  assert.equal((await api.send(station, 'GET', '/api/v1/state')).json.events.filter((e) => e.code === 'http.no_tls').length, 1);
  squatter.close();
  await again(); // there is no certificate
  assert.equal(told().length, 2);
  qts.put('/etc/stunnel/stunnel.pem', fs.readFileSync(certificate(path.join(dir, 'own')).pem), 0o600);
  await again();
  // Debian's CivetWeb cannot do TLS beside OpenSSL 3 and must refuse it, not crash; tests/qts sees the static one serve it.
  assert.equal(told().length, 3);
  assert.equal((await health()).ok, true);
  assert.equal((await set({ https_port: null })).https_port, null);
  await again();
  assert.equal(told().length, 3);
});

test('an engine that does not answer is explained by the state of Container Station', async () => {
  const engine = async () => (await api.send(station, 'GET', '/api/v1/state')).json.engine;
  const says = (code) => until(code, async () => (await engine()).code === code, 30000);
  qts.put('/etc/qpkg_run_status', '[container-station]\nstatus = 1\n');
  await says('engine.station_starting');
  qts.put('/etc/qpkg_run_status', '[container-station]\nstatus = 0\n');
  qts.put('/var/run/system-docker.sock', '');
  await says('engine.station_stopped');
  await until('the other engine is named', async () => /system-docker/.test((await engine()).message), 30000);
  qts.put('/etc/config/qpkg.conf', '[container-station]\nEnable = FALSE\n');
  await says('engine.station_off');
  qts.put('/etc/config/qpkg.conf', '[other]\nEnable = TRUE\n');
  await says('engine.station_missing');
});
