import type { History, Job } from '../../api/model';
import { clock } from '../../format';
import { t } from '../../lang';
import { daySpans } from './day';
import type { Span } from './day';

const HOURS = [0, 4, 8, 12, 16, 20];
const pc = (n: number) => `${(n * 100).toFixed(2)}%`;

/** Trouble is taller and carries its word; colour only follows. */
export function Dayline({ history, jobs }: { history: History; jobs: Job[] }) {
	const spans = daySpans(history, jobs);
	if (!spans) return null;
	const at = (part: number) => clock(history.from_at + part * (history.to_at - history.from_at));
	const told = spans.filter((s) => s.kind !== 'ok').map((s) => t('day.from_to', { what: t(`day.${s.kind}`), from: at(s.from), to: at(s.to) }));
	return (
		<figure class="dayline" role="img" aria-label={told.length ? t('day.label_but', { what: told.join(', ') }) : t('day.label')}>
			<svg class="strip" aria-hidden="true">
				{spans.map((s) => (
					<Stroke key={s.from} span={s} />
				))}
			</svg>
			<div class="hours" aria-hidden="true">
				{HOURS.map((h, i) => (
					<span key={h} class={i % 3 ? 'opt' : undefined}>
						{i ? clock(history.from_at + h * 3600000) : t('day.yesterday', { time: clock(history.from_at) })}
					</span>
				))}
				<span>{t('day.now')}</span>
			</div>
		</figure>
	);
}

function Stroke({ span: s }: { span: Span }) {
	const tall = s.kind !== 'ok' && s.kind !== 'none';
	const wide = s.to - s.from;
	const middle = Math.min(0.97, Math.max(0.03, (s.from + s.to) / 2));
	const named = s.kind !== 'ok' && (wide > 0.02 || s.kind === 'work');
	return (
		<>
			<rect class={s.kind} x={pc(s.from)} y={tall ? 20 : 29} width={pc(Math.max(0.004, wide - 0.003))} height={tall ? 14 : 5} rx="1.5" />
			{named && (
				<text class={s.kind === 'none' ? 'opt' : undefined} x={pc(middle)} y={13} text-anchor="middle">
					{t(`day.${s.kind}`)}
				</text>
			)}
		</>
	);
}
