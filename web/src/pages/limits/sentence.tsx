import type { Service } from '../../api/model';
import { GIB, NBSP, bytes, count, day, gib } from '../../format';
import { t } from '../../lang';
import { Icon } from '../../parts/icon';
import type { Look } from '../../parts/tone';
import { daysOf, safeLimit, stretchesAbove } from './advice';
import type { Need } from './advice';

interface Say extends Look {
	strong: string;
	more: string;
	/** A better limit, when this one would hurt. */
	better?: number;
}

/** Limits are told with two decimals, as the slider moves. */
function size(n: number): string {
	return n < GIB ? bytes(n) : `${gib(n)}${NBSP}GiB`;
}

/** What the choice would mean: for the node by its record, for the NAS by its memory. */
export function judge(value: number, total: number, ceiling: number, need: Need | null, s: Service): Say {
	const n = size(value);
	const left = bytes(Math.max(0, total - value));
	const now = s.usage?.needed_bytes ?? 0;
	const bad: Look = { tone: 'bad', icon: 'stop8' };
	if (now > value) return { ...bad, strong: t('judge.below_use', { n, now: bytes(now) }), more: t('judge.below_use_more'), better: need ? safeLimit(need) : undefined };
	const times = need ? stretchesAbove(need, value) : [];
	if (need && times.length > 0) {
		const better = safeLimit(need);
		const days = [...new Set(times.map(day))].slice(-3).join(', ');
		return {
			...bad,
			strong: t('judge.killed', { n, times: count(times.length, 'time', 'times'), days: count(daysOf(need), 'day', 'days') }),
			more: t('judge.killed_more', { peak: size(need.peak), days, better: size(better), left: bytes(Math.max(0, total - better)) }),
			better,
		};
	}
	if (value > ceiling) return { tone: 'warn', icon: 'alert', strong: t('judge.too_much', { n, left }), more: t('judge.too_much_more'), better: need && safeLimit(need) < ceiling ? safeLimit(need) : undefined };
	if (!need) return { tone: 'note', icon: 'info', strong: t('judge.no_record', { n }), more: t('judge.no_record_more', { left }) };
	return { tone: 'ok', icon: 'check-c', strong: t('judge.enough', { n, days: lastDays(daysOf(need)) }), more: t('judge.enough_more', { peak: size(need.peak), left }) };
}

/** "the last day", "the last 14 days" */
function lastDays(n: number): string {
	return n === 1 ? t('judge.day') : count(n, 'day', 'days');
}

export function Sentence({ id, say }: { id: string; say: Say }) {
	return (
		<div class={`wouldbe is-${say.tone}`} id={id}>
			<Icon name={say.icon} />
			<p>
				<strong>{say.strong}</strong>
				<span>{say.more}</span>
			</p>
		</div>
	);
}
