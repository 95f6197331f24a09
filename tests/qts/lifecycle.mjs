// lifecycle: everything that happens to a package on a NAS, for one architecture and one shell, in the order of a NAS's life.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { certificate } from '../lib/qts.mjs';
import { checks, snapshot } from './install.mjs';
import { Nas, until } from './nas.mjs';
import { Packages, newer, older, version } from './packages.mjs';

const other = { x86_64: 'arm_64', arm_64: 'x86_64' };
const running = '/share/CACHEDEV1_DATA/.qpkg/EthereumStation';

/** A program that says it is `ver`, harms the settings, and does not run. */
const hopeless = (ver) => `#!/bin/sh
case $1 in
--version) echo "ethstation ${ver}"; exit 0 ;;
serve) while [ "$1" != --state ]; do shift; done; echo harm >"$2/state.db"; rm -f "$2"/state.db-*; exit 1 ;;
esac
exit 1
`;

function damaged(file, dir, change) {
  const copy = path.join(dir, path.basename(file));
  fs.writeFileSync(copy, change(Buffer.from(fs.readFileSync(file))));
  return copy;
}

export function lifecycle(arch, shell) {
  describe(`a package for ${arch} on a NAS with ${shell}`, { timeout: 600000 }, () => {
    const nas = new Nas({ arch, shell });
    const packages = new Packages();
    const api = (url, token) => nas.http(`${nas.url}/api/v1${url}`, { headers: { Authorization: `Bearer ${token}` } });
    let token;

    before(() => nas.make());
    after(async () => {
      await nas.end();
      packages.end();
    });

    describe('that refuses', () => {
      const refuse = (why, file = packages.get(arch, older)) => checks.refuse(nas, file, why);

      it('another processor', () => {
        fs.writeFileSync(nas.inside('/etc/machine'), 'armv7l\n');
        refuse(/for NAS models with a \w+ processor; this one has armv7l/);
        fs.writeFileSync(nas.inside('/etc/machine'), nas.machine + '\n');
        refuse(new RegExp(`this one has ${nas.machine}`), packages.get(other[arch], older));
      });

      it('an old firmware', () => {
        const conf = nas.inside('/etc/default_config/uLinux.conf');
        const was = fs.readFileSync(conf);
        fs.writeFileSync(conf, '[System]\nVersion = 4.2.6\n');
        refuse(/needs QTS 4\.3\.0 or newer; this NAS has 4\.2\.6/);
        fs.writeFileSync(conf, was);
      });

      it('a NAS without Container Station, with an old one, or with one that is off', () => {
        const was = nas.read('hda/.config/qpkg.conf');
        nas.write('hda/.config/qpkg.conf', was.replace(/^\[container-station\][^[]*/m, ''));
        refuse(/needs Container Station.*not installed/);
        nas.write('hda/.config/qpkg.conf', was.replace('3.0.5.623', '1.6.1'));
        refuse(/needs Container Station.*has version 1\.6\.1/);
        nas.write('hda/.config/qpkg.conf', was.replace('Enable = TRUE', 'Enable = FALSE'));
        refuse(/needs Container Station.*switched off/);
        nas.write('hda/.config/qpkg.conf', was);
      });

      it('a damaged file, wherever it is damaged', () => {
        const good = packages.get(arch, older);
        const flip = (at) => (b) => ((b[at(b)] ^= 1), b);
        refuse(/damaged/, damaged(good, packages.dir, flip((b) => b.length >> 1)));
        refuse(/damaged/, damaged(good, packages.dir, flip(() => 4096 + 700)));
        refuse(/damaged/, damaged(good, packages.dir, (b) => b.subarray(0, b.length >> 1)));
      });

      it('a volume that is full, or gets full in the middle', () => {
        const fill = (leave) => {
          fs.rmSync(nas.at('vol1/full'), { force: true });
          const { bavail, bsize } = fs.statfsSync(nas.at('vol1'));
          fs.writeFileSync(nas.at('vol1/full'), Buffer.alloc(Math.max(0, bavail * bsize - leave)));
        };
        const size = fs.statSync(packages.get(arch, older)).size;
        fill(size * 2 + (2 << 20)); // room for the package and its parts
        refuse(/There is no room.*free.*needed/);
        fs.writeFileSync(nas.inside('/etc/df-says'), 'Filesystem 1K-blocks Used Available Use% Mounted on\na-very-long-name\n 9 1 999999 1% /\n');
        refuse(/There is no room to unpack/);
        fill(size + (1 << 20));
        refuse(/There is no room/);
        fs.rmSync(nas.inside('/etc/df-says'));
        fs.rmSync(nas.at('vol1/full'));
      });

      it('a volume that is not there', () => {
        const conf = 'hda/.config/smb.conf';
        const was = nas.read(conf);
        nas.write(conf, '[Public]\npath = /share/CACHEDEV9_DATA/Public\n');
        refuse(/volume to install on was not found/);
        nas.write(conf, was);
      });
    });

    it('installs, and its dashboard answers within 5 seconds', async (t) => {
      const there = nas.upload(packages.get(arch, older));
      const began = Date.now();
      const child = nas.spawn(`sh ${there}`);
      await until('the dashboard answers', () => nas.app?.Web_Port && nas.answers, 60000, 50);
      const ms = Date.now() - began;
      assert.equal(await child.ended, 10, child.said);
      t.diagnostic(`from sh file.qpkg to the dashboard: ${ms} ms`);
      // A limit of seconds means nothing on a machine that does other work: it is printed, and a multiple of it must hold.
      assert.ok(ms < 30000, `${ms} ms`);
      assert.equal(nas.progress, '3');
      nas.must(`rm ${there}`);
    });

    it('is known to App Center, with its icons and its place in the boot order', () => {
      const { app } = nas;
      assert.deepEqual(
        { ...app, Date: null, Build: null },
        {
          Name: 'EthereumStation', Display_Name: 'Ethereum Station', Version: older, Author: 'The Ethereum Station authors',
          QPKG_File: `EthereumStation_${older}_${arch}.qpkg`, Date: null, Build: null, Shell: `${running}/ethstation.sh`,
          Install_Path: running, RC_Number: '160', Enable: 'TRUE', WebUI: '/ethstation/', Web_Port: '8787', Use_Proxy: '1',
          Proxy_Path: '/ethstation', Desktop: '1', Win_Width: '1178', Win_Height: '600', Visible: '1', Force_Visible: '1',
          FW_Ver_Min: '4.3.0', Volume_Select: '3', Timeout: '30,150', Distribution_Type: '0', Status: 'complete',
          Data_Volume: 'CACHEDEV1_DATA',
        },
      );
      assert.match(app.Build, /^\d{8}$/);
      for (const [size, file] of [[64, ''], [80, '_80'], [64, '_gray']]) {
        const png = fs.readFileSync(nas.inside(`/home/httpd/RSS/images/EthereumStation${file}.gif`));
        assert.equal(png.readUInt32BE(16), size);
      }
      assert.equal(nas.must('readlink /etc/rcS.d/QS160EthereumStation').trim(), '/etc/init.d/ethstation.sh');
      assert.equal(nas.must('readlink /etc/rcK.d/QK840EthereumStation').trim(), '/etc/init.d/ethstation.sh');
      assert.equal(nas.must('readlink /etc/init.d/ethstation.sh').trim(), `${running}/ethstation.sh`);
      assert.deepEqual(fs.readdirSync(nas.at('vol1/.qpkg')).sort(), ['EthereumStation', 'container-station'], 'nothing is left over');
    });

    it('tells its owner the setup code in the log of QTS, and no other secret', () => {
      const code = nas.logs().join('\n').match(/setup code (\S+)/)?.[1];
      assert.ok(code, nas.logs().join('\n'));
      token = nas.token();
      assert.equal(api('/state', token).status, 200);
      assert.ok(!nas.logs().join('\n').includes(token));
    });

    it('keeps settings and chains outside its folder, and says there what they are', () => {
      assert.match(nas.read('vol1/EthereumStation/README.txt'), /install Ethereum Station again/);
      assert.ok(nas.exists('vol1/EthereumStation/state/state.db'));
      assert.equal(fs.statSync(nas.at('vol1/EthereumStation/state')).mode & 0o777, 0o700);
      assert.equal(fs.statSync(nas.at('vol1/EthereumStation/ethstation.log')).mode & 0o777, 0o600, 'the log has the setup code');
      const stored = nas.run(`grep -rl CACHEDEV1_DATA ${running}`).out.trim();
      assert.equal(stored, '', 'no path is stored in the package folder');
    });

    it('listens on this NAS only', () => {
      const listening = nas.must('cat /proc/net/tcp /proc/net/tcp6').split('\n').filter((l) => / 0A /.test(l));
      assert.equal(listening.length, 1, listening.join('\n'));
      assert.match(listening[0], / 0100007F:2253 /);
    });

    it('starts, stops and restarts, each as often as asked', () => {
      checks.stops(nas);
      assert.equal(nas.service('start').status, 0, 'started already');
      const [pid] = nas.programs();
      assert.equal(nas.service('restart').status, 0);
      assert.equal(nas.programs().length, 1);
      assert.notEqual(nas.programs()[0], pid);
      assert.equal(nas.service('nonsense').status, 2);
    });

    it('answers by https on a port of its own, with the certificate of QTS, when the owner asks for it', () => {
      nas.must('mkdir -p /etc/stunnel');
      fs.writeFileSync(nas.inside('/etc/stunnel/stunnel.pem'), fs.readFileSync(certificate(packages.dir).pem), { mode: 0o600 });
      const set = (https_port) => nas.http(`${nas.url}/api/v1/settings`, {
        method: 'PATCH', body: JSON.stringify({ https_port }), headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      });
      assert.equal(set(8443).status, 200);
      assert.equal(nas.service('restart').status, 0);
      assert.equal(nas.http('https://127.0.0.1:8443/api/v1/health', { insecure: true })?.status, 200);
      assert.ok(nas.answers, 'and without as before');
      assert.equal(set(null).status, 200);
      assert.equal(nas.service('restart').status, 0);
      assert.equal(nas.http('https://127.0.0.1:8443/api/v1/health', { insecure: true }), null);
    });

    it('starts from a folder that is deleted, with a caller whose whole group is killed', async () => {
      nas.must(`${running}/ethstation.sh stop`);
      const child = nas.spawn(`mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone; setsid sh -c '${running}/ethstation.sh start; kill -KILL -$$'`);
      await child.ended;
      await checks.answersSoon(nas);
      assert.equal(nas.programs().length, 1);
    });

    it('comes back when it was killed, and says so once', async () => {
      const [pid] = nas.programs();
      process.kill(pid, 'SIGKILL');
      await until('another one runs', () => nas.programs()[0] && nas.programs()[0] !== pid && nas.answers, 30000, 200);
      assert.equal(nas.logs().filter((l) => /^1 .*ended unexpectedly \(status 137\)/.test(l)).length, 1);
      assert.equal(nas.programs().length, 1);
      checks.stops(nas);
    });

    it('is started only once when its supervisor was killed', async () => {
      const [supervisor] = nas.must('cat /var/run/ethstation.pid').split(' ').map(Number);
      process.kill(supervisor, 'SIGKILL');
      assert.equal(nas.service('status').status, 0, 'the program runs on');
      assert.equal(nas.service('start').status, 0);
      assert.equal(nas.programs().length, 1);
      await checks.answersSoon(nas);
    });

    it('gives way when its port is taken, and tells QTS', async () => {
      nas.service('stop');
      const squatter = await nas.begin('nsenter', [...nas.outside(), process.execPath, '-e',
        "require('net').createServer().listen(8787, '127.0.0.1', () => console.log('ready'))"]);
      nas.children.push(squatter);
      assert.equal(nas.service('start').status, 0);
      assert.equal(nas.app.Web_Port, '8788');
      assert.ok(nas.answers);
      assert.match(nas.logs().join('\n'), /^1 .*Port 8787 is in use.*8788/m);
      squatter.kill('SIGKILL');
    });

    it('refuses an upgrade for which there is no room, and runs on', () => {
      fs.writeFileSync(nas.inside('/etc/df-says'), 'Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/x 9 1 999999 1% /\n');
      const { bavail, bsize } = fs.statfsSync(nas.at('vol1'));
      const file = packages.get(arch, newer);
      fs.writeFileSync(nas.at('vol1/full'), Buffer.alloc(bavail * bsize - fs.statSync(file).size * 2 - (2 << 20)));
      checks.refuse(nas, file, /There is no room/);
      fs.rmSync(nas.inside('/etc/df-says'));
      fs.rmSync(nas.at('vol1/full'));
    });

    it('puts everything back when the new version does not start, also settings that it harmed', () => {
      const file = packages.write(arch, newer, {
        change: { unchecked: true, files: (f) => ({ ...f, ethstation: { bytes: hopeless(newer), mode: 0o755 }, novelty: { bytes: 'new' } }) },
      });
      checks.refuse(nas, file, /does not start\. The version from before runs on/);
      assert.equal(nas.app.Version, older);
      assert.equal(api('/state', token)?.status, 200, 'the token is known');
      assert.ok(!nas.exists('vol1/EthereumStation/state/before'));
    });

    it('upgrades: settings, tokens and port stay; what only the old package had goes; what was made since stays', async () => {
      const lean = packages.write(arch, version, { change: { files: (f) => ({ ...f, 'old-thing': { bytes: 'x' } }) } });
      await checks.upgrade(nas, lean, version, token);
      assert.ok(nas.exists('vol1/.qpkg/EthereumStation/old-thing'));
      nas.write('vol1/.qpkg/EthereumStation/made-since', 'y');
      await checks.upgrade(nas, packages.get(arch, newer), newer, token);
      assert.ok(!nas.exists('vol1/.qpkg/EthereumStation/old-thing'));
      assert.ok(nas.exists('vol1/.qpkg/EthereumStation/made-since'));
      assert.equal(nas.app.Web_Port, '8788');
      assert.deepEqual(fs.readdirSync(nas.at('vol1/.qpkg')).sort(), ['EthereumStation', 'container-station']);
    });

    it('refuses a downgrade', () => {
      checks.refuse(nas, packages.get(arch, older), new RegExp(`Version ${newer} is installed.*${older} is older`));
    });

    it('serves its page through the web server of QTS', async () => {
      await nas.web();
      for (const at of ['/ethstation', '/ethstation/']) {
        const page = nas.http(`http://127.0.0.1:8080${at}`);
        assert.equal(page.status, 200, `${at}: ${page.body.slice(0, 200)}`);
        const asset = page.body.match(/(?:src|href)="([^"]*assets\/[^"]+)"/)[1];
        const fetched = nas.http(new URL(asset, `http://127.0.0.1:8080${at}`).href);
        assert.equal(fetched.status, 200, `${asset} of ${at}`);
      }
      const state = nas.http('http://127.0.0.1:8080/ethstation/api/v1/state', { headers: { Authorization: `Bearer ${token}` } });
      assert.equal(state.status, 200, state.body);
    });

    it('stays off when it is switched off, also over an upgrade and a reboot', async () => {
      await checks.staysOff(nas);
      const done = nas.install(packages.get(arch, newer));
      assert.equal(done.status, 10, done.out);
      assert.equal(nas.app.Enable, 'FALSE');
      assert.equal(nas.programs().length, 0);
      assert.equal(nas.enable(true).status, 0);
      await checks.answersSoon(nas);
    });

    it('is there again after a reboot and after a power cut', async () => {
      await nas.reboot();
      assert.equal(nas.booted[0].status, 0, nas.booted[0].out);
      assert.ok(nas.answers);
      assert.ok(fs.existsSync(nas.inside('/home/httpd/RSS/images/EthereumStation_80.gif')), 'icons are in RAM');
      assert.equal(api('/state', token).status, 200);
      await nas.powerCut();
      await nas.boot();
      await checks.answersSoon(nas);
      assert.equal(api('/state', token).status, 200);
      assert.equal(nas.programs().length, 1);
    });

    it('is installed once at a time', async () => {
      const there = nas.upload(packages.get(arch, newer));
      const first = nas.spawn(`sh ${there}`);
      await until('the first one has begun', () => nas.exists('vol1/.qpkg/.tmp-EthereumStation/data.tar.gz'), 60000, 5);
      const second = nas.run(`sh ${there}`);
      assert.notEqual(second.status, 10, second.out);
      assert.match(second.out, /Another installation of it is running/);
      assert.equal(await first.ended, 10, first.said);
      assert.ok(nas.answers);
    });

    it('survives a power cut in the middle of an upgrade, whenever it comes', async () => {
      const file = packages.get(arch, newer);
      for (const progress of ['1', '2']) {
        fs.rmSync(nas.inside('/tmp/update_process'), { force: true });
        const child = nas.spawn(`sh ${nas.upload(file)}`);
        await until(`progress ${progress}`, () => nas.progress >= progress, 60000, 5);
        await nas.powerCut();
        await child.ended;
        await nas.boot();
        await checks.answersSoon(nas);
        assert.equal(api('/state', token).status, 200);
      }
      // what a power cut leaves when its process's number is an app's after the next boot
      fs.mkdirSync(nas.at('vol1/.qpkg/.tmp-EthereumStation'), { recursive: true });
      nas.write('vol1/.qpkg/.tmp-EthereumStation/pid', `${nas.programs()[0]} 5f0c3c9e-0000-4000-8000-an-earlier-boot\n`);
      checks.install(nas, file);
      assert.deepEqual(fs.readdirSync(nas.at('vol1/.qpkg')).filter((f) => f.startsWith('.')), [], 'no temporary folder is left');
    });

    it('waits for the volume with its data, and finds it when another one is the default', async () => {
      nas.set('EthereumStation', 'Data_Volume', 'CACHEDEV2_DATA');
      fs.cpSync(nas.at('vol1/EthereumStation'), nas.at('vol2/EthereumStation'), { recursive: true });
      nas.write('vol2.locked', '');
      await nas.reboot();
      assert.equal(nas.answers, false, 'it does not begin anew on another volume');
      assert.match(nas.logs().at(-1), /not mounted yet/);
      fs.rmSync(nas.at('vol2.locked'));
      await nas.powerCut();
      await nas.boot();
      await checks.answersSoon(nas);
      assert.match(nas.must(`cat /proc/${nas.programs()[0]}/cmdline`), /CACHEDEV2_DATA\/EthereumStation\/state/);
      nas.service('stop');
      fs.rmSync(nas.at('vol2/EthereumStation'), { recursive: true });
      assert.equal(nas.service('start').status, 0);
      assert.equal(nas.app.Data_Volume, 'CACHEDEV1_DATA', 'the only one that is left');
    });

    it('is removed without a question: its data stays', () => {
      const before = fs.readdirSync(nas.at('vol1/EthereumStation/state')).length;
      const done = nas.remove();
      assert.equal(done.status, 0, done.out);
      assert.equal(nas.app, undefined);
      assert.deepEqual(nas.programs(), []);
      assert.deepEqual(fs.readdirSync(nas.at('vol1/.qpkg')), ['container-station']);
      assert.equal(nas.must('ls /etc/init.d /etc/rcS.d /etc/rcK.d /home/httpd/RSS/images').match(/thereum|ethstation/), null);
      assert.ok(before && nas.exists('vol1/EthereumStation/state/state.db') && nas.exists('vol1/EthereumStation/README.txt'));
      assert.match(nas.logs().at(-1), /chains and containers stay/);
    });

    it('is refused in an older version when the data was used by a newer one, and knows everything when it comes back', () => {
      checks.refuse(nas, packages.get(arch, older), new RegExp(`Version ${newer} .*has used the data`));
      checks.install(nas, packages.get(arch, newer));
      assert.equal(api('/state', token).status, 200, 'the token from before the removal');
    });

    it('goes where App Center says, and is moved by QTS', async () => {
      nas.remove();
      checks.install(nas, packages.get(arch, newer), { env: { QINSTALL_PATH: '/share/CACHEDEV2_DATA/.qpkg' } });
      assert.equal(nas.app.Install_Path, '/share/CACHEDEV2_DATA/.qpkg/EthereumStation');
      assert.equal(api('/state', token).status, 200, 'the data is on the default volume');
      nas.service('stop');
      nas.must(`mv /share/CACHEDEV2_DATA/.qpkg/EthereumStation ${running}`);
      nas.set('EthereumStation', 'Install_Path', running);
      nas.set('EthereumStation', 'Shell', `${running}/ethstation.sh`);
      await nas.reboot();
      await checks.answersSoon(nas);
      checks.install(nas, packages.get(arch, newer));
      assert.equal(nas.app.Install_Path, running, 'an upgrade goes where the app is');
    });

    it('leaves the tools of a NAS with BusyBox tar, too', () => {
      nas.remove();
      nas.must('ln -sf /emul/busybox /bin/tar');
      checks.install(nas, packages.get(arch, newer));
      nas.must('ln -sf /emul/gzip /bin/gzip; ln -sf /emul/tar /bin/tar');
      checks.install(nas, packages.get(arch, newer));
    });
  });
}
