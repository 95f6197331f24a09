// formats: readers that take nothing but what their specification allows: Server-Sent Events, lines of a log, Prometheus text.
import assert from 'node:assert/strict';

import * as api from './api.mjs';

/** The whole frames of an event stream; a comment alone is no frame. */
export function frames(text) {
  return text.split('\n\n').slice(0, -1).flatMap((block) => {
    const f = {};
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) continue;
      const m = /^(id|event|data|retry): ?(.*)$/.exec(line);
      assert.ok(m, `no line of an event stream: ${JSON.stringify(line)}`);
      assert.ok(!(m[1] in f), `${m[1]} twice in one frame`);
      f[m[1]] = m[2];
    }
    if (Object.keys(f).length === 0) return [];
    assert.ok('data' in f, `a frame without data is never delivered: ${block}`);
    return [{ ...f, json: JSON.parse(f.data) }];
  });
}

/** The frames of our own stream of events, each as api.yaml has it. */
export function checkFrames(text) {
  const got = frames(text);
  for (const f of got) {
    assert.ok(['event', 'state', 'live', 'reset'].includes(f.event), `unknown event ${f.event}`);
    if (f.event === 'event') {
      api.assertNamed('Event', f.json);
      assert.equal(f.id, String(f.json.id));
    } else if (f.event !== 'reset') {
      api.assertNamed({ state: 'State', live: 'Live' }[f.event], f.json);
      assert.equal(f.id, undefined, `${f.event} must not move Last-Event-ID`);
    }
  }
  return got;
}

/* A line of a log: no control character but the tab. */
const LOG_LINE = {
  type: 'object',
  additionalProperties: false,
  required: ['at', 'stream', 'text'],
  properties: { at: { type: 'integer', minimum: 1 }, stream: { enum: ['stdout', 'stderr'] }, text: { type: 'string', pattern: '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$' } },
};

export function logLines(text) {
  assert.ok(text === '' || text.endsWith('\n'));
  return text.split('\n').slice(0, -1).map((line) => {
    const j = JSON.parse(line);
    api.assertFits(LOG_LINE, j, 'a line of the log');
    return j;
  });
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? ([^ ]+)$`);
const NUMBER = /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|NaN|[+-]Inf)$/;

/** Checks the text exposition format 0.0.4; returns its samples. */
export function checkMetrics(text) {
  const samples = [], types = new Map(), seen = new Set();
  let family = null;
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  for (const line of text.split('\n').slice(0, -1)) {
    const meta = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    if (meta) {
      const [, kind, name, rest] = meta;
      assert.ok(!seen.has(`${kind} ${name}`), `${kind} ${name} twice`);
      seen.add(`${kind} ${name}`);
      assert.ok(kind === 'HELP' || /^(counter|gauge|histogram|summary|untyped)$/.test(rest), line);
      if (kind === 'TYPE') types.set(name, rest);
      family = name;
      continue;
    }
    const m = SAMPLE.exec(line);
    assert.ok(m, `no line of Prometheus text: ${JSON.stringify(line)}`);
    const [, name, labels = '', value] = m;
    assert.equal(name, family, `${name} stands outside its family`);
    assert.ok(types.has(name), `${name} has no type`);
    assert.equal(types.get(name) === 'counter', name.endsWith('_total'), `${name}: counters, and only they, end in _total`);
    assert.match(value, NUMBER, line);
    assert.ok(!seen.has(`${name}{${labels}}`), `${line} twice`);
    seen.add(`${name}{${labels}}`);
    const pairs = [...labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map((l) => [l[1], l[2]]);
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return samples;
}
