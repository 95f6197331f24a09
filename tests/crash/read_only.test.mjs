// All folders of data turn read-only under every kind of job, as after an error of the file system (world.mjs).
import { execFileSync } from 'node:child_process';

import { until } from '../lib/fixture.mjs';
import { diskSuite } from './world.mjs';

const remount = (at, how) => execFileSync('mount', ['-o', `remount,bind,${how}`, at], { stdio: 'pipe' });

/** A file that is being written defers it. */
function turns(at) {
  return until(`${at} is read-only`, () => {
    try {
      remount(at, 'ro');
      return true;
    } catch {
      return false;
    }
  }, 5000, 5);
}

diskSuite('read-only folder', 'r', async (world) => {
  const folders = world.workers.map((w) => w.station.data);
  for (const at of folders) await turns(at);
  return () => folders.forEach((at) => remount(at, 'rw'));
});
