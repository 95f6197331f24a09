// install: what a package must do on a NAS, as checks that the tests of good packages and of broken ones share. A check throws
// when the package does not do it.
import assert from 'node:assert/strict';
import fs from 'node:fs';

import { problems } from '../../qpkg/verify.mjs';
import { until } from './nas.mjs';

/** Every file and link of the NAS that an installation may touch, with its content; for "as it was before". */
export function snapshot(nas) {
  const script = 'cd / && find share/CACHEDEV1_DATA/.qpkg etc/init.d etc/rcS.d ' +
    'etc/rcK.d home/httpd/RSS mnt/HDA_ROOT/.config 2>/dev/null | sort | while read -r f; do ' +
    'if [ -L "$f" ]; then echo "$f -> $(readlink "$f")"; elif [ -f "$f" ]; then md5sum "$f"; else echo "$f/"; fi; done';
  return nas.must(script);
}

export const checks = {
  /** The file itself: tail, checksum, archives, program. */
  file(file) {
    assert.deepEqual(problems(file), []);
  },

  /** Installs and runs. */
  install(nas, file, options) {
    const done = nas.install(file, options);
    assert.equal(done.status, 10, done.out);
    assert.equal(done.progress, '3', done.out);
    assert.equal(nas.app.Enable, 'TRUE');
    assert.equal(nas.app.Status, 'complete');
    assert.ok(nas.running, 'it runs');
    assert.ok(nas.answers, 'the dashboard answers');
    return done;
  },

  /** Refuses to install, says why, tells App Center, and leaves everything as it was. */
  refuse(nas, file, why, options) {
    const before = snapshot(nas);
    const ran = fs.existsSync(nas.inside('/etc/init.d/ethstation.sh')) && nas.running;
    const told = nas.logs().length;
    const done = nas.install(file, options);
    assert.notEqual(done.status, 10, done.out);
    assert.equal(done.progress, '-1', done.out);
    const says = nas.logs().slice(told).filter((l) => l.startsWith('2 [Ethereum Station] Version '));
    assert.equal(says.length, 1, done.out);
    assert.match(says[0], why);
    assert.equal(snapshot(nas), before);
    if (ran) assert.ok(nas.running && nas.answers, 'what ran before runs again');
    return done;
  },

  /** Off means off: `start` fails, nothing runs, also after a reboot. */
  async staysOff(nas) {
    nas.enable(false);
    assert.equal(nas.programs().length, 0, 'it was stopped');
    assert.notEqual(nas.service('start').status, 0, 'start fails while the app is off');
    assert.equal(nas.programs().length, 0, 'nothing runs');
    await nas.reboot();
    assert.equal(nas.programs().length, 0, 'nothing runs after a reboot');
  },

  /** stop ends every process, is quiet about being called again, and start brings it back. */
  stops(nas) {
    assert.equal(nas.service('stop').status, 0);
    assert.deepEqual(nas.programs(), []);
    assert.equal(nas.answers, false);
    assert.notEqual(nas.service('status').status, 0);
    assert.equal(nas.service('stop').status, 0, 'stopped already');
    assert.equal(nas.service('start').status, 0);
    assert.equal(nas.programs().length, 1);
  },

  /** An upgrade: settings and tokens from before are there, exactly one program runs, it is the new one. */
  async upgrade(nas, file, version, token) {
    const done = checks.install(nas, file);
    assert.equal(nas.app.Version, version);
    assert.equal(nas.programs().length, 1);
    const answer = nas.http(`${nas.url}/api/v1/state`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(answer?.status, 200, `the token from before is good: ${answer?.body}`);
    assert.equal(JSON.parse(answer.body).version, version);
    return done;
  },

  /** A dashboard that answers within some time. */
  answersSoon(nas, ms = 30000) {
    return until('the dashboard answers', () => nas.answers, ms, 200);
  },
};
