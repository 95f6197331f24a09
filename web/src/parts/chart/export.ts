// What is on screen, as a file. Pure.
import type { History } from '../../api/model';

/** One row a step; a column each for min, mean and max of every series; empty where nothing is known. */
export function toCsv(h: History): string {
	const names = Object.keys(h.series);
	const head = ['time', ...names.flatMap((n) => [`${n}_min`, `${n}_mean`, `${n}_max`])];
	const rows = h.t.map((at, i) => [new Date(at).toISOString(), ...names.flatMap((n) => [h.series[n]!.min[i], h.series[n]!.mean[i], h.series[n]!.max[i]])].map((v) => v ?? '').join(','));
	return [head.join(','), ...rows, ''].join('\n');
}

export function toJson(h: History): string {
	return JSON.stringify(h, null, '\t') + '\n';
}
