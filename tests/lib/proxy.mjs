// proxy: nginx in front of the program as QTS's web server stands there: the prefix is kept, the slash
// after it doubled, the bare prefix handed on as well, and a content policy of its own added.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import { until } from './station.mjs';

/** QTS's own policy, as far as it is known; the program's applies beside it. */
const CSP = "script-src 'self' 'unsafe-inline' 'unsafe-eval' ; object-src 'self'";

/** What a proxy says about the one who asked. */
export const TELLS = {
  /** The Host header as it was, nothing else. */
  host: 'proxy_set_header Host $http_host;',
  /** As Apache's mod_proxy does: Host is the program's, the X-Forwarded headers tell the rest. */
  forwarded: `proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;`,
  /** Nothing at all. */
  nothing: '',
};

async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export class Proxy {
  /** dir: a folder of its own; to: the program's port; tls: {key, cert}, paths of PEM files. */
  constructor({ dir, to, tells = TELLS.host, prefix = '/ethstation', tls = null }) {
    Object.assign(this, { dir, to, tells, prefix, tls });
    fs.mkdirSync(dir, { recursive: true });
  }

  get url() {
    return `http${this.tls ? 's' : ''}://127.0.0.1:${this.port}`;
  }

  async start() {
    this.port = await freePort();
    const pass = (to) => `proxy_pass http://127.0.0.1:${this.to}${to};
    proxy_http_version 1.1;
    ${this.tells}`;
    fs.writeFileSync(path.join(this.dir, 'nginx.conf'), `
daemon off;
worker_processes 1;
pid ${this.dir}/pid;
error_log stderr error;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${this.dir}/${t};`).join('\n  ')}
  server {
    listen 127.0.0.1:${this.port}${this.tls ? ' ssl' : ''};
    ${this.tls ? `ssl_certificate ${this.tls.cert}; ssl_certificate_key ${this.tls.key};` : ''}
    add_header Content-Security-Policy "${CSP}" always;
    location / { return 404 "QTS\\n"; }
    location = /cgi-bin/ { default_type text/html; return 200 "<!doctype html><title>QTS</title><link rel=icon href=data:,><iframe src=${this.prefix} width=1000 height=550></iframe>"; }
    location = ${this.prefix} { ${pass(`${this.prefix}/`)} }
    location ${this.prefix}/ { ${pass(`${this.prefix}//`)} }
  }
}
`);
    this.log = '';
    this.child = spawn('nginx', ['-e', 'stderr', '-p', this.dir, '-c', path.join(this.dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.on('exit', (code) => (this.exited = { code }));
    this.child.stderr.on('data', (d) => (this.log += d));
    await until('the proxy listens', () => {
      if (this.exited) throw new Error(`nginx ended with ${this.exited.code}: ${this.log}`);
      return new Promise((done) => {
        const s = net.connect(this.port, '127.0.0.1', () => (s.destroy(), done(true)));
        s.on('error', () => done(false));
      });
    });
    return this;
  }

  async stop() {
    if (!this.child || this.exited) return;
    this.child.kill('SIGTERM');
    await until('the proxy ends', () => this.exited);
  }
}
