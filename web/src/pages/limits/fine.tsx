import type { Limits } from '../../api/model';
import { GIB, gib } from '../../format';
import { t } from '../../lang';
import { TextField } from '../../parts/field';

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
	const number = (text: string) => (text.trim() === '' || Number.isNaN(Number(text.replace(',', '.'))) ? null : Number(text.replace(',', '.')));
	const size = (text: string) => {
		const n = number(text);
		return n === null ? null : Math.round(n * GIB);
	};
	const shown = (n: number | null) => (n === null ? '' : gib(n));
	return (
		<div class="fine-limits">
			<TextField label={t('fine.cpus')} help={t('fine.cpus_help', { n: cpus })} inputMode="decimal" value={v.cpus === null ? '' : String(v.cpus)} onDone={(text) => onChange({ ...v, cpus: number(text) })} />
			<TextField label={t('fine.reservation')} help={t('fine.reservation_help')} inputMode="decimal" value={shown(v.memory_reservation_bytes)} onDone={(text) => onChange({ ...v, memory_reservation_bytes: size(text) })} />
			{hasMemory && <TextField label={t('fine.swap')} help={t('fine.swap_help')} inputMode="decimal" value={shown(v.swap_bytes)} onDone={(text) => onChange({ ...v, swap_bytes: size(text) })} />}
			<TextField label={t('fine.shares')} help={t('fine.shares_help')} inputMode="numeric" value={v.cpu_shares === null ? '' : String(v.cpu_shares)} onDone={(text) => onChange({ ...v, cpu_shares: number(text) })} />
			<TextField label={t('fine.weight')} help={t('fine.weight_help')} inputMode="numeric" value={v.blkio_weight === null ? '' : String(v.blkio_weight)} onDone={(text) => onChange({ ...v, blkio_weight: number(text) })} />
		</div>
	);
}
