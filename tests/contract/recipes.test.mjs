// recipes: the recipes' schema over the shipped recipes and over the examples that the program's own parser is
// tested with, so that both say the same; and the form of the texts.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { findings, root } from './api.mjs';

const shipped = path.join(root, 'shared/recipes');
const examples = path.join(root, 'tests/unit/recipes');
const schema = JSON.parse(fs.readFileSync(path.join(shipped, 'schema.json'), 'utf8'));
const fits = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(schema);

/** Every file of a folder; value is undefined when it is no JSON at all. */
function files(dir) {
  return fs.readdirSync(dir).filter((f) => f.endsWith('.json') && f !== 'schema.json').sort().map((name) => {
    const text = fs.readFileSync(path.join(dir, name), 'utf8');
    try {
      return { name, text, value: JSON.parse(text) };
    } catch {
      return { name, text, value: undefined };
    }
  });
}

function errorsOf(value) {
  return fits(value) ? '' : fits.errors.map((e) => `${e.instancePath} ${e.message}`).join('\n');
}

test('every shipped recipe fits the schema', () => {
  const all = files(shipped);
  assert.deepEqual(all.map((f) => f.name), ['ethereumjs.json', 'ethnetintel.json', 'ethstats.json', 'parity.json']);
  for (const f of all) {
    assert.equal(errorsOf(f.value), '', f.name);
    assert.equal(`${f.value.id}.json`, f.name);
    assert.equal(f.value.$schema, 'schema.json');
  }
});

test('good examples fit', () => {
  const all = files(path.join(examples, 'good'));
  assert.ok(all.length >= 2);
  for (const f of all) assert.equal(errorsOf(f.value), '', f.name);
});

test('bad examples do not', () => {
  const all = files(path.join(examples, 'bad'));
  assert.ok(all.length > 50);
  for (const f of all) {
    assert.notEqual(f.value, undefined, `${f.name} is no JSON: it belongs to bad_meaning`);
    assert.notEqual(errorsOf(f.value), '', `${f.name} fits the schema`);
  }
});

test('what only the program can find wrong fits the schema', () => {
  const all = files(path.join(examples, 'bad_meaning')).filter((f) => f.value !== undefined);
  assert.ok(all.length > 20);
  for (const f of all) assert.equal(errorsOf(f.value), '', f.name);
});

test('one member more or one required member less never fits', () => {
  const { value } = files(path.join(examples, 'good')).find((f) => f.name === 'minimal.json');
  assert.notEqual(errorsOf({ ...value, colour: 'green' }), '');
  for (const key of schema.required) {
    const less = { ...value };
    delete less[key];
    assert.notEqual(errorsOf(less), '', `without ${key}`);
  }
});

test('findings.json is a table of codes with one hint each, sorted, in plain sentences', () => {
  const codes = Object.keys(findings);
  assert.deepEqual(codes, [...codes].sort());
  for (const [code, entry] of Object.entries(findings)) {
    assert.match(code, /^[a-z]+\.[a-z][a-z0-9_]*$/);
    assert.ok(code.length < 48, `${code} is longer than the program keeps`);
    assert.deepEqual(Object.keys(entry), ['hint'], code);
    assert.match(entry.hint, /^\S.*\.$/s, code);
    assert.ok(entry.hint.length <= 300, `${code} is no hint, it is an essay`);
    assert.doesNotMatch(entry.hint, /[\n\t]| {2}/, code);
  }
});
