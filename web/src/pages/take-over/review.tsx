import { useEffect, useState } from 'preact/hooks';
import { change } from '../../api/client';
import type { Plan, Understood } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { t } from '../../lang';
import { Bones } from '../../parts/bones';
import { Button } from '../../parts/button';
import { SecretField, TextField } from '../../parts/field';
import { PlanView } from '../../parts/jobs/plan-view';
import { useStart } from '../../parts/jobs/use-start';
import { Problem } from '../../parts/problem';
import { useRecipes } from '../../parts/use-recipes';
import { UnderstoodView } from './understood';

interface Props {
	/** `adopt` or `compose`: both answer a dry run with what was understood and a plan. */
	path: string;
	body: Record<string, unknown>;
	onBack: () => void;
}

/** What was understood and what would happen; the reader may put a name or a secret right first. */
export function Review({ path, body, onBack }: Props) {
	const [name, setName] = useState('');
	const [secrets, setSecrets] = useState<Record<string, string>>({});
	const [read, setRead] = useState<{ plan: Plan; understood: Understood }>();
	const { busy, error, setError, start } = useStart();
	const wish = { ...body, ...(name && { name }), ...(Object.keys(secrets).length && { services: [{ name: 'relay', secrets }] }) };

	const look = () => {
		setError(undefined);
		change<{ plan: Plan; understood: Understood }>('POST', path, { ...wish, dry_run: true }).then(setRead, setError);
	};
	useEffect(look, [name]);
	return (
		<>
			{error ? <Problem error={error} onRetry={look} /> : null}
			{!read && !error && <Bones />}
			{read && (
				<>
					<UnderstoodView understood={read.understood} />
					<div class="cols">
						<TextField label={t('where.name')} value={read.understood.stack.name} onDone={setName} pattern="[a-z0-9][a-z0-9\-]*" maxLength={31} autocapitalize="none" help={t('where.name_help')} />
						<RelaySecrets understood={read.understood} values={secrets} onText={(k, v) => setSecrets({ ...secrets, [k]: v })} />
					</div>
					<section class="card stack" aria-labelledby="will">
						<h2 id="will">{t('install.plan')}</h2>
						<PlanView plan={read.plan} />
					</section>
				</>
			)}
			<div class="actions stretch">
				<Button kind="primary" disabled={!read || !!error || busy} onClick={() => start({ method: 'POST', path, body: wish })}>
					{t('plan.do')}
				</Button>
				<Button onClick={onBack}>{t('back')}</Button>
			</div>
		</>
	);
}

interface SecretsProps {
	understood: Understood;
	values: Record<string, string>;
	onText: (key: string, value: string) => void;
}

/** A secret that was found is used without being shown; one that was not can be given here. */
function RelaySecrets({ understood, values, onText }: SecretsProps) {
	const recipes: Recipe[] = useRecipes();
	const relay = understood.stack.services.find((s) => s.name === 'relay');
	const secrets = recipes.find((r) => r.id === relay?.recipe)?.secrets ?? [];
	return (
		<>
			{secrets.map((s) => (
				<SecretField key={s.key} label={s.title} help={t('take.secret_help')} value={values[s.key] ?? ''} onText={(v) => onText(s.key, v)} autocomplete="off" />
			))}
		</>
	);
}
