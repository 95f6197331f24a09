import type { IncidentWhole, Service } from '../../api/model';
import { t } from '../../lang';
import { Age, When } from '../../parts/age';
import { Icon } from '../../parts/icon';
import { isRunning } from '../../state/stack';
import { downWords, incidentLook, storyOf } from './words';

interface Props {
	incident: IncidentWhole;
	/** As it is now; it may be gone. */
	service: Service | undefined;
}

/** What happened, in one sentence; when; then what came before it and what it means. */
export function IncidentHead({ incident: i, service }: Props) {
	const isDown = i.ended && service?.incident?.id === i.id && !isRunning(service);
	const look = incidentLook(i, isDown);
	const story = storyOf(i, i.minutes);
	return (
		<section class={`verdict is-${look.tone}`} aria-labelledby="incident">
			<span class="verdict-mark">
				<Icon name={look.icon} />
			</span>
			<h1 id="incident">{i.message}</h1>
			<p class="age">
				<span class="nb">
					<When at={i.at} exact />
				</span>
				<Age at={i.at} />
				{(isDown || !i.ended || i.again_at !== null) && <span class="nb">{downWords(i)}</span>}
				{i.seen_at !== null && (
					<span class="nb">
						{t('incident.seen')} <When at={i.seen_at} />
					</span>
				)}
				<span class="code-key">{i.code}</span>
			</p>
			<div class="incident-text">
				{story && <p>{story}</p>}
				<p class="soft">{i.hint}</p>
			</div>
		</section>
	);
}
