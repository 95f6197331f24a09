import { ApiError, get } from '../../api/client';
import type { Incident, IncidentWhole, Stack } from '../../api/model';
import { t } from '../../lang';
import { Bones } from '../../parts/bones';
import { ButtonLink } from '../../parts/button';
import { Empty } from '../../parts/empty';
import { useLoad } from '../../parts/load';
import { NoNode } from '../../parts/no-node';
import { PageHead } from '../../parts/page-head';
import { Problem } from '../../parts/problem';
import { useRoute } from '../../router';
import { useNow } from '../../state/clock';
import { service, useStack } from '../../state/stack';
import { serverNow } from '../../state/store';
import { Changes } from './changes';
import { IncidentFacts } from './facts';
import { IncidentHead } from './head';
import { IncidentLog } from './log';
import { MinutesChart } from './minutes';
import { News } from './news';
import { Others, titleOf } from './others';
import { Ways } from './ways';
import { forMemory } from './words';

const KEPT = 60;
/** What can be done is held against the memory of the NAS again. */
const CHECK_MS = 60000;

/** What ended by itself, or was ended by the kernel: one as a card, then the others. */
export default function IncidentsPage() {
	const stack = useStack();
	const { query } = useRoute();
	if (!stack) return <NoNode />;
	return <Incidents stack={stack} wanted={query.get('id')} of={query.get('service')} />;
}

interface Props {
	stack: Stack;
	/** The id in the address; without: the newest, of a service if it names one. */
	wanted: string | null;
	of: string | null;
}

function Incidents({ stack, wanted, of }: Props) {
	const news = stack.services.map((s) => s.incident && Object.values(s.incident).join('/')).join(' ');
	const list = useLoad((signal) => get<{ incidents: Incident[] }>(`stacks/${stack.name}/incidents?limit=${KEPT}`, { signal }), `${stack.name} ${news}`);
	if (!list.data) return list.error ? <Problem error={list.error} onRetry={list.reload} /> : <Bones />;
	const all = list.data.incidents;
	const newest = all.find((i) => i.service === of) ?? all[0];
	if (!newest)
		return (
			<>
				<PageHead title={t('nav.incidents')} />
				<Empty icon="check-c" title={t('incidents.none')} text={t('incidents.none_more')} />
			</>
		);
	const id = wanted ?? String(newest.id);
	return (
		<>
			<Card key={id} stack={stack} id={id} news={news} />
			<Others stack={stack} list={all.filter((i) => String(i.id) !== id)} title={t(id === String(all[0]!.id) ? 'incidents.earlier' : 'incidents.others')} />
		</>
	);
}

interface Whole {
	incident: IncidentWhole;
	at: number;
}

function Card({ stack, id, news }: { stack: Stack; id: string; news: string }) {
	const round = Math.floor(useNow() / CHECK_MS);
	const read = async (signal: AbortSignal): Promise<Whole> => ({ ...(await get<{ incident: IncidentWhole }>(`stacks/${stack.name}/incidents/${encodeURIComponent(id)}`, { signal })), at: serverNow() });
	const { data, error, reload } = useLoad(read, `${stack.name} ${id} ${news} ${round}`);
	if (!data) return error ? <NotRead error={error} onRetry={reload} /> : <Bones />;
	const i = data.incident;
	const s = service(stack, i.service);
	const raised = i.limit_bytes !== null && (s?.limits.memory_bytes ?? 0) > i.limit_bytes;
	return (
		<>
			<IncidentHead incident={i} service={s} />
			<MinutesChart incident={i} />
			<Ways incident={i} at={data.at} raised={raised} />
			{forMemory(i) && s?.incident?.id === i.id && <News incident={i} stack={stack.name} />}
			<div class="cols">
				<IncidentFacts incident={i} title={titleOf(stack, i)} />
				<Changes incident={i} />
			</div>
			<IncidentLog incident={i} stack={stack.name} />
		</>
	);
}

/** One that is gone, or no answer: the others may still be read. */
function NotRead({ error, onRetry }: { error: unknown; onRetry: () => void }) {
	const isGone = error instanceof ApiError && error.status === 404;
	return (
		<>
			<PageHead title={t('nav.incidents')} />
			<Problem error={error} onRetry={isGone ? undefined : onRetry} />
			<div class="actions">
				<ButtonLink to="incidents">{t('incidents.newest')}</ButtonLink>
			</div>
		</>
	);
}
