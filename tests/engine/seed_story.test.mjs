// The seed's story, told again by REST alone.
//
// In 2016 somebody put Parity on a NAS. The node ran in a container; a second one, ethnetintel, told
// ethstats.net about it. Both had to share one network, so the node joined the relay's namespace,
// and from then on everything had an order: the relay had to start first, whoever restarted it
// had to restart the node too, and an upgrade meant to remember each flag, mount and limit by
// heart, because Docker forgets them with the container.
//
// Below, the same wish is written down once and then survives a restart, an upgrade and a
// restart of the relay. After every chapter the same things are looked at with the kernel's and the
// engine's own eyes: `asWished`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { MiB, Stage, kernel, limits, namespace, node, relay } from '../lib/fixture.mjs';

const SECRET = 'correct-horse-battery-staple';

// What a person wants, as the API takes it. The dashboard's Install page sends just this.
const wish = {
  name: 'eth',
  network: 'shared', // the node lives in the relay's network namespace, as in the seed
  services: [
    node('1.3.5', {
      options: { pruning: 'archive' },
      limits: { memory_bytes: 1024 * MiB }, // "In general it was running fine with 1024MB"
    }),
    relay({
      limits: { memory_bytes: 256 * MiB, cpus: 0.2 },
      secrets: { WS_SECRET: SECRET },
      options: { instance_name: 'My NAS', contact: 'me@example.org' },
    }),
  ],
};

describe('the seed story', { timeout: 300000 }, () => {
  const stage = new Stage();
  const { engine, station } = stage;
  const story = { height: 0, appJson: '' };

  before(async () => {
    await stage.set({ parity: ['1.3.5', '1.3.9'], withRelay: true });
    await station.start();
  });
  after(() => stage.end());

  /** Everything that must hold at every point of the story. */
  async function asWished(image) {
    const [n, r] = [await engine.inspect('eth-node'), await engine.inspect('eth-relay')];

    assert.ok(n.State.Running && r.State.Running, 'both run');
    assert.equal(n.Config.Image, image);

    // One network namespace, and its owner came first.
    assert.equal(namespace(n.State.Pid), namespace(r.State.Pid), 'one network namespace');
    assert.equal(n.HostConfig.NetworkMode, `container:${r.Id}`);
    assert.ok(n.State.StartedAt > r.State.StartedAt, `the relay (${r.State.StartedAt}) before the node (${n.State.StartedAt})`);

    // What the kernel enforces, not what the engine was told.
    const [kn, kr] = [kernel(n.State.Pid), kernel(r.State.Pid)];
    assert.equal(kn.memory, 1024 * MiB);
    assert.equal(kn.memsw, 1024 * MiB, 'no swap beyond the memory');
    assert.equal(kn.quota, -1, 'no CPU limit on the node');
    assert.equal(kr.memory, 256 * MiB);
    assert.equal(kr.memsw, 256 * MiB);
    assert.equal(kr.quota / kr.period, 0.2);

    // The flags of Parity 1.3, and the chain outside of the container.
    const cmd = n.Config.Cmd.join(' ');
    assert.match(cmd, /^-d \/data /);
    assert.match(cmd, /--pruning archive/);
    assert.deepEqual(n.HostConfig.Binds, [`${stage.folder('eth')}/node:/data`]);
    assert.equal(n.HostConfig.RestartPolicy.Name, 'always');
    assert.equal(r.HostConfig.RestartPolicy.Name, 'always');

    // The same chain as before, and it goes on.
    story.height = await stage.grows('eth', story.height);

    // The relay's settings and its secret: in one file beside the chain, readable by nobody else.
    const appJson = path.join(stage.folder('eth'), 'relay/app.json');
    const file = fs.statSync(appJson);
    assert.equal(file.mode & 0o777, 0o600);
    assert.equal(file.uid, 1000, 'of the user in the image');
    assert.ok(r.HostConfig.Binds.some((b) => b.startsWith(`${appJson}:`)), 'mounted from outside');
    const env = JSON.parse(fs.readFileSync(appJson, 'utf8'))[0].env;
    assert.equal(env.WS_SECRET, SECRET);
    assert.equal(env.INSTANCE_NAME, 'My NAS');
    assert.equal(env.RPC_HOST, 'localhost', 'the node is in the same namespace');
    if (story.appJson) assert.equal(fs.readFileSync(appJson, 'utf8'), story.appJson, 'not changed by a hair');
    story.appJson = fs.readFileSync(appJson, 'utf8');
    await secretStaysSecret(n, r);

    // The program agrees with what we have seen ourselves.
    const stack = await station.stack('eth');
    for (const s of stack.services) assert.deepEqual(s.drift, [], `${s.name} drifts`);
    assert.equal(stack.wanted, 'running');
    assert.deepEqual((await stage.findings()).filter((f) => f.level === 'bad'), []);
  }

  async function secretStaysSecret(n, r) {
    const logs = (name) => engine.api('GET', `/containers/${name}/logs?stdout=1&stderr=1`);
    const places = {
      'docker inspect': [n, r],
      "the containers' logs": [(await logs('eth-node')).body, (await logs('eth-relay')).body],
      'the state': await station.get('/state'),
      'the stack': await station.stack('eth'),
      'the jobs': await station.get('/jobs'),
      'the events': await stage.events(),
      'the logs by REST': (await station.api('GET', '/stacks/eth/services/relay/logs')).body,
      "the program's log": station.log,
      'ethstation.json': fs.readFileSync(path.join(stage.folder('eth'), 'ethstation.json'), 'utf8'),
    };
    for (const [place, what] of Object.entries(places))
      assert.ok(!JSON.stringify(what).includes(SECRET), `the secret is in ${place}`);
    const service = (await station.stack('eth')).services.find((s) => s.name === 'relay');
    assert.equal(typeof service.secrets.WS_SECRET, 'number', 'only when it was set is told');
  }

  it('shows the plan before anything happens', async () => {
    const { status, body } = await station.api('POST', '/stacks', { ...wish, dry_run: true });
    assert.equal(status, 200);
    const kinds = body.plan.steps.map((s) => s.kind + (s.docker?.match(/eth-(node|relay)/)?.[0] ?? ''));
    const at = (what) => kinds.findIndex((k) => k.startsWith(what));
    assert.ok(at('createeth-relay') < at('createeth-node'), kinds.join());
    assert.ok(at('starteth-relay') < at('starteth-node'), kinds.join());
    assert.ok(!JSON.stringify(body).includes(SECRET));
    assert.deepEqual(await engine.containers(), [], 'a dry run makes nothing');
    assert.ok(!fs.existsSync(stage.folder('eth')), 'not even a folder');
    // The truth about so old a version, before it is installed.
    assert.ok(body.plan.warnings.some((w) => w.code === 'chain.historic'), JSON.stringify(body.plan.warnings));
  });

  it('installs both', async () => {
    const job = await station.job('POST', '/stacks', wish);
    assert.equal(job.error, null);
    await asWished('ethcore/parity:v1.3.5');
    assert.ok(stage.heights(stage.folder('eth')), 'a database');
  });

  it('restarts in order', async () => {
    const before = await engine.inspect('eth-node');
    const job = await station.job('POST', '/stacks/eth/restart');
    const kinds = job.steps.filter((s) => ['stop', 'start'].includes(s.kind)).map((s) => s.title);
    assert.deepEqual(kinds, ['Stop Parity / OpenEthereum', 'Stop the relay', 'Start the relay', 'Start Parity / OpenEthereum']);
    const now = await engine.inspect('eth-node');
    assert.equal(now.Id, before.Id, 'the same container');
    assert.ok(now.State.StartedAt > before.State.StartedAt, 'started anew');
    await asWished('ethcore/parity:v1.3.5');
  });

  it('upgrades to 1.3.9 and forgets nothing', async () => {
    const before = { node: await engine.inspect('eth-node'), relay: await engine.inspect('eth-relay') };
    const key = fs.readFileSync(path.join(stage.folder('eth'), 'node/network/key'), 'utf8');
    const plan = (await station.api('POST', '/stacks/eth/upgrade', { image: 'ethcore/parity:v1.3.9', dry_run: true })).body.plan;
    assert.equal(plan.one_way, false, 'the same database format');
    assert.equal(plan.down, true);

    const job = await station.job('POST', '/stacks/eth/upgrade', { image: 'ethcore/parity:v1.3.9' });
    assert.ok(job.down_ms >= 0 && job.down_ms < 30000, `down for ${job.down_ms} ms`);
    const now = await engine.inspect('eth-node');
    assert.notEqual(now.Id, before.node.Id, 'another container');
    assert.equal((await engine.inspect('eth-relay')).Id, before.relay.Id, 'the relay was not touched');
    assert.equal(await engine.inspect(before.node.Id), null, 'the old container is gone');
    assert.equal((await engine.containers()).length, 2, 'and nothing else was left');
    assert.equal(fs.readFileSync(path.join(stage.folder('eth'), 'node/network/key'), 'utf8'), key, 'the identity stays');
    assert.match(stage.rpc(now.State.Pid, 'web3_clientVersion'), /v1\.3\.9/);
    await asWished('ethcore/parity:v1.3.9');
  });

  it('restarts the node with the relay, in the same job', async () => {
    const before = { node: await engine.inspect('eth-node'), relay: await engine.inspect('eth-relay') };
    await station.job('POST', '/stacks/eth/restart', { service: 'relay' });
    const now = { node: await engine.inspect('eth-node'), relay: await engine.inspect('eth-relay') };
    assert.ok(now.relay.State.StartedAt > before.relay.State.StartedAt, 'the relay, as asked');
    assert.ok(now.node.State.StartedAt > before.node.State.StartedAt, 'and the node that lives in its network');
    await asWished('ethcore/parity:v1.3.9');
  });

  it('restarts the node alone without its relay', async () => {
    const before = { node: await engine.inspect('eth-node'), relay: await engine.inspect('eth-relay') };
    await station.job('POST', '/stacks/eth/restart', { service: 'node' });
    const now = { node: await engine.inspect('eth-node'), relay: await engine.inspect('eth-relay') };
    assert.ok(now.node.State.StartedAt > before.node.State.StartedAt);
    assert.equal(now.relay.State.StartedAt, before.relay.State.StartedAt, 'the relay runs on');
    await asWished('ethcore/parity:v1.3.9');
  });

  it('changes the secret without showing either', async () => {
    const other = 'another-secret-of-the-page';
    await station.job('PATCH', '/stacks/eth', { services: [{ name: 'relay', secrets: { WS_SECRET: other } }] });
    const text = fs.readFileSync(path.join(stage.folder('eth'), 'relay/app.json'), 'utf8');
    assert.ok(text.includes(other) && !text.includes(SECRET));
    for (const what of [await station.get('/state'), await station.get('/jobs'), await stage.events(), station.log])
      assert.ok(!JSON.stringify(what).includes(other), 'the new secret shows');
    await station.job('PATCH', '/stacks/eth', { services: [{ name: 'relay', secrets: { WS_SECRET: SECRET } }] });
    await asWished('ethcore/parity:v1.3.9');
  });

  it('stops in order and starts again', async () => {
    stage.witness.events.length = 0;
    await station.job('POST', '/stacks/eth/stop');
    const died = stage.witness.events.filter((e) => e.action === 'die');
    assert.deepEqual(died.map((e) => e.name), ['eth-node', 'eth-relay'], 'the node first');
    assert.deepEqual(died.map((e) => e.exitCode), ['0', '0'], 'both cleanly');
    assert.equal((await station.stack('eth')).wanted, 'stopped');
    await station.job('POST', '/stacks/eth/start');
    await asWished('ethcore/parity:v1.3.9');
  });

  it('gives the whole wish back as it was', async () => {
    const stack = await station.stack('eth');
    const [n, r] = stack.services;
    assert.equal(n.options.pruning, 'archive');
    assert.deepEqual(n.limits, limits({ memory_bytes: 1024 * MiB }));
    assert.deepEqual(r.limits, limits({ memory_bytes: 256 * MiB, cpus: 0.2 }));
    assert.equal(r.options.contact, 'me@example.org');
  });
});
