import type { Finding } from '../api/model';
import { t } from '../lang';
import { ActionButtons } from './action-buttons';
import { Icon } from './icon';
import { findingLook } from './tone';
import { When } from './age';

const AT_MOST = 3;

/** What happened, what it means, what to do. At most three; the most urgent first. */
export function Findings({ findings }: { findings: Finding[] }) {
	if (findings.length === 0) return null;
	const more = findings.length - AT_MOST;
	return (
		<section class="findings" aria-label={t('findings')}>
			{findings.slice(0, AT_MOST).map((f) => (
				<FindingCard key={`${f.code} ${f.stack} ${f.service}`} finding={f} />
			))}
			{more > 0 && <p class="small soft">{t('findings.more', { n: more })}</p>}
		</section>
	);
}

function FindingCard({ finding: f }: { finding: Finding }) {
	const look = findingLook(f.level);
	return (
		<article class={`finding is-${look.tone}${f.actions.length > 2 ? ' tall' : ''}`}>
			<span class="disc">
				<Icon name={look.icon} />
			</span>
			<div>
				<h2>{f.message}</h2>
				<p>
					{f.hint} <span class="code-key">{f.code}</span>{' '}
					<span class="faint">
						{t('findings.since')} <When at={f.at} />
					</span>
				</p>
			</div>
			<ActionButtons actions={f.actions} stack={f.stack} service={f.service} />
		</article>
	);
}
