// node level.cjs APP_DIR digest|rewrite DIR: a LevelDB of a real client. digest prints the number of its
// entries and a hash over all keys and values; rewrite writes every value anew, and compacts all of it.
'use strict';
const { createHash } = require('node:crypto');
const path = require('node:path');

const [app, what, folder] = process.argv.slice(2);
const { ClassicLevel } = require(path.join(app, 'node_modules', 'classic-level'));
const buffers = { keyEncoding: 'buffer', valueEncoding: 'buffer' };

async function main() {
  const db = new ClassicLevel(folder, { ...buffers, createIfMissing: false });
  const hash = createHash('sha256');
  let n = 0;
  for await (const [key, value] of db.iterator(buffers)) {
    n++;
    if (what === 'digest') hash.update(key).update(value);
    else await db.put(key, Buffer.from(value).reverse(), buffers);
  }
  if (what === 'rewrite') await db.compactRange(Buffer.alloc(1), Buffer.alloc(64, 0xff), buffers);
  await db.close();
  console.log(what === 'digest' ? `${n} ${hash.digest('hex')}` : n);
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
