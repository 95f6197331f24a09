// The program itself: its command line, its start and end, one instance a state, jobs that exclude each other.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Stage, node, relay, until } from '../lib/fixture.mjs';
import { program } from '../lib/station.mjs';

const run = (...args) => spawnSync(program, args, { encoding: 'utf8', timeout: 20000 });

describe('the command line', () => {
  it('tells its version and its use', () => {
    assert.match(run('--version').stdout, /^ethstation \d+\.\d+\.\d+\n$/);
    assert.match(run('--help').stdout, /token create/);
  });

  it('refuses what it does not know, with status 2 and a way on', () => {
    for (const args of [['fly'], ['serve', '--wings'], ['serve', '--log-level', 'loud'], ['token', 'create'],
      ['token', 'create', '--name', 'x', '--scope', 'god'], ['serve', 'extra']]) {
      const { status, stderr } = run(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /--help/);
    }
  });

  it('says what is wrong with an address or a folder', () => {
    const dir = fs.mkdtempSync('/tmp/est-');
    const bad = run('serve', '--listen', 'nowhere', '--state', path.join(dir, 's'), '--data', path.join(dir, 'd'));
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /http\.address/);
    fs.writeFileSync(path.join(dir, 'file'), '');
    assert.equal(run('serve', '--state', path.join(dir, 'file/s'), '--data', dir).status, 1);
    fs.mkdirSync(path.join(dir, 'x'));
    fs.writeFileSync(path.join(dir, 'x/state.db'), 'this is no database, and long enough to be looked at as one'.repeat(20));
    const damaged = run('serve', '--state', path.join(dir, 'x'), '--data', dir);
    assert.equal(damaged.status, 1);
    assert.match(damaged.stderr, /state\.unreadable/);
    assert.match(fs.readFileSync(path.join(dir, 'x/state.db'), 'utf8'), /^this is no database/, 'and nothing is lost');
    fs.rmSync(dir, { recursive: true });
  });
});

describe('the program', { timeout: 240000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  before(async () => {
    await stage.set({ parity: ['1.6.8'], withRelay: true });
    await station.start();
  });
  after(() => stage.end());

  it('keeps its state to itself', () => {
    assert.equal(fs.statSync(station.state).mode & 0o777, 0o700);
    for (const f of fs.readdirSync(station.state))
      assert.equal(fs.statSync(path.join(station.state, f)).mode & 0o077, 0, f);
  });

  it('refuses a second instance on the same state', () => {
    const second = run(...station.command());
    assert.equal(second.status, 1);
    assert.match(second.stderr, /state\.locked/);
  });

  it('makes a token while it serves', async () => {
    const token = station.makeToken('while-serving', 'read');
    assert.equal((await station.api('GET', '/state', undefined, { token })).status, 200);
    assert.equal((await station.api('POST', '/stacks/x/start', {}, { token })).status, 403);
  });

  it('gives a new setup code after reset-password', async () => {
    const code = run('reset-password', '--state', station.state).stdout.match(/code (\S+)/)[1];
    const { status } = await station.api('POST', '/setup', { code, password: 'a long enough one' }, { token: null });
    assert.equal(status, 200);
    assert.equal((await station.get('/health')).owned, true);
  });

  const body = { name: 'one', services: [node('1.6.8'), relay()] };

  it('answers a repeated Idempotency-Key with the first job, also after it is done', async () => {
    const headers = { 'Idempotency-Key': 'install-one' };
    const first = await station.api('POST', '/stacks', body, { headers });
    const again = await station.api('POST', '/stacks', body, { headers });
    assert.equal(first.status, 202);
    assert.equal(again.body.job.id, first.body.job.id);
    assert.equal((await station.ended(first.body.job.id)).state, 'done');
    const late = await station.api('POST', '/stacks', body, { headers });
    assert.equal(late.body.job.id, first.body.job.id);
    const other = await station.api('POST', '/stacks', { ...body, name: 'two' }, { headers });
    assert.equal(other.status, 409);
    assert.equal(other.body.error.code, 'job.key_reused');
  });

  it('does one job a stack at a time, and says which is in the way', async () => {
    stage.control('one', { STOP_DELAY_MS: 3000 });
    await until('the double has read it', () => new Promise((r) => setTimeout(() => r(true), 500)));
    const job = await station.begin('POST', '/stacks/one/restart', { service: 'node' });
    const { status, body: answer } = await station.api('POST', '/stacks/one/stop', {});
    assert.equal(status, 409);
    assert.equal(answer.error.code, 'job.running');
    assert.equal(answer.error.job, job.id);
    assert.equal((await station.ended(job.id)).state, 'done');
  });

  it('waits for a node that stops slowly, shows the time, and goes back when cancelled', async () => {
    stage.control('one', { STOP_DELAY_MS: 6000 });
    const before = await engine.inspect('one-node');
    await until('the double has read it', () => new Promise((r) => setTimeout(() => r(true), 500)));
    const { id } = await station.begin('POST', '/stacks/one/restart', { service: 'node' });
    const stopping = await until('a countdown', async () => {
      const { job } = await station.get(`/jobs/${id}`);
      return job.steps.find((s) => s.kind === 'stop' && s.progress?.unit === 'seconds');
    });
    assert.equal(stopping.progress.total, 300, "the recipe's time");
    const early = await station.api('POST', `/jobs/${id}/force`, {});
    assert.equal(early.body.error.code, 'job.not_waiting', 'nobody kills a node that is in time');
    await station.api('POST', `/jobs/${id}/cancel`, {});
    const job = await station.ended(id);
    assert.equal(job.state, 'rolled_back');
    assert.equal(job.error.code, 'job.cancelled');
    const after = await engine.inspect('one-node');
    assert.ok(after.State.Running, 'the node runs again');
    assert.equal(after.Id, before.Id);
    assert.equal(stage.witness.events.filter((e) => e.signal === '9').length, 0, 'never a SIGKILL');
  });

  it('ends cleanly in the middle of a job, and finishes it after the next start', async () => {
    stage.control('one', { STOP_DELAY_MS: 4000 });
    await until('the double has read it', () => new Promise((r) => setTimeout(() => r(true), 500)));
    const { id } = await station.begin('POST', '/stacks/one/restart', { service: 'node' });
    await until('it is stopping', async () => (await station.get(`/jobs/${id}`)).job.steps.some((s) => s.kind === 'stop' && s.state === 'running'));
    await station.stop();
    await station.start();
    assert.equal((await station.ended(id)).state, 'done');
    assert.ok((await engine.inspect('one-node')).State.Running);
  });

  it('stays stopped when it was stopped, also over its own restart', async () => {
    stage.control('one', {});
    await station.job('POST', '/stacks/one/stop', {});
    await station.stop();
    await station.start();
    await until('connected', async () => (await station.get('/state')).engine.status === 'connected');
    assert.equal((await station.get('/state')).verdict.word, 'Stopped');
    assert.equal((await engine.inspect('one-node')).State.Running, false);
    assert.equal((await engine.inspect('one-node')).HostConfig.RestartPolicy.Name, 'no', 'nor does the engine start it');
  });
});
