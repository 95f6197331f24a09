import { useEffect, useState } from 'preact/hooks';
import { dryRun } from '../../api/changes';
import { get } from '../../api/client';
import type { HostReport, Plan } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { bytes, gib, short } from '../../format';
import { t } from '../../lang';
import { Bones } from '../../parts/bones';
import { Button, ButtonLink } from '../../parts/button';
import { Gate } from '../../parts/frame/gate';
import { useLoad } from '../../parts/load';
import { Problem } from '../../parts/problem';
import { PlanView } from '../../parts/jobs/plan-view';
import { useStart } from '../../parts/jobs/use-start';
import { href } from '../../router';
import { useModel } from '../../state/store';
import { firstAnswers, stackInput } from './form';
import type { InstallForm } from './form';
import { WhatYouHave } from './what-you-have';
import { Where } from './where';
import { WizardStep } from './wizard-step';

const KEPT = 'ethstation.install';

/** Four short steps; nothing starts before "Do it". */
export default function Install() {
	const { state } = useModel();
	const loaded = useLoad(readAll, 'install');
	return (
		<Gate wide>
			<div>
				<h1>{t('install.title', { nas: state?.nas.name ?? t('brand') })}</h1>
				<p class="soft">{t('install.text')}</p>
			</div>
			{loaded.error ? <Problem error={loaded.error} onRetry={loaded.reload} /> : null}
			{loaded.data ? <Wizard {...loaded.data} onCheckAgain={loaded.reload} /> : !loaded.error && <Bones />}
		</Gate>
	);
}

async function readAll(signal: AbortSignal) {
	const [report, { recipes }] = await Promise.all([get<HostReport>('host', { signal }), get<{ recipes: Recipe[] }>('recipes', { signal })]);
	return { report, recipes };
}

interface Props {
	report: HostReport;
	recipes: Recipe[];
	onCheckAgain: () => void;
}

function Wizard({ report, recipes, onCheckAgain }: Props) {
	const { state } = useModel();
	const [step, setStep] = useState(2);
	const [form, setForm] = useState<InstallForm>(() => kept() ?? firstAnswers(report, recipes, state?.stacks.map((s) => s.name) ?? []));
	const set = (part: Partial<InstallForm>) =>
		setForm((old) => {
			const next = { ...old, ...part };
			keep(next);
			return next;
		});
	const at = (n: number) => (step === n ? 'open' : step > n ? 'done' : 'later');
	const connected = report.engine.status === 'connected';
	return (
		<ol class="wizard">
			<WizardStep n={1} title={t('install.lock')} answer={t('install.locked')} state="done" />
			<WizardStep n={2} title={t('install.have')} answer={haveAnswer(report)} state={at(2)} onChange={() => setStep(2)}>
				<WhatYouHave report={report} />
				<div class="actions">
					<Button kind="primary" disabled={!connected} onClick={() => setStep(3)}>
						{t('next')}
					</Button>
					{others(report) && (
						<ButtonLink to="adopt">{t('take.adopt')}</ButtonLink>
					)}
					<ButtonLink to="import">{t('take.import')}</ButtonLink>
					<Button onClick={onCheckAgain}>{t('install.check')}</Button>
					<LeaveLink />
				</div>
			</WizardStep>
			<WizardStep n={3} title={t('install.where')} answer={whereAnswer(form, report)} state={at(3)} onChange={() => setStep(3)}>
				<Where form={form} report={report} recipes={recipes} set={set} />
				<div class="actions stretch">
					<Button kind="primary" disabled={!form.recipe || !form.name} onClick={() => setStep(4)}>
						{t('install.see_plan')}
					</Button>
					<Button onClick={() => setStep(2)}>{t('back')}</Button>
					<LeaveLink />
				</div>
			</WizardStep>
			<WizardStep n={4} title={t('install.plan')} state={at(4)}>
				<PlanStep form={form} onBack={() => setStep(3)} />
			</WizardStep>
		</ol>
	);
}

function PlanStep({ form, onBack }: { form: InstallForm; onBack: () => void }) {
	const [plan, setPlan] = useState<Plan>();
	const { busy, error, setError, start } = useStart();
	const change = { method: 'POST' as const, path: 'stacks', body: stackInput(form) as unknown as Record<string, unknown> };
	const read = () => {
		setError(undefined);
		dryRun(change).then(setPlan, setError);
	};
	useEffect(read, []);
	return (
		<>
			{error ? <Problem error={error} onRetry={read} /> : null}
			{plan ? <PlanView plan={plan} /> : !error && <Bones />}
			<div class="actions stretch">
				<Button kind="primary" disabled={!plan || busy} onClick={() => start(change, forgetKept)}>
					{t('plan.do')}
				</Button>
				<Button onClick={onBack}>{t('back')}</Button>
				<LeaveLink />
			</div>
		</>
	);
}

function LeaveLink() {
	return (
		<a class="small push link" href={href('overview')}>
			{t('install.later')}
		</a>
	);
}

/** Something runs here that could be taken over. */
function others(report: HostReport): boolean {
	return report.containers.some((c) => c.stack === null);
}

function haveAnswer({ host, engine }: HostReport): string {
	return t('install.have_answer', {
		docker: engine.version ?? '?',
		memory: bytes(host.memory_total_bytes),
		free: bytes(host.memory_available_bytes),
		fs: host.volume.fs,
		disk: bytes(host.volume.free_bytes),
	});
}

function whereAnswer(f: InstallForm, report: HostReport): string {
	const parts = [f.image, f.dataDir || `${report.host.volume.path}/${f.name}`, f.memory === null ? t('limits.none') : t('install.memory', { n: gib(f.memory, 1) })];
	if (f.cpus !== null) parts.push(t('install.cpus', { n: short(f.cpus) }));
	if (f.relay) parts.push(t('install.with_relay'));
	return parts.join(' · ');
}

// The answers, never the secrets, survive leaving the page.
function keep(f: InstallForm): void {
	try {
		sessionStorage.setItem(KEPT, JSON.stringify({ ...f, relaySecrets: {} }));
	} catch {
		// They live as long as the page, then.
	}
}

function kept(): InstallForm | null {
	try {
		return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as InstallForm | null;
	} catch {
		return null;
	}
}

function forgetKept(): void {
	try {
		sessionStorage.removeItem(KEPT);
	} catch {
		// Nothing was kept.
	}
}
