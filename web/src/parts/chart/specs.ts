// Which series stand in which chart, and in what unit they are read.
import type { History } from '../../api/model';
import { t } from '../../lang';
import type { TextKey } from '../../lang';
import { GIB, KIB, MIB, short, thousands } from '../../format';

export type Kind = 'bytes' | 'bytes_per_s' | 'bytes_per_min' | 'cores' | 'percent' | 'count' | 'rate';

export interface ChartSpec {
	id: string;
	title: TextKey;
	kind: Kind;
	/** Has the min–max band and the mean line. */
	main: string;
	/** Stacked on the main one, as a quiet area. */
	cache?: string;
	/** A dashed, stepped line. */
	limit?: string;
	/** Each value is one reading: there is no lowest and highest of it. */
	exact?: boolean;
}

export const NODE_CHARTS: ChartSpec[] = [
	{ id: 'memory', title: 'chart.memory', kind: 'bytes', main: 'memory_needed', cache: 'memory_cache', limit: 'memory_limit' },
	{ id: 'cpu', title: 'chart.cpu', kind: 'cores', main: 'cpu' },
	{ id: 'behind', title: 'chart.behind', kind: 'count', main: 'behind' },
	{ id: 'rate', title: 'chart.rate', kind: 'rate', main: 'blocks_per_s' },
	{ id: 'peers', title: 'chart.peers', kind: 'count', main: 'peers' },
	{ id: 'read', title: 'chart.read', kind: 'bytes_per_s', main: 'disk_read' },
	{ id: 'write', title: 'chart.write', kind: 'bytes_per_s', main: 'disk_write' },
	{ id: 'chain', title: 'chart.chain', kind: 'bytes', main: 'chain_size' },
	{ id: 'free', title: 'chart.free', kind: 'bytes', main: 'volume_free' },
];

/** Of the NAS itself: asked for on their own. */
export const HOST_CHARTS: ChartSpec[] = [
	{ id: 'host', title: 'chart.host', kind: 'bytes', main: 'host_memory_available' },
	{ id: 'load', title: 'chart.load', kind: 'rate', main: 'host_load' },
	{ id: 'pressure-io', title: 'chart.pressure_io', kind: 'percent', main: 'host_pressure_io' },
	{ id: 'pressure-memory', title: 'chart.pressure_memory', kind: 'percent', main: 'host_pressure_memory' },
	{ id: 'pressure-cpu', title: 'chart.pressure_cpu', kind: 'percent', main: 'host_pressure_cpu' },
];

export const RELAY_CHARTS: ChartSpec[] = [
	{ id: 'relay-memory', title: 'chart.relay_memory', kind: 'bytes', main: 'memory_needed', limit: 'memory_limit' },
	{ id: 'relay-cpu', title: 'chart.relay_cpu', kind: 'cores', main: 'cpu' },
	{ id: 'relay-bytes', title: 'chart.relay_bytes', kind: 'bytes_per_min', main: 'relay_bytes' },
];

/** The minutes before an incident, which come with it. */
export const MINUTES_CHART: ChartSpec = { id: 'minutes', title: 'chart.minutes', kind: 'bytes', main: 'memory_needed', cache: 'memory_cache', limit: 'memory_limit', exact: true };

export function seriesOf(specs: ChartSpec[]): string[] {
	return [...new Set(specs.flatMap((s) => [s.main, s.cache, s.limit].filter((x): x is string => !!x)))];
}

export interface Scale {
	unit: string;
	divide: number;
}

/** One unit for a whole chart, from its largest value. */
export function scaleOf(spec: ChartSpec, h: History): Scale {
	if (spec.kind === 'cores') return { unit: t('chart.cores'), divide: 100 };
	if (spec.kind === 'percent') return { unit: '%', divide: 1 };
	if (spec.kind === 'count') return { unit: '', divide: 1 };
	if (spec.kind === 'rate') return { unit: '', divide: 1 };
	const values = [...(h.series[spec.main]?.max ?? []), ...(spec.limit ? (h.series[spec.limit]?.max ?? []) : [])];
	const top = Math.max(0, ...values.filter((v): v is number => v !== null));
	const tail = spec.kind === 'bytes_per_s' ? '/s' : spec.kind === 'bytes_per_min' ? '/min' : '';
	if (top >= GIB / 2) return { unit: `GiB${tail}`, divide: GIB };
	if (top >= MIB / 2) return { unit: `MiB${tail}`, divide: MIB };
	return { unit: `KiB${tail}`, divide: KIB };
}

export function shown(value: number | null | undefined, scale: Scale): string {
	if (value == null) return '–';
	const v = value / scale.divide;
	if (Math.abs(v) >= 1000) return thousands(v);
	return short(v, Math.abs(v) < 10 ? 2 : Math.abs(v) < 100 ? 1 : 0);
}

export function hasData(spec: ChartSpec, h: History): boolean {
	return !!h.series[spec.main]?.mean.some((v) => v !== null);
}
