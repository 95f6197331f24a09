import { useCallback, useMemo, useState } from 'preact/hooks';
import type { History, IncidentWhole, Minutes } from '../../api/model';
import { clockSeconds } from '../../format';
import { t } from '../../lang';
import { ChartCard } from '../../parts/chart/chart-card';
import type { Mark } from '../../parts/chart/marks';
import { MINUTES_CHART, hasData } from '../../parts/chart/specs';
import { forMemory } from './words';

/** Room behind the end, so that its mark does not stand on the edge: a part of the whole. */
const AFTER = 0.03;

/** The ten minutes before, a reading a second. */
export function MinutesChart({ incident: i }: { incident: IncidentWhole }) {
	const [zoom, setZoom] = useState<{ from_at: number; to_at: number } | null>(null);
	const whole = useMemo(() => i.minutes && asHistory(i.minutes, i.at), [i.id]);
	const history = useMemo(() => whole && { ...whole, ...zoom }, [whole, zoom]);
	const marks = useMemo(() => [markOf(i)], [i.id]);
	const onRange = useCallback((from_at: number, to_at: number) => setZoom({ from_at, to_at }), []);
	const onReset = useCallback(() => setZoom(null), []);
	if (!history || !hasData(MINUTES_CHART, history)) return <p class="card soft">{t('incident.no_minutes')}</p>;
	return <ChartCard spec={MINUTES_CHART} history={history} marks={marks} tall onRange={onRange} onReset={onReset} />;
}

function markOf(i: IncidentWhole): Mark {
	const label = t('incident.ended_at', { time: clockSeconds(i.at) });
	return { at: i.at, kind: forMemory(i) ? 'oom' : 'end', text: i.message, label };
}

/** As the charts of the page History have it: one reading is its own lowest and highest. */
function asHistory(m: Minutes, at: number): History {
	const one = (values: (number | null)[]) => ({ unit: 'bytes', min: values, mean: values, max: values });
	const { from_at, step_ms } = m;
	return {
		entity: '',
		from_at,
		to_at: Math.round(at + (at - from_at) * AFTER),
		step_s: step_ms / 1000,
		t: m.needed_bytes.map((_, n) => from_at + n * step_ms),
		series: { memory_needed: one(m.needed_bytes), memory_cache: one(m.cache_bytes), memory_limit: one(m.limit_bytes) },
	};
}
