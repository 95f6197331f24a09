// Files on the disk, as tests look at them.
import fs from 'node:fs';
import path from 'node:path';

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
