// house: one program with what a test of access needs: a token of each scope, a password, and who asks with what.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';
import { Engine } from '../lib/engine.mjs';
import { Station } from '../lib/station.mjs';
import * as api from './api.mjs';

export const PASSWORD = `correct horse ${crypto.randomBytes(6).toString('hex')}`;
export const PARAMS = { id: '1', stack: 'vault', service: 'node' };

/** Where an operation of shared/api.yaml is asked for, about the stack "vault". */
export const where = (op) => api.target(op, PARAMS, op.id === 'getHistory' ? { series: 'cpu' } : {});

/** A signed-in browser. */
export const browser = (res) => ({ cookie: api.cookieOf(res), csrf: res.json.csrf, headers: { Cookie: api.cookieOf(res), 'X-CSRF-Token': res.json.csrf } });

/** Opened before the tests of the file that calls it, gone after them. */
export class House {
  tokens = {};
  #streams = [];

  /** owned: somebody has set the password; relay: there are images to install a stack with a relay. */
  constructor({ owned = false, relay = false } = {}) {
    before(() => this.#open(owned, relay));
    after(() => this.#close());
    afterEach(() => this.#streams.splice(0).forEach((s) => s.close()));
  }

  async #open(owned, relay) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ea-'));
    this.engine = new Engine(path.join(this.dir, 'e'), `ea-${process.pid}`).start();
    if (relay) {
      this.engine.parityImages('1.6.8');
      this.engine.relayImage();
    }
    this.station = await new Station({ dir: path.join(this.dir, 's'), docker: this.engine.socket }).start();
    for (const scope of ['read', 'operate']) this.tokens[scope] = this.station.makeToken(scope, scope);
    if (owned) assert.equal((await this.setup(this.station.setupCode, PASSWORD)).status, 200);
  }

  async #close() {
    try {
      await this.station?.stop();
    } finally {
      this.engine?.wipe();
      fs.rmSync(this.dir, { recursive: true, force: true });
    }
  }

  get = (url, options) => api.send(this.station, 'GET', url, options);
  say = (id, options) => api.send(this.station, api.operation(id).method, where(api.operation(id)), options);
  setup = (code, password, headers) => api.send(this.station, 'POST', '/api/v1/setup', { token: null, headers, body: { code, password } });
  signIn = (password = PASSWORD, options = {}) => api.send(this.station, 'POST', '/api/v1/session', { token: null, body: { password }, ...options });

  /** Nothing that lets somebody in is in its log. */
  assertQuiet(...more) {
    for (const value of [PASSWORD, this.station.token, ...Object.values(this.tokens), ...more])
      assert.ok(!this.station.log.includes(value), 'the log holds a secret');
    assert.ok(this.station.log.length > 1000);
  }

  /** The stream of events; closed after the test that asked for it. */
  async follow(options) {
    const stream = await api.follow(this.station, '/api/v1/events', options);
    this.#streams.push(stream);
    return stream;
  }
}
