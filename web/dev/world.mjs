// Believable example data for the dashboard, moving with the clock. Development and screenshots only.
import { readFileSync, readdirSync } from 'node:fs';
import { incidents, lastIncident } from './incidents.mjs';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const GUARD = { act: 'warn', up_to_bytes: null };
const NEIGHBOUR = { busy: null, quiet: null };
const MIN = 60000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

export const SCENARIOS = ['fresh', 'empty', 'syncing', 'healthy', 'drift', 'job', 'slow-stop', 'rolled-back', 'engine-lost', 'refused', 'waiting', 'greeting', 'unlisted', 'stopped', 'container', 'no-relay', 'killed'];

const born = Date.now();
const wave = (at, period, phase = 0) => Math.sin(((at + phase) / period) * 2 * Math.PI);
const noise = (at) => {
	const x = Math.sin(at / 7919) * 43758.5453;
	return x - Math.floor(x);
};

/** As GET /api/v1/recipes has them. */
export function recipes() {
	const dir = new URL('../../shared/recipes/', import.meta.url);
	return readdirSync(dir)
		.filter((f) => f.endsWith('.json') && f !== 'schema.json')
		.map((f) => JSON.parse(readFileSync(new URL(f, dir), 'utf8')))
		.map((r) => ({
			id: r.id,
			role: r.role,
			builtin: !!r.builtin,
			title: r.title,
			summary: r.summary,
			images: r.offer ?? [],
			lineage: r.images ?? [],
			generations: r.generations ?? [],
			networks: r.networks ?? [],
			options: r.options,
			secrets: r.secrets ?? [],
			limits: limits({ memory_bytes: (r.limits?.memory_mib ?? 0) * MIB || null, cpus: r.limits?.cpu_millis ? r.limits.cpu_millis / 1000 : null }),
			ports: (r.ports ?? []).map((p) => ({ container: p.port, host: p.port, protocol: p.protocol })),
		}))
		.sort((a, b) => (a.id === 'parity' ? -1 : b.id === 'parity' ? 1 : a.id < b.id ? -1 : 1));
}

function limits(part = {}) {
	return { memory_bytes: null, memory_reservation_bytes: null, swap_bytes: null, cpus: null, cpu_shares: null, blkio_weight: null, ...part };
}

/** What a series was at a time; null where nothing was recorded. */
export function sample(series, at, scenario) {
	const now = Date.now();
	const ago = now - at;
	if (ago > 21 * DAY || (ago > 9.5 * HOUR && ago < 10.2 * HOUR)) return null;
	const syncing = scenario === 'syncing' || (scenario === 'stalled' && ago > 3 * MIN);
	const n = noise(Math.floor(at / 20000));
	const need = (0.94 + 0.16 * wave(at, 5 * HOUR) + 0.1 * n + (noise(Math.floor(at / DAY) * 31) > 0.8 ? 0.45 * Math.max(0, wave(at, DAY)) ** 6 : 0)) * GIB;
	switch (series) {
		case 'memory_needed':
			return need;
		case 'memory_cache':
			return (0.42 + 0.12 * wave(at, 7 * HOUR, HOUR)) * GIB;
		case 'memory_working_set':
			return need + 0.2 * GIB;
		case 'memory_limit':
			return ago > 4 * HOUR ? 1.75 * GIB : 2 * GIB;
		case 'cpu':
			return syncing ? 120 + 40 * wave(at, 3 * MIN) + 30 * n : 30 + 20 * wave(at, 40 * MIN) + 15 * n;
		case 'behind':
			return syncing ? 400000 + ago / 200 : ago > 6 * HOUR && ago < 6.6 * HOUR ? 140 * (1 - (6.6 * HOUR - ago) / (0.6 * HOUR)) : n > 0.9 ? 2 : 0;
		case 'blocks_per_s':
			return syncing ? 44 + 12 * wave(at, 2 * MIN) + 6 * n : scenario === 'stalled' ? 0 : 0.07 + 0.05 * n;
		case 'peers':
			return Math.round(21 + 3 * wave(at, 2 * HOUR) + 2 * n);
		case 'block':
			return 2423899 - ago / 14000;
		case 'disk_read':
			return (0.4 + 0.3 * n) * MIB;
		case 'disk_write':
			return (syncing ? 11 : 1.2) * (1 + 0.5 * n) * MIB;
		case 'chain_size':
			return 11.2 * GIB - (ago / DAY) * 0.26 * GIB;
		case 'volume_free':
			return 38.4 * GIB + (ago / DAY) * 0.26 * GIB;
		case 'relay_bytes':
			return ago > 40 * MIN && ago < 46 * MIN ? 300 : 4200 + 900 * wave(at, 7 * MIN) + 1800 * n;
		case 'host_memory_available':
			return (1.9 + 0.2 * wave(at, 3 * HOUR)) * GIB;
		case 'host_load':
			return 0.7 + 0.3 * wave(at, HOUR) + 0.3 * n;
		default:
			return 0;
	}
}

const UNITS = { cpu: '%', peers: '', behind: '', blocks_per_s: '', block: '', host_load: '' };

export function history({ series, from, to, points, service, scenario }) {
	const step = Math.max(1000, Math.ceil((to - from) / points / 1000) * 1000);
	const t = [];
	for (let at = from; at < to; at += step) t.push(at);
	const scale = service === 'relay' ? 0.04 : 1;
	const one = (name) => {
		const mean = t.map((at) => sample(name, at + step / 2, scenario));
		const scaled = mean.map((v) => (v === null ? null : v * (name === 'relay_bytes' ? 1 : name === 'memory_limit' && service === 'relay' ? 0.125 : scale)));
		const spread = name === 'memory_limit' || name === 'chain_size' ? 0 : 0.09;
		return {
			unit: UNITS[name] ?? 'bytes',
			min: scaled.map((v, i) => v && v * (1 - spread * noise(t[i]))),
			mean: scaled,
			max: scaled.map((v, i) => v && v * (1 + spread * noise(t[i] + 7))),
		};
	};
	return { entity: `stack/${service}`, from_at: from, to_at: to, step_s: step / 1000, t, series: Object.fromEntries(series.map((s) => [s, one(s)])) };
}

function usage(now, scenario, service) {
	const f = service === 'relay' ? 0.04 : 1;
	const need = sample('memory_needed', now, scenario) * f;
	const cache = sample('memory_cache', now, scenario) * f;
	return {
		at: now,
		needed_bytes: Math.round(need),
		cache_bytes: Math.round(cache),
		working_set_bytes: Math.round(need + cache / 2),
		limit_bytes: service === 'relay' ? 256 * MIB : scenario === 'drift' ? GIB : 2 * GIB,
		peak_bytes: Math.round(need * 1.3),
		swap_bytes: 0,
		oom_kills: 0,
		cpu_percent: sample('cpu', now, scenario) * f,
		throttled_percent: 0,
		read_bytes_per_s: sample('disk_read', now, scenario) * f,
		write_bytes_per_s: sample('disk_write', now, scenario) * f,
		pids: 24,
	};
}

function sync(now, scenario) {
	const stalled = scenario === 'stalled';
	const syncing = scenario === 'syncing' || stalled;
	const target = 2423899 + Math.floor((now - born) / 14000);
	const current = stalled ? 1812004 : syncing ? 1812004 + Math.floor((now - born) / 22) : target;
	return {
		at: now,
		phase: stalled ? 'stalled' : syncing ? 'syncing' : 'synced',
		since_at: born - (stalled ? 3 * MIN : 3 * HOUR),
		current_block: current,
		target_block: target,
		behind_blocks: target - current,
		percent: (current / target) * 100,
		blocks_per_s: stalled ? 0 : syncing ? sample('blocks_per_s', now, scenario) : 0.068,
		eta_low_s: syncing && !stalled ? 3.4 * 3600 : null,
		eta_high_s: syncing && !stalled ? 5.2 * 3600 : null,
		peers: stalled ? 2 : 21,
		head_age_s: syncing ? null : Math.floor(((now - born) % 14000) / 1000),
		ancient_percent: null,
		code: stalled ? 'sync.stalled' : null,
		causes: stalled ? CAUSES : [],
	};
}

const CAUSES = [
	{ code: 'stall.disk', message: 'Programs waited for the disk 71\u00a0% of the last minute; it moves 0.9\u00a0MiB a second itself.', hint: 'Look for what else uses the disk: a RAID check, a backup, an index of media. Sync needs fast random reads; an SSD helps most.', figures: { percent: 71, bytes_per_s: 943718 } },
	{ code: 'stall.peers', message: 'It has only 2 peers.', hint: 'They may not have what it asks for. More come by themselves; check that its port reaches the NAS from outside.', figures: { peers: 2 } },
];

/** The built-in relay: what it knows of its server and of the page. */
function reports(now, scenario) {
	if (scenario === 'stopped') return null;
	const at = sync(now, scenario);
	const base = { at: now, state: 'ready', server: 'wss://rpc.ethstats.net', id: 'nasParis', since_at: born - 26 * HOUR, next_at: null, tries: 0, heard_at: now - 2100, sent_at: now - 900, block_at: now - 8600, block: at.current_block, latency_ms: 23, bytes: 5_120_000 + Math.round((now - born) / 12), bytes_per_min: Math.round(sample('relay_bytes', now, scenario)), node_active: true, ended_at: born - 26 * HOUR, reason: 'It said nothing for 75 s.', code: null, page: { state: 'fresh', at: now - 21000, block: at.current_block } };
	const down = { state: 'waiting', since_at: born, heard_at: born - 4000, sent_at: born - 9000, block_at: null, block: null, latency_ms: null, bytes_per_min: 0, ended_at: born, page: { state: 'unknown', at: null, block: null } };
	if (scenario === 'refused') return { ...base, ...down, tries: 2, next_at: born + 118000, code: 'relay.secret', reason: 'It refused the secret.' };
	if (scenario === 'waiting') return { ...base, ...down, tries: 4, next_at: now + 8000 - ((now - born) % 8000), code: 'relay.unreachable', reason: 'Failed to connect to rpc.ethstats.net port 443 after 3 ms: Connection refused' };
	if (scenario === 'greeting') return { ...base, ...down, state: 'greeting', ended_at: null, reason: null };
	if (scenario === 'unlisted') return { ...base, page: { state: 'unlisted', at: now - 34000, block: null } };
	return base;
}

function container(name, on) {
	return { presence: 'yes', id: 'c'.repeat(64), name: `parity-${name}`, state: on ? 'running' : 'exited', image_id: `sha256:4f2c91e0${'a1'.repeat(28)}`, started_at: born - 76 * HOUR, finished_at: on ? null : born - MIN, exit_code: on ? null : 0, oom_killed: false, restart_count: 0, ip: '172.19.0.2' };
}

function stack(now, scenario) {
	const on = scenario !== 'slow-stop';
	const memory = 2 * GIB;
	const lost = scenario === 'engine-lost';
	const node = {
		name: 'node',
		recipe: 'parity',
		title: 'Parity',
		image: 'parity/parity:v1.6.8',
		version: '1.6.8-beta',
		options: { chain: 'mainnet', pruning: 'fast', warp: true, cache: 512 },
		env: {},
		secrets: {},
		ports: [
			{ container: 30303, host: 30303, protocol: 'tcp' },
			{ container: 30303, host: 30303, protocol: 'udp' },
		],
		limits: limits({ memory_bytes: memory, cpus: 1.5, blkio_weight: 500 }),
		guard: GUARD,
		neighbour: NEIGHBOUR,
		neighbour_now: null,
		command: ['--base-path', '/data', '--jsonrpc-interface', 'all', '--jsonrpc-hosts', 'all', '--no-download', '--auto-update', 'none', '--no-ui', '--no-dapps', '--cache-size', '512', '--pruning', 'fast'],
		notes: ['On the main network this version stops at block 4 370 000, years behind today’s head.'],
		container: lost ? { ...container('node', true), presence: 'unknown', state: null } : container('node', true),
		kernel_limits: lost ? null : { ...limits({ memory_bytes: scenario === 'drift' ? GIB : memory, cpus: 1.5, blkio_weight: 500 }), at: now - 4000 },
		drift: scenario === 'drift' ? ['memory_bytes'] : [],
		usage: lost ? usage(born - 3 * MIN, scenario, 'node') : usage(now, scenario, 'node'),
		sync: lost ? { ...sync(born - 3 * MIN, scenario), phase: 'unknown' } : sync(now, scenario),
		builtin: false,
		relay: null,
		incident: lastIncident(scenario, 'node'),
	};
	const relay = {
		...node,
		name: 'relay',
		recipe: 'ethnetintel',
		title: 'Ethereum network intelligence relay',
		image: 'ethnetintel:latest',
		version: null,
		options: { instance_name: 'nas-paris', contact: 'owner@example.org', server: 'wss://rpc.ethstats.net' },
		secrets: { WS_SECRET: born - 3 * DAY },
		ports: [],
		limits: limits({ memory_bytes: 256 * MIB, cpus: 0.2 }),
		guard: GUARD,
		neighbour: NEIGHBOUR,
		neighbour_now: null,
		command: [],
		notes: [],
		container: container('relay', on),
		kernel_limits: { ...limits({ memory_bytes: 256 * MIB, cpus: 0.2 }), at: now - 4000 },
		drift: [],
		usage: usage(now, scenario, 'relay'),
		sync: null,
		incident: lastIncident(scenario, 'relay'),
	};
	const builtin = { ...relay, recipe: 'ethstats', title: 'Built-in relay', builtin: true, image: '', limits: limits(), container: null, kernel_limits: null, usage: null, relay: reports(now, scenario) };
	const services = scenario === 'no-relay' ? [node] : [node, scenario === 'container' ? relay : builtin];
	return {
		name: 'parity',
		data_dir: '/share/Ethereum/parity',
		network: 'private',
		wanted: 'running',
		created_at: born - 40 * DAY,
		job: scenario === 'job' || scenario === 'slow-stop' ? '41' : null,
		services,
		disk: { chain_bytes: Math.round(11.2 * GIB), kept_bytes: Math.round(1.8 * GIB), free_bytes: Math.round(38.4 * GIB), floor_bytes: 10e9, growth_bytes_per_day: Math.round((1.8 * GIB) / 7), days_left: 112, at: now - 20000 },
	};
}

function step(n, kind, title, detail, expected, more = {}) {
	return { n, kind, title, detail, undo: '', writes: [], docker: null, down: false, expected_s: expected, state: 'pending', started_at: null, ended_at: null, progress: null, note: null, ...more };
}

export function upgradeSteps() {
	return [
		step(1, 'check', 'Check space, image and database', '38.4 GiB free; same database format', 2),
		step(2, 'pull', 'Download parity/parity:v1.6.9', 'the node is still running', 90, { docker: 'docker pull parity/parity:v1.6.9' }),
		step(3, 'create', 'Make the new container', 'same folder, same options, limit 2.0 GiB', 2, { docker: 'docker create --name parity-node.new -m 2g --cpus 1.5 parity/parity:v1.6.9 --base-path /data' }),
		step(4, 'stop', 'Stop Parity', 'lets it finish its database, up to 5 min', 40, { down: true, docker: 'docker stop -t 300 parity-node' }),
		step(5, 'swap', 'Change places', 'the old container is kept until the end', 1, { down: true, docker: 'docker rename parity-node parity-node.old' }),
		step(6, 'start', 'Start Parity 1.6.9', 'limit 2.0 GiB, 1.5 cores', 8, { down: true, docker: 'docker start parity-node' }),
		step(7, 'watch', 'Watch the new version', 'answers, imports blocks, memory steady', 60),
		step(8, 'drop', 'Remove the old container', 'the chain and the old image stay', 1, { docker: 'docker rm parity-node.old' }),
	];
}

function job(now, scenario) {
	const base = { id: '41', stack: 'parity', action: 'upgrade', title: 'Upgrade Parity to 1.6.9', actor: 'owner', created_at: born - MIN, started_at: born - MIN, ended_at: null, down_ms: 0, waiting: null, error: null };
	const steps = upgradeSteps();
	const end = (i, took, part = {}) => Object.assign(steps[i], { state: 'done', started_at: born - MIN, ended_at: born - MIN + took }, part);
	end(0, 2000);
	if (scenario === 'job') {
		const total = 180 * MIB;
		const done = Math.min(total, (118 + ((now - born) / 1000) * 1.2) * MIB);
		Object.assign(steps[1], { state: 'running', started_at: born - MIN, progress: { done: Math.round(done), total, unit: 'bytes', eta_s: Math.round((total - done) / (1.9 * MIB)) } });
		return { ...base, state: 'running', steps };
	}
	end(1, 88000);
	end(2, 1800);
	if (scenario === 'slow-stop') {
		Object.assign(steps[3], { state: 'running', started_at: born - 6 * MIN, progress: { done: 300, total: 300, unit: 'seconds', eta_s: 0 } });
		return { ...base, state: 'running', waiting: 'stop.slow', down_ms: 310000, steps };
	}
	end(3, 38000, { state: 'undone', note: 'Started the old container again.' });
	end(4, 300, { state: 'undone' });
	Object.assign(steps[5], { state: 'failed', started_at: born - 40000, ended_at: born, note: 'ended with code 1 after 40 s: cannot open database' });
	return { ...base, state: 'rolled_back', ended_at: born, down_ms: 81000, steps, error: { code: 'upgrade.ended', message: 'The new version ended after 40 s: cannot open database.', hint: 'I went back to 1.6.8. Down for 1 min 21 s. Nothing was lost.' } };
}

const SENTENCES = {
	empty: ['Stopped', 'no node is installed yet.', null],
	syncing: ['Syncing', 'block 1\u202f812\u202f004 of 2\u202f423\u202f899, 3–6\u00a0h left, 21 peers.', null],
	healthy: ['Healthy', 'block 2\u202f423\u202f899, 9\u00a0seconds ago, 21\u00a0peers; the relay runs.', null],
	stalled: ['Needs attention', 'Parity has not advanced for 3\u00a0min.', 'sync.stalled'],
	drift: ['Needs attention', 'Parity’s memory limit was changed by someone else.', 'limit.drift'],
	job: ['Working', 'Upgrade Parity to 1.6.9, step 2 of 8; the node still runs.', null],
	'slow-stop': ['Working', 'Parity is still writing its database after 5 min.', 'stop.slow'],
	'rolled-back': ['Needs attention', 'the upgrade to 1.6.9 was rolled back; Parity 1.6.8 runs.', 'upgrade.rolled_back'],
	killed: ['Needs attention', 'the kernel stopped Parity because it needed more than its 2.0\u00a0GiB.', 'memory.oom'],
	'engine-lost': ['Unknown', 'Docker has not answered for 3 min.', 'engine.absent'],
};

function findings(scenario, now) {
	const f = (code, level, message, hint, actions, service = 'node') => ({ code, level, stack: 'parity', service, message, hint, at: now - 3 * MIN, actions });
	const put = (bytes) => ({ method: 'PUT', path: '/stacks/parity/services/node/limits', body: { limits: limits({ memory_bytes: bytes, cpus: 1.5, blkio_weight: 500 }) } });
	switch (scenario) {
		case 'drift':
			return [
				f('limit.drift', 'warn', 'Somebody changed the memory limit of Parity to 1.0 GiB.', 'It was 2.0 GiB. Parity needed more than 1.0 GiB for much of the last month, so the kernel would stop it. Nothing was changed back.', [
					{ label: 'Set 2.0 GiB again', primary: true, ...put(2 * GIB) },
					{ label: 'Accept 1.0 GiB', primary: false, ...put(GIB) },
				]),
			];
		case 'refused':
			return [f('relay.secret', 'bad', 'wss://rpc.ethstats.net does not show this node as "nasParis": It refused the secret.', 'Ask the operators of the page for the present secret and enter it on the page Relay. Until then I try rarely, so that the server does not lock this address out.', [{ label: 'Change the secret', primary: true, page: 'relay' }], 'relay')];
		case 'unlisted':
			return [f('relay.unlisted', 'warn', 'wss://rpc.ethstats.net takes the messages, but its page does not list "nasParis".', 'The server takes the messages, but its page does not show this name. Another node may use it: try another name.', [{ label: 'See the relay', primary: true, page: 'relay' }], 'relay')];
		case 'slow-stop':
			return [f('stop.slow', 'warn', 'Parity is still writing its database after 5 min.', 'Waiting costs nothing; forcing it may leave a chain that needs repair.', [{ label: 'Force it to end', primary: false, method: 'POST', path: '/jobs/41/force' }])];
		case 'rolled-back':
			return [f('upgrade.rolled_back', 'warn', 'The new version ended after 40 s: cannot open database.', 'I went back to 1.6.8. Down for 1 min 21 s. Nothing was lost.', [{ label: 'See the log', primary: true, page: 'logs' }, { label: 'Upgrades', primary: false, page: 'upgrades' }])];
		case 'stalled':
			return [f('sync.stalled', 'warn', `Parity has not advanced for 3 min. ${CAUSES[0].message}`, 'No new block was stored though there are peers. Restart the node; if that does not help, look at its log.', [])];
		case 'killed': {
			const [i] = incidents(scenario);
			return i.seen_at ? [] : [{ ...f(i.code, 'warn', i.message, i.hint, [{ label: 'What happened', primary: true, page: 'incidents' }]), at: i.at }];
		}
		case 'engine-lost':
			return [{ ...f('engine.absent', 'bad', 'Docker does not answer.', 'Container Station may be stopped or updating. Containers go on running without it; I look again every few seconds.', []), stack: null, service: null }];
		default:
			return [];
	}
}

export function events(scenario) {
	if (scenario === 'empty' || scenario === 'fresh') return [event(1, born - MIN, 'station', 'station', 'Ethereum Station 1.0.0 started.')];
	return [
		event(4182, born - 20 * MIN, 'settings', 'owner', 'The name of the NAS is nas-paris now.'),
		event(4181, born - 4 * HOUR, 'limits', 'owner', 'Memory limit of Parity raised from 1.75 to 2.0 GiB without a restart. The kernel reports 2.0 GiB.'),
		event(4180, born - 4 * HOUR - 3000, 'job', 'owner', 'Change limits of Parity: done in 1 s.', { job: 40 }, 'job.done'),
		event(4170, born - 6 * HOUR, 'service', 'engine', 'Parity is at the head again after 35 min of catching up.'),
		event(4169, born - 6.6 * HOUR, 'finding', 'station', 'Parity fell 140 blocks behind.', { level: 'warn' }),
		event(4166, born - 9.5 * HOUR, 'station', 'station', 'Ethereum Station started; nothing was recorded for 42 min.'),
		event(4160, born - 14 * HOUR, 'access', 'owner', 'Token backup was made: read.'),
		event(4155, born - 26 * HOUR, 'job', 'owner', 'Restart Parity: done, down for 12 s.', { job: 39 }, 'job.done'),
		event(4150, born - 29 * HOUR, 'oom', 'kernel', 'The kernel stopped Parity because it needed more than its 1.75 GiB.', { incident: 7 }, 'memory.oom'),
		event(4149, born - 30 * HOUR, 'engine', 'engine', 'Docker 20.10.22 answers.'),
	];
}

function event(id, at, type, actor, message, data = {}, code = null) {
	return { id, at, type, stack: 'parity', service: null, actor, code, message, data };
}

export function host(now) {
	return {
		at: now,
		name: 'nas-paris',
		arch: 'x86_64',
		kernel: '5.10.60-qnap',
		cpus: 4,
		avx: true,
		memory_total_bytes: 4 * GIB,
		memory_available_bytes: Math.round(sample('host_memory_available', now)),
		swap_total_bytes: 0,
		load1: sample('host_load', now),
		others_load1: sample('host_load', now) / 2,
		local_minute: new Date(now).getHours() * 60 + new Date(now).getMinutes(),
		pressure: { cpu_percent: 4.1, io_percent: 8.6, memory_percent: 0 },
		uptime_s: 1900000,
		volume: { path: '/share/Ethereum', mount: '/share/CACHEDEV1_DATA', fs: 'ext4', total_bytes: 500 * GIB, free_bytes: Math.round(38.4 * GIB), network: false },
	};
}

export function engine(now, scenario) {
	const lost = scenario === 'engine-lost';
	return { status: lost ? 'lost' : 'connected', code: lost ? 'engine.absent' : null, message: lost ? 'Docker does not answer.' : null, endpoint: 'unix:///var/run/docker.sock', version: '20.10.22', api_version: '1.41', cgroup_version: 1, swap_limit: true, storage_driver: 'overlay2', root_dir: '/share/CACHEDEV1_DATA/docker', since_at: born - 2 * HOUR };
}

export function state(scenario, lastEvent) {
	const now = Date.now();
	const [word, sentence, code] = SENTENCES[scenario] ?? SENTENCES.healthy;
	const none = scenario === 'empty' || scenario === 'fresh';
	const list = events(scenario);
	return {
		version: '1.0.0',
		now_at: now,
		last_event_id: Math.max(lastEvent, list[0].id),
		nas: { name: 'nas-paris' },
		engine: engine(now, scenario),
		host: host(now),
		verdict: { word, sentence, code, at: scenario === 'engine-lost' ? born - 3 * MIN : now },
		findings: findings(scenario, now),
		stacks: none ? [] : [stack(now, scenario)],
		jobs: ['job', 'slow-stop', 'rolled-back'].includes(scenario) ? [job(now, scenario)] : [],
		events: list,
		program: program(now),
	};
}

function program(now) {
	return { rss_bytes: 9 * MIB, cpu_percent: 0.2, disk_bytes: 31 * MIB, uptime_s: Math.round((now - born) / 1000) + 270000, at: now };
}

export function live(scenario) {
	const now = Date.now();
	const stacks = scenario === 'empty' || scenario === 'engine-lost' ? {} : { parity: { node: { usage: usage(now, scenario, 'node'), sync: sync(now, scenario) }, relay: { usage: scenario === 'container' ? usage(now, scenario, 'relay') : null, sync: null, relay: scenario === 'container' ? null : reports(now, scenario) } } };
	return { at: now, stacks, host: { memory_available_bytes: host(now).memory_available_bytes, load1: host(now).load1, others_load1: host(now).others_load1, local_minute: host(now).local_minute }, program: program(now) };
}

export function plan(action, title) {
	return {
		action,
		stack: 'parity',
		title,
		down: action !== 'limits',
		down_expected_s: action === 'limits' ? null : 50,
		one_way: false,
		warnings: [],
		undo: 'If it fails, the old container comes back by itself.',
		steps: action === 'limits' ? [step(1, 'limits', 'Change the limits', 'without a restart', 1, { docker: 'docker update -m 1717986918 parity-node' }), step(2, 'read', 'Read back what the kernel says', 'memory, swap, processor', 1)] : upgradeSteps(),
	};
}

export function chains() {
	const now = Date.now();
	return {
		current: { bytes: Math.round(11.2 * GIB), db_version: 11, at: now - 20000 },
		kept: [
			{ id: 'k3', kind: 'copy', reason: 'upgrade', image: 'parity/parity:v1.6.7', options: {}, at: now - 3 * 3600e3, trashed_at: null, bytes: Math.round(11.2 * GIB), extra_bytes: 3e6, height: 2423871, db_version: 11, damaged: false },
			{ id: 'k2', kind: 'aside', reason: 'resync', image: 'parity/parity:v1.6.8', options: { pruning: 'archive' }, at: now - 4 * DAY, trashed_at: null, bytes: Math.round(10.9 * GIB), extra_bytes: Math.round(1.5 * GIB), height: 2404116, db_version: 11, damaged: false },
			{ id: 'k1', kind: 'copy', reason: 'asked', image: 'ethcore/parity:v1.3.15', options: {}, at: now - 16 * DAY, trashed_at: null, bytes: Math.round(9.8 * GIB), extra_bytes: Math.round(0.3 * GIB), height: 2337480, db_version: 10, damaged: false },
		],
		trash: [{ id: 'k0', kind: 'aside', reason: 'failed', image: 'parity/parity:v1.6.9', options: {}, at: now - 20 * DAY, trashed_at: now - 12 * DAY, bytes: Math.round(11 * GIB), extra_bytes: Math.round(6.4 * GIB), height: null, db_version: 11, damaged: false }],
	};
}

export function upgradeCheck(service, image) {
	const runs = service === 'relay' ? 'ethnetintel:latest' : 'parity/parity:v1.6.8';
	const newer = image !== runs;
	return { service, image, current_image: runs, current_digest: `sha256:4f2c91e0${'a'.repeat(56)}`, available_digest: `sha256:${newer ? '9b7d0c33' : '4f2c91e0'}${'a'.repeat(56)}`, newer, supported: true, db_step: 'same', generation: '1.6', warnings: [], at: Date.now() };
}

const WORDS = [
	(n) => `Imported #${2423800 + n} 3f1a…9c42 (8 txs, 0.21 Mgas, 12 ms, 1.8 KiB)`,
	() => 'Syncing   21/25 peers   2 MiB chain  312 MiB db  0 bytes queue  9 KiB sync',
	(n) => `WARN network: peer ${(n * 7919) % 997} disconnected: too many peers`,
	(n) => `Imported #${2423801 + n} 77b0…11e5 (112 txs, 3.02 Mgas, 88 ms, 14.1 KiB) + another 2 block(s)`,
];

export function logLine(n, at = Date.now()) {
	return { at, stream: 'stderr', text: WORDS[n % 7 === 3 ? 2 : n % 5 === 0 ? 1 : n % 2 ? 0 : 3](n) };
}
