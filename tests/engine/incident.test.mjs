// Incidents: real ends of real containers. Each is one card, complete within three seconds, right in its cause and
// its figures: a limit, a child's kill, a limit above it, faults, a signal from outside. Page cache is none.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, limits, node, script, sleep, slower, until } from '../lib/fixture.mjs';

const demo = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../build/demo');
const COMPLETE_MS = 3000;

describe('incidents', { timeout: 240000, concurrency: false }, () => {
  const stage = new Stage();
  const { station, engine, witness } = stage;
  const group = `est-above-${process.pid}`;
  const above = `/sys/fs/cgroup/memory/${group}`;
  const NAMES = ['low', 'kid', 'many', 'odd'];

  before(async () => {
    await stage.set({ parity: ['1.6.8'], engineArgs: ['--cgroup-parent', `/${group}`] });
    script('demo/image.sh', engine.socket, demo);
    await station.start();
    await Promise.all([
      ...NAMES.map((name) => station.job('POST', '/stacks', { name, services: [node('1.6.8', { limits: limits({ memory_bytes: (name === 'low' ? 64 : 256) * MiB }) })] })),
      station.job('POST', '/stacks', { name: 'js', services: [{ name: 'node', recipe: 'ethereumjs', ports: [], limits: limits({ memory_bytes: 700 * MiB }) }] }),
    ]);
  });
  after(async () => {
    await stage.end();
    for (const controller of fs.readdirSync('/sys/fs/cgroup')) {
      const dir = path.join('/sys/fs/cgroup', controller, group);
      if (fs.existsSync(dir)) fs.rmdirSync(dir);
    }
  });

  const list = async (stack) => (await station.get(`/stacks/${stack}/incidents`)).incidents;
  const whole = async (stack, id) => (await station.get(`/stacks/${stack}/incidents/${id}`)).incident;
  const died = (stack) => until(`${stack} has ended`, () => witness.events.find((e) => e.action === 'die' && e.name === `${stack}-node`), 30000 * slower, 5);
  const lives = (stack) => until(`${stack} runs`, async () => (await station.service(stack, 'node')).container.state === 'running', 30000 * slower);
  const near = (a, b, part, what) => assert.ok(Math.abs(a - b) <= part * b, `${what}: ${a}, not about ${b}`);

  /** What `strike` does to the stack, as the one card that comes of it, within three seconds of the engine's word. */
  async function card(stack, strike, seen = died) {
    await lives(stack);
    const known = (await list(stack)).length;
    witness.events.length = 0;
    await strike();
    const { at } = await seen(stack);
    stage.control(stack, {});
    const [one] = await until(`the card of ${stack}`, async () => {
      const now = await list(stack);
      return now.length > known && now;
    }, COMPLETE_MS * slower, 20);
    const took = Date.now() - at;
    console.log(`# ${stack}: ${one.cause}${one.child ? ', a child' : ''}, by ${one.witnesses.join(', ')}; complete after ${took.toFixed(0)} ms`);
    assert.ok(took <= COMPLETE_MS * slower, `complete after ${took} ms`);
    const it = await whole(stack, one.id);
    assert.ok(it.log.length <= 200 && (it.log.length > 0 || !it.witnesses.includes('exit_code')));
    assert.ok(it.changes.some((c) => /Install/.test(c.message)), 'what was changed in the hour before');
    assert.ok(it.hint.length > 20);
    return it;
  }

  it('a 300 MB file in a container of 64 MB is none', async () => {
    stage.control('low', { READ_MB: 300 });
    await until('the cache is at the limit', async () => (await station.service('low', 'node')).usage?.cache_bytes > 45 * MiB, 30000 * slower);
    await sleep(3000);
    stage.control('low', {});
    assert.deepEqual(await list('low'), []);
    assert.deepEqual(await stage.findings('memory.oom'), []);
  });

  it('a limit: the kernel, the engine and the exit code are one incident with one cause', async () => {
    let read;
    await until('its block was read', async () => (read = (await station.service('many', 'node')).sync)?.current_block > 0, 20000 * slower)
      .catch((e) => Promise.reject(new Error(`${e.message}: ${JSON.stringify(read)}\n${station.log.slice(-3000)}`)));
    const it = await card('many', () => stage.control('many', { HEAP_MB: 400 }));
    assert.deepEqual([it.cause, it.child, it.ended, it.exit_code, it.code], ['limit', false, true, 137, 'memory.oom']);
    for (const w of ['kernel_log', 'engine_event', 'exit_code']) assert.ok(it.witnesses.includes(w), w);
    assert.equal(it.limit_bytes, 256 * MiB);
    assert.match(it.message, /256.MiB/);
    near(it.host_total_bytes, Number(fs.readFileSync('/proc/meminfo', 'utf8').match(/MemTotal: +(\d+)/)[1]) * 1024, 0.001, 'memory of the NAS');
    assert.ok(it.block > 0 && it.host_available_bytes > 0);
    const m = it.minutes;
    assert.equal(m.step_ms, 1000);
    assert.ok(m.needed_bytes.filter((v) => v !== null).length >= 3, 'readings at 1 s');
    assert.ok(m.from_at <= it.at - 599000 && m.needed_bytes.length >= 600, 'ten minutes');
    assert.deepEqual(it.ways.map((w) => w.kind), ['more', 'guard', 'leave']);
    const f = await stage.finding('memory.oom', 'node');
    assert.equal(f.message, it.message);
    await until('it tells that it runs again', async () => (await whole('many', it.id)).again_at >= it.at, 20000 * slower);
  });

  it('the finding goes when its owner leaves it, and does not come back with a restart of the program', async () => {
    const [it] = await list('many');
    const leave = (await whole('many', it.id)).ways.find((w) => w.kind === 'leave').action;
    const { status, body } = await station.api(leave.method, leave.path, leave.body);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(body.incident.seen_at >= it.at);
    await stage.noFinding('memory.oom');
    await station.stop();
    await station.start();
    assert.equal((await whole('many', it.id)).seen_at, body.incident.seen_at);
    await lives('many');
    assert.deepEqual(await stage.findings('memory.oom'), []);
  });

  it("more, when it is pressed, is the kernel's limit", async () => {
    const [it] = await list('many');
    const { action, text } = (await whole('many', it.id)).ways.find((w) => w.kind === 'more');
    assert.match(text, /keeps/);
    await station.job(action.method, action.path, action.body);
    assert.equal(Number(fs.readFileSync(`${above}/${(await engine.inspect('many-node')).Id}/memory.limit_in_bytes`, 'utf8')), 384 * MiB);
  });

  it('a child: the node lives', async () => {
    const before = await engine.inspect('kid-node');
    const it = await card('kid', () => stage.control('kid', { CHILD_MB: 401 }),
      () => until('the engine tells it', () => witness.events.find((e) => e.action === 'oom' && e.name === 'kid-node'), 30000 * slower, 5));
    assert.deepEqual([it.cause, it.child, it.ended, it.exit_code], ['limit', true, false, null]);
    assert.ok(it.witnesses.includes('kernel_log') && it.process, JSON.stringify(it.witnesses));
    assert.equal((await engine.inspect('kid-node')).State.StartedAt, before.State.StartedAt);
    await sleep(2500);
    assert.equal((await list('kid')).length, 1, 'once');
  });

  it('a limit above it: its own was far away', async () => {
    const used = Number(fs.readFileSync(`${above}/memory.usage_in_bytes`, 'utf8'));
    const it = await card('kid', () => {
      fs.writeFileSync(`${above}/memory.limit_in_bytes`, String(used + 60 * MiB));
      stage.control('kid', { HEAP_MB: 220 });
    });
    fs.writeFileSync(`${above}/memory.limit_in_bytes`, '-1');
    assert.deepEqual([it.cause, it.child, it.exit_code, it.code], ['group', false, 137, 'memory.group']);
    assert.ok(it.needed_bytes < 256 * MiB);
    await sleep(1500);
    for (const name of ['odd', 'low', 'many']) assert.equal((await list(name)).length, name === 'many' ? 1 : 0, `${name}: only told of it`);
    assert.deepEqual(it.ways.map((w) => [w.kind, w.possible]), [['above', false], ['guard', true], ['leave', true]]);
  });

  it('an engine that is late: the kernel tells it in time, and it stays one incident', async () => {
    await lives('kid');
    const { Pid } = (await engine.inspect('kid-node')).State, stat = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    const shim = Number(stat(Pid)[1]); // it tells the engine
    const it = await card('kid', () => {
      process.kill(shim, 'SIGSTOP');
      stage.control('kid', { HEAP_MB: 400 });
    }, () => until('the kernel ended it', () => stat(Pid)[0] === 'Z' && { at: Date.now() }, 30000 * slower, 5)).finally(() => process.kill(shim, 'SIGCONT'));
    assert.deepEqual([it.cause, it.child, it.ended, it.exit_code, it.again_at], ['limit', false, true, 137, null]);
    assert.deepEqual(it.witnesses, ['kernel_log', 'kernel_counter']);
    const known = (await list('kid')).length;
    await died('kid');
    const later = await until('the engine told it as well', async () => {
      const now = await whole('kid', it.id);
      return now.witnesses.includes('exit_code') && now.again_at && now;
    }, 20000 * slower);
    assert.ok(later.log.length > 0);
    await sleep(2500);
    assert.equal((await list('kid')).length, known, 'once');
  });

  it('faults, a processor too old and a signal from outside are told apart', async () => {
    for (const [code, cause, named] of [[139, 'fault', 'service.fault'], [132, 'processor', 'service.bad_cpu'], [3, 'ended', 'service.ended']]) {
      const it = await card('odd', () => stage.control('odd', { CRASH: '1', EXIT_CODE: code, CRASH_MESSAGE: `ends with ${code}` }));
      assert.deepEqual([it.cause, it.exit_code, it.code, it.witnesses], [cause, code, named, ['exit_code']]);
      assert.match(it.log.at(-1).text, new RegExp(`ends with ${code}`));
      assert.deepEqual(it.ways.map((w) => w.kind), ['leave']);
    }
    const { status, body } = await station.api('POST', `/stacks/odd/incidents/${(await list('odd')).at(-1).id}/seen`, { only_again: true });
    assert.deepEqual([status, body.error.code], [409, 'incident.older'], 'chosen at the newest one');
    await lives('low');
    const it = await card('low', async () => process.kill((await engine.inspect('low-node')).State.Pid, 'SIGKILL'));
    assert.deepEqual([it.cause, it.exit_code, it.code], ['killed', 137, 'service.killed']);
    assert.deepEqual(await stage.findings('memory.oom').then((all) => all.filter((f) => f.stack === 'low')), [], 'no lack of memory');
  });

  it('what the engine was asked for is none', async () => {
    await lives('low');
    const known = (await list('low')).length;
    witness.events.length = 0;
    await engine.api('POST', '/containers/low-node/kill?signal=SIGKILL');
    await died('low');
    await sleep(2500);
    assert.equal((await list('low')).length, known);
  });

  it('a real node that needs more than its limit', async () => {
    await lives('js');
    const { needed_bytes: need } = await until('it was read', async () => (await station.service('js', 'node')).usage, 20000);
    const limit = Math.ceil((need + 24 * MiB) / MiB) * MiB;
    const pid = (await engine.inspect('js-node')).State.Pid;
    fs.writeFileSync('/proc/sys/vm/drop_caches', '1');
    await station.job('PUT', '/stacks/js/services/node/limits', { limits: limits({ memory_bytes: limit }) });
    const it = await card('js', () => asks(pid), died);
    assert.deepEqual([it.cause, it.child, it.exit_code], ['limit', false, 137]);
    assert.equal(it.limit_bytes, limit);
    assert.ok(it.needed_bytes > need / 2 && it.needed_bytes <= limit, `${it.needed_bytes} of ${limit}`);
    assert.equal(it.process, 'node');
    const cache = it.ways.find((w) => w.kind === 'more');
    assert.equal(cache.possible, true);
  });

  /** Large questions, so that the node needs memory for them. */
  function asks(pid) {
    const file = path.join(stage.dir, 'question');
    fs.writeFileSync(file, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'web3_sha3', params: [`0x${'ab'.repeat(8 * MiB)}`] }));
    for (let i = 0; i < 12; i++)
      spawn('nsenter', ['-t', String(pid), '-n', 'curl', '-s', '-o', '/dev/null', '--max-time', '20', '-H', 'Content-Type: application/json', '--data-binary', `@${file}`, 'http://127.0.0.1:8545/'], { stdio: 'ignore' });
  }
});
