// Compose files in and out, on a real engine: the seed's three files become stacks that run; an export comes
// up with docker-compose on an empty engine as the same containers; and an export that is imported changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Engine } from '../lib/engine.mjs';
import { MiB, Stage, kernel, limits, namespace, node, relay } from '../lib/fixture.mjs';

const SECRET = 'the-secret-of-the-page';

/** The seed's app.json, as its reader had edited it. */
function appJson(more = {}) {
  return JSON.stringify([{
    name: 'node-app', script: 'app.js', log_date_format: 'YYYY-MM-DD HH:mm Z', merge_logs: false, watch: false,
    max_restarts: 10, exec_interpreter: 'node', exec_mode: 'fork_mode',
    env: {
      NODE_ENV: 'production', RPC_HOST: 'localhost', RPC_PORT: '8545', LISTENING_PORT: '30303', INSTANCE_NAME: 'My NAS',
      CONTACT_DETAILS: '', WS_SERVER: 'ws://127.0.0.1:3000', WS_SECRET: SECRET, VERBOSITY: 2, ...more,
    },
  }], null, 2);
}

describe('compose', { timeout: 420000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const homes = path.join(stage.dir, 'homes/admin'); // the seed's /share/homes/admin

  /** A node that has run there for a while leaves its chain behind. */
  async function oldChain(folder) {
    fs.mkdirSync(folder, { recursive: true });
    await station.job('POST', '/stacks', { name: 'first', services: [node('1.3.9')] });
    await stage.grows('first', 3);
    await station.job('POST', '/stacks/first/stop');
    await station.job('DELETE', '/stacks/first');
    fs.rmdirSync(folder);
    fs.renameSync(path.join(stage.folder('first'), 'node'), folder);
    fs.rmSync(stage.folder('first'), { recursive: true });
  }

  /** The highest head on disk below a folder. */
  const height = (folder) => Math.max(-1, ...Object.values(stage.heights(folder)));

  before(async () => {
    await stage.set({ parity: ['1.3.9', '1.6.8'], withRelay: true });
    // The seed pulls "latest"; in its days that was a 1.3.
    await engine.api('POST', '/images/ethcore/parity:v1.3.9/tag?repo=ethcore/parity&tag=v1.3.9-beta');
    await station.start();
  });
  after(() => stage.end());

  const file = (name, text) => ({ name, text });
  const compose = (text, ...more) => ({ files: [file('docker-compose.yml', text), ...more] });

  async function dryRun(body) {
    const answer = await station.api('POST', '/compose', { ...body, dry_run: true });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.ok(!JSON.stringify(answer.body).includes(SECRET), 'a dry run shows the secret');
    return answer.body;
  }

  it("imports the seed's first file, and moves its chain", async () => {
    const folder = path.join(homes, 'parity');
    await oldChain(folder);
    const before = height(folder);
    assert.ok(before > 3);
    const body = compose(`ethereum-node:
  image: ethcore/parity:v1.3.9-beta
  container_name: my_parity_latest
  volumes:
    - ${folder}:/root/.parity
`);
    const { plan, understood } = await dryRun(body);
    assert.equal(understood.stack.name, 'my-parity-latest');
    assert.deepEqual(understood.notes.map((n) => n.kind), ['changed']);
    assert.match(understood.notes[0].message, /is moved into the stack's folder/);
    const kinds = plan.steps.map((s) => s.kind);
    assert.ok(kinds.indexOf('move_in') > kinds.indexOf('create') && kinds.indexOf('move_in') < kinds.indexOf('start'), kinds.join());
    assert.ok(fs.existsSync(folder), 'a dry run moves nothing');

    await station.job('POST', '/compose', body);
    const c = await engine.inspect('my_parity_latest');
    assert.ok(c.State.Running);
    assert.match(c.Config.Cmd.join(' '), /^-d \/data /);
    assert.deepEqual(c.HostConfig.Binds, [`${stage.folder('my-parity-latest')}/node:/data`]);
    assert.ok(!fs.existsSync(folder), 'moved, not copied');
    assert.ok((await stage.grows('my-parity-latest', before)) > before, 'the sync goes on');
    await station.job('POST', '/stacks/my-parity-latest/stop');
    await station.job('DELETE', '/stacks/my-parity-latest');
  });

  it("imports the seed's pair of files as one stack in one network", async () => {
    const app = path.join(homes, 'docker/ethnetintel/app.json');
    fs.mkdirSync(path.dirname(app), { recursive: true });
    fs.writeFileSync(app, appJson());
    const body = {
      name: 'pair',
      files: [
        file('parity/docker-compose.yml', `ethereum-node:
  image: ethcore/parity:v1.3.9-beta
  container_name: my_parity_latest
  volumes:
    - ${path.join(homes, 'nothing-there')}:/root/.parity
  net: 'container:my_ethnetintel'
`),
        file('ethnetintel/docker-compose.yml', `ethnetstats:
  image: ethnetintel:latest
  container_name: my_ethnetintel
  volumes:
    - ${app}:/home/ethnetintel/eth-net-intelligence-api/app.json
`),
      ],
    };
    const { understood } = await dryRun(body);
    assert.equal(understood.stack.network, 'shared');
    assert.ok(understood.notes.some((n) => /no chain in/.test(n.message)));
    await station.job('POST', '/compose', body);
    const [n, r] = [await engine.inspect('my_parity_latest'), await engine.inspect('my_ethnetintel')];
    assert.equal(namespace(n.State.Pid), namespace(r.State.Pid));
    const written = JSON.parse(fs.readFileSync(path.join(stage.folder('pair'), 'relay/app.json'), 'utf8'))[0].env;
    assert.equal(written.INSTANCE_NAME, 'My NAS');
    assert.equal(written.WS_SECRET, SECRET, 'the secret came along, unseen');
    assert.equal(written.WS_SERVER, 'ws://127.0.0.1:3000');
    assert.ok(!JSON.stringify(await station.get('/state')).includes(SECRET));
    await station.job('POST', '/stacks/pair/stop');
    await station.job('DELETE', '/stacks/pair');
  });

  it("imports the seed's last file, with its entrypoint", async () => {
    const app = path.join(homes, 'docker/ethnetintel/app.json');
    const body = compose(`version: '2'
services:
  parity:
    image: ethcore/parity:v1.3.9-beta
    entrypoint: /build/parity/target/release/parity --pruning archive
    mem_limit: 1g
    memswap_limit: 1g
    volumes:
      - ${path.join(homes, 'parity')}:/root/.parity
    depends_on:
      - ethnetintel
    network_mode: 'service:ethnetintel'
  ethnetintel:
    image: ethnetintel
    cpus: 0.2
    mem_limit: 256m
    memswap_limit: 256m
    volumes:
      - ${app}:/home/ethnetintel/eth-net-intelligence-api/app.json
`);
    const { understood } = await dryRun(body);
    assert.ok(understood.notes.some((n) => n.what === 'entrypoint' && n.line === 5 && n.file === 'docker-compose.yml'));
    await station.job('POST', '/compose', { ...body, name: 'seed' });
    const [n, r] = [await engine.inspect('seed-node'), await engine.inspect('seed-relay')];
    assert.match(n.Config.Cmd.join(' '), /--pruning archive/);
    assert.equal(n.Config.Entrypoint.join(), '/build/parity/target/release/parity', "the image's own");
    assert.equal(kernel(n.State.Pid).memory, 1024 * MiB);
    assert.equal(kernel(r.State.Pid).memory, 256 * MiB);
    assert.equal(kernel(r.State.Pid).quota / kernel(r.State.Pid).period, 0.2);
    assert.deepEqual((await station.service('seed', 'node')).drift, []);
    await station.job('POST', '/stacks/seed/stop');
    await station.job('DELETE', '/stacks/seed');
  });

  it('moves nothing that is no chain, and says so', async () => {
    const precious = path.join(homes, 'photos');
    fs.mkdirSync(precious, { recursive: true });
    fs.writeFileSync(path.join(precious, 'cat.jpg'), 'meow');
    const { plan, understood } = await dryRun(compose(`services:
  node:
    image: parity/parity:v1.6.8
    volumes: ["${precious}:/root/.local/share/io.parity.ethereum"]
`));
    assert.ok(!plan.steps.some((s) => s.kind === 'move_in'));
    assert.ok(understood.notes.some((n) => n.what === precious && /no chain/.test(n.message)));
    assert.ok(fs.existsSync(path.join(precious, 'cat.jpg')));
  });

  it('needs an owner: a token that may operate is not enough', async () => {
    const token = station.makeToken('operator', 'operate');
    const answer = await station.api('POST', '/compose', { ...compose('services: {n: {image: "parity/parity:v1.6.8"}}'), dry_run: true }, { token });
    assert.equal(answer.status, 403);
  });

  it('refuses what it cannot read, with a line', async () => {
    for (const [text, code, where] of [
      ['services:\n\tnode: {}\n', 'compose.invalid', /line 2/],
      ['a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\nservices: {n: {image: x, command: *d}}\n', 'compose.too_large', /line 1/],
      ['services: {n: {image: ethnetintel}}', 'compose.no_node', /node/],
    ]) {
      const { status, body } = await station.api('POST', '/compose', { ...compose(text), dry_run: true });
      assert.equal(status, 400, JSON.stringify(body));
      assert.equal(body.error.code, code);
      assert.match(body.error.message, where);
      assert.ok(body.error.hint);
    }
  });

  describe('there and back', () => {
    const wishes = {
      apart: {
        name: 'apart', network: 'private',
        services: [
          node('1.6.8', {
            options: { pruning: 'archive', max_peers: 33, extra_args: ['--tracing', 'on'] }, env: { TZ: 'Europe/Oslo' },
            limits: { memory_bytes: 512 * MiB, memory_reservation_bytes: 256 * MiB, swap_bytes: 0, cpus: 0.75, cpu_shares: 512 },
            ports: [{ container: 30303, host: 30404, protocol: 'udp', host_ip: '127.0.0.1' }],
          }),
          relay({ limits: { memory_bytes: 128 * MiB, cpus: 0.2 }, secrets: { WS_SECRET: SECRET } }),
        ],
      },
      together: {
        name: 'together', network: 'shared',
        services: [
          node('1.3.9', { limits: { memory_bytes: 256 * MiB }, ports: [{ container: 30303, host: 30505, protocol: 'tcp', host_ip: '127.0.0.1' }] }),
          relay({ secrets: { WS_SECRET: SECRET } }),
        ],
      },
    };
    const exported = {};

    /** What must be the same in a container, whoever made it. */
    function essence(c, ids) {
      const h = c.HostConfig;
      const mode = h.NetworkMode.startsWith('container:') ? `container of ${ids[h.NetworkMode.slice(10)]}` : h.NetworkMode;
      const aliases = Object.fromEntries(Object.entries(c.NetworkSettings.Networks ?? {}).map(([k, v]) => [k, (v.Aliases ?? []).filter((a) => a === 'node' || a === 'relay').sort()]));
      return {
        name: c.Name, image: c.Config.Image, cmd: c.Config.Cmd ?? [], entrypoint: c.Config.Entrypoint, user: c.Config.User,
        env: [...(c.Config.Env ?? [])].sort(), stopSignal: c.Config.StopSignal,
        labels: Object.fromEntries(Object.entries(c.Config.Labels).filter(([k]) => k.startsWith('org.ethstation.'))),
        mounts: c.Mounts.map((m) => [m.Type, m.Source, m.Destination, m.RW]).sort(),
        memory: h.Memory, swap: h.MemorySwap, reservation: h.MemoryReservation, quota: h.CpuQuota, period: h.CpuPeriod,
        shares: h.CpuShares, weight: h.BlkioWeight, nano: h.NanoCpus ?? 0, restart: h.RestartPolicy.Name, log: h.LogConfig,
        ports: h.PortBindings ?? {}, security: h.SecurityOpt ?? [], init: h.Init, mode, aliases,
      };
    }

    async function both(which, name) {
      const containers = [await which.inspect(`${name}-node`), await which.inspect(`${name}-relay`)];
      const ids = Object.fromEntries(containers.map((c) => [c.Id, c.Name]));
      return { containers, essences: containers.map((c) => essence(c, ids)) };
    }

    for (const name of Object.keys(wishes))
      it(`exports "${name}", and importing that changes nothing`, async () => {
        await station.job('POST', '/stacks', wishes[name]);
        const { files } = await station.get(`/stacks/${name}/compose`);
        assert.deepEqual(files.map((f) => f.name).sort(), ['.env', 'README.md', 'app.json.example', 'docker-compose.yml']);
        assert.ok(!JSON.stringify(files).includes(SECRET), 'a secret is in the export');
        assert.equal(files.find((f) => f.name === 'app.json.example').mode, '0600');
        exported[name] = { files, ...(await both(engine, name)) };

        const imported = files.filter((f) => f.name.endsWith('.yml') || f.name === '.env').map(({ name: n, text }) => ({ name: n, text }));
        const answer = await station.api('POST', '/compose', { files: imported, dry_run: true });
        assert.equal(answer.status, 409, JSON.stringify(answer.body));
        assert.equal(answer.body.error.code, 'stack.nothing_to_do');
        // And a changed line is exactly that change.
        const changed = imported.map((f) => ({ ...f, text: f.text.replace('restart: always', 'restart: always\n    cpu_shares: 700') }));
        if (name === 'together') {
          const { plan } = await dryRun({ files: changed });
          assert.equal(plan.action, 'options');
          await station.job('POST', '/compose', { files: changed });
          assert.equal(kernel((await engine.inspect('together-node')).State.Pid).shares, 700);
          await station.job('POST', '/compose', { files: imported });
        }
      });

    it('comes up with docker-compose on an empty engine as the same containers', async () => {
      const ns = `${stage.ns}-2`;
      const other = new Engine(path.join(stage.dir, 'e2'), ns);
      for (const name of Object.keys(wishes)) await station.job('POST', `/stacks/${name}/stop`);
      for (const name of Object.keys(wishes)) await station.job('DELETE', `/stacks/${name}`);
      engine.stop();
      try {
        other.start();
        other.parityImages('1.3.9', '1.6.8');
        other.relayImage();
        assert.deepEqual(await other.containers(), []);
        assert.deepEqual(Object.keys(exported), Object.keys(wishes));
        for (const [name, { files, essences }] of Object.entries(exported)) {
          const dir = path.join(stage.dir, `out-${name}`);
          fs.mkdirSync(dir);
          for (const f of files) fs.writeFileSync(path.join(dir, f.name), f.text, { mode: parseInt(f.mode, 8) });
          const compose1 = (...args) => execFileSync('docker-compose', args, { cwd: dir, env: { ...process.env, DOCKER_HOST: `unix://${other.socket}` }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
          const config = compose1('config');
          assert.match(config, /services:/);
          compose1('up', '-d', '--no-color');
          const up = await both(other, name);
          assert.deepEqual(up.essences, essences);
          for (const c of up.containers) assert.ok(c.State.Running, `${c.Name} runs`);
          compose1('down', '-t', '20');
        }
      } finally {
        other.wipe();
        engine.start();
        await stage.witness.watch();
      }
    });
  });
});
