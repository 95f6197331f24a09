// The last 24 hours as one stroke, from recorded history and the jobs of the day. Pure.
import type { History, Job } from '../../api/model';

export type Kind = 'ok' | 'slow' | 'sync' | 'work' | 'none';

export interface Span {
	kind: Kind;
	/** 0…1 of the day */
	from: number;
	to: number;
}

/** Fewer blocks behind than this is the head. */
const BEHIND = 5;
/** More than this is not catching up but a sync. */
const FAR = 5000;

/** Spans without gaps; null when nothing was recorded that could tell. */
export function daySpans(h: History, jobs: Job[]): Span[] | null {
	const behind = h.series.behind?.mean ?? [];
	const needed = h.series.memory_needed?.mean ?? [];
	if (!needed.some((v) => v !== null) && !behind.some((v) => v !== null)) return null;

	const whole = h.to_at - h.from_at;
	const kinds = h.t.map((at, i): Kind => {
		const end = at + h.step_s * 1000;
		if (jobs.some((j) => j.started_at !== null && j.started_at < end && (j.ended_at ?? h.to_at) > at)) return 'work';
		if (needed[i] == null && behind[i] == null) return 'none';
		const far = behind[i] ?? 0;
		return far > FAR ? 'sync' : far > BEHIND ? 'slow' : 'ok';
	});
	const spans: Span[] = [];
	kinds.forEach((kind, i) => {
		const from = (h.t[i]! - h.from_at) / whole;
		const to = Math.min(1, from + (h.step_s * 1000) / whole);
		const last = spans[spans.length - 1];
		if (last?.kind === kind) last.to = to;
		else spans.push({ kind, from, to });
	});
	return spans;
}
