// Example incidents for the dashboard: what ended by itself, as GET …/incidents has it. Development and screenshots only.
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const MIN = 60000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const born = Date.now();
const WITHOUT = ['fresh', 'empty', 'syncing', 'no-relay'];
const OOM_HINT = 'The kernel ends a process when its container needs more than its limit. The databases of these clients survive it. More memory, or less to keep in it, ends it; nothing is changed by itself.';
const seen = new Map();
let onlyAgain = false;

function incident(id, at, part) {
	const known = { limit_bytes: 2 * GIB, needed_bytes: null, cache_bytes: null, host_available_bytes: Math.round(1.52 * GIB), host_total_bytes: 4 * GIB, block: null };
	return { id, service: 'node', at, cause: 'limit', child: false, ended: true, exit_code: 137, witnesses: ['kernel_log', 'kernel_counter', 'engine_event', 'exit_code'], process: 'parity', ...known, again_at: at + 36000, seen_at: seen.get(id) ?? null, before_at: null, only_again: onlyAgain, code: 'memory.oom', message: 'The kernel stopped Parity because it needed more than its 2.0 GiB.', hint: OOM_HINT, ...part };
}

/** Newest first. */
export function incidents(scenario) {
	if (WITHOUT.includes(scenario)) return [];
	const old = [
		incident(7, born - 29 * HOUR, { limit_bytes: 1.75 * GIB, needed_bytes: Math.round(1.71 * GIB), cache_bytes: 21 * MIB, block: 2416402, seen_at: born - 28 * HOUR, message: 'The kernel stopped Parity because it needed more than its 1.75 GiB.' }),
		incident(6, born - 5 * DAY, { service: 'relay', cause: 'host', child: true, ended: false, exit_code: null, again_at: null, process: 'node', limit_bytes: null, host_available_bytes: 31 * MIB, seen_at: born - 4.9 * DAY, witnesses: ['kernel_log', 'kernel_counter'], code: 'memory.host', message: 'The kernel stopped a process inside Ethereum network intelligence relay (node) because the memory of the whole NAS had run out; it has no limit; it runs on without it.', hint: 'The kernel ends something when the whole NAS runs out of memory, and it chose this. The databases of these clients survive it. See what else takes the memory, or limit what this one may need.' }),
		incident(3, born - 16 * DAY, { cause: 'fault', exit_code: 139, process: null, needed_bytes: Math.round(0.9 * GIB), cache_bytes: Math.round(0.4 * GIB), block: 2350011, witnesses: ['exit_code'], code: 'service.fault', message: 'Parity crashed: it touched memory that is not its own (code 139).', hint: 'A fault of the program or of the NAS\'s memory. If it happens again, try another version; if other programs crash too, test the memory.' }),
	];
	if (scenario !== 'killed') return old;
	return [incident(8, born - 4 * MIN - 18000, { needed_bytes: Math.round(1.98 * GIB), cache_bytes: 9 * MIB, block: 2423899 }), ...old];
}

/** As a service of the state has it. */
export function lastIncident(scenario, service) {
	const i = incidents(scenario).find((x) => x.service === service);
	return i ? { id: i.id, at: i.at, again_at: i.again_at, seen_at: i.seen_at, only_again: i.only_again } : null;
}

export function see(scenario, id, { only_again: wish = onlyAgain } = {}) {
	seen.set(id, Date.now());
	onlyAgain = wish;
	return incidents(scenario).find((i) => i.id === id);
}

export function wholeIncident(scenario, id) {
	const i = incidents(scenario).find((x) => x.id === id);
	return i && { ...i, ways: ways(i), minutes: i.needed_bytes === null ? null : minutes(i), log: log(i), changes: changes(i) };
}

function ways(i) {
	const way = (kind, text, label, method, path, body) => ({ kind, possible: !!label, text, action: label ? { label, primary: false, method, path, body } : null });
	const limits = (memory_bytes) => ({ limits: { memory_bytes, memory_reservation_bytes: null, swap_bytes: null, cpus: 1.5, cpu_shares: null, blkio_weight: 500 } });
	const leave = i.seen_at === null ? way('leave', 'The first time in 30 days. It may happen again.', 'Leave it', 'POST', `/stacks/parity/incidents/${i.id}/seen`, {}) : way('leave', 'It happened 2 times in 30 days.');
	const cache = way('cache', 'It restarts once and caches less: 256 MB instead of 512 MB. Blocks come a little slower.', 'Cache of 256 MB', 'PATCH', '/stacks/parity', { services: [{ name: 'node', options: { cache: 256 } }] });
	if (i.cause === 'host') return [way('less', 'The memory that is free now leaves no room for a limit that would help: something else on the NAS takes it.'), cache, leave];
	if (i.cause !== 'limit') return [leave];
	return [way('more', 'Takes effect at once. Your NAS keeps 1.0 GiB for everything else.', 'Allow 2.5 GiB', 'PUT', '/stacks/parity/services/node/limits', limits(2.5 * GIB)), cache, leave];
}

/** Cache is given up first; then need meets the limit. */
function minutes(i) {
	const n = 601;
	const limit = i.limit_bytes;
	const need = Array.from({ length: n }, (_, k) => {
		const part = k / (n - 1);
		const wave = 0.025 * Math.sin(k / 37) + 0.01 * Math.sin(k / 5.3);
		return Math.round(Math.min(i.needed_bytes, limit * (0.64 + wave * (1 - part)) + (i.needed_bytes - limit * 0.64) * Math.max(0, (part - 0.35) / 0.65) ** 1.6));
	});
	const cache = need.map((v, k) => (k === n - 1 ? i.cache_bytes : Math.max(i.cache_bytes, Math.round(Math.min(limit * (0.28 + 0.02 * Math.sin(k / 50)), limit * 0.995 - v)))));
	return { from_at: i.at - (n - 1) * 1000 - 400, step_ms: 1000, needed_bytes: need, cache_bytes: cache, limit_bytes: need.map(() => limit), block: need.map((_, k) => (k % 14 === 0 ? i.block - Math.floor((n - 1 - k) / 20) : null)) };
}

function log(i) {
	return Array.from({ length: 60 }, (_, k) => ({ at: i.at - (60 - k) * 9800, stream: 'stderr', text: k % 9 === 4 ? 'Syncing   21/25 peers   2 MiB chain  312 MiB db  0 bytes queue  9 KiB sync' : `Imported #${(i.block ?? 2400000) - 59 + k} 3f1a…9c42 (${80 + ((k * 37) % 140)} txs, ${(3 + (k % 10) / 9).toFixed(1)} Mgas, ${40 + k} ms, 14.1 KiB)` }));
}

function changes(i) {
	if (i.id !== 8) return [];
	return [
		{ at: i.at - 22 * MIN, actor: 'owner', message: 'Change limits of Parity: done in 1 s. Memory 1.75 → 2.0 GiB.' },
		{ at: i.at - 51 * MIN, actor: 'token:backup', message: 'Restart Parity: done, down for 12 s.' },
	];
}
