// Files on the disk, as tests look at them, and disks that are full.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const MiB = 1024 * 1024;

/**
 * Every path below a folder, relative to it, links not followed. (readdir's own "recursive" of Node 18, Debian's,
 * takes a socket for a folder.)
 */
export function tree(folder, below = '') {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((e) => {
    const name = path.join(below, e.name);
    return e.isDirectory() ? [name, ...tree(folder, name)] : [name];
  });
}

/** Bytes that are left on a volume. */
export const free = (at) => {
  const { bavail, bsize } = fs.statfsSync(at);
  return bavail * bsize;
};

/** Fills a volume up to `left` bytes; the answer makes the room again. */
export function fill(at, left = 0) {
  const file = path.join(at, 'somebody-else');
  const most = Math.floor((free(at) - left) / MiB) - 2;
  if (most > 0 && !fs.existsSync(file)) execFileSync('fallocate', ['-l', `${most}M`, file]);
  const fd = fs.openSync(file, 'a');
  const chunk = Buffer.alloc(256 * 1024);
  try {
    while (free(at) > left) fs.writeSync(fd, chunk.subarray(0, Math.max(512, Math.min(chunk.length, free(at) - left))));
  } catch (e) {
    assert.equal(e.code, 'ENOSPC');
  } finally {
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  }
  return () => fs.rmSync(file);
}
