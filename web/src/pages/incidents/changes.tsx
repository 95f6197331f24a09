import type { IncidentWhole } from '../../api/model';
import { absolute, clock } from '../../format';
import { t } from '../../lang';
import { actorName } from '../../parts/actor';
import { Icon } from '../../parts/icon';

/** What was changed in the hour before: often the reason. */
export function Changes({ incident: i }: { incident: IncidentWhole }) {
	return (
		<section class="card flush changes" aria-labelledby="changed">
			<h2 id="changed" class="card-pad-head">
				{t('incident.changed')}
			</h2>
			{i.changes.length === 0 ? (
				<p class="none small soft">{t('incident.unchanged')}</p>
			) : (
				<ol class="timeline">
					{i.changes.map((c) => (
						<li key={`${c.at} ${c.message}`}>
							<time dateTime={new Date(c.at).toISOString()} title={absolute(c.at)}>
								{clock(c.at)}
							</time>
							<Icon name="work" />
							<span>{c.message}</span>
							<span class="by">{actorName(c.actor)}</span>
						</li>
					))}
				</ol>
			)}
		</section>
	);
}
