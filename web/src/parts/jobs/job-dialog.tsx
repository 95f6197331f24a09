import { useEffect } from 'preact/hooks';
import { get } from '../../api/client';
import type { Job } from '../../api/model';
import { t } from '../../lang';
import { isActive } from '../../state/reducer';
import { dispatch, useModel } from '../../state/store';
import { Bones } from '../bones';
import { Button } from '../button';
import { Dialog } from '../dialog';
import { JobActions } from './job-actions';
import { JobView } from './job-view';

/** A job, live; closing the dialog (or the browser) does not stop it. */
export function JobDialog({ id, onClose }: { id: string; onClose: () => void }) {
	const { state } = useModel();
	const job = state?.jobs.find((j) => j.id === id);
	useEffect(() => {
		if (!job) void get<{ job: Job }>(`jobs/${id}`).then((a) => dispatch({ type: 'job', job: a.job }));
	}, [id]);
	const active = job && isActive(job);
	const foot = (
		<>
			{active && <JobActions job={job} />}
			<Button kind={active ? undefined : 'primary'} onClick={onClose}>
				{t('close')}
			</Button>
		</>
	);
	return (
		<Dialog title={job?.title ?? t('loading')} wide onClose={onClose} foot={foot}>
			{job ? <JobView job={job} /> : <Bones />}
			{active && <p class="small soft">{t('job.goes_on')}</p>}
		</Dialog>
	);
}
