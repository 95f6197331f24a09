// The built-in relay against a real Primus server of either generation: listed, active, with the right block,
// and so again after every fault of the server, the node, its RPC and the certificate.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';

import { startFront } from '../ethstats/front.mjs';
import { StatsServer } from '../ethstats/server.mjs';
import { certificates } from '../ethstats/tls.mjs';
import { Stage, node, slower, sleep, until } from '../lib/fixture.mjs';

const SECRET = 'rig-secret-8a1f', WRONG = 'wrong-secret-77c2';
const NAME = 'My NAS', ID = 'myNas'; // as the old relay makes it

describe('the built-in relay', { timeout: 900000 }, () => {
  const stage = new Stage();
  const { station, engine } = stage;
  const servers = [];
  let server, front, certs;

  const facts = async () => (await station.service('r', 'relay')).relay;
  const nodePid = async () => (await engine.inspect('r-node')).State.Pid;
  const head = async () => parseInt(stage.rpc(await nodePid(), 'eth_blockNumber'), 16);
  const serve = async (options) => {
    server = await new StatsServer({ secret: SECRET, ...options }).start();
    servers.push(server);
    return server;
  };
  const options = (more) => station.job('PATCH', '/stacks/r', { services: [{ name: 'relay', options: more }] });
  const shown = () => server.node(ID)?.stats;

  /** The server's own view is right: active, and the node's head of now arrives there. */
  const seen = (ms = 30000) => until('the page has the head', async () => {
    const s = shown();
    if (!s?.active || s.peers !== 25 || !(s.latency >= 0) || !(s.pending >= 0)) return false;
    const now = await head().catch(() => 0);
    return now > 1 && s.block?.number >= now - 1;
  }, ms * slower, 100);

  before(async () => {
    certs = certificates(path.join(stage.dir, 'tls'));
    await stage.set({ parity: ['1.6.8'] });
    await station.start();
    await serve({ generation: 8, pingInterval: 5000 }); // longer than a silent node holds up the thread
    fs.mkdirSync(path.join(stage.folder('r'), 'node'), { recursive: true });
    stage.control('r', { HIGHEST: 60, SYNC_RATE: 200, BLOCK_MS: 2000, INFORM_MS: 60000 });
  });
  afterEach(() => front?.does({}));
  after(async () => {
    front?.end();
    await stage.end().finally(() => Promise.all(servers.map((s) => s.stop())));
  });

  it('says that the secret is wrong, and does not hammer', async () => {
    const began = Date.now();
    const job = await station.job('POST', '/stacks', {
      name: 'r', services: [node('1.6.8'), {
        name: 'relay', recipe: 'ethstats', options: { instance_name: NAME, server: server.url }, secrets: { WS_SECRET: WRONG },
      }],
    });
    assert.match(JSON.stringify(job), /refused the secret/);
    const [finding] = await until('the finding', async () => {
      const f = await stage.findings('relay.secret');
      return f.length && f;
    });
    assert.ok(Date.now() - began < 15000 * slower);
    assert.match(finding.message, /secret/);
    await sleep(5000);
    assert.equal(server.logins.length, 1, 'one try, then a long pause');
  });

  it('is listed as soon as the secret is right', async () => {
    const job = await station.job('PATCH', '/stacks/r', { services: [{ name: 'relay', secrets: { WS_SECRET: SECRET } }] });
    assert.match(JSON.stringify(job), /takes the messages/);
    await seen();
    await stage.noFinding('relay.secret');
    const { info, history } = server.node(ID);
    assert.equal(info.name, NAME);
    assert.equal(info.canUpdateHistory, true);
    assert.match(info.node, /^Parity/);
    await until('history, as the server asked for it', () => server.node(ID).history.length > 0, 15000 * slower);
    assert.ok(history.length <= 50);
  });

  it('takes the settings of the old relay: its app.json', async () => {
    const patch = (config, more) => station.api('PATCH', '/stacks/r', { services: [{ name: 'relay', config, ...more }] });
    for (const bad of ['{', '[]', '[{"env": {}}]'])
      assert.equal((await patch(bad)).body.error.code, 'relay.config', bad);
    assert.equal((await station.api('PATCH', '/stacks/r', { services: [{ name: 'node', config: '[]' }] })).body.error.code, 'input.service');
    const env = { RPC_HOST: 'localhost', RPC_PORT: '8545', INSTANCE_NAME: 'Old Name', CONTACT_DETAILS: 'old@example.org', WS_SERVER: server.url, WS_SECRET: SECRET, VERBOSITY: 2 };
    const config = JSON.stringify([{ name: 'node-app', script: 'app.js', env }]);
    await station.job('PATCH', '/stacks/r', { services: [{ name: 'relay', config, options: { contact: 'new@example.org' } }] });
    await until('it is listed by the name in the file', () => server.node('oldName')?.stats.block, 30000 * slower);
    assert.equal(server.node('oldName').info.contact, 'new@example.org', 'what is said goes before the file');
    assert.ok(!('config' in (await station.service('r', 'relay')).options));
    await options({ instance_name: NAME, contact: null });
    await seen();
  });

  it('is in an export, and importing that changes nothing', async () => {
    const { files } = await station.get('/stacks/r/compose');
    assert.ok(!JSON.stringify(files).includes(SECRET));
    assert.match(files.find((f) => f.name === 'README.md').text, /on no ethstats page/);
    const import_ = (change) => station.api('POST', '/compose', {
      files: files.filter((f) => /yml$|^\.env$/.test(f.name)).map(({ name, text }) => ({ name, text: change(text) })), dry_run: true,
    });
    assert.equal((await import_((t) => t)).body.error?.code, 'stack.nothing_to_do');
    const { plan } = (await import_((t) => t.replace(`"${NAME}"`, 'Other').replace(NAME, 'Other'))).body;
    assert.deepEqual(plan.steps.map((s) => s.kind), ['check', 'commit', 'report'], JSON.stringify(plan.steps));
  });

  it('shows what it knows: three levels', async () => {
    const r = await until('the page was looked at', async () => {
      const f = await facts();
      return f.page.state === 'fresh' && f;
    }, 30000 * slower, 200);
    assert.equal(r.state, 'ready');
    assert.equal(r.server, server.url);
    assert.equal(r.code, null);
    assert.ok(r.block > 0 && r.bytes > 0 && r.bytes_per_min > 0 && r.latency_ms >= 0 && r.node_active);
    assert.equal((await station.service('r', 'relay')).container, null);
  });

  it('sends each head soon after the node has it', async () => {
    const late = [];
    for (let i = 0, last = shown().block.number; i < 4; i++) {
      const now = await until('another head', async () => {
        const h = await head();
        return h > last && h;
      }, 20000, 50);
      const at = Date.now();
      await until('the server has it', () => shown().block.number >= now, 10000 * slower, 20);
      late.push(Date.now() - at);
      last = now;
    }
    console.log(`# heads reached the server after ${late.join(', ')} ms`);
    assert.ok(Math.max(...late) < 2000 * slower, `${late}`);
  });

  it('answers pings: a Primus 8 server keeps the connection', async () => {
    const { since } = server.node(ID);
    await sleep(11000); // two pings; unanswered, the second ends it
    assert.equal(server.node(ID).since, since);
  });

  describe('with faults of the RPC', () => {
    before(async () => {
      front = await startFront(await nodePid());
    });
    after(() => {
      front.end();
      front = null;
      return seen(60000).catch(() => {});
    });
    for (const [name, faults] of Object.entries({
      'filters are lost and batches refused': {}, 'no difficulty in a block': { noDifficulty: true },
      'syncing flickers': { flicker: true }, 'answers are slow': { slow: 400 },
    }))
      it(`${name}: the page stays right`, async () => {
        await front.does(faults);
        const from = shown().block.number, { since } = server.node(ID);
        await until('three more blocks', () => shown().block.number >= from + 3, 60000 * slower, 100);
        await seen();
        assert.equal(server.node(ID).since, since, 'in one connection');
        const asked = await front.does({});
        assert.ok(asked.eth_blockNumber > 0, 'through the front');
        assert.deepEqual(Object.keys(asked).filter((m) => /Filter|batches/.test(m)), []);
      });

    for (const [name, faults] of Object.entries({ 'the RPC is down': { down: true }, 'it answers rubbish': { garbage: true }, 'it is silent': { silent: true } }))
      it(`${name}: inactive, in the same connection, and back`, async () => {
        const { since } = server.node(ID);
        await front.does(faults);
        await until('inactive', () => !shown().active, 60000, 100);
        await front.does({});
        await seen(60000);
        assert.equal(server.node(ID).since, since);
      });
  });

  it('goes on when the node was restarted', async () => {
    const { since } = server.node(ID);
    await engine.api('POST', '/containers/r-node/restart?t=2');
    await seen(60000);
    assert.equal(server.node(ID).since, since);
  });

  it('comes back after restarts of the server', async () => {
    for (let i = 0; i < 4; i++) {
      await server.stop();
      await until('it knows', async () => (await facts()).state !== 'ready', 15000 * slower);
      await server.start();
      await seen(90000);
    }
    assert.ok(server.logins.length < 12);
  });

  it('leaves a server that takes connections and says nothing', async () => {
    await server.stop();
    server.mute = true;
    await server.start();
    await until('it is told', async () => (await facts()).code === 'relay.unready', 60000 * slower, 200);
    server.mute = false;
    await options({ contact: 'nas@example.org' }); // somebody is impatient: at once
    await seen();
    assert.equal(server.node(ID).info.contact, 'nas@example.org');
  });

  it('says when the page does not list it, or has an old block', async () => {
    server.feed = 'unlisted';
    await options({ contact: 'a' });
    assert.ok((await stage.finding('relay.unlisted', 'relay', 60000)).hint);
    assert.equal((await facts()).page.state, 'unlisted');
    server.feed = 'stale';
    await options({ contact: 'b' });
    await stage.finding('relay.stale', 'relay', 60000);
    server.feed = 'truth';
    await options({ contact: 'c' });
    await stage.noFinding('relay.stale', 60000);
  });

  it('reports again when this program was killed and started', async () => {
    await station.kill();
    await until('the server knows', () => !server.connections);
    await station.start();
    await seen(60000);
  });

  it('talks to a Primus 6 server often enough', async () => {
    await serve({ generation: 6, timeout: 20000 });
    await options({ server: server.url });
    await seen();
    const { since } = server.node(ID);
    await sleep(25000);
    assert.equal(server.node(ID).since, since);
    await seen();
  });

  it('tells a Primus 6 server a wrong secret apart as well', async () => {
    await station.job('PATCH', '/stacks/r', { services: [{ name: 'relay', secrets: { WS_SECRET: WRONG } }] });
    await stage.finding('relay.secret', 'relay');
    await station.job('PATCH', '/stacks/r', { services: [{ name: 'relay', secrets: { WS_SECRET: SECRET } }] });
    await seen();
  });

  describe('with TLS', () => {
    const refused = async (tls) => {
      await serve({ generation: 8, tls });
      await options({ server: server.url, ca_file: 'ca.pem' });
      assert.ok((await stage.finding('relay.tls', 'relay', 30000)).hint);
      assert.equal(server.logins.length, 0);
    };
    before(() => fs.writeFileSync(path.join(stage.folder('r'), 'ca.pem'), certs.ca));

    it('refuses a certificate of another host', () => refused(certs.other));
    it('refuses one whose time is over', () => refused(certs.expired));
    it('refuses one of an authority that nobody trusts', async () => {
      await serve({ generation: 8, tls: certs.right });
      await options({ server: server.url, ca_file: null });
      await until('told', async () => (await facts()).code === 'relay.tls', 30000 * slower);
      assert.equal(server.logins.length, 0);
    });
    it('takes one of the own authority', async () => {
      await options({ ca_file: 'ca.pem' });
      await seen();
      await stage.noFinding('relay.tls');
    });
    it('takes one of the authorities that the NAS trusts', async () => {
      await station.stop();
      station.env.SSL_CERT_FILE = path.join(stage.folder('r'), 'ca.pem');
      await station.start();
      await options({ ca_file: null });
      await seen(60000);
    });
    it('tries wss first, then ws, when no scheme is given', async () => {
      await options({ server: server.url.replace('wss://', '') });
      await seen();
      await serve({ generation: 6 });
      await options({ server: server.url.replace('ws://', ''), ca_file: null });
      await seen();
    });
  });

  it('lets the secret out nowhere', async () => {
    const places = { log: station.log };
    const walk = (dir) => {
      for (const f of fs.readdirSync(dir, { recursive: true, withFileTypes: true })) {
        const file = path.join(f.path ?? f.parentPath, f.name);
        if (f.isFile()) places[file] = fs.readFileSync(file, 'latin1');
      }
    };
    walk(station.dir);
    for (const url of ['/state', '/stacks', '/stacks/r', '/events?limit=500', '/jobs', '/recipes', '/host'])
      places[url] = JSON.stringify((await station.api('GET', url, undefined, { headers: { Accept: 'application/json' } })).body);
    places.metrics = (await station.api('GET', '/metrics')).body;
    for (const c of await engine.containers()) places[c.Names[0]] = JSON.stringify(await engine.inspect(c.Id));
    for (const pid of fs.readdirSync('/proc').filter((p) => /^\d+$/.test(p)))
      for (const f of ['cmdline', 'environ'])
        try {
          places[`/proc/${pid}/${f}`] = fs.readFileSync(`/proc/${pid}/${f}`, 'latin1');
        } catch {
          // it ended, or is none of ours
        }
    const found = Object.keys(places).filter((p) => places[p]?.includes(SECRET) || places[p]?.includes(WRONG));
    assert.ok(Object.keys(places).length > 50);
    for (const file of found) {
      assert.match(file, /\/state\/state\.db(-wal)?$/, 'only the store has it');
      assert.equal(fs.statSync(file).mode & 0o077, 0);
    }
    assert.ok(found.length, 'the search finds what is there');
  });
});
