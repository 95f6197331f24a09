// What an incident says, as words. Pure.
import type { Incident, IncidentWhole, Minutes } from '../../api/model';
import { GIB, NBSP, bytes, duration, gib, thousands } from '../../format';
import { t, tOr } from '../../lang';
import type { Look } from '../../parts/tone';

/** Near a limit one decimal says too little: 1.96 of 2.00 GiB. */
export function exactly(n: number): string {
	return n >= GIB ? `${gib(n)}${NBSP}GiB` : bytes(n);
}

export function forMemory(i: Incident): boolean {
	return i.cause === 'limit' || i.cause === 'group' || i.cause === 'host';
}

/** As loud as it still is: nobody has to do anything about what is over and known. */
export function incidentLook(i: Incident, isDown: boolean): Look {
	if (isDown) return { tone: 'bad', icon: 'stop8' };
	return i.seen_at === null ? { tone: 'warn', icon: 'alert' } : { tone: 'idle', icon: 'check-c' };
}

export function witnessWords(i: Incident): string {
	return i.witnesses.map((w) => t(`witness.${w}`)).join(', ');
}

/** "137: ended by a signal" */
export function exitWords(code: number): string {
	const why = tOr(`exit.${code}`, '');
	return why ? `${code}: ${why}` : String(code);
}

export interface Reading {
	at: number;
	value: number;
}

export type Kind = 'needed_bytes' | 'cache_bytes' | 'limit_bytes' | 'block';

function readings(m: Minutes | null, kind: Kind): Reading[] {
	if (!m) return [];
	return m[kind].flatMap((value, i) => (value === null ? [] : [{ at: m.from_at + i * m.step_ms, value }]));
}

/** How long before it the last of these was read: "read 12 s before"; empty when none was. */
export function readWords(i: IncidentWhole, kind: Kind): string {
	const at = readings(i.minutes, kind).pop()?.at;
	if (at === undefined) return '';
	return i.at - at < 1000 ? t('incident.read_just_before') : t('incident.read_before', { time: duration((i.at - at) / 1000) });
}

/** Less than this is no movement. */
const MOVED = 0.05;
/** Below this part of the limit, the last reading does not show how it was reached. */
const NEAR = 0.9;

/** What came before it, in one or two sentences; empty when nothing was read. */
export function storyOf(i: Incident, m: Minutes | null): string {
	const need = readings(m, 'needed_bytes');
	const first = need[0];
	const last = need[need.length - 1];
	if (!first || !last || first === last) return '';
	const change = (last.value - first.value) / Math.max(first.value, 1);
	const how = change > MOVED ? 'rose' : change < -MOVED ? 'fell' : 'stayed';
	const text = t(`incident.${how}`, { time: duration((last.at - first.at) / 1000), from: exactly(first.value), to: exactly(last.value) });
	const fast = i.cause === 'limit' && i.limit_bytes !== null && last.value < i.limit_bytes * NEAR;
	return [`${whileImporting(text, readings(m, 'block'))}.`, fast && t('incident.fast')].filter(Boolean).join(' ');
}

function whileImporting(what: string, blocks: Reading[]): string {
	const first = blocks[0]?.value;
	const last = blocks[blocks.length - 1]?.value;
	if (first === undefined || last === undefined || last <= first) return what;
	return t('incident.importing', { what, from: thousands(first + 1), to: thousands(last) });
}

/** How long it was away, or that it still is. */
export function downWords(i: Incident): string {
	if (!i.ended) return t('incident.never_down');
	return i.again_at === null ? t('incident.still_down') : t('incident.down_for', { time: duration((i.again_at - i.at) / 1000) });
}
