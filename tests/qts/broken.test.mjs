// broken: packages that are wrong on purpose, one in each way that was met in the wild. Each must be caught: by the check of
// the file where it shows there, by the NAS's refusal, or by the checks that every good package passes in lifecycle.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { problems } from '../../qpkg/verify.mjs';
import { checks } from './install.mjs';
import { Nas, root } from './nas.mjs';
import { Packages, newer, older, version } from './packages.mjs';

describe('a broken package', { timeout: 600000 }, () => {
  const packages = new Packages();
  const nas = new Nas({ arch: 'x86_64', shell: 'bash' });
  const broken = (change, more = {}) => packages.write('x86_64', version, { change: { unchecked: true, ...change }, ...more });
  before(() => nas.make());
  after(async () => {
    await nas.end();
    packages.end();
  });

  const shows = (file, ...whats) => {
    const found = problems(file).join('\n');
    for (const what of whats) assert.match(found, what);
    assert.throws(() => checks.file(file));
  };
  /** The check fails: it would have caught this one. */
  const caught = (check, why) => assert.rejects(async () => check(), why);

  it('is not written at all', () => {
    assert.throws(() => packages.write('x86_64', version, { change: { tail: () => Buffer.alloc(100, ' ') } }), /is no good/);
    assert.throws(() => packages.write('x86_64', version, { change: { files: ({ '.qpkg_icon.gif': _, ...rest }) => rest } }), /icon \.qpkg_icon\.gif is missing/);
  });

  it('blank checksum', () => {
    shows(broken({ tail: (t) => Buffer.from(t.toString('latin1').slice(0, 40) + ' '.repeat(10) + t.toString('latin1').slice(50), 'latin1') }),
      /the tail has no checksum/);
  });

  it('dynamic program', () => {
    const file = broken({}, { program: path.join(root, 'build/release/ethstation') });
    shows(file, /dynamically linked/);
    checks.refuse(nas, file, /does not run on this NAS/);
  });

  it('missing data', () => {
    const empty = broken({ files: () => ({}) });
    shows(empty, /data archive is empty/, /ethstation is missing or empty/);
    checks.refuse(nas, empty, /does not run on this NAS/);
  });

  it('program for another processor', () => {
    shows(broken({}, { program: packages.program('arm_64', version) }), /for another processor/);
  });

  it('upgrade that wipes the settings', async () => {
    checks.install(nas, packages.get('x86_64', older));
    const token = nas.token();
    const wipes = broken({ installer: (text) => text.replace('# ---- the old version stops', 'rm -rf "$home/state"\n# ---- the old version stops') });
    await caught(() => checks.upgrade(nas, wipes, version, token), /the token from before is good/);
    await checks.upgrade(nas, packages.get('x86_64', newer), newer, nas.token());
  });

  it('stop that does not stop', async () => {
    const file = broken({}, { service: (text) => text.replace(/^stop\(\) \{$/m, 'stop() {\n\techo "It is stopped."; return 0') });
    nas.remove();
    nas.must(`rm -rf ${nas.home}`);
    checks.install(nas, file);
    await caught(() => checks.stops(nas), /Expected values/);
  });

  it('start that ignores Enable', async () => {
    for (const pid of nas.processes().filter((p) => nas.runs(p, 'ethstation'))) process.kill(pid, 'SIGKILL');
    const file = broken({}, { service: (text) => text.replace(/^\t\[ "\$\(\/sbin\/getcfg \$name Enable.*\n/m, '') });
    checks.install(nas, file);
    await caught(() => checks.staysOff(nas), /start fails while the app is off/);
  });
});
