import { useState } from 'preact/hooks';
import { change } from '../../api/client';
import type { Settings } from '../../api/model';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Check, Choice } from '../../parts/choice';
import { TextField } from '../../parts/field';
import { Problem } from '../../parts/problem';
import { toast } from '../../parts/toast';
import { HistoryDays } from './history-days';

const REMOVED = ['keep', 'stop'] as const;

/** Settings of this program; only what was changed is sent. */
export function ProgramSettings({ settings }: { settings: Settings }) {
	const [saved, setSaved] = useState(settings);
	const [changed, setChanged] = useState<Settings>({});
	const [error, setError] = useState<unknown>();
	const s = { ...saved, ...changed };
	const set = (part: Settings) => setChanged({ ...changed, ...part });
	const submit = (e: Event) => {
		e.preventDefault();
		setError(undefined);
		change<Settings>('PATCH', 'settings', changed).then((next) => {
			setSaved(next);
			setChanged({});
			toast(t('settings.saved'));
		}, setError);
	};
	return (
		<section class="card" aria-labelledby="prog">
			<form class="stack loose" onSubmit={submit}>
				<h2 id="prog">{t('settings.program')}</h2>
				<div class="cols">
					<TextField label={t('settings.nas_name')} value={s.nas_name ?? ''} onText={(nas_name) => set({ nas_name })} maxLength={64} help={t('settings.nas_name_help')} />
					<TextField label={t('settings.session_hours')} inputMode="numeric" value={String(s.session_hours ?? '')} onText={(v) => set({ session_hours: Number(v.replace(/\D/g, '')) || 1 })} help={t('settings.session_hours_help')} />
					<TextField label={t('settings.probation')} inputMode="numeric" value={String(Math.round((s.probation_s ?? 0) / 60))} onText={(v) => set({ probation_s: Number(v.replace(/\D/g, '')) * 60 })} help={t('settings.probation_help')} />
					<TextField label={t('settings.floor')} inputMode="numeric" value={s.disk_floor_bytes == null ? '' : String(Math.round(s.disk_floor_bytes / 1e9))} onText={(v) => set({ disk_floor_bytes: v.trim() ? Number(v.replace(/\D/g, '')) * 1e9 : null })} help={t('settings.floor_help')} />
				</div>
				<TextField
					label={t('settings.hosts')}
					mono
					value={(s.allowed_hosts ?? []).join(' ')}
					onDone={(text) => set({ allowed_hosts: text.split(/[\s,]+/).filter(Boolean) })}
					help={t('settings.hosts_help')}
				/>
				<HistoryDays settings={s} onChange={set} />
				<Check title={t('settings.metrics')} note={t('settings.metrics_help')} checked={s.metrics_public ?? false} onCheck={(metrics_public) => set({ metrics_public })} />
				{s.qnap_here && <Check title={t('settings.qnap')} note={t('settings.qnap_help')} checked={s.qnap_sign_in ?? false} onCheck={(qnap_sign_in) => set({ qnap_sign_in })} />}
				{s.qnap_here && (
					<TextField
						label={t('settings.https_port')}
						inputMode="numeric"
						value={s.https_port ? String(s.https_port) : ''}
						onText={(v) => set({ https_port: Number(v.replace(/\D/g, '')) || null })}
						help={t('settings.https_port_help')}
					/>
				)}
				<Choice
					legend={t('settings.removed')}
					value={s.when_removed ?? 'keep'}
					options={REMOVED.map((value) => ({ value, title: t(`removed.${value}`), note: t(`removed.${value}_help`) }))}
					onPick={(v) => set({ when_removed: v === 'stop' ? 'stop' : 'keep' })}
				/>
				{s.data_root && (
					<p class="small soft">
						{t('settings.data_root')} <span class="mono">{s.data_root}</span>
					</p>
				)}
				{error ? <Problem error={error} /> : null}
				<div class="actions">
					<Button type="submit" disabled={Object.keys(changed).length === 0}>
						{t('settings.save')}
					</Button>
				</div>
			</form>
		</section>
	);
}
