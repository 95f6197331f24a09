// verify FILE…: reads finished packages as a NAS would and says all that is wrong with each; 0 = all are good.
// The writer runs it on everything it writes: a package that lost its content must not look like a success.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { readCfg } from './cfg.mjs';
import { BLOCK, MAGIC, TAIL, architectures, checksum, elf, parts, readTail } from './format.mjs';

/** icon → width; PNG inside, although QTS wants the names to end in gif */
const icons = { '.qpkg_icon.gif': 64, '.qpkg_icon_80.gif': 80, '.qpkg_icon_gray.gif': 64 };

const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

function unpack(archive, folder) {
  fs.mkdirSync(folder);
  execFileSync('tar', ['-xf', archive, '-C', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Everything that is wrong with a package, as sentences; [] = it is good. */
export function problems(file) {
  const found = [];
  const temp = fs.mkdtempSync(path.join(os.tmpdir(), 'qpkg-'));
  const step = (what, fn) => {
    try {
      fn();
    } catch (e) {
      found.push(`${what}: ${e.stderr?.toString().trim() || e.message}`);
    }
  };
  const say = (bad, text) => bad && found.push(text);
  try {
    const bytes = fs.readFileSync(file);
    const name = path.basename(file).match(/^(.+)_([\d.]+)_(x86_64|arm_64)\.qpkg$/);
    say(!name, `the file's name is not NAME_VERSION_ARCH.qpkg: ${path.basename(file)}`);
    step('tail', () => checkTail(bytes, name, say));
    step('md5', () => checkSideFile(file, bytes, say));
    step('header', () => checkHeader(bytes, name, say));
    step('control archive', () => checkControl(parts(bytes), name, temp, say));
    step('data archive', () => checkData(parts(bytes), name, temp, say));
  } catch (e) {
    found.push(e.message);
  } finally {
    fs.rmSync(temp, { recursive: true, force: true });
  }
  return found;
}

function checkTail(bytes, name, say) {
  const t = readTail(bytes);
  say(t.magic !== MAGIC, `the tail says "${t.magic}" instead of ${MAGIC}`);
  say(!t.checksum, 'the tail has no checksum: App Center calls that a file format error');
  say(t.checksum && t.checksum !== checksum(bytes.length), `the checksum is ${t.checksum}, not ${checksum(bytes.length)}`);
  say(name && t.name !== name[1].slice(0, 20), `the tail's name is "${t.name}"`);
  say(name && t.version !== name[2], `the tail's version is "${t.version}": a version has at most 10 characters`);
  say(t.model || t.firmware, 'the tail ties the package to a model or firmware');
}

function checkSideFile(file, bytes, say) {
  const side = fs.readFileSync(`${file}.md5`, 'utf8');
  say(side !== `${md5(bytes)}  ${path.basename(file)}\n`, 'the .md5 file does not belong to this package');
}

function checkHeader(bytes, name, say) {
  const p = parts(bytes);
  const text = p.header.toString('latin1');
  say(!text.startsWith('#!/bin/sh\n') || !text.endsWith('\nexit 1\n'), 'the header is not a script that ends in exit 1');
  say(/@[A-Z_]+@/.test(text), `the header was not filled in: ${text.match(/@[A-Z_]+@/)}`);
  say([p.header, p.control, p.data].some((x) => x.length % BLOCK), `a part does not lie on a multiple of ${BLOCK}`);
  say(p.end + TAIL !== bytes.length, `the parts end at ${p.end}, the tail should end at ${p.end + TAIL}, the file at ${bytes.length}`);
  const said = (key) => text.match(new RegExp(`^${key}=([^\\n]*)$`, 'm'))?.[1];
  say(said('control_md5') !== md5(p.control), 'the header has a wrong sum of the control archive');
  say(said('data_md5') !== md5(p.data), 'the header has a wrong sum of the data archive');
  say(name && said('machine') !== architectures[name[3]].machine, `the header asks for the processor ${said('machine')}`);
}

function checkControl(p, name, temp, say) {
  const at = path.join(temp, 'control');
  fs.writeFileSync(`${at}.tar`, p.control);
  unpack(`${at}.tar`, at);
  say(fs.readdirSync(at).join() !== 'control.tar.gz', 'control.tar holds something else than control.tar.gz');
  unpack(path.join(at, 'control.tar.gz'), path.join(temp, 'in'));
  const files = fs.readdirSync(path.join(temp, 'in'));
  for (const f of ['qpkg.cfg', 'qinstall.sh', 'package_routines', 'built_info'])
    say(!files.includes(f), `the control archive has no ${f}`);
  const cfg = readCfg(path.join(temp, 'in/qpkg.cfg'));
  say(name && (cfg.QPKG_NAME !== name[1] || cfg.QPKG_VER !== name[2]), 'qpkg.cfg and the name of the file differ');
}

function checkData(p, name, temp, say) {
  const at = path.join(temp, 'data');
  fs.writeFileSync(`${at}.tar.gz`, p.data);
  unpack(`${at}.tar.gz`, at);
  const read = (f) => (fs.existsSync(path.join(at, f)) ? fs.readFileSync(path.join(at, f)) : null);
  const cfg = readCfg(path.join(temp, 'in/qpkg.cfg'));
  say(fs.readdirSync(at).length === 0, 'the data archive is empty');
  for (const f of ['ethstation', cfg.QPKG_SERVICE_PROGRAM]) {
    say(!read(f)?.length, `${f} is missing or empty`);
    say(read(f) && !(fs.statSync(path.join(at, f)).mode & 0o100), `${f} is not executable`);
  }
  for (const [f, width] of Object.entries(icons)) {
    const png = read(f);
    say(!png, `the icon ${f} is missing`);
    say(png && (png.toString('latin1', 1, 4) !== 'PNG' || png.readUInt32BE(16) !== width), `${f} is not a PNG of ${width} pixels`);
  }
  if (read('ethstation')?.length) checkProgram(read('ethstation'), name, cfg, say);
}

function checkProgram(bytes, name, cfg, say) {
  const e = elf(bytes);
  say(!e, 'ethstation is not a program (ELF)');
  if (!e) return;
  say(name && (e.machine !== architectures[name[3]].elf || e.bits !== 64), `ethstation is for another processor (ELF machine ${e.machine})`);
  say(e.interpreter, 'ethstation is dynamically linked: a NAS has too old a C library for it');
  say(!bytes.includes(`ethstation ${cfg.QPKG_VER}\0`), `ethstation was not built as version ${cfg.QPKG_VER}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  let bad = process.argv.length < 3;
  for (const file of process.argv.slice(2)) {
    const list = problems(file);
    for (const text of list) console.error(`${path.basename(file)}: ${text}`);
    bad ||= list.length > 0;
  }
  process.exit(bad ? 1 : 0);
}
