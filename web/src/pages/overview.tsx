import { history } from '../api/history';
import type { History } from '../api/model';
import { t } from '../lang';
import { Bones } from '../parts/bones';
import { Findings } from '../parts/finding';
import { useLoad } from '../parts/load';
import { NoNode } from '../parts/no-node';
import { Dayline } from '../parts/overview/dayline';
import { Tiles } from '../parts/overview/tiles';
import { VerdictHead } from '../parts/overview/verdict';
import { Timeline } from '../parts/timeline';
import { href } from '../router';
import { useStack } from '../state/stack';
import { serverNow, useModel } from '../state/store';

const DAY_MS = 86400000;
const SERIES = ['memory_needed', 'memory_cache', 'behind', 'blocks_per_s', 'chain_size'];

/** How things are, in one sentence; then what needs you; then four readings; then what happened. */
export function Overview() {
	const { state, link } = useModel();
	const stack = useStack();
	const day = useDay(stack?.name);
	if (!state) return <Bones />;
	return (
		<>
			<VerdictHead state={state} gone={link === 'gone'} />
			{day && <Dayline history={day} jobs={state.jobs.filter((j) => j.stack === stack?.name)} />}
			<Findings findings={state.findings} />
			{stack ? <Tiles state={state} stack={stack} day={day} /> : <NoNode />}
			{state.events.length > 0 && (
				<section class="stack tight" aria-labelledby="lately">
					<div class="section-head">
						<h2 id="lately">{t('overview.lately')}</h2>
						<a class="small link" href={href('history')}>
							{t('overview.all_events')}
						</a>
					</div>
					<Timeline events={state.events} />
				</section>
			)}
		</>
	);
}

/** 24 h of history for the pictures, read again every five minutes. */
function useDay(stack: string | undefined): History | undefined {
	const to = Math.floor(serverNow() / 300000) * 300000;
	const read = async (signal: AbortSignal) => (stack ? history({ stack, service: 'node', series: SERIES, from: to - DAY_MS, to, points: 144 }, signal) : undefined);
	return useLoad(read, `${stack} ${to}`).data;
}
