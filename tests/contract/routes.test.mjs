// routes: the program's own table of routes against shared/api.yaml.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import * as api from './api.mjs';

function table() {
  const source = fs.readFileSync(path.join(api.root, 'server/api/routes.c'), 'utf8');
  const macros = Object.fromEntries([...source.matchAll(/^#define (\w+) (.+)$/gm)].map((m) => [m[1], m[2]]));
  const expand = (e) => e.match(/"[^"]*"|\w+/g).map((p) => (p[0] === '"' ? p.slice(1, -1) : expand(macros[p]))).join('');
  const rows = [...source.matchAll(/^\t\{"([A-Z]+)", (.+?), SCOPE_(\w+), api_(\w+), (.+?)\},$/gm)];
  assert.equal(rows.length, source.match(/^\t\{"/gm).length, 'a row of routes.c is not understood');
  return rows.map(([, method, where, scope, handler, flags]) => ({
    row: `${method} ${expand(where)}`,
    handler,
    scope: scope === 'NONE' ? null : scope.toLowerCase(),
    public: /ROUTE_PUBLIC/.test(flags),
    idempotent: /ROUTE_IDEMPOTENT/.test(flags),
  }));
}

test('the program and the file know the same operations, scopes and keys', () => {
  const rows = table();
  const of = (fn) => rows.map((r) => `${r.row} ${fn(r)}`).sort();
  const said = (fn) => api.operations.map((o) => `${o.method} ${o.path} ${fn(o)}`).sort();
  const snake = (id) => id.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  assert.deepEqual(of((r) => r.handler), said((o) => snake(o.id)));
  assert.deepEqual(of((r) => r.scope), said((o) => o.scope));
  assert.deepEqual(of((r) => r.public), said((o) => o.public));
  assert.deepEqual(of((r) => r.idempotent), said((o) => o.parameters.some((p) => p.name === 'Idempotency-Key')));
  for (const o of api.operations) {
    assert.equal(o.public, o.scope === null, `${o.id}: either public or with a scope`);
    const inPath = [...o.path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
    assert.deepEqual(o.parameters.filter((p) => p.in === 'path').map((p) => p.name).sort(), inPath.sort(), o.id);
    if (!o.public || o.method !== 'GET') assert.ok(o.responses.default, `${o.id} has no errors`);
  }
});
