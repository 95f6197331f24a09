// The built-in relay in words: how far its reports are known to get.
import type { RelayState } from '../api/model';
import { ago, duration, thousands } from '../format';
import { t, tOr } from '../lang';
import type { Look } from './tone';

const LOOKS: Record<RelayState['page']['state'], Look> = {
	fresh: { tone: 'ok', icon: 'check-c' },
	unknown: { tone: 'ok', icon: 'check-c' },
	stale: { tone: 'warn', icon: 'alert' },
	unlisted: { tone: 'warn', icon: 'alert' },
};

/** What a person has to mend; the rest ends by itself. */
function needsYou(r: RelayState): boolean {
	return r.code === 'relay.secret' || r.code === 'relay.tls';
}

/** It never failed since it began, so that its first try is due at once. */
export function isBeginning(r: RelayState): boolean {
	return r.state === 'connecting' || r.state === 'greeting' || (r.state === 'waiting' && r.tries === 0);
}

export function relayLook(r: RelayState | null): Look {
	if (!r) return { tone: 'idle', icon: 'stopped' };
	if (r.state === 'ready') return r.node_active ? LOOKS[r.page.state] : LOOKS.stale;
	if (isBeginning(r)) return { tone: 'work', icon: 'clock' };
	return needsYou(r) ? { tone: 'bad', icon: 'stop8' } : { tone: 'warn', icon: 'alert' };
}

/** "On the page", "Refused": short enough for a tile on a phone. */
export function relayWord(r: RelayState | null): string {
	if (!r) return t('tile.relay_stopped');
	if (r.state === 'ready') return t(r.node_active ? `reports.${r.page.state}` : 'reports.unknown');
	if (isBeginning(r)) return t('reports.connecting');
	return t(r.code === 'relay.secret' ? 'reports.refused' : 'reports.waiting');
}

/** Two lines at most. */
export function relayLines(r: RelayState | null, now: number): string[] {
	if (!r) return [t('tile.relay_off')];
	if (r.state !== 'ready') return isBeginning(r) ? [r.server] : [nextTry(r, now), why(r)];
	const lines = [lastBlock(r, now)];
	if (!r.node_active) lines.push(t('reports.node_silent'));
	else if (r.page.state === 'unknown') lines.push(pageUnknown(r, now));
	else if (r.page.state !== 'fresh') lines.push(t(`reports.page_${r.page.state}`));
	return lines;
}

/** "block 2 423 899, 9 s ago" */
export function lastBlock(r: RelayState, now: number): string {
	if (r.block === null || r.block_at === null) return t('reports.no_block');
	return t('reports.block', { block: thousands(r.block), age: ago(now - r.block_at) });
}

/** "next try in 8 s" */
export function nextTry(r: RelayState, now: number): string {
	const left = (r.next_at ?? now) - now;
	return left < 500 ? t('reports.next_now') : t('reports.next', { time: duration(left / 1000) });
}

/** Why it is not connected, in a few words. */
export function why(r: RelayState): string {
	return tOr(`reports.why_${(r.code ?? '').replace('relay.', '')}`, r.reason ?? t('unknown'));
}

/** The page was not looked at yet, or does not tell: both are no fault of the relay. */
export function pageUnknown(r: RelayState, now: number): string {
	return r.page.at === null ? t('reports.page_soon') : t('reports.page_closed', { age: ago(now - r.page.at) });
}
