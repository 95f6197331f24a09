// contract: the running program against shared/api.yaml. Every operation of the file is asked for each of its good
// answers, on a real engine with doubles; every answer must fit a copy of its schema that allows nothing unsaid.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import * as api from './api.mjs';
import { asker } from './asker.mjs';
import { checkFrames, checkMetrics, frames, logLines } from './formats.mjs';
import { Engine, script } from '../lib/engine.mjs';
import { Station, sleep, until } from '../lib/station.mjs';

const PASSWORD = 'a long enough password';
const NODE = { name: 'node', recipe: 'parity', image: 'parity/parity:v1.6.8', options: { pruning: 'archive' }, ports: [], limits: { memory_bytes: 268435456 } };
const RELAY = {
  name: 'relay',
  recipe: 'ethnetintel',
  options: { instance_name: 'contract', server: 'ws://127.0.0.1:9' },
  secrets: { WS_SECRET: 'contract-test-secret' },
  limits: { memory_bytes: 67108864, cpus: 0.2 },
};
const SEED = { name: 'seed', network: 'shared', services: [NODE, RELAY] };

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ec-'));
const engine = new Engine(path.join(dir, 'e'), `ec-${process.pid}`);
const station = new Station({ dir: path.join(dir, 's'), docker: engine.socket });

before(async () => {
  engine.start();
  engine.parityImages('1.6.8', '1.7.0');
  engine.relayImage();
  script('lib/images.sh', 'tag', engine.socket, 'parity/parity:v1.6.8', 'ethstation/demo-node:1');
  await station.start();
});

after(async () => {
  try {
    if (station.child) await station.stop();
  } finally {
    engine.wipe();
    fs.rmSync(dir, { recursive: true, force: true });
  }
});

const { answered, close, reader, call, refused, done, dryRun, list } = asker(station, engine);
afterEach(close);

/* ---- the file and its paths ---- */

test('a method that is not in the file is 405, with Allow; a path that is not there is 404', async () => {
  const methods = new Map();
  for (const o of api.operations) methods.set(o.path, [...(methods.get(o.path) ?? []), o.method]);
  for (const [route, there] of methods) {
    const where = route.replace(/\{\w+\}/g, 'seed');
    const allow = [...there, ...(there.includes('GET') ? ['HEAD'] : [])].sort();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (there.includes(method)) continue;
      const res = await api.send(station, method, where);
      api.assertError(res, 405, 'api.wrong_method');
      assert.deepEqual(res.headers.allow.split(', ').sort(), allow, res.what);
    }
  }
  for (const where of ['/api', '/api/v1', '/api/v1/', '/api/v2/health', '/api/v1/healthy', '/api/v1/health/', '/api/v1/stacks/',
    '/api/v1/stacks/seed/', '/api/v1/stacks/a/services', '/api/v1/stacks/a/services/node',
    '/api/v1/health/openapi.yaml', '/metrics/', '/api/v1/metrics', `/api/v1/stacks/${'x'.repeat(65)}`])
    api.assertError(await api.send(station, 'GET', where), 404, 'api.unknown_path');
});

test('the file that is served is the file, and it is OpenAPI 3.1', async () => {
  const res = await call('getOpenapi', { token: null });
  assert.equal(res.text, api.text);
  assert.match(api.doc.openapi, /^3\.1\./);
  const ids = api.operations.map((o) => o.id);
  assert.equal(new Set(ids).size, ids.length);
  const used = new Set([...api.text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((m) => m[1]));
  assert.deepEqual(Object.keys(api.doc.components.schemas).filter((n) => !used.has(n)), [], 'schemas without a use');
});

/* ---- access ---- */

test('setup, sessions, password', async () => {
  assert.equal((await call('getHealth', { token: null })).json.owned, false);
  const first = await call('setup', { token: null, body: { code: station.setupCode, password: PASSWORD } });
  const cookie = api.cookieOf(first);
  const csrf = { Cookie: cookie, 'X-CSRF-Token': first.json.csrf };
  assert.deepEqual([first.json.user, first.json.scope], ['owner', 'admin']);
  const health = (await call('getHealth', { token: null })).json;
  assert.deepEqual([health.owned, health.setup_until_at], [true, null]);

  const second = await call('signIn', { token: null, body: { password: PASSWORD } });
  const who = (await call('getSession', { token: null, headers: { Cookie: cookie } })).json;
  assert.deepEqual(who, first.json);
  const { sessions } = (await call('listSessions', { token: null, headers: { Cookie: cookie } })).json;
  assert.deepEqual(sessions.map((s) => s.current).sort(), [false, true]);
  const other = sessions.find((s) => !s.current);
  await call('endSession', { token: null, params: { id: other.id }, headers: csrf, expect: 204 });
  await refused('endSession', 404, 'session.missing', { token: null, params: { id: other.id }, headers: csrf });
  await refused('getSession', 401, 'auth.required', { token: null, headers: { Cookie: api.cookieOf(second) } });

  await call('changePassword', { token: null, headers: csrf, body: { current: PASSWORD, password: `${PASSWORD}!` }, expect: 204 });
  const out = await call('signOut', { token: null, headers: csrf, expect: 204 });
  assert.match(out.headers['set-cookie'][0], /^ethstation_session=; .*Max-Age=0/);
  await refused('signOut', 409, 'auth.no_session', {});
});

test('tokens', async () => {
  const until_at = Date.now() + 3600000;
  const made = (await call('createToken', { body: { name: 'grafana', scope: 'read', expires_at: until_at }, expect: 201 })).json;
  assert.deepEqual([made.token.name, made.token.scope, made.token.expires_at], ['grafana', 'read', until_at]);
  const mine = (await call('getSession', { token: made.value })).json;
  assert.deepEqual(mine, { user: 'grafana', scope: 'read', csrf: null, expires_at: until_at });
  const all = await call('listTokens');
  assert.ok(!all.text.includes(made.value));
  assert.deepEqual(all.json.tokens.map((t) => t.name).sort(), ['grafana', 'tests']);
  assert.ok(all.json.tokens.find((t) => t.name === 'grafana').last_used_at);
  await refused('createToken', 409, 'token.name_taken', { body: { name: 'grafana', scope: 'read' } });
  await refused('createToken', 400, 'input.scope', { body: { name: 'x', scope: 'root' } });
  await refused('createToken', 400, 'input.expiry', { body: { name: 'x', scope: 'read', expires_at: 1 } });
  await call('deleteToken', { params: { id: made.token.id }, expect: 204 });
  await refused('deleteToken', 404, 'token.missing', { params: { id: made.token.id } });
});

test('settings', async () => {
  const was = (await call('getSettings')).json;
  assert.equal(was.data_root, station.data);
  const wish = { metrics_public: true, nas_name: 'Büro', allowed_hosts: ['nas.example.org'], session_hours: 24, when_removed: 'stop', https_port: 8443, probation_s: 60, disk_floor_bytes: null,
    history_1s_days: 2, history_10s_days: 30, history_1min_days: 365, history_10min_days: 7300 };
  assert.deepEqual((await call('changeSettings', { body: wish })).json, { ...was, ...wish });
  await call('getMetrics', { token: null });
  const { data_root, qnap_here, ...rest } = was;
  assert.deepEqual((await call('changeSettings', { body: rest })).json, was);
  await refused('getMetrics', 401, 'auth.required', { token: null });
  await refused('changeSettings', 400, 'input.read_only', { body: { data_root: '/' } });
  await refused('changeSettings', 400, 'input.setting', { body: { session_hours: 0 } });
  for (const body of [{ probation_s: -1 }, { probation_s: 86401 }, { probation_s: null }, { disk_floor_bytes: -1 }, { disk_floor_bytes: '1' },
    { history_1s_days: 0 }, { history_1s_days: 32 }, { history_10s_days: 1.5 }, { history_1s_days: 15 }, { history_1min_days: 4000 }])
    await refused('changeSettings', 400, 'input.setting', { body });
  await refused('changeSettings', 400, 'input.unknown_field', { body: { colour: 'green' } });
});

/* ---- an empty house ---- */

test('what there is before anything is installed', async () => {
  const state = await until('the engine is connected', async () => {
    const s = (await call('getState')).json;
    return s.engine.status === 'connected' && s.host.at > 0 && s;
  });
  assert.deepEqual([state.stacks, state.jobs], [[], []]);
  assert.equal(state.version, (await call('getHealth')).json.version);
  const host = (await call('getHost')).json;
  assert.deepEqual(host.containers, []);
  assert.equal(host.engine.cgroup_version, state.engine.cgroup_version);
  const { recipes } = (await call('listRecipes')).json;
  assert.deepEqual(recipes.map((r) => r.id).sort(), ['ethereumjs', 'ethnetintel', 'ethstats', 'parity']);
  assert.deepEqual((await call('listStacks')).json.stacks, []);
  assert.deepEqual((await call('listJobs')).json.jobs, []);
  await refused('getStack', 404, 'stack.missing', { params: { stack: 'seed' } });
  await refused('getJob', 404, 'job.missing', { params: { id: '1' } });
  await refused('getJob', 404, 'job.missing', { params: { id: 'x' } });
  await refused('cancelJob', 404, 'job.missing', { params: { id: '99' } });
  await refused('forceJob', 404, 'job.missing', { params: { id: '99' } });
});

/* ---- installing ---- */

test('install: the plan, the job, the key', async () => {
  const plan = await dryRun('installStack', { body: { ...SEED, dry_run: true } }, 'install');
  assert.ok(!fs.existsSync(path.join(station.data, 'seed')));

  const key = { 'Idempotency-Key': 'install-seed-1' };
  const first = (await call('installStack', { body: SEED, headers: key, expect: 202 })).json.job;
  assert.deepEqual(first.steps.map((s) => s.title), plan.steps.map((s) => s.title));
  assert.equal(first.actor, 'token:tests');
  const again = (await call('installStack', { body: SEED, headers: key, expect: 202 })).json.job;
  assert.equal(again.id, first.id);
  await refused('installStack', 409, 'job.key_reused', { body: { ...SEED, name: 'other' }, headers: key });
  for (const bad of ['', 'x'.repeat(129), 'a b'])
    await refused('installStack', 400, 'input.idempotency_key', { body: SEED, headers: { 'Idempotency-Key': bad } });

  const began = Date.now();
  const waited = (await call('getJob', { params: { id: first.id }, query: { wait: 60 } })).json.job;
  assert.equal(waited.state, 'done', JSON.stringify(waited, null, 1));
  assert.ok(Date.now() - began < 60000);
  assert.ok(waited.steps.every((s) => s.state === 'done'));
  assert.equal((await call('installStack', { body: SEED, headers: key, expect: 202 })).json.job.id, first.id);
  assert.equal((await call('listJobs')).json.jobs.length, 1);
  await refused('installStack', 409, 'stack.exists', { body: SEED });
  await refused('installStack', 409, 'stack.data_dir', { body: { ...SEED, name: 'thief', data_dir: path.join(station.data, 'seed/node') } });
});

test('a second stack, whose node will not stop', async () => {
  const slow = { name: 'slow', services: [{ name: 'node', recipe: 'ethereumjs', ports: [], options: { extra_args: ['--base-path', '/data', '--no-warp'] } }] };
  await done('installStack', { body: slow });
  fs.appendFileSync(path.join(station.data, 'slow/node/double.control'), 'STOP_DELAY_MS=600000\n');
  await sleep(500);
  const { job } = (await call('stopStack', { params: { stack: 'slow' }, body: {}, expect: 202 })).json;
  const busy = await refused('startStack', 409, 'job.running', { params: { stack: 'slow' } });
  assert.equal(busy.json.error.job, job.id);
  await refused('forceJob', 409, 'job.not_waiting', { params: { id: job.id } });
  await dryRun('restartStack', { params: { stack: 'slow' }, body: { dry_run: true } }, 'restart');
  assert.ok((await call('getStack', { params: { stack: 'slow' } })).json.stack.job === job.id);
});

test('a running stack, seen from all sides', async () => {
  const state = await until('the first readings', async () => {
    const s = (await call('getState')).json;
    const seed = s.stacks.find((k) => k.name === 'seed');
    return seed.services.every((k) => k.usage && k.kernel_limits && k.container.state === 'running') && seed.services[0].sync?.current_block > 0 && s;
  });
  const seed = state.stacks.find((s) => s.name === 'seed');
  const one = (await call('getStack', { params: { stack: 'seed' } })).json.stack;
  assert.deepEqual(one.services.map((s) => s.name), ['node', 'relay']);
  assert.deepEqual(one.services[0].drift, []);
  assert.equal(one.services[0].kernel_limits.memory_bytes, 268435456);
  assert.match(one.services[0].version, /Parity/);
  assert.ok(one.services[0].command.includes('archive'));
  assert.ok(one.services[1].secrets.WS_SECRET > 0, 'when the secret was set');
  assert.deepEqual((await call('listStacks')).json.stacks.map((s) => s.name), ['seed', 'slow']);
  assert.deepEqual(seed.services.map((s) => s.title), one.services.map((s) => s.title));

  const host = (await call('getHost')).json;
  assert.deepEqual(host.containers.map((c) => [c.name, c.stack]).sort(), [['seed-node', 'seed'], ['seed-relay', 'seed'], ['slow-node', 'slow']]);
  const chains = (await call('listChains', { params: { stack: 'seed' } })).json;
  assert.deepEqual([chains.kept, chains.current.db_version], [[], 11]);
  assert.ok(chains.current.bytes > 0);
  for (const service of ['node', 'relay']) {
    const check = (await call('checkUpgrade', { params: { stack: 'seed' }, query: { service } })).json;
    assert.equal(check.service, service);
  }
  const newer = (await call('checkUpgrade', { params: { stack: 'seed' }, query: { image: 'openethereum/openethereum:v3.3.5' } })).json;
  assert.deepEqual([newer.supported, newer.db_step], [true, 'refused']);
  await refused('checkUpgrade', 404, 'service.missing', { params: { stack: 'seed' }, query: { service: 'cook' } });
});

/* ---- every change, as a plan and for real ---- */

const seed = { stack: 'seed' };
const limits = { limits: { memory_bytes: 201326592, memory_reservation_bytes: 134217728, swap_bytes: 0, cpus: 0.5, cpu_shares: 512, blkio_weight: null } };
let keptChain;

test('limits', async () => {
  const params = { ...seed, service: 'node' };
  await dryRun('setLimits', { params, body: { ...limits, dry_run: true } }, 'limits');
  await done('setLimits', { params, body: limits });
  await until('the kernel has them', async () => {
    const { services } = (await call('getStack', { params: seed })).json.stack;
    return services[0].kernel_limits.memory_bytes === 201326592 && services[0].kernel_limits.cpus === 0.5;
  });
  await refused('setLimits', 400, 'input.limit', { params, body: { limits: { memory_bytes: 1 } } });
  await refused('setLimits', 400, 'input.missing', { params, body: {} });
  await refused('setLimits', 404, 'service.missing', { params: { ...seed, service: 'cook' }, body: limits });
});

test('options', async () => {
  const body = { services: [{ name: 'node', options: { max_peers: 30, identity: 'contract' } }] };
  await dryRun('changeStack', { params: seed, body: { ...body, dry_run: true } }, 'options');
  await done('changeStack', { params: seed, body });
  const [node] = (await call('getStack', { params: seed })).json.stack.services;
  assert.deepEqual([node.options.max_peers, node.options.pruning], [30, 'archive']);
  await refused('changeStack', 400, 'input.option_unknown', { params: seed, body: { services: [{ name: 'node', options: { colour: 'green' } }] } });
  await refused('changeStack', 400, 'input.option_value', { params: seed, body: { services: [{ name: 'node', options: { pruning: 'sideways' } }] } });
});

test('restart, stop, start', async () => {
  await dryRun('restartStack', { params: seed, body: { service: 'relay', dry_run: true } }, 'restart');
  await done('restartStack', { params: seed, body: { service: 'relay' } });
  await refused('restartStack', 404, 'service.missing', { params: seed, body: { service: 'cook' } });
  await dryRun('stopStack', { params: seed, body: { dry_run: true } }, 'stop');
  await done('stopStack', { params: seed });
  assert.equal((await call('getStack', { params: seed })).json.stack.wanted, 'stopped');
  await dryRun('startStack', { params: seed, body: { dry_run: true } }, 'start');
  await done('startStack', { params: seed, body: {} });
});

test('upgrade', async () => {
  const body = { service: 'node', image: 'parity/parity:v1.7.0' };
  const plan = await dryRun('upgradeStack', { params: seed, body: { ...body, dry_run: true } }, 'upgrade');
  assert.equal(plan.down, true);
  const job = await done('upgradeStack', { params: seed, body });
  assert.ok(job.down_ms >= 0);
  await refused('upgradeStack', 400, 'image.unknown', { params: seed, body: { image: 'parity/parity:v9.9' } });
  await refused('upgradeStack', 400, 'input.image', { params: seed, body: { image: 'No Image' } });
  await refused('upgradeStack', 404, 'service.missing', { params: seed, body: { service: 'cook' } });
});

test('resync and back', async () => {
  const body = { options: { pruning: 'fast' } };
  await dryRun('resyncStack', { params: seed, body: { ...body, dry_run: true } }, 'resync');
  await done('resyncStack', { params: seed, body });
  const { kept } = (await call('listChains', { params: seed })).json;
  assert.deepEqual(kept.map((k) => [k.kind, k.reason]).sort(), [['aside', 'resync'], ['copy', 'upgrade']]);
  keptChain = kept.find((k) => k.kind === 'aside').id;
  await dryRun('putBackChain', { params: seed, body: { chain: keptChain, dry_run: true } }, 'putback');
  await done('putBackChain', { params: seed, body: { chain: keptChain } });
  const [node] = (await call('getStack', { params: seed })).json.stack.services;
  assert.equal(node.options.pruning, 'archive');
  await refused('putBackChain', 404, 'chain.kept_missing', { params: seed, body: { chain: 'nosuch' } });
  await refused('putBackChain', 400, 'input.missing', { params: seed, body: {} });
});

test('a copy, the trash, and out of it', async () => {
  const chains = async () => (await call('listChains', { params: seed })).json;
  const before = (await chains()).kept.map((k) => k.id);
  await refused('copyChain', 400, 'input.copy', { params: seed, body: { copy: 'sideways' } });
  await dryRun('copyChain', { params: seed, body: { dry_run: true } }, 'copy');
  await done('copyChain', { params: seed, body: { copy: 'auto' } });
  const copy = (await chains()).kept.find((k) => !before.includes(k.id));
  assert.deepEqual([copy.kind, copy.reason, copy.damaged], ['copy', 'asked', false]);
  const body = { chain: copy.id };
  for (const id of ['trashChain', 'untrashChain', 'emptyTrash']) await refused(id, 404, 'chain.kept_missing', { params: seed, body: { chain: '../node' } });
  await refused('emptyTrash', 409, 'trash.nothing', { params: seed, body: { confirm: 'seed' } });
  await dryRun('trashChain', { params: seed, body: { ...body, dry_run: true } }, 'trash');
  await done('trashChain', { params: seed, body });
  assert.deepEqual((await chains()).trash.map((k) => k.id), [copy.id]);
  await dryRun('untrashChain', { params: seed, body: { ...body, dry_run: true } }, 'untrash');
  await done('untrashChain', { params: seed, body });
  assert.deepEqual((await chains()).trash, []);
  await done('trashChain', { params: seed, body });
  await dryRun('emptyTrash', { params: seed, body: { ...body, dry_run: true } }, 'empty');
  for (const confirm of ['', 'seed']) await refused('emptyTrash', 400, 'trash.confirm', { params: seed, body: { ...body, confirm } });
  await done('emptyTrash', { params: seed, body: { ...body, confirm: copy.id } });
  const left = await chains();
  assert.deepEqual([left.trash, left.kept.map((k) => k.id).sort()], [[], before.sort()]);
});

test('probation is ended by saying yes, or by the end of the new version, whose log is kept', async () => {
  await call('changeSettings', { body: { probation_s: 86400 } });
  const begun = async (image) => {
    const { job } = (await call('upgradeStack', { params: seed, body: { service: 'node', image }, expect: 202 })).json;
    await until('it is on probation', async () => (await call('getJob', { params: { id: job.id } })).json.job.waiting === 'probation', 120000);
    return job.id;
  };
  const ended = async (id, state) => until(`it is ${state}`, async () => {
    const { job } = (await call('getJob', { params: { id }, query: { wait: 20 } })).json;
    return job.state === state && job;
  }, 120000);
  const now = async () => (await call('getStack', { params: seed })).json.stack.services[0].image;
  const was = await now(), other = `parity/parity:${was.endsWith('v1.7.0') ? 'v1.6.8' : 'v1.7.0'}`;
  const first = await begun(other);
  await refused('getJobLog', 404, 'evidence.missing', { params: { id: first } });
  await call('acceptJob', { params: { id: first }, expect: 202 });
  await ended(first, 'done');
  assert.equal(await now(), other);
  await refused('acceptJob', 409, 'job.ended', { params: { id: first } });
  await refused('acceptJob', 404, 'job.missing', { params: { id: '9999' } });
  const second = await begun(was);
  await call('cancelJob', { params: { id: second }, expect: 202 });
  await ended(second, 'rolled_back');
  assert.equal(await now(), other);
  assert.ok((await call('getJobLog', { params: { id: second } })).text.length > 0);
  await call('changeSettings', { body: { probation_s: 1 } });
});

test('compose files, out and in', async () => {
  const { files } = (await call('exportCompose', { params: seed })).json;
  assert.ok(!JSON.stringify(files).includes(RELAY.secrets.WS_SECRET));
  await refused('exportCompose', 404, 'stack.missing', { params: { stack: 'nosuch' } });
  const given = files.filter((f) => f.name.endsWith('.yml')).map(({ name, text }) => ({ name, text }));
  await refused('importCompose', 409, 'stack.nothing_to_do', { body: { files: given, dry_run: true } });

  const text = 'services:\n  node:\n    image: parity/parity:v1.6.8\n    container_name: composed\n    tty: true\n    mem_limit: 128m\n';
  const body = { name: 'composed', files: [{ name: 'a.yml', text }], services: [{ name: 'node', options: { max_peers: 9 } }] };
  await dryRun('importCompose', { body: { ...body, dry_run: true } }, 'import');
  const { understood } = (await call('importCompose', { body: { ...body, dry_run: true } })).json;
  assert.deepEqual(understood.notes.map((n) => [n.kind, n.file, n.line, n.what]), [['left_out', 'a.yml', 5, 'tty'], ['changed', null, null, 'volumes']]);
  await done('importCompose', { body });
  const [node] = (await call('getStack', { params: { stack: 'composed' } })).json.stack.services;
  assert.deepEqual([node.container.name, node.options.max_peers, node.limits.memory_bytes], ['composed', 9, 134217728]);
  await refused('importCompose', 400, 'input.missing', { body: {} });
  await refused('importCompose', 400, 'input.type', { body: { files: [{ name: 'a.yml', text: 7 }] } });
  await refused('importCompose', 400, 'input.unknown_field', { body: { files: given, colour: 'green' } });
  await refused('importCompose', 400, 'input.path', { body: { files: given, folder: 'here' } });
  await refused('importCompose', 409, 'stack.exists', { body: { ...body, name: 'seed', dry_run: true } });
  await refused('importCompose', 409, 'container.name_taken', { body: { ...body, name: 'other', dry_run: true } });
  await done('removeStack', { params: { stack: 'composed' } });
});

test('a node made by hand is taken over, goes back, and is let go', async () => {
  const made = await engine.api('POST', '/containers/create?name=byhand', { Image: NODE.image, Cmd: ['--base-path', '/chain'] });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await engine.api('POST', '/containers/byhand/start');
  const { found } = (await call('listFound')).json;
  assert.deepEqual(found.map((f) => [f.name, f.data?.kind, f.error]), [['byhand', 'layer', null]]);
  const body = { containers: ['byhand'] }, params = { stack: 'byhand' };
  await dryRun('adoptContainers', { body: { ...body, dry_run: true } }, 'adopt');
  await until('it has a chain', async () => fs.existsSync(path.join(found[0].data.source, 'chains')) || fs.readdirSync(found[0].data.source).length > 0, 30000);
  await done('adoptContainers', { body });
  const { stack } = (await call('getStack', { params })).json;
  assert.deepEqual(stack.adopted.containers.map((c) => [c.service, c.name, c.ran]), [['node', 'byhand', true]]);
  await dryRun('goBack', { params, body: { dry_run: true } }, 'goback');
  await done('goBack', { params });
  await done('adoptContainers', { body });
  await dryRun('letGo', { params, body: { dry_run: true } }, 'letgo');
  await done('letGo', { params });
  await refused('goBack', 409, 'adopt.none', { params });
  await refused('letGo', 409, 'adopt.none', { params });
  await refused('goBack', 404, 'stack.missing', { params: { stack: 'nosuch' } });
  await refused('adoptContainers', 404, 'container.missing', { body: { containers: ['nothing-there'] } });
  await refused('adoptContainers', 400, 'input.missing', { body: {} });
  await refused('adoptContainers', 400, 'input.unknown_field', { body: { ...body, colour: 'green' } });
  await done('removeStack', { params });
});

test('cancel goes back', async () => {
  const { job } = (await call('restartStack', { params: seed, expect: 202 })).json;
  await call('cancelJob', { params: { id: job.id }, expect: 202 });
  const end = (await call('getJob', { params: { id: job.id }, query: { wait: 60 } })).json.job;
  assert.equal(end.state, 'rolled_back', JSON.stringify(end, null, 1));
  assert.equal(end.error.code, 'job.cancelled');
  await refused('cancelJob', 409, 'job.ended', { params: { id: job.id } });
  await refused('forceJob', 409, 'job.ended', { params: { id: job.id } });
});

test('jobs: newest first, of one stack, at most so many; wait is over in time', async () => {
  const { jobs } = (await call('listJobs', { query: { limit: 200 } })).json;
  const ids = jobs.map((j) => Number(j.id));
  assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
  assert.ok(jobs.length >= 9);
  const one = (await call('listJobs', { query: { stack: 'slow' } })).json.jobs;
  assert.deepEqual(one.map((j) => j.action), ['stop', 'install']);
  assert.equal((await call('listJobs', { query: { limit: 1 } })).json.jobs[0].id, jobs[0].id);
  assert.deepEqual((await call('listJobs', { query: { stack: 'none' } })).json.jobs, []);
  for (const query of [{ limit: 0 }, { limit: 201 }, { limit: 'x' }, { limit: '' }]) await refused('listJobs', 400, 'input.query', { query });
  for (const query of [{ wait: -1 }, { wait: 61 }, { wait: '1s' }]) await refused('getJob', 400, 'input.query', { params: { id: jobs[0].id }, query });
  const began = Date.now();
  const slow = (await call('getJob', { params: { id: one[0].id }, query: { wait: 1 } })).json.job;
  if (slow.state === 'running') assert.ok(Date.now() - began >= 900, 'it answered before the second was over');
});

/* ---- events ---- */

test('events: the list', async () => {
  const all = await list({ limit: 500 });
  const ids = all.map((e) => e.id);
  assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
  const codes = new Set(all.map((e) => e.code));
  for (const code of ['station.started', 'access.owned', 'access.token_made', 'settings.changed', 'job.queued', 'job.done'])
    assert.ok(codes.has(code), `${code} was not said`);
  for (const e of all) if (e.code !== null) assert.ok(api.findings[e.code], `${e.code} is not in findings.json`);
  assert.deepEqual((await list({ limit: 3 })).map((e) => e.id), ids.slice(0, 3));
  assert.deepEqual((await list({ before: ids[2], limit: 2 })).map((e) => e.id), ids.slice(3, 5));
  assert.ok((await list({ after: ids[3] })).map((e) => e.id).includes(ids[0]));
  assert.ok((await list({ after: ids[3] })).every((e) => e.id > ids[3]));
  assert.ok((await list({ stack: 'slow' })).every((e) => e.stack === 'slow'));
  const [to, from] = [all[2].at, all.at(-2).at];
  const inside = (e) => e.at >= from && e.at <= to;
  assert.deepEqual((await list({ from, to, limit: 500 })).map((e) => e.id), all.filter(inside).map((e) => e.id));
  assert.deepEqual((await list({ from, limit: 2 })).map((e) => e.id), (await list({ limit: 2 })).map((e) => e.id), 'until now');
  const marks = await list({ from, to, marks: 5 });
  assert.ok(marks.length > 0 && marks.length <= 5 && marks.every((e) => inside(e) && (e.type === 'limits' || (e.type === 'job' && e.data.action))));
  for (const query of [{ limit: 0 }, { limit: 501 }, { after: -1 }, { before: 'x' }, { from: -1 }, { from: 'x' }, { from: 0, to: 1e17 }, { from: 0, marks: 501 }, { marks: 5 }])
    await refused('streamEvents', 400, 'input.query', { query, headers: { Accept: 'application/json' } });
});

test('events: the stream', async () => {
  const stream = await reader('/api/v1/events');
  assert.deepEqual([stream.status, stream.headers['content-type'].split(';')[0]], [200, 'text/event-stream']);
  await stream.until('a state', (t) => frames(t).some((f) => f.event === 'state'));
  assert.equal(frames(stream.text)[0].event, 'state', 'a whole State comes first');
  await stream.until('two live readings', (t) => frames(t).filter((f) => f.event === 'live').length >= 2);
  await call('changeSettings', { body: { nas_name: 'streamed' } });
  await stream.until('the event', (t) => frames(t).some((f) => f.event === 'event' && f.json.code === 'settings.changed'));
  await stream.until('the new state', (t) => frames(t).some((f) => f.event === 'state' && f.json.nas.name === 'streamed'));
  const gaps = stream.at.slice(1).map((t, i) => t - stream.at[i]);
  assert.ok(Math.max(...gaps) < 16000, 'it was silent for too long');
  checkFrames(stream.text);
});

test('events: what was missed comes again, in order, and nothing twice', async () => {
  const ids = (await list({ limit: 4 })).map((e) => e.id).reverse();
  for (const where of [{ headers: { 'Last-Event-ID': String(ids[0]) } }, { query: `?after=${ids[0]}` }]) {
    const stream = await reader(`/api/v1/events${where.query ?? ''}`, { headers: where.headers });
    await stream.until('the missed ones', (t) => frames(t).filter((f) => f.event === 'event').length >= 3);
    await call('changeSettings', { body: { nas_name: 'once more' } });
    await stream.until('the next one', (t) => frames(t).filter((f) => f.event === 'event').length >= 4);
    const got = checkFrames(stream.text).filter((f) => f.event === 'event').map((f) => f.json.id);
    assert.deepEqual(got.slice(0, 3), ids.slice(1));
    assert.deepEqual(got, [...new Set(got)].sort((a, b) => a - b));
  }
  await refused('streamEvents', 400, 'input.query', { query: { after: 'x' } });
  await refused('streamEvents', 400, 'input.query', { headers: { 'Last-Event-ID': 'x' } });
});

test('events: a gap that is too long is a reset', async () => {
  const [{ id }] = await list({ limit: 1 });
  const four = { nas_name: 'a', session_hours: 12, metrics_public: false, allowed_hosts: [] };
  for (let i = 0; i < 130; i++) await call('changeSettings', { body: four });
  const stream = await reader('/api/v1/events', { headers: { 'Last-Event-ID': String(id) } });
  await stream.until('reset', (t) => frames(t).some((f) => f.event === 'reset'));
  const got = checkFrames(stream.text);
  assert.ok(got.filter((f) => f.event === 'event').length === 0, 'a reset instead of the events');
  const [newest] = await list({ limit: 1 });
  assert.ok(Number(got.find((f) => f.event === 'reset').id) <= newest.id);
  const ahead = await reader('/api/v1/events', { headers: { 'Last-Event-ID': String(newest.id + 1000) } });
  await ahead.until('reset', (t) => frames(t).some((f) => f.event === 'reset' && Number(f.id) <= newest.id));
  await call('changeSettings', { body: { nas_name: 'after the reset' } });
  for (const s of [stream, ahead]) await s.until('it goes on', (t) => checkFrames(t).some((f) => f.event === 'event'));
});

test('events: eight readers, the ninth is told when to come again', async () => {
  const readers = [];
  for (let i = 0; i < 8; i++) readers.push(await reader('/api/v1/events'));
  assert.deepEqual(readers.map((r) => r.status), Array(8).fill(200));
  const ninth = await refused('streamEvents', 503, 'stream.full');
  assert.match(ninth.headers['retry-after'], /^[1-9]\d*$/);
  await refused('getLogs', 503, 'stream.full', { params: { ...seed, service: 'node' }, query: { follow: true } });
  await call('getState');
  await list({ limit: 1 });
  readers.pop().close();
  assert.equal((await reader('/api/v1/events')).status, 200);
});

/* ---- logs, history, metrics ---- */

const logs = { params: { stack: 'seed', service: 'node' } };
const say = (what) => fs.writeFileSync(path.join(station.data, 'seed/node/double.control'), `SAY=${what}\n`);

test('logs: lines of JSON, as many as asked for', async () => {
  await until('the readers of the test before are gone', async () => (await api.send(station, 'GET', '/api/v1/stacks/seed/services/node/logs')).status === 200);
  const read = async (query) => logLines((await call('getLogs', { ...logs, query })).text);
  assert.ok((await read()).length > 2);
  // the node writes on: between two reads a line may have come
  await until('the last two are those of the whole', async () => JSON.stringify(await read({ tail: 2 })) === JSON.stringify((await read()).slice(-2)), 5000);
  assert.equal((await call('getLogs', { ...logs, query: { tail: 0 } })).text, '');
  for (const query of [{ tail: -1 }, { tail: 10001 }, { tail: 'x' }, { follow: 'maybe' }]) await refused('getLogs', 400, 'input.query', { ...logs, query });
  await refused('getLogs', 404, 'service.missing', { params: { ...seed, service: 'cook' } });
  await refused('getLogs', 404, 'stack.missing', { params: { stack: 'none', service: 'node' } });
});

test('logs: followed, with secrets masked and control characters taken out', async () => {
  const stream = await reader('/api/v1/stacks/seed/services/node/logs?tail=1&follow=true');
  assert.deepEqual([stream.status, stream.headers['content-type'].split(';')[0]], [200, 'application/x-ndjson']);
  await stream.until('the last line', (t) => t.endsWith('\n'));
  say(`key=${RELAY.secrets.WS_SECRET}; \x1b[31mred\x1b[0m \x07bell <b>&amp;`);
  await stream.until('the line', (t) => t.includes('bell'));
  const line = logLines(stream.text).find((l) => l.text.includes('bell'));
  assert.ok(line.text.includes('key=•••; red bell <b>&amp;'), line.text);
  assert.ok(!stream.text.includes(RELAY.secrets.WS_SECRET));
  assert.ok(Math.abs(line.at - Date.now()) < 10000);
});

test('history', async () => {
  const params = { stack: 'seed', service: 'node' };
  const names = 'memory_needed,memory_cache,memory_working_set,memory_limit,swap,oom_kills,cpu,throttled,disk_read,disk_write,pids,block,behind,blocks_per_s,peers,chain_size,volume_free';
  const said = api.operation('getHistory').parameters.find((p) => p.name === 'series').description;
  for (const n of [...names.split(','), 'host_memory_available', 'host_load']) assert.ok(said.includes(n), n);
  const h = (await call('getHistory', { params, query: { series: names } })).json;
  assert.deepEqual(Object.keys(h.series).sort(), names.split(',').sort());
  assert.equal(h.entity, 'seed/node');
  assert.ok(h.t.length > 0);
  assert.deepEqual(h.t, [...h.t].sort((a, b) => a - b));
  for (const [name, s] of Object.entries(h.series))
    for (const band of ['min', 'mean', 'max']) assert.equal(s[band].length, h.t.length, `${name} ${band}`);
  const needed = h.series.memory_needed;
  assert.ok(needed.mean.some((v) => v > 0));
  for (let i = 0; i < h.t.length; i++)
    if (needed.mean[i] !== null) assert.ok(needed.min[i] <= needed.mean[i] && needed.mean[i] <= needed.max[i]);
  const to = Date.now();
  const few = (await call('getHistory', { params, query: { series: 'cpu', from: to - 60000, to, points: 10 } })).json;
  assert.ok(few.t.length <= 10 && few.step_s >= 6);
  const host = (await call('getHistory', { params, query: { series: 'host_load,host_memory_available' } })).json;
  assert.equal(host.entity, 'host');
  assert.ok(host.series.host_load.mean.some((v) => v !== null));
  for (const series of ['', 'colour', 'cpu,colour', 'cpu,host_load', `${'cpu,'.repeat(60)}cpu`]) await refused('getHistory', 400, 'input.series', { params, query: { series } });
  await refused('getHistory', 400, 'input.series', { params });
  for (const more of [{ points: 9 }, { points: 2001 }, { from: 'x' }, { to: -5 }]) await refused('getHistory', 400, 'input.query', { params, query: { series: 'cpu', ...more } });
  await refused('getHistory', 400, undefined, { params, query: { series: 'cpu', from: to, to: to - 1000 } });
  await refused('getHistory', 404, 'service.missing', { params: { ...seed, service: 'cook' }, query: { series: 'cpu' } });
});

test('incidents: a process that was ended for its memory, the whole of it, and that it was seen', async () => {
  const incidents = async (query) => (await call('listIncidents', { params: seed, query })).json.incidents;
  assert.deepEqual(await incidents(), []);
  fs.writeFileSync(path.join(station.data, 'seed/node/double.control'), 'CHILD_MB=401\n');
  const [one] = await until('it is told', async () => ((await incidents()).length ? incidents({ limit: 1 }) : null), 20000);
  assert.deepEqual([one.service, one.cause, one.child, one.ended, one.limit_bytes], ['node', 'limit', true, false, 201326592]);
  const params = { ...seed, id: String(one.id) };
  const { ways, minutes, log, changes, ...rest } = (await call('getIncident', { params })).json.incident;
  assert.deepEqual(rest, one);
  assert.ok(log.length > 0 && changes.length > 0);
  assert.deepEqual(new Set(['needed_bytes', 'cache_bytes', 'limit_bytes', 'block'].map((k) => minutes[k].length)).size, 1);
  const { method, path: where, body } = ways.find((w) => w.kind === 'leave').action;
  assert.deepEqual([method, where, body], ['POST', `/stacks/seed/incidents/${one.id}/seen`, {}]);
  const { incident } = (await call('seeIncident', { params })).json;
  assert.ok(incident.seen_at > one.at);
  assert.equal(incident.only_again, false);
  for (const only_again of [true, false]) {
    assert.equal((await call('seeIncident', { params, body: { only_again } })).json.incident.only_again, only_again);
    assert.equal((await call('getIncident', { params })).json.incident.only_again, only_again);
  }
  await refused('seeIncident', 400, 'input.type', { params, body: { only_again: 1 } });
  await refused('seeIncident', 400, 'input.unknown_field', { params, body: { often: true } });
  const { id, at, again_at, seen_at, only_again } = incident;
  assert.deepEqual((await call('getStack', { params: seed })).json.stack.services[0].incident, { id, at, again_at, seen_at, only_again });

  for (const limit of [0, 61, 'x']) await refused('listIncidents', 400, 'input.query', { params: seed, query: { limit } });
  await refused('listIncidents', 404, 'stack.missing', { params: { stack: 'none' } });
  for (const op of ['getIncident', 'seeIncident']) await refused(op, 404, 'incident.missing', { params: { ...seed, id: '999' } });
});

test('metrics are Prometheus text and agree with the state', async () => {
  const res = await call('getMetrics');
  assert.equal(res.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const samples = checkMetrics(res.text);
  const value = (name, service) => samples.find((s) => s.name === name && s.labels.stack === 'seed' && s.labels.service === service)?.value;
  assert.equal(samples.find((s) => s.name === 'ethstation_engine_up').value, 1);
  assert.equal(value('ethstation_memory_limit_bytes', 'node'), 201326592);
  assert.equal(value('ethstation_memory_limit_bytes', 'relay'), 67108864);
  assert.ok(value('ethstation_memory_needed_bytes', 'node') > 0);
  assert.ok(value('ethstation_cpu_seconds_total', 'node') > 0);
  assert.ok(value('ethstation_head_block', 'node') > 0);
  assert.equal(value('ethstation_head_block', 'relay'), undefined, 'a relay has no block');
});

/* ---- images ---- */

const tar = { 'Content-Type': 'application/x-tar' };

test('images: which are here, and one from a file', async () => {
  const { images } = (await call('listImages', { query: { recipe: 'ethnetintel' } })).json;
  assert.ok(images.some((i) => i.name === 'ethnetintel:latest' && i.named.includes('ethnetintel')), JSON.stringify(images));
  assert.ok((await call('listImages')).json.images.some((i) => i.name === 'parity/parity:v1.6.8' && i.named.includes('parity')));
  await refused('listImages', 400, 'recipe.missing', { query: { recipe: 'cook' } });

  await dryRun('loadImage', { query: { dry_run: true, size: 5000 } }, 'load');
  await refused('loadImage', 413, 'image.too_large', { query: { dry_run: true, size: 2 ** 40 } });
  await refused('loadImage', 400, 'input.query', { query: { dry_run: 'perhaps' } });
  await refused('loadImage', 415, 'input.media_type', { body: {} });
  await refused('loadImage', 400, 'image.broken', { body: Buffer.alloc(2000), headers: tar });
  await refused('loadImage', 411, 'input.length', { headers: { ...tar, 'Transfer-Encoding': 'chunked' } });
  const saved = path.join(dir, 'saved.tar');
  execFileSync('curl', ['-sSf', '-o', saved, '--unix-socket', engine.socket, 'http://d/images/ethnetintel:latest/get']);
  const job = await done('loadImage', { body: fs.readFileSync(saved), headers: tar });
  assert.deepEqual([job.stack, job.action, job.log], ['', 'load', false]);
  assert.deepEqual(fs.readdirSync(path.join(station.data, '.uploads')), []);
});

test('images: built, and pulled', async () => {
  const folder = path.join(station.data, 'recipe of the relay');
  fs.mkdirSync(folder);
  const body = { tag: 'built:1', folder };
  await refused('buildImage', 409, 'image.no_dockerfile', { body });
  fs.writeFileSync(path.join(folder, 'Dockerfile'), 'FROM ethnetintel:latest\nLABEL made=here\n');
  await dryRun('buildImage', { body: { ...body, dry_run: true } }, 'build');
  const job = await done('buildImage', { body: { ...body, no_cache: true } });
  assert.match((await call('getJobLog', { params: { id: job.id } })).text, /Step 2\/2 : LABEL/);
  assert.ok((await call('listImages')).json.images.some((i) => i.name === 'built:1'));
  for (const [bad, status, code] of [[{ tag: 'built:1' }, 400, 'input.missing'], [{ ...body, folder: '/' }, 403, 'image.folder'], [{ ...body, folder: `${folder}/x` }, 404, 'path.missing'],
    [{ ...body, tag: 'A b' }, 400, 'input.image'], [{ tag: 'a:1', url: 'ftp://x/y' }, 400, 'input.url'], [{ ...body, colour: 'green' }, 400, 'input.unknown_field'], [{ ...body, no_cache: 1 }, 400, 'input.type']])
    await refused('buildImage', status, code, { body: bad });

  const nowhere = { image: '127.0.0.1:9/relay:1' };
  await dryRun('pullImage', { body: { ...nowhere, dry_run: true } }, 'pull');
  assert.match((await done('pullImage', { body: nowhere }, 'rolled_back')).error.code, /^pull\./);
  await refused('pullImage', 400, 'input.missing', { body: {} });
  await refused('pullImage', 400, 'input.image', { body: { image: 'a b' } });
});

/* ---- the end ---- */

test('a node that does not stop is ended only when the owner says so', async () => {
  const [{ id }] = (await call('listJobs', { query: { stack: 'slow' } })).json.jobs;
  const waiting = await until('it waits', async () => {
    const { job } = (await call('getJob', { params: { id } })).json;
    assert.equal(job.state, 'running', JSON.stringify(job));
    return job.waiting === 'stop.slow' && job;
  }, 45000, 500);
  assert.ok(waiting.steps.find((s) => s.state === 'running').progress.done >= 30);
  assert.equal((await engine.inspect('slow-node')).State.Running, true);
  await call('forceJob', { params: { id }, expect: 202 });
  const end = (await call('getJob', { params: { id }, query: { wait: 20 } })).json.job;
  assert.deepEqual([end.state, end.waiting], ['done', null]);
});

test('remove leaves the chain', async () => {
  for (const stack of ['seed', 'slow']) {
    await dryRun('removeStack', { params: { stack }, query: { dry_run: true } }, 'remove');
    await done('removeStack', { params: { stack } });
    assert.ok(fs.existsSync(path.join(station.data, stack, 'node')));
  }
  assert.deepEqual(await engine.containers(), []);
  assert.deepEqual((await call('listStacks')).json.stacks, []);
  assert.deepEqual((await call('getHost')).json.containers, []);
  await refused('removeStack', 404, 'stack.missing', { params: seed });
  await refused('removeStack', 400, 'input.query', { params: seed, query: { dry_run: 'perhaps' } });
});

test('without an engine every answer still fits, and says so', async () => {
  engine.kill();
  await until('it is noticed', async () => (await call('getState')).json.engine.status === 'lost', 20000);
  const { engine: e } = (await call('getHost')).json;
  assert.match(e.code, /^engine\./);
  assert.ok(api.findings[e.code]);
  await refused('installStack', 503, undefined, { body: SEED });
  checkMetrics((await call('getMetrics')).text);
  engine.start();
  await until('it is back', async () => (await call('getState')).json.engine.status === 'connected', 30000);
});

test('every operation of the file gave each of its good answers', () => {
  const wanted = api.operations.flatMap((o) => Object.keys(o.responses).filter((s) => s !== 'default').map((s) => `${o.id} ${s}`));
  assert.deepEqual(wanted.filter((w) => !answered.has(w)), []);
});
