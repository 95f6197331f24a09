import { useState } from 'preact/hooks';
import { change } from '../api/client';
import type { Session } from '../api/model';
import { t } from '../lang';
import { Button } from '../parts/button';
import { SecretField } from '../parts/field';
import { Gate } from '../parts/frame/gate';
import { Icon } from '../parts/icon';
import { Problem } from '../parts/problem';
import { enter, useAccess } from '../state/session';

/** The page that was asked for stays in the address; signing in shows it. */
export default function SignIn() {
	const { ended, health } = useAccess();
	const [password, setPassword] = useState('');
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const signIn = async (body: { password: string } | { qnap: true }) => {
		setBusy(true);
		setError(undefined);
		try {
			await enter(await change<Session>('POST', 'session', body, { open: true }));
		} catch (e) {
			setError(e);
			setBusy(false);
		}
	};
	const submit = (e: Event) => {
		e.preventDefault();
		void signIn({ password });
	};
	return (
		<Gate>
			<div class="stack tight">
				<h1>{t('signin.title')}</h1>
				{ended && (
					<p class="age one">
						<Icon name="clock" />
						<span>{t('signin.ended')}</span>
					</p>
				)}
			</div>
			<form class="card stack loose" method="post" onSubmit={submit}>
				<input class="vh" type="text" name="username" autocomplete="username" value="owner" readOnly tabIndex={-1} aria-hidden="true" />
				<SecretField label={t('signin.password')} name="password" value={password} onText={setPassword} autocomplete="current-password" required autoFocus />
				{error ? <Problem error={error} /> : null}
				<Button kind="primary" type="submit" disabled={busy}>
					{t('signin.do')}
				</Button>
				{health?.qnap_sign_in && (
					<div class="stack tight">
						<Button icon="key" disabled={busy} onClick={() => void signIn({ qnap: true })}>
							{t('signin.qnap')}
						</Button>
						<p class="small soft">{t('signin.qnap_help')}</p>
					</div>
				)}
			</form>
			<p class="small soft">
				{t('signin.forgot')} <code class="mono">ethstation reset-password</code>
			</p>
		</Gate>
	);
}
