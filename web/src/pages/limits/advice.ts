// How often a limit would have been too low, and which one would not have been. Pure.
import type { History } from '../../api/model';
import { GIB } from '../../format';

export interface Need {
	/** Highest need of each step, bytes; in time order. */
	values: number[];
	times: number[];
	stepS: number;
	/** Highest of all, and what 99 % of the time was below. */
	peak: number;
	p99: number;
}

export function needOf(h: History, name = 'memory_needed'): Need | null {
	const max = h.series[name]?.max ?? [];
	const values: number[] = [];
	const times: number[] = [];
	max.forEach((v, i) => {
		if (v === null) return;
		values.push(v);
		times.push(h.t[i]!);
	});
	if (values.length === 0) return null;
	const sorted = [...values].sort((a, b) => a - b);
	return { values, times, stepS: h.step_s, peak: sorted[sorted.length - 1]!, p99: sorted[Math.floor((sorted.length - 1) * 0.99)]! };
}

/** Each stretch above the limit is one time that the kernel would have stopped it. */
export function stretchesAbove(need: Need, limit: number): number[] {
	const starts: number[] = [];
	let above = false;
	need.values.forEach((v, i) => {
		const gap = i > 0 && need.times[i]! - need.times[i - 1]! > need.stepS * 3000;
		if (v > limit && (!above || gap)) starts.push(need.times[i]!);
		above = v > limit;
	});
	return starts;
}

/** Above every peak, with a little room, in tenths of a GiB. */
export function safeLimit(need: Need): number {
	return Math.ceil((need.peak * 1.05) / (GIB / 10)) * (GIB / 10);
}

/** How many days the record covers, at least one. */
export function daysOf(need: Need): number {
	return Math.max(1, Math.round((need.times[need.times.length - 1]! - need.times[0]!) / 86400000));
}

export interface Bin {
	from: number;
	part: number;
}

/** How long it needed how much: 0…1 of the most frequent, over `max` bytes. */
export function bins(need: Need, max: number, n: number): Bin[] {
	const counts = new Array<number>(n).fill(0);
	for (const v of need.values) {
		const i = Math.min(n - 1, Math.floor((v / max) * n));
		counts[i] = counts[i]! + 1;
	}
	const top = Math.max(...counts);
	return counts.map((c, i) => ({ from: (i / n) * max, part: c === 0 ? 0 : Math.max(0.06, c / top) }));
}
