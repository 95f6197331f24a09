import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Chains, Job, Service, Stack, UpgradeCheck } from '../api/model';
import type { Recipe } from '../api/recipe';
import { bytes } from '../format';
import { t, tOr } from '../lang';
import { Age, When } from '../parts/age';
import { Badge } from '../parts/badge';
import { Bones } from '../parts/bones';
import { BuiltinNote } from '../parts/builtin-note';
import { Button, ButtonLink } from '../parts/button';
import { Fact, Facts } from '../parts/facts';
import { SelectField, TextField } from '../parts/field';
import { Icon } from '../parts/icon';
import { useLoad } from '../parts/load';
import { NoNode } from '../parts/no-node';
import { PageHead } from '../parts/page-head';
import { Problem } from '../parts/problem';
import type { Look } from '../parts/tone';
import { useRecipes } from '../parts/use-recipes';
import { JobBadge, JobView } from '../parts/jobs/job-view';
import { JobActions } from '../parts/jobs/job-actions';
import { showPlan } from '../parts/jobs/open';
import { isActive } from '../state/reducer';
import { hasContainer, useStack } from '../state/stack';
import { useModel } from '../state/store';

/** What runs, what there is, and the step between them. */
export default function UpgradesPage() {
	const { state } = useModel();
	const stack = useStack();
	const recipes = useRecipes();
	if (!state || !stack) return <NoNode />;
	const job = state.jobs.find((j) => j.stack === stack.name && j.action === 'upgrade');
	return (
		<>
			<PageHead title={t('nav.upgrades')} text={t('upgrades.text')} />
			{job && <UpgradeJob job={job} />}
			<WayBack stack={stack} />
			{stack.services.filter(hasContainer).map((s) => (
				<ServiceUpgrade key={`${s.name} ${s.image}`} stack={stack} service={s} recipe={recipes.find((r) => r.id === s.recipe)} />
			))}
			<BuiltinNote stack={stack} text={t('upgrades.builtin')} />
		</>
	);
}

/** Back to the version and the chain from before the last step, while the copy of it is kept. */
function WayBack({ stack }: { stack: Stack }) {
	const chains = useLoad((signal) => get<Chains>(`stacks/${stack.name}/chains`, { signal }), `${stack.name} ${stack.job}`);
	const copy = chains.data?.kept.find((k) => k.kind === 'copy' && !k.damaged && /^(up|down)grade$|^options$/.test(k.reason));
	if (!copy) return null;
	return (
		<section class="card" aria-labelledby="back">
			<div class="card-head">
				<h2 id="back">{t('upgrades.back_title')}</h2>
			</div>
			<p class="soft">{t('upgrades.back_more', { size: copy.extra_bytes === null ? t('unknown') : bytes(copy.extra_bytes) })}</p>
			<div class="actions">
				<Button icon="undo" disabled={!!stack.job} onClick={() => showPlan({ method: 'POST', path: `stacks/${stack.name}/putback`, body: { chain: copy.id } })}>
					{t('upgrades.back', { image: copy.image ?? '' })}
				</Button>
				<span class="small soft">
					{tOr(`reason.${copy.reason}`, copy.reason)}, <When at={copy.at} />
				</span>
			</div>
		</section>
	);
}

/** The running upgrade with its steps and bytes; or how the last one ended, if it did not end well. */
function UpgradeJob({ job }: { job: Job }) {
	if (job.state === 'done') return null;
	return (
		<section class="card" aria-labelledby="running">
			<div class="card-head">
				<h2 id="running" class="big">
					{job.title}
				</h2>
				<JobBadge job={job} />
			</div>
			<JobView job={job} wide />
			<div class="card-foot stretch">
				{isActive(job) ? (
					<>
						<JobActions job={job} />
						<span class="small soft push">{t('job.goes_on')}</span>
					</>
				) : (
					<ButtonLink to="logs">{t('upgrades.log')}</ButtonLink>
				)}
			</div>
		</section>
	);
}

const STEPS: Record<UpgradeCheck['db_step'], Look> = {
	same: { tone: 'ok', icon: 'check-c' },
	one_way: { tone: 'warn', icon: 'alert' },
	refused: { tone: 'bad', icon: 'stop8' },
	unknown: { tone: 'idle', icon: 'question' },
};

const OTHER = '(other)';

function ServiceUpgrade({ stack, service: s, recipe }: { stack: Stack; service: Service; recipe?: Recipe }) {
	const [image, setImage] = useState(s.image);
	const [own, setOwn] = useState(false);
	const offered = [...new Set([s.image, ...(recipe?.images ?? [])])];
	const pick = (v: string) => {
		setOwn(v === OTHER);
		if (v !== OTHER) setImage(v);
	};
	return (
		<section class="card stack" aria-labelledby={`up-${s.name}`}>
			<div class="card-head">
				<h2 id={`up-${s.name}`}>{t('upgrades.of', { title: s.title, version: s.version ?? '' })}</h2>
			</div>
			<div class="cols">
				<SelectField label={t('upgrades.image')} value={own ? OTHER : image} options={[...offered.map((i) => ({ value: i, title: i === s.image ? t('upgrades.same', { image: i }) : i })), { value: OTHER, title: t('where.other_image') }]} onPick={pick} />
				{own && <TextField label={t('where.image_ref')} mono value={image} onDone={(text) => setImage(text.trim())} help={t('upgrades.other_help')} />}
			</div>
			<Comparison key={image} stack={stack} service={s} image={image} />
		</section>
	);
}

function Comparison({ stack, service: s, image }: { stack: Stack; service: Service; image: string }) {
	const check = useLoad((signal) => get<UpgradeCheck>(`stacks/${stack.name}/upgrade?${new URLSearchParams({ service: s.name, image })}`, { signal }), `${stack.name} ${s.name} ${image}`);
	if (check.error) return <Problem error={check.error} onRetry={check.reload} />;
	if (!check.data) return <Bones />;
	const c = check.data;
	const same = c.newer === false && image === s.image;
	const ask = () => showPlan({ method: 'POST', path: `stacks/${stack.name}/upgrade`, body: { service: s.name, image } });
	return (
		<>
			<Facts>
				<Fact label={t('upgrades.now')} small={<Digest of={c.current_digest} />}>
					<span class="mono">{c.current_image}</span>
				</Fact>
				<Fact label={t('upgrades.there')} small={<Digest of={c.available_digest} />}>
					<span class="mono">{c.image}</span>
				</Fact>
				<Fact label={t('upgrades.verdict')} small={<Age at={c.at} prefix={t('upgrades.asked')} />}>
					{c.newer === null ? t('upgrades.unknown') : c.newer ? t('upgrades.newer') : t('upgrades.current')}
				</Fact>
				{s.name === 'node' && (
					<Fact label={t('upgrades.database')} small={t(`dbstep.${c.db_step}_more`)}>
						<Badge {...STEPS[c.db_step]}>{t(`dbstep.${c.db_step}`)}</Badge>
					</Fact>
				)}
			</Facts>
			{!c.supported && (
				<div class="wouldbe is-warn">
					<Icon name="alert" />
					<p>
						<strong>{t('upgrades.unsupported', { title: s.title })}</strong>
						<span>{t('upgrades.unsupported_more')}</span>
					</p>
				</div>
			)}
			{c.warnings.map((w) => (
				<p key={w.code} class="small soft note-line">
					<Icon name="info" small />
					<span>
						{w.message} <span class="code-key">{w.code}</span>
					</span>
				</p>
			))}
			<div class="actions">
				<Button kind={same ? undefined : 'primary'} disabled={!!stack.job || c.db_step === 'refused' || same} onClick={ask}>
					{t('upgrades.plan')}
				</Button>
				<Button onClick={check.reload}>{t('upgrades.check')}</Button>
				{same && <span class="small soft">{t('upgrades.nothing')}</span>}
			</div>
		</>
	);
}

function Digest({ of }: { of: string | null }) {
	return of ? <span class="mono">{of.slice(0, 19)}</span> : <>{t('upgrades.no_digest')}</>;
}
