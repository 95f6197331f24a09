// Events that stand on the charts: jobs, kernel stops, limit changes.
import type { Event } from '../../api/model';
import { incidentHref } from '../incident-href';
import type { IconName } from '../sprite';

export interface Mark {
	at: number;
	kind: 'job' | 'oom' | 'limits' | 'end';
	text: string;
	/** Said beside its line, in the chart itself. */
	label?: string;
	/** Where more is said of it. */
	href?: string;
}

export const MARK_ICONS: Record<Mark['kind'], IconName> = { job: 'upgrades', oom: 'stop8', limits: 'diamond', end: 'stopped' };

/** One mark a job, however many events it had. */
export function marksOf(events: Event[]): Mark[] {
	const jobs = new Set<number>();
	const marks: Mark[] = [];
	for (const e of [...events].sort((a, b) => a.at - b.at)) {
		if (e.type === 'job') {
			const { job, action } = (e.data ?? {}) as { job?: number; action?: string };
			// The event of its end says what it was; asking for one is no mark yet.
			if (job === undefined || action === undefined || jobs.has(job)) continue;
			jobs.add(job);
			marks.push({ at: e.at, kind: action === 'limits' ? 'limits' : 'job', text: e.message });
		} else if (e.type === 'oom' || e.type === 'limits') {
			marks.push({ at: e.at, kind: e.type, text: e.message, href: incidentHref(e) });
		}
	}
	return marks;
}

/** As in the store, which thins a long time before (server/io/store_event.c). */
const WEIGHT: Record<Mark['kind'], number> = { oom: 3, end: 2, limits: 1, job: 0 };

/** Of marks that would stand on each other, the weightiest: a limit change is also a job. */
export function thin(marks: Mark[], nearer: number): Mark[] {
	const kept: Mark[] = [];
	for (const m of marks) {
		const last = kept[kept.length - 1];
		if (!last || m.at - last.at >= nearer) kept.push(m);
		else if (WEIGHT[m.kind] > WEIGHT[last.kind]) kept[kept.length - 1] = m;
	}
	return kept;
}
