// packages: the packages that the tests install: the program as it was built, under several versions, and broken ones.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { writePackage } from '../../qpkg/write.mjs';
import { root } from './nas.mjs';

export const programs = Object.fromEntries(['x86_64', 'arm_64'].map((arch) => [arch, path.join(root, 'build', arch, 'ethstation')]));
/** What qpkg.cfg says. */
export const version = fs.readFileSync(path.join(root, 'qpkg.cfg'), 'utf8').match(/^QPKG_VER="(.*)"/m)[1];
/** Versions of the same length, lower and higher than it. */
export const [older, newer] = ['0', '9'].map((digit) => version.replace(/\d/g, digit));

export class Packages {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'qpkgs-'));
    this.icons = path.join(this.dir, 'icons');
    execFileSync(path.join(root, 'qpkg/icons.sh'), ['EthereumStation', this.icons]);
    this.made = new Map();
    this.leave = () => {
      this.end();
      process.exit(1);
    };
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, this.leave);
  }

  end() {
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, this.leave);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** qpkg.cfg with some keys changed. */
  cfg(changes) {
    let text = fs.readFileSync(path.join(root, 'qpkg.cfg'), 'utf8');
    for (const [key, value] of Object.entries(changes)) text = text.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}="${value}"`);
    const file = path.join(fs.mkdtempSync(path.join(this.dir, 'cfg-')), 'qpkg.cfg');
    fs.writeFileSync(file, text);
    return file;
  }

  /** The program as if it had been built as that version: the number is replaced in it, byte for byte. */
  program(arch, ver) {
    const file = path.join(this.dir, `ethstation-${arch}-${ver}`);
    if (!fs.existsSync(file)) {
      // alone, or at the end of a text with which the linker merged it
      const text = fs.readFileSync(programs[arch], 'latin1').replaceAll(`Ethereum Station ${version}`, `Ethereum Station ${ver}`);
      fs.writeFileSync(file, text.replaceAll(`thstation ${version}`, `thstation ${ver}`).replaceAll(`\0${version}\0`, `\0${ver}\0`), 'latin1');
      fs.chmodSync(file, 0o755);
    }
    return file;
  }

  /** A good package of a version; made once. */
  get(arch, ver = version) {
    const key = `${arch} ${ver}`;
    if (!this.made.has(key)) this.made.set(key, this.write(arch, ver));
    return this.made.get(key);
  }

  /** A package with a change of its own: {cfg: {KEY: value}, change, service: text → text, program: file} */
  write(arch, ver = version, { cfg = {}, change, service, program } = {}) {
    const out = fs.mkdtempSync(path.join(this.dir, 'out-'));
    let script;
    if (service) {
      script = path.join(out, 'ethstation.sh');
      const was = fs.readFileSync(path.join(root, 'shared/ethstation.sh'), 'utf8');
      const text = service(was);
      if (text === was) throw new Error('the service script was to be changed and was not');
      fs.writeFileSync(script, text);
    }
    return writePackage({
      arch, out, change, service: script, icons: this.icons,
      program: program ?? this.program(arch, ver),
      cfg: this.cfg({ QPKG_VER: ver, ...cfg }),
    });
  }
}
