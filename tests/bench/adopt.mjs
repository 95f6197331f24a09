// adopt: taking over a node whose chain of 10 GB lies in its container's own layer, beside `docker cp` of the same.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { images, until } from '../lib/fixture.mjs';
import { n, stage, table, target, timed, watchMachine } from './bench.mjs';
import { TOTAL, databaseIn, sumOf, writeTables } from './tables.mjs';

const HOME = '/root/.parity'; // of a 1.3 without arguments

const s = stage();
const { engine, station } = s;

try {
  await s.set({ parity: ['1.3.9'] });
  await station.start();
  await engine.api('POST', '/containers/create?name=old', { Image: images['1.3.9'] });
  await engine.api('POST', '/containers/old/start');
  const layer = path.join((await engine.inspect('old')).GraphDriver.Data.UpperDir, HOME);
  await until('it has a chain', () => fs.existsSync(layer) && Object.keys(s.heights(layer)).length > 0, 30000);
  await engine.api('POST', '/containers/old/stop');
  const db = databaseIn(layer);
  writeTables(db);
  const sum = sumOf(db);

  const machine = watchMachine();
  const other = path.join(s.dir, 'cp');
  const cp = await timed(() => (execFileSync('docker', ['-H', `unix://${engine.socket}`, 'cp', `old:${HOME}`, other]), execFileSync('sync', ['-f', s.dir])));
  fs.rmSync(other, { recursive: true });
  const job = await station.job('POST', '/adopt', { containers: ['old'], name: 'home' });
  const step = job.steps.find((x) => x.kind === 'move_in');
  const ms = step.ended_at - step.started_at;
  table(`adopt: ${n(TOTAL / 1e9, 1)} GB in the container's own layer (${machine()})`, ['', 'ms'], [
    ['ethstation, the chain moved', n(ms, 0)],
    ['ethstation, the whole job', n(job.ended_at - job.started_at, 0)],
    ['docker cp, synced', n(cp, 0)],
  ]);
  console.log(`  ${n(cp / Math.max(ms, 1), 0)} times as fast as docker cp`);
  target('the chain moved', ms / 1000, 2, 's');
  const moved = path.join(s.folder('home'), 'node', path.relative(layer, db));
  target('files that changed on the way', sumOf(moved) === sum ? 0 : 1, 0, '');
} finally {
  await s.end();
}
