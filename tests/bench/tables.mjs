// tables: what a chain of 10 GB looks like to a file system: 160 table files of 64 MB, every block written.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { tree } from '../lib/files.mjs';

const FILES = 160;
const BYTES = 64e6;
export const TOTAL = FILES * BYTES;

/** The folder of the database inside a chain folder. */
export function databaseIn(folder) {
  const file = tree(folder).find((f) => /overlayrecent\/.*CURRENT$|\.sst$/.test(f));
  return path.dirname(path.join(folder, file));
}

/** Writes the table files, each with bytes of its own, as a database does: new files, never over old ones. */
export function writeTables(folder, { uid, gid } = {}) {
  const noise = randomBytes(BYTES / 8);
  for (let i = 0; i < FILES; i++) {
    const file = path.join(folder, `${String(900000 + i)}.sst`);
    fs.rmSync(file, { force: true });
    const fd = fs.openSync(file, 'wx', 0o644);
    for (let k = 0; k < 8; k++) {
      noise.writeUInt32LE(Math.floor(Math.random() * 2 ** 32), k);
      fs.writeSync(fd, noise);
    }
    fs.closeSync(fd);
    if (uid !== undefined) fs.chownSync(file, uid, gid);
  }
  execFileSync('sync', ['-f', folder]);
}

/** One sum over the table files. */
export function sumOf(folder) {
  return execFileSync('sh', ['-c', 'cat 9000*.sst 9001*.sst | sha1sum'], { cwd: folder, encoding: 'utf8' }).trim();
}

export function freeBytes(at) {
  const { bfree, bsize } = fs.statfsSync(at);
  return bfree * bsize;
}
