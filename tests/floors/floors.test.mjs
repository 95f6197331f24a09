// floors: the house's plan, checked. A file includes only lower floors; a library's header stands only in its
// room; the page and the program share their texts; no file tells of the machine it was written on.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { tree } from '../lib/files.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const floors = ['base', 'io', 'domain', 'services', 'api'];

/** header → the files that may include it (regular expressions on paths below server/). */
const rooms = {
  'civetweb.h': /^io\/http/,
  'sqlite3.h': /^io\/(store|history)/,
  'curl/curl.h': /^io\/(fetch|ws)/,
  'wslay/': /^io\/ws/,
  'jansson.h': /^base\/json\.h$/,
  'openssl/': /^io\/crypto/,
  'yaml.h': /^domain\/compose/,
};

function sources(dir = path.join(root, 'server')) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const p = path.join(dir, e.name);
    if (e.isDirectory()) return sources(p);
    return /\.[ch]$/.test(e.name) ? [p] : [];
  });
}

const files = sources().map((p) => {
  const name = path.relative(path.join(root, 'server'), p);
  const text = fs.readFileSync(p, 'utf8');
  return { name, text, includes: [...text.matchAll(/^#include [<"]([^>"]+)[>"]/gm)].map((m) => m[1]) };
});

function floorOf(name) {
  return floors.indexOf(name.split('/')[0]);
}

/** "store" for io/store_work.c and io/store.h: files of one room share its first word. */
function roomOf(name) {
  return path.basename(name).replace(/\.[ch]$/, '').split('_')[0];
}

test('there are files to check', () => assert.ok(files.length > 40));

test('no file includes a higher floor', () => {
  const bad = [];
  for (const f of files)
    for (const inc of f.includes)
      if (floorOf(f.name) >= 0 && floorOf(inc) > floorOf(f.name)) bad.push(`${f.name} includes ${inc}`);
  assert.deepEqual(bad, []);
});

test('domain does no I/O: it includes nothing of io/', () => {
  const bad = files.filter((f) => f.name.startsWith('domain/') && f.includes.some((i) => i.startsWith('io/')));
  assert.deepEqual(bad.map((f) => f.name), []);
});

test('one library, one room', () => {
  const bad = [];
  for (const f of files)
    for (const inc of f.includes)
      for (const [header, room] of Object.entries(rooms))
        if (inc.startsWith(header) && !room.test(f.name)) bad.push(`${f.name} includes ${inc}`);
  assert.deepEqual(bad, []);
});

test('private headers stay in their room', () => {
  const bad = [];
  for (const f of files)
    for (const inc of f.includes)
      if (inc.endsWith('_priv.h') && roomOf(inc) !== roomOf(f.name)) bad.push(`${f.name} includes ${inc}`);
  assert.deepEqual(bad, []);
});

test('every header says what it is, first', () => {
  const bad = files.filter((f) => f.name.endsWith('.h') && !f.text.startsWith('/*'));
  assert.deepEqual(bad.map((f) => f.name), []);
});

test('files stay short enough to hold one thing', () => {
  const long = files.map((f) => [f.name, f.text.split('\n').length]).filter(([, n]) => n > 520);
  assert.deepEqual(long, []);
});

test('every error code of the program has a text, and every text a use', () => {
  const texts = JSON.parse(fs.readFileSync(path.join(root, 'shared/findings.json'), 'utf8'));
  const used = new Set();
  for (const f of files)
    for (const m of f.text.matchAll(/"([a-z]+\.[a-z][a-z0-9_]*)"/g)) if (!/\.(c|h|db|json|txt|sock)$/.test(m[1])) used.add(m[1]);
  const codes = (f) => [...f.text.matchAll(/err_(?:set|errno)\([^"]*?"([a-z]+\.[a-z0-9_]+)"/g)].map((m) => m[1]);
  const raised = new Set(files.flatMap(codes));
  assert.deepEqual([...raised].filter((c) => !texts[c]).sort(), [], 'codes without a text');
  assert.deepEqual(Object.keys(texts).filter((c) => !used.has(c)).sort(), [], 'texts without a use');
});

test('the C sources are formatted', () => {
  const all = ['server', 'tests'].flatMap((d) => tree(path.join(root, d)).map((f) => path.join(root, d, f)));
  const c = all.filter((f) => /\.[ch]$/.test(f) && !f.includes('node_modules'));
  const { status, stderr } = spawnSync('clang-format', ['--dry-run', '-Werror', ...c], { encoding: 'utf8' });
  assert.equal(status, 0, `./build.sh fmt mends it:\n${stderr.slice(0, 2000)}`);
});

test('shell scripts are valid', () => {
  const libs = fs.readdirSync(path.join(root, 'qpkg/static/lib')).map((f) => `qpkg/static/lib/${f}`);
  for (const f of ['build.sh', 'tests/run.sh', 'server/embed.sh', 'tests/lib/engine.sh', 'tests/lib/need.sh',
    'qpkg/static/fetch.sh', 'qpkg/static/verify.sh', 'qpkg/static/libs.sh', ...libs, 'qpkg/package.sh', 'qpkg/icons.sh', 'qpkg/header.sh',
    'qpkg/qinstall.sh', 'qpkg/package_routines', 'shared/ethstation.sh', 'tests/qts/nas/boot.sh', 'tests/qts/nas/holder.sh', 'tests/qts/nas/tools.sh'])
    execFileSync('bash', ['-n', path.join(root, f)]);
});

test('no tracked file names a place on the machine it was written on', () => {
  // status 1 = nothing found
  const { status, stdout } = spawnSync('git', ['-C', root, 'grep', '-lIE', '/(root|work|home/[a-z]+)/(main|work|src|dev)/'], { encoding: 'utf8' });
  assert.ok(status === 0 || status === 1);
  assert.equal(stdout, '');
});
