import { useCallback, useMemo, useState } from 'preact/hooks';
import { get } from '../api/client';
import { history } from '../api/history';
import type { Event } from '../api/model';
import { absolute, moment } from '../format';
import { t } from '../lang';
import { Bones } from '../parts/bones';
import { Button } from '../parts/button';
import { ChartCard } from '../parts/chart/chart-card';
import { toCsv, toJson } from '../parts/chart/export';
import { marksOf } from '../parts/chart/marks';
import { HOST_CHARTS, NODE_CHARTS, RELAY_CHARTS, hasData, seriesOf } from '../parts/chart/specs';
import { download } from '../parts/copy';
import { Empty } from '../parts/empty';
import { usePageKey } from '../parts/frame/keyboard';
import { useLoad } from '../parts/load';
import { NoNode } from '../parts/no-node';
import { Problem } from '../parts/problem';
import { Segments } from '../parts/segments';
import { Timeline } from '../parts/timeline';
import { href } from '../router';
import { useNow } from '../state/clock';
import { service, useStack } from '../state/stack';
import { serverNow } from '../state/store';

const HOUR = 3600000;
const RANGES = { '1h': HOUR, '6h': 6 * HOUR, '24h': 24 * HOUR, '7d': 168 * HOUR, '30d': 720 * HOUR, '1y': 8760 * HOUR, '10y': 87600 * HOUR } as const;
type Range = keyof typeof RANGES;
const ORDER = Object.keys(RANGES) as Range[];
const POINTS = 480;
const MARKS = 240;
const EVENTS_SHOWN = 50;

interface Window {
	from: number;
	to: number;
}

/** All series on one time axis, with the events that explain them. */
export default function HistoryPage() {
	const stack = useStack();
	const [range, setRange] = useState<Range>('24h');
	const [zoom, setZoom] = useState<Window | null>(null);
	const shown = useWindow(range, zoom);
	const reset = useCallback(() => setZoom(null), []);
	const pick = (r: Range) => {
		setRange(r);
		setZoom(null);
	};
	usePageKey((key) => {
		if (key === '0') reset();
		const step = key === '[' ? -1 : key === ']' ? 1 : 0;
		const next = ORDER[ORDER.indexOf(range) + step];
		if (step && next) pick(next);
	});
	const onRange = useCallback((from: number, to: number) => setZoom({ from, to: Math.min(to, serverNow()) }), []);
	if (!stack) return <NoNode />;
	return (
		<>
			<div class="page-head">
				<div>
					<h1>{t('nav.history')}</h1>
					<p class="age">{zoom ? t('history.zoomed', { from: absolute(zoom.from), to: absolute(zoom.to) }) : t('history.until', { time: moment(shown.to, serverNow()) })}</p>
				</div>
				<div class="actions">
					{zoom && <Button onClick={reset}>{t('history.reset')}</Button>}
					<Segments label={t('history.range')} value={zoom ? null : range} options={ORDER.map((value) => ({ value, title: t(`range.${value}`) }))} onPick={pick} />
				</div>
			</div>
			<Charts stack={stack.name} hasRelay={!!service(stack, 'relay')} shown={shown} onRange={onRange} onReset={reset} />
		</>
	);
}

/** Moves on with the time: every 15 s for the last hour, every minute otherwise. */
function useWindow(range: Range, zoom: Window | null): Window {
	const now = useNow();
	const every = range === '1h' ? 15000 : 60000;
	const to = Math.floor(now / every) * every;
	return useMemo(() => zoom ?? { from: to - RANGES[range], to }, [range, zoom, to]);
}

interface Props {
	stack: string;
	hasRelay: boolean;
	shown: Window;
	onRange: (from: number, to: number) => void;
	onReset: () => void;
}

function Charts({ stack, hasRelay, shown, onRange, onReset }: Props) {
	const key = `${stack} ${shown.from} ${shown.to}`;
	const ask = (of: string, series: string[]) => (signal: AbortSignal) => history({ stack, service: of, series, ...shown, points: POINTS }, signal);
	const node = useLoad(ask('node', seriesOf(NODE_CHARTS)), key);
	const host = useLoad(ask('node', seriesOf(HOST_CHARTS)), key);
	const relay = useLoad((signal) => (hasRelay ? ask('relay', seriesOf(RELAY_CHARTS))(signal) : Promise.resolve(undefined)), key);
	const happened = (more: string) => (signal: AbortSignal) => get<{ events: Event[] }>(`events?stack=${stack}&from=${shown.from}&to=${shown.to}&${more}`, { signal });
	const events = useLoad(happened(`limit=${EVENTS_SHOWN}`), key);
	const marked = useLoad(happened(`marks=${MARKS}`), key);
	const marks = useMemo(() => marksOf(marked.data?.events ?? []), [marked.data]);

	if (node.error) return <Problem error={node.error} onRetry={node.reload} />;
	if (!node.data) return <Bones />;
	const h = node.data;
	const [first, ...rest] = NODE_CHARTS.filter((c) => hasData(c, h));
	if (!first) return <Empty icon="history" title={t('history.empty')} text={t('history.empty_more')} />;
	const common = { marks, onRange, onReset };
	const name = `ethstation-${stack}-${absolute(shown.from).replace(/[ :]/g, '-')}`;
	return (
		<>
			<ChartCard spec={first} history={h} tall {...common} />
			<div class="cols">
				{rest.map((spec) => (
					<ChartCard key={spec.id} spec={spec} history={h} {...common} />
				))}
				{host.data && HOST_CHARTS.map((spec) => <ChartCard key={spec.id} spec={spec} history={host.data!} {...common} />)}
				{relay.data && RELAY_CHARTS.map((spec) => <ChartCard key={spec.id} spec={spec} history={relay.data!} {...common} />)}
			</div>
			<div class="actions">
				<Button icon="download" onClick={() => download(`${name}.csv`, 'text/csv', toCsv(h))}>
					{t('history.csv')}
				</Button>
				<Button icon="download" onClick={() => download(`${name}.json`, 'application/json', toJson(h))}>
					{t('history.json')}
				</Button>
				<span class="small faint">{t('history.step', { step: stepText(h.step_s), from: moment(h.from_at, serverNow()), to: moment(h.to_at, serverNow()) })}</span>
			</div>
			<EventList events={events.data?.events ?? []} />
		</>
	);
}

function stepText(seconds: number): string {
	return seconds < 60 ? t('history.seconds', { n: seconds }) : t('history.minutes', { n: Math.round(seconds / 60) });
}

function EventList({ events: shown }: { events: Event[] }) {
	const [chosen, setChosen] = useState(-1);
	usePageKey((key) => {
		const step = key === 'j' ? 1 : key === 'k' ? -1 : 0;
		const next = Math.min(shown.length - 1, Math.max(0, chosen + step));
		if (!step || !shown[next]) return;
		setChosen(next);
		document.getElementById(`event-${shown[next]!.id}`)?.scrollIntoView({ block: 'nearest' });
	});
	if (shown.length === 0) return null;
	return (
		<section class="stack tight" aria-labelledby="evs">
			<div class="section-head">
				<h2 id="evs">{t('history.events')}</h2>
				<a class="small link" href={href('incidents')}>
					{t('history.incidents')}
				</a>
			</div>
			<Timeline events={shown} chosen={shown[chosen]?.id} />
		</section>
	);
}
