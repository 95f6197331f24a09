import type { Limits } from '../../api/model';
import { t } from '../../lang';
import { TextField } from '../../parts/field';

export type Share = Pick<Limits, 'cpus' | 'cpu_shares' | 'blkio_weight'>;

/** What was typed; nothing, or no number, is null. */
export function numberOf(text: string): number | null {
	const n = Number(text.replace(',', '.'));
	return text.trim() === '' || Number.isNaN(n) ? null : n;
}

interface Props {
	value: Partial<Share>;
	/** Of the NAS. */
	cpus: number;
	/** What an empty field for the cores means, when it is not all of them. */
	cpusHelp?: string;
	onChange: (value: Share) => void;
}

/** Cores, CPU share and disk weight. */
export function ShareFields({ value: v, cpus, cpusHelp, onChange }: Props) {
	const now: Share = { cpus: v.cpus ?? null, cpu_shares: v.cpu_shares ?? null, blkio_weight: v.blkio_weight ?? null };
	const text = (n: number | null) => (n === null ? '' : String(n));
	return (
		<>
			<TextField label={t('fine.cpus')} help={cpusHelp ?? t('fine.cpus_help', { n: cpus })} inputMode="decimal" value={text(now.cpus)} onDone={(s) => onChange({ ...now, cpus: numberOf(s) })} />
			<TextField label={t('fine.shares')} help={t('fine.shares_help')} inputMode="numeric" value={text(now.cpu_shares)} onDone={(s) => onChange({ ...now, cpu_shares: numberOf(s) })} />
			<TextField label={t('fine.weight')} help={t('fine.weight_help')} inputMode="numeric" value={text(now.blkio_weight)} onDone={(s) => onChange({ ...now, blkio_weight: numberOf(s) })} />
		</>
	);
}
