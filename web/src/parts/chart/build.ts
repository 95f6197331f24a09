// History → what uPlot wants: columns and options. The order of the series is the order of paint.
import uPlot from 'uplot';
import type { History } from '../../api/model';
import { brief, clock, day, month } from '../../format';
import { t } from '../../lang';
import type { Colours } from './colours';
import { drawGaps, drawLimit, drawMarks } from './draw';
import type { Mark } from './marks';
import { scaleOf, shown } from './specs';
import type { ChartSpec } from './specs';
import { touchPlugin } from './touch';

type Column = (number | null)[];

export interface Built {
	data: uPlot.AlignedData;
	options: Omit<uPlot.Options, 'width' | 'height'>;
}

export interface Hooks {
	onCursor: (index: number | null) => void;
	onRange: (from: number, to: number) => void;
	onReset: () => void;
}

/** Room for half of the last time label; the event lane keeps the same edges. */
const EDGE = 18;
const AXIS_WIDTH = 48;

export function build(spec: ChartSpec, h: History, marks: Mark[], c: Colours, hooks: Hooks): Built {
	const scale = scaleOf(spec, h);
	const scaled = (values: Column | undefined): Column => (values ?? []).map((v) => (v === null ? null : v / scale.divide));
	const main = h.series[spec.main]!;
	const mean = scaled(main.mean);
	const columns: Column[] = [];
	const series: uPlot.Series[] = [];
	const add = (column: Column, s: uPlot.Series) => {
		columns.push(column);
		return series.push({ spanGaps: false, points: { show: false }, ...s });
	};

	if (spec.cache && h.series[spec.cache]) {
		const cache = scaled(h.series[spec.cache]!.mean);
		add(
			mean.map((v, i) => (v === null ? null : v + (cache[i] ?? 0))),
			{ stroke: c.cache, width: 1.25, fill: c.cacheFill },
		);
		add(mean, { width: 0, fill: c.needFill });
	}
	const bands: uPlot.Band[] = [];
	if (!spec.exact) {
		const high = add(scaled(main.max), { stroke: c.bar, width: 1 });
		const low = add(scaled(main.min), { stroke: c.bar, width: 1 });
		bands.push({ series: [high, low], fill: c.band });
	}
	const line = add(mean, { stroke: c.need, width: 2 });
	const limits = spec.limit ? h.series[spec.limit] : undefined;
	const limit = limits?.mean.some((v) => v !== null) ? add(scaled(limits.mean), { stroke: c.limit, width: 1.5, dash: [6, 4], paths: uPlot.paths.stepped!({ align: 1 }) }) : null;

	const middle = h.t.map((at) => (at + h.step_s * 500) / 1000);
	return {
		data: [middle, ...columns] as uPlot.AlignedData,
		options: {
			series: [{}, ...series],
			bands,
			legend: { show: false },
			padding: [10, EDGE, 0, 0],
			scales: { x: { time: true, range: [h.from_at / 1000, h.to_at / 1000] }, y: { range: (_u, _min, max) => [0, (max || 1) * 1.12] } },
			axes: [xAxis(h, c), yAxis(c)],
			cursor: { sync: { key: 'ethstation' }, drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
			plugins: [touchPlugin(hooks.onRange)],
			hooks: {
				draw: [
					(u) => {
						drawGaps(u, line, c);
						drawMarks(u, marks, c);
						if (limit !== null) drawLimit(u, limit, t('chart.limit', { value: shown(last(limits!.mean), scale) }), !!spec.exact, c);
					},
				],
				setCursor: [(u) => hooks.onCursor(u.cursor.idx ?? null)],
				setSelect: [
					(u) => {
						if (u.select.width < 8) return;
						const from = u.posToVal(u.select.left, 'x') * 1000;
						const to = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
						u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
						hooks.onRange(from, to);
					},
				],
				ready: [(u) => u.over.addEventListener('dblclick', hooks.onReset)],
			},
		},
	};
}

function last(values: Column): number | null {
	return [...values].reverse().find((v) => v !== null) ?? null;
}

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const DAY = 86400000;

/** What tells one tick from the next. */
function tick(at: number, span: number): string {
	if (span > 400 * DAY) return month(at);
	return span > 2 * DAY ? day(at).slice(4) : clock(at);
}

function xAxis(h: History, c: Colours): uPlot.Axis {
	return {
		stroke: c.axis,
		font: FONT,
		size: 28,
		gap: 6,
		space: 70,
		grid: { show: false },
		ticks: { show: false },
		border: { show: true, stroke: c.line, width: 1 },
		values: (_u, splits) => splits.map((at) => tick(at * 1000, h.to_at - h.from_at)),
	};
}

function yAxis(c: Colours): uPlot.Axis {
	return {
		stroke: c.axis,
		font: FONT,
		size: AXIS_WIDTH,
		gap: 8,
		space: 28,
		grid: { stroke: c.grid, width: 1 },
		ticks: { show: false },
		values: (_u, splits) => splits.map(brief),
	};
}
