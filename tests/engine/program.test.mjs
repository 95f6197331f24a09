// The program itself: how it starts, refuses to start, ends; tokens and the password from the command
// line; and how it takes requests that repeat, collide, or are called back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Stage, node, relay, slower, sleep, until } from '../lib/fixture.mjs';
import { Station, program } from '../lib/station.mjs';

describe('the program', { timeout: 300000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const password = 'four words are easy';
  let cookie;
  const run = (...args) => spawnSync(program, args, { encoding: 'utf8', timeout: 20000 });

  before(async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await station.start();
  });
  after(() => stage.end());

  it('tells its version and its help', () => {
    const version = run('--version');
    assert.equal(version.status, 0);
    assert.match(version.stdout, /\d+\.\d+\.\d+/);
    assert.ok(version.stdout.includes((/\d+\.\d+\.\d+\S*/.exec(version.stdout) ?? [''])[0]));
    const help = run('--help');
    assert.equal(help.status, 0);
    for (const word of ['serve', 'token create', 'reset-password', '--listen', '--docker']) assert.ok(help.stdout.includes(word), word);
  });

  it('refuses options that it does not know, with exit 2 and a word', () => {
    // were one of them taken, it would serve: then at least not on this machine's real folders
    const safe = ['--listen', '127.0.0.1:0', '--state', path.join(stage.dir, 'no'), '--data', path.join(stage.dir, 'no')];
    for (const args of [
      ['--no-such-option'], ['serve', '--lisen', 'x'], ['dance'], [], ['serve', 'now'], ['token'], ['token', 'create'],
      ['token', 'create', '--name', 'x', '--scope', 'god'], ['serve', '--log-level', 'loud'],
    ]) {
      const r = run(...args, ...safe);
      assert.equal(r.status, 2, `${args.join(' ')}: ${r.status} ${r.stderr}`);
      assert.match(r.stderr, /ethstation|--help/, args.join(' '));
      assert.equal(r.stdout, '', 'not on standard output');
    }
  });

  it('refuses an address that it cannot listen on, with exit 1', () => {
    const dir = path.join(stage.dir, 'other');
    for (const [listen, word] of [[`127.0.0.1:${station.port}`, /Another|listens|taken|use/i], ['nonsense', /address|listen/i]]) {
      const r = run('serve', '--listen', listen, '--state', `${dir}/state`, '--data', `${dir}/data`, '--docker', `unix://${engine.socket}`);
      assert.ok([1, 2].includes(r.status), `${listen}: ${r.status} ${r.stderr}`);
      assert.match(r.stderr, word, listen);
    }
  });

  it('is one: a second instance on the same state is refused', async () => {
    const r = run('serve', '--listen', '127.0.0.1:0', '--state', station.state, '--data', station.data, '--docker', `unix://${engine.socket}`);
    assert.equal(r.status, 1);
    assert.match(r.stderr, /another|same folder|in use/i, r.stderr);
    assert.match(r.stderr, /state\.locked|uses/i, r.stderr);
    assert.equal((await station.get('/health')).ok, true, 'the first one does not mind');
  });

  it('keeps its files to itself', () => {
    for (const f of fs.readdirSync(station.state)) {
      const s = fs.statSync(path.join(station.state, f));
      if (s.isFile()) assert.equal(s.mode & 0o077, 0, `${f}: ${(s.mode & 0o777).toString(8)}`);
    }
  });

  it('belongs to whoever has the code', async () => {
    const before = await station.api('GET', '/state', undefined, { token: null });
    assert.equal(before.status, 403);
    assert.equal(before.body.error.code, 'auth.unowned');
    const wrong = await station.api('POST', '/setup', { code: 'WRONG-CODE', password }, { token: null });
    assert.ok(wrong.status >= 400);
    const setup = await station.api('POST', '/setup', { code: station.setupCode, password }, { token: null });
    assert.equal(setup.status, 200, JSON.stringify(setup.body));
    cookie = setup.headers.get('set-cookie').split(';')[0];
    assert.equal((await station.get('/health')).owned, true);
    assert.equal((await station.api('GET', '/state', undefined, { token: null })).status, 401);
  });

  it('makes tokens while it serves, and each does what its scope allows', async () => {
    const tokens = Object.fromEntries(['read', 'operate', 'admin'].map((scope) => [scope, station.makeToken(`cli-${scope}`, scope)]));
    const can = async (scope, method, url, body) => (await station.api(method, url, body, { token: tokens[scope] })).status;
    for (const scope of Object.keys(tokens)) assert.equal(await can(scope, 'GET', '/state'), 200, scope);
    const wish = { name: 'x', services: [node('1.6.8')], dry_run: true };
    assert.equal(await can('read', 'POST', '/stacks', wish), 403);
    assert.equal(await can('operate', 'POST', '/stacks', wish), 200);
    assert.equal(await can('operate', 'GET', '/tokens'), 403);
    assert.equal(await can('admin', 'GET', '/tokens'), 200);
    const same = run('token', 'create', '--state', station.state, '--name', 'cli-read', '--scope', 'read');
    assert.equal(same.status, 1);
    assert.match(same.stderr, /name/i);
    const list = (await station.get('/tokens')).tokens;
    assert.ok(!JSON.stringify(list).includes(tokens.read), 'the value is shown nowhere again');
    const id = list.find((t) => t.name === 'cli-read').id;
    assert.equal((await station.api('DELETE', `/tokens/${id}`)).status, 204);
    assert.equal(await can('read', 'GET', '/state'), 401, 'revoked at once');
    assert.ok(!station.log.includes(tokens.admin), 'nor in the log');
  });

  it('forgets the password on the command line, and all who signed in with it', async () => {
    const me = () => station.api('GET', '/session', undefined, { token: null, headers: { Cookie: cookie } });
    assert.equal((await me()).status, 200);

    const r = run('reset-password', '--state', station.state);
    assert.equal(r.status, 0, r.stderr);
    const code = r.stdout.match(/code:? (?:is )?(\S+)/i)?.[1];
    assert.ok(code, r.stdout);
    assert.equal((await me()).body.error.code, 'auth.unowned', 'signed out');
    assert.equal((await station.api('POST', '/session', { password }, { token: null })).status === 200, false, 'the old one is forgotten');
    assert.equal((await station.get('/health')).owned, false);
    const again = await station.api('POST', '/setup', { code, password: 'another set of words' }, { token: null });
    assert.equal(again.status, 200, JSON.stringify(again.body));
    assert.equal((await station.api('GET', '/state')).status, 200, 'tokens live on');
  });

  it('takes a repeated request once', async () => {
    const wish = { name: 'pr', services: [node('1.6.8'), relay()] };
    const headers = { 'Idempotency-Key': 'install-1' };
    const first = await station.api('POST', '/stacks', wish, { headers });
    assert.equal(first.status, 202, JSON.stringify(first.body));
    const second = await station.api('POST', '/stacks', wish, { headers });
    assert.equal(second.status, 202);
    assert.equal(second.body.job.id, first.body.job.id, 'the same job');
    const other = await station.api('POST', '/stacks', { ...wish, name: 'other' }, { headers });
    assert.equal(other.status, 409);
    assert.equal(other.body.error.code, 'job.key_reused');
    assert.equal((await station.ended(first.body.job.id)).state, 'done');
    const late = await station.api('POST', '/stacks', wish, { headers });
    assert.equal(late.status, 202, 'also when it has ended');
    assert.equal(late.body.job.id, first.body.job.id);
    const without = await station.api('POST', '/stacks', wish);
    assert.equal(without.status, 409);
    assert.equal(without.body.error.code, 'stack.exists');
  });

  it('does one thing at a time with a stack', async () => {
    const job = await station.begin('POST', '/stacks/pr/restart');
    const { status, body } = await station.api('POST', '/stacks/pr/stop');
    assert.equal(status, 409);
    assert.equal(body.error.code, 'job.running');
    assert.equal(body.error.job, job.id, 'and says which');
    assert.equal((await station.stack('pr')).job, job.id);
    const dry = await station.api('POST', '/stacks/pr/stop', { dry_run: true });
    assert.equal(dry.status, 200, 'a plan may be looked at meanwhile');
    assert.equal((await station.ended(job.id)).state, 'done');
  });

  it('starts a stack whose network somebody removed', async () => {
    await station.job('POST', '/stacks/pr/stop');
    assert.equal((await engine.api('POST', '/networks/prune')).status, 200);
    assert.equal((await engine.api('GET', '/networks/ethstation-pr')).status, 404);
    await station.job('POST', '/stacks/pr/start');
    assert.ok((await engine.inspect('pr-node')).State.Running && (await engine.inspect('pr-relay')).State.Running);
    assert.equal((await engine.inspect('pr-node')).HostConfig.NetworkMode, 'ethstation-pr');
  });

  it('waits for a node that stops slowly, and does not kill it unasked', async () => {
    await stage.obeys('pr', { STOP_DELAY_MS: 6000 });
    stage.witness.events.length = 0;
    const job = await station.begin('POST', '/stacks/pr/restart', { service: 'node' });
    const step = await until('the countdown is shown', async () => {
      const s = (await station.get(`/jobs/${job.id}`)).job.steps.find((x) => x.kind === 'stop');
      return s.progress?.unit === 'seconds' && s.progress.done >= 2 && s;
    });
    assert.equal(step.progress.total, 300, "the recipe's patience");
    // Force is for a node that is late, not for an impatient person.
    const { status, body } = await station.api('POST', `/jobs/${job.id}/force`);
    assert.equal(status, 409);
    assert.equal(body.error.code, 'job.not_waiting');
    stage.control('pr', {});
    assert.equal((await station.ended(job.id)).state, 'done');
    const died = stage.witness.events.find((e) => e.action === 'die');
    assert.equal(died.exitCode, '0', 'it ended by itself');
    assert.ok(!stage.witness.events.some((e) => e.action === 'kill' && e.signal === '9'), 'no SIGKILL');
  });

  it('ends cleanly in the middle of a job, and goes on with it at the next start', async () => {
    await stage.obeys('pr', { STOP_DELAY_MS: 2500 });
    const job = await station.begin('POST', '/stacks/pr/restart', { service: 'node' });
    await until('the node was told to stop', async () =>
      (await station.get(`/jobs/${job.id}`)).job.steps.some((s) => s.kind === 'stop' && s.progress));
    const began = Date.now();
    await station.stop();
    assert.ok(Date.now() - began < 8000 * slower, `it ended in ${Date.now() - began} ms`);
    stage.control('pr', {});
    await station.start();
    assert.equal((await station.ended(job.id)).state, 'done');
    assert.ok((await engine.inspect('pr-node')).State.Running);
  });

  it('leaves the containers alone when it ends', async () => {
    const before = await engine.inspect('pr-node');
    await station.stop();
    await sleep(500);
    assert.ok((await engine.inspect('pr-node')).State.Running);
    await station.start();
    await sleep(3000);
    assert.equal((await engine.inspect('pr-node')).State.StartedAt, before.State.StartedAt, 'nor does it touch them when it starts');
    assert.deepEqual((await stage.findings()).filter((f) => f.level === 'bad'), []);
  });

  it('knows its stacks again when the volume with the data has another name', async () => {
    const { data } = station;
    const moved = path.join(stage.dir, 'another-volume');
    const dir = async () => (await station.get('/stacks/pr')).stack.data_dir;
    assert.equal(await dir(), path.join(data, 'pr'));
    await station.stop();
    assert.equal(JSON.parse(fs.readFileSync(path.join(data, 'pr/ethstation.json'), 'utf8')).data_dir, 'pr');
    fs.renameSync(data, moved);
    Object.defineProperty(station, 'data', { value: moved, configurable: true });
    try {
      await station.start();
      assert.equal(await dir(), path.join(moved, 'pr'));
      await station.stop();
    } finally {
      delete station.data;
      fs.renameSync(moved, data);
    }
    await station.start();
    assert.equal(await dir(), path.join(data, 'pr'));
    await stage.noFinding('drift.container');
  });

  it('ends at once on SIGINT, too, and on SIGTERM before it is ready', async () => {
    const extra = new Station({ dir: path.join(stage.dir, 'extra'), docker: engine.socket });
    await extra.start();
    extra.child.kill('SIGINT');
    await until('it ends', () => extra.exited, 15000);
    assert.deepEqual(extra.exited, { code: 0, signal: null });
    for (const ms of [1, 10, 30, 60]) {
      const early = new Station({ dir: path.join(stage.dir, `early${ms}`), docker: engine.socket });
      const started = early.start().catch(() => {});
      await sleep(ms * slower);
      early.child.kill('SIGTERM');
      await until('it ends', () => early.exited, 15000);
      await started;
      // before its first line of work the kernel ends it; after that it ends itself
      assert.ok(early.exited.code === 0 || early.exited.signal === 'SIGTERM', `${ms} ms: ${JSON.stringify(early.exited)}`);
      assert.doesNotMatch(early.log, /Sanitizer|runtime error/);
    }
  });

  it('forces a node that is late, when a person says so', async () => {
    // Five minutes are the recipe's patience with a node: too long to wait here. The step's own
    // argument, in the journal of a job that is resumed, is shortened instead; the rest is real.
    await stage.obeys('pr', { STOP_DELAY_MS: 120000 });
    const job = await station.begin('POST', '/stacks/pr/restart', { service: 'node' });
    await until('the node was told to stop', async () =>
      (await station.get(`/jobs/${job.id}`)).job.steps.some((s) => s.kind === 'stop' && s.progress));
    await station.stop();
    shorten(job.id);
    await station.start();
    await until('it says that the node is late', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'stop.slow', 20000 * slower);
    assert.ok((await engine.inspect('pr-node')).State.Running, 'it is not killed');
    stage.control('pr', {});
    const { status } = await station.api('POST', `/jobs/${job.id}/force`);
    assert.equal(status, 202);
    const ended = await station.ended(job.id);
    assert.equal(ended.state, 'done', JSON.stringify(ended.error));
    assert.match(ended.steps.find((s) => s.kind === 'stop').note, /force/i);
    assert.ok((await stage.events()).some((e) => e.code === 'job.forced' && e.actor === 'token:tests'), 'and who did it is kept');
    assert.ok((await engine.inspect('pr-node')).State.Running);
  });

  it('leaves as the owner wants: the containers run on, or are stopped for good, also one between two crashes', async () => {
    const leave = () => {
      const r = spawnSync(program, ['leave', '--state', station.state, '--docker', `unix://${engine.socket}`], { encoding: 'utf8', timeout: 120000 });
      assert.equal(r.status, 0, r.stdout + r.stderr);
      return r.stdout;
    };
    const loops = (c) => c.State.Restarting && c.RestartCount >= 6; // the engine waits 6 s and longer by now
    await station.stop();
    const before = await engine.inspect('pr-node');
    assert.match(leave(), /run on/);
    assert.deepEqual((await engine.inspect('pr-node')).State, before.State);

    await station.start();
    assert.equal((await station.api('PATCH', '/settings', { when_removed: 'stop' })).status, 200);
    await station.stop();
    stage.control('pr', { CRASH: 1 });
    await until('the node is between two crashes', async () => loops(await engine.inspect('pr-node')), 60000 * slower, 100);
    assert.match(leave(), /pr-node is stopped/);
    const { RestartCount } = await engine.inspect('pr-node');
    await sleep(15000);
    const after = await engine.inspect('pr-node');
    assert.deepEqual([after.State.Running, after.State.Restarting, after.RestartCount], [false, false, RestartCount]);
    stage.control('pr', {});
    await station.start();
    await until('what should run is started again', async () => (await engine.inspect('pr-node')).State.Running, 60000 * slower);
  });

  function shorten(id) {
    const script = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for n, plan in db.execute("SELECT n, plan FROM step WHERE job=?", (sys.argv[2],)).fetchall():
    p = json.loads(plan)
    if p["kind"] == "stop":
        p["args"]["timeout_s"] = 3
        db.execute("UPDATE step SET plan=? WHERE job=? AND n=?", (json.dumps(p), sys.argv[2], n))
db.commit()
`;
    const r = spawnSync('python3', ['-c', script, path.join(station.state, 'state.db'), String(id)], { encoding: 'utf8' });
    assert.equal(r.status, 0, r.stderr);
  }
});
