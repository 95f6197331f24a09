// static: the package's programs, both architectures: nothing needed of the NAS, no newer processor, no system libraries.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { Stage } from '../lib/fixture.mjs';
import { Station, sleep, until } from '../lib/station.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const out = (cmd, ...args) => execFileSync(cmd, args, { encoding: 'utf8', maxBuffer: 1 << 28 });

/** emulator: what runs it as the oldest processor that must do: Braswell and Cortex-A53 have no more than these. */
const archs = {
  x86_64: { machine: /X86-64/, emulator: ['/usr/bin/qemu-x86_64-static', '-cpu', 'Nehalem'], native: true, page: 0x1000 },
  arm_64: { machine: /AArch64/, emulator: ['/usr/bin/qemu-aarch64-static', '-cpu', 'cortex-a53'], native: false, page: 0x10000 },
};

/** Fields of the program headers: [{type, vaddr, memsz, flags, align}]. */
function segments(file) {
  return [...out('readelf', '-lW', file).matchAll(/^ {2}([A-Z_]+) +0x\w+ 0x(\w+) 0x\w+ 0x\w+ 0x(\w+) ([RWE ]{3}) 0x(\w+)$/gm)]
    .map(([, type, vaddr, memsz, flags, align]) => ({
      type, vaddr: parseInt(vaddr, 16), memsz: parseInt(memsz, 16), flags: flags.replaceAll(' ', ''), align: parseInt(align, 16),
    }));
}

for (const [arch, { machine, emulator, native, page }] of Object.entries(archs)) {
  const program = path.join(root, 'build', arch, 'ethstation');
  const probe = path.join(root, 'build', arch, 'probe');

  describe(`${arch}: the file`, () => {
    it('is for this machine, static, and moves to a random address', () => {
      const head = out('readelf', '-hW', program);
      assert.match(head, machine);
      assert.match(head, /Type: +DYN/);
      const types = segments(program).map((s) => s.type);
      assert.ok(types.includes('LOAD'), 'the headers were read');
      assert.ok(!types.includes('INTERP'), 'it asks for a loader');
      const dynamic = out('readelf', '-dW', program);
      assert.match(dynamic, /BIND_NOW/);
      assert.doesNotMatch(dynamic, /NEEDED|TEXTREL|RPATH|RUNPATH/);
    });

    it('has no memory that is writable and executable, and stacks of a sane size', () => {
      const all = segments(program);
      assert.deepEqual(all.filter((s) => s.flags.includes('W') && s.flags.includes('E')), []);
      const stack = all.find((s) => s.type === 'GNU_STACK');
      assert.equal(stack.flags, 'RW');
      assert.equal(stack.memsz, 1 << 20); // what musl gives each thread
      assert.ok(all.some((s) => s.type === 'GNU_RELRO'));
      // kernels of arm64 NAS have pages of up to 64 KiB
      for (const s of all.filter((l) => l.type === 'LOAD')) assert.ok(s.align >= page, `aligned to ${s.align}`);
    });

    it('fits into the package, without symbols and without a path of where it was built', () => {
      const bytes = fs.readFileSync(program);
      assert.ok(gzipSync(bytes, { level: 9 }).length < 3.8e6);
      assert.doesNotMatch(out('readelf', '-SW', program), /\.symtab|\.debug/);
      assert.ok(!bytes.includes(`${root}/`));
    });

    if (native)
      it('has no AVX instruction but in libcrypto, which asks the processor first', () => {
        const lib = path.join(fs.readFileSync(path.join(root, 'build', arch, 'libs'), 'utf8').trim(), 'lib');
        const objects = fs.readdirSync(lib).filter((f) => f.endsWith('.a') && f !== 'libcrypto.a').map((f) => path.join(lib, f));
        assert.ok(objects.length > 6);
        const wide = (file) => /%[yz]mm\d|\tv[a-z]+ /.test(out('objdump', '-d', '--no-show-raw-insn', file));
        for (const f of [...objects, path.join(root, 'build', arch, 'libstation.a')]) assert.ok(!wide(f), f);
        assert.ok(wide(path.join(lib, 'libcrypto.a')), 'the check sees what it looks for');
      });
  });

  describe(`${arch}: alone in an empty root`, { timeout: 300000 }, () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'est-static-'));
    const jail = path.join(dir, 'jail');
    const ns = `est-static-${process.pid}-${arch}`;
    const inJail = (name) => path.join(jail, name);
    let server, child;

    /** argv for a program inside, with /proc alone; emulated as the oldest processor, so that one instruction too new ends it. */
    const enter = 'mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && exec chroot "$0" /emulator "$@"';
    const inside = (file, ...args) =>
      [`--net=/run/netns/${ns}`, 'unshare', '--mount', '--propagation', 'private', 'sh', '-c', enter, jail, ...emulator.slice(1), file, ...args];
    const fetch_ = (url, env = {}) => {
      const r = spawnSync('nsenter', inside('/probe', url), { encoding: 'utf8', timeout: 120000, env: { PATH: process.env.PATH, ...env } });
      return r.stdout.trim() || `${r.signal ?? r.status} ${r.stderr}`;
    };

    before(async () => {
      fs.mkdirSync(inJail('etc/ssl/certs'), { recursive: true });
      fs.mkdirSync(inJail('proc'));
      fs.copyFileSync(program, inJail('ethstation'));
      fs.copyFileSync(probe, inJail('probe'));
      fs.copyFileSync(emulator[0], inJail('emulator'));
      fs.writeFileSync(inJail('etc/resolv.conf'), 'nameserver 127.0.0.1\n');
      fs.writeFileSync(inJail('etc/hosts'), '127.0.0.1 localhost hosts.test\n');
      const tls = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
      tls('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Authority of this test');
      tls('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'req.pem', '-subj', '/CN=station.test');
      fs.writeFileSync(path.join(dir, 'ext'), 'subjectAltName=DNS:station.test,DNS:hosts.test\n');
      tls('x509', '-req', '-in', 'req.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'ext', '-out', 'cert.pem');
      out('ip', 'netns', 'add', ns);
      out('nsenter', `--net=/run/netns/${ns}`, 'ip', 'link', 'set', 'lo', 'up');
      server = spawn('nsenter', [`--net=/run/netns/${ns}`, process.execPath, path.join(here, 'server.mjs'), path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]);
      let said = '';
      server.stdout.on('data', (d) => (said += d));
      server.stderr.on('data', (d) => (said += d));
      await until('the servers listen', () => said.includes('ready'), 60000);
    });
    after(() => {
      child?.kill('SIGKILL');
      server?.kill('SIGKILL');
      spawnSync('ip', ['netns', 'del', ns]);
      fs.rmSync(dir, { recursive: true, force: true });
    });
    const trust = (where) => {
      for (const f of fs.readdirSync(inJail('etc/ssl/certs'))) fs.rmSync(inJail(`etc/ssl/certs/${f}`));
      if (where) fs.copyFileSync(path.join(dir, 'ca.pem'), inJail(where));
    };

    it('tells its version', () => {
      const version = fs.readFileSync(path.join(root, 'qpkg.cfg'), 'utf8').match(/^QPKG_VER="(.*)"/m)[1];
      assert.equal(out('nsenter', ...inside('/ethstation', '--version')).trim(), `ethstation ${version}`);
    });

    it('serves the API and the page that sets it up', async () => {
      child = spawn('nsenter', inside('/ethstation', 'serve', '--listen', '127.0.0.1:8787', '--state', '/s', '--data', '/d', '--docker', 'unix:///none'));
      let said = '';
      child.stdout.on('data', (d) => (said += d));
      child.stderr.on('data', (d) => (said += d));
      let ended;
      child.on('exit', (code, signal) => (ended = `${code} ${signal}\n${said}`));
      await until('it listens', () => {
        assert.equal(ended, undefined);
        return said.includes('listening on port');
      }, 120000);
      const get = (url) => out('nsenter', `--net=/run/netns/${ns}`, 'curl', '-sSf', '--compressed', '--max-time', '60', `http://127.0.0.1:8787${url}`);
      assert.equal(JSON.parse(get('/api/v1/health')).owned, false);
      const page = get('/');
      const asset = page.match(/src="([^"]+\.js)"/)[1];
      assert.ok(get(new URL(asset, 'http://x/').pathname).length > 10000);
      // scrypt, and a thread with work for its stack
      const code = said.match(/setup code: (\S+)/)[1];
      const answer = out('nsenter', `--net=/run/netns/${ns}`, 'curl', '-sS', '--max-time', '60', '-H', 'Origin: http://127.0.0.1:8787',
        '-d', JSON.stringify({ code, password: 'four words are easy' }), 'http://127.0.0.1:8787/api/v1/setup');
      assert.ok(!JSON.parse(answer).error, answer);
      assert.equal(JSON.parse(get('/api/v1/health')).owned, true);
      child.kill('SIGTERM');
      await until('it ends', () => ended, 60000);
      assert.match(ended, /^0 /);
    });

    it('finds names by the name server and by /etc/hosts, and says when there are none', () => {
      trust('etc/ssl/certs/ca-certificates.crt');
      assert.equal(fetch_('https://station.test:8443/'), '200 hello station.test:8443');
      assert.equal(fetch_('https://hosts.test:8443/'), '200 hello hosts.test:8443');
      assert.match(fetch_('https://absent.test:8443/'), /^fetch\.dns /);
    });

    it('trusts the authorities of the NAS, by bundle or by folder, or those that a person names', () => {
      const url = 'https://station.test:8443/';
      trust(null);
      assert.match(fetch_(url), /^fetch\.tls /);
      trust(`etc/ssl/certs/${out('openssl', 'x509', '-in', path.join(dir, 'ca.pem'), '-noout', '-hash').trim()}.0`);
      assert.match(fetch_(url), /^200 /);
      trust(null);
      fs.copyFileSync(path.join(dir, 'ca.pem'), inJail('own.pem'));
      assert.match(fetch_(url, { SSL_CERT_FILE: '/own.pem' }), /^200 /);
      trust('etc/ssl/certs/ca-certificates.crt');
      assert.match(fetch_(url, { SSL_CERT_FILE: '/none.pem' }), /^fetch\.tls /, 'named ones are the only ones');
      assert.match(fetch_('https://other.test:8443/'), /^fetch\.tls /, 'a certificate for another name');
    });
  });

  describe(`${arch}: with a real engine`, { timeout: 300000 }, () => {
    const stage = new Stage();
    before(() => stage.set());
    after(() => stage.end());

    it('reads the version of the engine', async () => {
      const station = stage.station;
      station.program = native ? [program] : [emulator[0], program];
      await station.start();
      const engine = await until('the engine is seen', async () => {
        const { engine: e } = await station.get('/state');
        return e.status === 'connected' && e;
      }, 120000);
      const { body } = await stage.engine.api('GET', '/version');
      assert.equal(engine.version, body.Version);
    });

    if (native)
      it('rests in 8 MiB, with the relocated data read-only', async () => {
        const { pid } = stage.station.child;
        await sleep(3000);
        const rss = Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB/m)[1]);
        console.log(`# resident: ${rss} kB`);
        assert.ok(rss <= 8192, `${rss} kB`);
        const maps = fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').filter((l) => l.endsWith('/ethstation'))
          .map((l) => l.match(/^(\w+)-(\w+) (\S+)/)).map(([, a, b, perms]) => ({ from: parseInt(a, 16), to: parseInt(b, 16), perms }));
        const relro = segments(program).find((s) => s.type === 'GNU_RELRO');
        const at = maps[0].from + relro.vaddr + 0x1000;
        assert.equal(maps.find((m) => at >= m.from && at < m.to).perms, 'r--p');
      });
  });
}

describe('the checks themselves', () => {
  it('an AVX instruction ends a program on that processor', () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'est-avx-'));
    try {
      out('gcc', '-static', '-o', path.join(dir, 'avx'), path.join(here, 'avx.c'));
      const r = spawnSync(archs.x86_64.emulator[0], [...archs.x86_64.emulator.slice(1), path.join(dir, 'avx')]);
      assert.equal(r.signal ?? r.status, 'SIGILL');
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });

  it('a source whose signature, hash or list is not right is refused', () => {
    const src = path.join(root, 'build/cache/static/src');
    const real = fs.readdirSync(src).find((f) => /^musl_.*\.dsc$/.test(f));
    const text = fs.readFileSync(path.join(src, real), 'utf8');
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'est-dsc-'));
    const verify = (content) => {
      fs.writeFileSync(path.join(dir, 'a.dsc'), content);
      const r = spawnSync(path.join(root, 'qpkg/static/verify.sh'), [path.join(dir, 'a.dsc')], { encoding: 'utf8' });
      assert.equal(r.status, 1);
      return r.stderr;
    };
    try {
      assert.match(verify(text.replace(/^Maintainer: .*$/m, 'Maintainer: somebody else')), /signature is bad/);
      assert.match(verify(text.replace(/-----BEGIN PGP SIG[^]*/, '')), /no valid signature/);
      // the true one, and beside it files of the right names that are not the right ones
      for (const [, name] of text.matchAll(/^ [0-9a-f]{64} \d+ (\S+)$/gm)) fs.writeFileSync(path.join(dir, name), 'other');
      assert.match(verify(text), /a hash is wrong/);
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });
});
