import { useState } from 'preact/hooks';
import type { History } from '../../api/model';
import { clock, clockSeconds, moment } from '../../format';
import { t } from '../../lang';
import { serverNow } from '../../state/store';
import { IconButton } from '../button';
import { ChartTable } from './chart-table';
import { Lane } from './lane';
import type { Mark } from './marks';
import { Plot } from './plot';
import { hasData, scaleOf, shown } from './specs';
import type { ChartSpec } from './specs';

interface Props {
	spec: ChartSpec;
	history: History;
	marks: Mark[];
	tall?: boolean;
	onRange: (from: number, to: number) => void;
	onReset: () => void;
}

const TALL = 280;
const LOW = 136;

/** One chart with its live legend beside the title: no floating box. */
export function ChartCard({ spec, history: h, marks, tall, onRange, onReset }: Props) {
	const [index, setIndex] = useState<number | null>(null);
	const [table, setTable] = useState(false);
	if (!hasData(spec, h)) return null;
	const scale = scaleOf(spec, h);
	const s = h.series[spec.main]!;
	const i = index ?? lastIndex(s.mean);
	const value = (name: string | undefined, what: 'mean' | 'min' | 'max' = 'mean') => shown(name ? h.series[name]?.[what][i] : null, scale);
	const when = index === null ? t(spec.exact ? 'chart.end' : 'chart.latest') : t('chart.at', { time: timeOf(h.t[i]!, h) });
	return (
		<figure class="card chart-card">
			<figcaption class={tall ? 'chart-head' : 'chart-head low'}>
				<h2>
					{t(spec.title)}{' '}
					<span class="unit">
						{scale.unit}
						{scale.unit && ', '}
						{when}
					</span>
				</h2>
				{tall ? (
					<ul class="keys">
						<Key name={t(spec.exact ? 'chart.needed' : 'chart.mean')} value={value(spec.main)} look="need" />
						{!spec.exact && <Key name={t('chart.range')} value={`${value(spec.main, 'min')}–${value(spec.main, 'max')}`} look="band" />}
						{spec.cache && <Key name={t('chart.cache')} value={value(spec.cache)} look="cache" />}
						{spec.limit && <Key name={t('chart.limit_key')} value={value(spec.limit)} look="limit" />}
					</ul>
				) : (
					<span class="now push">
						<b>{value(spec.main)}</b> <span class="faint nb">{`${value(spec.main, 'min')}–${value(spec.main, 'max')}`}</span>
					</span>
				)}
				<IconButton icon={table ? 'history' : 'logs'} label={t(table ? 'chart.as_chart' : 'chart.as_table')} onClick={() => setTable(!table)} />
			</figcaption>
			{table ? <ChartTable spec={spec} history={h} scale={scale} /> : <Plot spec={spec} history={h} marks={marks} height={tall ? TALL : LOW} label={summary(spec, h)} hooks={{ onCursor: setIndex, onRange, onReset }} />}
			{tall && !table && !spec.exact && <Lane history={h} marks={marks} />}
		</figure>
	);
}

function timeOf(at: number, h: History): string {
	if (h.step_s < 60) return clockSeconds(at);
	return h.to_at - h.from_at > 86400000 ? moment(at, serverNow()) : clock(at);
}

function lastIndex(values: (number | null)[]): number {
	for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return i;
	return 0;
}

/** What a chart says, for those who do not see it. */
function summary(spec: ChartSpec, h: History): string {
	const scale = scaleOf(spec, h);
	const s = h.series[spec.main]!;
	const known = (v: (number | null)[]) => v.filter((x): x is number => x !== null);
	return t('chart.summary', {
		title: t(spec.title),
		low: shown(Math.min(...known(s.min)), scale),
		high: shown(Math.max(...known(s.max)), scale),
		now: shown(s.mean[lastIndex(s.mean)], scale),
		unit: scale.unit,
	});
}

function Key({ name, value, look }: { name: string; value: string; look: 'need' | 'band' | 'cache' | 'limit' }) {
	return (
		<li>
			<svg aria-hidden="true">
				{look === 'need' && <path class="line-need" d="M0 6H22" />}
				{look === 'band' && <rect class="fill-band" x=".5" y="1" width="21" height="10" />}
				{look === 'cache' && <rect class="fill-cache" y="3" width="22" height="9" />}
				{look === 'cache' && <path class="line-cache" d="M0 3H22" />}
				{look === 'limit' && <path class="line-limit" d="M0 6H22" />}
			</svg>
			{name} <b>{value}</b>
		</li>
	);
}
