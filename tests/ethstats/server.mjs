// server: an ethstats server for tests, on a real Primus of either generation: 6 as eth-netstats has it
// (the client must talk), 8 as ethstats-server has it (the server pings). Nodes report at /api, browsers read
// /primus; only what the tests look at is kept. It can be told to misbehave.
import { createRequire } from 'node:module';
import http from 'node:http';
import https from 'node:https';

/** Loads one generation of Primus with the ws that belongs to it. */
function primusOf(generation) {
  return createRequire(new URL(`./primus${generation}/package.json`, import.meta.url))('primus');
}

export class StatsServer {
  /** tls: {key, cert}; pingInterval: of generation 8, ms; timeout: of generation 6, ms. */
  constructor({ generation = 8, secret = 'rigsecret', tls, pingInterval = 30000, timeout = 35000 } = {}) {
    Object.assign(this, { generation, secret, tls, pingInterval, timeout });
    this.port = 0;
    this.logins = []; // every hello: {at, id, ok}
    this.nodes = new Map();
    this.messages = []; // [name, argument] as they came, the last thousands
    this.feed = 'truth'; // or: silent, unlisted, stale
    this.mute = false; // takes connections and says nothing
    this.askHistory = true;
  }

  get url() {
    return `${this.tls ? 'wss' : 'ws'}://localhost:${this.port}`;
  }

  async start() {
    const Primus = primusOf(this.generation);
    const patience = this.generation < 7 ? { timeout: this.timeout } : { pingInterval: this.pingInterval };
    const options = { transformer: 'websockets', parser: 'JSON', ...patience };
    this.http = this.tls ? https.createServer(this.tls) : http.createServer();
    this.sockets = new Set();
    this.http.on('connection', (s) => {
      this.sockets.add(s);
      s.on('close', () => this.sockets.delete(s));
    });
    this.api = new Primus(this.http, { ...options, pathname: '/api' });
    this.api.on('connection', (spark) => this.serveNode(spark));
    this.browsers = new Primus(this.http, { ...options, pathname: '/primus' });
    this.browsers.on('connection', (spark) => this.serveBrowser(spark));
    await new Promise((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = this.http.address().port; // the same at the next start
    return this;
  }

  /** All at once, as a crash; what it knew is gone. */
  async stop() {
    for (const s of this.sockets ?? []) s.destroy();
    for (const p of [this.api, this.browsers]) clearInterval(p?.heartbeatInterval); // else the process never ends
    await new Promise((resolve) => (this.http ? this.http.close(resolve) : resolve()));
    this.http = null;
    this.nodes.clear();
  }

  /** Connections of nodes that are open now. */
  get connections() {
    return [...this.nodes.values()].filter((n) => n.spark).length;
  }

  node(id) {
    return this.nodes.get(id);
  }

  /* ---- nodes ---- */

  serveNode(spark) {
    if (this.mute) return;
    spark.on('data', (message) => {
      const [name, arg] = message?.emit ?? [];
      if (!name) return;
      this.messages.push([name, arg]);
      if (this.messages.length > 5000) this.messages.shift();
      if (name === 'hello') this.hello(spark, arg);
      else if (spark.nodeId === arg?.id) this.take(spark, this.nodes.get(arg.id), name, arg);
    });
    spark.on('end', () => {
      const node = this.nodes.get(spark.nodeId);
      if (node?.spark !== spark) return;
      node.spark = null;
      node.stats.active = false;
    });
  }

  hello(spark, { id, info, secret }) {
    const ok = secret === this.secret;
    this.logins.push({ at: Date.now(), id, ok });
    if (!ok) {
      spark.end(); // sends "primus::server::close", as both servers do
      return;
    }
    const old = this.nodes.get(id);
    spark.nodeId = id;
    this.nodes.set(id, { id, info, spark, since: Date.now(), history: old?.history ?? [], stats: { ...old?.stats, active: true } });
    this.say(spark, 'ready');
  }

  take(spark, node, name, arg) {
    if (name === 'block') this.block(node, arg.block);
    else if (name === 'stats') Object.assign(node.stats, arg.stats);
    else if (name === 'pending') node.stats.pending = arg.stats.pending;
    else if (name === 'latency') node.stats.latency = arg.latency;
    else if (name === 'history') node.history = arg.history;
    else if (name === 'node-ping') {
      this.say(spark, 'node-pong', { clientTime: arg.clientTime, serverTime: Date.now() });
      if (this.askHistory && !node.history.length) this.say(spark, 'history', false);
    }
  }

  /** What eth-netstats demands of a block before it shows it (lib/history.js). */
  block(node, b) {
    for (const field of ['number', 'uncles', 'transactions', 'difficulty'])
      if (b?.[field] === undefined) throw new Error(`a block without ${field}: ${JSON.stringify(b).slice(0, 300)}`);
    if (b.number > 0) Object.assign(node.stats, { block: b, blockAt: Date.now() });
  }

  say(spark, name, ...args) {
    spark.write({ emit: [name, ...args] });
  }

  /** To every node that is connected. */
  tell(name, ...args) {
    for (const n of this.nodes.values()) if (n.spark) this.say(n.spark, name, ...args);
  }

  /** Stops reading, as a machine that is overloaded. */
  pause(on) {
    for (const s of this.sockets) on ? s.pause() : s.resume();
  }

  /* ---- browsers ---- */

  serveBrowser(spark) {
    if (this.feed === 'silent') return;
    spark.on('data', (message) => {
      if (message?.emit?.[0] === 'ready') this.say(spark, 'init', { nodes: this.shown() });
    });
  }

  shown() {
    if (this.feed === 'unlisted') return [];
    return [...this.nodes.values()].map(({ id, info, stats }) => ({
      id, trusted: false, info, geo: null,
      stats: this.feed === 'stale' ? { ...stats, block: { ...stats.block, number: 1 } } : stats,
    }));
  }
}
