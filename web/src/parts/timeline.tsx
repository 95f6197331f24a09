import type { Event } from '../api/model';
import { absolute, clock, day, sameDay } from '../format';
import { t } from '../lang';
import { useNow } from '../state/clock';
import { actorName } from './actor';
import { Icon } from './icon';
import { incidentHref } from './incident-href';
import { eventLook } from './tone';

/** Events in sentences, newest first; a line for each day that is not today. */
export function Timeline({ events, chosen }: { events: Event[]; chosen?: number }) {
	const now = useNow();
	return (
		<ol class="card flush timeline">
			{events.map((e, i) => {
				const before = events[i - 1]?.at ?? now;
				return (
					<>
						{!sameDay(e.at, before) && (
							<li class="day" key={`day ${e.id}`}>
								{day(e.at)}
							</li>
						)}
						<Row key={e.id} event={e} chosen={e.id === chosen} />
					</>
				);
			})}
		</ol>
	);
}

function Row({ event: e, chosen }: { event: Event; chosen: boolean }) {
	const look = eventLook(e);
	const card = incidentHref(e);
	return (
		<li class={`is-${look.tone}`} aria-current={chosen ? 'true' : undefined} id={`event-${e.id}`}>
			<time dateTime={new Date(e.at).toISOString()} title={absolute(e.at)}>
				{clock(e.at)}
			</time>
			<Icon name={look.icon} />
			<span>
				{e.message} {card && <a href={card}>{t('event.incident')}</a>}
			</span>
			<span class="by">{actorName(e.actor)}</span>
		</li>
	);
}
