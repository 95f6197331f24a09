import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Job } from '../../api/model';
import { t } from '../../lang';
import { isActive } from '../../state/reducer';
import { useModel } from '../../state/store';
import { Bones } from '../bones';
import { Button } from '../button';
import { Dialog } from '../dialog';
import { JobActions } from './job-actions';
import { JobView } from './job-view';

/** A job, live; closing the dialog (or the browser) does not stop it. */
export function JobDialog({ id, onClose }: { id: string; onClose: () => void }) {
	const { state } = useModel();
	const [read, setRead] = useState<Job>();
	const listed = state?.jobs.find((j) => j.id === id);
	const asked = read?.id === id ? read : undefined;
	const job = listed ?? asked;
	// An old job is not in the state, nor is one any more that took its stack away: asked for until it ends.
	useEffect(() => {
		if (listed || (asked && !isActive(asked))) return;
		void get<{ job: Job }>(`jobs/${id}${asked ? '?wait=20' : ''}`).then((a) => setRead(a.job));
	}, [id, !listed, asked]);
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
