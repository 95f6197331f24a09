import type { Job } from '../../api/model';
import { percent } from '../../format';
import { t } from '../../lang';
import { activeJob } from '../../state/reducer';
import { useModel } from '../../state/store';
import { Ring } from '../ring';
import { currentStep } from '../jobs/job-view';
import { showJob } from '../jobs/open';

/** A running job, on every page. */
export function JobPill() {
	const { state } = useModel();
	const job = activeJob(state);
	if (!job) return null;
	const part = partOf(job);
	return (
		<button type="button" class="job-pill" onClick={() => showJob(job.id)}>
			<Ring part={part ?? 0} />
			<span>{pillText(job, part)}</span>
		</button>
	);
}

function partOf(job: Job): number | null {
	const p = currentStep(job)?.progress;
	return p && p.total > 0 ? p.done / p.total : null;
}

function pillText(job: Job, part: number | null): string {
	const name = t(`action.${job.action as 'install'}`) ?? job.action;
	if (job.state === 'queued') return t('pill.queued', { name });
	if (job.state === 'rolling_back') return t('pill.back', { name });
	const step = currentStep(job);
	const where = t('pill.step', { name, n: step?.n ?? 1, total: job.steps.length });
	return part === null ? where : `${where} · ${percent(part * 100, 0)}`;
}
