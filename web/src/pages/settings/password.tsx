import { useState } from 'preact/hooks';
import { change } from '../../api/client';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { SecretField } from '../../parts/field';
import { PasswordMeter } from '../../parts/password-meter';
import { Problem } from '../../parts/problem';
import { toast } from '../../parts/toast';

const LEAST = 10;

export function Password() {
	const [current, setCurrent] = useState('');
	const [password, setPassword] = useState('');
	const [error, setError] = useState<unknown>();
	const [tried, setTried] = useState(false);
	const short = password.length < LEAST;
	const submit = async (e: Event) => {
		e.preventDefault();
		setTried(true);
		setError(undefined);
		if (short) return;
		try {
			await change('PUT', 'password', { current, password });
			setCurrent('');
			setPassword('');
			setTried(false);
			toast(t('password.changed'));
		} catch (e) {
			setError(e);
		}
	};
	return (
		<section class="card" aria-labelledby="pass">
			<form class="stack" method="post" onSubmit={submit}>
				<h2 id="pass">{t('password.title')}</h2>
				<input class="vh" type="text" name="username" autocomplete="username" value="owner" readOnly tabIndex={-1} aria-hidden="true" />
				<SecretField label={t('password.current')} name="current" value={current} onText={setCurrent} autocomplete="current-password" required />
				<div class="stack tight">
					<SecretField label={t('password.new')} name="password" value={password} onText={setPassword} autocomplete="new-password" help={t('password.help')} error={tried && short ? t('setup.short', { n: LEAST }) : undefined} />
					<PasswordMeter password={password} />
				</div>
				{error ? <Problem error={error} /> : null}
				<div class="actions">
					<Button type="submit">{t('password.do')}</Button>
				</div>
			</form>
		</section>
	);
}
