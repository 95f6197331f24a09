import type { Job } from '../../api/model';
import { duration } from '../../format';
import { t } from '../../lang';
import { useNow } from '../../state/clock';
import { isActive } from '../../state/reducer';
import { actorName } from '../actor';
import { Badge } from '../badge';
import { Fact, Facts } from '../facts';
import { Icon } from '../icon';
import { When } from '../age';
import type { Look } from '../tone';
import { Steps } from './steps';

const LOOKS: Record<Job['state'], Look> = {
	queued: { tone: 'idle', icon: 'clock' },
	running: { tone: 'work', icon: 'work' },
	rolling_back: { tone: 'warn', icon: 'undo' },
	done: { tone: 'ok', icon: 'check-c' },
	failed: { tone: 'bad', icon: 'stop8' },
	rolled_back: { tone: 'warn', icon: 'undo' },
};

export function JobBadge({ job }: { job: Job }) {
	const step = currentStep(job);
	const text = job.state === 'running' && step ? t('job.step', { n: step.n, total: job.steps.length }) : t(`job.${job.state}`);
	return <Badge {...LOOKS[job.state]}>{text}</Badge>;
}

export function currentStep(job: Job) {
	return job.steps.find((s) => s.state === 'running' || s.state === 'undoing');
}

/** What a job is doing or did: times, what it waits for, its steps. `wide`: the times stand beside. */
export function JobView({ job, wide }: { job: Job; wide?: boolean }) {
	const told = (
		<>
			{job.waiting && <Waiting job={job} />}
			{job.error && <Ended job={job} error={job.error} />}
		</>
	);
	if (!wide)
		return (
			<div class="stack">
				<JobFacts job={job} />
				{told}
				<Steps steps={job.steps} />
			</div>
		);
	return (
		<div class="stack loose">
			{told}
			<div class="cols wide-left">
				<div class="aside">
					<JobFacts job={job} beside />
				</div>
				<Steps steps={job.steps} />
			</div>
		</div>
	);
}

function JobFacts({ job, beside }: { job: Job; beside?: boolean }) {
	const now = useNow();
	const active = isActive(job);
	return (
		<Facts>
			{!beside && (
				<Fact label={t('job.state')}>
					<JobBadge job={job} />
				</Fact>
			)}
			<Fact label={t('job.down')} small={active ? t('job.down_so_far') : undefined}>
				{job.down_ms ? duration(job.down_ms / 1000) : t('job.not_down')}
			</Fact>
			{job.started_at !== null && <Fact label={active ? t('job.elapsed') : t('job.took')}>{duration(((job.ended_at ?? now) - job.started_at) / 1000)}</Fact>}
			<Fact label={t('job.by')} small={<When at={job.created_at} />}>
				{actorName(job.actor)}
			</Fact>
		</Facts>
	);
}

/** The hint of the error is about a fault that lasts; after a rollback it is over. */
function Ended({ job, error }: { job: Job; error: NonNullable<Job['error']> }) {
	const failed = job.state === 'failed';
	return (
		<div class={`wouldbe is-${failed ? 'bad' : 'warn'}`}>
			<Icon name={failed ? 'stop8' : 'undo'} />
			<p>
				<strong>{error.message}</strong>
				<span>{failed ? error.hint : t('job.rolled_back_more')}</span> <span class="code-key">{error.code}</span>
				{job.log && (
					<a href={`/api/v1/jobs/${job.id}/log`} target="_blank" rel="noreferrer">
						{t('job.log')}
					</a>
				)}
			</p>
		</div>
	);
}

const WAITING: Record<string, 'stop' | 'engine' | 'failing' | 'disk' | 'lost' | 'probation'> = { 'stop.slow': 'stop', 'engine.absent': 'engine', 'disk.full': 'disk', 'disk.read_only': 'disk', 'container.lost': 'lost', 'engine.error': 'failing', probation: 'probation' };

function Waiting({ job }: { job: Job }) {
	const words = WAITING[job.waiting ?? ''] ?? 'engine';
	return (
		<div class={words === 'probation' ? 'wouldbe is-note' : 'wouldbe is-warn'}>
			<Icon name="clock" />
			<p>
				<strong>{t(`job.waiting_${words}`)}</strong>
				<span>{t(`job.waiting_${words}_more`)}</span> <span class="code-key">{job.waiting}</span>
			</p>
		</div>
	);
}
