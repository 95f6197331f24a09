// api: shared/api.yaml as the tests need it: its operations, schemas that allow nothing unsaid, and requests as
// a hostile client would make them (any header, any path).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import YAML from 'yaml';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');

export const text = read('shared/api.yaml');
export const doc = YAML.parse(text);
export const findings = JSON.parse(read('shared/findings.json'));
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Follows a local reference; members beside $ref win. */
export function deref(node) {
  if (!node?.$ref) return node;
  const { $ref, ...rest } = node;
  const target = $ref.slice(2).split('/').reduce((at, part) => at?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], doc);
  assert.ok(target, `${$ref} is not in api.yaml`);
  return { ...deref(target), ...rest };
}

export const operations = Object.entries(doc.paths).flatMap(([route, item]) =>
  METHODS.filter((m) => item[m]).map((m) => ({
    id: item[m].operationId,
    method: m.toUpperCase(),
    path: (item.servers?.[0].url === '/' ? '' : doc.servers[0].url) + route,
    public: item[m].security?.length === 0,
    scope: item[m]['x-scope'] ?? null,
    parameters: [...(item.parameters ?? []), ...(item[m].parameters ?? [])].map(deref),
    body: deref(item[m].requestBody)?.content['application/json']?.schema ?? null,
    responses: Object.fromEntries(Object.entries(item[m].responses).map(([s, r]) => [s, deref(r)])),
  })),
);

export function operation(id) {
  const found = operations.find((o) => o.id === id);
  assert.ok(found, `api.yaml has no operation ${id}`);
  return found;
}

/* ---- schemas ---- */

/** A copy without references. `closed`: an object that lists its members may have no others. */
function whole(schema, closed, branch = false) {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (schema.$ref) return whole(deref(schema), closed, branch);
  const out = { ...schema };
  if (out.properties)
    out.properties = Object.fromEntries(Object.entries(out.properties).map(([k, v]) => [k, whole(v, closed)]));
  for (const key of ['items', 'additionalProperties']) if (key in out) out[key] = whole(out[key], closed);
  for (const key of ['anyOf', 'oneOf']) if (out[key]) out[key] = out[key].map((s) => whole(s, closed));
  if (out.allOf) out.allOf = out.allOf.map((s) => whole(s, closed, true));
  if (closed && !branch && (out.properties || out.allOf) && !('additionalProperties' in out)) out.unevaluatedProperties = false;
  return out;
}

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const compiled = new Map();

/** A validator; what the program answers is compared with closed schemas. */
export function validator(schema, closed = true) {
  const key = JSON.stringify([schema, closed]);
  if (!compiled.has(key)) compiled.set(key, ajv.compile(whole(schema, closed)));
  return compiled.get(key);
}

export function assertFits(schema, value, what) {
  const fits = validator(schema);
  if (!fits(value)) {
    const errors = fits.errors.map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`).slice(0, 8);
    assert.fail(`${what} does not fit api.yaml:\n  ${errors.join('\n  ')}\n${JSON.stringify(value).slice(0, 1500)}`);
  }
}

export function assertNamed(name, value) {
  assertFits({ $ref: `#/components/schemas/${name}` }, value, name);
}

/* ---- requests ---- */

export const cookieOf = (res) => res.headers['set-cookie']?.[0]?.split(';')[0] ?? null;

function open(station, method, target, { token = station.token, headers = {}, body, localAddress } = {}) {
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return http.request({
    host: '127.0.0.1',
    port: station.port,
    method,
    path: target,
    agent: false,
    localAddress,
    headers: {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(payload === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
      ...headers,
    },
  }).on('socket', (s) => s.setNoDelay()).end(payload);
}

/** One request and its whole answer; `target` is the path as it goes over the wire. */
export function send(station, method, target, options = {}) {
  return new Promise((resolve, reject) => {
    const req = open(station, method, target, options);
    const timer = setTimeout(() => req.destroy(new Error(`${method} ${target}: no whole answer`)), options.timeout ?? 70000);
    req.on('close', () => clearTimeout(timer));
    req.on('error', reject);
    req.on('response', (res) => {
      const chunks = [];
      res.on('data', (d) => chunks.push(d));
      res.on('error', reject);
      res.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const out = bytes.toString();
        let json;
        try {
          json = JSON.parse(out);
        } catch {
          json = undefined; // not JSON
        }
        resolve({ status: res.statusCode, headers: res.headers, bytes, text: out, json, what: `${method} ${target}` });
      });
    });
  });
}

/** An answer that goes on: `text` grows; `until(fn)` resolves with what fn finds in it. */
export function follow(station, target, options = {}) {
  return new Promise((resolve, reject) => {
    const req = open(station, 'GET', target, options);
    req.on('error', (e) => (stream.ended ? undefined : reject(e)));
    const stream = { text: '', at: [], ended: false, waiting: [] };
    const wake = () => stream.waiting.splice(0).forEach((w) => w());
    stream.close = () => {
      stream.ended = true;
      req.destroy();
    };
    stream.until = async (what, find, ms = 15000) => {
      const end = Date.now() + ms;
      for (;;) {
        const found = find(stream.text);
        if (found) return found;
        const left = end - Date.now();
        if (left <= 0 || stream.ended) throw new Error(`${target}: ${what} did not come:\n${stream.text.slice(-1500)}`);
        await new Promise((r) => {
          const timer = setTimeout(r, left);
          stream.waiting.push(() => (clearTimeout(timer), r()));
        });
      }
    };
    req.on('response', (res) => {
      Object.assign(stream, { status: res.statusCode, headers: res.headers });
      res.setEncoding('utf8');
      res.on('data', (d) => {
        stream.text += d;
        stream.at.push(Date.now());
        wake();
      });
      res.on('error', () => (stream.ended = true));
      res.on('close', () => ((stream.ended = true), wake()));
      resolve(stream);
    });
  });
}

/** Bytes as they are, one connection; resolves with all that came until it was closed (or for ms). */
export function raw(station, bytes, ms = 3000) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(station.port, '127.0.0.1', () => socket.write(bytes));
    let out = '';
    const done = () => (socket.destroy(), resolve(out));
    const timer = setTimeout(done, ms);
    socket.setEncoding('latin1');
    socket.on('data', (d) => (out += d));
    socket.on('error', (e) => (clearTimeout(timer), out ? resolve(out) : reject(e)));
    socket.on('close', () => (clearTimeout(timer), resolve(out)));
  });
}

/** A path of an operation with its parts and query filled in. */
export function target(op, params = {}, query = {}) {
  const route = op.path.replace(/\{(\w+)\}/g, (_, name) => {
    assert.ok(name in params, `${op.id} needs ${name}`);
    return encodeURIComponent(params[name]);
  });
  const q = new URLSearchParams(query).toString();
  return q ? `${route}?${q}` : route;
}

/* ---- answers ---- */

/** An answer of an operation: its status is in the file, its type too, and its body fits. */
export function assertAnswer(op, res) {
  const said = op.responses[res.status] ?? op.responses.default;
  assert.ok(said, `${res.what}: api.yaml says nothing about ${res.status}`);
  const type = res.headers['content-type']?.split(';')[0];
  if (!said.content) {
    assert.equal(res.text, '', `${res.what}: ${res.status} has a body`);
    return;
  }
  assert.ok(said.content[type], `${res.what}: ${res.status} is ${type}, api.yaml says ${Object.keys(said.content)}`);
  if (type === 'application/json') {
    assert.notEqual(res.json, undefined, `${res.what}: not JSON: ${res.text.slice(0, 300)}`);
    assertFits(said.content[type].schema, res.json, `${res.what} ${res.status}`);
  }
}

/** A copy of `base` for each way to spoil it: every member with values of every kind, missing, or one too many. */
export function* spoiled(base, values, at = []) {
  const set = (where, change) => {
    const copy = structuredClone(base);
    let node = copy;
    for (const k of where.slice(0, -1)) node = node[k];
    change(node, where.at(-1));
    return copy;
  };
  const here = at.reduce((n, k) => n[k], base);
  if (here === null || typeof here !== 'object') return;
  if (!Array.isArray(here)) yield { at, value: 'one more', body: set([...at, 'colour'], (n, k) => (n[k] = 'green')) };
  for (const key of Object.keys(here)) {
    const where = [...at, Array.isArray(here) ? Number(key) : key];
    for (const value of values) yield { at: where, value, body: set(where, (n, k) => (n[k] = value)) };
    if (!Array.isArray(here)) yield { at: where, value: undefined, body: set(where, (n, k) => delete n[k]) };
    yield* spoiled(base, values, where);
  }
}

/** An error as every error has to be. */
export function assertError(res, status, code) {
  const e = res.json?.error;
  assert.ok(e, `${res.what}: ${res.status} is no error: ${res.text.slice(0, 300)}`);
  assertNamed('Error', res.json);
  assert.ok(findings[e.code], `${e.code} is not in findings.json`);
  assert.equal(e.hint, findings[e.code].hint);
  assert.match(e.message, /\S/);
  if (code) assert.equal(e.code, code, `${res.what}: ${e.message}`);
  if (status) assert.equal(res.status, status, `${res.what}: ${e.code} ${e.message}`);
}
