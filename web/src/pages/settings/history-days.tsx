import type { Settings } from '../../api/model';
import { t } from '../../lang';
import { TextField } from '../../parts/field';

/** From fine to coarse. */
const TIERS = ['history_1s_days', 'history_10s_days', 'history_1min_days', 'history_10min_days'] as const;

/** How many days readings are kept, of each fineness. */
export function HistoryDays({ settings: s, onChange }: { settings: Settings; onChange: (part: Settings) => void }) {
	return (
		<fieldset class="stack">
			<legend class="legend">{t('settings.history')}</legend>
			<p class="small soft">{t('settings.history_help')}</p>
			<div class="fine-limits">
				{TIERS.map((key) => (
					<TextField key={key} label={t(`settings.${key}`)} inputMode="numeric" value={String(s[key] ?? '')} onText={(v) => onChange({ [key]: Number(v.replace(/\D/g, '')) })} />
				))}
			</div>
		</fieldset>
	);
}
