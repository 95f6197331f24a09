// Serves dist/ and answers the API with the example data of world.mjs. Development and screenshots
// only: it checks no password and keeps nothing.
//   node dev/mock-server.mjs [--port 8080] [--scenario healthy]
// The scenario can be changed while it runs: GET /dev/scenario?name=drift
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { incidents, see, wholeIncident } from './incidents.mjs';
import * as world from './world.mjs';

const arg = (name, fallback) => {
	const i = process.argv.indexOf(`--${name}`);
	return i > 0 ? process.argv[i + 1] : fallback;
};
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };

let scenario = arg('scenario', 'healthy');
let owned = scenario !== 'fresh';
let signedIn = true;
let lastEvent = 0;
const readers = new Set();

const SESSION = () => ({ user: 'owner', scope: 'admin', csrf: 'example', expires_at: Date.now() + 43200000 });
const error = (status, code, message, hint) => [status, { error: { code, message, hint } }];
const TITLES = { start: 'Start Parity', stop: 'Stop Parity', restart: 'Restart Parity', upgrade: 'Upgrade Parity to 1.6.9', resync: 'Sync Parity from the beginning', putback: 'Put the chain back', limits: 'Change the limits of Parity' };

/** [status, body] for one API request. */
function answer(method, path, query, body) {
	const state = () => world.state(scenario, lastEvent);
	const now = Date.now();
	if (path === 'health') return [200, { ok: true, owned, setup_until_at: owned ? null : now + 760000, qnap_sign_in: true, version: '1.0.0', now_at: now }];
	if (path === 'setup') {
		if (body.code !== '1234-5678') return error(403, 'auth.setup_code', 'This is not the code.', 'It is in the newest lines of the log.');
		owned = signedIn = true;
		scenario = 'empty';
		return [200, SESSION()];
	}
	if (path === 'session' && method === 'POST') {
		if (body.password === 'wrong') return error(401, 'auth.wrong_password', 'This is not the password.', 'After five wrong ones there is a pause of a minute.');
		signedIn = true;
		return [200, SESSION()];
	}
	if (!signedIn) return error(401, 'auth.required', 'Nobody is signed in.', 'Sign in, or send a token.');
	if (path === 'session' && method === 'DELETE') return ((signedIn = false), [204]);
	if (path === 'session') return [200, SESSION()];
	if (path === 'state') return [200, state()];
	if (path === 'host') return [200, { host: world.host(now), engine: world.engine(now, scenario), containers: [{ id: 'f00', name: 'my_parity_latest', image: 'ethcore/parity:latest', state: 'running', stack: null }] }];
	if (path === 'recipes') return [200, { recipes: world.recipes() }];
	if (path === 'events') return [200, { events: world.events(scenario) }];
	if (path === 'settings') return [200, { metrics_public: false, nas_name: 'nas-paris', allowed_hosts: ['nas.example.org'], data_root: '/share/Ethereum', session_hours: 12, probation_s: 600, disk_floor_bytes: null, history_1s_days: 1, history_10s_days: 14, history_1min_days: 180, history_10min_days: 3653, qnap_sign_in: true, qnap_here: true, when_removed: 'keep', ...body }];
	if (path === 'tokens' && method === 'POST') return [201, { token: { id: '3', name: body.name, scope: body.scope, created_at: now, expires_at: null, last_used_at: null, last_used_from: null }, value: 'est_5q7dPz0example0value0only0000' }];
	if (path === 'tokens') return [200, { tokens: [{ id: '1', name: 'backup', scope: 'read', created_at: now - 9e8, expires_at: null, last_used_at: now - 420000, last_used_from: '192.168.1.20' }, { id: '2', name: 'Prometheus', scope: 'read', created_at: now - 9e8, expires_at: now + 7e9, last_used_at: null, last_used_from: null }] }];
	if (path === 'sessions') return [200, { sessions: [{ id: 'a', created_at: now - 3e6, last_seen_at: now, expires_at: now + 4e7, address: '192.168.1.7', browser: 'Firefox on Linux', current: true }, { id: 'b', created_at: now - 8e6, last_seen_at: now - 5e6, expires_at: now + 3e7, address: '192.168.1.31', browser: 'Safari on iPhone', current: false }] }];
	if (path.endsWith('/chains')) return [200, world.chains()];
	if (path.endsWith('/upgrade') && method === 'GET') return [200, world.upgradeCheck(query.get('service') ?? 'node', query.get('image') ?? 'parity/parity:v1.6.8')];
	if (path.endsWith('/history')) {
		const service = path.split('/')[3];
		return [200, world.history({ series: query.get('series').split(','), from: Number(query.get('from')), to: Number(query.get('to')), points: Number(query.get('points') ?? 600), service, scenario })];
	}
	const [, ofIncident] = path.match(/\/incidents(?:\/(.+))?$/) ?? [];
	if (ofIncident?.endsWith('/seen')) {
		const incident = see(scenario, Number.parseInt(ofIncident, 10), body);
		push('state', state());
		return [200, { incident }];
	}
	if (ofIncident) {
		const incident = wholeIncident(scenario, Number(ofIncident));
		return incident ? [200, { incident }] : error(404, 'incident.missing', `There is no incident ${ofIncident} of parity.`, 'It may have been removed with older ones; the latest sixty are kept.');
	}
	if (path.endsWith('/incidents')) return [200, { incidents: incidents(scenario) }];
	if (path.startsWith('jobs/')) return [method === 'GET' ? 200 : 202, { job: world.state('job', 0).jobs[0] }];
	if (path.startsWith('stacks')) return changeStack(method, path, query, body);
	return method === 'GET' ? error(404, 'api.not_found', 'There is no such address.', '') : [204];
}

function changeStack(method, path, query, body) {
	const action = path.endsWith('/limits') ? 'limits' : method === 'DELETE' ? 'remove' : method === 'PATCH' ? 'options' : (path.split('/')[2] ?? 'install');
	const title = TITLES[action] ?? (action === 'install' ? 'Install Parity and the relay' : action === 'remove' ? 'Remove the containers of parity' : 'Change the options of Parity');
	if (action === 'limits' && body.limits.memory_bytes && body.limits.memory_bytes < 0.9 * 1024 ** 3 && !body.restart && path.includes('/node/')) return error(409, 'limit.below_use', 'Parity needs 0.94 GiB right now; lowering the limit below that would end it at once.', 'It can be restarted with the new limit instead.');
	if (body.dry_run || query.get('dry_run') === 'true') return [200, { plan: world.plan(action, title) }];
	scenario = 'job';
	push('state', world.state(scenario, lastEvent));
	return [202, { job: world.state(scenario, 0).jobs[0] }];
}

function push(event, data) {
	for (const r of readers) r.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
setInterval(() => {
	push('live', world.live(scenario));
	if (scenario === 'job') push('state', world.state(scenario, lastEvent));
}, 1000).unref();

function stream(req, res) {
	res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
	readers.add(res);
	req.on('close', () => readers.delete(res));
	res.write(`event: state\ndata: ${JSON.stringify(world.state(scenario, lastEvent))}\n\n`);
}

function logs(query, req, res) {
	res.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
	const tail = Math.min(Number(query.get('tail') ?? 200), 300);
	let n = 0;
	for (; n < tail; n++) res.write(JSON.stringify(world.logLine(n, Date.now() - (tail - n) * 4000)) + '\n');
	if (query.get('follow') !== 'true') return res.end();
	const timer = setInterval(() => res.write(JSON.stringify(world.logLine(n++)) + '\n'), 700);
	req.on('close', () => clearInterval(timer));
}

function file(path, res) {
	const name = normalize(path === '/' ? '/index.html' : path);
	const packed = join(DIST, `${name}.gz`);
	if (name.includes('..') || !existsSync(packed)) return res.writeHead(404).end();
	const cache = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
	res.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Content-Encoding': 'gzip', 'Content-Security-Policy': CSP, 'Cache-Control': cache });
	createReadStream(packed).pipe(res);
}

const server = createServer(async (req, res) => {
	const url = new URL(req.url.replace(/\/{2,}/g, '/'), 'http://x');
	if (url.pathname === '/dev/scenario') {
		scenario = url.searchParams.get('name');
		owned = scenario !== 'fresh';
		signedIn = url.searchParams.get('signed') !== 'out';
		push('state', world.state(scenario, lastEvent));
		return res.end(scenario);
	}
	const path = url.pathname.replace(/^\/x\//, '/');
	if (!path.startsWith('/api/v1/')) return file(path, res);
	const rest = path.slice('/api/v1/'.length);
	if (rest === 'events' && !(req.headers.accept ?? '').includes('json')) return signedIn ? stream(req, res) : res.writeHead(401).end();
	if (rest.endsWith('/logs')) return logs(url.searchParams, req, res);
	let text = '';
	for await (const part of req) text += part;
	const [status, body] = answer(req.method, rest, url.searchParams, text ? JSON.parse(text) : {});
	res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(body === undefined ? '' : JSON.stringify(body));
});
server.listen(Number(arg('port', '8080')), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/ (${scenario}; others: ${world.SCENARIOS.join(', ')})`));
