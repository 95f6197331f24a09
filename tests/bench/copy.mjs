// copy: a copy of a chain of 10 GB by the program, beside `cp -a` of the same files; and whether it still holds
// every byte after the node's own files were all written anew.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { node } from '../lib/fixture.mjs';
import { n, stage, table, target, timed, watchMachine } from './bench.mjs';
import { TOTAL, databaseIn, freeBytes, sumOf, writeTables } from './tables.mjs';

const s = stage();
const { station } = s;

try {
  await s.set({ parity: ['1.6.8'] });
  await station.start();
  await station.job('POST', '/stacks', { name: 'home', services: [node('1.6.8')] });
  await s.grows('home', 5);
  await station.job('POST', '/stacks/home/stop');
  const folder = path.join(s.folder('home'), 'node'), db = databaseIn(folder);
  writeTables(db);
  const sum = sumOf(db);

  const machine = watchMachine();
  const before = freeBytes(folder);
  const job = await station.job('POST', '/stacks/home/copy');
  const step = job.steps.find((x) => x.kind === 'copy');
  const ms = step.ended_at - step.started_at;
  execFileSync('sync', ['-f', folder]);
  const extra = before - freeBytes(folder);
  const other = path.join(s.dir, 'cp');
  const cp = await timed(() => (execFileSync('cp', ['-a', folder, other]), execFileSync('sync', ['-f', other])));
  table(`copy: ${n(TOTAL / 1e9, 1)} GB in 160 files (${machine()})`, ['', 'ms', 'extra MB'], [
    ['ethstation', n(ms, 0), n(extra / 1e6)],
    ['cp -a, synced', n(cp, 0), n(TOTAL / 1e6, 0)],
  ]);
  console.log(`  ${n(cp / ms, 0)} times as fast as cp -a`);
  target('the copy', ms / 1000, 1, 's');
  target('extra space', (100 * extra) / TOTAL, 1, '%');

  fs.rmSync(other, { recursive: true });
  writeTables(db);
  const { kept } = await station.get('/stacks/home/chains');
  const copied = path.join(s.folder('home'), 'kept', kept[0].id, 'node', path.relative(folder, db));
  target('files of the copy that changed when the chain was written anew', sumOf(copied) === sum && sumOf(db) !== sum ? 0 : 1, 0, '');
} finally {
  await s.end();
}
