// Images: a file that was saved elsewhere, a folder or an address that the engine builds from, a registry; and
// everything that goes wrong on the way.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { REGISTRY_PORT, Stage, script, slower, until } from '../lib/fixture.mjs';

describe('images', { timeout: 300000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const registry = `127.0.0.1:${REGISTRY_PORT}`;
  const share = path.join(stage.dir, 'qts/share');
  let files, tool;

  before(async () => {
    await stage.set({ engineArgs: ['--max-download-attempts', '1'] });
    // Shared folders as on a QNAP NAS: names that are links into the volume, beside what belongs to QTS.
    const volume = path.join(share, 'CACHEDEV1_DATA');
    fs.mkdirSync(path.join(share, '../etc/config'), { recursive: true });
    fs.writeFileSync(path.join(share, '../etc/config/uLinux.conf'), '[System]\n');
    for (const at of ['Public/relay', '.qpkg/relay']) {
      fs.mkdirSync(path.join(volume, at), { recursive: true });
      fs.writeFileSync(path.join(volume, at, 'Dockerfile'), 'FROM scratch\nLABEL made=here\n');
    }
    fs.symlinkSync('CACHEDEV1_DATA/Public', path.join(share, 'Public'));
    station.args = ['--qts-root', path.join(share, '..')];
    await station.start();
    files = fs.mkdtempSync(path.join(stage.dir, 'files-'));
    tool = path.join(files, 'tool');
    // The only program of the images here: says its words, and ends as the first one says.
    fs.writeFileSync(`${tool}.c`, `#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		puts(argv[i]);
	fflush(stdout);
	while (argc > 1 && atoi(argv[1]) < 0)
		sleep(1);
	return argc > 1 ? atoi(argv[1]) : 0;
}
`);
    execFileSync('musl-gcc', ['-Os', '-static', '-s', '-o', tool, `${tool}.c`]);
    folder('base', 'FROM scratch\nCOPY tool /tool\nENTRYPOINT ["/tool"]\n');
    script('lib/images.sh', 'build', engine.socket, path.join(station.data, 'build/base'), 'ethnetintel:saved');
  });
  after(() => stage.end());

  /** A folder to build from, below the data folder. */
  function folder(name, dockerfile, more = {}) {
    const at = path.join(station.data, 'build', name);
    fs.mkdirSync(at, { recursive: true });
    fs.copyFileSync(tool, path.join(at, 'tool'));
    fs.chmodSync(path.join(at, 'tool'), 0o755);
    if (dockerfile !== null) fs.writeFileSync(path.join(at, 'Dockerfile'), dockerfile);
    for (const [file, text] of Object.entries(more)) {
      fs.mkdirSync(path.dirname(path.join(at, file)), { recursive: true });
      fs.writeFileSync(path.join(at, file), text);
    }
    return at;
  }

  const uploads = () => (fs.existsSync(path.join(station.data, '.uploads')) ? fs.readdirSync(path.join(station.data, '.uploads')) : []);
  const has = async (name) => (await engine.api('GET', `/images/${name}/json`)).status === 200;
  const forget = (name) => engine.api('DELETE', `/images/${name}?force=1`);
  const nothingLeft = () => until('the uploaded file is gone', () => uploads().length === 0, 20000);

  /** Sends bytes as the page does. */
  function upload(bytes, headers = {}) {
    return new Promise((resolve, reject) => {
      const req = http.request({ host: '127.0.0.1', port: station.port, method: 'POST', path: '/api/v1/images/load', agent: false,
        headers: { Authorization: `Bearer ${station.token}`, 'Content-Type': 'application/x-tar', 'Content-Length': bytes.length, ...headers } });
      req.on('error', reject);
      req.on('response', (res) => {
        let text = '';
        res.on('data', (d) => (text += d));
        res.on('end', () => resolve({ status: res.statusCode, ...JSON.parse(text) }));
      });
      req.end(bytes);
    });
  }

  async function load(bytes, state = 'done') {
    const { status, job, error } = await upload(bytes);
    assert.equal(status, 202, JSON.stringify(error));
    const end = await station.ended(job.id);
    assert.equal(end.state, state, JSON.stringify(end, null, 1));
    await nothingLeft();
    return end;
  }

  function saved(name) {
    const at = path.join(files, 'saved.tar');
    execFileSync('curl', ['-sSf', '-o', at, '--unix-socket', engine.socket, `http://d/images/${name}/get`]);
    return fs.readFileSync(at);
  }

  const build = (body, state) => station.job('POST', '/images/build', { tag: 'ethnetintel:built', ...body }, state);
  const log = async (job) => (await station.api('GET', `/jobs/${job.id}/log`)).body;

  describe('from a file', () => {
    it('loads what docker save wrote, plain and compressed, also where it was not', async () => {
      const tar = saved('ethnetintel:saved');
      fs.writeFileSync(path.join(files, 'z.tar'), tar);
      execFileSync('gzip', ['-k', path.join(files, 'z.tar')]);
      for (const bytes of [tar, fs.readFileSync(path.join(files, 'z.tar.gz'))]) {
        await forget('ethnetintel:saved');
        const job = await load(bytes);
        assert.deepEqual(job.steps.map((s) => [s.kind, s.state]), [['image_check', 'done'], ['image_load', 'done'], ['image_tidy', 'done']]);
        assert.equal(job.steps[1].note, 'ethnetintel:saved');
        assert.deepEqual([job.stack, job.action], ['', 'load']);
        assert.ok(await has('ethnetintel:saved'));
      }
    });

    it('offers it to the recipe that it is for', async () => {
      const { images } = await station.get('/images?recipe=ethnetintel');
      const mine = images.find((i) => i.name === 'ethnetintel:saved');
      assert.deepEqual([mine.recipes, mine.named], [['ethnetintel'], ['ethnetintel']]);
      assert.ok(mine.size_bytes > 1000 && /^sha256:/.test(mine.id) && mine.created_at > 1500000000000);
      assert.ok(!(await station.get('/images?recipe=parity')).images.some((i) => i.name === 'ethnetintel:saved'));
    });

    it('says what is wrong with a file, and keeps nothing of it', async () => {
      const tar = saved('ethnetintel:saved');
      const cut = await load(tar.subarray(0, Math.floor(tar.length * 0.7) - 100), 'rolled_back');
      assert.equal(cut.error.code, 'image.broken', JSON.stringify(cut.error));
      execFileSync('tar', ['-C', files, '-cf', path.join(files, 'other.tar'), 'tool']);
      const other = await load(fs.readFileSync(path.join(files, 'other.tar')), 'rolled_back');
      assert.equal(other.error.code, 'image.not_saved', JSON.stringify(other.error));
      for (const [bytes, code] of [[randomBytes(100000), 'image.broken'], [Buffer.from('x'), 'image.broken'], [Buffer.alloc(0), 'image.broken']]) {
        const { status, error } = await upload(bytes);
        assert.deepEqual([status, error.code], [400, code]);
      }
      assert.deepEqual(uploads(), []);
      const { id } = await engine.api('GET', '/images/ethnetintel:saved/json').then((r) => ({ id: r.body.Id }));
      const nameless = await load(saved(id), 'rolled_back');
      assert.equal(nameless.error.code, 'image.no_name');
    });

    it('refuses one that is too large, of another kind or of unknown length before it comes', async () => {
      const size = 9 * 2 ** 30;
      const told = await station.api('POST', `/images/load?dry_run=true&size=${size}`);
      assert.deepEqual([told.status, told.body.error.code], [413, 'image.too_large']);
      const plan = (await station.api('POST', '/images/load?dry_run=true&size=1000')).body.plan;
      assert.deepEqual(plan.steps.map((s) => s.kind), ['image_check', 'image_load', 'image_tidy']);
      assert.match(await raw(`Content-Length: ${size}\r\nContent-Type: application/x-tar\r\n\r\n`), /^HTTP\/1.1 413 [^]*image\.too_large/);
      assert.match(await raw('Content-Length: 600\r\n\r\n'), /^HTTP\/1.1 415 [^]*input\.media_type/);
      assert.match(await raw('Transfer-Encoding: chunked\r\nContent-Type: application/x-tar\r\n\r\n'), /^HTTP\/1.1 411 [^]*input\.length/);
      const floor = (await station.get('/host')).host.volume.total_bytes;
      await station.set({ disk_floor_bytes: floor });
      const full = await station.api('POST', '/images/load?dry_run=true&size=1000');
      await station.set({ disk_floor_bytes: 0 });
      assert.deepEqual([full.status, full.body.error.code], [409, 'image.space']);
      assert.deepEqual(uploads(), []);
    });

    it('takes no file without the rights, and none from another page', async () => {
      const operate = station.makeToken('operate', 'operate');
      const body = randomBytes(600);
      assert.equal((await upload(body, { Authorization: `Bearer ${operate}` })).error.code, 'token.scope');
      assert.equal((await upload(body, { Authorization: '' })).status, 403);
      assert.equal((await upload(body, { Authorization: '', Origin: 'https://evil.example' })).error.code, 'http.origin');
      assert.deepEqual(uploads(), []);
    });

    it('keeps nothing of an upload whose page was closed, and one at a time', async () => {
      const socket = net.connect(station.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(head(`Content-Length: 10000000\r\nContent-Type: application/x-tar\r\n\r\n`));
      socket.write(saved('ethnetintel:saved').subarray(0, 2000));
      await until('it is coming', () => uploads().length === 1, 20000);
      const second = await upload(randomBytes(600));
      assert.deepEqual([second.status, second.error.code], [503, 'stream.full']);
      socket.destroy();
      await nothingLeft();
    });

    it('removes what a crash left behind, and goes on with what had come', async () => {
      fs.writeFileSync(path.join(station.data, '.uploads/0123456789abcdef.tar'), 'left');
      const tar = saved('ethnetintel:saved');
      await forget('ethnetintel:saved');
      engine.stop();
      const { job } = await upload(tar);
      await until('the job waits for the engine', async () => (await station.get(`/jobs/${job.id}`)).job.waiting === 'engine.absent', 30000);
      await station.kill();
      assert.equal(uploads().length, 2);
      await station.start();
      assert.equal(uploads().length, 1, 'the one that a job needs');
      engine.start('--max-download-attempts', '1');
      assert.equal((await station.ended(job.id)).state, 'done');
      assert.ok(await has('ethnetintel:saved'));
      await nothingLeft();
    });
  });

  describe('from a folder', () => {
    it('shows the plan, builds, and shows what the engine writes', async () => {
      const at = folder('good', 'FROM scratch\nCOPY tool /tool\nCOPY kept /kept\nRUN ["/tool","0","hello from the build"]\n', {
        kept: 'kept', '.dockerignore': 'secret\n**/*.log\n', secret: 'not for an image', 'sub/x.log': 'no',
      });
      const { plan } = (await station.api('POST', '/images/build', { folder: at, tag: 'ethnetintel:built', dry_run: true })).body;
      assert.deepEqual(plan.steps.map((s) => s.kind), ['image_check', 'image_build']);
      assert.ok(plan.steps[1].docker.includes(`docker build -t ethnetintel:built ${at}`));
      assert.ok(!(await has('ethnetintel:built')), 'a dry run builds nothing');
      const job = await build({ folder: at });
      assert.match(job.steps[1].note, /^sha256:[0-9a-f]{64}, /);
      assert.equal(job.log, true);
      const text = await log(job);
      assert.match(text, /Step 4\/4 : RUN/);
      assert.match(text, /^hello from the build$/m);
      assert.match(text, /Successfully tagged ethnetintel:built/);
    });

    it('leaves out what .dockerignore names', async () => {
      const at = path.join(station.data, 'build/good');
      fs.appendFileSync(path.join(at, 'Dockerfile'), 'COPY secret /secret\n');
      const job = await build({ folder: at }, 'rolled_back');
      assert.equal(job.error.code, 'image.copy', JSON.stringify(job.error));
      assert.ok(!(await log(job)).includes('not for an image'));
    });

    it('quotes the last lines of a command that fails, and leaves no container', async () => {
      const at = folder('fails', 'FROM scratch\nCOPY tool /tool\nRUN ["/tool","7","npm ERR! one","npm ERR! git is gone"]\n');
      const job = await build({ folder: at, no_cache: true }, 'rolled_back');
      assert.equal(job.error.code, 'image.run');
      assert.match(job.error.message, /ended with code 7: .*npm ERR! one \/ npm ERR! git is gone/);
      assert.match(await log(job), /npm ERR! git is gone/);
      assert.deepEqual(await engine.containers(), []);
      assert.ok(await has('ethnetintel:built'), 'the image of before keeps its name');
    });

    it('shows the output while it is built, and can be stopped', async () => {
      const at = folder('slow', 'FROM scratch\nCOPY tool /tool\nRUN ["/tool","-1","now it takes long"]\n');
      const { id } = await station.begin('POST', '/images/build', { folder: at, tag: 'ethnetintel:slow' });
      await until('its output is seen', async () => String((await station.api('GET', `/jobs/${id}/log`)).body).includes('\nnow it takes long'), 30000 * slower, 200);
      const now = (await station.get('/state')).jobs.find((j) => j.id === id);
      assert.equal(now.steps[1].note, 'now it takes long');
      const busy = await station.api('POST', '/images/pull', { image: 'x:1' });
      assert.deepEqual([busy.status, busy.body.error.code, busy.body.error.job], [409, 'job.running', id]);
      await station.api('POST', `/jobs/${id}/cancel`);
      const end = await station.ended(id);
      assert.deepEqual([end.state, end.error.code], ['rolled_back', 'job.cancelled']);
      await until('its container is gone', async () => (await engine.containers()).length === 0, 30000 * slower, 200);
      assert.ok(!(await has('ethnetintel:slow')));
    });

    it('says what to do about a Dockerfile that this engine does not understand', async () => {
      for (const [name, dockerfile, code] of [
        ['kit', 'FROM scratch\nCOPY tool /tool\nRUN --mount=type=cache,target=/x ["/tool"]\n', 'image.buildkit'],
        ['typo', 'FROM scratch\nRUNN x\n', 'image.dockerfile'],
        ['gone', `FROM ${registry}/gone:1\n`, /^pull\./],
      ]) {
        const job = await build({ folder: folder(name, dockerfile) }, 'rolled_back');
        assert.match(job.error.code, code instanceof RegExp ? code : new RegExp(`^${code}$`), JSON.stringify(job.error));
      }
    });

    it('builds from no folder that is not meant for it', async () => {
      const none = folder('none', null);
      fs.symlinkSync('/etc', path.join(station.data, 'build/way'));
      fs.mkdirSync(path.join(stage.dir, 'elsewhere'));
      fs.writeFileSync(path.join(stage.dir, 'elsewhere/Dockerfile'), 'FROM scratch\n');
      fs.symlinkSync(path.join(stage.dir, 'elsewhere'), path.join(station.data, 'build/out'));
      for (const [body, code] of [
        [{ folder: none }, 'image.no_dockerfile'],
        [{ folder: path.join(station.data, 'build/missing') }, 'path.missing'],
        [{ folder: path.join(station.data, 'build/way') }, 'image.folder'],
        [{ folder: path.join(station.data, 'build/out') }, 'image.folder'],
        [{ folder: `${station.data}/build/../../../elsewhere` }, 'image.folder'],
        [{ folder: station.data }, 'image.folder'],
        [{ folder: station.state }, 'image.folder'],
        [{ folder: '/' }, 'image.folder'],
        [{ folder: path.join(share, 'CACHEDEV1_DATA/.qpkg/relay') }, 'image.folder'],
        [{ folder: 'build' }, 'input.path'],
        [{}, 'input.missing'],
        [{ folder: none, url: 'https://example.org/x.tar' }, 'input.missing'],
        [{ url: 'file:///etc/passwd' }, 'input.url'],
        [{ url: 'https://me:secret@example.org/x.tar' }, 'input.url'],
        [{ url: 'https://' }, 'input.url'],
        [{ folder: none, tag: 'UP per' }, 'input.image'],
        [{ folder: none, tag: undefined }, 'input.missing'],
      ]) {
        const res = await station.api('POST', '/images/build', { tag: 'x:1', ...body });
        assert.equal(res.body.error?.code, code, JSON.stringify([body, res.body]));
      }
    });

    it('builds from a shared folder of a QNAP NAS', async () => {
      const { plan } = (await station.api('POST', '/images/build', { folder: path.join(share, 'Public/relay'), tag: 'x:1', dry_run: true })).body;
      assert.match(plan.steps[1].detail, /\/share\/CACHEDEV1_DATA\/Public\/relay$/);
    });

    it('builds from an address, and says when it cannot be fetched', async () => {
      const job = await build({ url: 'http://127.0.0.1:9/relay.tar.gz' }, 'rolled_back');
      assert.equal(job.error.code, 'image.fetch', JSON.stringify(job.error));
    });
  });

  describe('from a registry', () => {
    it('pulls, and says why it cannot', async () => {
      stage.registry('start');
      script('lib/images.sh', 'tag', engine.socket, 'ethnetintel:saved', `${registry}/relay:1`);
      await stage.toRegistry(`${registry}/relay:1`);
      const { plan } = (await station.api('POST', '/images/pull', { image: `${registry}/relay:1`, dry_run: true })).body;
      assert.deepEqual(plan.steps.map((s) => s.kind), ['image_check', 'pull']);
      const job = await station.job('POST', '/images/pull', { image: `${registry}/relay:1` });
      assert.match(job.steps[1].note, /^sha256:/);
      assert.ok(await has(`${registry}/relay:1`));
      const missing = await station.job('POST', '/images/pull', { image: `${registry}/relay:2` }, 'rolled_back');
      assert.equal(missing.error.code, 'pull.missing');
      const bad = await station.api('POST', '/images/pull', { image: 'UP per' });
      assert.deepEqual([bad.status, bad.body.error.code], [400, 'input.image']);
    });
  });

  const head = (rest) => `POST /api/v1/images/load HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${station.token}\r\n${rest}`;

  /** What is answered to a request whose body never comes. */
  function raw(rest) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(station.port, '127.0.0.1', () => socket.write(head(rest)));
      let text = '';
      socket.on('data', (d) => {
        text += d;
        if (/\r\n\r\n[^]*\}$/.test(text)) socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
  }
});
