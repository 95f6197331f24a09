// asker: asks a program for what api.yaml says, and holds every question and answer against it.
import assert from 'node:assert/strict';

import { tree } from '../lib/files.mjs';
import { until } from '../lib/station.mjs';
import * as api from './api.mjs';

/** answered: the good answers that were seen, "operation status"; close() ends the streams that were opened. */
export function asker(station, engine) {
  const answered = new Set();
  const streams = new Set();

  function close() {
    for (const s of streams) s.close();
    streams.clear();
  }

  /** A stream as soon as there is a place for it: one that was closed a moment ago may still hold its own. */
  async function reader(target, options) {
    return until('a place for a reader', async () => {
      const stream = await api.follow(station, target, options);
      if (stream.status === 503) return null;
      streams.add(stream);
      return stream;
    }, 5000);
  }

  /** Asks an operation for one of its good answers; what is sent has to fit the file, too. */
  async function call(id, { params, query, body, headers, token, expect = 200 } = {}) {
    const op = api.operation(id);
    for (const p of op.parameters) {
      const value = p.in === 'path' ? params?.[p.name] : p.in === 'query' ? query?.[p.name] : headers?.[p.name];
      if (value !== undefined) api.assertFits(p.schema, value, `${id}: ${p.name}`);
    }
    for (const name of Object.keys(query ?? {}))
      assert.ok(op.parameters.some((p) => p.in === 'query' && p.name === name), `${id}: ${name} is not in api.yaml`);
    if (body !== undefined && !Buffer.isBuffer(body)) api.assertFits(op.body, body, `the request of ${id}`);
    const res = await api.send(station, op.method, api.target(op, params, query), { body, headers, token });
    assert.equal(res.status, expect, `${res.what}: ${res.text.slice(0, 600)}`);
    assert.ok(op.responses[expect], `${id}: ${expect} is not in api.yaml`);
    api.assertAnswer(op, res);
    answered.add(`${id} ${expect}`);
    return res;
  }

  /** Asks for a refusal. */
  async function refused(id, status, code, { params, query, body, headers, token } = {}) {
    const op = api.operation(id);
    const res = await api.send(station, op.method, api.target(op, params, query), { body, headers, token });
    api.assertError(res, status, code);
    api.assertAnswer(op, res);
    return res;
  }

  /** Does a change for real and waits for its end. */
  async function done(id, options, state = 'done') {
    const { job } = (await call(id, { ...options, expect: 202 })).json;
    for (;;) {
      const now = (await call('getJob', { params: { id: job.id }, query: { wait: 20 } })).json.job;
      if (!['done', 'failed', 'rolled_back'].includes(now.state)) continue;
      assert.equal(now.state, state, JSON.stringify(now, null, 1));
      return now;
    }
  }

  /** Every stack, once each container was looked at: a job's last one may not have been yet. */
  function lookedAt() {
    return until('every container was looked at', async () => {
      const { stacks } = (await call('listStacks')).json;
      return stacks.every((s) => s.services.every((x) => x.builtin || x.container?.presence !== 'unknown')) && stacks;
    });
  }

  /** Everything that a dry run must leave as it is. */
  async function everything() {
    const stacks = await lookedAt();
    return JSON.stringify({
      stacks: stacks.map(({ disk, ...s }) => ({ ...s, services: s.services.map(({ usage, sync, relay, kernel_limits, neighbour_now, version, ...keep }) => keep) })),
      jobs: (await call('listJobs')).json.jobs.map((j) => j.id),
      events: (await list()).filter((e) => e.type !== 'finding' && e.type !== 'station').map((e) => e.id),
      containers: (await engine.containers()).map((c) => [c.Id, c.State]).sort(),
      networks: (await engine.api('GET', '/networks')).body.map((n) => n.Id).sort(),
      files: tree(station.data).filter((f) => !f.includes('/')).sort(),
    });
  }

  async function dryRun(id, options, action) {
    const before = await everything();
    const { plan } = (await call(id, options)).json;
    assert.equal(plan.action, action);
    assert.ok(plan.steps.length > 0);
    assert.deepEqual(plan.steps.map((s) => s.n), plan.steps.map((_, i) => i + 1));
    for (const s of plan.steps) assert.deepEqual([s.state, s.started_at, s.progress], ['pending', null, null]);
    for (const w of plan.warnings) assert.ok(api.findings[w.code], w.code);
    assert.equal(await everything(), before, `${id}: the dry run changed something`);
    return plan;
  }

  async function list(query = {}) {
    return (await call('streamEvents', { query, headers: { Accept: 'application/json' } })).json.events;
  }

  return { answered, close, reader, call, refused, done, dryRun, list };
}
