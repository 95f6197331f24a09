// qts: as much of QTS as the program looks at: its files below a root of their own, its log, and a web
// server with authLogin.cgi. (The package's life on a whole system is tests/qts.)
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';

/** A self-signed certificate for a name that nobody here has; {key, cert, pem} are paths. */
export function certificate(dir, name = 'nas.example') {
  fs.mkdirSync(dir, { recursive: true });
  const [key, cert, pem] = ['key.pem', 'cert.pem', 'both.pem'].map((f) => path.join(dir, f));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  fs.writeFileSync(pem, fs.readFileSync(key, 'utf8') + fs.readFileSync(cert, 'utf8'), { mode: 0o600 });
  return { key, cert, pem };
}

export class Qts {
  constructor(root) {
    this.root = root;
    this.asked = [];
    this.say = () => ({ authPassed: 0 });
    this.put('/etc/config/uLinux.conf', '[System]\nModel = TS-253A\n');
    this.put('/etc/config/qpkg.conf', '[container-station]\nEnable = TRUE\n');
    this.put('/etc/qpkg_run_status', '[container-station]\nstatus = 2\n');
  }

  put(name, text, mode = 0o644) {
    const file = path.join(this.root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.new`, text, { mode });
    fs.renameSync(`${file}.new`, file);
  }

  /** From now on there is a log; log() reads its lines: {type, text}. */
  addLog() {
    this.put('/sbin/log_tool', `#!/bin/sh\nfor a; do printf '%s\\n' "$a"; done >>'${this.root}/log'\necho - >>'${this.root}/log'\n`, 0o755);
  }

  log() {
    const file = path.join(this.root, 'log');
    if (!fs.existsSync(file)) return [];
    return fs.readFileSync(file, 'utf8').split('-\n').filter(Boolean).map((call) => {
      const args = call.trimEnd().split('\n');
      const [type, ...rest] = args;
      return { type, args: rest.slice(0, -1), text: args.at(-1) };
    });
  }

  /** The web server; `this.say(query)` answers {authPassed, isAdmin, username, …}, or a whole response. */
  async listen({ tls = null, forceTls = 0 } = {}) {
    const handle = (req, res) => {
      const url = new URL(req.url, 'http://x');
      const query = Object.fromEntries(url.searchParams);
      if (forceTls && !tls) return res.writeHead(302, { Location: `https://nas.example:${forceTls}${req.url}` }).end();
      this.asked.push({ path: url.pathname, query, tls: !!tls, from: req.socket.remoteAddress });
      const said = this.say(query);
      if (typeof said === 'string') return res.end(said);
      const fields = Object.entries(said).map(([k, v]) => `<${k}><![CDATA[${v}]]></${k}>`).join('\n');
      res.end(`<?xml version="1.0" encoding="UTF-8" ?>\n<QDocRoot version="1.0">\n<doQuick><![CDATA[]]></doQuick>\n${fields}\n</QDocRoot>\n`);
    };
    const server = tls ? https.createServer({ key: fs.readFileSync(tls.key), cert: fs.readFileSync(tls.cert) }, handle) : http.createServer(handle);
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address();
    if (!tls) this.put('/etc/config/uLinux.conf', `[System]\nModel = TS-253A\nWeb Access Port = ${port}\n`);
    (this.servers ??= []).push(server);
    return port;
  }

  close() {
    for (const s of this.servers ?? []) {
      s.closeAllConnections();
      s.close();
    }
    this.servers = [];
  }
}
