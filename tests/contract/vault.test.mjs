// vault: a stack with a secret, which shows up nowhere, and which no nonsense changes.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { sleep } from '../lib/station.mjs';
import * as api from './api.mjs';
import { frames } from './formats.mjs';
import { House, PARAMS, PASSWORD, where } from './house.mjs';

const SECRETS = [0, 1].map((n) => `hush-${n}-${crypto.randomBytes(9).toString('hex')}`);

const house = new House({ owned: true, relay: true });
const { get, say } = house;

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
  const root = house.station.data;
  const outside = path.join(house.dir, 'outside');
  fs.mkdirSync(outside);
  fs.symlinkSync(outside, path.join(root, 'link'));
  for (const data_dir of ['/etc', '/', root, `${root}/`, `${root}/..`, `${root}/../x`, `${root}/a/../../x`, `${root}/./x`, `${root}//x`, `${root}x`, 'relative', '', `${root}/x:/etc`,
    `${root}/x/`, `${root}/${'x'.repeat(2000)}`, `${root}/..`, path.dirname(root), house.station.state])
    for (const dry_run of [true, false]) {
      const res = await say('installStack', { body: { ...vault(data_dir), dry_run } });
      assert.ok(res.status >= 400 && res.status < 500, `${data_dir}: ${res.status} ${res.text.slice(0, 300)}`);
      api.assertError(res);
    }
  const through = await say('installStack', { body: vault(`${root}/link/vault`) });
  if (through.status === 202) {
    const job = await house.station.ended(through.json.job.id);
    assert.notEqual(job.state, 'done', 'it followed a link out of the data root');
    assert.ok(api.findings[job.error.code]);
  } else api.assertError(through);
  assert.deepEqual(fs.readdirSync(outside), []);
  assert.deepEqual(await house.engine.containers(), []);
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
  const stream = await house.follow();
  const heard = [];
  const note = (what, text) => heard.push([what, typeof text === 'string' ? text : JSON.stringify(text)]);
  note('dry run', (await say('installStack', { body: { ...vault(), dry_run: true } })).text);
  note('refusal', (await say('installStack', { body: { ...vault('/etc') } })).text);
  const begun = await say('installStack', { body: vault() });
  note('job', begun.text);
  assert.equal(begun.status, 202, begun.text);
  for (;;) {
    note('/proc', seen());
    const { job } = await house.station.get(`/jobs/${begun.json.job.id}`);
    note('job', job);
    if (job.state === 'done') break;
    assert.ok(['queued', 'running'].includes(job.state), JSON.stringify(job, null, 1));
    await sleep(100);
  }
  const patch = { services: [{ name: 'relay', secrets: { WS_SECRET: SECRETS[1] } }] };
  note('patch plan', (await say('changeStack', { body: { ...patch, dry_run: true } })).text);
  await house.station.job('PATCH', '/stacks/vault', patch);
  fs.writeFileSync(path.join(house.station.data, 'vault/node/double.control'), `SAY=it is ${SECRETS[1]}, really\n`);
  await sleep(600);
  note('/proc', seen());
  for (const op of api.operations.filter((o) => o.method === 'GET'))
    for (const service of op.path.includes('{service}') ? ['node', 'relay'] : ['node'])
      note(op.id, (await get(api.target(op, { ...PARAMS, id: begun.json.job.id, service }, op.id === 'getHistory' ? { series: 'cpu' } : {}), { headers: { Accept: 'application/json' } })).text);
  note('jobs', (await get('/api/v1/jobs?limit=200')).text);
  note('events', (await get('/api/v1/events?limit=500', { headers: { Accept: 'application/json' } })).text);
  for (const c of await house.engine.containers()) {
    note('inspect', await house.engine.inspect(c.Id));
    note('labels', c);
  }
  note('networks', (await house.engine.api('GET', '/networks')).body);
  await stream.until('the end of the second job', (t) => frames(t).filter((f) => f.event === 'event' && f.json.code === 'job.done').length >= 2);
  note('stream', stream.text);
  note('log', house.station.log);
  const logged = heard.filter(([what]) => what === 'getLogs').map(([, text]) => text).join('');
  assert.ok(logged.includes('it is •••, really'), `the node said it, masked: ${logged.slice(-600)}`);
  for (const [what, text] of heard) for (const secret of SECRETS) assert.ok(!text.includes(secret), `${secret} is in: ${what}: ${text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 60)}`);
  const config = path.join(house.station.data, 'vault/relay/app.json');
  assert.ok(fs.readFileSync(config, 'utf8').includes(SECRETS[1]), 'it did reach the relay');
  assert.equal(fs.statSync(config).mode & 0o077, 0, 'only its owner reads the file');
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
    const res = await api.send(house.station, op.method, where(op), { body });
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
  assert.equal(house.station.exited, null);
}

test('fuzz: install', () => fuzz('installStack', { ...vault(path.join(house.station.data, 'fuzz')), name: 'fuzz', dry_run: true }));

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
    if (!['tests', 'read', 'operate'].includes(t.name)) assert.equal((await api.send(house.station, 'DELETE', `/api/v1/tokens/${t.id}`)).status, 204);
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
        const answer = await api.send(house.station, 'GET', url.replace(/ /g, '%20'), { timeout: 20000 });
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
  assert.equal(house.station.exited, null);
  const { stacks, jobs } = (await get('/api/v1/state')).json;
  assert.deepEqual(stacks.map((s) => s.name), ['vault']);
  assert.deepEqual(stacks[0].services.map((s) => s.container.state), ['running', 'running']);
  assert.deepEqual(jobs.map((j) => j.action), ['options']);
  assert.deepEqual((await house.engine.containers()).length, 2);
  assert.doesNotMatch(house.station.log, /ERROR:|runtime error/);
  await house.station.job('DELETE', '/stacks/vault');
});

test('the password and the tokens are in no log', () => house.assertQuiet());
