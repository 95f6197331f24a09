import { useCallback, useMemo } from 'preact/hooks';
import { history } from '../../api/history';
import { navigate } from '../../router';
import { useNow } from '../../state/clock';
import { useLoad } from '../load';
import { ChartCard } from './chart-card';
import { hasData, seriesOf } from './specs';
import type { ChartSpec } from './specs';

interface Props {
	stack: string;
	service: string;
	specs: ChartSpec[];
}

const HOUR = 3600000;
const EVERY = 15000;

/** A few charts of a service, as small pictures of its last hour; to look closer leads to the History page. */
export function LastHour({ stack, service, specs }: Props) {
	const now = useNow();
	const to = Math.floor(now / EVERY) * EVERY;
	const read = (signal: AbortSignal) => history({ stack, service, series: seriesOf(specs), from: to - HOUR, to, points: 240 }, signal);
	const { data } = useLoad(read, `${stack} ${service} ${to}`);
	const none = useMemo(() => [], []);
	const toHistory = useCallback(() => navigate('history'), []);
	if (!data || !specs.some((c) => hasData(c, data))) return null;
	return (
		<div class={specs.length > 1 ? 'cols' : undefined}>
			{specs.map((spec) => (
				<ChartCard key={spec.id} spec={spec} history={data} marks={none} onRange={toHistory} onReset={toHistory} />
			))}
		</div>
	);
}
