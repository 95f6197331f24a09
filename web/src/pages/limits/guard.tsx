import type { Guard } from '../../api/model';
import { GIB, bytes, gib } from '../../format';
import { t } from '../../lang';
import { Choice } from '../../parts/choice';
import { TextField } from '../../parts/field';

const ACTS = ['warn', 'raise', 'restart', 'off'] as const;

interface Props {
	value: Guard;
	/** The limit that is chosen, and the NAS's memory: bytes. */
	memory: number;
	total: number;
	onChange: (value: Guard) => void;
}

/** What this app may do by itself when memory runs towards the limit. */
export function GuardChoice({ value: v, memory, total, onChange }: Props) {
	const pick = (act: string) => onChange({ act: act as Guard['act'], up_to_bytes: act === 'raise' ? Math.round(Math.min(total, memory * 1.5)) : null });
	const upTo = (text: string) => {
		const n = Number(text.replace(',', '.'));
		if (n > 0) onChange({ ...v, up_to_bytes: Math.round(Math.min(total, n * GIB)) });
	};
	return (
		<div class="stack">
			<Choice legend={t('guard.legend')} value={v.act} options={ACTS.map((a) => ({ value: a, title: t(`guard.${a}`), note: t(`guard.${a}_note`) }))} onPick={pick} />
			{v.act === 'raise' && <TextField label={t('guard.up_to')} help={t('guard.up_to_help', { n: bytes(total) })} inputMode="decimal" value={gib(v.up_to_bytes ?? memory)} onDone={upTo} />}
		</div>
	);
}
