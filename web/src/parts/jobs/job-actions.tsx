import { useState } from 'preact/hooks';
import { change } from '../../api/client';
import type { Job } from '../../api/model';
import { t } from '../../lang';
import { dispatch } from '../../state/store';
import { Button } from '../button';
import { toast } from '../toast';

/** Stop and go back; and force, only while the node does not stop. */
export function JobActions({ job }: { job: Job }) {
	const [sure, setSure] = useState(false);
	const ask = (what: 'cancel' | 'force' | 'accept') =>
		change<{ job: Job }>('POST', `jobs/${job.id}/${what}`).then(
			(a) => dispatch({ type: 'job', job: a.job }),
			(e: Error) => toast(e.message, { tone: 'bad', icon: 'alert' }),
		);
	const probation = job.waiting === 'probation';
	return (
		<>
			{probation && (
				<Button icon="check" onClick={() => void ask('accept')}>
					{t('job.accept')}
				</Button>
			)}
			{job.waiting === 'stop.slow' && (
				<Button kind={sure ? 'danger solid' : 'danger'} onClick={() => (sure ? void ask('force') : setSure(true))}>
					{sure ? t('job.force_sure') : t('job.force')}
				</Button>
			)}
			{job.state !== 'rolling_back' && (
				<Button icon="undo" onClick={() => void ask('cancel')}>
					{t(probation ? 'job.go_back' : 'job.cancel')}
				</Button>
			)}
		</>
	);
}
