import type { IncidentWhole, Way } from '../../api/model';
import { t } from '../../lang';
import { ActionButtons } from '../../parts/action-buttons';
import { Age } from '../../parts/age';
import { StateWord } from '../../parts/badge';
import { ButtonLink } from '../../parts/button';

interface Props {
	incident: IncidentWhole;
	/** When the ways were held against the memory of the NAS. */
	at: number;
	/** Its limit was raised since: the loud button has been pressed. */
	raised: boolean;
}

/** What can be done, each with what it would mean; one that is not possible says why. */
export function Ways({ incident: i, at, raised }: Props) {
	if (i.ways.length === 0) return null;
	const first = i.seen_at === null && !raised ? i.ways.find((w) => w.possible && w.kind !== 'leave') : undefined;
	const there = ELSEWHERE[i.cause];
	return (
		<section class="stack tight" aria-labelledby="ways">
			<div class="section-head">
				<h2 id="ways">{t('ways.title')}</h2>
				{i.ways.length > 1 && (
					<span class="small faint">
						<Age at={at} prefix={t('ways.checked')} reading />
					</span>
				)}
			</div>
			<ul class="options">
				{there && (
					<li class="card">
						<div>
							<h3>{t(`way.${there}`)}</h3>
							<p class="small soft">{t(`way.${there}_text`)}</p>
						</div>
						<div class="actions">
							<ButtonLink to={PAGE_OF[there]}>{t(`way.${there}_do`)}</ButtonLink>
						</div>
					</li>
				)}
				{i.ways.map((w) => (
					<li key={w.kind} class="card">
						<div>
							<h3>{t(`way.${w.kind}`)}</h3>
							<p class="small soft">{w.text}</p>
						</div>
						{w.action ? <ActionButtons actions={[{ ...w.action, primary: w === first }]} /> : <NoWay way={w} />}
					</li>
				))}
			</ul>
		</section>
	);
}

/** What ends it is another page's to do. */
type Elsewhere = 'version' | 'room';
const PAGE_OF: Record<Elsewhere, string> = { version: 'upgrades', room: 'chain' };
const ELSEWHERE: Partial<Record<IncidentWhole['cause'], Elsewhere>> = { processor: 'version', fault: 'version', database: 'version', disk: 'room' };

function NoWay({ way }: { way: Way }) {
	if (way.kind === 'leave')
		return (
			<StateWord tone="ok" icon="check">
				{t('way.left')}
			</StateWord>
		);
	return (
		<StateWord tone="idle" icon={way.kind === 'above' ? 'info' : 'x'}>
			{t(way.kind === 'above' ? 'way.elsewhere' : 'way.impossible')}
		</StateWord>
	);
}
