// write --arch ARCH --program FILE --icons DIR --out DIR [--cfg FILE]: one package and its .md5, verified.
//
// The same input gives the same bytes: files are sorted, times are the last commit's.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import { readCfg } from './cfg.mjs';
import { BLOCK, TAIL, architectures, tail } from './format.mjs';
import { problems } from './verify.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

/** Seconds since 1970 that every file in the package bears. */
function buildTime() {
  if (process.env.SOURCE_DATE_EPOCH) return Number(process.env.SOURCE_DATE_EPOCH);
  try {
    return Number(execFileSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return Math.floor(Date.now() / 1000); // not a checkout
  }
}

/** {name: {from: file on disk, or bytes; mode}} → a tar archive of the folder that holds them, or of `only` one file. */
function tar(temp, files, time, only = '.') {
  const stage = fs.mkdtempSync(path.join(temp, 'stage-'));
  for (const [name, { from, bytes, mode }] of Object.entries(files)) {
    const to = path.join(stage, name);
    fs.writeFileSync(to, bytes ?? fs.readFileSync(from));
    fs.chmodSync(to, mode ?? 0o644);
  }
  fs.chmodSync(stage, 0o755);
  return execFileSync('tar', ['--format=ustar', '--sort=name', '--owner=0', '--group=0', '--numeric-owner',
    `--mtime=@${time}`, '-C', stage, '-c', only], { maxBuffer: 1 << 28 });
}

function pad(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

/** Comment lines that fill the header up to `size`, before its last line. */
function padHeader(text, size) {
  const last = 'exit 1\n';
  let fill = size - text.length - last.length;
  let lines = '';
  while (fill > 0) {
    const n = fill > 100 && fill < 104 ? 50 : Math.min(fill, 100);
    lines += '#'.repeat(n - 1) + '\n';
    fill -= n;
  }
  return text + lines + last;
}

function header(cfg, arch, control, data, unpacked) {
  const template = fs.readFileSync(path.join(here, 'header.sh'), 'utf8').replace(/^## .*\n/gm, '');
  const filled = (size) => {
    const values = {
      NAME: cfg.QPKG_NAME,
      DISPLAY_NAME: cfg.QPKG_DISPLAY_NAME,
      VERSION: cfg.QPKG_VER,
      MACHINE: architectures[arch].machine,
      SCRIPT_LEN: size,
      CONTROL_LEN: control.length,
      DATA_LEN: data.length,
      CONTROL_MD5: md5(control),
      DATA_MD5: md5(data),
      UNPACKED_KB: Math.ceil(unpacked / 1024),
    };
    return template.replace(/@([A-Z0-9_]+)@/g, (all, key) => values[key] ?? all);
  };
  let size = BLOCK;
  while (filled(size).length + 'exit 1\n'.length > size) size += BLOCK;
  return Buffer.from(padHeader(filled(size), size), 'latin1');
}

/**
 * Writes OUT/NAME_VERSION_ARCH.qpkg and .md5; returns its path. `change` is for tests that want broken packages:
 * it may alter the parts before they are joined.
 */
export function writePackage({ arch, program, icons, out, cfg: cfgFile = path.join(root, 'qpkg.cfg'), service, change = {} }) {
  const cfg = readCfg(cfgFile);
  const time = buildTime();
  fs.mkdirSync(out, { recursive: true });
  const temp = fs.mkdtempSync(path.join(out, '.qpkg-'));
  try {
    let files = {
      ethstation: { from: program, mode: 0o755 },
      [cfg.QPKG_SERVICE_PROGRAM]: { from: service ?? path.join(root, 'shared', cfg.QPKG_SERVICE_PROGRAM), mode: 0o755 },
      LICENSE: { from: path.join(root, 'LICENSE') },
      '.qpkg_icon.gif': { from: path.join(icons, `${cfg.QPKG_NAME}.gif`) },
      '.qpkg_icon_80.gif': { from: path.join(icons, `${cfg.QPKG_NAME}_80.gif`) },
      '.qpkg_icon_gray.gif': { from: path.join(icons, `${cfg.QPKG_NAME}_gray.gif`) },
    };
    files = change.files?.(files) ?? files;
    const plain = tar(temp, files, time);
    const data = pad(change.data?.(plain) ?? gzipSync(plain, { level: 9 }));
    const inner = tar(temp, {
      'qpkg.cfg': { from: cfgFile },
      'qinstall.sh': { bytes: change.installer?.(fs.readFileSync(path.join(here, 'qinstall.sh'), 'utf8')), from: path.join(here, 'qinstall.sh'), mode: 0o755 },
      package_routines: { from: path.join(here, 'package_routines') },
      built_info: { bytes: `time = ${new Date(time * 1000).toISOString().slice(0, 10).replaceAll('-', '')}\n` },
    }, time);
    const control = pad(tar(temp, { 'control.tar.gz': { bytes: gzipSync(inner, { level: 9 }) } }, time, 'control.tar.gz'));
    const head = header(cfg, arch, control, data, plain.length);
    const size = head.length + control.length + data.length + TAIL;
    let end = tail({ name: cfg.QPKG_NAME, version: cfg.QPKG_VER, fileSize: size });
    end = change.tail?.(end) ?? end;
    const name = `${cfg.QPKG_NAME}_${cfg.QPKG_VER}_${arch}.qpkg`;
    const bytes = Buffer.concat([head, control, data, end]);
    fs.writeFileSync(path.join(temp, name), bytes);
    fs.writeFileSync(path.join(temp, `${name}.md5`), `${md5(bytes)}  ${name}\n`);
    if (!change.unchecked) {
      const list = problems(path.join(temp, name));
      if (list.length) throw new Error(`${name} is no good:\n  ${list.join('\n  ')}`);
    }
    // Only a good package ever bears its name.
    fs.renameSync(path.join(temp, name), path.join(out, name));
    fs.renameSync(path.join(temp, `${name}.md5`), path.join(out, `${name}.md5`));
    return path.join(out, name);
  } finally {
    fs.rmSync(temp, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { arch: text, program: text, icons: text, out: text, cfg: text } });
  try {
    const file = writePackage(values);
    console.log(`${path.relative(process.cwd(), file)}  ${(fs.statSync(file).size / 1e6).toFixed(2)} MB`);
  } catch (e) {
    console.error(`package: ${e.message}`);
    process.exit(1);
  }
}
