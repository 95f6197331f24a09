import type { History } from '../../api/model';
import { moment } from '../../format';
import { t } from '../../lang';
import { serverNow } from '../../state/store';
import { Icon } from '../icon';
import { MARK_ICONS, thin } from './marks';
import type { Mark } from './marks';

const words = (m: Mark) => `${moment(m.at, serverNow())} ${m.text}`;

/** One event; where more is said of it, it is a link, as large as a finger needs it. */
function Sign({ mark: m }: { mark: Mark }) {
	const text = words(m);
	const sign = <use href={`#i-${MARK_ICONS[m.kind]}`} x="-8" y="0" width="16" height="16" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />;
	if (!m.href)
		return (
			<g>
				<title>{text}</title>
				{sign}
			</g>
		);
	return (
		<a href={m.href} aria-label={text}>
			<title>{text}</title>
			<rect x="-12" y="-4" width="24" height="24" fill="transparent" />
			{sign}
		</a>
	);
}

/** The events below a chart, each under its line. */
export function Lane({ history: h, marks }: { history: History; marks: Mark[] }) {
	const inside = thin(
		marks.filter((m) => m.at >= h.from_at && m.at <= h.to_at),
		(h.to_at - h.from_at) / 60,
	);
	if (inside.length === 0) return null;
	const kinds = [...new Set(inside.map((m) => m.kind))];
	return (
		<>
			<div class="chart-lane">
				<span class="lane-label">{t('chart.events')}</span>
				<svg class="lane" role="group" aria-label={inside.map(words).join('; ')}>
					{inside.map((m) => (
						<svg key={`${m.kind} ${m.at}`} x={`${(((m.at - h.from_at) / (h.to_at - h.from_at)) * 100).toFixed(2)}%`} y="5" overflow="visible" class={m.kind === 'oom' ? 'bad' : undefined}>
							<Sign mark={m} />
						</svg>
					))}
				</svg>
			</div>
			<ul class="keys lane-keys">
				{kinds.map((kind) => (
					<li key={kind} class={kind === 'oom' ? 'is-bad' : undefined}>
						<Icon name={MARK_ICONS[kind]} />
						{t(`mark.${kind}`)}
					</li>
				))}
			</ul>
		</>
	);
}
