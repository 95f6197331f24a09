import { useState } from 'preact/hooks';
import { ApiError, change } from '../api/client';
import type { Session } from '../api/model';
import { duration } from '../format';
import { t } from '../lang';
import { Button } from '../parts/button';
import { SecretField, TextField } from '../parts/field';
import { Gate } from '../parts/frame/gate';
import { Icon } from '../parts/icon';
import { PasswordMeter } from '../parts/password-meter';
import { Problem } from '../parts/problem';
import { navigate } from '../router';
import { useNow } from '../state/clock';
import { boot, enter, useAccess } from '../state/session';

const LEAST = 10;

/** First run: the one-time code from the log, and a password. */
export default function Setup() {
	const { health } = useAccess();
	const now = useNow();
	const until = health?.setup_until_at ?? null;
	const open = until !== null && (until > Date.now() || until > now);
	return (
		<Gate>
			<div class="stack tight">
				<p class="state is-work">
					<Icon name="lock" small />
					{t('setup.step')}
				</p>
				<h1>{t('setup.title')}</h1>
				<p class="soft">{open ? t('setup.text') : t('setup.closed')}</p>
			</div>
			{open ? <SetupForm /> : <Button onClick={() => void boot()}>{t('setup.check')}</Button>}
			{open && (
				<p class="age one">
					<Icon name="clock" />
					<span>{t('setup.until', { time: duration((until - now) / 1000) })}</span>
				</p>
			)}
		</Gate>
	);
}

function SetupForm() {
	const [code, setCode] = useState('');
	const [password, setPassword] = useState('');
	const [again, setAgain] = useState('');
	const [tried, setTried] = useState(false);
	const [error, setError] = useState<unknown>();
	const short = password.length < LEAST;
	const differ = password !== again;

	const submit = async (e: Event) => {
		e.preventDefault();
		setTried(true);
		setError(undefined);
		if (!code || short || differ) return;
		try {
			await enter(await change<Session>('POST', 'setup', { code: code.trim(), password }, { open: true }));
			navigate('install');
		} catch (e) {
			setError(e);
		}
	};
	const codeWrong = error instanceof ApiError && error.code === 'auth.setup_code';
	return (
		<form class="card stack loose" method="post" noValidate onSubmit={submit}>
			<TextField
				label={t('setup.code')}
				name="code"
				value={code}
				onText={setCode}
				autocomplete="one-time-code"
				autocapitalize="none"
				mono
				help={t('setup.code_help')}
				error={tried && !code ? t('setup.code_missing') : codeWrong ? (error as Error).message : undefined}
			/>
			<input class="vh" type="text" name="username" autocomplete="username" value="owner" readOnly tabIndex={-1} aria-hidden="true" />
			<div class="stack tight">
				<SecretField
					label={t('setup.password')}
					name="password"
					value={password}
					onText={setPassword}
					autocomplete="new-password"
					minLength={LEAST}
					help={t('setup.password_help')}
					error={tried && short ? t('setup.short', { n: LEAST }) : undefined}
				/>
				<PasswordMeter password={password} />
			</div>
			<SecretField label={t('setup.again')} name="password2" value={again} onText={setAgain} autocomplete="new-password" error={tried && differ ? t('setup.differ') : undefined} />
			{error && !codeWrong ? <Problem error={error} /> : null}
			<Button kind="primary" type="submit">
				{t('setup.do')}
			</Button>
		</form>
	);
}
