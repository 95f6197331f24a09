// A node and a relay that somebody made by hand are taken over with their chain, wherever it lies: in the
// container's own layer, in an anonymous volume, in a folder, on another volume; and everything goes back as it was.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, images, kernel, namespace, node, until } from '../lib/fixture.mjs';

const OLD_HOME = '/root/.parity'; // of a 1.3 without arguments
const SECRET = 'the-secret-of-the-page';

describe('adopt', { timeout: 600000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  let disk; // another file system

  before(async () => {
    await stage.set({ parity: ['1.3.9', '1.6.8'], withRelay: true });
    disk = stage.volume(path.join(stage.dir, 'disk'), 64);
    await station.start();
  });
  after(() => stage.end());

  /** Made as `docker run` would. */
  async function run(name, config) {
    const { status, body } = await engine.api('POST', `/containers/create?name=${name}`, config);
    assert.equal(status, 201, JSON.stringify(body));
    await engine.api('POST', `/containers/${name}/start`);
    return engine.inspect(name);
  }

  const height = (folder) => Math.max(-1, ...Object.values(stage.heights(folder)));
  const grown = (folder, than) => until(`blocks after ${than}`, () => fs.existsSync(folder) && height(folder) > than && height(folder), 30000);

  async function understood(containers, more = {}) {
    const answer = await station.api('POST', '/adopt', { containers, ...more, dry_run: true });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.ok(!JSON.stringify(answer.body).includes(SECRET), 'a dry run shows the secret');
    return answer.body;
  }

  const kinds = (plan) => plan.steps.map((s) => s.kind);

  /** Gone from the list, with its containers; what is left in its folder is no matter of this test. */
  async function away(name) {
    await station.job('POST', `/stacks/${name}/stop`);
    await station.job('DELETE', `/stacks/${name}`);
  }

  it('moves a chain out of the container itself, goes back, and lets go', async () => {
    const old = await run('my_parity', {
      Image: images['1.3.9'], Cmd: ['--pruning', 'archive'], Env: ['TZ=Europe/Oslo'],
      HostConfig: { RestartPolicy: { Name: 'unless-stopped' }, Memory: 300 * MiB, MemorySwap: 300 * MiB, CpuShares: 512, PortBindings: { '30303/udp': [{ HostIp: '127.0.0.1', HostPort: '30604' }] } },
      ExposedPorts: { '30303/udp': {} },
    });
    const layer = path.join(old.GraphDriver.Data.UpperDir, OLD_HOME);
    await grown(layer, 3);
    const { found } = await station.get('/found');
    assert.deepEqual(found.map((f) => [f.containers.map((c) => c.name), f.name, f.data.kind, f.error]), [[['my_parity'], 'my-parity', 'layer', null]]);

    const { plan, understood: seen } = await understood(['my_parity']);
    const order = kinds(plan);
    assert.ok(order.indexOf('stop') < order.indexOf('move_in') && order.indexOf('move_in') < order.indexOf('start'), order.join());
    assert.deepEqual(seen.data, { kind: 'layer', source: layer, path: OLD_HOME });
    assert.ok((await engine.inspect('my_parity')).State.Running, 'a dry run touches nothing');

    const job = await station.job('POST', '/adopt', { containers: ['my_parity'] });
    const moved = job.steps.find((s) => s.kind === 'move_in');
    assert.match(moved.note, /moved in \d+ ms/);
    assert.ok(!fs.existsSync(layer), 'moved, not copied');
    const now = await engine.inspect('my_parity');
    assert.notEqual(now.Id, old.Id);
    assert.ok(now.State.Running);
    assert.deepEqual(now.HostConfig.Binds, [`${stage.folder('my-parity')}/node:/data`]);
    assert.match(now.Config.Cmd.join(' '), /--pruning archive/);
    assert.ok(now.Config.Env.includes('TZ=Europe/Oslo'));
    assert.equal(kernel(now.State.Pid).memory, 300 * MiB);
    assert.equal(kernel(now.State.Pid).shares, 512);
    assert.deepEqual(now.HostConfig.PortBindings['30303/udp'], [{ HostIp: '127.0.0.1', HostPort: '30604' }]);
    const kept = (await engine.containers()).find((c) => c.Id === old.Id);
    assert.match(kept.Names[0], /^\/my_parity-before-/);
    assert.equal(kept.State, 'exited');
    assert.deepEqual((await station.get('/found')).found, [], 'what is kept to go back to is not found again');
    const at = height(path.join(stage.folder('my-parity'), 'node'));
    assert.ok((await stage.grows('my-parity', at)) > at, 'the sync goes on from where it was');

    await station.job('POST', '/stacks/my-parity/goback');
    const back = await engine.inspect('my_parity');
    assert.equal(back.Id, old.Id);
    assert.ok(back.State.Running);
    assert.equal(back.HostConfig.RestartPolicy.Name, 'unless-stopped', 'its own policy');
    assert.ok((await grown(layer, at)) > at, 'with what was synced meanwhile');
    assert.deepEqual((await station.get('/stacks')).stacks, []);

    await station.job('POST', '/adopt', { containers: ['my_parity'], name: 'again' });
    await station.job('POST', '/stacks/again/letgo');
    assert.ok(!(await engine.containers()).some((c) => c.Id === old.Id), 'the old container is gone');
    assert.equal((await station.api('POST', '/stacks/again/goback')).body.error.code, 'adopt.none');
    assert.ok((await stage.grows('again', at)) > at, 'the chain is ours now');
    await away('again');
  });

  it('takes a pair in one network over, with the volume of the node and the secret of the relay', async () => {
    const app = path.join(stage.dir, 'home/app.json');
    fs.mkdirSync(path.dirname(app), { recursive: true });
    fs.writeFileSync(app, JSON.stringify([{
      name: 'node-app', script: 'app.js', env: {
        NODE_ENV: 'production', RPC_HOST: 'localhost', RPC_PORT: '8545', LISTENING_PORT: '30303', INSTANCE_NAME: 'My NAS',
        CONTACT_DETAILS: '', WS_SERVER: 'ws://127.0.0.1:3000', WS_SECRET: SECRET, VERBOSITY: 2,
      },
    }]));
    await run('net', { Image: 'ethnetintel:latest', HostConfig: { Binds: [`${app}:/home/ethnetintel/eth-net-intelligence-api/app.json`] } });
    const old = await run('chain', {
      Image: images['1.6.8'], Cmd: ['--base-path', '/chain'], Volumes: { '/chain': {} }, HostConfig: { NetworkMode: 'container:net' },
    });
    const volume = old.Mounts[0].Source;
    await grown(volume, 2);
    const { found } = await station.get('/found');
    assert.deepEqual(found.map((f) => f.containers.map((c) => c.name)), [['chain', 'net']]);
    await station.job('POST', '/adopt', { containers: ['chain', 'net'], name: 'pair' });
    const [n, r] = [await engine.inspect('chain'), await engine.inspect('net')];
    assert.equal(namespace(n.State.Pid), namespace(r.State.Pid));
    assert.equal(height(volume), -1, 'the volume is empty');
    assert.ok(fs.statSync(volume).isDirectory(), 'and can still be mounted');
    const written = JSON.parse(fs.readFileSync(path.join(stage.folder('pair'), 'relay/app.json'), 'utf8'))[0].env;
    assert.equal(written.WS_SECRET, SECRET);
    assert.equal(written.INSTANCE_NAME, 'My NAS');
    const { adopted } = await station.stack('pair');
    assert.deepEqual(adopted.containers.map((c) => [c.service, c.name, c.ran]), [['node', 'chain', true], ['relay', 'net', true]]);
    await station.job('POST', '/stacks/pair/goback');
    assert.ok(height(volume) >= 2);
    const [n2, r2] = [await engine.inspect('chain'), await engine.inspect('net')];
    assert.ok(n2.State.Running && r2.State.Running);
    assert.equal(n2.Id, old.Id);
    for (const name of ['chain', 'net']) await engine.api('DELETE', `/containers/${name}?force=1`);
  });

  it('copies a chain that lies on another volume, and leaves the old one alone', async () => {
    const far = path.join(disk, 'chain');
    fs.mkdirSync(far);
    const old = await run('far', { Image: images['1.6.8'], Cmd: ['-d', '/chain'], HostConfig: { Binds: [`${far}:/chain`] } });
    await grown(far, 2);
    const { plan } = await understood(['far']);
    assert.ok(kinds(plan).includes('copy_in'), kinds(plan).join());
    assert.match(plan.steps.find((s) => s.kind === 'copy_in').detail, /on another volume; every byte is counted/);
    await station.job('POST', '/adopt', { containers: ['far'] });
    const there = height(far);
    assert.ok((await stage.grows('far', there)) > there);
    assert.equal(height(far), there, 'nobody writes to the old one');
    const letgo = await station.api('POST', '/stacks/far/letgo', { dry_run: true });
    assert.deepEqual(letgo.body.plan.warnings.map((w) => w.code), ['adopt.holds_chain'], 'a chain does not go with a container');
    const goback = await station.api('POST', '/stacks/far/goback', { dry_run: true });
    assert.deepEqual(goback.body.plan.warnings.map((w) => w.code), ['adopt.copied']);
    await station.job('POST', '/stacks/far/goback');
    assert.equal((await engine.inspect('far')).Id, old.Id);
    assert.ok((await grown(far, there)) > there);
    await engine.api('DELETE', '/containers/far?force=1');
  });

  it('takes all of it back when the new container fails', async () => {
    const old = await run('fails', { Image: images['1.3.9'], HostConfig: { RestartPolicy: { Name: 'always' } } });
    const layer = path.join(old.GraphDriver.Data.UpperDir, OLD_HOME);
    await grown(layer, 2);
    const job = await station.ended((await station.begin('POST', '/adopt', { containers: ['fails'], services: [{ name: 'node', options: { extra_args: ['--no-such-flag'] } }] })).id);
    assert.equal(job.state, 'rolled_back', JSON.stringify(job.error));
    const back = await engine.inspect('fails');
    assert.equal(back.Id, old.Id);
    assert.equal(back.HostConfig.RestartPolicy.Name, 'always');
    await until('it runs', async () => (await engine.inspect('fails')).State.Running, 30000);
    const at = height(layer);
    assert.ok((await grown(layer, at)) > at, 'it syncs on where it was');
    await engine.api('DELETE', '/containers/fails?force=1');
  });

  it('finds no stack of its own, and refuses what it does not understand', async () => {
    await station.job('POST', '/stacks', { name: 'ours', services: [node('1.6.8')] });
    await run('other', { Image: 'ethnetintel:latest', Entrypoint: ['sleep'], Cmd: ['1000'] });
    assert.deepEqual((await station.get('/found')).found, []);
    for (const [body, status, code] of [
      [{ containers: ['ours-node'] }, 409, /stack\.(exists|data_dir)|container\.name_taken/],
      [{ containers: ['nothing-there'] }, 404, /container\.missing/],
      [{ containers: ['other'] }, 400, /compose\.no_node/],
      [{ containers: [] }, 400, /input\.missing/],
      [{ containers: [7] }, 400, /input\.type/],
      [{ containers: ['a', 'b', 'c'] }, 400, /input\.missing/],
      [{}, 400, /input\.missing/],
    ]) {
      const answer = await station.api('POST', '/adopt', { ...body, dry_run: true });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.match(answer.body.error.code, code);
      assert.ok(answer.body.error.hint);
    }
    const token = station.makeToken('operator', 'operate');
    assert.equal((await station.api('GET', '/found', undefined, { token })).status, 403);
    assert.equal((await station.api('POST', '/adopt', { containers: ['other'] }, { token })).status, 403);
  });
});
