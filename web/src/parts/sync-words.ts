// Sync progress in words. Different states are different words: "no peers" is not "syncing".
import type { Sync } from '../api/model';
import { count, percent, range, short, thousands } from '../format';
import { t } from '../lang';
import type { Look } from './tone';

const LOOKS: Record<Sync['phase'], Look> = {
	unknown: { tone: 'idle', icon: 'question' },
	no_answer: { tone: 'warn', icon: 'alert' },
	starting: { tone: 'work', icon: 'clock' },
	no_peers: { tone: 'warn', icon: 'alert' },
	snapshot: { tone: 'work', icon: 'download' },
	syncing: { tone: 'work', icon: 'sync' },
	catching_up: { tone: 'work', icon: 'catch' },
	stalled: { tone: 'warn', icon: 'alert' },
	synced: { tone: 'ok', icon: 'check-c' },
};

export function syncLook(s: Sync | null): Look {
	return LOOKS[s?.phase ?? 'unknown'];
}

export function phaseWord(s: Sync | null): string {
	return t(`phase.${s?.phase ?? 'unknown'}`);
}

/** The large words of the tile: a percentage while it syncs, else the phase. */
export function syncHeadline(s: Sync | null): string {
	const moving = s && (s.phase === 'syncing' || s.phase === 'snapshot' || s.phase === 'catching_up');
	return moving && s.percent !== null ? percent(s.percent) : phaseWord(s);
}

/** Two short lines below it. */
export function syncLines(s: Sync | null): string[] {
	if (!s) return [t('sync.no_reading')];
	const lines: string[] = [];
	if (s.phase === 'synced') {
		if (s.current_block !== null) lines.push(t('sync.block', { block: thousands(s.current_block) }));
	} else if (s.current_block !== null) {
		lines.push(s.target_block === null ? t('sync.block', { block: thousands(s.current_block) }) : t('sync.block_of', { block: thousands(s.current_block), target: thousands(s.target_block) }));
	}
	const eta = etaText(s);
	const speed = rate(s);
	if (eta) lines.push(eta);
	else if (speed && s.phase !== 'synced') lines.push(speed);
	else if (s.peers !== null) lines.push(count(s.peers, 'peer', 'peers'));
	return lines.length ? lines : [t('sync.nothing_yet')];
}

export function rate(s: Sync | null): string | null {
	if (!s || s.blocks_per_s === null) return null;
	return s.blocks_per_s < 1 ? t('sync.per_minute', { n: short(s.blocks_per_s * 60) }) : t('sync.per_second', { n: short(s.blocks_per_s) });
}

export function etaText(s: Sync | null): string | null {
	if (!s || s.eta_low_s === null || s.eta_high_s === null || s.phase === 'synced') return null;
	return t('sync.eta', { time: range(s.eta_low_s, s.eta_high_s) });
}
