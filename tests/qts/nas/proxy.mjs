// proxy PORT QPKG_CONF [USERS.json]: QTS's own web server, run inside the NAS's network namespace.
//
// /x… of an app with Use_Proxy = 1 and Proxy_Path = /x goes to 127.0.0.1:Web_Port, the prefix kept and the slash doubled:
// /x → /x/, /x/app.css → /x//app.css. Its Content-Security-Policy is added to the app's own. Cookies pass.
// /cgi-bin/authLogin.cgi answers for the users of USERS.json (authlogin.mjs).
import fs from 'node:fs';
import http from 'node:http';

import { answer } from './authlogin.mjs';

const [port, conf, usersFile] = process.argv.slice(2);
const policy = "script-src 'self' 'unsafe-inline' 'unsafe-eval'; object-src 'self'; frame-ancestors 'self'";

/** Proxied apps, read at each request: [{path, port}] */
function apps() {
  const found = [];
  for (const section of fs.readFileSync(conf, 'utf8').split(/^\[/m)) {
    const value = (key) => section.match(new RegExp(`^${key} *= *(.*)$`, 'm'))?.[1];
    if (value('Use_Proxy') === '1' && value('Enable') === 'TRUE') found.push({ path: value('Proxy_Path'), port: value('Web_Port') });
  }
  return found;
}

function forward(req, res, app) {
  const path = app.path + '/' + req.url.slice(app.path.length);
  const out = http.request({ host: '127.0.0.1', port: app.port, method: req.method, path, headers: req.headers }, (answered) => {
    const own = answered.headers['content-security-policy'];
    res.writeHead(answered.statusCode, { ...answered.headers, 'content-security-policy': own ? [own, policy] : policy });
    answered.pipe(res);
  });
  out.on('error', () => res.writeHead(503).end('Service Unavailable'));
  req.pipe(out);
}

async function login(req, res) {
  let form = '';
  for await (const piece of req) form += piece;
  const fields = Object.fromEntries([...new URL(req.url, 'http://nas').searchParams, ...new URLSearchParams(form)]);
  res.writeHead(200, { 'content-type': 'text/xml' }).end(answer(fields, usersFile ? JSON.parse(fs.readFileSync(usersFile, 'utf8')) : []));
}

http
  .createServer((req, res) => {
    const app = apps().find((a) => req.url === a.path || /^[/?]/.test(req.url.slice(a.path.length)) && req.url.startsWith(a.path));
    if (req.url.startsWith('/cgi-bin/authLogin.cgi')) login(req, res);
    else if (app) forward(req, res, app);
    else res.writeHead(404).end('no such page');
  })
  .listen(Number(port), '127.0.0.1', () => console.log('ready'));
