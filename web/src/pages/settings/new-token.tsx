import { useState } from 'preact/hooks';
import { API, change } from '../../api/client';
import type { Scope, Token } from '../../api/model';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Choice } from '../../parts/choice';
import { Command } from '../../parts/command';
import { Dialog } from '../../parts/dialog';
import { SelectField, TextField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { Problem } from '../../parts/problem';
import { serverNow } from '../../state/store';

const SCOPES: Scope[] = ['read', 'operate', 'admin'];
const DAYS = ['', '30', '90', '365'];

/** Two steps in one dialog: what the token may do; then its value, once. */
export function NewToken({ onClose }: { onClose: () => void }) {
	const [name, setName] = useState('');
	const [scope, setScope] = useState<Scope>('read');
	const [days, setDays] = useState('');
	const [value, setValue] = useState('');
	const [error, setError] = useState<unknown>();
	const make = () => {
		const expires_at = days ? Math.round(serverNow() + Number(days) * 86400000) : null;
		change<{ token: Token; value: string }>('POST', 'tokens', { name: name.trim(), scope, expires_at }).then((a) => setValue(a.value), setError);
	};
	if (value) return <Made value={value} onClose={onClose} />;
	const foot = (
		<>
			<Button onClick={onClose}>{t('cancel')}</Button>
			<Button kind="primary" disabled={!name.trim()} onClick={make}>
				{t('tokens.make')}
			</Button>
		</>
	);
	return (
		<Dialog title={t('tokens.new_title')} onClose={onClose} foot={foot}>
			<TextField label={t('tokens.name')} value={name} onText={setName} maxLength={60} help={t('tokens.name_help')} />
			<Choice legend={t('tokens.scope')} value={scope} options={SCOPES.map((s) => ({ value: s, title: t(`scope.${s}`), note: t(`scope.${s}_more`) }))} onPick={(v) => setScope(v as Scope)} />
			<SelectField label={t('tokens.expires')} value={days} options={DAYS.map((d) => ({ value: d, title: d ? t('tokens.in_days', { n: d }) : t('tokens.no_expiry') }))} onPick={setDays} />
			{error ? <Problem error={error} /> : null}
		</Dialog>
	);
}

function Made({ value, onClose }: { value: string; onClose: () => void }) {
	return (
		<Dialog
			title={t('tokens.made')}
			wide
			onClose={onClose}
			foot={
				<Button kind="primary" onClick={onClose}>
					{t('tokens.kept')}
				</Button>
			}
		>
			<div class="wouldbe is-warn">
				<Icon name="key" />
				<p>
					<strong>{t('tokens.once')}</strong>
				</p>
			</div>
			<Command title={t('tokens.value')} text={value} />
			<Command title={t('tokens.sample')} text={`curl -H 'Authorization: Bearer ${value}' \\\n  ${API}state`} />
		</Dialog>
	);
}
