import { get } from './client';
import type { History } from './model';

export interface Query {
	stack: string;
	service: string;
	series: string[];
	from: number;
	to: number;
	points: number;
}

export function history(q: Query, signal?: AbortSignal): Promise<History> {
	const p = new URLSearchParams({
		series: q.series.join(','),
		from: String(Math.round(q.from)),
		to: String(Math.round(q.to)),
		points: String(q.points),
	});
	return get<History>(`stacks/${q.stack}/services/${q.service}/history?${p}`, { signal });
}
