import type { Limits } from '../../api/model';
import { GIB, gib } from '../../format';
import { t } from '../../lang';
import { TextField } from '../../parts/field';
import { ShareFields, numberOf } from './share';

export type Fine = Omit<Limits, 'memory_bytes'>;

export function fineOf(l: Limits): Fine {
	const { memory_bytes: _, ...rest } = l;
	return rest;
}

interface Props {
	value: Fine;
	cpus: number;
	hasMemory: boolean;
	onChange: (value: Fine) => void;
}

/** The rarely changed ones; an empty field means no limit. */
export function FineLimits({ value: v, cpus, hasMemory, onChange }: Props) {
	const size = (text: string) => {
		const n = numberOf(text);
		return n === null ? null : Math.round(n * GIB);
	};
	const shown = (n: number | null) => (n === null ? '' : gib(n));
	return (
		<div class="fine-limits">
			<ShareFields value={v} cpus={cpus} onChange={(share) => onChange({ ...v, ...share })} />
			<TextField label={t('fine.reservation')} help={t('fine.reservation_help')} inputMode="decimal" value={shown(v.memory_reservation_bytes)} onDone={(text) => onChange({ ...v, memory_reservation_bytes: size(text) })} />
			{hasMemory && <TextField label={t('fine.swap')} help={t('fine.swap_help')} inputMode="decimal" value={shown(v.swap_bytes)} onDone={(text) => onChange({ ...v, swap_bytes: size(text) })} />}
		</div>
	);
}
